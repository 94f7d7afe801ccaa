import EtcdPacker

/// What an error of etcd's means, whatever version, wire and wording it came in. Whoever decides something looks at
/// this, and nobody but the table below at texts.
package enum Reason: CaseIterable, Hashable, Sendable {
  // Said before the request is looked at.
  case noLeader
  case notLeader
  case notCapable
  case notSupportedForLearner
  case tooManyRequests
  case unhealthy
  // About the store.
  case compacted
  case futureRevision
  case noSpace
  case requestTooLarge
  case leaseNotFound
  case leaseExists
  // About who asks.
  case permissionDenied
  case invalidToken
  case oldAuthRevision
  case tokenMissing
  case authenticationFailed
  case authenticationDisabled
  /// A gateway takes no certificate that names a user: etcd would take it for the gateway's own.
  case certificateNotTaken
  // The member's own trouble, after it may have proposed the request.
  case timedOut
  case leaderChanged
  case stopped

  /// What the code and the words of an error mean; `nil` for errors that nobody tells apart.
  init?(_ code: GRPCCode, _ message: String) {
    guard let row = Self.rows.first(where: { ($0.code == nil || $0.code == code) && message.mentions($0.words) }) else {
      return nil
    }
    self = row.reason
  }

  /// What the reason means that etcd gives for cancelling a watch: words in which a code may be named, but is none.
  init?(ofCancelledWatch words: String) {
    guard let row = Self.rows.first(where: { words.mentions($0.words) }) else { return nil }
    self = row.reason
  }

  /// Whether it is about who asks, and a new token may make it good.
  var isAboutToken: Bool {
    switch self {
    case .invalidToken, .oldAuthRevision, .tokenMissing: true
    default: false
    }
  }

  /// The library's code for it, where it has one that says more than that etcd refused the request.
  var errorCode: ErrorCode {
    switch self {
    case .invalidToken, .oldAuthRevision, .tokenMissing, .authenticationFailed, .certificateNotTaken: .unauthenticated
    case .permissionDenied: .permissionDenied
    case .compacted: .compacted
    default: .server
    }
  }

  /// The code is `nil` where versions differ in it. The words are those of etcd's `rpctypes/error.go`, in the part that
  /// no version has changed.
  private static let rows: [(reason: Reason, code: GRPCCode?, words: String)] = [
    (.noLeader, nil, "no leader"),
    (.notLeader, .failedPrecondition, "not leader"),
    (.notCapable, nil, "not capable"),
    (.notSupportedForLearner, nil, "not supported for learner"),
    (.tooManyRequests, .resourceExhausted, "too many requests"),
    (.unhealthy, .unavailable, "unhealthy cluster"),
    (.compacted, .outOfRange, "has been compacted"),
    (.futureRevision, .outOfRange, "is a future revision"),
    (.noSpace, .resourceExhausted, "database space exceeded"),
    (.requestTooLarge, .invalidArgument, "request is too large"),
    (.leaseNotFound, .notFound, "lease not found"),
    (.leaseExists, .failedPrecondition, "lease already exists"),
    (.permissionDenied, .permissionDenied, "permission denied"),
    (.invalidToken, .unauthenticated, "invalid auth token"),
    (.oldAuthRevision, .invalidArgument, "revision of auth store is old"),
    // 3.5.1 does not know that its clients could be told this.
    (.oldAuthRevision, .unknown, "auth: revision in header is old"),
    (.tokenMissing, .invalidArgument, "user name is empty"),
    (.authenticationFailed, .invalidArgument, "authentication failed"),
    (.authenticationDisabled, .failedPrecondition, "authentication is not enabled"),
    (.certificateNotTaken, .unauthenticated, "CommonName of client"),
    (.timedOut, .unavailable, "request timed out"),
    (.leaderChanged, .unavailable, "leader changed"),
    (.stopped, .unavailable, "server stopped"),
  ]
}

/// gRPC's status codes (grpc/grpc, doc/statuscodes.md).
package enum GRPCCode: Int, Sendable {
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
  fileprivate func mentions(_ words: String) -> Bool {
    let text = Array(utf8)
    let words = Array(words.utf8)
    guard text.count >= words.count else { return false }
    return (0...text.count - words.count).contains { text[$0...].starts(with: words) }
  }
}
