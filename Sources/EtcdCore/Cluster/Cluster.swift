import EtcdPacker
import EtcdTransport

/// The client of one etcd cluster: the rooms, the turn, and the one place where what a room wants is carried out.
///
/// Each call of the host's is one turn: the time is taken when it begins, and what it wants of the transport is settled
/// when it ends. A pump is one turn too: `beginPump` takes in what the transport and the clock have to say, `nextDelivery`
/// hands out, one by one, what follows from it, and `endPump` ends it; what the host calls in between is a part of it.
/// Nothing in here calls the host, so no state is open when the host calls back in. One thread at a time.
package struct Cluster: ~Copyable {
  var sharedOptions: SharedOptions
  var options: Options { sharedOptions.value }
  let transport: any Transport
  var backoff: Backoff
  let namespace: Namespace
  var random: any RandomNumberGenerator

  var auth: Auth
  var calls: Calls
  var partedCalls: PartedCalls
  var endpoints: Endpoints
  var members: Members
  var services: ServiceLookup
  var keepalives: Keepalives
  var watchers: Watchers
  var awaits = Awaits()
  var pictures: Pictures
  var deliveries = Deliveries()
  var identity: ClusterIdentity
  var status = ClusterStatus()
  var closing: Closing?

  var timers = TimerQueue<TimerOwner>()
  /// The last one for pictures: many deliveries need no more than one.
  var picturesTimer: Instant?
  var lastID: UInt64 = 0
  var lastIDBeforePump: UInt64 = 0
  /// Ends of what the host has begun within this pump.
  var forNextPump: [Deliveries.Item] = []
  /// Memory for the next of them.
  var spareOrders: [Order] = []
  var requestHeads = RequestHeads()
  var log: Log
  var counted = Metrics()
  /// By itself: to count it among all others would cost a quarter of such a pump.
  var pumpsInVain: UInt64 = 0
  var pumpBegan = Instant(nanoseconds: 0)
  /// The time at which the turn began, or a delivery was last taken: all that is done then happens at once.
  var now: Instant
  var isPumping = false
  /// The last turn has left nothing to be told or written down.
  var isSettled = false

  package init(
    options: Options, transport: any Transport, random: any RandomNumberGenerator, disk: (any Disk)? = nil
  ) {
    sharedOptions = SharedOptions(options)
    self.transport = transport
    self.random = random
    namespace = Namespace(prefix: Array(options.namespace.utf8))
    backoff = Backoff(options)
    auth = Auth(options.credentials, backoff: backoff)
    calls = Calls(options: options, backoff: backoff)
    partedCalls = PartedCalls(backoff: backoff)
    keepalives = Keepalives(options: options, backoff: backoff)
    watchers = Watchers(options: options, backoff: backoff)
    pictures = Pictures(options, on: disk)
    endpoints = Endpoints(
      seeds: options.endpoints, backoff: backoff, probeInterval: .milliseconds(options.probeIntervalMs),
      wire: options.usableWire, random: &self.random)
    members = Members(options: options)
    services = ServiceLookup(
      options.serviceDomains, interval: .milliseconds(options.refreshIntervalMs), backoff: backoff)
    identity = ClusterIdentity(patience: options.silencePatience)
    log = Log(level: options.logLevel)
    now = transport.now
    for warning in options.warnings { note(.warning, .cluster, warning) }
    if services.isOn {
      beginTurn()
      wake(.services)
      endTurn()
    }
  }

  mutating func makeID() -> UInt64 {
    lastID += 1
    return lastID
  }

  // MARK: The turn

  /// Whether what it ended with is told by the next pump: who begins anew each time it is told would otherwise never get
  /// out of this one.
  private func isForNextPump(_ id: CallID) -> Bool {
    isPumping && closing == nil && id.rawValue > lastIDBeforePump
  }

  mutating func endWaitForNextPump() {
    for item in forNextPump { deliveries.append(item) }
    forNextPump = []
  }

  /// A call of the host's begins; within a pump it is a part of that turn.
  mutating func beginTurn() {
    now = transport.now
  }

  mutating func endTurn() {
    finishClosing()
    if !isPumping { settle() }
  }

  /// Streams on which something waits for the host are read no further, the others are; and the transport is told when
  /// to come back.
  private mutating func settle() {
    carryOut(calls.fillSteps(endpoints: endpoints, now: now))
    carryOut(watchers.settle())
    carryOut(partedCalls.settle(now: now))
    carryOut(watchers.giveRoom(now: now))
    dropTimers()
    let wakeTime = hasDeliveries ? now : timers.earliest
    if transport.wakeTime != wakeTime { transport.wakeTime = wakeTime }
    transport.endTurn()
    isSettled = deliveries.isEmpty && log.isEmpty && pictures.isEmpty
  }

  /// Whether a pump would find nothing to do and nothing to tell. It is counted then, and need not be begun: a game asks
  /// at every frame.
  package mutating func isAtRest() -> Bool {
    guard isSettled, transport.isAtRest() else { return false }
    pumpsInVain &+= 1
    return true
  }

  /// Begins a pump by taking in what has happened.
  package mutating func beginPump() {
    isPumping = true
    lastIDBeforePump = lastID
    now = transport.now
    pumpBegan = now
    keepalives.beginIntake()
    let transport = transport
    transport.run { transfer, event in
      now = transport.now
      take(event, of: transfer)
    }
    now = transport.now
    takeServices()
    carryOut(keepalives.endIntake(now: now, random: &random))
    while let owner = timers.removeDue(now: now) { wake(owner) }
    finishClosing()
  }

  package mutating func endPump() {
    isPumping = false
    endWaitForNextPump()
    refreshPictures()
    settle()
    counted.pumped(for: max(.zero, transport.now - pumpBegan))
  }

  /// Whether `nextDelivery` may have something.
  package var hasDeliveries: Bool { !deliveries.isEmpty }

  /// The next thing to tell the host, or `nil`.
  package mutating func nextDelivery() -> Delivery? {
    guard hasDeliveries else { return nil }
    beginTurn()
    defer { endTurn() }
    wake(.lease)
    while let taken = deliveries.next() {
      if let recipient = taken.reopened { wake(TimerOwner(recipient)) }
      guard let delivery = hand(taken.item, isStale: taken.isStale) else { continue }
      return namespace.isAll ? delivery : namespace.leaving(delivery)
    }
    return nil
  }

  mutating func hand(_ item: consuming Deliveries.Item, isStale: Bool) -> Delivery? {
    switch consume item {
    case .call(let id, let result, let hadPlace):
      carryOut { $0.calls.taken(hadPlace: hadPlace, &$1, endpoints: $0.endpoints, now: $0.now) }
      return .call(id, result)
    case .part(let id):
      return nextPart(of: id)
    case .watcherState(let id, let report):
      if keepalives.keepalive(of: id) == nil {
        carryOut(awaits.told(report, of: id, hasSnapshot: watchers.hasSnapshot(id)))
        return .watcherState(id, asOfNow(report))
      }
      carryOut(keepalives.watchReported(report, of: id, now: now, random: &random))
      return nil
    case .batch(let id, let batch) where keepalives.keepalive(of: id) != nil:
      carryOut(watchers.delivered(batch, to: id))
      carryOut(keepalives.watchDelivered(batch, of: id))
      return nil
    case .batch(let id, let batch):
      counted.delivered(batch)
      if !pictures.isEmpty {
        pictures.take(batch, of: id, now: now)
        notePictures()
      }
      carryOut(watchers.delivered(batch, to: id))
      if case .snapshot(isLast: true, _) = batch.origin { carryOut(awaits.pictureIsWhole(of: id)) }
      return .batch(id, batch)
    case .keepalive(let id, let report):
      if isStale || !keepalives.isTrue(report, of: id) { return nil }
      carryOut(awaits.told(report, of: id))
      return .keepalive(id, report)
    case .value(let id, let end):
      if !isForNextPump(id) { return .value(id, end) }
      forNextPump.append(.value(id, end))
      return nil
    case .awaited(let id):
      if isForNextPump(id) {
        forNextPump.append(.awaited(id))
        return nil
      }
      let taken = withAwaits { awaits, cluster in awaits.take(id) { cluster.isStillThere($0) } }
      if let end = taken { return .awaited(id, end) }
      carryOut(.setTimer(.await(id)))
      return nil
    case .claimQuestion(let id, let found):
      return keepalives.isAsking(id, about: found) ? .claimQuestion(id, found) : nil
    case .message(let id):
      read(id)
      return nil
    case .state:
      return status.news().map { .clusterState($0) }
    case .closed(let failure):
      return .closed(failure)
    }
  }

  private func asOfNow(_ report: WatcherReport) -> WatcherReport {
    var report = report
    report.delayMs = report.retryAt.map { max(.zero, $0 - now).millisecondsRoundedUp } ?? 0
    return report
  }

  package mutating func takeLog() -> [LogLine] { log.take() }

  mutating func note(
    _ level: LogLevel, _ component: LogComponent, _ text: @autoclosure () -> String, code: ErrorCode? = nil
  ) {
    if log.note(level, component, text(), code: code, now: now) { carryOut(.setTimer(.log)) }
  }

  // MARK: Orders

  mutating func carryOut(_ orders: consuming [Order]) {
    carryOut(each: &orders)
  }

  mutating func carryOut(each orders: inout [Order]) {
    for index in orders.indices { carryOut(orders[index].take()) }
  }

  /// The same of what each call of the host's leads to, in memory that is used again.
  mutating func carryOut(_ give: (inout Cluster, inout [Order]) -> Void) {
    var orders = spareOrders
    spareOrders = []
    give(&self, &orders)
    carryOut(each: &orders)
    orders.removeAll(keepingCapacity: true)
    spareOrders = orders
  }

  mutating func carryOut(_ order: consuming Order) {
    switch consume order {
    case .send(let id, let operation, let target, let timeout):
      send(operation, of: id, to: target, timeout: timeout)
    case .open(let id, let request):
      open(request, for: id)
    case .openParts(let id):
      openParts(id)
    case .endParts(let id, let end):
      endParts(of: id, end)
    case .cancel(let transfer):
      transport.cancel(transfer)
    case .distrust(let transfer):
      transport.distrust(transfer)
    case .pause(let transfer):
      transport.pause(transfer)
    case .resume(let transfer):
      transport.resume(transfer)

    case .call(let submission):
      let id = CallID(rawValue: makeID())
      carryOut { $0.calls.submit(submission, as: id, &$1, endpoints: $0.endpoints, now: $0.now) }
    case .abandonCall(let asker):
      carryOut(calls.abandon(asker))
    case .tell(let end):
      tell(end)

    case .watchOver(let endpoint):
      if endpoints.streamOpened(at: endpoint, now: now) { carryOut(.setTimer(.probe(endpoint))) }
    case .endStream(let id, let stream, let end):
      self.end(stream, of: id, end)
    case .ask(let endpoint):
      ask(endpoint)
    case .noRoom(let endpoint):
      carryOut(watchers.isFull(endpoint, now: now, random: &random))
      ask(endpoint)

    case .recall(let id, let isNext):
      pictures.recall(id, isNext: isNext, now: now)
      notePictures()

    case .watchKey(let key, let revision, let id):
      let watch = WatcherID(rawValue: makeID())
      deliveries.open(.watcher(watch))
      keepalives.watches(id, by: watch)
      var wanted = WatcherOptions()
      wanted.wantsPuts = false
      wanted.isThere = true
      carryOut(watchers.add(watch, range: .single(key), startRevision: revision, wanted, isHosts: false))
    case .endWatch(let id):
      if let watch = keepalives.endWatch(of: id) { end(watch) }

    case .admit:
      carryOut(calls.admit(now: now))
      carryOut(watchers.admit(now: now))
      carryOut(partedCalls.admit())
    case .shutOut(let failure, let attempts):
      shutOut(failure, attempts: attempts)
    case .letIn(let isKnown):
      letIn(isKnown: isKnown)

    case .append(let item):
      deliveries.append(item)
    case .deliver(let item, let recipient):
      deliveries.append(item, for: recipient)
    case .deliverIfRoom(let item, let recipient):
      if !deliveries.isFull(recipient) { deliveries.append(item, for: recipient) }
    case .overtake(let item, let recipient):
      deliveries.overtake(with: item, for: recipient)
    case .note(let level, let text, let component):
      note(level, component, text)

    case .setTimer(let owner, let time):
      if let time = time ?? wakeTime(of: owner) { timers.insert(owner, at: time) }
    case .wake(let owner):
      wake(owner)
    }
  }

  // MARK: Time

  /// Those that nobody waits for any more.
  private mutating func dropTimers() {
    var timers = TimerQueue<TimerOwner>()
    swap(&timers, &self.timers)
    timers.drop { wakeTime(of: $0) == $1 }
    swap(&timers, &self.timers)
  }

  func wakeTime(of owner: TimerOwner) -> Instant? {
    switch owner {
    case .call(let id): calls.wakeTime(of: id)
    case .lease: keepalives.leaseWakeTime
    case .keepalive(let id): keepalives.wakeTime(of: id)
    case .verification: keepalives.verificationWakeTime
    case .status: status.askAt
    case .watcher(let id): watchers.wakeTime(of: id)
    case .parts(let id): partedCalls.wakeTime(of: id)
    case .await(let id): awaits.wakeTime(of: id)
    case .probe(let endpoint): endpoints.probeTime(endpoint)
    case .auth: auth.wakeTime
    case .members: members.wakeTime
    case .services: services.wakeTime
    case .pictures: pictures.wakeTime
    case .log: log.wakeTime
    }
  }

  mutating func wake(_ owner: TimerOwner) {
    switch owner {
    case .call(let id):
      carryOut(calls.step(id, endpoints: endpoints, now: now))
    case .lease:
      carryOut(keepalives.tickLease(now: now))
    case .keepalive(let id):
      if !deliveries.isFull(.keepalive(id)) { carryOut(keepalives.tick(id, now: now)) }
    case .verification:
      carryOut(keepalives.tickVerification(now: now))
    case .status:
      status.askAt = nil
      // Keepalives and watchers ask for what they need.
      if watchers.goOn || keepalives.goOn { planQuestion() } else { askForService() }
    case .watcher(let id):
      if !deliveries.isFull(.watcher(id)) { carryOut(lookForRoom(id) ?? watchers.tick(id, now: now)) }
    case .parts(let id):
      openParts(id)
      carryOut(partedCalls.tick(id, now: now))
    case .await(let id):
      carryOut(
        withAwaits { awaits, cluster in awaits.tick(id, now: cluster.now) { cluster.whatIsDone(for: $0) } })
    case .probe(let endpoint):
      probe(endpoint)
    case .auth:
      carryOut(auth.tick(now: now))
    case .members:
      carryOut(members.tick(endpoints: endpoints, now: now))
    case .pictures:
      stepPictures()
    case .log:
      log.tick(now: now)
      carryOut(.setTimer(.log))
    case .services:
      for name in services.tick(now: now) { transport.lookUp(service: name) }
    }
  }

  // MARK: State

  package var state: ClusterState { status.state }

  mutating func change(to state: ClusterState, because failure: Failure? = nil) {
    if status.change(to: state, because: failure) { stateHasChanged(because: failure) }
  }

  mutating func stateHasChanged(because failure: Failure?) {
    deliveries.append(.state)
    if state == .ready { hastenRetries(to: now + backoff.delay(afterFailures: 1, using: &random)) }
    planQuestion()
    switch state {
    case .ready: note(.info, .cluster, "connected")
    case .unavailable: note(.error, .cluster, "etcd does not serve: \(failure?.description ?? "")")
    case .connecting, .closed:
      log.end()
      note(.info, .cluster, "closed")
    }
  }

  /// Etcd is back: what waits for its next attempt need not wait for the rest of a long back-off.
  mutating func hastenRetries(to time: Instant) {
    carryOut(watchers.hasten(to: time))
    carryOut(keepalives.hasten(to: time))
  }
}

extension TimerOwner {
  fileprivate init(_ recipient: Deliveries.Recipient) {
    switch recipient {
    case .watcher(let id): self = .watcher(id)
    case .keepalive(let id): self = .keepalive(id)
    }
  }
}
