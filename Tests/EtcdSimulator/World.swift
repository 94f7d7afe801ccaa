import EtcdTransport
import HeapModule
import TestSupport

/// The virtual clock, and all that is going to happen. Nothing in a simulation happens but by an event of its world.
final class World {
  private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
  var random: SeededRandom
  let trace: Trace
  /// Whether what `KnownFault` lists counts as a failure too.
  let isStrict: Bool
  /// The first promise that was broken; nothing happens any more after it.
  private(set) var violation: Violation?
  private(set) var steps = 0
  var statistics = Statistics()
  private var heap = Heap<Scheduled>()
  private var sequence = 0

  /// Events of one instant happen in the order in which they were planned.
  private struct Scheduled: Comparable {
    let time: Instant
    let sequence: Int
    let body: () -> Void

    static func < (left: Scheduled, right: Scheduled) -> Bool {
      left.time == right.time ? left.sequence < right.sequence : left.time < right.time
    }
    static func == (left: Scheduled, right: Scheduled) -> Bool { left.sequence == right.sequence }
  }

  init(seed: UInt64, trace: Trace, isStrict: Bool) {
    random = SeededRandom(seed: seed)
    self.trace = trace
    self.isStrict = isStrict
  }

  func at(_ time: Instant, _ body: @escaping () -> Void) {
    sequence += 1
    heap.insert(Scheduled(time: max(time, now), sequence: sequence, body: body))
  }

  func after(_ delay: Duration, _ body: @escaping () -> Void) {
    at(now + delay, body)
  }

  /// Lets everything happen until `time`, or until a promise is broken.
  func run(until time: Instant) {
    while violation == nil, let next = heap.min, next.time <= time {
      _ = heap.removeMin()
      now = next.time
      steps += 1
      next.body()
    }
    if violation == nil { now = time }
  }

  func fail(_ promise: Promise, _ text: @autoclosure () -> String) {
    guard violation == nil else { return }
    fail(promise, nil, text())
  }

  private func fail(_ promise: Promise, _ known: KnownFault?, _ text: String) {
    violation = Violation(promise: promise, known: known, text: text, time: now)
    note(0xDEAD, "!! \(promise.rawValue): \(text)")
    trace.end()
  }

  /// A promise was broken in a way that is known.
  func fail(_ promise: Promise, known: KnownFault, _ text: @autoclosure () -> String) {
    statistics.count("known: \(known)")
    if isStrict, violation == nil { fail(promise, known, text()) }
  }

  /// A line of the trace. `code` and the time go into the hash; the text is made only when the trace is recorded.
  func note(_ code: Int, _ text: @autoclosure () -> String) {
    trace.note(at: now, code: code, text)
  }

  /// Drops what is still planned, and with it the cycles of what it would happen to.
  func end() {
    heap = Heap()
  }
}

/// What the library promises (design, section 5), and what the transport's contract demands of the core.
package enum Promise: String, CaseIterable, Sendable {
  case order = "order: events arrive in revision order, a revision whole, none twice, none missing"
  case snapshot = "snapshot: after a snapshot or resync the picture is the store's at its revision"
  case stale = "stale: a picture that is told from disk was the store's at its revision"
  case directory = "directory: it has whom its watcher was told of, and nobody before that is whole"
  case claims = "claims: at most one process holds a key"
  case fencing = "fencing: lost is told before the server can give the key away"
  case holding = "holding: a key that is held is in the store with the holder's lease"
  case removal = "removal: a key that was removed is gone"
  case writes = "writes: at most once, and a reported outcome is true"
  case reads = "reads: what was read is the store's, and not older than the call"
  case oneEnd = "one end: each call ends in exactly one callback"
  case afterFree = "after free: nothing is delivered for what was freed"
  case bounded = "bounded: memory does not grow with what a server sends"
  case quiet = "quiet: no spinning, no retry without a pause, nothing left over"
  case contract = "contract: the transport and the handles are used as they say"
  case inTime = "in time: what is given a time takes no longer"
  case secret = "secret: no password and no token is in a log, an error, or anything else that is told"
  case members = "members: no address is asked for anything because a list has it, before it has said who it is"
  case reload = "reload: other options are taken whole or not at all, and what they do not concern is left alone"
  case told = "told: what cannot be done is said with its reason, and once; READY is not said before something works"
  case live = "live: once faults stop, everything is healthy again"
}

/// Ways in which today's core is known to break a promise (docs/testing.md): they fail a run in strict mode only, so that
/// they do not hide others. Who mends one removes it here.
package enum KnownFault: String, CaseIterable, Sendable {
  /// A host has no name and no password, and etcd asks for them: nothing works.
  case unauthenticated
}

package struct Violation: Sendable {
  package let promise: Promise
  /// Set if this is a way in which today's core is known to break it.
  package let known: KnownFault?
  package let text: String
  package let time: Instant
}

/// What happened, as a hash always and as text when asked for.
final class Trace {
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private(set) var lines: [String] = []
  private var isRecording: Bool
  private let start = Instant(nanoseconds: 1_000_000_000_000)

  init(isRecording: Bool) {
    self.isRecording = isRecording
  }

  /// What follows a failure within the same step is of no interest.
  func end() {
    isRecording = false
  }

  func note(at time: Instant, code: Int, _ text: () -> String) {
    for part in [UInt64(bitPattern: time.nanoseconds), UInt64(bitPattern: Int64(code))] {
      hash = (hash ^ part) &* 0x0000_0100_0000_01B3
      hash ^= hash >> 29
    }
    guard isRecording else { return }
    let milliseconds = (time - start).wholeNanoseconds / 1000
    let whole = String(milliseconds / 1000)
    let rest = String(1000 + milliseconds % 1000).dropFirst()
    lines.append(String(repeating: " ", count: max(0, 7 - whole.count)) + "\(whole).\(rest) ms  \(text())")
  }
}

/// How often what a run is about came about: a simulation that never meets a compaction proves nothing about them.
package struct Statistics: Sendable {
  package private(set) var counts: [String: Int] = [:]

  mutating func count(_ name: String, _ times: Int = 1) {
    counts[name, default: 0] += times
  }

  package mutating func merge(_ other: Statistics) {
    counts.merge(other.counts, uniquingKeysWith: +)
  }

  package init() {}
}
