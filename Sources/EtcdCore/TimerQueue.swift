import EtcdTransport
import HeapModule

/// What is to be woken, and when. A timer that is no longer wanted is not looked for: its owner, being woken for
/// nothing, does nothing. So that such leftovers cannot pile up, they are thrown out when they may be the greater part.
struct TimerQueue<Owner> {
  private struct Timer: Comparable {
    let time: Instant
    let owner: Owner

    static func < (left: Timer, right: Timer) -> Bool { left.time < right.time }
    static func == (left: Timer, right: Timer) -> Bool { left.time == right.time }
  }

  private var heap = Heap<Timer>()
  private var countAfterSweep = 0

  var earliest: Instant? { heap.min?.time }

  var needsSweep: Bool { heap.count > 64 && heap.count > 2 * countAfterSweep }

  mutating func insert(_ owner: Owner, at time: Instant) {
    heap.insert(Timer(time: time, owner: owner))
  }

  mutating func removeDue(now: Instant) -> Owner? {
    guard let first = heap.min, first.time <= now else { return nil }
    return heap.removeMin().owner
  }

  /// Keeps only the timers whose owner still waits for this very time.
  mutating func sweep(keeping isWanted: (Owner, Instant) -> Bool) {
    heap = Heap(heap.unordered.filter { isWanted($0.owner, $0.time) })
    countAfterSweep = heap.count
  }
}
