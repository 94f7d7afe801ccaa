import Testing

@testable import EtcdTransport

@Suite struct RoundTripTests {
  @Test func getBringsTheBody() throws {
    let server = TestServer { connection, _ in connection.answer("hello") }
    let driver = try Driver(server)
    let outcome = driver.outcome(of: driver.start(server, .get, path: "version"))
    #expect(outcome?.status == 200)
    #expect(outcome?.text == "hello")
    #expect(server.requests.first?.head.hasPrefix("GET /version HTTP/1.1\r\n") == true)
  }

  @Test func postCarriesItsBodyWithNulBytes() throws {
    let server = TestServer { connection, request in connection.answer(request.body) }
    let driver = try Driver(server)
    let body: [UInt8] = [0, 1, 0, 255, 13, 10, 0]
    let outcome = driver.outcome(of: driver.start(server, body: body))
    #expect(outcome?.status == 200)
    #expect(outcome?.body == body)
    #expect(server.requests.map(\.body) == [body])
  }

  @Test func postWithoutABodySaysSo() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(server, body: []))?.text == "ok")
    #expect(server.requests.first?.head.contains("Content-Length: 0") == true)
  }

  @Test func fiveMegabytesPassBothWaysUnchanged() throws {
    let server = TestServer { connection, request in connection.answer(request.body) }
    let driver = try Driver(server)
    let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    let outcome = driver.outcome(of: driver.start(server, body: body))
    #expect(outcome?.body == body)
    #expect(server.requests.first?.body == body)
  }

  @Test func headersGoOutAsGivenAndNoOthersAreInvented() throws {
    let server = TestServer { connection, _ in connection.answer("") }
    let driver = try Driver(server, options: ReactorOptions(userAgent: "etcdcli/1"))
    let headers = [("Content-Type", "application/json"), ("Authorization", "token.1"), ("X-Empty", "")]
    _ = driver.outcome(of: driver.start(server, body: Array(repeating: 1, count: 2_000_000), headers: headers))
    let lines = (server.requests.first?.head ?? "").split(separator: "\r\n").dropFirst().map(String.init)
    #expect(
      Set(lines) == [
        "Host: 127.0.0.1:\(server.port)", "User-Agent: etcdcli/1", "Accept: */*", "Content-Type: application/json",
        "Authorization: token.1", "X-Empty:", "Content-Length: 2000000",
      ])
  }

  @Test func errorStatusIsAnAnswerLikeAnyOther() throws {
    let server = TestServer { connection, _ in connection.answer("{\"code\":14}", status: "503 Service Unavailable") }
    let driver = try Driver(server)
    let outcome = driver.outcome(of: driver.start(server))
    #expect(outcome?.status == 503)
    #expect(outcome?.text == "{\"code\":14}")
  }

  @Test func redirectsAreNotFollowed() throws {
    let server = TestServer { connection, _ in
      connection.answer("", status: "302 Found", headers: "Location: http://127.0.0.1:1/\r\n")
    }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(server))?.status == 302)
    #expect(server.requests.count == 1)
  }

  @Test func interimAnswersAreSkipped() throws {
    let server = TestServer { connection, _ in
      connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
      connection.answer("late")
    }
    let driver = try Driver(server)
    let whole = driver.start(server)
    let streamed = driver.start(server, answer: .streamed)
    #expect(driver.outcome(of: whole)?.text == "late")
    _ = driver.outcome(of: streamed)
    #expect(driver.story(of: streamed) == ["opened 200", "received", "completed 200"])
  }

  @Test func manyTransfersAtOnceAreKeptApart() throws {
    let server = TestServer { connection, request in connection.answer(request.body) }
    let driver = try Driver(server)
    let ids = (0..<200).map { driver.start(server, body: Array("body \($0)".utf8)) }
    #expect(driver.drive { driver.outcomes.count == ids.count })
    let outcomes = driver.outcomes
    #expect(ids.enumerated().allSatisfy { outcomes[$1]?.text == "body \($0)" })
    #expect(Set(ids).count == ids.count)
  }
}
