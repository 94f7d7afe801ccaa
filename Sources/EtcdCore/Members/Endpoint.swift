import EtcdTransport

/// Where an etcd member is reached: a scheme, a host and a port, or a socket file, and nothing else.
///
/// A class, because each call hands it round.
package final class Endpoint: Hashable, Sendable {
  /// Normal form, without a slash at the end: `http://10.0.0.1:2379`.
  package let url: String
  /// What stands in front of the path of a request: the URL, but for a socket file.
  let base: String
  /// The socket file; `nil` for a host.
  let socketPath: String?

  package static func == (left: Endpoint, right: Endpoint) -> Bool { left === right || left.url == right.url }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(url)
  }

  /// etcd's registered client port, for URLs that name none.
  static let defaultPort = 2379

  /// As much as the name of a socket can be.
  private static let longestPath = 107

  /// Takes `unix:///path` and `unixs:///path`, `http://host`, `http://host:port`, the same with `https`, with a slash at the end or without. IPv6
  /// addresses stand in brackets. Throws what is wrong, in words.
  package init(parsing text: String) throws(EndpointError) {
    let scheme: String
    var rest = Substring(text)
    if text.lowercased().hasPrefix("http://") {
      scheme = "http"
      rest = rest.dropFirst("http://".count)
    } else if text.lowercased().hasPrefix("https://") {
      scheme = "https"
      rest = rest.dropFirst("https://".count)
    } else if let name = ["unix", "unixs"].first(where: { text.lowercased().hasPrefix($0 + "://") }) {
      let path = text.dropFirst(name.count + 3)
      guard path.hasPrefix("/"), path.utf8.count > 1, path.utf8.count <= Self.longestPath,
        path.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
      else { throw EndpointError("must hold the whole path of a socket, of \(Self.longestPath) bytes at most") }
      url = "\(name)://\(path)"
      base = name == "unix" ? "http://localhost" : "https://localhost"
      socketPath = String(path)
      return
    } else {
      throw EndpointError("must begin with http://, https://, unix:// or unixs://")
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    if rest.contains("@") { throw EndpointError("must not hold a user name") }
    if rest.contains(where: { "/?#".contains($0) }) { throw EndpointError("must not hold a path or query") }

    let host: Substring
    var port: Substring?
    if rest.hasPrefix("[") {
      guard let close = rest.firstIndex(of: "]") else { throw EndpointError("lacks the ] of an IPv6 address") }
      host = rest[...close]
      let address = host.dropFirst().dropLast()
      guard address.contains(":"), address.utf8.allSatisfy(Self.isAddressByte) else {
        throw EndpointError("has no IPv6 address between [ and ]")
      }
      let after = rest[rest.index(after: close)...]
      if !after.isEmpty {
        guard after.hasPrefix(":") else { throw EndpointError("has something other than a port after ]") }
        port = after.dropFirst()
      }
    } else {
      let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, let first = parts.first else {
        throw EndpointError("has more than one colon after the scheme (IPv6 addresses stand in brackets)")
      }
      host = first
      if host.isEmpty { throw EndpointError("has no host") }
      guard host.utf8.allSatisfy(HostPort.isNameByte) else {
        throw EndpointError("has a host with a forbidden character")
      }
      if parts.count == 2 { port = parts[1] }
    }

    var number = Self.defaultPort
    if let port {
      guard port.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let value = Int(port), 1...65535 ~= value else {
        throw EndpointError("has a port that is not a number from 1 to 65535")
      }
      number = value
    }
    url = "\(scheme)://\(host.lowercased()):\(number)"
    base = url
    socketPath = nil
  }

  /// Hexadecimal groups, an embedded IPv4 address, a zone.
  private static func isAddressByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%") || HostPort.isNameByte(byte)
  }
}

package struct EndpointError: Error {
  /// Completes the sentence "the URL …".
  package let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
