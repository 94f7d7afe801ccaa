import CSystem
import Glibc

/// Where a socket connects to.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private var size: socklen_t
  /// As it was said.
  let text: String

  /// An address as URLs have it, one of IPv6 with or without a zone.
  init?(_ text: String, port: Int) {
    self.text = text
    var v6 = sockaddr_in6()
    var v4 = sockaddr_in()
    let parts = text.split(separator: "%", maxSplits: 1)
    guard let number = UInt16(exactly: port), let host = parts.first.map(String.init) else { return nil }
    if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
      v6.sin6_family = sa_family_t(AF_INET6)
      v6.sin6_port = number.bigEndian
      if parts.count == 2 {
        v6.sin6_scope_id = UInt32(parts[1]) ?? if_nametoindex(String(parts[1]))
        guard v6.sin6_scope_id != 0 else { return nil }
      }
      size = socklen_t(MemoryLayout<sockaddr_in6>.size)
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
    } else if inet_aton(text, &v4.sin_addr) != 0 {
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = number.bigEndian
      size = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
    } else {
      return nil
    }
  }

  /// A socket of this machine's; `nil` if its path is too long.
  init?(path: String) {
    text = path
    var local = sockaddr_un()
    local.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = withUnsafeMutableBytes(of: &local.sun_path) { room in
      guard bytes.count < room.count else { return false }
      room.copyBytes(from: bytes)
      return true
    }
    guard fits else { return nil }
    size = socklen_t(MemoryLayout<sockaddr_un>.size)
    withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: local, as: sockaddr_un.self) }
  }

  var domain: Int32 { Int32(storage.ss_family) }
  var isLocal: Bool { domain == AF_UNIX }

  /// The `errno` of connecting to it: 0, or EINPROGRESS while that goes on.
  func connect(_ socket: Int32) -> Int32 {
    call { Glibc.connect(socket, $0, $1) }
  }

  func bind(_ socket: Int32) -> Int32 {
    call { Glibc.bind(socket, $0, $1) }
  }

  private func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) == 0 ? 0 : errno }
    }
  }
}
