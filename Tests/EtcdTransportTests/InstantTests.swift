import Testing

@testable import EtcdTransport

@Suite struct InstantTests {
  /// Of a duration in any other way: seconds, and what is left.
  private func expected(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflowed) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    if overflow || overflowed { return seconds < 0 ? .min : .max }
    return sum
  }

  @Test(arguments: [0, 1, 17, 18, 19, 120, 86_400, 1 << 32, 9_223_372_036, 9_223_372_037, 18_446_744_073, .max])
  func durationsAreCountedInNanoseconds(seconds: Int64) {
    for rest in [0, 1, 999_999_999, 1_000_000_000, 854_775_807_000_000_000, 999_999_999_999_999_999] as [Int64] {
      let duration = Duration(secondsComponent: seconds, attosecondsComponent: rest)
      #expect(duration.wholeNanoseconds == expected(duration))
      #expect((.zero - duration).wholeNanoseconds == expected(.zero - duration))
    }
  }

  @Test(arguments: [0, 1, -1, 1_500_000_000, -1_500_000_000, .max, .min] as [Int64])
  func nanosecondsMakeADuration(nanoseconds: Int64) {
    #expect(Duration(wholeNanoseconds: nanoseconds) == .nanoseconds(nanoseconds))
    #expect(Duration(wholeNanoseconds: nanoseconds).wholeNanoseconds == nanoseconds)
  }

  @Test func theEarlierIsTheOneThatIsThere() {
    let (one, two) = (Instant(nanoseconds: 1), Instant(nanoseconds: 2))
    #expect(Instant.earlier(one, two) == one)
    #expect(Instant.earlier(two, one) == one)
    #expect(Instant.earlier(nil, two) == two)
    #expect(Instant.earlier(one, nil) == one)
    #expect(Instant.earlier(nil, nil) == nil)
  }
}
