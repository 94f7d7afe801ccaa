import EtcdTransport

/// How many streams of ours a member takes.
///
/// A server may bound what it serves at once, and say nothing of it. Etcd's gateway has one connection of its own for all
/// that comes to it, which over TLS takes 250 requests before 3.4.20 and 3.5.5: a watch above that is never confirmed, and
/// a call is not answered either while the watches stay (field notes, 2 and 11). So a watch that others of ours have got
/// ahead of and that stays unconfirmed is over the bound; and where calls get no answer for it, a few watches make room.
///
///     unbounded ──▶ full ⇄ trying
///         ▲          │
///         └──────────┘  the last stream has gone
///
/// What is full may be that for the sake of others, or was only slow: after a while one stream more is tried, and if it is
/// confirmed, the next. Each time that this fails it is put off for twice as long, up to five minutes where calls get no
/// answer meanwhile.
struct StreamRoom {
  /// The longest wait before one more is tried, if calls suffer for it.
  private static let longestWait = Duration.seconds(300)

  let endpoint: Endpoint
  /// So many that live are reason to make room where a call gets no answer.
  private let crowd: Int
  /// The first wait before one more is tried.
  private let wait: Duration
  private(set) var confirmed = 0
  private(set) var unconfirmed = 0
  /// The most that there may be, but for the one that is tried.
  private(set) var bound: Int?
  private var isTrying = false
  private var tryAt = Instant(nanoseconds: .min)
  private var failedTries = 0
  /// Room was made for a call, which is yet to be answered.
  private var isRoomMade = false
  /// Calls were not answered until room was made.
  private(set) var callsNeedRoom = false

  init(endpoint: Endpoint, crowd: Int, wait: Duration) {
    self.endpoint = endpoint
    self.crowd = crowd
    self.wait = wait
  }

  var isEmpty: Bool { confirmed + unconfirmed == 0 }

  /// How many may be opened without trying.
  var free: Int { bound.map { max(0, $0 - confirmed - unconfirmed) } ?? .max }

  /// Whether a call without an answer may be one for which there is no room.
  var isCrowded: Bool { confirmed > 1 && (bound != nil || confirmed >= crowd) }

  /// How many of those that live are to go so that calls have room; never the last one.
  var inTheWay: Int { min(confirmed - 1, confirmed < 64 ? 1 : 2) }

  /// When it may be asked again whether one more may be opened; `nil` if it may be now.
  func fullUntil(now: Instant) -> Instant? {
    if free > 0 { return nil }
    if isTrying { return now + wait / 4 }
    return tryAt > now ? tryAt : nil
  }

  /// Returns whether it is one more than the member is known to take.
  mutating func opened() -> Bool {
    let isTry = free == 0
    if isTry { isTrying = true }
    unconfirmed += 1
    return isTry
  }

  mutating func confirmed(isTry: Bool, now: Instant) {
    unconfirmed -= 1
    confirmed += 1
    guard isTry, let bound else { return }
    isTrying = false
    self.bound = bound + 1
    tryAt = now
  }

  mutating func closed(wasConfirmed: Bool, isTry: Bool) {
    if wasConfirmed { confirmed -= 1 } else { unconfirmed -= 1 }
    if isTry, !wasConfirmed { isTrying = false }
  }

  /// The member takes no more than those that live.
  mutating func isFull(now: Instant) {
    let isNews = bound == nil
    bound = confirmed
    // What comes of one try, or of one time that calls got no answer, counts once.
    guard tryAt <= now else { return }
    if !isNews { failedTries += 1 }
    let longest = callsNeedRoom ? max(wait, Self.longestWait) : wait * 4
    tryAt = now + min(wait * (1 << min(failedTries, 16)), longest)
  }

  /// As `isFull`, after some were closed because calls got no answer.
  mutating func madeRoom(now: Instant) {
    isRoomMade = true
    isFull(now: now)
  }

  /// The call for which room was made has ended.
  mutating func callEnded(wasAnswered: Bool) {
    if isRoomMade, wasAnswered { callsNeedRoom = true }
    isRoomMade = false
  }

  /// What a watcher is told that gets no stream.
  var failure: Failure {
    Failure(.unavailable, "the member seems to take no more than \(bound ?? confirmed) watches", endpoint: endpoint.url)
  }
}
