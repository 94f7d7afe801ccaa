import EtcdTransport
import Testing

@testable import EtcdCore

struct BackoffTests {
  private let backoff = Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000))
  private var longest: any RandomNumberGenerator = Dice.longest
  private var shortest: any RandomNumberGenerator = Dice.shortest

  @Test mutating func thereIsNoWaitAfterNoFailure() {
    #expect(backoff.delay(afterFailures: 0, using: &longest) == .zero)
    #expect(backoff.delay(afterFailures: -1, using: &longest) == .zero)
  }

  @Test mutating func longestWaitDoublesUpToTheMaximum() {
    let waits = (1...8).map { backoff.delay(afterFailures: $0, using: &longest) }
    #expect(waits == [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
  }

  @Test mutating func jitterIsFull() {
    #expect(backoff.delay(afterFailures: 7, using: &shortest) == .zero)
    var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
    let waits = (0..<200).map { _ in backoff.delay(afterFailures: 1, using: &random) }
    #expect(waits.allSatisfy { $0 >= .zero && $0 <= .milliseconds(100) })
    #expect(waits.contains { $0 < .milliseconds(50) } && waits.contains { $0 > .milliseconds(50) })
  }

  @Test mutating func anyNumberOfFailuresIsBounded() {
    #expect(backoff.delay(afterFailures: .max, using: &longest) == .milliseconds(5000))
    let extreme = Backoff(minimum: .milliseconds(3_600_000), maximum: .milliseconds(3_600_000))
    #expect(extreme.delay(afterFailures: 1000, using: &longest) == .milliseconds(3_600_000))
  }
}
