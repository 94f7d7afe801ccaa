import EtcdTransport
import Testing

@testable import EtcdCore

struct EndpointsTests {
  private let backoff = Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000))
  private var longest: any RandomNumberGenerator = Dice.longest
  /// `e1` is current.
  private var endpoints: Endpoints

  init() {
    var first: any RandomNumberGenerator = Dice.shortest
    let seeds = (1...3).compactMap { try? Endpoint(parsing: "http://e\($0)") }
    endpoints = Endpoints(seeds: seeds, backoff: backoff, random: &first)
  }

  private func chosen(_ now: Instant) -> String {
    switch endpoints.choose(now: now) {
    case .use(let id): String(endpoints.endpoint(id).url.dropFirst("http://".count).prefix(2))
    case .wait(let until): "wait \((until - .at(0)).millisecondsRoundedUp)"
    }
  }

  private func id(_ now: Instant) -> Endpoints.ID? {
    if case .use(let id) = endpoints.choose(now: now) { id } else { nil }
  }

  /// The current endpoint fails an attempt that began at `start`.
  private mutating func fail(start: Instant, now: Instant) {
    guard let id = id(start) else { return }
    endpoints.failed(id, startedAt: start, now: now, random: &longest)
  }

  @Test mutating func clientsBeginAtDifferentEndpoints() {
    let seeds = (1...3).compactMap { try? Endpoint(parsing: "http://e\($0)") }
    #expect(chosen(.at(0)) == "e1")
    endpoints = Endpoints(seeds: seeds, backoff: backoff, random: &longest)
    #expect(chosen(.at(0)) == "e3")
  }

  @Test mutating func anEndpointThatAnswersIsKept() throws {
    for time in 0..<5 {
      endpoints.succeeded(try #require(id(.at(0))), now: .at(Int64(time)))
      #expect(chosen(.at(Int64(time))) == "e1")
    }
  }

  @Test mutating func aFailureMovesOnAtOnce() {
    fail(start: .at(0), now: .at(10))
    #expect(chosen(.at(10)) == "e2")
    #expect(!endpoints.allFailing)
  }

  @Test mutating func theEndpointThatTookOverIsKeptWhenTheFirstRecovers() throws {
    fail(start: .at(0), now: .at(10))
    let second = try #require(id(.at(10)))
    endpoints.succeeded(second, now: .at(20))
    // The back-off of e1 is long over.
    #expect(chosen(.at(9000)) == "e2")
  }

  @Test mutating func theEndpointWhoseWaitEndsFirstIsTriedWhenAllFail() {
    fail(start: .at(0), now: .at(10))  // e1 waits until 110
    fail(start: .at(10), now: .at(20))  // e2 until 120
    fail(start: .at(20), now: .at(30))  // e3 until 130
    #expect(endpoints.allFailing)
    #expect(chosen(.at(30)) == "wait 110")
    #expect(chosen(.at(109)) == "wait 110")
    #expect(chosen(.at(110)) == "e1")
  }

  @Test mutating func attemptsThatWereUnderWayTogetherCountAsOneFailure() throws {
    let first = try #require(id(.at(0)))
    for _ in 0..<20 { endpoints.failed(first, startedAt: .at(0), now: .at(10), random: &longest) }
    // e2 and e3 fail later, so that e1 is the first in line if it waits for no more than 100 ms.
    fail(start: .at(50), now: .at(50))
    fail(start: .at(50), now: .at(50))
    #expect(chosen(.at(50)) == "wait 110")
  }

  @Test mutating func aNewAttemptThatFailsCountsAgain() throws {
    let first = try #require(id(.at(0)))
    endpoints.failed(first, startedAt: .at(0), now: .at(10), random: &longest)
    endpoints.failed(first, startedAt: .at(10), now: .at(10), random: &longest)
    endpoints.failed(first, startedAt: .at(10), now: .at(10), random: &longest)
    // e2 and e3 fail later than that, so that e1, which waits for 400 ms, is the first in line.
    fail(start: .at(400), now: .at(400))
    fail(start: .at(400), now: .at(400))
    #expect(chosen(.at(400)) == "wait 410")
  }

  @Test mutating func anAnswerMakesAnEndpointHealthyAgain() throws {
    let first = try #require(id(.at(0)))
    endpoints.failed(first, startedAt: .at(0), now: .at(10), random: &longest)
    endpoints.succeeded(first, now: .at(20))
    fail(start: .at(20), now: .at(20))
    fail(start: .at(20), now: .at(20))
    #expect(!endpoints.allFailing)
    #expect(chosen(.at(20)) == "e1")
    // Its failures are forgotten: the next wait is a first one.
    endpoints.failed(first, startedAt: .at(30), now: .at(30), random: &longest)
    #expect(chosen(.at(30)) == "wait 120")
  }

  @Test mutating func anAnswerFromElsewhereDoesNotMoveTheClient() throws {
    let first = try #require(id(.at(0)))
    fail(start: .at(0), now: .at(0))
    let second = try #require(id(.at(0)))
    endpoints.succeeded(second, now: .at(0))
    endpoints.succeeded(first, now: .at(500))
    #expect(chosen(.at(500)) == "e2")
  }

  @Test mutating func whatAnswersBecomesCurrentWhenTheCurrentOneFails() throws {
    let first = try #require(id(.at(0)))
    for _ in 0..<3 { fail(start: .at(0), now: .at(0)) }
    // e1 comes first in line again, and it is e2 that answers (an attempt that was under way).
    fail(start: .at(100), now: .at(100))
    let second = try #require(id(.at(101)))
    #expect(second != first)
    endpoints.succeeded(second, now: .at(102))
    #expect(chosen(.at(10_000)) == "e2")
  }

  @Test mutating func everyAnswerIsASignOfLife() throws {
    let first = try #require(id(.at(0)))
    #expect(endpoints.lastHeard(first) == nil)
    endpoints.heard(first, now: .at(5))
    #expect(endpoints.lastHeard(first) == .at(5))
    endpoints.succeeded(first, now: .at(9))
    #expect(endpoints.lastHeard(first) == .at(9))
    endpoints.failed(first, startedAt: .at(10), now: .at(10), random: &longest)
    #expect(endpoints.lastHeard(first) == .at(9))
  }

  @Test mutating func withoutSeedsThereIsNothingToChooseAndNoCrash() {
    endpoints = Endpoints(seeds: [], backoff: backoff, random: &longest)
    #expect(endpoints.count == 0)
    #expect(endpoints.choose(now: .at(0)) == .wait(until: .distantFuture))
  }
}
