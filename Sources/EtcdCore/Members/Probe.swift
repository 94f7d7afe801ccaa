import EtcdPacker
import EtcdTransport

/// Watches over an endpoint that has streams open: a stream may be silent because nothing happens, or because nobody is
/// there any more (field notes, watch: a half-open connection says nothing). One for all streams of an endpoint.
///
///     idle ──▶ listening ⇄ asking
///       ▲          │
///       └──────────┘  no stream is left
///
/// A failure speaks for what it happened to. To the streams of the endpoint it is at most a reason to ask at once whether
/// they live, and what then becomes of the question decides. Refused is what the other machine refused; that this process
/// got no descriptor for a connection says nothing.
///
/// | what failed | what it says | the streams |
/// |---|---|---|
/// | a stream, a broken connection, a TLS handshake | something about itself | stay |
/// | descriptors, memory or time of the host's ran out | nothing | stay |
/// | a call got no answer, others did meanwhile | something about that call | stay |
/// | a call got no answer | it may be gone, or full | stay if heard since, else it is asked |
/// | no connection was made in time | the way may be cut | stay if heard since, else it is asked |
/// | a connection was refused | nobody listens any more | it is asked |
///
/// | what became of the question | what it says | the streams |
/// |---|---|---|
/// | answered | it lives | stay |
/// | answered by another cluster | who they are from is gone | leave |
/// | no answer in the time that answers take (`RoundTrips`) | it may be gone, or slow | leave, if there is another, unless heard since |
/// | no answer, or no connection in time | it is gone | leave, unless heard since |
/// | refused, too | it is going down | leave once another member has answered, unless heard just now |
/// | no answer yet, and there is a crowd of streams | it may be full | a few make room (`StreamRoom`) |
///
/// To be doubted costs a member nothing but its streams: it does not fail, and the question stays under way. If it is
/// answered after all, how long that took makes the next doubt come later.
struct Probe {
  enum State: Equatable {
    /// No stream is open.
    case idle
    /// Any sign of life puts off the question, unless there is more to be asked than whether it lives.
    case listening(until: Instant)
    case asking(Question)
  }

  /// The question is under way.
  struct Question: Equatable {
    let askedAt: Instant
    /// Without an answer by then, room is made for it.
    var roomAt: Instant?
    /// Without an answer by then, and without any other sign of life, it is doubted that somebody is there.
    var doubtAt: Instant?
    /// It was given its time once more.
    var isExtended = false
  }

  enum Action: Equatable {
    case ask
    case makeRoom
    case doubt
  }

  /// A host that comes so late may not have got to read what has come.
  static let lateness = Duration.milliseconds(250)

  private(set) var state = State.idle
  private var interval: Duration
  /// There is a reason to ask that silence has nothing to do with.
  private var isUrged = false
  private var lastEnd: Instant?

  init(interval: Duration) {
    self.interval = interval
  }

  /// From now on so long. A question that would come later than that comes then.
  mutating func reconfigure(interval: Duration, now: Instant) {
    self.interval = interval
    if case .listening(let until) = state { state = .listening(until: min(until, now + interval)) }
  }

  /// The cheapest question that goes all the way to the member's store, and needs no leader.
  static let question = question(isLocal: true)

  /// The same for a member that is to take over streams, and so has to have a leader; and of the whole cluster.
  static let questionOfService = question(isLocal: false)

  private static func question(isLocal: Bool) -> Operation {
    var request = RangeRequest(range: .single([0]))
    request.serializable = isLocal
    request.countOnly = true
    return .range(request)
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    switch state {
    case .idle: nil
    case .listening(let until): until
    case .asking(let question): [question.roomAt, question.doubtAt].compactMap(\.self).min()
    }
  }

  /// So long a silence is one where streams had something to say.
  var longSilence: Duration { interval / 4 }

  /// Returns whether it was idle.
  mutating func streamOpened(now: Instant) -> Bool {
    guard state == .idle else { return false }
    state = .listening(until: now + interval)
    return true
  }

  /// There is a reason to ask at once, streams or not. Of reasons that may be many in a row, not each is one to ask anew.
  mutating func urge(isOneOfMany: Bool = true, now: Instant) {
    var earliest = now
    if isOneOfMany, let lastEnd { earliest = max(now, lastEnd + interval / 2) }
    switch state {
    case .asking: return
    case .idle: break
    case .listening(let until): earliest = min(earliest, max(now, until))
    }
    isUrged = true
    state = .listening(until: earliest)
  }

  /// `lastHeard`: when anything last came from the endpoint. `hasMore`: there is more to be asked than whether it lives.
  /// `patience`: how long answers take there at most; where there is a crowd of streams, half of that goes by before room is
  /// made for the question.
  mutating func tick(
    lastHeard: Instant?, hasStreams: Bool, hasMore: Bool = false, isCrowded: Bool = false, patience: Duration,
    now: Instant
  ) -> Action? {
    switch state {
    case .listening(let until) where now >= until:
      if !isUrged {
        guard hasStreams else {
          state = .idle
          return nil
        }
        if !hasMore, let lastHeard, lastHeard + interval > now {
          state = .listening(until: lastHeard + interval)
          return nil
        }
      }
      isUrged = false
      state = .asking(
        Question(askedAt: now, roomAt: isCrowded ? now + patience / 2 : nil, doubtAt: now + patience))
      return .ask
    case .asking(var question):
      defer { state = .asking(question) }
      if let roomAt = question.roomAt, now >= roomAt {
        question.roomAt = nil
        return .makeRoom
      }
      guard let doubtAt = question.doubtAt, now >= doubtAt else { return nil }
      if now - doubtAt >= Self.lateness, !question.isExtended {
        question.isExtended = true
        question.doubtAt = now + (doubtAt - question.askedAt)
        return nil
      }
      question.doubtAt = nil
      let isHeard = lastHeard.map { $0 > question.askedAt } ?? false
      return hasStreams && !isHeard ? .doubt : nil
    case .idle, .listening:
      return nil
    }
  }

  /// The question was refused, or could not be sent: it is no silence that follows.
  mutating func gotNowhere() {
    guard case .asking(var question) = state else { return }
    question.doubtAt = nil
    state = .asking(question)
  }

  /// The question was answered, or was not: the endpoints know by then.
  mutating func ended(now: Instant) {
    if case .asking = state {
      state = .listening(until: now + interval)
      lastEnd = now
    }
  }
}
