import EtcdPacker
import EtcdTransport

/// etcd's HTTP/JSON gateway: with `GatewayDocuments` the one place above the packer that knows paths, headers and
/// status codes.
///
/// One request is one transfer, one watch is one streamed transfer (field notes, watch: the gateway is half-duplex on
/// HTTP/1.1).
struct GatewayWire {
  let connectTimeout: Duration
  /// What one answer, and one document of a stream, may cost (`DecodingCost`); so many bytes it may have at most.
  let answerLimit: Int

  // MARK: Requests

  func transfer(
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix = .v3, token: Secret?, timeout: Duration,
    usesReserve: Bool = false
  ) -> TransferRequest {
    transfer(
      for: operation, to: endpoint, prefix, token: token, .whole(limit: answerLimit), timeout: timeout,
      usesReserve: usesReserve)
  }

  func streamedTransfer(
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix = .v3, token: Secret?
  ) -> TransferRequest {
    transfer(for: operation, to: endpoint, prefix, token: token, .streamed, timeout: nil)
  }

  private func transfer(
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix, token: Secret?,
    _ answer: TransferRequest.Answer, timeout: Duration?, usesReserve: Bool = false
  ) -> TransferRequest {
    let method = operation.method
    let connectTimeout = min(connectTimeout, timeout ?? connectTimeout)
    if method.isBare {
      return TransferRequest(
        method: .get, origin: endpoint.base, path: method.gatewayPath, socketPath: endpoint.socketPath, answer: answer,
        connectTimeout: connectTimeout, timeout: timeout, usesReserve: usesReserve)
    }
    return TransferRequest(
      origin: endpoint.base, path: prefix.path(of: method), socketPath: endpoint.socketPath,
      commonHeaders: operation.needsLeader ? Self.headersWithLeader : Self.headers,
      headers: Self.headers(token: token, timeAtServer: operation.timeAtServer),
      body: operation.document(), answer: answer, connectTimeout: connectTimeout, timeout: timeout,
      usesReserve: usesReserve)
  }

  func transfer(
    for watch: WatchCreateRequest, to endpoint: Endpoint, _ prefix: APIPrefix = .v3, token: Secret?
  ) -> TransferRequest {
    TransferRequest(
      origin: endpoint.base, path: prefix.rawValue + "/watch", socketPath: endpoint.socketPath,
      commonHeaders: Self.headersWithLeader, headers: Self.headers(token: token),
      body: WatchRequest.create(watch).encode(),
      answer: .streamed, connectTimeout: connectTimeout, timeout: nil)
  }

  private static let headers = CommonHeaders([("Content-Type", "application/json")])
  /// With `hasleader` a member that is cut off from its quorum refuses at once, with an error that proves that nothing
  /// happened, and ends its streams; without it, calls hang and watches stay silent for ever (field notes, watch).
  private static let headersWithLeader = CommonHeaders(headers.fields + [("Grpc-Metadata-hasleader", "true")])

  /// A token goes as it is, with no word before it (field notes, auth).
  /// `timeAtServer`: the gateway gives up then, and says so (field notes, no quorum).
  private static func headers(
    token: Secret?, timeAtServer: Duration? = nil
  ) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    if let timeAtServer { headers.append((name: "Grpc-Timeout", value: "\(timeAtServer.millisecondsRoundedUp)m")) }
    if let token { headers.append((name: "Authorization", value: token.text)) }
    return headers
  }

  // MARK: Answers

  func verdict(on event: TransferEvent, of operation: Operation, from endpoint: Endpoint) -> Verdict? {
    switch event {
    case .opened, .received: nil
    case .failed(let failure): Verdict(on: failure, from: endpoint)
    case .completed(200, let body, _): verdict(on: body, operation.method, from: endpoint)
    case .completed(let status, let body, _):
      Self.verdict(on: ServerError.decode(status: status, body: body), to: operation, from: endpoint)
    }
  }

  /// What an error says where another answer was asked for. Of what administers, and of what goes by a path of the host's,
  /// not every version has everything: that a server does not know it says nothing about the rest of it, and to ask
  /// again would be in vain.
  static func verdict(on error: ServerError, to operation: Operation, from endpoint: Endpoint) -> Verdict {
    let verdict = verdict(on: error, from: endpoint)
    guard case .failed(var failure, applied: .no, _) = verdict, failure.code == .protocol,
      failure.httpStatus == 404 || failure.httpStatus == 405, operation.isNotInAllVersions
    else { return verdict }
    failure.isWorthRetrying = false
    return .refused(failure)
  }

  private func verdict(on body: [UInt8], _ method: Method, from endpoint: Endpoint) -> Verdict {
    do throws(PackerError) {
      switch try method.decode(.json(body), answerLimit) {
      case .answer(let answer): return .success(answer)
      case .error(let error): return Self.verdict(on: error, from: endpoint)
      }
    } catch {
      return Verdict(on: error, from: endpoint)
    }
  }

  /// What an error says: the body of an answer that is not 200, or a document of a stream.
  static func verdict(on error: ServerError, from endpoint: Endpoint) -> Verdict {
    if let code = error.grpcCode.flatMap(GRPCCode.init(rawValue:)), !isRouting(error, code) {
      return Verdict(on: error, code: code, from: endpoint)
    }
    // That is said in plain text, and before anything is looked at.
    if error.httpStatus == 400, Reason(.unauthenticated, error.message) == .certificateNotTaken {
      return Verdict(on: error, code: .unauthenticated, from: endpoint)
    }
    return Verdict(onForeign: error, from: endpoint, fault: error.httpStatus == 404 ? .wrongPath : .failing)
  }

  /// Newer gateways say in JSON, and with the code of "lease not found", that a path does not exist, where older ones
  /// have a text for it.
  private static func isRouting(_ error: ServerError, _ code: GRPCCode) -> Bool {
    code == .notFound && error.message == "Not Found"
  }
}

extension Operation {
  /// What is sent; without putting it into a box, as `parts` does, of what is sent most.
  fileprivate func document() -> [UInt8] {
    switch self {
    case .range(let request): request.encode()
    case .put(let request): request.encode()
    case .txn(let request): request.encode()
    default: gatewayCall?.body ?? parts.request.encode()
    }
  }
}
