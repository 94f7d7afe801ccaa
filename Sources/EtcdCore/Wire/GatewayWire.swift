import EtcdPacker
import EtcdTransport

/// etcd's HTTP/JSON gateway: with `GatewayWatchReader` the one place above the packer that knows paths, headers and
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
    for operation: Operation, to endpoint: Endpoint, _ prefix: APIPrefix = .v3, timeout: Duration
  ) -> TransferRequest {
    let (method, request) = operation.parts
    if method.isBare {
      return TransferRequest(
        method: .get, url: endpoint.url + method.gatewayPath, answer: .whole(limit: answerLimit),
        connectTimeout: min(connectTimeout, timeout), timeout: timeout)
    }
    return TransferRequest(
      url: endpoint.url + prefix.path(of: method),
      headers: Self.headers(needsLeader: operation.needsLeader), body: request.encode(),
      answer: .whole(limit: answerLimit), connectTimeout: min(connectTimeout, timeout), timeout: timeout)
  }

  func transfer(for watch: WatchCreateRequest, to endpoint: Endpoint, _ prefix: APIPrefix = .v3) -> TransferRequest {
    TransferRequest(
      url: endpoint.url + prefix.rawValue + "/watch", headers: Self.headers(needsLeader: true),
      body: WatchRequest.create(watch).encode(),
      answer: .streamed, connectTimeout: connectTimeout, timeout: nil)
  }

  /// With `hasleader` a member that is cut off from its quorum refuses at once, with an error that proves that nothing
  /// happened, and ends its streams; without it, calls hang and watches stay silent for ever (field notes, watch).
  private static func headers(needsLeader: Bool) -> [(name: String, value: String)] {
    let json = (name: "Content-Type", value: "application/json")
    return needsLeader ? [json, (name: "Grpc-Metadata-hasleader", value: "true")] : [json]
  }

  // MARK: Answers

  func verdict(on event: TransferEvent, of operation: Operation, from endpoint: Endpoint) -> Verdict? {
    switch event {
    case .opened, .received: nil
    case .failed(let failure): Verdict(on: failure, from: endpoint)
    case .completed(200, let body, _): verdict(on: body, operation.parts.method, from: endpoint)
    case .completed(let status, let body, _):
      Self.verdict(on: ServerError.decode(status: status, body: body), from: endpoint)
    }
  }

  private func verdict(on body: [UInt8], _ method: Method, from endpoint: Endpoint) -> Verdict {
    do {
      switch try method.decodeJSON(body, answerLimit) {
      case .answer(let answer): return .success(answer)
      case .error(let error): return Self.verdict(on: error, from: endpoint)
      }
    } catch  where error.reason == .documentTooLarge {
      return Verdict(onTooLargeAnswerFrom: endpoint, httpStatus: 200)
    } catch {
      let failure = Failure(.protocol, "not an answer of etcd's: \(error)", httpStatus: 200, endpoint: endpoint.url)
      return .failed(failure, applied: .perhaps, fault: .failing)
    }
  }

  /// What an error says: the body of an answer that is not 200, or a document of a stream.
  static func verdict(on error: ServerError, from endpoint: Endpoint) -> Verdict {
    if let code = error.grpcCode.flatMap(GRPCCode.init(rawValue:)), !isRouting(error, code) {
      return Verdict(on: error, code: code, from: endpoint)
    }
    // Something that is not etcd's answer to the request: a proxy's, another server's, or the gateway's own.
    let status = error.httpStatus ?? 0
    let failure = Failure(
      .protocol, error.message, grpcCode: Int32(clamping: error.grpcCode ?? 0), httpStatus: Int32(clamping: status),
      endpoint: endpoint.url)
    let fault: Verdict.Fault = status == 404 ? .wrongPath : .failing
    return .failed(failure, applied: provesNothingHappened(status) ? .no : .perhaps, fault: fault)
  }

  /// Newer gateways say in JSON, and with the code of "lease not found", that a path does not exist, where older ones
  /// have a text for it.
  private static func isRouting(_ error: ServerError, _ code: GRPCCode) -> Bool {
    code == .notFound && error.message == "Not Found"
  }

  /// Of what a proxy says, hardly anything proves that etcd has not got the request all the same: it may time out (408),
  /// limit (429) or give up (499) after it has passed the request on. These do:
  private static func provesNothingHappened(_ status: Int) -> Bool {
    switch status {
    case 401, 403, 407: true  // Who asks is not let through.
    case 404, 405: true  // There is no such method of etcd's here.
    case 413: true  // The body was too large to be taken.
    default: false
    }
  }
}
