import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct WatchTests {
  private var watch = WatchTests.make()
  private var longest: any RandomNumberGenerator = Dice.longest

  private static func make(
    range: KeyRange = .prefix(utf8("p/")), startRevision: Int64 = 0, prevKV: Bool = false, pageLimit: Int64 = 100,
    revisionLimit: Int = .max, indexLimit: Int = .max, _ adjust: (inout WatcherOptions) -> Void = { _ in }
  ) -> Watch {
    var options = WatcherOptions()
    adjust(&options)
    return Watch(
      range: range, startRevision: startRevision, prevKV: prevKV,
      settings: WatchSettings(
        options: options, backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)),
        pageKeys: pageLimit, revisionCost: revisionLimit, indexBytes: indexLimit))
  }

  // MARK: Helpers

  private func text(_ actions: [Watch.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .read(let request):
        "read \(Bytes(request.range.key))..\(Bytes(request.range.rangeEnd)) at \(request.revision) limit \(request.limit)"
      case .recall(let isNext): isNext ? "recall next" : "recall"
      case .open(let request): "open \(request.startRevision)"
      case .closeStream: "close"
      case .deliver(let batch): batch.text
      case .report(let state, let failure): "\(state)" + (failure.map { " (\($0.code))" } ?? "")
      }
    }
  }

  private mutating func page(_ revision: Int64, _ kvs: KeyValue..., more: Bool = false) -> [String] {
    text(watch.pageArrived(.success(.range(revision: revision, kvs, more: more)), now: .at(0), random: &longest))
  }

  private mutating func failPage(_ failure: Failure = .unreachable, now: Instant = .at(0)) -> [String] {
    text(watch.pageArrived(.failure(failure), now: now, random: &longest))
  }

  private mutating func receive(
    header: Int64, fragment: Bool = false, now: Instant = .at(0), _ events: Event...
  ) -> [String] {
    text(
      watch.received(
        WatchResponse(revision: header, fragment: fragment, events), now: now, random: &longest))
  }

  private mutating func compact(at revision: Int64, now: Instant = .at(0)) -> [String] {
    text(watch.received(.compacted(revision), now: now, random: &longest))
  }

  private mutating func endStream(now: Instant = .at(0)) -> [String] {
    text(watch.streamEnded(.unreachable, now: now, random: &longest))
  }

  private mutating func tick(_ now: Instant = .at(0)) -> [String] {
    text(watch.tick(now: now))
  }

  /// Has read `a=1@5` at revision 7, and is live.
  private mutating func live() {
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5))
    _ = watch.delivered()
    _ = receive(header: 7)
  }

  /// The snapshot after a compaction was asked for.
  private mutating func resync() {
    _ = compact(at: 20)
    _ = tick()
  }

  // MARK: Snapshot

  @Test mutating func aWatcherBeginsByReading() {
    #expect(watch.publicState == .snapshot)
    #expect(text(watch.start()) == ["snapshot", "read p/..p0 at 0 limit 100"])
    #expect(watch.wakeTime == nil)
  }

  @Test mutating func theStreamIsOpenedAtTheRevisionAfterTheSnapshot() {
    _ = watch.start()
    #expect(page(7, KeyValue("p/a", "1", mod: 5)) == ["snapshot-end 7: p/a=1@5"])
    #expect(text(watch.delivered()) == ["opening", "open 8"])
    #expect(watch.publicState == .opening)
  }

  @Test mutating func theStreamAsksForFragmentsAndForPreviousValuesIfTheyAreWanted() {
    for prevKV in [false, true] {
      watch = Self.make(startRevision: 4, prevKV: prevKV)
      guard case .open(let request)? = watch.start().last else {
        _ = Issue.record("no stream")
        return
      }
      #expect(request.fragment)
      #expect(request.prevKV == prevKV)
      #expect(request.range == .prefix(utf8("p/")))
    }
  }

  @Test mutating func anEmptySnapshotIsASnapshot() {
    _ = watch.start()
    #expect(page(7) == ["snapshot-end 7:"])
    #expect(text(watch.delivered()) == ["opening", "open 8"])
  }

  @Test mutating func pagesArePinnedToTheRevisionOfTheFirst() {
    _ = watch.start()
    #expect(page(7, KeyValue("p/a", "1", mod: 5), more: true) == ["snapshot 7: p/a=1@5"])
    #expect(text(watch.delivered()).first?.hasSuffix("at 7 limit 100") == true)
    // The store has gone on meanwhile.
    #expect(page(12, KeyValue("p/b", "2", mod: 6)) == ["snapshot-end 7: p/b=2@6"])
    #expect(text(watch.delivered()) == ["opening", "open 8"])
  }

  @Test mutating func theNextPageBeginsAfterTheLastKey() {
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5), more: true)
    guard case .read(let request)? = watch.delivered().first else {
      _ = Issue.record("no page")
      return
    }
    #expect(request.range == .range(utf8("p/a") + [0], utf8("p0")))
    #expect(request.revision == 7)
  }

  @Test mutating func aPageIsAskedForOnlyWhenTheHostHasTheOneBefore() {
    _ = watch.start()
    let actions = page(7, KeyValue("p/a", "1", mod: 5), more: true)
    #expect(!actions.contains { $0.hasPrefix("read") })
    #expect(!page(7, KeyValue("p/b", "2", mod: 6)).contains { $0.hasPrefix("open") })
  }

  @Test mutating func aSingleKeyIsReadAsOne() {
    watch = Self.make(range: .single(utf8("k")))
    #expect(text(watch.start()) == ["snapshot", "read k.. at 0 limit 100"])
  }

  @Test mutating func aSnapshotThatFailsIsReadAgainFromTheStart() {
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5), KeyValue("p/b", "2", mod: 6), more: true)
    _ = watch.delivered()
    #expect(failPage() == ["backoff (unavailable)"])
    #expect(watch.publicState == .backoff)
    #expect(tick() == ["snapshot", "read p/..p0 at 0 limit 100"])
    // What was delivered before is not delivered again; what has changed is, and what has vanished is deleted.
    #expect(
      page(9, KeyValue("p/b", "3", mod: 8), KeyValue("p/c", "4", mod: 9))
        == ["snapshot-end 9: p/b=3@8 p/c=4@9 -p/a@9"])
    #expect(text(watch.delivered()) == ["opening", "open 10"])
  }

  @Test mutating func theFirstRepetitionOfAReadIsAtOnceAndTheNextOnesBackOff() {
    _ = watch.start()
    _ = failPage(now: .at(0))
    #expect(watch.wakeTime == .at(0))
    _ = tick(.at(0))
    _ = failPage(now: .at(0))
    #expect(watch.wakeTime == .at(100))
    #expect(tick(.at(99)) == [])
    _ = tick(.at(100))
    _ = failPage(now: .at(100))
    #expect(watch.wakeTime == .at(300))
  }

  @Test mutating func aSnapshotThatIsOvertakenByACompactionIsReadAgain() {
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5), KeyValue("p/b", "2", mod: 6), more: true)
    _ = watch.delivered()
    #expect(failPage(Failure(.compacted, "compacted")) == ["backoff (compacted)"])
    #expect(tick() == ["snapshot", "read p/..p0 at 0 limit 100"])
    #expect(page(30, KeyValue("p/b", "2", mod: 6)) == ["snapshot-end 30: -p/a@30"])
  }

  @Test mutating func whoCompactsFasterThanItCanBeReadIsAskedWithPauses() {
    _ = watch.start()
    for (now, wait) in [(0, 0), (0, 100), (100, 300), (300, 700)] as [(Int64, Int64)] {
      _ = page(7, KeyValue("p/a", "1", mod: 5), more: true)
      _ = watch.delivered()
      _ = failPage(Failure(.compacted, "compacted"), now: .at(now))
      #expect(watch.wakeTime == .at(wait))
      _ = tick(.at(wait))
    }
  }

  @Test mutating func aPageThatIsTooLargeIsHalved() {
    watch = Self.make(pageLimit: 5)
    _ = watch.start()
    let tooLarge = Failure(.tooLarge, "large")
    #expect(failPage(tooLarge) == ["read p/..p0 at 0 limit 2"])
    #expect(failPage(tooLarge) == ["read p/..p0 at 0 limit 1"])
    #expect(failPage(tooLarge) == ["backoff (tooLarge)"])
  }

  @Test mutating func aPageThatIsNoneIsAFailure() {
    _ = watch.start()
    let actions = watch.pageArrived(.success(.put(PutResponse())), now: .at(0), random: &longest)
    #expect(text(actions) == ["backoff (protocol)"])
  }

  // MARK: Events

  @Test mutating func theFirstDocumentMakesItLive() {
    watch = Self.make(startRevision: 4)
    #expect(text(watch.start()) == ["opening", "open 4"])
    #expect(receive(header: 9) == ["live"])
    #expect(receive(header: 9) == [])
  }

  @Test mutating func eventsAreDeliveredWithTheRevisionTheyReach() {
    live()
    #expect(receive(header: 50, .put("p/a", "2", at: 8), .delete("p/b", at: 9)) == ["watch 9: p/a=2@8 -p/b@9"])
    #expect(watch.nextRevision == 10)
  }

  @Test mutating func watcherResumesFromLastDeliveredRevision() {
    live()
    // The header runs ahead while history is caught up.
    _ = receive(header: 50, .put("p/a", "2", at: 9))
    _ = receive(header: 60)
    #expect(endStream() == ["close", "backoff (unavailable)"])
    #expect(tick() == ["opening", "open 10"])
  }

  @Test mutating func watcherResumesAfterTheSnapshotIfNothingWasDelivered() {
    live()
    _ = receive(header: 60)
    _ = endStream()
    #expect(tick() == ["opening", "open 8"])
  }

  @Test mutating func eventsThatWereDeliveredAreDropped() {
    live()
    #expect(receive(header: 9, .put("p/a", "old", at: 5), .put("p/a", "old", at: 7)) == [])
    #expect(receive(header: 9, .put("p/a", "old", at: 7), .put("p/a", "2", at: 8)) == ["watch 8: p/a=2@8"])
    #expect(receive(header: 9, .put("p/a", "2", at: 8)) == [])
  }

  /// As a member before 3.4.25 and 3.5.8 does that catches up by a snapshot while the watch is open.
  @Test mutating func aMemberThatGoesBackInTimeTellsNothingTwice() {
    watch = Self.make(startRevision: 100)
    _ = watch.start()
    #expect(receive(header: 99) == ["live"])
    #expect(receive(header: 101, .put("p/a", "1", at: 100), .put("p/a", "2", at: 101)).count == 1)
    // From before where it began, from what was told, and on.
    #expect(receive(header: 110, .put("p/b", "1", at: 40), .delete("p/b", at: 41)) == [])
    #expect(
      receive(header: 110, .put("p/a", "1", at: 100), .put("p/a", "2", at: 101), .put("p/a", "3", at: 102))
        == ["watch 102: p/a=3@102"])
  }

  @Test mutating func eventsOutOfOrderAreRefusedAndAskedForAgain() {
    live()
    #expect(receive(header: 9, .put("p/a", "3", at: 9), .put("p/a", "2", at: 8)) == ["close", "backoff (protocol)"])
    #expect(tick() == ["opening", "open 8"])
  }

  @Test mutating func aRevisionIsDeliveredWhole() {
    live()
    #expect(receive(header: 9, fragment: true, .put("p/a", "2", at: 8), .put("p/b", "2", at: 8)) == [])
    #expect(
      receive(header: 9, .put("p/c", "2", at: 8), .put("p/d", "3", at: 9))
        == ["watch 9: p/a=2@8 p/b=2@8 p/c=2@8 p/d=3@9"])
  }

  @Test mutating func theWholeRevisionsOfAFragmentAreDeliveredAtOnce() {
    live()
    #expect(
      receive(header: 9, fragment: true, .put("p/a", "2", at: 8), .put("p/b", "3", at: 9)) == ["watch 8: p/a=2@8"])
    #expect(receive(header: 9, fragment: true, .put("p/c", "3", at: 9)) == [])
    #expect(receive(header: 9, .put("p/d", "3", at: 9)) == ["watch 9: p/b=3@9 p/c=3@9 p/d=3@9"])
  }

  @Test mutating func aRevisionThatWasCutOffIsAskedForAgainAsAWhole() {
    live()
    _ = receive(header: 9, fragment: true, .put("p/a", "2", at: 8))
    _ = endStream()
    #expect(tick() == ["opening", "open 8"])
    #expect(
      receive(header: 9, .put("p/a", "2", at: 8), .put("p/b", "2", at: 8))
        == ["live", "watch 8: p/a=2@8 p/b=2@8"])
  }

  @Test mutating func documentsOfNoStreamChangeNothing() {
    #expect(receive(header: 9, .put("p/a", "2", at: 8)) == [])
    live()
    _ = endStream()
    #expect(receive(header: 9, .put("p/a", "2", at: 8)) == [])
    #expect(endStream() == [])
    #expect(watch.publicState == .backoff)
  }

  @Test mutating func aRevisionIsWholeWhenTheNextBegins() {
    live()
    #expect(receive(header: 9, fragment: true, .put("p/a", "2", at: 8)) == [])
    #expect(receive(header: 9, fragment: true, .put("p/a", "3", at: 9)) == ["watch 8: p/a=2@8"])
    #expect(
      receive(header: 9, fragment: true, .put("p/b", "3", at: 9), .put("p/c", "4", at: 10)) == [
        "watch 9: p/a=3@9 p/b=3@9"
      ])
    #expect(receive(header: 10, .put("p/d", "4", at: 10)) == ["watch 10: p/c=4@10 p/d=4@10"])
  }

  @Test mutating func aFragmentOfWhatWasDeliveredChangesNothing() {
    live()
    #expect(receive(header: 9, fragment: true, .put("p/a", "2", at: 8)) == [])
    #expect(receive(header: 9, fragment: true, .put("p/a", "1", at: 5)) == [])
    #expect(receive(header: 9, .put("p/a", "1", at: 5), .put("p/b", "2", at: 8)) == ["watch 8: p/a=2@8 p/b=2@8"])
  }

  @Test mutating func eventsBeforeTheRevisionThatBeganAreOutOfOrder() {
    live()
    #expect(receive(header: 9, fragment: true, .put("p/a", "2", at: 9)) == [])
    #expect(receive(header: 9, .put("p/b", "2", at: 8)) == ["close", "backoff (protocol)"])
  }

  // MARK: Revisions that are too large

  /// Fragments of revision 8, with or without bytes, until something comes of it.
  private mutating func overflow(with event: Event, now: Instant = .at(0)) -> (actions: [String], events: Int) {
    for count in 1...1000 {
      let actions = receive(header: 9, fragment: true, now: now, event)
      if !actions.filter({ $0 != "live" }).isEmpty { return (actions, count) }
    }
    return ([], 1000)
  }

  private static var empty: Event {
    var event = Event()
    event.kv.modRevision = 8
    return event
  }

  @Test mutating func aRevisionWithoutEndIsReadInsteadOfWatched() {
    watch = Self.make(revisionLimit: 10_000)
    live()
    let (actions, events) = overflow(with: Self.empty)
    #expect(actions == ["close", "backoff (tooLarge)"])
    #expect(events <= 10_000 / MemoryLayout<Event>.stride + 1)
    #expect(tick() == ["snapshot", "read p/..p0 at 0 limit 100"])
    #expect(page(9, KeyValue("p/a", "2", mod: 8)) == ["resync-end 9: p/a=2@8"])
    #expect(text(watch.delivered()) == ["opening", "open 10"])
  }

  @Test mutating func withoutASnapshotARevisionWithoutEndIsToldAtEachAttempt() {
    watch = Self.make(startRevision: 8, revisionLimit: 10_000)
    _ = watch.start()
    for (now, next) in [(0, 0), (0, 5000), (5000, 10_000)] as [(Int64, Int64)] {
      #expect(overflow(with: Self.empty, now: .at(now)).actions == ["close", "backoff (tooLarge)"])
      #expect(watch.wakeTime == .at(next))
      #expect(tick(.at(next)) == ["opening", "open 8"])
    }
  }

  @Test mutating func theBytesOfARevisionCountToo() {
    watch = Self.make(startRevision: 8, revisionLimit: 10_000)
    _ = watch.start()
    let (actions, events) = overflow(with: .put("p/a", String(repeating: "x", count: 3000), at: 8))
    #expect(actions == ["close", "backoff (tooLarge)"])
    #expect(events == 4)
  }

  @Test mutating func whatIsWholeDoesNotCount() {
    watch = Self.make(startRevision: 8, revisionLimit: 10_000)
    _ = watch.start()
    let value = String(repeating: "x", count: 6000)
    for revision in Int64(8)..<20 {
      let actions = receive(
        header: 30, fragment: true, .put("p/a", value, at: revision), .put("p/b", at: revision + 1))
      #expect(actions.last?.hasPrefix("watch \(revision): ") == true)
    }
  }

  /// However long it took to bring it.
  @Test mutating func aStreamThatBroughtTooMuchForgivesNothing() {
    watch = Self.make(startRevision: 8, revisionLimit: 10_000)
    _ = watch.start()
    for wait in [0, 5000, 5000] as [Int64] {
      _ = receive(header: 7)
      #expect(overflow(with: Self.empty, now: .at(60_000)).actions == ["close", "backoff (tooLarge)"])
      #expect(watch.wakeTime == .at(60_000 + wait))
      _ = tick(.at(70_000))
    }
  }

  /// A document that was refused before it became a message.
  @Test mutating func aDocumentThatIsTooLargeIsReadAroundToo() {
    live()
    let actions = watch.streamEnded(Failure(.tooLarge, "large"), now: .at(0), random: &longest)
    #expect(text(actions) == ["close", "backoff (tooLarge)"])
    #expect(tick() == ["snapshot", "read p/..p0 at 0 limit 100"])
  }

  // MARK: Reconnecting

  @Test mutating func reconnectingIsImmediateAtFirstAndThenBacksOff() {
    live()
    for (now, next) in [(0, 0), (0, 100), (100, 300), (300, 700)] as [(Int64, Int64)] {
      _ = endStream(now: .at(now))
      #expect(watch.wakeTime == .at(next))
      #expect(tick(.at(next)) == ["opening", "open 8"])
      _ = receive(header: 7, now: .at(next))
    }
  }

  @Test mutating func eventsForgiveEarlierFailures() {
    live()
    for _ in 0..<5 {
      _ = endStream()
      _ = tick(.at(9000))
    }
    _ = receive(header: 8, .put("p/a", "2", at: 8))
    _ = endStream(now: .at(10))
    #expect(watch.wakeTime == .at(10))
  }

  @Test mutating func aStreamThatLivedLongForgivesEarlierFailures() {
    live()
    for _ in 0..<5 {
      _ = endStream()
      _ = tick(.at(9000))
    }
    _ = receive(header: 7, now: .at(10_000))
    _ = endStream(now: .at(15_000))
    #expect(watch.wakeTime == .at(15_000))
  }

  @Test mutating func aWatchThatEtcdCancelsIsOpenedAgain() {
    live()
    var response = WatchResponse(revision: 9)
    response.canceled = true
    response.cancelReason = "etcdserver: permission denied"
    let actions = watch.received(response, now: .at(0), random: &longest)
    #expect(text(actions) == ["close", "backoff (server)"])
    if case .report(_, let failure)? = actions.last {
      #expect(failure?.message == "etcdserver: permission denied")
    }
    #expect(tick() == ["opening", "open 8"])
  }

  /// A server's words are kept as far as they are of use, and fit to be shown.
  @Test mutating func aReasonIsOfBoundedLengthAndPrintable() {
    live()
    let actions = watch.received(
      .cancelled("no\nway" + String(repeating: "x", count: 100_000)), now: .at(0), random: &longest)
    guard case .report(_, let failure?)? = actions.last else {
      _ = Issue.record("nothing is told")
      return
    }
    #expect(failure.message.hasPrefix("no wayx"))
    #expect(failure.message.utf8.count < 1000)
  }

  // MARK: Resync

  @Test mutating func aCompactionIsMadeUpForByReadingAgain() {
    live()
    _ = receive(header: 9, .put("p/b", "2", at: 8), .put("p/c", "3", at: 9))
    #expect(compact(at: 20) == ["close", "backoff (compacted)"])
    #expect(tick() == ["snapshot", "read p/..p0 at 0 limit 100"])
    // a was deleted, b is as it was, c has changed, d is new.
    #expect(
      page(30, KeyValue("p/b", "2", mod: 8), KeyValue("p/c", "4", mod: 21), KeyValue("p/d", "5", mod: 22))
        == ["resync-end 30: p/c=4@21 p/d=5@22 -p/a@30"])
    #expect(text(watch.delivered()) == ["opening", "open 31"])
  }

  @Test mutating func aCompactionThatIsFoundAfterAnOutageIsMadeUpForAtOnce() {
    live()
    for now in [0, 0, 100, 300, 700, 1500] as [Int64] {
      _ = text(watch.streamEnded(.unreachable, now: .at(now), random: &longest))
      _ = tick(watch.wakeTime ?? .at(now))
    }
    _ = compact(at: 20, now: .at(9000))
    #expect(watch.wakeTime == .at(9000))
  }

  @Test mutating func compactionsInARowWithoutAnEventArePausedFor() {
    live()
    for wait in [0, 100, 200, 400] as [Int64] {
      _ = compact(at: 20)
      #expect(watch.wakeTime == .at(wait))
      _ = tick(.at(wait))
      _ = page(30, KeyValue("p/a", "1", mod: 5))
      _ = watch.delivered()
      _ = receive(header: 30)
    }
  }

  @Test mutating func vanishedKeysAreDeletedInTheirOrderAfterTheLastPage() {
    live()
    _ = receive(header: 8, .put("p/z", "1", at: 8), .put("p/m", "1", at: 8), .put("p/c", "1", at: 8))
    resync()
    #expect(
      page(30, KeyValue("p/m", "1", mod: 8), KeyValue("p/n", "1", mod: 25), more: true) == ["resync 30: p/n=1@25"])
    _ = watch.delivered()
    #expect(page(31, KeyValue("p/z", "1", mod: 8)) == ["resync-end 30: -p/a@30 -p/c@30"])
  }

  @Test mutating func keysThatWereSeenDeletedAreNotDeletedAgain() {
    live()
    _ = receive(header: 8, .delete("p/a", at: 8))
    resync()
    #expect(page(30) == ["resync-end 30:"])
  }

  @Test mutating func aResyncThatFailsHalfwayGoesOnAsADifference() {
    live()
    resync()
    _ = page(30, KeyValue("p/b", "1", mod: 25), more: true)
    _ = watch.delivered()
    _ = failPage()
    _ = tick(.at(9000))
    #expect(page(40, KeyValue("p/a", "1", mod: 5)) == ["resync-end 40: -p/b@40"])
  }

  @Test mutating func aWatcherWithoutSnapshotEndsWhenItsRevisionIsCompacted() {
    watch = Self.make(startRevision: 4)
    _ = watch.start()
    #expect(compact(at: 20) == ["close", "ended (compacted)"])
    #expect(watch.publicState == .ended)
    #expect(tick(.distantFuture) == [])
  }

  @Test mutating func aWatcherWithoutSnapshotEndsWhenItIsCutOffForTooLong() {
    watch = Self.make(startRevision: 4)
    _ = watch.start()
    _ = receive(header: 9, .put("p/a", "1", at: 6))
    _ = endStream()
    #expect(tick() == ["opening", "open 7"])
    #expect(compact(at: 20) == ["close", "ended (compacted)"])
  }

  @Test mutating func aMemberThatLagsBehindIsNotBelieved() {
    live()
    _ = receive(header: 20, .put("p/a", "2", at: 20))
    _ = endStream()
    _ = tick()
    #expect(receive(header: 19) == ["close", "backoff (unavailable)"])
    #expect(tick(.at(9000)) == ["snapshot", "read p/..p0 at 0 limit 100"])
    // Another member has it all: nothing is delivered twice.
    #expect(page(25, KeyValue("p/a", "2", mod: 20)) == ["resync-end 25:"])
  }

  @Test mutating func aStoreThatWentBackIsDeliveredAnew() {
    live()
    _ = receive(header: 20, .put("p/b", "2", at: 20))
    _ = endStream()
    _ = tick()
    _ = receive(header: 6)
    _ = tick(.at(9000))
    // Equal revisions say nothing about equal values in another store.
    #expect(page(6, KeyValue("p/a", "other", mod: 5)) == ["resync-end 6: p/a=other@5 -p/b@6"])
    #expect(text(watch.delivered()) == ["opening", "open 7"])
  }

  // MARK: What is not wanted

  private func created(_ actions: [Watch.Action]) -> WatchCreateRequest? {
    if case .open(let request)? = actions.last { request } else { nil }
  }

  private func read(_ actions: [Watch.Action]) -> RangeRequest? {
    if case .read(let request)? = actions.last { request } else { nil }
  }

  private mutating func live(_ adjust: (inout WatcherOptions) -> Void) {
    watch = Self.make(adjust)
    live()
  }

  @Test mutating func valuesThatAreNotWantedAreNeitherReadNorHandedOn() throws {
    watch = Self.make(prevKV: true) { $0.keysOnly = true }
    #expect(read(watch.start())?.keysOnly == true)
    _ = page(7, KeyValue("p/a", mod: 5))
    _ = watch.delivered()
    _ = receive(header: 7)
    var event = Event.put("p/a", "2", at: 8)
    event.prevKV = KeyValue("p/a", "1", mod: 5)
    #expect(receive(header: 8, event) == ["watch 8: p/a=@8"])
    event = .put("p/a", "3", at: 9)
    event.prevKV = KeyValue("p/a", "2", mod: 8)
    let actions = watch.received(WatchResponse(revision: 9, [event]), now: .at(0), random: &longest)
    guard case .deliver(let batch)? = actions.last else { throw TestError() }
    #expect(batch.events.first?.prevKV?.value.isEmpty == true)
    #expect(batch.events.first?.prevKV?.modRevision == 8)
  }

  private struct TestError: Error {}

  /// Etcd tells of them all the same: what has come has to be known, so that it can be told that it has gone.
  @Test mutating func putsThatAreNotWantedAreKnown() {
    watch = Self.make { $0.wantsPuts = false }
    #expect(read(watch.start())?.keysOnly == true)
    #expect(page(7, KeyValue("p/a", mod: 5)) == ["snapshot-end 7:"])
    #expect(created(watch.delivered())?.filters == [])
    #expect(receive(header: 7) == ["live"])
    #expect(receive(header: 8, .put("p/b", "1", at: 8)) == [])
    #expect(receive(header: 10, .put("p/c", "1", at: 9), .delete("p/a", at: 10)) == ["watch 10: -p/a@10"])
    #expect(endStream() == ["close", "backoff (unavailable)"])
    #expect(tick() == ["opening", "open 11"])
    resync()
    #expect(page(30, KeyValue("p/c", mod: 21), KeyValue("p/d", mod: 22)) == ["resync-end 30: -p/b@30"])
  }

  @Test mutating func pagesOfWhichNothingIsToldAreReadOneAfterTheOther() {
    watch = Self.make { $0.wantsPuts = false }
    _ = watch.start()
    #expect(page(7, KeyValue("p/a", mod: 5), more: true) == ["read \(Bytes(utf8: "p/a\0"))..p0 at 7 limit 100"])
    #expect(page(7, KeyValue("p/b", mod: 6)) == ["snapshot-end 7:"])
  }

  @Test mutating func putsThatNeedNotBeKnownAreLeftOutByEtcd() {
    watch = Self.make(startRevision: 4) { $0.wantsPuts = false }
    #expect(created(watch.start())?.filters == [.noPut])
    watch = Self.make {
      $0.wantsPuts = false
      $0.resyncs = false
    }
    #expect(read(watch.start())?.countOnly == true)
    #expect(page(7) == ["snapshot-end 7:"])
    let request = created(watch.delivered())
    #expect(request?.filters == [.noPut])
    #expect(request?.startRevision == 8)
  }

  @Test mutating func deletionsThatAreNotWantedAreLeftOutByEtcdAndNoKeysAreKnown() {
    watch = Self.make { $0.wantsDeletes = false }
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5), KeyValue("p/b", "1", mod: 6))
    #expect(created(watch.delivered())?.filters == [.noDelete])
    _ = receive(header: 7)
    _ = receive(header: 8, .put("p/c", "2", at: 8))
    #expect(watch.knownKeys == 0)
    #expect(watch.indexBytes == 0)
    resync()
    // a is gone, b and c are as they were told, d is new, and e was deleted and is there again.
    #expect(
      page(
        30, KeyValue("p/b", "1", mod: 6), KeyValue("p/c", "2", mod: 8), KeyValue("p/d", "3", mod: 21),
        KeyValue("p/e", "4", mod: 22)) == ["resync-end 30: p/d=3@21 p/e=4@22"])
    #expect(watch.knownKeys == 0)
  }

  @Test mutating func aReadingThatComesToNoEndTellsNothingTwiceThoughNoKeysAreKnownAfterIt() {
    watch = Self.make { $0.wantsDeletes = false }
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5), KeyValue("p/b", "1", mod: 6), more: true)
    _ = watch.delivered()
    _ = failPage()
    _ = tick(.at(9000))
    #expect(
      page(9, KeyValue("p/a", "1", mod: 5), KeyValue("p/b", "2", mod: 8), KeyValue("p/c", "1", mod: 4))
        == ["snapshot-end 9: p/b=2@8 p/c=1@4"])
    _ = watch.delivered()
    _ = receive(header: 9)
    resync()
    _ = page(30, KeyValue("p/d", "1", mod: 21), more: true)
    _ = watch.delivered()
    _ = failPage()
    _ = tick(.at(9000))
    #expect(page(31, KeyValue("p/c", "1", mod: 4), KeyValue("p/d", "1", mod: 21)) == ["resync-end 31:"])
  }

  @Test mutating func aReplacedStoreIsToldWholeThoughDeletionsAreNotWanted() {
    live { $0.wantsDeletes = false }
    _ = replace()
    _ = tick()
    _ = page(30, KeyValue("p/a", "other", mod: 3), more: true)
    _ = watch.delivered()
    _ = failPage()
    _ = tick(.at(9000))
    #expect(
      page(31, KeyValue("p/a", "other", mod: 3), KeyValue("p/b", "other", mod: 2)) == ["resync-end 31: p/b=other@2"])
  }

  // MARK: Without resync

  @Test mutating func whoIsNotToResyncKnowsNoKeysAndEndsWhereHistoryIsCompacted() {
    live { $0.resyncs = false }
    _ = receive(header: 8, .put("p/b", "1", at: 8))
    #expect(watch.knownKeys == 0)
    #expect(compact(at: 20) == ["close", "ended (compacted)"])
  }

  @Test mutating func whoIsNotToResyncGoesOnWithThePageThatFailed() {
    watch = Self.make { $0.resyncs = false }
    _ = watch.start()
    #expect(page(7, KeyValue("p/a", "1", mod: 5), more: true) == ["snapshot 7: p/a=1@5"])
    _ = watch.delivered()
    #expect(failPage() == ["backoff (unavailable)"])
    #expect(tick(.at(9000)) == ["snapshot", "read \(Bytes(utf8: "p/a\0"))..p0 at 7 limit 100"])
    #expect(page(9, KeyValue("p/b", "1", mod: 6)) == ["snapshot-end 7: p/b=1@6"])
    #expect(text(watch.delivered()) == ["opening", "open 8"])
  }

  @Test mutating func whoIsNotToResyncEndsWhereItsPagesAreCompacted() {
    watch = Self.make { $0.resyncs = false }
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5), more: true)
    _ = watch.delivered()
    #expect(failPage(Failure(.compacted, "compacted")) == ["close", "ended (compacted)"])
  }

  @Test mutating func whoIsNotToResyncEndsWithItsStoreAndAsksWhereAMemberIsBehind() {
    live { $0.resyncs = false }
    _ = receive(header: 20, .put("p/a", "2", at: 20))
    _ = endStream()
    _ = tick()
    #expect(receive(header: 6) == ["close", "backoff (unavailable)"])
    #expect(tick(.at(9000)) == ["opening", "read p/..p0 at 0 limit 0"])
    #expect(page(20) == ["open 21"])
    #expect(replace() == ["close", "ended (clusterChanged)"])
  }

  // MARK: The index

  @Test mutating func anIndexThatIsTooLargeEndsTheWatcher() {
    watch = Self.make(indexLimit: 10_000)
    live()
    var revision: Int64 = 8
    var actions: [String] = []
    while revision < 1000, !actions.contains("close") {
      actions = receive(header: revision, .put("p/\(revision)", at: revision))
      revision += 1
    }
    #expect(actions.suffix(2) == ["close", "ended (limit)"])
    #expect((100..<400).contains(revision))
    #expect(watch.indexBytes == 0)
  }

  @Test mutating func aSnapshotOfTooManyKeysEndsTheWatcher() {
    watch = Self.make(indexLimit: 4096)
    _ = watch.start()
    let kvs = (0..<200).map { KeyValue("p/\($0)", mod: 5) }
    let answer = Answer.range(revision: 7, kvs)
    #expect(
      text(watch.pageArrived(.success(answer), now: .at(0), random: &longest)) == ["close", "ended (limit)"])
  }

  @Test mutating func manyKeysThatHaveVanishedAreToldInParts() {
    watch = Self.make(pageLimit: 2)
    live()
    for revision in Int64(8)..<15 { _ = receive(header: revision, .put("p/\(revision)", at: revision)) }
    resync()
    #expect(page(30, KeyValue("p/a", "1", mod: 5)) == ["resync 30: -p/8@30 -p/9@30"])
    var told: [String] = []
    while case let actions = text(watch.delivered()), let action = actions.first, action.hasPrefix("resync") {
      told.append(action)
      if told.count > 10 { break }
    }
    #expect(told == ["resync 30: -p/10@30 -p/11@30", "resync 30: -p/12@30 -p/13@30", "resync-end 30: -p/14@30"])
    #expect(watch.knownKeys == 1)
    #expect(watch.publicState == .opening)
  }

  @Test mutating func aResyncSaysWhatIsKnownOfWhatWasThereBefore() {
    watch = Self.make(prevKV: true)
    live()
    _ = receive(header: 8, .put("p/b", "1", at: 8))
    resync()
    let answer = Answer.range(revision: 30, [KeyValue("p/a", "2", mod: 21), KeyValue("p/c", "1", mod: 22)])
    let actions = watch.pageArrived(.success(answer), now: .at(0), random: &longest)
    guard case .deliver(let batch)? = actions.first else {
      _ = Issue.record("nothing is told")
      return
    }
    #expect(batch.text == "resync-end 30: p/a=2@21 p/c=1@22 -p/b@30")
    #expect(batch.events.map { $0.prevKV?.modRevision } == [5, nil, 8])
    #expect(batch.events.map { $0.prevKV?.key } == ["p/a", nil, "p/b"])
    #expect(batch.events.allSatisfy { ($0.prevKV?.version ?? 0) == 0 && $0.prevKV?.value.isEmpty != false })
  }

  @Test mutating func aBatchHasWhatEtcdSaidOfItself() {
    _ = watch.start()
    let answer = Answer.range(cluster: 17, revision: 7, [KeyValue("p/a", "1", mod: 5)])
    guard case .deliver(let batch)? = watch.pageArrived(.success(answer), now: .at(0), random: &longest).first else {
      _ = Issue.record("nothing is told")
      return
    }
    #expect(batch.header.clusterID == 17)
    #expect(batch.header.revision == 7)
    _ = watch.delivered()
    let response = WatchResponse(cluster: 17, revision: 50, [.put("p/a", "1", at: 8)])
    guard case .deliver(let next)? = watch.received(response, now: .at(0), random: &longest).last else {
      _ = Issue.record("nothing is told")
      return
    }
    #expect(next.header.revision == 50)
  }

  @Test mutating func whyTheKeysAreReadAgainIsKnown() {
    live()
    #expect(watch.cause == nil)
    resync()
    #expect(watch.cause == .compacted)
    _ = failPage()
    #expect(watch.cause == .compacted)
    _ = replace()
    #expect(watch.cause == .clusterChanged)
  }

  // MARK: A store that is behind

  /// Follows from revision 100, and the member that was to confirm it is at revision 90.
  private mutating func behind() {
    watch = Self.make(startRevision: 100)
    _ = watch.start()
    #expect(receive(header: 90) == ["close", "backoff (unavailable)"])
    #expect(tick() == ["opening", "read p/..p0 at 0 limit 0"])
  }

  @Test mutating func aWatcherMayBeginAtTheNextRevision() {
    watch = Self.make(startRevision: 100)
    _ = watch.start()
    #expect(receive(header: 99) == ["live"])
    #expect(receive(header: 100, .put("p/a", "1", at: 100)) == ["watch 100: p/a=1@100"])
  }

  @Test mutating func aWatcherWithoutSnapshotAsksHowFarTheStoreIsWhereAMemberIsBehind() {
    behind()
    #expect(watch.publicState == .opening)
    // It was the member that lagged.
    #expect(page(120) == ["open 100"])
    #expect(receive(header: 99) == ["live"])
  }

  @Test mutating func aWatcherWithoutSnapshotEndsWhereTheStoreIsBehind() {
    behind()
    #expect(page(98) == ["close", "ended (clusterChanged)"])
    #expect(tick(.distantFuture) == [])
  }

  @Test mutating func aWatcherWithoutSnapshotAsksUntilItIsAnswered() {
    behind()
    #expect(failPage() == ["backoff (unavailable)"])
    #expect(tick(.at(9000)) == ["opening", "read p/..p0 at 0 limit 0"])
    #expect(endStream() == [])
    #expect(page(99) == ["open 100"])
  }

  // MARK: A store that was replaced

  private mutating func replace(now: Instant = .at(0)) -> [String] {
    text(watch.replaced(Failure(.clusterChanged, "another"), now: now, random: &longest))
  }

  @Test mutating func aReplacedStoreIsReadAgainAndToldWhole() {
    live()
    _ = receive(header: 9, .put("p/b", "2", at: 8), .put("p/c", "3", at: 9))
    #expect(replace() == ["close", "backoff (clusterChanged)"])
    #expect(tick() == ["snapshot", "read p/..p0 at 0 limit 100"])
    // Ahead of what was delivered, and b with the very revision that it had.
    #expect(
      page(30, KeyValue("p/b", "other", mod: 8), KeyValue("p/c", "3", mod: 20))
        == ["resync-end 30: p/b=other@8 p/c=3@20 -p/a@30"])
    #expect(text(watch.delivered()) == ["opening", "open 31"])
  }

  @Test mutating func theSnapshotOfAReplacedStoreIsBegunAgain() {
    _ = watch.start()
    _ = page(7, KeyValue("p/a", "1", mod: 5), more: true)
    _ = watch.delivered()
    #expect(replace() == ["close", "backoff (clusterChanged)"])
    #expect(tick() == ["snapshot", "read p/..p0 at 0 limit 100"])
    #expect(page(9, KeyValue("p/b", "1", mod: 5)) == ["snapshot-end 9: p/b=1@5 -p/a@9"])
  }

  @Test mutating func whoWaitsToOpenItsStreamReadsTheReplacedStore() {
    live()
    _ = endStream()
    _ = tick()
    _ = endStream(now: .at(10))
    #expect(replace(now: .at(20)) == [])
    #expect(tick(.at(20)) == ["snapshot", "read p/..p0 at 0 limit 100"])
  }

  @Test mutating func aWatcherWithoutSnapshotEndsWithItsStore() {
    watch = Self.make(startRevision: 4)
    _ = watch.start()
    _ = receive(header: 9)
    #expect(replace() == ["close", "ended (clusterChanged)"])
    #expect(replace() == [])
  }

  // MARK: Ends

  @Test mutating func closingEndsItOnce() {
    live()
    #expect(text(watch.close()) == ["close", "ended"])
    #expect(text(watch.close()) == [])
    #expect(watch.publicState == .ended)
    #expect(receive(header: 9, .put("p/a", "2", at: 8)) == [])
    #expect(page(9) == [])
    #expect(endStream() == [])
    #expect(tick(.distantFuture) == [])
    #expect(text(watch.delivered()) == [])
    #expect(text(watch.start()) == [])
  }

  // MARK: Hostile servers

  /// A trap takes the test process with it, so each of these runs in one of its own.
  @Test func noRevisionOfAnEventCrashes() async {
    await #expect(processExitsWith: .success) {
      for revision in [Int64.max, Int64.min, -1, 0] {
        var tests = WatchTests()
        tests.live()
        _ = tests.receive(header: 9, .put("p/a", "2", at: revision))
      }
    }
  }

  @Test func noRevisionOfASnapshotCrashes() async {
    await #expect(processExitsWith: .success) {
      for revision in [Int64.max, Int64.min, -1, 0] {
        var tests = WatchTests()
        _ = tests.watch.start()
        _ = tests.page(revision, KeyValue("p/a", "1", mod: revision))
        _ = tests.watch.delivered()
        _ = tests.receive(header: revision)
      }
    }
  }

  @Test func noStartRevisionOfTheHostCrashes() async {
    await #expect(processExitsWith: .success) {
      var tests = WatchTests()
      tests.watch = WatchTests.make(startRevision: .max)
      _ = tests.watch.start()
      _ = tests.receive(header: .max, .put("p/a", "2", at: .max))
    }
  }

  @Test(arguments: [Int64.min, -1, 0])
  mutating func aSnapshotWithoutARevisionIsAFailureAndNotTheEnd(revision: Int64) {
    _ = watch.start()
    #expect(page(revision, KeyValue("p/a", "1", mod: 5)) == ["backoff (protocol)"])
  }

  /// A page that says "more" and holds nothing would pass for the end of the keys, and all others for deleted.
  @Test mutating func aPageThatHoldsNothingAndPromisesMoreIsAFailure() {
    live()
    resync()
    #expect(page(30, more: true) == ["backoff (protocol)"])
  }
}
