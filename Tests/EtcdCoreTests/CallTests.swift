import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct CallTests {
  private let backoff = Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000))
  private var longest: any RandomNumberGenerator = Dice.longest
  private var endpoints: Endpoints
  private let first: Endpoints.Target
  private let second: Endpoints.Target

  init() throws {
    let seeds = try (1...2).map { try Endpoint(parsing: "http://e\($0)") }
    var random: any RandomNumberGenerator = Dice.shortest
    endpoints = Endpoints(seeds: seeds, backoff: backoff, probeInterval: .seconds(4), random: &random)
    guard case .use(let first) = endpoints.choose(now: .at(0)) else { throw Failure(.system, "no endpoint") }
    var moved = endpoints
    moved.failed(first.id, startedAt: .at(0), now: .at(0), random: &longest)
    guard case .use(let second) = moved.choose(now: .at(0)) else { throw Failure(.system, "no endpoint") }
    (self.first, self.second) = (first, second)
  }

  /// Ends at 5000 ms; an attempt may take 3000.
  private func call(_ effect: Method.Effect, route: Endpoints.Route = .any) -> Call {
    Call(
      operation: .put(PutRequest(key: [1], value: [])), effect: effect, route: route, deadline: .at(5000),
      attemptTimeout: .milliseconds(3000))
  }

  private func text(_ step: Call.Step) -> String {
    switch step {
    case .send(let target, let timeout):
      "send \(target == first ? "e1" : "e2") \(timeout.millisecondsRoundedUp)"
    case .wait(let until): "wait \((until - .at(0)).millisecondsRoundedUp)"
    case .end(let failure): "end \(failure.code)"
    }
  }

  private func text(_ outcome: Call.Outcome) -> String {
    switch outcome {
    case .sendAgain: "again"
    case .end(.success): "ok"
    case .end(.failure(let failure)): "\(failure.code)"
    }
  }

  private func failed(_ applied: Verdict.Applied, _ code: ErrorCode = .unavailable) -> Verdict {
    .failed(Failure(code, "no luck"), applied: applied, fault: .failing)
  }

  private mutating func send(_ call: inout Call, at now: Instant) {
    call.sent(Call.Attempt(transfer: TransferID(rawValue: 1), target: first, sentAt: now, stamp: .first))
  }

  // MARK: Steps

  @Test func aNewCallIsSentToTheCurrentEndpoint() {
    #expect(text(call(.reads).step(endpoints: endpoints, now: .at(0))) == "send e1 3000")
  }

  @Test func anAttemptEndsWithTheCall() {
    #expect(text(call(.reads).step(endpoints: endpoints, now: .at(4500))) == "send e1 500")
  }

  @Test func aCallWhoseTimeRanOutIsNotSent() {
    #expect(text(call(.reads).step(endpoints: endpoints, now: .at(5000))) == "end timeout")
  }

  @Test mutating func aCallGoesToTheNextEndpointWhenOneFails() {
    endpoints.failed(first.id, startedAt: .at(0), now: .at(0), random: &longest)
    #expect(text(call(.reads).step(endpoints: endpoints, now: .at(1))) == "send e2 3000")
  }

  @Test mutating func aCallWaitsForAnEndpointButNotPastItsDeadline() {
    for target in [first, second] {
      endpoints.failed(target.id, startedAt: .at(4950), now: .at(4950), random: &longest)
    }
    #expect(text(call(.reads).step(endpoints: endpoints, now: .at(4950))) == "wait 5000")
    for target in [first, second] { endpoints.succeeded(target.id, now: .at(0)) }
    for target in [first, second] { endpoints.failed(target.id, startedAt: .at(10), now: .at(10), random: &longest) }
    #expect(text(call(.reads).step(endpoints: endpoints, now: .at(10))) == "wait 110")
  }

  @Test func aProbeGoesToItsEndpointWhicheverIsCurrent() {
    let probe = call(.reads, route: .only(second))
    #expect(text(probe.step(endpoints: endpoints, now: .at(0))) == "send e2 3000")
  }

  @Test mutating func whatBecameOfAQuestionToOneEndpointIsTheAnswer() {
    var probe = call(.reads, route: .only(second))
    send(&probe, at: .at(0))
    #expect(text(probe.answered(failed(.perhaps), backoff: backoff, now: .at(1), random: &longest)) == "unavailable")
  }

  @Test mutating func whatDoesNoHarmTwiceIsSentAgainAfterAnyFailure() {
    var call = call(.repeatable)
    send(&call, at: .at(0))
    #expect(text(call.answered(failed(.perhaps), backoff: backoff, now: .at(1), random: &longest)) == "again")
  }

  // MARK: Answers

  @Test(arguments: [Method.Effect.reads, .writesOnce, .repeatable])
  mutating func anAnswerEndsTheCall(effect: Method.Effect) {
    var call = call(effect)
    send(&call, at: .at(0))
    let success = Verdict.success(.put(PutResponse()))
    #expect(text(call.answered(success, backoff: backoff, now: .at(1), random: &longest)) == "ok")
  }

  @Test(arguments: [Method.Effect.reads, .writesOnce, .repeatable])
  mutating func aRefusalEndsTheCall(effect: Method.Effect) {
    var call = call(effect)
    send(&call, at: .at(0))
    let refusal = Verdict.refused(Failure(.server, "no"))
    #expect(text(call.answered(refusal, backoff: backoff, now: .at(1), random: &longest)) == "server")
  }

  @Test mutating func aWriteThatMayHaveHappenedEndsAsUnknown() {
    var call = call(.writesOnce)
    send(&call, at: .at(0))
    #expect(text(call.answered(failed(.perhaps), backoff: backoff, now: .at(1), random: &longest)) == "unknownOutcome")
  }

  @Test mutating func anUnknownOutcomeKeepsItsCause() {
    let call = call(.writesOnce)
    let cause = Failure(.timeout, "slow", grpcCode: 4, httpStatus: 504, curlCode: 28, endpoint: "http://e1:2379")
    let verdict = Verdict.failed(cause, applied: .perhaps, fault: .silent)
    guard case .end(.failure(let failure)) = call.answered(verdict, backoff: backoff, now: .at(1), random: &longest)
    else {
      _ = Issue.record("the call goes on")
      return
    }
    var expected = cause
    expected.code = .unknownOutcome
    expected.mayHaveHappened = true
    #expect(failure == expected)
  }

  @Test mutating func aWriteWhoseAnswerIsTooLargeEndsAsUnknownAndAReadAsTooLarge() {
    let verdict = Verdict.refused(Failure(.tooLarge, "large"))
    let write = call(.writesOnce)
    #expect(text(write.answered(verdict, backoff: backoff, now: .at(1), random: &longest)) == "unknownOutcome")
    let read = call(.reads)
    #expect(text(read.answered(verdict, backoff: backoff, now: .at(1), random: &longest)) == "tooLarge")
  }

  @Test mutating func aWriteThatProvablyDidNotHappenIsSentAgain() {
    var call = call(.writesOnce)
    send(&call, at: .at(0))
    #expect(text(call.answered(failed(.no), backoff: backoff, now: .at(1), random: &longest)) == "again")
    #expect(text(call.step(endpoints: endpoints, now: .at(1))) == "send e1 3000")
  }

  /// Its outcome would not be known in time.
  @Test(arguments: [(Method.Effect.writesOnce, "wait 5000"), (.reads, "send e1 9"), (.repeatable, "send e1 9")])
  mutating func aWriteThatDidNotHappenIsNotSentAgainInTheLastMoment(effect: Method.Effect, step: String) {
    var call = call(effect)
    send(&call, at: .at(4900))
    _ = call.answered(failed(.no), backoff: backoff, now: .at(4901), random: &longest)
    #expect(text(call.step(endpoints: endpoints, now: .at(4990))) == "send e1 10")
    #expect(text(call.step(endpoints: endpoints, now: .at(4991))) == step)
    #expect(text(call.step(endpoints: endpoints, now: .at(5000))) == "end unavailable")
  }

  @Test mutating func aReadIsSentAgainAfterAnyFailure() {
    var call = call(.reads)
    send(&call, at: .at(0))
    #expect(text(call.answered(failed(.perhaps), backoff: backoff, now: .at(1), random: &longest)) == "again")
  }

  @Test mutating func theFirstRepetitionIsAtOnceAndTheNextOnesBackOff() {
    var call = call(.reads)
    for (now, wait) in [(0, 0), (0, 100), (100, 300), (300, 700)] as [(Int64, Int64)] {
      send(&call, at: .at(now))
      _ = call.answered(failed(.perhaps), backoff: backoff, now: .at(now), random: &longest)
      if wait > now { #expect(text(call.step(endpoints: endpoints, now: .at(now))) == "wait \(wait)") }
      #expect(text(call.step(endpoints: endpoints, now: .at(wait))) == "send e1 3000")
    }
  }

  @Test mutating func aBackoffDoesNotReachPastTheDeadline() {
    let call = call(.reads)
    for _ in 0..<9 { _ = call.answered(failed(.no), backoff: backoff, now: .at(4000), random: &longest) }
    #expect(text(call.step(endpoints: endpoints, now: .at(4000))) == "wait 5000")
    #expect(text(call.step(endpoints: endpoints, now: .at(5000))) == "end unavailable")
  }

  @Test(arguments: [Method.Effect.reads, .writesOnce, .repeatable])
  mutating func aFailureAfterTheDeadlineEndsTheCall(effect: Method.Effect) {
    var call = call(effect)
    send(&call, at: .at(4000))
    #expect(text(call.answered(failed(.no), backoff: backoff, now: .at(5000), random: &longest)) == "unavailable")
  }

  @Test mutating func anExpiredCallTellsItsLastFailureAndHowOftenItWasTried() {
    let call = call(.reads)
    _ = call.answered(failed(.no), backoff: backoff, now: .at(1), random: &longest)
    _ = call.answered(failed(.no, .protocol), backoff: backoff, now: .at(2), random: &longest)
    guard case .end(let failure) = call.step(endpoints: endpoints, now: .at(5000)) else {
      _ = Issue.record("the call goes on")
      return
    }
    #expect(failure.code == .protocol)
    #expect(failure.message == "no luck (gave up after 2 attempts)")
  }
}
