import CSystem
import Glibc
import TestSupport

/// `openssl s_server` in front of a `TestServer`, which gets the decrypted requests through a socket pair. It serves one
/// connection at a time.
final class TLSServer {
  let server: TestServer
  private let process: ChildProcess?
  private let port: UInt16

  init(
    options: [String] = [], _ respond: @escaping (TestServer.Connection, TestServer.Request) -> Void = { _, _ in }
  ) {
    port = Loopback.freePort()
    var pair: [Int32] = [-1, -1]
    socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair)
    _ = fcntl(pair[0], F_SETFL, O_NONBLOCK)
    server = TestServer(connection: pair[0], respond)
    let files = Certificates.shared
    process = ChildProcess(
      "openssl",
      ["s_server", "-quiet", "-accept", "\(port)", "-cert", files.server, "-key", files.serverKey] + options,
      input: pair[1], output: pair[1])
    close(pair[1])
    waitUntilItListens()
  }

  deinit {
    process?.kill()
  }

  var url: String { "https://127.0.0.1:\(port)/" }

  /// The same server under an address that its certificate does not name.
  var otherURL: String { "https://127.0.0.2:\(port)/" }

  /// Nobody is there to close the connection properly, and unread bytes make the kernel reset it.
  func kill() {
    process?.kill()
  }

  private func waitUntilItListens() {
    for _ in 0..<1000 {
      // Seen in the kernel's table; a connection made to find out would be served.
      if Self.isListening(port) { return }
      usleep(5000)
    }
  }

  private static func isListening(_ port: UInt16) -> Bool {
    let wanted =
      ":" + String(repeating: "0", count: 4 - String(port, radix: 16).count) + String(port, radix: 16, uppercase: true)
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
      for line in String(decoding: TestFile.contents(of: table) ?? [], as: UTF8.self).split(separator: "\n") {
        let fields = line.split(separator: " ")
        if fields.count > 3, fields[1].hasSuffix(wanted), fields[3] == "0A" { return true }
      }
    }
    return false
  }
}
