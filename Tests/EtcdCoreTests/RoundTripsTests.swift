import Testing

@testable import EtcdCore

struct RoundTripsTests {
  private var roundTrips = RoundTrips()

  private mutating func take(_ milliseconds: Int64...) {
    for time in milliseconds { roundTrips.took(.milliseconds(time)) }
  }

  private func patience(within limit: Int64 = 3000) -> Duration {
    roundTrips.patience(within: .milliseconds(limit))
  }

  @Test func whoHasNeverAnsweredHasAllTheTimeThereIs() {
    #expect(patience() == .milliseconds(3000))
  }

  @Test mutating func whoAnswersAtOnceHasASecond() {
    take(1)
    #expect(patience() == .milliseconds(1000))
  }

  @Test mutating func theFirstRoundTripCountsThreefold() {
    take(600)
    #expect(patience() == .milliseconds(1800))
  }

  /// RFC 6298, section 2: a quarter of the new deviation, an eighth of the new time.
  @Test mutating func variationMakesPatient() {
    take(400, 1200)
    #expect(patience() == .milliseconds(500 + 4 * 350))
  }

  @Test mutating func whatTakesLongForAWhileIsForgotten() {
    take(1, 1, 1, 2500)
    #expect(patience() > .milliseconds(2500))
    for _ in 0..<20 { take(1) }
    #expect(patience() == .milliseconds(1000))
  }

  @Test mutating func aSlowWayThatIsSteadyIsWaitedForAsLongAsItTakes() {
    for _ in 0..<50 { take(1500) }
    #expect(patience() >= .milliseconds(1500))
    #expect(patience() < .milliseconds(1600))
  }

  @Test mutating func nobodyIsWaitedForBeyondTheLimit() {
    take(2000)
    #expect(patience() == .milliseconds(3000))
    #expect(patience(within: 200) == .milliseconds(200))
  }

  @Test(arguments: [Int64.min, -1, Int64.max]) mutating func absurdTimesAreBounded(time: Int64) {
    roundTrips.took(.nanoseconds(time))
    roundTrips.took(.nanoseconds(time))
    #expect(patience() >= .milliseconds(1000))
  }
}
