import Testing

@testable import EtcdTransport

@Suite struct InvalidRequestTests {
  @Test(arguments: [
    "", "/", "127.0.0.1:1", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "unix:/x", "http:/x",
    "httpx://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://[::1/",
    "http://a b/", "http://user:password@127.0.0.1:1/", "http://127.0.0.1\0.example.org/", "http://127.0.0.1/\r\nX: y",
    "http://\u{7f}/",
  ])
  func badURLsFailInTheNextRun(url: String) throws {
    let driver = try Driver()
    let id = driver.start(url: url)
    #expect(driver.events.isEmpty)
    #expect(driver.isReadable)
    #expect(driver.outcome(of: id)?.failure?.kind == .invalid, "\(url)")
    #expect(driver.outcomes[id]?.failure?.bodyMayHaveBeenSent == false)
    #expect(!driver.isReadable)
  }

  @Test(arguments: [
    ("", "x"), ("A B", "x"), ("A:", "x"), ("A\r\nB", "x"), ("Ä", "x"), ("A\0", "x"), ("A", "x\r\nB: y"), ("A", "\n"),
    ("A", "\r"), ("A", "x\0y"),
  ])
  func badHeadersFailAndNothingIsSent(name: String, value: String) throws {
    let server = TestServer { connection, _ in connection.answer("") }
    let driver = try Driver(server)
    let common = TransferRequest(
      RequestHead(origin: "http://127.0.0.1:\(server.port)", path: "/", headers: [(name, value)]),
      answer: .whole(limit: 1), connectTimeout: .seconds(1), timeout: .seconds(1))
    for id in [driver.start(server, headers: [(name, value)]), driver.reactor.start(common)] {
      let outcome = driver.outcome(of: id)
      #expect(outcome?.failure?.kind == .invalid)
      #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
    }
    driver.settle(for: .milliseconds(10))
    #expect(server.connections.isEmpty)
  }

  /// Header values may be secrets.
  @Test func failureDoesNotRepeatTheValue() throws {
    let driver = try Driver()
    let id = driver.start(url: "http://127.0.0.1:1/", headers: [("Authorization", "secret\n")])
    let message = driver.outcome(of: id)?.failure?.message
    #expect(message?.contains("Authorization") == true)
    #expect(message?.contains("secret") == false)
  }

  @Test func schemeMayBeWrittenInCapitals() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(url: "HTTP://127.0.0.1:\(server.port)/"))?.text == "ok")
  }

  @Test func absurdTimeoutsAreTakenAsFarAsPossible() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    let longest = Duration.seconds(Int64.max)
    #expect(driver.outcome(of: driver.start(server, connectTimeout: longest, timeout: longest))?.text == "ok")
    // Zero and less mean no limit to libcurl; here they mean at once.
    let silent = TestServer()
    driver.servers.append(silent)
    #expect(driver.outcome(of: driver.start(silent, timeout: .seconds(-1)))?.failure?.curlCode == 28)
    #expect(driver.outcome(of: driver.start(silent, timeout: .zero))?.failure?.curlCode == 28)
  }
}
