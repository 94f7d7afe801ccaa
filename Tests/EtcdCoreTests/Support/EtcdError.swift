@testable import EtcdCore

/// An error of etcd's, as it is before a wire spells it.
struct EtcdError: Sendable {
  let code: GRPCCode
  let message: String

  init(_ code: GRPCCode, _ message: String) {
    self.code = code
    self.message = message
  }

  static let noLeader = EtcdError(.unavailable, "etcdserver: no leader")
  static let timedOut = EtcdError(.unavailable, "etcdserver: request timed out")
  static let leaderChanged = EtcdError(.unavailable, "etcdserver: leader changed")
  static let stopped = EtcdError(.unavailable, "etcdserver: server stopped")
  static let permissionDenied = EtcdError(.permissionDenied, "etcdserver: permission denied")
  static let leaseNotFound = EtcdError(.notFound, "etcdserver: requested lease not found")
}
