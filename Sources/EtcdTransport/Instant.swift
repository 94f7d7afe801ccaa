/// A point in time on `CLOCK_BOOTTIME`: it never jumps, and goes on while the machine is suspended, as leases do.
package struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since boot; in the simulator, since the start of the run.
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  package static let distantPast = Instant(nanoseconds: .min)
  package static let distantFuture = Instant(nanoseconds: .max)

  /// `nil` is never.
  static func earlier(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left, let right else { return left ?? right }
    return min(left, right)
  }

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
    guard overflow else { return Duration(wholeNanoseconds: difference) }
    return .nanoseconds(left < right ? Int64.min : Int64.max)
  }
}

extension Duration {
  /// This duration in nanoseconds, cut off towards zero and saturated at the range of `Int64` (292 years).
  package var wholeNanoseconds: Int64 {
    let attoseconds = attoseconds
    let high = Int64(truncatingIfNeeded: attoseconds >> 64)
    // All that are counted for each request are of this kind, up to 290 years: one division, where one of 128 bits is a
    // call.
    if 0..<500_000_000 ~= high {
      let low = UInt64(truncatingIfNeeded: attoseconds)
      return Int64((1_000_000_000 as UInt64).dividingFullWidth((UInt64(high), low)).quotient)
    }
    return Int64(clamping: attoseconds / 1_000_000_000)
  }

  /// As `nanoseconds(_:)`, which goes by way of a product that might overflow.
  package init(wholeNanoseconds: Int64) {
    self.init(attoseconds: Int128(wholeNanoseconds) &* 1_000_000_000)
  }

  /// This duration in milliseconds, rounded up, never negative: what `poll(2)` and libcurl are given, so that neither
  /// returns before the time has come.
  package var millisecondsRoundedUp: Int64 {
    let nanoseconds = wholeNanoseconds
    if nanoseconds <= 0 { return 0 }
    return (nanoseconds - 1) / 1_000_000 + 1
  }
}
