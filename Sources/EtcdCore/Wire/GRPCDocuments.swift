import EtcdPacker
import EtcdTransport

/// A stream as etcd writes it in gRPC: messages, and a trailer that says how it ended; where what was asked for is
/// refused before it begins, the trailer alone.
final class GRPCDocuments<Message> {
  /// Decodes a message, which may cost so much.
  typealias Decode = (Bytes, _ limit: Int) throws(PackerError) -> Message

  private let decode: Decode
  /// What was asked for; `nil` for a watch.
  private let operation: Operation?
  private let limit: Int
  private let endpoint: Endpoint
  private var framer: MessageFramer
  private var hasRead = false

  /// `limit`: what a message may cost (`DecodingCost`); so many bytes it may have at most.
  init(for operation: Operation?, limit: Int, endpoint: Endpoint, decode: @escaping Decode) {
    self.decode = decode
    self.operation = operation
    self.limit = limit
    self.endpoint = endpoint
    framer = MessageFramer(limit: limit)
  }

  func append(_ bytes: [UInt8]) {
    framer.append(bytes)
  }

  /// Whether `next` has something.
  var hasNext: Bool { framer.hasMessage }

  func next() throws(PackerError) -> StreamItem<Message>? {
    guard let message = try framer.next() else { return nil }
    let item = StreamItem.message(try decode(message, limit))
    hasRead = true
    return item
  }

  /// Of a whole stream nothing is left over.
  func last(before end: StreamEnd) throws(PackerError) -> StreamItem<Message> {
    if end.isWhole, framer.bufferedBytes > 0 { throw PackerError(.truncated, at: framer.bufferedBytes) }
    return .end(end)
  }

  func end(status: Int, _ fields: AnswerFields) -> StreamEnd? {
    switch GRPCStatus(of: fields) {
    case .ok: return StreamEnd(ofWholeStreamFrom: endpoint)
    case .error(let error): return StreamEnd(by: GRPCWire.verdict(on: error, to: operation, from: endpoint))
    case .missing:
      guard hasRead || framer.hasMessage, status == 200 else { return nil }
      // It was one of etcd's, as far as it came.
      var end = StreamEnd(by: GRPCWire.verdict(onAnswerWithoutStatus: status, [], from: endpoint))
      end?.fault = .none
      return end
    }
  }
}

/// The stream of a watch.
extension GRPCDocuments where Message == WatchResponse {
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
extension GRPCDocuments where Message == AdminAnswer {
  convenience init(for operation: Operation, limit: Int, endpoint: Endpoint) {
    self.init(for: operation, limit: limit, endpoint: endpoint) { message, limit throws(PackerError) in
      let part = try SnapshotResponse.decodeProtobuf(message, limit: limit)
      return AdminAnswer(header: part.header, content: .snapshot(part.blob, remaining: part.remainingBytes))
    }
  }
}
