import EtcdPacker
import EtcdTransport

/// Reads a stream as etcd writes it in gRPC: messages, and a trailer that says how it ended; where what was asked for is
/// refused before it begins, the trailer alone.
///
/// A class, so that looking at it does not copy what it has buffered.
final class GRPCStreamReader<Message> {
  /// Decodes a message, which may cost so much.
  typealias Decode = (Bytes, _ limit: Int) throws(PackerError) -> Message

  private let decode: Decode
  /// What was asked for; `nil` for a watch.
  private let operation: Operation?
  private let endpoint: Endpoint
  private let limit: Int
  private var framer: MessageFramer
  private var isOpened = false
  /// An answer that is none of gRPC's: its status, and what has come of its body.
  private var rejection: (status: Int, body: [UInt8])?
  /// Nothing more comes; what was received is still handed out first.
  private var end: StreamEnd?
  /// The end that `next` has told: nothing follows it, whatever else was received.
  private var toldEnd: StreamEnd?

  /// `limit` is what a message may cost (`DecodingCost`); so many bytes it may have at most.
  init(for operation: Operation?, limit: Int, endpoint: Endpoint, decode: @escaping Decode) {
    self.decode = decode
    self.operation = operation
    self.limit = limit
    self.endpoint = endpoint
    framer = MessageFramer(limit: limit)
  }

  var hasNext: Bool { framer.hasMessage || end != nil }

  // MARK: In

  func take(_ event: TransferEvent) -> Bool {
    switch event {
    case .opened(let status, _):
      isOpened = true
      if status != 200 { rejection = (status, []) }
      return false
    case .received(let bytes):
      take(bytes)
      return false
    case .completed(let status, _, let fields):
      close(status, fields)
      return true
    case .failed(let failure):
      end = StreamEnd(by: failure, isOpened: isOpened, from: endpoint)
      return true
    }
  }

  private func take(_ bytes: [UInt8]) {
    guard rejection != nil else { return framer.append(bytes) }
    // Of a page that does not end, the beginning says what it is.
    if let body = rejection?.body, body.count < ServerError.bodyLimit {
      rejection?.body += bytes.prefix(ServerError.bodyLimit - body.count)
    } else {
      end = end ?? StreamEnd(by: verdictOnRejection)
    }
  }

  private func close(_ status: Int, _ fields: AnswerFields) {
    switch GRPCStatus(of: fields) {
    case .ok: end = StreamEnd(ofWholeStreamFrom: endpoint)
    case .error(let error): end = StreamEnd(by: GRPCWire.verdict(on: error, to: operation, from: endpoint))
    case .missing:
      if rejection == nil { rejection = (status, []) }
      end = StreamEnd(by: verdictOnRejection)
      // It was one of etcd's, as far as it came.
      if hasToldMessage, status == 200 { end?.fault = .none }
    }
  }

  private var hasToldMessage = false

  private var verdictOnRejection: Verdict {
    let (status, body) = rejection ?? (200, [])
    return GRPCWire.verdict(onAnswerWithoutStatus: status, body, from: endpoint)
  }

  // MARK: Out

  func next() -> StreamItem<Message>? {
    if let toldEnd { return .end(toldEnd) }
    let item = read()
    if case .end(let end)? = item { toldEnd = end }
    return item
  }

  private func read() -> StreamItem<Message>? {
    do throws(PackerError) {
      if let message = try framer.next() {
        let message = try decode(message, limit)
        hasToldMessage = true
        return .message(message)
      }
      guard let end else { return nil }
      // Of a whole stream nothing is left over.
      if end.isWhole, framer.bufferedBytes > 0 { throw PackerError(.truncated, at: framer.bufferedBytes) }
      return .end(end)
    } catch {
      return .end(StreamEnd(because: error, from: endpoint))
    }
  }
}

/// The stream of a watch.
typealias GRPCWatchReader = GRPCStreamReader<WatchResponse>

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
typealias GRPCPartReader = GRPCStreamReader<AdminAnswer>

extension GRPCStreamReader where Message == AdminAnswer {
  convenience init(for operation: Operation, limit: Int, endpoint: Endpoint) {
    self.init(for: operation, limit: limit, endpoint: endpoint) { message, limit throws(PackerError) in
      let part = try SnapshotResponse.decodeProtobuf(message, limit: limit)
      return AdminAnswer(header: part.header, content: .snapshot(part.blob, remaining: part.remainingBytes))
    }
  }
}
