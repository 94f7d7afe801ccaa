import CCurl
import CSystem
import Glibc

/// The real transport, driven through one epoll descriptor: libcurl's transfers in HTTP/1, and streams in HTTP/2
/// (`HTTP2Pool`).
///
/// The host polls `fileDescriptor` for reading and calls `run` when it is readable. Inside the epoll are the sockets of
/// both, one timer for all deadlines, and an eventfd for `Waker`; so whatever there is to do makes that one descriptor
/// readable, and when nothing is left to do it is not. There are no threads: host names are resolved by `Names`, and
/// libcurl is given addresses.
///
/// One thread at a time may use it, except for its `waker`.
package final class Reactor: Transport {
  /// How often one `run`, and one end of a turn, goes on with what is left. A peer that sends without end must not hold the
  /// host, so there is an end to it. What is left then keeps the descriptor readable.
  private static let roundsPerRun = 8
  /// How many sockets one round serves. epoll puts those it has reported at the end of its list, so that more than
  /// these take turns; and libcurl reads one buffer from each.
  private static let socketsPerRound = 64
  /// A socket that gave so many bytes at once may have more: libcurl's buffer takes 16 KiB, of which the framing of chunks
  /// is no part. Asking epoll again then saves the host a wake-up. After less than that it would find nothing.
  private static let floodedBytes = 8 * 1024
  /// How many idle easy handles are kept; each holds some 6 KiB.
  private static let idleHandles = 32
  private static let routeLimit = 1024
  private static let timerTag = UInt64.max
  private static let wakerTag = UInt64.max - 1
  static let namesTag = UInt64.max - 2

  /// Constant. Readable whenever `run` would do something.
  package let fileDescriptor: Int32
  /// For any thread.
  package let waker: Waker

  private var options: ReactorOptions
  /// How often they have changed.
  private var generation = 0
  private let multi: CurlMulti
  private let http2: HTTP2Pool
  private let outbox = Outbox()
  private var names: Names
  private var material: TLSMaterial
  /// By the URLs' scheme, host and port; those through sockets of this machine apart.
  private var routes: [String: Route] = [:]
  private var localRoutes: [String: Route] = [:]
  /// The one that was used last, which the next request most likely needs.
  private var lastRoute: (origin: String, isLocal: Bool, route: Route)?
  private let ready: UnsafeMutableBufferPointer<epoll_event>
  /// How many of these `isAtRest` or `wait` has found, for the `run` that follows.
  private var found = 0
  private var epoll: Descriptor?
  private var alarm: Alarm?
  private var coresDeadline: Instant?
  /// All that have not ended for the core: those libcurl works on, and those whose end is yet to be told.
  private let transfers = OwnTable<TransferID, Transfer>()
  private let deadlines = Deadlines()
  /// How many of them libcurl works on.
  private var working = 0
  private var idle: [EasyHandle] = []
  /// Those that libcurl holds bytes of, and that may have them.
  private var resumed: [TransferID] = []
  private var lastID: UInt64 = 0
  private var isRunning = false
  /// Whether this turn has begun with `run`.
  private var hasRun = false
  /// The descriptor is readable because of work that only the next `run` can do.
  private var wasWoken = false

  package init(options: ReactorOptions) throws(SystemError) {
    let epoll = try System.makeEpoll()
    let timer = try System.makeTimer()
    let waker = try Waker()
    // The waker is edge-triggered: epoll reports each wake-up once, so that nobody has to read it away.
    for (descriptor, events, tag) in [
      (timer, EPOLLIN.rawValue, Self.timerTag), (waker.event, EPOLLIN.rawValue | EPOLLET.rawValue, Self.wakerTag),
    ] {
      let code = System.control(epoll, EPOLL_CTL_ADD, descriptor.rawValue, events: events, tag: tag)
      if let code { throw SystemError(call: "epoll_ctl", errno: code, text: System.describe(code)) }
    }
    multi = try CurlMulti(epoll: epoll, options: options)
    alarm = Alarm(timer: timer)
    ready = .allocate(capacity: Self.socketsPerRound)
    fileDescriptor = epoll.rawValue
    self.options = options
    names = Names(options.names)
    material = TLSMaterial(options.tls)
    http2 = HTTP2Pool(epoll: epoll, options: options, names: names, reserve: multi.reserve)
    self.epoll = epoll
    self.waker = waker
  }

  deinit {
    shutDown()
    ready.deallocate()
  }

  package var now: Instant { System.now() }

  package var wakeTime: Instant? {
    get { coresDeadline }
    set { coresDeadline = newValue }
  }

  /// When `run` has something to do even if no socket becomes ready; in the past for at once, `nil` for never. For hosts
  /// that compute a timeout instead of relying on the descriptor.
  package var nextDeadline: Instant? {
    hasUntimedWork ? Alarm.immediately : nextTimer
  }

  /// Whether there is something for `run` to do that neither a socket nor a timer says.
  private var hasUntimedWork: Bool {
    !outbox.isEmpty || http2.hasWork || !resumed.isEmpty || names.hasServices || names.hasFinished
  }

  /// The earliest of libcurl's deadline, the core's and those of the transfers.
  private var nextTimer: Instant? {
    let transfers = Instant.earlier(deadlines.earliest, http2.deadline)
    return .earlier(.earlier(multi.deadline, coresDeadline), .earlier(transfers, names.deadline))
  }

  /// When the timer makes the descriptor readable: at the next deadline, or earlier and then once.
  var alarmTime: Instant? { alarm?.standing }

  /// Makes the descriptor readable. Other threads use `waker`.
  package func wake() {
    waker.wake()
  }

  // MARK: Transfers

  package func start(_ request: TransferRequest) -> TransferID {
    lastID += 1
    let id = TransferID(rawValue: lastID)
    guard epoll != nil else { return id }
    if request.usesReserve { multi.reserve.keep() }
    switch request.version {
    case .http1:
      let transfer = Transfer(
        id: id, request: request, outbox: outbox, reserve: request.usesReserve ? multi.reserve : nil, startedAt: now)
      transfers.set(transfer, id)
      begin(transfer)
    case .http2: http2.start(id, request, now: now)
    }
    goOnWithNames()
    return id
  }

  private func begin(_ transfer: Transfer) {
    guard let problem = findWay(of: transfer) else { return }
    let failure = TransferFailure(kind: .invalid, bodyMayHaveBeenSent: false, curlCode: 0, message: problem)
    end(transfer, .failed(failure))
  }

  /// Other options hold from now on; where they concern connections, for new ones. Open ones go on, and are used again
  /// where libcurl finds that they might have been made by the new options just as well; transfers that libcurl has not
  /// got yet begin anew. Not to be called from the handler of `run`.
  package func reconfigure(_ options: ReactorOptions) {
    let before = self.options
    self.options = options
    guard epoll != nil, options.concernConnections(since: before) else { return }
    if options.tls != before.tls { material.replace(by: options.tls) }
    generation += 1
    multi.use(options)
    setMaximumConnections()
    for easy in idle { easy.close() }
    idle = []
    (routes, localRoutes, lastRoute) = ([:], [:], nil)
    names.close()
    names = Names(options.names)
    http2.reconfigure(options, names)
    let waiting = transfers.values.filter { $0.easy == nil && $0.outcome == nil }
    for transfer in waiting.sorted(by: { $0.id.rawValue < $1.id.rawValue }) { begin(transfer) }
    goOnWithNames()
  }

  package func cancel(_ id: TransferID) {
    guard !http2.cancel(id), let transfer = transfers.remove(id) else { return }
    // Steps in the outbox stay there; nobody is told of a transfer that is not in the table.
    release(transfer)
  }

  /// In HTTP/1 each has a connection of its own, which ends with it.
  package func distrust(_ id: TransferID) {
    http2.distrust(id)
  }

  package func pause(_ id: TransferID) {
    if !http2.setPaused(true, id) { setPaused(true, id) }
  }

  package func resume(_ id: TransferID) {
    guard !http2.setPaused(false, id), setPaused(false, id), transfers[id]?.isHeld == true else { return }
    var list = exchange(&resumed, with: [])
    list.append(id)
    resumed = list
  }

  /// Keeps the transfer's sockets out of epoll, so that nobody has a reason to read from them. libcurl reads all the
  /// same when one of its timers runs out, or when it had not come to the end of what was there; what it then brings is
  /// left with it (`Transfer.isHeld`).
  @discardableResult
  private func setPaused(_ isPaused: Bool, _ id: TransferID) -> Bool {
    guard let transfer = transfers[id], transfer.isPaused != isPaused else { return false }
    transfer.isPaused = isPaused
    for socket in transfer.sockets { multi.sockets.setPaused(isPaused, socket, of: id) }
    return true
  }

  /// Finds the way to the transfer's host, and returns what is wrong with it.
  private func findWay(of transfer: Transfer) -> String? {
    if let problem = transfer.request.problem { return problem }
    let route = route(of: transfer.request)
    if let problem = route.problem { return problem }
    transfer.route = route
    return knowsNames(of: transfer, route) ? hand(transfer, route) : nil
  }

  private func route(of request: TransferRequest) -> Route {
    let origin = request.head.origin
    let isLocal = request.head.socketPath != nil
    if let lastRoute, lastRoute.origin == origin, lastRoute.isLocal == isLocal { return lastRoute.route }
    let route = route(to: origin, isLocal: isLocal)
    lastRoute = (origin, isLocal, route)
    return route
  }

  private func route(to origin: String, isLocal: Bool) -> Route {
    if let route = isLocal ? localRoutes[origin] : routes[origin] { return route }
    let route = Route(to: origin, options, isLocal: isLocal)
    // There are as many as endpoints; whoever makes up ever new ones shall not fill the memory.
    if routes.count + localRoutes.count >= Self.routeLimit { (routes, localRoutes) = ([:], [:]) }
    if isLocal { localRoutes[origin] = route } else { routes[origin] = route }
    return route
  }

  /// Whether the names on its way are known. If not it waits for them, or has ended.
  private func knowsNames(of transfer: Transfer, _ route: Route) -> Bool {
    var all: [(name: HostPort, known: NameCache.Known)] = []
    defer { transfer.known = all }
    for name in route.names {
      switch names.find(name.host, for: transfer.id, now: now, watch: watchNames) {
      case .known(let known): all.append((name, known))
      case .waits:
        setDue(transfer, at: transfer.limits.earliestWithoutName)
        return false
      case .failed(let error):
        unresolved(transfer, error.isShortage ? .shortage : .resolve, "\(error)")
        return false
      }
    }
    return true
  }

  private func watchNames(_ descriptor: Descriptor) -> SystemError? {
    epoll.flatMap { names.watch(descriptor, in: $0) }
  }

  /// Those that waited for names go on, or end.
  private func goOnWithNames() {
    // In here some may begin to wait for another name, which may be known at once.
    while case let finished = names.takeFinished(now: now), !finished.isEmpty {
      for (waiting, name, problem) in finished {
        for id in waiting {
          http2.resolved(id, problem: problem.map { "could not resolve \(name): \($0)" }, now: now)
          guard let transfer = transfers[id], let route = transfer.route, transfer.outcome == nil else { continue }
          if let problem {
            unresolved(transfer, .resolve, "could not resolve \(name): \(problem)")
          } else if knowsNames(of: transfer, route), let problem = hand(transfer, route) {
            unresolved(transfer, .invalid, problem)
          }
        }
      }
    }
  }

  package func lookUp(service name: String) {
    if epoll != nil { names.lookUp(service: name, now: now, watch: watchNames) }
  }

  package var connectionsOpened: UInt64 { multi.connectionsOpened &+ http2.connectionsOpened }

  package func takeServices() -> [(name: String, answer: ServiceAnswer)] { names.takeServices() }

  private func unresolved(_ transfer: Transfer, _ kind: TransferFailure.Kind, _ message: String) {
    let code = kind == .resolve ? CURLE_COULDNT_RESOLVE_HOST : CURLE_OK
    end(
      transfer,
      .failed(
        TransferFailure(
          kind: kind, bodyMayHaveBeenSent: false, curlCode: Int32(bitPattern: code.rawValue), message: message)))
  }

  /// Hands the transfer to libcurl, and returns what kept it from that.
  private func hand(_ transfer: Transfer, _ route: Route) -> String? {
    guard let easy = takeIdle() ?? EasyHandle(options: options, generation: generation, multi: multi)
    else { return "out of memory" }
    easy.useProxy(route.usesProxy ? options.proxy : nil)
    if route.usesTLS {
      material.refresh(now: now)
      if let problem = material.problem {
        easy.close()
        let failure = TransferFailure(
          kind: problem.error.isShortage ? .shortage : .tls, bodyMayHaveBeenSent: false,
          curlCode: Int32(bitPattern: CURLE_SSL_CACERT_BADFILE.rawValue),
          message: problem.message)
        end(transfer, .failed(failure))
        return nil
      }
      easy.use(material.current)
      transfer.material = material.current.serial
    }
    let fields = options.headers.map { (name: $0.name, value: $0.value.text) }
    if let problem = transfer.configure(easy, adding: fields, now: now) ?? multi.add(easy) {
      // Not kept for the next one, which a refused option would fail as well.
      easy.close()
      return problem
    }
    transfer.easy = easy
    setDue(transfer, at: transfer.limits.earliest)
    working += 1
    setMaximumConnections()
    return nil
  }

  private func takeIdle() -> EasyHandle? {
    var handles = exchange(&idle, with: [])
    defer { idle = handles }
    return handles.popLast()
  }

  private func setDue(_ transfer: Transfer, at time: Instant?) {
    if let due = transfer.limits.due { deadlines.remove(transfer.id, at: due) }
    transfer.limits.due = time
    if let time { deadlines.insert(transfer.id, at: time) }
  }

  /// Takes the transfer from libcurl. If it was under way its connection is closed.
  private func release(_ transfer: Transfer) {
    setDue(transfer, at: nil)
    guard let easy = transfer.easy else { return }
    multi.remove(easy)
    transfer.easy = nil
    working -= 1
    setMaximumConnections()
    if idle.count < Self.idleHandles, easy.generation == generation, epoll != nil {
      easy.forget()
      var handles = exchange(&idle, with: [])
      handles.append(easy)
      idle = handles
    } else {
      easy.close()
    }
  }

  private func setMaximumConnections() {
    multi.setMaximumConnections(max(0, options.maxIdleConnections) &+ working)
  }

  // MARK: Running

  /// Whatever there is to do makes the descriptor readable: so it is enough to ask epoll, and not even the time is needed.
  package func isAtRest() -> Bool {
    guard let epoll, !isRunning else { return false }
    if found == 0 { found = System.ready(epoll, ready) }
    return found == 0
  }

  /// Until there is something to do, or that time is up, -1 for never; a signal ends it, too: the host may want to know of it.
  /// What it finds is for a `run` that is to follow at once.
  package func wait(timeoutMs: Int64) throws(SystemError) {
    guard let epoll, !isRunning, found == 0 else { return }
    found = try System.wait(epoll, ready, timeoutMs: Int32(clamping: timeoutMs))
  }

  package func run(_ handle: (TransferID, TransferEvent) -> Void) {
    guard !isRunning, epoll != nil else { return }
    isRunning = true
    hasRun = true
    wasWoken = false
    outbox.run += 1
    http2.beginRun(now: now)
    let late = takeLate()
    var asksEpoll = true
    for _ in 0..<Self.roundsPerRun {
      goOn()
      watchSockets()
      asksEpoll = asksEpoll && serveSockets()
      deliver(handle)
      if epoll == nil || !(asksEpoll || hasWork) { break }
    }
    endLate(late)
    http2.endRun(now: now)
    deliver(handle)
    isRunning = false
    // Those held because they had their share of this run get the next.
    if !outbox.held.isEmpty {
      var list = exchange(&resumed, with: [])
      for id in outbox.held where transfers[id]?.isPaused == false { list.append(id) }
      resumed = list
      outbox.held.removeAll(keepingCapacity: true)
    }
  }

  /// Whether there is something to do that epoll knows nothing of.
  private var hasWork: Bool {
    !outbox.isEmpty || http2.hasNews || !resumed.isEmpty || names.hasFinished
      || multi.deadline.map { $0 <= now } ?? false
  }

  /// Looks at those whose time has come, and returns those which may be over: what has arrived is read before a timer is
  /// believed, for a host that did not get to read it is nothing that the peer could help.
  private func takeLate() -> [Transfer] {
    let now = now
    var late: [Transfer] = []
    while let id = deadlines.removeDue(now: now) {
      guard let transfer = transfers[id] else { continue }
      transfer.limits.due = nil
      guard let easy = transfer.easy else {
        guard transfer.outcome == nil else { continue }
        switch transfer.dueWithoutName(hasUnread: names.hasUnread, now: now) {
        case .fail(let failure): end(transfer, .failed(failure))
        case .read: break
        case .wait(let until): setDue(transfer, at: until)
        }
        continue
      }
      switch transfer.due(easy, multi.sockets, now: now) {
      case .fail(let failure): end(transfer, .failed(failure))
      case .read: late.append(transfer)
      case .wait(let until): setDue(transfer, at: until)
      }
    }
    return late
  }

  /// Ends those that have got nothing more to read; the others are as late in the next run, which is due at once.
  private func endLate(_ late: [Transfer]) {
    for transfer in late {
      guard let easy = transfer.easy else { continue }
      if transfer.hasUnread(multi.sockets) {
        setDue(transfer, at: transfer.limits.end)
      } else {
        end(transfer, .failed(transfer.unanswered(easy)))
      }
    }
  }

  /// What libcurl wants to do, whatever the sockets say.
  private func goOn() {
    if let deadline = names.deadline, deadline <= now { names.run(now: now) }
    goOnWithNames()
    if let deadline = multi.deadline, deadline <= now {
      multi.actOnDeadline()
      finishEnded()
    }
    if !resumed.isEmpty { releaseHeld() }
  }

  /// The sockets that are ready at this moment, once. Returns whether there may be more to be had of them.
  private func serveSockets() -> Bool {
    guard let epoll else { return false }
    let count = found > 0 ? found : System.ready(epoll, ready)
    found = 0
    var hasMore = count == ready.count
    for event in ready.prefix(count) {
      switch event.data.u64 {
      case Self.namesTag:
        names.run(now: now)
        goOnWithNames()
      case Self.timerTag, Self.wakerTag: break  // All they have to say is that somebody should run this.
      case http2.tags:
        if http2.serve(event, now: now) { hasMore = true }
      default:
        guard let socket = multi.sockets.socket(of: event) else { continue }
        let before = outbox.bytes
        multi.act(socket, Self.readiness(event.events))
        finishEnded()
        if outbox.bytes &- before >= Self.floodedBytes { hasMore = true }
      }
    }
    return hasMore
  }

  /// A request that was started in this turn leaves with it, rather than with the next `run`, for which the host would
  /// have to be woken first. Whatever libcurl calls back about waits in the outbox.
  package func endTurn() {
    guard !isRunning, epoll != nil else { return }
    for _ in 0..<Self.roundsPerRun where multi.wantsToGoOn {
      multi.actOnDeadline()
      finishEnded()
    }
    watchSockets()
    if hasRun || !options.gathersRequests { http2.flush(now: now) }
    hasRun = false
    // The waker, because nothing has to be taken back when the next `run` has done the work.
    if hasUntimedWork, !wasWoken {
      wasWoken = true
      waker.wake()
    }
    alarm?.set(to: nextTimer, now: now)
  }

  /// epoll's bits in libcurl's. An error or hang-up is passed on as readiness, so that libcurl meets it in `recv` or
  /// `send` and says what it was; told of an error, it would report one without a reason.
  private static func readiness(_ events: UInt32) -> Int32 {
    var readiness: Int32 = 0
    if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { readiness |= CURL_CSELECT_IN }
    if events & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { readiness |= CURL_CSELECT_OUT }
    return readiness
  }

  /// Asks libcurl for the bytes it was told to keep. Other resumed transfers need nothing: epoll reports what is in the
  /// socket, and libcurl leaves no bytes that TLS has decrypted unless it was told to.
  private func releaseHeld() {
    let ids = resumed
    resumed = []
    for id in ids {
      guard let transfer = transfers[id], transfer.isHeld, !transfer.isPaused, let easy = transfer.easy else {
        continue
      }
      transfer.isHeld = false
      let result = multi.release(easy)
      if result != CURLE_OK { end(transfer, transfer.conclude(result, easy)) }
      finishEnded()
    }
  }

  /// Takes those that libcurl is done with from it, after each call, so that the bound on connections, which counts them,
  /// is right for the next one.
  private func finishEnded() {
    while let (transfer, result) = multi.nextFinished() {
      if let easy = transfer.easy { end(transfer, transfer.conclude(result, easy)) }
    }
  }

  private func end(_ transfer: Transfer, _ outcome: TransferEvent) {
    transfer.outcome = outcome
    learn(from: outcome, of: transfer)
    outbox.append(transfer, .ended)
    release(transfer)
  }

  /// What the end of a transfer says of the addresses and the certificates that it went with.
  private func learn(from outcome: TransferEvent, of transfer: Transfer) {
    switch outcome {
    case .opened, .received: break
    case .completed:
      guard transfer.known.contains(where: { $0.known.addresses.count > 1 }), let easy = transfer.easy else { break }
      names.worked(transfer.known, at: easy.peerAddress)
    case .failed(let failure):
      switch failure.kind {
      case .connect, .refused, .tls: names.drop(transfer.known)
      case .resolve, .timeout, .late, .tooLarge, .broken, .notBegun, .notHTTP2, .invalid, .shortage: break
      }
      let code = CURLcode(UInt32(bitPattern: failure.curlCode))
      if code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE {
        material.fallBack(from: transfer.material)
      }
    }
  }

  /// Tells what has happened. The handler may call any method: it sees a reactor at rest, and what it does to the
  /// transfers counts from the very next step.
  private func deliver(_ handle: (TransferID, TransferEvent) -> Void) {
    http2.deliver(handle)
    guard !outbox.isEmpty else { return }
    let steps = outbox.take()
    for (transfer, step) in steps {
      guard transfers[transfer.id] != nil else { continue }
      switch step {
      case .opened(let status, let headers):
        handle(transfer.id, .opened(status: status, headers: headers))
      case .received:
        handle(transfer.id, .received(transfer.takeReceived()))
      case .ended:
        transfers.remove(transfer.id)
        if let outcome = transfer.outcome { handle(transfer.id, outcome) }
      }
    }
    outbox.recycle(steps)
  }

  /// Brings epoll up to date. A transfer whose socket cannot be watched would never end, so it ends here.
  private func watchSockets() {
    guard epoll != nil, multi.sockets.hasChanges else { return }
    for (owner, code) in multi.sockets.flush() {
      guard let transfer = transfers[owner], let easy = transfer.easy else { continue }
      let progress = Progress(easy, transfer: transfer)
      let error = SystemError(call: "epoll_ctl", errno: code, text: System.describe(code))
      end(transfer, .failed(progress.failure(error.isShortage ? .shortage : .invalid, CURLE_OK, "\(error)")))
    }
  }

  // MARK: The end

  /// Ends all transfers without a word, closes all connections and descriptors. Idempotent.
  package func shutDown() {
    guard epoll != nil else { return }
    for transfer in transfers.removeAll() { release(transfer) }
    outbox.removeAll()
    resumed = []
    for easy in idle { easy.close() }
    idle = []
    multi.close()
    http2.close()
    names.close()
    epoll = nil
    alarm = nil
  }

  /// For the child after `fork`: gives back memory, and touches neither descriptors nor libcurl. The epoll is the
  /// parent's too, and so are the connections, on which closing would say good-bye to the server (TLS does). What
  /// libcurl holds is leaked on purpose.
  package func abandonAfterFork() {
    epoll?.abandon()
    alarm?.timer.abandon()
    waker.event.abandon()
    names.abandon()
    http2.abandon()
    epoll = nil
    alarm = nil
    multi.abandon()
    for transfer in transfers.removeAll() { transfer.easy = nil }
    deadlines.removeAll()
    outbox.removeAll()
    resumed = []
    idle = []
  }
}
