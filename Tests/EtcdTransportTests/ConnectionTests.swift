import Glibc
import TestSupport
import Testing

@testable import EtcdTransport

@Suite struct ConnectionTests {
  @Test func callsAfterEachOtherShareOneConnection() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    for _ in 0..<50 {
      #expect(driver.outcome(of: driver.start(server))?.text == "ok")
    }
    #expect(server.connections.count == 1)
    #expect(server.requests.count == 50)
    #expect(driver.reactor.connectionsOpened == 1)
  }

  @Test func callsStartedFromTheHandlerShareOneConnection() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    driver.whenTold = { [unowned driver] _, _ in
      if driver.events.count < 50 { driver.start(server) }
    }
    driver.start(server)
    #expect(driver.drive { driver.outcomes.count == 50 })
    #expect(server.connections.count == 1)
  }

  /// libcurl counts connections in use against the limit of idle ones.
  @Test func openStreamsLeaveRoomForAnIdleConnection() throws {
    let server = TestServer { connection, request in
      if request.body == Array("watch".utf8) { connection.beginChunks() } else { connection.answer("ok") }
    }
    let driver = try Driver(server, options: ReactorOptions(maxIdleConnections: 1))
    for _ in 0..<20 { driver.start(server, body: Array("watch".utf8), answer: .streamed, timeout: nil) }
    #expect(driver.drive { driver.events.count == 20 })
    for _ in 0..<10 { #expect(driver.outcome(of: driver.start(server))?.text == "ok") }
    #expect(server.connections.count == 21)
  }

  @Test func idleConnectionsAreBounded() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server, options: ReactorOptions(maxIdleConnections: 3))
    for _ in 0..<40 { driver.start(server) }
    #expect(driver.drive { driver.outcomes.count == 40 })
    #expect(server.connections.count == 40)
    // Each call that ends closes one too many; where several end at once, the next ones make up for it.
    for _ in 0..<40 { _ = driver.outcome(of: driver.start(server)) }
    driver.settle()
    #expect(server.openConnections <= 4)
    #expect(server.connections.count == 40)
    #expect(driver.reactor.connectionsOpened == 40)
  }

  /// The next call sees the end of the connection before it sends, and takes another.
  @Test func connectionClosedBetweenCallsIsNotUsedAgain() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(server, body: [1]))?.text == "ok")
    server.connections[0].close()
    #expect(driver.outcome(of: driver.start(server, body: [2]))?.text == "ok")
    #expect(server.requests.map(\.body) == [[1], [2]])
    #expect(server.connections.count == 2)
  }

  /// The race that makes libcurl send again: the connection was alive when it was chosen, and then ended unanswered.
  @Test(arguments: [1, 16_384, 16_385, 100_000]) func postOnADyingConnectionIsDeliveredOnce(size: Int) throws {
    var answers = 1
    let server = TestServer { connection, _ in
      if answers > 0 { connection.answer("ok") } else { connection.close() }
      answers -= 1
    }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(server))?.text == "ok")
    let outcome = driver.outcome(of: driver.start(server, body: Array(repeating: 7, count: size)))
    #expect(outcome?.failure?.kind == .broken)
    #expect(outcome?.failure?.curlCode == 65)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
    driver.settle()
    #expect(server.requests.count == 2)
  }

  /// Reading is repeated by libcurl, and that is welcome.
  @Test func getOnADyingConnectionIsRepeated() throws {
    var answers = 1
    let server = TestServer { connection, _ in
      if answers == 0 { connection.close() } else { connection.answer("ok") }
      answers -= 1
    }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(server, .get))?.text == "ok")
    #expect(driver.outcome(of: driver.start(server, .get))?.text == "ok")
    #expect(server.requests.count == 3)
  }

  /// Whatever a handle was used for before.
  @Test func bodiesOfAllSizesTakeTurnsOnOneConnection() throws {
    let server = TestServer { connection, request in connection.answer(request.body) }
    let driver = try Driver(server)
    for size in [1, 16384, 0, 16385, 3, 70_000, 0, 65_536, 2, 1_000_000, 7] {
      let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 11) }
      #expect(driver.outcome(of: driver.start(server, body: body))?.body == body)
      #expect(driver.outcome(of: driver.start(server, .get))?.body == [])
    }
    #expect(server.connections.count == 1)
  }

  @Test func resetConnectionIsNotAnsweredBySendingAgain() throws {
    var answers = 1
    let server = TestServer { connection, _ in
      if answers > 0 { connection.answer("ok") } else { connection.reset() }
      answers -= 1
    }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(server))?.text == "ok")
    let outcome = driver.outcome(of: driver.start(server))
    #expect(outcome?.failure?.kind == .broken)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
    driver.settle()
    #expect(server.requests.count == 2)
  }

  /// Without a body there is nothing for libcurl to rewind, so this needs a guard of its own.
  @Test func emptyPostOnADyingConnectionIsDeliveredOnce() throws {
    var answers = 1
    let server = TestServer { connection, _ in
      if answers > 0 { connection.answer("ok") } else { connection.close() }
      answers -= 1
    }
    let driver = try Driver(server)
    #expect(driver.outcome(of: driver.start(server, body: []))?.text == "ok")
    let outcome = driver.outcome(of: driver.start(server, body: []))
    #expect(outcome?.failure?.kind == .broken)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
    driver.settle()
    #expect(server.requests.count == 2)
  }

  @Test func closeAfterTheRequestFailsWithTheBodySent() throws {
    let server = TestServer { connection, _ in connection.close() }
    let driver = try Driver(server)
    let outcome = driver.outcome(of: driver.start(server))
    #expect(outcome?.failure?.kind == .broken)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
    #expect(outcome?.failure?.curlCode == 52)
    driver.settle()
    #expect(server.requests.count == 1)
  }

  @Test func refusedConnectionFailsWithNothingSent() throws {
    let server = TestServer()
    let url = server.url
    close(server.listener)
    server.accepts = false
    let driver = try Driver()
    let outcome = driver.outcome(of: driver.start(url: url))
    #expect(outcome?.failure?.kind == .refused)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
    #expect(outcome?.failure?.curlCode == 7)
    #expect(outcome?.failure?.message.isEmpty == false)
  }

  /// A listener whose backlog is full drops what arrives, like a host that is not there.
  @Test func silentHostFailsWhenTheConnectTimeoutPasses() throws {
    let server = TestServer(backlog: 0)
    server.accepts = false
    var fillers: [Int32] = []
    for _ in 0..<4 { fillers.append(Loopback.connect(port: server.port)) }
    defer { for filler in fillers { close(filler) } }
    let driver = try Driver(server)
    let before = driver.reactor.now
    let outcome = driver.outcome(of: driver.start(url: server.url, connectTimeout: .milliseconds(150)))
    let taken = driver.reactor.now - before
    #expect(outcome?.failure?.kind == .connect)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
    #expect(taken >= .milliseconds(150))
    #expect(taken < .seconds(3))
  }

  @Test func unknownHostFailsToResolve() throws {
    let driver = try Driver()
    let outcome = driver.outcome(of: driver.start(url: "http://nonexistent.invalid:1/"))
    #expect(outcome?.failure?.kind == .resolve)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test func serverThatStaysSilentTimesOut() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let before = driver.reactor.now
    let outcome = driver.outcome(of: driver.start(server, timeout: .milliseconds(100)))
    #expect(outcome?.failure?.kind == .timeout)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
    #expect(driver.reactor.now - before >= .milliseconds(100))
  }

  @Test func getThatTimesOutMayHaveBeenActedUpon() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let outcome = driver.outcome(of: driver.start(server, .get, timeout: .milliseconds(100)))
    #expect(outcome?.failure?.kind == .timeout)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
  }
}
