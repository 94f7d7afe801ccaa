import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// A stream that has brought everything before revision 8 of a range of two keys, and rests for 5 s between checks.
struct StreamCheckTests {
  private var check = StreamCheck()
  private let pause = Duration.seconds(5)
  private let all = StreamCheck.Expectation(nextRevision: 8, count: 2)

  init() {
    check.opened(pause: pause, now: .at(0))
  }

  private func isDue(_ now: Int64, storeAt revision: Int64 = 9, _ expected: StreamCheck.Expectation? = nil) -> Bool {
    check.due(storeAt: revision, expected ?? all, now: .at(now)) != nil
  }

  private mutating func answer(
    _ now: Int64, newer: [KeyValue] = [], count: Int64 = 2, at revision: Int64 = 9, heard: Int64 = 0,
    to question: StreamCheck.Question = .newer, page: RangeResponse? = nil, _ expected: StreamCheck.Expectation? = nil
  ) {
    var response = RangeResponse()
    response.kvs = newer
    response.count = count
    check.answered(
      response, page: page, to: question, at: revision, expected ?? all, heardAt: .at(heard), patience: .seconds(1),
      pause: pause, now: .at(now))
  }

  private func put(_ key: String, at revision: Int64, version: Int64 = 1) -> Event {
    var event = Event()
    event.kv = KeyValue(key, "", mod: revision)
    event.kv.version = version
    return event
  }

  private func deletion(_ key: String, at revision: Int64) -> Event {
    var event = put(key, at: revision)
    event.kind = .delete
    return event
  }

  private func page(_ keys: [(String, Int64)], more: Bool = false) -> RangeResponse {
    var page = RangeResponse()
    page.kvs = keys.map { KeyValue($0.0, "", mod: $0.1) }
    page.more = more
    return page
  }

  private mutating func isDead(_ now: Int64, heard: Int64 = 0, isInLine: Bool = false) -> Bool {
    check.tick(heardAt: .at(heard), isInLine: isInLine, pause: pause, now: .at(now))
  }

  @Test func itsTurnComesWhenItHasRestedAndTheStoreHasMovedOn() {
    #expect(!isDue(4999))
    #expect(!isDue(5000, storeAt: 7))
    #expect(isDue(5000))
  }

  @Test mutating func whatIsMissingHasItsTimeAndThenTheStreamIsDead() {
    check.asked(now: .at(5000))
    answer(5010, newer: [KeyValue("a", "1", mod: 9)])
    #expect(check.wakeTime == .at(6010))
    #expect(!isDead(6009))
    #expect(isDead(6010))
    #expect(check.wakeTime == nil)
  }

  @Test(arguments: [1, 3] as [Int64]) mutating func oneKeyMoreOrLessIsMissing(count: Int64) {
    check.asked(now: .at(5000))
    answer(5010, count: count)
    #expect(isDead(6010))
  }

  @Test mutating func whereNothingIsMissingItRestsUntilTheStoreMovesOn() {
    check.asked(now: .at(5000))
    answer(5010, at: 9)
    #expect(check.wakeTime == nil)
    #expect(!isDue(60_000, storeAt: 9))
    #expect(!isDue(10_009, storeAt: 10))
    #expect(isDue(10_010, storeAt: 10))
  }

  @Test mutating func whatComesAfterTheAnswerKeepsIt() {
    check.asked(now: .at(5000))
    answer(5010, newer: [KeyValue("a", "1", mod: 9)])
    #expect(!isDead(6010, heard: 5010))
    #expect(check.wakeTime == nil)
  }

  @Test mutating func whatWaitsForTheHostKeepsIt() {
    check.asked(now: .at(5000))
    answer(5010, newer: [KeyValue("a", "1", mod: 9)])
    #expect(!isDead(6010, isInLine: true))
  }

  @Test mutating func whatCameDuringTheQuestionMakesTheAnswerWorthless() {
    check.asked(now: .at(5000))
    answer(5010, newer: [KeyValue("a", "1", mod: 9)], count: 1, heard: 5005)
    #expect(check.wakeTime == nil)
  }

  @Test mutating func aHostThatComesLateLooksOnceMore() {
    check.asked(now: .at(5000))
    answer(5010, newer: [KeyValue("a", "1", mod: 9)])
    #expect(!isDead(12_000))
    #expect(check.wakeTime == .at(12_250))
    #expect(isDead(12_250))
  }

  @Test mutating func aHostThatIsAlwaysLateIsWaitedForOnce() {
    check.asked(now: .at(5000))
    answer(5010, newer: [KeyValue("a", "1", mod: 9)])
    #expect(!isDead(12_000))
    #expect(isDead(13_000))
  }

  @Test mutating func aMemberThatIsBehindTheStreamCannotTell() {
    check.asked(now: .at(5000))
    answer(5010, count: 1, at: 6)
    #expect(check.wakeTime == nil)
  }

  @Test mutating func withoutAnIndexTheNumberOfKeysIsTheOneBefore() {
    let unknown = StreamCheck.Expectation(nextRevision: 8, count: nil)
    check.asked(now: .at(5000))
    answer(5010, count: 7, unknown)
    #expect(check.wakeTime == nil)
    check.asked(now: .at(10_010))
    answer(10_020, count: 6, at: 10, unknown)
    #expect(isDead(11_020))
  }

  @Test mutating func whatThereIsToBeComparedWithIsAskedForAtOnce() {
    let unknown = StreamCheck.Expectation(nextRevision: 8, count: nil)
    #expect(isDue(5000, storeAt: 7, unknown))
    check.asked(now: .at(5000))
    answer(5010, count: 3, at: 7, to: .count, unknown)
    #expect(!isDue(10_010, storeAt: 7, unknown))
  }

  @Test mutating func aRangeThatTurnsOutToBeSmallIsLookedAtOnceMore() {
    let unknown = StreamCheck.Expectation(nextRevision: 8, count: nil)
    #expect(check.question(unknown, keys: nil) == .count)
    check.asked(now: .at(5000))
    answer(5010, count: 500, to: .count, unknown)
    #expect(isDue(10_010, storeAt: 9, unknown))
    #expect(check.size == 500)
    #expect(check.question(unknown, keys: 500) == .newer)
    #expect(check.question(unknown, keys: 501) == .count)
  }

  @Test mutating func eventsMakeThatNumberAnother() {
    let unknown = StreamCheck.Expectation(nextRevision: 8, count: nil)
    check.asked(now: .at(5000))
    answer(5010, count: 7, to: .count, unknown)
    // What was counted already; one that is new, one that is not, two that go.
    check.eventsCame([deletion("x", at: 9)], areTaken: true, unknown)
    check.eventsCame(
      [put("a", at: 10), put("b", at: 11, version: 2), deletion("c", at: 12), deletion("d", at: 12)], areTaken: true,
      unknown)
    let later = StreamCheck.Expectation(nextRevision: 13, count: nil)
    check.asked(now: .at(10_010))
    answer(10_020, count: 6, at: 13, later)
    #expect(check.wakeTime == nil)
    check.asked(now: .at(15_020))
    answer(15_030, count: 5, at: 14, later)
    #expect(isDead(16_030))
  }

  @Test mutating func eventsThatMayComeAgainMakeThatNumberUnknown() {
    let unknown = StreamCheck.Expectation(nextRevision: 8, count: nil)
    check.asked(now: .at(5000))
    answer(5010, count: 7, to: .count, unknown)
    check.eventsCame([put("a", at: 10)], areTaken: false, unknown)
    check.asked(now: .at(10_010))
    answer(10_020, count: 6, at: 10, unknown)
    #expect(check.wakeTime == nil)
  }

  // MARK: Deletions alone

  private let deletions = StreamCheck.Expectation(nextRevision: 8, count: nil, bringsPuts: false)

  @Test mutating func wherePutsDoNotComeNewKeysAreNoneTooMany() {
    check.asked(now: .at(5000))
    answer(5010, count: 3, to: .count, deletions)
    #expect(check.question(deletions, keys: 3) == .made(after: 9))
    check.asked(now: .at(10_010))
    answer(10_020, newer: [KeyValue("d", "", mod: 10)], count: 4, at: 11, to: .made(after: 9), deletions)
    #expect(check.wakeTime == nil)
    #expect(check.question(deletions, keys: 4) == .made(after: 11))
  }

  @Test(arguments: [(0, 2), (1, 3), (2, 4)] as [(Int, Int64)])
  mutating func wherePutsDoNotComeAKeyThatWentIsMissed(made: Int, count: Int64) {
    check.asked(now: .at(5000))
    answer(5010, count: 3, to: .count, deletions)
    check.asked(now: .at(10_010))
    let kvs = (0..<made).map { KeyValue("d\($0)", "", mod: 10) }
    answer(10_020, newer: kvs, count: count, at: 11, to: .made(after: 9), deletions)
    #expect(isDead(11_020))
  }

  @Test mutating func aDeletionThatCameIsNotMissed() {
    check.asked(now: .at(5000))
    answer(5010, count: 3, to: .count, deletions)
    check.eventsCame([deletion("a", at: 10)], areTaken: true, deletions)
    #expect(check.question(deletions, keys: 3) == .count)
    check.asked(now: .at(10_010))
    answer(10_020, count: 2, at: 11, to: .count, deletions)
    #expect(check.wakeTime == nil)
  }

  @Test func whatBringsNothingIsNotLookedAfter() {
    let nothing = StreamCheck.Expectation(nextRevision: 8, count: nil, bringsPuts: false, bringsDeletes: false)
    #expect(!isDue(1_000_000, nothing))
  }

  // MARK: Many keys

  private let many = StreamCheck.Expectation(nextRevision: 8, count: 600)

  @Test mutating func ofManyKeysOnePageIsLookedAtAfterTheOther() {
    check.asked(now: .at(5000))
    answer(5010, count: 600, to: .count, page: page([("a", 3), ("b", 7)], more: true), many)
    #expect(check.cursor == utf8("b") + [0])
    // It goes on although the store does not.
    #expect(isDue(10_010, storeAt: 9, many))
    check.asked(now: .at(10_010))
    answer(10_020, count: 600, to: .count, page: page([("c", 1)]), many)
    #expect(check.cursor == nil)
    #expect(!isDue(15_020, storeAt: 9, many))
    // What has changed on a page since it was looked at is found in the next round.
    #expect(isDue(15_020, storeAt: 10, many))
  }

  @Test mutating func whatMovesDuringARoundIsLookedForInTheNext() {
    check.asked(now: .at(5000))
    answer(5010, count: 600, at: 9, to: .count, page: page([("a", 3)], more: true), many)
    check.asked(now: .at(10_010))
    answer(10_020, count: 600, at: 12, to: .count, page: page([("c", 1)]), many)
    #expect(isDue(15_020, storeAt: 12, many))
  }

  @Test mutating func aKeyOfThePageThatIsNewerIsMissing() {
    check.asked(now: .at(5000))
    answer(5010, count: 600, to: .count, page: page([("a", 3), ("b", 8)], more: true), many)
    #expect(isDead(6010))
  }

  /// As with servers that forget a deletion: it comes later each time, until events come.
  @Test mutating func whatIsMissingForGoodIsLookedForEverMoreSeldom() {
    var now: Int64 = 0
    for wait in [5000, 10_000, 20_000, 40_000] as [Int64] {
      #expect(!isDue(now + wait - 1))
      now += wait
      #expect(isDue(now))
      check.asked(now: .at(now))
      answer(now, count: 1, heard: now - 1)
      now += 1000
      #expect(isDead(now, heard: now - 1001))
      check.opened(pause: pause, now: .at(now))
    }
    check.eventsCame([put("a", at: 9)], areTaken: true, all)
    check.opened(pause: pause, now: .at(now))
    #expect(isDue(now + 5000))
  }

  @Test mutating func eventsEndAWaitThatHadBecomeLong() {
    check.asked(now: .at(5000))
    check.notAnswered(isRefusedAlone: true, pause: pause, now: .at(5010))
    #expect(!isDue(10_000))
    check.eventsCame([put("a", at: 9)], areTaken: true, all)
    #expect(isDue(10_000))
  }

  /// It may be permitted again.
  @Test mutating func whatMayNotBeReadIsAskedForEverMoreSeldom() {
    check.asked(now: .at(5000))
    check.notAnswered(isRefusedAlone: false, pause: pause, now: .at(5010))
    #expect(isDue(10_010))
    var now: Int64 = 10_010
    for doublings in [1, 2, 3, 4, 5, 6, 7, 8, 9, 9] {
      check.asked(now: .at(now))
      check.notAnswered(isRefusedAlone: true, pause: pause, now: .at(now))
      now += 5000 << Int64(doublings)
      #expect(!isDue(now - 1))
      #expect(isDue(now))
    }
  }

  @Test mutating func aStreamThatIsClosedIsNotLookedAfter() {
    check.closed()
    #expect(!isDue(1_000_000))
    #expect(check.wakeTime == nil)
  }
}
