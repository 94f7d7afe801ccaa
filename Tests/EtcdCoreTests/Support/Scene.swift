import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

/// A cluster on a scripted transport, and what its host was told.
final class Scene {
  let transport = ScriptedTransport { Issue.record("transfer \($0.rawValue) is not open") }
  var cluster: Cluster
  let options: Options
  /// Everything that was delivered, as text, in order.
  private(set) var told: [String] = []
  private(set) var taken: [Delivery] = []
  private(set) var results: [(id: CallID, result: Result<Answer, Failure>)] = []
  private(set) var parts: [(id: CallID, answer: Answer)] = []
  private(set) var batches: [Batch] = []
  private(set) var reports: [KeepaliveReport] = []
  /// What the host says when it is asked whose a key is; `nil`: nothing yet.
  var claimAnswer: ClaimAnswer?
  private(set) var watcherReports: [WatcherReport] = []
  private(set) var clusterReports: [ClusterReport] = []

  init(
    endpoints count: Int = 1, random: any RandomNumberGenerator = Dice.cluster, disk: MemoryDisk? = nil,
    _ adjust: (inout Options) -> Void = { _ in }
  ) {
    var options = Options()
    for number in 0..<count {
      guard let endpoint = try? Endpoint(parsing: "http://e\(number + 1)") else { continue }
      options.endpoints.append(endpoint)
    }
    options.wire = .json
    // A scene that is not about that has no questions of its own.
    options.discoversMembers = false
    options.keepaliveVerifyMs = 0
    options.probeIntervalMs = 4000
    if disk != nil { options.watcherCacheDir = "/d" }
    adjust(&options)
    self.options = options
    cluster = Cluster(options: options, transport: transport, random: random, disk: disk)
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
    taken.append(delivery)
    switch delivery {
    case .call(let id, let result):
      results.append((id, result))
      told.append("call \(id.rawValue) \(Self.text(result))")
    case .part(let id, let answer):
      parts.append((id, answer))
      told.append("call \(id.rawValue) part")
    case .clusterState(let report):
      let isTold = report.error?.code == .clusterChanged
      told.append("cluster \(report.state)" + (isTold ? " (clusterChanged)" : ""))
      clusterReports.append(report)
    case .keepalive(let id, let report):
      reports.append(report)
      told.append("keepalive \(id.rawValue) \(report.state)" + (report.error.map { " (\($0.code))" } ?? ""))
    case .claimQuestion(let id, let found):
      told.append("keepalive \(id.rawValue) asks about \(found.value)")
      if let claimAnswer { cluster.decide(claimAnswer, on: id, about: found) }
    case .watcherState(let id, let report):
      watcherReports.append(report)
      told.append("watcher \(id.rawValue) \(report.state)" + (report.error.map { " (\($0.code))" } ?? ""))
    case .batch(let id, let batch):
      batches.append(batch)
      told.append("watcher \(id.rawValue) \(batch.text)")
    case .value(let id, _):
      told.append("value \(id.rawValue)")
    case .awaited(let id, let end):
      told.append("awaited \(id.rawValue) \(end.ready) of \(end.total)")
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

  // MARK: Where scenes begin

  /// Answers the grant that is under way.
  func grant(_ lease: Int64 = 77, ttl: Int64 = 10, sourceLocation: SourceLocation = #_sourceLocation) {
    answer(.leaseGrant, .leaseGrant(lease, ttl: ttl), sourceLocation: sourceLocation)
  }

  /// A keepalive that holds the key `k` with the value `v` at revision 5, under lease 77.
  func heldKeepalive(ttl: Int64 = 10, sourceLocation: SourceLocation = #_sourceLocation) throws -> KeepaliveID {
    let id = try cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    grant(ttl: ttl, sourceLocation: sourceLocation)
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

  // What tests expect of the cluster: `#expect` cannot look into what cannot be copied.

  var hasDeliveries: Bool { cluster.hasDeliveries }

  func cancel(_ id: CallID) -> Bool { cluster.cancel(id) }

  func removeKeepalive(_ id: KeepaliveID) -> Bool { cluster.removeKeepalive(id) }

  func retryKeepalive(_ id: KeepaliveID) throws -> Bool { try cluster.retryKeepalive(id) }

  func close(revoke: Bool) -> Bool { cluster.close(revoke: revoke) }

  func put(_ key: String = "k", _ value: String = "v", timeoutMs: Int64 = 0) throws -> CallID {
    try cluster.submit(.put(PutRequest(key: utf8(key), value: utf8(value))), timeoutMs: timeoutMs)
  }

  func range(_ key: String = "k", timeoutMs: Int64 = 0) throws -> CallID {
    try cluster.submit(.range(RangeRequest(range: .single(utf8(key)))), timeoutMs: timeoutMs)
  }
}
