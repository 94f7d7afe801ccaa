import EtcdPacker
import EtcdTransport

/// What a stream has to say next.
enum StreamItem<Message> {
  case message(Message)
  /// Nothing more comes.
  case end(StreamEnd)
}

struct StreamEnd {
  var failure: Failure
  var fault: Verdict.Fault
  /// Whether what was asked for may have been done.
  var applied = Verdict.Applied.perhaps
  /// Nothing failed: the answer came to its end.
  var isWhole = false
}

extension StreamEnd {
  /// `nil` if the verdict is none of an end.
  init?(by verdict: Verdict, ofRefusal refusal: Verdict.Fault = .none) {
    switch verdict {
    case .failed(let failure, let applied, let fault): self.init(failure: failure, fault: fault, applied: applied)
    case .refused(let failure): self.init(failure: failure, fault: refusal)
    case .success: return nil
    }
  }

  init?(by failure: TransferFailure, isOpened: Bool, from endpoint: Endpoint) {
    self.init(by: Verdict(on: failure, from: endpoint), ofRefusal: .failing)
    // A stream that was cut says little about its endpoint: opening it again will tell.
    if isOpened, failure.kind != .invalid, failure.kind != .tooLarge { fault = .none }
  }

  init(ofWholeStreamFrom endpoint: Endpoint) {
    self.init(failure: Failure(.unavailable, "the stream ended", endpoint: endpoint.url), fault: .none, isWhole: true)
  }

  /// What came cannot be read.
  init(because error: PackerError, from endpoint: Endpoint) {
    if error.reason == .documentTooLarge {
      self.init(
        failure: Failure(.tooLarge, "a document of the stream is larger than response.max.bytes"), fault: .none)
    } else {
      self.init(because: "\(error)", from: endpoint)
    }
  }

  init(because what: String, from endpoint: Endpoint) {
    let failure = Failure(.protocol, "the stream is not etcd's: \(what)", httpStatus: 200, endpoint: endpoint.url)
    self.init(failure: failure, fault: .failing)
  }
}

/// Makes messages of what a stream's transfer brings, one at a time, so that what waits is not decoded before its turn.
///
/// A class, so that looking at it does not copy what it has buffered; and final, as all that it is made of, so that each
/// kind of message has code of its own: what generic code asks of the runtime costs as much as a message does.
final class StreamReader<Message> {
  /// What a document is, and how the answer says that it has ended, is the wire's to know.
  enum Documents {
    case gateway(GatewayDocuments<Message>)
    case grpc(GRPCDocuments<Message>)
  }

  private let documents: Documents
  private let endpoint: Endpoint
  private var isOpened = false
  /// An answer that is not a stream but an error: its status, and what has come of its body.
  private var rejection: (status: Int, body: [UInt8])?
  /// Nothing more comes; what was received is still handed out first.
  private var end: StreamEnd?
  /// The end that `next` has told: nothing follows it, whatever else was received.
  private var toldEnd: StreamEnd?
  /// What was read and not wanted yet: one at most. A list, since an item is large, and most watches never keep one.
  private var kept: [StreamItem<Message>] = []

  init(_ documents: Documents, from endpoint: Endpoint) {
    self.documents = documents
    self.endpoint = endpoint
  }

  var kind: WireKind {
    switch documents {
    case .gateway: .json
    case .grpc: .grpc
    }
  }

  /// Takes in what the transfer brought. Returns whether it has ended.
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
      end = end(status: status, fields) ?? StreamEnd(by: verdict(onStatus: status, rejection?.body ?? []))
      return true
    case .failed(let failure):
      end = StreamEnd(by: failure, isOpened: isOpened, from: endpoint)
      return true
    }
  }

  private func take(_ bytes: [UInt8]) {
    guard let (status, body) = rejection else {
      switch documents {
      case .gateway(let documents): documents.append(bytes)
      case .grpc(let documents): documents.append(bytes)
      }
      return
    }
    rejection?.body += bytes.prefix(ServerError.bodyLimit - body.count)
    // Of a page that does not end, the beginning says what it is.
    guard let body = rejection?.body, body.count == ServerError.bodyLimit, end == nil else { return }
    end = StreamEnd(by: verdict(onStatus: status, body))
  }

  /// Whether `next` has something.
  var hasNext: Bool {
    if !kept.isEmpty || end != nil { return true }
    switch documents {
    case .gateway(let documents): return documents.hasNext
    case .grpc(let documents): return documents.hasNext
    }
  }

  /// Gives back what `next` returned, to be returned again.
  func keep(_ item: StreamItem<Message>) {
    kept.append(item)
  }

  func next() -> StreamItem<Message>? {
    if let item = kept.popLast() { return item }
    if let toldEnd { return .end(toldEnd) }
    var item: StreamItem<Message>?
    do throws(PackerError) {
      item = try read()
      if item == nil, let end { item = try last(before: end) }
    } catch {
      item = .end(StreamEnd(because: error, from: endpoint))
    }
    if case .end(let end)? = item { toldEnd = end }
    return item
  }

  private func read() throws(PackerError) -> StreamItem<Message>? {
    switch documents {
    case .gateway(let documents): try documents.next()
    case .grpc(let documents): try documents.next()
    }
  }

  /// What is left over when there is no whole one more and the stream has ended so.
  private func last(before end: StreamEnd) throws(PackerError) -> StreamItem<Message> {
    switch documents {
    case .gateway(let documents): documents.last(before: end)
    case .grpc(let documents): try documents.last(before: end)
    }
  }

  private func end(status: Int, _ fields: AnswerFields) -> StreamEnd? {
    switch documents {
    case .gateway(let documents): documents.end(status: status)
    case .grpc(let documents): documents.end(status: status, fields)
    }
  }

  /// What an answer says that is an error instead of a stream.
  private func verdict(onStatus status: Int, _ body: [UInt8]) -> Verdict {
    switch documents {
    case .gateway(let documents): documents.verdict(onStatus: status, body)
    case .grpc: GRPCWire.verdict(onAnswerWithoutStatus: status, body, from: endpoint)
    }
  }
}

/// For the stream of a watch.
typealias WatchReader = StreamReader<WatchResponse>

/// For the stream of a call whose answer comes in parts.
typealias PartReader = StreamReader<AdminAnswer>
