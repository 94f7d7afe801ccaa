import CCurl

/// How a URL's host is reached. One for each host and port that is asked for, and kept.
final class Route {
  /// What stands in front of the path instead of what the request says; `nil` for the request's own.
  let base: String?
  /// Where the connection really goes: a list of one, as libcurl wants it.
  let connectTo: CurlList?
  /// Through the proxy, if there is one.
  let usesProxy: Bool
  let usesTLS: Bool
  /// The names that are to be looked up first.
  let names: [HostPort]
  /// As whom the host is spoken to, and where it really is.
  let name: HostPort
  let target: HostPort
  let isTLS: Bool
  let proxy: Proxy?
  /// Why it cannot be reached.
  let problem: String?

  init(to url: String, _ options: ReactorOptions, isLocal: Bool) {
    guard let (isTLS, address) = Self.parse(url) else {
      (base, connectTo, usesProxy, usesTLS, names) = (nil, nil, false, false, [])
      (name, target) = (HostPort(host: "", port: 0), HostPort(host: "", port: 0))
      (self.isTLS, proxy) = (false, nil)
      problem = "the URL's host or port is malformed"
      return
    }
    problem = nil
    target = options.overrides.first { $0.fits(address) }?.target ?? address
    self.isTLS = isTLS
    let isRenamed = isTLS && !options.tls.serverName.isEmpty
    name = isRenamed ? HostPort(host: options.tls.serverName, port: address.port) : address
    base = isRenamed ? "https://\(name.text)" : nil
    // A socket file is no host.
    connectTo = !isLocal && name != target ? CurlList("::\(target.text)") : nil
    let target = target
    let proxy = isLocal ? nil : options.proxy.flatMap { $0.bypass.includes(target.host) ? nil : $0 }
    self.proxy = proxy
    usesProxy = proxy != nil
    usesTLS = isTLS || proxy?.scheme == .https
    var names = [proxy?.address, proxy?.scheme.resolvesNames ?? isLocal ? nil : target].compactMap { $0 }
    names.removeAll(where: \.needsNoLookUp)
    self.names = names
  }

  /// Scheme and host of a URL. Without a port it is HTTP's.
  private static func parse(_ url: String) -> (isTLS: Bool, HostPort)? {
    let isTLS = url.utf8.prefix(5).elementsEqual("https".utf8) { $0 | 0x20 == $1 }
    guard let address = HostPort(parsing: url.dropFirst(isTLS ? 8 : 7), defaultPort: isTLS ? 443 : 80) else {
      return nil
    }
    return (isTLS, address)
  }
}

/// One of libcurl's lists of texts.
final class CurlList {
  private(set) var head: UnsafeMutablePointer<curl_slist>?

  /// `nil` when memory runs out.
  init?(_ text: String) {
    guard let head = curl_slist_append(nil, text) else { return nil }
    self.head = head
  }

  func append(_ text: String) {
    if let longer = curl_slist_append(head, text) { head = longer }
  }

  deinit {
    curl_slist_free_all(head)
  }
}
