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
/// | a call got no answer, others of the store did meanwhile | something about that call | stay |
/// | a call got no answer | it may be gone, or full | stay if heard since, else it is asked |
/// | no connection was made in time | the way may be cut | stay if heard since, else it is asked |
/// | a connection was refused | nobody listens any more | it is asked |
///
/// | what became of the question | what it says | the streams |
/// |---|---|---|
/// | answered | it lives, and a quorum with it | stay |
/// | no quorum was found in the time that there is for that | it lives; there may be an election | stay; asked again at once |
/// | it has no leader, and no more when asked once more | its quorum is lost | leave |
/// | no quorum was found for so long that it is no election, or again while another did | reads hang there | leave, if there is another |
/// | answered by another cluster | who they are from is gone | leave |
/// | no answer in the time that answers take (`RoundTrips`) | it may be gone, or slow | leave as soon as there is another, unless heard since |
/// | no answer, or no connection in time | it is gone | leave, unless heard since |
/// | refused, too | it is going down | leave once another member has answered, unless heard just now |
/// | no answer yet, and there is a crowd of streams | it may be full | a few make room (`StreamRoom`) |
///
/// A member that has lost its quorum learns so when it has not heard of a leader for one or two election timeouts, and
/// ends its watches after three more looks, an election timeout apart. To ask for what only a quorum knows tells sooner: what
/// is under way when the quorum is lost is not answered, and by asking on, a few times, it is seen as soon as the member
/// knows that there is no leader, and before four of them have gone by, if they are of a second or more. In an ordinary
/// election there is none for the few milliseconds of the vote.
///
/// To be doubted costs a member nothing but its streams: it does not fail, and the question stays under way. If it is
/// answered after all, how long that took makes the next doubt come later.
struct Probe {
  enum State: Equatable {
    /// No stream is open.
    case idle
    /// What shows that its store serves puts off the question, unless there is more to be asked than that.
    case listening(until: Instant)
    case asking(Question)
  }

  /// The question is under way.
  struct Question: Equatable {
    let askedAt: Instant
    /// Without an answer by then, room is made for it.
    var roomAt: Instant?
    /// Without an answer by then, and without any other sign of life, it is doubted that somebody is there; again and again,
    /// since its streams may have had nowhere to go.
    var doubtAt: Instant?
    var wasDoubted = false
    /// It was given its time once more.
    var isExtended = false
  }

  enum Action: Equatable {
    case ask
    case makeRoom
    /// `isFirst`: of this question.
    case doubt(isFirst: Bool)
  }

  /// What an end of the question says of the member's leader.
  enum Finding {
    case nothing
    case noQuorum
    case noLeader

    init(_ result: Result<Answer, Failure>) {
      guard case .failure(let failure) = result else {
        self = .nothing
        return
      }
      switch (failure.reason, failure.grpcCode) {
      case (.noLeader, _): self = .noLeader
      // What it says that did not find a quorum in time depends on who is the first to say it, member or gateway.
      case (.timedOut, _), (.leaderChanged, _), (nil, 2), (nil, 4): self = .noQuorum
      default: self = .nothing
      }
    }
  }

  enum Loss {
    /// It has none, and says so.
    case leader
    /// It has found none for longer than elections take, or while others did: its disk may hang, or its reads.
    case quorum
  }

  /// A host that comes so late may not have got to read what has come.
  static let lateness = Duration.milliseconds(250)
  /// So often a member that finds no quorum is asked again at once: for as long as it takes it to know that there is no
  /// leader, where an election timeout is so short that it would be too late after the interval.
  private static let mostInARow = 4
  private static let pauseInARow = Duration.milliseconds(50)
  /// An election in which somebody is elected is over by then.
  private static let election = Duration.milliseconds(500)

  private(set) var state = State.idle
  private var interval: Duration
  /// There is a reason to ask that silence has nothing to do with.
  private var isUrged = false
  private var lastEnd: Instant?
  /// How often in a row it has found no quorum, and whether it had no leader when it was last asked.
  private var withoutQuorum = 0
  private var isWithoutLeader = false
  /// When the first of those was asked.
  private var withoutQuorumSince: Instant?

  init(interval: Duration) {
    self.interval = interval
  }

  /// From now on so long. A question that would come later than that comes then.
  mutating func reconfigure(interval: Duration, now: Instant) {
    self.interval = interval
    if case .listening(let until) = state { state = .listening(until: min(until, now + interval)) }
  }

  /// The cheapest question that goes all the way to the member's store, and to a quorum: its answer is in the order of all
  /// writes.
  static let question = Operation.range(RangeRequest(range: .single([0]), countOnly: true))

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

  /// `lastHeard`: when anything last came from the endpoint; `lastServed`: the same of its store. `hasMore`: there is more to
  /// be asked than whether it serves.
  /// `patience`: how long answers take there at most; where there is a crowd of streams, half of that goes by before room is
  /// made for the question. What finds no quorum is not answered for that, too, so of questions in a row only the first has
  /// room made for it.
  mutating func tick(
    lastHeard: Instant?, lastServed: Instant?, hasStreams: Bool, hasMore: Bool = false, isCrowded: Bool = false,
    patience: Duration,
    now: Instant
  ) -> Action? {
    switch state {
    case .listening(let until) where now >= until:
      if !isUrged {
        guard hasStreams else {
          state = .idle
          return nil
        }
        if !hasMore, let lastServed, lastServed + interval > now {
          state = .listening(until: lastServed + interval)
          return nil
        }
      }
      isUrged = false
      let mayMakeRoom = isCrowded && !(1...Self.mostInARow).contains(withoutQuorum)
      state = .asking(
        Question(askedAt: now, roomAt: mayMakeRoom ? now + patience / 2 : nil, doubtAt: now + patience))
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
        question.doubtAt = now + patience
        return nil
      }
      if let lastHeard, lastHeard > question.askedAt {
        question.doubtAt = nil
        return nil
      }
      question.doubtAt = now + patience
      guard hasStreams else { return nil }
      defer { question.wasDoubted = true }
      return .doubt(isFirst: !question.wasDoubted)
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

  /// The question was answered, or was not: the endpoints know by then. Returns what the member is found to have lost.
  /// `elsewhere`: when another one has last found a quorum for a call.
  mutating func ended(_ finding: Finding = .nothing, elsewhere: Instant? = nil, now: Instant) -> Loss? {
    guard case .asking(let question) = state else { return nil }
    lastEnd = now
    let hadNoLeader = isWithoutLeader
    isWithoutLeader = finding == .noLeader
    withoutQuorum = finding == .noQuorum ? min(withoutQuorum + 1, Self.mostInARow + 2) : 0
    var pause = interval
    if withoutQuorum > 0, withoutQuorum <= Self.mostInARow { pause = min(pause, Self.pauseInARow) }
    if isWithoutLeader, !hadNoLeader { pause = min(pause, Self.election) }
    // That it lives is known, and is not what is asked then.
    isUrged = pause < interval || withoutQuorum > 0
    state = .listening(until: now + pause)
    if isWithoutLeader, hadNoLeader { return .leader }
    guard withoutQuorum > 0 else {
      withoutQuorumSince = nil
      return nil
    }
    let since = withoutQuorumSince ?? question.askedAt
    withoutQuorumSince = since
    // One answer that took too long may be chance.
    if withoutQuorum > 1, let elsewhere, elsewhere > question.askedAt { return .quorum }
    return withoutQuorum > Self.mostInARow && now - since >= interval * 2 ? .quorum : nil
  }
}
