import EtcdPacker
import EtcdTransport

/// What the host calls.
extension Cluster {
  /// See `etcdcli_cluster_set_credentials`.
  package mutating func setCredentials(_ credentials: Credentials) throws(Refusal) {
    guard closing == nil else { throw .closed }
    beginTurn()
    defer { endTurn() }
    var changed = options
    changed.use(credentials)
    sharedOptions = SharedOptions(changed)
    carryOut(auth.replace(by: credentials))
  }

  /// What other options would change, to be carried out at once or not at all. Throws why they are not taken.
  package func reload(by options: Options) throws(ReloadRefusal) -> Reload {
    guard closing == nil else { throw .closed }
    do throws(OptionError) {
      return try Reload(from: self.options, to: options, hasLease: keepalives.hasLease)
    } catch {
      throw .options(error)
    }
  }

  /// See `etcdcli_cluster_reconfigure`. The transport has taken its part of it already.
  package mutating func carryOut(_ reload: Reload) {
    guard closing == nil, !reload.isEmpty else { return }
    beginTurn()
    defer { endTurn() }
    sharedOptions = SharedOptions(reload.options)
    backoff = Backoff(options)
    endpoints.reconfigure(wire: options.usableWire)
    // Shown by either level, as it may be the level that has changed.
    if log.level.rawValue < options.logLevel.rawValue { log.level = options.logLevel }
    note(.info, .cluster, "reconfigured: \(reload.changed.joined(separator: ", "))")
    log.level = options.logLevel
    for warning in reload.warnings { note(.warning, .cluster, warning) }
    identity.patience = options.silencePatience
    auth.backoff = backoff
    partedCalls.backoff = backoff
    keepalives.reconfigure(options, backoff, now: now, random: &random)
    carryOut(.setTimer(.verification))
    // What was asked of the name servers there were is not answered any more.
    let areOtherDomains = services.reconfigure(
      options.serviceDomains, interval: .milliseconds(options.refreshIntervalMs), backoff: backoff,
      isAskedAnew: reload.concernsConnections, now: now)
    carryOut(.setTimer(.services))
    watchers.reconfigure(options, backoff)
    let probed = endpoints.reconfigure(
      backoff: backoff, probeInterval: .milliseconds(options.probeIntervalMs), now: now)
    for endpoint in probed { carryOut(.setTimer(.probe(endpoint))) }
    // In this order: what is new of one must not go with what is old of the other.
    // Those of the domains before may still be there, until the others are known.
    let namesAreOthers = areOtherDomains || members.awaitsNames
    let before = endpoints.currentTarget
    let replaced = members.reconfigure(
      options, named: namesAreOthers ? services.named : nil, endpoints: &endpoints, now: now, random: &random)
    membersReplaced(replaced, from: before, isDrawn: !options.endpoints.isEmpty)
    if reload.concernsCredentials { carryOut(auth.replace(by: options.credentials)) }
    carryOut(calls.reconfigure(options, backoff, endpoints: endpoints, now: now))
    if reload.mayMend { lookAgain() }
  }

  /// Streams at endpoints that are none any more go on elsewhere; calls that are on the wire there may be answered.
  mutating func membersReplaced(
    _ change: (gone: [Endpoints.Target], orders: [Order]), from before: Endpoints.Target?, isDrawn: Bool
  ) {
    if isDrawn, change.gone.contains(where: { $0 == before }) { endpoints.drawCurrent(using: &random) }
    noteMove(from: before)
    carryOut(change.orders)
    for target in change.gone {
      let failure = Failure(.unavailable, "the endpoint is used no more", endpoint: target.endpoint.url)
      carryOut(watchers.leave(target.id, because: failure, now: now, random: &random))
    }
    if !change.gone.isEmpty { carryOut(members.moved(endpoints: endpoints, now: now, random: &random)) }
  }

  /// What failed, or waits because everything failed, may work now.
  mutating func lookAgain() {
    endpoints.hasten(to: now + backoff.delay(afterFailures: 1, using: &random))
    carryOut(calls.lookAgain(endpoints: endpoints, now: now))
    carryOut(watchers.lookAgain(now: now))
    carryOut(partedCalls.lookAgain(now: now))
    askForService()
  }

  /// Starts a call of the host's. Its end comes as a delivery.
  package mutating func submit(
    _ operation: Operation, timeoutMs: Int64, minRevision: Int64 = 0, at endpoint: Endpoint? = nil
  ) throws(Refusal) -> CallID {
    guard closing == nil else { throw .closed }
    guard !calls.isFull else { throw .limit }
    beginTurn()
    defer { endTurn() }
    let id = CallID(rawValue: makeID())
    let deadline = timeoutMs > 0 ? now + .milliseconds(timeoutMs) : nil
    let route = endpoint.map { Endpoints.Route.only(endpoints.target(for: $0)) }
    let submission = Calls.Submission(
      namespace.entering(operation), for: .host, route: route ?? .any, deadline: deadline, minRevision: minRevision)
    carryOut { $0.calls.submit(submission, as: id, &$1, endpoints: $0.endpoints, now: $0.now) }
    return id
  }

  /// Starts a call whose answer comes in parts: a range, a snapshot, or what the gateway streams. The parts come as
  /// deliveries, and then its end.
  package mutating func submitParts(
    _ operation: Operation, timeoutMs: Int64, at endpoint: Endpoint? = nil
  ) throws(Refusal) -> CallID {
    guard closing == nil else { throw .closed }
    guard !calls.isFull, partedCalls.count < options.callsMax else { throw .limit }
    beginTurn()
    defer { endTurn() }
    let id = CallID(rawValue: makeID())
    let timeout = timeoutMs > 0 ? Duration.milliseconds(timeoutMs) : nil
    let operation = namespace.entering(operation)
    if let range = operation.rangeRequest {
      var request = range.request
      if request.limit == 0 { request.limit = options.watchPageKeys }
      carryOut(partedCalls.add(request, timeout: timeout, isLeaderless: range.isLeaderless, as: id, now: now))
    } else {
      let route = endpoint.map { Endpoints.Route.only(endpoints.target(for: $0)) } ?? .any
      let usual = operation.gatewayCall == nil ? Duration.milliseconds(options.requestTimeoutMs) : nil
      carryOut(partedCalls.add(operation, route: route, patience: timeout ?? usual, as: id, now: now))
    }
    return id
  }

  /// Returns false if the call has ended.
  package mutating func cancel(_ id: CallID) -> Bool {
    beginTurn()
    defer { endTurn() }
    if let orders = partedCalls.cancel(id, "cancelled") ?? awaits.cancel(id, "cancelled") {
      carryOut(orders)
      return true
    }
    guard calls.isHosts(id) else { return false }
    carryOut(calls.cancel(id, "cancelled"))
    return true
  }

  package mutating func addKeepalive(_ claim: Claim) throws(KeepaliveRefusal) -> KeepaliveID {
    var claim = claim
    let key = claim.key
    claim.key = namespace.entering(key)
    guard closing == nil else { throw .closed }
    guard keepalives.count < options.keepalivesMax else { throw .limit }
    guard !keepalives.isTaken(claim.key) else { throw .keyIsTaken }
    beginTurn()
    defer { endTurn() }
    let id = KeepaliveID(rawValue: makeID())
    deliveries.open(.keepalive(id))
    awaits.opened(.keepalive(id), key: key)
    carryOut(keepalives.add(id, claim))
    return id
  }

  /// With `isAwaited` what becomes of it comes as a delivery, once.
  @discardableResult
  package mutating func setValue(
    _ value: [UInt8], of id: KeepaliveID, isAwaited: Bool = false, untold: Int = 0
  ) throws(ValueRefusal) -> CallID {
    if keepaliveState(id) == .conflict { throw .conflict }
    if isAwaited, max(untold, keepalives.valueWaits(of: id)) >= options.callsMax { throw .limit }
    let wait = CallID(rawValue: isAwaited ? makeID() : 0)
    beginTurn()
    defer { endTurn() }
    // What is held may be so no more, where the host has not pumped for long: nothing is there by a lease that is over.
    wake(.lease)
    guard let orders = keepalives.setValue(value, of: id, for: isAwaited ? wait : nil) else { throw .ended }
    carryOut(orders)
    return wait
  }

  /// Claims again what is another's. Returns whether there was a conflict.
  package mutating func retryKeepalive(_ id: KeepaliveID) throws(Refusal) -> Bool {
    guard closing == nil else { throw .closed }
    beginTurn()
    defer { endTurn() }
    let orders = keepalives.retry(id)
    carryOut(orders ?? [])
    return orders != nil
  }

  /// The host's answer to a `Delivery.claimQuestion`.
  package mutating func decide(_ answer: ClaimAnswer, on id: KeepaliveID, about found: KeyValue) {
    beginTurn()
    carryOut(keepalives.decide(answer, on: id, modRevision: found.modRevision))
    endTurn()
  }

  package func keepaliveState(_ id: KeepaliveID) -> KeepaliveState {
    keepalives.state(of: id, at: transport.now)
  }

  /// The lease that keepalives share, or 0.
  package var leaseID: Int64 { keepalives.leaseID }

  /// Returns false if it is being removed, or has ended.
  package mutating func removeKeepalive(_ id: KeepaliveID) -> Bool {
    beginTurn()
    defer { endTurn() }
    let orders = keepalives.remove(id, now: now)
    carryOut(orders ?? [])
    return orders != nil
  }

  /// The host wants to hear no more of it; its key is removed in the background.
  package mutating func detachKeepalive(_ id: KeepaliveID) {
    beginTurn()
    defer { endTurn() }
    deliveries.close(.keepalive(id))
    carryOut(keepalives.detach(id, now: now))
    carryOut(awaits.freed(.keepalive(id)))
  }

  package mutating func addWatcher(
    range: KeyRange, startRevision: Int64, prevKV: Bool, _ wanted: WatcherOptions = WatcherOptions()
  ) throws(Refusal) -> WatcherID {
    guard closing == nil else { throw .closed }
    guard hostsWatchers < options.watchersMax else { throw .limit }
    beginTurn()
    defer { endTurn() }
    let id = WatcherID(rawValue: makeID())
    deliveries.open(.watcher(id))
    awaits.opened(.watcher(id), key: range.key)
    let range = namespace.entering(range)
    let mayRecall = startRevision == 0 && wanted.isWhole && pictures.add(id, of: range)
    notePictures()
    let delay = options.watchStartSpreadMs
    let startAt = delay > 0 ? now + .milliseconds(Int64.random(in: 0...delay, using: &random)) : nil
    let recallAt = mayRecall ? (startAt ?? now) + .milliseconds(options.watcherCacheAfterMs) : nil
    carryOut(
      watchers.add(
        id, range: range, startRevision: startRevision, prevKV: prevKV, wanted, startAt: startAt, recallAt: recallAt))
    return id
  }

  var hostsWatchers: Int { watchers.count - keepalives.watchCount }

  package func watcherState(_ id: WatcherID) -> WatcherState { watchers.state(of: id) }

  package func watcherStatus(_ id: WatcherID) -> WatcherStatus {
    watchers.status(of: id, behind: identity.revision, now: transport.now)
  }

  /// Nothing of it is delivered any more.
  package mutating func removeWatcher(_ id: WatcherID) {
    beginTurn()
    defer { endTurn() }
    end(id)
    carryOut(awaits.freed(.watcher(id)))
  }

  mutating func end(_ id: WatcherID) {
    if !pictures.isEmpty { closePictures([id]) }
    carryOut(watchers.remove(id))
    deliveries.close(.watcher(id))
  }

  // MARK: Waiting for what is to be there

  /// See `etcdcli_await`. Its end comes as a delivery.
  package mutating func await(_ wanted: [Awaited], timeoutMs: Int64) throws(Refusal) -> CallID {
    guard closing == nil else { throw .closed }
    guard awaits.count < options.callsMax else { throw .limit }
    beginTurn()
    defer { endTurn() }
    let id = CallID(rawValue: makeID())
    let deadline = timeoutMs > 0 ? now + .milliseconds(timeoutMs) : nil
    carryOut(
      withAwaits { awaits, cluster in
        awaits.add(id, for: wanted, deadline: deadline) { cluster.isOver($0) }
      })
    return id
  }

  /// With the rest of the cluster at hand, for what the waits ask of it.
  mutating func withAwaits<R>(_ body: (inout Awaits, borrowing Cluster) -> R) -> R {
    var waits = Awaits()
    swap(&waits, &awaits)
    defer { swap(&waits, &awaits) }
    return body(&waits, self)
  }

  /// What is under way for what a host waits for, in words.
  func whatIsDone(for awaited: Awaited) -> String? {
    switch awaited {
    case .keepalive(let id):
      if keepalives.state(of: id) == .blocked { return "the key is another's, and it is told when that is gone" }
      return calls.standing(of: .keepalive(id)) ?? calls.standing(of: .lease)
    case .watcher(let id):
      let stream = watchers.origin(of: id).map { "\($0.endpoint.url) has not confirmed the watch yet" }
      return calls.standing(of: .watcher(id)) ?? stream
    }
  }

  private func isOver(_ awaited: Awaited) -> Bool {
    switch awaited {
    case .keepalive(let id): keepaliveState(id) == .conflict || keepaliveState(id) == .ended
    case .watcher(let id): watcherState(id) == .ended
    }
  }

  func isStillThere(_ awaited: Awaited) -> Bool {
    switch awaited {
    case .keepalive(let id): keepaliveState(id) == .held
    case .watcher(let id): watcherState(id) != .ended
    }
  }

  /// When the cluster is freed: the ends of waits that were not handed out.
  package mutating func abandonAwaits() -> [(CallID, AwaitEnd)] { awaits.removeAll() }

  // MARK: Ends

  /// See `etcdcli_cluster_close`. Returns false if it was closed before.
  package mutating func close(revoke: Bool) -> Bool {
    guard closing == nil else { return false }
    beginTurn()
    defer { endTurn() }
    endWaitForNextPump()
    carryOut(awaits.close())
    closePictures(pictures.ids)
    carryOut(watchers.close())
    let lease = keepalives.close()
    carryOut(lease.orders)
    for id in calls.hosts { carryOut(calls.cancel(id, "the cluster was closed")) }
    for id in partedCalls.ids { carryOut(partedCalls.cancel(id, "the cluster was closed") ?? []) }
    carryOut(.abandonCall(.lease))
    let revokes = revoke && lease.id != 0
    closing = Closing(revokes: revokes)
    if revokes {
      carryOut(.call(Calls.Submission(.leaseRevoke(LeaseRevokeRequest(id: lease.id)), for: .close)))
    }
    return true
  }

  /// When everything that led to this has been carried out: that it is closed is the last that the host is told.
  mutating func finishClosing() {
    guard let closing, state != .closed, keepalives.allHaveEnded else { return }
    switch closing.outcome {
    case nil: return
    case .success: deliveries.append(.closed(nil))
    case .failure(let failure): deliveries.append(.closed(failure))
    }
    members.end()
    services.end()
    carryOut(calls.abandonProbes())
    carryOut(.abandonCall(.members))
    carryOut(.abandonCall(.candidate))
    carryOut(.abandonCall(.status))
    carryOut(.abandonCall(.identity))
    carryOut(auth.end())
    endpoints.endProbes()
    change(to: .closed)
  }

  /// Drops everything, silently. The transport is the caller's to shut down. Returns the host's calls whose end was not
  /// handed out, with the end where it was known.
  package mutating func abandonAll() -> [(CallID, Result<Answer, Failure>)] {
    closePictures(pictures.ids)
    forNextPump = []
    var ends = deliveries.removeAll().map { ($0.0, namespace.leaving($0.1)) }
    for id in calls.hosts { ends.append((id, .failure(calls.cancelled(id, "the cluster was freed")))) }
    ends += partedCalls.removeAll("the cluster was freed")
    calls.removeAll()
    watchers.removeAll()
    keepalives.removeAll()
    timers = TimerQueue()
    return ends
  }
}
