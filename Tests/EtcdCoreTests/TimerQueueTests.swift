import EtcdTransport
import Testing

@testable import EtcdCore

struct TimerQueueTests {
  private var queue = TimerQueue<String>()

  @Test mutating func timersComeDueInTheOrderOfTime() {
    queue.insert("late", at: .at(30))
    queue.insert("early", at: .at(10))
    queue.insert("middle", at: .at(20))
    #expect(queue.earliest == .at(10))
    #expect(queue.removeDue(now: .at(9)) == nil)
    #expect(queue.removeDue(now: .at(20)) == "early")
    #expect(queue.removeDue(now: .at(20)) == "middle")
    #expect(queue.removeDue(now: .at(20)) == nil)
    #expect(queue.earliest == .at(30))
  }

  @Test func emptyQueueHasNoTime() {
    #expect(queue.earliest == nil)
    #expect(!queue.needsSweep)
  }

  @Test mutating func sweepKeepsOnlyWhatIsStillWanted() {
    for number in 0..<100 { queue.insert(number == 50 ? "wanted" : "left over", at: .at(Int64(number))) }
    #expect(queue.needsSweep)
    queue.sweep { owner, time in owner == "wanted" && time == .at(50) }
    #expect(queue.earliest == .at(50))
    #expect(!queue.needsSweep)
    #expect(queue.removeDue(now: .distantFuture) == "wanted")
    #expect(queue.removeDue(now: .distantFuture) == nil)
  }

  @Test mutating func manyWantedTimersAreNotSweptAgainAndAgain() {
    for number in 0..<100 { queue.insert("wanted", at: .at(Int64(number))) }
    queue.sweep { _, _ in true }
    queue.insert("one more", at: .at(0))
    #expect(!queue.needsSweep)
    for number in 0..<100 { queue.insert("left over", at: .at(Int64(number))) }
    #expect(queue.needsSweep)
  }
}
