import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct CallsTests {
  /// The host has two places on the wire, and may have five calls under way.
  private var calls = CallsTests.make()
  private var endpoints = Endpoints(count: 2)
  private var longest: any RandomNumberGenerator = Dice.longest
  private var lastTransfer: UInt64 = 0
  /// The ends that were told.
  private var ends: [Calls.End] = []

  private static func make() -> Calls {
    var options = Options()
    options.callsMax = 5
    options.callsConcurrent = 2
    return Calls(options: options, backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)))
  }

  // MARK: Helpers

  private let put = EtcdCore.Operation.put(PutRequest(key: [1], value: []))
  private let get = EtcdCore.Operation.range(RangeRequest(range: .all))
  private let renewal = EtcdCore.Operation.leaseKeepAlive(LeaseKeepAliveRequest(id: 7))
  private let success = Verdict.success(.put(revision: 9))
  private let keepalive = Asker.keepalive(KeepaliveID(rawValue: 90))

  /// Carries out what is to be sent, as the cluster does: the transfers are numbered from 1. Returns all of it in words.
  private mutating func carryOut(_ orders: [Order], now: Int64) -> [String] {
    var words: [String] = []
    for order in orders {
      switch order {
      case .send(let id, _, let target, let timeout):
        lastTransfer += 1
        let transfer = TransferID(rawValue: lastTransfer)
        calls.sent(id, Call.Attempt(transfer: transfer, target: target, sentAt: .at(now), stamp: .first))
        words.append("send \(id.rawValue) within \(timeout.millisecondsRoundedUp)")
      case .cancel(let transfer):
        words.append("cancel transfer \(transfer.rawValue)")
      case .setTimer(.call(let id), let time?):
        #expect(calls.wakeTime(of: id) == time)
        words.append("wake \(id.rawValue) at \((time - .at(0)).millisecondsRoundedUp)")
      case .tell(let end):
        ends.append(end)
        words.append("tell \(end.asker) of \(end.id.rawValue): \(Scene.text(end.result))")
      default:
        words.append("\(order)")
      }
    }
    return words
  }

  @discardableResult
  private mutating func submit(
    _ id: UInt64, _ operation: EtcdCore.Operation, for asker: Asker = .host, deadline: Int64? = nil,
    isUrgent: Bool = false, effect: Method.Effect? = nil, now: Int64 = 0
  ) -> [String] {
    let submission = Calls.Submission(
      operation, for: asker, effect: effect, deadline: deadline.map { .at($0) }, isUrgent: isUrgent)
    var orders: [Order] = []
    calls.submit(submission, as: CallID(rawValue: id), &orders, endpoints: endpoints, now: .at(now))
    return carryOut(orders, now: now)
  }

  @discardableResult
  private mutating func answer(_ id: UInt64, _ verdict: Verdict, now: Int64 = 10) -> [String] {
    let id = CallID(rawValue: id)
    var orders: [Order] = []
    calls.answered(id, verdict, &orders, endpoints: endpoints, now: .at(now), random: &longest)
    return carryOut(orders, now: now)
  }

  private mutating func step(_ id: UInt64, now: Int64) -> [String] {
    carryOut(calls.step(CallID(rawValue: id), endpoints: endpoints, now: .at(now)), now: now)
  }

  private mutating func cancel(_ id: UInt64) -> [String] {
    carryOut(calls.cancel(CallID(rawValue: id), "cancelled"), now: 10)
  }

  private mutating func abandon(_ asker: Asker) -> [String] {
    carryOut(calls.abandon(asker), now: 10)
  }

  /// The host takes the end of a call.
  @discardableResult
  private mutating func take(hadPlace: Bool = true) -> [String] {
    var orders: [Order] = []
    calls.taken(hadPlace: hadPlace, &orders, endpoints: endpoints, now: .at(20))
    return carryOut(orders, now: 20)
  }

  private func transfer(_ number: UInt64) -> CallID? { calls.callOfTransfer[TransferID(rawValue: number)] }

  private func failed(_ applied: Verdict.Applied) -> Verdict {
    .failed(.unreachable, applied: applied, fault: .failing)
  }

  // MARK: The line

  @Test mutating func theHostsCallsAreSentAsFarAsThereArePlaces() {
    #expect(submit(1, put) == ["wake 1 at 5000", "send 1 within 3000"])
    #expect(submit(2, put) == ["wake 2 at 5000", "send 2 within 3000"])
    // It waits for its turn, or its deadline.
    #expect(submit(3, put) == ["wake 3 at 5000"])
    #expect(calls.wakeTime(of: CallID(rawValue: 3)) == .at(5000))
    #expect(calls.wakeTime(of: CallID(rawValue: 1)) == nil)
    #expect(calls.count == 3)
  }

  /// What has become of it is not known after that, however much time there is left. A read may need it.
  @Test mutating func aWriteHasOneAttemptTimeoutAndAReadHalfOfItsTime() {
    #expect(submit(1, put, deadline: 60_000).last == "send 1 within 3000")
    #expect(submit(2, get, deadline: 60_000).last == "send 2 within 30000")
    _ = cancel(1)
    take()
    let leaderless = Operation.leaderless(put)
    #expect(submit(3, leaderless, deadline: 60_000).last == "send 3 within 30000")
  }

  @Test mutating func anEndKeepsItsPlaceUntilTheHostHasTakenIt() {
    for id in 1...4 as ClosedRange<UInt64> { submit(id, put) }
    #expect(answer(1, success) == ["tell host of 1: ok"])
    #expect(ends.last?.hadPlace == true)
    #expect(submit(5, put) == ["wake 5 at 5000"])
    #expect(take() == ["send 3 within 3000"])
    #expect(answer(2, success) == ["tell host of 2: ok"])
    #expect(take() == ["send 4 within 3000"])
  }

  @Test mutating func aCallThatEndsInLineHadNoPlaceAndGivesNoneBack() {
    for id in 1...4 as ClosedRange<UInt64> { submit(id, put) }
    #expect(cancel(3) == ["tell host of 3: cancelled"])
    #expect(ends.last?.hadPlace == false)
    #expect(take(hadPlace: false) == [])
    // Its turn has passed to the next one.
    answer(1, success)
    #expect(take() == ["send 4 within 3000"])
  }

  @Test mutating func endsThatTheHostHasNotTakenCountTowardsTheLimit() {
    for id in 1...5 as ClosedRange<UInt64> {
      #expect(!calls.isFull)
      submit(id, put)
    }
    #expect(calls.isFull)
    answer(1, success)
    _ = cancel(5)
    #expect(calls.count == 3)
    #expect(calls.isFull)
    _ = take()
    #expect(!calls.isFull)
  }

  @Test mutating func aCallInLineEndsWithItsDeadline() {
    for id in 1...3 as ClosedRange<UInt64> { submit(id, put) }
    #expect(step(3, now: 4999) == ["wake 3 at 5000"])
    #expect(step(3, now: 5000) == ["tell host of 3: timeout"])
    #expect(ends.last?.hadPlace == false)
  }

  @Test mutating func theDeadlineIsTheOptionsUnlessTheHostNamesOne() {
    #expect(submit(1, put, now: 700).first == "wake 1 at 5700")
    #expect(submit(2, put, deadline: 900, now: 700) == ["wake 2 at 900", "send 2 within 200"])
  }

  // MARK: The library's own calls

  @Test mutating func theLibrarysOwnCallsGoAtOnceAndTakeNoPlace() {
    submit(1, put)
    submit(2, put)
    #expect(submit(3, renewal, for: .lease) == ["send 3 within 3000"])
    answer(1, success)
    #expect(answer(3, success) == ["tell lease of 3: ok"])
    #expect(ends.last?.hadPlace == false)
    #expect(!calls.isFull)
    // What the host may have under way is what it was.
    for id in 4...6 as ClosedRange<UInt64> { #expect(submit(id, put) == ["wake \(id) at 5000"]) }
    #expect(calls.isFull)
  }

  @Test mutating func thereIsOneCallToAnAsker() {
    submit(1, renewal, for: .lease)
    #expect(submit(2, renewal, for: .lease) == ["cancel transfer 1", "send 2 within 3000"])
    #expect(calls.count == 1)
    #expect(transfer(1) == nil)
    #expect(transfer(2) == CallID(rawValue: 2))
    // What became of the first one concerns nobody.
    #expect(answer(1, success) == [])
    #expect(answer(2, success) == ["tell lease of 2: ok"])
    #expect(ends.count == 1)
  }

  @Test mutating func theHostAndOtherAskersMayHaveTheirOwn() {
    submit(1, put)
    submit(2, put)
    submit(3, renewal, for: .lease)
    #expect(submit(4, put, for: keepalive) == ["send 4 within 3000"])
    #expect(submit(5, get, for: .watcher(WatcherID(rawValue: 91))) == ["send 5 within 3000"])
    #expect(calls.count == 5)
  }

  /// So that its asker is not told of its end while it is still asking for it.
  @Test mutating func aCallWithoutTimeDoesNotEndInsideOfItsSubmission() {
    #expect(submit(1, renewal, for: .lease, deadline: 50, now: 50) == ["wake 1 at 50"])
    #expect(calls.count == 1)
    #expect(step(1, now: 50) == ["tell lease of 1: timeout"])
    #expect(calls.count == 0)
  }

  @Test mutating func severalAttemptsOfAnUrgentCallFitIntoItsTime() {
    #expect(submit(1, renewal, for: .lease, deadline: 8000, isUrgent: true) == ["send 1 within 2000"])
    // But no attempt is shorter than makes sense, nor longer than is usual.
    #expect(submit(2, renewal, for: .lease, deadline: 200, isUrgent: true).last == "send 2 within 100")
    #expect(submit(3, renewal, for: .lease, deadline: 3_600_000, isUrgent: true).last == "send 3 within 3000")
  }

  @Test mutating func anAttemptOfALongCallMayTakeHalfOfIt() {
    #expect(submit(1, get, deadline: 60_000).last == "send 1 within 30000")
    #expect(submit(2, get, deadline: 4000).last == "send 2 within 3000")
  }

  // MARK: Answers

  @Test mutating func anEndSaysWhenTheAttemptThatWasAnsweredWasSent() {
    submit(1, renewal, for: .lease, now: 5)
    answer(1, failed(.no), now: 30)
    answer(1, success, now: 70)
    #expect(ends.last?.sentAt == .at(30))
    submit(2, renewal, for: .lease, now: 80)
    answer(2, .refused(Failure(.server, "no")), now: 90)
    #expect(ends.last?.sentAt == .at(80))
  }

  @Test mutating func aCallThatEndsWithoutAnAnswerWasNotAnswered() {
    submit(1, put)
    _ = cancel(1)
    #expect(ends.last?.sentAt == nil)
  }

  @Test mutating func aFailureThatIsSafeIsMadeUpForAtOnceAndThenAfterABackoff() {
    submit(1, get)
    #expect(answer(1, failed(.perhaps)) == ["send 1 within 3000"])
    #expect(transfer(1) == nil)
    #expect(transfer(2) == CallID(rawValue: 1))
    #expect(answer(1, failed(.perhaps)) == ["wake 1 at 110"])
    #expect(calls.wakeTime(of: CallID(rawValue: 1)) == .at(110))
    #expect(calls.attempt(of: CallID(rawValue: 1)) == nil)
    #expect(step(1, now: 109) == ["wake 1 at 110"])
    #expect(step(1, now: 110) == ["send 1 within 3000"])
    #expect(calls.wakeTime(of: CallID(rawValue: 1)) == nil)
  }

  @Test mutating func aCallThatIsSentAgainKeepsItsPlace() {
    for id in 1...3 as ClosedRange<UInt64> { submit(id, get) }
    answer(1, failed(.perhaps))
    answer(1, failed(.perhaps))
    #expect(calls.wakeTime(of: CallID(rawValue: 1)) == .at(110))
    #expect(submit(4, get) == ["wake 4 at 5000"])
    answer(2, success)
    #expect(take() == ["send 3 within 3000"])
    #expect(step(1, now: 110) == ["send 1 within 3000"])
  }

  @Test mutating func whatAMethodDoesDecidesUnlessWhatIsAskedIsHarmless() {
    let txn = EtcdCore.Operation.txn(TxnRequest(success: [.delete("k")]))
    submit(1, txn)
    #expect(answer(1, failed(.perhaps)) == ["tell host of 1: unknownOutcome"])
    take()
    submit(2, txn, for: keepalive, effect: .repeatable)
    #expect(answer(2, failed(.perhaps)) == ["send 2 within 3000"])
    // What changes nothing in either way only reads.
    let inner = TxnRequest(failure: [.range(RangeRequest(range: .all))])
    submit(3, .txn(TxnRequest(success: [.txn(inner)])))
    #expect(answer(3, failed(.perhaps)) == ["send 3 within 3000"])
    submit(4, .txn(TxnRequest(success: [.txn(TxnRequest(failure: [.delete("k")]))])))
    #expect(answer(4, failed(.perhaps)) == ["tell host of 4: unknownOutcome"])
    take()
    submit(5, .leaseGrant(LeaseGrantRequest(ttl: 10)))
    #expect(answer(5, failed(.perhaps)) == ["send 5 within 3000"])
    answer(5, success)
    take()
    submit(6, .leaseGrant(LeaseGrantRequest(ttl: 10, id: 77)))
    #expect(answer(6, failed(.perhaps)) == ["tell host of 6: unknownOutcome"])
  }

  @Test mutating func answersThatNobodyWaitsForChangeNothing() {
    #expect(answer(1, success) == [])
    #expect(step(1, now: 0) == [])
    submit(1, get)
    answer(1, failed(.perhaps))
    answer(1, failed(.perhaps))
    // It waits, and has nothing on the wire.
    #expect(answer(1, success) == [])
    #expect(calls.count == 1)
    // What is on the wire has nothing to be done.
    _ = step(1, now: 110)
    #expect(step(1, now: 120) == [])
  }

  // MARK: Letting go

  @Test mutating func aCancelledCallLetsGoOfItsTransferAndIsToldOnce() {
    submit(1, put)
    #expect(cancel(1) == ["cancel transfer 1", "tell host of 1: cancelled"])
    #expect(transfer(1) == nil)
    #expect(cancel(1) == [])
    #expect(answer(1, success) == [])
  }

  @Test mutating func aWriteThatIsGivenUpMayHaveHappenedIfItWasSent() {
    for id in 1...3 as ClosedRange<UInt64> { submit(id, put) }
    #expect(calls.cancelled(CallID(rawValue: 1), "freed").mayHaveHappened)
    #expect(!calls.cancelled(CallID(rawValue: 3), "freed").mayHaveHappened)
    #expect(calls.cancelled(CallID(rawValue: 9), "freed") == Failure(.cancelled, "freed"))
    // To say so ends nothing.
    #expect(calls.count == 3)
    #expect(ends.isEmpty)
  }

  @Test mutating func whoAbandonsACallIsNotToldOfItsEnd() {
    submit(1, renewal, for: .lease)
    submit(2, put, for: keepalive)
    #expect(abandon(.lease) == ["cancel transfer 1"])
    #expect(abandon(.lease) == [])
    #expect(ends.isEmpty)
    #expect(transfer(2) == CallID(rawValue: 2))
    #expect(calls.count == 1)
  }

  @Test mutating func aCallThatBacksOffIsAbandonedWithoutATrace() {
    submit(1, renewal, for: .lease)
    answer(1, failed(.no))
    answer(1, failed(.no))
    #expect(calls.wakeTime(of: CallID(rawValue: 1)) == .at(110))
    #expect(abandon(.lease) == [])
    #expect(calls.wakeTime(of: CallID(rawValue: 1)) == nil)
    #expect(step(1, now: 110) == [])
  }

  @Test mutating func askingAgainAfterAnEndAbandonsNothing() {
    submit(1, renewal, for: .lease)
    answer(1, success)
    #expect(submit(2, renewal, for: .lease) == ["send 2 within 3000"])
  }

  @Test mutating func probesAreAbandonedAndNothingElse() throws {
    let current = try #require(endpoints.currentTarget)
    let other = endpoints.add(try Endpoint(parsing: "http://e3"))
    submit(1, put)
    submit(2, Probe.question, for: .probe(current.id))
    submit(3, renewal, for: .lease)
    submit(4, Probe.question, for: .probe(other))
    #expect(carryOut(calls.abandonProbes(), now: 10) == ["cancel transfer 2", "cancel transfer 4"])
    #expect(calls.count == 2)
    #expect(ends.isEmpty)
  }

  @Test mutating func whenEverythingIsForgottenNobodyIsTold() {
    submit(1, put)
    submit(2, renewal, for: .lease)
    calls.removeAll()
    #expect(calls.count == 0)
    #expect(calls.hosts == [])
    #expect(transfer(1) == nil)
    #expect(abandon(.lease) == [])
    #expect(answer(1, success) == [])
  }

  // MARK: Questions

  @Test mutating func itIsKnownWhoseACallIsAndWhatIsOnTheWireForIt() {
    submit(1, put)
    submit(2, put)
    submit(3, put)
    submit(4, put, for: keepalive)
    #expect(calls.hosts == [1, 2, 3].map { CallID(rawValue: $0) })
    #expect(calls.isHosts(CallID(rawValue: 3)))
    #expect(!calls.isHosts(CallID(rawValue: 4)))
    #expect(calls.attempt(of: CallID(rawValue: 4))?.attempt.transfer == TransferID(rawValue: 3))
    #expect(calls.attempt(of: CallID(rawValue: 3)) == nil)
    #expect(!calls.isHosts(CallID(rawValue: 9)))
  }
}
