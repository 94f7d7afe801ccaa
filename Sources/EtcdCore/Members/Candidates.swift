import EtcdTransport

/// Addresses that members advertise, and that nothing of ours has answered at yet.
///
/// An address is whatever somebody wrote into a member's configuration: it may lead nowhere from here, to this very host, or
/// to another cluster. So none is used before it has been asked who its members are, and has named the cluster that is
/// known. They are asked one after the other, beside everything else; where there is no answer, the address has cost a try,
/// and is tried again later, each time after a longer while. Where nothing else answers, one that tells nobody who it is
/// without a token is logged in at: the answer to that says it, too.
///
///     idle ⇄ trying
struct Candidates {
  private struct Candidate {
    let target: Endpoints.Target
    /// Of the member that advertises it, or that has answered there.
    var memberID: UInt64
    /// Since when it is advertised.
    let since: Instant
    var failures = 0
    /// What is no endpoint yet has shown nothing of its wire, and may say nothing, or nothing of etcd's, by one of them only:
    /// it is asked by the other next.
    var triesOtherWire = false
    var lastEnd: Instant?
    var retryAt = Instant(nanoseconds: .min)
  }

  enum State: Equatable {
    case idle
    case trying(Endpoints.Target)
  }

  private(set) var state = State.idle
  private var candidates: [Candidate] = []
  /// The longest wait before one is tried again, usually and while nothing else answers.
  private var longestWait: Duration
  private var longestUrgentWait: Duration

  init(longestWait: Duration, longestUrgentWait: Duration) {
    self.longestWait = longestWait
    self.longestUrgentWait = min(longestWait, longestUrgentWait)
  }

  /// From now on so long.
  mutating func reconfigure(longestWait: Duration, longestUrgentWait: Duration) {
    self.longestWait = longestWait
    self.longestUrgentWait = min(longestWait, longestUrgentWait)
  }

  var count: Int { candidates.count }

  /// They are these from now on. Those that were there before are not tried before their time.
  mutating func set(_ addresses: [Roster.Address], endpoints: inout Endpoints, now: Instant) {
    let before = candidates
    candidates = addresses.map { address in
      if var known = before.first(where: { $0.target.endpoint == address.endpoint }) {
        known.memberID = address.memberID
        return known
      }
      // It was not advertised for a while, in which it was being tried.
      if case .trying(let target) = state, target.endpoint == address.endpoint {
        return Candidate(target: target, memberID: address.memberID, since: now)
      }
      return Candidate(target: endpoints.target(address.endpoint), memberID: address.memberID, since: now)
    }
  }

  /// Whether the one that is being tried is to be asked by another wire than the current endpoint, if there is one.
  var triesOtherWire: Bool { tried?.triesOtherWire ?? false }

  /// Since when the one is advertised that is being tried.
  var triedSince: Instant? { tried?.since }

  private var tried: Candidate? {
    guard case .trying(let target) = state else { return nil }
    return candidates.first { $0.target == target }
  }

  /// When one is to be tried; `nil` if none is, or one is being tried. Those whose member is reached already wait.
  func wakeTime(endpoints: Endpoints) -> Instant? {
    guard state == .idle else { return nil }
    let isUrgent = endpoints.allFailing
    return candidates.lazy.filter { !endpoints.reach($0.memberID) }.map { retryTime($0, isUrgent) }.min()
  }

  private func retryTime(_ candidate: Candidate, _ isUrgent: Bool) -> Instant {
    guard isUrgent, let lastEnd = candidate.lastEnd else { return candidate.retryAt }
    return min(candidate.retryAt, lastEnd + longestUrgentWait)
  }

  /// The one that is to be tried now.
  mutating func next(endpoints: Endpoints, now: Instant) -> Endpoints.Target? {
    guard state == .idle else { return nil }
    let isUrgent = endpoints.allFailing
    let due = candidates.filter { retryTime($0, isUrgent) <= now && !endpoints.reach($0.memberID) }
    guard let next = due.min(by: { $0.failures < $1.failures }) else { return nil }
    state = .trying(next.target)
    return next.target
  }

  /// It has answered. Returns whether it is an endpoint from now on: it is not if the member that has answered is reached,
  /// or if it is advertised no more.
  mutating func answered(_ memberID: UInt64, isNeeded: Bool) -> Bool {
    guard case .trying(let target) = state else { return false }
    state = .idle
    guard let index = candidates.firstIndex(where: { $0.target == target }) else { return false }
    if isNeeded {
      candidates.remove(at: index)
    } else {
      candidates[index].memberID = memberID
    }
    return isNeeded
  }

  /// Returns whether that is news: it has not failed before.
  mutating func failed(
    because failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> Bool {
    guard case .trying(let target) = state else { return false }
    state = .idle
    guard let index = candidates.firstIndex(where: { $0.target == target }) else { return false }
    candidates[index].failures += 1
    switch failure.code {
    case .timeout, .protocol: candidates[index].triesOtherWire.toggle()
    default: break
    }
    candidates[index].lastEnd = now
    let wait = min(longestWait, Discovery.firstWait * (1 << min(candidates[index].failures, 20)))
    let nanoseconds = max(0, wait.wholeNanoseconds)
    candidates[index].retryAt = now + .nanoseconds(Int64.random(in: nanoseconds / 2...nanoseconds, using: &random))
    return candidates[index].failures == 1
  }

  /// What is asked of the one that is being tried is of no use any more.
  mutating func giveUp(now: Instant) {
    guard case .trying(let target) = state else { return }
    state = .idle
    guard let index = candidates.firstIndex(where: { $0.target == target }) else { return }
    candidates[index].lastEnd = now
    candidates[index].retryAt = now + Discovery.firstWait
  }

  mutating func end() {
    candidates = []
    state = .idle
  }
}
