/// Exponential back-off with full jitter: the n-th wait is drawn evenly from zero to `minimum` · 2ⁿ⁻¹, at most
/// `maximum`. Full jitter spreads a thousand clients that lost the same server best
/// (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
package struct Backoff: Hashable, Sendable {
  package var minimum: Duration
  package var maximum: Duration

  package init(minimum: Duration, maximum: Duration) {
    self.minimum = minimum
    self.maximum = maximum
  }

  init(_ options: Options) {
    self.init(minimum: .milliseconds(options.backoffMinMs), maximum: .milliseconds(options.backoffMaxMs))
  }

  /// How long to wait after `failures` failures in a row; nothing after none.
  package func delay(afterFailures failures: Int, using random: inout any RandomNumberGenerator) -> Duration {
    guard failures > 0 else { return .zero }
    let ceiling = min(maximum, minimum * (1 << min(failures - 1, 20)))
    return .nanoseconds(Int64.random(in: 0...max(0, ceiling.wholeNanoseconds), using: &random))
  }

  /// How long to wait with what does not pass by itself: the longest there is, half of it for sure.
  func longest(using random: inout any RandomNumberGenerator) -> Duration {
    let ceiling = max(0, maximum.wholeNanoseconds)
    return .nanoseconds(Int64.random(in: ceiling / 2...ceiling, using: &random))
  }

  func delay(after streak: FailureStreak, using random: inout any RandomNumberGenerator) -> Duration {
    switch streak.last?.remedy {
    case .time, nil: delay(afterFailures: streak.count, using: &random)
    case .intervention, .anotherRequest: longest(using: &random)
    }
  }
}
