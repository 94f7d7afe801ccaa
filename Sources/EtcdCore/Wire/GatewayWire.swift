import EtcdPacker
import EtcdTransport

/// etcd's HTTP/JSON gateway: the one place above the packer that knows paths, headers and status codes.
///
/// One request is one transfer, one watch is one streamed transfer (field notes, watch: the gateway is half-duplex on
/// HTTP/1.1).
struct GatewayWire {
  let connectTimeout: Duration
  /// The most bytes of one answer, and of one document of a stream.
  let answerLimit: Int

  /// etcd 3.4 and later serve this prefix.
  private static let prefix = "/v3"

  // MARK: Requests

  func transfer(for operation: Operation, to endpoint: Endpoint, timeout: Duration) -> TransferRequest {
    let (path, body, needsLeader) = Self.encode(operation)
    return TransferRequest(
      url: endpoint.url + Self.prefix + path, headers: Self.headers(needsLeader: needsLeader), body: body,
      answer: .whole(limit: answerLimit), connectTimeout: min(connectTimeout, timeout), timeout: timeout)
  }

  func transfer(for watch: WatchCreateRequest, to endpoint: Endpoint) -> TransferRequest {
    TransferRequest(
      url: endpoint.url + Self.prefix + "/watch", headers: Self.headers(needsLeader: true),
      body: WatchRequest.create(watch).encode(),
      answer: .streamed, connectTimeout: connectTimeout, timeout: nil)
  }

  private static func encode(_ operation: Operation) -> (path: String, body: [UInt8], needsLeader: Bool) {
    switch operation {
    // A serializable range is one member's own view, and is asked for when there may be no leader.
    case .range(let request): ("/kv/range", request.encode(), !request.serializable)
    case .put(let request): ("/kv/put", request.encode(), true)
    case .deleteRange(let request): ("/kv/deleterange", request.encode(), true)
    case .txn(let request): ("/kv/txn", request.encode(), true)
    case .leaseGrant(let request): ("/lease/grant", request.encode(), true)
    case .leaseKeepAlive(let request): ("/lease/keepalive", request.encode(), true)
    case .leaseRevoke(let request): ("/lease/revoke", request.encode(), true)
    }
  }

  /// With `hasleader` a member that is cut off from its quorum refuses at once, with an error that proves that nothing
  /// happened, and ends its streams; without it, calls hang and watches stay silent for ever (field notes, watch).
  private static func headers(needsLeader: Bool) -> [(name: String, value: String)] {
    let json = (name: "Content-Type", value: "application/json")
    return needsLeader ? [json, (name: "Grpc-Metadata-hasleader", value: "true")] : [json]
  }

  // MARK: Answers

  /// What an answer to `operation` says.
  func verdict(on operation: Operation, status: Int, body: [UInt8], from endpoint: Endpoint) -> Verdict {
    if status == 200 {
      do {
        return try Self.decode(body, for: operation)
      } catch {
        var failure = Failure(.protocol, "not an answer of etcd's: \(error)", endpoint: endpoint.url)
        failure.httpStatus = 200
        return .failed(failure, applied: .perhaps, fault: .failing)
      }
    }
    return Self.verdict(on: ServerError.decode(status: status, body: body), endpoint: endpoint)
  }

  private static func decode(_ body: [UInt8], for operation: Operation) throws(PackerError) -> Verdict {
    switch operation {
    case .range: .success(.range(try decode(body, \.header)))
    case .put: .success(.put(try decode(body, \.header)))
    case .deleteRange: .success(.deleteRange(try decode(body, \.header)))
    case .txn: .success(.txn(try decode(body, \.header)))
    case .leaseGrant: .success(.leaseGrant(try decode(body, \.header)))
    case .leaseRevoke: .success(.leaseRevoke(try decode(body, \.header)))
    case .leaseKeepAlive:
      // A stream in etcd's API: the answer is one document of it.
      switch try StreamDocument<LeaseKeepAliveResponse>.decode(body) {
      case .result(let response): .success(.leaseKeepAlive(response))
      case .error(let error): verdict(on: error, endpoint: nil)
      }
    }
  }

  /// Every answer of etcd's says which cluster it is from. Without that, any `{}` would pass for an empty answer,
  /// because fields with default values are left out.
  private static func decode<Response: Message>(
    _ body: [UInt8], _ header: KeyPath<Response, ResponseHeader>
  ) throws(PackerError) -> Response {
    let response = try Response.decode(body)
    guard response[keyPath: header].clusterID != 0 else { throw PackerError(.missingField, at: 0) }
    return response
  }
}
