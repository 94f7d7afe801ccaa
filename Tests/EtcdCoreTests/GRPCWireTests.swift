import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct GRPCWireTests {
  private let endpoint: Endpoint
  private let wire = GRPCWire(connectTimeout: .seconds(1), answerLimit: 1000)
  private let put = EtcdCore.Operation.put(PutRequest(key: utf8("k"), value: utf8("v")))

  init() throws {
    endpoint = try Endpoint(parsing: "http://e1")
  }

  private static var header: ResponseHeader {
    var header = ResponseHeader()
    (header.clusterID, header.memberID, header.revision, header.raftTerm) = (1, 2, 3, 4)
    return header
  }

  private static func ended(_ code: Int, _ message: String? = nil) -> AnswerFields {
    let status = AnswerFields.Field(name: "grpc-status", value: String(code))
    return AnswerFields(trailers: [status] + (message.map { [.init(name: "grpc-message", value: $0)] } ?? []))
  }

  private func verdict(
    on operation: EtcdCore.Operation, _ status: Int = 200, _ body: [UInt8] = [], _ fields: AnswerFields
  ) -> Verdict {
    wire.verdict(on: .completed(status: status, body: body, fields: fields), of: operation, from: endpoint)
      ?? .refused(Failure(.system, "no verdict"))
  }

  private func verdict(on operation: EtcdCore.Operation, _ fields: AnswerFields) -> Verdict {
    verdict(on: operation, 200, [], fields)
  }

  // MARK: Requests

  @Test func anOperationGoesToItsMethodAsAMessage() {
    let request = wire.transfer(for: put, to: endpoint, token: Secret("t"), timeout: .milliseconds(1500))
    #expect(request.head.method == .post)
    #expect(request.url == "http://e1:2379/etcdserverpb.KV/Put")
    #expect(request.body == [0, 0, 0, 0, 6, 0x0A, 1, UInt8(ascii: "k"), 0x12, 1, UInt8(ascii: "v")])
    #expect(
      request.headers.map { "\($0.name): \($0.value)" } == [
        "content-type: application/grpc", "te: trailers", "hasleader: true", "grpc-timeout: 2500m", "token: t",
      ])
    #expect(request.timeout == .milliseconds(1500))
    #expect(request.connectTimeout == .seconds(1))
    if case .whole(limit: 1000) = request.answer {} else { Issue.record("\(request.answer)") }
  }

  @Test func whatIsAskedOfAMemberWithoutALeaderDoesNotAskForOne() {
    let request = wire.transfer(for: .leaderless(put), to: endpoint, token: nil, timeout: .seconds(1))
    #expect(!request.headers.contains { $0.name == "hasleader" || $0.name == "token" })
  }

  @Test(arguments: [
    (Duration.nanoseconds(1), "1m"), (.milliseconds(2), "2m"), (.microseconds(2001), "3m"),
    (.milliseconds(99_999_999), "99999999m"), (.milliseconds(100_000_000), "100001S"),
    (.seconds(1_000_000_000), "99999999S"), (.zero, "1m"), (.seconds(-1), "1m"),
  ])
  func aTimeoutHasEightDigitsAtMostAndIsRoundedUp(timeout: Duration, text: String) {
    #expect(GRPCWire.text(of: timeout) == text)
  }

  @Test func aWatchIsOneMessageAndShareAConnectionWithStreamsAlone() throws {
    let request = wire.transfer(
      for: WatchCreateRequest(range: .single(utf8("k")), startRevision: 5), to: endpoint, token: nil)
    #expect(request.url == "http://e1:2379/etcdserverpb.Watch/Watch")
    #expect(request.body == [0, 0, 0, 0, 7, 0x0A, 5, 0x0A, 1, UInt8(ascii: "k"), 0x18, 5])
    #expect(request.lane == .streams)
    #expect(request.timeout == nil)
    #expect(!request.headers.contains { $0.name == "grpc-timeout" })
  }

  @Test func whatMayBeLargeDoesNotStandBeforeWhatIsSmall() {
    func lane(_ operation: EtcdCore.Operation) -> TransferRequest.Lane {
      wire.transfer(for: operation, to: endpoint, token: nil, timeout: .seconds(1)).lane
    }
    #expect(lane(put) == .calls)
    #expect(lane(.range(RangeRequest(range: .single([1])))) == .calls)
    #expect(lane(.range(RangeRequest(range: .all, limit: 1))) == .calls)
    #expect(lane(.range(RangeRequest(range: .all))) == .bulk)
    #expect(lane(.range(RangeRequest(range: .all, limit: 1000))) == .bulk)
    #expect(lane(.leaderless(.range(RangeRequest(range: .all)))) == .bulk)
    #expect(wire.streamedTransfer(for: .snapshot, to: endpoint, token: nil).lane == .bulk)
  }

  // MARK: Answers

  @Test func aMessageAndAStatusOfZeroAreAnAnswer() {
    var response = PutResponse()
    response.header = Self.header
    let verdict = verdict(on: put, 200, MessageFramer.frame(response.encodeProtobuf()), Self.ended(0))
    guard case .success(.put(let answer)) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(answer.header.revision == 3)
  }

  /// Every method's answer, of which the header is all that is there.
  @Test(arguments: [
    Method.range, .put, .deleteRange, .txn, .compact, .leaseGrant, .leaseKeepAlive, .leaseRevoke, .leaseTimeToLive,
    .leaseLeases, .memberList, .authenticate, .memberAdd, .memberRemove, .authEnable, .authStatus, .userGet, .userList,
    .roleGet, .roleList, .status, .hash, .hashKV, .snapshot,
  ])
  func eachMethodReadsItsMessageAndRefusesAnEmptyOne(method: EtcdCore.Method) throws {
    var response = HeaderResponse()
    response.header = Self.header
    guard case .answer(let answer) = try method.decode(.protobuf(Bytes(response.encodeProtobuf())), 1000) else {
      Issue.record("no answer")
      return
    }
    #expect(answer.header == Self.header)
    #expect(throws: PackerError.self) { try method.decode(.protobuf(Bytes()), 1000) }
    #expect(throws: PackerError.self) { try method.decode(.protobuf(Bytes([0xFF])), 1000) }
    #expect(throws: PackerError.self) { try method.decode(.protobuf(Bytes(response.encodeProtobuf())), 3) }
  }

  @Test func anAnswerThatIsNotWholeSaysNothingOfTheWrite() {
    var response = PutResponse()
    response.header = Self.header
    let frame = MessageFramer.frame(response.encodeProtobuf())
    let unreadable = "failed protocol, applied perhaps, failing"
    #expect(verdict(on: put, 200, frame, AnswerFields()).text == unreadable)
    #expect(verdict(on: put, 200, [], Self.ended(0)).text == unreadable)
    #expect(verdict(on: put, 200, Array(frame.dropLast()), Self.ended(0)).text == unreadable)
    #expect(verdict(on: put, 200, frame + frame, Self.ended(0)).text == unreadable)
    #expect(verdict(on: put, 200, [1] + frame.dropFirst(), Self.ended(0)).text == unreadable)
    #expect(verdict(on: put, 200, [0, 0, 0, 0, 0], Self.ended(0)).text == unreadable)
    #expect(verdict(on: put, 200, [0, 0, 0, 4, 0], Self.ended(0)).text == unreadable)
  }

  @Test(arguments: ["", "x", "-1", "+1", "1 ", "99999999999999999999", "1000000000"])
  func aStatusThatIsNoneIsMissing(text: String) {
    let fields = AnswerFields(trailers: [.init(name: "grpc-status", value: text)])
    #expect(verdict(on: put, 200, [], fields).text == "failed protocol, applied perhaps, failing")
  }

  @Test func aTrailerAloneIsAnAnswerAndOneBehindTheBodyCountsMore() {
    var fields = Self.ended(14, "etcdserver: no leader")
    (fields.headers, fields.trailers) = (fields.trailers, [])
    #expect(verdict(on: put, fields).failure?.reason == .noLeader)
    fields.trailers = Self.ended(9, "etcdserver: lease already exists").trailers
    #expect(verdict(on: put, fields).failure?.reason == .leaseExists)
  }

  @Test(arguments: [
    (14, "etcdserver: no leader", "failed unavailable, applied no, failing"),
    (14, "etcdserver: request timed out", "failed unavailable, applied perhaps, failing"),
    (4, "context deadline exceeded", "failed timeout, applied perhaps, failing"),
    (13, "", "failed server, applied perhaps, none"), (16, "etcdserver: invalid auth token", "refused unauthenticated"),
    (11, "etcdserver: mvcc: required revision has been compacted", "refused compacted"),
    (12, "unknown service etcdserverpb.KV", "failed protocol, applied no, wrongWire"),
    (17, "what", "failed protocol, applied perhaps, failing"),
  ])
  func anErrorMeansTheSameAsOnTheGateway(code: Int, message: String, expected: String) {
    #expect(verdict(on: put, Self.ended(code, message)).text == expected)
  }

  @Test func whatNotEveryVersionHasIsRefusedWhereItIsNotKnown() {
    #expect(verdict(on: .hashKV(HashKVRequest()), Self.ended(12, "unknown method HashKV")).text == "refused protocol")
  }

  @Test(arguments: [
    (404, "failed protocol, applied no, wrongWire"), (405, "failed protocol, applied no, wrongWire"),
    (415, "failed protocol, applied no, wrongWire"), (426, "failed protocol, applied no, wrongWire"),
    (505, "failed protocol, applied no, wrongWire"), (401, "failed protocol, applied no, failing"),
    (502, "failed protocol, applied perhaps, failing"), (503, "failed protocol, applied perhaps, failing"),
    (200, "failed protocol, applied perhaps, failing"),
  ])
  func whatIsAnsweredWithoutAStatusIsNotEtcds(status: Int, expected: String) {
    let verdict = verdict(on: put, status, utf8(#"{"code":5,"message":"etcdserver: lease not found"}"#), AnswerFields())
    #expect(verdict.text == expected)
    #expect(verdict.failure?.grpcCode == 0)
    #expect(verdict.failure?.reason == nil)
  }

  @Test func whoSpeaksNoHTTP2HasNotGotTheRequest() {
    let failure = TransferFailure(kind: .notHTTP2, bodyMayHaveBeenSent: false, curlCode: 0, message: "m")
    let verdict = wire.verdict(on: .failed(failure), of: put, from: endpoint)
    #expect(verdict?.text == "failed unavailable, applied no, wrongWire")
  }

  // MARK: Words

  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("a%20b", "a b"), ("100%", "100%"), ("%4", "%4"), ("%zz%41", "%zzA"),
    ("%C3%A4", "ä"), ("%FF", "\u{FFFD}"), ("%%41", "%A"), ("a\u{FFFD}b", "a\u{FFFD}b"),
  ])
  func aMessageIsDecodedAsFarAsItCanBe(text: String, expected: String) {
    #expect(GRPCStatus.percentDecoded(text) == expected)
  }

  @Test func aMessageIsPrintableAndOfBoundedLength() {
    let words = String(repeating: "%0A%41", count: 10_000)
    let message = verdict(on: put, Self.ended(9, words)).failure?.message ?? ""
    #expect(message.utf8.count < 2 * ServerError.messageLimit)
    #expect(!message.contains("\n"))
  }
}

struct GRPCDocumentsTests {
  private let reader: WatchReader

  init() throws {
    let endpoint = try Endpoint(parsing: "http://e1")
    reader = GRPCWire(connectTimeout: .seconds(1), answerLimit: 1000).watchReader(from: endpoint)
  }

  private static let created: [UInt8] = {
    var response = WatchResponse()
    (response.header.clusterID, response.created) = (1, true)
    return MessageFramer.frame(response.encodeProtobuf())
  }()

  private static func ended(_ code: Int, _ message: String = "") -> TransferEvent {
    .completed(
      status: 200, body: [],
      fields: AnswerFields(trailers: [
        .init(name: "grpc-status", value: String(code)), .init(name: "grpc-message", value: message),
      ]))
  }

  private func nextEnd() -> StreamEnd? {
    if case .end(let end)? = reader.next() { end } else { nil }
  }

  @Test func messagesComeOneByOneAndThenTheEnd() {
    #expect(!reader.take(.opened(status: 200)))
    #expect(!reader.take(.received(Self.created + Self.created.prefix(7))))
    guard case .message(let message)? = reader.next() else {
      Issue.record("no message")
      return
    }
    #expect(message.created)
    #expect(!reader.hasNext)
    #expect(reader.next() == nil)
    #expect(!reader.take(.received(Array(Self.created.dropFirst(7)))))
    #expect(reader.take(Self.ended(14, "etcdserver: no leader")))
    if case .message? = reader.next() {} else { Issue.record("no message") }
    let end = nextEnd()
    #expect(end?.failure.reason == .noLeader)
    #expect(end?.fault == .failing)
    #expect(nextEnd()?.failure.reason == .noLeader)
  }

  @Test func aRefusalIsATrailerAlone() {
    let fields = AnswerFields(headers: [.init(name: "grpc-status", value: "16")])
    #expect(reader.take(.completed(status: 200, body: [], fields: fields)))
    #expect(nextEnd()?.failure.code == .server)
  }

  @Test func whatIsNotWholeHasNotEndedWell() {
    _ = reader.take(.opened(status: 200))
    _ = reader.take(.received(Array(Self.created.dropLast())))
    #expect(reader.take(Self.ended(0)))
    #expect(nextEnd()?.failure.code == .protocol)
  }

  @Test func aStreamWithoutATrailerWasCut() {
    _ = reader.take(.opened(status: 200))
    _ = reader.take(.received(Self.created))
    _ = reader.next()
    #expect(reader.take(.completed(status: 200, body: [])))
    let end = nextEnd()
    #expect(end?.isWhole == false)
    #expect(end?.fault == Verdict.Fault.none)
  }

  @Test func aPageIsNoStream() {
    _ = reader.take(.opened(status: 415))
    _ = reader.take(.received(utf8("<html>")))
    #expect(reader.take(.completed(status: 415, body: [])))
    #expect(nextEnd()?.fault == .wrongWire)
  }

  @Test func aPageWithoutEndIsGivenUp() {
    _ = reader.take(.opened(status: 502))
    for _ in 0..<20 { _ = reader.take(.received([UInt8](repeating: 0x41, count: 16_384))) }
    #expect(nextEnd()?.failure.httpStatus == 502)
  }

  @Test func aMessageWithoutAHeaderIsNoneOfEtcds() {
    _ = reader.take(.opened(status: 200))
    _ = reader.take(.received([0, 0, 0, 0, 0]))
    #expect(nextEnd()?.failure.code == .protocol)
  }
}

extension GRPCWire {
  fileprivate func watchReader(from endpoint: Endpoint) -> WatchReader {
    Wire.grpc(self).watchReader(from: endpoint)
  }
}

struct WireNegotiationTests {
  private var negotiation = WireNegotiation()

  @Test mutating func gRPCIsTriedFirstAndStayedWith() {
    #expect(negotiation.kind == .grpc)
    #expect(negotiation.answered(by: .grpc, now: .at(0)) == true)
    #expect(negotiation.answered(by: .grpc, now: .at(1)) == false)
    #expect(negotiation.failed(.failing, by: .grpc, startedAt: .at(2), now: .at(5)) == false)
    // It was under way with the one before.
    #expect(negotiation.failed(.silent, by: .grpc, startedAt: .at(4), now: .at(5)) == false)
    #expect(negotiation.kind == .grpc)
    #expect(negotiation.answered(by: .grpc, now: .at(6)) == false)
    #expect(negotiation.failed(.failing, by: .grpc, startedAt: .at(7), now: .at(8)) == false)
    #expect(negotiation.kind == .grpc)
  }

  @Test mutating func whereItWasSpokenASecondFailureInARowIsTriedByTheGateway() {
    _ = negotiation.answered(by: .grpc, now: .at(0))
    #expect(negotiation.failed(.silent, by: .grpc, startedAt: .at(1), now: .at(5)) == false)
    #expect(negotiation.failed(.silent, by: .grpc, startedAt: .at(5), now: .at(9)) == true)
    #expect(negotiation.kind == .json)
    #expect(negotiation.takeTrial(now: .at(10_009)) == true)
  }

  @Test mutating func whatBeganBeforeItWasLastAnsweredSaysNothingAgainstIt() {
    _ = negotiation.answered(by: .grpc, now: .at(5))
    #expect(negotiation.failed(.failing, by: .grpc, startedAt: .at(5), now: .at(5)) == false)
    #expect(negotiation.failed(.wrongWire, by: .grpc, startedAt: .at(5), now: .at(6)) == false)
    #expect(negotiation.failed(.silent, by: .grpc, startedAt: .at(6), now: .at(9)) == false)
    #expect(negotiation.kind == .grpc)
  }

  /// An address that was tried, and has answered.
  @Test mutating func whatItFirstAnsweredByIsWhatItIsAskedBy() {
    negotiation.begun(by: .json, now: .at(5))
    #expect(negotiation.kind == .json)
    #expect(negotiation.takeTrial(now: .at(5)) == true)
    #expect(negotiation.takeTrial(now: .at(6)) == false)
    #expect(negotiation.failed(.silent, by: .grpc, startedAt: .at(5), now: .at(9)) == false)
    #expect(negotiation.kind == .json)
    // It is known already.
    negotiation.begun(by: .grpc, now: .at(10))
    negotiation.begun(by: .json, now: .at(11))
    #expect(negotiation.kind == .grpc)
  }

  @Test mutating func whoDoesNotSpeakItIsAskedAgainAfterMinutes() {
    #expect(negotiation.failed(.wrongWire, by: .grpc, startedAt: .at(0), now: .at(0)) == true)
    #expect(negotiation.kind == .json)
    #expect(negotiation.failed(.wrongWire, by: .grpc, startedAt: .at(0), now: .at(0)) == false)
    #expect(negotiation.takeTrial(now: .at(299_999)) == false)
    #expect(negotiation.takeTrial(now: .at(300_000)) == true)
    #expect(negotiation.takeTrial(now: .at(300_000)) == false)
    #expect(negotiation.kind == .json)
    #expect(negotiation.answered(by: .grpc, now: .at(0)) == true)
    #expect(negotiation.kind == .grpc)
  }

  @Test mutating func aQuestionWithoutAnAnswerIsSoonRepeated() {
    _ = negotiation.failed(.silent, by: .grpc, startedAt: .at(0), now: .at(0))
    #expect(negotiation.takeTrial(now: .at(10_000)) == true)
    #expect(negotiation.takeTrial(now: .at(19_999)) == false)
    #expect(negotiation.takeTrial(now: .at(20_000)) == true)
    // One that it does not speak it is not.
    #expect(negotiation.failed(.wrongWire, by: .grpc, startedAt: .at(20_000), now: .at(20_001)) == false)
    #expect(negotiation.takeTrial(now: .at(320_000)) == false)
    #expect(negotiation.takeTrial(now: .at(320_001)) == true)
  }

  @Test mutating func whoSpokeItMayNotAnyMore() {
    _ = negotiation.answered(by: .grpc, now: .at(0))
    #expect(negotiation.failed(.wrongWire, by: .grpc, startedAt: .at(1), now: .at(2)) == true)
    #expect(negotiation.kind == .json)
  }

  @Test mutating func whatMayBeTheWiresFaultIsTriedByTheGatewayAndSoonAgain() {
    #expect(negotiation.failed(.silent, by: .grpc, startedAt: .at(0), now: .at(0)) == true)
    #expect(negotiation.kind == .json)
    #expect(negotiation.answered(by: .json, now: .at(0)) == false)
    #expect(negotiation.takeTrial(now: .at(10_000)) == true)
  }

  @Test(arguments: [Verdict.Fault.wrongPath, .failing, .silent])
  func whereTheGatewayIsNoGoodEitherGRPCIsTriedAtOnce(fault: Verdict.Fault) {
    var negotiation = WireNegotiation()
    _ = negotiation.failed(.wrongWire, by: .grpc, startedAt: .at(0), now: .at(0))
    #expect(negotiation.failed(fault, by: .json, startedAt: .at(0), now: .at(0)) == false)
    #expect(negotiation.kind == .grpc)
  }

  /// Streams through the gateway live there, and are not to be asked after by a wire that says nothing.
  @Test(arguments: [Verdict.Fault.failing, .silent])
  func aGatewayThatHasAnsweredAndFailsIsStayedWithAndGRPCSoonTriedBeside(fault: Verdict.Fault) {
    var negotiation = WireNegotiation()
    _ = negotiation.failed(.wrongWire, by: .grpc, startedAt: .at(0), now: .at(0))
    _ = negotiation.answered(by: .json, now: .at(1))
    #expect(negotiation.failed(fault, by: .json, startedAt: .at(2), now: .at(3)) == false)
    #expect(negotiation.kind == .json)
    #expect(negotiation.takeTrial(now: .at(10_002)) == false)
    // No later for a failure that follows.
    #expect(negotiation.failed(fault, by: .json, startedAt: .at(5000), now: .at(5001)) == false)
    #expect(negotiation.takeTrial(now: .at(10_003)) == true)
  }

  @Test(arguments: [Verdict.Fault.none, .refusing, .unreached, .notAsked])
  func whatSaysNothingOfTheWireChangesNothing(fault: Verdict.Fault) {
    var negotiation = WireNegotiation()
    #expect(negotiation.failed(fault, by: .grpc, startedAt: .at(0), now: .at(0)) == false)
    #expect(negotiation.kind == .grpc)
  }
}
