import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// The two questions that a host asks of an error: may it have happened, and is it worth trying again?
struct FailureTests {
  private let backoff = Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000))
  private var random: any RandomNumberGenerator = Dice.longest
  private let endpoint: Endpoint
  private let target: Endpoints.Target

  init() throws {
    endpoint = try Endpoint(parsing: "http://e1")
    let endpoints = Endpoints(seeds: [endpoint], backoff: backoff, probeInterval: .seconds(4), random: &random)
    target = try #require(endpoints.currentTarget)
  }

  private func call(_ effect: Method.Effect, isSent: Bool = true) -> Call {
    let call = Call(
      operation: .put(PutRequest(key: [1], value: [])), effect: effect, deadline: .at(5000),
      attemptTimeout: .milliseconds(3000))
    guard isSent else { return call }
    call.sent(Call.Attempt(transfer: TransferID(rawValue: 1), target: target, sentAt: .at(0), stamp: .first))
    return call
  }

  private mutating func end(_ effect: Method.Effect, by verdict: Verdict) -> Failure? {
    let call = call(effect)
    // Late, so that nothing is sent again.
    switch call.answered(verdict, backoff: backoff, now: .at(5000), random: &random) {
    case .end(.failure(let failure)): return failure
    case .end(.success), .sendAgain: return nil
    }
  }

  @Test func aCancelledWriteMayHaveHappenedIfItWasSent() {
    #expect(call(.writesOnce).cancelled("x").mayHaveHappened)
    #expect(call(.repeatable).cancelled("x").mayHaveHappened)
    #expect(!call(.writesOnce, isSent: false).cancelled("x").mayHaveHappened)
    #expect(!call(.reads).cancelled("x").mayHaveHappened)
  }

  @Test func nobodyIsToldToTryAgainWhatTheHostCancelled() {
    #expect(!call(.writesOnce).cancelled("x").isWorthRetrying)
  }

  @Test mutating func anUnknownOutcomeMayHaveHappenedAndIsWorthTryingAgain() throws {
    let broken = TransferFailure(kind: .broken, bodyMayHaveBeenSent: true, curlCode: 56, message: "m")
    let failure = try #require(end(.writesOnce, by: Verdict(on: broken, from: endpoint)))
    #expect(failure.code == .unknownOutcome)
    #expect(failure.mayHaveHappened)
    #expect(failure.isWorthRetrying)
  }

  @Test mutating func anAnswerThatWasTooLargeWouldBeSoAgain() throws {
    let large = TransferFailure(kind: .tooLarge, bodyMayHaveBeenSent: true, curlCode: 0, message: "m")
    let failure = try #require(end(.writesOnce, by: Verdict(on: large, from: endpoint)))
    #expect(failure.mayHaveHappened)
    #expect(!failure.isWorthRetrying)
  }

  @Test(arguments: [
    (14, "etcdserver: no leader", true), (8, "etcdserver: too many requests", true),
    (14, "etcdserver: unhealthy cluster", true), (2, "transport is closing", true),
    (4, "context deadline exceeded", true), (7, "etcdserver: permission denied", false),
    (8, "etcdserver: mvcc: database space exceeded", false), (3, "etcdserver: key is not provided", false),
    (11, "etcdserver: mvcc: required revision has been compacted", false),
  ])
  mutating func whatEtcdCouldNotDoIsWorthTryingAgainAndWhatItWouldNotIsNot(
    code: Int, message: String, isWorthIt: Bool
  ) throws {
    let error = ServerError(grpcCode: code, httpStatus: 500, message: message)
    let verdict = Verdict(on: error, code: try #require(GRPCCode(rawValue: code)), from: endpoint)
    let failure = try #require(end(.reads, by: verdict))
    #expect(failure.isWorthRetrying == isWorthIt)
    #expect(!failure.mayHaveHappened)
  }

  @Test mutating func aCallThatWasNeverSentDidNotHappenAndIsWorthTryingAgain() throws {
    let endpoints = Endpoints(seeds: [], backoff: backoff, probeInterval: .seconds(4), random: &random)
    guard case .end(let failure) = call(.writesOnce, isSent: false).step(endpoints: endpoints, now: .at(5000)) else {
      _ = Issue.record("the call goes on")
      return
    }
    #expect(failure.code == .timeout)
    #expect(!failure.mayHaveHappened)
    #expect(failure.isWorthRetrying)
  }
}
