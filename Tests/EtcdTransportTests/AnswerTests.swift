import Testing

@testable import EtcdTransport

/// What answers, good and bad, turn into.
@Suite struct AnswerTests {
  private func outcome(
    of answer: String, closing: Bool = true, kind: TransferRequest.Answer = .whole(limit: 1000)
  ) throws -> (Driver.Outcome?, [String]) {
    let server = TestServer { connection, _ in
      connection.closesWhenSent = closing
      connection.send(answer)
    }
    let driver = try Driver(server)
    let id = driver.start(server, answer: kind)
    let outcome = driver.outcome(of: id)
    return (outcome, driver.story(of: id))
  }

  @Test func answerAtItsLimitPassesAndOneByteMoreFails() throws {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n"
    let (passed, _) = try outcome(of: head + String(repeating: "x", count: 1000) + "\r\n0\r\n\r\n", closing: false)
    #expect(passed?.body.count == 1000)
    let (failed, _) = try outcome(
      of: head + String(repeating: "x", count: 1000) + "\r\n1\r\nx\r\n0\r\n\r\n", closing: false)
    #expect(failed?.failure?.kind == .tooLarge)
    #expect(failed?.failure?.bodyMayHaveBeenSent == true)
  }

  @Test func announcedLengthBeyondTheLimitFailsAtOnce() throws {
    let (outcome, _) = try outcome(of: "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", closing: false)
    #expect(outcome?.failure?.kind == .tooLarge)
  }

  @Test func absurdLengthsDoNoHarm() throws {
    for length in ["9223372036854775807", "99999999999999999999999", "-5", "4294967296", "x"] {
      let (outcome, _) = try outcome(
        of: "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\nbody", kind: .whole(limit: .max))
      // How libcurl reads nonsense is its affair; that it ends is ours.
      #expect(outcome != nil)
    }
  }

  @Test(arguments: [
    "<html><body>not HTTP</body></html>", "\0\0\0\0\r\n\r\n", "HTTP/0.9 200 OK\r\n\r\nx", "HTTP/7.7 xyz\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n", "", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot hexadecimal\r\n",
  ])
  func whatIsNotHTTPBreaks(answer: String) throws {
    for kind in [TransferRequest.Answer.whole(limit: 1000), .streamed] {
      let (outcome, _) = try outcome(of: answer, kind: kind)
      #expect(outcome?.failure?.kind == .broken, "\(answer)")
      #expect(outcome?.failure?.bodyMayHaveBeenSent == true)
    }
  }

  @Test func truncatedBodyBreaks() throws {
    let (whole, _) = try outcome(of: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
    #expect(whole?.failure?.kind == .broken)
    let (_, story) = try outcome(
      of: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", kind: .streamed)
    #expect(story == ["opened 200", "received", "failed broken"])
  }

  @Test(arguments: [1, 60_000])
  func endlessHeaderEnds(length: Int) throws {
    let line = "X: \(String(repeating: "y", count: length))\r\n"
    let server = TestServer { connection, _ in connection.send("HTTP/1.1 200 OK\r\n") }
    let driver = try Driver(server)
    let id = driver.start(server, answer: .streamed, timeout: nil)
    let lines = String(repeating: line, count: 60_000 / line.utf8.count + 1)
    #expect(
      driver.drive {
        if let connection = server.connections.first, !connection.wantsToWrite { connection.send(lines) }
        return driver.outcomes[id] != nil
      })
    #expect(driver.story(of: id) == ["failed broken"])
    #expect((server.connections.first?.bytesSent ?? .max) < 8_000_000)
  }

  /// libcurl's own bound, in the versions that have one, is 300 KiB.
  @Test(arguments: [(200, false), (270, true)]) func headerIsBounded(kibibytes: Int, breaks: Bool) throws {
    let line = "X: \(String(repeating: "y", count: 1019))\r\n"
    let answer = "HTTP/1.1 204 No Content\r\n" + String(repeating: line, count: kibibytes) + "\r\n"
    let (outcome, _) = try outcome(of: answer, closing: false)
    #expect(outcome?.failure?.kind == (breaks ? .broken : nil))
    #expect(outcome?.status == (breaks ? nil : 204))
  }

  /// Each has a header block of its own, so only their sum is without end.
  @Test func endlessInterimAnswersEnd() throws {
    let server = TestServer { _, _ in }
    let driver = try Driver(server)
    let id = driver.start(server, timeout: nil)
    let block = String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", count: 1000)
    #expect(
      driver.drive {
        if let connection = server.connections.first, !connection.wantsToWrite { connection.send(block) }
        return driver.outcomes[id] != nil
      })
    #expect(driver.outcomes[id]?.failure?.kind == .broken)
  }

  @Test func trailersAreNoSecondOpening() throws {
    let (_, story) = try outcome(
      of: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nGrpc-Status: 0\r\n\r\n", closing: false,
      kind: .streamed)
    #expect(story == ["opened 200", "received", "completed 200"])
  }

  @Test func streamThatEndsWithoutABodyHasNoPieces() throws {
    let (_, story) = try outcome(of: "HTTP/1.1 204 No Content\r\n\r\n", closing: false, kind: .streamed)
    #expect(story == ["opened 204", "completed 204"])
  }

  @Test func errorStatusOfAStreamKeepsItsBody() throws {
    let server = TestServer { connection, _ in connection.answer("no token", status: "401 Unauthorized") }
    let driver = try Driver(server)
    let id = driver.start(server, answer: .streamed)
    _ = driver.outcome(of: id)
    #expect(driver.story(of: id) == ["opened 401", "received", "completed 401"])
    #expect(driver.received(id) == Array("no token".utf8))
  }

  @Test func piecesArriveInOrderAndWhole() throws {
    let server = TestServer { connection, _ in connection.beginChunks() }
    let driver = try Driver(server)
    let id = driver.start(server, answer: .streamed, timeout: nil)
    #expect(driver.drive { driver.story(of: id) == ["opened 200"] })
    var sent: [UInt8] = []
    for round in 0..<200 {
      let piece = (0..<(round * 37 + 1)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ round) }
      sent += piece
      server.connections[0].chunk(piece)
      if round % 3 == 0 { #expect(driver.drive { driver.received(id).count == sent.count }) }
    }
    server.connections[0].endChunks()
    #expect(driver.outcome(of: id)?.status == 200)
    #expect(driver.received(id) == sent)
    for case (_, .received(let piece)) in driver.events { #expect(!piece.isEmpty) }
  }
}
