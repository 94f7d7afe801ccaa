import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct GatewayWatchReaderTests {
  private let reader: WatchReader
  private let header = #""header":{"cluster_id":"1","member_id":"2","revision":"9","raft_term":"3"}"#

  init() throws {
    reader = try Self.reader(limit: 4096)
  }

  private static func reader(limit: Int) throws -> WatchReader {
    let endpoint = try Endpoint(parsing: "http://e1")
    return StreamReader(.gateway(GatewayDocuments(limit: limit, endpoint: endpoint)), from: endpoint)
  }

  /// A document with one event: a put of `key` at revision 8, with the value `v`.
  private func message(_ key: String) -> String {
    let key = String(decoding: Base64.encode(utf8(key)), as: UTF8.self)
    return #"{"result":{\#(header),"events":[{"kv":{"key":"\#(key)","mod_revision":"8","value":"dg=="}}]}}"#
  }

  private func error(_ code: Int, _ message: String) -> String {
    #"{"error":{"grpc_code":\#(code),"http_code":500,"message":"\#(message)","http_status":"x"}}"#
  }

  /// Everything there is to read; the reader is done after an end.
  private func read() -> [String] {
    var items: [String] = []
    while reader.hasNext {
      switch reader.next() {
      case .message(let response): items.append(response.events.map(\.text).joined(separator: " "))
      case .end(let end):
        items.append("end \(end.failure.code), \(end.fault)")
        return items
      case nil: items.append("nothing")
      }
      // What there is to read is bounded by the tests.
      if items.count > 100 { return items }
    }
    return items
  }

  private func next() -> Failure? {
    if case .end(let end)? = reader.next() { end.failure } else { nil }
  }

  private func begin(_ status: Int = 200) {
    #expect(!reader.take(.opened(status: status)))
  }

  private func receive(_ text: String) {
    #expect(!reader.take(.received(utf8(text))))
  }

  /// The transfer ends as HTTP says it should.
  private func complete(_ status: Int = 200) {
    #expect(reader.take(.completed(status: status, body: [])))
  }

  private func fail(_ kind: TransferFailure.Kind) {
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: true, curlCode: 56, message: "\(kind)")
    #expect(reader.take(.failed(failure)))
  }

  // MARK: Messages

  @Test func documentsMayArriveInAnyPieces() {
    begin()
    var items: [String] = []
    for byte in utf8("\n" + message("a") + "\r\n" + message("b") + "\n") {
      #expect(!reader.take(.received([byte])))
      items += read()
    }
    #expect(items == ["a=v@8", "b=v@8"])
  }

  @Test func severalDocumentsInOnePieceAreReadOneByOne() {
    begin()
    receive(message("a") + "\n" + message("b") + "\n" + message("c"))
    #expect(read() == ["a=v@8", "b=v@8"])
    #expect(!reader.hasNext)
    receive("\n")
    #expect(read() == ["c=v@8"])
  }

  @Test func aDocumentIsNotReadBeforeItIsWhole() {
    begin()
    receive(message("a"))
    #expect(!reader.hasNext)
    #expect(reader.next() == nil)
    receive("\n")
    #expect(reader.hasNext)
  }

  @Test(arguments: ["\n", "\r\n", "  \n\n", "\t\r\n"])
  func blankLinesAreNoDocuments(text: String) {
    begin()
    receive(text)
    #expect(read() == [])
    complete()
    #expect(read() == ["end unavailable, none"])
  }

  @Test func aMessageIsWhatItsDocumentSays() {
    begin()
    receive(
      #"{"result":{\#(header),"created":true,"fragment":true,"events":[{"type":"DELETE","kv":{"key":"aw=="}}]}}"# + "\n"
    )
    guard case .message(let response)? = reader.next() else {
      _ = Issue.record("no message")
      return
    }
    #expect(response.header.revision == 9)
    #expect(response.created)
    #expect(response.fragment)
    #expect(response.events.map(\.text) == ["-k@0"])
  }

  /// What waits is not decoded before its turn.
  @Test func whatIsWrongWithALaterDocumentDoesNotTouchTheOnesBefore() {
    begin()
    receive(message("a") + "\n{]\n")
    #expect(read() == ["a=v@8", "end protocol, failing"])
  }

  // MARK: What is not etcd's

  @Test(arguments: [
    "<html>", "{}", #"{"result":{}}"#, #"{"result":{"events":[]}}"#, "[1]", "null", "{]", #"{"result":null}"#,
    // Without a header, or with one that names no cluster.
    #"{"result":{"created":true}}"#, #"{"result":{"header":{"revision":"9"},"created":true}}"#,
  ])
  func aLineThatIsNoDocumentOfEtcdsIsTheEnd(line: String) {
    begin()
    receive(line + "\n")
    #expect(reader.hasNext)
    guard case .end(let end)? = reader.next() else {
      _ = Issue.record("no end")
      return
    }
    #expect(end.failure.code == .protocol)
    #expect(end.failure.httpStatus == 200)
    #expect(end.failure.endpoint == "http://e1:2379")
    #expect(end.fault == .failing)
  }

  // MARK: Errors

  @Test(arguments: [
    // Up to 3.5
    #"{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}}"#,
    #"{"error":{"grpc_code":14,"message":"etcdserver: no leader"}}"#,
    // 3.6
    #"{"error":{"code":14,"message":"etcdserver: no leader"}}"#,
  ])
  func theErrorOfEveryVersionIsTheEnd(line: String) {
    begin()
    receive(message("a") + "\n" + line + "\n")
    #expect(read() == ["a=v@8", "end unavailable, failing"])
  }

  @Test func anErrorIsTakenByItsMeaning() {
    begin()
    receive(error(11, "etcdserver: mvcc: required revision has been compacted") + "\n")
    let failure = next()
    #expect(failure?.code == .compacted)
    #expect(failure?.reason == .compacted)
    #expect(failure?.grpcCode == 11)
    #expect(failure?.endpoint == "http://e1:2379")
  }

  /// Up to 3.5 nothing follows the error, not even a line feed.
  @Test func anErrorWithoutALineFeedIsReadWhenTheStreamHasEnded() {
    begin()
    receive(message("a") + "\n" + error(14, "etcdserver: no leader"))
    #expect(read() == ["a=v@8"])
    complete()
    #expect(read() == ["end unavailable, failing"])
  }

  @Test func anErrorWithoutALineFeedIsReadWhenTheStreamWasCut() {
    begin()
    receive(error(7, "etcdserver: permission denied"))
    fail(.broken)
    #expect(next()?.reason == .permissionDenied)
  }

  // MARK: Refusals

  @Test func aRefusalWithAStatusOfItsOwnIsTheEndWhenItIsWhole() {
    begin(503)
    let body = #"{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}"#
    receive(String(body.prefix(20)))
    receive(String(body.dropFirst(20)))
    #expect(!reader.hasNext)
    complete(503)
    #expect(reader.hasNext)
    guard case .end(let end)? = reader.next() else {
      _ = Issue.record("no end")
      return
    }
    #expect(
      end.failure
        == Failure(
          .unavailable, "etcdserver: no leader", reason: .noLeader, grpcCode: 14, httpStatus: 503,
          endpoint: "http://e1:2379"))
    #expect(end.fault == .failing)
  }

  @Test(arguments: [
    (403, #"{"code":7,"message":"etcdserver: permission denied"}"#, "end permissionDenied, none"),
    (400, #"{"code":3,"message":"etcdserver: user name is empty"}"#, "end unauthenticated, none"),
    (404, "404 page not found", "end protocol, wrongPath"),
    (502, "<html>bad gateway</html>", "end protocol, failing"),
    (302, "", "end protocol, failing"),
  ])
  func aRefusalIsTakenByItsMeaning(status: Int, body: String, expected: String) {
    begin(status)
    if !body.isEmpty { receive(body) }
    complete(status)
    #expect(read() == [expected])
  }

  /// The lines of a page are no documents of a stream.
  @Test func aRefusalOfSeveralLinesIsOneRefusal() {
    begin(502)
    receive("<html>\n<body>\n" + message("a") + "\n")
    #expect(!reader.hasNext)
    complete(502)
    #expect(read() == ["end protocol, failing"])
  }

  @Test func aRefusalWithoutEndIsTheEndAfterAFewLines() {
    begin(502)
    var pieces = 0
    while !reader.hasNext, pieces < 100 {
      receive(String(repeating: "x", count: 16_384))
      pieces += 1
    }
    #expect(pieces * 16_384 == ServerError.bodyLimit)
    #expect(read() == ["end protocol, failing"])
  }

  @Test func aRefusalInOneHugePieceIsTheEndToo() {
    begin(502)
    receive(String(repeating: "x", count: 1_000_000))
    // So much is looked at of each piece; the next one is too much.
    receive("x")
    #expect(read() == ["end protocol, failing"])
  }

  // MARK: Limits

  @Test func aDocumentThatIsTooLargeIsTheEnd() {
    begin()
    receive(message("a") + "\n" + String(repeating: " ", count: 3000) + message("b") + "\n")
    #expect(read() == ["a=v@8", "b=v@8"])
    receive(String(repeating: " ", count: 4200) + message("c") + "\n" + message("d") + "\n")
    #expect(read() == ["end tooLarge, none"])
    // What follows is not read either.
    #expect(read() == ["end tooLarge, none"])
  }

  @Test func aDocumentWithoutEndIsGivenUp() {
    begin()
    for _ in 0..<4 {
      #expect(read() == [])
      receive(String(repeating: " ", count: 1000))
    }
    receive(String(repeating: "{", count: 1000))
    #expect(read() == ["end tooLarge, none"])
  }

  /// It is small, and what it decodes to is not.
  @Test func aDocumentOfEmptyEventsIsTooLargeToo() {
    begin()
    let empty = Array(repeating: "{}", count: 1000).joined(separator: ",")
    receive(message("a") + "\n" + #"{"result":{\#(header),"events":[\#(empty)]}}"# + "\n")
    #expect(read() == ["a=v@8", "end tooLarge, none"])
  }

  /// What lacks its line feed is an error, and those are short.
  @Test func aLongLastLineIsDropped() throws {
    let reader = try Self.reader(limit: 1 << 20)
    _ = reader.take(.opened(status: 200))
    _ = reader.take(.received(utf8(message(String(repeating: "a", count: ServerError.bodyLimit)))))
    _ = reader.take(.completed(status: 200, body: []))
    guard case .end(let end)? = reader.next() else {
      _ = Issue.record("no end")
      return
    }
    #expect(end.failure.code == .unavailable)
  }

  // MARK: Ends

  @Test func aStreamThatEndsCleanlySaysNothingAboutItsEndpoint() {
    begin()
    receive(message("a") + "\n")
    complete()
    #expect(read() == ["a=v@8", "end unavailable, none"])
  }

  /// Opening it again will tell.
  @Test(arguments: [
    (TransferFailure.Kind.broken, "end unavailable, none"), (.timeout, "end timeout, none"),
    (.tooLarge, "end tooLarge, failing"), (.invalid, "end system, failing"),
  ])
  func aStreamThatWasCutSaysLittleAboutItsEndpoint(kind: TransferFailure.Kind, expected: String) {
    begin()
    receive(message("a") + "\n")
    fail(kind)
    #expect(read() == ["a=v@8", expected])
  }

  @Test(arguments: [
    (TransferFailure.Kind.connect, "end unavailable, unreached"), (.refused, "end unavailable, refusing"),
    (.resolve, "end unavailable, failing"),
    (.tls, "end unavailable, failing"), (.broken, "end unavailable, failing"), (.timeout, "end timeout, silent"),
    (.invalid, "end system, failing"),
  ])
  func aStreamThatNeverBeganIsItsEndpointsFault(kind: TransferFailure.Kind, expected: String) {
    fail(kind)
    #expect(read() == [expected])
  }

  @Test func aRefusalThatWasCutIsTheCut() {
    begin(503)
    receive(#"{"error":"etcdserver: no le"#)
    fail(.broken)
    #expect(read() == ["end unavailable, none"])
  }

  @Test func theLastDocumentMayLackItsLineFeed() {
    begin()
    receive(message("a") + "\n" + message("b"))
    fail(.broken)
    #expect(read() == ["a=v@8", "b=v@8", "end unavailable, none"])
  }

  @Test(arguments: [1, 5, 40])
  func aLastLineThatWasCutOffIsDropped(cut: Int) {
    begin()
    receive(message("a") + "\n" + message("b").dropLast(cut))
    fail(.broken)
    #expect(read() == ["a=v@8", "end unavailable, none"])
  }

  @Test func whatCameBeforeTheEndIsReadFirst() {
    begin()
    receive((0..<20).map { message("\($0)") + "\n" }.joined())
    complete()
    #expect(read() == (0..<20).map { "\($0)=v@8" } + ["end unavailable, none"])
  }

  @Test func nothingFollowsTheEnd() {
    begin()
    receive(message("a") + "\n")
    complete()
    _ = read()
    for _ in 0..<3 { #expect(read() == ["end unavailable, none"]) }
  }

  @Test func aStreamThatHasSaidNothingHasNothing() {
    #expect(!reader.hasNext)
    #expect(reader.next() == nil)
    begin()
    #expect(!reader.hasNext)
    #expect(reader.next() == nil)
  }
}
