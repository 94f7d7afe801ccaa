import EtcdPacker
import EtcdTransport

/// Whether the stream of a watcher is silent for want of news, or because it is dead while its member lives: what lies
/// between may drop one flow, and answer TCP's keepalive itself.
///
///     resting ──▶ asking ──▶ overdue ──▶ (the stream is opened again)
///        ▲          │           │
///        └──────────┴───────────┘  nothing is missing, or something came
///
/// When the store has moved on since, the range is held against it, with the question whether the endpoint lives
/// (`StreamChecks`). A key that is newer than what the stream has brought, or one more or less than there should be, is
/// what it has to bring: if nothing comes, it is opened again from where it was. A server that shows what it does not
/// tell watches of, as some do after a compaction, makes that futile, so it comes later each time until events come.
struct StreamCheck {
  enum State: Equatable {
    case resting(until: Instant)
    case asking(since: Instant)
    /// `isExtended`: a host that came late was waited for.
    case overdue(since: Instant, until: Instant, isExtended: Bool = false)
  }

  /// What there should be to see.
  struct Expectation {
    /// The next revision that the stream is to bring.
    var nextRevision: Int64
    /// How many keys there are, where that is known.
    var count: Int64?
    /// Whether it is to bring deletions. If not, their number says nothing.
    var bringsDeletes = true
  }

  private(set) var state = State.resting(until: .distantFuture)
  /// The revision of the store that the range was last held against.
  private(set) var reached: Int64 = 0
  /// How many keys there were then, if no event has come since; and when there was last a look.
  private var count: Int64?
  private(set) var size: Int64?
  /// How often it was opened again for that since events came.
  private var futile = 0
  private static let mostDoublings = 9

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    if case .overdue(_, let until, _) = state { until } else { nil }
  }

  mutating func opened(pause: Duration, now: Instant) {
    state = .resting(until: now + pause * (1 << futile))
    (reached, count) = (0, nil)
  }

  mutating func closed() {
    state = .resting(until: .distantFuture)
  }

  mutating func eventsCame() {
    futile = 0
    count = nil
  }

  /// Since when its turn has come, if it has.
  func due(storeAt revision: Int64, _ expected: Expectation, now: Instant) -> Instant? {
    guard case .resting(let until) = state, until <= now, revision >= expected.nextRevision, revision > reached else {
      return nil
    }
    return until
  }

  mutating func asked(now: Instant) {
    state = .asking(since: now)
  }

  /// `isCounted`: newer keys were not asked for. `heardAt`: when anything last came on the stream. `patience`: how long
  /// what it has to bring may still take.
  mutating func answered(
    _ response: RangeResponse, isCounted: Bool = false, at revision: Int64, _ expected: Expectation, heardAt: Instant,
    patience: Duration, pause: Duration, now: Instant
  ) {
    guard case .asking(let since) = state else { return }
    // What has come meanwhile has changed what there should be; and who is behind what was brought cannot tell.
    guard heardAt < since, revision >= expected.nextRevision &- 1 else { return rest(pause, now) }
    let others = expected.bringsDeletes ? expected.count ?? count ?? response.count : response.count
    size = response.count
    if !response.kvs.isEmpty || response.count != others {
      state = .overdue(since: now, until: now + patience)
    } else {
      // A range that turns out to be small is looked at once more.
      if !isCounted || response.count > StreamChecks.mostKeys { reached = max(reached, revision) }
      count = response.count
      rest(pause, now)
    }
  }

  /// It was not answered, or not permitted.
  mutating func notAnswered(isRefusedAlone: Bool, pause: Duration, now: Instant) {
    guard case .asking = state else { return }
    if isRefusedAlone { futile = Self.mostDoublings }
    rest(pause, now)
  }

  /// Returns whether the stream is dead. `isInLine`: something of it waits for the host.
  mutating func tick(heardAt: Instant, isInLine: Bool, pause: Duration, now: Instant) -> Bool {
    guard case .overdue(let since, let until, let isExtended) = state, now >= until else { return false }
    if heardAt >= since || isInLine {
      rest(pause, now)
      return false
    }
    // A host that comes late may not have got to read what has come.
    if now - until >= Probe.lateness, !isExtended {
      state = .overdue(since: since, until: now + Probe.lateness, isExtended: true)
      return false
    }
    futile = min(futile + 1, Self.mostDoublings)
    state = .resting(until: .distantFuture)
    return true
  }

  private mutating func rest(_ pause: Duration, _ now: Instant) {
    state = .resting(until: now + pause * (1 << futile))
  }
}
