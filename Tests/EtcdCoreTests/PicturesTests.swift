import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

/// The last known picture on disk: a process that starts while etcd is away.
struct PicturesTests {
  private let disk = MemoryDisk()
  private var path: String { "/d/" + Pictures.name(of: .all, in: []) }

  private func scene(_ adjust: (inout Options) -> Void = { _ in }) -> Scene {
    Scene(disk: disk) { options in
      options.logLevel = .warning
      adjust(&options)
    }
  }

  /// A process that has `a=3@8`, `c=5@9` when it dies.
  private func leavePicture() throws {
    disk.clock = { 5000 }
    let scene = scene()
    _ = try scene.liveWatcher()
    scene.stream(.watch(revision: 9, [.put("a", "3", at: 8), .delete("b", at: 9), .put("c", "5", at: 9)]))
    scene.advance(ms: 20)
  }

  private func log(_ scene: Scene) -> [String] { scene.cluster.takeLog().map(\.text) }

  private func batches(_ scene: Scene) -> [String] { scene.batches.map(\.text) }

  // MARK: Etcd is away

  @Test func aProcessThatStartsWhileEtcdIsAwayBeginsWithThePictureBefore() throws {
    try leavePicture()
    let scene = scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false).rawValue
    scene.advance(ms: 999)
    #expect(scene.news() == ["watcher \(id) snapshot"])
    scene.advance(ms: 2)
    #expect(scene.news() == ["watcher \(id) stale-end of 5000 9: a=3@8 c=5@9", "watcher \(id) snapshot"])
    // What has changed since, and only that.
    scene.answer(
      .range, .range(revision: 20, [KeyValue("a", "3", mod: 8), KeyValue("d", "9", mod: 12)]))
    #expect(scene.news().contains("watcher \(id) resync-end 20: d=9@12 -c@20"))
    scene.openStream(revision: 20)
    #expect(scene.request(.watch).startRevision == 21)
    #expect(log(scene).contains("a watcher begins with the picture on disk, of revision 9"))
  }

  @Test func aReadThatFailsBringsItForward() throws {
    try leavePicture()
    let scene = scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false).rawValue
    scene.refuse(.range, .keyIsMissing)
    scene.advance(ms: 1)
    #expect(
      scene.news().filter { $0.hasPrefix("watcher") } == [
        "watcher \(id) snapshot", "watcher \(id) backoff (server)", "watcher \(id) snapshot",
        "watcher \(id) stale-end of 5000 9: a=3@8 c=5@9", "watcher \(id) snapshot",
      ])
    #expect(scene.requests(.range).count == 1)
  }

  /// Who may not see the keys is not told what they were.
  @Test func whoMayNotReadIsNotToldWhatThereWas() throws {
    try leavePicture()
    let scene = scene()
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.refuse(.range, .permissionDenied)
    scene.advance(ms: 3000)
    #expect(scene.batches.isEmpty)
  }

  @Test func whereEtcdAnswersItIsNotTold() throws {
    try leavePicture()
    let scene = scene()
    _ = try scene.liveWatcher()
    scene.advance(ms: 5000)
    #expect(batches(scene) == ["snapshot-end 7: a=1@5 b=2@7"])
  }

  @Test func itIsToldInPagesAsTheHostTakesThem() throws {
    let keys = (0..<10).map { KeyValue("k\($0)", "v", mod: 5) }
    do {
      let scene = scene()
      _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
      scene.answer(.range, .range(revision: 7, keys))
      scene.advance(ms: 20)
    }
    let scene = scene { ($0.watchPageKeys, $0.watcherCacheAfterMs) = (4, 0) }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    for _ in 0..<20 {
      scene.transport.now = scene.transport.now + .milliseconds(1)
      scene.pumpTakingNothing()
    }
    while scene.batches.isEmpty, scene.take() {}
    #expect(scene.batches.first?.events.count == 4)
    for _ in 0..<20 { scene.pumpTakingNothing() }
    #expect(scene.cluster.metrics.gauges.deliveriesWaiting <= 1)
    scene.advance(ms: 10)
    #expect(scene.batches.map(\.events.count) == [4, 4, 2])
    #expect(scene.batches.map { $0.text.hasPrefix("stale-end") } == [false, false, true])
  }

  // MARK: Other stores

  @Test func thePictureOfAnotherStoreIsBroughtUpToDateWhateverItsRevisions() throws {
    try leavePicture()
    let scene = scene { $0.watcherCacheAfterMs = 0 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1)
    scene.answer(.range, .range(cluster: 2, revision: 30, [KeyValue("a", "other", mod: 8)]))
    #expect(batches(scene) == ["stale-end of 5000 9: a=3@8 c=5@9", "resync-end 30: a=other@8 -c@30"])
  }

  /// What waited for the host when the store was replaced is of the one before.
  @Test func whatIsTakenLateIsOfTheStoreThatItCameFrom() throws {
    do {
      let scene = scene()
      _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
      scene.answer(scene.request(.range).transfer, .range(revision: 7, [KeyValue("a", "1", mod: 5)]))
      scene.pumpTakingNothing()
      scene.transport.now = scene.transport.now + .seconds(60)
      _ = try scene.range()
      scene.pumpTakingNothing()
      for question in scene.requests(.range) {
        scene.answer(question.transfer, .range(cluster: 2, revision: 30, []))
      }
      scene.pumpTakingNothing()
      while scene.batches.isEmpty, scene.take() {}
      #expect(scene.cluster.clusterID == 2)
      scene.transport.now = scene.transport.now + .milliseconds(20)
      scene.pumpTakingNothing()
    }
    let scene = scene { $0.watcherCacheAfterMs = 0 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1)
    scene.answer(.range, .range(cluster: 2, revision: 30, [KeyValue("a", "other", mod: 5)]))
    #expect(batches(scene) == ["stale-end of 0 7: a=1@5", "resync-end 30: a=other@5"])
  }

  @Test func ofAStoreThatIsKnownToBeAnotherNothingIsTold() throws {
    try leavePicture()
    let scene = scene()
    _ = try scene.range()
    scene.answer(.range, .range(cluster: 2, revision: 30, []))
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1100)
    #expect(scene.batches.isEmpty)
  }

  // MARK: What is on disk

  @Test func aFileOfAnotherRangeIsNotTaken() throws {
    try leavePicture()
    let other = "/d/" + Pictures.name(of: .prefix(utf8("x")), in: [])
    disk[other] = disk[path]
    let scene = scene { $0.watcherCacheAfterMs = 0 }
    _ = try scene.cluster.addWatcher(range: .prefix(utf8("x")), startRevision: 0, prevKV: false)
    scene.advance(ms: 10)
    #expect(scene.batches.isEmpty)
    #expect(log(scene).contains { $0.contains("is not used: it is not the picture of this range, or is damaged") })
  }

  @Test func whatCameAfterTheLastMarkDoesNotComeBack() throws {
    try leavePicture()
    var tail: [UInt8] = []
    PictureRecord.put(KeyValue("never", "true", mod: 99)).append(to: &tail)
    disk[path]? += tail
    do {
      let scene = scene { $0.watcherCacheAfterMs = 0 }
      _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
      scene.advance(ms: 1)
      scene.answer(.range, .range(revision: 9, [KeyValue("a", "3", mod: 8), KeyValue("c", "5", mod: 9)]))
      scene.advance(ms: 20)
    }
    let scene = scene { $0.watcherCacheAfterMs = 0 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1)
    #expect(batches(scene) == ["stale-end of 5000 9: a=3@8 c=5@9"])
  }

  @Test func aSecondWatcherOfTheRangeDoesWithout() throws {
    let scene = scene()
    _ = try scene.liveWatcher()
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1)
    #expect(log(scene).filter { $0.contains("another watcher keeps its picture there") }.count == 1)
  }

  @Test(arguments: [0, 28]) func aDiskThatFailsIsToldOnceAndTheWatcherGoesOn(later: Int32) throws {
    let scene = scene()
    let failure = SystemError(call: "pwrite", errno: 28, text: "no space")
    if later == 0 { disk.failure = failure }
    _ = try scene.liveWatcher()
    disk.failure = failure
    for revision in Int64(8)...20 {
      scene.stream(.watch(revision: revision, [.put("a", "\(revision)", at: revision)]))
      scene.advance(ms: 20)
    }
    #expect(scene.batches.count == 14)
    #expect(log(scene).filter { $0.contains("no space") }.count == 1)
  }

  /// Also what is pending when it is freed.
  @Test func whatWasTakenIsOnDiskWhenTheWatcherIsFreed() throws {
    do {
      let scene = scene()
      let id = try scene.liveWatcher()
      scene.stream(.watch(revision: 9, [.put("a", "3", at: 8)]))
      disk.clock = { 7000 }
      scene.cluster.removeWatcher(id)
    }
    let scene = scene { $0.watcherCacheAfterMs = 0 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1)
    #expect(batches(scene) == ["stale-end of 7000 8: b=2@7 a=3@8"])
  }

  @Test func aSnapshotThatIsNotWholeLeavesThePictureBefore() throws {
    try leavePicture()
    do {
      let scene = scene { $0.watchPageKeys = 1 }
      _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
      scene.answer(.range, .range(revision: 30, [KeyValue("a", "30", mod: 30)], more: true))
      scene.advance(ms: 20)
      #expect(scene.batches.count == 1)
    }
    let scene = scene { $0.watcherCacheAfterMs = 0 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 1)
    #expect(batches(scene) == ["stale-end of 5000 9: a=3@8 c=5@9"])
  }

  /// A few keys that change all the time.
  @Test func aFileThatGrowsIsMadeAnewAPieceAtATime() throws {
    let value = String(repeating: "v", count: 16_000)
    let last: Int64 = 500
    do {
      let scene = scene()
      _ = try scene.liveWatcher()
      var largest = 0
      for revision in Int64(8)...last {
        scene.stream(.watch(revision: revision, [.put("k\(revision % 10)", value + "\(revision)", at: revision)]))
        scene.advance(ms: 2)
        largest = max(largest, disk[path]?.count ?? 0)
      }
      scene.advance(ms: 1000)
      #expect(largest < 3 << 20)
      #expect(disk.written > 7_000_000)
      // A step writes no more than this, and copies no more than four times as much.
      #expect(disk.largest <= 4 * 65_536)
    }
    let scene = scene { $0.watcherCacheAfterMs = 0 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.advance(ms: 10)
    let told = scene.batches.flatMap(\.events).map { "\($0.kv.key)@\($0.kv.modRevision)" }.sorted()
    let wanted = (last - 9...last).map { "k\($0 % 10)@\($0)" } + ["a@5", "b@7"]
    #expect(told == wanted.sorted())
    #expect(scene.batches.last?.revision == last)
  }

  @Test func aPictureThatIsTooLargeIsNotKept() throws {
    let scene = scene { $0.watcherCacheMaxBytes = 65_536 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    let value = String(repeating: "v", count: 1000)
    scene.answer(.range, .range(revision: 500, (0..<400).map { KeyValue("k\($0)", value, mod: 5) }))
    scene.advance(ms: 1000)
    #expect(log(scene).filter { $0.contains("larger than watcher.cache.max.bytes") }.count == 1)
    #expect(disk.names == [path])
    #expect(disk[path] == [])
  }

  /// Its file is another's afterwards.
  @Test func watchersWithoutASnapshotKeepNone() throws {
    let scene = scene()
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 5, prevKV: false)
    #expect(disk.names.isEmpty)
  }
}
