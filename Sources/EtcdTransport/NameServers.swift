import CCares
import CSystem
import Glibc

/// Asks name servers, and the machine's hosts file, for addresses, and name servers for SRV records, by c-ares: without a
/// thread, and through sockets that no child inherits.
///
/// Its sockets are in an epoll of its own, whose descriptor is ready when one of them is. While nobody is asked there is
/// no channel, and so there are no sockets; and what the machine says of its name servers is read anew with each channel.
///
/// libcurl would start a thread for each transfer that waits for a name; they outlive their transfers, and while they wait
/// their sockets and socket pairs are inherited by whatever the host starts.
final class NameServers {
  enum Outcome {
    /// Not empty, in the order in which they are to be tried.
    case addresses([String])
    /// Why there are none.
    case failed(String)
  }

  private static let isLibraryReady = ares_library_init(ARES_LIB_INIT_ALL) == Int32(ARES_SUCCESS)
  /// After so long the next name server is asked; with each round it doubles.
  private static let patience: Int32 = 400
  private static let rounds: Int32 = 3

  let epoll: Descriptor
  private let servers: String
  private var channel: ares_channel?
  /// How many names are being asked for.
  private var open = 0
  private var finished: [(name: String, outcome: Outcome)] = []
  private var services: [(name: String, answer: ServiceAnswer)] = []
  /// When c-ares wants to be called even if nothing arrives.
  private(set) var deadline: Instant?
  private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 16)

  init(servers: String) throws(SystemError) {
    self.servers = servers
    epoll = try System.makeEpoll()
  }

  deinit {
    close()
    events.deallocate()
  }

  /// Begins to ask. What comes of it is in `takeFinished`, maybe at once.
  func ask(_ name: String, now: Instant) {
    let problem = ask(now: now) { channel in ccares_look_up(channel, name, Self.answered, question(name)) }
    if let problem { finished.append((name, .failed(problem))) }
  }

  /// The same for the SRV records of a name, of which `takeServices` tells.
  func ask(service name: String, now: Instant) {
    let problem = ask(now: now) { channel in
      ccares_look_up_service(channel, name, Self.serviceAnswered, question(name))
    }
    if let problem { services.append((name, .failed(problem))) }
  }

  /// Returns what keeps anybody from being asked.
  private func ask(now: Instant, _ begin: (ares_channel) -> Void) -> String? {
    if channel == nil, let problem = openChannel() { return problem }
    guard let channel else { return nil }
    open += 1
    begin(channel)
    settle(now: now)
    return nil
  }

  /// What the answer comes with.
  private func question(_ name: String) -> UnsafeMutableRawPointer {
    Unmanaged.passRetained(Question(name, self)).toOpaque()
  }

  /// What has been found out since the last time.
  func takeServices() -> [(name: String, answer: ServiceAnswer)] {
    guard !services.isEmpty else { return [] }
    defer { services = [] }
    return services
  }

  var hasServices: Bool { !services.isEmpty }
  /// Whether an answer is to be taken, as of a name that is known without asking anybody.
  var hasFinished: Bool { !finished.isEmpty }

  /// What has been found out since the last time.
  func takeFinished() -> [(name: String, outcome: Outcome)] {
    guard !finished.isEmpty else { return [] }
    defer { finished = [] }
    return finished
  }

  /// Whether an answer is here that nobody has looked at.
  var hasUnread: Bool { channel != nil && System.readiness(of: epoll.rawValue, EPOLLIN.rawValue) != 0 }

  /// Takes in what has arrived, and what time has decided.
  func run(now: Instant) {
    guard let channel else { return }
    let none = ares_socket_t(ARES_SOCKET_BAD)
    let count = System.ready(epoll, events)
    for event in events.prefix(count) {
      let bits = event.events
      let socket = ares_socket_t(truncatingIfNeeded: event.data.u64)
      let reads = bits & ~EPOLLOUT.rawValue != 0
      let writes = bits & EPOLLOUT.rawValue != 0
      ares_process_fd(channel, reads ? socket : none, writes ? socket : none)
    }
    if count == 0 || deadline.map({ $0 <= now }) ?? false { ares_process_fd(channel, none, none) }
    settle(now: now)
  }

  /// After each call of c-ares: when it wants to be called again; and an end of the channel that has nothing left to do.
  private func settle(now: Instant) {
    guard open > 0 else { return close() }
    guard let channel else { return }
    var time = timeval()
    guard ares_timeout(channel, nil, &time) != nil else {
      deadline = nil
      return
    }
    let wait = Duration.seconds(time.tv_sec) + .microseconds(time.tv_usec)
    // By its own clock it may find nothing due yet; the bound is against turning in circles.
    deadline = now + max(wait, .milliseconds(1))
  }

  private func openChannel() -> String? {
    guard Self.isLibraryReady else { return "c-ares could not be set up" }
    let context = Unmanaged.passUnretained(self).toOpaque()
    var channel: ares_channel?
    let status =
      servers.isEmpty
      ? ccares_open(&channel, nil, Self.patience, Self.rounds, Self.socketChanged, context)
      : servers.withCString { ccares_open(&channel, $0, Self.patience, Self.rounds, Self.socketChanged, context) }
    guard status == Int32(ARES_SUCCESS) else { return Self.describe(status) }
    self.channel = channel
    return nil
  }

  /// Whoever still asks gets no answer.
  func close() {
    guard let channel else { return }
    self.channel = nil
    deadline = nil
    open = 0
    ares_destroy(channel)
  }

  /// In the child after `fork`: the sockets are the parent's too.
  func abandon() {
    channel = nil
    deadline = nil
    epoll.abandon()
  }

  private static func describe(_ status: Int32) -> String {
    ares_strerror(status).map { String(cString: $0) } ?? "error \(status)"
  }
}

// MARK: Called by c-ares

extension NameServers {
  private final class Question {
    let name: String
    unowned let asker: NameServers

    init(_ name: String, _ asker: NameServers) {
      self.name = name
      self.asker = asker
    }
  }

  private static let answered: ares_addrinfo_callback = { context, status, _, result in
    defer { if let result { ares_freeaddrinfo(result) } }
    guard let context else { return }
    let question = Unmanaged<Question>.fromOpaque(context).takeRetainedValue()
    // The channel is being closed; its owner may be gone.
    guard status != Int32(ARES_EDESTRUCTION) else { return }
    let asker = question.asker
    asker.open -= 1
    var addresses: [String] = []
    var node = result?.pointee.nodes
    while let next = node {
      if let address = text(next.pointee.ai_addr), !addresses.contains(address) { addresses.append(address) }
      node = next.pointee.ai_next
    }
    let isGood = status == Int32(ARES_SUCCESS) && !addresses.isEmpty
    asker.finished.append((question.name, isGood ? .addresses(addresses) : .failed(describe(status))))
  }

  private static let serviceAnswered: ares_callback = { context, status, _, bytes, length in
    guard let context else { return }
    let question = Unmanaged<Question>.fromOpaque(context).takeRetainedValue()
    guard status != Int32(ARES_EDESTRUCTION) else { return }
    let asker = question.asker
    asker.open -= 1
    var list: UnsafeMutablePointer<ares_srv_reply>?
    defer { if let list { ares_free_data(list) } }
    var status = status
    if status == Int32(ARES_SUCCESS) { status = ccares_parse_service(bytes, length, &list) }
    let answered = UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : max(0, Int(length)))
    asker.services.append((question.name, answer(status, list, ttl: AnswerLife.ttl(of: answered))))
  }

  private static func answer(
    _ status: Int32, _ list: UnsafeMutablePointer<ares_srv_reply>?, ttl: Int
  ) -> ServiceAnswer {
    switch status {
    case Int32(ARES_SUCCESS): break
    case Int32(ARES_ENODATA), Int32(ARES_ENOTFOUND): return .records([])
    default: return .failed(describe(status))
    }
    var records: [ServiceRecord] = []
    var node = list
    while let next = node {
      let record = next.pointee
      node = record.next
      guard let name = record.host else { continue }
      var host = String(cString: name)
      if host.utf8.last == UInt8(ascii: ".") { host.removeLast() }
      records.append(
        ServiceRecord(
          host: host, port: Int(record.port), priority: Int(record.priority), weight: Int(record.weight), ttl: ttl))
    }
    return .records(records)
  }

  private static let socketChanged: ares_sock_state_cb = { context, socket, reads, writes in
    guard let context else { return }
    let asker = Unmanaged<NameServers>.fromOpaque(context).takeUnretainedValue()
    let wanted = (reads != 0 ? EPOLLIN.rawValue : 0) | (writes != 0 ? EPOLLOUT.rawValue : 0)
    let tag = UInt64(UInt32(bitPattern: socket))
    if wanted == 0 {
      _ = System.control(asker.epoll, EPOLL_CTL_DEL, socket, events: 0, tag: tag)
    } else if System.control(asker.epoll, EPOLL_CTL_MOD, socket, events: wanted, tag: tag) == ENOENT {
      _ = System.control(asker.epoll, EPOLL_CTL_ADD, socket, events: wanted, tag: tag)
    }
  }

  private static func text(_ address: UnsafeMutablePointer<sockaddr>?) -> String? {
    guard let address else { return nil }
    let raw = UnsafeRawPointer(address)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let size = socklen_t(buffer.count)
      switch Int32(address.pointee.sa_family) {
      case AF_INET:
        var bytes = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
        return inet_ntop(AF_INET, &bytes, base, size).map { String(cString: $0) }
      case AF_INET6:
        var bytes = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
        return inet_ntop(AF_INET6, &bytes, base, size).map { String(cString: $0) }
      default: return nil
      }
    }
  }
}
