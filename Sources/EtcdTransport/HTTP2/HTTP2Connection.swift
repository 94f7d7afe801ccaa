import CSystem
import DequeModule
import Glibc

/// One connection in HTTP/2, from the first name that is looked up to the end of its last stream.
///
///     resolving -> dialing -> tunnelling -> securing -> greeting -> open -> leaving -> closed
///
/// What does not apply is left out. Every state may become `closed`. Requests are sent from `open` on: the peer's settings
/// have arrived then, so nobody who does not speak HTTP/2 has ever got one.
final class HTTP2Connection {
  enum State: Int {
    /// A name on the way is looked up.
    case resolving
    case dialing
    /// A proxy is told where to.
    case tunnelling
    /// TLS shakes hands.
    case securing
    /// Its settings are what the peer has to send first.
    case greeting
    case open
    /// It takes no more streams, and ends with the last that it has.
    case leaving
    case closed
  }

  /// Stands for it where transfers have theirs.
  let id: TransferID
  let origin: HTTP2Origin
  let lane: TransferRequest.Lane
  let options: ReactorOptions
  unowned let pool: HTTP2Pool
  private(set) var state = State.resolving
  private(set) var isBegun = false
  /// When it must be open.
  private(set) var connectEnd: Instant
  let connectTimeout: Duration
  private var connectWasExtended = false
  /// What was known of the names on the way.
  private var known: [(name: HostPort, known: NameCache.Known)] = []
  /// The certificates it was made with.
  private(set) var material: UInt64 = 0
  private var dialer = Dialer([])
  private(set) var socket: Int32 = -1
  private var tag: UInt64 = 0
  private var watchesWriting = false
  private var tunnel: Tunnel?
  /// The outermost first.
  private var layers: [TLSLayer] = []
  /// What is to be made of it when the time comes.
  private var innerContext: TLSContext?
  private(set) var session: HTTP2Session?
  private var waiting: Deque<HTTP2Stream> = []
  /// Those that have not been cancelled.
  private var waitingCount = 0
  private var output: [UInt8] = []
  private var sent = 0
  private var receivedAny = false
  /// It is among those of the pool that have something to send.
  var isListed = false
  private(set) var usedAt: Instant
  private(set) var isIdle = false
  private var lastRun: UInt64 = 0
  private var bytesThisRun = 0
  private var received: UInt64 = 0

  init(_ id: TransferID, _ origin: HTTP2Origin, _ first: TransferRequest, _ pool: HTTP2Pool, now: Instant) {
    self.id = id
    self.origin = origin
    self.pool = pool
    lane = first.lane
    options = pool.options
    connectTimeout = first.connectTimeout
    connectEnd = now + first.connectTimeout
    usedAt = now
  }

  var isOpen: Bool { state == .open }

  /// It may take streams, at once or later.
  var isUsable: Bool {
    switch state {
    case .resolving, .dialing, .tunnelling, .securing, .greeting: true
    case .open: session?.isUsable == true
    case .leaving, .closed: false
    }
  }

  /// How many streams it has, and how many of them are more than the peer lets it have.
  var load: Int { (session?.active.count ?? 0) + waitingCount }
  var isFull: Bool { state == .open && load >= session?.mostStreams ?? 0 }

  /// A stream that waits may be sent.
  var hasRoom: Bool { isUsable && session.map { $0.active.count < $0.mostStreams } ?? false }
  var hasWaiting: Bool { waitingCount > 0 }
  private var hasStreams: Bool { load > 0 }

  // MARK: Streams

  /// Takes a stream, which is sent at the end of the turn if there is room.
  func add(_ stream: HTTP2Stream) {
    stream.connection = self
    var queue = exchange(&waiting, with: [])
    queue.append(stream)
    waiting = queue
    waitingCount += 1
    // Whoever has little time left does not decide how long the others wait for the connection.
    connectEnd = max(connectEnd, stream.limits.connected)
    isIdle = false
    pool.list(self)
  }

  /// A stream is cancelled, or has failed for its time.
  func remove(_ stream: HTTP2Stream) {
    switch stream.phase {
    case .waiting:
      stream.phase = .over
      waitingCount -= 1
      // Who cancels again and again where there is no room shall not fill the memory.
      if waiting.count > 2 * waitingCount + 16 { waiting = waiting.filter { $0.phase == .waiting } }
    case .begun: session?.reset(stream)
    case .over: return
    }
    stream.connection = nil
    pool.list(self)
  }

  /// A stream was given up for want of an answer. If nothing at all has come since it was begun, the connection may be dead,
  /// and what is between acknowledge what it does not pass on: the next one is sent on another.
  func gaveUp(_ stream: HTTP2Stream) {
    if stream.receivedBefore == received { leave() }
  }

  /// Nothing comes of a stream. Of one that was never answered that may be its own, where something came for others.
  func distrust(_ stream: HTTP2Stream) {
    if stream.isOpened || stream.receivedBefore == received { leave() }
  }

  /// One of the session's has ended.
  func lostStream() {
    pool.list(self)
  }

  /// The host takes what was held for a stream.
  func release(_ stream: HTTP2Stream) {
    guard stream.phase == .begun else { return }
    let count = stream.release()
    guard count > 0 else { return }
    session?.consume(stream, count)
    pool.list(self)
  }

  /// Sends what waits, as far as the peer lets it.
  private func beginWaiting() {
    guard let session, waitingCount > 0, state == .open, session.isUsable else { return }
    let most = session.mostStreams
    while session.active.count < most, let stream = nextWaiting() {
      guard stream.phase == .waiting else { continue }
      waitingCount -= 1
      stream.receivedBefore = received
      if let problem = origin.withFields(of: stream.request, { session.begin(stream, $0) }) {
        stream.phase = .over
        fail(stream, .broken, problem)
      }
    }
    spill()
  }

  private func nextWaiting() -> HTTP2Stream? {
    var queue = exchange(&waiting, with: [])
    defer { waiting = queue }
    return queue.popFirst()
  }

  /// Calls end, and those that wait get their turn. Streams that stay open would wait for ever, and go elsewhere.
  private func spill() {
    guard lane == .streams, waitingCount > 0, pool.hasRoom(beside: self) else { return }
    for stream in takeWaiting() { pool.placeAnew(stream, now: System.now()) }
  }

  /// None waits any more.
  private func takeWaiting() -> [HTTP2Stream] {
    let streams = waiting.filter { $0.phase == .waiting }
    waiting = []
    waitingCount = 0
    for stream in streams { stream.connection = nil }
    return Array(streams)
  }

  private func fail(_ stream: HTTP2Stream, _ kind: TransferFailure.Kind, _ message: String) {
    stream.phase = .over
    stream.connection = nil
    stream.fail(TransferFailure(kind: kind, bodyMayHaveBeenSent: false, curlCode: 0, message: message))
    pool.news.append(stream)
  }

  // MARK: The way there

  /// Finds out the addresses, or waits for a name.
  func begin(now: Instant) {
    isBegun = true
    known.removeAll()
    for name in origin.route.names {
      switch pool.names.find(name.host, for: id, now: now, watch: pool.watchNames) {
      case .known(let known): self.known.append((name, known))
      case .waits: return
      case .failed(let error): return end(error.isShortage ? .shortage : .resolve, "\(error)")
      }
    }
    guard prepareTLS(now: now) else { return }
    let addresses = addresses()
    guard !addresses.isEmpty else { return end(.invalid, "there is no address to connect to") }
    dialer = Dialer(addresses)
    state = .dialing
    dial(now: now)
  }

  private func prepareTLS(now: Instant) -> Bool {
    let route = origin.route
    guard route.usesTLS else { return true }
    do throws(HTTP2Pool.Problem) {
      if route.isTLS {
        let context = try pool.context(now: now)
        (innerContext, material) = (context, context.material)
      }
      if let proxy = route.proxy, proxy.scheme == .https {
        let context = try pool.proxyContext(now: now)
        guard let layer = context.connect(to: proxy.address.host) else { throw .init(.shortage, "out of memory") }
        layers = [layer]
      }
      return true
    } catch {
      end(error.kind, error.message)
      return false
    }
  }

  private func addresses() -> [SocketAddress] {
    if let path = origin.socketPath { return SocketAddress(path: path).map { [$0] } ?? [] }
    let next = origin.route.proxy?.address ?? origin.route.target
    return texts(of: next).compactMap { SocketAddress($0, port: next.port) }
  }

  /// The addresses of a host, as far as they are known.
  private func texts(of host: HostPort) -> [String] {
    if let (_, known) = known.first(where: { $0.name == host }) { return known.addresses }
    if host.host == "localhost" || host.host.hasSuffix(".localhost") { return ["127.0.0.1", "::1"] }
    return [host.host]
  }

  private func dial(now: Instant) {
    dialer.dial(now: now) { address throws(SystemError) in
      let socket = try connect(to: address)
      do throws(SystemError) {
        return (socket, try pool.watch(socket, EPOLLOUT.rawValue, for: self))
      } catch {
        close(socket)
        throw error
      }
    }
    if dialer.hasFailed { return failToDial() }
    pool.setDue(self, at: dialer.nextAt.map { min($0, connectEnd) } ?? connectEnd)
  }

  /// Where there is no descriptor left, for what may have it, with the one that is kept; until it is closed, no other is.
  private func connect(to address: SocketAddress) throws(SystemError) -> Int32 {
    do throws(SystemError) {
      return try System.connect(to: address, options)
    } catch {
      let maySpend = waiting.contains { $0.phase == .waiting && $0.request.usesReserve }
      guard error.isShortage, maySpend, pool.reserve.spend() else { throw error }
      return try System.connect(to: address, options)
    }
  }

  private func failToDial() {
    let failure = dialer.failure
    let kind: TransferFailure.Kind =
      if failure?.isShortage == true { .shortage } else if failure?.errno == ECONNREFUSED { .refused } else { .connect }
    end(kind, failure.map { "\($0)" } ?? "no connection")
  }

  private func connected(_ attempt: Dialer.Attempt, now: Instant) {
    (socket, tag) = (attempt.socket, attempt.tag)
    for other in dialer.attempts { pool.close(other.socket, other.tag) }
    dialer = Dialer([])
    pool.names.worked(known.filter { $0.known.addresses.count > 1 }, at: attempt.address.text)
    pool.setDue(self, at: connectEnd)
    if let code = pool.change(socket, EPOLLIN.rawValue, tag) {
      return end(.shortage, "\(SystemError(call: "epoll_ctl", errno: code, text: System.describe(code)))")
    }
    if let proxy = origin.route.proxy {
      state = .tunnelling
      let target = origin.route.target
      // Of one that resolves no names itself, its address is known.
      let host = proxy.scheme.resolvesNames ? target.host : texts(of: target).first ?? target.host
      tunnel = Tunnel(proxy, to: HostPort(host: host, port: target.port), userAgent: options.userAgent)
      if layers.isEmpty { tell(tunnel?.begin() ?? .wait, now: now) } else { shakeHands(now: now) }
    } else {
      secure(now: now)
    }
    pool.list(self)
  }

  /// The way is there: TLS with the host itself, if it has it.
  private func secure(now: Instant) {
    guard let context = innerContext else { return greet() }
    guard let layer = context.connect(to: origin.route.name.host) else { return end(.shortage, "out of memory") }
    layers.append(layer)
    state = .securing
    shakeHands(now: now)
  }

  private func shakeHands(now: Instant) {
    guard let layer = layers.last, !layer.isUp else { return }
    do throws(TLSLayer.Failure) {
      defer { takeOutput(of: layers.count - 1) }
      try layer.shakeHands(wantsHTTP2: state == .securing)
    } catch {
      return end(error)
    }
    guard layer.isUp else { return }
    if state == .tunnelling { tell(tunnel?.begin() ?? .wait, now: now) } else { greet() }
  }

  private func end(_ failure: TLSLayer.Failure) {
    // The alert that says what was wrong.
    flushOutput()
    switch failure {
    case .notHTTP2: end(.notHTTP2, "the server did not agree to HTTP/2")
    case .broken(let message): end(.broken, message)
    case .handshake(let message):
      let shortage = System.shortageOfDescriptors()
      end(shortage == nil ? .tls : .shortage, shortage.map { "\($0)" } ?? message)
    }
  }

  private func tell(_ step: Tunnel.Step, now: Instant) {
    var step = step
    while true {
      switch step {
      case .send(let bytes):
        bytes.withUnsafeBytes { put($0) }
        step = tunnel?.receive(UnsafeRawBufferPointer(start: nil, count: 0)) ?? .wait
      case .wait: return
      case .open(let rest):
        tunnel = nil
        secure(now: now)
        if !rest.isEmpty {
          rest.withUnsafeBytes { take($0, at: origin.route.proxy?.scheme == .https ? 1 : 0, now: now) }
        }
        return
      case .fail(let message): return end(.connect, message)
      // Without TLS the proxy may pass on single requests all the same, in HTTP/1.1.
      case .refuse(let message): return end(origin.route.isTLS ? .connect : .notHTTP2, message)
      }
    }
  }

  private func greet() {
    guard let session = HTTP2Session(lane, news: pool.news) else { return end(.shortage, "out of memory") }
    self.session = session
    state = .greeting
  }

  // MARK: Time

  /// Its time has come.
  func due(now: Instant) {
    switch state {
    case .resolving, .dialing, .tunnelling, .securing, .greeting:
      if let next = dialer.nextAt, next <= now, connectEnd > now { return dial(now: now) }
      guard connectEnd <= now else { return pool.setDue(self, at: connectEnd) }
      guard hasUnread, !connectWasExtended else {
        return end(
          missingKind,
          "\(missing) within \(connectTimeout.millisecondsRoundedUp) ms")
      }
      connectWasExtended = true
      connectEnd = now + connectTimeout
      pool.setDue(self, at: connectEnd)
    case .open:
      guard !hasStreams else { return pool.setDue(self, at: now + HTTP2Limits.idleTime) }
      let end = usedAt + HTTP2Limits.idleTime
      if end <= now { self.end(.broken, "idle") } else { pool.setDue(self, at: end) }
    case .leaving, .closed: break
    }
  }

  /// What the lack of it is. Who takes a connection, and says nothing then, is silent.
  var missingKind: TransferFailure.Kind {
    switch state {
    case .resolving: .resolve
    case .greeting: .timeout
    default: .connect
    }
  }

  /// What has not come about yet.
  var missing: String {
    switch state {
    case .resolving: "the host's name was not resolved"
    case .greeting: "the peer said nothing in HTTP/2"
    default: "no connection"
    }
  }

  /// Whether something is here that the host did not get to look at.
  var hasUnread: Bool {
    switch state {
    case .resolving: pool.names.hasUnread
    case .dialing:
      dialer.attempts.contains { attempt in
        let ready = System.readiness(of: attempt.socket, EPOLLOUT.rawValue)
        return ready != 0 && ready & (EPOLLERR.rawValue | EPOLLHUP.rawValue) == 0
      }
    case .closed: false
    default: System.readiness(of: socket, EPOLLIN.rawValue) != 0
    }
  }

  // MARK: In

  /// A socket of its is ready. Returns whether there may be more to be had at once.
  func ready(_ events: UInt32, _ tag: UInt64, now: Instant) -> Bool {
    if state == .dialing {
      switch dialer.ready(tag) {
      case .connected(let attempt): connected(attempt, now: now)
      case .failed(let attempt):
        pool.close(attempt.socket, attempt.tag)
        if dialer.hasFailed { failToDial() } else { dial(now: now) }
      case .unknown: break
      }
      return false
    }
    guard tag == self.tag, socket >= 0 else { return false }
    pool.list(self)
    guard events & ~EPOLLOUT.rawValue != 0 else { return false }
    return read(now: now)
  }

  /// Reads once, if this run still has room for it.
  private func read(now: Instant) -> Bool {
    if lastRun != pool.run {
      lastRun = pool.run
      bytesThisRun = 0
      session?.frames = 0
    }
    guard bytesThisRun < HTTP2Limits.bytesPerRun, session?.frames ?? 0 < HTTP2Limits.framesPerRun else { return false }
    let room = pool.input
    let count = recv(socket, room.baseAddress, room.count, 0)
    if count > 0 {
      receivedAny = true
      bytesThisRun += count
      received &+= UInt64(count)
      take(UnsafeRawBufferPointer(rebasing: room[..<count]), at: 0, now: now)
      return count == room.count && state != .closed
    }
    let code = errno
    if count < 0, code == EAGAIN || code == EINTR { return false }
    hungUp(count == 0 ? 0 : code)
    return false
  }

  /// The peer has closed the connection, or it broke.
  private func hungUp(_ code: Int32) {
    let what = code == 0 ? "the peer closed the connection" : "the connection broke: \(System.describe(code))"
    // A server of HTTP/1 may say nothing at all to what it takes for nonsense.
    let wasRejected = state == .greeting && code == 0 && !receivedAny && layers.isEmpty
    switch state {
    case .securing: end(.tls, what)
    case .tunnelling: end(.connect, what)
    default: end(wasRejected ? .notHTTP2 : .broken, what)
    }
  }

  /// Takes bytes as they come out of so many layers of TLS.
  private func take(_ bytes: UnsafeRawBufferPointer, at level: Int, now: Instant) {
    guard level < layers.count else { return takePlain(bytes, now: now) }
    let layer = layers[level]
    layer.feed(bytes)
    if !layer.isUp { shakeHands(now: now) }
    while layer.isUp, state != .closed {
      let room = pool.plain[min(level, pool.plain.count - 1)]
      do throws(TLSLayer.Failure) {
        let count = try layer.read(into: room)
        guard count > 0 else { break }
        take(UnsafeRawBufferPointer(rebasing: room[..<count]), at: level + 1, now: now)
      } catch {
        return end(error)
      }
    }
    if state != .closed { takeOutput(of: level) }
    if layer.hasEnded, state != .closed { hungUp(0) }
  }

  private func takePlain(_ bytes: UnsafeRawBufferPointer, now: Instant) {
    if state == .tunnelling {
      guard let step = tunnel?.receive(bytes) else { return }
      return tell(step, now: now)
    }
    guard let session else { return }
    if state == .greeting, !firstFrameIsSettings(bytes) { return end(.notHTTP2, "the peer speaks no HTTP/2") }
    session.receive(bytes, now: now)
    if state == .greeting, session.isGreeted {
      state = .open
      usedAt = now
      pool.setDue(self, at: now + HTTP2Limits.idleTime)
    }
    if state == .open, !session.isUsable { leave() }
  }

  /// The first bytes of who speaks HTTP/2 are the head of a frame of settings. Until all of it is here, what is here may be.
  private func firstFrameIsSettings(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !firstFrameWasSeen else { return true }
    firstBytes.append(contentsOf: bytes.prefix(5 - firstBytes.count))
    guard firstBytes.count == 5 else { return true }
    firstFrameWasSeen = true
    return firstBytes[3] == 4 && firstBytes[4] & ~1 == 0
  }

  private var firstBytes: [UInt8] = []
  private var firstFrameWasSeen = false

  // MARK: Out

  /// Sends what there is to send, in as few calls as it takes.
  func flush(now: Instant) {
    guard state.rawValue > State.dialing.rawValue, state != .closed else { return }
    if state == .open, waitingCount > 0, session?.active.isEmpty == true {
      // It has been idle: the peer may have left, and a write that is sent after that may have happened.
      _ = read(now: now)
      if state == .closed { return }
    }
    beginWaiting()
    while state != .closed {
      let isMore = fill()
      flushOutput()
      if !isMore || sent < output.count { break }
    }
    settle(now: now)
  }

  /// Gathers what the session has to send. Returns whether there is more than that.
  private func fill() -> Bool {
    guard let session else { return false }
    if layers.isEmpty { return session.appendOutput(to: &output, until: sent + HTTP2Limits.bytesPerSend) }
    while output.count - sent < HTTP2Limits.bytesPerSend {
      guard let bytes = session.nextOutput() else { return false }
      put(UnsafeRawBufferPointer(bytes))
      session.departed = session.written
      if state == .closed { return false }
    }
    return true
  }

  private func put(_ bytes: UnsafeRawBufferPointer) {
    guard let layer = layers.last else { return output.append(contentsOf: bytes) }
    do throws(TLSLayer.Failure) {
      try layer.write(bytes)
      takeOutput(of: layers.count - 1)
    } catch {
      end(error)
    }
  }

  /// Passes on what a layer wants to have sent.
  private func takeOutput(of level: Int) {
    guard layers.indices.contains(level) else { return }
    guard level > 0 else { return layers[0].takeOutput(&output) }
    var bytes: [UInt8] = []
    layers[level].takeOutput(&bytes)
    guard !bytes.isEmpty else { return }
    do throws(TLSLayer.Failure) {
      try layers[level - 1].write(bytes)
      takeOutput(of: level - 1)
    } catch {
      end(error)
    }
  }

  private func flushOutput() {
    guard sent < output.count, socket >= 0 else { return }
    let count = output.withUnsafeBytes { bytes in
      send(socket, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
    }
    let code = errno
    if count > 0 {
      sent += count
      if layers.isEmpty, let session { session.departed &+= UInt64(count) }
    }
    if sent == output.count {
      output.removeAll(keepingCapacity: output.capacity <= HTTP2Limits.roomKept)
      sent = 0
      watchWriting(false)
    } else if count >= 0 || code == EAGAIN || code == EINTR || code == ENOBUFS {
      watchWriting(true)
    } else {
      // What the peer has said before it went is still there to be read; its end, too.
      output.removeAll()
      sent = 0
      watchWriting(false)
      shutdown(socket, Int32(SHUT_WR))
      if state == .open { leave() }
    }
  }

  private func watchWriting(_ watches: Bool) {
    guard watches != watchesWriting else { return }
    watchesWriting = watches
    _ = pool.change(socket, EPOLLIN.rawValue | (watches ? EPOLLOUT.rawValue : 0), tag)
  }

  // MARK: The end

  /// It takes no more streams. Those that wait go to another connection.
  func leave() {
    guard state != .closed, state != .leaving else { return }
    let wasOpen = state == .open
    pool.detach(self)
    if wasOpen { state = .leaving }
    let moving = takeWaiting()
    if !wasOpen { end(.broken, "the connection is not needed") }
    for stream in moving { pool.move(stream) }
    pool.list(self)
  }

  /// After each turn: a connection that has nothing left to do ends, or is idle.
  private func settle(now: Instant) {
    guard state != .closed, let session else { return }
    if session.isOver {
      let what = session.problem ?? session.fault ?? "the peer ended it"
      return end(.broken, "the connection ended: \(what)")
    }
    if state == .leaving, session.active.isEmpty, sent == output.count { return end(.broken, "left") }
    if state == .open, !session.isUsable { return leave() }
    guard state == .open else { return }
    if lane == .streams, !isFull { pool.offerRoom(of: self) }
    if hasStreams {
      usedAt = now
    } else if !isIdle {
      isIdle = true
      usedAt = now
      pool.becameIdle(self)
    }
  }

  /// It is over, for this reason, which all hear that have streams on it.
  func end(_ kind: TransferFailure.Kind, _ message: String) {
    guard state != .closed else { return }
    let wasOpen = state == .open || state == .leaving
    state = .closed
    pool.detach(self)
    switch kind {
    case .connect, .refused, .tls: pool.names.drop(known)
    default: break
    }
    session?.failAll(message)
    let moving = takeWaiting()
    closeSockets()
    for stream in moving {
      if wasOpen { pool.move(stream) } else { fail(stream, kind, message) }
    }
    session = nil
    pool.remove(self)
  }

  private func closeSockets() {
    for attempt in dialer.attempts { pool.close(attempt.socket, attempt.tag) }
    dialer = Dialer([])
    guard socket >= 0 else { return }
    if let layer = layers.last, sent == output.count {
      layer.close()
      takeOutput(of: layers.count - 1)
      flushOutput()
    }
    pool.close(socket, tag)
    socket = -1
  }

  /// In the child after `fork`.
  func abandon() {
    state = .closed
    session.map { _ = Unmanaged.passRetained($0) }
    for layer in layers { _ = Unmanaged.passRetained(layer) }
    for stream in session?.active ?? [] { stream.connection = nil }
    for stream in waiting { stream.connection = nil }
    waiting = []
    socket = -1
  }
}
