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

  @Test mutating func emptyQueueHasNoTime() {
    queue.drop { _, _ in false }
    #expect(queue.earliest == nil)
  }

  @Test mutating func timersThatNobodyWaitsForAreDroppedFromTheFront() {
    queue.insert("left over", at: .at(10))
    queue.insert("wanted", at: .at(20))
    queue.insert("left over", at: .at(30))
    queue.drop { owner, _ in owner == "wanted" }
    #expect(queue.earliest == .at(20))
    #expect(queue.count == 2)
  }

  @Test mutating func manyLeftoversBehindAWantedTimerAreDropped() {
    queue.insert("wanted", at: .at(0))
    for number in 1...100 { queue.insert(number == 50 ? "wanted" : "left over", at: .at(Int64(number))) }
    queue.drop { owner, _ in owner == "wanted" }
    #expect(queue.count == 2)
    #expect(queue.removeDue(now: .distantFuture) == "wanted")
    #expect(queue.earliest == .at(50))
  }

  @Test mutating func manyWantedTimersAreNotLookedAtAgainAndAgain() {
    for number in 0..<100 { queue.insert("wanted", at: .at(Int64(number))) }
    queue.drop { _, _ in true }
    queue.insert("one more", at: .at(200))
    var looks = 0
    queue.drop { _, _ in
      looks += 1
      return true
    }
    #expect(looks == 1)
  }
}
