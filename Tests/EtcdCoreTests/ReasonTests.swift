import Testing

@testable import EtcdCore

struct ReasonTests {
  @Test(
    arguments: [
      (14, "etcdserver: no leader", .noLeader),
      (9, "etcdserver: not capable", .notCapable),
      (14, "etcdserver: rpc not supported for learner", .notSupportedForLearner),
      (9, "etcdserver: rpc not supported for learner", .notSupportedForLearner),
      (8, "etcdserver: too many requests", .tooManyRequests),
      (14, "etcdserver: unhealthy cluster", .unhealthy),
      (11, "etcdserver: mvcc: required revision has been compacted", .compacted),
      (11, "etcdserver: mvcc: required revision is a future revision", .futureRevision),
      (8, "etcdserver: mvcc: database space exceeded", .noSpace),
      (3, "etcdserver: request is too large", .requestTooLarge),
      (5, "etcdserver: requested lease not found", .leaseNotFound),
      (9, "etcdserver: lease already exists", .leaseExists),
      (7, "etcdserver: permission denied", .permissionDenied),
      (16, "etcdserver: invalid auth token", .invalidToken),
      (3, "etcdserver: revision of auth store is old", .oldAuthRevision),
      (2, "auth: revision in header is old", .oldAuthRevision),
      (3, "etcdserver: user name is empty", .tokenMissing),
      (3, "etcdserver: authentication failed, invalid user ID or password", .authenticationFailed),
      (9, "etcdserver: authentication is not enabled", .authenticationDisabled),
      (16, "CommonName of client sending a request against gateway will be ignored", .certificateNotTaken),
      (14, "etcdserver: request timed out, possibly due to connection lost", .timedOut),
      (14, "etcdserver: leader changed", .leaderChanged),
      (14, "etcdserver: server stopped", .stopped),
    ] as [(Int, String, Reason)])
  func anErrorHasTheReasonThatItsCodeAndWordsGive(code: Int, message: String, reason: Reason) throws {
    #expect(Reason(try #require(GRPCCode(rawValue: code)), message) == reason)
  }

  /// A path that does not exist is answered with the code of a lease that does not.
  @Test(arguments: [
    (5, "Not Found"), (5, "etcdserver: member not found"), (14, "etcdserver: requested lease not found"), (13, ""),
    (9, "etcdserver: root user does not exist"),
  ])
  func whatNobodyTellsApartHasNone(code: Int, message: String) throws {
    #expect(Reason(try #require(GRPCCode(rawValue: code)), message) == nil)
  }
}
