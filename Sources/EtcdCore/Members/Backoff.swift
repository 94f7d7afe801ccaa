/// Exponential back-off with full jitter: the n-th wait is drawn evenly from zero to `minimum` · 2ⁿ⁻¹, at most
/// `maximum`. Full jitter spreads a thousand clients that lost the same server best
/// (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
package struct Backoff: Hashable, Sendable {
  /// Each keepalive and watcher has one, and a duration has twice the bits.
  private let minimumNanoseconds: Int64
  private let maximumNanoseconds: Int64

  package init(minimum: Duration, maximum: Duration) {
    minimumNanoseconds = max(0, minimum.wholeNanoseconds)
    maximumNanoseconds = max(0, maximum.wholeNanoseconds)
  }

  package var minimum: Duration { .nanoseconds(minimumNanoseconds) }
  package var maximum: Duration { .nanoseconds(maximumNanoseconds) }

  init(_ options: Options) {
    self.init(minimum: .milliseconds(options.backoffMinMs), maximum: .milliseconds(options.backoffMaxMs))
  }

  /// How long to wait after `failures` failures in a row; nothing after none.
  package func delay(afterFailures failures: Int, using random: inout any RandomNumberGenerator) -> Duration {
    guard failures > 0 else { return .zero }
    let (doubled, isTooLarge) = minimumNanoseconds.multipliedReportingOverflow(by: 1 << min(failures - 1, 20))
    let ceiling = isTooLarge ? maximumNanoseconds : min(maximumNanoseconds, doubled)
    return .nanoseconds(Int64.random(in: 0...ceiling, using: &random))
  }

  /// How long to wait with what does not pass by itself: the longest there is, half of it for sure.
  func longest(using random: inout any RandomNumberGenerator) -> Duration {
    .nanoseconds(Int64.random(in: maximumNanoseconds / 2...maximumNanoseconds, using: &random))
  }

  func delay(after streak: FailureStreak, using random: inout any RandomNumberGenerator) -> Duration {
    switch streak.last?.remedy {
    case .time, nil: delay(afterFailures: streak.count, using: &random)
    case .intervention, .anotherRequest: longest(using: &random)
    }
  }
}
