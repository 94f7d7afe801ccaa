import CSystem
import Glibc

/// All that goes over HTTP/2: which stream is on which connection, and what becomes of both.
///
/// It shares the reactor's epoll and its names, and does something only when the reactor asks it to.
final class HTTP2Pool {
  /// What keeps a connection from being made.
  struct Problem: Error {
    var kind: TransferFailure.Kind
    var message: String

    init(_ kind: TransferFailure.Kind, _ message: String) {
      (self.kind, self.message) = (kind, message)
    }
  }

  /// Its tags in epoll, and its ids among those of transfers, have this bit.
  private static let mark: UInt64 = 1 << 63
  private static let originLimit = 1024
  private static let mostMoves = 2
  /// How often the end of a stream's time is put off for what its connection has not read.
  private static let mostReprieves = 8
  /// The system's authorities are read anew after so long.
  private static let contextTime = Duration.seconds(600)

  private(set) var options: ReactorOptions
  var names: Names
  let reserve: Reserve
  let news = HTTP2News()
  /// Where sockets are read into, and what TLS makes of that.
  let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
  let plain = (0..<2).map { _ in UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16) }
  /// Counts the reactor's runs.
  private(set) var run: UInt64 = 0
  private(set) var connectionsOpened: UInt64 = 0

  private var epoll: Descriptor?
  private var material: TLSMaterial
  private var madeContext: TLSContext?
  private var madeProxyContext: TLSContext?
  private var origins: [String: HTTP2Origin] = [:]
  /// The one that was used last, which the next request most likely needs.
  private var lastOrigin: (name: String, origin: HTTP2Origin)?
  private let streams = OwnTable<TransferID, HTTP2Stream>()
  private var connections: [TransferID: HTTP2Connection] = [:]
  /// When their time comes, in the table below.
  private var connectionsDue: [TransferID: Instant] = [:]
  /// By the tags of their sockets.
  private var sockets: [UInt64: HTTP2Connection] = [:]
  private let deadlines = Deadlines()
  private var serial: UInt64 = 0
  /// Those that may have something to send.
  private var listed: [HTTP2Connection] = []
  /// Memory for the next of them.
  private var spareList: [HTTP2Connection] = []
  private var late: [HTTP2Stream] = []

  init(epoll: Descriptor, options: ReactorOptions, names: Names, reserve: Reserve) {
    self.epoll = epoll
    self.options = options
    self.names = names
    self.reserve = reserve
    material = TLSMaterial(options.tls)
  }

  deinit {
    input.deallocate()
    for buffer in plain { buffer.deallocate() }
  }

  func watchNames(_ descriptor: Descriptor) -> SystemError? {
    epoll.flatMap { names.watch(descriptor, in: $0) }
  }

  /// When there is something to do even if nothing arrives.
  var deadline: Instant? { deadlines.earliest }
  /// Something is to be told.
  var hasNews: Bool { !news.isEmpty }
  /// The same, or something to be sent.
  var hasWork: Bool { hasNews || !listed.isEmpty }

  // MARK: Transfers

  func start(_ id: TransferID, _ request: TransferRequest, now: Instant) {
    let stream = HTTP2Stream(id: id, request: request, startedAt: now)
    streams.set(stream, id)
    if let problem = request.problem { return fail(stream, .invalid, problem) }
    place(stream, now: now)
  }

  /// Finds a connection for it, or makes one.
  func place(_ stream: HTTP2Stream, now: Instant) {
    let origin = origin(of: stream.request)
    if let problem = origin.route.problem { return fail(stream, .invalid, problem) }
    if origin.route.isTLS { renewMaterial(of: origin, now: now) }
    let connection = connection(to: origin, for: stream.request, now: now)
    // What is open needs no time to connect.
    setDue(stream, at: connection.isOpen ? stream.limits.end : stream.limits.earliest)
    connection.add(stream)
    if !connection.isBegun { connection.begin(now: now) }
  }

  private func origin(of request: TransferRequest) -> HTTP2Origin {
    let name = request.head.origin
    if let lastOrigin, lastOrigin.name == name, lastOrigin.origin.socketPath == request.head.socketPath {
      return lastOrigin.origin
    }
    let origin = origin(name, of: request)
    lastOrigin = (name, origin)
    return origin
  }

  private func origin(_ name: String, of request: TransferRequest) -> HTTP2Origin {
    // A blank is in no origin.
    let key = request.head.socketPath.map { "\(name) \($0)" } ?? name
    if let origin = origins[key] { return origin }
    let origin = HTTP2Origin(name, socketPath: request.head.socketPath, options)
    // There are as many as endpoints; whoever makes up ever new ones shall not fill the memory.
    if origins.count >= Self.originLimit { forgetOrigins() }
    origins[key] = origin
    return origin
  }

  /// Connections that are open go on, and take no more streams.
  private func forgetOrigins() {
    let old = origins.values
    (origins, lastOrigin) = ([:], nil)
    for connection in old.flatMap(\.connections) { connection.leave() }
  }

  private func connection(
    to origin: HTTP2Origin, for request: TransferRequest, now: Instant
  ) -> HTTP2Connection {
    var best: HTTP2Connection?
    var count = 0
    for connection in origin.connections where connection.lane == request.lane && connection.isUsable {
      count += 1
      guard let other = best else {
        best = connection
        continue
      }
      if other.isFull != connection.isFull ? other.isFull : connection.load < other.load { best = connection }
    }
    // Streams that stay open would wait for each other for ever; calls wait their turn.
    if let best, !best.isFull || request.lane != .streams || count >= HTTP2Limits.connectionsPerLane { return best }
    let connection = HTTP2Connection(nextID(), origin, request, self, now: now)
    connections[connection.id] = connection
    origin.add(connection)
    setDue(connection, at: connection.connectEnd)
    return connection
  }

  /// Whether another connection of the lane can take what this one cannot.
  func hasRoom(beside connection: HTTP2Connection) -> Bool {
    let others = connection.origin.connections.filter { $0.lane == connection.lane && $0.isUsable }
    return others.count < HTTP2Limits.connectionsPerLane || others.contains { !$0.isFull }
  }

  /// It has room again: what waits on another of its lane may come.
  func offerRoom(of connection: HTTP2Connection) {
    for other in connection.origin.connections
    where other !== connection && other.lane == connection.lane && other.hasWaiting && other.isFull {
      list(other)
    }
  }

  private func nextID() -> TransferID {
    serial += 1
    return TransferID(rawValue: Self.mark | serial)
  }

  /// The connection it waited on takes no more.
  func move(_ stream: HTTP2Stream) {
    stream.moves += 1
    stream.connection = nil
    guard epoll != nil, stream.moves <= Self.mostMoves else {
      return fail(stream, .broken, "the peer ends each connection before the request is sent")
    }
    placeAnew(stream, now: System.now())
  }

  /// After it has waited for another connection.
  func placeAnew(_ stream: HTTP2Stream, now: Instant) {
    stream.limits.reconnect(until: now + stream.request.connectTimeout)
    place(stream, now: now)
  }

  private func fail(_ stream: HTTP2Stream, _ kind: TransferFailure.Kind, _ message: String) {
    stream.phase = .over
    stream.fail(TransferFailure(kind: kind, bodyMayHaveBeenSent: false, curlCode: 0, message: message))
    news.append(stream)
  }

  /// Whether it was one of these.
  func cancel(_ id: TransferID) -> Bool {
    guard let stream = streams.remove(id) else { return false }
    setDue(stream, at: nil)
    stream.connection?.remove(stream)
    stream.drop()
    return true
  }

  func distrust(_ id: TransferID) {
    if let stream = streams[id], stream.phase == .begun { stream.connection?.distrust(stream) }
  }

  /// Whether it is one of these.
  func setPaused(_ isPaused: Bool, _ id: TransferID) -> Bool {
    guard let stream = streams[id] else { return false }
    guard stream.isPaused != isPaused else { return true }
    stream.isPaused = isPaused
    guard !isPaused else { return true }
    stream.connection?.release(stream)
    news.append(stream)
    return true
  }

  private func setDue(_ stream: HTTP2Stream, at time: Instant?) {
    if let due = stream.limits.due { deadlines.remove(stream.id, at: due) }
    stream.limits.due = time
    if let time { deadlines.insert(stream.id, at: time) }
  }

  /// Other options hold for connections from now on.
  func reconfigure(_ options: ReactorOptions, _ names: Names) {
    if options.tls != self.options.tls { material.replace(by: options.tls) }
    (self.options, self.names) = (options, names)
    (madeContext, madeProxyContext) = (nil, nil)
    forgetOrigins()
  }

  // MARK: Certificates

  /// What is made with certificates that have been replaced takes no more streams.
  private func renewMaterial(of origin: HTTP2Origin, now: Instant) {
    material.refresh(now: now)
    let serial = material.current.serial
    for connection in origin.connections where connection.material != serial && connection.material != 0 {
      connection.leave()
    }
  }

  func context(now: Instant) throws(Problem) -> TLSContext {
    try context(&madeContext, isForProxy: false, now: now)
  }

  func proxyContext(now: Instant) throws(Problem) -> TLSContext {
    try context(&madeProxyContext, isForProxy: true, now: now)
  }

  private func context(_ made: inout TLSContext?, isForProxy: Bool, now: Instant) throws(Problem) -> TLSContext {
    material.refresh(now: now)
    if let problem = material.problem {
      throw Problem(problem.error.isShortage ? .shortage : .tls, problem.message)
    }
    let serial = material.current.serial
    if let made, made.material == serial, now - made.madeAt < Self.contextTime { return made }
    do throws(TLSContext.Problem) {
      let context = try TLSContext(options.tls, material.current, isForProxy: isForProxy, now: now)
      made = context
      return context
    } catch {
      if case .material = error { material.fallBack(from: serial) }
      throw Problem(.tls, error.message)
    }
  }

  // MARK: Connections

  func setDue(_ connection: HTTP2Connection, at time: Instant) {
    if let due = connectionsDue[connection.id] { deadlines.remove(connection.id, at: due) }
    connectionsDue[connection.id] = time
    deadlines.insert(connection.id, at: time)
  }

  /// It takes no more streams.
  func detach(_ connection: HTTP2Connection) {
    connection.origin.remove(connection)
  }

  func remove(_ connection: HTTP2Connection) {
    connections.removeValue(forKey: connection.id)
    if let due = connectionsDue.removeValue(forKey: connection.id) { deadlines.remove(connection.id, at: due) }
  }

  /// It may have something to send.
  func list(_ connection: HTTP2Connection) {
    guard !connection.isListed else { return }
    connection.isListed = true
    var list = exchange(&listed, with: [])
    list.append(connection)
    listed = list
  }

  /// Of more idle connections than there may be, the one ends that was idle first.
  func becameIdle(_ connection: HTTP2Connection) {
    let idle = connections.values.filter(\.isIdle)
    guard idle.count > max(0, options.maxIdleConnections) else { return }
    idle.min { ($0.usedAt, $0.id.rawValue) < ($1.usedAt, $1.id.rawValue) }?.end(.broken, "too many are idle")
  }

  // MARK: Sockets

  /// Watches a new socket.
  func watch(_ socket: Int32, _ events: UInt32, for connection: HTTP2Connection) throws(SystemError) -> UInt64 {
    connectionsOpened &+= 1
    let tag = nextID().rawValue
    let code = epoll.map { System.control($0, EPOLL_CTL_ADD, socket, events: events, tag: tag) } ?? EBADF
    if let code { throw SystemError(call: "epoll_ctl", errno: code, text: System.describe(code)) }
    sockets[tag] = connection
    return tag
  }

  /// What is watched for at a socket. Returns the `errno` if it could not be done.
  func change(_ socket: Int32, _ events: UInt32, _ tag: UInt64) -> Int32? {
    epoll.flatMap { System.control($0, EPOLL_CTL_MOD, socket, events: events, tag: tag) }
  }

  func close(_ socket: Int32, _ tag: UInt64) {
    sockets.removeValue(forKey: tag)
    // Closing alone would leave it in epoll if a forked child holds it too.
    if let epoll { _ = System.control(epoll, EPOLL_CTL_DEL, socket, events: 0, tag: tag) }
    Glibc.close(socket)
    reserve.restock()
  }

  /// The tags of these sockets in epoll.
  let tags = HTTP2Pool.mark...(.max - 3)

  /// One of these sockets is ready. Returns whether there may be more to be had of it at once.
  func serve(_ event: epoll_event, now: Instant) -> Bool {
    sockets[event.data.u64]?.ready(event.events, event.data.u64, now: now) ?? false
  }

  // MARK: Running

  func beginRun(now: Instant) {
    run &+= 1
    takeDue(now: now)
  }

  private func takeDue(now: Instant) {
    while let id = deadlines.removeDue(now: now) {
      if let connection = connections[id] {
        connectionsDue.removeValue(forKey: id)
        connection.due(now: now)
      } else if let stream = streams[id] {
        stream.limits.due = nil
        due(stream, now: now)
      }
    }
  }

  private func due(_ stream: HTTP2Stream, now: Instant) {
    guard !stream.hasEnded, let connection = stream.connection else { return }
    let isOver = stream.limits.end.map { $0 <= now } ?? false
    if stream.phase == .begun {
      // What has arrived is read before it is given up.
      return isOver ? late.append(stream) : setDue(stream, at: stream.limits.end)
    }
    if connection.isOpen {
      guard isOver else { return setDue(stream, at: stream.limits.end) }
      // Where there was room, it was the host that had no time.
      return giveUp(stream, connection.hasRoom ? .late : .timeout, "not sent", stream.request.timeout)
    }
    let isHosts = connection.hasUnread
    let kind = connection.missingKind
    if isOver { return giveUp(stream, isHosts ? .late : kind, connection.missing, stream.request.timeout) }
    guard isHosts, !stream.limits.isExtended else {
      return giveUp(stream, kind, connection.missing, stream.request.connectTimeout)
    }
    stream.limits.extend(until: now + stream.request.connectTimeout)
    setDue(stream, at: stream.limits.earliest)
  }

  private func giveUp(_ stream: HTTP2Stream, _ kind: TransferFailure.Kind, _ what: String, _ limit: Duration?) {
    let message = "\(what) within \((limit ?? .zero).millisecondsRoundedUp) ms"
    if stream.phase == .begun, let connection = stream.connection {
      connection.session?.giveUp(stream, kind, message)
    } else {
      stream.connection?.remove(stream)
      fail(stream, kind, message)
    }
  }

  /// Ends those that have got nothing more to read.
  func endRun(now: Instant) {
    guard !late.isEmpty else { return }
    let streams = late
    late = []
    for stream in streams where !stream.hasEnded && stream.phase == .begun {
      if stream.connection?.hasUnread == true, stream.reprieves < Self.mostReprieves {
        stream.reprieves += 1
        setDue(stream, at: stream.limits.end)
      } else {
        let connection = stream.connection
        giveUp(stream, .timeout, stream.isOpened ? "no end of the answer" : "no answer", stream.request.timeout)
        connection?.gaveUp(stream)
      }
    }
  }

  /// The names that a connection waited for are known, or it is known why they are not.
  func resolved(_ id: TransferID, problem: String?, now: Instant) {
    guard let connection = connections[id], connection.state == .resolving else { return }
    if let problem { connection.end(.resolve, problem) } else { connection.begin(now: now) }
  }

  /// Sends what there is to send.
  func flush(now: Instant) {
    // What one sends may end it, and so move its streams to another.
    while !listed.isEmpty {
      var connections = spareList
      swap(&connections, &listed)
      spareList = []
      for connection in connections {
        connection.isListed = false
        connection.flush(now: now)
      }
      connections.removeAll(keepingCapacity: true)
      spareList = connections
    }
  }

  func deliver(_ handle: (TransferID, TransferEvent) -> Void) {
    guard !news.isEmpty else { return }
    let told = news.take()
    for stream in told {
      stream.isListed = false
      guard streams[stream.id] === stream else { continue }
      stream.tell(handle)
      guard let outcome = stream.takeOutcome() else { continue }
      streams.remove(stream.id)
      setDue(stream, at: nil)
      stream.connection = nil
      handle(stream.id, outcome)
    }
    news.recycle(told)
  }

  // MARK: The end

  /// Ends all transfers without a word, and closes all connections. Idempotent.
  func close() {
    let ended = streams.removeAll()
    deadlines.removeAll()
    for stream in ended {
      stream.limits.due = nil
      stream.connection?.remove(stream)
      stream.drop()
    }
    let open = connections.values
    for connection in open { connection.end(.broken, "the reactor is shut down") }
    (origins, lastOrigin, connections, connectionsDue) = ([:], nil, [:], [:])
    (sockets, listed, late) = ([:], [], [])
    news.removeAll()
    epoll = nil
  }

  /// In the child after `fork`: the sockets, and what was said on them, are the parent's.
  func abandon() {
    for connection in connections.values { connection.abandon() }
    epoll = nil
    close()
  }
}
