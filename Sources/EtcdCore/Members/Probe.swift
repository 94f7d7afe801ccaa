import EtcdPacker
import EtcdTransport

/// Watches over an endpoint that has streams open: a stream may be silent because nothing happens, or because nobody is
/// there any more (field notes, watch: a half-open connection says nothing). One for all streams of an endpoint.
///
///     idle ──▶ listening ⇄ asking
///       ▲          │
///       └──────────┘  no stream is left
struct Probe {
  enum State: Equatable {
    /// No stream is open.
    case idle
    /// Any sign of life puts off the question.
    case listening(until: Instant)
    /// The question is under way.
    case asking
  }

  enum Action: Equatable {
    case ask
  }

  private(set) var state = State.idle
  private let interval: Duration

  init(interval: Duration) {
    self.interval = interval
  }

  /// The cheapest question that goes all the way to the member's store, and needs no leader.
  static let question = question(serializable: true)

  /// The same of the whole cluster.
  static let questionOfService = question(serializable: false)

  private static func question(serializable: Bool) -> Operation {
    var request = RangeRequest(range: .single([0]))
    request.serializable = serializable
    request.countOnly = true
    return .range(request)
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    if case .listening(let until) = state { until } else { nil }
  }

  /// Returns whether it was idle.
  mutating func streamOpened(now: Instant) -> Bool {
    guard state == .idle else { return false }
    state = .listening(until: now + interval)
    return true
  }

  /// `lastHeard`: when anything last came from the endpoint.
  mutating func tick(lastHeard: Instant?, hasStreams: Bool, now: Instant) -> Action? {
    guard case .listening(let until) = state, now >= until else { return nil }
    guard hasStreams else {
      state = .idle
      return nil
    }
    if let lastHeard, lastHeard + interval > now {
      state = .listening(until: lastHeard + interval)
      return nil
    }
    state = .asking
    return .ask
  }

  /// The question was answered, or was not: the endpoints know by then.
  mutating func ended(now: Instant) {
    if state == .asking { state = .listening(until: now + interval) }
  }
}
