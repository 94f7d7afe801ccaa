import EtcdTransport
import HeapModule

/// What is to be woken, and when. A timer that is no longer wanted is not looked for: it is dropped when it comes to the
/// front, before it wakes anybody, or when such leftovers may be the greater part.
struct TimerQueue<Owner> {
  private struct Timer: Comparable {
    let time: Instant
    let owner: Owner

    static func < (left: Timer, right: Timer) -> Bool { left.time < right.time }
    static func == (left: Timer, right: Timer) -> Bool { left.time == right.time }
  }

  private var heap = Heap<Timer>()
  private var countAfterSweep = 0

  var count: Int { heap.count }

  var earliest: Instant? { heap.min?.time }

  mutating func insert(_ owner: Owner, at time: Instant) {
    heap.insert(Timer(time: time, owner: owner))
  }

  mutating func removeDue(now: Instant) -> Owner? {
    guard let first = heap.min, first.time <= now else { return nil }
    return heap.removeMin().owner
  }

  /// Drops timers whose owner does not wait for this very time: those at the front, and all if they have become many.
  mutating func drop(unless isWanted: (Owner, Instant) -> Bool) {
    if heap.count > 64, heap.count > 2 * countAfterSweep {
      heap = Heap(heap.unordered.filter { isWanted($0.owner, $0.time) })
      countAfterSweep = heap.count
    }
    while let first = heap.min, !isWanted(first.owner, first.time) { heap.removeMin() }
  }
}
