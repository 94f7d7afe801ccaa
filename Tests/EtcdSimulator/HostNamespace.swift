import EtcdCore
import EtcdPacker

/// What a host of one namespace sees of keys: those that begin with it, and without it.
///
/// The host, its records and the oracle know keys as the store has them; this is in between when it calls the library,
/// and when it is called back. Written without the library's own idea of it.
struct HostNamespace {
  let prefix: [UInt8]

  static let none = HostNamespace(prefix: [])

  var name: String { String(decoding: prefix, as: UTF8.self) }

  /// Whether the range has no key outside.
  func holds(_ range: KeyRange) -> Bool {
    if prefix.isEmpty { return true }
    // The key that is the prefix itself is nobody's: it would have an empty name.
    guard range.key.count > prefix.count, range.key.starts(with: prefix) else { return false }
    return range.isSingle || range.rangeEnd.starts(with: prefix) || range.rangeEnd == KeyRange.prefix(prefix).rangeEnd
  }

  /// All that there is in it, and all from a key on.
  var ranges: [KeyRange] {
    if prefix.isEmpty { return [] }
    let end = KeyRange.prefix(prefix).rangeEnd
    return [.range(prefix + [0], end), .range(prefix + Array("/5".utf8), end)]
  }

  // MARK: To the library

  func local(_ key: [UInt8]) -> [UInt8] { Array(key.dropFirst(prefix.count)) }

  func local(_ range: KeyRange) -> KeyRange {
    if prefix.isEmpty { return range }
    let key = local(range.key)
    if range.isSingle { return .single(key) }
    // Up to the end of the namespace is without an end.
    if range.rangeEnd == KeyRange.prefix(prefix).rangeEnd { return .from(key) }
    return .range(key, local(range.rangeEnd))
  }

  func local(_ operation: Operation) -> Operation {
    switch operation {
    case .range(let request): .range(local(request))
    case .put(let request): .put(local(request))
    case .deleteRange(let request): .deleteRange(local(request))
    case .txn(let request): .txn(local(request))
    default: operation
    }
  }

  private func local(_ operation: RequestOp) -> RequestOp {
    switch operation {
    case .range(let request): .range(local(request))
    case .put(let request): .put(local(request))
    case .deleteRange(let request): .deleteRange(local(request))
    case .txn(let request): .txn(local(request))
    }
  }

  private func local(_ request: RangeRequest) -> RangeRequest {
    var request = request
    request.range = local(request.range)
    return request
  }

  private func local(_ request: PutRequest) -> PutRequest {
    var request = request
    request.key = local(request.key)
    return request
  }

  private func local(_ request: DeleteRangeRequest) -> DeleteRangeRequest {
    var request = request
    request.range = local(request.range)
    return request
  }

  private func local(_ request: TxnRequest) -> TxnRequest {
    var request = request
    for index in request.compare.indices { request.compare[index].range = local(request.compare[index].range) }
    request.success = request.success.map(local)
    request.failure = request.failure.map(local)
    return request
  }

  // MARK: From the library

  func global(_ delivery: Delivery) -> Delivery {
    if prefix.isEmpty { return delivery }
    switch delivery {
    case .call(let id, let result): return .call(id, global(result))
    case .part(let id, let answer): return .part(id, global(answer))
    case .batch(let id, var batch):
      for index in batch.events.indices {
        batch.events[index].kv = global(batch.events[index].kv)
        batch.events[index].prevKV = batch.events[index].prevKV.map(global)
      }
      return .batch(id, batch)
    case .keepalive(let id, var report):
      report.owner = report.owner.map(global)
      return .keepalive(id, report)
    default: return delivery
    }
  }

  func global(_ result: Result<Answer, Failure>) -> Result<Answer, Failure> {
    prefix.isEmpty ? result : result.map(global)
  }

  private func global(_ answer: Answer) -> Answer {
    switch answer {
    case .range(let response): .range(global(response))
    case .put(let response): .put(global(response))
    case .deleteRange(let response): .deleteRange(global(response))
    case .txn(let response): .txn(global(response))
    default: answer
    }
  }

  private func global(_ operation: ResponseOp) -> ResponseOp {
    switch operation {
    case .range(let response): .range(global(response))
    case .put(let response): .put(global(response))
    case .deleteRange(let response): .deleteRange(global(response))
    case .txn(let response): .txn(global(response))
    }
  }

  private func global(_ response: RangeResponse) -> RangeResponse {
    var response = response
    response.kvs = response.kvs.map(global)
    return response
  }

  private func global(_ response: PutResponse) -> PutResponse {
    var response = response
    response.prevKV = response.prevKV.map(global)
    return response
  }

  private func global(_ response: DeleteRangeResponse) -> DeleteRangeResponse {
    var response = response
    response.prevKVs = response.prevKVs.map(global)
    return response
  }

  private func global(_ response: TxnResponse) -> TxnResponse {
    var response = response
    response.responses = response.responses.map(global)
    return response
  }

  private func global(_ kv: KeyValue) -> KeyValue {
    var kv = kv
    kv.key = Bytes(prefix + kv.key.array)
    return kv
  }
}
