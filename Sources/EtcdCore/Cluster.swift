import DequeModule
import EtcdPacker
import EtcdTransport

/// The client of one etcd cluster: carries out what the machines want, and queues what the host is to be told.
///
/// The host calls in from outside; `process` takes in what the transport and the clock have to say; `nextDelivery` hands
/// out, one by one, what follows from it. Nothing in here calls the host, so no state is open when the host calls back
/// in. One thread at a time.
package final class Cluster {
  let options: Options
  let transport: any Transport
  let wire: GatewayWire
  let backoff: Backoff
  var random: any RandomNumberGenerator
  var endpoints: Endpoints
  /// The time at which the method that was called from outside began: all that it does happens at once.
  var now: Instant
  package internal(set) var state = ClusterState.connecting
  var stateFailure: Failure?
  var toldState = ClusterState.connecting
  var closing: Closing?

  var nextID: UInt64 = 1
  var calls: [CallID: Call] = [:]
  /// How many of `calls` are the host's, and how many of these are on the wire.
  var hostCalls = 0
  var hostCallsInFlight = 0
  /// The host's calls that wait for a place on the wire, oldest first. May hold ids of calls that have ended.
  var queue = Deque<CallID>()
  var callOfTransfer: [TransferID: CallID] = [:]

  var lease: Lease
  var leaseCall: CallID?
  var keepalives: [KeepaliveID: KeepaliveEntry] = [:]
  /// Who has a key, and who waits for the removal of it to end.
  var keepaliveOfKey: [[UInt8]: KeepaliveID] = [:]
  var heirOfKey: [[UInt8]: KeepaliveID] = [:]

  var watchers: [WatcherID: WatcherEntry] = [:]
  var watcherOfTransfer: [TransferID: WatcherID] = [:]
  var probes: [Endpoints.ID: Probe] = [:]

  var timers = TimerQueue<TimerOwner>()
  var outbox = Deque<Outgoing>()
  /// Goes before all that is in the outbox.
  var urgent = Deque<Outgoing>()
  var log: [LogLine] = []

  enum TimerOwner: Hashable {
    case call(CallID)
    case lease
    case keepalive(KeepaliveID)
    case watcher(WatcherID)
    case probe(Endpoints.ID)
  }

  /// What waits to be handed out.
  enum Outgoing {
    case call(CallID, Result<Answer, Failure>, hadPlace: Bool)
    case watcherState(WatcherID, WatcherState, Failure?)
    case batch(WatcherID, Batch)
    case keepalive(KeepaliveID, KeepaliveReport, losses: Int)
    case closed(Failure?)
    /// The state has changed; it is looked up when its turn comes, so that a cluster that flaps does not fill the outbox.
    case state
    /// The next document of this watcher's stream, which is decoded only when its turn comes: that bounds what a flood
    /// costs a frame.
    case document(WatcherID)
  }

  package struct LogLine: Sendable {
    package let level: LogLevel
    package let text: String
  }

  package init(options: Options, transport: any Transport, random: any RandomNumberGenerator) {
    self.options = options
    self.transport = transport
    self.random = random
    wire = GatewayWire(
      connectTimeout: .milliseconds(options.connectTimeoutMs), answerLimit: Int(options.responseMaxBytes))
    backoff = Backoff(minimum: .milliseconds(options.backoffMinMs), maximum: .milliseconds(options.backoffMaxMs))
    lease = Lease(backoff: backoff)
    endpoints = Endpoints(seeds: options.endpoints, backoff: backoff, random: &self.random)
    now = transport.now
  }

  func makeID() -> UInt64 {
    defer { nextID += 1 }
    return nextID
  }

  // MARK: The pump

  /// Takes in what has happened. Costs no more than a few system calls when nothing has.
  package func process() {
    enter()
    // Answers to keepalives come last: a claim that got through is worth nothing under a lease that has run out
    // meanwhile, and whether it has depends on the renewals that were acknowledged.
    var answersToKeepalives: [(TransferID, TransferEvent)] = []
    transport.run { transfer, event in
      self.now = self.transport.now
      if let id = self.callOfTransfer[transfer], case .keepalive? = self.calls[id]?.owner {
        answersToKeepalives.append((transfer, event))
      } else {
        self.handle(event, of: transfer)
      }
    }
    now = transport.now
    wakeLease()
    for (transfer, event) in answersToKeepalives { handle(event, of: transfer) }
    while let owner = timers.removeDue(now: now) { wake(owner) }
    leave()
  }

  /// Whether `nextDelivery` may have something.
  package var hasDeliveries: Bool { !outbox.isEmpty || !urgent.isEmpty }

  /// The next thing to tell the host, or `nil`.
  package func nextDelivery() -> Delivery? {
    guard hasDeliveries else { return nil }
    enter()
    defer { leave() }
    wakeLease()
    while let outgoing = urgent.popFirst() ?? outbox.popFirst() {
      switch outgoing {
      case .call(let id, let result, let hadPlace):
        delivered(callWithPlace: hadPlace)
        return .call(id, result)
      case .watcherState(let id, let state, let failure):
        guard delivered(to: id) else { continue }
        return .watcherState(id, state, failure)
      case .batch(let id, let batch):
        guard delivered(to: id) else { continue }
        perform(watchers[id]?.machine.delivered(), of: id)
        return .batch(id, batch)
      case .keepalive(let id, let report, let losses):
        guard delivered(to: id), losses == keepalives[id]?.losses else { continue }
        // HELD is never told of a key that is no longer held.
        if report.state == .held, keepaliveState(id) != .held { continue }
        return .keepalive(id, report)
      case .document(let id):
        readDocument(of: id)
      case .state:
        guard state != toldState else { continue }
        toldState = state
        return .clusterState(state, stateFailure)
      case .closed(let failure):
        return .closed(failure)
      }
    }
    return nil
  }

  package func takeLog() -> [LogLine] {
    guard !log.isEmpty else { return [] }
    defer { log = [] }
    return log
  }

  /// Every method that is called from outside begins with this …
  func enter() {
    now = transport.now
  }

  /// … and ends with this: the transport is told when to come back.
  func leave() {
    timers.drop(unless: isWaiting)
    let wakeTime = hasDeliveries ? now : timers.earliest
    if transport.wakeTime != wakeTime { transport.wakeTime = wakeTime }
    transport.endTurn()
  }

  private func handle(_ event: TransferEvent, of transfer: TransferID) {
    if let id = callOfTransfer[transfer] {
      handle(event, ofCall: id)
    } else if let id = watcherOfTransfer[transfer] {
      handle(event, ofWatcher: id)
    }
  }

  private func wake(_ owner: TimerOwner) {
    switch owner {
    case .call(let id): step(id)
    case .lease: wakeLease()
    case .keepalive(let id): wakeKeepalive(id)
    case .watcher(let id): wakeWatcher(id)
    case .probe(let endpoint): probe(endpoint)
    }
  }

  private func isWaiting(_ owner: TimerOwner, for time: Instant) -> Bool {
    switch owner {
    case .call(let id): calls[id]?.wakeTime == time
    case .lease: lease.wakeTime == time
    case .keepalive(let id): keepalives[id]?.machine.wakeTime == time
    case .watcher(let id): watchers[id]?.wakeTime == time
    case .probe(let endpoint): probes[endpoint]?.dueAt == time
    }
  }

  func note(_ level: LogLevel, _ text: @autoclosure () -> String) {
    if level.rawValue <= options.logLevel.rawValue { log.append(LogLine(level: level, text: text())) }
  }

  // MARK: State

  /// How many reports of one watcher or keepalive may wait for the host before it makes no further attempt that would
  /// lead to more: this, and the few that follow from one event, is what a host that does not keep up costs in memory.
  static let undeliveredLimit = 8

  func enter(_ newState: ClusterState, because failure: Failure? = nil) {
    guard state != newState, state != .closed else { return }
    state = newState
    stateFailure = failure
    outbox.append(.state)
    if newState == .ready { hastenRetries() }
    switch newState {
    case .ready: note(.info, "connected")
    case .unavailable: note(.error, "no endpoint is available: \(failure?.description ?? "")")
    case .connecting, .closed: note(.info, "closed")
    }
  }

  /// Etcd is back: what waits for its next attempt need not wait for the rest of a long back-off.
  private func hastenRetries() {
    let retryAt = now + backoff.delay(afterFailures: 1, using: &random)
    for id in watcherIDs where watchers[id]?.machine.hasten(to: retryAt) == true {
      timers.insert(.watcher(id), at: retryAt)
    }
    for id in keepaliveIDs where keepalives[id]?.machine.hasten(to: retryAt) == true {
      timers.insert(.keepalive(id), at: retryAt)
    }
    if lease.hasten(to: retryAt) { timers.insert(.lease, at: retryAt) }
  }

  // MARK: Ends

  /// A close under way: it is done when the keys being removed are gone and the lease is revoked, if it is to be.
  struct Closing {
    var revocation: Revocation

    enum Revocation {
      case none
      case underWay
      case ended(Failure?)
    }
  }

  /// See `etcdcli_cluster_close`. Returns false if it was closed before.
  package func close(revoke: Bool) -> Bool {
    guard closing == nil else { return false }
    enter()
    defer { leave() }
    for id in watcherIDs { perform(watchers[id]?.machine.close(), of: id) }
    for id in keepaliveIDs { perform(keepalives[id]?.machine.close(), of: id) }
    for (id, call) in calls.sorted(by: { $0.key < $1.key }) where call.owner == .host {
      end(id, .failure(Failure(.cancelled, "the cluster was closed")))
    }
    if let leaseCall { abandon(leaseCall) }
    leaseCall = nil
    closing = Closing(revocation: .none)
    let id = lease.end()
    if revoke, id != 0 {
      closing?.revocation = .underWay
      submit(.leaseRevoke(LeaseRevokeRequest(id: id)), owner: .close, isIdempotent: true)
    }
    finishClosing()
    return true
  }

  func finishClosing() {
    guard let closing, state != .closed else { return }
    guard keepalives.values.allSatisfy({ $0.machine.publicState == .ended }) else { return }
    switch closing.revocation {
    case .underWay: return
    case .none: outbox.append(.closed(nil))
    case .ended(let failure): outbox.append(.closed(failure))
    }
    for case .some(let call) in probes.values.map(\.call) { abandon(call) }
    probes = [:]
    enter(.closed)
  }

  /// Drops everything, silently. The transport is the caller's to shut down. Returns the host's calls whose end was not
  /// handed out, with the end where it was known.
  package func abandonAll() -> [(CallID, Result<Answer, Failure>)] {
    var ends: [(CallID, Result<Answer, Failure>)] = []
    for case .call(let id, let result, _) in outbox { ends.append((id, result)) }
    for (id, call) in calls.sorted(by: { $0.key < $1.key }) where call.owner == .host {
      ends.append((id, .failure(Failure(.cancelled, "the cluster was freed"))))
    }
    calls = [:]
    queue = []
    callOfTransfer = [:]
    watcherOfTransfer = [:]
    watchers = [:]
    keepalives = [:]
    keepaliveOfKey = [:]
    heirOfKey = [:]
    probes = [:]
    outbox = []
    urgent = []
    timers = TimerQueue()
    return ends
  }
}
