import EtcdTransport
import Testing

@testable import EtcdCore

struct ProbeTests {
  private var probe = Probe(interval: .milliseconds(4000))

  private mutating func tick(
    _ now: Int64, heard: Int64? = nil, hasStreams: Bool = true, roomAfter: Duration? = nil
  ) -> Probe.Action? {
    probe.tick(lastHeard: heard.map { .at($0) }, hasStreams: hasStreams, roomAfter: roomAfter, now: .at(now))
  }

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
    #expect(probe.state == .asking(roomAt: nil))
    #expect(probe.wakeTime == nil)
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
    #expect(tick(9000) == nil)
    #expect(!open(9000))
    #expect(probe.state == .asking(roomAt: nil))
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

  // MARK: Room

  @Test mutating func whereThereIsACrowdRoomIsMadeOnceForTheQuestion() {
    open(0)
    #expect(tick(4000, roomAfter: .milliseconds(1500)) == .ask)
    #expect(probe.wakeTime == .at(5500))
    #expect(tick(5499, roomAfter: .milliseconds(1500)) == nil)
    #expect(tick(5500, roomAfter: .milliseconds(1500)) == .makeRoom)
    #expect(probe.wakeTime == nil)
    #expect(tick(6000, roomAfter: .milliseconds(1500)) == nil)
    probe.ended(now: .at(6000))
    #expect(probe.wakeTime == .at(10_000))
  }
}
