import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// A cluster on a scripted transport, and what its host was told.
final class Scene {
  let transport = ScriptedTransport()
  let cluster: Cluster
  let options: Options
  /// Everything that was delivered, as text, in order.
  private(set) var told: [String] = []
  private(set) var results: [(id: CallID, result: Result<Answer, Failure>)] = []
  private(set) var batches: [Batch] = []
  private(set) var reports: [KeepaliveReport] = []

  init(
    endpoints count: Int = 1, random: any RandomNumberGenerator = Dice.cluster,
    _ adjust: (inout Options) -> Void = { _ in }
  ) {
    var options = Options()
    for number in 1...count {
      guard let endpoint = try? Endpoint(parsing: "http://e\(number)") else { continue }
      options.endpoints.append(endpoint)
    }
    adjust(&options)
    self.options = options
    cluster = Cluster(options: options, transport: transport, random: random)
  }

  // MARK: The host

  /// One pump without a budget.
  func pump() {
    cluster.beginPump()
    while take() {}
    cluster.endPump()
  }

  /// One pump of a host that takes nothing.
  func pumpTakingNothing() {
    cluster.beginPump()
    cluster.endPump()
  }

  /// Takes one delivery. Returns false if there was none.
  @discardableResult
  func take() -> Bool {
    guard let delivery = cluster.nextDelivery() else { return false }
    switch delivery {
    case .call(let id, let result):
      results.append((id, result))
      told.append("call \(id.rawValue) \(Self.text(result))")
    case .clusterState(let state, _):
      told.append("cluster \(state)")
    case .keepalive(let id, let report):
      reports.append(report)
      told.append("keepalive \(id.rawValue) \(report.state)" + (report.error.map { " (\($0.code))" } ?? ""))
    case .watcherState(let id, let state, let failure):
      told.append("watcher \(id.rawValue) \(state)" + (failure.map { " (\($0.code))" } ?? ""))
    case .batch(let id, let batch):
      batches.append(batch)
      told.append("watcher \(id.rawValue) \(batch.text)")
    case .closed(let failure):
      told.append("closed" + (failure.map { " (\($0.code))" } ?? ""))
    }
    return true
  }

  static func text(_ result: Result<Answer, Failure>) -> String {
    switch result {
    case .success: "ok"
    case .failure(let failure): "\(failure.code)"
    }
  }

  /// What was told since the last time this was asked.
  func news() -> [String] {
    defer { told = [] }
    return told
  }

  /// Lets time pass, pumping whenever a timer or a timeout is due.
  func advance(ms milliseconds: Int64) {
    let end = transport.now + .milliseconds(milliseconds)
    var rounds = 0
    while let next = transport.nextTime, next <= end {
      transport.now = max(transport.now, next)
      pump()
      rounds += 1
      if rounds > 10_000 {
        Issue.record("the cluster never comes to rest")
        return
      }
    }
    transport.now = end
    pump()
  }

  // MARK: Questions

  /// The open questions of a kind, oldest first.
  func requests<Request>(_ kind: Kind<Request>) -> [Asked<Request>] {
    asked(kind, in: transport.open.values.sorted { $0.id.rawValue < $1.id.rawValue })
  }

  /// All questions of a kind that were ever asked, in order.
  func started<Request>(_ kind: Kind<Request>) -> [Asked<Request>] {
    asked(kind, in: transport.started)
  }

  /// The only open question of a kind.
  func request<Request>(
    _ kind: Kind<Request>, sourceLocation: SourceLocation = #_sourceLocation
  ) -> Asked<Request> {
    let requests = requests(kind)
    #expect(requests.count == 1, "open questions: \(kind.name)", sourceLocation: sourceLocation)
    return requests.last
      ?? Asked(
        transfer: TransferID(rawValue: 0), request: kind.absent, endpoint: "", needsLeader: false,
        sentAt: transport.now, timeout: nil)
  }

  private func asked<Request>(_ kind: Kind<Request>, in transfers: [ScriptedTransport.Started]) -> [Asked<Request>] {
    transfers.compactMap { transfer in
      guard let question = written({ try GatewayPeer.question(of: transfer.request) }),
        let request = kind.pick(question)
      else { return nil }
      return Asked(
        transfer: transfer.id, request: request, endpoint: GatewayPeer.endpoint(of: transfer.request),
        needsLeader: GatewayPeer.needsLeader(transfer.request), sentAt: transfer.time,
        timeout: transfer.request.timeout)
    }
  }

  private func written<Written>(_ write: () throws -> Written) -> Written? {
    do {
      return try write()
    } catch {
      Issue.record(error)
      return nil
    }
  }

  // MARK: Answers. Those to a kind are to its only open question, and are taken in at once.

  func answer(_ transfer: TransferID, _ answer: Answer) {
    written { try GatewayPeer.answer(answer) }.map { transport.emit($0, of: transfer) }
  }

  func answer<Request>(
    _ kind: Kind<Request>, _ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    self.answer(request(kind, sourceLocation: sourceLocation).transfer, answer)
    pump()
  }

  func refuse(_ transfer: TransferID, _ error: EtcdError) {
    written { try GatewayPeer.refusal(error) }.map { transport.emit($0, of: transfer) }
  }

  func refuse<Request>(
    _ kind: Kind<Request>, _ error: EtcdError, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    refuse(request(kind, sourceLocation: sourceLocation).transfer, error)
    pump()
  }

  /// Answers with something that is not etcd's.
  func answerForeign<Request>(_ kind: Kind<Request>, sourceLocation: SourceLocation = #_sourceLocation) {
    transport.emit(GatewayPeer.foreignAnswer, of: request(kind, sourceLocation: sourceLocation).transfer)
    pump()
  }

  func fail<Request>(
    _ kind: Kind<Request>, _ failure: TransferFailure.Kind, sent: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    transport.fail(request(kind, sourceLocation: sourceLocation).transfer, failure, sent: sent)
    pump()
  }

  /// Refuses each request of a kind, for a host that pumps and takes nothing. Each time the longest back-off passes.
  func refuseWithoutTaking<Request>(_ kind: Kind<Request>, times: Int) {
    for _ in 0..<times {
      pumpTakingNothing()
      for request in requests(kind) { refuse(request.transfer, .permissionDenied) }
      pumpTakingNothing()
      transport.now = transport.now + .milliseconds(options.backoffMaxMs)
    }
  }

  // MARK: Streams

  /// The answer to a watch begins.
  func accept(_ stream: TransferID) {
    transport.emit(GatewayPeer.streamBegins, of: stream)
  }

  /// The watch is there.
  func confirm(_ stream: TransferID, revision: Int64) {
    accept(stream)
    send([.watch(revision: revision, created: true)], on: stream)
  }

  /// Sends all of it at once, but for the last bytes if it is cut.
  func send(_ items: [StreamItem], on stream: TransferID, cutBy cut: Int = 0) {
    transport.emit(.received(bytes(of: items).dropLast(cut)), of: stream)
  }

  /// The same, a byte at a time, each of which is taken in at once.
  func trickle(_ items: StreamItem..., on stream: TransferID) {
    for byte in bytes(of: items) {
      transport.emit(.received([byte]), of: stream)
      pump()
    }
  }

  private func bytes(of items: [StreamItem]) -> [UInt8] {
    items.flatMap { item in written { try GatewayPeer.bytes(of: item) } ?? [] }
  }

  func end(_ stream: TransferID) {
    transport.emit(GatewayPeer.streamEnds, of: stream)
  }

  func refuseStream(_ stream: TransferID, _ error: EtcdError) {
    for event in written({ try GatewayPeer.refusedStream(error) }) ?? [] { transport.emit(event, of: stream) }
  }

  /// Refuses a stream in so many words that the client gives up; returns how many pieces that took, at most 100.
  func refuseStreamWithoutEnd(_ stream: TransferID) -> Int {
    transport.emit(GatewayPeer.endlessRefusalBegins, of: stream)
    var pieces = 0
    while transport.open[stream] != nil, pieces < 100 {
      transport.emit(GatewayPeer.endlessRefusalGoesOn, of: stream)
      pump()
      pieces += 1
    }
    return pieces
  }

  /// Sends on the only open stream, and pumps.
  func stream(_ items: StreamItem..., sourceLocation: SourceLocation = #_sourceLocation) {
    let stream = request(.watch, sourceLocation: sourceLocation).transfer
    send(items, on: stream)
    pump()
  }

  /// Confirms the only open stream, and pumps.
  func openStream(revision: Int64 = 1, sourceLocation: SourceLocation = #_sourceLocation) {
    confirm(request(.watch, sourceLocation: sourceLocation).transfer, revision: revision)
    pump()
  }

  // MARK: Where scenes begin

  /// Answers the grant that is under way.
  func grant(_ lease: Int64 = 77, ttl: Int64 = 10, sourceLocation: SourceLocation = #_sourceLocation) {
    answer(.leaseGrant, .leaseGrant(lease, ttl: ttl), sourceLocation: sourceLocation)
  }

  /// A keepalive that holds the key `k` with the value `v` at revision 5, under lease 77.
  func heldKeepalive(sourceLocation: SourceLocation = #_sourceLocation) throws -> KeepaliveID {
    let id = try cluster.addKeepalive(key: utf8("k"), value: utf8("v"))
    grant(sourceLocation: sourceLocation)
    answer(.txn, .txn(revision: 5), sourceLocation: sourceLocation)
    #expect(cluster.keepaliveState(id) == .held, sourceLocation: sourceLocation)
    return id
  }

  /// A watcher of all keys that has read `a=1@5`, `b=2@7` at revision 7, and whose stream is live.
  func liveWatcher(sourceLocation: SourceLocation = #_sourceLocation) throws -> WatcherID {
    let id = try cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    answer(
      .range, .range(revision: 7, [KeyValue("a", "1", mod: 5), KeyValue("b", "2", mod: 7)]),
      sourceLocation: sourceLocation)
    openStream(revision: 7, sourceLocation: sourceLocation)
    #expect(cluster.watcherState(id) == .live, sourceLocation: sourceLocation)
    return id
  }

  func put(_ key: String = "k", _ value: String = "v", timeoutMs: Int64 = 0) throws -> CallID {
    try cluster.submit(.put(PutRequest(key: utf8(key), value: utf8(value))), timeoutMs: timeoutMs)
  }

  func range(_ key: String = "k", timeoutMs: Int64 = 0) throws -> CallID {
    try cluster.submit(.range(RangeRequest(range: .single(utf8(key)))), timeoutMs: timeoutMs)
  }
}
