import EtcdTransport

/// What the URL of a proxy says. Without a scheme it is HTTP's.
struct ProxyURL {
  let scheme: Proxy.Scheme
  let address: HostPort
  /// `nil` if it names none.
  let user: String?
  let password: Secret

  init?(parsing text: String) {
    var rest = text[...]
    var scheme = Proxy.Scheme.http
    if let named = Proxy.Scheme.allCases.first(where: { text.lowercased().hasPrefix($0.rawValue + "://") }) {
      scheme = named
      rest = rest.dropFirst(named.rawValue.count + 3)
    }
    if rest.last == "/" { rest.removeLast() }
    // Another scheme; in a user or a password it is written with a percent sign.
    if rest.utf8.contains(UInt8(ascii: "/")) { return nil }
    var user: String?
    var password = ""
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first.flatMap(Self.decoded) else { return nil }
      user = first
      if parts.count == 2 {
        guard let second = Self.decoded(parts[1]) else { return nil }
        password = second
      }
      rest = rest[rest.index(after: at)...]
    }
    guard let address = HostPort(parsing: rest, defaultPort: scheme.defaultPort) else { return nil }
    self.scheme = scheme
    self.address = address
    self.user = user
    self.password = Secret(password)
  }

  /// Without its percent signs; `nil` if one does not begin a byte, or that byte is NUL.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap({ $0.hexadecimalValue }),
        let low = rest.popFirst().flatMap({ $0.hexadecimalValue }), high | low != 0
      else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
