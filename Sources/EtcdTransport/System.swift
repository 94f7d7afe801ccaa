// c-ares, because its header brings the sockets' flags too, and the compiler may take them for its own.
import CCares
import CSystem
import Glibc

/// The operating system: thin, typed calls, and nothing else. None of them blocks.
///
/// `EINTR` is repeated where the call can give it at all, which for descriptors that never block is hardly anywhere;
/// `close` is the exception that is never repeated, because on Linux the descriptor is gone whatever it answers.
enum System {
  /// The time on `CLOCK_BOOTTIME`, through the vDSO: no system call is made.
  static func now() -> Instant {
    var time = timespec()
    // Can fail only for an unknown clock or a bad address.
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }

  static func makeEpoll() throws(SystemError) -> Descriptor {
    try Descriptor(owning: check("epoll_create1", epoll_create1(Int32(EPOLL_CLOEXEC))))
  }

  static func makeTimer() throws(SystemError) -> Descriptor {
    let flags = Int32(TFD_CLOEXEC | TFD_NONBLOCK)
    return try Descriptor(owning: check("timerfd_create", timerfd_create(CLOCK_BOOTTIME, flags)))
  }

  static func makeEvent() throws(SystemError) -> Descriptor {
    let flags = Int32(EFD_CLOEXEC | EFD_NONBLOCK)
    return try Descriptor(owning: check("eventfd", eventfd(0, flags)))
  }

  /// Sets the timer to an absolute time, or disarms it. Setting it also takes back an expiry that is still unread.
  static func setTimer(_ timer: Descriptor, to instant: Instant?) {
    var setting = itimerspec()
    if let instant {
      // A time of zero would disarm the timer; anything in the past expires at once.
      let nanoseconds = max(instant.nanoseconds, 1)
      setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
      setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
    }
    // Fails only for a wrong descriptor or a time out of range; neither can be.
    timerfd_settime(timer.rawValue, Int32(TFD_TIMER_ABSTIME), &setting, nil)
  }

  /// What `epoll_ctl` answered; `nil` for success.
  static func control(_ epoll: Descriptor, _ operation: Int32, _ socket: Int32, events: UInt32, tag: UInt64) -> Int32? {
    var event = epoll_event()
    event.events = events
    event.data.u64 = tag
    return epoll_ctl(epoll.rawValue, operation, socket, &event) == 0 ? nil : errno
  }

  /// The events that are ready now; does not wait. An interrupted call counts as nothing ready: the host's poll finds
  /// whatever it was again.
  static func ready(_ epoll: Descriptor, _ events: UnsafeMutableBufferPointer<epoll_event>) -> Int {
    guard let base = events.baseAddress else { return 0 }
    return max(0, Int(epoll_wait(epoll.rawValue, base, Int32(clamping: events.count), 0)))
  }

  /// The same, but waits until there are some, -1 milliseconds for as long as it takes. A signal ends it.
  static func wait(
    _ epoll: Descriptor, _ events: UnsafeMutableBufferPointer<epoll_event>, timeoutMs: Int32
  ) throws(SystemError) -> Int {
    guard let base = events.baseAddress else { return 0 }
    let count = epoll_wait(epoll.rawValue, base, Int32(clamping: events.count), timeoutMs)
    return count < 0 && errno == EINTR ? 0 : Int(try check("epoll_wait", count))
  }

  /// Which of these is ready at one socket now, in epoll's bits, which are those of `poll`; errors and hang-ups are always
  /// among them.
  static func readiness(of socket: Int32, _ events: UInt32) -> UInt32 {
    var descriptor = pollfd(fd: socket, events: Int16(truncatingIfNeeded: events), revents: 0)
    return poll(&descriptor, 1, 0) == 1 ? UInt32(UInt16(bitPattern: descriptor.revents)) : 0
  }

  /// Makes an eventfd readable. Its counter, which nobody reads, is full after 2^64 times.
  static func signal(_ event: Descriptor) {
    var one: UInt64 = 1
    while write(event.rawValue, &one, MemoryLayout<UInt64>.size) < 0, errno == EINTR {}
  }

  /// A socket that no child inherits through `exec`: one made first and marked later could slip through a `fork` of the
  /// host on another thread.
  static func makeSocket(domain: Int32, type: Int32, protocol: Int32) throws(SystemError) -> Int32 {
    let flags = Int32(bitPattern: SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    return try check("socket", socket(domain, type | flags, `protocol`))
  }

  /// Why a file cannot be opened beside a socket at this moment; `nil` when both can.
  static func shortageOfDescriptors() -> SystemError? {
    do {
      let first = try makeEvent()
      defer { withExtendedLifetime(first) {} }
      _ = try makeEvent()
      return nil
    } catch {
      return error.isShortage ? error : nil
    }
  }

  /// Empty where there is no `/proc`.
  static func openDescriptors() -> [Int32] {
    guard let directory = opendir("/proc/self/fd") else { return [] }
    defer { closedir(directory) }
    var descriptors: [Int32] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let descriptor = Int32(name), descriptor != dirfd(directory) { descriptors.append(descriptor) }
    }
    return descriptors
  }

  /// Whether it is one end of an unnamed pair of local sockets.
  static func isSocketPair(_ descriptor: Int32) -> Bool {
    [getsockname, getpeername].allSatisfy { name in
      var address = sockaddr()
      var size = socklen_t(MemoryLayout<sockaddr>.size)
      // A local address without a name is as long as its family.
      return name(descriptor, &address, &size) == 0 && address.sa_family == sa_family_t(AF_UNIX)
        && Int(size) == MemoryLayout<sa_family_t>.size
    }
  }

  static func closeOnExec(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// How many bytes can be read from a socket; negative if that cannot be told.
  static func unreadBytes(_ socket: Int32) -> Int {
    queued(socket, UInt(FIONREAD))
  }

  /// What the peer of a local socket has not read, in bytes of the kernel's buffers; negative if that cannot be told.
  static func unsentBytes(_ socket: Int32) -> Int {
    queued(socket, UInt(TIOCOUTQ))
  }

  private static func queued(_ socket: Int32, _ request: UInt) -> Int {
    var count: Int32 = -1
    return ioctl(socket, request, &count) == 0 ? Int(count) : -1
  }

  /// Sets a TCP option. Failure is not reported: all those used here are improvements, not needs.
  static func setOption(_ socket: Int32, _ option: Int32, to value: Int32) {
    var value = value
    setsockopt(socket, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  @discardableResult
  static func check(_ call: String, _ result: Int32) throws(SystemError) -> Int32 {
    guard result < 0 else { return result }
    let code = errno
    throw SystemError(call: call, errno: code, text: describe(code))
  }

  static func describe(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      buffer.initialize(repeating: 0)
      // `strerror` is not safe with other threads.
      guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else { return "unknown error" }
      return String(cString: base)
    }
  }
}
