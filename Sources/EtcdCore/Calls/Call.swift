import EtcdTransport

/// One request on its way to an answer: waits for its turn, is sent, is sent again where that is safe, and ends.
///
///     waiting ──▶ inFlight ──▶ (ended: the calls let go of it)
///        ▲            │
///        └────────────┘  failed, and safe to send again
///
/// Safe to send again is what only reads, or cannot do its work twice (`effect`), after any failure without a decision;
/// and every write after failures that prove that it did not happen. Any other failure of a write ends it with an
/// unknown outcome. A write that is known not to have happened is not risked in the last moment, when an answer could
/// hardly come in time.
class Call {
  /// What an attempt needs for an answer: the least that `attempt.timeout.ms` may be.
  private static let leastTime = Duration.milliseconds(10)

  enum State {
    /// Not before `notBefore`.
    case waiting(notBefore: Instant)
    case inFlight(Attempt)
  }

  struct Attempt {
    let transfer: TransferID
    let target: Endpoints.Target
    let sentAt: Instant
    /// What it carried.
    var pass = Pass.nobody
    var wire = WireKind.json
    /// Of the store that was known then.
    let stamp: ClusterIdentity.Stamp
  }

  enum Step {
    case send(Endpoints.Target, timeout: Duration)
    case wait(until: Instant)
    case end(Failure)
  }

  enum Outcome {
    case sendAgain
    case end(Result<Answer, Failure>)
  }

  let operation: Operation
  let effect: Method.Effect
  let route: Endpoints.Route
  /// When it ends, answered or not.
  let deadline: Instant
  /// The most time for one attempt.
  let attemptTimeout: Duration
  /// How far a member has to have come for its answer to count.
  let minRevision: Int64
  private(set) var state = State.waiting(notBefore: Instant(nanoseconds: .min))
  /// Of attempts.
  private(set) var failures = 0
  private(set) var lastFailure: Failure?
  /// Whether an attempt may still be carried out although its answer was given up: it may have been, or is on its way.
  private(set) var hasStray = false
  /// Members that cannot do it, as only the leader can.
  private var avoided: Set<Endpoints.ID> = []
  /// By which wire it is to be asked first; `nil` for the one that the endpoint is spoken to by.
  private var wire: WireKind?
  /// Those that did not take it by gRPC. What is to be had of them is to be had by the gateway; of others nothing is known.
  private var withoutGRPC: Set<Endpoints.ID> = []
  /// It waits to be let in.
  private var isHeld = false

  init(
    operation: Operation, effect: Method.Effect, route: Endpoints.Route = .any, deadline: Instant,
    attemptTimeout: Duration, minRevision: Int64 = 0, wire: WireKind? = nil
  ) {
    self.operation = operation
    self.effect = effect
    self.route = route
    self.deadline = deadline
    self.attemptTimeout = attemptTimeout
    self.minRevision = minRevision
    self.wire = wire
  }

  /// What to do with a call that is waiting.
  func step(endpoints: Endpoints, now: Instant) -> Step {
    if now >= deadline { return .end(expired(because: endpoints.absence)) }
    if case .waiting(let notBefore) = state, now < notBefore { return .wait(until: min(notBefore, deadline)) }
    if failures > 0, effect == .writesOnce, deadline - now < Self.leastTime { return .wait(until: deadline) }
    switch endpoints.choose(route, avoiding: avoided, now: now) {
    case .use(let target): return .send(target, timeout: min(attemptTimeout, deadline - now))
    case .wait(let until): return .wait(until: min(until, deadline))
    }
  }

  /// By which wire it is to be asked there; `nil` for the one that the endpoint is spoken to by.
  func wire(to endpoint: Endpoints.ID) -> WireKind? { withoutGRPC.contains(endpoint) ? .json : wire }

  /// What its asker is told if it is given up now.
  func cancelled(_ why: String) -> Failure {
    var failure = Failure(.cancelled, why)
    if case .inFlight = state { failure.mayHaveHappened = effect != .reads }
    return failure
  }

  func sent(_ attempt: Attempt) {
    isHeld = false
    state = .inFlight(attempt)
  }

  /// It cannot go before a log-in has ended. Why the last one failed, if it did.
  func held(because failure: Failure?) {
    isHeld = true
    if let failure { lastFailure = failure }
  }

  func answered(
    _ verdict: Verdict, backoff: Backoff, now: Instant, random: inout any RandomNumberGenerator
  ) -> Outcome {
    switch recentEnough(verdict) {
    case .success(let answer):
      return .end(.success(answer))

    case .refused(let failure):
      // The transfer got past the request: nothing says any more what became of the write.
      if failure.code == .tooLarge, effect == .writesOnce { return .end(.failure(Self.unknownOutcome(after: failure))) }
      return .end(.failure(failure))

    case .failed(let failure, let applied, let fault):
      wire = nil
      let isWrongWire = fault == .wrongWire
      if isWrongWire, case .inFlight(let attempt) = state {
        withoutGRPC = withoutGRPC.union([attempt.target.id])
      } else {
        withoutGRPC = []
      }
      if applied == .perhaps {
        hasStray = effect != .reads
        if effect == .writesOnce { return .end(.failure(Self.unknownOutcome(after: failure))) }
        // What became of it is the answer.
        if case .only = route { return .end(.failure(failure)) }
      }
      if failure.reason == .notLeader, case .inFlight(let attempt) = state {
        if case .only = route { return .end(.failure(failure)) }
        avoided = avoided.union([attempt.target.id])
      }
      if isWrongWire {
        // Nothing has failed but the way of asking. It is not asked in that way there again.
        lastFailure = lastFailure ?? failure
        state = .waiting(notBefore: now)
        return .sendAgain
      }
      // The first repetition is at once: usually it goes to another endpoint.
      let delay = backoff.delay(afterFailures: failures, using: &random)
      failures += 1
      // An attempt that the deadline cut short says less than the ones before it.
      if !wasCutShort || lastFailure == nil { lastFailure = failure }
      state = .waiting(notBefore: now + delay)
      if now >= deadline { return .end(.failure(expired())) }
      return .sendAgain
    }
  }

  /// An answer of a member that is behind is none: it has to be asked again, when it may have caught up.
  private func recentEnough(_ verdict: Verdict) -> Verdict {
    guard case .success(let answer) = verdict, answer.header.revision < minRevision else { return verdict }
    var endpoint = ""
    if case .inFlight(let attempt) = state { endpoint = attempt.target.endpoint.url }
    let message = "the member is at revision \(answer.header.revision), and not yet at \(minRevision)"
    return .failed(Failure(.unavailable, message, endpoint: endpoint), applied: .no, fault: .none)
  }

  /// Whether the attempt that is under way has less time than an attempt should have.
  private var wasCutShort: Bool {
    guard case .inFlight(let attempt) = state else { return false }
    return deadline - attempt.sentAt < attemptTimeout
  }

  /// The deadline has passed, and for a write it is known that it did not happen.
  private func expired(because absence: Failure? = nil) -> Failure {
    guard var failure = lastFailure ?? absence else {
      let words = isHeld ? "while the cluster was logging in" : "before an endpoint could be tried"
      return Failure(.timeout, "the time ran out \(words)")
    }
    if failures == 0 { return failure }
    failure.message += " (gave up after \(failures) \(failures == 1 ? "attempt" : "attempts"))"
    return failure
  }

  private static func unknownOutcome(after failure: Failure) -> Failure {
    var failure = failure
    failure.code = .unknownOutcome
    failure.mayHaveHappened = true
    return failure
  }
}
