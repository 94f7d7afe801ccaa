import EtcdPacker

/// Below which path a server has etcd's API, which goes with its version (field notes, the gateway).
package enum APIPrefix: String, Sendable {
  case v3 = "/v3"
  /// 3.3. Later ones take it as well.
  case v3beta = "/v3beta"
  /// 3.2.
  case v3alpha = "/v3alpha"

  /// That of a server of this version; `nil` if it is none that has one.
  init?(serverVersion version: String) {
    let parts = version.split(separator: ".", maxSplits: 2)
    guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 3 else { return nil }
    switch (major, minor) {
    case (3, ...1): return nil
    case (3, 2): self = .v3alpha
    case (3, 3): self = .v3beta
    default: self = .v3
    }
  }

  /// Before 3.4 some of the calls about leases are found among those about keys only.
  func path(of method: Method) -> String {
    if self == .v3 { return method.v3Path }
    return switch (self, method.gatewayPath) {
    case (.v3beta, "/lease/revoke"), (.v3beta, "/lease/timetolive"), (.v3beta, "/lease/leases"),
      (.v3alpha, "/lease/revoke"), (.v3alpha, "/lease/timetolive"), (.v3alpha, "/lease/leases"):
      rawValue + "/kv" + method.gatewayPath
    default: rawValue + method.gatewayPath
    }
  }
}
