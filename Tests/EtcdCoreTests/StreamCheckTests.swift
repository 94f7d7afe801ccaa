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
    isCounted: Bool = false, _ expected: StreamCheck.Expectation? = nil
  ) {
    var response = RangeResponse()
    response.kvs = newer
    response.count = count
    check.answered(
      response, isCounted: isCounted, at: revision, expected ?? all, heardAt: .at(heard), patience: .seconds(1),
      pause: pause, now: .at(now))
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

  @Test mutating func aRangeThatTurnsOutToBeSmallIsLookedAtOnceMore() {
    let unknown = StreamCheck.Expectation(nextRevision: 8, count: nil)
    check.asked(now: .at(5000))
    answer(5010, count: 501, isCounted: true, unknown)
    #expect(!isDue(10_010, storeAt: 9, unknown))
    check.opened(pause: pause, now: .at(10_010))
    check.asked(now: .at(15_010))
    answer(15_020, count: 500, isCounted: true, unknown)
    #expect(isDue(20_020, storeAt: 9, unknown))
    #expect(check.size == 500)
  }

  @Test mutating func eventsMakeThatNumberUnknown() {
    let unknown = StreamCheck.Expectation(nextRevision: 8, count: nil)
    check.asked(now: .at(5000))
    answer(5010, count: 7, unknown)
    check.eventsCame()
    check.asked(now: .at(10_010))
    answer(10_020, count: 6, at: 10, unknown)
    #expect(check.wakeTime == nil)
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
    check.eventsCame()
    check.opened(pause: pause, now: .at(now))
    #expect(isDue(now + 5000))
  }

  @Test mutating func whatMayNotBeReadIsLeftAloneForLong() {
    check.asked(now: .at(5000))
    check.notAnswered(isRefusedAlone: false, pause: pause, now: .at(5010))
    #expect(isDue(10_010))
    check.asked(now: .at(10_010))
    check.notAnswered(isRefusedAlone: true, pause: pause, now: .at(10_020))
    #expect(!isDue(1_000_000))
    #expect(isDue(10_020 + 5000 * 512))
  }

  @Test mutating func aStreamThatIsClosedIsNotLookedAfter() {
    check.closed()
    #expect(!isDue(1_000_000))
    #expect(check.wakeTime == nil)
  }
}
