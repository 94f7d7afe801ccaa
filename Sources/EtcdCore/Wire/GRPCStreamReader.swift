import EtcdPacker
import EtcdTransport

/// Reads a stream as etcd writes it in gRPC: messages, and a trailer that says how it ended; where what was asked for is
/// refused before it begins, the trailer alone.
final class GRPCStreamReader<Message>: StreamReader<Message> {
  /// Decodes a message, which may cost so much.
  typealias Decode = (Bytes, _ limit: Int) throws(PackerError) -> Message

  private let decode: Decode
  /// What was asked for; `nil` for a watch.
  private let operation: Operation?
  private var framer: MessageFramer
  private var hasRead = false

  init(for operation: Operation?, limit: Int, endpoint: Endpoint, decode: @escaping Decode) {
    self.decode = decode
    self.operation = operation
    framer = MessageFramer(limit: limit)
    super.init(.grpc, limit: limit, endpoint: endpoint)
  }

  override func append(_ bytes: [UInt8]) {
    framer.append(bytes)
  }

  override var hasDocument: Bool { framer.hasMessage }

  override func read() throws(PackerError) -> StreamItem<Message>? {
    guard let message = try framer.next() else { return nil }
    let item = StreamItem.message(try decode(message, limit))
    hasRead = true
    return item
  }

  /// Of a whole stream nothing is left over.
  override func last(before end: StreamEnd) throws(PackerError) -> StreamItem<Message> {
    if end.isWhole, framer.bufferedBytes > 0 { throw PackerError(.truncated, at: framer.bufferedBytes) }
    return .end(end)
  }

  override func end(status: Int, _ fields: AnswerFields) -> StreamEnd? {
    switch GRPCStatus(of: fields) {
    case .ok: return StreamEnd(ofWholeStreamFrom: endpoint)
    case .error(let error): return StreamEnd(by: GRPCWire.verdict(on: error, to: operation, from: endpoint))
    case .missing:
      guard hasRead || framer.hasMessage, status == 200 else { return nil }
      // It was one of etcd's, as far as it came.
      var end = StreamEnd(by: verdict(onStatus: status, []))
      end?.fault = .none
      return end
    }
  }

  override func verdict(onStatus status: Int, _ body: [UInt8]) -> Verdict {
    GRPCWire.verdict(onAnswerWithoutStatus: status, body, from: endpoint)
  }
}

/// The stream of a watch.
extension GRPCStreamReader where Message == WatchResponse {
  convenience init(limit: Int, endpoint: Endpoint) {
    self.init(for: nil, limit: limit, endpoint: endpoint) { message, limit throws(PackerError) in
      let response = try WatchResponse.decodeProtobuf(message, limit: limit)
      // An empty message would pass for an answer in which everything has its default.
      guard response.header.clusterID != 0 else { throw PackerError(.missingField, at: 0) }
      return response
    }
  }
}

/// The stream of a call whose answer comes in parts.
extension GRPCStreamReader where Message == AdminAnswer {
  convenience init(for operation: Operation, limit: Int, endpoint: Endpoint) {
    self.init(for: operation, limit: limit, endpoint: endpoint) { message, limit throws(PackerError) in
      let part = try SnapshotResponse.decodeProtobuf(message, limit: limit)
      return AdminAnswer(header: part.header, content: .snapshot(part.blob, remaining: part.remainingBytes))
    }
  }
}
