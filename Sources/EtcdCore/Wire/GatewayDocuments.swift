import EtcdPacker
import EtcdTransport

/// A stream as the gateway writes it: one JSON document a line, the last of which may be an error and lack its line
/// feed; or, where what was asked for is refused before it begins, an answer with a status of its own.
final class GatewayDocuments<Message> {
  /// What a document holds.
  enum Decoded {
    case message(Message)
    case error(ServerError)
    /// It is none of etcd's.
    case foreign(String)
  }

  /// Decodes a document, which may cost so much.
  typealias Decode = (UnsafeRawBufferPointer, _ limit: Int) throws(PackerError) -> Decoded

  private let decode: Decode
  /// What an error says that is answered instead of a stream.
  private let verdict: (ServerError, Endpoint) -> Verdict
  private let limit: Int
  private let endpoint: Endpoint
  private var framer: StreamFramer

  /// `limit`: what a document may cost (`DecodingCost`); so many bytes it may have at most.
  init(
    limit: Int, endpoint: Endpoint, verdict: @escaping (ServerError, Endpoint) -> Verdict, decode: @escaping Decode
  ) {
    self.verdict = verdict
    self.decode = decode
    self.limit = limit
    self.endpoint = endpoint
    framer = StreamFramer(limit: limit)
  }

  func append(_ bytes: [UInt8]) {
    framer.append(bytes)
  }

  /// Whether `next` has something.
  var hasNext: Bool { framer.hasDocument }

  func next() throws(PackerError) -> StreamItem<Message>? {
    var document: Decoded?
    _ = try framer.next { json throws(PackerError) in document = try decode(json, limit) }
    return document.flatMap(item)
  }

  /// What follows the last line feed is an error document, which is short. A cut-off one adds nothing to the end itself.
  func last(before end: StreamEnd) -> StreamItem<Message> {
    guard framer.bufferedBytes <= ServerError.bodyLimit else { return .end(end) }
    var document: Decoded?
    _ = try? framer.finish { json throws(PackerError) in document = try decode(json, limit) }
    return document.flatMap(item) ?? .end(end)
  }

  func end(status: Int) -> StreamEnd? {
    status == 200 ? StreamEnd(ofWholeStreamFrom: endpoint) : nil
  }

  func verdict(onStatus status: Int, _ body: [UInt8]) -> Verdict {
    verdict(ServerError.decode(status: status, body: body), endpoint)
  }

  private func item(of document: Decoded) -> StreamItem<Message>? {
    switch document {
    case .message(let message): .message(message)
    case .foreign(let what): .end(StreamEnd(because: what, from: endpoint))
    case .error(let error): StreamEnd(by: GatewayWire.verdict(on: error, from: endpoint)).map { .end($0) }
    }
  }
}

/// The stream of a watch.
extension GatewayDocuments where Message == WatchResponse {
  convenience init(limit: Int, endpoint: Endpoint) {
    self.init(limit: limit, endpoint: endpoint, verdict: GatewayWire.verdict(on:from:)) {
      json, limit throws(PackerError) in
      switch try StreamDocument<WatchResponse>.decode(json, limit: limit) {
      case .result(let response) where response.header.clusterID == 0: .foreign("it lacks a header")
      case .result(let response): .message(response)
      case .error(let error): .error(error)
      }
    }
  }
}

/// The stream of a call whose answer comes in parts.
extension GatewayDocuments where Message == AdminAnswer {
  convenience init(for operation: Operation, limit: Int, endpoint: Endpoint) {
    let verdict = { (error: ServerError, endpoint: Endpoint) in
      GatewayWire.verdict(on: error, to: operation, from: endpoint)
    }
    self.init(limit: limit, endpoint: endpoint, verdict: verdict) { json, limit throws(PackerError) in
      if operation.gatewayCall == nil {
        switch try StreamDocument<SnapshotResponse>.decode(json, limit: limit) {
        case .result(let part):
          let content = AdminAnswer.Content.snapshot(part.blob, remaining: part.remainingBytes)
          return .message(AdminAnswer(header: part.header, content: content))
        case .error(let error): return .error(error)
        }
      }
      switch try RawStreamDocument.decode(json, limit: limit) {
      case .result(let header, let json): return .message(AdminAnswer(header: header, content: .json(json)))
      case .error(let error): return .error(error)
      }
    }
  }
}
