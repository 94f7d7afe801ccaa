import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct VerdictTests {
  private let endpoint: Endpoint

  init() throws {
    endpoint = try Endpoint(parsing: "http://e1")
  }

  /// What etcd's error is taken for.
  private func verdict(_ code: Int, _ message: String) throws -> Verdict {
    let error = ServerError(grpcCode: code, httpStatus: nil, message: message)
    return Verdict(on: error, code: try #require(GRPCCode(rawValue: code)), from: endpoint)
  }

  // MARK: Transfers

  @Test(arguments: [
    (TransferFailure.Kind.resolve, "failed unavailable, applied no, failing"),
    (.connect, "failed unavailable, applied no, unreached"),
    (.refused, "failed unavailable, applied no, refusing"),
    (.tls, "failed unavailable, applied no, failing"),
    (.timeout, "failed timeout, applied no, silent"),
    (.late, "failed timeout, applied no, notAsked"),
    (.broken, "failed unavailable, applied no, failing"),
    (.invalid, "refused system"),
    (.shortage, "failed system, applied no, notAsked"), (.notBegun, "failed unavailable, applied no, none"),
  ])
  func aRequestThatWasNotSentDidNotHappen(kind: TransferFailure.Kind, expected: String) {
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: false, curlCode: 7, message: "m")
    #expect(Verdict(on: failure, from: endpoint).text == expected)
  }

  @Test(arguments: [
    (TransferFailure.Kind.timeout, "failed timeout, applied perhaps, silent"),
    (.broken, "failed unavailable, applied perhaps, failing"),
    (.tooLarge, "refused tooLarge"),
    (.shortage, "failed system, applied perhaps, notAsked"),
  ])
  func aRequestThatWasSentMayHaveHappened(kind: TransferFailure.Kind, expected: String) {
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: true, curlCode: 28, message: "m")
    #expect(Verdict(on: failure, from: endpoint).text == expected)
  }

  @Test func theFailureOfATransferSaysWhereAndWhy() {
    let transfer = TransferFailure(kind: .refused, bodyMayHaveBeenSent: false, curlCode: 7, message: "refused")
    let failure = Verdict(on: transfer, from: endpoint).failure
    #expect(failure == Failure(.unavailable, "refused", curlCode: 7, endpoint: "http://e1:2379"))
  }

  @Test func shortagesPass() {
    let transfer = TransferFailure(kind: .shortage, bodyMayHaveBeenSent: false, curlCode: 7, message: "socket: none")
    let failure = Verdict(on: transfer, from: endpoint).failure
    #expect(failure?.isWorthRetrying == true)
    #expect(failure?.message == "socket: none")
  }

  // MARK: Etcd's errors

  @Test(arguments: [
    // Said before the request is looked at.
    (14, "etcdserver: no leader", "failed unavailable, applied no, failing"),
    (14, "etcdserver: not capable", "failed unavailable, applied no, failing"),
    (14, "etcdserver: rpc not supported for learner", "failed unavailable, applied no, failing"),
    // May be said after it was proposed.
    (14, "etcdserver: request timed out", "failed unavailable, applied perhaps, failing"),
    (14, "etcdserver: leader changed", "failed unavailable, applied perhaps, failing"),
    (14, "etcdserver: server stopped", "failed unavailable, applied perhaps, failing"),
    (4, "context deadline exceeded", "failed timeout, applied perhaps, failing"),
    (2, "context deadline exceeded", "failed server, applied perhaps, none"),
    (1, "context canceled", "failed server, applied perhaps, none"),
    (13, "grpc: the connection is closing", "failed server, applied perhaps, none"),
    (8, "etcdserver: too many requests", "failed server, applied no, none"),
    (14, "etcdserver: unhealthy cluster", "refused server"),
    (8, "etcdserver: mvcc: database space exceeded", "refused server"),
    (11, "etcdserver: mvcc: required revision has been compacted", "refused compacted"),
    (11, "etcdserver: mvcc: required revision is a future revision", "refused server"),
    (3, "etcdserver: key is not provided", "refused server"),
    (5, "etcdserver: requested lease not found", "refused server"),
    (7, "etcdserver: permission denied", "refused permissionDenied"),
    (9, "etcdserver: authentication is not enabled", "refused server"),
    (12, "unknown service", "refused server"),
    (16, "etcdserver: invalid auth token", "refused unauthenticated"),
  ])
  func anErrorOfEtcdIsTakenByItsMeaning(code: Int, message: String, expected: String) throws {
    #expect(try verdict(code, message).text == expected)
  }

  /// etcd 3.6 says this with FailedPrecondition; field notes, section 5: always safe to send again.
  @Test func aMemberThatIsNotCapableIsLeftForAnotherWhateverItsCode() throws {
    #expect(try verdict(9, "etcdserver: not capable").text == "failed unavailable, applied no, failing")
  }

  @Test func theErrorOfEtcdKeepsItsCodeAndWords() throws {
    #expect(
      try verdict(5, "etcdserver: requested lease not found").failure
        == Failure(
          .server, "etcdserver: requested lease not found", reason: .leaseNotFound, grpcCode: 5,
          endpoint: "http://e1:2379"))
  }
}
