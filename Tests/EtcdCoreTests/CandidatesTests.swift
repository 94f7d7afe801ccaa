import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct CandidatesTests {
  private var candidates = Candidates(longestWait: .seconds(60), longestUrgentWait: .seconds(5))
  private var endpoints = Endpoints(count: 1)
  private var longest: any RandomNumberGenerator = Dice.longest

  private mutating func set(_ urls: String...) {
    candidates.set(
      urls.enumerated().compactMap { index, url in
        (try? Endpoint(parsing: url)).map { Roster.Address(endpoint: $0, memberID: UInt64(index + 1)) }
      }, endpoints: &endpoints, now: .at(0))
  }

  private mutating func next(_ now: Int64) -> String? {
    candidates.next(endpoints: endpoints, now: .at(now))?.endpoint.url
  }

  private mutating func fail(_ now: Int64, because failure: Failure = Failure(.timeout, "silence")) -> Bool {
    candidates.failed(because: failure, now: .at(now), random: &longest)
  }

  private mutating func name(_ member: UInt64) {
    guard let seed = endpoints.currentTarget else { return }
    endpoints.named(1, member: member, by: seed.id, now: .at(0))
  }

  @Test mutating func oneAfterTheOtherIsTried() {
    set("http://a", "http://b")
    #expect(next(0) == "http://a:2379")
    #expect(next(0) == nil)
    #expect(candidates.wakeTime(endpoints: endpoints) == nil)
    #expect(fail(10))
    #expect(next(10) == "http://b:2379")
    let isAdded = candidates.answered(2, isNeeded: true)
    #expect(isAdded)
    #expect(candidates.count == 1)
    #expect(next(20) == nil)
  }

  @Test mutating func oneThatIsAdvertisedNoMoreIsNoEndpointWhateverItAnswers() {
    set("http://a", "http://b")
    #expect(next(0) == "http://a:2379")
    set("http://b")
    let isAdded = candidates.answered(7, isNeeded: true)
    #expect(!isAdded)
    #expect(candidates.count == 1)
  }

  @Test mutating func oneThatIsAdvertisedAgainWhileItIsTriedIsTheSame() {
    set("http://a", "http://b")
    #expect(next(0) == "http://a:2379")
    set("http://b")
    set("http://a", "http://b")
    let isAdded = candidates.answered(1, isNeeded: true)
    #expect(isAdded)
    #expect(candidates.count == 1)
  }

  @Test mutating func oneThatFailedIsTriedAgainLaterEachTimeAndIsNewsOnce() {
    set("http://a")
    var now: Int64 = 0
    for (index, wait) in ([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] as [Int64]).enumerated() {
      #expect(next(now) != nil)
      #expect(fail(now) == (index == 0))
      #expect(next(now + wait - 10) == nil)
      now += wait
    }
    // As long as it is in the list, what was known of it is.
    set("http://a")
    #expect(next(now - 10) == nil)
  }

  @Test mutating func whileNothingElseAnswersItIsTriedMoreOften() throws {
    set("http://a")
    for now in [0, 2000, 6000, 14_000, 30_000] as [Int64] {
      #expect(next(now) != nil)
      _ = fail(now)
    }
    #expect(next(36_000) == nil)
    let seed = try #require(endpoints.currentTarget)
    endpoints.failed(seed.id, startedAt: .at(30_000), now: .at(30_000), random: &longest)
    #expect(candidates.wakeTime(endpoints: endpoints) == .at(35_000))
    #expect(next(35_000) != nil)
  }

  @Test mutating func whoseMemberIsReachedIsNotTried() throws {
    name(1)
    set("http://a", "http://b")
    #expect(next(0) == "http://b:2379")
    // It is the same member.
    let isAdded = candidates.answered(1, isNeeded: false)
    #expect(!isAdded)
    #expect(next(0) == nil)
    #expect(candidates.count == 2)
    // Not any more.
    let seed = try #require(endpoints.currentTarget)
    endpoints.failed(seed.id, startedAt: .at(0), now: .at(0), random: &longest)
    #expect(next(0) == "http://a:2379")
  }

  /// Behind a load balancer there is now this member, now that.
  @Test mutating func whereDifferentMembersAnswerNoneIsReached() {
    name(1)
    name(2)
    set("http://a", "http://b")
    #expect(next(0) == "http://a:2379")
  }

  @Test mutating func whatIsNotInTheListAnyMoreIsNotTried() {
    set("http://a")
    #expect(next(0) != nil)
    set()
    #expect(!fail(0))
    #expect(candidates.count == 0)
    #expect(next(100_000) == nil)
  }

  /// That nobody is there, or what etcd itself says, is nothing of the wire's.
  @Test mutating func anotherWireIsTriedWhereNothingOfEtcdsWasHeard() {
    set("http://a")
    var otherWire: [Bool] = []
    for code in [ErrorCode.timeout, .unavailable, .unauthenticated, .timeout, .protocol, .timeout] {
      let time = Int64(otherWire.count) * 100_000
      #expect(next(time) == "http://a:2379")
      otherWire.append(candidates.triesOtherWire)
      _ = fail(time, because: Failure(code, "m"))
    }
    #expect(otherWire == [false, true, true, true, false, true])
  }
}
