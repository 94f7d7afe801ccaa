import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct ClusterCallTests {
  // MARK: One end

  /// Nothing else would ask, and the host may wait for READY before it does.
  @Test func aClusterThatDoesNotServeIsAskedOfItsOwnAccord() throws {
    let scene = Scene()
    _ = try scene.put()
    scene.fail(.put, .broken, sent: true)
    scene.pump()
    #expect(scene.cluster.state == .unavailable)
    _ = scene.news()
    for count in 1...3 {
      scene.advance(ms: 5000)
      #expect(scene.started(.range).count == count)
      scene.fail(.range, .refused, sent: false)
    }
    scene.advance(ms: 5000)
    scene.answer(.range, .range(revision: 7, []))
    #expect(scene.news() == ["cluster ready"])
    scene.advance(ms: 60_000)
    #expect(scene.started(.range).count == 4)
  }

  @Test func nothingHappensBeforeThePump() throws {
    let scene = Scene()
    let id = try scene.put()
    #expect(id.rawValue != 0)
    #expect(!scene.hasDeliveries)
    scene.pump()
    #expect(scene.news() == [])
    #expect(scene.cluster.state == .connecting)
  }

  @Test func anAnswerEndsTheCallOnce() throws {
    let scene = Scene()
    let id = try scene.put()
    scene.answer(.put, .put(revision: 9))
    scene.advance(ms: 60_000)
    #expect(scene.news() == ["cluster ready", "call \(id.rawValue) ok"])
    #expect(!scene.cancel(id))
  }

  @Test func theAnswerIsHandedOut() throws {
    let scene = Scene()
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9, [KeyValue("k", "v", mod: 3)]))
    guard case .success(.range(let response))? = scene.results.first?.result else {
      _ = Issue.record("no answer")
      return
    }
    #expect(response.header.revision == 9)
    #expect(response.kvs.map(\.value) == ["v"])
  }

  @Test func aRefusalOfEtcdEndsTheCall() throws {
    let scene = Scene()
    let id = try scene.put()
    scene.refuse(.put, .permissionDenied)
    // Whether anything else is permitted is not known.
    #expect(scene.news() == ["call \(id.rawValue) permissionDenied"])
    #expect(scene.transport.open.isEmpty)
  }

  @Test func idsAreNeverUsedAgain() throws {
    let scene = Scene()
    var ids: Set<CallID> = []
    for _ in 0..<10 {
      ids.insert(try scene.put())
      scene.answer(.put, .put())
    }
    #expect(ids.count == 10)
  }

  // MARK: Cancelling

  @Test func aCallInFlightIsCancelled() throws {
    let scene = Scene()
    let id = try scene.put()
    let transfer = scene.request(.put).transfer
    #expect(scene.cancel(id))
    #expect(scene.transport.cancelled == [transfer])
    // From a later pump, not from inside.
    #expect(scene.news() == [])
    scene.pump()
    #expect(scene.news() == ["call \(id.rawValue) cancelled"])
    #expect(!scene.cancel(id))
    scene.advance(ms: 60_000)
    #expect(scene.news() == [])
  }

  @Test func aCallThatWaitsIsCancelledAndNeverSent() throws {
    let scene = Scene { $0.callsConcurrent = 1 }
    let first = try scene.put("a")
    let second = try scene.put("b")
    #expect(scene.cancel(second))
    scene.answer(.put, .put())
    #expect(scene.news() == ["call \(second.rawValue) cancelled", "cluster ready", "call \(first.rawValue) ok"])
    #expect(scene.transport.started.count == 1)
  }

  @Test func nobodyElsesCallIsCancelled() throws {
    let scene = Scene()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    for raw in 0...9 { #expect(!scene.cancel(CallID(rawValue: UInt64(raw)))) }
    #expect(scene.requests(.leaseGrant).count == 1)
  }

  @Test func aResultThatWaitsToBeDeliveredIsNotReplacedByACancellation() throws {
    let scene = Scene()
    let id = try scene.put()
    scene.answer(scene.request(.put).transfer, .put())
    scene.pumpTakingNothing()
    _ = scene.cluster.cancel(id)
    scene.pump()
    #expect(scene.news() == ["cluster ready", "call \(id.rawValue) ok"])
  }

  // MARK: Queueing

  @Test func onlySoManyCallsAreOnTheWireAndTheOthersFollowInTheirOrder() throws {
    let scene = Scene { $0.callsConcurrent = 2 }
    let ids = try (0..<5).map { try scene.put("k\($0)") }
    #expect(scene.requests(.put).count == 2)
    for _ in ids {
      let put = try #require(scene.requests(.put).first)
      scene.answer(put.transfer, .put())
      scene.pump()
      #expect(scene.requests(.put).count <= 2)
    }
    #expect(scene.results.map(\.id) == ids)
    #expect(scene.started(.put).map(\.key) == (0..<5).map { utf8("k\($0)") })
  }

  @Test func theDeadlineCoversQueueing() throws {
    let scene = Scene {
      $0.callsConcurrent = 1
      $0.attemptTimeoutMs = 3_600_000
    }
    let first = try scene.put("a", timeoutMs: 10_000)
    let second = try scene.put("b", timeoutMs: 1000)
    scene.advance(ms: 999)
    #expect(scene.news() == [])
    scene.advance(ms: 1)
    #expect(scene.news() == ["call \(second.rawValue) timeout"])
    // Its place in the queue is gone with it.
    scene.answer(.put, .put())
    #expect(scene.news() == ["cluster ready", "call \(first.rawValue) ok"])
    #expect(scene.transport.started.count == 1)
  }

  @Test func aCallMoreThanTheLimitIsRefused() throws {
    let scene = Scene {
      $0.callsMax = 3
      $0.callsConcurrent = 1
    }
    for _ in 0..<3 { _ = try scene.put() }
    #expect(throws: Cluster.Refusal.limit) { try scene.put() }
    scene.answer(.put, .put())
    _ = try scene.put()
  }

  /// A host that takes fewer ends a frame than it submits calls would otherwise pile up answers without bound.
  @Test func endsThatWaitToBeDeliveredCountTowardsTheLimit() throws {
    let scene = Scene { $0.callsMax = 3 }
    for _ in 0..<3 { _ = try scene.put() }
    for put in scene.requests(.put) { scene.answer(put.transfer, .put()) }
    scene.pumpTakingNothing()
    #expect(throws: Cluster.Refusal.limit) { try scene.put() }
    scene.pump()
    _ = try scene.put()
  }

  @Test func theLibrarysOwnCallsDoNotWaitForAPlace() throws {
    let scene = Scene { $0.callsConcurrent = 1 }
    _ = try scene.put()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    #expect(scene.requests(.leaseGrant).count == 1)
  }

  /// A host that was suspended comes back to a long queue of calls whose time is over.
  @Test func manyCallsThatExpireTogetherDoNotExhaustTheStack() async {
    await #expect(processExitsWith: .success) {
      // As many as `calls.max` allows unless it is set.
      let scene = Scene { $0.callsConcurrent = 1 }
      for _ in 0..<10_000 { _ = try scene.put() }
      scene.transport.now = scene.transport.now + .seconds(60)
      scene.pump()
      #expect(scene.results.count == 10_000)
    }
  }

  // MARK: Failover and repetition

  @Test func aRefusedConnectionMovesOnAtOnce() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.put()
    #expect(scene.request(.put).endpoint == "http://e1:2379")
    scene.fail(.put, .connect, sent: false)
    #expect(scene.request(.put).endpoint == "http://e2:2379")
    scene.answer(.put, .put())
    #expect(scene.news() == ["cluster ready", "call \(id.rawValue) ok"])
    // It stays with the one that answered.
    _ = try scene.put()
    #expect(scene.request(.put).endpoint == "http://e2:2379")
  }

  @Test func callsThatWereUnderWayTogetherAllMoveOn() throws {
    let scene = Scene(endpoints: 2)
    for _ in 0..<3 { _ = try scene.put() }
    for put in scene.requests(.put) { scene.transport.fail(put.transfer, .connect, sent: false) }
    scene.pump()
    #expect(scene.requests(.put).map(\.endpoint) == Array(repeating: "http://e2:2379", count: 3))
  }

  @Test func aWriteThatMayHaveBeenSentIsNotSentAgain() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.put()
    scene.fail(.put, .broken, sent: true)
    scene.advance(ms: 60_000)
    #expect(scene.results.map(\.id) == [id])
    #expect(scene.news().contains("call \(id.rawValue) unknownOutcome"))
    #expect(scene.transport.started.count == 1)
  }

  @Test(arguments: [
    EtcdError.timedOut, .leaderChanged, .stopped, EtcdError(.unknown, "context deadline exceeded"),
    EtcdError(.deadlineExceeded, "context deadline exceeded"),
  ])
  func aWriteWithAnAmbiguousErrorIsNotSentAgain(error: EtcdError) throws {
    let scene = Scene(endpoints: 2)
    let operations: [EtcdCore.Operation] = [
      .put(PutRequest(key: [1], value: [])), .deleteRange(DeleteRangeRequest(range: .single([1]))),
      .txn(TxnRequest(success: [.delete("k")])),
    ]
    for operation in operations {
      let before = scene.transport.started.count - scene.started(.range).count
      let id = try scene.cluster.submit(operation, timeoutMs: 0)
      scene.refuse(try #require(scene.transport.open.last).id, error)
      scene.advance(ms: 20_000)
      #expect(scene.results.last?.id == id)
      #expect(scene.results.last.map { Scene.text($0.result) } == "unknownOutcome")
      // But for the question whether etcd serves again.
      #expect(scene.transport.started.count - scene.started(.range).count == before + 1)
    }
  }

  @Test func aWriteThatGetsNoAnswerIsUnknown() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.put()
    scene.advance(ms: 60_000)
    #expect(scene.results.map { Scene.text($0.result) } == ["unknownOutcome"])
    #expect(scene.transport.started.count == 1)
  }

  @Test func aWriteWithGarbageForAnAnswerIsUnknown() throws {
    let scene = Scene()
    _ = try scene.put()
    scene.answerForeign(.put)
    #expect(scene.results.map { Scene.text($0.result) } == ["unknownOutcome"])
  }

  @Test func aWriteThatAMemberWithoutLeaderRefusedGoesToAnother() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.put()
    scene.refuse(.put, .noLeader)
    #expect(scene.request(.put).endpoint == "http://e2:2379")
    scene.answer(.put, .put())
    #expect(scene.news() == ["cluster ready", "call \(id.rawValue) ok"])
  }

  @Test func aReadIsSentAgainElsewhereAfterAnyFailure() throws {
    let scene = Scene(endpoints: 3)
    let id = try scene.range()
    scene.fail(.range, .broken, sent: true)
    #expect(scene.request(.range).endpoint == "http://e2:2379")
    scene.refuse(.range, .timedOut)
    scene.advance(ms: 200)
    #expect(scene.request(.range).endpoint == "http://e3:2379")
    scene.answer(.range, .range(revision: 9, []))
    #expect(scene.results.map(\.id) == [id])
    #expect(scene.results.map { Scene.text($0.result) } == ["ok"])
  }

  @Test func aReadThatGetsNoAnswerMovesOnAfterTheAttempt() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.range()
    scene.advance(ms: 2999)
    #expect(scene.request(.range).endpoint == "http://e1:2379")
    scene.advance(ms: 1)
    #expect(scene.request(.range).endpoint == "http://e2:2379")
    // The second attempt gets what is left.
    #expect(scene.request(.range).timeout == .milliseconds(2000))
  }

  @Test func aCallEndsByItsDeadlineWhateverHappens() throws {
    let scene = Scene(endpoints: 2)
    scene.transport.refusesConnections = true
    _ = try scene.range(timeoutMs: 1500)
    scene.advance(ms: 1499)
    #expect(scene.results.isEmpty)
    scene.advance(ms: 1)
    #expect(scene.results.map { Scene.text($0.result) } == ["unavailable"])
    #expect(scene.transport.open.isEmpty)
  }

  @Test func withAllEndpointsFailingAttemptsGoOnWithBackoff() throws {
    let scene = Scene(endpoints: 2)
    scene.transport.refusesConnections = true
    _ = try scene.range(timeoutMs: 60_000)
    scene.advance(ms: 60_000)
    // Doubling from 100 ms to 5 s: some twenty attempts in a minute, never a storm, never a stop.
    #expect((15...50).contains(scene.transport.started.count), "\(scene.transport.started.count)")
    #expect(scene.transport.started.suffix(3).allSatisfy { scene.transport.now - $0.time < .seconds(20) })
    #expect(scene.results.map { Scene.text($0.result) } == ["unavailable"])
  }

  @Test func anAnswerThatIsTooLargeEndsAReadAndLeavesAWriteUnknown() throws {
    let scene = Scene()
    _ = try scene.range()
    scene.fail(.range, .tooLarge)
    _ = try scene.put()
    scene.fail(.put, .tooLarge)
    #expect(scene.results.map { Scene.text($0.result) } == ["tooLarge", "unknownOutcome"])
  }

  // MARK: State

  @Test func theClusterIsUnavailableWhenAllEndpointsFailAndReadyWhenOneAnswers() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.range()
    scene.fail(.range, .connect, sent: false)
    #expect(scene.news() == [])
    #expect(scene.cluster.state == .connecting)
    scene.fail(.range, .connect, sent: false)
    #expect(scene.news() == ["cluster unavailable"])
    #expect(scene.cluster.state == .unavailable)
    scene.advance(ms: 100)
    scene.answer(.range, .range(revision: 1, []))
    #expect(scene.news().first == "cluster ready")
  }

  @Test(
    arguments: [
      (.compacted, true), (.leaseNotFound, true), (.permissionDenied, false), (.noSpace, false),
      (.requestTooLarge, false), (.userNameIsEmpty, false),
    ] as [(EtcdError, Bool)])
  func theClusterIsReadyAfterARefusalThatShowsThatRequestsWork(error: EtcdError, isReady: Bool) throws {
    let scene = Scene()
    _ = try scene.put()
    scene.refuse(.put, error)
    #expect((scene.cluster.state == .ready) == isReady)
  }

  @Test(arguments: [EtcdError.noLeader, .tooManyRequests, .timedOut])
  func whatIsNoDecisionDoesNotMakeTheClusterReady(error: EtcdError) throws {
    let scene = Scene()
    _ = try scene.range()
    scene.refuse(.range, error)
    #expect(scene.cluster.state != .ready)
  }

  @Test func aSerializableReadDoesNotMakeTheClusterReady() throws {
    let scene = Scene()
    var request = RangeRequest(range: .single(utf8("k")))
    request.serializable = true
    let id = try scene.cluster.submit(.range(request), timeoutMs: 0)
    scene.answer(.range, .range(revision: 1, []))
    #expect(scene.news() == ["call \(id.rawValue) ok"])
  }

  /// Nothing works for a host that etcd does not know, whatever it asks.
  @Test func aClusterThatAsksWhoIsThereIsUnavailable() throws {
    let scene = Scene()
    _ = try scene.range()
    scene.answer(.range, .range(revision: 1, []))
    _ = try scene.put()
    _ = scene.news()
    scene.refuse(.put, .userNameIsEmpty)
    #expect(scene.news().first == "cluster unavailable")
    #expect(scene.clusterReports.last?.error?.reason == .tokenMissing)
    #expect(scene.clusterReports.last?.attempts == 1)
    _ = try scene.put()
    scene.answer(.put, .put())
    #expect(scene.news().first == "cluster ready")
    #expect(scene.clusterReports.last?.attempts == 0)
  }

  /// Nobody was asked, so nobody answered.
  @Test func aRequestThatCannotBeSentSaysNothingAboutTheEndpoint() throws {
    let scene = Scene()
    let id = try scene.put()
    scene.fail(.put, .invalid, sent: false)
    #expect(scene.news() == ["call \(id.rawValue) system"])
    #expect(scene.cluster.state == .connecting)
  }

  /// The same, but that it may pass; meanwhile nobody pays for it who has a socket.
  @Test func aCallThatGetsNoSocketIsTriedAgainAndHarmsNobody() throws {
    let scene = Scene(endpoints: 2)
    let watcher = try scene.liveWatcher()
    _ = scene.news()
    _ = try scene.put(timeoutMs: 60_000)
    for _ in 0..<5 {
      #expect(scene.request(.put).endpoint == "http://e1:2379")
      scene.fail(.put, .shortage, sent: false)
      for _ in 0..<500 where scene.requests(.put).isEmpty { scene.advance(ms: 10) }
    }
    #expect(scene.news() == [])
    #expect(scene.cluster.watcherState(watcher) == .live)
    scene.answer(.put, .put(revision: 8))
    #expect(scene.results.map { Scene.text($0.result) } == ["ok"])
  }

  @Test func aCallThatGetsNoSocketInItsTimeSaysSo() throws {
    let scene = Scene()
    let id = try scene.put(timeoutMs: 300)
    for _ in 0..<100 where scene.results.isEmpty {
      if scene.requests(.put).isEmpty { scene.advance(ms: 5) } else { scene.fail(.put, .shortage, sent: false) }
    }
    #expect(scene.news() == ["call \(id.rawValue) system"])
    #expect(scene.cluster.state == .connecting)
  }

  /// That one endpoint speaks no gRPC says nothing of the others.
  @Test func whatOneEndpointDoesNotSpeakIsSpokenAtAnother() throws {
    let scene = Scene(endpoints: 2) { $0.wire = .auto }
    for key in ["a", "b"] { _ = try scene.range(key) }
    let (first, second) = (scene.transport.open[0], scene.transport.open[1])
    #expect([first, second].allSatisfy { $0.request.version == .http2 && $0.request.url.hasPrefix("http://e1:") })
    // The endpoint is left for the first, and the second is told in vain that it can go there otherwise.
    scene.transport.fail(first.id, .refused, sent: false)
    scene.pump()
    scene.transport.fail(second.id, .notHTTP2, sent: false)
    scene.pump()
    let again = scene.transport.started.suffix(2)
    #expect(again.allSatisfy { $0.request.url.hasPrefix("http://e2:") && $0.request.version == .http2 })
  }
}
