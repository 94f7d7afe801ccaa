import CEtcdcli
import EtcdCore
import EtcdTransport
import Glibc

/// Behind an `etcdcli_cluster`: the core, and the host's callbacks.
///
/// A callback is called with nothing of the cluster in use, since it may do anything, freeing the cluster included:
/// what it needs is taken out first, and `core` is looked at again afterwards.
final class ClusterHandle: Handle {
  static let kind = HandleKind.cluster

  private let reactor: Reactor
  private let disk = FileSystem()
  private(set) var ticket: OpaquePointer?
  /// `nil` once freed.
  private(set) var core: Cluster?
  private(set) var isPumping = false
  private var log: LogSink?
  private var stateCallback: (etcdcli_cluster_state_fn, UserData)?
  private var closeCallback: (etcdcli_close_fn?, UserData)?
  private var callCallbacks = NumberedTable<CallID, CallCallbacks>()
  /// Of what ends once and is no call: waits, and values that were set.
  private var endCallbacks: [CallID: (EndCallback, UserData)] = [:]
  private var keepalives: [KeepaliveID: KeepaliveHandle] = [:]
  private var watchers = NumberedTable<WatcherID, WatcherHandle>()
  /// What the host was handed last.
  private var endpoint: EndpointBox?
  private var version: OwnText?

  private static let userAgent = "libetcdcli/" + ETCDCLI_VERSION

  init(config: ConfigHandle) throws(CallError) {
    let options = config.options
    try options.check()
    do {
      reactor = try Reactor(options, userAgent: Self.userAgent)
    } catch {
      throw CallError(.system, "\(error)")
    }
    log = config.log
    core = Cluster(options: options, transport: reactor, random: SystemRandomNumberGenerator(), disk: disk)
    ticket = HandleTable.shared.insert(self, waker: reactor.waker)
    if ticket == nil {
      reactor.shutDown()
      throw CallError.outOfHandles
    }
  }

  /// Lends the core, in use until `body` returns. No host may be called meanwhile.
  func open<R>(_ body: (inout Cluster) throws(CallError) -> R) throws(CallError) -> R {
    guard core != nil else { throw CallError.closed }
    return try body(&core!)
  }

  // MARK: Callbacks

  func setStateCallback(_ callback: etcdcli_cluster_state_fn?, _ user: UserData) {
    let before = stateCallback?.1
    stateCallback = callback.map { ($0, user) }
    if callback == nil { user.release() }
    before?.release()
  }

  /// With `onPart` it is a call whose answer comes in parts.
  func submit(
    _ call: HostCall, onPart: etcdcli_call_fn? = nil, _ callback: @escaping etcdcli_call_fn, _ user: UserData
  ) throws(CallError) -> CallID {
    let id = try open { core throws(CallError) in
      do throws(Cluster.Refusal) {
        return onPart == nil
          ? try core.submit(
            call.operation, timeoutMs: call.timeoutMs, minRevision: call.minRevision, at: call.endpoint)
          : try core.submitParts(call.operation, timeoutMs: call.timeoutMs, at: call.endpoint)
      } catch {
        throw CallError(error, limit: "calls.max calls are in progress")
      }
    }
    // By itself while it is changed: each look at it would be checked for being the only one otherwise.
    var callbacks = exchange(&callCallbacks, with: [:])
    callbacks[id] = CallCallbacks(onEnd: callback, onPart: onPart, user: user)
    callCallbacks = callbacks
    return id
  }

  private func takeCallbacks(of id: CallID) -> CallCallbacks? {
    var callbacks = exchange(&callCallbacks, with: [:])
    defer { callCallbacks = callbacks }
    return callbacks.removeValue(forKey: id)
  }

  func await(_ wanted: [Awaited], timeoutMs: Int64, _ callback: @escaping etcdcli_await_fn, _ user: UserData)
    throws(CallError) -> CallID
  {
    let id = try open { core throws(CallError) in
      do throws(Cluster.Refusal) {
        return try core.await(wanted, timeoutMs: timeoutMs)
      } catch {
        throw CallError(error, limit: "calls.max waits are in progress")
      }
    }
    endCallbacks[id] = (.await(callback), user)
    return id
  }

  func tellOfValue(_ id: CallID, _ keepalive: KeepaliveHandle, _ callback: @escaping etcdcli_value_fn, _ user: UserData)
  {
    endCallbacks[id] = (.value(callback, keepalive), user)
    keepalive.valuesToTell += 1
  }

  func setCredentials(_ credentials: Credentials) throws(CallError) {
    try open { core throws(CallError) in
      do throws(Cluster.Refusal) {
        try core.setCredentials(credentials)
      } catch {
        throw CallError.closed
      }
    }
  }

  /// All that `config` changes, or nothing.
  func reconfigure(by config: ConfigHandle) throws(CallError) {
    try open { core throws(CallError) in
      let options = config.options
      try options.check()
      let reload: Reload
      do throws(Cluster.ReloadRefusal) {
        reload = try core.reload(by: options)
      } catch {
        switch error {
        case .closed: throw CallError.closed
        case .options(let error): throw CallError(.config, error.message)
        }
      }
      // First, for what the core sends as soon as it knows.
      reactor.reconfigure(by: reload, userAgent: Self.userAgent)
      core.carryOut(reload)
    }
  }

  func close(revoke: Bool, _ callback: etcdcli_close_fn?, _ user: UserData) throws(CallError) {
    guard try open({ $0.close(revoke: revoke) }) else { throw CallError(.closed, "the cluster is closed or closing") }
    closeCallback = (callback, user)
  }

  func endpoint(_ index: Int) throws(CallError) -> UnsafePointer<etcdcli_endpoint_info>? {
    let reports = try open { $0.endpointReports }
    guard reports.indices.contains(index) else {
      throw CallError(.argument, "index is \(index): there are \(reports.count) endpoints")
    }
    let box = EndpointBox(reports[index])
    endpoint = box
    return box.pointer
  }

  func serverVersion() throws(CallError) -> UnsafePointer<CChar> {
    let text = OwnText(try open { $0.serverVersion })
    version = text
    return text.pointer
  }

  func addWatcher(
    of range: KeyRange, from startRevision: Int64 = 0, prevKV: Bool = false, _ wanted: WatcherOptions = WatcherOptions()
  ) throws(CallError) -> WatcherID {
    try open { core throws(CallError) in
      do throws(Cluster.Refusal) {
        return try core.addWatcher(range: range, startRevision: startRevision, prevKV: prevKV, wanted)
      } catch {
        throw CallError(error, limit: "the cluster has watchers.max watchers")
      }
    }
  }

  func removeWatcher(_ id: WatcherID) {
    core?.removeWatcher(id)
  }

  func detachKeepalive(_ id: KeepaliveID) {
    core?.detachKeepalive(id)
  }

  func add(_ keepalive: KeepaliveHandle) {
    keepalives[keepalive.id] = keepalive
  }

  func add(_ watcher: WatcherHandle) {
    watchers[watcher.id] = watcher
  }

  func remove(_ keepalive: KeepaliveHandle) {
    keepalives[keepalive.id] = nil
    detachKeepalive(keepalive.id)
    // What is called back here is no more allowed to pump than what is called back by a pump.
    let wasPumping = isPumping
    isPumping = true
    defer { isPumping = wasPumping }
    var failure = Failure(.cancelled, "the keepalive was freed")
    failure.mayHaveHappened = true
    for id in endCallbacks.keys.sorted() {
      if case .value(_, let handle) = endCallbacks[id]?.0, handle === keepalive {
        _ = endValue(id, .failure(failure))
      }
    }
  }

  func remove(_ watcher: WatcherHandle) {
    watchers[watcher.id] = nil
    removeWatcher(watcher.id)
  }

  // MARK: The pump

  var fileDescriptor: CInt { reactor.fileDescriptor }

  /// Until the next timer, in the range of poll's timeout; -1 for none. Inside of a pump nobody knows yet.
  var timeoutMs: Int64 {
    isPumping ? 0 : min(reactor.timeoutMs ?? -1, Int64(CInt.max))
  }

  /// Waits until there is something to do, and pumps. Returns whether more callbacks are waiting.
  func wait(timeoutMs: Int64) throws(CallError) -> Bool {
    try checkNotPumping()
    do throws(SystemError) {
      try reactor.wait(timeoutMs: timeoutMs)
    } catch {
      throw CallError(.system, "\(error)")
    }
    return try pump(maximum: .max)
  }

  /// Returns whether more callbacks are waiting.
  func pump(maximum: Int) throws(CallError) -> Bool {
    try checkNotPumping()
    guard let isAtRest = core?.isAtRest() else { throw CallError.closed }
    if isAtRest { return false }
    isPumping = true
    core?.beginPump()
    defer {
      isPumping = false
      // A cluster that was freed has nothing to come back for.
      core?.endPump()
    }
    writeLog()
    var made = 0
    while made < maximum, let delivery = core?.nextDelivery() {
      // What has cost as much as several callbacks counts as so many.
      let weight = if case .batch(_, let batch) = delivery { batch.messages } else { 1 }
      if deliver(delivery) { made += weight }
      writeLog()
    }
    return core?.hasDeliveries ?? false
  }

  func checkNotPumping() throws(CallError) {
    if isPumping { throw CallError(.busy, "called from a callback of the same cluster") }
  }

  private func writeLog() {
    guard let lines = core?.takeLog(), let log, !lines.isEmpty else { return }
    for line in lines where core != nil { log.write(line, of: ticket) }
  }

  /// Returns whether a callback was made.
  private func deliver(_ delivery: Delivery) -> Bool {
    switch delivery {
    case .call(let id, let result):
      guard let callbacks = takeCallbacks(of: id) else { return false }
      end(id, result, callbacks)
      return true

    case .part(let id, let answer):
      let table = callCallbacks
      guard let callbacks = table[id], let onPart = callbacks.onPart else { return false }
      tell(id, answer, onPart, callbacks.user)
      return true

    case .clusterState(let report):
      guard let (callback, user) = stateCallback else { return false }
      report.error.withError { error in
        let info = etcdcli_cluster_info(
          state: report.state.rawValue, error: error, attempts: CInt(clamping: report.attempts))
        user.lend(info) { callback(ticket, $0, $1) }
      }
      return true

    case .keepalive(let id, let report):
      guard let keepalive = keepalives[id] else { return false }
      let wasMade = keepalive.tell(report)
      if report.state == .ended { keepalive.user.release() }
      return wasMade

    case .claimQuestion(let id, let found):
      guard let keepalive = keepalives[id] else { return false }
      let answer = keepalive.ask(about: found)
      core?.decide(answer, on: id, about: found)
      return true

    case .value(let id, let end): return endValue(id, end.result, isSuperseded: end.isSuperseded)
    case .awaited(let id, let end): return endAwait(id, end)

    case .watcherState(let id, let report):
      guard let watcher = watchers[id] else { return false }
      let wasMade = watcher.tell(report)
      if report.state == .ended { watcher.user.release() }
      return wasMade

    case .batch(let id, let batch):
      return watchers[id]?.tell(batch) ?? false

    case .closed(let failure):
      return endClose(failure)
    }
  }

  private func end(_ id: CallID, _ result: Result<Answer, Failure>, _ callbacks: CallCallbacks) {
    let (callback, user) = (callbacks.onEnd, callbacks.user)
    switch result {
    case .success(let answer):
      tell(id, answer, callback, user)
    case .failure(let failure):
      Optional(failure).withError { error in
        user.lend(etcdcli_call_info(call: id.rawValue, error: error, response: nil)) { callback(ticket, $0, $1) }
      }
    }
    user.release()
  }

  private func tell(_ id: CallID, _ answer: Answer, _ callback: etcdcli_call_fn, _ user: UserData) {
    lend(ResponseBox(answer)) { response in
      user.lend(etcdcli_call_info(call: id.rawValue, error: nil, response: response)) { callback(ticket, $0, $1) }
    }
  }

  private func endAwait(_ id: CallID, _ end: AwaitEnd) -> Bool {
    guard case (.await(let callback), let user)? = endCallbacks.removeValue(forKey: id) else { return false }
    var keepalive: OpaquePointer?
    var watcher: OpaquePointer?
    switch end.culprit {
    case .keepalive(let id): keepalive = keepalives[id]?.ticket
    case .watcher(let id): watcher = watchers[id]?.ticket
    case nil: break
    }
    end.failure.withError { error in
      let info = etcdcli_await_info(
        call: id.rawValue, error: error, ready: end.ready, total: end.total, keepalive: keepalive, watcher: watcher)
      user.lend(info) { callback(ticket, $0, $1) }
    }
    user.release()
    return true
  }

  private func endValue(_ id: CallID, _ result: Result<Int64, Failure>, isSuperseded: Bool = false) -> Bool {
    guard case (.value(let callback, let keepalive), let user)? = endCallbacks.removeValue(forKey: id) else {
      return false
    }
    keepalive.valuesToTell -= 1
    var failure: Failure?
    var revision: Int64 = 0
    switch result {
    case .success(let written): revision = written
    case .failure(let reason): failure = reason
    }
    failure.withError { error in
      let info = etcdcli_value_info(error: error, revision: revision, superseded: isSuperseded ? 1 : 0)
      user.lend(info) { callback(keepalive.ticket, $0, $1) }
    }
    user.release()
    return true
  }

  /// The cluster is freed.
  private func endWaits(_ awaits: [(CallID, AwaitEnd)], isForked: Bool) {
    if isForked {
      let users = endCallbacks.values.map(\.1)
      endCallbacks = [:]
      for user in users { user.release() }
      return
    }
    for (id, end) in awaits { _ = endAwait(id, end) }
    var failure = Failure(.cancelled, "the cluster was freed")
    failure.mayHaveHappened = true
    for id in endCallbacks.keys.sorted() {
      _ = endValue(id, .failure(failure))
    }
  }

  private func endClose(_ failure: Failure?) -> Bool {
    guard let (callback, user) = closeCallback else { return false }
    closeCallback = nil
    if let callback {
      failure.withError { error in user.lend(etcdcli_close_info(error: error)) { callback(ticket, $0, $1) } }
    }
    user.release()
    return callback != nil
  }

  // MARK: Freeing

  /// Lets go of everything. In a forked child nothing is called but the destroy functions, and no descriptor is touched.
  func free(isForked: Bool) {
    guard var core = core.take() else { return }
    if isForked { disk.abandon() }
    let ends = core.abandonAll()
    let awaits = core.abandonAwaits()
    if isForked { reactor.abandonAfterFork() } else { reactor.shutDown() }

    let callbacks = callCallbacks
    callCallbacks = [:]
    for (id, result) in ends {
      guard let callbacks = callbacks[id] else { continue }
      if isForked { callbacks.user.release() } else { end(id, result, callbacks) }
    }
    endWaits(awaits, isForked: isForked)
    if isForked {
      closeCallback?.1.release()
    } else {
      _ = endClose(Failure(.cancelled, "the cluster was freed"))
    }
    closeCallback = nil

    let handles =
      (keepalives.values.sorted { $0.id.rawValue < $1.id.rawValue }.map(\.user))
      + (watchers.values.sorted { $0.id.rawValue < $1.id.rawValue }.map(\.user))
    keepalives = [:]
    watchers = [:]
    let state = stateCallback?.1
    stateCallback = nil
    log = nil
    for user in handles { user.release() }
    state?.release()
  }
}

/// Who is told of a call.
private struct CallCallbacks {
  let onEnd: etcdcli_call_fn
  /// Of a call whose answer comes in parts.
  let onPart: etcdcli_call_fn?
  let user: UserData
}

/// Who is told of an end that is none of a call.
private enum EndCallback {
  case await(etcdcli_await_fn)
  case value(etcdcli_value_fn, KeepaliveHandle)
}

extension Options {
  /// Throws what keeps a cluster from being made of them.
  fileprivate func check() throws(CallError) {
    do {
      try validate()
    } catch {
      throw CallError(.config, error.message)
    }
    for (name, path) in files where !path.isEmpty && access(path, R_OK) != 0 {
      throw CallError(.config, "\(name): cannot read \"\(path)\": \(String(cString: strerror(errno)))")
    }
  }

  /// The options that name files, with what they are set to.
  fileprivate var files: [(String, String)] {
    [
      ("tls.ca.file", tlsCAFile), ("tls.ca.dir", network.tlsCADirectory), ("tls.cert.file", tlsCertFile),
      ("tls.key.file", tlsKeyFile),
    ]
  }
}
