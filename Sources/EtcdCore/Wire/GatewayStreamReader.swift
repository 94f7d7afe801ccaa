import EtcdPacker
import EtcdTransport

/// Reads a stream as the gateway writes it: one JSON document a line, the last of which may be an error and lack its line
/// feed; or, where what was asked for is refused before it begins, an answer with a status of its own.
///
/// A class, so that looking at it does not copy what it has buffered.
final class GatewayStreamReader<Message> {
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
  private let endpoint: Endpoint
  private let limit: Int
  private var framer: StreamFramer
  private var isOpened = false
  /// An answer that is not a stream but an error: its status, and what has come of its body.
  private var rejection: (status: Int, body: [UInt8])?
  /// Nothing more comes; what was received is still handed out first.
  private var end: StreamEnd?

  /// `limit` is what a document may cost (`DecodingCost`); so many bytes it may have at most.
  init(
    limit: Int, endpoint: Endpoint, verdict: @escaping (ServerError, Endpoint) -> Verdict, decode: @escaping Decode
  ) {
    self.verdict = verdict
    self.decode = decode
    self.limit = limit
    self.endpoint = endpoint
    framer = StreamFramer(limit: limit)
  }

  /// The end that `next` has told: nothing follows it, whatever else was received.
  private var toldEnd: StreamEnd?

  var hasNext: Bool { framer.hasDocument || end != nil }

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
    case .completed:
      if rejection != nil {
        closeRejected()
      } else {
        end = StreamEnd(ofWholeStreamFrom: endpoint)
      }
      return true
    case .failed(let failure):
      end = StreamEnd(by: failure, isOpened: isOpened, from: endpoint)
      return true
    }
  }

  private func take(_ bytes: [UInt8]) {
    guard rejection != nil else { return framer.append(bytes) }
    rejection?.body += bytes.prefix(ServerError.bodyLimit)
    if let body = rejection?.body, body.count > ServerError.bodyLimit { closeRejected() }
  }

  private func closeRejected() {
    guard let rejection else { return }
    let error = ServerError.decode(status: rejection.status, body: rejection.body)
    end = StreamEnd(by: verdict(error, endpoint))
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
      if let document = try framer.next(decoded) { return item(of: document) }
      guard let end else { return nil }
      // What follows the last line feed is an error document, which is short. A cut-off one adds nothing to the end itself.
      if framer.bufferedBytes <= ServerError.bodyLimit, let last = try? framer.finish(decoded) { return item(of: last) }
      return .end(end)
    } catch {
      return .end(StreamEnd(because: error, from: endpoint))
    }
  }

  private func decoded(_ json: UnsafeRawBufferPointer) throws(PackerError) -> Decoded {
    try decode(json, limit)
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
typealias GatewayWatchReader = GatewayStreamReader<WatchResponse>

extension GatewayStreamReader where Message == WatchResponse {
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
typealias GatewayPartReader = GatewayStreamReader<AdminAnswer>

extension GatewayStreamReader where Message == AdminAnswer {
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
