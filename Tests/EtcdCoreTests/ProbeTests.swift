import EtcdTransport
import Testing

@testable import EtcdCore

struct ProbeTests {
  private var probe = Probe(interval: .milliseconds(4000))

  private mutating func tick(_ now: Int64, heard: Int64? = nil, hasStreams: Bool = true) -> Probe.Action? {
    probe.tick(lastHeard: heard.map { .at($0) }, hasStreams: hasStreams, now: .at(now))
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
    #expect(probe.state == .asking)
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
    #expect(probe.state == .asking)
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
}
