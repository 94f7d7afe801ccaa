import CSystem
import Glibc
import Testing

@testable import EtcdTransport

/// The descriptor is readable when `run` has something to do, and only then.
@Suite struct ReadinessTests {
  @Test func newReactorIsQuiet() throws {
    let driver = try Driver()
    #expect(!driver.isReadable)
    #expect(driver.reactor.nextDeadline == nil)
    driver.run()
    #expect(!driver.isReadable)
  }

  @Test func startIsDueAtOnce() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    let id = driver.start(server)
    #expect(driver.reactor.nextDeadline.map { $0 <= driver.reactor.now } == true)
    #expect(driver.outcome(of: id)?.text == "ok")
    #expect(driver.reactor.nextDeadline == nil)
    #expect(!driver.isReadable)
  }

  /// It needs no run for that, and so no wake-up of the host.
  @Test func requestLeavesWithItsTurn() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let first = driver.start(server, timeout: nil)
    #expect(driver.drive { server.requests.count == 1 })
    server.connections[0].answer("ok")
    #expect(driver.outcome(of: first)?.text == "ok")

    let second = driver.start(server, timeout: nil)
    let runs = driver.runs
    driver.reactor.endTurn()
    server.step()
    #expect(server.requests.count == 2)
    #expect(driver.runs == runs)
    #expect(!driver.isReadable)
    server.connections[0].answer("ok")
    #expect(driver.isReadable)
    #expect(driver.outcome(of: second)?.text == "ok")
  }

  @Test func whatEndsWithItsTurnIsToldInTheNextRun() throws {
    let driver = try Driver()
    let id = driver.start(url: "http://127.0.0.1:1/")
    driver.reactor.endTurn()
    #expect(driver.events.isEmpty)
    #expect(driver.isReadable)
    #expect(driver.outcome(of: id)?.failure?.kind == .refused)
  }

  /// What it waits for is what the descriptor says, and it is there for the run that follows.
  @Test func aWaitLeavesWhatItFoundToTheRun() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let id = driver.start(server, timeout: nil)
    #expect(driver.drive { server.requests.count == 1 })
    driver.reactor.endTurn()
    try driver.reactor.wait(timeoutMs: 0)
    #expect(driver.reactor.isAtRest())
    server.connections[0].answer("ok")
    server.step()
    for _ in 0..<2 { try driver.reactor.wait(timeoutMs: -1) }
    #expect(!driver.reactor.isAtRest())
    driver.run()
    #expect(driver.outcomes[id]?.text == "ok")
    #expect(driver.reactor.isAtRest())
  }

  @Test func aWaitEndsWithTheTimerAndTheWaker() throws {
    let driver = try Driver()
    driver.reactor.wakeTime = driver.reactor.now + .milliseconds(30)
    driver.reactor.endTurn()
    try driver.reactor.wait(timeoutMs: -1)
    #expect(driver.reactor.now >= (try #require(driver.reactor.wakeTime)))
    driver.reactor.wakeTime = nil
    driver.run()
    driver.reactor.endTurn()
    driver.reactor.wake()
    try driver.reactor.wait(timeoutMs: -1)
    #expect(!driver.reactor.isAtRest())
  }

  @Test func aWaitThatCannotBeIsAnError() throws {
    let descriptor = try System.makeTimer()
    let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 1)
    defer { events.deallocate() }
    #expect(throws: SystemError.self) { try System.wait(descriptor, events, timeoutMs: 0) }
  }

  /// A deadline that is taken away leaves the timer as it stands; what it then wakes the host for in vain, it does once.
  @Test func timerThatStandsTooEarlyWakesOnce() throws {
    let driver = try Driver()
    driver.reactor.wakeTime = driver.reactor.now + .milliseconds(30)
    driver.reactor.endTurn()
    let early = driver.reactor.alarmTime
    driver.reactor.wakeTime = driver.reactor.now + .seconds(100)
    driver.reactor.endTurn()
    #expect(driver.reactor.alarmTime == early)
    driver.drive(for: .milliseconds(200)) { false }
    #expect(driver.runs == 1)
    #expect(driver.reactor.alarmTime == driver.reactor.wakeTime)

    driver.reactor.wakeTime = driver.reactor.now + .milliseconds(30)
    driver.reactor.endTurn()
    driver.reactor.wakeTime = nil
    driver.drive(for: .milliseconds(200)) { false }
    #expect(driver.runs == 2)
    #expect(driver.reactor.alarmTime == nil)
  }

  @Test func timerIsSetAnewForAnEarlierDeadline() throws {
    let driver = try Driver()
    driver.reactor.wakeTime = driver.reactor.now + .seconds(100)
    driver.reactor.endTurn()
    let soon = driver.reactor.now + .milliseconds(30)
    driver.reactor.wakeTime = soon
    #expect(driver.drive { driver.runs > 0 })
    #expect(driver.reactor.now >= soon)
  }

  @Test func openStreamAndIdleConnectionAreQuiet() throws {
    let server = TestServer { connection, request in
      if request.body == [1] { connection.beginChunks() } else { connection.answer("ok") }
    }
    let driver = try Driver(server)
    driver.start(server, body: [1], answer: .streamed, timeout: nil)
    _ = driver.outcome(of: driver.start(server))
    driver.settleTimers()
    let runs = driver.runs
    driver.drive(for: .milliseconds(250)) { false }
    #expect(driver.runs == runs)
  }

  /// It is nobody's business until the connection is to be used, and then libcurl looks for itself.
  @Test(arguments: [false, true]) func endOfAnIdleConnectionWakesOnceAtMost(byReset: Bool) throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    _ = driver.outcome(of: driver.start(server, timeout: nil))
    driver.settleTimers()
    let runs = driver.runs
    if byReset { server.connections[0].reset() } else { server.connections[0].close() }
    driver.drive(for: .milliseconds(100)) { false }
    #expect(driver.runs - runs <= 1)
    #expect(!driver.isReadable)
    #expect(driver.outcome(of: driver.start(server))?.text == "ok")
    #expect(server.connections.count == 2)
  }

  /// A server that says something out of turn on an idle connection.
  @Test func bytesOnAnIdleConnectionWakeOnceAtMost() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    _ = driver.outcome(of: driver.start(server, timeout: nil))
    driver.settleTimers()
    let runs = driver.runs
    for _ in 0..<5 {
      server.connections[0].send("HTTP/1.1 408 Request Timeout\r\n\r\n")
      driver.drive(for: .milliseconds(30)) { false }
    }
    #expect(driver.runs - runs <= 1)
    #expect(!driver.isReadable)
  }

  @Test func wakeTimeMakesItReadableWhenItComes() throws {
    let driver = try Driver()
    let due = driver.reactor.now + .milliseconds(60)
    driver.reactor.wakeTime = due
    #expect(driver.reactor.nextDeadline == due)
    #expect(!driver.isReadable)
    driver.reactor.endTurn()
    var descriptor = pollfd(fd: driver.reactor.fileDescriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&descriptor, 1, 5000) == 1)
    #expect(driver.reactor.now >= due)
    #expect(driver.reactor.now - due < .seconds(2))
    // It stays due until the core says otherwise.
    driver.run()
    #expect(driver.isReadable)
    driver.reactor.wakeTime = driver.reactor.now + .seconds(100)
    #expect(!driver.isReadable)
  }

  @Test func wakeTimeInThePastIsAtOnce() throws {
    let driver = try Driver()
    for time in [driver.reactor.now, Instant(nanoseconds: 0), Instant(nanoseconds: -5), Instant(nanoseconds: .min)] {
      driver.reactor.wakeTime = time
      #expect(driver.isReadable)
      driver.reactor.wakeTime = nil
      #expect(!driver.isReadable)
      #expect(driver.reactor.nextDeadline == nil)
    }
    driver.reactor.wakeTime = .distantFuture
    #expect(!driver.isReadable)
  }

  @Test func wakeTimeSetInTheHandlerCounts() throws {
    let driver = try Driver()
    driver.whenTold = { [unowned driver] _, _ in driver.reactor.wakeTime = driver.reactor.now + .milliseconds(30) }
    driver.start(url: "nonsense")
    driver.run()
    #expect(!driver.isReadable)
    #expect(driver.drive { driver.runs > 1 })
  }

  @Test func earlierOfCoreAndLibcurlCounts() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let id = driver.start(server, timeout: .milliseconds(200))
    driver.reactor.wakeTime = driver.reactor.now + .seconds(100)
    #expect(driver.outcome(of: id, within: .seconds(5))?.failure?.kind == .timeout)
    let soon = driver.reactor.now + .milliseconds(20)
    driver.reactor.wakeTime = soon
    driver.start(server, timeout: .seconds(100))
    driver.run()
    #expect(driver.reactor.nextDeadline == soon)
  }

  @Test func wakeFromAnotherThread() throws {
    let driver = try Driver()
    let waker = Unmanaged.passRetained(driver.reactor.waker)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Waker>.fromOpaque(context).takeRetainedValue().wake() }
        return nil
      }, waker.toOpaque())
    var descriptor = pollfd(fd: driver.reactor.fileDescriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&descriptor, 1, 5000) == 1)
    pthread_join(thread, nil)
    driver.run()
    #expect(!driver.isReadable)
  }

  @Test func wakesAddUpToOne() throws {
    let driver = try Driver()
    for _ in 0..<1000 { driver.reactor.wake() }
    #expect(driver.isReadable)
    driver.run()
    #expect(!driver.isReadable)
  }

  @Test func wakerOutlivesItsReactor() throws {
    var driver: Driver? = try Driver()
    let waker = driver?.reactor.waker
    driver = nil
    waker?.wake()
    #expect(waker != nil)
  }
}
