import EtcdPacker
import EtcdTransport

/// etcd's own protocol: with `GRPCDocuments` and `GRPCStatus` the one place above the packer that knows gRPC's frames,
/// metadata and trailers.
///
/// One request is one transfer, one watch is one streamed transfer: a Watch whose side of asking is closed at once stays
/// open, and delivers (field notes, gRPC on the client port). So what a watch does not read holds back no other.
struct GRPCWire {
  let connectTimeout: Duration
  /// What one message may cost (`DecodingCost`); so many bytes an answer may have at most.
  let answerLimit: Int

  // MARK: Requests

  func transfer(
    for operation: Operation, to endpoint: Endpoint, token: Secret?, timeout: Duration, usesReserve: Bool = false,
    _ heads: inout RequestHeads
  ) -> TransferRequest {
    transfer(
      operation.method.grpcPath, operation.framed(), to: endpoint, needsLeader: operation.needsLeader, token: token,
      .whole(limit: answerLimit), lane: operation.mayBeLarge ? .bulk : .calls, timeout: timeout,
      timeAtServer: operation.timeAtServer, usesReserve: usesReserve, &heads)
  }

  func streamedTransfer(
    for operation: Operation, to endpoint: Endpoint, token: Secret?, _ heads: inout RequestHeads
  ) -> TransferRequest {
    transfer(
      operation.method.grpcPath, operation.framed(), to: endpoint, needsLeader: operation.needsLeader, token: token,
      .streamed, lane: .bulk, timeout: nil, &heads)
  }

  func transfer(
    for watch: WatchCreateRequest, to endpoint: Endpoint, token: Secret?, _ heads: inout RequestHeads
  ) -> TransferRequest {
    transfer(
      "/etcdserverpb.Watch/Watch", MessageFramer.frame(WatchRequest.create(watch).encodeProtobuf()), to: endpoint,
      needsLeader: true, token: token, .streamed, lane: .streams, timeout: nil, &heads)
  }

  private func transfer(
    _ path: String, _ body: [UInt8], to endpoint: Endpoint, needsLeader: Bool, token: Secret?,
    _ answer: TransferRequest.Answer, lane: TransferRequest.Lane, timeout: Duration?,
    timeAtServer: Duration? = nil, usesReserve: Bool = false, _ heads: inout RequestHeads
  ) -> TransferRequest {
    let head = heads.head(path, at: endpoint, needsLeader: needsLeader) {
      var headers = [(name: "content-type", value: "application/grpc"), (name: "te", value: "trailers")]
      // What this is for is said where the gateway gets it.
      if needsLeader { headers.append((name: "hasleader", value: "true")) }
      return RequestHead(origin: endpoint.base, path: path, socketPath: endpoint.socketPath, headers: headers)
    }
    var headers: [(name: String, value: String)] = []
    // What is given up here is reset. That etcd gives up by itself is for who cannot say so any more: if it did first, its
    // answer would be about the member, where silence may be about one request.
    var time = timeout.map { $0 + Self.grace }
    if let timeAtServer { time = time.map { min($0, timeAtServer) } ?? timeAtServer }
    if let time { headers.append((name: "grpc-timeout", value: Self.text(of: time))) }
    if let token { headers.append((name: "token", value: token.text)) }
    return TransferRequest(
      head, headers: headers, body: body, answer: answer, fields: GRPCStatus.fields, version: .http2, lane: lane,
      connectTimeout: min(connectTimeout, timeout ?? connectTimeout), timeout: timeout, usesReserve: usesReserve)
  }

  private static let grace = Duration.seconds(1)

  /// Rounded up; eight digits at most.
  static func text(of timeout: Duration) -> String {
    let milliseconds = max(1, timeout.millisecondsRoundedUp)
    if milliseconds <= 99_999_999 { return text(milliseconds, "m") }
    return text(min(milliseconds / 1000 + 1, 99_999_999), "S")
  }

  /// Without the two strings that would be put together otherwise, for each request.
  private static func text(_ number: Int64, _ unit: UnicodeScalar) -> String {
    String(unsafeUninitializedCapacity: 9) { text in
      var (rest, length) = (number, 1)
      while rest >= 10 { (rest, length) = (rest / 10, length + 1) }
      rest = number
      for index in (0..<length).reversed() {
        text[index] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      text[length] = UInt8(ascii: unit)
      return length + 1
    }
  }

  // MARK: Answers

  func verdict(on event: TransferEvent, of operation: Operation, from endpoint: Endpoint) -> Verdict? {
    switch event {
    case .opened, .received: nil
    case .failed(let failure): Verdict(on: failure, from: endpoint)
    case .completed(let status, let body, let fields):
      switch GRPCStatus(of: fields) {
      case .ok: verdict(on: body, operation.method, from: endpoint)
      case .error(let error): Self.verdict(on: error, to: operation, from: endpoint)
      case .missing: Self.verdict(onAnswerWithoutStatus: status, body, from: endpoint)
      }
    }
  }

  private func verdict(on body: [UInt8], _ method: Method, from endpoint: Endpoint) -> Verdict {
    do throws(PackerError) {
      // The body is within its limit.
      switch try method.decode(.protobuf(try MessageFramer.message(of: body)), answerLimit) {
      case .answer(let answer): return .success(answer)
      case .error(let error): return Verdict(onForeign: error, from: endpoint, fault: .failing)
      }
    } catch {
      return Verdict(on: error, from: endpoint)
    }
  }

  /// What an error says where another answer was asked for; `nil` for a watch. That a server does not know a method is
  /// its answer to what not every version has; one that does not know the others is no etcd.
  static func verdict(on error: ServerError, to operation: Operation?, from endpoint: Endpoint) -> Verdict {
    guard let code = error.grpcCode.flatMap(GRPCCode.init(rawValue:)) else {
      return Verdict(onForeign: error, from: endpoint, fault: .failing)
    }
    if code == .unimplemented {
      // The status that stands for it in HTTP, as on the gateway.
      let unknown = ServerError(grpcCode: error.grpcCode, httpStatus: 404, message: error.message)
      let verdict = Verdict(onForeign: unknown, from: endpoint, fault: .wrongWire)
      guard operation?.isNotInAllVersions == true, case .failed(var failure, _, _) = verdict else { return verdict }
      failure.isWorthRetrying = false
      return .refused(failure)
    }
    return Verdict(on: error, code: code, from: endpoint)
  }

  /// Something that is not etcd has answered, or the answer was cut off where nobody noticed.
  static func verdict(onAnswerWithoutStatus status: Int, _ body: [UInt8], from endpoint: Endpoint) -> Verdict {
    if status == 200 { return Verdict(onUnreadable: "it does not say how it ended", from: endpoint) }
    var error = ServerError.decode(status: status, body: body)
    // What looks like a code of gRPC's in there is not one that gRPC gave.
    error.grpcCode = nil
    error.httpStatus = status
    return Verdict(onForeign: error, from: endpoint, fault: saysThatItIsNotGRPC(status) ? .wrongWire : .failing)
  }

  /// Of servers and proxies without gRPC: there is no such path, no such method, nothing takes this type of content, or
  /// this version of HTTP.
  private static func saysThatItIsNotGRPC(_ status: Int) -> Bool {
    switch status {
    case 404, 405, 415, 426, 505: true
    default: false
    }
  }
}

extension Operation {
  /// What is sent, as gRPC frames it; without putting it into a box, as `parts` does, of what is sent most.
  fileprivate func framed() -> [UInt8] {
    switch self {
    case .range(let request): MessageFramer.frame(request)
    case .put(let request): MessageFramer.frame(request)
    case .txn(let request): MessageFramer.frame(request)
    default: MessageFramer.frame(parts.request)
    }
  }

  /// Whether its answer may be so large that small ones had better not wait behind it. A few keys are not.
  fileprivate var mayBeLarge: Bool {
    switch self {
    case .range(let request): !request.range.rangeEnd.isEmpty && !request.countOnly && !(1...16 ~= request.limit)
    case .leaderless(let operation): operation.mayBeLarge
    default: false
    }
  }
}
