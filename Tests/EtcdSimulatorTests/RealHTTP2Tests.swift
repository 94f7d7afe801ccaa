import EtcdTransport
import Testing

/// HTTP/2 with prior knowledge, and the trailers of gRPC, as real servers speak them on their client port.
@Suite(.serialized) struct RealHTTP2Tests {
  private static let programs = ["ETCDCLI_TEST_ETCD_34", "ETCDCLI_TEST_ETCD_35"].compactMap(RealServer.program)

  @Test(.enabled(if: programs.count == 2, "ETCDCLI_TEST_ETCD_34 and …_35 have to name etcds"), arguments: programs)
  func grpcCallsAreAnsweredWithTrailers(program: String) throws {
    let server = try RealServer(program)
    // A message without compression, five bytes long: the key "key" of a range, or of a put.
    let message: [UInt8] = [0, 0, 0, 0, 5, 0x0a, 3, 0x6b, 0x65, 0x79]
    let put = try answer(from: server, "/etcdserverpb.KV/Put", message)
    #expect(put.status == 200)
    #expect(put.fields.headers.contains(.init(name: "content-type", value: "application/grpc")))
    #expect(put.fields.trailers.contains(.init(name: "grpc-status", value: "0")))
    let range = try answer(from: server, "/etcdserverpb.KV/Range", message)
    #expect(range.fields.trailers.contains(.init(name: "grpc-status", value: "0")))
    #expect(range.body.count > put.body.count)
    let unknown = try answer(from: server, "/etcdserverpb.KV/Nothing", message)
    #expect(unknown.fields.headers.contains(.init(name: "grpc-status", value: "12")))
    #expect(unknown.body.isEmpty)
  }

  @Test(.enabled(if: programs.count == 2, "ETCDCLI_TEST_ETCD_34 and …_35 have to name etcds"), arguments: programs)
  func callsShareOneConnection(program: String) throws {
    let server = try RealServer(program)
    let before = server.transport.connectionsOpened
    var ended: [TransferID: TransferEvent] = [:]
    let ids = (0..<500).map { number in
      let value = Array("\(number)".utf8)
      let put: [UInt8] = [0x0a, 3, 0x6b, 0x65, 0x79, 0x12, UInt8(value.count)] + value
      return server.transport.start(request(server, "/etcdserverpb.KV/Put", [0, 0, 0, 0, UInt8(put.count)] + put))
    }
    #expect(server.wait(until: { ended.count == ids.count }, { ended[$0] = $1 }))
    for id in ids {
      guard case .completed(200, _, let fields)? = ended[id] else {
        Issue.record("\(ended[id].map { "\($0)" } ?? "nothing")")
        continue
      }
      #expect(fields.trailers.contains(.init(name: "grpc-status", value: "0")))
    }
    #expect(server.transport.connectionsOpened == before + 1)
  }

  /// The watch's request ends with the message that creates it, and its answer goes on.
  @Test(.enabled(if: programs.count == 2, "ETCDCLI_TEST_ETCD_34 and …_35 have to name etcds"), arguments: programs)
  func pausedWatchTakesInItsWindowAndNoMore(program: String) throws {
    let server = try RealServer(program)
    var received: [UInt8] = []
    var isOpen = false
    var done = 0
    func take(_ id: TransferID, _ event: TransferEvent) {
      switch event {
      case .opened: isOpen = true
      case .received(let bytes): received += bytes
      case .completed, .failed: done += 1
      }
    }
    // create_request { key: "key" }
    let watch = request(
      server, "/etcdserverpb.Watch/Watch", [0, 0, 0, 0, 7, 0x0a, 5, 0x0a, 3, 0x6b, 0x65, 0x79], .streamed,
      lane: .streams, timeout: nil)
    let id = server.transport.start(watch)
    #expect(server.wait(until: { isOpen && !received.isEmpty }, take))
    server.transport.pause(id)
    let before = received.count
    // 40 values of 16,000 bytes are ten times the window.
    let value = [UInt8](repeating: 0x78, count: 16_000)
    let put: [UInt8] = [0x0a, 3, 0x6b, 0x65, 0x79, 0x12, 0x80, 0x7D] + value
    let message: [UInt8] = [0, 0, 0, UInt8(put.count >> 8), UInt8(put.count & 0xFF)] + put
    for number in 1...40 {
      _ = server.transport.start(request(server, "/etcdserverpb.KV/Put", message))
      #expect(server.wait(until: { done == number }, take))
    }
    #expect(received.count == before)
    server.transport.resume(id)
    // What is held is told before the peer may send more.
    server.transport.run(take)
    #expect(received.count == 65_536)
    #expect(server.wait(until: { received.count > 40 * 16_000 }, take))
  }

  private func request(
    _ server: RealServer, _ method: String, _ message: [UInt8],
    _ answer: TransferRequest.Answer = .whole(limit: 65_536),
    lane: TransferRequest.Lane = .calls, timeout: Duration? = .seconds(10)
  ) -> TransferRequest {
    TransferRequest(
      url: server.url + method,
      headers: [(name: "content-type", value: "application/grpc"), (name: "te", value: "trailers")], body: message,
      answer: answer, fields: .all, version: .http2, lane: lane, connectTimeout: .seconds(5), timeout: timeout)
  }

  private struct Answer {
    var status: Int
    var body: [UInt8]
    var fields: AnswerFields
  }

  private func answer(from server: RealServer, _ method: String, _ message: [UInt8]) throws -> Answer {
    var ended: TransferEvent?
    _ = server.transport.start(request(server, method, message))
    _ = server.wait(until: { ended != nil }, { ended = $1 })
    guard case .completed(let status, let body, let fields)? = ended else {
      throw RealServer.Problem(text: "\(method): \(ended.map { "\($0)" } ?? "no answer")")
    }
    return Answer(status: status, body: body, fields: fields)
  }
}
