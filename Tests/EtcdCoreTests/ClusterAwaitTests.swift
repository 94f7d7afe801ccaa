import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct ClusterAwaitTests {
  private func endOf(_ id: CallID, in scene: Scene) -> AwaitEnd? {
    for case .awaited(id, let end) in scene.taken { return end }
    return nil
  }

  @Test func aWaitEndsAfterTheKeepaliveWasToldToBeHeld() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 0)
    scene.grant(77)
    scene.pump()
    #expect(!scene.news().contains { $0.hasPrefix("awaited") })
    scene.answer(.txn, .txn(revision: 5))
    scene.pump()
    #expect(
      scene.news().suffix(2) == ["keepalive \(id.rawValue) held", "awaited \(wait.rawValue) 1 of 1"])
  }

  @Test func aWaitForWhatIsThereAlreadyEndsWithTheNextPump() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 0)
    #expect(scene.transport.wakeTime == scene.transport.now)
    scene.pump()
    #expect(scene.news() == ["awaited \(wait.rawValue) 1 of 1"])
  }

  /// As a callback does that begins anew what has just ended.
  @Test func whatIsBegunWithinAPumpEndsWithTheNext() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    scene.cluster.beginPump()
    let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 0)
    _ = try scene.cluster.setValue(utf8("v"), of: id, isAwaited: true)
    #expect(scene.cluster.nextDelivery() == nil)
    scene.cluster.endPump()
    #expect(scene.transport.wakeTime == scene.transport.now)
    scene.pump()
    #expect(scene.news().contains("awaited \(wait.rawValue) 1 of 1"))
    #expect(scene.news().isEmpty)
  }

  @Test func aConflictEndsItAndNamesTheKey() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 0)
    scene.grant(77)
    scene.answer(.txn, .txn(revision: 9, found: KeyValue("k", "other", mod: 3, lease: 1)))
    scene.pump()
    let end = endOf(wait, in: scene)
    #expect(end?.failure?.code == .conflict)
    #expect(end?.failure?.message == "the keepalive of \"k\": the key exists, and is another's")
    #expect(end?.culprit == .keepalive(id))
    // So does one that is begun afterwards, until it is tried again.
    let second = try scene.cluster.await([.keepalive(id)], timeoutMs: 0)
    scene.pump()
    #expect(endOf(second, in: scene)?.failure?.code == .conflict)
    #expect(try scene.retryKeepalive(id))
    let third = try scene.cluster.await([.keepalive(id)], timeoutMs: 0)
    scene.pump()
    #expect(endOf(third, in: scene) == nil)
    scene.answer(.txn, .txn(revision: 10))
    scene.pump()
    #expect(endOf(third, in: scene)?.failure == nil)
    #expect(endOf(third, in: scene)?.ready == 1)
  }

  @Test func whenTheTimeIsUpItSaysWhatIsMissingAndWhy() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 300)
    scene.refuse(.leaseGrant, .noSpace)
    scene.advance(ms: 299)
    #expect(endOf(wait, in: scene) == nil)
    scene.advance(ms: 1)
    let end = endOf(wait, in: scene)
    #expect(end?.failure?.code == .timeout)
    #expect(end?.culprit == .keepalive(id))
    let message = end?.failure?.message ?? ""
    #expect(message.hasPrefix("0 of 1 are there; the keepalive of \"k\" is waiting: "))
    #expect(message.hasSuffix("database space exceeded"))
  }

  @Test func whatHasNotFailedIsNamedByWhatItWaitsFor() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    func message() throws -> String {
      let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 10)
      scene.advance(ms: 10)
      return endOf(wait, in: scene)?.failure?.message ?? ""
    }
    let beginning = "0 of 1 are there; the keepalive of \"k\" is "
    let member = scene.options.endpoints[0].url
    #expect(try message() == beginning + "waiting: \(member) has not answered etcdserverpb.Lease/LeaseGrant yet")
    scene.grant(77)
    scene.pump()
    #expect(try message() == beginning + "claiming: \(member) has not answered etcdserverpb.KV/Txn yet")
  }

  @Test func aCancelEndsItOnce() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 100)
    #expect(scene.cancel(wait))
    #expect(!scene.cancel(wait))
    scene.advance(ms: 1000)
    #expect(scene.taken.filter { if case .awaited = $0 { true } else { false } }.count == 1)
    #expect(endOf(wait, in: scene)?.failure?.code == .cancelled)
    #expect(!scene.cancel(wait))
  }

  @Test func aCloseEndsItAndAFreeHandsItBack() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    let wait = try scene.cluster.await([.keepalive(id)], timeoutMs: 0)
    #expect(scene.close(revoke: false))
    scene.pump()
    #expect(endOf(wait, in: scene)?.failure?.code == .cancelled)
    #expect(throws: Cluster.Refusal.closed) { try scene.cluster.await([], timeoutMs: 0) }

    let other = Scene()
    let left = try other.cluster.await([.watcher(WatcherID(rawValue: 99))], timeoutMs: 0)
    _ = other.cluster.abandonAll()
    let ends = other.cluster.abandonAwaits()
    #expect(ends.map(\.0) == [left])
    #expect(ends.first?.1.failure?.code == .cancelled)
    #expect(ends.first?.1.total == 1)
  }

  // MARK: Values

  private func ends(in scene: Scene) -> [String] {
    scene.taken.compactMap {
      guard case .value(let id, let end) = $0 else { return nil }
      let later = end.isSuperseded ? " superseded" : ""
      switch end.result {
      case .success(let revision): return "\(id.rawValue) at \(revision)\(later)"
      case .failure(let failure): return "\(id.rawValue) \(failure.code)\(later)"
      }
    }
  }

  @Test func whatBecomesOfAValueIsToldAfterHeld() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    let wait = try scene.cluster.setValue(utf8("x"), of: id, isAwaited: true)
    scene.answer(.txn, .txn(revision: 6))
    scene.pump()
    #expect(scene.news() == ["keepalive \(id.rawValue) held", "value \(wait.rawValue)"])
    #expect(ends(in: scene) == ["\(wait.rawValue) at 6"])
  }

  @Test func valuesThatAreWaitedForAreLimited() throws {
    let scene = Scene { $0.callsMax = 2 }
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    for text in ["1", "2"] { try scene.cluster.setValue(utf8(text), of: id, isAwaited: true) }
    #expect(throws: Cluster.ValueRefusal.limit) {
      try scene.cluster.setValue(utf8("3"), of: id, isAwaited: true)
    }
    try scene.cluster.setValue(utf8("3"), of: id)
  }
}
