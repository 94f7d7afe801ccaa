import EtcdPacker
import EtcdTransport

@testable import EtcdCore

/// Requests whose heads nobody knows yet.
extension GatewayWire {
  func transfer(
    for operation: EtcdCore.Operation, to endpoint: Endpoint, token: Secret?, timeout: Duration
  ) -> TransferRequest {
    var heads = RequestHeads()
    return transfer(for: operation, to: endpoint, token: token, timeout: timeout, &heads)
  }

  func transfer(for watch: WatchCreateRequest, to endpoint: Endpoint, token: Secret?) -> TransferRequest {
    var heads = RequestHeads()
    return transfer(for: watch, to: endpoint, token: token, &heads)
  }
}

extension GRPCWire {
  func transfer(
    for operation: EtcdCore.Operation, to endpoint: Endpoint, token: Secret?, timeout: Duration
  ) -> TransferRequest {
    var heads = RequestHeads()
    return transfer(for: operation, to: endpoint, token: token, timeout: timeout, &heads)
  }

  func transfer(for watch: WatchCreateRequest, to endpoint: Endpoint, token: Secret?) -> TransferRequest {
    var heads = RequestHeads()
    return transfer(for: watch, to: endpoint, token: token, &heads)
  }

  func streamedTransfer(for operation: EtcdCore.Operation, to endpoint: Endpoint, token: Secret?) -> TransferRequest {
    var heads = RequestHeads()
    return streamedTransfer(for: operation, to: endpoint, token: token, &heads)
  }
}
