/// What has to happen before something that failed can succeed.
enum Remedy {
  /// It passes: to be sent again, with the usual back-off.
  case time
  /// Somebody has to act: to be sent again, but no more often than need be.
  case intervention
  /// Etcd will not have this request, however often it is sent.
  case anotherRequest
}

extension Failure {
  var remedy: Remedy {
    switch code {
    case .server where !isWorthRetrying: reason?.remedy ?? .anotherRequest
    default: .time
    }
  }
}

extension Reason {
  fileprivate var remedy: Remedy {
    switch self {
    case .requestTooLarge, .permissionDenied: .anotherRequest
    case .compacted, .futureRevision, .leaseExists, .authenticationDisabled: .anotherRequest
    // Until history is compacted and the alarm disarmed, or a name and a password are given.
    case .noSpace, .tokenMissing, .authenticationFailed: .intervention
    case .leaseNotFound, .invalidToken, .oldAuthRevision: .time
    case .noLeader, .notLeader, .notCapable, .notSupportedForLearner, .tooManyRequests: .time
    case .timedOut, .leaderChanged, .stopped: .time
    }
  }
}
