import CSystem
import Glibc
import Testing

@testable import EtcdTransport

private func check(_ condition: Bool) {
  Alone.check(condition)
}

/// What concerns the whole process is tested in a process of its own. Its exit code is the
/// number of the check that failed, counted in the order in which they are made.
@Suite struct ProcessTests {
  @Test func noThreadIsMadeAndNoSignalTouched() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let signals = (1..<32).map { SignalDisposition($0) }
        let server = TestServer { connection, request in connection.answer(request.body) }
        let driver = try Driver(server)
        for _ in 0..<20 { _ = driver.outcome(of: driver.start(server)) }
        let refused = driver.start(url: "http://127.0.0.1:1/")
        _ = driver.outcome(of: refused)
        check(ProcessState.threads == 1)
        driver.reactor.shutDown()
        check((1..<32).map { SignalDisposition($0) } == signals)
      }
    }
  }

  @Test func nothingStaysOpenAfterShutDown() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, request in
          if request.body == [1] { connection.beginChunks() } else { connection.answer("ok") }
        }
        // Whatever is opened once for good, is.
        try Driver().reactor.shutDown()
        for _ in 0..<5 {
          let before = ProcessState.descriptors
          var driver: Driver? = try Driver(server)
          guard let reactor = driver?.reactor else { return }
          for _ in 0..<10 { driver?.start(server, body: [1], answer: .streamed, timeout: nil) }
          for _ in 0..<10 { driver?.start(server) }
          driver?.drive { server.requests.count % 20 == 0 && driver?.outcomes.count == 10 }
          let reserved = TransferRequest(
            url: server.url, answer: .whole(limit: 100), connectTimeout: .seconds(5), timeout: .seconds(5),
            usesReserve: true)
          _ = reactor.start(reserved)
          driver?.start(server)
          driver?.start(url: "nonsense")
          reactor.shutDown()
          server.step()
          for connection in server.connections { connection.close() }
          // The eventfd belongs to the waker.
          check(ProcessState.descriptors.subtracting(before) == [reactor.waker.event.rawValue])
          driver = nil
        }
      }
    }
  }

  @Test func droppingTheReactorClosesEverything() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, _ in connection.beginChunks() }
        try Driver().reactor.shutDown()
        let before = ProcessState.descriptors
        do {
          let driver = try Driver(server)
          driver.start(server, answer: .streamed, timeout: nil)
          driver.drive { !driver.events.isEmpty }
          driver.start(url: "nonsense")
        }
        for connection in server.connections { connection.close() }
        check(ProcessState.descriptors == before)
      }
    }
  }

  @Test func socketsAreNotInheritedThroughExec() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, _ in connection.beginChunks() }
        let driver = try Driver(server)
        let before = ProcessState.descriptors
        driver.start(server, answer: .streamed, timeout: nil)
        driver.drive { !driver.events.isEmpty }
        let client = ProcessState.descriptors.subtracting(before).subtracting(server.connections.map(\.socket))
        check(client.count == 1)
        for descriptor in client.union([driver.reactor.fileDescriptor, driver.reactor.waker.event.rawValue]) {
          check(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        }
      }
    }
  }

  /// What a thread of the host's opens while libcurl makes its own pair, and uses meanwhile.
  @Test func socketPairsOfTheHostAreLeftAlone() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        func makePair() -> [Int32] {
          var pair: [Int32] = [-1, -1]
          socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
          return pair
        }
        func isClosedOnExec(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0 }

        let before = ProcessState.descriptors
        var hosts = makePair()
        let multi = WakeupPair.makeMulti {
          hosts += makePair() + makePair()
          write(hosts[2], "x", 1)
        }
        check(multi != nil)
        let made = ProcessState.descriptors.subtracting(before).subtracting(hosts)
        check(made.count == 2)
        for descriptor in made { check(isClosedOnExec(descriptor)) }
        for descriptor in hosts { check(!isClosedOnExec(descriptor)) }
      }
    }
  }

  @Test func socketsAreSetUpAgainstHalfOpenConnections() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, _ in connection.beginChunks() }
        let options = ReactorOptions(keepaliveIdle: 7, keepaliveInterval: 3, keepaliveProbes: 4)
        let driver = try Driver(server, options: options)
        let before = ProcessState.descriptors
        driver.start(server, answer: .streamed, timeout: nil)
        driver.drive { !driver.events.isEmpty }
        let client = ProcessState.descriptors.subtracting(before).subtracting(server.connections.map(\.socket))
        for socket in client {
          check(ProcessState.option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1)
          check(ProcessState.option(socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE) == 7)
          check(ProcessState.option(socket, Int32(IPPROTO_TCP), TCP_KEEPINTVL) == 3)
          check(ProcessState.option(socket, Int32(IPPROTO_TCP), TCP_KEEPCNT) == 4)
          check(ProcessState.option(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == 19_000)
          check(ProcessState.option(socket, Int32(IPPROTO_TCP), TCP_NODELAY) == 1)
        }
        check(client.count == 1)
      }
    }
  }

  @Test func proxyVariablesAreIgnored() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
          setenv(name, "http://127.0.0.1:1/", 1)
        }
        let server = TestServer { connection, _ in connection.answer("ok") }
        let driver = try Driver(server)
        check(driver.outcome(of: driver.start(server))?.text == "ok")
      }
    }
  }

  @Test func brokenPipeDoesNotKillTheProcess() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        signal(SIGPIPE, SIG_DFL)
        let server = TestServer { connection, _ in connection.answer("ok") }
        let driver = try Driver(server)
        for _ in 0..<20 {
          let requests = server.connections.count
          let id = driver.start(server, body: [UInt8](repeating: 1, count: 20_000_000))
          driver.drive { server.connections.count > requests && server.connections.last?.input.isEmpty == false }
          server.connections.last?.reset()
          _ = driver.outcome(of: id)
        }
      }
    }
  }

  @Test func guardTakesBackTheBrokenPipeOfItsBody() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        signal(SIGPIPE, SIG_DFL)
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        close(ends[0])
        let written = BrokenPipeGuard.perform(if: true) { write(ends[1], "x", 1) }
        check(written == -1)
        check(errno == EPIPE || written == -1)
        var pending = sigset_t()
        sigpending(&pending)
        check(sigismember(&pending, SIGPIPE) == 0)
        var mask = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        check(sigismember(&mask, SIGPIPE) == 0)
      }
    }
  }

  @Test func guardLeavesTheHostsOwnPendingSignalAlone() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        var pipeOnly = sigset_t()
        sigemptyset(&pipeOnly)
        sigaddset(&pipeOnly, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipeOnly, nil)
        raise(SIGPIPE)
        BrokenPipeGuard.perform(if: true) {}
        var pending = sigset_t()
        sigpending(&pending)
        check(sigismember(&pending, SIGPIPE) == 1)
      }
    }
  }

  /// The epoll and the sockets are one and the same in both processes.
  @Test func abandoningInAForkedChildLeavesTheParentAlone() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, request in
          if request.body == [1] { connection.beginChunks() } else { connection.answer("ok") }
        }
        var driver: Driver? = try Driver(server)
        let watch = driver?.start(server, body: [1], answer: .streamed, timeout: nil)
        guard let parent = driver, let watch else { return }
        driver = nil
        _ = parent.outcome(of: parent.start(server))
        parent.reactor.pause(watch)
        parent.reactor.resume(watch)
        parent.reactor.wakeTime = parent.reactor.now + .seconds(5)
        let before = ProcessState.descriptors

        let child = csystem_fork()
        if child == 0 {
          parent.reactor.abandonAfterFork()
          parent.reactor.wakeTime = parent.reactor.now
          parent.run()
          parent.reactor.cancel(watch)
          parent.reactor.shutDown()
          _exit(ProcessState.descriptors == before ? 0 : 1)
        }
        var status: Int32 = -1
        waitpid(child, &status, 0)
        check(status == 0)

        parent.drive { parent.story(of: watch) == ["opened 200"] }
        server.connections.first { $0.readsRequests }?.chunk([1, 2, 3])
        check(parent.drive(for: .seconds(5)) { parent.received(watch) == [1, 2, 3] })
        check(parent.outcome(of: parent.start(server))?.text == "ok")
        check(server.connections.count == 2)
      }
    }
  }

  @Test func abandoningInAForkedChildLeavesTheParentsHTTP2Alone() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let http2 = HTTP2Server()
        let parent = try Driver(http2.server)
        let id = parent.reactor.start(
          TransferRequest(
            url: http2.server.url, body: [1], answer: .streamed, version: .http2, connectTimeout: .seconds(5),
            timeout: nil))
        parent.drive { http2.requests.count == 1 }
        let before = ProcessState.descriptors
        let child = csystem_fork()
        if child == 0 {
          parent.reactor.abandonAfterFork()
          parent.run()
          parent.reactor.cancel(id)
          parent.reactor.endTurn()
          parent.reactor.shutDown()
          _exit(ProcessState.descriptors == before ? 0 : 1)
        }
        var status: Int32 = -1
        waitpid(child, &status, 0)
        check(status == 0)
        parent.drive(for: .milliseconds(50)) { http2.requests[0].wasReset }
        check(!http2.requests[0].wasReset)
        http2.requests[0].sendHeader(status: 200)
        http2.requests[0].send([1], isLast: true)
        check(parent.outcome(of: id)?.status == 200)
      }
    }
  }

  /// Closing a socket does not take it out of epoll while a forked child holds it.
  @Test func socketsHeldByAForkedChildDoNotSpin() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, _ in connection.beginChunks() }
        let driver = try Driver(server)
        let id = driver.start(server, answer: .streamed, timeout: nil)
        driver.drive { !driver.events.isEmpty }
        // The child lives until the only writing end is closed, by whatever end of its parent.
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        let child = csystem_fork()
        if child == 0 {
          close(ends[1])
          var byte: UInt8 = 0
          _ = read(ends[0], &byte, 1)
          _exit(0)
        }
        driver.reactor.cancel(id)
        server.connections[0].chunk([1])
        server.connections[0].close()
        driver.settle()
        check(!driver.isReadable)
        close(ends[1])
        waitpid(child, nil, 0)
      }
    }
  }

  /// What lacks one may be the connection, or the file of certificates.
  @Test(arguments: [false, true]) func exhaustedDescriptorsAreNamedWhateverLackedOne(secure: Bool) async {
    await #expect(processExitsWith: .success) { [secure] in
      Alone.run {
        let tls = TLSServer { connection, _ in connection.answer("ok") }
        let options = ReactorOptions(tls: .init(caFile: Certificates.shared.authority))
        let driver = try Driver(tls.server, options: options)
        var taken: [Int32] = []
        while let descriptor = Optional(dup(0)), descriptor >= 0 { taken.append(descriptor) }
        let url = secure ? tls.url : "http://localhost:1/"
        let outcome = driver.outcome(of: driver.start(url: url))
        for descriptor in taken { close(descriptor) }
        check(outcome?.failure?.kind == .shortage)
        check(outcome?.failure?.bodyMayHaveBeenSent == false)
        check(outcome?.failure?.message.contains("EMFILE") == true)
        check(driver.outcome(of: driver.start(url: tls.url))?.text == "ok")
      }
    }
  }

  /// The connection that was there is taken by a stream, as idle ones are by whoever comes first.
  @Test func aDescriptorIsKeptForWhatMustNotFail() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, request in
          if request.body == [1] { connection.beginChunks() } else { connection.answer("ok") }
        }
        let driver = try Driver(server)
        let renewal = TransferRequest(
          url: server.url, body: Array("{}".utf8), answer: .whole(limit: 100), connectTimeout: .seconds(5),
          timeout: .seconds(5), usesReserve: true)
        check(driver.outcome(of: driver.reactor.start(renewal))?.text == "ok")
        driver.start(server, body: [1], answer: .streamed, timeout: nil)
        driver.drive { driver.events.count > 1 }
        check(driver.reactor.connectionsOpened == 1)

        var taken: [Int32] = []
        func takeAll() { while let descriptor = Optional(dup(0)), descriptor >= 0 { taken.append(descriptor) } }
        takeAll()
        for _ in 0..<3 {
          let other = driver.outcome(of: driver.start(server))
          check(other?.failure?.kind == .shortage)
          let id = driver.reactor.start(renewal)
          driver.reactor.endTurn()
          // The server is in this process too.
          if let one = taken.popLast() { close(one) }
          check(driver.outcome(of: id)?.text == "ok")
          driver.settle()
          takeAll()
        }
        // With descriptors there is nothing special about it: its connection serves the next one.
        for descriptor in taken { close(descriptor) }
        let before = driver.reactor.connectionsOpened
        for _ in 0..<3 { check(driver.outcome(of: driver.reactor.start(renewal))?.text == "ok") }
        check(driver.reactor.connectionsOpened == before + 1)
      }
    }
  }

  @Test func exhaustedDescriptorsFailInsteadOfTrapping() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let server = TestServer { connection, _ in connection.answer("ok") }
        let driver = try Driver(server)
        var taken: [Int32] = []
        while let descriptor = Optional(dup(0)), descriptor >= 0 { taken.append(descriptor) }
        let outcome = driver.outcome(of: driver.start(url: server.url))
        check(outcome?.failure?.kind == .shortage)
        check(outcome?.failure?.curlCode == 7)
        check(outcome?.failure?.message == "socket: Too many open files (EMFILE)")
        check(outcome?.failure?.bodyMayHaveBeenSent == false)
        do {
          _ = try Reactor(options: ReactorOptions())
          check(false)
        } catch let error as SystemError {
          check(error.call == "epoll_create1")
          check(error.errno == EMFILE)
          check(error.description.contains("Too many open files"))
        }
        for descriptor in taken { close(descriptor) }
        check(driver.outcome(of: driver.start(server))?.text == "ok")
      }
    }
  }
}
