/// What holds for all transfers of a reactor.
package struct ReactorOptions: Hashable, Sendable {
  package var userAgent: String
  /// How long a connection is silent before TCP probes whether its peer still exists, in seconds. Half-open connections
  /// say nothing, so nothing else below the core's own probes discovers them.
  package var keepaliveIdle: Int
  /// Seconds between the probes; after `keepaliveProbes` without an answer the connection fails.
  package var keepaliveInterval: Int
  package var keepaliveProbes: Int
  /// How many connections are kept open with no transfer on them.
  package var maxIdleConnections: Int
  /// Whether requests in HTTP/2 that are started in a turn without a `run` wait for the next one, so that those of many
  /// turns go together.
  package var gathersRequests = false
  package var tls: TLS
  package var names = Names()
  /// Whatever the environment of the process says of proxies, without one here there is none.
  package var proxy: Proxy?
  /// Sent with each request, after its own.
  package var headers: [HeaderField] = []
  /// The interface, by name, or the address that connections are made from.
  package var interface = ""
  /// The first that fits counts.
  package var overrides: [Override] = []

  /// Whether connections are made otherwise by the others, or shared otherwise.
  package func concernConnections(since before: ReactorOptions) -> Bool {
    var options = self
    options.gathersRequests = before.gathersRequests
    return options != before
  }

  package struct HeaderField: Hashable, Sendable {
    package var name: String
    /// May hold a secret, and is not shown.
    package var value: Secret

    package init(name: String, value: Secret) {
      self.name = name
      self.value = value
    }
  }

  /// How host names are resolved.
  package struct Names: Hashable, Sendable {
    /// For how long an answer is believed before it is asked for again.
    package var cacheTime: Duration = .seconds(10)
    /// Name servers to ask in place of the machine's: addresses with or without ports, separated by commas.
    package var servers = ""

    package init() {}
  }

  /// Connections to one host and port go to another, which is spoken to as if it were the first.
  package struct Override: Hashable, Sendable {
    /// Any, if empty.
    package var host: String
    /// Any, if `nil`.
    package var port: Int?
    package var target: HostPort

    package init(host: String, port: Int?, target: HostPort) {
      self.host = host
      self.port = port
      self.target = target
    }

    func fits(_ address: HostPort) -> Bool {
      (host.isEmpty || host == address.host) && (port == nil || port == address.port)
    }
  }

  package struct TLS: Hashable, Sendable {
    /// Certificates in PEM to trust. Those of the system are trusted if this, `caDirectory` and `caPEM` are all not given,
    /// and otherwise not.
    package var caFile: String?
    /// A directory of such certificates, named by their hashes as `openssl rehash` does it.
    package var caDirectory: String?
    package var caPEM: String?
    /// The client's certificate and key, in PEM, from files or from memory.
    package var certFile: String?
    package var keyFile: String?
    package var certPEM: String?
    package var keyPEM: Secret?
    /// What the key is encrypted with.
    package var keyPassword = Secret()
    /// The name that servers are asked for and checked against, instead of the host in the URL.
    package var serverName = ""
    package var minimum = Version.tls12
    /// As OpenSSL has them, separated by colons; those of TLS 1.3 among the others. The library's own if empty.
    package var ciphers = ""
    /// Whether a certificate has to come from an authority that is trusted.
    package var verifiesPeer = true
    /// Whether it has to be one for the server's name.
    package var verifiesHost = true

    package enum Version: String, Sendable, CaseIterable {
      case tls12 = "1.2"
      case tls13 = "1.3"
    }

    package init(
      caFile: String? = nil, certFile: String? = nil, keyFile: String? = nil, insecureSkipVerify: Bool = false
    ) {
      self.caFile = caFile
      self.certFile = certFile
      self.keyFile = keyFile
      verifiesPeer = !insecureSkipVerify
      verifiesHost = !insecureSkipVerify
    }
  }

  package init(
    userAgent: String = "libetcdcli", keepaliveIdle: Int = 10, keepaliveInterval: Int = 5, keepaliveProbes: Int = 3,
    maxIdleConnections: Int = 8, tls: TLS = TLS()
  ) {
    self.userAgent = userAgent
    self.keepaliveIdle = keepaliveIdle
    self.keepaliveInterval = keepaliveInterval
    self.keepaliveProbes = keepaliveProbes
    self.maxIdleConnections = maxIdleConnections
    self.tls = tls
  }
}
