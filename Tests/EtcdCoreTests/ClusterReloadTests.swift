import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// A cluster that goes on with other options. Dice draw the first of the endpoints.
struct ClusterReloadTests {
  /// The options that have a test here.
  static let tested: Set<String> = [
    "wire", "endpoints", "endpoints.discover", "endpoints.refresh.ms", "request.timeout.ms", "attempt.timeout.ms",
    "connect.timeout.ms", "probe.interval.ms", "backoff.min.ms", "backoff.max.ms", "calls.max", "calls.concurrent",
    "keepalives.max", "watchers.max", "watch.page.keys", "watch.index.max.bytes", "log.level", "keepalive.verify.ms",
    "watch.start.spread.ms",
  ]

  @Test func whatIsHeldIsVerifiedAsOftenAsIsSaidNow() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive(ttl: 3600)
    scene.advance(ms: 10_000)
    #expect(scene.requests(.txn).isEmpty)
    try scene.reconfigure { $0.keepaliveVerifyMs = 1000 }
    scene.advance(ms: 750)
    scene.answer(.txn, .txn(revision: 9, batch: [nil]))
    #expect(scene.reports.contains { $0.state == .lost })
  }

  private func log(_ scene: Scene) -> [String] { scene.cluster.takeLog().map(\.text) }

  private func urls(_ scene: Scene) -> [String] {
    scene.cluster.endpointReports.map { "\($0.url)\($0.isCurrent ? " current" : "")" }
  }

  private func list(_ members: Member...) -> Answer {
    var response = MemberListResponse()
    response.header = ResponseHeader(cluster: 1, revision: 0)
    response.header.memberID = 1
    response.members = members
    return .memberList(response)
  }

  private func endpoints(_ urls: String...) throws -> [Endpoint] { try urls.map { try Endpoint(parsing: $0) } }

  /// With a key that is held and a watch that lives, and what is open for them.
  private func busy() throws -> (scene: Scene, open: [TransferID]) {
    let scene = Scene(endpoints: 2)
    _ = try scene.heldKeepalive()
    _ = try scene.liveWatcher()
    _ = log(scene)
    return (scene, scene.transport.open.map(\.id))
  }

  // MARK: Nothing

  @Test func equalOptionsChangeNothing() throws {
    let (scene, open) = try busy()
    try scene.reconfigure { _ in }
    scene.pump()
    #expect(scene.transport.open.map(\.id) == open)
    #expect(log(scene).isEmpty)
  }

  @Test func whatCannotBeChangedIsNamedAndNothingElseIsChanged() throws {
    let (scene, open) = try busy()
    let others = try endpoints("http://e9")
    do {
      try scene.reconfigure {
        $0.leaseTTL = 9
        $0.endpoints = others
        $0.requestTimeoutMs = 1
        $0.logLevel = .error
        $0.authToken = Secret("other")
      }
      Issue.record("it was taken")
    } catch {
      guard case .options(let error) = error else { throw error }
      #expect(error.message == "lease.ttl.s cannot be changed while the cluster has a lease")
    }
    scene.pump()
    #expect(urls(scene) == ["http://e1:2379 current", "http://e2:2379"])
    #expect(scene.transport.open.map(\.id) == open)
    #expect(log(scene).isEmpty)
    _ = try scene.put()
    let put = scene.request(.put)
    #expect(put.token == nil && put.endpoint == "http://e1:2379" && put.timeout == .milliseconds(3000))
  }

  @Test func theTTLIsTakenForALeaseThatIsYetToCome() throws {
    let scene = Scene()
    try scene.reconfigure { $0.leaseTTL = 9 }
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    scene.pump()
    #expect(scene.request(.leaseGrant).ttl == 9)
    // It was asked for, with what it was to be.
    #expect(throws: Cluster.ReloadRefusal.self) { try scene.reconfigure { $0.leaseTTL = 8 } }
  }

  @Test func aClosedClusterTakesNothing() throws {
    let scene = Scene()
    _ = scene.cluster.close(revoke: false)
    do {
      try scene.reconfigure { $0.requestTimeoutMs = 1 }
      Issue.record("it was taken")
    } catch {
      guard case .closed = error else { throw error }
    }
  }

  // MARK: The log

  @Test func whatChangedIsToldByItsNamesAndNotByItsValues() throws {
    let scene = Scene()
    _ = try scene.range()
    _ = log(scene)
    try scene.reconfigure {
      $0.requestTimeoutMs = 1
      $0.authToken = Secret("hunter2")
      $0.network.proxyPassword = Secret("hunter3")
    }
    let lines = log(scene)
    #expect(lines.first == "reconfigured: request.timeout.ms, auth.token, proxy.password")
    #expect(!lines.contains { $0.contains("hunter") })
  }

  @Test func theLevelOfTheLogCountsAtOnce() throws {
    let scene = Scene { $0.logLevel = .error }
    try scene.reconfigure { $0.logLevel = .debug }
    #expect(log(scene) == ["reconfigured: log.level"])
    _ = try scene.range()
    #expect(log(scene) == ["http://e1:2379: etcdserverpb.KV/Range"])
    try scene.reconfigure { $0.logLevel = .error }
    #expect(log(scene) == ["reconfigured: log.level"])
    scene.answer(.range, .range(revision: 9))
    #expect(log(scene).isEmpty)
  }

  // MARK: Times and limits

  @Test func timesCountForWhatIsAskedFromThenOn() throws {
    let scene = Scene { $0.network.tlsMinimum = .tls12 }
    let before = try scene.put("a")
    try scene.reconfigure {
      $0.requestTimeoutMs = 900
      $0.attemptTimeoutMs = 200
      $0.connectTimeoutMs = 150
    }
    let after = try scene.put("b")
    let requests = scene.requests(.put)
    #expect(requests.map(\.timeout) == [.milliseconds(3000), .milliseconds(200)])
    #expect(scene.transport.open.map(\.request.connectTimeout) == [.milliseconds(1000), .milliseconds(150)])
    scene.transport.fail(requests[1].transfer, .refused, sent: false)
    scene.advance(ms: 901)
    #expect(scene.results.map(\.id) == [after])
    scene.advance(ms: 4200)
    #expect(scene.results.map(\.id) == [after, before])
  }

  @Test func aShorterProbeIntervalCountsForEndpointsThatAreListenedToAlready() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    try scene.reconfigure { $0.probeIntervalMs = 500 }
    scene.advance(ms: 501)
    #expect(scene.requests(.range).count == 1)
  }

  @Test func theBoundsOfTheBackOffCountForWhatFailsFromThenOn() throws {
    let scene = Scene { $0.backoffMaxMs = 3_600_000 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    try scene.reconfigure { ($0.backoffMinMs, $0.backoffMaxMs) = (1, 20) }
    for _ in 0..<30 {
      scene.advance(ms: 20)
      for request in scene.requests(.range) { scene.refuse(request.transfer, .noSpace) }
      scene.pump()
    }
    #expect(scene.started(.range).count > 20)
  }

  @Test func limitsCountForWhatIsAdded() throws {
    let scene = Scene()
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    for key in ["a", "b"] { _ = try scene.put(key) }
    try scene.reconfigure {
      ($0.callsMax, $0.keepalivesMax, $0.watchersMax) = (1, 1, 1)
      ($0.watchPageKeys, $0.watchIndexMaxBytes) = (7, 4096)
    }
    #expect(throws: Cluster.Refusal.self) { try scene.put("c") }
    #expect(throws: Cluster.Refusal.self) {
      try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    }
    #expect(throws: Cluster.KeepaliveRefusal.self) {
      try scene.cluster.addKeepalive(Claim(key: utf8("l"), value: utf8("v")))
    }
    for request in scene.requests(.put) { scene.answer(request.transfer, .put()) }
    scene.pump()
    #expect(scene.results.count == 2)
    try scene.reconfigure { ($0.watchersMax, $0.watchPageKeys, $0.watchIndexMaxBytes) = (2, 7, 4096) }
    let added = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.pump()
    #expect(scene.started(.range).map(\.request.limit) == [1000, 7])
    let kvs = (0..<200).map { KeyValue("k\($0)", mod: 5) }
    for request in scene.requests(.range) { scene.answer(request.transfer, .range(revision: 30, kvs)) }
    scene.pump()
    #expect(scene.cluster.watcherState(added) == .ended)
    #expect(scene.news().filter { $0.contains("limit") }.count == 1)
  }

  @Test func watchersThatAreYetToComeBeginToReadWithinTheTimeThatIsSaidNow() throws {
    let scene = Scene()
    try scene.reconfigure { $0.watchStartSpreadMs = 4000 }
    let later = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 3999)
    #expect(scene.requests(.range).isEmpty)
    #expect(scene.cluster.watcherState(later) == .snapshot)
    #expect(scene.news() == ["watcher 1 snapshot"])
    scene.advance(ms: 1)
    #expect(scene.requests(.range).count == 1)
    scene.answer(.range, .range(revision: 30, []))
    scene.openStream(revision: 30)
    #expect(scene.cluster.watcherState(later) == .live)
    // What reads nothing is not delayed.
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 5, prevKV: false)
    scene.pump()
    #expect(scene.transport.open.count == 2)
    try scene.reconfigure { $0.watchStartSpreadMs = 0 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.pump()
    #expect(scene.requests(.range).count == 1)
  }

  @Test func aWatcherThatHasNotBegunMayEnd() throws {
    let scene = Scene { $0.watchStartSpreadMs = 4000 }
    let watcher = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1000)
    scene.cluster.removeWatcher(watcher)
    scene.advance(ms: 10_000)
    #expect(scene.requests(.range).isEmpty)
  }

  @Test func callsThatWaitForAPlaceGetTheOnesThatAreNew() throws {
    let scene = Scene { $0.callsConcurrent = 1 }
    for key in ["a", "b", "c"] { _ = try scene.put(key) }
    #expect(scene.requests(.put).count == 1)
    try scene.reconfigure { $0.callsConcurrent = 2 }
    #expect(scene.requests(.put).count == 2)
  }

  // MARK: Who asks

  @Test func otherCredentialsAreUsedFromThenOnAndStreamsStay() throws {
    let scene = Scene { $0.authToken = Secret("t1") }
    _ = try scene.liveWatcher()
    let stream = scene.request(.watch).transfer
    try scene.reconfigure { $0.authToken = Secret("t2") }
    _ = try scene.put()
    #expect(scene.request(.put).token == "t2")
    #expect(scene.request(.watch).transfer == stream)
  }

  /// The options are what counts, whatever was set meanwhile.
  @Test func credentialsThatWereSetMeanwhileAreReplaced() throws {
    let scene = Scene { $0.authToken = Secret("t1") }
    try scene.cluster.setCredentials(.token(Secret("t2")))
    try scene.reconfigure { _ in }
    _ = try scene.put()
    #expect(scene.request(.put).token == "t1")
    #expect(log(scene).contains("reconfigured: auth.token"))
  }

  /// Nor does a password go to an endpoint that is none any more, nor the one before to one that is new.
  @Test func passwordAndEndpointsChangeTogether() throws {
    let scene = Scene { ($0.authUser, $0.authPassword) = ("u", Secret("old")) }
    _ = try scene.put()
    #expect(scene.request(.authenticate).endpoint == "http://e1:2379")
    let others = try endpoints("http://e2")
    try scene.reconfigure {
      ($0.authUser, $0.authPassword) = ("u", Secret("new"))
      $0.endpoints = others
    }
    scene.advance(ms: 0)
    let asked = scene.started(.authenticate).map { "\($0.endpoint) \($0.request.password)" }
    #expect(asked == ["http://e1:2379 old", "http://e2:2379 new"])
    scene.answer(.authenticate, .token("t"))
    #expect(scene.request(.put).endpoint == "http://e2:2379")
  }

  // MARK: Endpoints

  @Test func streamsMoveFromAnEndpointThatIsGoneAndCallsThereAreAnswered() throws {
    let scene = Scene(endpoints: 2)
    let watcher = try scene.liveWatcher()
    let put = try scene.put()
    let stream = scene.request(.watch)
    #expect(stream.endpoint == "http://e1:2379")
    // What has come and was not taken comes again.
    scene.send([.watch(revision: 8, [.put("a", "2", at: 8)])], on: stream.transfer)
    scene.pumpTakingNothing()
    let others = try endpoints("http://e2", "http://e3")
    try scene.reconfigure { $0.endpoints = others }
    #expect(!scene.transport.isOpen(stream.transfer))
    scene.advance(ms: 0)
    #expect(urls(scene).count == 2 && !urls(scene).contains { $0.contains("e1") })
    let moved = scene.request(.watch)
    #expect(moved.endpoint != "http://e1:2379" && moved.startRevision == 8)
    scene.confirm(moved.transfer, revision: 8)
    scene.send([.watch(revision: 8, [.put("a", "2", at: 8)])], on: moved.transfer)
    scene.answer(scene.request(.put).transfer, .put())
    scene.pump()
    #expect(scene.batches.suffix(1).map(\.text) == ["watch 8: a=2@8"])
    #expect(scene.results.contains { $0.id == put && Scene.text($0.result) == "ok" })
    #expect(scene.cluster.watcherState(watcher) == .live)
  }

  @Test func whatStaysIsLeftAlone() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.liveWatcher()
    let stream = scene.request(.watch).transfer
    let others = try endpoints("http://e1", "http://e3")
    try scene.reconfigure { $0.endpoints = others }
    scene.advance(ms: 0)
    #expect(scene.request(.watch).transfer == stream)
    #expect(urls(scene) == ["http://e1:2379 current", "http://e3:2379"])
  }

  @Test func hostsThatLearnOfItAtOnceSpread() throws {
    var current: Set<String> = []
    for seed in 0..<40 {
      var options = Options()
      options.endpoints = try endpoints("http://e1")
      options.discoversMembers = false
      let scene = Scene(random: SystemRandomNumberGenerator()) { $0 = options }
      let others = try endpoints("http://e2", "http://e3", "http://e4")
      try scene.reconfigure { $0.endpoints = others }
      current.formUnion(urls(scene).filter { $0.hasSuffix("current") })
      if seed > 10, current.count == 3 { break }
    }
    #expect(current.count == 3)
  }

  @Test func aSeedThatIsGoneStaysAsLongAsItIsAdvertised() throws {
    let scene = Scene(endpoints: 2) { $0.discoversMembers = true }
    _ = try scene.liveWatcher()
    let members = list(Member(1, "http://e1"), Member(2, "http://e2"))
    scene.answer(.memberList, members)
    let stream = scene.request(.watch).transfer
    let others = try endpoints("http://e2")
    try scene.reconfigure { $0.endpoints = others }
    scene.advance(ms: 0)
    #expect(scene.request(.watch).transfer == stream)
    #expect(scene.cluster.endpointReports.map(\.isSeed) == [false, true])
    // And no longer.
    try scene.reconfigure {
      $0.endpoints = others
      $0.discoversMembers = false
    }
    scene.advance(ms: 0)
    #expect(urls(scene) == ["http://e2:2379 current"])
    #expect(scene.request(.watch).endpoint == "http://e2:2379")
    // Nobody asks any more.
    let asked = scene.started(.memberList).count
    scene.advance(ms: 1_000_000)
    #expect(scene.started(.memberList).count == asked)
  }

  @Test func discoveryThatIsTurnedOnAsksWithTheNextAnswer() throws {
    let scene = Scene()
    try scene.reconfigure {
      $0.discoversMembers = true
      $0.refreshIntervalMs = 1000
    }
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9))
    scene.answer(.memberList, list(Member(1, "http://e1")))
    scene.advance(ms: 1300)
    #expect(scene.started(.memberList).count == 2)
    // What was to be asked in a quarter of an hour is asked in a second.
    try scene.reconfigure {
      $0.discoversMembers = true
      $0.refreshIntervalMs = 900_000
    }
    scene.answer(.memberList, list(Member(1, "http://e1")))
    try scene.reconfigure {
      $0.discoversMembers = true
      $0.refreshIntervalMs = 1000
    }
    scene.advance(ms: 1300)
    #expect(scene.started(.memberList).count == 3)
  }

  @Test func anEndpointThatIsNewIsTriedAtOnceWhereTheOthersFail() throws {
    let scene = Scene { ($0.backoffMinMs, $0.backoffMaxMs) = (60_000, 60_000) }
    _ = try scene.liveWatcher()
    let call = try scene.range(timeoutMs: 60_000)
    for _ in 0..<3 {
      for request in scene.transport.open { scene.transport.fail(request.id, .refused, sent: false) }
      scene.pump()
    }
    #expect(scene.transport.open.isEmpty && scene.cluster.state == .unavailable)
    let others = try endpoints("http://e2")
    try scene.reconfigure {
      $0.endpoints = others
      ($0.backoffMinMs, $0.backoffMaxMs) = (100, 100)
    }
    scene.advance(ms: 0)
    #expect(Set(scene.transport.open.map { GatewayPeer.endpoint(of: $0.request) }) == ["http://e2:2379"])
    #expect(!scene.requests(.range).isEmpty)
    for request in scene.requests(.range) { scene.answer(request.transfer, .range(revision: 9)) }
    scene.pump()
    #expect(scene.cluster.state == .ready)
    #expect(scene.results.contains { $0.id == call && Scene.text($0.result) == "ok" })
  }

  @Test func theLeaseGoesOnAtTheEndpointsThatAreNew() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive()
    let others = try endpoints("http://e2")
    try scene.reconfigure { $0.endpoints = others }
    scene.advance(ms: 3400)
    let renewal = scene.request(.leaseKeepAlive)
    #expect(renewal.endpoint == "http://e2:2379" && renewal.request.id == 77)
  }

  /// What a call has found out of the wire counts for as long as that is to be found out.
  @Test func aCallThatWaitsIsAskedByTheWireThatIsGivenMeanwhile() throws {
    let scene = Scene { $0.wire = .auto }
    for key in ["a", "b"] { _ = try scene.range(key) }
    let calls = scene.transport.open
    #expect(calls.count == 2)
    // The endpoint backs off, so that the other call, which is told that gRPC is not spoken, waits.
    scene.transport.fail(calls[0].id, .refused, sent: false)
    scene.pump()
    scene.transport.fail(calls[1].id, .notHTTP2, sent: false)
    scene.pump()
    #expect(scene.transport.open.isEmpty)
    let before = scene.transport.started.count
    try scene.reconfigure { $0.wire = .grpc }
    scene.advance(ms: 10_000)
    let since = scene.transport.started.dropFirst(before)
    #expect(!since.isEmpty && since.allSatisfy { $0.request.version == .http2 })
  }

  @Test func fromWithinACallbackItIsAPartOfThatTurn() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.liveWatcher()
    let others = try endpoints("http://e3")
    _ = try scene.put()
    scene.transport.emit(GatewayPeer.answer(.put()), of: scene.request(.put).transfer)
    scene.cluster.beginPump()
    _ = scene.take()
    try scene.reconfigure { $0.endpoints = others }
    while scene.take() {}
    scene.cluster.endPump()
    scene.advance(ms: 0)
    #expect(scene.request(.watch).endpoint == "http://e3:2379")
  }
}

extension Scene {
  /// With the options of the scene, but for what is adjusted.
  func reconfigure(_ adjust: (inout Options) -> Void) throws(Cluster.ReloadRefusal) {
    var options = options
    adjust(&options)
    cluster.carryOut(try cluster.reload(by: options))
  }
}
