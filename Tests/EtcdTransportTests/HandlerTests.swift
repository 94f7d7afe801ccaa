import Testing

@testable import EtcdTransport

/// What the core may do from inside the handler, and what `cancel` promises.
@Suite struct HandlerTests {
  private func server() -> TestServer {
    TestServer { connection, request in
      if request.body == Array("watch".utf8) {
        connection.beginChunks()
        connection.chunk([1])
        connection.chunk([2])
      } else {
        connection.answer(request.body)
      }
    }
  }

  private func watch(_ driver: Driver, _ server: TestServer) -> TransferID {
    driver.start(server, body: Array("watch".utf8), answer: .streamed, timeout: nil)
  }

  @Test func noEventFollowsACancel() throws {
    let server = server()
    let driver = try Driver(server)
    let id = watch(driver, server)
    #expect(driver.drive { !driver.received(id).isEmpty })
    driver.reactor.cancel(id)
    driver.forgetEvents()
    server.connections[0].chunk([3])
    driver.settle()
    #expect(driver.events.isEmpty)
    #expect(server.openConnections == 0)
  }

  @Test func cancelBeforeTheFirstRunSendsNothing() throws {
    let server = server()
    let driver = try Driver(server)
    let id = driver.start(server)
    driver.reactor.cancel(id)
    driver.settle()
    #expect(driver.events.isEmpty)
    #expect(server.requests.isEmpty)
  }

  @Test func cancelOfAFailureThatIsYetToBeToldSilencesIt() throws {
    let driver = try Driver()
    let id = driver.start(url: "nonsense")
    driver.reactor.cancel(id)
    driver.run()
    #expect(driver.events.isEmpty)
    #expect(!driver.isReadable)
  }

  @Test func transferCancelsItselfAtItsFirstEvent() throws {
    let server = server()
    let driver = try Driver(server)
    let id = watch(driver, server)
    driver.whenTold = { [unowned driver] id, _ in driver.reactor.cancel(id) }
    driver.settle()
    #expect(driver.story(of: id) == ["opened 200"])
  }

  @Test func transferCancelsAnotherWhoseEventsAreQueued() throws {
    let driver = try Driver()
    let ids = (0..<10).map { _ in driver.start(url: "nonsense") }
    driver.whenTold = { [unowned driver] id, _ in
      for other in ids where other != id { driver.reactor.cancel(other) }
    }
    driver.run()
    #expect(driver.events.count == 1)
  }

  @Test func cancellingTheEndedChangesNothing() throws {
    let server = server()
    let driver = try Driver(server)
    driver.whenTold = { [unowned driver] id, _ in driver.reactor.cancel(id) }
    for _ in 0..<3 { #expect(driver.outcome(of: driver.start(server))?.text == "{}") }
    driver.reactor.cancel(TransferID(rawValue: 12345))
    #expect(server.connections.count == 1)
  }

  @Test func startFromTheHandlerNeedsNoFurtherWake() throws {
    let server = server()
    let driver = try Driver(server)
    var second: TransferID?
    driver.whenTold = { [unowned driver] _, _ in
      if second == nil { second = driver.start(server, body: Array("second".utf8)) }
    }
    #expect(driver.outcome(of: driver.start(server))?.text == "{}")
    #expect(driver.drive { second.map { driver.outcomes[$0]?.text == "second" } ?? false })
  }

  @Test func runInsideTheHandlerIsIgnored() throws {
    let driver = try Driver()
    var depth = 0
    var deepest = 0
    driver.whenTold = { [unowned driver] _, _ in
      depth += 1
      deepest = max(deepest, depth)
      if driver.events.count <= 3 { driver.start(url: "nonsense") }
      driver.run()
      depth -= 1
    }
    for _ in 0..<3 { driver.start(url: "nonsense") }
    driver.run()
    #expect(deepest == 1)
    #expect(driver.events.count == 6)
  }

  @Test func handlerThatStartsWithoutEndDoesNotHoldTheHost() throws {
    let driver = try Driver()
    driver.whenTold = { [unowned driver] _, _ in driver.start(url: "nonsense") }
    driver.start(url: "nonsense")
    driver.run()
    #expect(driver.events.count < 100)
    #expect(driver.isReadable)
  }

  @Test func shutDownFromTheHandlerEndsEverything() throws {
    let server = server()
    let driver = try Driver(server)
    for _ in 0..<10 { driver.start(server) }
    driver.whenTold = { [unowned driver] _, _ in driver.reactor.shutDown() }
    driver.drive(for: .milliseconds(300)) { server.requests.count == 10 && !driver.events.isEmpty }
    #expect(driver.events.count == 1)
    driver.run()
    #expect(driver.events.count == 1)
  }

  @Test func afterShutDownNothingHappensAndNothingTraps() throws {
    let server = server()
    let driver = try Driver(server)
    let id = watch(driver, server)
    #expect(driver.drive { !driver.received(id).isEmpty })
    driver.forgetEvents()
    driver.reactor.shutDown()
    driver.reactor.shutDown()
    driver.reactor.pause(id)
    driver.reactor.resume(id)
    driver.reactor.cancel(id)
    driver.reactor.wakeTime = driver.reactor.now
    driver.reactor.wake()
    driver.start(url: "http://127.0.0.1:1/")
    driver.start(url: "nonsense")
    driver.run()
    server.step()
    #expect(driver.events.isEmpty)
    #expect(server.openConnections == 0)
  }

  @Test func randomUseKeepsItsPromises() throws {
    let server = TestServer { connection, request in
      switch request.body.first {
      case 0: connection.answer(request.body)
      case 1:
        connection.beginChunks()
        connection.chunk(request.body)
      case 2: connection.close()
      case 3: connection.reset()
      default:
        connection.beginChunks()
        connection.chunk(request.body)
        connection.endChunks()
      }
    }
    let driver = try Driver(server)
    var random = SystemRandomNumberGenerator()
    var live: Set<TransferID> = []
    var ended: Set<TransferID> = []
    driver.whenTold = { [unowned driver] id, event in
      #expect(live.contains(id) && !ended.contains(id))
      switch event {
      case .completed, .failed:
        live.remove(id)
        ended.insert(id)
      case .opened, .received: break
      }
      if Int.random(in: 0..<4, using: &random) == 0, let other = live.randomElement() {
        live.remove(other)
        driver.reactor.cancel(other)
      }
    }
    for _ in 0..<3000 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1:
        let body = [UInt8](repeating: UInt8.random(in: 0..<5), count: Int.random(in: 1..<40_000, using: &random))
        live.insert(driver.start(server, body: body, answer: Bool.random() ? .streamed : .whole(limit: 30_000)))
      case 2: if let id = live.randomElement() { driver.reactor.pause(id) }
      case 3: if let id = live.randomElement() { driver.reactor.resume(id) }
      case 4:
        if live.count > 20, let id = live.randomElement() {
          live.remove(id)
          driver.reactor.cancel(id)
        }
      default:
        driver.run()
        server.step()
      }
    }
    for id in live { driver.reactor.cancel(id) }
    live = []
    driver.settle()
    #expect(!driver.isReadable)
  }
}
