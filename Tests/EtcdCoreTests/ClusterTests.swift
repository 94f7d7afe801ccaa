import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// The pump, and the ends. What the cluster does for calls, keepalives and watchers has files of its own.
struct ClusterTests {
  // MARK: The pump

  @Test func aClusterThatWasOnlyMadeDoesNothing() {
    let scene = Scene()
    scene.advance(ms: 3_600_000)
    #expect(scene.transport.started.isEmpty)
    #expect(scene.transport.wakeTime == nil)
    #expect(scene.news() == [])
  }

  @Test func theTransportIsToldTheEarliestTimer() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive()
    // A third of ten seconds, after the sending of the grant.
    #expect(scene.transport.wakeTime == .at(0) + .seconds(10) / 3)
  }

  @Test func theTransportIsWokenAtOnceWhileDeliveriesWait() throws {
    let scene = Scene()
    _ = try scene.put()
    scene.answer(scene.request(.put).transfer, .put())
    scene.pumpTakingNothing()
    #expect(scene.transport.wakeTime == scene.transport.now)
    scene.take()
    #expect(scene.transport.wakeTime == scene.transport.now)
    scene.take()
    #expect(scene.transport.wakeTime != scene.transport.now)
  }

  @Test func anIdleClusterIsQuiet() throws {
    let scene = Scene()
    for _ in 0..<50 {
      _ = try scene.put()
      scene.answer(.put, .put())
    }
    scene.advance(ms: 10_000)
    #expect(scene.transport.wakeTime == nil)
    #expect(scene.transport.open.isEmpty)
  }

  @Test func leftOverTimersDoNotPileUp() throws {
    let scene = Scene { $0.requestTimeoutMs = 86_400_000 }
    for _ in 0..<5000 {
      _ = try scene.put()
      scene.answer(.put, .put())
    }
    #expect(scene.cluster.census.timers < 500)
  }

  @Test func nothingIsToldInsideOfWhatTheHostCalls() throws {
    let scene = Scene()
    let keepalive = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    _ = scene.cluster.removeKeepalive(keepalive)
    #expect(scene.news() == [])
    #expect(scene.hasDeliveries)
  }

  @Test func logLinesAboveTheLevelAreLeftOut() throws {
    for (level, count) in [(LogLevel.error, 1), (.warning, 2)] {
      let scene = Scene { $0.logLevel = level }
      _ = try scene.range()
      scene.fail(.range, .connect, sent: false)
      let lines = scene.cluster.takeLog()
      #expect(lines.count == count)
      #expect(lines.allSatisfy { $0.level.rawValue <= level.rawValue })
      #expect(scene.cluster.takeLog().isEmpty)
    }
  }

  @Test func everyAttemptAndEveryMoveToAnotherEndpointIsLogged() throws {
    let scene = Scene(endpoints: 2) { $0.logLevel = .debug }
    _ = try scene.range()
    scene.fail(.range, .connect, sent: false)
    let lines = scene.cluster.takeLog().map { "\($0.level) \($0.text)" }
    #expect(
      lines == [
        "debug http://e1:2379: etcdserverpb.KV/Range", "warning http://e1:2379: connect",
        "info moved to http://e2:2379", "debug http://e2:2379: etcdserverpb.KV/Range",
      ])
  }

  @Test func aValueIsNeverLogged() throws {
    let scene = Scene { $0.logLevel = .debug }
    let secret = "hunter2"
    _ = try scene.put("k", secret)
    scene.fail(.put, .broken)
    scene.advance(ms: 100)
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8(secret)))
    scene.grant()
    scene.answer(.txn, .txn(revision: 6, found: KeyValue("k", "other" + secret, mod: 5, lease: 3)))
    let lines = scene.cluster.takeLog().map(\.text)
    #expect(lines.contains { $0.contains("belongs to another process") })
    #expect(!lines.contains { $0.contains(secret) })
  }

  // MARK: Closing

  @Test func closingEndsEverythingAndThenSaysSo() throws {
    let scene = Scene()
    let keepalive = try scene.heldKeepalive().rawValue
    let watcher = try scene.liveWatcher().rawValue
    let call = try scene.put().rawValue
    _ = scene.news()
    #expect(scene.close(revoke: false))
    #expect(scene.transport.open.isEmpty)
    scene.pump()
    let news = scene.news()
    #expect(
      Set(news.dropLast(2)) == ["watcher \(watcher) ended", "keepalive \(keepalive) ended", "call \(call) cancelled"])
    #expect(news.count == 5)
    #expect(news.suffix(2) == ["closed", "cluster closed"])
    #expect(scene.cluster.state == .closed)
    #expect(scene.transport.wakeTime == nil)
    #expect(scene.cluster.leaseID == 0)
    scene.advance(ms: 60_000)
    #expect(scene.transport.open.isEmpty)
    #expect(scene.news() == [])
    #expect(scene.transport.wakeTime == nil)
  }

  @Test func aClosedClusterTakesNothingMore() throws {
    let scene = Scene()
    let keepalive = try scene.heldKeepalive()
    #expect(scene.close(revoke: false))
    #expect(!scene.close(revoke: true))
    #expect(throws: Cluster.Refusal.closed) { try scene.put() }
    #expect(throws: Cluster.Refusal.closed) {
      try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    }
    #expect(throws: Cluster.KeepaliveRefusal.closed) {
      try scene.cluster.addKeepalive(Claim(key: utf8("x"), value: []))
    }
    #expect(throws: Cluster.ValueRefusal.ended) { try scene.cluster.setValue([], of: keepalive) }
    #expect(!scene.removeKeepalive(keepalive))
  }

  @Test func closingCanRevokeTheLease() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive()
    _ = scene.news()
    _ = scene.cluster.close(revoke: true)
    #expect(scene.request(.leaseRevoke).id == 77)
    scene.pump()
    #expect(!scene.news().contains("closed"))
    #expect(scene.cluster.state == .ready)
    scene.answer(.leaseRevoke, .leaseRevoke())
    #expect(scene.news() == ["closed", "cluster closed"])
  }

  @Test func aRevocationThatFailsIsToldInTime() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive()
    scene.transport.refusesConnections = true
    _ = scene.cluster.close(revoke: true)
    scene.pump()
    scene.advance(ms: 4999)
    #expect(!scene.news().contains { $0.hasPrefix("closed") })
    scene.advance(ms: 1)
    #expect(scene.news().suffix(2) == ["closed (unavailable)", "cluster closed"])
  }

  @Test func closingWithoutALeaseHasNothingToRevoke() throws {
    let scene = Scene()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    _ = scene.cluster.close(revoke: true)
    #expect(scene.transport.open.isEmpty)
    scene.pump()
    #expect(scene.news().suffix(2) == ["closed", "cluster closed"])
  }

  @Test func closingWaitsForTheRemovalThatIsUnderWay() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.cluster.removeKeepalive(id)
    _ = scene.cluster.close(revoke: false)
    scene.pump()
    #expect(!scene.news().contains("closed"))
    scene.answer(.txn, .txn(revision: 6))
    #expect(scene.news() == ["keepalive \(id.rawValue) ended", "closed", "cluster closed"])
  }

  @Test func thatItIsClosedIsToldLast() throws {
    let scene = Scene()
    let first = try scene.heldKeepalive()
    let second = try scene.cluster.addKeepalive(Claim(key: utf8("l"), value: utf8("v")))
    scene.answer(.txn, .txn(revision: 6))
    for id in [first, second] { _ = scene.cluster.removeKeepalive(id) }
    _ = scene.cluster.close(revoke: false)
    scene.pump()
    _ = scene.news()
    for removal in scene.requests(.txn) { scene.answer(removal.transfer, .txn(revision: 7)) }
    scene.pump()
    let ends = [first, second].map { "keepalive \($0.rawValue) ended" }
    #expect(scene.news() == ends + ["closed", "cluster closed"])
  }

  @Test func closingWaitsForTheRemovalOfAFreedKeepalive() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    scene.cluster.detachKeepalive(id)
    _ = scene.cluster.close(revoke: false)
    scene.advance(ms: 4999)
    #expect(!scene.news().contains { $0.hasPrefix("closed") })
    scene.advance(ms: 1)
    #expect(scene.news().suffix(2) == ["closed", "cluster closed"])
  }

  /// A write that was never sent must not be sent because the cluster is closed.
  @Test func closingSendsNoneOfTheCallsThatWait() throws {
    let scene = Scene { $0.callsConcurrent = 1 }
    for number in 0..<5 { _ = try scene.put("k\(number)") }
    _ = scene.cluster.close(revoke: false)
    #expect(scene.transport.started.count == 1)
    scene.pump()
    #expect(scene.results.map { Scene.text($0.result) } == Array(repeating: "cancelled", count: 5))
  }

  @Test func resultsThatWaitWhenTheClusterIsClosedAreStillDelivered() throws {
    let scene = Scene()
    let id = try scene.put()
    scene.answer(scene.request(.put).transfer, .put())
    scene.pumpTakingNothing()
    _ = scene.cluster.close(revoke: false)
    scene.pump()
    #expect(scene.news().contains("call \(id.rawValue) ok"))
    #expect(scene.results.count == 1)
  }

  // MARK: Freeing

  @Test func freeingHandsOutTheEndOfEveryCallThatWasNotDelivered() throws {
    let scene = Scene { $0.callsConcurrent = 2 }
    let delivered = try scene.put("a")
    scene.answer(.put, .put())
    let answered = try scene.put("b")
    scene.answer(scene.request(.put).transfer, .put())
    scene.pumpTakingNothing()
    let cancelled = try scene.put("c")
    _ = scene.cluster.cancel(cancelled)
    let onWire = [try scene.put("d"), try scene.put("e")]
    let waiting = try scene.put("f")
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    let ends = scene.cluster.abandonAll()
    #expect(scene.results.map(\.id) == [delivered])
    #expect(ends.map(\.0) == [answered, cancelled] + onWire + [waiting])
    #expect(ends.map { Scene.text($0.1) } == ["ok", "cancelled", "cancelled", "cancelled", "cancelled"])
    #expect(!scene.hasDeliveries)
    #expect(scene.cluster.nextDelivery() == nil)
    #expect(scene.cluster.abandonAll().isEmpty)
  }
}
