import Glibc

/// A system call that failed: which one, and what it said.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The call's name in C, such as `epoll_create1`.
  package var call: String
  /// The C `errno` it left, or 0 where the call has none (libcurl's).
  package var errno: Int32
  /// What `errno` means, in words.
  package var text: String

  package init(call: String, errno: Int32, text: String) {
    self.call = call
    self.errno = errno
    self.text = text
  }

  package var description: String {
    errno == 0 ? "\(call): \(text)" : "\(call): \(text) (\(Self.shortages[errno] ?? "errno \(errno)"))"
  }

  /// Something ran out, here and not at the peer: descriptors, memory, or watched sockets.
  package var isShortage: Bool { Self.shortages[errno] != nil }

  private static let shortages: [Int32: String] = [
    EMFILE: "EMFILE", ENFILE: "ENFILE", ENOBUFS: "ENOBUFS", ENOMEM: "ENOMEM", ENOSPC: "ENOSPC",
  ]
}
