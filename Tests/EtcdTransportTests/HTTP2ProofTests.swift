import Glibc
import Testing

@testable import EtcdTransport

/// What a peer, or the end of its connection, proves of the requests on it; and who goes where then.
@Suite struct HTTP2ProofTests {
  private func start(
    _ driver: Driver, _ server: HTTP2Server, _ number: UInt8 = 0, size: Int = 1,
    answer: TransferRequest.Answer = .whole(limit: 1 << 20), lane: TransferRequest.Lane = .calls,
    timeout: Duration? = .seconds(10)
  ) -> TransferID {
    driver.reactor.start(
      TransferRequest(
        url: server.server.url, body: [UInt8](repeating: number, count: size), answer: answer, version: .http2,
        lane: lane, connectTimeout: .seconds(5), timeout: timeout))
  }

  @Test func goAwayTellsWhatWasBegunFromWhatWasNot() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let ids = (0..<4).map { start(driver, http2, $0) }
    #expect(driver.drive { http2.requests.count == 4 })
    let peer = try #require(http2.peers.first)
    peer.goAway(last: http2.requests[1].id)
    for id in ids[2...] {
      let failure = driver.outcome(of: id)?.failure
      #expect(failure?.kind == .notBegun)
      #expect(failure?.bodyMayHaveBeenSent == false)
    }
    // A new request does not go there, and those that were begun end in peace.
    let next = start(driver, http2, 9)
    #expect(driver.drive { http2.peers.count == 2 && http2.requests.count == 5 })
    http2.requests[4].answer("next")
    #expect(driver.outcome(of: next)?.text == "next")
    for stream in http2.requests[..<2] { stream.answer("late") }
    for id in ids[..<2] { #expect(driver.outcome(of: id)?.text == "late") }
    #expect(driver.drive { peer.connection.peerHasClosed })
  }

  @Test func goAwayDoesNotHoldWhatWaits() throws {
    let http2 = HTTP2Server()
    http2.settings = [0, 3, 0, 0, 0, 1]
    let driver = try Driver(http2.server)
    let first = start(driver, http2, 1)
    let second = start(driver, http2, 2)
    #expect(driver.drive { http2.requests.count == 1 })
    driver.settle()
    #expect(http2.requests.count == 1)
    http2.peers[0].goAway(last: http2.requests[0].id)
    #expect(driver.drive { http2.requests.count == 2 })
    #expect(http2.peers.count == 2)
    http2.requests[1].answer("second")
    http2.requests[0].answer("first")
    #expect(driver.outcome(of: second)?.text == "second")
    #expect(driver.outcome(of: first)?.text == "first")
  }

  @Test func noMoreStreamsAreUnderWayThanThePeerAllows() throws {
    let http2 = HTTP2Server()
    http2.settings = [0, 3, 0, 0, 0, 2]
    let driver = try Driver(http2.server)
    var ids = (0..<5).map { start(driver, http2, $0) }
    let impatient = start(driver, http2, 9, timeout: .milliseconds(150))
    #expect(driver.drive { http2.requests.count == 2 })
    let failure = driver.outcome(of: impatient)?.failure
    #expect(failure?.kind == .timeout)
    #expect(failure?.bodyMayHaveBeenSent == false)
    driver.reactor.cancel(ids.removeLast())
    for (number, id) in ids.enumerated() {
      #expect(http2.requests.count == min(2 + number, 4))
      http2.requests[number].answer("\(number)")
      #expect(driver.outcome(of: id)?.text == "\(number)")
      driver.settle()
    }
    #expect(http2.requests.map(\.body) == [[0], [1], [2], [3]])
    #expect(http2.peers.count == 1)
  }

  /// Calls end, and those that wait get their turn; streams that stay open would wait for ever.
  @Test func streamsThatStayOpenGetMoreConnectionsWhereOneIsFull() throws {
    let http2 = HTTP2Server()
    http2.settings = [0, 3, 0, 0, 0, 2]
    let driver = try Driver(http2.server)
    for _ in 0..<5 { _ = start(driver, http2, answer: .streamed, lane: .streams, timeout: nil) }
    #expect(driver.drive { http2.requests.count == 5 })
    #expect(http2.peers.count == 3)
    // There is an end to it.
    let ids = (0..<20).map { _ in start(driver, http2, answer: .streamed, lane: .streams, timeout: nil) }
    #expect(driver.drive { http2.requests.count == 16 })
    driver.settle()
    #expect(http2.requests.count == 16)
    #expect(http2.peers.count == 8)
    for stream in http2.requests.prefix(9) { stream.answer("x") }
    #expect(driver.drive { http2.requests.count == 25 })
    #expect(ids.allSatisfy { driver.outcomes[$0]?.failure == nil })
  }

  @Test func lanesDoNotShareAConnection() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    let driver = try Driver(http2.server)
    for lane in [TransferRequest.Lane.calls, .bulk, .streams, .calls, .bulk, .streams] {
      #expect(driver.outcome(of: start(driver, http2, lane: lane))?.text == "ok")
    }
    #expect(http2.peers.count == 3)
    #expect(driver.reactor.connectionsOpened == 3)
  }

  /// All that had left may have been acted on; what had not cannot.
  @Test func brokenConnectionProvesNothingOfWhatHasLeft() throws {
    let http2 = HTTP2Server()
    http2.givesWindowBack = false
    let driver = try Driver(http2.server)
    // More than the window that there is for all together: the later one never gets to its body.
    let large = start(driver, http2, 1, size: 200_000)
    #expect(driver.drive { http2.peers.first?.streams[1]?.body.count == 65_535 })
    let small = start(driver, http2, 2)
    #expect(driver.drive { http2.peers.first?.streams[3] != nil })
    http2.peers[0].connection.reset()
    #expect(driver.outcome(of: large)?.failure?.bodyMayHaveBeenSent == true)
    let failure = driver.outcome(of: small)?.failure
    #expect(failure?.kind == .broken)
    #expect(failure?.bodyMayHaveBeenSent == false)
  }

  @Test func resetWithAnyOtherReasonProvesNothing() throws {
    let http2 = HTTP2Server { $0.peer.send(.reset, flags: 0, $0.id, [0, 0, 0, 2]) }
    let driver = try Driver(http2.server)
    let failure = driver.outcome(of: start(driver, http2))?.failure
    #expect(failure?.kind == .broken)
    #expect(failure?.bodyMayHaveBeenSent == true)
    // The connection is as good as before.
    #expect(driver.outcome(of: start(driver, http2))?.failure?.kind == .broken)
    #expect(http2.peers.count == 1)
  }

  @Test func refusalAfterAnAnswerHasBegunProvesNothing() throws {
    let http2 = HTTP2Server {
      $0.sendHeader(status: 200)
      $0.refuse()
    }
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, http2))?.failure?.bodyMayHaveBeenSent == true)
  }

  @Test func answerThatComesBeforeTheRequestIsSentCounts() throws {
    let http2 = HTTP2Server()
    http2.givesWindowBack = false
    let driver = try Driver(http2.server)
    let id = start(driver, http2, size: 200_000)
    #expect(driver.drive { http2.peers.first?.streams[1]?.body.count == 65_535 })
    http2.peers[0].streams[1]?.answer("enough")
    #expect(driver.outcome(of: id)?.text == "enough")
    #expect(driver.drive { http2.peers[0].streams[1]?.wasReset == true })
  }

  @Test func idleConnectionThatThePeerHasClosedIsNotUsed() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, http2))?.text == "ok")
    driver.settle()
    http2.peers[0].connection.close()
    driver.settle()
    #expect(driver.outcome(of: start(driver, http2))?.text == "ok")
    #expect(http2.peers.count == 2)
  }

  /// However short it was idle: what is sent into it may have happened.
  @Test func whatIsAskedRightAfterThePeerHasClosedGoesByAnother() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, http2))?.text == "ok")
    let connection = http2.peers[0].connection
    connection.close()
    driver.stall(for: .milliseconds(5))
    let id = start(driver, http2)
    #expect(driver.outcome(of: id)?.text == "ok")
    #expect(http2.peers.count == 2)
  }

  /// A connection may be dead though TCP says nothing of it: what is between acknowledges what it does not pass on.
  @Test func whatIsStartedAfterAStreamThatNothingComesOfGoesByAnotherConnection() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let silent = start(driver, http2, 1, answer: .streamed, lane: .streams)
    let other = start(driver, http2, 2, answer: .streamed, lane: .streams)
    #expect(driver.drive { http2.requests.count == 2 })
    for stream in http2.requests { stream.sendHeader(status: 200) }
    #expect(driver.drive { driver.events.count == 2 })
    driver.reactor.distrust(silent)
    driver.reactor.cancel(silent)
    let again = start(driver, http2, 3, answer: .streamed, lane: .streams)
    #expect(driver.drive { http2.requests.count == 3 })
    #expect(http2.peers.count == 2)
    // What goes on there goes on.
    http2.requests[1].send([7], isLast: true)
    #expect(driver.outcome(of: other)?.status == 200)
    http2.requests[2].sendHeader(status: 200)
    http2.requests[2].send([7], isLast: true)
    #expect(driver.outcome(of: again)?.status == 200)
    #expect(driver.drive { http2.peers[0].connection.peerHasClosed })
  }

  @Test func noMoreConnectionsAreKeptIdleThanTheOptionsAllow() throws {
    let servers = (0..<3).map { _ in HTTP2Server { $0.answer("ok") } }
    let driver = try Driver(options: ReactorOptions(maxIdleConnections: 1))
    driver.servers = servers.map(\.server)
    for server in servers { #expect(driver.outcome(of: start(driver, server))?.text == "ok") }
    driver.settle()
    #expect(servers.map(\.server.openConnections) == [0, 0, 1])
  }

  // MARK: A host that has no time

  @Test func answerThatCameWhileTheHostWasElsewhereCounts() throws {
    let http2 = HTTP2Server { $0.answer(String(repeating: "x", count: 600_000)) }
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, http2))?.status == 200)
    let id = start(driver, http2, timeout: .milliseconds(50))
    driver.stall(for: .milliseconds(150))
    #expect(driver.outcome(of: id)?.body.count == 600_000)
  }

  @Test func requestThatWasNotSentInItsTimeIsNotSentAfterIt() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, http2))?.text == "ok")
    let id = start(driver, http2, timeout: .milliseconds(20))
    driver.hang(for: .milliseconds(50))
    driver.run()
    #expect(driver.outcomes[id]?.failure?.kind == .late)
    #expect(driver.outcomes[id]?.failure?.bodyMayHaveBeenSent == false)
    driver.settle()
    #expect(http2.requests.count == 1)
  }

  @Test func silentPeerIsATimeoutOfWhatMayHaveBegun() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let failure = driver.outcome(of: start(driver, http2, timeout: .milliseconds(100)))?.failure
    #expect(failure?.kind == .timeout)
    #expect(failure?.bodyMayHaveBeenSent == true)
    #expect(driver.drive { http2.requests.first?.wasReset == true })
  }

  /// What waits in the socket when a request is given up still gets there when the peer reads on.
  @Test func whatIsSaidNotToHaveBeenSentIsNeverReceived() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    http2.settings = [0, 4, 0x7F, 0xFF, 0xFF, 0xFF]
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, http2))?.text == "ok")
    http2.peers[0].send(.windowUpdate, flags: 0, 0, HTTP2Server.bytes(0x3FFF_0000))
    driver.settle()
    // The peer does not read. Some of it is taken by the kernels, some waits for them, some for that.
    let sizes = 16_384..<17_384
    let ids = sizes.map { size in
      defer {
        driver.run()
        driver.reactor.endTurn()
      }
      return (size: size, id: start(driver, http2, size: size, timeout: .milliseconds(800)))
    }
    #expect(driver.drive(serving: false) { ids.allSatisfy { driver.outcomes[$0.id] != nil } })
    let unsent = ids.filter { driver.outcomes[$0.id]?.failure?.bodyMayHaveBeenSent == false }.map(\.size)
    #expect(unsent.count > 0)
    #expect(unsent.count < ids.count)
    driver.settle(for: .milliseconds(200))
    let received = Set(http2.requests.map(\.body.count))
    #expect(received.count > 1)
    #expect(unsent.filter(received.contains) == [])
  }

  /// In one turn it opens, brings something, and is reset.
  @Test func whatAStreamHasBroughtIsToldBeforeItsEnd() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2, answer: .streamed, lane: .streams)
    #expect(driver.drive { http2.requests.count == 1 })
    driver.settle()
    http2.requests[0].sendHeader(status: 200)
    http2.requests[0].send([1, 2, 3])
    http2.peers[0].send(.reset, flags: 0, http2.requests[0].id, [0, 0, 0, 2])
    driver.stall(for: .milliseconds(20))
    #expect(driver.outcome(of: id)?.failure != nil)
    #expect(driver.received(id) == [1, 2, 3])
    #expect(driver.story(of: id).first == "opened 200")
  }

  @Test func connectionOnWhichNothingComesIsNotUsedAgain() throws {
    var answers = true
    let http2 = HTTP2Server { if answers { $0.answer("ok") } }
    http2.givesWindowBack = false
    let driver = try Driver(http2.server)
    #expect(driver.outcome(of: start(driver, http2))?.text == "ok")
    answers = false
    // Something comes on it, though not for this one.
    let lost = start(driver, http2, 1, timeout: .milliseconds(100))
    #expect(driver.drive { http2.requests.count == 2 })
    answers = true
    #expect(driver.outcome(of: start(driver, http2, 2))?.text == "ok")
    #expect(driver.outcome(of: lost)?.failure?.kind == .timeout)
    #expect(driver.outcome(of: start(driver, http2, 3))?.text == "ok")
    #expect(http2.peers.count == 1)
    // Nothing does.
    answers = false
    #expect(driver.outcome(of: start(driver, http2, 4, timeout: .milliseconds(100)))?.failure?.kind == .timeout)
    answers = true
    #expect(driver.outcome(of: start(driver, http2, 5))?.text == "ok")
    #expect(http2.peers.count == 2)
  }

  @Test func whoHasLittleTimeDoesNotEndTheConnectionOfOthers() throws {
    let http2 = HTTP2Server { $0.answer("ok") }
    let driver = try Driver(http2.server)
    let hasty = driver.reactor.start(
      TransferRequest(
        url: http2.server.url, body: [1], answer: .whole(limit: 1 << 20), version: .http2, lane: .calls,
        connectTimeout: .milliseconds(20), timeout: .milliseconds(20)))
    let other = start(driver, http2, 2)
    #expect(driver.drive(serving: false) { driver.outcomes[hasty] != nil })
    #expect(driver.outcomes[other] == nil)
    #expect(driver.outcome(of: other)?.text == "ok")
    #expect(driver.outcomes[hasty]?.failure?.bodyMayHaveBeenSent == false)
  }

  /// Though it had all of its time before, and once more for a host that was late.
  @Test func whatHasWaitedForRoomHasTimeToConnectElsewhere() throws {
    let http2 = HTTP2Server()
    http2.settings = [0, 3, 0, 0, 0, 1]
    let driver = try Driver(http2.server)
    let time = Duration.milliseconds(300)
    _ = start(driver, http2, 1)
    let second = driver.reactor.start(
      TransferRequest(
        url: http2.server.url, body: [2], answer: .whole(limit: 1 << 20), version: .http2, lane: .calls,
        connectTimeout: time, timeout: .seconds(10)))
    driver.stall(for: time * 2)
    #expect(driver.drive { http2.requests.count == 1 })
    driver.stall(for: time * 2)
    http2.peers[0].goAway(last: http2.requests[0].id)
    #expect(driver.drive { http2.requests.count == 2 || driver.outcomes[second] != nil })
    http2.requests.last?.answer("second")
    #expect(driver.outcome(of: second)?.text == "second")
  }

  /// Nothing is heard of those that a handler cancels, the rest of what there was to tell included.
  @Test func cancelledInItsOwnHandlerIsNeverHeardOfAgain() throws {
    let http2 = HTTP2Server { $0.answer("all of it") }
    let driver = try Driver(http2.server)
    let id = start(driver, http2, answer: .streamed)
    driver.whenTold = { [unowned driver] told, _ in driver.reactor.cancel(told) }
    #expect(driver.drive { !driver.events.isEmpty })
    driver.settle()
    #expect(driver.story(of: id) == ["opened 200"])
  }

  @Test func reconfiguringUsesNewConnectionsAndLeavesStreamsAlone() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let stream = start(driver, http2, answer: .streamed, timeout: nil)
    #expect(driver.drive { http2.requests.count == 1 })
    http2.requests[0].sendHeader(status: 200)
    var options = ReactorOptions()
    options.userAgent = "other"
    driver.reactor.reconfigure(options)
    let call = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 2 })
    #expect(http2.requests[1].fields["user-agent"] == "other")
    #expect(http2.peers.count == 2)
    http2.requests[1].answer("ok")
    #expect(driver.outcome(of: call)?.text == "ok")
    http2.requests[0].send([1], isLast: true)
    #expect(driver.outcome(of: stream)?.status == 200)
    #expect(driver.drive { http2.server.openConnections == 1 })
  }

  @Test func shutDownClosesWhatIsOpen() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    _ = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 1 })
    driver.reactor.shutDown()
    for _ in 0..<100 where http2.server.openConnections > 0 { http2.server.step() }
    #expect(http2.server.openConnections == 0)
    #expect(driver.events.isEmpty)
  }
}
