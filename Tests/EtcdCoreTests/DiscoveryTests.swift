import EtcdTransport
import Testing

@testable import EtcdCore

struct DiscoveryTests {
  private var discovery = Discovery(isOn: true, interval: .seconds(60))
  private var longest: any RandomNumberGenerator = Dice.longest

  private mutating func answered() -> Bool { discovery.answered() }

  private mutating func tick(allFailing: Bool, now: Instant) -> Bool {
    discovery.tick(allFailing: allFailing, now: now)
  }

  @discardableResult
  private mutating func ended(_ failure: Failure?, now: Instant, _ dice: Dice = .longest) -> Bool {
    var random: any RandomNumberGenerator = dice
    return discovery.ended(failure, now: now, random: &random)
  }

  private static let unreachable = Failure(.unavailable, "nobody there")
  private static let denied = Failure(.server, "permission denied", reason: .permissionDenied)

  @Test mutating func itIsAskedOnceSomethingHasAnswered() {
    #expect(discovery.wakeTime == nil)
    #expect(answered())
    #expect(!answered())
  }

  @Test mutating func whereItIsOffNothingIsAsked() {
    discovery = Discovery(isOn: false, interval: .seconds(60))
    #expect(!answered())
    discovery.moved(now: .at(0), random: &longest)
    #expect(discovery.wakeTime == nil)
  }

  @Test mutating func itIsAskedAgainWithinAQuarterOfTheInterval() {
    _ = answered()
    ended(nil, now: .at(0))
    #expect(discovery.wakeTime.map { $0 - .at(0) > .seconds(74) && $0 - .at(0) <= .seconds(75) } == true)
    #expect(!tick(allFailing: false, now: .at(74_000)))
    #expect(tick(allFailing: false, now: .at(75_000)))
    ended(nil, now: .at(75_000), .shortest)
    #expect(tick(allFailing: false, now: .at(75_000 + 45_001)))
  }

  @Test mutating func whereNothingAnswersItIsAskedWhenSomethingDoes() {
    _ = answered()
    ended(nil, now: .at(0))
    #expect(!tick(allFailing: true, now: .at(75_000)))
    #expect(discovery.wakeTime == nil)
    #expect(answered())
  }

  @Test mutating func itIsAskedSoonAfterAFailoverAndNotEachTime() {
    _ = answered()
    ended(nil, now: .at(0))
    discovery.moved(now: .at(1000), random: &longest)
    #expect(discovery.wakeTime == .at(5000))
    discovery.moved(now: .at(2000), random: &longest)
    #expect(discovery.wakeTime == .at(5000))
    #expect(tick(allFailing: false, now: .at(5000)))
    ended(nil, now: .at(5000))
    // Long after: within a second, and not all clients at once.
    discovery.moved(now: .at(20_000), random: &longest)
    #expect(discovery.wakeTime.map { $0 > .at(20_900) && $0 <= .at(21_000) } == true)
  }

  @Test mutating func aFailureIsTriedAgainLaterEachTimeAndIsNewsOnce() {
    _ = answered()
    var now = Instant.at(0)
    #expect(ended(Self.unreachable, now: now))
    for (index, wait) in ([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] as [Int64]).enumerated() {
      let until = discovery.wakeTime ?? now
      #expect(until - now <= .milliseconds(wait) && until - now > .milliseconds(wait - 10), "\(index)")
      now = until
      #expect(tick(allFailing: false, now: now))
      ended(Self.unreachable, now: now)
    }
    #expect(tick(allFailing: false, now: discovery.wakeTime ?? now))
    #expect(!ended(nil, now: now))
  }

  @Test mutating func aRefusalIsNoReasonToAskMoreOften() {
    _ = answered()
    #expect(ended(Self.denied, now: .at(0), .shortest))
    #expect(discovery.wakeTime.map { $0 >= .at(45_000) } == true)
  }

  @Test mutating func onceItHasEndedNothingIsAsked() {
    _ = answered()
    discovery.end()
    #expect(!ended(nil, now: .at(0)))
    #expect(discovery.wakeTime == nil)
    #expect(!answered())
  }
}
