import Glibc

/// A host and a port, as they stand in URLs.
package struct HostPort: Hashable, Sendable {
  /// A name or an address in lower case; IPv6 addresses without brackets.
  package var host: String
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Takes `host:port` and `[address]:port`; without a port only if there is a default for it.
  package init?(parsing text: some StringProtocol, defaultPort: Int? = nil) {
    var rest = text[...]
    let host: Substring
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      host = Substring(rest[rest.index(after: rest.startIndex)..<close])
      guard IPAddress(Self.withoutZone(host))?.isV6 == true else { return nil }
      rest = rest[rest.index(after: close)...]
    } else {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      host = Substring(rest[..<end])
      guard !host.isEmpty, host.utf8.allSatisfy(Self.isNameByte) else { return nil }
      rest = rest[end...]
    }
    if rest.isEmpty {
      guard let defaultPort else { return nil }
      port = defaultPort
    } else {
      guard rest.first == ":", let number = Self.port(rest.dropFirst()) else { return nil }
      port = number
    }
    self.host = host.lowercased()
  }

  /// As it stands in a URL.
  package var text: String { "\(Self.bracketed(host)):\(port)" }

  static func bracketed(_ host: String) -> String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
  }

  static func port(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(text), 1...65535 ~= number else {
      return nil
    }
    return number
  }

  /// What libcurl connects to without asking a name server: addresses in whatever form, and `localhost`.
  var needsNoLookUp: Bool {
    if host.utf8.contains(UInt8(ascii: ":")) || host == "localhost" || host.hasSuffix(".localhost") { return true }
    var address = in_addr()
    return inet_aton(host, &address) != 0
  }

  private static func withoutZone(_ address: Substring) -> Substring {
    address.prefix { $0 != "%" }
  }

  /// What names and addresses of IPv4 are made of.
  package static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
