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
  static let tooManyRequests = EtcdError(.resourceExhausted, "etcdserver: too many requests")
  static let noSpace = EtcdError(.resourceExhausted, "etcdserver: mvcc: database space exceeded")
  static let requestTooLarge = EtcdError(.invalidArgument, "etcdserver: request is too large")
  static let userNameIsEmpty = EtcdError(.invalidArgument, "etcdserver: user name is empty")
  static let invalidToken = EtcdError(.unauthenticated, "etcdserver: invalid auth token")
  static let oldAuthRevision = EtcdError(.invalidArgument, "etcdserver: revision of auth store is old")
  /// The same as 3.5.1 has it.
  static let oldAuthRevisionOf351 = EtcdError(.unknown, "auth: revision in header is old")
  static let wrongPassword = EtcdError(
    .invalidArgument, "etcdserver: authentication failed, invalid user ID or password")
  static let authenticationIsOff = EtcdError(.failedPrecondition, "etcdserver: authentication is not enabled")
  static let keyIsMissing = EtcdError(.invalidArgument, "etcdserver: key is not provided")
  static let permissionDenied = EtcdError(.permissionDenied, "etcdserver: permission denied")
  static let compacted = EtcdError(.outOfRange, "etcdserver: mvcc: required revision has been compacted")
  static let futureRevision = EtcdError(.outOfRange, "etcdserver: mvcc: required revision is a future revision")
  static let notLeader = EtcdError(.failedPrecondition, "etcdserver: not leader")
  static let leaseNotFound = EtcdError(.notFound, "etcdserver: requested lease not found")
}
