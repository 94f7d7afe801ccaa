/// A proxy that connections are made through, and for whom they are not.
package struct Proxy: Hashable, Sendable {
  /// How it is spoken to. What libcurl calls them.
  package enum Scheme: String, Sendable, CaseIterable {
    case http
    case https
    /// Names are resolved here.
    case socks5
    /// Names are resolved by the proxy.
    case socks5h

    package var defaultPort: Int {
      switch self {
      case .http, .https: 3128
      case .socks5, .socks5h: 1080
      }
    }

    var resolvesNames: Bool { self != .socks5 }
  }

  package var scheme: Scheme
  package var address: HostPort
  package var user: String
  package var password: Secret
  package var bypass: Bypass

  package init(
    scheme: Scheme, address: HostPort, user: String = "", password: Secret = Secret(), bypass: Bypass = Bypass()
  ) {
    self.scheme = scheme
    self.address = address
    self.user = user
    self.password = password
    self.bypass = bypass
  }

  /// Without credentials.
  package var url: String { "\(scheme.rawValue)://\(address.text)" }
}

/// The hosts that are reached without the proxy.
package struct Bypass: Hashable, Sendable {
  private enum Rule: Hashable, Sendable {
    case everything
    /// A host of this name, or of a name in this domain.
    case name(String)
    /// All whose addresses share these first bits.
    case network(IPAddress, length: Int)
  }

  private var rules: [Rule] = []
  /// In normal form.
  package private(set) var text = ""

  package init() {}

  /// Takes names, which stand for all in their domain too, addresses, networks as `10.0.0.0/8`, and `*`, separated by
  /// commas. `nil` if something is none of these.
  package init?(parsing list: String) {
    for part in list.split(separator: ",", omittingEmptySubsequences: false) {
      let entry = part.drop { $0 == " " }.prefix { $0 != " " }.lowercased()
      if entry.isEmpty, list.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) { return }
      guard let rule = Self.rule(entry) else { return nil }
      rules.append(rule)
      text += (text.isEmpty ? "" : ",") + entry
    }
  }

  private static func rule(_ entry: String) -> Rule? {
    if entry == "*" { return .everything }
    let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
    if let first = parts.first, let address = IPAddress(first) {
      let bits = address.bytes.count * 8
      guard parts.count <= 2 else { return nil }
      guard let length = parts.count == 2 ? Int(parts[1]) : bits, 0...bits ~= length else { return nil }
      return .network(address, length: length)
    }
    let name = entry.hasPrefix(".") ? String(entry.dropFirst()) : entry
    guard let host = HostPort(parsing: name, defaultPort: 1), host.host == name else { return nil }
    return .name(name)
  }

  package func includes(_ host: String) -> Bool {
    let address = IPAddress(host)
    return rules.contains { rule in
      switch rule {
      case .everything: true
      case .name(let name): address == nil && (host == name || host.hasSuffix("." + name))
      case .network(let network, let length): address?.shares(length, with: network) ?? false
      }
    }
  }
}
