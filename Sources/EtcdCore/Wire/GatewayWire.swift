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
    usesReserve: Bool = false, _ heads: inout RequestHeads
  ) -> TransferRequest {
    transfer(
      for: operation, to: endpoint, prefix, token: token, .whole(limit: answerLimit), timeout: timeout,
      usesReserve: usesReserve, &heads)
  }

  func streamedTransfer(
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix = .v3, token: Secret?,
    _ heads: inout RequestHeads
  ) -> TransferRequest {
    transfer(for: operation, to: endpoint, prefix, token: token, .streamed, timeout: nil, &heads)
  }

  private func transfer(
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix, token: Secret?,
    _ answer: TransferRequest.Answer, timeout: Duration?, usesReserve: Bool = false, _ heads: inout RequestHeads
  ) -> TransferRequest {
    let method = operation.method
    let path = method.isBare ? method.gatewayPath : prefix.path(of: method)
    return TransferRequest(
      head(path, to: endpoint, isBare: method.isBare, needsLeader: operation.needsLeader, &heads),
      headers: method.isBare ? [] : Self.headers(token: token, timeAtServer: operation.timeAtServer),
      body: method.isBare ? [] : operation.document(), answer: answer,
      connectTimeout: min(connectTimeout, timeout ?? connectTimeout), timeout: timeout, usesReserve: usesReserve)
  }

  func transfer(
    for watch: WatchCreateRequest, to endpoint: Endpoint, _ prefix: APIPrefix = .v3, token: Secret?,
    _ heads: inout RequestHeads
  ) -> TransferRequest {
    TransferRequest(
      head(prefix.rawValue + "/watch", to: endpoint, needsLeader: true, &heads), headers: Self.headers(token: token),
      body: WatchRequest.create(watch).encode(), answer: .streamed, connectTimeout: connectTimeout, timeout: nil)
  }

  private func head(
    _ path: String, to endpoint: Endpoint, isBare: Bool = false, needsLeader: Bool, _ heads: inout RequestHeads
  ) -> RequestHead {
    heads.head(path, at: endpoint, needsLeader: needsLeader) {
      var headers = isBare ? [] : [(name: "Content-Type", value: "application/json")]
      // With `hasleader` a member that is cut off from its quorum refuses at once, with an error that proves that nothing
      // happened, and ends its streams; without it, calls hang and watches stay silent for ever (field notes, watch).
      if !isBare, needsLeader { headers.append((name: "Grpc-Metadata-hasleader", value: "true")) }
      return RequestHead(
        method: isBare ? .get : .post, origin: endpoint.base, path: path, socketPath: endpoint.socketPath,
        headers: headers)
    }
  }

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
