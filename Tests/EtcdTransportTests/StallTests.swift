import Glibc
import TestSupport
import Testing

@testable import EtcdTransport

/// A host that does something else for longer than its requests may take: it loads a level, or sits in a debugger.
@Suite struct StallTests {
  private static let timeout = Duration.milliseconds(100)
  private static let stall = Duration.milliseconds(200)

  // MARK: What was sent

  /// The last has more sockets ready than one run looks at.
  @Test(arguments: [1, 20, 600]) func answersThatCameMeanwhileAreRead(count: Int) throws {
    var descriptors = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
    descriptors.rlim_cur = descriptors.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
    // The first answers come when there is a connection for each request.
    var waiting: [TestServer.Connection] = []
    var isOpen = false
    let server = TestServer(backlog: 1024) { connection, _ in
      waiting.append(connection)
      isOpen = isOpen || waiting.count == count
      guard isOpen else { return }
      for connection in waiting { connection.answer("ok") }
      waiting = []
    }
    let driver = try Driver(server, options: ReactorOptions(maxIdleConnections: count))
    for _ in 0..<count { driver.start(server) }
    #expect(driver.drive { driver.outcomes.count == count })
    driver.forgetEvents()

    let late = (0..<count).map { _ in driver.start(server, timeout: Self.timeout) }
    driver.stall(for: Self.stall)
    #expect(server.requests.count == 2 * count)
    #expect(server.connections.count == count)
    driver.drive { driver.outcomes.count == count }
    #expect(late.count { driver.outcomes[$0]?.text == "ok" } == count)
  }

  /// Larger than libcurl's buffer, and than what one run takes of an answer.
  @Test(arguments: [40_000, 400_000]) func largeAnswerThatCameMeanwhileIsReadToItsEnd(size: Int) throws {
    let server = TestServer { connection, request in
      if request.body != [1] { connection.answer([UInt8](repeating: 7, count: size)) } else { connection.answer("ok") }
    }
    let driver = try Driver(server)
    _ = driver.outcome(of: driver.start(server, body: [1]))
    server.connections[0].makeRoom(for: size)
    let id = driver.start(server, timeout: Self.timeout)
    driver.stall(for: Self.stall)
    #expect(server.connections[0].bytesSent > size)
    #expect(driver.outcome(of: id)?.body.count == size)
  }

  /// Another's readiness makes libcurl look at everything whose time has come.
  @Test func answerIsReadThoughAnotherHasNone() throws {
    let silent = TestServer()
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(silent, server)
    let unanswered = (0..<5).map { _ in driver.start(silent, timeout: Self.timeout) }
    let answered = (0..<5).map { _ in driver.start(server, timeout: Self.timeout) }
    driver.drive { silent.requests.count == 5 && server.requests.count == 5 && driver.events.isEmpty }
    driver.stall(for: Self.stall)
    driver.drive { driver.outcomes.count == 10 }
    #expect(answered.allSatisfy { driver.outcomes[$0]?.text == "ok" })
    #expect(unanswered.allSatisfy { driver.outcomes[$0]?.failure?.kind == .timeout })
    #expect(unanswered.allSatisfy { driver.outcomes[$0]?.failure?.curlCode == 28 })
    #expect(unanswered.allSatisfy { driver.outcomes[$0]?.failure?.bodyMayHaveBeenSent == true })
  }

  /// What the host submits after its stall must not end what came in it.
  @Test func answerIsReadThoughTheHostBeginsAnotherFirst() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    _ = driver.outcome(of: driver.start(server))
    let first = driver.start(server, timeout: Self.timeout)
    driver.stall(for: Self.stall)
    let second = driver.start(server)
    driver.reactor.endTurn()
    #expect(driver.outcome(of: first)?.text == "ok")
    #expect(driver.outcome(of: second)?.text == "ok")
  }

  @Test func nothingComesOfWaitingForAServerThatStaysSilent() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let id = driver.start(server, timeout: Self.timeout)
    driver.drive { server.requests.count == 1 }
    driver.stall(for: Self.stall)
    #expect(driver.isReadable)
    driver.run()
    #expect(driver.outcomes[id]?.failure?.kind == .timeout)
    #expect(driver.outcomes[id]?.failure?.message == "no answer within 100 ms")
    #expect(!driver.isReadable)
  }

  /// A little now and then is no answer, however slowly the host pumps.
  @Test func tricklingAnswerEndsAtItsTime() throws {
    let server = TestServer { connection, _ in connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n") }
    let driver = try Driver(server)
    let begun = driver.reactor.now
    let id = driver.start(server, timeout: Self.timeout)
    driver.drive { !server.requests.isEmpty }
    while driver.outcomes[id] == nil, driver.reactor.now - begun < .seconds(5) {
      server.connections[0].send("x")
      driver.stall(for: .milliseconds(15))
      driver.run()
    }
    #expect(driver.outcomes[id]?.failure?.kind == .timeout)
    #expect(driver.reactor.now - begun < .seconds(1))
  }

  // MARK: What was not

  /// Whether its connection was being made meanwhile, or stood ready.
  @Test(arguments: [false, true]) func requestWhoseTimeHasRunOutIsNotSent(reusing: Bool) throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    if reusing { _ = driver.outcome(of: driver.start(server)) }
    let before = server.requests.count
    let id = driver.start(server, timeout: Self.timeout)
    if reusing {
      // Not yet libcurl's: nobody ended the turn.
      driver.hang(for: Self.stall)
    } else {
      driver.stall(for: Self.stall)
    }
    driver.run()
    let failure = driver.outcomes[id]?.failure
    #expect(failure?.kind == .late)
    #expect(failure?.curlCode == 28)
    #expect(failure?.bodyMayHaveBeenSent == false)
    #expect(failure?.message == "not sent within 100 ms")
    driver.settle()
    #expect(server.requests.count == before)
  }

  /// Nobody's clock begins later than the host's: not when libcurl first gets to it.
  @Test func timeRunsFromTheStart() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let id = driver.start(server, timeout: Self.stall)
    let begun = driver.reactor.now
    driver.hang(for: Self.stall / 2)
    #expect(driver.reactor.nextDeadline.map { $0 <= driver.reactor.now } == true)
    #expect(driver.outcome(of: id)?.failure?.kind == .timeout)
    #expect(driver.reactor.now - begun < Self.stall * 3 / 2)
  }

  @Test func connectionThatWasNotMadeMeanwhileIsGivenUp() throws {
    let server = TestServer(backlog: 0)
    server.accepts = false
    let fillers = (0..<4).map { _ in Loopback.connect(port: server.port) }
    defer { for filler in fillers { close(filler) } }
    let driver = try Driver(server)
    let id = driver.start(url: server.url, connectTimeout: Self.timeout)
    driver.stall(for: Self.stall)
    driver.run()
    let failure = driver.outcomes[id]?.failure
    #expect(failure?.kind == .connect)
    #expect(failure?.curlCode == 28)
    #expect(failure?.bodyMayHaveBeenSent == false)
    #expect(failure?.message == "no connection within 100 ms")
  }

  @Test func connectionThatWasMadeMeanwhileIsUsed() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    let id = driver.start(server, connectTimeout: Self.timeout)
    driver.stall(for: Self.stall)
    #expect(driver.outcome(of: id)?.text == "ok")
  }

  /// At any step of it, of which TLS 1.2 has one more.
  @Test(arguments: [1, 2, 3], ["-tls1_2", "-tls1_3"]) func handshakeGoesOn(runs: Int, version: String) throws {
    let tls = TLSServer(options: [version]) { connection, request in connection.answer(request.body) }
    let driver = try Driver(tls.server, options: ReactorOptions(tls: .init(caFile: Certificates.shared.authority)))
    let id = driver.start(url: tls.url, connectTimeout: .milliseconds(500))
    driver.reactor.endTurn()
    for _ in 1..<runs where driver.outcomes.isEmpty {
      driver.drive { driver.isReadable }
      driver.run()
    }
    driver.stall(for: .milliseconds(700))
    #expect(driver.outcome(of: id)?.text == "{}")
  }

  /// A peer that answers a handshake with nothing has no more time for the host's having none.
  @Test func handshakeWithoutAnAnswerIsGivenUp() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let id = driver.start(url: "https://127.0.0.1:\(server.port)/", connectTimeout: Self.timeout)
    driver.drive { !(server.connections.first?.input.isEmpty ?? true) }
    driver.stall(for: Self.stall)
    driver.run()
    #expect(driver.outcomes[id]?.failure?.kind == .connect)
    #expect(driver.outcomes[id]?.failure?.bodyMayHaveBeenSent == false)
  }
}
