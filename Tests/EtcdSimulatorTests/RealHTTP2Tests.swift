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

  private struct Answer {
    var status: Int
    var body: [UInt8]
    var fields: AnswerFields
  }

  private func answer(from server: RealServer, _ method: String, _ message: [UInt8]) throws -> Answer {
    var ended: TransferEvent?
    _ = server.transport.start(
      TransferRequest(
        url: server.url + method,
        headers: [(name: "content-type", value: "application/grpc"), (name: "te", value: "trailers")], body: message,
        answer: .whole(limit: 65_536), fields: .all, version: .http2, connectTimeout: .seconds(5),
        timeout: .seconds(10)))
    _ = server.wait(until: { ended != nil }, { ended = $1 })
    guard case .completed(let status, let body, let fields)? = ended else {
      throw RealServer.Problem(text: "\(method): \(ended.map { "\($0)" } ?? "no answer")")
    }
    return Answer(status: status, body: body, fields: fields)
  }
}
