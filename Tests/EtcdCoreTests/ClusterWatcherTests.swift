import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct ClusterWatcherTests {
  // MARK: Snapshot and events

  @Test func aWatcherReadsTheKeysAndThenFollowsThem() throws {
    let scene = Scene()
    let id = try scene.liveWatcher().rawValue
    scene.stream(.watch(revision: 9, [.put("a", "3", at: 8), .delete("b", at: 9)]))
    #expect(
      scene.news() == [
        "watcher \(id) snapshot", "cluster ready", "watcher \(id) snapshot-end 7: a=1@5 b=2@7", "watcher \(id) opening",
        "watcher \(id) live", "watcher \(id) watch 9: a=3@8 -b@9",
      ])
    #expect(scene.request(.watch).startRevision == 8)
  }

  @Test func pagesAreReadOneAtATimeAndOnlyWhenTheHostHasTakenTheOneBefore() throws {
    let scene = Scene { $0.watchPageKeys = 1 }
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    let first = scene.request(.range)
    #expect(first.limit == 1)
    scene.answer(first.transfer, .range(revision: 7, [KeyValue("a", "1", mod: 5)], more: true))
    scene.pumpTakingNothing()
    while scene.batches.isEmpty, scene.requests(.range).isEmpty, scene.take() {}
    #expect(scene.batches.count == 1)
    let second = scene.request(.range)
    #expect(second.revision == 7)
    #expect(second.range == .from(utf8("a") + [0]))
    #expect(scene.requests(.watch).isEmpty)
    scene.answer(.range, .range(revision: 9, [KeyValue("b", "2", mod: 6)]))
    #expect(scene.requests(.watch).count == 1)
  }

  @Test func aSnapshotThatEtcdCannotGiveIsTriedAgain() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.refuse(.range, .keyIsMissing)
    #expect(scene.news().contains("watcher \(id.rawValue) backoff (server)"))
    scene.answer(.range, .range(revision: 7, []))
    scene.openStream(revision: 7)
    #expect(scene.cluster.watcherState(id) == .live)
  }

  @Test func messagesMayArriveInAnyPieces() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    _ = scene.news()
    scene.trickle(
      .blank, .watch(revision: 9, [.put("a", "2", at: 8)]), .blank, .watch(revision: 9, [.put("a", "3", at: 9)]),
      on: scene.request(.watch).transfer)
    #expect(scene.batches.suffix(2).map(\.text) == ["watch 8: a=2@8", "watch 9: a=3@9"])
  }

  @Test func aRevisionInFragmentsIsDeliveredWhole() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    let count = scene.batches.count
    scene.stream(.watch(revision: 9, fragment: true, [.put("a", "2", at: 8), .put("b", "2", at: 8)]))
    #expect(scene.batches.count == count)
    scene.stream(.watch(revision: 9, [.put("c", "2", at: 8)]))
    #expect(scene.batches.last?.text == "watch 8: a=2@8 b=2@8 c=2@8")
  }

  // MARK: Back-pressure

  @Test func aMessageIsDecodedOnlyWhenItsTurnComesAndTheStreamIsPausedMeanwhile() throws {
    let scene = Scene()
    let id = try scene.liveWatcher()
    _ = scene.news()
    let stream = scene.request(.watch).transfer
    #expect(!scene.transport.paused.contains(stream))
    // With so many events each is told by itself. The last one is none, which shows when it is decoded.
    let messages = (8...10).map { revision in
      StreamItem.watch(
        revision: 10, (0..<64).map { _ in .put("a", "\(revision)", at: Int64(revision)) })
    }
    scene.send(messages + [.foreign], on: stream)
    scene.pumpTakingNothing()
    #expect(scene.transport.paused.contains(stream))
    #expect(scene.hasDeliveries)
    for revision in 8...10 {
      #expect(scene.transport.paused.contains(stream))
      scene.take()
      let events = [String](repeating: "a=\(revision)@\(revision)", count: 64).joined(separator: " ")
      #expect(scene.news() == ["watcher 1 watch \(revision): \(events)"])
      #expect(scene.cluster.watcherState(id) == .live)
    }
    while scene.take() {}
    #expect(scene.news() == ["cluster unavailable", "watcher 1 backoff (protocol)"])
  }

  @Test func aFloodedWatcherDoesNotKeepTheOthersWaiting() throws {
    let scene = Scene()
    let flooded = try scene.liveWatcher()
    let stream = scene.request(.watch).transfer
    scene.send((8...99).map { .watch(revision: 99, [.put("a", "", at: Int64($0))]) }, on: stream)
    scene.pumpTakingNothing()
    let call = try scene.put()
    scene.answer(scene.request(.put).transfer, .put())
    scene.pumpTakingNothing()
    _ = scene.news()
    for _ in 0..<3 { scene.take() }
    #expect(scene.news().contains("call \(call.rawValue) ok"))
    #expect(scene.cluster.watcherState(flooded) == .live)
  }

  @Test func aWatcherWhoseReportsAreNotTakenMakesNoFurtherAttempts() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.refuseWithoutTaking(.range, times: 100)
    let attempts = scene.transport.started.count
    #expect((2...8).contains(attempts))
    while scene.take() {}
    let reports = scene.news()
    #expect(reports.count <= 12, "\(reports)")

    scene.pump()
    #expect(scene.transport.started.count == attempts + 1)
    scene.answer(.range, .range(revision: 7, []))
    scene.openStream(revision: 7)
    #expect(scene.cluster.watcherState(id) == .live)
  }

  @Test func theLeaseIsRenewedWhileTheHostTakesNoDeliveries() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive()
    _ = try scene.liveWatcher()
    let stream = scene.request(.watch).transfer
    scene.send([.watch(revision: 9, [.put("a", "2", at: 8)])], on: stream)
    for _ in 0..<4 {
      scene.transport.now = scene.transport.now + .milliseconds(3400)
      scene.pumpTakingNothing()
      for renewal in scene.requests(.leaseKeepAlive) { scene.answer(renewal.transfer, .leaseKeepAlive(77, ttl: 10)) }
      for probe in scene.requests(.range) { scene.answer(probe.transfer, .range(revision: 9, [])) }
      scene.pumpTakingNothing()
    }
    #expect(scene.cluster.leaseID == 77)
  }

  // MARK: Reconnecting

  @Test func aCutStreamIsOpenedAgainAtOnceAfterTheLastDeliveredRevision() throws {
    let scene = Scene()
    let id = try scene.liveWatcher().rawValue
    scene.stream(.watch(revision: 50, [.put("a", "3", at: 9)]))
    _ = scene.news()
    scene.fail(.watch, .broken)
    scene.pump()
    #expect(scene.news() == ["watcher \(id) backoff (unavailable)", "watcher \(id) opening"])
    #expect(scene.request(.watch).startRevision == 10)
    scene.openStream(revision: 50)
    scene.stream(.watch(revision: 50, [.put("a", "3", at: 9), .put("a", "4", at: 10)]))
    #expect(scene.batches.last?.text == "watch 10: a=4@10")
  }

  @Test func whatArrivedBeforeTheCutIsDeliveredFirst() throws {
    let scene = Scene()
    let id = try scene.liveWatcher().rawValue
    _ = scene.news()
    let stream = scene.request(.watch).transfer
    // The last message is whole too, but for the mark that it is.
    scene.send(
      [.watch(revision: 9, [.put("a", "2", at: 8)]), .watch(revision: 9, [.put("a", "3", at: 9)])], on: stream, cutBy: 1
    )
    scene.transport.fail(stream, .broken)
    scene.pump()
    #expect(
      Array(scene.news().prefix(2)) == ["watcher \(id) watch 9: a=2@8 a=3@9", "watcher \(id) backoff (unavailable)"])
    scene.pump()
    #expect(scene.request(.watch).startRevision == 10)
  }

  @Test func halfAMessageIsDropped() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    let stream = scene.request(.watch).transfer
    scene.send([.watch(revision: 9, [.put("a", "2", at: 8)])], on: stream, cutBy: 6)
    scene.transport.fail(stream, .broken)
    scene.pump()
    scene.pump()
    #expect(scene.batches.count == 1)
    #expect(scene.request(.watch).startRevision == 8)
  }

  @Test func aStreamThatEndsCleanlyAfterAnErrorIsOpenedElsewhere() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.liveWatcher().rawValue
    _ = scene.news()
    let stream = scene.request(.watch).transfer
    scene.send([.error(.noLeader)], on: stream)
    scene.end(stream)
    scene.pump()
    scene.pump()
    #expect(scene.news() == ["watcher \(id) backoff (unavailable)", "watcher \(id) opening"])
    #expect(scene.request(.watch).endpoint == "http://e2:2379")
  }

  @Test func aStreamThatIsRefusedIsOpenedElsewhere() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    let stream = scene.request(.watch)
    #expect(stream.endpoint == "http://e1:2379")
    scene.refuseStream(stream.transfer, .noLeader)
    scene.pump()
    scene.pump()
    #expect(scene.request(.watch).endpoint == "http://e2:2379")
  }

  @Test func aConnectionThatIsRefusedMovesTheStream() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    scene.fail(.watch, .connect, sent: false)
    scene.pump()
    #expect(scene.request(.watch).endpoint == "http://e2:2379")
  }

  @Test func aStreamThatGetsNoSocketIsOpenedAgainInTime() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    for _ in 0..<3 {
      scene.fail(.watch, .shortage, sent: false)
      for _ in 0..<500 where scene.requests(.watch).isEmpty { scene.advance(ms: 10) }
    }
    // Nothing was learnt of the endpoints.
    #expect(scene.cluster.state == .connecting)
    #expect(scene.news().contains("watcher \(id.rawValue) backoff (system)"))
    scene.openStream(revision: 9)
    #expect(scene.cluster.watcherState(id) == .live)
  }

  @Test func withAllEndpointsFailingAWatcherGoesOnTrying() throws {
    let scene = Scene(endpoints: 2)
    scene.transport.refusesConnections = true
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    scene.advance(ms: 60_000)
    #expect((10...60).contains(scene.transport.started.count), "\(scene.transport.started.count)")
    scene.transport.refusesConnections = false
    scene.advance(ms: 5000)
    scene.openStream(revision: 9)
    #expect(scene.cluster.watcherState(id) == .live)
  }

  @Test func aStreamThatIsNotEtcdsIsLeft() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    let stream = scene.request(.watch).transfer
    scene.accept(stream)
    scene.send([.foreign], on: stream)
    scene.pump()
    #expect(scene.transport.cancelled.contains(stream))
    #expect(scene.news().contains("watcher \(id.rawValue) backoff (protocol)"))
    scene.pump()
    #expect(scene.request(.watch).endpoint == "http://e2:2379")
  }

  @Test func aStreamThatIsAcceptedAndEndedAgainAndAgainIsNotReopenedWithoutPause() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    let before = scene.transport.started.count
    for _ in 0..<200 where scene.transport.now < .at(60_000) {
      for stream in scene.requests(.watch) {
        scene.accept(stream.transfer)
        scene.end(stream.transfer)
      }
      scene.advance(ms: 500)
    }
    #expect((8...30).contains(scene.started(.watch).count))
    #expect(scene.transport.started.count > before)
  }

  // MARK: Memory

  @Test func aMessageWithoutEndIsGivenUp() throws {
    let scene = Scene(endpoints: 2) { $0.responseMaxBytes = 4096 }
    let id = try scene.liveWatcher()
    _ = scene.news()
    let stream = scene.request(.watch).transfer
    for _ in 0..<5 {
      guard scene.transport.isOpen(stream) else { break }
      scene.send([.endless(1000)], on: stream)
      scene.send([.endless(1000)], on: stream)
      scene.pump()
    }
    #expect(scene.transport.cancelled.contains(stream))
    #expect(scene.news().first == "watcher \(id.rawValue) backoff (tooLarge)")
  }

  @Test func aRefusalWithoutEndIsGivenUp() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    let stream = scene.request(.watch).transfer
    #expect(scene.refuseStreamWithoutEnd(stream) < 10)
    scene.pump()
    #expect(scene.request(.watch).endpoint == "http://e2:2379")
  }

  /// One revision, in fragments without end.
  @Test func aRevisionWithoutEndIsGivenUp() throws {
    let scene = Scene { $0.responseMaxBytes = 4096 }
    _ = try scene.liveWatcher()
    let stream = scene.request(.watch).transfer
    let value = String(repeating: "x", count: 1000)
    for number in 0..<100 {
      guard scene.transport.isOpen(stream) else { break }
      scene.send([.watch(revision: 9, fragment: true, [.put("k\(number)", value, at: 8)])], on: stream)
      scene.pump()
    }
    #expect(scene.transport.cancelled.contains(stream))
  }

  /// Events without a byte of a key or a value are no way around the limit.
  @Test func aRevisionOfEmptyEventsWithoutEndIsLeftForAnotherMember() throws {
    let scene = Scene(endpoints: 2) { $0.responseMaxBytes = 20_000 }
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 8, prevKV: false)
    var event = Event()
    event.kv.modRevision = 8
    let fragment = StreamItem.watch(revision: 9, fragment: true, Array(repeating: event, count: 20))
    for attempt in 1...3 {
      let request = scene.request(.watch)
      if attempt == 3 { #expect(request.endpoint == "http://e2:2379") }
      scene.openStream(revision: 9)
      var documents = 0
      while scene.transport.isOpen(request.transfer), documents < 100 {
        scene.send([fragment], on: request.transfer)
        scene.pump()
        documents += 1
      }
      #expect(documents < 10)
      #expect(scene.news().contains("watcher \(id.rawValue) backoff (tooLarge)"))
      for _ in 0..<1000 where scene.requests(.watch).isEmpty { scene.advance(ms: 10) }
    }
  }

  @Test(arguments: ["ended", "cancelled", "refused", "unavailable"])
  func aMemberThatEndsEveryWatchIsLeftForAnother(how: String) throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.liveWatcher()
    var hosts: [String] = []
    for _ in 0..<6 {
      let request = scene.request(.watch)
      hosts.append(request.endpoint)
      switch how {
      case "ended": scene.end(request.transfer)
      case "cancelled":
        scene.openStream(revision: 9)
        scene.stream(.message(.cancelled("etcd ended it")))
      case "refused": scene.refuseStream(request.transfer, .permissionDenied)
      default:
        scene.openStream(revision: 7)
        scene.fail(.watch, .broken)
      }
      for _ in 0..<1000 where scene.requests(.watch).isEmpty { scene.advance(ms: 10) }
    }
    #expect(Set(hosts) == ["http://e1:2379", "http://e2:2379"])
    // A call that the first one answers goes there still.
    _ = try scene.range()
    #expect(scene.requests(.range).count == 1)
  }

  /// One that ends every watch and one that is down, beside one that works.
  @Test func aWatchDoesNotGoToAndFroBetweenTwoMembersThatDoNotWork() throws {
    let scene = Scene(endpoints: 3)
    _ = try scene.liveWatcher()
    var hosts: [String] = []
    for _ in 0..<6 {
      let request = scene.request(.watch)
      hosts.append(request.endpoint)
      switch request.endpoint {
      case "http://e1:2379": scene.end(request.transfer)
      case "http://e2:2379": scene.fail(.watch, .connect, sent: false)
      default: return
      }
      for _ in 0..<1000 where scene.requests(.watch).isEmpty { scene.advance(ms: 10) }
    }
    Issue.record("the third is never tried: \(hosts)")
  }

  @Test func aMemberThatHasRecoveredHasItsTurnAgain() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.liveWatcher()
    var refusals = 0
    for _ in 0..<20 {
      let request = scene.request(.watch)
      if request.endpoint == "http://e1:2379" {
        scene.end(request.transfer)
      } else if refusals < 2 {
        refusals += 1
        scene.fail(.watch, .connect, sent: false)
      } else {
        scene.openStream(revision: 7)
        break
      }
      for _ in 0..<1000 where scene.requests(.watch).isEmpty { scene.advance(ms: 10) }
    }
    #expect(scene.cluster.watcherState(id) == .live)
  }

  // MARK: Compaction

  @Test func aCompactionIsMadeUpForByTheDifference() throws {
    let scene = Scene()
    let id = try scene.liveWatcher().rawValue
    scene.stream(.watch(revision: 9, [.put("c", "3", at: 8)]))
    scene.fail(.watch, .broken)
    scene.pump()
    _ = scene.news()
    scene.openStream(revision: 60)
    scene.stream(.compacted(50))
    // Failures were forgiven by events, so that the second one waits for the shortest back-off.
    scene.advance(ms: 100)
    scene.answer(.range, .range(revision: 60, [KeyValue("b", "2", mod: 7), KeyValue("c", "4", mod: 55)]))
    #expect(
      scene.news() == [
        "watcher \(id) live", "watcher \(id) backoff (compacted)", "watcher \(id) snapshot",
        "watcher \(id) resync-end 60: c=4@55 -a@60", "watcher \(id) opening",
      ])
    #expect(scene.request(.watch).startRevision == 61)
  }

  @Test func aWatcherWithoutSnapshotEndsWhenItsRevisionIsCompacted() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    scene.openStream(revision: 60)
    let stream = scene.request(.watch).transfer
    scene.stream(.compacted(50))
    #expect(scene.transport.cancelled == [stream])
    #expect(scene.news().last == "watcher \(id.rawValue) ended (compacted)")
    #expect(scene.cluster.watcherState(id) == .ended)
    scene.advance(ms: 60_000)
    #expect(scene.transport.open.isEmpty)
    #expect(scene.news() == [])
  }

  // MARK: Streams that never begin

  @Test func aStreamThatIsNotConfirmedInTimeIsOpenedAgain() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    scene.accept(scene.request(.watch).transfer)
    for _ in 0..<7 {
      scene.advance(ms: 500)
      scene.stream(.blank)
    }
    #expect(scene.cluster.watcherState(id) == .opening)
    scene.advance(ms: 500)
    #expect(scene.news().contains("watcher \(id.rawValue) backoff (timeout)"))
  }

  // MARK: Probes

  @Test func oneProbeServesAllWatchersOfAnEndpoint() throws {
    let scene = Scene(endpoints: 2)
    for _ in 0..<3 { _ = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false) }
    for stream in scene.requests(.watch) { scene.confirm(stream.transfer, revision: 3) }
    scene.pump()
    scene.advance(ms: 3999)
    #expect(scene.requests(.range).isEmpty)
    scene.advance(ms: 1)
    let probe = scene.request(.range)
    #expect(!probe.serializable && probe.needsLeader && probe.timeAtServer == "700m")
    scene.answer(.range, .range(revision: 3, []))
    scene.advance(ms: 3999)
    #expect(scene.requests(.range).isEmpty && scene.requests(.txn).isEmpty)
    scene.advance(ms: 1)
    #expect(scene.requests(.range).count + scene.requests(.txn).count == 1)
  }

  /// There is no leader, and nothing but a watch that is well.
  private func unavailableWithAWatch() throws -> Scene {
    let scene = Scene()
    _ = try scene.liveWatcher()
    _ = try scene.put(timeoutMs: 50)
    scene.refuse(.put, .noLeader)
    return scene
  }

  /// One endpoint may be another than the one that serves. But watches that are well may show nothing for long, so that the
  /// cluster is asked.
  @Test func aProbesAnswerDoesNotMakeTheClusterReadyButLeadsToTheQuestionThatMay() throws {
    let scene = try unavailableWithAWatch()
    scene.advance(ms: 3500)
    #expect(scene.cluster.state == .unavailable)
    scene.advance(ms: 500)
    scene.answer(.range, .range(revision: 7, []))
    #expect(scene.cluster.state == .unavailable)
    let question = scene.request(.range)
    #expect(!question.serializable && question.needsLeader && question.countOnly)
    scene.answer(.range, .range(revision: 7, []))
    #expect(scene.cluster.state == .ready)
    // Once is enough.
    scene.advance(ms: 4000)
    scene.answer(.range, .range(revision: 7, []))
    #expect(scene.requests(.range).isEmpty)
  }

  @Test func aQuestionToTheClusterThatIsNotAnsweredIsNoFaultOfTheEndpoint() throws {
    let scene = try unavailableWithAWatch()
    scene.advance(ms: 4000)
    scene.answer(.range, .range(revision: 7, []))
    let stream = scene.request(.watch).transfer
    scene.advance(ms: scene.options.attemptTimeoutMs)
    #expect(scene.requests(.range).isEmpty)
    #expect(scene.request(.watch).transfer == stream)
    #expect(scene.cluster.state == .unavailable)
  }

  @Test func aWatcherSaysHowManyAttemptsHaveFailed() throws {
    let scene = Scene()
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.refuse(.range, .keyIsMissing)
    scene.advance(ms: 100)
    scene.refuse(.range, .keyIsMissing)
    #expect(scene.watcherReports.map(\.state) == [.snapshot, .backoff, .snapshot, .backoff])
    #expect(scene.watcherReports.map(\.attempts) == [0, 1, 1, 2])
    scene.advance(ms: 200)
    scene.answer(.range, .range(revision: 7, []))
    scene.openStream(revision: 7)
    #expect(scene.watcherReports.last?.state == .live)
    #expect(scene.watcherReports.last?.attempts == 0)
  }

  @Test func everySignOfLifePutsTheProbeOff() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    for revision in 8...20 {
      scene.advance(ms: 3000)
      scene.stream(.watch(revision: 99, [.put("a", "", at: Int64(revision))]))
    }
    #expect(scene.started(.range).count == 1)
    for _ in 0..<5 {
      scene.advance(ms: 3000)
      _ = try scene.put()
      scene.answer(.put, .put(revision: 99))
    }
    #expect(scene.started(.range).count == 1)
  }

  @Test func anEndpointThatDoesNotAnswerAProbeLosesItsStreams() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.liveWatcher()
    let second = try scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    scene.confirm(scene.requests(.watch)[1].transfer, revision: 7)
    scene.pump()
    let old = scene.requests(.watch).map(\.transfer)
    _ = scene.news()
    let start = scene.transport.now
    scene.advance(ms: 7999)
    #expect(scene.requests(.watch).map(\.endpoint) == ["http://e2:2379", "http://e2:2379"])
    #expect(Set(scene.transport.cancelled).isSuperset(of: old))
    #expect(scene.news().contains("watcher \(second.rawValue) backoff (timeout)"))
    #expect(scene.requests(.watch).allSatisfy { $0.sentAt - start < .seconds(8) })
  }

  @Test func aSlowAnswerDoesNotMoveTheStreamsOfAnEndpointThatIsHeard() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.liveWatcher()
    _ = try scene.range()
    scene.advance(ms: 1000)
    scene.stream(.watch(revision: 9, [.put("a", "2", at: 8)]))
    scene.advance(ms: 2000)
    // The read has timed out, and goes on; the stream stays.
    #expect(scene.request(.watch).endpoint == "http://e1:2379")
    #expect(scene.requests(.range).count == 1)
  }

  @Test func nothingIsProbedWithoutStreams() throws {
    let scene = Scene()
    let id = try scene.liveWatcher()
    scene.cluster.removeWatcher(id)
    scene.advance(ms: 60_000)
    #expect(scene.started(.range).count == 1)
    #expect(scene.transport.wakeTime == nil)
    #expect(scene.cluster.census == Cluster.Census())
  }

  // MARK: Ends

  @Test func aFreedWatcherIsSilentAndItsStreamClosed() throws {
    let scene = Scene()
    let id = try scene.liveWatcher()
    _ = scene.news()
    let stream = scene.request(.watch).transfer
    scene.send([.watch(revision: 9, [.put("a", "2", at: 8)])], on: stream)
    scene.pumpTakingNothing()
    scene.cluster.removeWatcher(id)
    #expect(scene.transport.cancelled == [stream])
    scene.pump()
    #expect(scene.news() == [])
    #expect(scene.cluster.census.watchers == 0 && scene.cluster.census.streams == 0)
  }

  @Test func aWatcherThatIsFreedWhileItReadsStopsReading() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.cluster.removeWatcher(id)
    #expect(scene.transport.open.isEmpty)
    scene.pump()
    #expect(scene.news() == [])
  }

  @Test func aBatchThatWaitsWhenItsWatcherIsFreedIsDropped() throws {
    let scene = Scene()
    let id = try scene.cluster.addWatcher(range: .all, startRevision: 0, prevKV: false)
    scene.answer(scene.request(.range).transfer, .range(revision: 7, [KeyValue("a", "1", mod: 5)], more: true))
    scene.pumpTakingNothing()
    scene.cluster.removeWatcher(id)
    scene.pump()
    #expect(scene.news() == ["cluster ready"])
    #expect(scene.requests(.range).isEmpty)
  }
}
