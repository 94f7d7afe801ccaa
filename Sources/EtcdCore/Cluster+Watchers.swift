import EtcdPacker
import EtcdTransport

extension Cluster {
  struct WatcherEntry {
    var machine: Watch
    /// The snapshot page that is under way.
    var call: CallID?
    var stream: Stream?
    /// What is to be opened as soon as an endpoint is to be had.
    var pending: (request: WatchCreateRequest, retryAt: Instant)?
    var undelivered = 0

    var wakeTime: Instant? { pending?.retryAt ?? stream?.confirmBy ?? machine.wakeTime }
  }

  /// A watch stream. A class, so that looking at it does not copy what it has buffered.
  final class Stream {
    let transfer: TransferID
    let endpoint: Endpoints.ID
    let openedAt: Instant
    /// When it is given up unless etcd has confirmed it by then: bytes that never become a document are no watch.
    var confirmBy: Instant?
    var framer: StreamFramer
    var isOpened = false
    /// An answer that is not a stream but an error: its status, and what has come of its body.
    var rejection: (status: Int, body: [UInt8])?
    /// It waits in the outbox for its turn, and is not read meanwhile.
    var isQueued = false
    /// Nothing more comes; what was received is still handed out first.
    var end: (failure: Failure, fault: Verdict.Fault)?

    init(transfer: TransferID, endpoint: Endpoints.ID, openedAt: Instant, confirmBy: Instant, limit: Int) {
      self.transfer = transfer
      self.endpoint = endpoint
      self.openedAt = openedAt
      self.confirmBy = confirmBy
      framer = StreamFramer(limit: limit)
    }
  }

  /// In the order in which they were made.
  var watcherIDs: [WatcherID] { watchers.keys.sorted { $0.rawValue < $1.rawValue } }

  // MARK: The host

  package func addWatcher(range: KeyRange, startRevision: Int64, prevKV: Bool) throws(Refusal) -> WatcherID {
    guard closing == nil else { throw .closed }
    enter()
    defer { leave() }
    let id = WatcherID(rawValue: makeID())
    watchers[id] = WatcherEntry(
      machine: Watch(
        range: range, startRevision: startRevision, prevKV: prevKV, pageLimit: options.watchPageKeys,
        backoff: backoff, fragmentLimit: Int(options.responseMaxBytes)))
    perform(watchers[id]?.machine.start(), of: id)
    return id
  }

  package func watcherState(_ id: WatcherID) -> WatcherState {
    watchers[id]?.machine.publicState ?? .ended
  }

  /// Nothing of it is delivered any more.
  package func removeWatcher(_ id: WatcherID) {
    enter()
    defer { leave() }
    perform(watchers[id]?.machine.close(), of: id)
    watchers[id] = nil
  }

  // MARK: What the machines want

  func perform(_ actions: [Watch.Action]?, of id: WatcherID) {
    guard let actions else { return }
    for action in actions {
      switch action {
      case .read(let request):
        let call = submit(.range(request), owner: .watcher(id), isIdempotent: true)
        watchers[id]?.call = call
      case .open(let request):
        open(request, for: id)
      case .closeStream:
        closeStream(of: id)
      case .deliver(let batch):
        watchers[id]?.undelivered += 1
        outbox.append(.batch(id, batch))
      case .report(let state, let failure):
        if let failure { note(.warning, "watch: \(failure.description)") }
        watchers[id]?.undelivered += 1
        outbox.append(.watcherState(id, state, failure))
      }
    }
    if let wakeTime = watchers[id]?.wakeTime { timers.insert(.watcher(id), at: wakeTime) }
  }

  func wakeWatcher(_ id: WatcherID) {
    guard let undelivered = watchers[id]?.undelivered, undelivered < Self.undeliveredLimit else { return }
    if let pending = watchers[id]?.pending {
      guard now >= pending.retryAt else { return }
      watchers[id]?.pending = nil
      open(pending.request, for: id)
    } else {
      if let stream = watchers[id]?.stream, let confirmBy = stream.confirmBy, now >= confirmBy {
        stream.confirmBy = nil
        // What has come may wait for a host that does not pump: then it is the host's turn.
        if !stream.isQueued { endStream(stream, of: id, unconfirmed(stream), .failing) }
      }
      perform(watchers[id]?.machine.tick(now: now), of: id)
    }
  }

  private func unconfirmed(_ stream: Stream) -> Failure {
    Failure(.timeout, "the watch was not confirmed in time", endpoint: endpoints.endpoint(stream.endpoint).url)
  }

  private func open(_ request: WatchCreateRequest, for id: WatcherID) {
    switch endpoints.choose(now: now) {
    case .wait(let until):
      watchers[id]?.pending = (request, until)
      timers.insert(.watcher(id), at: until)
    case .use(let endpoint):
      let transfer = transport.start(wire.transfer(for: request, to: endpoints.endpoint(endpoint)))
      watcherOfTransfer[transfer] = id
      let confirmBy = now + .milliseconds(options.connectTimeoutMs + options.attemptTimeoutMs)
      watchers[id]?.stream = Stream(
        transfer: transfer, endpoint: endpoint, openedAt: now, confirmBy: confirmBy,
        limit: Int(options.responseMaxBytes))
      timers.insert(.watcher(id), at: confirmBy)
      watchOver(endpoint)
    }
  }

  private func closeStream(of id: WatcherID) {
    if let call = watchers[id]?.call {
      abandon(call)
      watchers[id]?.call = nil
    }
    watchers[id]?.pending = nil
    guard let stream = watchers[id]?.stream else { return }
    watchers[id]?.stream = nil
    if watcherOfTransfer.removeValue(forKey: stream.transfer) != nil { transport.cancel(stream.transfer) }
  }

  func streamEnded(_ id: WatcherID, _ failure: Failure) {
    perform(watchers[id]?.machine.streamEnded(failure, now: now, random: &random), of: id)
  }

  func pageArrived(_ result: Result<Answer, Failure>, for id: WatcherID) {
    watchers[id]?.call = nil
    perform(watchers[id]?.machine.pageArrived(result, now: now, random: &random), of: id)
  }

  /// The host takes a delivery. Returns false if it has freed the watcher.
  func delivered(to id: WatcherID) -> Bool {
    guard let entry = watchers[id] else { return false }
    watchers[id]?.undelivered -= 1
    if entry.undelivered == Self.undeliveredLimit { wakeWatcher(id) }
    return true
  }

  // MARK: Stream

  func handle(_ event: TransferEvent, ofWatcher id: WatcherID) {
    guard let stream = watchers[id]?.stream else { return }
    let endpoint = endpoints.endpoint(stream.endpoint)
    switch event {
    case .opened(let status, _):
      endpoints.heard(stream.endpoint, now: now)
      stream.isOpened = true
      if status != 200 { stream.rejection = (status, []) }
    case .received(let bytes):
      endpoints.heard(stream.endpoint, now: now)
      if stream.rejection == nil {
        stream.framer.append(bytes)
      } else {
        stream.rejection?.body += bytes.prefix(Self.rejectionLimit)
        if let body = stream.rejection?.body, body.count > Self.rejectionLimit { closeRejected(stream, of: id) }
      }
    case .completed:
      watcherOfTransfer[stream.transfer] = nil
      if stream.rejection != nil {
        closeRejected(stream, of: id)
      } else {
        stream.end = (Failure(.unavailable, "the watch stream ended", endpoint: endpoint.url), .none)
      }
    case .failed(let failure):
      watcherOfTransfer[stream.transfer] = nil
      switch GatewayWire.verdict(on: failure, endpoint: endpoint) {
      // A stream that was cut says little about its endpoint: opening it again will tell.
      case .failed(let failure, _, let fault): stream.end = (failure, stream.isOpened ? .none : fault)
      case .refused(let failure): stream.end = (failure, .failing)
      case .success: break
      }
    }
    queueDocument(of: id)
  }

  /// An error is a few lines; more is not read of one.
  private static let rejectionLimit = 65_536

  private func closeRejected(_ stream: Stream, of id: WatcherID) {
    guard let rejection = stream.rejection else { return }
    let error = ServerError.decode(status: rejection.status, body: rejection.body)
    switch GatewayWire.verdict(on: error, endpoint: endpoints.endpoint(stream.endpoint)) {
    case .failed(let failure, _, let fault): stream.end = (failure, fault)
    case .refused(let failure): stream.end = (failure, .none)
    case .success: break
    }
  }

  /// Puts the stream's next document, or its end, in line. While it waits, its socket is not read.
  private func queueDocument(of id: WatcherID) {
    guard let stream = watchers[id]?.stream, !stream.isQueued else { return }
    guard stream.framer.hasDocument || stream.end != nil else { return transport.resume(stream.transfer) }
    stream.isQueued = true
    outbox.append(.document(id))
    transport.pause(stream.transfer)
  }

  /// Its turn has come: one document, or the end.
  func readDocument(of id: WatcherID) {
    guard let stream = watchers[id]?.stream, stream.isQueued else { return }
    stream.isQueued = false
    let decode = { (json: UnsafeRawBufferPointer) throws(PackerError) -> StreamDocument<WatchResponse> in
      try StreamDocument<WatchResponse>.decode(json)
    }
    do throws(PackerError) {
      if stream.framer.hasDocument {
        if let document = try stream.framer.next(decode) { take(document, from: stream, for: id) }
      } else if let end = stream.end {
        // What follows the last line feed is an error document. A cut-off one adds nothing to the end itself.
        if let last = try? stream.framer.finish(decode) { take(last, from: stream, for: id) }
        endStream(stream, of: id, end.failure, end.fault)
      }
    } catch  where error.reason == .documentTooLarge {
      let message = "a document of the watch is larger than response.max.bytes"
      endStream(stream, of: id, Failure(.tooLarge, message), .none)
    } catch {
      let endpoint = endpoints.endpoint(stream.endpoint).url
      let failure = Failure(.protocol, "the stream is not etcd's: \(error)", httpStatus: 200, endpoint: endpoint)
      endStream(stream, of: id, failure, .failing)
    }
    queueDocument(of: id)
  }

  private func take(_ document: StreamDocument<WatchResponse>, from stream: Stream, for id: WatcherID) {
    let endpoint = endpoints.endpoint(stream.endpoint)
    switch document {
    case .result(let response) where response.header.clusterID == 0:
      let failure = Failure(
        .protocol, "the stream is not etcd's: it lacks a header", httpStatus: 200, endpoint: endpoint.url)
      endStream(stream, of: id, failure, .failing)
    case .result(let response):
      stream.confirmBy = nil
      if response.created, !response.canceled { endpointAnswered(stream.endpoint) }
      perform(watchers[id]?.machine.received(response, now: now, random: &random), of: id)
    case .error(let error):
      switch GatewayWire.verdict(on: error, endpoint: endpoint) {
      case .failed(let failure, _, let fault): endStream(stream, of: id, failure, fault)
      case .refused(let failure): endStream(stream, of: id, failure, .none)
      case .success: break
      }
    }
  }

  /// Does nothing to a stream that is not the watcher's any more.
  private func endStream(_ stream: Stream, of id: WatcherID, _ failure: Failure, _ fault: Verdict.Fault) {
    guard watchers[id]?.stream === stream else { return }
    if fault != .none {
      endpointFailed(stream.endpoint, startedAt: stream.openedAt, failure, isSilent: fault == .silent)
    }
    streamEnded(id, failure)
  }
}
