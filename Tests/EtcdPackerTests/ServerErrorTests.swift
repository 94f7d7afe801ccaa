import EtcdPacker
import Testing

@Suite struct ServerErrorTests {
  static let notFound = ServerError(grpcCode: 5, httpStatus: 404, message: "etcdserver: requested lease not found")

  @Test(
    "Every version's form gives the same error",
    arguments: [
      // 3.3
      #"{"error":"etcdserver: requested lease not found","code":5}"#,
      // 3.4.23
      #"{"error":"etcdserver: requested lease not found","message":"etcdserver: requested lease not found","code":5}"#,
      // 3.5.1
      #"{"error":"etcdserver: requested lease not found","code":5,"message":"etcdserver: requested lease not found"}"#,
      // 3.6
      #"{"code":5, "message":"etcdserver: requested lease not found"}"#,
      #"{"code":5,  "message":"etcdserver: requested lease not found", "details":[]}"#,
      // with a line feed, a code as text, fields nobody knows
      "{\"code\":\"5\",\"message\":\"etcdserver: requested lease not found\",\"x\":[{}]}\n",
    ])
  func bodies(body: String) {
    #expect(ServerError.decode(status: 404, body: utf8(body)) == Self.notFound)
  }

  @Test func aRoutingErrorIsItsText() {
    #expect(
      ServerError.decode(status: 404, body: utf8("Not Found\n"))
        == ServerError(grpcCode: nil, httpStatus: 404, message: "Not Found"))
  }

  @Test func aProxysPageIsAPrintableExcerpt() {
    let page =
      "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n" + String(repeating: "<hr>\u{1B}[31m", count: 500)
    let error = ServerError.decode(status: 502, body: utf8(page))
    #expect(error.grpcCode == nil)
    #expect(error.httpStatus == 502)
    #expect(error.message.hasPrefix("<html>  <head><title>502 Bad Gateway</title></head>  <hr> [31m"))
    #expect(error.message.hasSuffix("…"))
    #expect(error.message.utf8.count < 520)
    #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test(arguments: [
    ("", "the answer has no text"), (" \n\t ", "the answer has no text"), ("{", "{"), ("{}", "{}"), ("null", "null"),
    (#"{"error":"#, #"{"error":"#), (#"{"error":5}"#, #"{"error":5}"#), (#"["a"]"#, #"["a"]"#),
    (#"{"code":"x","message":"m"}"#, #"{"code":"x","message":"m"}"#), ("a\u{202E}b\u{2028}c\u{85}d", "a b c d"),
    (#"{"message":""}"#, #"{"message":""}"#),
  ])
  func whatIsNoErrorDocumentBecomesTheMessage(body: String, message: String) {
    #expect(
      ServerError.decode(status: 500, body: utf8(body))
        == ServerError(grpcCode: nil, httpStatus: 500, message: message))
  }

  @Test func bytesThatAreNotTextAreRepaired() {
    #expect(ServerError.decode(status: 500, body: [0xFF, 0x41, 0x00, 0x42]).message == "\u{FFFD}A B")
  }

  @Test func aCodeWithoutAMessageIsStillAnError() {
    #expect(
      ServerError.decode(status: 503, body: utf8(#"{"code":14}"#))
        == ServerError(grpcCode: 14, httpStatus: 503, message: "the server gave no message"))
  }

  @Test func messagesOfDocumentsAreBoundedAndPrintableToo() {
    let document = #"{"code":2,"message":"a\u001b[0m\n"# + String(repeating: "x", count: 2000) + #""}"#
    let error = ServerError.decode(status: 500, body: utf8(document))
    #expect(error.message.hasPrefix("a [0m xxx"))
    #expect(error.message.utf8.count < 520)
  }

  // MARK: Inside of streams

  @Test func aStreamsErrorUpTo35NamesItsHTTPStatus() throws {
    #expect(
      try document(Samples.streamError)
        == .error(ServerError(grpcCode: 14, httpStatus: 503, message: "error reading from server: EOF")))
  }

  @Test(arguments: [
    #"{"error":{"code":14, "message":"etcdserver: no leader"}}"#,
    #"{"error":{"code":14,"message":"etcdserver: no leader","details":[]}}"#,
    #"{"error":"etcdserver: no leader","code":14}"#,
    #"{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}"#,
    #"{"code":14,"message":"etcdserver: no leader"}"#,
    #"{"result":null,"error":{"code":14,"message":"etcdserver: no leader"}}"#,
    #"{"result":{"created":true},"error":{"code":14,"message":"etcdserver: no leader"}}"#,
  ])
  func otherFormsOfAStreamsErrorAreUnderstood(json: String) throws {
    #expect(try document(json) == .error(ServerError(grpcCode: 14, httpStatus: nil, message: "etcdserver: no leader")))
  }

  @Test func anEmptyErrorIsAnErrorNevertheless() throws {
    #expect(
      try document(#"{"error":{}}"#)
        == .error(ServerError(grpcCode: nil, httpStatus: nil, message: "the server gave no message")))
  }

  @Test func aResultIsDecoded() throws {
    var expected = WatchResponse()
    expected.created = true
    #expect(try document(#"{"result":{"created":true}}"#) == .result(expected))
    #expect(try document(#"{"result":{"created":true},"error":null}"#) == .result(expected))
    #expect(try document(#"{"result":{}}"#) == .result(WatchResponse()))
  }

  @Test(arguments: ["{}", "null", #"{"result":null}"#, #"{"error":null}"#, #"{"error":""}"#, #"{"created":true}"#])
  func aDocumentWithNeitherIsRefused(json: String) {
    #expect(failure { () throws(PackerError) in try document(json) } == PackerError(.missingField, at: 0))
  }

  private func document(_ json: String) throws(PackerError) -> StreamDocument<WatchResponse> {
    try StreamDocument<WatchResponse>.decode(utf8(json))
  }
}
