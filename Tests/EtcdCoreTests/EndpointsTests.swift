import EtcdTransport
import Testing

@testable import EtcdCore

struct EndpointsTests {
  private let backoff = Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000))
  private var longest: any RandomNumberGenerator = Dice.longest
  /// `e1` is current.
  private var endpoints = Endpoints(count: 3)

  private func chosen(_ now: Instant) -> String {
    switch endpoints.choose(now: now) {
    case .use(let target): String(target.endpoint.url.dropFirst("http://".count).prefix(2))
    case .wait(let until): "wait \((until - .at(0)).millisecondsRoundedUp)"
    }
  }

  private func id(_ now: Instant, avoiding avoided: Set<Endpoints.ID> = []) -> Endpoints.ID? {
    if case .use(let target) = endpoints.choose(avoiding: avoided, now: now) { target.id } else { nil }
  }

  /// The current endpoint fails an attempt that began at `start`.
  private mutating func fail(start: Instant, now: Instant) {
    guard let id = id(start) else { return }
    endpoints.failed(id, startedAt: start, now: now, random: &longest)
  }

  @Test mutating func clientsBeginAtDifferentEndpoints() {
    let seeds = (1...3).compactMap { try? Endpoint(parsing: "http://e\($0)") }
    #expect(chosen(.at(0)) == "e1")
    endpoints = Endpoints(seeds: seeds, backoff: backoff, probeInterval: .seconds(4), random: &longest)
    #expect(chosen(.at(0)) == "e3")
  }

  @Test mutating func anEndpointThatAnswersIsKept() throws {
    for time in 0..<5 {
      endpoints.succeeded(try #require(id(.at(0))), now: .at(Int64(time)))
      #expect(chosen(.at(Int64(time))) == "e1")
    }
  }

  // MARK: Whose they are

  private func mayFindElsewhere(_ clusterID: UInt64 = 1, than id: Endpoints.ID, _ now: Instant) -> Bool {
    endpoints.mayFind(clusterID, elsewhereThan: id, within: .seconds(7), now: now)
  }

  @Test mutating func aClusterMayBeFoundWhereNobodyHasLookedYet() throws {
    #expect(mayFindElsewhere(than: try #require(id(.at(0))), .at(0)))
    endpoints = Endpoints(count: 1)
    #expect(!mayFindElsewhere(than: try #require(id(.at(0))), .at(0)))
  }

  @Test mutating func aClusterIsNotFoundWhereAnotherHasAnsweredOrNobodyDoes() throws {
    let first = try #require(id(.at(0)))
    fail(start: .at(0), now: .at(10))
    endpoints.named(2, by: try #require(id(.at(10))), now: .at(10))
    fail(start: .at(10), now: .at(20))
    #expect(mayFindElsewhere(than: first, .at(20)))
    #expect(mayFindElsewhere(2, than: first, .at(20)))
    fail(start: .at(20), now: .at(30))
    #expect(!mayFindElsewhere(than: first, .at(30)))
    // The third is to be had again, but was looked at not long ago: a member that refuses for ever proves nothing.
    #expect(!mayFindElsewhere(than: first, .at(7030)))
    #expect(mayFindElsewhere(than: first, .at(7031)))
  }

  @Test mutating func aClusterIsFoundWhereItHasJustAnswered() throws {
    endpoints = Endpoints(count: 2)
    let first = try #require(id(.at(0)))
    endpoints.succeeded(first, now: .at(0))
    endpoints.named(1, by: first, now: .at(0))
    fail(start: .at(0), now: .at(10))
    let second = try #require(id(.at(10)))
    #expect(mayFindElsewhere(than: second, .at(20)))
    // A refusal, by a member that has no leader for example, shows that it lives and not whose it is.
    endpoints.heard(first, now: .at(7000))
    endpoints.failed(first, startedAt: .at(6000), now: .at(7000), random: &longest)
    #expect(mayFindElsewhere(than: second, .at(7000)))
    #expect(!mayFindElsewhere(than: second, .at(7001)))
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

  /// Any member answers what is local, one without a leader too, and refuses the rest again and again.
  @Test mutating func anAnswerThatProvesLittleDoesNotShortenTheNextWait() throws {
    let first = try #require(id(.at(0)))
    for time in 1...3 as ClosedRange<Int64> {
      endpoints.failed(first, startedAt: .at(time), now: .at(time), random: &longest)
      endpoints.succeeded(first, isLocal: true, now: .at(time))
    }
    endpoints.failed(first, startedAt: .at(10), now: .at(10), random: &longest)
    // e2 and e3 fail later than that, so that e1, which waits for 800 ms, is the first in line.
    fail(start: .at(800), now: .at(800))
    fail(start: .at(800), now: .at(800))
    #expect(chosen(.at(800)) == "wait 810")
    // What is not local proves that all works.
    endpoints.succeeded(first, now: .at(810))
    endpoints.failed(first, startedAt: .at(820), now: .at(820), random: &longest)
    for _ in 0..<2 { fail(start: .at(900), now: .at(900)) }
    #expect(chosen(.at(901)) == "wait 920")
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
    endpoints = Endpoints(seeds: [], backoff: backoff, probeInterval: .seconds(4), random: &longest)
    #expect(endpoints.count == 0)
    #expect(endpoints.isEmpty && endpoints.allFailing)
    #expect(chosen(.at(0)) == "wait 1000")
    // The first of those that are named then is the current one.
    let named = (1...2).compactMap { try? Endpoint(parsing: "http://n\($0)") }
    let (added, removed) = endpoints.name(named, isWhole: true, hasStreams: { _ in false })
    #expect(added.map(\.endpoint) == named && removed.isEmpty)
    #expect(chosen(.at(0)) == "n1")
  }

  // MARK: Doubts

  /// Whom nothing is asked of shows nothing: a doubt that nothing but an answer could end would be for ever.
  @Test mutating func whoIsDoubtedIsTriedBeforeWhoIsToBeAvoided() throws {
    let avoided = try #require(id(.at(0)))
    for endpoint in endpoints.reports.dropFirst() {
      endpoints.doubt(endpoints.target(for: try Endpoint(parsing: endpoint.url)).id)
    }
    #expect(id(.at(0)) == avoided)
    #expect(id(.at(0), avoiding: [avoided]) != avoided)
  }

  /// What was waited for has ended, even if another failure is counted already: it is tried when that says so.
  @Test mutating func aDoubtEndsWithAFailureThatBeganBeforeTheLastOne() throws {
    let doubted = try #require(id(.at(10)))
    for time in Int64(20)...22 { fail(start: .at(10), now: .at(time)) }
    endpoints.doubt(doubted)
    #expect(id(.at(100_000)) != doubted)
    endpoints.failed(doubted, startedAt: .at(5), now: .at(30), random: &longest)
    #expect(id(.at(100_000)) == doubted)
  }

  // MARK: Coming and going

  @discardableResult
  private mutating func add(_ number: Int) throws -> Endpoints.ID {
    endpoints.add(try Endpoint(parsing: "http://e\(number)"))
  }

  @discardableResult
  private mutating func remove(_ id: Endpoints.ID) -> Bool {
    endpoints.remove(id)
  }

  /// One that was to go with its last stream, and answers as what it was: by what it answers it is asked from now on.
  @Test(arguments: [UInt64(7), 8], [WireKind.grpc, .json])
  mutating func whoComesBackBeforeTheLastStreamIsGoneStays(member: UInt64, wire: WireKind) throws {
    let id = try add(4)
    endpoints.reconfigure(wire: .auto)
    if wire == .grpc {
      _ = endpoints.failed(.wrongWire, by: .grpc, id, startedAt: .at(0), now: .at(0))
    } else {
      _ = endpoints.answered(by: .grpc, id, now: .at(0))
    }
    #expect(endpoints.wire(of: id) != wire)
    endpoints.named(1, member: 7, by: id, now: .at(0))
    endpoints.remove(id, hasStreams: true)
    let again = endpoints.target(try Endpoint(parsing: "http://e4"))
    #expect(again.id != id)
    var header = ResponseHeader(cluster: 1, revision: 0)
    header.memberID = member
    let added = endpoints.add(again, header, prefix: .v3, by: wire, now: .at(1))
    #expect(added.id == (member == 7 ? id : again.id))
    #expect(endpoints.wire(of: added.id) == wire)
    #expect(endpoints.reports.count { $0.url == added.endpoint.url } == 1)
    // What is told of the address from now on is told of that one.
    #expect(endpoints.target(for: added.endpoint).id == added.id)
    #expect(endpoints.add(added.endpoint) == added.id)
  }

  @Test mutating func anEndpointThatIsAddedIsTriedLast() throws {
    let added = try add(4)
    #expect(endpoints.count == 4)
    for time in [0, 1, 2] as [Int64] { fail(start: .at(time), now: .at(time)) }
    #expect(id(.at(2)) == added)
  }

  @Test mutating func anEndpointThatIsKnownIsNotAddedAgain() throws {
    let first = try #require(id(.at(0)))
    #expect(try add(1) == first)
    #expect(endpoints.count == 3)
  }

  @Test mutating func aSeedIsNeverForgotten() throws {
    let first = try #require(id(.at(0)))
    #expect(!remove(first))
    #expect(endpoints.count == 3)
  }

  @Test mutating func anIDOutlivesItsEndpointAndIsNeverAnothers() throws {
    let fourth = try add(4)
    let fifth = try add(5)
    #expect(remove(fourth))
    #expect(!remove(fourth))
    // What is still under way there ends without harm.
    endpoints.failed(fourth, startedAt: .at(0), now: .at(0), random: &longest)
    endpoints.succeeded(fourth, now: .at(0))
    endpoints.heard(fourth, now: .at(0))
    #expect(endpoints.lastHeard(fourth) == nil)
    endpoints.heard(fifth, now: .at(7))
    #expect(endpoints.lastHeard(fifth) == .at(7))
    let again = try add(4)
    #expect(again != fourth && again != fifth)
    #expect(chosen(.at(0)) == "e1")
  }

  @Test mutating func theCurrentEndpointStaysWhenOneBeforeItGoes() throws {
    let fourth = try add(4)
    let fifth = try add(5)
    for time in [0, 1, 2, 3] as [Int64] { fail(start: .at(time), now: .at(time)) }
    #expect(id(.at(3)) == fifth)
    remove(fourth)
    #expect(id(.at(3)) == fifth)
  }

  @Test mutating func whenTheCurrentEndpointGoesAnotherIsCurrent() throws {
    let fourth = try add(4)
    for time in [0, 1, 2] as [Int64] { fail(start: .at(time), now: .at(time)) }
    #expect(id(.at(2)) == fourth)
    remove(fourth)
    #expect(chosen(.at(9000)) == "e1")
  }

  /// Configured ones go too, when others are configured.
  @Test mutating func whereOnlyOneThatLeavesIsLeftItIsCurrent() throws {
    let leaving = try add(4)
    endpoints.remove(leaving, hasStreams: true)
    let last = try add(5)
    for time in [0, 1, 2] as [Int64] { fail(start: .at(time), now: .at(time)) }
    endpoints.setSeeds([], named: nil)
    for (target, _) in endpoints.discovered { endpoints.remove(target.id) }
    #expect(endpoints.currentTarget?.id == leaving)
    endpoints.succeeded(leaving, now: .at(9))
    _ = last
  }

  // MARK: Routes

  @Test mutating func anEndpointToBeAvoidedIsUsedOnlyIfThereIsNoOther() throws {
    let first = try #require(id(.at(0)))
    guard case .use(let other) = endpoints.choose(avoiding: [first], now: .at(0)) else {
      _ = Issue.record("no endpoint")
      return
    }
    #expect(other.endpoint.url == "http://e2:2379")
    for time in [0, 0] as [Int64] {
      guard case .use(let target) = endpoints.choose(avoiding: [first], now: .at(time)) else { continue }
      endpoints.failed(target.id, startedAt: .at(time), now: .at(time), random: &longest)
    }
    #expect(endpoints.choose(avoiding: [first], now: .at(0)) == endpoints.choose(now: .at(0)))
  }

  /// Among many that are dead there is always one whose turn it is to be tried again.
  @Test mutating func anEndpointThatIsWellGoesBeforeOneThatMayBeTriedAgain() throws {
    let first = try #require(id(.at(0)))
    endpoints.failed(first, startedAt: .at(0), now: .at(0), random: &longest)
    let other = try #require(id(.at(0)))
    #expect(other != first)
    #expect(id(.at(60_000)) == other)
    guard case .use(let third) = endpoints.choose(avoiding: [other], now: .at(60_000)),
      case .use(let last) = endpoints.choose(avoiding: [other, third.id], now: .at(60_000))
    else {
      _ = Issue.record("no endpoint")
      return
    }
    #expect(third.id != first && last.id == first)
  }

  @Test mutating func aRouteToOneEndpointLeadsThereWhateverItsHealth() throws {
    guard case .use(let first) = endpoints.choose(now: .at(0)) else {
      _ = Issue.record("no endpoint")
      return
    }
    fail(start: .at(0), now: .at(0))
    #expect(endpoints.choose(.only(first), now: .at(0)) == .use(first))
  }
}
