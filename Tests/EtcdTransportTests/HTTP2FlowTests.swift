import Testing

@testable import EtcdTransport

/// Windows: how much of an answer a peer can make us hold, and how much of a request it takes.
@Suite struct HTTP2FlowTests {
  private func start(
    _ driver: Driver, _ server: HTTP2Server, _ body: [UInt8] = [1], lane: TransferRequest.Lane = .streams,
    answer: TransferRequest.Answer = .streamed
  ) -> TransferID {
    driver.reactor.start(
      TransferRequest(
        url: server.server.url, body: body, answer: answer, version: .http2, lane: lane, connectTimeout: .seconds(5),
        timeout: .seconds(20)))
  }

  /// The window is exact, so a peer that keeps to it sends just that; one more byte ends the stream.
  @Test(arguments: [(TransferRequest.Lane.streams, 65_536), (.bulk, 1_048_576)])
  func pausedStreamTakesInItsWindowAndNoMore(lane: TransferRequest.Lane, window: Int) throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2, lane: lane)
    let neighbour = start(driver, http2, [2], lane: lane)
    #expect(driver.drive { http2.requests.count == 2 })
    for stream in http2.requests { stream.sendHeader(status: 200) }
    #expect(driver.drive { driver.events.count == 2 })
    driver.reactor.pause(id)
    let bytes = (0..<window).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    http2.requests[0].send(bytes)
    driver.settle()
    #expect(!driver.isReadable)
    #expect(driver.receivedCount(id) == 0)
    http2.requests[1].send([7], isLast: true)
    #expect(driver.outcome(of: neighbour)?.status == 200)
    driver.reactor.resume(id)
    #expect(driver.drive { driver.receivedCount(id) == window })
    let isRight = driver.received(id) == bytes
    #expect(isRight)
    // The window is open again as a whole.
    http2.requests[0].send(bytes, isLast: true)
    #expect(driver.outcome(of: id)?.status == 200)
    #expect(driver.receivedCount(id) == 2 * window)
  }

  @Test func streamThatGoesBeyondItsWindowEnds() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 1 })
    http2.requests[0].sendHeader(status: 200)
    #expect(driver.drive { driver.events.count == 1 })
    driver.reactor.pause(id)
    http2.requests[0].send([UInt8](repeating: 1, count: 65_537))
    let failure = driver.outcome(of: id)?.failure
    #expect(failure?.kind == .broken)
  }

  /// Of requests that are started in turns of their own, each leaves with its turn; or all of them with the next run, for
  /// which the host is woken.
  @Test(arguments: [false, true])
  func requestsOfManyTurnsGoTogetherWhereThatIsWanted(areGathered: Bool) throws {
    let http2 = HTTP2Server()
    var options = ReactorOptions()
    options.gathersRequests = !areGathered
    let driver = try Driver(http2.server, options: options)
    let first = start(driver, http2, lane: .calls, answer: .whole(limit: 10))
    #expect(driver.drive { http2.requests.count == 1 })
    http2.requests[0].answer("first")
    #expect(driver.outcome(of: first)?.text == "first")
    driver.settle()
    options.gathersRequests = areGathered
    driver.reactor.reconfigure(options)
    let ids = (0..<3).map { _ in
      let id = start(driver, http2, lane: .calls, answer: .whole(limit: 10))
      driver.reactor.endTurn()
      return id
    }
    driver.stall(for: .milliseconds(50))
    #expect(http2.requests.count == (areGathered ? 1 : 4))
    if areGathered { #expect(driver.isReadable) }
    #expect(((driver.reactor.nextDeadline ?? .distantFuture) <= driver.reactor.now) == areGathered)
    #expect(driver.drive { http2.requests.count == 4 })
    for (number, id) in ids.enumerated() {
      http2.requests[1 + number].answer("\(number)")
      #expect(driver.outcome(of: id)?.text == "\(number)")
    }
    driver.settle()
    #expect(!driver.isReadable)
    #expect(driver.reactor.isAtRest())
    // To want it otherwise is no reason for another connection.
    #expect(http2.peers.count == 1)
  }

  @Test func largeBodiesTravelBothWays() throws {
    let http2 = HTTP2Server { stream in
      stream.sendHeader(status: 200)
      stream.send(stream.body, isLast: true)
    }
    let driver = try Driver(http2.server)
    let body = (0..<900_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) }
    for _ in 0..<3 {
      let id = start(driver, http2, body, lane: .bulk, answer: .whole(limit: 900_000))
      let isRight = driver.outcome(of: id)?.body == body
      #expect(isRight)
    }
    let tooLarge = start(driver, http2, body, lane: .bulk, answer: .whole(limit: 899_999))
    #expect(driver.outcome(of: tooLarge)?.failure?.kind == .tooLarge)
    #expect(http2.peers.count == 1)
  }

  @Test(arguments: [
    (480, 0, AnswerFields.Wanted.all, nil), (500, 0, .all, TransferFailure.Kind.tooLarge), (500, 0, .none, nil),
    (1, 40, .none, nil), (1, 60, .none, .tooLarge),
  ]) func headersAreLimitedWhetherOrNotTheyAreTold(
    count: Int, interim: Int, fields: AnswerFields.Wanted, kind: TransferFailure.Kind?
  ) throws {
    let http2 = HTTP2Server { stream in
      // Each of them 5 KiB.
      let more = (0..<50).map { ("a\($0)", String(repeating: "x", count: 100)) }
      for _ in 0..<interim { stream.sendHeader(status: 103, more) }
      stream.sendHeader(status: 200, (0..<count).map { ("\(100 + $0)", "x") })
      stream.send([1], isLast: true)
    }
    let driver = try Driver(http2.server)
    let id = driver.reactor.start(
      TransferRequest(
        url: http2.server.url, body: [1], answer: .whole(limit: 9), fields: fields, version: .http2,
        connectTimeout: .seconds(5), timeout: .seconds(10)))
    let outcome = driver.outcome(of: id)
    #expect(outcome?.failure?.kind == kind)
    if kind == nil, case .all = fields { #expect(outcome?.fields.headers.count == count) }
  }
}
