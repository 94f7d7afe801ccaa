import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

struct ServiceLookupTests {
  private static let secure = "_etcd-client-ssl._tcp.test"
  private static let plain = "_etcd-client._tcp.test"
  private var random: any RandomNumberGenerator = Dice.longest
  private var lookup: ServiceLookup

  init() throws {
    lookup = try Self.lookup("srv:test")
  }

  private static func lookup(_ domains: String...) throws -> ServiceLookup {
    ServiceLookup(
      try domains.map(ServiceDomain.init), interval: .seconds(60),
      backoff: Backoff(minimum: .milliseconds(100), maximum: .seconds(5)))
  }

  /// The name servers that were asked are asked no more.
  @Test mutating func whatWasAskedOfOthersIsAskedAnew() throws {
    #expect(tick(now: .at(0)) == [Self.secure, Self.plain])
    #expect(try !reconfigure("srv:test", isAskedAnew: false))
    #expect(lookup.wakeTime == nil)
    #expect(try !reconfigure("srv:test", isAskedAnew: true))
    #expect(lookup.wakeTime == .at(10))
    #expect(tick(now: .at(10)) == [Self.secure, Self.plain])
  }

  private mutating func reconfigure(_ domains: String..., isAskedAnew: Bool = false) throws -> Bool {
    lookup.reconfigure(
      try domains.map(ServiceDomain.init), interval: .seconds(60),
      backoff: Backoff(minimum: .milliseconds(100), maximum: .seconds(5)), isAskedAnew: isAskedAnew, now: .at(10))
  }

  // MARK: Other domains

  @Test mutating func otherDomainsAreAskedForAtOnceAndWhatOthersNamedIsForgotten() throws {
    _ = round(.records([Self.record("a")]), .records([Self.record("b")]))
    #expect(try reconfigure("srv:http://test", "srv:http://other"))
    #expect(lookup.named.map(\.url) == ["http://b:1"])
    #expect(tick(now: .at(10)) == [Self.plain, "_etcd-client._tcp.other"])
    // Of those that were asked for before.
    #expect(answered(Self.secure, .records([Self.record("a")])) == nil)
    #expect(answered(Self.plain, .failed("timeout")) == nil)
    let finding = answered("_etcd-client._tcp.other", .records([Self.record("c")]))
    #expect(finding?.endpoints.map(\.url) == ["http://b:1", "http://c:1"])
    #expect(finding?.isWhole == false)
  }

  @Test mutating func whileAskingOthersTakeThePlaceOfWhatIsAskedFor() throws {
    #expect(tick(now: .at(0)).count == 2)
    #expect(try reconfigure("srv:http://other"))
    #expect(answered(Self.secure, .records([Self.record("a")])) == nil)
    #expect(answered(Self.plain, .records([Self.record("a")])) == nil)
    #expect(tick(now: .at(10)) == ["_etcd-client._tcp.other"])
    #expect(
      answered("_etcd-client._tcp.other", .records([Self.record("c")]))?.endpoints.map(\.url) == ["http://c:1"])
  }

  @Test mutating func domainsComeAndGo() throws {
    _ = round(.records([Self.record("a")]), .records([]))
    #expect(try reconfigure())
    #expect(!lookup.isOn && lookup.wakeTime == nil && lookup.named.isEmpty)
    #expect(tick(now: .at(100)).isEmpty)
    #expect(try reconfigure("srv:test"))
    #expect(lookup.named.isEmpty)
    #expect(tick(now: .at(10)) == [Self.secure, Self.plain])
  }

  // MARK: For how long

  /// A fourth longer at most, so that not all ask at once; but five seconds, and the refresh interval and a fourth of it.
  @Test(arguments: [(40, 50_000), (0, 6250), (4, 6250), (5, 6250), (70, 75_000), (1_000_000, 75_000)])
  mutating func recordsAreBelievedForAsLongAsTheySay(ttl: Int, wait: Int64) {
    let record = ServiceRecord(host: "a", port: 1, ttl: ttl)
    _ = round(.records([]), .records([record]))
    #expect(waits() == wait)
  }

  @Test mutating func theLeastOfAllThatIsNamedDecides() {
    _ = round(
      .records([ServiceRecord(host: "a", port: 1, ttl: 20)]), .records([ServiceRecord(host: "a", port: 1, ttl: 40)]))
    #expect(waits() == 25_000)
    // And only of what was said this time.
    _ = round(.records([]), .records([ServiceRecord(host: "a", port: 1, ttl: 40)]), now: .at(25_000))
    #expect(waits(.at(25_000)) == 50_000)
  }

  @Test mutating func aShortIntervalIsNotMadeLonger() throws {
    lookup = ServiceLookup(
      [try ServiceDomain(parsing: "srv:test")], interval: .seconds(1),
      backoff: Backoff(minimum: .milliseconds(100), maximum: .seconds(5)))
    _ = round(.records([]), .records([ServiceRecord(host: "a", port: 1, ttl: 0)]))
    #expect(waits() == 1250)
  }

  private mutating func answered(
    _ name: String, _ answer: ServiceAnswer, now: Instant = .at(0)
  ) -> ServiceLookup.Finding? {
    lookup.answered(name, answer, now: now, random: &random)
  }

  private mutating func tick(now: Instant) -> [String] { lookup.tick(now: now) }

  private mutating func nothingAnswers(now: Instant) -> Bool { lookup.nothingAnswers(now: now) }

  /// All that is asked for is answered.
  private mutating func round(
    _ secure: ServiceAnswer, _ plain: ServiceAnswer, now: Instant = .at(0)
  ) -> ServiceLookup.Finding? {
    #expect(tick(now: now) == [Self.secure, Self.plain])
    #expect(answered(Self.secure, secure, now: now) == nil)
    return answered(Self.plain, plain, now: now)
  }

  private static func record(_ host: String, _ port: Int = 1, priority: Int = 0, weight: Int = 0) -> ServiceRecord {
    ServiceRecord(host: host, port: port, priority: priority, weight: weight)
  }

  private func waits(_ from: Instant = .at(0)) -> Int64? {
    lookup.wakeTime.map { ($0 - from).millisecondsRoundedUp }
  }

  @Test mutating func withoutDomainsNothingIsAsked() throws {
    lookup = try Self.lookup()
    #expect(!lookup.isOn)
    #expect(tick(now: .at(0)).isEmpty)
    #expect(lookup.wakeTime == nil)
  }

  @Test mutating func aNameIsAskedForOnceHoweverManyDomainsItIsOf() throws {
    lookup = try Self.lookup("srv:test", "srv:https://test", "srv:other")
    #expect(tick(now: .at(0)).count == 4)
    #expect(tick(now: .at(0)).isEmpty)
  }

  @Test mutating func whatIsNamedIsReachedUnderTheSchemeOfItsName() {
    let finding = round(.records([Self.record("a")]), .records([Self.record("b", 2)]))
    #expect(finding?.endpoints.map(\.url) == ["https://a:1", "http://b:2"])
    #expect(finding?.isWhole == true && finding?.failure == nil)
    // Every minute, give or take a quarter.
    #expect(waits() == 75_000)
  }

  @Test mutating func thatOneOfTheTwoHasNoRecordsIsAsUsual() {
    let finding = round(.records([]), .records([Self.record("b")]))
    #expect(finding?.endpoints.map(\.url) == ["http://b:1"])
    #expect(finding?.isWhole == true && finding?.failure == nil)
  }

  @Test mutating func thoseOfTheLeastPriorityComeFirst() {
    let records = [3, 1, 2, 0].map { Self.record("p\($0)", priority: $0, weight: $0 * 1000) }
    #expect(round(.records([]), .records(records))?.endpoints.map(\.url) == (0...3).map { "http://p\($0):1" })
  }

  @Test mutating func amongEqualsWeightDecidesHowOftenEachIsFirst() {
    random = SeededRandom(seed: 7)
    var first: [String: Int] = [:]
    for time in 0..<400 {
      let records = [Self.record("a", weight: 30), Self.record("b", weight: 10), Self.record("c")]
      let now = Instant.at(Int64(time) * 100_000)
      guard let finding = round(.records([]), .records(records), now: now) else { continue }
      #expect(Set(finding.endpoints.map(\.url)) == ["http://a:1", "http://b:1", "http://c:1"])
      first[finding.endpoints.first?.url ?? "", default: 0] += 1
    }
    #expect(270...330 ~= first["http://a:1"] ?? 0)
    #expect(70...130 ~= first["http://b:1"] ?? 0)
  }

  @Test mutating func whatIsNoAddressIsLeftOut() {
    let records = [
      Self.record(""), Self.record("a", 0), Self.record("a b"), Self.record("a/b"), Self.record("u@a"),
      Self.record("b"), Self.record("B"),
    ]
    #expect(round(.records([]), .records(records))?.endpoints.map(\.url) == ["http://b:1"])
  }

  @Test mutating func ofManyRecordsTheFirstOnesCount() {
    let records = (0..<1000).map { Self.record("h\($0)", priority: 1000 - $0) }
    let finding = round(.records([]), .records(records))
    #expect(finding?.endpoints.count == ServiceLookup.mostRecords)
    #expect(finding?.endpoints.first?.url == "http://h999:1")
  }

  @Test mutating func noRecordsAreAReasonAndAreAskedForAgainWithBackOff() {
    var now = Instant.at(0)
    for wait in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
      let finding = round(.records([]), .records([]), now: now)
      #expect(finding?.endpoints.isEmpty == true && finding?.isWhole == false)
      #expect(
        finding?.failure?.message == "there are no SRV records of \(Self.secure) or \(Self.plain)")
      #expect(waits(now) == Int64(wait))
      now = now + .milliseconds(Int64(wait))
    }
  }

  /// Told at the first, the second, the fourth and the eighth.
  @Test mutating func theSameReasonIsNewsEverMoreSeldom() {
    var now = Instant.at(0)
    var news: [Int] = []
    for number in 1...10 {
      if round(.failed("timeout"), .records([]), now: now)?.isNews == true { news.append(number) }
      now = now + .seconds(5)
    }
    #expect(news == [1, 2, 4, 8])
  }

  @Test mutating func whoseNameServerIsGoneKeepsWhatItNamed() {
    _ = round(.records([Self.record("a")]), .records([Self.record("b")]))
    let finding = round(.failed("timeout"), .records([Self.record("c")]), now: .at(75_000))
    #expect(finding?.endpoints.map(\.url) == ["https://a:1", "http://c:1"])
    #expect(finding?.isWhole == false)
    #expect(finding?.failure?.message == "no answer for the SRV records of \(Self.secure) (timeout)")
    #expect(waits(.at(75_000)) == 100)
    let none = round(.failed("timeout"), .failed("refused"), now: .at(75_100))
    #expect(none?.endpoints.map(\.url) == ["https://a:1", "http://c:1"])
    #expect(
      none?.failure?.message == "no answer for the SRV records of \(Self.secure) (timeout) and \(Self.plain) (refused)")
    // Once it is back, what it says counts again.
    #expect(round(.records([]), .records([Self.record("c")]), now: .at(80_000))?.endpoints.map(\.url) == ["http://c:1"])
    #expect(waits(.at(80_000)) == 75_000)
  }

  @Test mutating func thatNothingAnswersHastensTheQuestion() {
    #expect(!nothingAnswers(now: .at(0)))
    _ = round(.records([]), .records([Self.record("b")]))
    #expect(nothingAnswers(now: .at(1000)))
    #expect(waits() == 5000)
    #expect(!nothingAnswers(now: .at(2000)))
    _ = round(.records([]), .records([Self.record("b")]), now: .at(5000))
    #expect(nothingAnswers(now: .at(20_000)))
    #expect(waits() == 20_000)
  }

  @Test mutating func answersThatWereNotAskedForCountForNothing() {
    #expect(answered(Self.plain, .records([Self.record("b")])) == nil)
    _ = lookup.tick(now: .at(0))
    #expect(answered("_etcd-client._tcp.other", .records([Self.record("b")])) == nil)
    #expect(answered(Self.plain, .records([])) == nil)
    #expect(answered(Self.plain, .records([Self.record("b")])) == nil)
    lookup.end()
    #expect(answered(Self.secure, .records([])) == nil)
    #expect(lookup.wakeTime == nil)
  }
}
