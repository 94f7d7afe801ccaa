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

  @Test func startMakesItReadable() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let id = driver.start(server)
    #expect(driver.isReadable)
    #expect(driver.reactor.nextDeadline.map { $0 <= driver.reactor.now } == true)
    driver.run()
    #expect(driver.drive { server.requests.count == 1 })
    driver.settle()
    #expect(!driver.isReadable)
    server.connections[0].answer("ok")
    #expect(driver.isReadable)
    #expect(driver.outcome(of: id)?.text == "ok")
    #expect(!driver.isReadable)
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

  /// An idle connection is not watched, so its end is nobody's business until it is to be used.
  @Test func endOfAnIdleConnectionIsQuiet() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    _ = driver.outcome(of: driver.start(server))
    driver.settle()
    server.connections[0].close()
    driver.settle()
    #expect(!driver.isReadable)
  }

  @Test func wakeTimeMakesItReadableWhenItComes() throws {
    let driver = try Driver()
    let due = driver.reactor.now + .milliseconds(60)
    driver.reactor.wakeTime = due
    #expect(driver.reactor.nextDeadline == due)
    #expect(!driver.isReadable)
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
