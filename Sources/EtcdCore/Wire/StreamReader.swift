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
/// What a document is, and how the answer says that it has ended, is the wire's to know: `GatewayStreamReader` and
/// `GRPCStreamReader`. A class, so that looking at it does not copy what it has buffered.
class StreamReader<Message> {
  final let kind: WireKind
  final let endpoint: Endpoint
  /// What a document may cost (`DecodingCost`); so many bytes it may have at most.
  final let limit: Int
  private final var isOpened = false
  /// An answer that is not a stream but an error: its status, and what has come of its body.
  private final var rejection: (status: Int, body: [UInt8])?
  /// Nothing more comes; what was received is still handed out first.
  private final var end: StreamEnd?
  /// The end that `next` has told: nothing follows it, whatever else was received.
  private final var toldEnd: StreamEnd?

  init(_ kind: WireKind, limit: Int, endpoint: Endpoint) {
    self.kind = kind
    self.limit = limit
    self.endpoint = endpoint
  }

  /// Takes in what the transfer brought. Returns whether it has ended.
  final func take(_ event: TransferEvent) -> Bool {
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

  private final func take(_ bytes: [UInt8]) {
    guard let (status, body) = rejection else { return append(bytes) }
    rejection?.body += bytes.prefix(ServerError.bodyLimit - body.count)
    // Of a page that does not end, the beginning says what it is.
    guard let body = rejection?.body, body.count == ServerError.bodyLimit, end == nil else { return }
    end = StreamEnd(by: verdict(onStatus: status, body))
  }

  /// Whether `next` has something.
  final var hasNext: Bool { hasDocument || end != nil }

  final func next() -> StreamItem<Message>? {
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

  // MARK: What the wires differ in

  func append(_ bytes: [UInt8]) {}

  var hasDocument: Bool { false }

  /// The next whole document.
  func read() throws(PackerError) -> StreamItem<Message>? { nil }

  /// What is left over when there is no whole one more and the stream has ended so.
  func last(before end: StreamEnd) throws(PackerError) -> StreamItem<Message> { .end(end) }

  /// What the answer says of its end; `nil` if it is none of etcd's streams.
  func end(status: Int, _ fields: AnswerFields) -> StreamEnd? { nil }

  /// What an answer says that is an error instead of a stream.
  func verdict(onStatus status: Int, _ body: [UInt8]) -> Verdict {
    Verdict(onForeign: ServerError.decode(status: status, body: body), from: endpoint, fault: .failing)
  }
}

/// For the stream of a watch.
typealias WatchReader = StreamReader<WatchResponse>

/// For the stream of a call whose answer comes in parts.
typealias PartReader = StreamReader<AdminAnswer>
