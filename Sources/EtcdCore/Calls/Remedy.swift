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
  /// Whether that etcd serves is reason to try again.
  var isMendedByService: Bool { remedy == .time || self.code == .unauthenticated }

  var remedy: Remedy {
    switch self.code {
    case .server where !self.isWorthRetrying, .unauthenticated where !self.isWorthRetrying,
      .permissionDenied where !self.isWorthRetrying:
      self.reason?.remedy ?? .anotherRequest
    default: .time
    }
  }
}

extension Reason {
  fileprivate var remedy: Remedy {
    switch self {
    case .requestTooLarge: .anotherRequest
    case .compacted, .futureRevision, .leaseExists, .authenticationDisabled: .anotherRequest
    // Until history is compacted and the alarm disarmed, credentials are given that etcd takes, or a right is granted.
    case .noSpace, .permissionDenied, .tokenMissing, .authenticationFailed, .invalidToken, .oldAuthRevision,
      .certificateNotTaken:
      .intervention
    case .leaseNotFound: .time
    case .noLeader, .notLeader, .notCapable, .notSupportedForLearner, .tooManyRequests, .unhealthy: .time
    case .timedOut, .leaderChanged, .stopped: .time
    }
  }
}
