import EtcdPacker
import EtcdTransport
import Testing

import struct Foundation.Data
import class Foundation.JSONSerialization

@testable import EtcdCore

struct GatewayWireTests {
  private let endpoint: Endpoint
  private let wire = GatewayWire(connectTimeout: .seconds(1), answerLimit: 1000)
  private let put = EtcdCore.Operation.put(PutRequest(key: utf8("k"), value: utf8("v")))

  init() throws {
    endpoint = try Endpoint(parsing: "http://e1")
  }

  private func transfer(_ operation: EtcdCore.Operation, timeout: Duration = .seconds(3)) -> TransferRequest {
    wire.transfer(for: operation, to: endpoint, token: nil, timeout: timeout)
  }

  private func verdict(on operation: EtcdCore.Operation, _ status: Int, _ body: String) -> Verdict {
    wire.verdict(on: .completed(status: status, body: utf8(body)), of: operation, from: endpoint)
      ?? .refused(Failure(.system, "no verdict"))
  }

  /// One of each.
  private static let operations: [EtcdCore.Operation] = [
    .range(RangeRequest(range: .all)), .put(PutRequest(key: [1], value: [])),
    .deleteRange(DeleteRangeRequest(range: .all)), .txn(TxnRequest(success: [.delete("k")])),
    .compact(CompactionRequest(revision: 1)),
    .leaseGrant(LeaseGrantRequest(ttl: 1)),
    .leaseKeepAlive(LeaseKeepAliveRequest(id: 1)), .leaseRevoke(LeaseRevokeRequest(id: 1)),
    .leaseTimeToLive(LeaseTimeToLiveRequest(id: 1)), .leaseLeases(LeaseLeasesRequest()),
  ]

  // MARK: Requests

  @Test(
    arguments: [
      (
        .range(RangeRequest(range: .prefix(utf8("k")), limit: 2)), "/kv/range",
        #"{"key":"aw==","range_end":"bA==","limit":"2"}"#
      ),
      (
        .put(PutRequest(key: utf8("k"), value: utf8("v"), lease: 77)), "/kv/put",
        #"{"key":"aw==","value":"dg==","lease":"77"}"#
      ),
      (.deleteRange(DeleteRangeRequest(range: .single(utf8("k")))), "/kv/deleterange", #"{"key":"aw=="}"#),
      (.leaseGrant(LeaseGrantRequest(ttl: 10)), "/lease/grant", #"{"TTL":"10"}"#),
      (.leaseKeepAlive(LeaseKeepAliveRequest(id: 77)), "/lease/keepalive", #"{"ID":"77"}"#),
      (.leaseRevoke(LeaseRevokeRequest(id: 77)), "/lease/revoke", #"{"ID":"77"}"#),
      (.leaseTimeToLive(LeaseTimeToLiveRequest(id: 77)), "/lease/timetolive", #"{"ID":"77"}"#),
      (.leaseTimeToLive(LeaseTimeToLiveRequest(id: 77, keys: true)), "/lease/timetolive", #"{"ID":"77","keys":true}"#),
      (.leaseLeases(LeaseLeasesRequest()), "/lease/leases", "{}"),
      (
        .authenticate(AuthenticateRequest(name: "u", password: "p")), "/auth/authenticate",
        #"{"name":"u","password":"p"}"#
      ),
      (
        .txn(TxnRequest(compare: [.isAbsent("k")], success: [.put("k", "v", lease: 77)], failure: [.delete("k")])),
        "/kv/txn",
        #"{"compare":[{"key":"aw==","target":"CREATE","create_revision":"0"}],"#
          + #""success":[{"request_put":{"key":"aw==","value":"dg==","lease":"77"}}],"#
          + #""failure":[{"request_delete_range":{"key":"aw=="}}]}"#
      ),
      (
        .txn(TxnRequest(compare: [.isAt(5, "k")], success: [.range(RangeRequest(range: .single(utf8("k"))))])),
        "/kv/txn",
        #"{"compare":[{"key":"aw==","target":"MOD","mod_revision":"5"}],"#
          + #""success":[{"request_range":{"key":"aw=="}}]}"#
      ),
    ] as [(EtcdCore.Operation, String, String)])
  func anOperationGoesToThePathOfItsMethodAsADocument(
    operation: EtcdCore.Operation, path: String, document: String
  ) throws {
    let transfer = transfer(operation)
    #expect(transfer.head.method == .post)
    #expect(transfer.url == "http://e1:2379/v3" + path)
    #expect(try text(of: transfer.body) == text(of: utf8(document)))
    #expect(transfer.headers.contains { $0 == ("Content-Type", "application/json") })
  }

  @Test func aWatchGoesToItsPathAsADocument() throws {
    let watch = WatchCreateRequest(range: .all, startRevision: 8, prevKV: true, fragment: true)
    let transfer = wire.transfer(for: watch, to: endpoint, token: nil)
    #expect(transfer.head.method == .post)
    #expect(transfer.url == "http://e1:2379/v3/watch")
    let document =
      #"{"create_request":{"key":"AA==","range_end":"AA==","start_revision":"8","prev_kv":true,"fragment":true}}"#
    #expect(try text(of: transfer.body) == text(of: utf8(document)))
    #expect(transfer.headers.contains { $0 == ("Content-Type", "application/json") })
  }

  /// Whatever the order of the fields.
  private func text(of document: [UInt8]) throws -> String {
    let fields = try JSONSerialization.jsonObject(with: Data(document))
    return String(decoding: try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys), as: UTF8.self)
  }

  @Test func everyRequestButASerializableRangeRequiresALeader() {
    func requiresLeader(_ transfer: TransferRequest) -> Bool {
      transfer.headers.contains { $0 == ("Grpc-Metadata-hasleader", "true") }
    }
    for operation in Self.operations { #expect(requiresLeader(transfer(operation))) }
    #expect(!requiresLeader(transfer(.range(RangeRequest(range: .all, serializable: true)))))
    #expect(requiresLeader(wire.transfer(for: WatchCreateRequest(range: .all), to: endpoint, token: nil)))
  }

  @Test func aRequestIsBoundedInTimeAndSizeAndAWatchIsNot() {
    let call = transfer(.range(RangeRequest(range: .all)), timeout: .milliseconds(300))
    #expect(call.timeout == .milliseconds(300))
    guard case .whole(limit: 1000) = call.answer else {
      _ = Issue.record("not limited")
      return
    }
    let watch = wire.transfer(for: WatchCreateRequest(range: .all), to: endpoint, token: nil)
    #expect(watch.timeout == nil)
    guard case .streamed = watch.answer else {
      _ = Issue.record("not streamed")
      return
    }
  }

  @Test func connectingTakesNoLongerThanTheRequestMayTake() {
    #expect(transfer(put, timeout: .milliseconds(300)).connectTimeout == .milliseconds(300))
    #expect(transfer(put, timeout: .seconds(3)).connectTimeout == .seconds(1))
    #expect(wire.transfer(for: WatchCreateRequest(range: .all), to: endpoint, token: nil).connectTimeout == .seconds(1))
  }

  // MARK: Answers

  @Test func eachOperationGetsTheAnswerOfItsName() throws {
    func answer(_ operation: EtcdCore.Operation, _ document: String) -> Answer? {
      if case .success(let answer) = verdict(on: operation, 200, document) { answer } else { nil }
    }
    let header = #"{"header":{"cluster_id":"1","member_id":"2","revision":"9","raft_term":"3"}}"#
    if case .range? = answer(.range(RangeRequest(range: .all)), header) {} else { Issue.record("range") }
    if case .put? = answer(put, header) {} else { Issue.record("put") }
    if case .deleteRange? = answer(.deleteRange(DeleteRangeRequest(range: .all)), header) {
    } else {
      Issue.record("delete")
    }
    if case .txn? = answer(.txn(TxnRequest()), header) {} else { Issue.record("txn") }
    if case .compact? = answer(.compact(CompactionRequest(revision: 1)), header) {} else { Issue.record("compact") }
    if case .leaseGrant? = answer(.leaseGrant(LeaseGrantRequest(ttl: 1)), header) {} else { Issue.record("grant") }
    if case .leaseRevoke? = answer(.leaseRevoke(LeaseRevokeRequest(id: 1)), header) {} else { Issue.record("revoke") }
    let renewed = #"{"result":{"header":{"cluster_id":"1"},"ID":"7","TTL":"10"}}"#
    guard case .leaseKeepAlive(let renewal)? = answer(.leaseKeepAlive(LeaseKeepAliveRequest(id: 1)), renewed) else {
      _ = Issue.record("keepalive")
      return
    }
    #expect(renewal.id == 7)
    #expect(renewal.ttl == 10)
  }

  @Test func anAnswerIsWhatItsDocumentSays() throws {
    let document =
      #"{"header":{"cluster_id":"1","revision":"9"},"kvs":[{"key":"aw==","mod_revision":"5","value":"dg=="}],"#
      + #""more":true,"count":"3"}"#
    guard case .success(.range(let range)) = verdict(on: .range(RangeRequest(range: .all)), 200, document) else {
      _ = Issue.record("no range")
      return
    }
    #expect(range.header.revision == 9)
    #expect(range.kvs.map(\.key) == ["k"])
    #expect(range.kvs.map(\.value) == ["v"])
    #expect(range.kvs.map(\.modRevision) == [5])
    #expect(range.more)
    #expect(range.count == 3)
  }

  @Test(arguments: ["", "{}", "[]", "<html>", "{\"header\":{}}", "{\"header\":{\"cluster_id\":\"1\"}", "null", "\u{0}"])
  func anAnswerWithoutEtcdsHeaderIsNoAnswer(body: String) {
    for operation in Self.operations {
      let verdict = verdict(on: operation, 200, body)
      #expect(verdict.text == "failed protocol, applied perhaps, failing")
      #expect(verdict.failure?.httpStatus == 200)
      #expect(verdict.failure?.endpoint == "http://e1:2379")
    }
  }

  /// Of a write it says as much as one that has too many bytes: it was carried out.
  @Test func anAnswerThatIsTooLargeOnceDecodedIsTooLarge() {
    let empty = Array(repeating: "{}", count: 200).joined(separator: ",")
    let header = #""header":{"cluster_id":"1"}"#
    let range = Operation.range(RangeRequest(range: .all))
    for (operation, field) in [(range, "kvs"), (put, "unknown")] {
      let verdict = verdict(on: operation, 200, #"{\#(header),"\#(field)":[\#(empty)]}"#)
      #expect(verdict.text == "refused tooLarge")
      #expect(verdict.failure?.httpStatus == 200)
      #expect(verdict.failure?.endpoint == "http://e1:2379")
    }
  }

  /// A call's answer is whole, or there is none.
  @Test func thatAnAnswerBeginsSaysNothing() {
    #expect(wire.verdict(on: .opened(status: 503), of: put, from: endpoint) == nil)
    #expect(wire.verdict(on: .received(utf8("{")), of: put, from: endpoint) == nil)
  }

  @Test func aTransferThatFailedIsTakenAsOne() {
    let failure = TransferFailure(kind: .broken, bodyMayHaveBeenSent: true, curlCode: 56, message: "reset")
    let verdict = wire.verdict(on: .failed(failure), of: put, from: endpoint)
    #expect(verdict?.text == "failed unavailable, applied perhaps, failing")
    #expect(verdict?.failure == Failure(.unavailable, "reset", curlCode: 56, endpoint: "http://e1:2379"))
  }

  // MARK: Errors

  @Test(arguments: [
    // 3.4
    #"{"error":"etcdserver: requested lease not found","message":"etcdserver: requested lease not found","code":5}"#,
    // 3.5
    #"{"error":"etcdserver: requested lease not found","code":5,"message":"etcdserver: requested lease not found"}"#,
    // 3.6
    #"{"code":5,"message":"etcdserver: requested lease not found","details":[]}"#,
  ])
  func theErrorOfEveryVersionKeepsItsCodesAndWords(body: String) {
    let verdict = verdict(on: put, 404, body)
    #expect(verdict.text == "refused server")
    #expect(
      verdict.failure
        == Failure(
          .server, "etcdserver: requested lease not found", reason: .leaseNotFound, grpcCode: 5, httpStatus: 404,
          endpoint: "http://e1:2379"))
  }

  /// The status that belongs to an error is another one in other versions, and says less.
  @Test(arguments: [
    (400, 9, "etcdserver: not capable", "failed unavailable, applied no, failing"),
    (412, 9, "etcdserver: not capable", "failed unavailable, applied no, failing"),
    (503, 14, "etcdserver: no leader", "failed unavailable, applied no, failing"),
    (503, 14, "etcdserver: request timed out", "failed unavailable, applied perhaps, failing"),
    (500, 2, "context deadline exceeded", "failed server, applied perhaps, none"),
    (504, 4, "context deadline exceeded", "failed timeout, applied perhaps, failing"),
    (400, 11, "etcdserver: mvcc: required revision has been compacted", "refused compacted"),
    (403, 7, "etcdserver: permission denied", "refused permissionDenied"),
    (200, 7, "etcdserver: permission denied", "failed protocol, applied perhaps, failing"),
  ])
  func theCodeDecidesAndNotTheStatus(status: Int, code: Int, message: String, expected: String) {
    #expect(verdict(on: put, status, #"{"code":\#(code),"message":"\#(message)"}"#).text == expected)
  }

  @Test(arguments: [
    // Up to 3.5
    #"{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}}"#,
    #"{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}}"#,
    // 3.6
    #"{"error":{"code":14,"message":"etcdserver: no leader"}}"#,
  ])
  func anErrorInTheStreamOfARenewalIsAnError(body: String) {
    let verdict = verdict(on: .leaseKeepAlive(LeaseKeepAliveRequest(id: 1)), 200, body)
    #expect(verdict.text == "failed unavailable, applied no, failing")
    #expect(verdict.failure?.reason == .noLeader)
    #expect(verdict.failure?.grpcCode == 14)
  }

  @Test func anErrorInPlaceOfTheStreamOfARenewalIsAnError() {
    let renewal = EtcdCore.Operation.leaseKeepAlive(LeaseKeepAliveRequest(id: 1))
    let verdict = verdict(on: renewal, 401, #"{"code":16,"message":"etcdserver: invalid auth token"}"#)
    #expect(verdict.text == "refused unauthenticated")
    #expect(verdict.failure?.reason == .invalidToken)
  }

  @Test(arguments: [Int.min, -1, 0, 17, Int.max])
  func aCodeThatIsNoneOfGRPCsIsNotEtcds(code: Int) {
    let error = ServerError(grpcCode: code, httpStatus: Int.max, message: "m")
    #expect(GatewayWire.verdict(on: error, from: endpoint).text == "failed protocol, applied perhaps, failing")
    #expect(verdict(on: put, 500, #"{"code":\#(code),"message":"m"}"#).failure?.code == .protocol)
  }

  // MARK: Answers that are not etcd's

  @Test(arguments: [
    (404, "404 page not found", "failed protocol, applied no, wrongPath"),
    (400, "<html>bad request</html>", "failed protocol, applied perhaps, failing"),
    (502, "<html>bad gateway</html>", "failed protocol, applied perhaps, failing"),
    (302, "", "failed protocol, applied perhaps, failing"),
    (0, "", "failed protocol, applied perhaps, failing"),
  ])
  func somethingElseThanEtcdIsLeftForAnother(status: Int, body: String, expected: String) {
    let verdict = verdict(on: put, status, body)
    #expect(verdict.text == expected)
    #expect(verdict.failure?.httpStatus == Int32(status))
    #expect(verdict.failure?.grpcCode == 0)
  }

  /// A proxy says these about requests that it has passed on, too.
  @Test(arguments: [400, 402, 406, 408, 409, 410, 425, 429, 460, 499, 500, 502, 503, 504, 520])
  func whatAProxyMaySayAfterItPassedTheRequestOnProvesNothing(status: Int) {
    #expect(verdict(on: put, status, "<html>").text == "failed protocol, applied perhaps, failing")
  }

  @Test(arguments: [401, 403, 405, 407, 413, 415, 426, 505])
  func whoeverRefusesToPassItOnProvesThatNothingHappened(status: Int) {
    #expect(verdict(on: put, status, "<html>").text == "failed protocol, applied no, failing")
  }

  /// Newer gateways have JSON for a path that does not exist, with the code of a lease that is not found.
  @Test func aPathThatDoesNotExistIsNoAnswerOfEtcds() {
    let verdict = verdict(on: put, 404, #"{"code":5,"message":"Not Found","details":[]}"#)
    #expect(verdict.text == "failed protocol, applied no, wrongPath")
    #expect(verdict.failure?.reason == nil)
  }
}
