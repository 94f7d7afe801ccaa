import EtcdPacker
import EtcdTransport

/// How operations become transfers, and what transfers say. Above it there are operations, answers, messages of a watch
/// and reasons; paths, documents, status codes and headers are known below only.
enum Wire {
  case gateway(GatewayWire)

  func transfer(
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix, timeout: Duration
  ) -> TransferRequest {
    switch self {
    case .gateway(let wire): wire.transfer(for: operation, to: endpoint, prefix, timeout: timeout)
    }
  }

  func transfer(for watch: WatchCreateRequest, to endpoint: Endpoint, _ prefix: APIPrefix) -> TransferRequest {
    switch self {
    case .gateway(let wire): wire.transfer(for: watch, to: endpoint, prefix)
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

/// Makes messages of what a watch's transfer brings, one at a time, so that what waits is not decoded before its turn.
enum WatchReader {
  case gateway(GatewayWatchReader)

  enum Item {
    case message(WatchResponse)
    /// Nothing more comes.
    case end(End)
  }

  struct End {
    var failure: Failure
    var fault: Verdict.Fault
  }

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

  func next() -> Item? {
    switch self {
    case .gateway(let reader): reader.next()
    }
  }
}
