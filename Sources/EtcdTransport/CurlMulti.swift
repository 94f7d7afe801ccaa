import CCurl
import CSystem
import Glibc

/// libcurl's multi handle, and what its callbacks leave behind: sockets to watch and a time to come back at.
///
/// The callbacks get this object as a plain pointer. `close` must be called before it goes: connections live in the
/// multi handle, and closing them calls back.
final class CurlMulti {
  /// Set up once in the process, and never undone: the host may use libcurl too. Safe with other threads from libcurl
  /// 7.84 on.
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  let sockets: SocketTable
  /// When libcurl wants to be called even if no socket is ready.
  private(set) var deadline: Instant?
  /// It wants to be called at once, and for no other reason than what it was told just now: no deadline of other
  /// transfers has passed, at which it would give up connections that the host has kept waiting (`TimeLimits`).
  private(set) var wantsToGoOn = false
  private var multi: UnsafeMutableRawPointer?
  private var timerWasSet = false
  private var hasHadHandle = false
  private(set) var connectionsOpened: UInt64 = 0
  let reserve = Reserve()
  private var keepaliveProbes: Int32
  /// How long what we sent may stay unacknowledged, in milliseconds: keepalive probes only silent connections, and a
  /// request sent into a dead one would otherwise be repeated by TCP for a quarter of an hour. As long as keepalive
  /// takes, because it also bounds that.
  private var userTimeout: Int32

  init(epoll: Descriptor, options: ReactorOptions) throws(SystemError) {
    (keepaliveProbes, userTimeout) = Self.patience(options)
    sockets = SocketTable(epoll: epoll)
    guard Self.isLibraryReady, let multi = WakeupPair.makeMulti() else {
      throw SystemError(call: "curl_multi_init", errno: 0, text: "libcurl could not be set up")
    }
    self.multi = multi
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = ccurl_multi_set_socket_callback(multi, Self.socketChanged, context)
    _ = ccurl_multi_set_timer_callback(multi, Self.timerChanged, context)
  }

  static func patience(_ options: ReactorOptions) -> (probes: Int32, userTimeout: Int32) {
    let (probing, overflow) = options.keepaliveInterval.multipliedReportingOverflow(by: options.keepaliveProbes)
    let patience: Duration = .seconds(options.keepaliveIdle) + .seconds(overflow ? Int.max : probing)
    return (Int32(clamping: options.keepaliveProbes), Int32(clamping: patience.millisecondsRoundedUp))
  }

  /// For the connections that are made from now on.
  func use(_ options: ReactorOptions) {
    (keepaliveProbes, userTimeout) = Self.patience(options)
  }

  /// Closes all connections. No transfer may be left in it.
  func close() {
    guard let multi else { return }
    self.multi = nil
    reserve.close()
    if !hasHadHandle { leaveSignalsAlone(multi) }
    // Calls back for the sockets, which leave the epoll with that.
    BrokenPipeGuard.perform(if: BrokenPipeGuard.isNeeded) { _ = curl_multi_cleanup(multi) }
    sockets.close()
  }

  /// What libcurl cleans up it cleans up by a handle of its own, which leaves signals alone as soon as any that was added
  /// does. Where all goes over HTTP/2 none was, and it would set the process's disposition of `SIGPIPE`, and set it back.
  private func leaveSignalsAlone(_ multi: UnsafeMutableRawPointer) {
    guard let easy = curl_easy_init() else { return }
    _ = ccurl_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
    if curl_multi_add_handle(multi, easy) == CURLM_OK { _ = curl_multi_remove_handle(multi, easy) }
    curl_easy_cleanup(easy)
  }

  /// Forgets the multi handle without a call to libcurl.
  func abandon() {
    multi = nil
    reserve.abandon()
    sockets.close()
  }

  /// How many connections may be open at most when one becomes idle. libcurl counts those in use, too (field notes: open
  /// streams would push every idle connection out), so the caller adds them.
  func setMaximumConnections(_ count: Int) {
    guard let multi else { return }
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, count)
  }

  /// `nil` for success.
  func add(_ easy: EasyHandle) -> String? {
    guard let multi else { return "the reactor is shut down" }
    hasHadHandle = true
    let result = curl_multi_add_handle(multi, easy.curl)
    return result == CURLM_OK ? nil : String(cString: curl_multi_strerror(result))
  }

  func remove(_ easy: EasyHandle) {
    guard let multi else { return }
    BrokenPipeGuard.perform(if: BrokenPipeGuard.isNeeded) { _ = curl_multi_remove_handle(multi, easy.curl) }
  }

  /// A socket is ready, in libcurl's `CURL_CSELECT` bits.
  func act(_ socket: Int32, _ readiness: Int32) {
    guard let multi else { return }
    var running: Int32 = 0
    BrokenPipeGuard.perform(if: BrokenPipeGuard.isNeeded) {
      _ = curl_multi_socket_action(multi, socket, readiness, &running)
    }
  }

  /// Lets libcurl go on with a transfer it was told to hold. It may call back at once, with what it kept, and tells only
  /// here if that ends the transfer.
  func release(_ easy: EasyHandle) -> CURLcode {
    BrokenPipeGuard.perform(if: BrokenPipeGuard.isNeeded) { curl_easy_pause(easy.curl, CURLPAUSE_CONT) }
  }

  /// The deadline has come.
  func actOnDeadline() {
    guard let multi else { return }
    deadline = nil
    timerWasSet = false
    act(CURL_SOCKET_BAD, 0)
    guard !timerWasSet else { return }
    // libcurl tells only of changes. Called a little early by its own clock, which unlike ours stands still while the
    // machine is suspended, it finds nothing due and nothing changed: so ask. The bound is against turning in circles.
    var milliseconds = -1
    curl_multi_timeout(multi, &milliseconds)
    setDeadline(milliseconds < 0 ? -1 : max(milliseconds, 1))
  }

  /// One that has finished since the last call, and its result.
  func nextFinished() -> (transfer: Transfer, result: CURLcode)? {
    guard let multi else { return nil }
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let transfer = Self.transfer(of: message.pointee.easy_handle) else {
        continue
      }
      return (transfer, ccurl_message_result(message))
    }
    return nil
  }

  private func setDeadline(_ milliseconds: Int) {
    timerWasSet = true
    wantsToGoOn = milliseconds == 0 && (wantsToGoOn || deadline.map { $0 > System.now() } ?? true)
    deadline =
      switch milliseconds {
      case ..<0: nil
      case 0: Alarm.immediately
      default: System.now() + .milliseconds(milliseconds)
      }
  }
}

// MARK: Called by libcurl

extension CurlMulti {
  private static func of(_ context: UnsafeMutableRawPointer?) -> CurlMulti? {
    context.map { Unmanaged<CurlMulti>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The transfer an easy handle works for; `nil` for the handles libcurl keeps for itself.
  private static func transfer(of easy: UnsafeMutableRawPointer?) -> Transfer? {
    var context: UnsafeMutableRawPointer?
    guard let easy, ccurl_easy_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK else { return nil }
    return EasyHandle.transfer(of: context)
  }

  private static let socketChanged: curl_socket_callback = { easy, socket, what, context, _ in
    guard let multi = of(context) else { return 0 }
    let transfer = transfer(of: easy)
    var wanted: UInt32 = 0
    if what == CURL_POLL_IN || what == CURL_POLL_INOUT { wanted |= EPOLLIN.rawValue }
    if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { wanted |= EPOLLOUT.rawValue }
    if wanted == 0 {
      transfer?.drop(socket)
    } else {
      transfer?.use(socket)
    }
    multi.sockets.want(socket, wanted, for: transfer?.id, isPaused: transfer?.isPaused ?? false)
    return 0
  }

  private static let timerChanged: curl_multi_timer_callback = { _, milliseconds, context in
    of(context)?.setDeadline(milliseconds)
    return 0
  }

  static let socketMade: curl_sockopt_callback = { context, socket, _ in
    if let multi = of(context) {
      multi.sockets.opened(socket)
      multi.connectionsOpened &+= 1
      System.setOption(socket, TCP_KEEPCNT, to: multi.keepaliveProbes)
      System.setOption(socket, TCP_USER_TIMEOUT, to: multi.userTimeout)
    }
    return CURL_SOCKOPT_OK
  }

  static let closeSocket: curl_closesocket_callback = { context, socket in
    let multi = of(context)
    multi?.sockets.closing(socket)
    defer { multi?.reserve.restock() }
    return Glibc.close(socket)
  }
}
