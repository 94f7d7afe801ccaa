import CSystem
import Glibc
import TestSupport
import Testing

@testable import EtcdTransport

/// How a request gets to its host in HTTP/2: through proxies, elsewhere, from where, and through TLS.
@Suite struct HTTP2WayTests {
  private func start(
    _ driver: Driver, _ url: String, socketPath: String? = nil, connectTimeout: Duration = .seconds(5)
  ) -> TransferID {
    driver.reactor.start(
      TransferRequest(
        url: url, socketPath: socketPath, body: [1], answer: .whole(limit: 1 << 20), version: .http2,
        connectTimeout: connectTimeout, timeout: .seconds(5)))
  }

  private func options(_ scheme: Proxy.Scheme, _ port: UInt16, user: String = "") -> ReactorOptions {
    var options = ReactorOptions()
    options.proxy = Proxy(
      scheme: scheme, address: HostPort(host: "127.0.0.1", port: Int(port)), user: user,
      password: Secret(user.isEmpty ? "" : "hunter2"))
    return options
  }

  // MARK: Proxies

  /// Plays a proxy for the first bytes of each connection, and the server after them.
  private final class PlayedProxy {
    let http2: HTTP2Server
    private(set) var said: [[UInt8]] = []
    /// What is expected, by its size, and what is answered to it.
    private var script: [(size: Int?, answer: [UInt8])]

    init(_ script: [(size: Int?, answer: [UInt8])]) {
      http2 = HTTP2Server { $0.answer("through") }
      self.script = script
      let serve = http2.server.whenReceived
      http2.server.whenReceived = { [unowned self] connection in
        connection.readsRequests = false
        while let (size, answer) = self.script.first {
          let end = connection.input.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound
          guard let size = size ?? end, connection.input.count >= size else { return }
          self.said.append(Array(connection.input[..<size]))
          connection.input.removeFirst(size)
          self.script.removeFirst()
          connection.send(answer)
        }
        serve?(connection)
      }
    }
  }

  @Test func tunnelIsMadeByConnect() throws {
    let proxy = PlayedProxy([(nil, Array("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n".utf8))])
    let driver = try Driver(proxy.http2.server, options: options(.http, proxy.http2.server.port, user: "user"))
    #expect(driver.outcome(of: start(driver, "http://etcd.invalid:2379/x"))?.text == "through")
    let lines = String(decoding: proxy.said[0], as: UTF8.self).split(separator: "\r\n")
    #expect(lines.first == "CONNECT etcd.invalid:2379 HTTP/1.1")
    // "user:hunter2" in base64.
    #expect(lines.contains("Proxy-Authorization: Basic dXNlcjpodW50ZXIy"))
    #expect(proxy.http2.requests[0].fields[":authority"] == "etcd.invalid:2379")
    #expect(proxy.http2.requests[0].fields["proxy-authorization"] == nil)
  }

  @Test func tunnelIsMadeBySocksWithTheNameResolvedThere() throws {
    let name = Array("etcd.invalid".utf8)
    let proxy = PlayedProxy([
      (4, [5, 2]), (14, [1, 0]), (5 + name.count + 2, [5, 0, 0, 1, 127, 0, 0, 1, 9, 9]),
    ])
    let driver = try Driver(proxy.http2.server, options: options(.socks5h, proxy.http2.server.port, user: "user"))
    #expect(driver.outcome(of: start(driver, "http://etcd.invalid:2379/x"))?.text == "through")
    #expect(proxy.said[0] == [5, 2, 0, 2])
    #expect(proxy.said[1] == [1, 4] + Array("user".utf8) + [7] + Array("hunter2".utf8))
    #expect(proxy.said[2] == [5, 1, 0, 3, UInt8(name.count)] + name + [9, 0x4B])
  }

  @Test func tunnelIsMadeBySocksToAnAddress() throws {
    let proxy = PlayedProxy([(3, [5, 0]), (10, [5, 0, 0, 3, 1, 0x61, 9, 9])])
    let driver = try Driver(proxy.http2.server, options: options(.socks5, proxy.http2.server.port))
    #expect(driver.outcome(of: start(driver, "http://127.0.0.9:2379/x"))?.text == "through")
    #expect(proxy.said[1] == [5, 1, 0, 1, 127, 0, 0, 9, 9, 0x4B])
  }

  @Test(arguments: [
    (Proxy.Scheme.http, "HTTP/1.1 403 Forbidden\r\n\r\n"), (.http, "SSH-2.0\r\n\r\n"), (.socks5h, "\u{5}\u{7f}"),
    (.socks5h, "HTTP/1.1 400 Bad Request\r\n\r\n"),
  ]) func proxyThatRefusesProvesThatNothingWasSent(scheme: Proxy.Scheme, answer: String) throws {
    let proxy = PlayedProxy([(scheme == .http ? nil : 4, Array(answer.utf8))])
    let driver = try Driver(proxy.http2.server, options: options(scheme, proxy.http2.server.port, user: "user"))
    let failure = driver.outcome(of: start(driver, "http://etcd.invalid:2379/x"))?.failure
    // A proxy that makes no tunnels may pass on requests, in another version of HTTP.
    #expect(failure?.kind == (answer.hasPrefix("HTTP/1.1 403") ? .notHTTP2 : .connect))
    #expect(failure?.bodyMayHaveBeenSent == false)
    #expect(failure?.message.contains("hunter2") == false)
  }

  // MARK: Elsewhere

  @Test func connectionsGoWhereTheyAreSentInstead() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    var options = ReactorOptions()
    options.overrides = [.init(host: "", port: nil, target: HostPort(host: "127.0.0.1", port: Int(http2.server.port)))]
    options.interface = "127.0.0.7"
    let driver = try Driver(http2.server, options: options)
    #expect(driver.outcome(of: start(driver, "http://etcd.invalid:7/"))?.text == "ok")
    #expect(http2.requests.first?.fields[":authority"] == "etcd.invalid:7")
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = try #require(http2.server.connections.first?.socket)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket, $0, &length) }
    }
    #expect(UInt32(bigEndian: address.sin_addr.s_addr) == 0x7F00_0007)
    options.interface = "no-such-thing"
    driver.reactor.reconfigure(options)
    let failure = driver.outcome(of: start(driver, "http://etcd.invalid:7/"))?.failure
    #expect(failure?.kind == .connect)
    #expect(failure?.bodyMayHaveBeenSent == false)
  }

  /// Nobody listens on IPv6, which `localhost` is too.
  @Test func nextAddressIsTriedWhereOneFails() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, "http://localhost:\(http2.server.port)/"))?.text == "ok")
  }

  @Test func nobodyThereIsRefused() throws {
    let driver = try Driver()
    let failure = driver.outcome(of: start(driver, "http://127.0.0.1:1/"))?.failure
    #expect(failure?.kind == .refused)
    #expect(failure?.bodyMayHaveBeenSent == false)
  }

  @Test func unusableRequestsAreInvalid() throws {
    let driver = try Driver()
    for url in ["ftp://127.0.0.1/", "http://", "http://[::1/", "http://a b/"] {
      #expect(driver.outcome(of: start(driver, url))?.failure?.kind == .invalid, "\(url)")
    }
    let long = String(repeating: "x", count: 200)
    #expect(driver.outcome(of: start(driver, "http://localhost/", socketPath: long))?.failure?.kind == .invalid)
  }

  // MARK: TLS

  private func outcome(
    url: (TLSServer) -> String = { $0.url }, server options: [String] = [], _ tls: ReactorOptions.TLS
  ) throws -> Driver.Outcome? {
    let server = TLSServer(options: ["-alpn", "h2"] + options)
    let http2 = HTTP2Server(server.server) { $0.answer("ok") }
    let driver = try Driver(server.server, options: ReactorOptions(tls: tls))
    let outcome = driver.outcome(of: start(driver, url(server)))
    if outcome?.failure != nil { #expect(http2.requests.isEmpty) }
    return outcome
  }

  private let files = Certificates.shared

  @Test func certificatesAreChecked() throws {
    let good = ReactorOptions.TLS(caFile: files.authority)
    #expect(try outcome(good)?.text == "ok")
    for (tls, url) in [
      (ReactorOptions.TLS(caFile: files.stranger), { (server: TLSServer) in server.url }),
      (ReactorOptions.TLS(), { $0.url }), (good, { $0.otherURL }),
      (ReactorOptions.TLS(caFile: "/nonexistent"), { $0.url }),
    ] {
      let failure = try outcome(url: url, tls)?.failure
      #expect(failure?.kind == .tls)
      #expect(failure?.bodyMayHaveBeenSent == false)
    }
    var named = good
    named.serverName = "127.0.0.1"
    #expect(try outcome(url: { $0.otherURL }, named)?.text == "ok")
  }

  @Test func eachCheckCanBeLeftOutAlone() throws {
    var tls = ReactorOptions.TLS(caFile: files.stranger)
    tls.verifiesPeer = false
    #expect(try outcome(tls)?.text == "ok")
    #expect(try outcome(url: { $0.otherURL }, tls)?.failure?.kind == .tls)
    tls.verifiesHost = false
    #expect(try outcome(url: { $0.otherURL }, tls)?.text == "ok")
    tls = ReactorOptions.TLS(caFile: files.authority)
    tls.verifiesHost = false
    #expect(try outcome(url: { $0.otherURL }, tls)?.text == "ok")
  }

  @Test func versionsAndCiphersAreThoseOfTheOptions() throws {
    var tls = ReactorOptions.TLS(caFile: files.authority)
    tls.minimum = .tls13
    #expect(try outcome(server: ["-no_tls1_3"], tls)?.failure?.kind == .tls)
    #expect(try outcome(tls)?.text == "ok")
    tls = ReactorOptions.TLS(caFile: files.authority)
    tls.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384:TLS_AES_256_GCM_SHA384"
    #expect(try outcome(server: ["-no_tls1_3"], tls)?.text == "ok")
    #expect(try outcome(tls)?.text == "ok")
    #expect(
      try outcome(server: ["-no_tls1_3", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], tls)?.failure?.kind == .tls)
    #expect(try outcome(server: ["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"], tls)?.failure?.kind == .tls)
    tls.ciphers = "no-such-cipher"
    #expect(try outcome(tls)?.failure?.kind == .tls)
  }

  @Test func clientCertificateIsShownWithItsKey() throws {
    let wanted = ["-Verify", "1", "-verify_return_error", "-CAfile", files.authority, "-no_tls1_3"]
    var tls = ReactorOptions.TLS(caFile: files.authority)
    #expect(try outcome(server: wanted, tls)?.failure?.kind == .tls)
    tls.certFile = files.client
    tls.keyFile = files.clientKey
    #expect(try outcome(server: wanted, tls)?.text == "ok")
    tls.keyFile = files.serverKey
    let failure = try outcome(server: wanted, tls)?.failure
    #expect(failure?.kind == .tls)
    #expect(failure?.bodyMayHaveBeenSent == false)
  }

  /// The connection was made with certificates that have been replaced.
  @Test func replacedCertificatesMakeANewConnection() throws {
    let authority = "\(files.directory)/http2-\(getpid()).pem"
    defer { unlink(authority) }
    ChildProcess("cp", [files.authority, authority])?.wait()
    let server = TLSServer(options: ["-alpn", "h2"])
    let http2 = HTTP2Server(server.server) { $0.answer("ok") }
    let driver = try Driver(server.server, options: ReactorOptions(tls: .init(caFile: authority)))
    #expect(driver.outcome(of: start(driver, server.url))?.text == "ok")
    #expect(driver.outcome(of: start(driver, server.url))?.text == "ok")
    #expect(driver.reactor.connectionsOpened == 1)
    ChildProcess("cp", [files.stranger, authority])?.wait()
    // Files are looked at once a second. The server has no second connection to give, so this one gets nowhere.
    driver.hang(for: .milliseconds(1100))
    #expect(driver.outcome(of: start(driver, server.url, connectTimeout: .milliseconds(300)))?.failure != nil)
    #expect(driver.reactor.connectionsOpened == 2)
    #expect(http2.requests.count == 2)
  }

  @Test func serverWithoutTLSIsNoServerForIt() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    server.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n"
    let driver = try Driver(server)
    let failure = driver.outcome(of: start(driver, "https://127.0.0.1:\(server.port)/"))?.failure
    #expect(failure?.kind == .tls)
    #expect(failure?.bodyMayHaveBeenSent == false)
  }
}
