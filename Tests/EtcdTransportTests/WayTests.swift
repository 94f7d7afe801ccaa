import CSystem
import Glibc
import TestSupport
import Testing

@testable import EtcdTransport

/// How a request gets to its host: through proxies, past them, elsewhere, from where, and through socket files.
@Suite struct WayTests {
  /// A proxy that plays the server too: what comes through its tunnels it answers itself.
  private let proxy = TestServer { connection, request in
    if request.head.hasPrefix("CONNECT ") {
      connection.send("HTTP/1.1 200 Connection established\r\n\r\n")
    } else {
      connection.answer("proxy")
    }
  }
  private let server = TestServer { connection, _ in connection.answer("server") }

  private func options(_ scheme: Proxy.Scheme = .http, bypass: String = "") -> ReactorOptions {
    var options = ReactorOptions()
    options.proxy = Proxy(
      scheme: scheme, address: HostPort(host: "127.0.0.1", port: Int(proxy.port)), user: "user",
      password: Secret("hunter2"), bypass: Bypass(parsing: bypass) ?? Bypass())
    return options
  }

  @Test func requestsGoThroughTheProxyWithItsCredentials() throws {
    let driver = try Driver(proxy, server, options: options())
    #expect(driver.outcome(of: driver.start(url: "http://etcd.invalid:2379/v3/x"))?.text == "proxy")
    let head = try #require(proxy.requests.first?.head)
    #expect(head.hasPrefix("POST http://etcd.invalid:2379/v3/x HTTP/1.1"))
    // "user:hunter2" in base64.
    #expect(head.split(separator: "\r\n").contains("Proxy-Authorization: Basic dXNlcjpodW50ZXIy"))
  }

  @Test func whatIsBypassedIsReachedDirectly() throws {
    let driver = try Driver(proxy, server, options: options(bypass: "127.0.0.0/8, example.org"))
    #expect(driver.outcome(of: driver.start(server))?.text == "server")
    #expect(driver.outcome(of: driver.start(url: "http://etcd.invalid:1/"))?.text == "proxy")
    // The handle that was used for the proxy is used for this.
    #expect(driver.outcome(of: driver.start(server))?.text == "server")
    #expect(proxy.requests.count == 1)
  }

  @Test func tunnelIsMadeWhereTheConnectionGoesElsewhereAndItsAnswerIsNoneOfTheRequest() throws {
    var options = options()
    options.overrides = [.init(host: "etcd.invalid", port: 1, target: HostPort(host: "other.invalid", port: 2))]
    let driver = try Driver(proxy, options: options)
    let id = driver.reactor.start(
      TransferRequest(
        url: "http://etcd.invalid:1/", body: [1], answer: .streamed, connectTimeout: .seconds(5), timeout: .seconds(5)))
    _ = driver.outcome(of: id)
    #expect(proxy.requests.first?.head.hasPrefix("CONNECT other.invalid:2 HTTP/1.1") == true)
    #expect(driver.story(of: id) == ["opened 200", "received", "completed 200"])
  }

  @Test func proxyThatRefusesATunnelProvesThatNothingWasSent() throws {
    let proxy = TestServer { connection, _ in connection.answer("no", status: "403 Forbidden") }
    var options = options()
    options.proxy?.address.port = Int(proxy.port)
    let driver = try Driver(proxy, options: options)
    let failure = driver.outcome(of: driver.start(url: "https://etcd.invalid:2379/"))?.failure
    #expect(failure?.bodyMayHaveBeenSent == false)
    #expect(failure.map { "\($0)".utf8.count > 0 && !$0.message.contains("hunter2") } == true)
    #expect(proxy.requests.first?.head.hasPrefix("CONNECT etcd.invalid:2379 HTTP/1.1") == true)
  }

  @Test func connectionsGoWhereTheyAreSentInstead() throws {
    var options = ReactorOptions()
    options.overrides = [.init(host: "", port: nil, target: HostPort(host: "127.0.0.1", port: Int(server.port)))]
    let driver = try Driver(server, options: options)
    #expect(driver.outcome(of: driver.start(url: "http://etcd.invalid:7/"))?.text == "server")
    #expect(server.requests.first?.head.split(separator: "\r\n").contains("Host: etcd.invalid:7") == true)
  }

  @Test func moreHeadersAreSent() throws {
    var options = ReactorOptions()
    options.headers = [.init(name: "X-Site", value: Secret("one, two"))]
    let driver = try Driver(server, options: options)
    for _ in 0..<2 { #expect(driver.outcome(of: driver.start(server, headers: [("A", "b")]))?.text == "server") }
    for request in server.requests {
      let lines = request.head.split(separator: "\r\n")
      #expect(lines.contains("A: b") && lines.contains("X-Site: one, two"))
    }
  }

  @Test func connectionsAreMadeFromTheAddressThatIsNamed() throws {
    var options = ReactorOptions()
    options.interface = "127.0.0.7"
    let driver = try Driver(server, options: options)
    #expect(driver.outcome(of: driver.start(server))?.text == "server")
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = try #require(server.connections.first?.socket)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket, $0, &length) }
    }
    #expect(UInt32(bigEndian: address.sin_addr.s_addr) == 0x7F00_0007)
    options.interface = "no-such-thing"
    let other = try Driver(server, options: options)
    #expect(other.outcome(of: other.start(server))?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test func socketFileIsReachedPastTheProxy() throws {
    let path = "/tmp/etcdtransport-\(getpid()).sock"
    let listener = Glibc.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { unlink(path) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    try listen(listener, &address)
    let local = TestServer(listener: listener) { connection, _ in connection.answer("local") }
    let driver = try Driver(local, server, proxy, options: options(bypass: "127.0.0.1"))
    for _ in 0..<2 {
      let id = driver.reactor.start(
        TransferRequest(
          url: "http://localhost/v3/x", socketPath: path, answer: .whole(limit: 100), connectTimeout: .seconds(5),
          timeout: .seconds(5)))
      #expect(driver.outcome(of: id)?.text == "local")
      #expect(driver.outcome(of: driver.start(server))?.text == "server")
    }
    #expect(local.requests.first?.head.hasPrefix("POST /v3/x HTTP/1.1") == true)
    let missing = driver.reactor.start(
      TransferRequest(
        url: "http://localhost/", socketPath: path + ".none", answer: .whole(limit: 100), connectTimeout: .seconds(5),
        timeout: .seconds(5)))
    let failure = driver.outcome(of: missing)?.failure
    #expect(failure?.bodyMayHaveBeenSent == false)
    #expect(failure?.kind == .connect || failure?.kind == .refused)
  }

  @Test func addressesOfIPv6AreReached() throws {
    let listener = Glibc.socket(
      AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    // Not every machine has it.
    guard listener >= 0, (try? listen(listener, &address)) != nil else { return }
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
    }
    let port = UInt16(bigEndian: address.sin6_port)
    let server = TestServer(listener: listener) { connection, _ in connection.answer("six") }
    let names = TestNameServer()
    names.names["etcd.test"] = ["127.0.0.9", "::1"]
    let driver = try Driver(server, names, options: names.options())
    #expect(driver.outcome(of: driver.start(url: "http://[::1]:\(port)/"))?.text == "six")
    #expect(driver.outcome(of: driver.start(url: "http://etcd.test:\(port)/"))?.text == "six")
  }

  private func listen<Address>(_ socket: Int32, _ address: inout Address) throws {
    let size = socklen_t(MemoryLayout<Address>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
    }
    guard result == 0, Glibc.listen(socket, 16) == 0 else {
      throw SystemError(call: "bind", errno: errno, text: "no such address here")
    }
  }

  @Test func certificateIsCheckedAgainstTheNameThatIsGiven() throws {
    let tls = TLSServer { connection, _ in connection.answer("ok") }
    var options = ReactorOptions(tls: .init(caFile: Certificates.shared.authority))
    options.tls.serverName = "127.0.0.1"
    let driver = try Driver(tls.server, options: options)
    // The certificate is not for 127.0.0.2.
    #expect(driver.outcome(of: driver.start(url: tls.otherURL))?.text == "ok")
    // It serves one connection at a time.
    driver.reactor.shutDown()
    options.tls.serverName = "elsewhere.example"
    let other = try Driver(tls.server, options: options)
    let failure = other.outcome(of: other.start(url: tls.url))?.failure
    #expect(failure?.kind == .tls)
    #expect(failure?.curlCode == 60)
  }

  @Test func certificatesMayBeInMemory() throws {
    let files = Certificates.shared
    func text(_ path: String) -> String { String(decoding: TestFile.contents(of: path) ?? [], as: UTF8.self) }
    let demands = ["-Verify", "1", "-CAfile", files.authority, "-verify_return_error"]
    let tls = TLSServer(options: demands) { connection, _ in connection.answer("ok") }
    var options = ReactorOptions()
    options.tls.caPEM = text(files.authority)
    options.tls.certPEM = text(files.client)
    options.tls.keyPEM = Secret(text(files.clientKey))
    let driver = try Driver(tls.server, options: options)
    #expect(driver.outcome(of: driver.start(url: tls.url))?.text == "ok")
  }

  @Test(arguments: [
    ("example.org", ["example.org", "a.example.org"], ["badexample.org", "example.org.uk", "10.0.0.1"]),
    (".example.org", ["example.org", "a.example.org"], ["badexample.org"]),
    ("10.0.0.0/8,::1", ["10.255.0.1", "::1"], ["11.0.0.1", "::2", "a"]),
    ("10.1.2.0/23", ["10.1.3.4"], ["10.1.4.1"]), ("*", ["a", "10.0.0.1"], []), ("", [], ["a"]),
  ])
  func bypassIncludes(list: String, included: [String], others: [String]) throws {
    let bypass = try #require(Bypass(parsing: list))
    #expect(included.allSatisfy(bypass.includes))
    #expect(!others.contains(where: bypass.includes))
    #expect(Bypass(parsing: bypass.text) == bypass)
  }

  @Test(arguments: ["a b,", "a,,b", "10.0.0.0/33", "10.0.0.0/", "a/8", "h:1", "10.0.0.0/8/8"])
  func bypassRefuses(list: String) {
    #expect(Bypass(parsing: list) == nil)
  }

  @Test func secretsAreNotShown() {
    let secret = Secret("hunter2")
    #expect(!"\(secret) \(options())".contains("hunter2"))
    var text = ""
    dump(options(), to: &text)
    #expect(!text.contains("hunter2"))
  }
}
