import EtcdPacker

/// The keys that a cluster's host can reach: those that begin with `prefix`, which it never sees.
///
/// Whatever the host names is put under the prefix where it enters, and what it is told loses the prefix where it leaves,
/// so that everything between knows keys as etcd has them. A range without end ends with the namespace, and what etcd
/// tells of other keys, as of those that share a lease, is left out.
struct Namespace {
  private let prefix: [UInt8]
  private let end: [UInt8]

  init(prefix: [UInt8]) {
    self.prefix = prefix
    end = KeyRange.prefix(prefix).rangeEnd
  }

  /// Whether etcd's keys are the host's.
  var isAll: Bool { prefix.isEmpty }

  // MARK: In

  func entering(_ key: [UInt8]) -> [UInt8] { isAll ? key : prefix + key }

  func entering(_ range: KeyRange) -> KeyRange {
    if isAll { return range }
    if range.isSingle { return .single(prefix + range.key) }
    if range.isPrefix { return .prefix(prefix + range.key) }
    return .range(prefix + range.key, range.rangeEnd == [0] ? end : prefix + range.rangeEnd)
  }

  func entering(_ operation: Operation) -> Operation {
    if isAll { return operation }
    return switch operation {
    case .range(let request): .range(entering(request))
    case .put(let request): .put(entering(request))
    case .deleteRange(let request): .deleteRange(entering(request))
    case .txn(let request): .txn(entering(request))
    case .leaderless(let operation): .leaderless(entering(operation))
    case .within(let time, let operation): .within(time, entering(operation))
    case .compact, .leaseGrant, .leaseKeepAlive, .leaseRevoke, .leaseTimeToLive, .leaseLeases: operation
    // Of the cluster, not of the host's keys; and what goes by a path is the host's own affair.
    case .memberList, .admin, .gateway, .authenticate, .version: operation
    }
  }

  private func entering(_ request: RangeRequest) -> RangeRequest {
    var request = request
    request.range = entering(request.range)
    return request
  }

  private func entering(_ request: PutRequest) -> PutRequest {
    var request = request
    request.key = entering(request.key)
    return request
  }

  private func entering(_ request: DeleteRangeRequest) -> DeleteRangeRequest {
    var request = request
    request.range = entering(request.range)
    return request
  }

  private func entering(_ request: TxnRequest) -> TxnRequest {
    TxnRequest(
      compare: request.compare.map { Compare(range: entering($0.range), target: $0.target, result: $0.result) },
      success: request.success.map(entering), failure: request.failure.map(entering))
  }

  private func entering(_ request: RequestOp) -> RequestOp {
    switch request {
    case .range(let request): .range(entering(request))
    case .put(let request): .put(entering(request))
    case .deleteRange(let request): .deleteRange(entering(request))
    case .txn(let request): .txn(entering(request))
    }
  }

  // MARK: Out

  func leaving(_ delivery: Delivery) -> Delivery {
    if isAll { return delivery }
    switch delivery {
    case .call(let id, let result): return .call(id, leaving(result))
    case .part(let id, let answer): return .part(id, leaving(answer))
    case .batch(let id, var batch):
      batch.events = batch.events.compactMap(leaving)
      return .batch(id, batch)
    case .keepalive(let id, var report):
      report.owner = report.owner.flatMap(leaving)
      return .keepalive(id, report)
    case .claimQuestion(let id, var found):
      found.key = leaving(found.key) ?? found.key
      return .claimQuestion(id, found)
    case .clusterState, .watcherState, .value, .awaited, .closed: return delivery
    }
  }

  func leaving(_ result: Result<Answer, Failure>) -> Result<Answer, Failure> {
    isAll ? result : result.map(leaving)
  }

  private func leaving(_ answer: Answer) -> Answer {
    switch answer {
    case .range(let response): return .range(leaving(response))
    case .put(let response): return .put(leaving(response))
    case .deleteRange(let response): return .deleteRange(leaving(response))
    case .txn(let response): return .txn(leaving(response))
    case .leaseTimeToLive(var response):
      response.keys = response.keys.compactMap(leaving)
      return .leaseTimeToLive(response)
    case .compact, .leaseGrant, .leaseKeepAlive, .leaseRevoke, .leaseLeases, .memberList, .admin, .authenticate,
      .version:
      return answer
    }
  }

  private func leaving(_ response: RangeResponse) -> RangeResponse {
    var response = response
    response.kvs = response.kvs.compactMap(leaving)
    return response
  }

  private func leaving(_ response: PutResponse) -> PutResponse {
    var response = response
    response.prevKV = response.prevKV.flatMap(leaving)
    return response
  }

  private func leaving(_ response: DeleteRangeResponse) -> DeleteRangeResponse {
    var response = response
    response.prevKVs = response.prevKVs.compactMap(leaving)
    return response
  }

  private func leaving(_ response: TxnResponse) -> TxnResponse {
    var response = response
    response.responses = response.responses.map { operation in
      switch operation {
      case .range(let response): .range(leaving(response))
      case .put(let response): .put(leaving(response))
      case .deleteRange(let response): .deleteRange(leaving(response))
      case .txn(let response): .txn(leaving(response))
      }
    }
    return response
  }

  private func leaving(_ event: Event) -> Event? {
    guard let kv = leaving(event.kv) else { return nil }
    var event = event
    event.kv = kv
    event.prevKV = event.prevKV.flatMap(leaving)
    return event
  }

  private func leaving(_ kv: KeyValue) -> KeyValue? {
    guard let key = leaving(kv.key) else { return nil }
    var kv = kv
    kv.key = key
    return kv
  }

  /// `nil` for a key of another namespace.
  private func leaving(_ key: Bytes) -> Bytes? {
    guard key.withUnsafeBytes({ $0.starts(with: prefix) }) else { return nil }
    return key.slice(prefix.count..<key.count)
  }
}
