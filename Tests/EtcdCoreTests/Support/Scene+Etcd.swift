import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

/// Etcd's side of the scene: what it is asked, and what it says.
extension Scene {
  // MARK: Questions

  /// The open questions of a kind, oldest first.
  func requests<Request>(_ kind: Kind<Request>) -> [Asked<Request>] {
    asked(kind, in: transport.open)
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
        token: nil, sentAt: transport.now, timeout: nil)
  }

  private func asked<Request>(_ kind: Kind<Request>, in transfers: [ScriptedTransport.Started]) -> [Asked<Request>] {
    transfers.compactMap { transfer in
      guard let question = recorded({ try GatewayPeer.question(of: transfer.request) }),
        let request = kind.pick(question)
      else { return nil }
      return Asked(
        transfer: transfer.id, request: request, endpoint: GatewayPeer.endpoint(of: transfer.request),
        needsLeader: GatewayPeer.needsLeader(transfer.request), token: GatewayPeer.token(of: transfer.request),
        sentAt: transfer.time,
        timeout: transfer.request.timeout, timeAtServer: GatewayPeer.timeAtServer(transfer.request),
        usesReserve: transfer.request.usesReserve)
    }
  }

  /// That the peer can make nothing of something fails the test.
  private func recorded<Result>(_ body: () throws -> Result) -> Result? {
    do {
      return try body()
    } catch {
      Issue.record(error)
      return nil
    }
  }

  // MARK: Answers. Those to a kind are to its only open question, and are taken in at once.

  func answer(_ transfer: TransferID, _ answer: Answer) {
    transport.emit(GatewayPeer.answer(answer), of: transfer)
  }

  func answer<Request>(
    _ kind: Kind<Request>, _ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    self.answer(request(kind, sourceLocation: sourceLocation).transfer, answer)
    pump()
  }

  func refuse(_ transfer: TransferID, _ error: EtcdError) {
    transport.emit(GatewayPeer.refusal(error), of: transfer)
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

  /// Refuses each request of a kind, for a host that pumps and takes nothing, and each time for another reason than the
  /// time before, so that each is worth telling. Each time the longest back-off passes.
  func refuseWithoutTaking<Request>(_ kind: Kind<Request>, times: Int) {
    for time in 0..<times {
      pumpTakingNothing()
      for request in requests(kind) { refuse(request.transfer, time % 2 == 0 ? .permissionDenied : .noSpace) }
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
  func confirm(_ stream: TransferID, cluster: UInt64 = 1, revision: Int64) {
    accept(stream)
    send([.watch(cluster: cluster, revision: revision, created: true)], on: stream)
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
    items.flatMap { GatewayPeer.bytes(of: $0) }
  }

  func end(_ stream: TransferID) {
    transport.emit(GatewayPeer.streamEnds, of: stream)
  }

  func refuseStream(_ stream: TransferID, _ error: EtcdError) {
    for event in GatewayPeer.refusedStream(error) { transport.emit(event, of: stream) }
  }

  /// Refuses a stream in so many words that the client gives up; returns how many pieces that took, at most 100.
  func refuseStreamWithoutEnd(_ stream: TransferID) -> Int {
    transport.emit(GatewayPeer.endlessRefusalBegins, of: stream)
    var pieces = 0
    while transport.isOpen(stream), pieces < 100 {
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
  func openStream(
    cluster: UInt64 = 1, revision: Int64 = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    confirm(request(.watch, sourceLocation: sourceLocation).transfer, cluster: cluster, revision: revision)
    pump()
  }
}
