import CCurl
import CSystem
import Glibc

/// The real transport: libcurl's transfers, driven through one epoll descriptor.
///
/// The host polls `fileDescriptor` for reading and calls `run` when it is readable. Inside the epoll are libcurl's
/// sockets, one timer for all deadlines, and an eventfd for `Waker`; so whatever there is to do makes that one descriptor
/// readable, and when nothing is left to do it is not. There are no threads (but libcurl's own, for resolving a host
/// name; an IP address needs none).
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
  private static let timerTag = UInt64.max
  private static let wakerTag = UInt64.max - 1

  /// Constant. Readable whenever `run` would do something.
  package let fileDescriptor: Int32
  /// For any thread.
  package let waker: Waker

  private let options: ReactorOptions
  private let multi: CurlMulti
  private let outbox = Outbox()
  private let ready: UnsafeMutableBufferPointer<epoll_event>
  private var epoll: Descriptor?
  private var alarm: Alarm?
  /// All that have not ended for the core: those libcurl works on, and those whose end is yet to be told.
  private var transfers: [TransferID: Transfer] = [:]
  private var deadlines = Deadlines()
  /// How many of them libcurl works on.
  private var working = 0
  private var idle: [EasyHandle] = []
  /// Those that libcurl holds bytes of, and that may have them.
  private var resumed: [TransferID] = []
  private var lastID: UInt64 = 0
  private var isRunning = false
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
    self.epoll = epoll
    self.waker = waker
  }

  deinit {
    shutDown()
    ready.deallocate()
  }

  package var now: Instant { System.now() }

  package var wakeTime: Instant?

  /// When `run` has something to do even if no socket becomes ready; in the past for at once, `nil` for never. For hosts
  /// that compute a timeout instead of relying on the descriptor.
  package var nextDeadline: Instant? {
    outbox.isEmpty && resumed.isEmpty ? nextTimer : Alarm.immediately
  }

  /// The earliest of libcurl's deadline, the core's and those of the transfers.
  private var nextTimer: Instant? {
    var earliest = multi.deadline
    for time in [wakeTime, deadlines.earliest] {
      if let time { earliest = min(earliest ?? time, time) }
    }
    return earliest
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
    let transfer = Transfer(id: TransferID(rawValue: lastID), request: request, outbox: outbox, startedAt: now)
    guard epoll != nil else { return transfer.id }
    transfers[transfer.id] = transfer
    if let problem = begin(transfer) {
      let failure = TransferFailure(kind: .invalid, bodyMayHaveBeenSent: false, curlCode: 0, message: problem)
      end(transfer, .failed(failure))
    }
    return transfer.id
  }

  package func cancel(_ id: TransferID) {
    guard let transfer = transfers.removeValue(forKey: id) else { return }
    // Steps in the outbox stay there; nobody is told of a transfer that is not in the table.
    release(transfer)
  }

  package func pause(_ id: TransferID) {
    setPaused(true, id)
  }

  package func resume(_ id: TransferID) {
    guard setPaused(false, id), transfers[id]?.isHeld == true else { return }
    resumed.append(id)
  }

  /// Keeps the transfer's sockets out of epoll, so that nobody has a reason to read from them. libcurl reads all the
  /// same when one of its timers runs out, or when it had not come to the end of what was there; what it then brings is
  /// left with it (`Transfer.isHeld`).
  @discardableResult
  private func setPaused(_ isPaused: Bool, _ id: TransferID) -> Bool {
    guard let transfer = transfers[id], transfer.isPaused != isPaused else { return false }
    transfer.isPaused = isPaused
    // A socket that others use too is read on; what it brings for this one is held.
    guard !transfer.sharesConnection else { return true }
    for socket in transfer.sockets { multi.sockets.setPaused(isPaused, socket, of: id) }
    return true
  }

  /// Hands the transfer to libcurl, and returns what kept it from that.
  private func begin(_ transfer: Transfer) -> String? {
    if let problem = transfer.request.problem { return problem }
    guard let easy = idle.popLast() ?? EasyHandle(options: options, multi: multi) else { return "out of memory" }
    if let problem = transfer.configure(easy) ?? multi.add(easy) {
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

  private func setDue(_ transfer: Transfer, at time: Instant?) {
    if let due = transfer.limits.due { deadlines.remove(transfer.id, at: due) }
    transfer.limits.due = time
    if let time { deadlines.insert(transfer.id, at: time) }
  }

  /// Takes the transfer from libcurl. If it was under way its connection is closed.
  private func release(_ transfer: Transfer) {
    guard let easy = transfer.easy else { return }
    multi.remove(easy)
    setDue(transfer, at: nil)
    transfer.easy = nil
    working -= 1
    setMaximumConnections()
    if idle.count < Self.idleHandles, epoll != nil {
      easy.forget()
      idle.append(easy)
    } else {
      easy.close()
    }
  }

  private func setMaximumConnections() {
    multi.setMaximumConnections(max(0, options.maxIdleConnections) &+ working)
  }

  // MARK: Running

  package func run(_ handle: (TransferID, TransferEvent) -> Void) {
    guard !isRunning, epoll != nil else { return }
    isRunning = true
    wasWoken = false
    outbox.run += 1
    let late = takeLate()
    var asksEpoll = true
    for _ in 0..<Self.roundsPerRun {
      goOn()
      watchSockets()
      asksEpoll = asksEpoll && serveSockets()
      deliver(handle)
      if epoll == nil || !(asksEpoll || hasWork) { break }
    }
    if !late.isEmpty {
      endLate(late)
      deliver(handle)
    }
    isRunning = false
    // Those held because they had their share of this run get the next.
    resumed += outbox.held.filter { transfers[$0]?.isPaused == false }
    outbox.held.removeAll(keepingCapacity: true)
  }

  /// Whether there is something to do that epoll knows nothing of.
  private var hasWork: Bool {
    !outbox.isEmpty || !resumed.isEmpty || multi.deadline.map { $0 <= now } ?? false
  }

  /// Looks at those whose time has come, and returns those which may be over: what has arrived is read before a timer is
  /// believed, for a host that did not get to read it is nothing that the peer could help.
  private func takeLate() -> [Transfer] {
    let now = now
    var late: [Transfer] = []
    while let id = deadlines.removeDue(now: now) {
      guard let transfer = transfers[id], let easy = transfer.easy else { continue }
      transfer.limits.due = nil
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
    if let deadline = multi.deadline, deadline <= now {
      multi.actOnDeadline()
      finishEnded()
    }
    if !resumed.isEmpty { releaseHeld() }
  }

  /// The sockets that are ready at this moment, once. Returns whether there may be more to be had of them.
  private func serveSockets() -> Bool {
    guard let epoll else { return false }
    let count = System.ready(epoll, ready)
    var hasMore = count == ready.count
    for event in ready.prefix(count) {
      switch event.data.u64 {
      case Self.timerTag, Self.wakerTag: break  // All they have to say is that somebody should run this.
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
    // The waker, because nothing has to be taken back when the next `run` has done the work.
    if !outbox.isEmpty || !resumed.isEmpty, !wasWoken {
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
    outbox.append(transfer, .ended)
    release(transfer)
  }

  /// Tells what has happened. The handler may call any method: it sees a reactor at rest, and what it does to the
  /// transfers counts from the very next step.
  private func deliver(_ handle: (TransferID, TransferEvent) -> Void) {
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
        transfers.removeValue(forKey: transfer.id)
        if let outcome = transfer.outcome { handle(transfer.id, outcome) }
      }
    }
    outbox.recycle(steps)
  }

  /// Brings epoll up to date. A transfer whose socket cannot be watched would never end, so it ends here.
  private func watchSockets() {
    guard epoll != nil, multi.sockets.hasChanges else { return }
    for (owner, code) in multi.sockets.flush() {
      for transfer in users(ofSocketOf: owner) {
        guard let easy = transfer.easy else { continue }
        let progress = Progress(easy, transfer: transfer)
        let error = SystemError(call: "epoll_ctl", errno: code, text: System.describe(code))
        end(transfer, .failed(progress.failure(error.isShortage ? .shortage : .invalid, CURLE_OK, "\(error)")))
      }
    }
  }

  /// Who may wait for a socket that libcurl wanted for `owner`. Of a connection that is shared it names whoever came last.
  private func users(ofSocketOf owner: TransferID) -> [Transfer] {
    if let transfer = transfers[owner], !transfer.sharesConnection { return [transfer] }
    return transfers.values.filter(\.sharesConnection).sorted { $0.id.rawValue < $1.id.rawValue }
  }

  // MARK: The end

  /// Ends all transfers without a word, closes all connections and descriptors. Idempotent.
  package func shutDown() {
    guard epoll != nil else { return }
    let ended = transfers
    transfers = [:]
    for transfer in ended.values { release(transfer) }
    outbox.removeAll()
    resumed = []
    for easy in idle { easy.close() }
    idle = []
    multi.close()
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
    epoll = nil
    alarm = nil
    multi.abandon()
    for transfer in transfers.values { transfer.easy = nil }
    transfers = [:]
    deadlines = Deadlines()
    outbox.removeAll()
    resumed = []
    idle = []
  }
}
