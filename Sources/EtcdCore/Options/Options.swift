import EtcdPacker
import EtcdTransport

/// The options of a cluster, each with the value it has unless it is set. `OptionTable` says what they are.
package struct Options: Sendable {
  package var endpoints: [Endpoint] = []
  /// The domains among `endpoints`.
  package var serviceDomains: [ServiceDomain] = []
  package var namespace = ""
  package var discoversMembers = true
  package var refreshIntervalMs: Int64 = 300_000
  package var requestTimeoutMs: Int64 = 5000
  package var attemptTimeoutMs: Int64 = 3000
  package var connectTimeoutMs: Int64 = 1000
  package var probeIntervalMs: Int64 = 2500
  package var backoffMinMs: Int64 = 100
  package var backoffMaxMs: Int64 = 5000
  package var leaseTTL: Int64 = 10
  package var leaseID: Int64 = 0
  package var keepaliveVerifyMs: Int64 = 5000
  package var callsMax: Int64 = 10_000
  package var callsConcurrent: Int64 = 32
  package var gathersCalls = false
  package var keepalivesMax: Int64 = 10_000
  package var watchersMax: Int64 = 10_000
  package var responseMaxBytes: Int64 = 16 << 20
  package var watchPageKeys: Int64 = 1000
  package var watchStartSpreadMs: Int64 = 0
  package var watchIndexMaxBytes: Int64 = 268_435_456
  package var watcherCacheDir = ""
  package var watcherCacheAfterMs: Int64 = 1000
  package var watcherCacheMaxBytes: Int64 = 64 << 20
  package var tcpKeepaliveIdle: Int64 = 10
  package var tcpKeepaliveInterval: Int64 = 3
  package var tlsCAFile = ""
  package var tlsCertFile = ""
  package var tlsKeyFile = ""
  package var network = NetworkOptions()
  package var authUser = ""
  package var authPassword = Secret("")
  package var authToken = Secret("")
  package var logLevel = LogLevel.info
  /// Not the host's to set, but for runs with few watchers: so many watches at one member may be what keeps its answers
  /// from coming. No server is known that takes fewer than a hundred.
  package var streamCrowd = 64
  package var wire = WireChoice.auto

  package init() {}
}

/// The values are those of `ETCDCLI_LOG_*`.
package enum LogLevel: Int32, CaseIterable, Sendable {
  case error = 1
  case warning = 2
  case info = 3
  case debug = 4

  package var name: StaticString {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .info: "info"
    case .debug: "debug"
    }
  }
}

/// What is wrong with an option, as a whole sentence that names it.
package struct OptionError: Error, Hashable, Sendable {
  package let message: String
}

extension Options {
  /// By then an endpoint that has fallen silent is found out.
  var silencePatience: Duration { .milliseconds(probeIntervalMs + attemptTimeoutMs) }

  /// What is set for it, as far as this library has it.
  var usableWire: WireChoice { HTTPVersion.hasHTTP2 || wire != .auto ? wire : .json }

  /// Those that were set, if they are such as `validate` lets pass.
  var credentials: Credentials {
    (try? Credentials(user: authUser, password: authPassword, token: authToken)) ?? .none
  }

  /// Those that are in use instead of what was set.
  mutating func use(_ credentials: Credentials) {
    (authUser, authPassword, authToken) = ("", Secret(), Secret())
    switch credentials {
    case .none: break
    case .user(let name, let password): (authUser, authPassword) = (name, password)
    case .token(let token): authToken = token
    }
  }

  /// Sets one option from text. The options are unchanged if that fails.
  package mutating func set(_ name: String, to text: String) throws(OptionError) {
    try Self.option(name).apply(text, to: &self)
  }

  /// What one option is set to, as text that sets it again. A secret is not given back.
  package func get(_ name: String) throws(OptionError) -> String {
    try Self.option(name).value(in: self)
  }

  private static func option(_ name: String) throws(OptionError) -> Option {
    guard let option = OptionTable.all.first(where: { $0.name == name }) else {
      throw OptionError(message: "there is no option \"\(PrintableText.quote(name))\"; docs/options.md lists them")
    }
    return option
  }

  /// What the options that were set leave wrong together.
  package func validate() throws(OptionError) {
    if endpoints.isEmpty, serviceDomains.isEmpty {
      throw OptionError(message: "endpoints is not set; it takes URLs separated by commas, http://10.0.0.1:2379")
    }
    if wire == .grpc, !HTTPVersion.hasHTTP2 {
      throw OptionError(message: "wire is grpc, which this library was built without (ETCDCLI_GRPC=OFF)")
    }
    _ = try Credentials(user: authUser, password: authPassword, token: authToken, prefix: "auth.")
    if backoffMinMs > backoffMaxMs {
      throw OptionError(
        message: "backoff.min.ms is \(backoffMinMs), which is more than backoff.max.ms, \(backoffMaxMs)")
    }
    try validateTLS()
  }
}
