import EtcdPacker
import EtcdTransport

/// The watchers, and the stream that each of them has open.
struct Watchers {
  /// A class, so that what is asked of it, and what each event changes in it, costs no copy of all that there is.
  private final class Entry {
    var machine: Watch
    /// Others are the library's own: of keys that are waited for.
    let isHosts: Bool
    var stream: WatchStream?
    var hasHadStream = false
    /// Members at which streams have ended since there was progress: it is opened there only if there is no other.
    var avoided: Set<Endpoints.ID> = []
    /// What is to be opened as soon as an endpoint is to be had, or as soon as requests are let in.
    var pending: Pending?
    /// The picture that is, or was, told from disk.
    var recalled: Recalled?
    /// It was not permitted when it was last asked for, or to read was not.
    var isDenied = false
    var isReadingDenied = false
    var check = StreamCheck()
    /// Batches of its streams that wait for the host, and how far the host's picture is.
    var untold = 0
    var told: Int64 = 0

    init(machine: Watch, isHosts: Bool) {
      self.machine = machine
      self.isHosts = isHosts
    }

    var wakeTime: Instant? { pending?.retryAt ?? stream?.confirmBy ?? machine.wakeTime ?? check.wakeTime }
  }

  /// With memory of its own, because few have one.
  private final class Recalled {
    let mark: PictureMark

    init(_ mark: PictureMark) { self.mark = mark }
  }

  /// With memory of its own: it is large, and there for a moment.
  private final class Pending {
    let request: WatchCreateRequest
    /// `nil` while requests are not let in.
    let retryAt: Instant?

    init(_ request: WatchCreateRequest, retryAt: Instant?) {
      self.request = request
      self.retryAt = retryAt
    }
  }

  /// So many ends in a row, without an event between them, are reason enough to try another member.
  private static let fruitlessEnds = 2

  private var entries = NumberedTable<WatcherID, Entry>()
  private var watcherOfTransfer = NumberedTable<TransferID, WatcherID>()
  /// Of each member that has streams.
  private var rooms: [Endpoints.ID: StreamRoom] = [:]
  /// Those that no member takes, and one of those that do not.
  private var waiting: [WatcherID: Endpoints.ID] = [:]
  /// One of these may be had now.
  private var mayHaveRoom = false
  /// What is under way, and of how many streams one may be.
  private var checks: [Endpoints.ID: StreamChecks] = [:]
  private var checkedAtOnce = StreamChecks.mostRanges
  /// Whose stream may have to be paused, or read again, when the turn ends.
  private var unsettled: [WatcherID] = []
  private var sharedOptions: SharedOptions
  private var options: Options { sharedOptions.value }
  private var backoff: Backoff
  /// Those that the last one was made with, for others that are to be the same.
  private var lastSettings: WatchSettings?

  init(options: Options, backoff: Backoff) {
    sharedOptions = SharedOptions(options)
    self.backoff = backoff
  }

  /// From now on these. How large the pages of a snapshot are is for watchers that are yet to come.
  mutating func reconfigure(_ options: Options, _ backoff: Backoff) {
    sharedOptions = SharedOptions(options)
    self.backoff = backoff
    lastSettings = nil
    // Those that share them go on doing so.
    var changed: [ObjectIdentifier: (before: WatchSettings, after: WatchSettings)] = [:]
    for entry in entries.values {
      let before = entry.machine.settings
      let after = changed[ObjectIdentifier(before)]?.after ?? before.with(backoff)
      changed[ObjectIdentifier(before)] = (before, after)
      entry.machine.settings = after
    }
  }

  private mutating func settings(_ wanted: WatcherOptions) -> WatchSettings {
    if let lastSettings, lastSettings.options == wanted { return lastSettings }
    let settings = WatchSettings(wanted, options, backoff)
    lastSettings = settings
    return settings
  }

  /// In the order in which they were made.
  private var ids: [WatcherID] { entries.keys.sorted { $0.rawValue < $1.rawValue } }

  // MARK: Questions

  var count: Int { entries.count }

  var streamCount: Int { watcherOfTransfer.count }

  func hasSnapshot(_ id: WatcherID) -> Bool { entries[id]?.machine.hasSnapshot ?? false }

  func hasHadStream(_ id: WatcherID) -> Bool { entries[id]?.hasHadStream ?? false }

  /// Whether one of them asks for what it needs until it has it.
  var goOn: Bool { entries.values.contains { $0.machine.publicState != .ended } }

  /// Of the host's.
  var live: Int { entries.values.count { $0.isHosts && $0.machine.publicState == .live } }

  /// Whether the picture of who has taken all that was delivered is what etcd has.
  func isTrue(_ id: WatcherID) -> Bool {
    guard let entry = entries[id], case .live = entry.machine.state else { return false }
    return entry.stream?.isInLine == false && entry.untold == 0
  }

  /// How many revisions the one is behind for which most waits.
  func lag(behind revision: Int64) -> Int64 {
    entries.values.reduce(0) { most, entry in
      guard entry.stream?.isInLine == true, entry.machine.nextRevision > 0 else { return most }
      return max(most, revision &- entry.machine.nextRevision &+ 1)
    }
  }

  func state(of id: WatcherID) -> WatcherState { entries[id]?.machine.publicState ?? .ended }

  /// `revision`: the greatest of the store that is known.
  func status(of id: WatcherID, behind revision: Int64, now: Instant) -> WatcherStatus {
    guard let entry = entries[id] else { return WatcherStatus() }
    var status = WatcherStatus()
    status.state = entry.machine.publicState
    status.attempts = status.state == .live || status.state == .ended ? 0 : entry.machine.failures
    status.revision = entry.untold > 0 ? entry.told : entry.machine.revision
    status.storeRevision = revision
    let isUpToDate = status.state == .live && entry.stream?.isInLine == false
    status.lag = isUpToDate ? 0 : max(0, revision - status.revision)
    status.silentMs = entry.stream.map { max(.zero, now - $0.heardAt).millisecondsRoundedUp } ?? -1
    status.knownKeys = entry.machine.knownKeys
    status.indexBytes = entry.machine.indexBytes
    return status
  }

  func wakeTime(of id: WatcherID) -> Instant? { entries[id]?.wakeTime }

  func watcher(of transfer: TransferID) -> WatcherID? { watcherOfTransfer[transfer] }

  func hasStreams(at endpoint: Endpoints.ID) -> Bool { rooms[endpoint] != nil }

  /// Whether etcd has confirmed any of them.
  func hasLiveStreams(at endpoint: Endpoints.ID) -> Bool { (rooms[endpoint]?.confirmed ?? 0) > 0 }

  /// Whether a call that gets no answer there may be one for which there is no room.
  func isCrowded(at endpoint: Endpoints.ID) -> Bool { rooms[endpoint]?.isCrowded ?? false }

  /// Where no stream more can be opened, and until when.
  func full(now: Instant) -> [Endpoints.ID: Instant] { rooms.compactMapValues { $0.fullUntil(now: now) } }

  /// Whether a watcher waits for room, and it is time to look for some again.
  func looksForRoom(_ id: WatcherID, now: Instant) -> Bool {
    waiting[id] != nil && wakeTime(of: id).map { $0 <= now } ?? false
  }

  /// Where a watcher's stream had better not be opened.
  func avoided(by id: WatcherID) -> Set<Endpoints.ID> { entries[id]?.avoided ?? [] }

  /// Where the stream of a watcher comes from.
  func origin(of id: WatcherID) -> Endpoints.Target? { entries[id]?.stream?.target }

  /// When it was asked for.
  func streamOpenedAt(_ id: WatcherID) -> Instant? { entries[id]?.stream?.openedAt }

  // MARK: The host

  /// `startAt`: it does not read before then. `recallAt`: there may be a picture on disk, to be told if etcd has not
  /// answered by then.
  mutating func add(
    _ id: WatcherID, range: KeyRange, startRevision: Int64, prevKV: Bool = false,
    _ wanted: WatcherOptions = WatcherOptions(), isHosts: Bool = true, startAt: Instant? = nil,
    recallAt: Instant? = nil
  ) -> [Order] {
    entries[id] = Entry(
      machine: Watch(range: range, startRevision: startRevision, prevKV: prevKV, settings: settings(wanted)),
      isHosts: isHosts)
    entries[id]?.told = max(0, startRevision - 1)
    if let startAt { entries[id]?.machine.delayStart(until: startAt) }
    if let recallAt { entries[id]?.machine.mayRecall(at: recallAt) }
    return orders(entries[id]?.machine.start(), of: id)
  }

  /// There is a picture on disk. Returns `nil` if it is of no use any more.
  mutating func recall(_ id: WatcherID, _ mark: PictureMark) -> [Order]? {
    guard let actions = entries[id]?.machine.recall(mark) else { return nil }
    entries[id]?.recalled = Recalled(mark)
    return orders(actions, of: id)
  }

  mutating func recalled(_ id: WatcherID, _ kvs: [KeyValue], isLast: Bool) -> [Order] {
    guard let mark = entries[id]?.recalled?.mark else { return [] }
    return orders(entries[id]?.machine.recalled(kvs, isLast: isLast, of: mark), of: id)
  }

  mutating func remove(_ id: WatcherID) -> [Order] {
    defer { entries[id] = nil }
    return orders(entries[id]?.machine.close(), of: id)
  }

  /// The host has taken a batch.
  mutating func delivered(_ batch: Batch, to id: WatcherID) -> [Order] {
    guard let entry = entries[id] else { return [] }
    switch batch.origin {
    case .watch:
      entry.untold -= 1
      entry.told = batch.revision
    case .snapshot(isLast: true, _): entry.told = batch.revision
    case .snapshot, .stale: break
    }
    let actions = entry.machine.delivered(batch)
    // Of most batches nothing follows, nor does a watcher want to be woken at another time.
    return actions.isEmpty ? [] : orders(actions, of: id, entry)
  }

  /// The cluster is closing.
  mutating func close() -> [Order] {
    var orders: [Order] = []
    for id in ids { orders += self.orders(entries[id]?.machine.close(), of: id) }
    return orders
  }

  /// Forgets everything, without a word.
  mutating func removeAll() {
    entries = [:]
    watcherOfTransfer = [:]
    rooms = [:]
    waiting = [:]
    checks = [:]
    unsettled = []
  }

  // MARK: Time

  /// Etcd is back: what waits for its next attempt need not wait for the rest of a long back-off. `onlyDenied`: it is asked
  /// by somebody else from now on, or with another token, and may permit what it did not.
  mutating func hasten(to time: Instant, onlyDenied: Bool = false) -> [Order] {
    var orders: [Order] = []
    for id in ids where waiting[id] == nil {
      if onlyDenied, let entry = entries[id], !entry.isDenied, !entry.isReadingDenied { continue }
      if entries[id]?.machine.hasten(to: time) == true { orders.append(.setTimer(.watcher(id))) }
    }
    return orders
  }

  /// Endpoints are others, or failed for what is so no more: what waits for one need not wait any more.
  mutating func lookAgain(now: Instant) -> [Order] {
    var orders: [Order] = []
    for id in ids {
      guard let pending = entries[id]?.pending, pending.retryAt != nil else { continue }
      entries[id]?.pending = Pending(pending.request, retryAt: now)
      orders.append(.setTimer(.watcher(id)))
    }
    return orders
  }

  mutating func tick(_ id: WatcherID, now: Instant) -> [Order] {
    if let pending = entries[id]?.pending {
      guard let retryAt = pending.retryAt, now >= retryAt else { return [] }
      entries[id]?.pending = nil
      return [.open(id, pending.request)]
    }
    if let stream = entries[id]?.stream, let confirmBy = stream.confirmBy, now >= confirmBy {
      entries[id]?.stream?.confirmBy = nil
      // What has come may wait for a host that does not pump: then it is the host's turn.
      if !stream.isInLine {
        let failure = Failure(.timeout, "the watch was not confirmed in time", endpoint: stream.target.endpoint.url)
        guard hasLiveStreams(at: stream.target.id), let room = rooms[stream.target.id] else {
          return endSilent(id, stream, failure, .failing) + [.wake(.watcher(id))]
        }
        // Where others live it says nothing against the member.
        return endSilent(id, stream, room.failure) + [.noRoom(stream.target.id), .wake(.watcher(id))]
      }
    }
    let pause = checkPause
    if let stream = entries[id]?.stream,
      entries[id]?.check.tick(heardAt: stream.heardAt, isInLine: stream.isInLine, pause: pause, now: now) == true
    {
      if let futile = entries[id]?.check.futile, futile > 1 { entries[id]?.machine.giveUpStream() }
      let failure = Failure(
        .unavailable, "the watch does not bring what the member has", endpoint: stream.target.endpoint.url)
      return endSilent(id, stream, failure)
    }
    return orders(entries[id]?.machine.tick(now: now), of: id)
  }

  // MARK: Pages

  mutating func pageArrived(
    _ result: Result<Answer, Failure>, for id: WatcherID, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    entries[id]?.isReadingDenied =
      if case .failure(let failure) = result { failure.code == .permissionDenied } else { false }
    return orders(entries[id]?.machine.pageArrived(result, now: now, random: &random), of: id)
  }

  // MARK: Streams

  /// There is no endpoint to open it at before `time`.
  mutating func postpone(_ request: WatchCreateRequest, of id: WatcherID, until time: Instant) -> [Order] {
    entries[id]?.pending = Pending(request, retryAt: time)
    return [.setTimer(.watcher(id))]
  }

  /// It is not let in yet.
  mutating func hold(_ request: WatchCreateRequest, of id: WatcherID) {
    entries[id]?.pending = Pending(request, retryAt: nil)
  }

  /// Those that were held may be opened, or will be told that they may not.
  mutating func admit(now: Instant) -> [Order] {
    var orders: [Order] = []
    for id in ids {
      guard let pending = entries[id]?.pending, pending.retryAt == nil else { continue }
      entries[id]?.pending = Pending(pending.request, retryAt: now)
      orders.append(.setTimer(.watcher(id)))
    }
    return orders
  }

  mutating func opened(
    _ id: WatcherID, transfer: TransferID, at target: Endpoints.Target, reader: WatchReader, pass: Pass,
    stamp: ClusterIdentity.Stamp, now: Instant
  ) -> [Order] {
    watcherOfTransfer[transfer] = id
    // All that could be had were tried: a new round begins, in which one that has recovered has its turn again.
    if entries[id]?.avoided.contains(target.id) == true { entries[id]?.avoided = [] }
    var room =
      rooms[target.id]
      ?? StreamRoom(endpoint: target.endpoint, crowd: options.streamCrowd, wait: backoff.maximum)
    let isTry = room.opened()
    rooms[target.id] = room
    // While one more is tried than there may be room for, calls may go without an answer.
    let patience = isTry ? options.attemptTimeoutMs / 3 : options.connectTimeoutMs + options.attemptTimeoutMs
    entries[id]?.hasHadStream = true
    entries[id]?.stream = WatchStream(
      transfer: transfer, target: target, reader: reader, openedAt: now, heardAt: now, pass: pass, stamp: stamp,
      confirmBy: now + .milliseconds(patience), isTry: isTry)
    return [.setTimer(.watcher(id)), .watchOver(target.id)]
  }

  /// Something has come on the stream.
  mutating func received(_ event: TransferEvent, for id: WatcherID, now: Instant) -> Order? {
    guard let entry = entries[id], let stream = entry.stream else { return nil }
    entry.stream?.heardAt = now
    if stream.reader.take(event) { watcherOfTransfer[stream.transfer] = nil }
    return putInLine(id)
  }

  /// Puts the stream's next message, or its end, in line.
  mutating func putInLine(_ id: WatcherID) -> Order? {
    guard let entry = entries[id], entry.stream?.isInLine == false else { return nil }
    if entry.stream?.isUnsettled == false {
      entry.stream?.isUnsettled = true
      unsettled.append(id)
    }
    guard entry.stream?.reader.hasNext == true else { return nil }
    entry.stream?.isInLine = true
    return .append(.message(id))
  }

  // MARK: Back-pressure

  /// The turn ends: a stream on which something still waits is not read on, so that what a host that does not keep up
  /// costs is bounded; one whose last message was taken is.
  mutating func settle() -> [Order] {
    var orders: [Order] = []
    for id in unsettled {
      entries[id]?.stream?.isUnsettled = false
      guard let stream = entries[id]?.stream, stream.isInLine != stream.isPaused else { continue }
      entries[id]?.stream?.isPaused = stream.isInLine
      orders.append(stream.isInLine ? .pause(stream.transfer) : .resume(stream.transfer))
    }
    unsettled.removeAll(keepingCapacity: true)
    return orders
  }

  /// The turn of what waits in line has come.
  mutating func next(of id: WatcherID) -> (stream: WatchStream, item: StreamItem<WatchResponse>?, count: Int)? {
    guard let entry = entries[id], let stream = entry.stream, stream.isInLine else { return nil }
    entry.stream?.isInLine = false
    let (item, count) = stream.reader.nextMerged()
    return (stream, item, count)
  }

  /// `count`: of so many messages, put together.
  mutating func heard(
    _ response: WatchResponse, count: Int = 1, isBehind: Bool = false, for id: WatcherID, _ orders: inout [Order],
    now: Instant, random: inout any RandomNumberGenerator
  ) {
    guard let entry = entries[id] else { return }
    entry.stream?.confirmBy = nil
    if response.created, !response.canceled { orders += confirmed(id, now: now) }
    let awaited = entry.machine.nextRevision
    var actions = entry.machine.received(response, isBehind: isBehind, now: now, random: &random)
    if count > 1, case .deliver(var batch)? = actions.last {
      batch.messages = count
      actions[actions.endIndex - 1] = .deliver(batch)
    }
    if let first = response.events.first?.kv.modRevision, let last = response.events.last?.kv.modRevision {
      let areTaken = !response.fragment && entry.machine.nextRevision > last && first >= awaited
      entry.check.eventsCame(response.events, areTaken: areTaken, entry.machine.expectation)
    }
    append(actions, of: id, entry, to: &orders)
  }

  /// Etcd says that the watch is there.
  private mutating func confirmed(_ id: WatcherID, now: Instant) -> [Order] {
    guard let stream = entries[id]?.stream, !stream.isConfirmed else { return [] }
    let pause = checkPause
    entries[id]?.stream?.isConfirmed = true
    entries[id]?.check.opened(pause: pause, now: now)
    entries[id]?.isDenied = false
    rooms[stream.target.id]?.confirmed(isTry: stream.isTry, now: now)
    guard stream.isTry else { return [] }
    mayHaveRoom = true
    // Whether there is room for calls now, too.
    return [.ask(stream.target.id)]
  }

  /// It was not permitted. Returns whether that is the first time since it was.
  mutating func denied(_ id: WatcherID) -> Bool {
    defer { entries[id]?.isDenied = true }
    return entries[id]?.isDenied == false
  }

  /// The stream is over.
  mutating func streamEnded(
    _ id: WatcherID, _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    orders(entries[id]?.machine.streamEnded(failure, now: now, random: &random), of: id)
  }

  /// Whether the stream is still the watcher's.
  func has(_ stream: WatchStream, _ id: WatcherID) -> Bool { entries[id]?.stream?.transfer == stream.transfer }

  /// The endpoint does not answer: whoever listens there may listen in vain.
  mutating func leave(
    _ endpoint: Endpoints.ID, because failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    var orders: [Order] = []
    for id in ids where entries[id]?.stream?.target.id == endpoint {
      if let stream = entries[id]?.stream { orders.append(.distrust(stream.transfer)) }
      orders += self.orders(entries[id]?.machine.streamEnded(failure, now: now, random: &random), of: id)
    }
    return orders
  }

  /// The store is another one from now on.
  mutating func replaced(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    ids.flatMap { orders(entries[$0]?.machine.replaced(failure, now: now, random: &random), of: $0) }
  }

  private mutating func leaveRoom(_ stream: WatchStream) {
    let endpoint = stream.target.id
    rooms[endpoint]?.closed(wasConfirmed: stream.isConfirmed, isTry: stream.isTry)
    if rooms[endpoint]?.isEmpty == true { rooms[endpoint] = nil }
    mayHaveRoom = true
  }

  private mutating func closeStream(of id: WatcherID) -> [Order] {
    entries[id]?.pending = nil
    var orders: [Order] = [.abandonCall(.watcher(id))]
    if let entry = entries[id], let stream = entry.stream {
      entries[id]?.stream = nil
      entries[id]?.check.closed()
      leaveRoom(stream)
      if entry.machine.failures >= Self.fruitlessEnds {
        entries[id]?.avoided.insert(stream.target.id)
      } else {
        entries[id]?.avoided = []
      }
      if watcherOfTransfer.removeValue(forKey: stream.transfer) != nil { orders.append(.cancel(stream.transfer)) }
    }
    return orders
  }

  // MARK: Room

  /// No member takes the stream of a watcher before `time`, one of them because it is full.
  mutating func noRoom(
    for id: WatcherID, at full: [Endpoints.ID: Instant], until time: Instant
  ) -> [Order] {
    guard let endpoint = full.keys.min(), let room = rooms[endpoint] else { return [] }
    waiting[id] = endpoint
    return orders(entries[id]?.machine.noRoom(room.failure, until: time), of: id)
  }

  /// Those that wait for room are opened where there is some.
  mutating func giveRoom(now: Instant) -> [Order] {
    guard mayHaveRoom else { return [] }
    mayHaveRoom = false
    var orders: [Order] = []
    var given: [Endpoints.ID: Int] = [:]
    for (id, endpoint) in waiting.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let room = rooms[endpoint]
      let isToTry = room?.free == 0 && room?.fullUntil(now: now) == nil
      guard given[endpoint, default: 0] < (isToTry ? 1 : room?.free ?? .max) else { continue }
      given[endpoint, default: 0] += 1
      if entries[id]?.machine.hasten(to: now) == true { orders.append(.setTimer(.watcher(id))) }
    }
    return orders
  }

  /// A call got no answer: what was asked for before it and is not confirmed shows no life either.
  mutating func leaveUnconfirmed(
    at endpoint: Endpoints.ID, openedBy time: Instant, because failure: Failure, now: Instant,
    random: inout any RandomNumberGenerator
  ) -> [Order] {
    guard let room = rooms[endpoint], room.unconfirmed > 0 else { return [] }
    let lives = room.confirmed > 0
    let failure = lives ? room.failure : failure
    let unconfirmed = streams(at: endpoint).filter { !$0.stream.isConfirmed && !$0.stream.isInLine }
    var orders: [Order] = []
    for (id, stream) in unconfirmed where stream.openedAt <= time {
      orders.append(.distrust(stream.transfer))
      orders += streamEnded(id, failure, now: now, random: &random)
    }
    if lives, !orders.isEmpty { rooms[endpoint]?.isFull(now: now) }
    return orders
  }

  /// A watch was not confirmed, while others live.
  mutating func isFull(
    _ endpoint: Endpoints.ID, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    rooms[endpoint]?.isFull(now: now)
    return rooms[endpoint]?.callsNeedRoom == true ? makeRoom(at: endpoint, now: now, random: &random) : []
  }

  /// Calls get no answer where there is a crowd of streams: those go that are not confirmed, and then the youngest.
  mutating func makeRoom(
    at endpoint: Endpoints.ID, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    guard let room = rooms[endpoint], room.isCrowded else { return [] }
    let streams = streams(at: endpoint)
    let unconfirmed = streams.filter { !$0.stream.isConfirmed && !$0.stream.isInLine }
    let youngest = streams.filter(\.stream.isConfirmed)
      .sorted { ($0.stream.openedAt, $0.id.rawValue) > ($1.stream.openedAt, $1.id.rawValue) }
      .prefix(room.inTheWay)
    var orders: [Order] = []
    for (id, _) in unconfirmed + youngest { orders += streamEnded(id, room.failure, now: now, random: &random) }
    rooms[endpoint]?.madeRoom(now: now)
    return orders
  }

  private func streams(at endpoint: Endpoints.ID) -> [(id: WatcherID, stream: WatchStream)] {
    ids.compactMap { id in
      guard let stream = entries[id]?.stream, stream.target.id == endpoint else { return nil }
      return (id, stream)
    }
  }

  // MARK: Dead streams

  /// How long one rests between two checks.
  private var checkPause: Duration { .milliseconds(options.probeIntervalMs) * 2 }

  /// Those that are silent at the endpoint although the store has moved on, and since when it is their turn.
  private func due(
    at endpoint: Endpoints.ID, storeAt revision: Int64, now: Instant
  ) -> some Sequence<(id: WatcherID, since: Instant)> {
    entries.lazy.compactMap { id, entry in
      guard let stream = entry.stream, stream.target.id == endpoint, stream.isConfirmed, !stream.isInLine,
        stream.heardAt + .milliseconds(options.probeIntervalMs) <= now, entry.machine.publicState == .live,
        let since = entry.check.due(storeAt: revision, entry.machine.expectation, now: now)
      else { return nil }
      return (id, since)
    }
  }

  /// Whether streams there are to be held against the store.
  func hasCheck(at endpoint: Endpoints.ID, storeAt revision: Int64, now: Instant) -> Bool {
    due(at: endpoint, storeAt: revision, now: now).contains { _ in true }
  }

  /// What those are asked by whose turn it has been for the longest, if there are any.
  mutating func check(at endpoint: Endpoints.ID, storeAt revision: Int64, now: Instant) -> Operation? {
    var check = StreamChecks()
    let due = due(at: endpoint, storeAt: revision, now: now)
      .sorted { ($0.since, $0.id.rawValue) < ($1.since, $1.id.rawValue) }
    for (id, _) in due.prefix(checkedAtOnce) {
      guard let entry = entries[id], let stream = entry.stream,
        check.add(entry.machine, entry.check, id, stream.transfer)
      else { break }
      entries[id]?.check.asked(now: now)
    }
    if check.streams.isEmpty { return nil }
    check.close()
    checks[endpoint] = check
    return .txn(check.request)
  }

  /// Etcd speaks up on a watch after ten minutes of silence, or eleven, if not sooner: those where it has not done so twice
  /// are dead.
  func mute(at endpoint: Endpoints.ID, now: Instant) -> [Order] {
    let mute = entries.filter { _, entry in
      guard let stream = entry.stream, stream.target.id == endpoint, stream.isConfirmed, !stream.isInLine else {
        return false
      }
      return stream.heardAt + Self.longestSilence <= now
    }
    return mute.map(\.key).sorted { $0.rawValue < $1.rawValue }.flatMap { id -> [Order] in
      guard let stream = entries[id]?.stream else { return [] }
      let failure = Failure(
        .unavailable, "the watch has been silent for too long", endpoint: stream.target.endpoint.url)
      return endSilent(id, stream, failure)
    }
  }

  /// Of a stream nothing came that should have: it ends, and what it shares with others is not used for new ones.
  private func endSilent(
    _ id: WatcherID, _ stream: WatchStream, _ failure: Failure, _ fault: Verdict.Fault = .none
  ) -> [Order] {
    [.distrust(stream.transfer), .endStream(id, stream, StreamEnd(failure: failure, fault: fault))]
  }

  private static let longestSilence = Duration.seconds(25 * 60)

  /// The question whether a member lives has ended, for which room may have been made, and which may have been about
  /// streams too. `patience`: how long what is missing may still take.
  mutating func probeEnded(
    at endpoint: Endpoints.ID, _ result: Result<Answer, Failure>, patience: Duration, now: Instant
  ) -> [Order] {
    let answer = try? result.get()
    rooms[endpoint]?.callEnded(wasAnswered: answer != nil)
    guard let check = checks.removeValue(forKey: endpoint) else { return [] }
    var responses: [RangeResponse] = []
    if case .txn(let response)? = answer {
      responses = response.responses.compactMap { if case .range(let response) = $0 { response } else { nil } }
    }
    // Who may read some of the ranges only is told nothing of all: with fewer at a time it shows which those are.
    let isRefused = if case .failure(let failure) = result { failure.code == .permissionDenied } else { false }
    if isRefused {
      checkedAtOnce = max(1, check.streams.count / 2)
    } else if responses.count == check.request.success.count {
      checkedAtOnce = min(StreamChecks.mostRanges, checkedAtOnce * 2)
    }
    let pause = checkPause
    var orders: [Order] = []
    for (index, asked) in check.streams.enumerated() {
      guard let entry = entries[asked.id], let stream = entry.stream, stream.transfer == asked.transfer else {
        continue
      }
      if responses.count == check.request.success.count, let revision = answer?.header.revision {
        entries[asked.id]?.check.answered(
          responses[index], page: asked.pageAt.map { responses[$0] }, to: asked.question, at: revision,
          entry.machine.expectation, heardAt: stream.isInLine ? now : stream.heardAt, patience: patience, pause: pause,
          now: now)
      } else {
        entries[asked.id]?.check.notAnswered(
          isRefusedAlone: isRefused && check.streams.count == 1, pause: pause, now: now)
      }
      orders.append(.setTimer(.watcher(asked.id)))
    }
    return orders
  }

  // MARK: What the machines want

  private mutating func orders(_ actions: [Watch.Action]?, of id: WatcherID) -> [Order] {
    guard let actions, let entry = entries[id] else { return [] }
    return orders(actions, of: id, entry)
  }

  private mutating func orders(_ actions: [Watch.Action], of id: WatcherID, _ entry: Entry) -> [Order] {
    var orders: [Order] = []
    append(actions, of: id, entry, to: &orders)
    return orders
  }

  private mutating func append(_ actions: [Watch.Action], of id: WatcherID, _ entry: Entry, to orders: inout [Order]) {
    // What is delivered changes nothing of when it wants to be woken.
    var mayWantTimer = entry.wakeTime != nil
    for action in actions {
      switch action {
      case .read, .open, .closeStream: waiting[id] = nil
      case .recall, .deliver, .report: break
      }
      if case .deliver = action {} else { mayWantTimer = true }
      switch action {
      case .read(let request): orders.append(.call(Calls.Submission(.range(request), for: .watcher(id))))
      case .recall(let isNext): orders.append(.recall(id, isNext: isNext))
      case .open(let request): orders.append(.open(id, request))
      case .closeStream: orders += closeStream(of: id)
      case .deliver(let batch):
        if case .watch = batch.origin { entry.untold += 1 }
        orders.append(.deliver(.batch(id, batch), for: .watcher(id)))
      case .report(let state, let failure):
        if let failure { orders.append(.note(.warning, failure.description, .watch)) }
        orders.append(.deliver(.watcherState(id, report(of: id, state, failure)), for: .watcher(id)))
      }
    }
    if mayWantTimer { orders.append(.setTimer(.watcher(id))) }
  }

  private func report(of id: WatcherID, _ state: WatcherState, _ failure: Failure?) -> WatcherReport {
    var report = WatcherReport(state: state, error: failure, attempts: 0)
    guard let entry = entries[id] else { return report }
    let machine = entry.machine
    report.revision = machine.revision
    switch state {
    case .snapshot:
      report.attempts = machine.failures
      report.cause = machine.revision > 0 ? machine.cause : nil
    case .opening: report.attempts = machine.failures
    case .live: report.endpoint = entry.stream?.target.endpoint.url ?? ""
    case .backoff:
      // That there is no room is none of its own failures.
      report.attempts = max(1, machine.failures)
      report.retryAt = machine.wakeTime
    case .ended: break
    }
    return report
  }
}
