import Glibc

/// Sockets on 127.0.0.1. None of them blocks.
package enum Loopback {
  private static func socket() -> Int32 {
    Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
  }

  /// Listens on a port of the kernel's choice.
  package static func listen(backlog: Int32) -> (listener: Int32, port: UInt16) {
    let socket = socket()
    var address = address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(socket, address, length)
        Glibc.listen(socket, backlog)
        getsockname(socket, address, &length)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    return (socket, port)
  }

  /// A port that was free a moment ago, for programs that do not tell which they have taken.
  package static func freePort() -> UInt16 {
    let (listener, port) = listen(backlog: 1)
    close(listener)
    return port
  }

  /// Begins to connect, and does not wait for it.
  package static func connect(port: UInt16) -> Int32 {
    let socket = socket()
    var address = address(port: port)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return socket
  }

  private static func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}
