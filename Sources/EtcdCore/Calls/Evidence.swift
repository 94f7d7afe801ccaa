/// What an answer shows of whether requests of the host's would work. That somebody answered shows little: a member
/// without a leader answers, and so does one that lets the host do nothing.
enum Evidence {
  /// Etcd has done what it was asked, or has looked at its store and found that it cannot be done.
  case service
  /// A leader has agreed with a quorum, for somebody who may not be let to the keys.
  case quorum
  /// Who asks is let to nothing, whatever is asked.
  case denial
  case nothing
}

extension Verdict {
  func evidence(from operation: Operation) -> Evidence {
    let evidence: Evidence =
      switch self {
      case .success: .service
      case .refused(let failure): failure.reason?.evidence ?? .nothing
      case .failed: .nothing
      }
    switch operation {
    // One member's own view: it may be without a leader, or not have heard who may do what.
    case .range where operation.isSerializable, .txn where operation.isSerializable, .leaseLeases: return .nothing
    // Whoever asks: history is compacted for everybody, and leases are given to everybody until 3.4.42, 3.5.28 and 3.6.9.
    // That they are not permitted is said without a look at the store.
    case .compact, .leaseGrant, .leaseKeepAlive, .leaseRevoke, .leaseTimeToLive:
      switch evidence {
      case .service: return .quorum
      case .quorum, .nothing: return .nothing
      case .denial: return .denial
      }
    // Who the members are is told without a look at what the host may do.
    case .memberList, .version: return .nothing
    case .range, .put, .deleteRange, .txn: return evidence
    // Of the member, or of who may do what; nothing of the keys.
    case .admin, .gateway: return evidence == .denial ? .denial : .nothing
    case .leaderless(let operation): return self.evidence(from: operation)
    // Of one endpoint, whether it lives: whether it is the one that serves is asked by itself.
    case .within: return .nothing
    // What it is worth is known when the token has been looked at (`Auth`).
    case .authenticate: return .nothing
    }
  }
}

extension Reason {
  fileprivate var evidence: Evidence {
    switch self {
    // Said after the store was looked at, and so after it was asked who asks.
    case .compacted, .futureRevision, .leaseNotFound, .leaseExists: .service
    // To the one thing that was asked for; the next one may be allowed.
    case .permissionDenied: .quorum
    // Where a new token is to be had, it is not taken for a refusal.
    case .tokenMissing, .authenticationFailed, .invalidToken, .oldAuthRevision, .certificateNotTaken: .denial
    // Said before anything is looked at, or instead of an answer.
    case .noLeader, .notLeader, .notCapable, .notSupportedForLearner, .tooManyRequests, .unhealthy: .nothing
    case .requestTooLarge: .nothing
    case .timedOut, .leaderChanged, .stopped: .nothing
    // Reads work, and nothing else does.
    case .noSpace: .nothing
    // An answer to nothing but the attempt to log in.
    case .authenticationDisabled: .nothing
    }
  }
}
