import EtcdPacker

@testable import EtcdCore

// What etcd answers, in short.

extension Answer {
  static func put(cluster: UInt64 = 1, revision: Int64 = 9) -> Answer {
    var response = PutResponse()
    response.header = ResponseHeader(cluster: cluster, revision: revision)
    return .put(response)
  }

  static func range(cluster: UInt64 = 1, revision: Int64, _ kvs: [KeyValue] = [], more: Bool = false) -> Answer {
    var response = RangeResponse()
    response.header = ResponseHeader(cluster: cluster, revision: revision)
    response.kvs = kvs
    response.more = more
    response.count = Int64(kvs.count)
    return .range(response)
  }

  /// A transaction whose conditions held.
  static func txn(cluster: UInt64 = 1, revision: Int64) -> Answer {
    var put = PutResponse()
    put.header.revision = revision
    var response = TxnResponse()
    response.header = ResponseHeader(cluster: cluster, revision: revision)
    response.succeeded = true
    response.responses = [.put(put)]
    return .txn(response)
  }

  /// A transaction whose conditions did not hold, and which read this instead.
  static func txn(revision: Int64, found: KeyValue?) -> Answer { txn(revision: revision, batch: [found]) }

  /// The same of one that read several keys.
  static func txn(revision: Int64, batch: [KeyValue?]) -> Answer {
    var response = TxnResponse()
    response.header = ResponseHeader(revision: revision)
    response.responses = batch.map { found in
      var range = RangeResponse()
      range.kvs = found.map { [$0] } ?? []
      return .range(range)
    }
    return .txn(response)
  }

  static func leaseGrant(cluster: UInt64 = 1, _ lease: Int64, ttl: Int64) -> Answer {
    var response = LeaseGrantResponse()
    response.header = ResponseHeader(cluster: cluster, revision: 0)
    response.id = lease
    response.ttl = ttl
    return .leaseGrant(response)
  }

  /// A `ttl` of 0: there is no such lease.
  static func leaseKeepAlive(cluster: UInt64 = 1, revision: Int64 = 0, _ lease: Int64, ttl: Int64) -> Answer {
    var response = LeaseKeepAliveResponse()
    response.header = ResponseHeader(cluster: cluster, revision: revision)
    response.id = lease
    response.ttl = ttl
    return .leaseKeepAlive(response)
  }

  static func token(_ token: String, cluster: UInt64 = 1, by member: UInt64 = 0) -> Answer {
    var response = AuthenticateResponse()
    response.header = ResponseHeader(cluster: cluster, revision: 0)
    response.header.memberID = member
    response.token = token
    return .authenticate(response)
  }

  static func leaseRevoke(revision: Int64 = 9) -> Answer {
    var response = LeaseRevokeResponse()
    response.header = ResponseHeader(revision: revision)
    return .leaseRevoke(response)
  }
}

extension WatchResponse {
  init(
    cluster: UInt64 = 1, revision: Int64, created: Bool = false, fragment: Bool = false, _ events: [Event] = []
  ) {
    self.init()
    header = ResponseHeader(cluster: cluster, revision: revision)
    self.created = created
    self.fragment = fragment
    self.events = events
  }

  static func cancelled(_ reason: String) -> WatchResponse {
    var response = WatchResponse(revision: 9)
    response.canceled = true
    response.cancelReason = reason
    return response
  }

  static func compacted(_ revision: Int64) -> WatchResponse {
    var response = WatchResponse(revision: revision + 10)
    response.canceled = true
    response.compactRevision = revision
    return response
  }
}
