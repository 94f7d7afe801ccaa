import EtcdPacker
import EtcdTransport

/// The client of one etcd cluster: the rooms, the turn, and the one place where what a room wants is carried out.
///
/// Each call of the host's is one turn: the time is taken when it begins, and what it wants of the transport is settled
/// when it ends. A pump is one turn too: `beginPump` takes in what the transport and the clock have to say, `nextDelivery`
/// hands out, one by one, what follows from it, and `endPump` ends it; what the host calls in between is a part of it.
/// Nothing in here calls the host, so no state is open when the host calls back in. One thread at a time.
package final class Cluster {
  private var sharedOptions: SharedOptions
  private var options: Options { sharedOptions.value }
  private let transport: any Transport
  private var backoff: Backoff
  private let namespace: Namespace
  private var random: any RandomNumberGenerator

  private var auth: Auth
  private var calls: Calls
  private var partedCalls: PartedCalls
  private var endpoints: Endpoints
  private var members: Members
  private var services: ServiceLookup
  private var keepalives: Keepalives
  private var watchers: Watchers
  private var awaits = Awaits()
  private var pictures: Pictures
  private var deliveries = Deliveries()
  private var identity: ClusterIdentity
  private var status = ClusterStatus()
  private var closing: Closing?

  private var timers = TimerQueue<TimerOwner>()
  /// The last one for pictures: many deliveries need no more than one.
  private var picturesTimer: Instant?
  private var lastID: UInt64 = 0
  private var lastIDBeforePump: UInt64 = 0
  /// Ends of what the host has begun within this pump.
  private var forNextPump: [Deliveries.Item] = []
  /// Memory for the next of them.
  private var spareOrders: [Order] = []
  private var log: Log
  private var counted = Metrics()
  /// By itself: a look at what all else counts in would be checked for being the only one, and cost a fifth of such a pump.
  private var pumpsInVain: UInt64 = 0
  private var pumpBegan = Instant(nanoseconds: 0)
  /// The time at which the turn began, or a delivery was last taken: all that is done then happens at once.
  private var now: Instant
  private var isPumping = false
  /// The last turn has left nothing to be told or written down.
  private var isSettled = false

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
    if services.isOn { turn { wake(.services) } }
  }

  private func makeID() -> UInt64 {
    lastID += 1
    return lastID
  }

  // MARK: The turn

  /// Whether what it ended with is told by the next pump: who begins anew each time it is told would otherwise never get
  /// out of this one.
  private func isForNextPump(_ id: CallID) -> Bool {
    isPumping && closing == nil && id.rawValue > lastIDBeforePump
  }

  private func endWaitForNextPump() {
    for item in forNextPump { deliveries.append(item) }
    forNextPump = []
  }

  /// A call of the host's; within a pump it is a part of that turn.
  private func turn<R>(_ body: () -> R) -> R {
    now = transport.now
    defer {
      finishClosing()
      if !isPumping { endTurn() }
    }
    return body()
  }

  /// Streams on which something waits for the host are read no further, the others are; and the transport is told when
  /// to come back.
  private func endTurn() {
    carryOut(calls.fillSteps(endpoints: endpoints, now: now))
    carryOut(watchers.settle())
    carryOut(partedCalls.settle(now: now))
    carryOut(watchers.giveRoom(now: now))
    timers.drop { self.wakeTime(of: $0) == $1 }
    let wakeTime = hasDeliveries ? now : timers.earliest
    if transport.wakeTime != wakeTime { transport.wakeTime = wakeTime }
    transport.endTurn()
    isSettled = deliveries.isEmpty && log.isEmpty && pictures.isEmpty
  }

  /// Whether a pump would find nothing to do and nothing to tell. It is counted then, and need not be begun: a game asks
  /// at every frame.
  package func isAtRest() -> Bool {
    guard isSettled, transport.isAtRest() else { return false }
    pumpsInVain &+= 1
    return true
  }

  /// Begins a pump by taking in what has happened.
  package func beginPump() {
    isPumping = true
    lastIDBeforePump = lastID
    now = transport.now
    pumpBegan = now
    keepalives.beginIntake()
    transport.run { transfer, event in
      self.now = self.transport.now
      self.take(event, of: transfer)
    }
    now = transport.now
    takeServices()
    carryOut(keepalives.endIntake(now: now, random: &random))
    while let owner = timers.removeDue(now: now) { wake(owner) }
    finishClosing()
  }

  package func endPump() {
    isPumping = false
    endWaitForNextPump()
    refreshPictures()
    endTurn()
    counted.pumped(for: max(.zero, transport.now - pumpBegan))
  }

  /// Whether `nextDelivery` may have something.
  package var hasDeliveries: Bool { !deliveries.isEmpty }

  /// The next thing to tell the host, or `nil`.
  package func nextDelivery() -> Delivery? {
    guard hasDeliveries else { return nil }
    return turn {
      wake(.lease)
      while let taken = deliveries.next() {
        if let recipient = taken.reopened { wake(TimerOwner(recipient)) }
        guard let delivery = hand(taken.item, isStale: taken.isStale) else { continue }
        return namespace.isAll ? delivery : namespace.leaving(delivery)
      }
      return nil
    }
  }

  private func hand(_ item: consuming Deliveries.Item, isStale: Bool) -> Delivery? {
    switch consume item {
    case .call(let id, let result, let hadPlace):
      carryOut { calls.taken(hadPlace: hadPlace, &$0, endpoints: endpoints, now: now) }
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
      if let end = awaits.take(id, isStillThere: isStillThere) { return .awaited(id, end) }
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

  package func takeLog() -> [LogLine] { log.take() }

  private func note(
    _ level: LogLevel, _ component: LogComponent, _ text: @autoclosure () -> String, code: ErrorCode? = nil
  ) {
    if log.note(level, component, text(), code: code, now: now) { carryOut(.setTimer(.log)) }
  }

  // MARK: Orders

  private func carryOut(_ orders: consuming [Order]) {
    carryOut(each: &orders)
  }

  private func carryOut(each orders: inout [Order]) {
    for index in orders.indices { carryOut(orders[index].take()) }
  }

  /// The same of what each call of the host's leads to, in memory that is used again.
  private func carryOut(_ give: (inout [Order]) -> Void) {
    var orders = spareOrders
    spareOrders = []
    give(&orders)
    carryOut(each: &orders)
    orders.removeAll(keepingCapacity: true)
    spareOrders = orders
  }

  private func carryOut(_ order: consuming Order) {
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
      carryOut { calls.submit(submission, as: id, &$0, endpoints: endpoints, now: now) }
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

  private func wakeTime(of owner: TimerOwner) -> Instant? {
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

  private func wake(_ owner: TimerOwner) {
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
      carryOut(awaits.tick(id, now: now, whatIsDone: whatIsDone))
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

  // MARK: What transfers bring

  private func take(_ event: TransferEvent, of transfer: TransferID) {
    switch event {
    case .received(let bytes), .completed(_, let bytes, _): counted.received(bytes: bytes.count)
    case .opened, .failed: break
    }
    if let id = calls.callOfTransfer[transfer] {
      take(event, ofCall: id)
    } else if let id = watchers.watcher(of: transfer), let origin = watchers.origin(of: id) {
      switch event {
      case .opened:
        endpoints.heard(origin.id, now: now)
        if let openedAt = watchers.streamOpenedAt(id) { endpoints.took(now - openedAt, origin.id) }
      case .received: endpoints.heard(origin.id, tells: true, now: now)
      case .completed, .failed: break
      }
      if let order = watchers.received(event, for: id, now: now) { carryOut(order) }
    } else if let id = partedCalls.call(of: transfer), let origin = partedCalls.stream(of: id)?.target {
      switch event {
      case .opened, .received: endpoints.heard(origin.id, now: now)
      case .completed, .failed: break
      }
      carryOut(partedCalls.received(event, for: id, now: now))
    }
  }

  private func take(_ event: TransferEvent, ofCall id: CallID) {
    guard let (operation, attempt, asker) = calls.attempt(of: id),
      var verdict = Wire(attempt.wire, .v3, options).verdict(on: event, of: operation, from: attempt.target.endpoint)
    else { return }
    calls.transferEnded(attempt.transfer)
    if case .failed(let failure, _, .wrongWire) = verdict, options.usableWire == .auto, !isOwnTrial(asker) {
      // Whoever asks, and whomever: it is the way of asking that is another from now on.
      noteWire(attempt, failure, .wrongWire)
      return carryOut { calls.answered(id, verdict, &$0, endpoints: endpoints, now: now, random: &random) }
    }
    noteWire(attempt, verdict)
    // Of an endpoint that is to speak gRPC, that it does not is a failure as any other.
    if case .failed(let failure, let applied, .wrongWire) = verdict {
      verdict = .failed(failure, applied: applied, fault: .failing)
    }
    let isStranger = attempt.target.id == .stranger
    var isForeign = false
    if !isStranger, case .success(let answer) = verdict {
      verdict = identified(answer, to: operation, attempt)
      if case .failed(_, _, .failing) = verdict { isForeign = true }
    }
    // Who it is that is asked at a stranger's or a candidate's address is not known: what it says of the token is its own,
    // and at most a reason to look for a newer one.
    if asker == .candidate {
      doubtToken(of: attempt, because: verdict)
    } else if !isStranger {
      verdict = recognized(verdict, attempt, asker)
    }
    let keepsToItself = Members.keepsToItself(asker) && (!isForeign || !endpoints.has(attempt.target.id))
    // What is asked of its own accord is not sent again at once, and what becomes of it changes nothing.
    if keepsToItself, case .failed(let failure, _, _) = verdict { verdict = .refused(failure) }
    if isStranger || keepsToItself {
      return carryOut { calls.answered(id, verdict, &$0, endpoints: endpoints, now: now, random: &random) }
    }
    // What writes waits for a disk and a quorum, too.
    if case .success = verdict, operation.effect == .reads, !operation.method.isLong {
      endpoints.took(now - attempt.sentAt, attempt.target.id)
    }
    let evidence = verdict.evidence(from: operation)
    if operation.timeAtServer != nil, case .failed(let failure, _, _) = verdict,
      Probe.Finding(.failure(failure)) != .nothing
    {
      // It lives. What it means that it has no quorum is for its probe to say.
      endpoints.heard(attempt.target.id, now: now)
      return carryOut { calls.answered(id, .refused(failure), &$0, endpoints: endpoints, now: now, random: &random) }
    }
    switch verdict {
    // What could not even be sent says nothing.
    case .refused(let failure) where failure.code == .system: break
    case .success:
      answered(attempt.target.id, evidence, isLocal: !operation.needsLeader)
      if operation.isOrdered { endpoints.foundQuorum(attempt.target.id, now: now) }
      if operation.needsLeader || watchers.hasStreams(at: attempt.target.id) { isWell(attempt.target.id) }
    case .refused(let failure), .failed(let failure, _, .none): answered(attempt.target.id, evidence, because: failure)
    // It was not the endpoint that this was about; and it is asked again in its time. But what another cluster answers is no
    // reason to ask there for ever.
    case .failed(let failure, _, _) where asker == .status && !isForeign: verdict = .refused(failure)
    case .failed(let failure, _, let fault):
      if case .probe = asker, fault == .refusing || fault == .notAsked { endpoints.probeGotNowhere(attempt.target.id) }
      failed(attempt.target.id, startedAt: attempt.sentAt, failure, fault, of: asker)
      // What its streams have brought came from somebody who is not there any more.
      if isForeign, case .probe = asker {
        carryOut(watchers.leave(attempt.target.id, because: failure, now: now, random: &random))
      }
    }
    carryOut { calls.answered(id, verdict, &$0, endpoints: endpoints, now: now, random: &random) }
  }

  /// Who asked is told how it ended.
  private func tell(_ end: Calls.End) {
    switch end.asker {
    case .host:
      counted.ended(end.method.name, end.result, after: max(.zero, now - end.submittedAt))
      deliveries.append(.call(end.id, end.result, hadPlace: end.hadPlace))
    case .lease:
      carryOut(keepalives.leaseAnswered(end.result, sentAt: end.sentAt ?? now, now: now, random: &random))
    case .keepalive(let id):
      carryOut(
        keepalives.answered(end.result, hasStray: end.hasStray, to: id, now: now, random: &random))
    case .verification:
      carryOut(keepalives.verified(end.result, now: now, random: &random))
    case .watcher(let id):
      carryOut(watchers.pageArrived(end.result, for: id, now: now, random: &random))
    case .parts(let id):
      carryOut(partedCalls.pageArrived(end.result, for: id, now: now))
    case .probe(let endpoint):
      let loss = endpoints.probeEnded(
        endpoint, Probe.Finding(end.result), isCrowded: isCrowded(endpoint), now: now)
      let patience = endpoints.patience(with: endpoint, within: .milliseconds(options.attemptTimeoutMs))
      carryOut(watchers.probeEnded(at: endpoint, end.result, patience: patience, now: now))
      carryOut(.setTimer(.probe(endpoint)))
      if let loss, case .failure(let failure) = end.result, watchers.hasStreams(at: endpoint),
        loss == .leader || hasOther(than: endpoint)
      {
        failed(endpoint, startedAt: end.sentAt ?? now, failure, .failing)
        carryOut(watchers.leave(endpoint, because: failure, now: now, random: &random))
      }
      if case .success = end.result { askForService() }
    case .status: planQuestion()
    case .stray: break
    case .members:
      let streams = watchers
      var orders: [Order] = []
      noteMove {
        orders = members.listArrived(
          end.result, endpoints: &endpoints, hasStreams: { streams.hasStreams(at: $0) }, now: now, random: &random)
      }
      carryOut(orders)
    case .candidate: candidateTried(end)
    case .version(let endpoint):
      if case .success(.version(let version)) = end.result {
        endpoints.isVersion(version.etcdserver, endpoint, now: now)
      }
      if case .success(.admin(let answer)) = end.result, case .status(let status) = answer.content {
        endpoints.isVersion(status.version, endpoint, now: now)
      }
    case .wire: break
    case .identity:
      identity.askingEnded()
    case .auth:
      counted.logInEnded(end.result)
      carryOut(auth.logInEnded(end.result, now: now, random: &random))
    case .close:
      closing?.revocationEnded(end.result)
    }
  }

  // MARK: Endpoints

  private func answered(
    _ id: Endpoints.ID, _ evidence: Evidence, isLocal: Bool = false, because failure: Failure? = nil
  ) {
    noteMove { endpoints.succeeded(id, isLocal: isLocal, isServed: evidence == .service, now: now) }
    carryOut(members.answered(endpoints: endpoints, now: now))
    if status.answered(evidence, failure) { stateHasChanged(because: failure) }
  }

  private func noteMove(_ body: () -> Void) {
    let before = endpoints.currentTarget
    body()
    // The first one there is is none that it has moved to.
    guard let before, let target = endpoints.currentTarget, target != before else { return }
    counted.moved()
    note(.info, .endpoints, "moved to \(target.endpoint.url)")
    carryOut(members.moved(endpoints: endpoints, now: now, random: &random))
    carryOut(keepalives.moved(now: now))
  }

  /// An attempt that began at `startedAt` failed, at a stream if it was nobody's call.
  private func failed(
    _ id: Endpoints.ID, startedAt: Instant, _ failure: Failure, _ fault: Verdict.Fault, of asker: Asker? = nil
  ) {
    guard fault != .none else { return }
    if fault == .wrongWire, options.usableWire == .auto { return }
    note(.warning, .endpoints, failure.description, code: failure.code)
    guard fault != .notAsked else { return }
    if fault == .wrongPath, isBeingNegotiated(id, startedAt) { return }
    // One answer that took too long, while others of the store came, says something about the request only.
    if fault == .silent, let served = endpoints.lastServed(id), served > startedAt { return }
    noteMove { endpoints.failed(id, startedAt: startedAt, now: now, random: &random) }
    status.attemptFailed()
    if endpoints.allFailing {
      change(to: .unavailable, because: failure)
      carryOut(.wake(.members))
      if services.nothingAnswers(now: now) { carryOut(.setTimer(.services)) }
    }
    switch fault {
    case .none, .failing, .wrongPath, .wrongWire, .notAsked: break
    case .silent, .unreached, .refusing:
      if case .probe = asker {
        notAnswered(id, startedAt: startedAt, failure, fault)
      } else {
        doubt(id, startedAt: startedAt, failure, fault)
      }
    }
  }

  /// Whether it is yet to be known under which path it has etcd's API. Until then it is not failing.
  private func isBeingNegotiated(_ id: Endpoints.ID, _ startedAt: Instant) -> Bool {
    if calls.isAsking(.version(id)) || endpoints.hasNewPrefix(id, since: startedAt) { return true }
    guard endpoints.askVersion(of: id, now: now), let target = endpoints.target(of: id) else { return false }
    carryOut(members.askVersion(of: target, by: .json, now: now))
    return true
  }

  // MARK: Wires

  /// How an operation goes there. Now and then it is asked, beside, whether gRPC is spoken where it was not.
  private func wire(
    for operation: Operation?, to target: Endpoints.Target, asked wish: WireKind? = nil, by asker: Asker? = nil
  ) -> Wire {
    if endpoints.takeTrial(of: target.id, now: now) { carryOut(members.tryGRPC(at: target, now: now)) }
    var kind = wish ?? endpoints.wire(of: target.id)
    if let asker, isOwnTrial(asker), wish == nil { kind = .grpc }
    if operation?.isGatewaysOwn == true { kind = .json }
    return Wire(kind, endpoints.prefix(of: target.id), options)
  }

  /// Whether it is asked in order to find out, and so in that way alone.
  private func isOwnTrial(_ asker: Asker) -> Bool {
    if case .wire = asker { true } else { false }
  }

  /// What an attempt has shown of the wire that it went by.
  private func noteWire(_ attempt: Call.Attempt, _ verdict: Verdict) {
    switch verdict {
    case .success: wireWorks(attempt.wire, at: attempt.target)
    case .refused(let failure): noteWire(attempt, failure, .none)
    case .failed(let failure, _, let fault): noteWire(attempt, failure, fault)
    }
  }

  private func noteWire(_ attempt: Call.Attempt, _ failure: Failure, _ fault: Verdict.Fault) {
    noteWire(attempt.wire, at: attempt.target, startedAt: attempt.sentAt, failure, fault)
  }

  private func noteWire(
    _ kind: WireKind, at target: Endpoints.Target, startedAt start: Instant, _ failure: Failure, _ fault: Verdict.Fault
  ) {
    // With a code of gRPC's it is etcd that has spoken.
    if failure.grpcCode != 0, fault != .wrongWire { return wireWorks(kind, at: target) }
    guard endpoints.failed(fault, by: kind, target.id, startedAt: start, now: now) else { return }
    note(.info, .endpoints, "\(target.endpoint.url) is spoken to by the gateway from now on: \(failure.message)")
  }

  private func wireWorks(_ kind: WireKind, at target: Endpoints.Target) {
    guard endpoints.answered(by: kind, target.id, now: now) else { return }
    note(.info, .endpoints, "\(target.endpoint.url) speaks gRPC")
  }

  /// An advertised address was tried.
  private func candidateTried(_ end: Calls.End) {
    let nothingAnswered = endpoints.allFailing
    // It tells nobody who it is who has no token of it, and there may be nobody else left to get one from.
    if nothingAnswered, case .failure(let failure) = end.result, failure.reason?.isAboutToken == true,
      end.method !== Method.authenticate, let logIn = auth.request, let target = members.candidate
    {
      let deadline = now + .milliseconds(options.attemptTimeoutMs)
      return carryOut(
        .call(
          Calls.Submission(
            .authenticate(logIn), for: .candidate, route: .only(target), deadline: deadline, wire: end.wire)))
    }
    var tried: (isAdded: Bool, orders: [Order]) = (false, [])
    noteMove {
      tried = members.candidateTried(end.result, by: end.wire, endpoints: &endpoints, now: now, random: &random)
    }
    carryOut(tried.orders)
    guard tried.isAdded, nothingAnswered else { return }
    carryOut(calls.lookAgain(endpoints: endpoints, now: now))
    askForService()
  }

  // MARK: SRV records

  private func takeServices() {
    for (name, answer) in transport.takeServices() {
      guard let finding = services.answered(name, answer, now: now, random: &random) else { continue }
      take(finding)
      carryOut(.setTimer(.services))
    }
  }

  private func take(_ finding: ServiceLookup.Finding) {
    let nothingAnswered = endpoints.allFailing
    let streams = watchers
    var changes: (added: [Endpoints.Target], removed: [Endpoints.Target]) = ([], [])
    // Whom they replace goes below, with all that is open there.
    let isWhole = finding.isWhole && !members.awaitsNames
    noteMove {
      changes = endpoints.name(finding.endpoints, isWhole: isWhole, hasStreams: { streams.hasStreams(at: $0) })
    }
    if !changes.added.isEmpty {
      note(.info, .services, "SRV records name \(changes.added.map(\.endpoint.url).joined(separator: ", "))")
    }
    for target in changes.removed { note(.info, .services, "SRV records do not name \(target.endpoint.url) any more") }
    endpoints.absence = endpoints.isEmpty ? finding.failure : nil
    if let failure = finding.failure {
      if finding.isNews { note(.warning, .services, failure.description) }
      if endpoints.isEmpty {
        status.attemptFailed()
        change(to: .unavailable, because: failure)
      }
    }
    // Records have an order of their own.
    replaceMembers(isDrawn: false) { members.namesArrived(finding.endpoints, endpoints: &endpoints, now: now) }
    guard !changes.added.isEmpty, nothingAnswered else { return }
    carryOut(calls.lookAgain(endpoints: endpoints, now: now))
    hastenRetries(to: now)
    askForService()
  }

  private func wasHeard(_ id: Endpoints.ID, since time: Instant) -> Bool {
    endpoints.lastHeard(id).map { $0 > time } ?? false
  }

  /// Whether the streams of an endpoint live is to be asked: `Probe` says when.
  private func doubt(_ id: Endpoints.ID, startedAt: Instant, _ failure: Failure, _ fault: Verdict.Fault) {
    if fault == .silent {
      carryOut(
        watchers.leaveUnconfirmed(at: id, openedBy: startedAt, because: failure, now: now, random: &random))
    }
    // Where there is a crowd of them, that they live does not say that calls do.
    let isWell = fault != .refusing && wasHeard(id, since: startedAt) && !isCrowded(id)
    if watchers.hasLiveStreams(at: id), !isWell { ask(id, isOneOfMany: true) }
  }

  /// The question whether it lives failed.
  private func notAnswered(_ id: Endpoints.ID, startedAt: Instant, _ failure: Failure, _ fault: Verdict.Fault) {
    guard watchers.hasStreams(at: id), !wasHeard(id, since: startedAt) else { return }
    if fault != .refusing {
      carryOut(watchers.leave(id, because: failure, now: now, random: &random))
    } else if endpoints.probeRefused(id, because: failure, now: now),
      case .use(let other) = endpoints.choose(avoiding: [id], now: now), other.id != id
    {
      ask(other.id)
    }
  }

  /// It is there, and has a leader: whoever listens to a member that is going down had better listen to this one.
  private func isWell(_ id: Endpoints.ID) {
    for (refusing, failure) in endpoints.takeRefusing() where refusing != id {
      carryOut(watchers.leave(refusing, because: failure, now: now, random: &random))
    }
  }

  /// Asks whether it lives, now or soon.
  private func ask(_ id: Endpoints.ID, isOneOfMany: Bool = false) {
    endpoints.urgeProbe(id, isOneOfMany: isOneOfMany, now: now)
    probe(id)
  }

  private func probe(_ id: Endpoints.ID) {
    let hasStreams = watchers.hasStreams(at: id)
    let limit = Duration.milliseconds(options.attemptTimeoutMs)
    switch endpoints.tickProbe(
      id, hasStreams: hasStreams, hasMore: watchers.hasCheck(at: id, storeAt: identity.revision, now: now),
      isCrowded: isCrowded(id), within: limit, now: now)
    {
    case (.ask, let target)?:
      carryOut(watchers.mute(at: id, now: now))
      let check = watchers.check(at: id, storeAt: identity.revision, now: now)
      let question = Operation.within(endpoints.timeAtServer(id, within: limit), check ?? Probe.question)
      carryOut(.call(Calls.Submission(question, for: .probe(id), route: .only(target), deadline: now + limit)))
    case (.makeRoom, _)?:
      carryOut(watchers.makeRoom(at: id, now: now, random: &random))
    case (.doubt, let target)?:
      leaveDoubted(target)
    case nil: break
    }
    // It was to go with its last stream.
    if !endpoints.has(id) { carryOut(Members.end(of: id)) }
    carryOut(.setTimer(.probe(id)))
  }

  /// All streams through a gateway share one connection of its own, which takes only so many. gRPC's do not.
  private func isCrowded(_ id: Endpoints.ID) -> Bool {
    endpoints.wire(of: id) == .json && watchers.isCrowded(at: id)
  }

  private func hasOther(than id: Endpoints.ID) -> Bool {
    guard case .use(let other) = endpoints.choose(avoiding: [id], full: watchers.full(now: now), now: now) else {
      return false
    }
    return other.id != id
  }

  /// Its answer has not come in the time that answers take, nor anything else. Whatever becomes of the question, its
  /// streams had better be elsewhere, if there is such a place.
  private func leaveDoubted(_ target: Endpoints.Target) {
    guard hasOther(than: target.id) else { return }
    noteMove { endpoints.doubt(target.id) }
    let failure = Failure(
      .timeout, "the member has not answered for longer than it usually takes", endpoint: target.endpoint.url)
    carryOut(watchers.leave(target.id, because: failure, now: now, random: &random))
  }

  /// A probe's answer is not taken for that, and watches that are well may show nothing for long.
  private func askForService() {
    guard state == .unavailable, !calls.isAsking(.status) else { return }
    let deadline = now + .milliseconds(options.attemptTimeoutMs)
    carryOut(.call(Calls.Submission(Probe.question, for: .status, deadline: deadline)))
  }

  /// Where nothing goes on asking, a host that waits for READY before it asks for anything would wait for ever.
  private func planQuestion() {
    guard state == .unavailable, closing == nil else { return }
    status.askAt = now + backoff.longest(using: &random)
    carryOut(.setTimer(.status))
  }

  // MARK: The store

  private func identify(
    _ header: ResponseHeader, isOrdered: Bool, from target: Endpoints.Target, _ stamp: ClusterIdentity.Stamp
  ) -> ClusterIdentity.Finding {
    endpoints.named(header.clusterID, member: header.memberID, by: target.id, now: now)
    let ours = identity.clusterID
    let patience = identity.patience
    let finding = identity.heard(
      header, isOrdered: isOrdered, sentWith: stamp,
      // What is only advertised does not speak for the cluster.
      isElsewhere: !endpoints.has(target.id)
        || endpoints.mayFind(ours, elsewhereThan: target.id, within: patience, now: now), now: now)
    switch finding {
    case .known, .outdated, .foreign: break
    case .behind:
      if closing == nil, let question = identity.ask() { carryOut(.call(Calls.Submission(question, for: .identity))) }
    case .replaced(let failure): replaced(failure)
    }
    return finding
  }

  /// An answer to a call counts if it comes from the store that there is. From another one it says nothing of what was
  /// asked for, and a write has happened somewhere, but not here.
  private func identified(_ answer: Answer, to operation: Operation, _ attempt: Call.Attempt) -> Verdict {
    switch identify(answer.header, isOrdered: operation.isOrdered, from: attempt.target, attempt.stamp) {
    case .known, .behind, .replaced:
      return .success(answer)
    case .outdated:
      return .failed(outdated(at: attempt.target), applied: .perhaps, fault: .none)
    case .foreign(var failure):
      failure.endpoint = attempt.target.endpoint.url
      return .failed(failure, applied: .perhaps, fault: .failing)
    }
  }

  private func outdated(at target: Endpoints.Target) -> Failure {
    Failure(
      .unavailable, "the answer came from a store that has been replaced meanwhile", endpoint: target.endpoint.url)
  }

  /// The store is another one from now on: nothing that was known of it counts any more.
  private func replaced(_ failure: Failure) {
    note(.error, .cluster, failure.description, code: failure.code)
    status.replaced(failure)
    counted.storeReplaced()
    deliveries.append(.state)
    carryOut(auth.storeReplaced())
    carryOut(watchers.replaced(failure, now: now, random: &random))
    carryOut(keepalives.replaced(failure))
    carryOut(partedCalls.replaced(failure))
    carryOut(members.moved(endpoints: endpoints, now: now, random: &random))
  }

  // MARK: Streams

  private func open(_ request: WatchCreateRequest, for id: WatcherID) {
    let full = watchers.full(now: now)
    switch endpoints.choose(avoiding: watchers.avoided(by: id), full: full, now: now) {
    case .wait(let until) where !full.isEmpty:
      carryOut(watchers.noRoom(for: id, at: full, until: until))
    case .wait(let until):
      carryOut(watchers.postpone(request, of: id, until: until))
    case .use(let target):
      guard let pass = admit(id, request) else { return }
      note(.debug, .watch, "\(target.endpoint.url): watch from revision \(request.startRevision)")
      let wire = wire(for: nil, to: target)
      let creation = wire.transfer(for: request, to: target.endpoint, token: pass.token)
      counted.opened(bytes: creation.body.count, again: watchers.hasHadStream(id))
      let transfer = transport.start(creation)
      let reader = wire.watchReader(from: target.endpoint)
      carryOut(
        watchers.opened(
          id, transfer: transfer, at: target, reader: reader, pass: pass, stamp: identity.stamp, now: now))
    }
  }

  /// What is to be done for a watcher that waits for room, whose time to look for it has come and still finds none.
  private func lookForRoom(_ id: WatcherID) -> [Order]? {
    guard watchers.looksForRoom(id, now: now) else { return nil }
    let full = watchers.full(now: now)
    let choice = endpoints.choose(avoiding: watchers.avoided(by: id), full: full, now: now)
    guard !full.isEmpty, case .wait(let until) = choice else { return nil }
    return watchers.noRoom(for: id, at: full, until: until)
  }

  /// The turn of a stream has come: one message, or its end.
  private func read(_ id: WatcherID) {
    guard let (stream, item, count) = watchers.next(of: id) else { return }
    switch item {
    case .message(let response):
      take(response, count: count, of: stream, id)
    case .end(let end):
      self.end(stream, of: id, end)
    case nil: break
    }
    if let order = watchers.putInLine(id) { carryOut(order) }
  }

  private func take(_ response: WatchResponse, count: Int, of stream: WatchStream, _ id: WatcherID) {
    let finding = identify(response.header, isOrdered: false, from: stream.target, stream.stamp)
    switch finding {
    case .known, .behind:
      if response.created, !response.canceled {
        auth.accepted(stream.pass, now: now)
        wireWorks(stream.reader.kind, at: stream.target)
        answered(stream.target.id, .service)
        isWell(stream.target.id)
      } else if response.canceled, let failure = refusal(of: response, stream) {
        return self.end(stream, of: id, StreamEnd(failure: failure, fault: .none))
      }
      carryOut {
        watchers.heard(
          response, count: count, isBehind: finding == .behind, for: id, &$0, now: now, random: &random)
      }
    case .outdated:
      end(stream, of: id, StreamEnd(failure: outdated(at: stream.target), fault: .none))
    case .foreign(var failure):
      failure.endpoint = stream.target.endpoint.url
      end(stream, of: id, StreamEnd(failure: failure, fault: .failing))
    // With everything else, this stream was given up too: it may be that nothing else shows that etcd serves.
    case .replaced:
      answered(stream.target.id, response.created && !response.canceled ? .service : .nothing)
      askForService()
    }
  }

  private func end(_ stream: WatchStream, of id: WatcherID, _ end: StreamEnd) {
    guard watchers.has(stream, id) else { return }
    noteWire(stream.reader.kind, at: stream.target, startedAt: stream.openedAt, end.failure, end.fault)
    failed(stream.target.id, startedAt: stream.openedAt, end.failure, end.fault)
    let failure = recognized(end.failure, stream, of: id)
    carryOut(watchers.streamEnded(id, failure, now: now, random: &random))
  }

  // MARK: Pictures on disk

  private func stepPictures() {
    picturesTimer = nil
    for finding in pictures.step(now: now) {
      switch finding {
      case .picture(let id, let mark):
        // Of another store it would be a picture of nothing.
        let isOurs = identity.clusterID == 0 || identity.clusterID == mark.clusterID
        if isOurs, let orders = watchers.recall(id, mark) {
          note(.warning, .watch, "a watcher begins with the picture on disk, of revision \(mark.revision)")
          carryOut(orders)
        } else {
          pictures.endRecall(id, wasTold: false)
        }
      case .page(let id, let kvs, let isLast):
        if isLast { pictures.endRecall(id, wasTold: true) }
        carryOut(watchers.recalled(id, kvs, isLast: isLast))
      }
    }
    notePictures()
  }

  private func notePictures() {
    for text in pictures.takeNotes() { note(.warning, .watch, text) }
    guard pictures.wakeTime != picturesTimer else { return }
    picturesTimer = pictures.wakeTime
    carryOut(.setTimer(.pictures))
  }

  /// The host has been told all that there is: what is on disk is true at this time.
  private func refreshPictures() {
    guard !hasDeliveries, pictures.isToBeRefreshed(now: now) else { return }
    pictures.refresh(pictures.ids.filter(watchers.isTrue), now: now)
    notePictures()
  }

  private func closePictures(_ ids: [WatcherID]) {
    let isTold = !hasDeliveries
    for id in ids { pictures.remove(id, isTrue: isTold && watchers.isTrue(id)) }
    notePictures()
  }

  // MARK: Who asks

  /// What is under way for what a host waits for, in words.
  private func whatIsDone(for awaited: Awaited) -> String? {
    switch awaited {
    case .keepalive(let id):
      if keepalives.state(of: id) == .blocked { return "the key is another's, and it is told when that is gone" }
      return calls.standing(of: .keepalive(id)) ?? calls.standing(of: .lease)
    case .watcher(let id):
      let stream = watchers.origin(of: id).map { "\($0.endpoint.url) has not confirmed the watch yet" }
      return calls.standing(of: .watcher(id)) ?? stream
    }
  }

  /// Every request passes here, and goes if it is let in.
  private func send(_ operation: Operation, of id: CallID, to target: Endpoints.Target, timeout: Duration) {
    // What came of the orders before this one may have ended it.
    guard let sending = calls.sending(id) else { return }
    let pass: Pass
    switch admission(of: operation) {
    case .go(let given): pass = given
    // Many tell anybody who they are, and where nothing else answers, there is nobody else to log in at.
    case .wait where isLastResort(sending.asker), .refused where isLastResort(sending.asker): pass = .nobody
    case .wait(let failure):
      // That it waits for a log-in says nothing against the endpoint.
      if case .probe(let endpoint) = sending.asker { endpoints.probeGotNowhere(endpoint) }
      return carryOut(calls.hold(id, because: failure))
    case .refused(let failure): return carryOut(calls.refuse(id, failure, now: now))
    }
    note(.debug, .calls, "\(target.endpoint.url): \(operation.method.grpcName)")
    let wire = wire(for: operation, to: target, asked: sending.wire, by: sending.asker)
    let request = wire.transfer(
      for: operation, to: target.endpoint, token: pass.token, timeout: timeout,
      usesReserve: sending.keepsLease(hasLease: keepalives.hasLease))
    counted.sent(bytes: request.body.count, again: sending.isRepetition)
    let transfer = transport.start(request)
    calls.sent(
      id,
      Call.Attempt(transfer: transfer, target: target, sentAt: now, pass: pass, wire: wire.kind, stamp: identity.stamp))
  }

  /// Whether it is an address that nobody has used yet that is asked, because nothing else answers.
  private func isLastResort(_ asker: Asker) -> Bool { asker == .candidate && endpoints.allFailing }

  private func admission(of operation: Operation) -> Auth.Admission {
    switch operation {
    case .authenticate, .version: return .go(.nobody)
    // Of old, anybody may renew a lease: who is shut out need not lose his keys for that.
    case .leaseKeepAlive where auth.isShutOut: return .go(.nobody)
    default:
      let (admission, actions) = auth.admit(now: now)
      if !actions.isEmpty { carryOut(actions) }
      return admission
    }
  }

  /// Every stream passes here. Returns `nil` if it is not let in now.
  private func admit(_ id: WatcherID, _ request: WatchCreateRequest) -> Pass? {
    let (admission, actions) = auth.admit(now: now)
    carryOut(actions)
    switch admission {
    case .go(let pass): return pass
    case .wait: watchers.hold(request, of: id)
    case .refused(let failure): carryOut(watchers.streamEnded(id, failure, now: now, random: &random))
    }
    return nil
  }

  private func carryOut(_ actions: [Auth.Action]) {
    for action in actions {
      switch action {
      case .logIn(let request):
        carryOut(.call(Calls.Submission(.authenticate(request), for: .auth)))
      case .abandonLogIn: carryOut(.abandonCall(.auth))
      case .admit: carryOut(.admit)
      case .shutOut(let failure, let attempts): carryOut(.shutOut(failure, attempts: attempts))
      case .letIn(let isKnown): carryOut(.letIn(isKnown: isKnown))
      case .note(let level, let text): note(level, .auth, text)
      }
    }
    carryOut(.setTimer(.auth))
  }

  /// A member that nobody has used yet may know nothing of a token that is older than itself.
  private func doubtToken(of attempt: Call.Attempt, because verdict: Verdict) {
    guard case .refused(let failure) = verdict, failure.reason?.isAboutToken == true, let since = members.candidateSince
    else { return }
    let actions = auth.unknown(attempt.pass, toMemberSince: since, now: now)
    if !actions.isEmpty { carryOut(actions) }
  }

  /// What a verdict says of what the request carried. One that was refused for that has not been carried out: where there is
  /// something better to carry, it is sent again.
  private func recognized(_ verdict: Verdict, _ attempt: Call.Attempt, _ asker: Asker) -> Verdict {
    switch verdict {
    case .success:
      auth.accepted(attempt.pass, now: now)
    case .refused(var failure) where failure.reason?.isAboutToken == true:
      guard attempt.pass != .nobody else { break }
      let (again, actions) = auth.refused(attempt.pass, now: now, random: &random)
      carryOut(actions)
      guard again else { break }
      failure.isWorthRetrying = true
      return .failed(failure, applied: .no, fault: .none)
    case .failed(_, _, .silent) where !Members.keepsToItself(asker):
      carryOut(auth.unanswered(attempt.pass, sentAt: attempt.sentAt, now: now))
    case .refused, .failed: break
    }
    return verdict
  }

  /// The same of a stream that has ended.
  private func recognized(_ failure: Failure, _ stream: WatchStream, of id: WatcherID) -> Failure {
    let again: Bool
    let actions: [Auth.Action]
    switch failure.reason {
    case let reason? where reason.isAboutToken:
      (again, actions) = auth.refused(stream.pass, now: now, random: &random)
    case .permissionDenied:
      (again, actions) = auth.denied(stream.pass, isFirst: watchers.denied(id), now: now, random: &random)
    case nil where failure.code == .timeout && !stream.isConfirmed:
      (again, actions) = (false, auth.unanswered(stream.pass, sentAt: stream.openedAt, now: now))
    default: return failure
    }
    carryOut(actions)
    var failure = failure
    if again { failure.isWorthRetrying = true }
    return failure
  }

  /// Why etcd has cancelled a watch, if that is about who asks for it.
  private func refusal(of response: WatchResponse, _ stream: WatchStream) -> Failure? {
    guard let reason = Reason(ofCancelledWatch: response.cancelReason),
      reason.isAboutToken || reason == .permissionDenied
    else { return nil }
    let words = PrintableText.excerpt(of: response.cancelReason, limit: ServerError.messageLimit)
    return Failure(reason.errorCode, words, reason: reason, endpoint: stream.target.endpoint.url)
  }

  private func shutOut(_ failure: Failure, attempts: Int) {
    note(.error, .auth, failure.description, code: failure.code)
    if status.shutOut(failure, attempts: attempts) { deliveries.append(.state) }
  }

  /// Requests are refused no more, or somebody else asks, or with another token.
  private func letIn(isKnown: Bool) {
    status.letIn()
    if isKnown, status.answered(.quorum, nil) { stateHasChanged(because: nil) }
    carryOut(watchers.hasten(to: now, onlyDenied: true))
    askForService()
  }

  // MARK: Answers in parts

  private func openParts(_ id: CallID) {
    guard let (operation, route, isByGateway) = partedCalls.pending(id, now: now) else { return }
    switch endpoints.choose(route, now: now) {
    case .wait(let until):
      carryOut(partedCalls.postpone(id, until: until, now: now))
    case .use(let target):
      guard let pass = admitParts(of: id) else { return }
      note(.debug, .calls, "\(target.endpoint.url): \(operation.method.grpcName)")
      let wire = wire(for: operation, to: target, asked: isByGateway ? .json : nil)
      let request = wire.streamedTransfer(for: operation, to: target.endpoint, token: pass.token)
      counted.sent(bytes: request.body.count, again: false)
      let transfer = transport.start(request)
      let reader = wire.partReader(for: operation, from: target.endpoint)
      carryOut(partedCalls.opened(id, transfer, at: target, reader: reader, pass: pass, now: now))
    }
  }

  /// Returns `nil` if it is not let in now.
  private func admitParts(of id: CallID) -> Pass? {
    let (admission, actions) = auth.admit(now: now)
    carryOut(actions)
    switch admission {
    case .go(let pass): return pass
    case .wait: carryOut(partedCalls.hold(id, now: now))
    case .refused(let failure): endParts(of: id, StreamEnd(failure: failure, fault: .none, applied: .no))
    }
    return nil
  }

  /// The turn of a call has come: a part, or its end.
  private func nextPart(of id: CallID) -> Delivery? {
    switch partedCalls.next(of: id) {
    case .part(let answer):
      carryOut(partedCalls.goOn(id, now: now))
      return .part(id, answer)
    case .end(let result, let method, let submittedAt):
      counted.ended(method.name, result, after: max(.zero, now - submittedAt))
      return .call(id, result)
    case .streamEnd(let end):
      endParts(of: id, end)
      return nil
    case nil:
      return nil
    }
  }

  private func endParts(of id: CallID, _ end: StreamEnd) {
    var end = end
    if options.usableWire != .auto, end.fault == .wrongWire { end.fault = .failing }
    if let stream = partedCalls.stream(of: id), !end.isWhole {
      let isStranger = stream.target.id == .stranger
      if !isStranger {
        noteWire(stream.reader.kind, at: stream.target, startedAt: stream.openedAt, end.failure, end.fault)
      }
      if !isStranger { failed(stream.target.id, startedAt: stream.openedAt, end.failure, end.fault) }
      if !isStranger, end.failure.reason?.isAboutToken == true {
        let (again, actions) = auth.refused(stream.pass, now: now, random: &random)
        carryOut(actions)
        // It has not been carried out: with something better to carry, it is sent again.
        if again { (end.failure.isWorthRetrying, end.applied) = (true, .no) }
      }
    }
    carryOut(partedCalls.streamEnded(id, end, now: now, random: &random))
  }

  // MARK: State

  package var state: ClusterState { status.state }

  private func change(to state: ClusterState, because failure: Failure? = nil) {
    if status.change(to: state, because: failure) { stateHasChanged(because: failure) }
  }

  private func stateHasChanged(because failure: Failure?) {
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
  private func hastenRetries(to time: Instant) {
    carryOut(watchers.hasten(to: time))
    carryOut(keepalives.hasten(to: time))
  }
}

// MARK: - The host

extension Cluster {
  /// See `etcdcli_cluster_set_credentials`.
  package func setCredentials(_ credentials: Credentials) throws(Refusal) {
    guard closing == nil else { throw .closed }
    turn {
      var changed = options
      changed.use(credentials)
      sharedOptions = SharedOptions(changed)
      carryOut(auth.replace(by: credentials))
    }
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
  package func carryOut(_ reload: Reload) {
    guard closing == nil, !reload.isEmpty else { return }
    turn {
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
      replaceMembers(isDrawn: !options.endpoints.isEmpty) {
        members.reconfigure(
          options, named: namesAreOthers ? services.named : nil, endpoints: &endpoints, now: now, random: &random)
      }
      if reload.concernsCredentials { carryOut(auth.replace(by: options.credentials)) }
      carryOut(calls.reconfigure(options, backoff, endpoints: endpoints, now: now))
      if reload.mayMend { lookAgain() }
    }
  }

  /// Streams at endpoints that are none any more go on elsewhere; calls that are on the wire there may be answered.
  private func replaceMembers(isDrawn: Bool, _ replace: () -> (gone: [Endpoints.Target], orders: [Order])) {
    var change: (gone: [Endpoints.Target], orders: [Order]) = ([], [])
    noteMove {
      let before = endpoints.currentTarget
      change = replace()
      if isDrawn, change.gone.contains(where: { $0 == before }) { endpoints.drawCurrent(using: &random) }
    }
    carryOut(change.orders)
    for target in change.gone {
      let failure = Failure(.unavailable, "the endpoint is used no more", endpoint: target.endpoint.url)
      carryOut(watchers.leave(target.id, because: failure, now: now, random: &random))
    }
    if !change.gone.isEmpty { carryOut(members.moved(endpoints: endpoints, now: now, random: &random)) }
  }

  /// What failed, or waits because everything failed, may work now.
  private func lookAgain() {
    endpoints.hasten(to: now + backoff.delay(afterFailures: 1, using: &random))
    carryOut(calls.lookAgain(endpoints: endpoints, now: now))
    carryOut(watchers.lookAgain(now: now))
    carryOut(partedCalls.lookAgain(now: now))
    askForService()
  }

  /// Starts a call of the host's. Its end comes as a delivery.
  package func submit(
    _ operation: Operation, timeoutMs: Int64, minRevision: Int64 = 0, at endpoint: Endpoint? = nil
  ) throws(Refusal) -> CallID {
    guard closing == nil else { throw .closed }
    guard !calls.isFull else { throw .limit }
    return turn {
      let id = CallID(rawValue: makeID())
      let deadline = timeoutMs > 0 ? now + .milliseconds(timeoutMs) : nil
      let route = endpoint.map { Endpoints.Route.only(endpoints.target(for: $0)) }
      let submission = Calls.Submission(
        namespace.entering(operation), for: .host, route: route ?? .any, deadline: deadline, minRevision: minRevision)
      carryOut { calls.submit(submission, as: id, &$0, endpoints: endpoints, now: now) }
      return id
    }
  }

  /// Starts a call whose answer comes in parts: a range, a snapshot, or what the gateway streams. The parts come as
  /// deliveries, and then its end.
  package func submitParts(
    _ operation: Operation, timeoutMs: Int64, at endpoint: Endpoint? = nil
  ) throws(Refusal) -> CallID {
    guard closing == nil else { throw .closed }
    guard !calls.isFull, partedCalls.count < options.callsMax else { throw .limit }
    return turn {
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
  }

  /// Returns false if the call has ended.
  package func cancel(_ id: CallID) -> Bool {
    turn {
      if let orders = partedCalls.cancel(id, "cancelled") ?? awaits.cancel(id, "cancelled") {
        carryOut(orders)
        return true
      }
      guard calls.isHosts(id) else { return false }
      carryOut(calls.cancel(id, "cancelled"))
      return true
    }
  }

  package func addKeepalive(_ claim: Claim) throws(KeepaliveRefusal) -> KeepaliveID {
    var claim = claim
    let key = claim.key
    claim.key = namespace.entering(key)
    guard closing == nil else { throw .closed }
    guard keepalives.count < options.keepalivesMax else { throw .limit }
    guard !keepalives.isTaken(claim.key) else { throw .keyIsTaken }
    return turn {
      let id = KeepaliveID(rawValue: makeID())
      deliveries.open(.keepalive(id))
      awaits.opened(.keepalive(id), key: key)
      carryOut(keepalives.add(id, claim))
      return id
    }
  }

  /// With `isAwaited` what becomes of it comes as a delivery, once.
  @discardableResult
  package func setValue(
    _ value: [UInt8], of id: KeepaliveID, isAwaited: Bool = false, untold: Int = 0
  ) throws(ValueRefusal) -> CallID {
    if keepaliveState(id) == .conflict { throw .conflict }
    if isAwaited, max(untold, keepalives.valueWaits(of: id)) >= options.callsMax { throw .limit }
    let wait = CallID(rawValue: isAwaited ? makeID() : 0)
    let wasTaken = turn {
      let orders = keepalives.setValue(value, of: id, for: isAwaited ? wait : nil)
      carryOut(orders ?? [])
      return orders != nil
    }
    if !wasTaken { throw .ended }
    return wait
  }

  /// Claims again what is another's. Returns whether there was a conflict.
  package func retryKeepalive(_ id: KeepaliveID) throws(Refusal) -> Bool {
    guard closing == nil else { throw .closed }
    return turn {
      let orders = keepalives.retry(id)
      carryOut(orders ?? [])
      return orders != nil
    }
  }

  /// The host's answer to a `Delivery.claimQuestion`.
  package func decide(_ answer: ClaimAnswer, on id: KeepaliveID, about found: KeyValue) {
    turn { carryOut(keepalives.decide(answer, on: id, modRevision: found.modRevision)) }
  }

  package func keepaliveState(_ id: KeepaliveID) -> KeepaliveState { keepalives.state(of: id) }

  /// The lease that keepalives share, or 0.
  package var leaseID: Int64 { keepalives.leaseID }

  /// Returns false if it is being removed, or has ended.
  package func removeKeepalive(_ id: KeepaliveID) -> Bool {
    turn {
      let orders = keepalives.remove(id, now: now)
      carryOut(orders ?? [])
      return orders != nil
    }
  }

  /// The host wants to hear no more of it; its key is removed in the background.
  package func detachKeepalive(_ id: KeepaliveID) {
    turn {
      deliveries.close(.keepalive(id))
      carryOut(keepalives.detach(id, now: now))
      carryOut(awaits.freed(.keepalive(id)))
    }
  }

  package func addWatcher(
    range: KeyRange, startRevision: Int64, prevKV: Bool, _ wanted: WatcherOptions = WatcherOptions()
  ) throws(Refusal) -> WatcherID {
    guard closing == nil else { throw .closed }
    guard hostsWatchers < options.watchersMax else { throw .limit }
    return turn {
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
  }

  private var hostsWatchers: Int { watchers.count - keepalives.watchCount }

  package func watcherState(_ id: WatcherID) -> WatcherState { watchers.state(of: id) }

  package func watcherStatus(_ id: WatcherID) -> WatcherStatus {
    watchers.status(of: id, behind: identity.revision, now: transport.now)
  }

  /// Nothing of it is delivered any more.
  package func removeWatcher(_ id: WatcherID) {
    turn {
      end(id)
      carryOut(awaits.freed(.watcher(id)))
    }
  }

  private func end(_ id: WatcherID) {
    if !pictures.isEmpty { closePictures([id]) }
    carryOut(watchers.remove(id))
    deliveries.close(.watcher(id))
  }
}

// MARK: - Waiting for what is to be there

extension Cluster {
  /// See `etcdcli_await`. Its end comes as a delivery.
  package func await(_ wanted: [Awaited], timeoutMs: Int64) throws(Refusal) -> CallID {
    guard closing == nil else { throw .closed }
    guard awaits.count < options.callsMax else { throw .limit }
    return turn {
      let id = CallID(rawValue: makeID())
      let deadline = timeoutMs > 0 ? now + .milliseconds(timeoutMs) : nil
      carryOut(awaits.add(id, for: wanted, deadline: deadline, isOver: isOver))
      return id
    }
  }

  private func isOver(_ awaited: Awaited) -> Bool {
    switch awaited {
    case .keepalive(let id): keepaliveState(id) == .conflict || keepaliveState(id) == .ended
    case .watcher(let id): watcherState(id) == .ended
    }
  }

  private func isStillThere(_ awaited: Awaited) -> Bool {
    switch awaited {
    case .keepalive(let id): keepaliveState(id) == .held
    case .watcher(let id): watcherState(id) != .ended
    }
  }

  /// When the cluster is freed: the ends of waits that were not handed out.
  package func abandonAwaits() -> [(CallID, AwaitEnd)] { awaits.removeAll() }
}

// MARK: - What is there

extension Cluster {
  /// What was counted, and what there is now.
  package var metrics: MetricsReport {
    var counted = counted
    counted.pumpedInVain(times: pumpsInVain)
    return MetricsReport(
      counted: counted, leasesGranted: keepalives.leasesGranted, leasesLost: keepalives.leasesLost,
      connectionsOpened: transport.connectionsOpened, gauges: gauges, state: state)
  }

  private var gauges: Gauges {
    let now = transport.now
    return Gauges(
      callsWaiting: calls.count - calls.inFlight, callsInFlight: calls.inFlight, keepalives: keepalives.count,
      keepalivesHeld: keepalives.held, watchers: hostsWatchers, watchersLive: watchers.live,
      streams: watchers.streamCount, deliveriesWaiting: deliveries.count, endpoints: endpoints.count,
      endpointsFailing: endpoints.failing, leaseLeft: keepalives.leaseDeadline.map { max(.zero, $0 - now) },
      revision: identity.revision, watchLag: watchers.lag(behind: identity.revision))
  }

  package var census: Census {
    Census(
      calls: calls.count + partedCalls.count + awaits.count, keepalives: keepalives.count, keys: keepalives.keyCount,
      watchers: watchers.count,
      streams: watchers.streamCount, timers: timers.count)
  }
}

// MARK: - Who is there

extension Cluster {
  /// All endpoints that are used, the seeds first.
  package var endpointReports: [EndpointReport] {
    endpoints.reports.map { report in
      var report = report
      report.name = members.name(of: report.memberID)
      return report
    }
  }

  /// As the current endpoint's server states it, or empty.
  package var serverVersion: String { endpoints.reports.first(where: \.isCurrent)?.version ?? "" }

  /// Of the etcd cluster that answers, or 0.
  package var clusterID: UInt64 { identity.clusterID }
}

// MARK: - Ends

extension Cluster {
  /// See `etcdcli_cluster_close`. Returns false if it was closed before.
  package func close(revoke: Bool) -> Bool {
    guard closing == nil else { return false }
    turn {
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
    }
    return true
  }

  /// When everything that led to this has been carried out: that it is closed is the last that the host is told.
  private func finishClosing() {
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
  package func abandonAll() -> [(CallID, Result<Answer, Failure>)] {
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

extension TimerOwner {
  fileprivate init(_ recipient: Deliveries.Recipient) {
    switch recipient {
    case .watcher(let id): self = .watcher(id)
    case .keepalive(let id): self = .keepalive(id)
    }
  }
}
