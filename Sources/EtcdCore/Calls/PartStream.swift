import EtcdTransport

/// A request whose answer is a stream, on its way to the host part by part.
///
///     waiting ──▶ open ──▶ (ended)
///        ▲          │
///        └──────────┘  failed before a part came, and safe to send again
///
/// Once a part was told, what failed cannot be taken up again: another attempt would begin from the beginning.
struct PartStream {
  struct Stream {
    let transfer: TransferID
    let target: Endpoints.Target
    let reader: PartReader
    /// What it carries.
    let pass: Pass
    let openedAt: Instant
    /// When a part last came while it was read.
    var heardAt: Instant
    /// When it is looked at next whether it is silent.
    var checkAt: Instant
    var isPaused = false
  }

  enum State {
    case waiting(notBefore: Instant)
    case open(Stream)
  }

  let operation: Operation
  let route: Endpoints.Route
  /// How long etcd may be silent; `nil`: for ever.
  let patience: Duration?
  /// When no attempt is begun any more.
  let deadline: Instant?
  private(set) var state: State
  private var failures = 0
  /// Those that did not take it by gRPC, as in `Call`.
  private var withoutGRPC: Set<Endpoints.ID> = []
  private var lastFailure: Failure?
  private var hasParts = false
  /// How many bytes a snapshot lacks, as far as etcd has said.
  private var remaining: UInt64?

  init(_ operation: Operation, route: Endpoints.Route, patience: Duration?, now: Instant) {
    self.operation = operation
    self.route = route
    self.patience = patience
    deadline = patience.map { now + $0 }
    state = .waiting(notBefore: now)
  }

  var stream: Stream? {
    if case .open(let stream) = state { stream } else { nil }
  }

  /// By which wire it is to be asked there; `nil` for the one that the endpoint is spoken to by.
  func wire(to endpoint: Endpoints.ID) -> WireKind? { withoutGRPC.contains(endpoint) ? .json : nil }

  var wakeTime: Instant? {
    switch state {
    case .waiting(let notBefore): notBefore
    case .open(let stream): stream.isPaused || patience == nil ? nil : stream.checkAt
    }
  }

  mutating func postpone(until time: Instant) {
    state = .waiting(notBefore: time)
  }

  mutating func opened(
    _ transfer: TransferID, at target: Endpoints.Target, reader: PartReader, pass: Pass, now: Instant
  ) {
    state = .open(
      Stream(
        transfer: transfer, target: target, reader: reader, pass: pass, openedAt: now, heardAt: now,
        checkAt: now + (patience ?? .zero)))
  }

  mutating func heard(now: Instant) {
    guard case .open(var stream) = state else { return }
    stream.heardAt = now
    state = .open(stream)
  }

  /// A stream that the host holds up is not silent by itself.
  mutating func pause(_ isPaused: Bool, now: Instant) {
    guard case .open(var stream) = state else { return }
    stream.isPaused = isPaused
    stream.heardAt = now
    stream.checkAt = now + (patience ?? .zero)
    state = .open(stream)
  }

  /// Whether it has been silent for too long. If not, the time for the next look at it is another.
  mutating func isSilent(now: Instant) -> Bool {
    guard case .open(var stream) = state, !stream.isPaused, let patience, now >= stream.checkAt else { return false }
    stream.checkAt = stream.heardAt + patience
    state = .open(stream)
    return now >= stream.checkAt
  }

  mutating func took(_ part: AdminAnswer) {
    hasParts = true
    if case .snapshot(_, let remaining) = part.content { self.remaining = remaining }
  }

  /// Whether the time is up for the first part to come at all.
  func hasExpired(now: Instant) -> Bool {
    deadline.map { now >= $0 } ?? false
  }

  /// What the host is told if it has.
  var expiration: Failure {
    lastFailure ?? Failure(.timeout, "the time ran out before an endpoint could be tried")
  }

  /// What the host is told of the end; `nil` if it is tried again.
  mutating func ended(
    _ end: StreamEnd, backoff: Backoff, now: Instant, random: inout any RandomNumberGenerator
  ) -> Result<Answer, Failure>? {
    if end.isWhole { return whole(end) }
    let isWrongWire = end.fault == .wrongWire
    if isWrongWire, let stream { withoutGRPC.insert(stream.target.id) } else { withoutGRPC = [] }
    var failure = end.failure
    let isUndecided = failure.isWorthRetrying || failure.code == .tooLarge
    let isHarmless = operation.effect == .reads || end.applied == .no
    if !hasParts, isHarmless, failure.isWorthRetrying, !hasExpired(now: now) {
      let delay = isWrongWire ? .zero : backoff.delay(afterFailures: failures, using: &random)
      if !isWrongWire { failures += 1 }
      lastFailure = failure
      state = .waiting(notBefore: now + delay)
      return nil
    }
    // A refusal is known to have changed nothing, unless something was told before it; an answer that was too large is
    // none.
    if operation.effect != .reads, hasParts || isUndecided, hasParts || !isHarmless {
      failure.code = .unknownOutcome
      failure.mayHaveHappened = true
    }
    return .failure(failure)
  }

  private func whole(_ end: StreamEnd) -> Result<Answer, Failure> {
    if operation.gatewayCall == nil, remaining != 0 {
      let what = remaining.map { "\($0) bytes before the end of the database" } ?? "without a part"
      return .failure(Failure(.protocol, "the snapshot ended \(what)", endpoint: end.failure.endpoint))
    }
    if operation.effect != .reads, !hasParts {
      var failure = Failure(.unknownOutcome, "the stream ended without an answer", endpoint: end.failure.endpoint)
      failure.mayHaveHappened = true
      return .failure(failure)
    }
    return .success(.admin(AdminAnswer(header: .init(), content: .nothing)))
  }
}
