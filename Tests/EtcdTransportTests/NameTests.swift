import CSystem
import Glibc
import TestSupport
import Testing

@testable import EtcdTransport

private func check(_ condition: Bool) {
  Alone.check(condition)
}

@Suite struct NameTests {
  private let server = TestServer { connection, _ in connection.answer("ok") }
  private let names = TestNameServer()

  private func driver(cacheTime: Duration = .seconds(3600)) throws -> Driver {
    try Driver(server, names, options: names.options(cacheTime: cacheTime))
  }

  private func url(_ name: String = "etcd.test") -> String { "http://\(name):\(server.port)/" }

  @Test func nameIsResolvedAndBelieved() throws {
    names.names["etcd.test"] = ["127.0.0.1"]
    let driver = try driver()
    for _ in 0..<5 { #expect(driver.outcome(of: driver.start(url: url()))?.text == "ok") }
    #expect(driver.outcome(of: driver.start(url: url("ETCD.test")))?.text == "ok")
    #expect(names.questions == ["etcd.test"])
  }

  @Test func nameIsAskedForOnceHoweverManyWait() throws {
    names.names["etcd.test"] = ["127.0.0.1"]
    let driver = try driver()
    let ids = (0..<50).map { _ in driver.start(url: url()) }
    #expect(driver.drive { driver.outcomes.count == 50 })
    #expect(ids.allSatisfy { driver.outcomes[$0]?.text == "ok" })
    #expect(names.questions == ["etcd.test"])
  }

  @Test func whatIsOutdatedIsAskedForBesideTheCall() throws {
    names.names["etcd.test"] = ["127.0.0.1"]
    let driver = try driver(cacheTime: .zero)
    #expect(driver.outcome(of: driver.start(url: url()))?.text == "ok")
    names.isSilent = true
    let before = driver.reactor.now
    #expect(driver.outcome(of: driver.start(url: url()))?.text == "ok")
    #expect(driver.reactor.now - before < .seconds(1))
    #expect(driver.drive { names.questions.count > 1 })
  }

  /// Whatever `cacheTime` is.
  @Test func nameThatMovesIsFollowedAfterOneFailure() throws {
    names.names["etcd.test"] = ["127.0.0.9"]
    let driver = try driver()
    #expect(driver.outcome(of: driver.start(url: url()))?.failure?.kind == .refused)
    names.names["etcd.test"] = ["127.0.0.1"]
    #expect(driver.outcome(of: driver.start(url: url()))?.text == "ok")
  }

  @Test func deadAddressesCostNoTransfer() throws {
    names.names["etcd.test"] = ["127.0.0.9", "127.0.0.8", "127.0.0.1"]
    let driver = try driver()
    for _ in 0..<3 { #expect(driver.outcome(of: driver.start(url: url()))?.text == "ok") }
  }

  @Test func silentAddressCostsOneAttemptAndIsNotTriedFirstAgain() throws {
    // Nobody takes connections from its line, which is full.
    let (listener, fillers) = fullLine(at: "127.0.0.9", port: server.port)
    defer { for socket in [listener] + fillers { close(socket) } }
    names.names["etcd.test"] = ["127.0.0.9", "127.0.0.1"]
    let driver = try driver()
    let first = driver.outcome(of: driver.start(url: url(), connectTimeout: .milliseconds(500)))
    #expect(first?.text == "ok" || first?.failure?.kind == .connect)
    for _ in 0..<3 {
      #expect(driver.outcome(of: driver.start(url: url(), connectTimeout: .milliseconds(500)))?.text == "ok")
      server.connections.last?.close()
      driver.settle()
    }
  }

  @Test func unknownNameFailsToResolveAtOnce() throws {
    let driver = try driver()
    let before = driver.reactor.now
    let failure = driver.outcome(of: driver.start(url: url()))?.failure
    #expect(failure?.kind == .resolve)
    #expect(failure?.bodyMayHaveBeenSent == false)
    #expect(failure?.message.hasPrefix("could not resolve etcd.test: ") == true)
    #expect(driver.reactor.now - before < .seconds(2))
    #expect(!driver.isReadable)
  }

  @Test func silentNameServerFailsWhenTheConnectTimeoutPasses() throws {
    names.isSilent = true
    let driver = try driver()
    let ids = [false, true].map { isShort in
      driver.start(
        url: url(), connectTimeout: isShort ? .seconds(9) : .milliseconds(150),
        timeout: isShort ? .milliseconds(150) : .seconds(9))
    }
    for id in ids { #expect(driver.outcome(of: id, within: .seconds(2))?.failure?.kind == .resolve) }
  }

  @Test func cancelledTransferThatWaitsIsNotToldOf() throws {
    names.names["etcd.test"] = ["127.0.0.1"]
    let driver = try driver()
    let id = driver.start(url: url())
    let other = driver.start(url: url())
    driver.reactor.cancel(id)
    #expect(driver.outcome(of: other)?.text == "ok")
    driver.settle()
    #expect(driver.outcomes[id] == nil)
    #expect(server.requests.count == 1)
  }

  @Test func addressesOfTheHostsFileNeedNoNameServer() throws {
    let lines = String(decoding: try #require(TestFile.contents(of: "/etc/hosts")), as: UTF8.self).split(
      separator: "\n")
    let words = lines.map { $0.prefix { $0 != "#" }.split { " \t".contains($0) } }
    guard let name = words.first(where: { $0.count > 1 && !$0[1].hasPrefix("localhost") })?[1] else { return }
    let driver = try driver()
    #expect(driver.outcome(of: driver.start(url: url(String(name))))?.failure?.kind != .resolve)
    #expect(names.questions.isEmpty)
  }

  @Test(arguments: ["localhost", "127.0.0.1", "127.1", "[::1]"]) func addressesAreNotAskedFor(host: String) throws {
    let driver = try driver()
    #expect(driver.outcome(of: driver.start(url: url(host)))?.failure?.kind != .resolve)
    #expect(names.questions.isEmpty)
  }

  /// 50 that wait for a silent name server: no thread, and nothing that a child would inherit.
  @Test func whoWaitsForANameCostsNoThreadAndNoDescriptor() async {
    await #expect(processExitsWith: .success) {
      Alone.run {
        let names = TestNameServer()
        names.isSilent = true
        let driver = try Driver(names, options: names.options())
        let before = ProcessState.descriptors
        for _ in 0..<50 { driver.start(url: "http://etcd.test:1/") }
        driver.drive { names.questions.count > 0 }
        check(ProcessState.threads == 1)
        let more = ProcessState.descriptors.subtracting(before)
        check(more.count > 0 && more.count < 5)
        for descriptor in more { check(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
        driver.reactor.shutDown()
        // The epoll of the names goes with the reactor.
        check(ProcessState.descriptors.subtracting(before).count <= 1)
      }
    }
  }

  private func fullLine(at address: String, port: UInt16) -> (Int32, [Int32]) {
    func socket() -> Int32 {
      Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    inet_pton(AF_INET, address, &name.sin_addr)
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = socket()
        bind(listener, name, length)
        listen(listener, 0)
        let fillers = (0..<4).map { _ in
          let filler = socket()
          _ = connect(filler, name, length)
          return filler
        }
        return (listener, fillers)
      }
    }
  }
}
