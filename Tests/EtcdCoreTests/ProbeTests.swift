import EtcdTransport
import Testing

@testable import EtcdCore

struct ProbeTests {
  private var probe = Probe(interval: .milliseconds(4000))

  private mutating func tick(
    _ now: Int64, heard: Int64? = nil, hasStreams: Bool = true, hasMore: Bool = false, isCrowded: Bool = false
  ) -> Probe.Action? {
    probe.tick(
      lastHeard: heard.map { .at($0) }, hasStreams: hasStreams, hasMore: hasMore, isCrowded: isCrowded,
      patience: .milliseconds(1000), now: .at(now))
  }

  private var isAsking: Bool { if case .asking = probe.state { true } else { false } }

  @discardableResult
  private mutating func open(_ now: Int64) -> Bool {
    probe.streamOpened(now: .at(now))
  }

  @Test mutating func anEndpointWithoutStreamsIsNotAsked() {
    #expect(probe.wakeTime == nil)
    #expect(tick(60_000) == nil)
  }

  @Test mutating func aSilentEndpointIsAskedAfterTheInterval() {
    #expect(open(0))
    #expect(probe.wakeTime == .at(4000))
    #expect(tick(3999) == nil)
    #expect(tick(4000) == .ask)
    #expect(isAsking)
    #expect(probe.wakeTime == .at(5000))
  }

  @Test mutating func aSignOfLifePutsTheQuestionOff() {
    open(0)
    #expect(tick(4000, heard: 2500) == nil)
    #expect(probe.wakeTime == .at(6500))
    #expect(tick(6500, heard: 2500) == .ask)
  }

  @Test mutating func moreStreamsDoNotPutItOff() {
    open(0)
    #expect(!open(3000))
    #expect(probe.wakeTime == .at(4000))
  }

  @Test mutating func oneQuestionIsUnderWayAtATime() {
    open(0)
    _ = tick(4000)
    #expect(tick(4999) == nil)
    #expect(!open(4999))
    #expect(isAsking)
  }

  @Test mutating func afterTheAnswerItListensAgain() {
    open(0)
    _ = tick(4000)
    probe.ended(now: .at(4100))
    #expect(probe.wakeTime == .at(8100))
    #expect(tick(8100, heard: 4100) == .ask)
  }

  @Test mutating func itRestsWhenTheLastStreamHasGoneAndBeginsAgainWithTheNext() {
    open(0)
    #expect(tick(4000, hasStreams: false) == nil)
    #expect(probe.state == .idle)
    #expect(probe.wakeTime == nil)
    #expect(open(5000))
    #expect(probe.wakeTime == .at(9000))
  }

  @Test mutating func anEndThatNobodyWaitsForChangesNothing() {
    probe.ended(now: .at(100))
    #expect(probe.state == .idle)
  }

  // MARK: A reason to ask

  @Test mutating func whereThereIsAReasonItAsksAtOnceWhateverWasHeard() {
    open(0)
    probe.urge(now: .at(1000))
    #expect(probe.wakeTime == .at(1000))
    #expect(tick(1000, heard: 999) == .ask)
    probe.ended(now: .at(1010))
    #expect(probe.wakeTime == .at(5010))
  }

  @Test mutating func itAsksWhereThereAreNoStreamsAndThenRests() {
    probe.urge(now: .at(1000))
    #expect(tick(1000, hasStreams: false) == .ask)
    probe.ended(now: .at(1010))
    #expect(tick(5010, hasStreams: false) == nil)
    #expect(probe.state == .idle)
  }

  @Test mutating func manyReasonsInARowAreTwoInAnInterval() {
    open(0)
    probe.urge(now: .at(1000))
    _ = tick(1000)
    probe.urge(now: .at(1005))
    #expect(tick(1005) == nil)
    probe.ended(now: .at(1010))
    for time in [1020, 1030, 3009] as [Int64] {
      probe.urge(now: .at(time))
      #expect(tick(time, heard: time) == nil)
    }
    #expect(probe.wakeTime == .at(3010))
    #expect(tick(3010, heard: 3009) == .ask)
  }

  @Test mutating func aReasonThatStandsAloneIsOneToAskAnew() {
    open(0)
    _ = tick(4000)
    probe.ended(now: .at(4000))
    probe.urge(isOneOfMany: false, now: .at(4010))
    #expect(tick(4010, heard: 4000) == .ask)
  }

  @Test mutating func aReasonDoesNotPutTheQuestionOff() {
    open(0)
    _ = tick(4000)
    probe.ended(now: .at(4000))
    probe.urge(now: .at(7900))
    #expect(probe.wakeTime == .at(7900))
    _ = tick(7900)
    probe.ended(now: .at(7900))
    #expect(probe.wakeTime == .at(11_900))
  }

  @Test mutating func whereThereIsMoreToAskASignOfLifeDoesNotPutItOff() {
    open(0)
    #expect(tick(3999, heard: 3990, hasMore: true) == nil)
    #expect(tick(4000, heard: 3990, hasMore: true) == .ask)
  }

  // MARK: Doubt

  @Test mutating func withoutAnAnswerInItsTimeTheEndpointIsDoubtedOnce() {
    open(0)
    _ = tick(4000)
    #expect(tick(5000) == .doubt)
    #expect(probe.wakeTime == nil)
    #expect(tick(6000) == nil)
    #expect(isAsking)
    probe.ended(now: .at(7000))
    #expect(probe.wakeTime == .at(11_000))
  }

  @Test mutating func whatCameAfterTheQuestionIsNoReasonToDoubt() {
    open(0)
    _ = tick(4000)
    #expect(tick(5000, heard: 4001) == nil)
    #expect(probe.wakeTime == nil)
  }

  @Test mutating func whatCameBeforeItIs() {
    open(0)
    probe.urge(now: .at(1000))
    _ = tick(1000, heard: 1000)
    #expect(tick(2000, heard: 1000) == .doubt)
  }

  @Test mutating func aQuestionThatCouldNotBeSentIsNoReasonToDoubt() {
    open(0)
    _ = tick(4000)
    probe.gotNowhere()
    #expect(probe.wakeTime == nil)
    #expect(tick(6000) == nil)
    #expect(isAsking)
  }

  @Test mutating func whereThereAreNoStreamsNobodyIsDoubted() {
    probe.urge(now: .at(1000))
    _ = tick(1000, hasStreams: false)
    #expect(tick(2000, hasStreams: false) == nil)
  }

  /// What came meanwhile may still have to be read.
  @Test mutating func aHostThatComesLateGivesTheQuestionItsTimeOnceMore() {
    open(0)
    _ = tick(4000)
    #expect(tick(5250) == nil)
    #expect(probe.wakeTime == .at(6250))
    #expect(tick(9000) == .doubt)
  }

  @Test mutating func aHostThatComesALittleLateDoesNot() {
    open(0)
    _ = tick(4000)
    #expect(tick(5249) == .doubt)
  }

  // MARK: Room

  @Test mutating func whereThereIsACrowdRoomIsMadeOnceForTheQuestionBeforeThereIsDoubt() {
    open(0)
    #expect(tick(4000, isCrowded: true) == .ask)
    #expect(probe.wakeTime == .at(4500))
    #expect(tick(4499) == nil)
    #expect(tick(4500) == .makeRoom)
    #expect(probe.wakeTime == .at(5000))
    #expect(tick(4999) == nil)
    #expect(tick(5000) == .doubt)
    probe.ended(now: .at(6000))
    #expect(probe.wakeTime == .at(10_000))
  }
}
