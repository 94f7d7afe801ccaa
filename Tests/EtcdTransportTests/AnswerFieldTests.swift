import Testing

@testable import EtcdTransport

/// What is told of an answer's header and trailer.
@Suite struct AnswerFieldTests {
  private func play(
    _ answer: String, _ wanted: AnswerFields.Wanted, _ kind: TransferRequest.Answer = .whole(limit: 1000)
  ) throws -> (outcome: Driver.Outcome?, events: [TransferEvent]) {
    let server = TestServer { connection, _ in connection.send(answer) }
    let driver = try Driver(server)
    let id = driver.reactor.start(
      TransferRequest(
        url: server.url, body: [1], answer: kind, fields: wanted, connectTimeout: .seconds(5), timeout: .seconds(10)))
    let outcome = driver.outcome(of: id)
    return (outcome, driver.events.map(\.event))
  }

  private static let chunked = """
    HTTP/1.1 200 OK\r
    Transfer-Encoding: chunked\r
    X-One:   first  \r
    x-one: second\r
    X-Empty:\r
    \r
    3\r
    abc\r
    0\r
    Grpc-Status: 5\r
    X-ONE: late\r
    Grpc-Message: a: b\r
    \r

    """

  @Test func headerAndTrailerAreToldApart() throws {
    let (outcome, _) = try play(Self.chunked, .all)
    #expect(outcome?.text == "abc")
    #expect(
      outcome?.fields
        == AnswerFields(
          headers: [
            .init(name: "transfer-encoding", value: "chunked"), .init(name: "x-one", value: "first"),
            .init(name: "x-one", value: "second"), .init(name: "x-empty", value: ""),
          ],
          trailers: [
            .init(name: "grpc-status", value: "5"), .init(name: "x-one", value: "late"),
            .init(name: "grpc-message", value: "a: b"),
          ]))
  }

  @Test func onlyNamedFieldsAreTold() throws {
    let (outcome, _) = try play(Self.chunked, .named(["x-one", "grpc-status"]))
    #expect(outcome?.fields.headers.map(\.value) == ["first", "second"])
    #expect(outcome?.fields.trailers.map(\.value) == ["5", "late"])
  }

  @Test func nothingIsToldWithoutBeingAskedFor() throws {
    let (outcome, _) = try play(Self.chunked, .none)
    #expect(outcome?.text == "abc")
    #expect(outcome?.fields == AnswerFields())
  }

  @Test func streamIsOpenedWithItsHeaderAndCompletedWithItsTrailer() throws {
    let (outcome, events) = try play(Self.chunked, .named(["x-one"]), .streamed)
    guard case .opened(status: 200, let headers)? = events.first else {
      Issue.record("not opened")
      return
    }
    #expect(headers.map(\.value) == ["first", "second"])
    #expect(outcome?.fields.headers == headers)
    #expect(outcome?.fields.trailers.map(\.value) == ["late"])
  }

  @Test func interimAnswersLeaveNothing() throws {
    let answer = "HTTP/1.1 103 Early Hints\r\nX: early\r\n\r\nHTTP/1.1 200 OK\r\nX: final\r\nContent-Length: 0\r\n\r\n"
    let (outcome, _) = try play(answer, .named(["x"]))
    #expect(outcome?.fields.headers == [.init(name: "x", value: "final")])
  }

  @Test func bytesThatAreNotTextDoNoHarm() throws {
    let answer =
      "HTTP/1.1 200 OK\r\nX: \u{1}\t\u{7f}\r\n: nameless\r\nno colon\r\n folded: x\r\nContent-Length: 0\r\n\r\n"
    let (outcome, _) = try play(answer, .all)
    // What libcurl lets pass of this is its affair.
    if let fields = outcome?.fields { #expect(!fields.headers.contains { $0.name.contains(" ") }) }
    #expect(outcome != nil)
    var collector = FieldCollector(.all)
    for line: [UInt8] in [[], [58], [255, 58, 254, 13, 10], [58, 58], [32, 58], [65, 58, 32, 32]] {
      #expect(line.withUnsafeBytes { collector.take($0, isTrailer: false) })
    }
    #expect(collector.fields.headers.map(\.name) == ["", "\u{fffd}", "", "a"])
    #expect(collector.fields.headers.map(\.value) == ["", "\u{fffd}", ":", ""])
  }

  /// 32 KiB, in which each field counts for 64 bytes more than it has.
  @Test(arguments: [(31, false), (40, true)]) func whatIsKeptIsBounded(kibibytes: Int, fails: Bool) throws {
    let line = "x: \(String(repeating: "y", count: 959))\r\n"
    let lines = String(repeating: line, count: kibibytes)
    let header = "HTTP/1.1 200 OK\r\n\(lines)Content-Length: 0\r\n\r\n"
    let trailer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\(lines)\r\n"
    for answer in [header, trailer] {
      #expect(try play(answer, .named(["x"])).outcome?.failure?.kind == (fails ? .tooLarge : nil))
      // Those that nobody asked for do not count.
      #expect(try play(answer, .named(["other"])).outcome?.status == 200)
    }
    var short = FieldCollector(.all)
    let field: [UInt8] = Array("a:\r\n".utf8)
    var taken = 0
    while taken < 10_000, field.withUnsafeBytes({ short.take($0, isTrailer: true) }) { taken += 1 }
    #expect(taken < 600)
  }
}
