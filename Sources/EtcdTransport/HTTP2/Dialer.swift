import CSystem
import Glibc

/// Tries a host's addresses, each a while after the one before or when that has failed (RFC 8305), until one is connected.
struct Dialer {
  struct Attempt {
    var socket: Int32
    var tag: UInt64
    var address: SocketAddress
  }

  private(set) var attempts: [Attempt] = []
  private var rest: ArraySlice<SocketAddress>
  /// When the next address is tried beside the ones before.
  private(set) var nextAt: Instant?
  /// Why the last that failed did.
  private(set) var failure: SystemError?

  init(_ addresses: [SocketAddress]) {
    rest = addresses[...]
  }

  /// All have failed.
  var hasFailed: Bool { attempts.isEmpty && rest.isEmpty }

  /// Begins with the next address. `open` makes a socket for it, sees to it that it is watched, and returns it with its tag.
  mutating func dial(now: Instant, _ open: (SocketAddress) throws(SystemError) -> (Int32, UInt64)) {
    nextAt = nil
    while let address = rest.popFirst() {
      do throws(SystemError) {
        let (socket, tag) = try open(address)
        attempts.append(Attempt(socket: socket, tag: tag, address: address))
        nextAt = rest.isEmpty ? nil : now + HTTP2Limits.attemptDelay
        return
      } catch {
        // What ran out here is not the peer's refusal, whichever came last.
        if failure?.isShortage != true { failure = error }
      }
    }
  }

  enum Outcome {
    /// It is no longer among the attempts. The others are to be closed.
    case connected(Attempt)
    /// It is to be closed.
    case failed(Attempt)
    case unknown
  }

  /// The socket with this tag is ready.
  mutating func ready(_ tag: UInt64) -> Outcome {
    guard let index = attempts.firstIndex(where: { $0.tag == tag }) else { return .unknown }
    let attempt = attempts.remove(at: index)
    let code = System.error(of: attempt.socket)
    guard code != 0 else { return .connected(attempt) }
    if failure?.isShortage != true {
      failure = SystemError(call: "connect", errno: code, text: System.describe(code))
    }
    return .failed(attempt)
  }
}

extension System {
  /// What became of a socket's connection; 0 if nothing is wrong with it.
  static func error(of socket: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }

  /// A socket that is connected, or being connected, to an address.
  static func connect(to address: SocketAddress, _ options: ReactorOptions) throws(SystemError) -> Int32 {
    let stream = Int32(SOCK_STREAM.rawValue)
    let socket = try makeSocket(domain: address.domain, type: stream, protocol: 0)
    do throws(SystemError) {
      if !address.isLocal {
        configure(socket, options)
        if !options.interface.isEmpty { try bind(socket, address, to: options.interface) }
      }
      let code = address.connect(socket)
      guard code == 0 || code == EINPROGRESS else {
        throw SystemError(call: "connect", errno: code, text: describe(code))
      }
      return socket
    } catch {
      close(socket)
      throw error
    }
  }

  private static func configure(_ socket: Int32, _ options: ReactorOptions) {
    setOption(socket, TCP_NODELAY, to: 1)
    var on: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
    setOption(socket, TCP_KEEPIDLE, to: Int32(clamping: options.keepaliveIdle))
    setOption(socket, TCP_KEEPINTVL, to: Int32(clamping: options.keepaliveInterval))
    let (probes, userTimeout) = CurlMulti.patience(options)
    setOption(socket, TCP_KEEPCNT, to: probes)
    setOption(socket, TCP_USER_TIMEOUT, to: userTimeout)
  }

  private static func bind(_ socket: Int32, _ peer: SocketAddress, to interface: String) throws(SystemError) {
    guard IPAddress(interface) != nil, let address = SocketAddress(interface, port: 0) else {
      let result = interface.withCString {
        setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, $0, socklen_t(interface.utf8.count + 1))
      }
      try check("setsockopt", result)
      return
    }
    let code = address.domain == peer.domain ? address.bind(socket) : EAFNOSUPPORT
    guard code == 0 else { throw SystemError(call: "bind", errno: code, text: describe(code)) }
  }
}
