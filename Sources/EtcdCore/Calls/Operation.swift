import EtcdPacker

/// One request to etcd, whatever wire carries it.
package enum Operation: Sendable {
  case range(RangeRequest)
  case put(PutRequest)
  case deleteRange(DeleteRangeRequest)
  case txn(TxnRequest)
  case compact(CompactionRequest)
  case leaseGrant(LeaseGrantRequest)
  case leaseKeepAlive(LeaseKeepAliveRequest)
  case leaseRevoke(LeaseRevokeRequest)
  case leaseTimeToLive(LeaseTimeToLiveRequest)
  case leaseLeases(LeaseLeasesRequest)

  /// Its method, and what is sent.
  var parts: (method: Method, request: any Message) {
    switch self {
    case .range(let request): (.range, request)
    case .put(let request): (.put, request)
    case .deleteRange(let request): (.deleteRange, request)
    case .txn(let request): (.txn, request)
    case .compact(let request): (.compact, request)
    case .leaseGrant(let request): (.leaseGrant, request)
    case .leaseKeepAlive(let request): (.leaseKeepAlive, request)
    case .leaseRevoke(let request): (.leaseRevoke, request)
    case .leaseTimeToLive(let request): (.leaseTimeToLive, request)
    case .leaseLeases(let request): (.leaseLeases, request)
    }
  }

  /// What its method does, unless what is asked for makes it another thing.
  var effect: Method.Effect {
    switch self {
    case .txn(let request) where !request.writes: .reads
    // A second grant of the same id is refused, whoever has made the first.
    case .leaseGrant(let request) where request.id != 0: .writesOnce
    default: parts.method.effect
    }
  }

  /// Whether it is worth nothing to a member that has no leader.
  var needsLeader: Bool {
    // A serializable range is one member's own view, and is asked for when there may be no leader.
    if case .range(let request) = self, request.serializable { return false }
    return parts.method.needsLeader
  }
}

/// The answer to an `Operation`, of the case that bears its name.
package enum Answer: Sendable {
  case range(RangeResponse)
  case put(PutResponse)
  case deleteRange(DeleteRangeResponse)
  case txn(TxnResponse)
  case compact(CompactionResponse)
  case leaseGrant(LeaseGrantResponse)
  case leaseKeepAlive(LeaseKeepAliveResponse)
  case leaseRevoke(LeaseRevokeResponse)
  case leaseTimeToLive(LeaseTimeToLiveResponse)
  case leaseLeases(LeaseLeasesResponse)

  /// Who answered.
  package var header: ResponseHeader {
    switch self {
    case .range(let response): response.header
    case .put(let response): response.header
    case .deleteRange(let response): response.header
    case .txn(let response): response.header
    case .compact(let response): response.header
    case .leaseGrant(let response): response.header
    case .leaseKeepAlive(let response): response.header
    case .leaseRevoke(let response): response.header
    case .leaseTimeToLive(let response): response.header
    case .leaseLeases(let response): response.header
    }
  }
}

extension TxnRequest {
  /// Whether either of its ways changes anything.
  fileprivate var writes: Bool {
    (success + failure).contains { operation in
      switch operation {
      case .range: false
      case .put, .deleteRange: true
      case .txn(let request): request.writes
      }
    }
  }
}
