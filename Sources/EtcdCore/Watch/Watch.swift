import EtcdPacker
import EtcdTransport

/// Follows a range of keys: reads it once, then watches it from the revision after.
///
///     reading ──▶ opening ──▶ live
///        ▲  ▲        ▲          │
///        │  │        │          ▼ stream ended, refused, or silent
///        │  │        └───── backingOff
///        │  └──── backingOff
///        └── compacted past the resume point, a revision too large to be taken, or the store went back or was replaced:
///            read again, deliver the difference
///
/// Where the first page does not come (`recallAt`), a picture that is left on disk is told before it is read again:
/// `reading` or `backingOff` ──▶ `recalling` ──▶ `reading`. From then on it is as if it had been read at its revision, so
/// that what is read is the difference.
///
/// Without a snapshot there is nothing to compare with: it ends there, once the store was asked whether it is behind the
/// resume point, or the member only lags (`checking`); what is too large is tried again. So does one that is not to
/// resync; the pages of its snapshot are all of one revision, and a page that fails is asked for again.
///
/// The resume point is the `mod_revision` of the last event that was handed to the host, plus one; before there is one,
/// the revision of the snapshot plus one. It is never taken from a header: while etcd catches a watch up with history,
/// headers run ahead of the events (field notes, watch).
struct Watch {
  enum State {
    /// Reading the snapshot: a page is asked for, or waits for the host to take the one before.
    indirect case reading(Snapshot)
    /// The picture on disk is told, a page at a time, as the host takes it.
    case recalling(isComplete: Bool)
    /// Asking how far the store is before the stream is opened.
    case checking
    case opening
    case live
    case backingOff(until: Instant, then: Next)
    case ended
  }

  enum Next {
    case read
    /// The page of this snapshot that failed.
    indirect case page(Snapshot)
    case check
    case open
  }

  /// A snapshot in the making.
  struct Snapshot {
    /// The revision that all pages are pinned to; 0 until the first one has come.
    var revision: Int64 = 0
    /// The next page begins here.
    var from: [UInt8]
    var isResync: Bool
    /// What etcd said of itself with the last page that came.
    var header = ResponseHeader()
    /// The last page has come; keys that have vanished may be yet to tell.
    var isRead = false
    /// The last batch was delivered: as soon as the host has it, the stream is opened.
    var isComplete = false
  }

  enum Action {
    case read(RangeRequest)
    /// The picture on disk is wanted, or the next page of it.
    case recall(isNext: Bool)
    case open(WatchCreateRequest)
    case closeStream
    case deliver(Batch)
    case report(WatcherState, Failure?)
  }

  /// Which keys are known, so that what the host has been told can be told from what is new to it.
  private enum Memory {
    /// All of them, for as long as it lives: what has vanished can be told.
    case all
    /// Those of a reading, until it is complete: those that change later have a revision to be known by, and what has
    /// vanished is not told.
    case whileReading
    /// None: nothing is ever read twice.
    case none
  }

  /// With memory of its own: few have it, and not for long.
  private final class Beginning {
    let startAt: Instant?
    let recallAt: Instant?
    let recalledCluster: UInt64?

    init(startAt: Instant?, recallAt: Instant?, recalledCluster: UInt64?) {
      self.startAt = startAt
      self.recallAt = recallAt
      self.recalledCluster = recalledCluster
    }
  }

  private let range: KeyRange
  private let wantsPrevKV: Bool
  /// Whether it begins with what there is.
  let hasSnapshot: Bool
  private let memory: Memory
  var settings: WatchSettings
  private(set) var state: State
  /// The next revision the host has not seen.
  private(set) var nextRevision: Int64
  /// Whether what was told up to there is of the store that is read.
  private var isTrusted = true
  private var known = KnownKeys()
  /// Etcd has said that its keys may not be read.
  private var isRefused = false
  /// Why the keys are read again.
  private(set) var cause: ErrorCode?
  private var pageLimit: Int64
  /// Since events last came, or a stream last lived for as long as the longest back-off.
  private(set) var failures = 0
  /// How often history was found compacted since then.
  private var compactions = 0
  private var liveSince: Instant?
  private var begun = BegunRevision()
  /// Of a beginning that is not as most are.
  private var beginning: Beginning?
  /// The stream has not brought what the member has, though it was opened again for that: it will not.
  private var isStreamFutile = false

  init(
    range: KeyRange, startRevision: Int64, prevKV: Bool, settings: WatchSettings
  ) {
    self.range = range
    self.wantsPrevKV = prevKV
    let options = settings.options
    hasSnapshot = startRevision == 0
    memory = startRevision > 0 || !options.resyncs ? .none : options.wantsDeletes ? .all : .whileReading
    self.settings = settings
    pageLimit = settings.pageKeys
    nextRevision = startRevision
    state = startRevision == 0 ? .reading(Snapshot(from: range.key, isResync: false)) : .opening
  }

  /// When it begins to read, if not at once.
  private var startAt: Instant? {
    get { beginning?.startAt }
    set { begin(at: newValue, recallAt: recallAt, recalledCluster) }
  }

  /// When the picture on disk is wanted, unless etcd has answered by then.
  private var recallAt: Instant? {
    get { beginning?.recallAt }
    set { begin(at: startAt, recallAt: newValue, recalledCluster) }
  }

  /// Whose picture was told from disk, until etcd has answered.
  private var recalledCluster: UInt64? {
    get { beginning?.recalledCluster }
    set { begin(at: startAt, recallAt: recallAt, newValue) }
  }

  private mutating func begin(at startAt: Instant?, recallAt: Instant?, _ recalledCluster: UInt64?) {
    let isUsual = startAt == nil && recallAt == nil && recalledCluster == nil
    if isUsual, beginning == nil { return }
    beginning = isUsual ? nil : Beginning(startAt: startAt, recallAt: recallAt, recalledCluster: recalledCluster)
  }

  private var options: WatcherOptions { settings.options }

  /// Whether lost history can be made up for by reading the keys again.
  private var resyncs: Bool { memory != .none }

  /// Whether its stream has puts: also where the host wants none, if keys that come are to be known.
  var bringsPuts: Bool { options.wantsPuts || memory == .all }

  /// What the host's picture has reached; 0: there is none yet.
  var revision: Int64 { max(0, nextRevision - 1) }

  var knownKeys: Int { known.count }

  var indexBytes: Int { known.byteCount }

  var publicState: WatcherState {
    switch state {
    case .reading, .recalling: .snapshot
    case .checking, .opening: .opening
    case .live: .live
    case .backingOff: .backoff
    case .ended: .ended
    }
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    switch state {
    case .backingOff(let until, _): min(until, recallAt ?? until)
    case .reading: startAt ?? recallAt
    case .recalling, .checking, .opening, .live, .ended: nil
    }
  }

  mutating func start() -> [Action] {
    switch state {
    case .reading: startAt == nil ? read(isResync: false) : [.report(.snapshot, nil)]
    case .opening: [.report(.opening, nil)] + open()
    case .recalling, .checking, .live, .backingOff, .ended: []
    }
  }

  mutating func tick(now: Instant) -> [Action] {
    if let startAt, case .reading(let snapshot) = state {
      guard now >= startAt else { return [] }
      self.startAt = nil
      known.beginReading()
      return [.read(page(of: snapshot))]
    }
    if let recallAt, now >= recallAt {
      self.recallAt = nil
      return [.recall(isNext: false)]
    }
    guard case .backingOff(let until, let next) = state, now >= until else { return [] }
    switch next {
    case .read: return read(isResync: nextRevision > 0)
    case .page(let snapshot):
      state = .reading(snapshot)
      return [.report(.snapshot, nil), .read(page(of: snapshot))]
    case .check: return check()
    case .open: return [.report(.opening, nil)] + open()
    }
  }

  /// Brings the next attempt forward. Returns whether there was one to bring forward.
  mutating func hasten(to time: Instant) -> Bool {
    guard case .backingOff(let until, let next) = state, time < until else { return false }
    state = .backingOff(until: time, then: next)
    return true
  }

  /// No member takes another stream for now: nothing that it has done itself has failed. Told once.
  mutating func noRoom(_ failure: Failure, until time: Instant) -> [Action] {
    switch state {
    case .opening:
      state = .backingOff(until: time, then: .open)
      return [.report(.backoff, failure)]
    case .backingOff(_, let next):
      state = .backingOff(until: time, then: next)
      return []
    case .reading, .recalling, .checking, .live, .ended:
      return []
    }
  }

  /// The store is another one from now on, where revisions mean nothing that they meant before.
  mutating func replaced(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    if case .ended = state { return [] }
    guard resyncs else { return end(failure) }
    distrustKnown()
    cause = failure.code
    failures = 0
    liveSince = nil
    if case .recalling = state {
      // What is yet to be told of it is not of this store either.
      recalledCluster = 0
      return []
    }
    if case .backingOff = state {
      state = .backingOff(until: now, then: .read)
      return []
    }
    return [.closeStream] + backOff(failure, then: .read, now: now, random: &random)
  }

  /// The cluster is closing, or the host wants no more.
  mutating func close() -> [Action] {
    if case .ended = state { return [] }
    return end(nil)
  }

  // MARK: Snapshot

  private mutating func read(isResync: Bool) -> [Action] {
    let snapshot = Snapshot(from: range.key, isResync: isResync)
    state = .reading(snapshot)
    startAt = nil
    known.beginReading()
    return [.report(.snapshot, nil), .read(page(of: snapshot))]
  }

  private func page(of snapshot: Snapshot) -> RangeRequest {
    var request = RangeRequest(range: range.isSingle ? range : .range(snapshot.from, range.rangeEnd))
    request.revision = snapshot.revision
    request.limit = pageLimit
    request.keysOnly = options.keysOnly || !options.wantsPuts
    if memory == .none, !options.wantsPuts {
      // Nothing of it would be told: only its revision is wanted.
      request.countOnly = true
      request.limit = 0
    }
    return request
  }

  mutating func pageArrived(
    _ result: Result<Answer, Failure>, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    if case .checking = state { return checked(result, now: now, random: &random) }
    guard case .reading(let snapshot) = state else { return [] }
    switch result {
    case .success(.range(let response)):
      // Without its revision there is nothing to watch from, and a page of nothing that is not the last would never end.
      guard response.header.revision > 0, !response.more || !response.kvs.isEmpty else {
        let failure = Failure(.protocol, "the answer to a range lacks its revision, or its keys")
        return backOff(failure, then: next(after: snapshot), now: now, random: &random)
      }
      return take(response, snapshot)
    case .success:
      let failure = Failure(.protocol, "the answer is not that of a range")
      return backOff(failure, then: next(after: snapshot), now: now, random: &random)
    case .failure(let failure) where failure.code == .compacted:
      // The snapshot took longer than the history is kept. What was delivered of it is known; the rest is a difference.
      guard resyncs else { return end(failure) }
      return readAgain(failure, now: now, random: &random)
    case .failure(let failure) where failure.code == .tooLarge && pageLimit > 1:
      pageLimit /= 2
      return [.read(page(of: snapshot))]
    case .failure(let failure):
      return backOff(failure, then: next(after: snapshot), now: now, random: &random)
    }
  }

  /// Where nothing is known of what was told, the pages before the one that failed must not be read twice.
  private func next(after snapshot: Snapshot) -> Next { resyncs ? .read : .page(snapshot) }

  private mutating func take(_ response: RangeResponse, _ snapshot: Snapshot) -> [Action] {
    var snapshot = snapshot
    snapshot.header = response.header
    if snapshot.revision == 0 {
      snapshot.revision = response.header.revision
      // A store that is behind what was delivered is another one (restored, or made anew): equal revisions say nothing
      // about equal values there.
      if Self.revision(after: snapshot.revision) < nextRevision { distrustKnown() }
      if let recalledCluster, recalledCluster != response.header.clusterID { distrustKnown() }
      (recallAt, recalledCluster) = (nil, nil)
    }
    var events = response.kvs.compactMap { event(of: $0) }
    if let failure = indexFailure { return end(failure) }
    if response.more, let last = response.kvs.last {
      snapshot.from = last.key.array + [0]
    } else {
      snapshot.isRead = true
      events += takeVanished(from: &snapshot)
    }
    state = .reading(snapshot)
    if events.isEmpty, !snapshot.isRead { return [.read(page(of: snapshot))] }
    return [.deliver(batch(events, of: snapshot))]
  }

  private func batch(_ events: [Event], of snapshot: Snapshot) -> Batch {
    let origin = Batch.Origin.snapshot(isLast: snapshot.isComplete, isResync: snapshot.isResync)
    return Batch(events: events, revision: snapshot.revision, origin: origin, header: snapshot.header)
  }

  /// A key was read. Returns its event, if it is news to the host.
  private mutating func event(of kv: KeyValue) -> Event? {
    var event = Event()
    event.kv = kv
    switch memory {
    case .all:
      let before = known.set(kv.key, at: kv.modRevision)
      if before == kv.modRevision { return nil }
      event.prevKV = before.flatMap { previous(kv.key, at: $0) }
    case .whileReading:
      if isTrusted && kv.modRevision < nextRevision || known[kv.key] == kv.modRevision { return nil }
      known.set(kv.key, at: kv.modRevision)
    case .none: break
    }
    return options.wantsPuts ? event : nil
  }

  /// As much as is known of what was there before a change that was missed.
  private func previous(_ key: Bytes, at revision: Int64) -> KeyValue? {
    guard wantsPrevKV else { return nil }
    var kv = KeyValue()
    kv.key = key
    kv.modRevision = revision
    return kv
  }

  /// Drops keys that a snapshot no longer holds, and returns their deletions. With the last of them it is complete.
  private mutating func takeVanished(from snapshot: inout Snapshot) -> [Event] {
    let vanished = memory == .all ? known.takeVanished(Int(clamping: max(settings.pageKeys, 1))) : []
    if memory == .all, known.haveVanished, !vanished.isEmpty { return deletions(of: vanished, at: snapshot.revision) }
    snapshot.isComplete = true
    nextRevision = Self.revision(after: snapshot.revision)
    isTrusted = true
    if memory != .all { known = KnownKeys() }
    return deletions(of: vanished, at: snapshot.revision)
  }

  private func deletions(of keys: [(key: Bytes, revision: Int64)], at revision: Int64) -> [Event] {
    keys.map { key, before in
      var event = Event()
      event.kind = .delete
      event.kv.key = key
      event.kv.modRevision = revision
      event.prevKV = previous(key, at: before)
      return event
    }
  }

  /// The host has taken the batch. Pages are asked for one at a time, so that no more than one waits in memory.
  mutating func delivered(_ batch: Batch) -> [Action] {
    if case .recalling(let isComplete) = state, case .stale = batch.origin {
      return isComplete ? read(isResync: true) : [.recall(isNext: true)]
    }
    // What was told before it is read again does not bring the next page.
    guard case .snapshot = batch.origin, case .reading(var snapshot) = state, snapshot.revision > 0,
      batch.revision == snapshot.revision
    else { return [] }
    if snapshot.isComplete { return [.report(.opening, nil)] + open() }
    guard snapshot.isRead else { return [.read(page(of: snapshot))] }
    let events = takeVanished(from: &snapshot)
    state = .reading(snapshot)
    return [.deliver(self.batch(events, of: snapshot))]
  }

  /// Whether the index of keys has become larger than it may be.
  private var indexFailure: Failure? {
    guard known.byteCount > settings.indexBytes else { return nil }
    return Failure(.limit, "the index of \(known.count) keys takes more than \(settings.indexBytes) bytes")
  }

  /// It does not read before then, so that a fleet that starts at one time does not read at one time. To be called
  /// before `start`.
  mutating func delayStart(until time: Instant) {
    if hasSnapshot { startAt = time }
  }

  // MARK: The picture on disk

  /// There may be one, to be told if etcd has not answered by then, or has failed to.
  mutating func mayRecall(at time: Instant) {
    if hasSnapshot { recallAt = time }
  }

  /// Here it is. Returns `nil` if it is not wanted any more.
  mutating func recall(_ mark: PictureMark) -> [Action]? {
    guard !isRefused, nextRevision == 0, known.count == 0 else { return nil }
    var actions: [Action] = [.closeStream]
    switch state {
    case .reading: break
    case .backingOff: actions.append(.report(.snapshot, nil))
    case .recalling, .checking, .opening, .live, .ended: return nil
    }
    nextRevision = Self.revision(after: mark.revision)
    recalledCluster = isTrusted ? mark.clusterID : 0
    state = .recalling(isComplete: false)
    return actions + [.recall(isNext: true)]
  }

  /// A page of it; without keys and not the last one, there is no more to be had.
  mutating func recalled(_ kvs: [KeyValue], isLast: Bool, of mark: PictureMark) -> [Action] {
    guard case .recalling = state else { return [] }
    if kvs.isEmpty, !isLast { return read(isResync: true) }
    let events = kvs.map { kv in
      known.set(kv.key, at: kv.modRevision)
      var event = Event()
      event.kv = kv
      return event
    }
    if let failure = indexFailure { return end(failure) }
    state = .recalling(isComplete: isLast)
    return [
      .deliver(Batch(events: events, revision: mark.revision, origin: .stale(isLast: isLast, time: mark.time)))
    ]
  }

  // MARK: Check

  private mutating func check() -> [Action] {
    state = .checking
    return [.report(.opening, nil), .read(RangeRequest(range: range, countOnly: true))]
  }

  private mutating func checked(
    _ result: Result<Answer, Failure>, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    switch result {
    case .success(let answer):
      let revision = answer.header.revision
      if Self.revision(after: revision) >= nextRevision { return open() }
      let message = "etcd's store is at revision \(revision), and the watch was to go on from \(nextRevision)"
      return end(Failure(.clusterChanged, message))
    case .failure(let failure):
      return backOff(failure, then: .check, now: now, random: &random)
    }
  }

  // MARK: Stream

  private mutating func open() -> [Action] {
    state = .opening
    var request = WatchCreateRequest(range: range)
    request.startRevision = nextRevision
    request.prevKV = wantsPrevKV
    // Keys that come are to be known all the same, so that it can be told that they have gone.
    if !bringsPuts { request.filters.append(.noPut) }
    if !options.wantsDeletes { request.filters.append(.noDelete) }
    // So that none is silent for ever. What is then said of progress is not believed (field notes, watch).
    request.progressNotify = true
    // Bounds a document by etcd's request size plus 512 KiB, whatever the history (field notes, watch).
    request.fragment = true
    return [.open(request)]
  }

  /// A message of the stream was read. `isBehind`: etcd is known to have come further than the member that it is from.
  mutating func received(
    _ response: WatchResponse, isBehind: Bool = false, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    switch state {
    case .opening, .live: break
    case .reading, .recalling, .checking, .backingOff, .ended: return []
    }
    if response.compactRevision > 0 {
      let failure = Failure(
        .compacted, "revision \(nextRevision) has been compacted; the oldest is \(response.compactRevision)")
      guard resyncs else { return end(failure) }
      return [.closeStream] + readAgain(failure, now: now, random: &random)
    }
    if response.canceled {
      let words = PrintableText.excerpt(of: response.cancelReason, limit: ServerError.messageLimit)
      let reason = words.isEmpty ? "etcd ended the watch" : words
      return streamEnded(Failure(.server, reason), now: now, random: &random)
    }
    var actions: [Action] = []
    if case .opening = state {
      if Self.revision(after: response.header.revision) < nextRevision {
        // A member that lags, or a store that went back, which would leave the watch waiting for revisions that may
        // never come. Reading tells, and costs little.
        let failure = Failure(.unavailable, "the member is behind the revision that the watch goes on from")
        return [.closeStream] + backOff(failure, then: resyncs ? .read : .check, now: now, random: &random)
      }
      if isBehind {
        // The same, and what tells is under way. Until then nothing is believed that may be another store's.
        let failure = Failure(.unavailable, "the member is behind what etcd has answered before")
        return [.closeStream] + backOff(failure, then: .open, now: now, random: &random)
      }
      state = .live
      liveSince = now
      actions.append(.report(.live, nil))
    }
    if !response.events.isEmpty {
      do throws(Failure) {
        if let batch = try take(response) { actions.append(.deliver(batch)) }
        if let failure = indexFailure { return actions + end(failure) }
      } catch {
        return streamEnded(error, now: now, random: &random)
      }
    }
    return actions
  }

  private mutating func take(_ response: WatchResponse) throws(Failure) -> Batch? {
    let events = try whole(try fresh(response.events), isFragment: response.fragment)
    guard let last = events.last else { return nil }
    nextRevision = Self.revision(after: last.kv.modRevision)
    noteProgress()
    if memory == .all {
      for event in events {
        if event.kind == .put {
          known.set(event.kv.key, at: event.kv.modRevision)
        } else {
          known.remove(event.kv.key)
        }
      }
    }
    let told = wanted(events)
    guard !told.isEmpty else { return nil }
    return Batch(events: told, revision: last.kv.modRevision, origin: .watch, header: response.header)
  }

  /// What of them the host is to be told, apart from what etcd leaves out by itself.
  private func wanted(_ events: [Event]) -> [Event] {
    var events = events
    if !options.wantsPuts, memory == .all { events.removeAll { $0.kind == .put } }
    if options.keysOnly {
      for index in events.indices {
        events[index].kv.value = Bytes()
        events[index].prevKV?.value = Bytes()
      }
    }
    return events
  }

  /// Those that were not delivered yet.
  private func fresh(_ events: [Event]) throws(Failure) -> [Event] {
    var events = events
    if events.contains(where: { $0.kv.modRevision < nextRevision }) {
      events.removeAll { $0.kv.modRevision < nextRevision }
    }
    var revision = begun.revision
    for event in events {
      if event.kv.modRevision < revision { throw Failure(.protocol, "etcd sent events out of order") }
      revision = event.kv.modRevision
    }
    return events
  }

  /// What is whole with these events. The last revision of a fragment may go on in the next one and is kept, as long as
  /// that costs no more than a document may.
  private mutating func whole(_ events: [Event], isFragment: Bool) throws(Failure) -> [Event] {
    guard isFragment else { return begun.events.isEmpty ? events : begun.take() + events }
    guard let last = events.last?.kv.modRevision else { return [] }
    let split = events.lastIndex { $0.kv.modRevision < last }.map { $0 + 1 } ?? 0
    let whole = last > begun.revision ? begun.take() + events[..<split] : []
    begun.append(events[split...])
    if begun.cost > settings.revisionCost {
      throw Failure(.tooLarge, "the events of revision \(last) are larger than response.max.bytes")
    }
    return whole
  }

  /// The stream ended, was refused, or its endpoint no longer answers.
  mutating func streamEnded(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    switch state {
    case .opening, .live:
      // A stream that is accepted and ended at once, again and again, must not be reopened without a pause; nor one that
      // brings more than is taken, however long it took over that.
      let isTooLarge = failure.code == .tooLarge
      if let liveSince, now - liveSince >= settings.backoff.maximum, !isTooLarge { noteProgress() }
      liveSince = nil
      // A revision that is too large comes again wherever the watch is opened. The keys can be read, a page at a time.
      let next = (isTooLarge || isStreamFutile) && resyncs ? Next.read : .open
      isStreamFutile = false
      return [.closeStream] + backOff(failure, then: next, now: now, random: &random)
    case .reading, .recalling, .checking, .backingOff, .ended:
      return []
    }
  }

  // MARK: What the stream should have brought

  /// When the stream ends now, the keys are read again, if they may be.
  mutating func giveUpStream() {
    if case .live = state { isStreamFutile = true }
  }

  /// What there is to be seen of the range while it is live, if the stream has brought all that there was.
  var expectation: StreamCheck.Expectation {
    let isOneKey = !bringsPuts && range.isSingle && options.isThere
    return StreamCheck.Expectation(
      nextRevision: nextRevision, count: memory == .all ? Int64(known.count) : isOneKey ? 1 : nil,
      bringsPuts: bringsPuts, bringsDeletes: options.wantsDeletes)
  }

  /// How many keys are in the range, as far as is known without asking.
  var knownCount: Int64? { memory == .all ? Int64(known.count) : range.isSingle ? 1 : nil }

  /// What `StreamCheck` asks. All of them have etcd count the keys.
  func request(_ question: StreamCheck.Question) -> RangeRequest {
    var request = RangeRequest(range: range)
    switch question {
    case .count:
      request.countOnly = true
    case .newer:
      request.limit = 1
      request.keysOnly = true
      request.minModRevision = nextRevision
    case .made(let revision):
      request.keysOnly = true
      request.minCreateRevision = Self.revision(after: revision)
    }
    return request
  }

  /// The keys from there on.
  func page(from key: [UInt8]?) -> RangeRequest {
    RangeRequest(range: range.isSingle ? range : .range(key ?? range.key, range.rangeEnd), keysOnly: true)
  }

  /// Equal revisions say nothing about equal values any more: every key that is read is told again.
  private mutating func distrustKnown() {
    isTrusted = false
    known.distrust()
  }

  /// A server may say anything, the greatest revision there is included.
  private static func revision(after revision: Int64) -> Int64 {
    let (next, overflow) = revision.addingReportingOverflow(1)
    return overflow ? revision : next
  }

  private mutating func noteProgress() {
    failures = 0
    compactions = 0
  }

  // MARK: Ends

  /// History was compacted away, and etcd answers: what failed before says nothing about that, so the first time the keys
  /// are read again at once. A server that compacts faster than it can be read is not asked again and again without a
  /// pause: only events put an end to that count, or a stream that lives.
  private mutating func readAgain(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    failures = compactions
    compactions += 1
    return backOff(failure, then: .read, now: now, random: &random)
  }

  /// The first repetition is at once.
  private mutating func backOff(
    _ failure: Failure, then next: Next, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    // Who asks is let to nothing here until an operator acts, and what is too large stays so until somebody makes it smaller.
    let isLasting =
      failure.code == .tooLarge
      || failure.remedy != .time && (failure.code == .unauthenticated || failure.code == .permissionDenied)
    let delay =
      isLasting && failures > 0
      ? settings.backoff.longest(using: &random) : settings.backoff.delay(afterFailures: failures, using: &random)
    failures += 1
    begun = BegunRevision()
    if case .read = next, !isReading { cause = failure.code }
    state = .backingOff(until: now + delay, then: next)
    // Who may not see the keys is not told what they were either.
    isRefused = failure.code == .unauthenticated || failure.code == .permissionDenied
    guard recallAt != nil else { return [.report(.backoff, failure)] }
    recallAt = nil
    return [.report(.backoff, failure)] + (isRefused ? [] : [.recall(isNext: false)])
  }

  private var isReading: Bool { if case .reading = state { true } else { false } }

  private mutating func end(_ failure: Failure?) -> [Action] {
    state = .ended
    known = KnownKeys()
    begun = BegunRevision()
    return [.closeStream, .report(.ended, failure)]
  }
}
