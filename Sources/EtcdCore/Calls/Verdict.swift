import EtcdPacker
import EtcdTransport

/// What became of one attempt at a request.
enum Verdict {
  case success(Answer)
  /// Etcd has decided; to ask again would give the same.
  case refused(Failure)
  /// No decision.
  case failed(Failure, applied: Applied, fault: Fault)

  /// Whether a write may have happened although no answer says so (field notes, section 5).
  enum Applied {
    case no
    case perhaps
  }

  /// What it says about the endpoint.
  enum Fault {
    /// It answered; the trouble is the request's, or passing.
    case none
    /// Another one may do better.
    case failing
    /// It was not to be reached, or said nothing: what else is open there may be as dead.
    case silent
  }
}

extension GatewayWire {
  /// What a transfer that got no whole answer says.
  static func verdict(on failure: TransferFailure, endpoint: Endpoint) -> Verdict {
    let applied: Verdict.Applied = failure.bodyMayHaveBeenSent ? .perhaps : .no
    func failed(_ code: ErrorCode, _ fault: Verdict.Fault) -> Verdict {
      let failure = Failure(code, failure.message, curlCode: failure.curlCode, endpoint: endpoint.url)
      return .failed(failure, applied: applied, fault: fault)
    }
    switch failure.kind {
    case .resolve, .tls, .broken: return failed(.unavailable, .failing)
    case .connect: return failed(.unavailable, .silent)
    case .timeout: return failed(.timeout, .silent)
    case .tooLarge:
      // Only an answer can be too large, so the request was carried out, or refused in a very long text.
      return .refused(
        Failure(
          .tooLarge, "the answer is larger than response.max.bytes", curlCode: failure.curlCode, endpoint: endpoint.url)
      )
    case .invalid:
      return .refused(Failure(.system, failure.message, curlCode: failure.curlCode, endpoint: endpoint.url))
    }
  }

  /// What an error says: the body of an answer that is not 200, or a document of a stream.
  static func verdict(on error: ServerError, endpoint: Endpoint?) -> Verdict {
    var failure = Failure(
      .server, error.message, grpcCode: Int32(clamping: error.grpcCode ?? 0),
      httpStatus: Int32(clamping: error.httpStatus ?? 0), endpoint: endpoint?.url ?? "")

    guard let grpcCode = error.grpcCode.flatMap(GRPCCode.init(rawValue:)) else {
      // Something that is not etcd's gateway: a proxy, another server, another path. What says 4xx has refused the
      // request before anything happened; a 5xx of a proxy may hide an etcd that did the work.
      failure.code = .protocol
      let status = error.httpStatus ?? 0
      return .failed(failure, applied: (400..<500).contains(status) ? .no : .perhaps, fault: .failing)
    }

    // These are said before the request is looked at, whatever code they come with.
    if ["no leader", "not capable", "not supported for learner"].contains(where: error.message.mentions) {
      failure.code = .unavailable
      return .failed(failure, applied: .no, fault: .failing)
    }

    switch grpcCode {
    case .unavailable:
      // `request timed out`, `leader changed`, `server stopped`: may come after the request was proposed.
      failure.code = .unavailable
      return .failed(failure, applied: .perhaps, fault: .failing)
    case .deadlineExceeded:
      failure.code = .timeout
      return .failed(failure, applied: .perhaps, fault: .failing)
    case .cancelled, .unknown, .internal:
      return .failed(failure, applied: .perhaps, fault: .none)
    case .resourceExhausted where error.message.mentions("too many requests"):
      // The member's queue of proposals is full: it was not put there.
      return .failed(failure, applied: .no, fault: .none)
    case .outOfRange where error.message.mentions("has been compacted"):
      failure.code = .compacted
      return .refused(failure)
    default:
      return .refused(failure)
    }
  }
}

/// gRPC's status codes (grpc/grpc, doc/statuscodes.md).
enum GRPCCode: Int {
  case cancelled = 1
  case unknown = 2
  case invalidArgument = 3
  case deadlineExceeded = 4
  case notFound = 5
  case alreadyExists = 6
  case permissionDenied = 7
  case resourceExhausted = 8
  case failedPrecondition = 9
  case aborted = 10
  case outOfRange = 11
  case unimplemented = 12
  case `internal` = 13
  case unavailable = 14
  case dataLoss = 15
  case unauthenticated = 16
}

extension String {
  /// Whether the words are in here. The standard library's `contains` for strings would bring in all of its regular
  /// expressions: two megabytes of the shipped library.
  func mentions(_ words: String) -> Bool {
    let text = Array(utf8)
    let words = Array(words.utf8)
    guard text.count >= words.count else { return false }
    return (0...text.count - words.count).contains { text[$0...].starts(with: words) }
  }
}
