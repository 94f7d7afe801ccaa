import EtcdPacker

/// One request to etcd, whatever wire carries it.
package indirect enum Operation: Sendable {
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
  case memberList(MemberListRequest)
  /// What administers: `Operation+Admin` has a name for each.
  case admin(Method, any Message)
  case gateway(GatewayCall)
  /// The same, of a member that need not have a leader.
  case leaderless(Operation)
  /// The same, for which etcd is to look no longer than so.
  case within(Duration, Operation)
  case authenticate(AuthenticateRequest)
  /// Which version the server is: the one question that is no part of etcd's API, and that anybody may ask.
  case version

  /// Without putting what is sent into a box, as `parts` does.
  var method: Method {
    switch self {
    case .range: .range
    case .put: .put
    case .txn: .txn
    default: parts.method
    }
  }

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
    case .memberList(let request): (.memberList, request)
    case .admin(let method, let request): (method, request)
    case .gateway(let call): (call.method, EmptyRequest())
    case .leaderless(let operation), .within(_, let operation): operation.parts
    case .authenticate(let request): (.authenticate, request)
    case .version: (.version, EmptyRequest())
    }
  }

  /// What its method does, unless what is asked for makes it another thing.
  var effect: Method.Effect {
    switch self {
    case .txn(let request) where !request.writes: .reads
    // A second grant of the same id is refused, whoever has made the first.
    case .leaseGrant(let request) where request.id != 0: .writesOnce
    case .leaderless(let operation), .within(_, let operation): operation.effect
    default: method.effect
    }
  }

  /// Whether it is worth nothing to a member that has no leader.
  var needsLeader: Bool {
    if case .leaderless = self { return false }
    return !isSerializable && method.needsLeader
  }

  /// For how long etcd may look for an answer, if that is bounded.
  var timeAtServer: Duration? { if case .within(let time, _) = self { time } else { nil } }

  /// Whether it is one member's own view that is asked for, which there may be without a leader.
  ///
  /// Etcd takes a transaction for such a one if all that it does are such ranges, or if it has conditions alone
  /// (server/etcdserver/v3_server.go, isTxnSerializable).
  var isSerializable: Bool {
    switch self {
    case .range(let request): request.serializable
    case .txn(let request):
      (request.success + request.failure).allSatisfy { operation in
        if case .range(let request) = operation { request.serializable } else { false }
      }
    case .memberList(let request): !request.linearizable
    case .leaderless(let operation), .within(_, let operation): operation.isSerializable
    default: false
    }
  }

  /// Whether it changes something, and is answered as soon as that is done, in few words. Where an election is waited for,
  /// that takes its time.
  var isShortWrite: Bool {
    switch self {
    case .put, .deleteRange, .leaseGrant, .leaseRevoke: true
    case .txn(let request): request.writes
    case .range, .compact, .leaseKeepAlive, .leaseTimeToLive, .leaseLeases, .memberList, .admin, .gateway, .leaderless,
      .within, .authenticate, .version:
      false
    }
  }

  /// Whether the revision in its answer's header is in the order of all writes: no less than whatever was answered before
  /// it was sent. That of the others is the member's own, which may lag.
  var isOrdered: Bool {
    switch self {
    case .range, .txn: !isSerializable
    case .put, .deleteRange, .compact: true
    case .leaseGrant, .leaseKeepAlive, .leaseRevoke, .leaseTimeToLive, .leaseLeases: false
    case .memberList, .admin, .gateway, .version: false
    case .leaderless(let operation), .within(_, let operation): operation.isOrdered
    case .authenticate: false
    }
  }
}

/// The answer to an `Operation`, of the case that bears its name.
package indirect enum Answer: Sendable {
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
  case memberList(MemberListResponse)
  /// To what administers, and to what goes by a path. In memory of its own, so that it does not make the others larger.
  case admin(AdminAnswer)
  case authenticate(AuthenticateResponse)
  case version(VersionResponse)

  /// Who answered, if the answer says so.
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
    case .memberList(let response): response.header
    case .admin(let answer): answer.header
    case .authenticate(let response): response.header
    case .version: ResponseHeader()
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
