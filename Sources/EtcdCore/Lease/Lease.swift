import EtcdTransport

/// The one lease of a cluster.
///
///     idle ──▶ granting ──▶ held ⇄ renewing
///                 ▲  │         │       │
///                 │  ▼         ▼       ▼
///              backingOff   (lost: reported, then granting again)
///
/// `idle`: nobody needs a lease yet. `granting`: a grant is under way, or the first renewal of the lease that a
/// predecessor has left. `backingOff`: it failed. `held`: granted, and the next renewal is due later. `renewing`: a
/// renewal is under way. `ended`: the cluster is closing.
///
/// The lease counts as lost when a server says so, or when its TTL has passed since the *sending* of the last renewal
/// that was acknowledged: the server cannot have begun to count before that (field notes, leases).
struct Lease {
  enum State: Equatable {
    case idle
    case granting
    case backingOff(until: Instant)
    case held(Grant, renewAt: Instant)
    case renewing(Grant)
    case ended
  }

  struct Grant: Equatable {
    var id: Int64
    /// When the server may take the lease for expired, at the earliest.
    var deadline: Instant
    /// When half of its time is over, if that has not been said yet.
    var lateAt: Instant?
  }

  enum Action: Equatable {
    case grant
    /// Find out whether the lease that was left lives, by renewing it.
    case adopt(id: Int64)
    /// Half of its time is over, and no renewal was acknowledged.
    case late(id: Int64, left: Duration)
    /// Worth while until the deadline only.
    case renew(id: Int64, deadline: Instant)
    /// Whatever is under way for the lease is of no use any more.
    case abandonCall
    case granted(id: Int64)
    /// Told of failures in a row that are worth it (`FailureStreak`).
    case notGranted(Failure, attempts: Int)
    case lost(id: Int64, Failure)
  }

  private(set) var state = State.idle
  /// Of attempts to get what is sought: a grant, or a renewal.
  private(set) var streak = FailureStreak()
  var backoff: Backoff
  /// The lease that a predecessor has left, until it is ours or known to be gone; else 0.
  private var heritage: Int64

  init(backoff: Backoff, heritage: Int64 = 0) {
    self.backoff = backoff
    self.heritage = heritage
  }

  /// The lease that keys may be bound to, or 0.
  var id: Int64 {
    switch state {
    case .held(let grant, _), .renewing(let grant): grant.id
    case .idle, .granting, .backingOff, .ended: 0
    }
  }

  /// When it counts as lost.
  var deadline: Instant? {
    switch state {
    case .held(let grant, _), .renewing(let grant): grant.deadline
    case .idle, .granting, .backingOff, .ended: nil
    }
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    switch state {
    case .backingOff(let until): until
    case .held(let grant, let renewAt): min(grant.deadline, renewAt, grant.lateAt ?? grant.deadline)
    case .renewing(let grant): min(grant.deadline, grant.lateAt ?? grant.deadline)
    case .idle, .granting, .ended: nil
    }
  }

  /// Somebody needs a lease.
  mutating func need() -> [Action] {
    guard state == .idle else { return [] }
    return begin()
  }

  private mutating func begin() -> [Action] {
    state = .granting
    return [heritage == 0 ? .grant : .adopt(id: heritage)]
  }

  mutating func granted(id: Int64, ttl: Int64, sentAt: Instant, now: Instant) -> [Action] {
    guard state == .granting else { return [] }
    streak = FailureStreak()
    heritage = 0
    state = Self.held(id: id, ttl: ttl, sentAt: sentAt)
    // The answer may have taken longer than the TTL.
    return [.granted(id: id)] + tick(now: now)
  }

  mutating func grantFailed(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    guard state == .granting else { return [] }
    if failure.reason == .leaseNotFound, heritage != 0 {
      heritage = 0
      return begin()
    }
    let isNews = streak.add(failure)
    state = .backingOff(until: now + backoff.delay(after: streak, using: &random))
    return isNews ? [.notGranted(failure, attempts: streak.count)] : []
  }

  /// A renewal was answered; a `ttl` of 0 says that the server does not know the lease any more.
  mutating func renewed(ttl: Int64, sentAt: Instant, now: Instant) -> [Action] {
    if state == .granting, heritage != 0 {
      if ttl > 0 { return granted(id: heritage, ttl: ttl, sentAt: sentAt, now: now) }
      heritage = 0
      return begin()
    }
    guard case .renewing(let grant) = state else { return [] }
    if ttl <= 0 { return lose(grant, Failure(.leaseLost, "etcd no longer knows the lease")) }
    streak = FailureStreak()
    state = Self.held(id: grant.id, ttl: ttl, sentAt: sentAt)
    return tick(now: now)
  }

  /// Whatever the reason: as long as there is time, it is worth a try.
  mutating func renewalFailed(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    guard case .renewing(let grant) = state else { return [] }
    _ = streak.add(failure)
    state = .held(grant, renewAt: now + backoff.delay(afterFailures: streak.count, using: &random))
    return tick(now: now)
  }

  /// A server refused a key because it does not know the lease `id`.
  mutating func notFound(id: Int64) -> [Action] {
    switch state {
    case .held(let grant, _) where grant.id == id, .renewing(let grant) where grant.id == id:
      lose(grant, Failure(.leaseLost, "etcd no longer knows the lease"))
    default: []
    }
  }

  /// The store is another one from now on, where the lease means nothing.
  mutating func replaced(_ failure: Failure) -> [Action] {
    switch state {
    case .held(let grant, _), .renewing(let grant): lose(grant, failure)
    case .idle, .granting, .backingOff, .ended: []
    }
  }

  mutating func tick(now: Instant) -> [Action] {
    switch state {
    case .backingOff(let until) where now >= until:
      return begin()
    case .held(var grant, let renewAt):
      if now >= grant.deadline { return lose(grant, Self.expired) }
      let warning = warning(of: &grant, now: now)
      guard now >= renewAt else {
        state = .held(grant, renewAt: renewAt)
        return warning
      }
      state = .renewing(grant)
      return warning + [.renew(id: grant.id, deadline: grant.deadline)]
    case .renewing(var grant):
      if now >= grant.deadline { return lose(grant, Self.expired) }
      let warning = warning(of: &grant, now: now)
      state = .renewing(grant)
      return warning
    case .idle, .granting, .backingOff, .ended:
      return []
    }
  }

  private func warning(of grant: inout Grant, now: Instant) -> [Action] {
    guard let lateAt = grant.lateAt, lateAt <= now else { return [] }
    grant.lateAt = nil
    return [.late(id: grant.id, left: grant.deadline - now)]
  }

  /// Brings the next attempt forward, unless neither time alone helps nor that who asks is let in. Returns whether there
  /// was one to bring forward.
  mutating func hasten(to time: Instant) -> Bool {
    guard case .backingOff(let until) = state, time < until, streak.last?.isMendedByService == true else {
      return false
    }
    state = .backingOff(until: time)
    return true
  }

  /// Nothing is done any more. Returns the lease that is left behind, or 0.
  mutating func end() -> Int64 {
    defer { state = .ended }
    return id
  }

  private mutating func lose(_ grant: Grant, _ failure: Failure) -> [Action] {
    streak = FailureStreak()
    return [.abandonCall, .lost(id: grant.id, failure)] + begin()
  }

  private static let expired = Failure(.leaseLost, "no renewal was acknowledged within the lease's TTL")

  private static func held(id: Int64, ttl: Int64, sentAt: Instant) -> State {
    // A TTL that a server could make up must not overflow a duration; a century is as good as for ever.
    let ttl = Duration.seconds(min(max(ttl, 1), 3_155_760_000))
    return .held(Grant(id: id, deadline: sentAt + ttl, lateAt: sentAt + ttl / 2), renewAt: sentAt + ttl / 3)
  }
}
