import EtcdPacker
import EtcdTransport

/// The host's calls whose answers come in parts: a range in pages, or a stream. Each has a part at most that waits for the
/// host; what follows is asked for, or read, when it has taken that one. So what a host that does not keep up costs is a
/// page, or what a stream had brought when it was stopped.
struct PartedCalls {
  /// A class, so that looking at one does not copy its machine.
  private final class Entry {
    let method: Method
    let submittedAt: Instant
    /// Of a range: its pages, and how each is asked for.
    var range: PagedRange?
    let timeout: Duration?
    let isLeaderless: Bool
    /// Of a stream.
    var stream: PartStream?
    /// The page that waits for the host.
    var page: RangeResponse?
    var end: Result<Answer, Failure>?
    /// It waits in line for the host.
    var isInLine = false

    init(_ range: PagedRange, timeout: Duration?, isLeaderless: Bool, now: Instant) {
      method = .range
      submittedAt = now
      self.range = range
      self.timeout = timeout
      self.isLeaderless = isLeaderless
    }

    init(_ stream: PartStream, now: Instant) {
      method = stream.operation.method
      submittedAt = now
      self.stream = stream
      timeout = nil
      isLeaderless = false
    }
  }

  private var entries: [CallID: Entry] = [:]
  private var callOfTransfer: [TransferID: CallID] = [:]
  /// Those that wait to be let in.
  private var held: Set<CallID> = []
  /// Whose stream may have to be paused, or read again, when the turn ends.
  private var unsettled: [CallID] = []
  var backoff: Backoff

  init(backoff: Backoff) {
    self.backoff = backoff
  }

  // MARK: Questions

  var count: Int { entries.count }

  /// Oldest first.
  var ids: [CallID] { entries.keys.sorted() }

  func call(of transfer: TransferID) -> CallID? { callOfTransfer[transfer] }

  func stream(of id: CallID) -> PartStream.Stream? { entries[id]?.stream?.stream }

  func wakeTime(of id: CallID) -> Instant? {
    guard let entry = entries[id], entry.end == nil else { return nil }
    return entry.stream?.wakeTime
  }

  /// What is to be opened now.
  func pending(_ id: CallID, now: Instant) -> (operation: Operation, route: Endpoints.Route)? {
    guard let entry = entries[id], entry.end == nil, let stream = entry.stream,
      case .waiting(let notBefore) = stream.state, now >= notBefore
    else { return nil }
    return (stream.operation, stream.route)
  }

  /// By which wire it is to be asked there; `nil` for the one that the endpoint is spoken to by.
  func wire(of id: CallID, to endpoint: Endpoints.ID) -> WireKind? { entries[id]?.stream?.wire(to: endpoint) }

  // MARK: Beginnings

  mutating func add(
    _ request: RangeRequest, timeout: Duration?, isLeaderless: Bool, as id: CallID, now: Instant
  ) -> [Order] {
    let range = PagedRange(request)
    entries[id] = Entry(range, timeout: timeout, isLeaderless: isLeaderless, now: now)
    return follow(range.goOn(), id, now: now)
  }

  mutating func add(
    _ operation: Operation, route: Endpoints.Route, patience: Duration?, as id: CallID, now: Instant
  ) -> [Order] {
    entries[id] = Entry(PartStream(operation, route: route, patience: patience, now: now), now: now)
    return [.openParts(id)]
  }

  // MARK: Pages

  mutating func pageArrived(_ result: Result<Answer, Failure>, for id: CallID, now: Instant) -> [Order] {
    guard let step = entries[id]?.range?.arrived(result) else { return [] }
    return follow(step, id, now: now)
  }

  private mutating func follow(_ step: PagedRange.Step, _ id: CallID, now: Instant) -> [Order] {
    guard let entry = entries[id] else { return [] }
    switch step {
    case .read(let request):
      let operation = entry.isLeaderless ? Operation.leaderless(.range(request)) : .range(request)
      return [.call(Calls.Submission(operation, for: .parts(id), deadline: entry.timeout.map { now + $0 }))]
    case .part(let page): entry.page = page
    case .end(let result): entry.end = result
    }
    return putInLine(id)
  }

  /// The store is another one from now on: what was read of it and what is still to be read do not belong together.
  mutating func replaced(_ failure: Failure) -> [Order] {
    ids.flatMap { id -> [Order] in
      guard let entry = entries[id], entry.end == nil, entry.range?.isPinned == true else { return [] }
      return end(id, failure)
    }
  }

  // MARK: Streams

  /// There is no endpoint to open it at before `time`.
  mutating func postpone(_ id: CallID, until time: Instant, now: Instant) -> [Order] {
    guard let entry = entries[id], let stream = entry.stream else { return [] }
    if stream.hasExpired(now: now) { return end(id, stream.expiration) }
    entry.stream?.postpone(until: time)
    return [.setTimer(.parts(id))]
  }

  /// It is not let in yet; it ends at its deadline all the same.
  mutating func hold(_ id: CallID, now: Instant) -> [Order] {
    guard let stream = entries[id]?.stream else { return [] }
    if stream.hasExpired(now: now) { return end(id, stream.expiration) }
    held.insert(id)
    entries[id]?.stream?.postpone(until: stream.deadline ?? .distantFuture)
    return [.setTimer(.parts(id))]
  }

  /// Those that were held may be opened, or will be told that they may not.
  mutating func admit() -> [Order] {
    defer { held = [] }
    return held.sorted().compactMap { id in
      guard entries[id]?.stream?.stream == nil else { return nil }
      entries[id]?.stream?.postpone(until: Instant(nanoseconds: .min))
      return .openParts(id)
    }
  }

  /// Endpoints are others, or failed for what is so no more: what waits for one need not wait any more.
  mutating func lookAgain(now: Instant) -> [Order] {
    ids.compactMap { id in
      guard !held.contains(id), let stream = entries[id]?.stream, case .waiting = stream.state else { return nil }
      entries[id]?.stream?.postpone(until: now)
      return .setTimer(.parts(id))
    }
  }

  mutating func opened(
    _ id: CallID, _ transfer: TransferID, at target: Endpoints.Target, reader: PartReader, pass: Pass, now: Instant
  ) -> [Order] {
    callOfTransfer[transfer] = id
    entries[id]?.stream?.opened(transfer, at: target, reader: reader, pass: pass, now: now)
    return [.setTimer(.parts(id))]
  }

  /// Something has come on the stream.
  mutating func received(_ event: TransferEvent, for id: CallID, now: Instant) -> [Order] {
    guard let entry = entries[id], let stream = entry.stream?.stream else { return [] }
    if stream.reader.take(event) { callOfTransfer[stream.transfer] = nil }
    // Bytes that never become a part are as good as none.
    if stream.reader.hasNext { entry.stream?.heard(now: now) }
    return putInLine(id)
  }

  /// Ends a stream that has been silent for too long.
  mutating func tick(_ id: CallID, now: Instant) -> [Order] {
    // One that waits for the host is looked at too: it was heard just now, and needs another time to be looked at.
    guard let entry = entries[id], entry.end == nil, let stream = entry.stream?.stream else { return [] }
    guard entry.stream?.isSilent(now: now) == true else { return [.setTimer(.parts(id))] }
    let failure = Failure(.timeout, "nothing came for too long", endpoint: stream.target.endpoint.url)
    return [.distrust(stream.transfer), .endParts(id, StreamEnd(failure: failure, fault: .silent))]
  }

  mutating func streamEnded(
    _ id: CallID, _ end: StreamEnd, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    let orders = letGo(of: id)
    guard let entry = entries[id] else { return orders }
    if let result = entry.stream?.ended(end, backoff: backoff, now: now, random: &random) {
      entry.end = result
      return orders + putInLine(id)
    }
    return orders + [.setTimer(.parts(id))]
  }

  private mutating func letGo(of id: CallID) -> [Order] {
    guard let stream = entries[id]?.stream?.stream, callOfTransfer.removeValue(forKey: stream.transfer) != nil else {
      return []
    }
    return [.cancel(stream.transfer)]
  }

  // MARK: The host

  private mutating func putInLine(_ id: CallID) -> [Order] {
    guard let entry = entries[id] else { return [] }
    if entry.stream != nil, unsettled.last != id { unsettled.append(id) }
    let hasSomething = entry.page != nil || entry.end != nil || entry.stream?.stream?.reader.hasNext == true
    guard !entry.isInLine, hasSomething else { return [] }
    entry.isInLine = true
    return [.append(.part(id))]
  }

  /// The turn of what waits has come.
  enum Next {
    case part(Answer)
    case end(Result<Answer, Failure>, of: Method, submittedAt: Instant)
    /// Of the stream: what it means for the call is not decided yet.
    case streamEnd(StreamEnd)
  }

  mutating func next(of id: CallID) -> Next? {
    guard let entry = entries[id] else { return nil }
    entry.isInLine = false
    if let end = entry.end {
      entries[id] = nil
      held.remove(id)
      return .end(end, of: entry.method, submittedAt: entry.submittedAt)
    }
    if let page = entry.page {
      entry.page = nil
      return .part(.range(page))
    }
    guard let stream = entry.stream?.stream else { return nil }
    switch stream.reader.next() {
    case .message(let part):
      entry.stream?.took(part)
      return .part(.admin(part))
    case .end(let end): return .streamEnd(end)
    case nil: return nil
    }
  }

  /// The host has what `next` gave: what follows it may come.
  mutating func goOn(_ id: CallID, now: Instant) -> [Order] {
    if let range = entries[id]?.range { return follow(range.goOn(), id, now: now) }
    return putInLine(id)
  }

  /// The turn ends: a stream on which something still waits is not read on.
  mutating func settle(now: Instant) -> [Order] {
    var orders: [Order] = []
    for id in unsettled {
      guard let entry = entries[id], let stream = entry.stream?.stream, entry.isInLine != stream.isPaused else {
        continue
      }
      entry.stream?.pause(entry.isInLine, now: now)
      orders.append(entry.isInLine ? .pause(stream.transfer) : .resume(stream.transfer))
      orders.append(.setTimer(.parts(id)))
    }
    unsettled.removeAll(keepingCapacity: true)
    return orders
  }

  // MARK: Ends

  /// Ends it before its time; `nil` if there is no such call, or its end waits for the host already.
  mutating func cancel(_ id: CallID, _ why: String) -> [Order]? {
    guard let entry = entries[id], entry.end == nil else { return nil }
    return end(id, cancelled(entry, why))
  }

  private func cancelled(_ entry: Entry, _ why: String) -> Failure {
    var failure = Failure(.cancelled, why)
    if let stream = entry.stream, stream.stream != nil { failure.mayHaveHappened = stream.operation.effect != .reads }
    return failure
  }

  private mutating func end(_ id: CallID, _ failure: Failure) -> [Order] {
    let orders = letGo(of: id) + [.abandonCall(.parts(id))]
    guard let entry = entries[id] else { return orders }
    entry.page = nil
    entry.end = .failure(failure)
    return orders + putInLine(id)
  }

  /// Forgets everything. Returns the ends that were not handed out.
  mutating func removeAll(_ why: String) -> [(CallID, Result<Answer, Failure>)] {
    let ends = ids.compactMap { id in
      entries[id].map { (id, $0.end ?? .failure(cancelled($0, why))) }
    }
    entries = [:]
    callOfTransfer = [:]
    unsettled = []
    held = []
    return ends
  }
}
