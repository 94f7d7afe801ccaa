import EtcdTransport

/// Which endpoint to talk to.
///
/// One endpoint is current, and stays it for as long as it answers. A failure moves on at once to the next one that is
/// not backing off; each has its own back-off. When all of them are backing off, the next attempt is at the one whose
/// wait ends first.
///
/// An endpoint is `healthy` (no failure since its last answer) or `failing` (with a time before which it is left
/// alone). Any answer makes it healthy, any failure makes it failing.
package struct Endpoints {
  package struct ID: Hashable, Sendable {
    fileprivate let index: Int
  }

  package enum Choice: Hashable {
    case use(ID)
    case wait(until: Instant)
  }

  private enum Health {
    case healthy
    case failing(count: Int, since: Instant, retryAt: Instant)
  }

  private struct Entry {
    let endpoint: Endpoint
    var health = Health.healthy
    /// When anything last came from there.
    var lastHeard: Instant?
  }

  private var entries: [Entry]
  private var current: Int
  private let backoff: Backoff

  /// Begins at a random one of the `seeds`, so that many clients with one configuration spread over the members.
  package init(seeds: [Endpoint], backoff: Backoff, random: inout any RandomNumberGenerator) {
    entries = seeds.map { Entry(endpoint: $0) }
    current = seeds.isEmpty ? 0 : Int.random(in: 0..<seeds.count, using: &random)
    self.backoff = backoff
  }

  package var count: Int { entries.count }

  package func endpoint(_ id: ID) -> Endpoint {
    entries[id.index].endpoint
  }

  /// Whether every endpoint is failing.
  package var allFailing: Bool {
    entries.allSatisfy { if case .failing = $0.health { true } else { false } }
  }

  package func lastHeard(_ id: ID) -> Instant? {
    entries[id.index].lastHeard
  }

  /// The endpoint for the next attempt, or when to ask again.
  package func choose(now: Instant) -> Choice {
    var earliest = Instant.distantFuture
    for step in 0..<entries.count {
      let index = (current + step) % entries.count
      switch entries[index].health {
      case .healthy:
        return .use(ID(index: index))
      case .failing(_, _, let retryAt):
        if retryAt <= now { return .use(ID(index: index)) }
        earliest = min(earliest, retryAt)
      }
    }
    return .wait(until: earliest)
  }

  /// Something that shows life came from the endpoint.
  package mutating func heard(_ id: ID, now: Instant) {
    entries[id.index].lastHeard = now
  }

  /// An attempt was answered.
  package mutating func succeeded(_ id: ID, now: Instant) {
    entries[id.index].health = .healthy
    entries[id.index].lastHeard = now
    // Stay with what works: the one before may only have come to the end of its back-off.
    if case .failing = entries[current].health { current = id.index }
  }

  /// An attempt that began at `startedAt` failed. Attempts that were under way together when the endpoint broke count
  /// as one failure, or a burst of calls would drive its back-off to the maximum at once.
  package mutating func failed(
    _ id: ID, startedAt: Instant, now: Instant, random: inout any RandomNumberGenerator
  ) {
    var count = 0
    if case .failing(let before, let since, _) = entries[id.index].health {
      if startedAt < since { return }
      count = before
    }
    let delay = backoff.delay(afterFailures: count + 1, using: &random)
    entries[id.index].health = .failing(count: count + 1, since: now, retryAt: now + delay)
    if id.index == current { current = (current + 1) % entries.count }
  }
}
