import EtcdTransport

/// What the options say of how servers are reached and known.
package struct NetworkOptions: Sendable {
  package var tlsCADirectory = ""
  package var tlsCAPEM = ""
  package var tlsCertPEM = ""
  package var tlsKeyPEM = Secret()
  package var tlsKeyPassword = Secret()
  package var tlsServerName = ""
  package var tlsMinimum = ReactorOptions.TLS.Version.tls12
  package var tlsCiphers = ""
  package var tlsVerifiesPeer = true
  package var tlsVerifiesHost = true
  package var proxyScheme = Proxy.Scheme.http
  /// `nil` for no proxy.
  package var proxyAddress: HostPort?
  package var proxyUser = ""
  package var proxyPassword = Secret()
  package var proxyBypass = Bypass()
  package var headers: [ReactorOptions.HeaderField] = []
  /// Empty: the library's own.
  package var userAgent = ""
  package var interface = ""
  package var overrides: [ReactorOptions.Override] = []
  package var dnsCacheMs: Int64 = 10_000
  package var dnsServers: [HostPort] = []

  package init() {}

  package var proxy: Proxy? {
    proxyAddress.map {
      Proxy(scheme: proxyScheme, address: $0, user: proxyUser, password: proxyPassword, bypass: proxyBypass)
    }
  }
}

extension Options {
  /// What is allowed, and had better be known.
  package var warnings: [String] {
    var warnings: [String] = []
    if !network.tlsVerifiesPeer {
      warnings.append("tls.verify.peer is false: whoever answers is believed to be etcd")
    }
    if !network.tlsVerifiesHost {
      warnings.append("tls.verify.host is false: a certificate for any name is believed")
    }
    return warnings
  }

  func validateTLS() throws(OptionError) {
    for (name, file, pem) in [
      ("cert", tlsCertFile, network.tlsCertPEM), ("key", tlsKeyFile, network.tlsKeyPEM.text),
    ] where !file.isEmpty && !pem.isEmpty {
      throw OptionError(message: "tls.\(name).file and tls.\(name).pem are both set")
    }
    let hasCert = !tlsCertFile.isEmpty || !network.tlsCertPEM.isEmpty
    let hasKey = !tlsKeyFile.isEmpty || !network.tlsKeyPEM.isEmpty
    guard hasCert != hasKey else { return }
    let kind = tlsCertFile.isEmpty && tlsKeyFile.isEmpty ? "pem" : "file"
    let (set, other) = hasCert ? ("cert", "key") : ("key", "cert")
    throw OptionError(message: "tls.\(set).\(kind) is set without tls.\(other).\(kind)")
  }
}

extension ReactorOptions {
  /// What the options say of connections.
  package init(_ options: Options, userAgent: String) {
    func given(_ text: String) -> String? { text.isEmpty ? nil : text }
    let network = options.network
    self.init(
      userAgent: given(network.userAgent) ?? userAgent, keepaliveIdle: Int(options.tcpKeepaliveIdle),
      keepaliveInterval: Int(options.tcpKeepaliveInterval), maxIdleConnections: Int(options.callsConcurrent))
    gathersRequests = options.gathersCalls
    tls.caFile = given(options.tlsCAFile)
    tls.caDirectory = given(network.tlsCADirectory)
    tls.caPEM = given(network.tlsCAPEM)
    tls.certFile = given(options.tlsCertFile)
    tls.certPEM = given(network.tlsCertPEM)
    tls.keyFile = given(options.tlsKeyFile)
    tls.keyPEM = network.tlsKeyPEM.isEmpty ? nil : network.tlsKeyPEM
    tls.keyPassword = network.tlsKeyPassword
    tls.serverName = network.tlsServerName
    tls.minimum = network.tlsMinimum
    tls.ciphers = network.tlsCiphers
    tls.verifiesPeer = network.tlsVerifiesPeer
    tls.verifiesHost = network.tlsVerifiesHost
    proxy = network.proxy
    headers = network.headers
    interface = network.interface
    overrides = network.overrides
    names.cacheTime = .milliseconds(network.dnsCacheMs)
    names.servers = network.dnsServers.map(\.text).joined(separator: ",")
  }
}
