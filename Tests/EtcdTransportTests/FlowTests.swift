import Testing

@testable import EtcdTransport

/// Pausing, and what holds while a peer sends faster than it is read.
@Suite struct FlowTests {
  private static let flood = 24_000_000

  /// A stream that has begun, and whose server has more to send than all buffers between hold.
  private func floodedStream(
    connectTimeout: Duration = .seconds(5), timeout: Duration? = nil, pausing: Bool = true
  ) throws -> (Driver, TestServer, TransferID) {
    let server = TestServer { connection, _ in
      connection.beginChunks()
      connection.chunk([1])
    }
    let driver = try Driver(server)
    let id = driver.start(server, answer: .streamed, connectTimeout: connectTimeout, timeout: timeout)
    #expect(driver.drive { driver.received(id) == [1] })
    if pausing { driver.reactor.pause(id) }
    server.connections[0].chunk(Self.pattern)
    return (driver, server, id)
  }

  /// Repeats itself at a length that no buffer has.
  private static let pattern: [UInt8] = {
    let block = (0..<65_521).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) }
    var pattern: [UInt8] = []
    pattern.reserveCapacity(flood + block.count)
    while pattern.count < flood { pattern += block }
    return Array(pattern[..<flood])
  }()

  /// Not `==` in the expectation, which would describe 24 MB of differences.
  private static func isWhole(_ driver: Driver, _ id: TransferID) -> Bool {
    driver.received(id) == [1] + pattern
  }

  @Test func pauseHoldsThePeerBackAndResumeBringsTheRest() throws {
    let (driver, server, id) = try floodedStream()
    driver.settle()
    #expect(driver.receivedCount(id) < 100_000)
    #expect(server.connections[0].wantsToWrite)
    #expect(!driver.isReadable)

    driver.reactor.resume(id)
    #expect(driver.isReadable)
    server.connections[0].endChunks()
    #expect(driver.outcome(of: id)?.status == 200)
    #expect(Self.isWhole(driver, id))
  }

  @Test func pausedStreamDoesNotWakeTheHost() throws {
    let (driver, _, id) = try floodedStream()
    driver.settleTimers()
    let runs = driver.runs
    driver.drive(for: .milliseconds(200)) { false }
    #expect(driver.runs == runs)
    driver.reactor.resume(id)
    #expect(driver.drive { driver.receivedCount(id) > 1_000_000 })
  }

  @Test func bytesForAPausedStreamDoNotWakeTheHost() throws {
    let server = TestServer { connection, _ in connection.beginChunks() }
    let driver = try Driver(server)
    let id = driver.start(server, answer: .streamed, timeout: nil)
    #expect(driver.drive { driver.story(of: id) == ["opened 200"] })
    driver.settleTimers()
    driver.reactor.pause(id)
    server.connections[0].chunk([1, 2, 3])
    #expect(!driver.isReadable)
    driver.reactor.resume(id)
    #expect(driver.drive { driver.received(id) == [1, 2, 3] })
  }

  /// libcurl looks at the socket by itself when one of its timers runs out.
  @Test func timersOfAPausedStreamReadLittle() throws {
    let (driver, _, id) = try floodedStream(connectTimeout: .milliseconds(150))
    driver.drive(for: .milliseconds(400)) { false }
    #expect(driver.receivedCount(id) == 1)
    #expect(driver.story(of: id) == ["opened 200", "received"])
    driver.reactor.resume(id)
    #expect(driver.drive { driver.receivedCount(id) == Self.flood + 1 })
    #expect(Self.isWhole(driver, id))
  }

  @Test func pausedTransferStillTimesOut() throws {
    let (driver, _, id) = try floodedStream(timeout: .milliseconds(300))
    #expect(driver.outcome(of: id)?.failure?.kind == .timeout)
  }

  @Test(arguments: [false, true]) func peerHangingUpOnAPausedStreamIsNoticedOnResume(byReset: Bool) throws {
    let (driver, server, id) = try floodedStream()
    driver.settle()
    if byReset { server.connections[0].reset() } else { server.connections[0].close() }
    driver.settleTimers()
    #expect(!driver.isReadable)
    let runs = driver.runs
    driver.drive(for: .milliseconds(100)) { false }
    #expect(driver.runs == runs)
    driver.reactor.resume(id)
    #expect(driver.outcome(of: id)?.failure?.kind == .broken)
  }

  @Test func pauseAndResumeAreIdempotentAndCoalesce() throws {
    let (driver, server, id) = try floodedStream()
    for _ in 0..<3 { driver.reactor.pause(id) }
    for _ in 0..<3 { driver.reactor.resume(id) }
    driver.reactor.pause(id)
    driver.run()
    driver.settle()
    #expect(driver.receivedCount(id) < 300_000)
    driver.reactor.resume(id)
    server.connections[0].endChunks()
    #expect(driver.outcome(of: id)?.status == 200)
    // Finished and unknown ids are ignored.
    driver.reactor.pause(id)
    driver.reactor.resume(id)
    driver.reactor.pause(TransferID(rawValue: 999))
    driver.reactor.resume(TransferID(rawValue: 999))
    #expect(!driver.isReadable)
  }

  @Test func pauseFromTheHandlerTakesEffectAtOnce() throws {
    let (driver, server, id) = try floodedStream(pausing: false)
    var paused = false
    driver.whenTold = { [unowned driver] _, _ in
      paused = true
      driver.reactor.pause(id)
    }
    #expect(driver.drive { paused })
    driver.settle()
    #expect(driver.receivedCount(id) < 300_000)
    #expect(server.connections[0].wantsToWrite)
    driver.whenTold = nil
    driver.reactor.resume(id)
    #expect(driver.drive { driver.receivedCount(id) == Self.flood + 1 })
  }

  @Test func transferPausedBeforeItConnectsWaits() throws {
    let server = TestServer { connection, _ in connection.answer("late") }
    let driver = try Driver(server)
    let id = driver.start(server)
    driver.reactor.pause(id)
    driver.settle()
    #expect(driver.events.isEmpty)
    driver.reactor.resume(id)
    #expect(driver.outcome(of: id)?.text == "late")
  }

  @Test func oneRunDoesABoundedAmountOfAFlood() throws {
    let (driver, server, id) = try floodedStream(pausing: false)
    for _ in 0..<20 {
      let before = driver.receivedCount(id)
      driver.run()
      // 64 KiB, and the buffer of libcurl's with which they were reached.
      #expect(driver.receivedCount(id) - before <= 80 * 1024)
      server.step()
    }
    #expect(driver.isReadable)
  }

  @Test func callsAreServedWhileStreamsFlood() throws {
    let (driver, _, _) = try floodedStream(pausing: false)
    let other = TestServer { connection, _ in connection.answer("ok") }
    driver.servers.append(other)
    for _ in 0..<20 {
      let id = driver.start(other)
      let runs = driver.runs
      #expect(driver.outcome(of: id)?.text == "ok")
      #expect(driver.runs - runs < 20)
    }
  }

  /// A socket's number is given out again as soon as it is closed.
  @Test func numbersOfPausedSocketsAreReused() throws {
    let server = TestServer { connection, _ in
      connection.beginChunks()
      connection.chunk([1])
    }
    let driver = try Driver(server)
    for round in 0..<50 {
      let id = driver.start(server, answer: .streamed, timeout: nil)
      #expect(driver.drive { !driver.received(id).isEmpty })
      driver.reactor.pause(id)
      if round % 2 == 0 { server.connections.last?.close() }
      if round % 3 == 0 { driver.run() }
      if round % 5 == 0 { driver.reactor.resume(id) }
      driver.reactor.cancel(id)
    }
    driver.settle()
    #expect(!driver.isReadable)
    #expect(server.openConnections == 0)
  }
}
