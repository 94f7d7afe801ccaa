import EtcdTransport

/// Which wire one endpoint is spoken to by, where that is to be found out (`wire` = `auto`).
///
///     unknown ──answered by gRPC──▶ speaksGRPC ⇄ doubted
///      ▲   │                           │            │
///      │   └──does not speak it──┬─────┴────────────┘
///      │                         ▼
///      └───no good either──── fallenBack ⇄ (one question now and then whether it speaks gRPC)
///
/// What fails for the wire is known not to have been carried out, so it is sent again by the gateway, and a fall-back costs a
/// call no more than its way there and back. What goes wrong with a first request otherwise may be the wire's fault too, as
/// where something waits for the end of a line that never comes: then the gateway is tried, and gRPC again soon, or at once
/// if the gateway is no good either and has not answered since. Where gRPC was spoken before it takes two, of which one began
/// after the other had failed; what began before gRPC was last answered says nothing against it.
struct WireNegotiation {
  /// What does not let gRPC through is changed by hand, so it is not looked at often. Nor seldom: on the gateway a process
  /// takes several times as long for the same, and one question costs nothing.
  static let pause = Duration.seconds(300)
  /// The same where it may have been something else that failed.
  static let shortPause = Duration.seconds(10)

  enum State {
    case unknown
    case speaksGRPC
    case doubted(since: Instant)
    /// `isAnswered`: the gateway has answered since.
    case fallenBack(tryAt: Instant, isAnswered: Bool)
  }

  private(set) var state = State.unknown
  /// When gRPC was last answered.
  private var answeredAt: Instant?

  var kind: WireKind {
    if case .fallenBack = state { .json } else { .grpc }
  }

  /// It has answered by that wire before anything was kept of it. If by the gateway, it is asked at once whether it speaks
  /// gRPC: beside, since it may be that it takes gRPC in silence.
  mutating func begun(by kind: WireKind, now: Instant) {
    if kind == .json, case .unknown = state { state = .fallenBack(tryAt: now, isAnswered: true) }
    _ = answered(by: kind, now: now)
  }

  /// Whether it is time to ask by gRPC again; if so, it is not for a while.
  mutating func takeTrial(now: Instant) -> Bool {
    guard case .fallenBack(let tryAt, let isAnswered) = state, now >= tryAt else { return false }
    state = .fallenBack(tryAt: now + Self.shortPause, isAnswered: isAnswered)
    return true
  }

  /// Returns whether that is news.
  mutating func answered(by kind: WireKind, now: Instant) -> Bool {
    guard kind == .grpc else {
      if case .fallenBack(let tryAt, _) = state { state = .fallenBack(tryAt: tryAt, isAnswered: true) }
      return false
    }
    answeredAt = now
    defer { state = .speaksGRPC }
    switch state {
    case .speaksGRPC, .doubted: return false
    case .unknown, .fallenBack: return true
    }
  }

  /// An attempt failed that began at `start`. Returns whether the endpoint is spoken to by the gateway from now on.
  mutating func failed(_ fault: Verdict.Fault, by kind: WireKind, startedAt start: Instant, now: Instant) -> Bool {
    if kind == .grpc, let answeredAt, start <= answeredAt { return false }
    switch (state, kind, fault) {
    case (.fallenBack(_, let isAnswered), .grpc, .wrongWire):
      state = .fallenBack(tryAt: now + Self.pause, isAnswered: isAnswered)
      return false
    case (.fallenBack, .grpc, _): return false
    case (_, .grpc, .wrongWire):
      state = .fallenBack(tryAt: now + Self.pause, isAnswered: false)
      return true
    case (.speaksGRPC, .grpc, .failing), (.speaksGRPC, .grpc, .silent):
      state = .doubted(since: now)
      return false
    case (.doubted(let since), .grpc, .failing) where start < since,
      (.doubted(let since), .grpc, .silent) where start < since:
      return false
    case (_, .grpc, .failing), (_, .grpc, .silent):
      state = .fallenBack(tryAt: now + Self.shortPause, isAnswered: false)
      return true
    // What has answered may be full, or gone: that is nothing of the wire's, and what waits there stays.
    case (.fallenBack(let tryAt, isAnswered: true), .json, .failing),
      (.fallenBack(let tryAt, isAnswered: true), .json, .silent):
      state = .fallenBack(tryAt: min(tryAt, now + Self.shortPause), isAnswered: true)
      return false
    case (.fallenBack, .json, .failing), (.fallenBack, .json, .silent), (.fallenBack, .json, .wrongPath):
      state = .unknown
      return false
    default:
      return false
    }
  }
}
