import Glibc
import Testing

@testable import EtcdTransport

/// A reactor that makes its connections by other options from a moment on.
@Suite struct ReconfigureTests {
  @Test func equalOptionsChangeNothing() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    for _ in 0..<2 {
      #expect(driver.outcome(of: driver.start(server))?.text == "ok")
      driver.reactor.reconfigure(ReactorOptions())
    }
    #expect(server.connections.count == 1)
  }

  @Test func whatIsUnderWayGoesOnAndWhatComesIsSentByTheNewOptions() throws {
    let server = TestServer { connection, request in
      if request.head.contains("/stream") { connection.beginChunks() } else { connection.answer("ok") }
    }
    let driver = try Driver(server)
    let stream = driver.start(server, path: "stream", answer: .streamed, timeout: nil)
    #expect(driver.drive { !driver.story(of: stream).isEmpty })
    #expect(driver.outcome(of: driver.start(server))?.text == "ok")
    var options = ReactorOptions()
    options.headers = [.init(name: "X-Site", value: Secret("one"))]
    driver.reactor.reconfigure(options)
    for _ in 0..<3 { #expect(driver.outcome(of: driver.start(server))?.text == "ok") }
    #expect(server.requests.map { $0.head.contains("X-Site: one") } == [false, false, true, true, true])
    server.connections[0].chunk([1, 2])
    #expect(driver.drive { driver.received(stream) == [1, 2] })
    // What was there is used again: nothing about the connection is another.
    #expect(server.connections.count == 2)
  }

  @Test func authoritiesAreReplacedForConnectionsThatAreYetToCome() throws {
    let tls = TLSServer { connection, _ in connection.answer("ok") }
    let fresh = TLSServer { connection, _ in connection.answer("ok") }
    let streaming = TLSServer { connection, _ in connection.beginChunks() }
    var options = ReactorOptions(tls: .init(caFile: Certificates.shared.authority))
    let driver = try Driver(tls.server, fresh.server, streaming.server, options: options)
    let stream = driver.reactor.start(
      TransferRequest(url: streaming.url, body: [1], answer: .streamed, connectTimeout: .seconds(5), timeout: nil))
    #expect(driver.drive { !driver.story(of: stream).isEmpty })
    #expect(driver.outcome(of: driver.start(url: tls.url))?.text == "ok")
    options.tls.caFile = Certificates.shared.stranger
    driver.reactor.reconfigure(options)
    // The server takes one connection at a time: the one that is kept would answer, and is not asked.
    let kept = driver.start(url: tls.url, connectTimeout: .milliseconds(200))
    #expect(driver.outcome(of: kept)?.failure?.kind == .connect)
    // Those that were trusted before stand in for nobody.
    for _ in 0..<2 { #expect(driver.outcome(of: driver.start(url: fresh.url))?.failure?.kind == .tls) }
    options.tls.caFile = "/nonexistent"
    driver.reactor.reconfigure(options)
    #expect(driver.outcome(of: driver.start(url: fresh.url))?.failure?.message.contains("/nonexistent") == true)
    options.tls.caFile = Certificates.shared.authority
    driver.reactor.reconfigure(options)
    #expect(driver.outcome(of: driver.start(url: fresh.url))?.text == "ok")
    streaming.server.connections[0].chunk([3])
    #expect(driver.drive { driver.received(stream) == [3] })
  }

  @Test func whoWaitsForANameAsksTheNewNameServer() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let silent = TestNameServer()
    silent.isSilent = true
    let good = TestNameServer()
    good.names["etcd.test"] = ["127.0.0.1"]
    let driver = try Driver(server, silent, good, options: silent.options())
    let url = "http://etcd.test:\(server.port)/"
    let waiting = (0..<3).map { _ in driver.start(url: url) }
    #expect(driver.drive { !silent.questions.isEmpty })
    driver.reactor.reconfigure(good.options())
    for id in waiting { #expect(driver.outcome(of: id)?.text == "ok") }
    #expect(good.questions == ["etcd.test"])
    #expect(driver.outcomes.count == 3)
  }

  @Test func whoWaitsForTheNameOfAProxyGoesWithoutOneThatIsNone() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let silent = TestNameServer()
    silent.isSilent = true
    var options = silent.options()
    options.proxy = Proxy(scheme: .http, address: HostPort(host: "proxy.test", port: 1))
    let driver = try Driver(server, silent, options: options)
    let id = driver.start(server)
    #expect(driver.drive { !silent.questions.isEmpty })
    options.proxy = nil
    driver.reactor.reconfigure(options)
    #expect(driver.outcome(of: id)?.text == "ok")
  }

  @Test func aReactorThatIsShutDownTakesNothing() throws {
    let driver = try Driver()
    driver.reactor.shutDown()
    driver.reactor.reconfigure(ReactorOptions(keepaliveIdle: 1))
  }
}
