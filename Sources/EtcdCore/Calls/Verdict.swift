import EtcdPacker
import EtcdTransport

/// What became of one attempt at a request, on whatever wire.
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
    /// There is no such method of etcd's under that path: maybe there is under another (`APIPrefix`).
    case wrongPath
    /// It does not speak gRPC: maybe it has the gateway (`WireNegotiation`).
    case wrongWire
    /// It was asked, and said nothing. `Probe` says what this and the next two mean for what else is open there.
    case silent
    /// It was not to be reached in time.
    case unreached
    /// Nobody listens there.
    case refusing
    /// It was not asked, because this process had no time or no means to: nothing was learnt.
    case notAsked
  }
}

extension Verdict {
  /// What a transfer that got no whole answer says.
  init(on failure: TransferFailure, from endpoint: Endpoint) {
    func failed(_ code: ErrorCode, _ fault: Fault) -> Verdict {
      let applied: Applied = failure.bodyMayHaveBeenSent ? .perhaps : .no
      let failure = Failure(code, failure.message, curlCode: failure.curlCode, endpoint: endpoint.url)
      return .failed(failure, applied: applied, fault: fault)
    }
    switch failure.kind {
    case .resolve, .tls, .broken: self = failed(.unavailable, .failing)
    case .notBegun: self = failed(.unavailable, .none)
    case .notHTTP2: self = failed(.unavailable, .wrongWire)
    case .connect: self = failed(.unavailable, .unreached)
    case .refused: self = failed(.unavailable, .refusing)
    case .timeout: self = failed(.timeout, .silent)
    case .late: self = failed(.timeout, .notAsked)
    case .tooLarge: self = Verdict(onTooLargeAnswerFrom: endpoint, curlCode: failure.curlCode)
    case .shortage:
      var verdict = Failure(.system, failure.message, curlCode: failure.curlCode, endpoint: endpoint.url)
      verdict.isWorthRetrying = true
      self = .failed(verdict, applied: failure.bodyMayHaveBeenSent ? .perhaps : .no, fault: .notAsked)
    case .invalid:
      self = .refused(Failure(.system, failure.message, curlCode: failure.curlCode, endpoint: endpoint.url))
    }
  }

  /// Only an answer can be too large, so the request was carried out, or refused in a very long text. It may be so by its
  /// bytes, or by what they decode to.
  init(onTooLargeAnswerFrom endpoint: Endpoint, httpStatus: Int32 = 0, curlCode: Int32 = 0) {
    self = .refused(
      Failure(
        .tooLarge, "the answer is larger than response.max.bytes", httpStatus: httpStatus, curlCode: curlCode,
        endpoint: endpoint.url))
  }

  /// What is said by something that is not etcd: a proxy, another server, or the gateway of itself. gRPC's own reading of
  /// HTTP's statuses (grpc/grpc, doc/http-grpc-status-mapping.md) comes to the same: not one says that etcd has decided.
  init(onForeign error: ServerError, from endpoint: Endpoint, fault: Fault) {
    let status = error.httpStatus ?? 0
    let failure = Failure(
      .protocol, error.message, grpcCode: Int32(clamping: error.grpcCode ?? 0), httpStatus: Int32(clamping: status),
      endpoint: endpoint.url)
    self = .failed(failure, applied: Self.provesNothingHappened(status) ? .no : .perhaps, fault: fault)
  }

  /// Of what a proxy says, hardly anything proves that etcd has not got the request all the same: it may time out (408),
  /// limit (429) or give up (499) after it has passed the request on. These do:
  private static func provesNothingHappened(_ status: Int) -> Bool {
    switch status {
    case 401, 403, 407: true  // Who asks is not let through.
    case 404, 405: true  // There is no such method of etcd's here.
    case 413: true  // The body was too large to be taken.
    case 415, 426, 505: true  // Nor is it taken in this form, or by this version of HTTP.
    default: false
    }
  }

  /// Its answer cannot be read.
  init(onUnreadable what: String, from endpoint: Endpoint) {
    let failure = Failure(.protocol, "not an answer of etcd's: \(what)", httpStatus: 200, endpoint: endpoint.url)
    self = .failed(failure, applied: .perhaps, fault: .failing)
  }

  /// What decoding an answer failed for says.
  init(on error: PackerError, from endpoint: Endpoint) {
    if error.reason == .documentTooLarge {
      self.init(onTooLargeAnswerFrom: endpoint, httpStatus: 200)
    } else {
      self.init(onUnreadable: "\(error)", from: endpoint)
    }
  }

  /// What an error of etcd's says.
  init(on error: ServerError, code grpcCode: GRPCCode, from endpoint: Endpoint) {
    let reason = Reason(grpcCode, error.message)
    func failure(_ code: ErrorCode) -> Failure {
      Failure(
        code, error.message, reason: reason, grpcCode: Int32(clamping: grpcCode.rawValue),
        httpStatus: Int32(clamping: error.httpStatus ?? 0), endpoint: endpoint.url)
    }
    func passing(_ failure: Failure) -> Failure {
      var failure = failure
      failure.isWorthRetrying = true
      return failure
    }
    switch (reason, grpcCode) {
    case (.noLeader, _), (.notCapable, _), (.notSupportedForLearner, _):
      // These are said before the request is looked at, whatever code they come with.
      self = .failed(failure(.unavailable), applied: .no, fault: .failing)
    case (.notLeader, _):
      // Another member is, which can do it.
      self = .failed(passing(failure(.server)), applied: .no, fault: .none)
    case (.tooManyRequests, _):
      // The member's queue of proposals is full: it was not put there.
      self = .failed(passing(failure(.server)), applied: .no, fault: .none)
    case (.unhealthy, _):
      // Too few members answer for one to come or go: it was not proposed, and nothing is wrong with this one.
      self = .refused(passing(failure(.server)))
    case (.oldAuthRevision, _):
      // Whatever code it comes with, it is said instead of carrying the request out.
      self = .refused(failure(.unauthenticated))
    case (_, .unavailable):
      // `request timed out`, `leader changed`, `server stopped`: may come after the request was proposed.
      self = .failed(failure(.unavailable), applied: .perhaps, fault: .failing)
    case (_, .deadlineExceeded):
      self = .failed(failure(.timeout), applied: .perhaps, fault: .failing)
    case (_, .cancelled), (_, .unknown), (_, .internal):
      self = .failed(passing(failure(.server)), applied: .perhaps, fault: .none)
    default:
      self = .refused(failure(reason?.errorCode ?? .server))
    }
  }
}
