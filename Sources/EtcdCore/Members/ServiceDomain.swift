import EtcdTransport

/// A domain whose SRV records say where etcd is, under the names that etcd has registered for it and that its own clients
/// ask for: `_etcd-client-ssl._tcp` for those reached by https, `_etcd-client._tcp` for those reached by http.
package struct ServiceDomain: Hashable, Sendable {
  struct Question: Hashable, Sendable {
    let name: String
    /// Of the endpoints that come of it.
    let scheme: String
  }

  static let prefix = "srv:"
  private static let longestName = 253

  /// Normal form: `srv:example.com`, or `srv:https://example.com` where only one of the two is asked for.
  let text: String
  /// That by https first.
  let questions: [Question]

  /// Takes `srv:domain`, `srv:https://domain` and `srv:http://domain`. Throws what is wrong, in words.
  init(parsing text: String) throws(EndpointError) {
    var domain = text.dropFirst(Self.prefix.count).lowercased()[...]
    let scheme = ["https", "http"].first { domain.hasPrefix($0 + "://") }
    if let scheme { domain = domain.dropFirst(scheme.count + 3) }
    if domain.hasSuffix(".") { domain = domain.dropLast() }
    if domain.utf8.contains(UInt8(ascii: ":")) {
      throw EndpointError("must not hold a port, which is for the SRV records to say")
    }
    let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
    guard domain.utf8.allSatisfy(HostPort.isNameByte), labels.allSatisfy({ 1...63 ~= $0.utf8.count }) else {
      throw EndpointError("must hold a domain, as in srv:example.com")
    }
    if IPAddress(String(domain)) != nil { throw EndpointError("must hold a domain, and not an address") }
    let schemes = scheme.map { [$0] } ?? ["https", "http"]
    questions = schemes.map {
      Question(name: "_etcd-client\($0 == "https" ? "-ssl" : "")._tcp.\(domain)", scheme: $0)
    }
    guard questions.allSatisfy({ $0.name.utf8.count <= Self.longestName }) else {
      throw EndpointError("is longer than a name can be")
    }
    self.text = Self.prefix + (scheme.map { $0 + "://" } ?? "") + domain
  }
}
