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
/// (`StreamChecks`). What there is to see is what the stream has to bring: if nothing comes, it is opened again from where it
/// was. A server that shows what it does not tell watches of, as some do after a compaction, makes that futile, so it comes
/// later each time until events come; and where the keys are known, they are read again then, which makes it good.
///
/// | what the stream brings | what shows that something is missing |
/// |---|---|
/// | puts | a key that is newer than what it has brought; of many keys, on one of the pages that are looked at in turn |
/// | puts and deletions | one key more or less than there should be |
/// | deletions alone | fewer keys than there were, but for those that were made since (of many keys, with those) |
///
/// How many there should be is known where the keys are; else it is as many as there were when they were last counted, and
/// what events have told since.
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
    var bringsPuts = true
    /// If it is not to bring deletions, the number of keys says nothing.
    var bringsDeletes = true
  }

  /// What is asked of the range.
  enum Question: Equatable {
    /// How many keys there are. Of many, a page of them is looked at besides.
    case count
    /// That, and a key that the stream has yet to tell of.
    case newer
    /// That, and the keys that were made after that revision.
    case made(after: Int64)
  }

  private(set) var state = State.resting(until: .distantFuture)
  /// The revision of the store that the range was last held against.
  private(set) var reached: Int64 = 0
  /// How many keys there should be by what was counted at that revision, if that has to be known so.
  private var counted: (keys: Int64, revision: Int64)?
  /// How many there were at the last look.
  private(set) var size: Int64?
  /// Where the next page begins; `nil`: where the range does. And the store's revision at the first page of this round.
  private(set) var cursor: [UInt8]?
  private var roundBegan: Int64 = 0
  /// How often it was opened again for that since events came.
  private(set) var futile = 0
  private static let mostDoublings = 9

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    if case .overdue(_, let until, _) = state { until } else { nil }
  }

  mutating func opened(pause: Duration, now: Instant) {
    state = .resting(until: now + pause * (1 << futile))
    (reached, cursor) = (0, nil)
  }

  mutating func closed() {
    state = .resting(until: .distantFuture)
  }

  /// `areTaken`: each once, and as wholes of revisions.
  mutating func eventsCame(_ events: [Event], areTaken: Bool, _ expected: Expectation) {
    // What put it off so far is over.
    if futile > 0, case .resting = state { state = .resting(until: .distantPast) }
    futile = 0
    guard let counted, let last = events.last, last.kv.modRevision > counted.revision else { return }
    guard areTaken, expected.bringsPuts else {
      self.counted = nil
      return
    }
    for event in events where event.kv.modRevision > counted.revision {
      if event.kind == .delete { self.counted?.keys &-= 1 } else if event.kv.version == 1 { self.counted?.keys &+= 1 }
    }
  }

  /// Since when its turn has come, if it has.
  func due(storeAt revision: Int64, _ expected: Expectation, now: Instant) -> Instant? {
    guard case .resting(let until) = state, until <= now, expected.bringsPuts || expected.bringsDeletes else {
      return nil
    }
    let isToBeCounted = expected.bringsDeletes && expected.count == nil && counted == nil
    return isToBeCounted || revision >= expected.nextRevision && revision > reached ? until : nil
  }

  /// `keys`: how many there are in the range, if that is known.
  func question(_ expected: Expectation, keys: Int64?) -> Question {
    guard let keys, keys <= StreamChecks.mostKeys else { return .count }
    if expected.bringsPuts { return .newer }
    return (expected.count != nil ? max(0, expected.nextRevision - 1) : counted?.revision).map { .made(after: $0) }
      ?? .count
  }

  mutating func asked(now: Instant) {
    state = .asking(since: now)
  }

  /// `heardAt`: when anything last came on the stream. `patience`: how long what it has to bring may still take.
  mutating func answered(
    _ response: RangeResponse, page: RangeResponse? = nil, to question: Question, at revision: Int64,
    _ expected: Expectation, heardAt: Instant, patience: Duration, pause: Duration, now: Instant
  ) {
    guard case .asking(let since) = state else { return }
    // What has come meanwhile has changed what there should be; and who is behind what was brought cannot tell.
    guard heardAt < since, revision >= expected.nextRevision &- 1 else { return rest(pause, now) }
    size = response.count
    if isMissing(response, page, question, expected) {
      counted = nil
      state = .overdue(since: now, until: now + patience)
      return
    }
    if expected.count == nil, expected.bringsDeletes { counted = (response.count, revision) }
    if let page {
      if cursor == nil { roundBegan = revision }
      cursor = page.more ? page.kvs.last.map { $0.key.array + [0] } : nil
      if cursor == nil { reached = max(reached, roundBegan) }
    } else if question != .count || response.count > StreamChecks.mostKeys && !expected.bringsPuts {
      // A range that turns out to be small, or has had no page looked at, is looked at once more.
      reached = max(reached, revision)
    }
    rest(pause, now)
  }

  private func isMissing(
    _ response: RangeResponse, _ page: RangeResponse?, _ question: Question, _ expected: Expectation
  ) -> Bool {
    if let page, page.kvs.contains(where: { $0.modRevision >= expected.nextRevision }) { return true }
    if question == .newer, !response.kvs.isEmpty { return true }
    guard expected.bringsDeletes, let before = expected.count ?? counted?.keys else { return false }
    // Without puts, those that were made since are no less, and may be more.
    return expected.bringsPuts ? response.count != before : response.count &- Int64(response.kvs.count) < before
  }

  /// It was not answered, or not permitted.
  mutating func notAnswered(isRefusedAlone: Bool, pause: Duration, now: Instant) {
    guard case .asking = state else { return }
    if isRefusedAlone { futile = min(futile + 1, Self.mostDoublings) }
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
