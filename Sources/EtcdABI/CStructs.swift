import CEtcdcli
import EtcdCore

extension etcdcli_slice {
  /// Points into the bytes, which must outlive it.
  init(_ bytes: borrowing Bytes) {
    self.init(data: bytes.baseAddress, size: bytes.count)
  }
}

extension etcdcli_kv {
  /// Points into the pair's key and value, which must outlive it. Borrowed, so that nothing of it is copied on the way.
  init(_ kv: borrowing KeyValue) {
    self.init(
      key: etcdcli_slice(kv.key), value: etcdcli_slice(kv.value), create_revision: kv.createRevision,
      mod_revision: kv.modRevision, version: kv.version, lease: kv.lease)
  }
}

extension etcdcli_header {
  init(_ header: ResponseHeader) {
    self.init(
      cluster_id: header.clusterID, member_id: header.memberID, revision: header.revision, raft_term: header.raftTerm)
  }
}

extension Optional where Wrapped == Failure {
  /// The failure as the header has it, for the length of `body`; NULL for none.
  func withError(_ body: (UnsafePointer<etcdcli_error>?) -> Void) {
    guard let self else { return body(nil) }
    self.message.withCString { message in
      self.endpoint.withCString { endpoint in
        let error = etcdcli_error(
          code: self.code.rawValue, may_have_happened: self.mayHaveHappened ? 1 : 0,
          worth_retrying: self.isWorthRetrying ? 1 : 0, grpc_code: self.grpcCode, http_status: self.httpStatus,
          curl_code: self.curlCode, message: message, endpoint: endpoint)
        withUnsafePointer(to: error) { body($0) }
      }
    }
  }
}

/// An array of C structs with a fixed address.
struct CArray<Element> {
  private let storage: UnsafeMutableBufferPointer<Element>

  /// An empty one takes no memory.
  init(_ elements: some Collection<Element>) {
    if elements.isEmpty {
      storage = UnsafeMutableBufferPointer(start: nil, count: 0)
      return
    }
    storage = .allocate(capacity: elements.count)
    _ = storage.initialize(from: elements)
  }

  /// In memory that is somebody else's, and not to be freed here.
  init(at storage: UnsafeMutableBufferPointer<Element>) {
    self.storage = storage
  }

  var count: Int { storage.count }

  /// `nil` outside of the array.
  subscript(index: Int) -> UnsafePointer<Element>? {
    guard index >= 0, index < storage.count, let base = storage.baseAddress else { return nil }
    return UnsafePointer(base + index)
  }

  func free() {
    storage.deallocate()
  }
}

/// Behind an `etcdcli_response`: an answer, or that of one operation of a transaction.
final class ResponseBox {
  let header: CArray<etcdcli_header>
  private(set) var kvs = CArray<etcdcli_kv>([])
  private(set) var prevKVs = CArray<etcdcli_kv>([])
  private(set) var count: Int64 = 0
  private(set) var more = false
  private(set) var succeeded = false
  private(set) var ops: [ResponseBox] = []
  private(set) var leases = CArray<etcdcli_lease>([])
  private(set) var keys = CArray<etcdcli_slice>([])
  /// Of what administers.
  private(set) var admin: AdminBox?
  /// What the arrays point into.
  private let answer: Answer

  init(_ answer: Answer) {
    self.answer = answer
    header = CArray(CollectionOfOne(etcdcli_header(answer.header)))
    switch answer {
    case .range(let response):
      kvs = CArray(response.kvs.lazy.map { etcdcli_kv($0) })
      (count, more) = (response.count, response.more)
    case .put(let response):
      if let kv = response.prevKV { prevKVs = CArray(CollectionOfOne(etcdcli_kv(kv))) }
    case .deleteRange(let response):
      prevKVs = CArray(response.prevKVs.lazy.map { etcdcli_kv($0) })
      count = response.deleted
    case .txn(let response):
      succeeded = response.succeeded
      ops = response.responses.map { ResponseBox(Answer($0)) }
    case .leaseGrant(let response):
      set(etcdcli_lease(id: response.id, ttl_s: response.ttl, granted_ttl_s: response.ttl))
    case .leaseKeepAlive(let response):
      set(etcdcli_lease(id: response.id, ttl_s: response.ttl, granted_ttl_s: response.ttl))
    case .leaseTimeToLive(let response):
      set(etcdcli_lease(id: response.id, ttl_s: response.ttl, granted_ttl_s: response.grantedTTL))
      keys = CArray(response.keys.lazy.map { etcdcli_slice($0) })
    case .leaseLeases(let response):
      leases = CArray(response.leases.lazy.map { etcdcli_lease(id: $0.id, ttl_s: 0, granted_ttl_s: 0) })
    case .memberList(let response): admin = AdminBox(.members(response.members, added: nil))
    case .admin(let answer): admin = AdminBox(answer.content)
    case .compact, .leaseRevoke, .authenticate, .version: break
    }
  }

  private func set(_ lease: etcdcli_lease) {
    leases = CArray(CollectionOfOne(lease))
  }

  deinit {
    header.free()
    kvs.free()
    prevKVs.free()
    leases.free()
    keys.free()
  }

  /// What the accessors take. It does not keep the box alive.
  var pointer: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  static func from(_ pointer: OpaquePointer?) -> ResponseBox? {
    pointer.map { Unmanaged<ResponseBox>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
  }
}

extension Answer {
  init(_ response: ResponseOp) {
    self =
      switch response {
      case .range(let response): .range(response)
      case .put(let response): .put(response)
      case .deleteRange(let response): .deleteRange(response)
      case .txn(let response): .txn(response)
      }
  }
}

/// Lends a box to a callback as the opaque pointer that its accessors take.
func lend<Box: AnyObject>(_ box: Box, _ body: (OpaquePointer) -> Void) {
  withExtendedLifetime(box) { body(OpaquePointer(Unmanaged.passUnretained(box).toOpaque())) }
}
