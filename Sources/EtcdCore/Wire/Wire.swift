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
  func transfer(
    for operation: Operation, to endpoint: Endpoint, token: Secret?, timeout: Duration, usesReserve: Bool = false,
    _ heads: inout RequestHeads
  ) -> TransferRequest {
    switch self {
    case .gateway(let wire, let prefix):
      wire.transfer(
        for: operation, to: endpoint, prefix, token: token, timeout: timeout, usesReserve: usesReserve, &heads)
    case .grpc(let wire):
      wire.transfer(for: operation, to: endpoint, token: token, timeout: timeout, usesReserve: usesReserve, &heads)
    }
  }

  func transfer(
    for watch: WatchCreateRequest, to endpoint: Endpoint, token: Secret?, _ heads: inout RequestHeads
  ) -> TransferRequest {
    switch self {
    case .gateway(let wire, let prefix): wire.transfer(for: watch, to: endpoint, prefix, token: token, &heads)
    case .grpc(let wire): wire.transfer(for: watch, to: endpoint, token: token, &heads)
    }
  }

  /// For an operation whose answer comes in parts.
  func streamedTransfer(
    for operation: Operation, to endpoint: Endpoint, token: Secret?, _ heads: inout RequestHeads
  ) -> TransferRequest {
    switch self {
    case .gateway(let wire, let prefix):
      wire.streamedTransfer(for: operation, to: endpoint, prefix, token: token, &heads)
    case .grpc(let wire): wire.streamedTransfer(for: operation, to: endpoint, token: token, &heads)
    }
  }

  func partReader(for operation: Operation, from endpoint: Endpoint) -> PartReader {
    switch self {
    case .gateway(let wire, _):
      let documents = GatewayDocuments(for: operation, limit: wire.answerLimit, endpoint: endpoint)
      return StreamReader(.gateway(documents), from: endpoint)
    case .grpc(let wire):
      let documents = GRPCDocuments(for: operation, limit: wire.answerLimit, endpoint: endpoint)
      return StreamReader(.grpc(documents), from: endpoint)
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
    case .gateway(let wire, _):
      StreamReader(.gateway(GatewayDocuments(limit: wire.answerLimit, endpoint: endpoint)), from: endpoint)
    case .grpc(let wire):
      StreamReader(.grpc(GRPCDocuments(limit: wire.answerLimit, endpoint: endpoint)), from: endpoint)
    }
  }
}
