/// What holds for all transfers of a reactor.
package struct ReactorOptions: Sendable {
  package var userAgent: String
  /// How long a connection is silent before TCP probes whether its peer still exists, in seconds. Half-open connections
  /// say nothing, so nothing else below the core's own probes discovers them.
  package var keepaliveIdle: Int
  /// Seconds between the probes; after `keepaliveProbes` without an answer the connection fails.
  package var keepaliveInterval: Int
  package var keepaliveProbes: Int
  /// How many connections are kept open with no transfer on them.
  package var maxIdleConnections: Int
  package var tls: TLS

  package struct TLS: Sendable {
    /// Certificates in PEM to trust; `nil` trusts those of the system.
    package var caFile: String?
    /// The client's certificate and key in PEM.
    package var certFile: String?
    package var keyFile: String?
    /// Believes any certificate for any name. For tests and emergencies only.
    package var insecureSkipVerify: Bool

    package init(
      caFile: String? = nil, certFile: String? = nil, keyFile: String? = nil, insecureSkipVerify: Bool = false
    ) {
      self.caFile = caFile
      self.certFile = certFile
      self.keyFile = keyFile
      self.insecureSkipVerify = insecureSkipVerify
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
