import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

/// What becomes of calls, watches and the lease while etcd asks who one is.
struct ClusterAuthTests {
  private static func scene(endpoints count: Int = 1) -> Scene {
    Scene(endpoints: count) {
      $0.authUser = "u"
      $0.authPassword = Secret("hush")
      $0.logLevel = .debug
    }
  }

  /// A scene that has logged in with the token "t1", five seconds ago.
  private static func knownScene(endpoints count: Int = 1) throws -> Scene {
    let scene = scene(endpoints: count)
    _ = try scene.range()
    scene.answer(.authenticate, .token("t1"))
    scene.answer(.range, .range(revision: 1))
    scene.advance(ms: 5000)
    _ = scene.news()
    return scene
  }

  @Test func callsWaitForOneLogInAndCarryItsToken() throws {
    let scene = Self.scene()
    _ = try scene.put()
    _ = try scene.range()
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 5, prevKV: false)
    scene.pump()
    #expect(scene.transport.open.count == 1)
    let logIn = scene.request(.authenticate)
    #expect(logIn.request.name == "u")
    #expect(logIn.request.password == "hush")
    #expect(logIn.token == nil)
    #expect(scene.cluster.state == .connecting)
    scene.answer(logIn.transfer, .token("t1"))
    scene.pump()
    #expect(scene.request(.put).token == "t1")
    #expect(scene.request(.range).token == "t1")
    #expect(scene.request(.watch).token == "t1")
    // That a token was had shows nothing yet.
    #expect(scene.cluster.state == .connecting)
    scene.answer(.put, .put())
    #expect(scene.cluster.state == .ready)
    #expect(!scene.cluster.takeLog().contains { $0.text.contains("hush") || $0.text.contains("t1") })
  }

  @Test func whatAStrangerSaysOfTheTokenIsItsOwn() throws {
    let scene = try Self.knownScene()
    _ = try scene.cluster.submit(.status, timeoutMs: 0, at: try Endpoint(parsing: "http://stranger"))
    scene.refuse(.admin("/maintenance/status"), .invalidToken)
    #expect(scene.news() == ["call 3 unauthenticated"])
    #expect(scene.requests(.authenticate).isEmpty)
    _ = try scene.put()
    #expect(scene.request(.put).token == "t1")
  }

  @Test(arguments: [EtcdError.invalidToken, .oldAuthRevision, .oldAuthRevisionOf351, .userNameIsEmpty])
  func writeThatWasRefusedForItsTokenIsSentAgainWithTheNext(_ refusal: EtcdError) throws {
    let scene = try Self.knownScene()
    let first = try scene.put()
    let second = try scene.put("l")
    for put in scene.requests(.put) { scene.refuse(put.transfer, refusal) }
    scene.pump()
    #expect(scene.requests(.put).isEmpty)
    scene.answer(.authenticate, .token("t2"))
    #expect(scene.requests(.put).map(\.token) == ["t2", "t2"])
    for put in scene.requests(.put) { scene.answer(put.transfer, .put()) }
    scene.pump()
    #expect(scene.news() == ["call \(first.rawValue) ok", "call \(second.rawValue) ok"])
    #expect(scene.started(.authenticate).count == 2)
  }

  @Test func writeThatGotNoAnswerIsNotSentAgainWhateverItCarried() throws {
    let scene = try Self.knownScene()
    let put = try scene.put()
    scene.advance(ms: 3000)
    #expect(scene.news().contains("call \(put.rawValue) unknownOutcome"))
    // Its token is in doubt.
    #expect(scene.requests(.authenticate).count == 1)
    #expect(scene.started(.put).count == 1)
  }

  @Test func callThatWaitsForALogInEndsInItsTime() throws {
    let scene = Self.scene()
    let put = try scene.put(timeoutMs: 700)
    scene.advance(ms: 699)
    #expect(scene.news() == [])
    scene.advance(ms: 1)
    #expect(scene.news() == ["call \(put.rawValue) timeout"])
    guard case .failure(let failure) = scene.results[0].result else { return }
    #expect(failure.message == "the time ran out while the cluster was logging in")
    #expect(!failure.mayHaveHappened)
  }

  @Test func wrongPasswordIsToldOnceAndCallsAreRefused() throws {
    let scene = Self.scene()
    let put = try scene.put()
    scene.refuse(.authenticate, .wrongPassword)
    scene.pump()
    #expect(scene.news() == ["cluster unavailable", "call \(put.rawValue) unauthenticated"])
    #expect(scene.clusterReports[0].error?.code == .unauthenticated)
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 60_000)
    for logIn in scene.requests(.authenticate) { scene.refuse(logIn.transfer, .wrongPassword) }
    scene.pump()
    #expect(scene.started(.put).isEmpty && scene.started(.range).isEmpty && scene.started(.leaseGrant).isEmpty)
    #expect(scene.clusterReports.count == 1)
  }

  @Test func logInsWithAWrongPasswordAreFew() throws {
    let scene = Self.scene()
    for _ in 0..<60 {
      _ = try scene.put()
      scene.pump()
      for logIn in scene.requests(.authenticate) { scene.refuse(logIn.transfer, .wrongPassword) }
      scene.advance(ms: 1000)
    }
    // The pauses are 2.5 to 5 s.
    #expect(scene.started(.authenticate).count <= 25)
    #expect(scene.started(.authenticate).count >= 10)
  }

  @Test func clusterIsReadyAgainWhenTheHostSaysWhoItIs() throws {
    let scene = Self.scene()
    _ = try scene.put()
    scene.refuse(.authenticate, .wrongPassword)
    scene.pump()
    try scene.cluster.setCredentials(.user("v", password: Secret("better")))
    scene.pump()
    #expect(scene.request(.authenticate).request.name == "v")
    scene.answer(.authenticate, .token("t2"))
    // Nobody asks for anything: the library does.
    #expect(scene.request(.range).token == "t2")
    scene.answer(.range, .range(revision: 9))
    #expect(scene.clusterReports.map(\.state) == [.unavailable, .ready])
  }

  @Test func openStreamsStayAndNewOnesCarryTheNewToken() throws {
    let scene = try Self.knownScene()
    _ = try scene.liveWatcher()
    let stream = scene.request(.watch)
    try scene.cluster.setCredentials(.token(Secret("own")))
    scene.pump()
    #expect(scene.request(.watch).transfer == stream.transfer)
    scene.end(stream.transfer)
    scene.advance(ms: 0)
    #expect(scene.request(.watch).token == "own")
  }

  @Test func whatMayNotBeReadIsAskedForAgainAtOnceByWhoHasLoggedInAnew() throws {
    let scene = try Self.knownScene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    for _ in 0..<2 {
      scene.refuse(.range, .permissionDenied)
      scene.advance(ms: 1000)
    }
    #expect(scene.cluster.watcherState(id) == .backoff)
    #expect(scene.requests(.range).isEmpty)
    try scene.cluster.setCredentials(.user("other", password: Secret("word")))
    _ = try scene.put()
    scene.answer(.authenticate, .token("t2"))
    scene.advance(ms: 0)
    #expect(scene.request(.range).token == "t2")
  }

  @Test(arguments: ["rpc error: code = PermissionDenied desc = etcdserver: permission denied", "invalid auth token"])
  func watchThatIsRefusedIsAskedForWithANewTokenOnce(_ reason: String) throws {
    let scene = try Self.knownScene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 5, prevKV: false)
    func refuse() {
      let stream = scene.request(.watch).transfer
      scene.accept(stream)
      var response = WatchResponse.cancelled(reason)
      response.created = true
      scene.send([.message(response)], on: stream)
      scene.pump()
    }
    refuse()
    scene.answer(.authenticate, .token("t2"))
    scene.advance(ms: 0)
    #expect(scene.request(.watch).token == "t2")
    #expect(scene.watcherReports.last?.state == .opening)
    guard reason.contains("permission") else { return }
    refuse()
    #expect(scene.requests(.authenticate).isEmpty)
    #expect(scene.watcherReports.last?.error?.code == .permissionDenied)
    scene.advance(ms: 2400)
    #expect(scene.cluster.watcherState(id) == .backoff)
    // Of tokens that live no longer than its back-off it would have none but old ones. Another log-in, for whatever reason,
    // is a reason to ask at once.
    _ = try scene.range()
    scene.refuse(.range, .invalidToken)
    scene.advance(ms: 1000)
    #expect(scene.cluster.watcherState(id) == .backoff)
    scene.answer(.authenticate, .token("t3"))
    scene.advance(ms: 0)
    #expect(scene.cluster.watcherState(id) == .opening)
    #expect(scene.request(.watch).token == "t3")
  }

  @Test func leaseIsRenewedByNobodyInParticularWhileEtcdDoesNotKnowWhoAsks() throws {
    let scene = try Self.knownScene()
    _ = try scene.heldKeepalive()
    _ = try scene.put()
    scene.refuse(.put, .invalidToken)
    scene.refuse(.authenticate, .wrongPassword)
    scene.advance(ms: 3400)
    #expect(scene.request(.leaseKeepAlive).token == nil)
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(77, ttl: 10))
    #expect(scene.cluster.leaseID == 77)
    #expect(scene.cluster.state == .unavailable)
  }

  @Test func passwordGoesToNobodyButTheSeedsBeforeItIsKnownToBeGood() throws {
    let scene = Self.scene(endpoints: 2)
    _ = try scene.put()
    scene.fail(.authenticate, .refused, sent: false)
    #expect(Set(scene.started(.authenticate).map(\.endpoint)) == ["http://e1:2379", "http://e2:2379"])
  }

  @Test func nothingIsLeftOfALogInAfterTheClose() throws {
    let scene = Self.scene()
    _ = try scene.put()
    scene.pump()
    #expect(scene.close(revoke: false))
    scene.pump()
    #expect(scene.transport.open.isEmpty)
    #expect(scene.transport.wakeTime == nil)
    #expect(throws: Cluster.Refusal.self) { try scene.cluster.setCredentials(.none) }
  }

  @Test func ownTokenThatIsRefusedIsTold() throws {
    let scene = Scene { $0.authToken = Secret("own") }
    let put = try scene.put()
    #expect(scene.request(.put).token == "own")
    scene.refuse(.put, .invalidToken)
    #expect(scene.news() == ["cluster unavailable", "call \(put.rawValue) unauthenticated"])
    #expect(scene.started(.authenticate).isEmpty)
  }
}
