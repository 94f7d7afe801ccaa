import EtcdPacker
import EtcdTransport

/// How operations become transfers, and what transfers say. Above it there are operations, answers, messages of a watch
/// and reasons; paths, documents, status codes and headers are known below only.
enum Wire {
  case gateway(GatewayWire)

  init(_ options: Options) {
    self = .gateway(
      GatewayWire(
        connectTimeout: .milliseconds(options.connectTimeoutMs), answerLimit: Int(options.responseMaxBytes)))
  }

  /// With the token of who asks, if there is one.
  func transfer(
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix, token: Secret?, timeout: Duration
  ) -> TransferRequest {
    switch self {
    case .gateway(let wire): wire.transfer(for: operation, to: endpoint, prefix, token: token, timeout: timeout)
    }
  }

  func transfer(for watch: WatchCreateRequest, to endpoint: Endpoint, _ prefix: APIPrefix, token: Secret?)
    -> TransferRequest
  {
    switch self {
    case .gateway(let wire): wire.transfer(for: watch, to: endpoint, prefix, token: token)
    }
  }

  /// For an operation whose answer comes in parts.
  func streamedTransfer(for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix, token: Secret?)
    -> TransferRequest
  {
    switch self {
    case .gateway(let wire): wire.streamedTransfer(for: operation, to: endpoint, prefix, token: token)
    }
  }

  func partReader(for operation: Operation, from endpoint: Endpoint) -> PartReader {
    switch self {
    case .gateway(let wire): .gateway(GatewayPartReader(for: operation, limit: wire.answerLimit, endpoint: endpoint))
    }
  }

  /// What the end of a call's transfer says; `nil` for what is not its end.
  func verdict(on event: TransferEvent, of operation: Operation, from endpoint: Endpoint) -> Verdict? {
    switch self {
    case .gateway(let wire): wire.verdict(on: event, of: operation, from: endpoint)
    }
  }

  /// For the transfer of one watch.
  func watchReader(from endpoint: Endpoint) -> WatchReader {
    switch self {
    case .gateway(let wire): .gateway(GatewayWatchReader(limit: wire.answerLimit, endpoint: endpoint))
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

/// Makes messages of what a stream's transfer brings, one at a time, so that what waits is not decoded before its turn.
enum StreamReader<Message> {
  case gateway(GatewayStreamReader<Message>)

  /// Takes in what the transfer brought. Returns whether it has ended.
  func take(_ event: TransferEvent) -> Bool {
    switch self {
    case .gateway(let reader): reader.take(event)
    }
  }

  /// Whether `next` has something.
  var hasNext: Bool {
    switch self {
    case .gateway(let reader): reader.hasNext
    }
  }

  func next() -> StreamItem<Message>? {
    switch self {
    case .gateway(let reader): reader.next()
    }
  }
}

/// For the stream of a watch.
typealias WatchReader = StreamReader<WatchResponse>

/// For the stream of a call whose answer comes in parts.
typealias PartReader = StreamReader<AdminAnswer>
