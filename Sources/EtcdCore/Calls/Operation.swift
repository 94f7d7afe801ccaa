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
}
