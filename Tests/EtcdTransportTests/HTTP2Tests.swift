import Testing

@testable import EtcdTransport

/// Over plain TCP with prior knowledge, and over TLS by agreement.
@Suite struct HTTP2Tests {
  private func start(
    _ driver: Driver, _ url: String, _ version: HTTPVersion = .http2,
    _ method: RequestHead.Method = .post, body: [UInt8] = Array("{}".utf8),
    answer: TransferRequest.Answer = .whole(limit: 1 << 20), timeout: Duration? = .seconds(10)
  ) -> TransferID {
    driver.reactor.start(
      TransferRequest(
        method: method, url: url, body: body, answer: answer, fields: .all, version: version,
        connectTimeout: .seconds(5), timeout: timeout))
  }

  /// An HTTP/2 server behind TLS. It serves one connection at a time, so what overlaps shares one.
  private func secure(
    _ protocols: String = "h2", _ respond: @escaping (HTTP2Server.Stream) -> Void = { _ in }
  ) throws -> (Driver, TLSServer, HTTP2Server) {
    let tls = TLSServer(options: ["-alpn", protocols])
    let http2 = HTTP2Server(tls.server, respond)
    let driver = try Driver(
      tls.server, options: ReactorOptions(tls: .init(caFile: Certificates.shared.authority)))
    return (driver, tls, http2)
  }

  @Test(arguments: [0, 1, 10_000, 100_000]) func callWithPriorKnowledge(size: Int) throws {
    let http2 = HTTP2Server { stream in
      stream.sendHeader(status: 200, [("content-type", "application/grpc")])
      stream.send(stream.body + [1])
      stream.sendTrailer([("grpc-status", "0"), ("grpc-message", "")])
    }
    let driver = try Driver(http2.server)
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for _ in 0..<3 {
      let outcome = driver.outcome(of: start(driver, http2.server.url, body: body))
      #expect(outcome?.status == 200)
      #expect(outcome?.body == body + [1])
      #expect(outcome?.fields.headers == [.init(name: "content-type", value: "application/grpc")])
      #expect(
        outcome?.fields.trailers == [.init(name: "grpc-status", value: "0"), .init(name: "grpc-message", value: "")])
    }
    #expect(http2.requests.count == 3)
  }

  /// As gRPC tells errors before any message.
  @Test func answerThatIsATrailerOnlyComesAsHeader() throws {
    let http2 = HTTP2Server { $0.sendHeader(status: 200, [("grpc-status", "14")], isLast: true) }
    let driver = try Driver(http2.server)
    let outcome = driver.outcome(of: start(driver, http2.server.url))
    #expect(outcome?.status == 200)
    #expect(outcome?.body == [])
    #expect(outcome?.fields.headers == [.init(name: "grpc-status", value: "14")])
  }

  @Test func streamIsToldAsItComes() throws {
    let http2 = HTTP2Server { $0.sendHeader(status: 200) }
    let driver = try Driver(http2.server)
    let id = start(driver, http2.server.url, answer: .streamed, timeout: nil)
    #expect(driver.drive { driver.story(of: id) == ["opened 200"] })
    http2.requests[0].send([1, 2, 3])
    #expect(driver.drive { driver.received(id) == [1, 2, 3] })
    http2.requests[0].sendTrailer([("grpc-status", "1")])
    #expect(driver.outcome(of: id)?.fields.trailers == [.init(name: "grpc-status", value: "1")])
  }

  @Test func callsShareOneConnectionOverTLS() throws {
    let (driver, tls, http2) = try secure()
    let ids = (0..<20).map { start(driver, tls.url, .http2, body: Array("body \($0)".utf8)) }
    #expect(driver.drive { http2.requests.count == ids.count })
    // In another order than they came, so that each waits for some other.
    for stream in http2.requests.reversed() {
      stream.answer("answer to " + String(decoding: stream.body, as: UTF8.self))
    }
    for (number, id) in ids.enumerated() {
      #expect(driver.outcome(of: id)?.text == "answer to body \(number)")
    }
    #expect(http2.peers.count == 1)
    #expect(driver.outcome(of: start(driver, tls.url, .http2, timeout: .milliseconds(200)))?.failure?.kind == .timeout)
    #expect(http2.peers.count == 1)
  }

  @Test(arguments: [["-alpn", "http/1.1"], []]) func serverThatDoesNotAgreeToItIsKnown(options: [String]) throws {
    let tls = TLSServer(options: options) { connection, request in connection.answer(request.body) }
    let driver = try Driver(tls.server, options: ReactorOptions(tls: .init(caFile: Certificates.shared.authority)))
    let outcome = driver.outcome(of: start(driver, tls.url, .http2))
    #expect(outcome?.failure?.kind == .notHTTP2)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
    #expect(tls.server.requests.isEmpty)
  }

  /// A server that offers it is not spoken to so unless the request wants that.
  @Test func olderVersionIsSpokenUnlessAskedFor() throws {
    let tls = TLSServer(options: ["-alpn", "h2,http/1.1"]) { connection, request in connection.answer(request.body) }
    let driver = try Driver(tls.server, options: ReactorOptions(tls: .init(caFile: Certificates.shared.authority)))
    #expect(driver.outcome(of: start(driver, tls.url, .http1))?.text == "{}")
  }

  @Test func pausedStreamDoesNotHoldUpItsNeighbours() throws {
    let (driver, tls, http2) = try secure()
    let paused = start(driver, tls.url, .http2, body: [1], answer: .streamed, timeout: nil)
    let other = start(driver, tls.url, .http2, body: [2], answer: .streamed, timeout: nil)
    #expect(driver.drive { http2.requests.count == 2 })
    for stream in http2.requests { stream.sendHeader(status: 200) }
    #expect(driver.drive { driver.events.count == 2 })
    driver.reactor.pause(paused)
    for stream in http2.requests { stream.send(stream.body) }
    #expect(driver.drive { driver.received(other) == [2] })
    let call = start(driver, tls.url, .http2, body: [3])
    #expect(driver.drive { http2.requests.count == 3 })
    http2.requests[2].answer("ok")
    #expect(driver.outcome(of: call)?.text == "ok")
    #expect(driver.received(paused) == [])
    driver.settle()
    #expect(!driver.isReadable)
    driver.reactor.resume(paused)
    #expect(driver.drive { driver.received(paused) == [1] })
    #expect(http2.peers.count == 1)
  }

  @Test func cancelledStreamLeavesItsNeighboursAlone() throws {
    let (driver, tls, http2) = try secure()
    let ids = (0..<3).map { start(driver, tls.url, .http2, body: [UInt8($0)], answer: .streamed, timeout: nil) }
    #expect(driver.drive { http2.requests.count == 3 })
    for stream in http2.requests { stream.sendHeader(status: 200) }
    #expect(driver.drive { driver.events.count == 3 })
    driver.reactor.pause(ids[0])
    driver.reactor.cancel(ids[0])
    for stream in http2.requests where stream.body != [0] { stream.send([9], isLast: true) }
    for id in ids[1...] {
      #expect(driver.outcome(of: id)?.status == 200)
      #expect(driver.received(id) == [9])
    }
    #expect(driver.drive { http2.requests.contains { $0.body == [0] && $0.wasReset } })
    let call = start(driver, tls.url, .http2, body: [3])
    #expect(driver.drive { http2.requests.count == 4 })
    http2.requests[3].answer("ok")
    #expect(driver.outcome(of: call)?.text == "ok")
    #expect(http2.peers.count == 1)
  }

  /// Whose sockets may be taken out of epoll.
  @Test func olderVersionNeverTravelsOnASharedConnection() throws {
    let (driver, tls, http2) = try secure { $0.answer("ok") }
    #expect(driver.outcome(of: start(driver, tls.url, .http2))?.text == "ok")
    // The server has no second connection to give, so this one cannot be answered.
    let outcome = driver.outcome(of: start(driver, tls.url, .http1, timeout: .milliseconds(300)))
    #expect(outcome?.failure?.kind == .connect)
    #expect(driver.outcome(of: start(driver, tls.url, .http2))?.text == "ok")
    #expect(http2.requests.count == 2)
    #expect(http2.peers.count == 1)
  }

  @Test func headerIsThatOfTheRequestAndOfTheReactor() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    var options = ReactorOptions(userAgent: "test/1")
    options.headers = [
      .init(name: "X-Site", value: Secret("one, two")), .init(name: "Connection", value: Secret("close")),
    ]
    let driver = try Driver(http2.server, options: options)
    for round in 0..<3 {
      let id = driver.reactor.start(
        TransferRequest(
          url: http2.server.url + "a/b?c#d", headers: [("Content-Type", "application/grpc"), ("token", "t\(round)")],
          body: [1], answer: .whole(limit: 9), version: .http2, connectTimeout: .seconds(5), timeout: .seconds(5)))
      #expect(driver.outcome(of: id)?.text == "ok")
    }
    let get = start(driver, String(http2.server.url.dropLast()), .http2, .get, body: [])
    #expect(driver.outcome(of: get)?.text == "ok")
    let common = [
      ":scheme": "http", ":authority": "127.0.0.1:\(http2.server.port)", "user-agent": "test/1", "x-site": "one, two",
    ]
    for (round, stream) in http2.requests.prefix(3).enumerated() {
      let own = [":method": "POST", ":path": "/a/b?c", "content-type": "application/grpc", "token": "t\(round)"]
      #expect(stream.fields == common.merging(own) { $1 })
    }
    #expect(http2.requests.last?.fields == common.merging([":method": "GET", ":path": "/"]) { $1 })
    #expect(http2.peers.count == 1)
  }

  /// More of them than are kept, and those that were kept again.
  @Test func headersInCommonGoWithEachRequest() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    let driver = try Driver(http2.server)
    let heads = (0..<20).map { number in
      RequestHead(
        origin: String(http2.server.url.dropLast()), path: number == 1 ? "" : "/\(number)#not sent",
        headers: number == 2 ? [] : [("X-Number", "\(number)"), ("same", "a")])
    }
    for (round, head) in (heads + heads.reversed()).enumerated() {
      let id = driver.reactor.start(
        TransferRequest(
          head, headers: [("Own", "o\(round)")], answer: .whole(limit: 9), version: .http2, connectTimeout: .seconds(5),
          timeout: .seconds(5)))
      #expect(driver.outcome(of: id)?.text == "ok")
      let fields = http2.requests.last?.fields
      #expect(fields?["x-number"] == head.headers.first?.value)
      #expect(fields?["same"] == head.headers.last?.value)
      #expect(fields?["own"] == "o\(round)")
      let path = head.path.prefix { $0 != "#" }
      #expect(fields?[":path"] == (path.isEmpty ? "/" : String(path)))
    }
  }

  // MARK: Sent once

  @Test(arguments: [0, 1, 20_000], [true, false]) func refusedPostIsKnownNotBegun(size: Int, byGoAway: Bool) throws {
    let http2 = HTTP2Server { stream in
      if byGoAway { stream.peer.goAway(last: 0) } else { stream.refuse() }
    }
    let driver = try Driver(http2.server)
    let outcome = driver.outcome(of: start(driver, http2.server.url, body: [UInt8](repeating: 7, count: size)))
    #expect(outcome?.failure?.kind == .notBegun)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
    driver.settle()
    #expect(http2.peers.flatMap(\.streams).count == 1)
  }

  /// The connection was used before, answers nothing and ends.
  @Test(arguments: [0, 1, 20_000]) func postOnADyingSharedConnectionIsDeliveredOnce(size: Int) throws {
    var answers = 1
    let (driver, tls, http2) = try secure { stream in
      if answers > 0 { stream.answer("ok") } else { stream.peer.connection.close() }
      answers -= 1
    }
    #expect(driver.outcome(of: start(driver, tls.url, .http2))?.text == "ok")
    let outcome = driver.outcome(of: start(driver, tls.url, .http2, body: [UInt8](repeating: 7, count: size)))
    #expect(outcome?.failure?.kind == .broken)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
    driver.settle()
    #expect(http2.requests.count == 2)
  }

  // MARK: What is not HTTP/2

  @Test func serverThatDoesNotKnowItIsKnown() throws {
    let server = TestServer { connection, _ in connection.answer("ok") }
    let driver = try Driver(server)
    let outcome = driver.outcome(of: start(driver, server.url))
    #expect(outcome?.failure?.kind == .notHTTP2)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
    // All it ever got is what no server of HTTP/1 acts on.
    #expect(server.requests.allSatisfy { $0.head.hasPrefix("PRI ") || $0.head == "SM" })
  }

  @Test func serverThatHangsUpOnItIsKnown() throws {
    let server = TestServer()
    server.whenReceived = { $0.close() }
    let driver = try Driver(server)
    let outcome = driver.outcome(of: start(driver, server.url))
    #expect(outcome?.failure?.kind == .notHTTP2 || outcome?.failure?.kind == .broken)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test func serverThatSaysNothingGetsNoRequest() throws {
    let server = TestServer()
    let driver = try Driver(server)
    let outcome = driver.outcome(of: start(driver, server.url, timeout: .milliseconds(100)))
    #expect(outcome?.failure?.kind == .timeout)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }

  @Test(arguments: [
    ("\0\0\u{5}\u{4}\0\0\0\0\0hello", TransferFailure.Kind.broken), ("HTTP/1.1 400 Bad Request\r\n\r\n", .notHTTP2),
    (String(repeating: "\u{7f}", count: 99), .notHTTP2),
  ]) func nonsenseIsKnown(nonsense: String, kind: TransferFailure.Kind) throws {
    let server = TestServer()
    server.greeting = nonsense
    let driver = try Driver(server)
    let outcome = driver.outcome(of: start(driver, server.url, timeout: .seconds(2)))
    #expect(outcome?.failure?.kind == kind)
    #expect(outcome?.failure?.bodyMayHaveBeenSent == false)
  }
}
