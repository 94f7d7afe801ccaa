import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// What becomes of everything when the store is another: cluster 1 was there first.
struct ClusterReplacedTests {
  /// Long enough after the first answer for another cluster to be believed.
  private static let patience: Int64 = 7000

  /// A watcher that has read `a=1@5`, `b=2@7`, and a keepalive that holds `k`, some time ago.
  private func settled(_ scene: Scene) throws -> (watcher: String, keepalive: KeepaliveID) {
    let keepalive = try scene.heldKeepalive()
    let watcher = try scene.liveWatcher()
    scene.transport.now = scene.transport.now + .milliseconds(Self.patience)
    for renewal in scene.requests(.leaseKeepAlive) { scene.answer(renewal.transfer, .leaseKeepAlive(77, ttl: 10)) }
    scene.pump()
    for renewal in scene.requests(.leaseKeepAlive) { scene.answer(renewal.transfer, .leaseKeepAlive(77, ttl: 10)) }
    scene.pump()
    for probe in scene.requests(.range) { scene.answer(probe.transfer, .range(revision: 7)) }
    scene.pump()
    _ = scene.news()
    return ("watcher \(watcher.rawValue)", keepalive)
  }

  /// Cluster 2 has been read, and the key is held there.
  private func expectAllAnew(_ scene: Scene, _ watcher: String, _ keepalive: KeepaliveID) {
    scene.pump()
    #expect(scene.cluster.keepaliveState(keepalive) == .waiting)
    #expect(scene.reports.contains { $0.state == .lost && $0.error?.code == .clusterChanged && $0.lease == 77 })
    // Ahead of what was known, b at the very same revision, and a gone.
    scene.answer(.range, .range(cluster: 2, revision: 90, [KeyValue("b", "other", mod: 7)]))
    #expect(scene.news().contains("\(watcher) resync-end 90: b=other@7 -a@90"))
    scene.answer(.leaseGrant, .leaseGrant(cluster: 2, 78, ttl: 10))
    scene.answer(.txn, .txn(cluster: 2, revision: 91))
    #expect(scene.cluster.keepaliveState(keepalive) == .held)
    #expect(scene.cluster.leaseID == 78)
    scene.openStream(cluster: 2, revision: 91)
    #expect(scene.news().contains("\(watcher) live"))
  }

  @Test func theAnswerToACallTellsEverybody() throws {
    let scene = Scene()
    let (watcher, keepalive) = try settled(scene)
    let call = try scene.put()
    scene.answer(.put, .put(cluster: 2, revision: 90))
    let news = scene.news()
    #expect(news.contains("call \(call.rawValue) ok"))
    #expect(news.contains("cluster ready (clusterChanged)"))
    #expect(news.contains("\(watcher) backoff (clusterChanged)"))
    #expect(news.contains("keepalive \(keepalive.rawValue) lost (clusterChanged)"))
    expectAllAnew(scene, watcher, keepalive)
  }

  @Test func aRenewalTellsEverybody() throws {
    let scene = Scene()
    let (watcher, keepalive) = try settled(scene)
    scene.transport.now = scene.transport.now + .milliseconds(3400)
    scene.pump()
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(cluster: 2, 77, ttl: 10))
    expectAllAnew(scene, watcher, keepalive)
  }

  @Test func aStreamThatIsOpenedAgainTellsEverybody() throws {
    let scene = Scene()
    let (watcher, keepalive) = try settled(scene)
    scene.fail(.watch, .broken)
    scene.pump()
    scene.openStream(cluster: 2, revision: 90)
    expectAllAnew(scene, watcher, keepalive)
  }

  @Test func aWatcherWithoutSnapshotEnds() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    scene.openStream(revision: 60)
    scene.fail(.watch, .broken)
    scene.transport.now = scene.transport.now + .milliseconds(Self.patience)
    scene.pump()
    scene.openStream(cluster: 2, revision: 60)
    #expect(scene.news().last == "watcher \(id.rawValue) ended (clusterChanged)")
    scene.advance(ms: 60_000)
    #expect(scene.transport.open.isEmpty)
  }

  /// Nobody is left who would ask etcd anything.
  @Test func theWatcherThatEndsIsTheLastToShowThatEtcdServes() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    scene.openStream(revision: 60)
    scene.transport.now = scene.transport.now + .milliseconds(Self.patience)
    scene.fail(.watch, .broken)
    scene.transport.refusesConnections = true
    scene.advance(ms: 10_000)
    #expect(scene.cluster.state == .unavailable)
    _ = scene.news()
    scene.transport.refusesConnections = false
    for _ in 0..<100 where scene.requests(.watch).isEmpty { scene.advance(ms: 100) }
    scene.openStream(cluster: 2, revision: 60)
    let news = scene.news()
    #expect(news.contains("watcher \(id.rawValue) ended (clusterChanged)"))
    #expect(news.contains("cluster ready (clusterChanged)"))
  }

  @Test func theHostsLogIsToldAsOfAnError() throws {
    let scene = Scene { $0.logLevel = .error }
    _ = try settled(scene)
    _ = scene.cluster.takeLog()
    _ = try scene.put()
    scene.answer(.put, .put(cluster: 0xBEEF, revision: 90))
    #expect(scene.cluster.takeLog().contains { $0.level == .error && $0.text.contains("beef and not 1") })
  }

  // MARK: Not replaced

  @Test func anEndpointOfAnotherClusterIsNoGoodWhileOursAnswersElsewhere() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.put()
    scene.answer(.put, .put())
    scene.transport.now = scene.transport.now + .seconds(60)
    let read = try scene.range()
    #expect(scene.request(.range).endpoint == "http://e1:2379")
    scene.answer(.range, .range(cluster: 2, revision: 90, [KeyValue("k", "other", mod: 8)]))
    // Asked again, and answered by ours.
    #expect(scene.request(.range).endpoint == "http://e2:2379")
    scene.answer(.range, .range(revision: 90, [KeyValue("k", "ours", mod: 8)]))
    guard case .success(.range(let response))? = scene.results.last(where: { $0.id == read })?.result else {
      _ = Issue.record("no answer")
      return
    }
    #expect(response.kvs.first?.value.array == utf8("ours"))
    #expect(!scene.news().contains("cluster ready (clusterChanged)"))
  }

  @Test func aWriteThatAnotherClusterTookHasNoKnownOutcome() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.put()
    scene.answer(.put, .put())
    scene.transport.now = scene.transport.now + .seconds(60)
    let call = try scene.put()
    scene.answer(.put, .put(cluster: 2))
    #expect(scene.news().last == "call \(call.rawValue) unknownOutcome")
    #expect(scene.requests(.put).isEmpty)
  }

  /// Two clusters behind one address: told each time, and not with every answer.
  @Test func twoClustersThatTakeTurnsAreTold() throws {
    let scene = Scene { $0.requestTimeoutMs = 600_000 }
    var changes = 0
    for round in 0..<200 {
      _ = try scene.range()
      for question in scene.requests(.range) {
        scene.answer(question.transfer, .range(cluster: round % 2 == 0 ? 1 : 2, revision: 9))
      }
      scene.pump()
      changes += scene.news().count { $0 == "cluster ready (clusterChanged)" }
      scene.advance(ms: 200)
    }
    #expect((1...6).contains(changes))
  }

  @Test func anAnswerThatWasUnderWayDoesNotBringTheFormerStoreBack() throws {
    let scene = Scene()
    _ = try settled(scene)
    let late = try scene.range()
    let question = scene.request(.range).transfer
    _ = try scene.put()
    scene.answer(.put, .put(cluster: 2, revision: 90))
    scene.transport.now = scene.transport.now + .milliseconds(100)
    scene.answer(question, .range(cluster: 1, revision: 8, [KeyValue("k", "gone", mod: 8)]))
    scene.pump()
    #expect(!scene.news().contains("call \(late.rawValue) ok"))
    // Asked again.
    for question in scene.requests(.range) { scene.answer(question.transfer, .range(cluster: 2, revision: 90)) }
    scene.pump()
    #expect(scene.news().contains("call \(late.rawValue) ok"))
  }

  // MARK: A store that went back

  @Test func aRenewalFromTheDistantPastIsAReasonToAsk() throws {
    let scene = Scene()
    let (watcher, keepalive) = try settled(scene)
    scene.transport.now = scene.transport.now + .milliseconds(3400)
    scene.pump()
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(revision: 3, 77, ttl: 10))
    // Maybe the member lags: nothing is lost yet.
    #expect(scene.cluster.keepaliveState(keepalive) == .held)
    scene.answer(.range, .range(revision: 4))
    #expect(scene.cluster.keepaliveState(keepalive) == .waiting)
    #expect(scene.news().contains("\(watcher) backoff (clusterChanged)"))
    scene.answer(.range, .range(revision: 4, [KeyValue("a", "older", mod: 3)]))
    #expect(scene.news().contains("\(watcher) resync-end 4: a=older@3 -b@4"))
  }

  @Test func aMemberThatLagsIsNoReplacedStore() throws {
    let scene = Scene()
    let (_, keepalive) = try settled(scene)
    scene.transport.now = scene.transport.now + .milliseconds(3400)
    scene.pump()
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(revision: 3, 77, ttl: 10))
    scene.answer(.range, .range(revision: 7))
    #expect(scene.cluster.keepaliveState(keepalive) == .held)
    #expect(scene.news() == [])
  }

  /// The watcher has seen nothing since revision 7, and etcd is known to have come to 20: to be opened at 9 is enough for
  /// the one and not for the other.
  private func reopenedBehind(_ scene: Scene) throws -> (watcher: String, question: TransferID) {
    let (watcher, _) = try settled(scene)
    _ = try scene.put()
    scene.answer(.put, .put(revision: 20))
    scene.end(scene.request(.watch).transfer)
    scene.advance(ms: 500)
    _ = scene.news()
    scene.openStream(revision: 9)
    #expect(scene.news() == ["\(watcher) backoff (unavailable)"])
    return (watcher, scene.request(.range).transfer)
  }

  @Test func nothingOfAStoreThatMayHaveGoneBackIsDelivered() throws {
    let scene = Scene()
    let (watcher, question) = try reopenedBehind(scene)
    // It may be opened again before that is answered.
    scene.advance(ms: 500)
    scene.openStream(revision: 9)
    #expect(scene.news() == ["\(watcher) opening", "\(watcher) backoff (unavailable)"])
    scene.answer(question, .range(revision: 9))
    scene.pump()
    scene.answer(.range, .range(revision: 9, [KeyValue("a", "older", mod: 3)]))
    #expect(scene.news().contains("\(watcher) resync-end 9: a=older@3 -b@9"))
  }

  @Test func aWatchGoesOnAtAMemberThatHasCaughtUp() throws {
    let scene = Scene()
    let (watcher, question) = try reopenedBehind(scene)
    scene.answer(question, .range(revision: 20))
    scene.advance(ms: 500)
    scene.openStream(revision: 20)
    #expect(scene.news() == ["\(watcher) opening", "\(watcher) live"])
  }

  @Test func nothingIsAskedAfterTheClose() throws {
    let scene = Scene()
    _ = try settled(scene)
    scene.transport.now = scene.transport.now + .milliseconds(3400)
    scene.pump()
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(revision: 3, 77, ttl: 10))
    #expect(scene.requests(.range).count == 1)
    _ = scene.cluster.close(revoke: false)
    scene.pump()
    #expect(scene.transport.open.isEmpty)
  }
}
