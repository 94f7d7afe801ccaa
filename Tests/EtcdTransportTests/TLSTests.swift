import Glibc
import Testing

@testable import EtcdTransport

@Suite struct TLSTests {
  private static func options(
    caFile: String? = Certificates.shared.authority, certFile: String? = nil, keyFile: String? = nil,
    insecureSkipVerify: Bool = false
  ) -> ReactorOptions {
    ReactorOptions(
      tls: .init(caFile: caFile, certFile: certFile, keyFile: keyFile, insecureSkipVerify: insecureSkipVerify))
  }

  private func outcome(
    url: (TLSServer) -> String = { $0.url }, server options: [String] = [], _ client: ReactorOptions
  ) throws -> Driver.Outcome? {
    let tls = TLSServer(options: options) { connection, request in connection.answer(request.body) }
    let driver = try Driver(tls.server, options: client)
    return driver.outcome(of: driver.start(url: url(tls)))
  }

  @Test func callsTravelEncryptedOverOneConnection() throws {
    let tls = TLSServer { connection, request in connection.answer(request.body) }
    let driver = try Driver(tls.server, options: Self.options())
    for round in 0..<5 {
      let body = (0..<(round * 100_000 + 1)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let id = driver.reactor.start(
        TransferRequest(
          url: tls.url, body: body, answer: .whole(limit: .max), connectTimeout: .seconds(5), timeout: .seconds(10)))
      let outcome = driver.outcome(of: id)
      #expect(outcome?.status == 200)
      #expect(outcome?.body == body)
    }
  }

  @Test func certificateOfAnotherAuthorityIsRefused() throws {
    let outcome = try outcome(Self.options(caFile: Certificates.shared.stranger))
    #expect(outcome?.failure?.kind == .tls)
    #expect(outcome?.failure?.curlCode == 60)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test func certificateForAnotherNameIsRefused() throws {
    let outcome = try outcome(url: { $0.otherURL }, Self.options())
    #expect(outcome?.failure?.kind == .tls)
    #expect(outcome?.failure?.curlCode == 60)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test func systemsAuthoritiesDoNotKnowOurs() throws {
    #expect(try outcome(Self.options(caFile: nil))?.failure?.kind == .tls)
  }

  @Test func verificationCanBeSkipped() throws {
    let client = Self.options(caFile: Certificates.shared.stranger, insecureSkipVerify: true)
    #expect(try outcome(url: { $0.otherURL }, client)?.text == "{}")
  }

  @Test func missingFilesAreReported() throws {
    let ca = try outcome(Self.options(caFile: "/nonexistent/ca.pem"))
    #expect(ca?.failure?.kind == .tls)
    #expect(ca?.failure?.bodyMayHaveBeenSent == false)
    let certificate = try outcome(Self.options(certFile: "/nonexistent/cert.pem", keyFile: "/nonexistent/key.pem"))
    #expect(certificate?.failure?.kind == .tls)
    #expect(certificate?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test func clientCertificateIsShownWhenAskedFor() throws {
    let files = Certificates.shared
    let demands = ["-Verify", "1", "-CAfile", files.authority, "-verify_return_error"]
    let known = try outcome(server: demands, Self.options(certFile: files.client, keyFile: files.clientKey))
    #expect(known?.text == "{}")
    let unknown = try outcome(server: demands, Self.options())
    // With TLS 1.3 the refusal comes only after the client takes the handshake for done.
    #expect(unknown?.failure.map { $0.kind == .tls || $0.kind == .broken } == true)
  }

  @Test func plainAndEncryptedDoNotMix() throws {
    let plain = try outcome(url: { "http" + $0.url.dropFirst(5) }, Self.options())
    #expect(plain?.failure?.kind == .broken)
    let server = TestServer { connection, _ in connection.answer("plain") }
    server.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n"
    let driver = try Driver(server, options: Self.options())
    let outcome = driver.outcome(of: driver.start(url: "https://127.0.0.1:\(server.port)/"))
    #expect(outcome?.failure?.kind == .tls)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test func handshakeThatNeverAnswersFailsWhenTheConnectTimeoutPasses() throws {
    let server = TestServer()
    let driver = try Driver(server, options: Self.options())
    let outcome = driver.outcome(
      of: driver.start(url: "https://127.0.0.1:\(server.port)/", connectTimeout: .milliseconds(150)))
    #expect(outcome?.failure?.kind == .connect)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }

  /// Bytes that TLS has decrypted are where neither epoll nor the kernel sees them.
  @Test func resumeFindsWhatWasDecryptedAlready() throws {
    let tls = TLSServer { connection, _ in connection.beginChunks() }
    let driver = try Driver(tls.server, options: Self.options())
    let id = driver.reactor.start(
      TransferRequest(
        url: tls.url, body: [1], answer: .streamed, connectTimeout: .seconds(5), timeout: nil))
    var sent: [UInt8] = []
    #expect(driver.drive { !driver.events.isEmpty })
    driver.whenTold = { [unowned driver] id, event in
      if case .received = event { driver.reactor.pause(id) }
    }
    for round in 0..<40 {
      let piece = (0..<(30_000 + round)).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ round) }
      sent += piece
      tls.server.connections[0].chunk(piece)
      if round % 4 == 3 {
        driver.drive(for: .milliseconds(20)) { false }
        driver.reactor.resume(id)
      }
    }
    #expect(
      driver.drive {
        driver.reactor.resume(id)
        return driver.received(id).count == sent.count
      })
    #expect(driver.received(id) == sent)
    driver.settle()
    #expect(!driver.isReadable)
  }

  @Test func brokenPipeOverTLSDoesNotKillTheProcess() async {
    await #expect(processExitsWith: .success) {
      // Made here, where they are also deleted.
      _ = Certificates.shared
      Alone.run {
        signal(SIGPIPE, SIG_DFL)
        for round in 0..<10 {
          let tls = TLSServer()
          tls.server.connections[0].readsRequests = false
          let driver = try Driver(tls.server, options: TLSTests.options())
          let id = driver.reactor.start(
            TransferRequest(
              url: tls.url, body: [UInt8](repeating: 1, count: 30_000_000), answer: .whole(limit: 1),
              connectTimeout: .seconds(5), timeout: .seconds(10)))
          driver.drive { tls.server.connections[0].input.count > round * 10_000 }
          tls.kill()
          let outcome = driver.outcome(of: id)
          Alone.check(outcome?.failure?.kind == .broken)
          Alone.check(outcome?.failure?.bodyMayHaveBeenSent == true)
        }
      }
    }
  }
}
