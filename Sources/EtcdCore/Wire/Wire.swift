import EtcdPacker
import EtcdTransport

/// How operations become transfers, and what transfers say. Above it there are operations, answers, messages of a watch
/// and reasons; paths, documents, status codes and headers are known below only.
enum Wire {
  case gateway(GatewayWire, APIPrefix)
  case grpc(GRPCWire)

  init(_ kind: WireKind, _ prefix: APIPrefix, _ options: Options) {
    let connectTimeout = Duration.milliseconds(options.connectTimeoutMs)
    let answerLimit = Int(options.responseMaxBytes)
    switch kind {
    case .json: self = .gateway(GatewayWire(connectTimeout: connectTimeout, answerLimit: answerLimit), prefix)
    case .grpc: self = .grpc(GRPCWire(connectTimeout: connectTimeout, answerLimit: answerLimit))
    }
  }

  var kind: WireKind {
    switch self {
    case .gateway: .json
    case .grpc: .grpc
    }
  }

  /// With the token of who asks, if there is one.
  func transfer(for operation: Operation, to endpoint: Endpoint, token: Secret?, timeout: Duration)
    -> TransferRequest
  {
    switch self {
    case .gateway(let wire, let prefix):
      wire.transfer(for: operation, to: endpoint, prefix, token: token, timeout: timeout)
    case .grpc(let wire): wire.transfer(for: operation, to: endpoint, token: token, timeout: timeout)
    }
  }

  func transfer(for watch: WatchCreateRequest, to endpoint: Endpoint, token: Secret?) -> TransferRequest {
    switch self {
    case .gateway(let wire, let prefix): wire.transfer(for: watch, to: endpoint, prefix, token: token)
    case .grpc(let wire): wire.transfer(for: watch, to: endpoint, token: token)
    }
  }

  /// For an operation whose answer comes in parts.
  func streamedTransfer(for operation: Operation, to endpoint: Endpoint, token: Secret?) -> TransferRequest {
    switch self {
    case .gateway(let wire, let prefix): wire.streamedTransfer(for: operation, to: endpoint, prefix, token: token)
    case .grpc(let wire): wire.streamedTransfer(for: operation, to: endpoint, token: token)
    }
  }

  func partReader(for operation: Operation, from endpoint: Endpoint) -> PartReader {
    switch self {
    case .gateway(let wire, _):
      .gateway(GatewayPartReader(for: operation, limit: wire.answerLimit, endpoint: endpoint))
    case .grpc(let wire): .grpc(GRPCPartReader(for: operation, limit: wire.answerLimit, endpoint: endpoint))
    }
  }

  /// What the end of a call's transfer says; `nil` for what is not its end.
  func verdict(on event: TransferEvent, of operation: Operation, from endpoint: Endpoint) -> Verdict? {
    switch self {
    case .gateway(let wire, _): wire.verdict(on: event, of: operation, from: endpoint)
    case .grpc(let wire): wire.verdict(on: event, of: operation, from: endpoint)
    }
  }

  /// For the transfer of one watch.
  func watchReader(from endpoint: Endpoint) -> WatchReader {
    switch self {
    case .gateway(let wire, _): .gateway(GatewayWatchReader(limit: wire.answerLimit, endpoint: endpoint))
    case .grpc(let wire): .grpc(GRPCWatchReader(limit: wire.answerLimit, endpoint: endpoint))
    }
  }
}

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
enum StreamReader<Message> {
  case gateway(GatewayStreamReader<Message>)
  case grpc(GRPCStreamReader<Message>)

  var kind: WireKind {
    switch self {
    case .gateway: .json
    case .grpc: .grpc
    }
  }

  /// Takes in what the transfer brought. Returns whether it has ended.
  func take(_ event: TransferEvent) -> Bool {
    switch self {
    case .gateway(let reader): reader.take(event)
    case .grpc(let reader): reader.take(event)
    }
  }

  /// Whether `next` has something.
  var hasNext: Bool {
    switch self {
    case .gateway(let reader): reader.hasNext
    case .grpc(let reader): reader.hasNext
    }
  }

  func next() -> StreamItem<Message>? {
    switch self {
    case .gateway(let reader): reader.next()
    case .grpc(let reader): reader.next()
    }
  }
}

/// For the stream of a watch.
typealias WatchReader = StreamReader<WatchResponse>

/// For the stream of a call whose answer comes in parts.
typealias PartReader = StreamReader<AdminAnswer>
