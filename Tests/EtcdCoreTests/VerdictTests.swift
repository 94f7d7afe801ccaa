import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct VerdictTests {
  private let endpoint: Endpoint
  private let wire = GatewayWire(connectTimeout: .seconds(1), answerLimit: 1000)

  init() throws {
    endpoint = try Endpoint(parsing: "http://e1")
  }

  /// `failed unavailable, applied no, silent`.
  private func text(_ verdict: Verdict) -> String {
    switch verdict {
    case .success: "success"
    case .refused(let failure): "refused \(failure.code)"
    case .failed(let failure, let applied, let fault): "failed \(failure.code), applied \(applied), \(fault)"
    }
  }

  private func failure(_ verdict: Verdict) -> Failure? {
    switch verdict {
    case .success: nil
    case .refused(let failure), .failed(let failure, _, _): failure
    }
  }

  private func verdict(on operation: EtcdCore.Operation, _ status: Int, _ body: [UInt8]) -> Verdict {
    wire.verdict(on: .completed(status: status, body: body), of: operation, from: endpoint)
      ?? .refused(Failure(.system, "no verdict"))
  }

  // MARK: Transfers

  @Test(arguments: [
    (TransferFailure.Kind.resolve, "failed unavailable, applied no, failing"),
    (.connect, "failed unavailable, applied no, silent"),
    (.tls, "failed unavailable, applied no, failing"),
    (.timeout, "failed timeout, applied no, silent"),
    (.broken, "failed unavailable, applied no, failing"),
    (.invalid, "refused system"),
  ])
  func aRequestThatWasNotSentDidNotHappen(kind: TransferFailure.Kind, expected: String) {
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: false, curlCode: 7, message: "m")
    #expect(text(Verdict(on: failure, from: endpoint)) == expected)
  }

  @Test(arguments: [
    (TransferFailure.Kind.timeout, "failed timeout, applied perhaps, silent"),
    (.broken, "failed unavailable, applied perhaps, failing"),
    (.tooLarge, "refused tooLarge"),
  ])
  func aRequestThatWasSentMayHaveHappened(kind: TransferFailure.Kind, expected: String) {
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: true, curlCode: 28, message: "m")
    #expect(text(Verdict(on: failure, from: endpoint)) == expected)
  }

  @Test func theFailureOfATransferSaysWhereAndWhy() {
    let transfer = TransferFailure(kind: .connect, bodyMayHaveBeenSent: false, curlCode: 7, message: "refused")
    let failure = failure(Verdict(on: transfer, from: endpoint))
    #expect(failure == Failure(.unavailable, "refused", curlCode: 7, endpoint: "http://e1:2379"))
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
    (8, "etcdserver: mvcc: database space exceeded", "refused server"),
    (11, "etcdserver: mvcc: required revision has been compacted", "refused compacted"),
    (11, "etcdserver: mvcc: required revision is a future revision", "refused server"),
    (3, "etcdserver: key is not provided", "refused server"),
    (5, "etcdserver: requested lease not found", "refused server"),
    (7, "etcdserver: permission denied", "refused server"),
    (9, "etcdserver: authentication is not enabled", "refused server"),
    (12, "unknown service", "refused server"),
    (16, "etcdserver: invalid auth token", "refused server"),
  ])
  func anErrorOfEtcdIsTakenByItsMeaning(code: Int, message: String, expected: String) {
    let error = ServerError(grpcCode: code, httpStatus: 500, message: message)
    #expect(text(GatewayWire.verdict(on: error, from: endpoint)) == expected)
  }

  /// etcd 3.6 says this with FailedPrecondition; field notes, section 5: always safe to send again.
  @Test func aMemberThatIsNotCapableIsLeftForAnotherWhateverItsCode() {
    let error = ServerError(grpcCode: 9, httpStatus: 400, message: "etcdserver: not capable")
    #expect(text(GatewayWire.verdict(on: error, from: endpoint)) == "failed unavailable, applied no, failing")
  }

  @Test func theErrorOfEtcdKeepsItsCodesAndWords() {
    let error = ServerError(grpcCode: 5, httpStatus: 404, message: "etcdserver: requested lease not found")
    #expect(
      failure(GatewayWire.verdict(on: error, from: endpoint))
        == Failure(
          .server, "etcdserver: requested lease not found", reason: .leaseNotFound, grpcCode: 5, httpStatus: 404,
          endpoint: "http://e1:2379"))
  }

  @Test(arguments: [Int.min, -1, 0, 17, Int.max])
  func aCodeThatIsNoneOfGRPCsIsNotEtcds(code: Int) {
    let error = ServerError(grpcCode: code, httpStatus: Int.max, message: "m")
    #expect(text(GatewayWire.verdict(on: error, from: endpoint)) == "failed protocol, applied perhaps, failing")
  }

  // MARK: Answers that are not etcd's

  @Test(arguments: [
    (404, "404 page not found", "failed protocol, applied no, failing"),
    (400, "<html>bad request</html>", "failed protocol, applied no, failing"),
    (502, "<html>bad gateway</html>", "failed protocol, applied perhaps, failing"),
    (302, "", "failed protocol, applied perhaps, failing"),
    (0, "", "failed protocol, applied perhaps, failing"),
  ])
  func somethingElseThanEtcdIsLeftForAnother(status: Int, body: String, expected: String) {
    let put = Operation.put(PutRequest(key: [1], value: []))
    #expect(text(verdict(on: put, status, utf8(body))) == expected)
  }

  @Test(arguments: ["", "{}", "[]", "<html>", "{\"header\":{}}", "{\"header\":{\"cluster_id\":\"1\"}", "null", "\u{0}"])
  func anAnswerWithoutEtcdsHeaderIsNoAnswer(body: String) {
    let operations: [EtcdCore.Operation] = [
      .range(RangeRequest(range: .all)), .put(PutRequest(key: [1], value: [])),
      .deleteRange(DeleteRangeRequest(range: .all)), .txn(TxnRequest()), .leaseGrant(LeaseGrantRequest(ttl: 1)),
      .leaseKeepAlive(LeaseKeepAliveRequest(id: 1)), .leaseRevoke(LeaseRevokeRequest(id: 1)),
    ]
    for operation in operations {
      let verdict = verdict(on: operation, 200, utf8(body))
      #expect(text(verdict) == "failed protocol, applied perhaps, failing")
      #expect(failure(verdict)?.httpStatus == 200)
    }
  }

  @Test func eachOperationGetsTheAnswerOfItsName() throws {
    func answer(_ operation: EtcdCore.Operation, _ json: String) -> Answer? {
      if case .success(let answer) = verdict(on: operation, 200, utf8(json)) {
        answer
      } else {
        nil
      }
    }
    let header = "{\(JSON.header(9))}"
    if case .range? = answer(.range(RangeRequest(range: .all)), header) {} else { Issue.record("range") }
    if case .put? = answer(.put(PutRequest(key: [1], value: [])), header) {} else { Issue.record("put") }
    if case .deleteRange? = answer(.deleteRange(DeleteRangeRequest(range: .all)), header) {
    } else {
      Issue.record("delete")
    }
    if case .txn? = answer(.txn(TxnRequest()), header) {} else { Issue.record("txn") }
    if case .leaseGrant? = answer(.leaseGrant(LeaseGrantRequest(ttl: 1)), header) {} else { Issue.record("grant") }
    if case .leaseRevoke? = answer(.leaseRevoke(LeaseRevokeRequest(id: 1)), header) {} else { Issue.record("revoke") }
    guard
      case .leaseKeepAlive(let renewal)? = answer(
        .leaseKeepAlive(LeaseKeepAliveRequest(id: 1)), JSON.renewal(7, ttl: 10))
    else {
      _ = Issue.record("keepalive")
      return
    }
    #expect(renewal.id == 7)
    #expect(renewal.ttl == 10)
  }

  @Test func anErrorInTheStreamOfARenewalIsAnError() {
    let body = utf8(#"{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}}"#)
    let verdict = verdict(on: .leaseKeepAlive(LeaseKeepAliveRequest(id: 1)), 200, body)
    #expect(text(verdict) == "failed unavailable, applied no, failing")
  }

  // MARK: Requests

  @Test func everyRequestButASerializableRangeRequiresALeader() {
    func requiresLeader(_ operation: EtcdCore.Operation) -> Bool {
      wire.transfer(for: operation, to: endpoint, timeout: .seconds(3)).headers
        .contains { $0 == ("Grpc-Metadata-hasleader", "true") }
    }
    var range = RangeRequest(range: .all)
    #expect(requiresLeader(.range(range)))
    range.serializable = true
    #expect(!requiresLeader(.range(range)))
    #expect(requiresLeader(.put(PutRequest(key: [1], value: []))))
    #expect(requiresLeader(.leaseKeepAlive(LeaseKeepAliveRequest(id: 1))))
    let watch = wire.transfer(for: WatchCreateRequest(range: .all), to: endpoint)
    #expect(watch.headers.contains { $0 == ("Grpc-Metadata-hasleader", "true") })
  }

  @Test func aRequestIsBoundedInTimeAndSizeAndAWatchIsNot() {
    let call = wire.transfer(for: .range(RangeRequest(range: .all)), to: endpoint, timeout: .milliseconds(300))
    #expect(call.url == "http://e1:2379/v3/kv/range")
    #expect(call.timeout == .milliseconds(300))
    #expect(call.connectTimeout == .milliseconds(300))
    guard case .whole(limit: 1000) = call.answer else {
      _ = Issue.record("not limited")
      return
    }
    let watch = wire.transfer(for: WatchCreateRequest(range: .all), to: endpoint)
    #expect(watch.timeout == nil)
    #expect(watch.connectTimeout == .seconds(1))
  }
}
