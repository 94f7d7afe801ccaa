/// A point in time on `CLOCK_BOOTTIME`: it never jumps, and goes on while the machine is suspended, as leases do.
package struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since boot; in the simulator, since the start of the run.
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  package static let distantPast = Instant(nanoseconds: .min)
  package static let distantFuture = Instant(nanoseconds: .max)

  package static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// Saturates at the ends of the clock instead of trapping.
  package static func + (left: Instant, right: Duration) -> Instant {
    let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
    guard overflow else { return Instant(nanoseconds: sum) }
    return Instant(nanoseconds: right < .zero ? .min : .max)
  }

  /// The time from `right` to `left`; saturates like `+`.
  package static func - (left: Instant, right: Instant) -> Duration {
    let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
    guard overflow else { return .nanoseconds(difference) }
    return .nanoseconds(left < right ? Int64.min : Int64.max)
  }
}

extension Duration {
  /// This duration in nanoseconds, cut off towards zero and saturated at the range of `Int64` (292 years).
  package var wholeNanoseconds: Int64 {
    // Up to eighteen seconds, as most have that are counted for each request, they are one word.
    let attoseconds = attoseconds
    if attoseconds >> 64 == 0 { return Int64(UInt64(truncatingIfNeeded: attoseconds) / 1_000_000_000) }
    return wholeNanosecondsOfMany
  }

  private var wholeNanosecondsOfMany: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, overflowed) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    if overflowed { return seconds < 0 ? .min : .max }
    return sum
  }

  /// This duration in milliseconds, rounded up, never negative: what `poll(2)` and libcurl are given, so that neither
  /// returns before the time has come.
  package var millisecondsRoundedUp: Int64 {
    let nanoseconds = wholeNanoseconds
    if nanoseconds <= 0 { return 0 }
    return (nanoseconds - 1) / 1_000_000 + 1
  }
}
