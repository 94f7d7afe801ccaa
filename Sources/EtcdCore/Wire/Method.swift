import EtcdPacker

/// One method of etcd's API, in a row: how each wire calls it, and what it does.
package struct Method: Sendable {
  /// What it does to the store, which alone decides what may be sent again.
  package enum Effect: Sendable {
    case reads
    /// Twice is another thing than once.
    case writesOnce
    /// Twice is the same as once, or does no harm.
    case repeatable
  }

  /// An answer as it came.
  enum Encoded {
    case json([UInt8])
    case protobuf(Bytes)
  }

  /// What a wire has made of an answer.
  enum Decoded {
    case answer(Answer)
    case error(ServerError)
  }

  /// Below the gateway's prefix.
  let gatewayPath: String
  /// In gRPC the path too.
  let grpcName: String
  /// As the metrics have it, `KV/Range`; what goes by a path of the host's is one and the same.
  var name: String {
    // Each call asks for it: by bytes, as going through characters costs twenty times as much.
    guard let dot = grpcName.utf8.firstIndex(of: UInt8(ascii: ".")) else { return "gateway" }
    return String(grpcName[grpcName.utf8.index(after: dot)...])
  }
  let needsLeader: Bool
  /// It is asked for with GET, and stands beside etcd's API, not below its prefix.
  let isBare: Bool
  let effect: Effect
  /// Takes a time that grows with the database: an attempt has all of the time that there is.
  let isLong: Bool
  /// Reads an answer, which may cost so much (`DecodingCost`).
  let decode: @Sendable (Encoded, _ limit: Int) throws(PackerError) -> Decoded

  static let range = Method(
    "/kv/range", "etcdserverpb.KV/Range", .reads, \RangeResponse.header
  ) { .range($0) }
  static let put = Method(
    "/kv/put", "etcdserverpb.KV/Put", .writesOnce, \PutResponse.header
  ) { .put($0) }
  static let deleteRange = Method(
    "/kv/deleterange", "etcdserverpb.KV/DeleteRange", .writesOnce, \DeleteRangeResponse.header
  ) { .deleteRange($0) }
  static let txn = Method(
    "/kv/txn", "etcdserverpb.KV/Txn", .writesOnce, \TxnResponse.header
  ) { .txn($0) }
  static let compact = Method(
    "/kv/compaction", "etcdserverpb.KV/Compact", .writesOnce, \CompactionResponse.header
  ) { .compact($0) }
  /// A lease that nobody came to know ends with its TTL.
  static let leaseGrant = Method(
    "/lease/grant", "etcdserverpb.Lease/LeaseGrant", .repeatable, \LeaseGrantResponse.header
  ) { .leaseGrant($0) }
  static let leaseKeepAlive = Method(
    stream: "/lease/keepalive", "etcdserverpb.Lease/LeaseKeepAlive", .repeatable
  ) { .leaseKeepAlive($0) }
  static let leaseRevoke = Method(
    "/lease/revoke", "etcdserverpb.Lease/LeaseRevoke", .repeatable, \LeaseRevokeResponse.header
  ) { .leaseRevoke($0) }
  static let leaseTimeToLive = Method(
    "/lease/timetolive", "etcdserverpb.Lease/LeaseTimeToLive", .reads, \LeaseTimeToLiveResponse.header
  ) { .leaseTimeToLive($0) }
  static let leaseLeases = Method(
    "/lease/leases", "etcdserverpb.Lease/LeaseLeases", .reads, \LeaseLeasesResponse.header
  ) { .leaseLeases($0) }
  static let memberList = Method(
    "/cluster/member/list", "etcdserverpb.Cluster/MemberList", .reads, \MemberListResponse.header
  ) { .memberList($0) }

  /// A token that nobody came to know ends by itself.
  static let authenticate = Method(
    "/auth/authenticate", "etcdserverpb.Auth/Authenticate", .repeatable, \AuthenticateResponse.header
  ) { .authenticate($0) }

  static let version = Method()

  /// Every answer of etcd's says which cluster it is from. Without that, any `{}` would pass for an empty answer,
  /// because fields with default values are left out.
  init<Response: Message>(
    _ gatewayPath: String, _ grpcName: String, _ effect: Effect, needsLeader: Bool = true, isLong: Bool = false,
    hasHeader: Bool = true, _ header: @escaping @Sendable (Response) -> ResponseHeader,
    _ answer: @escaping @Sendable (Response) -> Answer
  ) {
    self.gatewayPath = gatewayPath
    self.grpcName = grpcName
    self.effect = effect
    self.needsLeader = needsLeader
    self.isLong = isLong
    isBare = false
    decode = { encoded, limit throws(PackerError) in
      let response: Response
      switch encoded {
      case .json(let body): response = try Response.decode(body, limit: limit)
      case .protobuf(let message): response = try Response.decodeProtobuf(message, limit: limit)
      }
      guard !hasHeader || header(response).clusterID != 0 else { throw PackerError(.missingField, at: 0) }
      return .answer(answer(response))
    }
  }

  init<Response: Message>(
    stream gatewayPath: String, _ grpcName: String, _ effect: Effect, needsLeader: Bool = true,
    _ answer: @escaping @Sendable (Response) -> Answer
  ) {
    self.gatewayPath = gatewayPath
    self.grpcName = grpcName
    self.effect = effect
    self.needsLeader = needsLeader
    isBare = false
    isLong = false
    decode = { encoded, limit throws(PackerError) in
      switch encoded {
      case .json(let body):
        switch try StreamDocument<Response>.decode(body, limit: limit) {
        case .result(let response): return .answer(answer(response))
        case .error(let error): return .error(error)
        }
      case .protobuf(let message):
        // An empty one would pass for an answer in which everything has its default.
        let answer = answer(try Response.decodeProtobuf(message, limit: limit))
        guard answer.header.clusterID != 0 else { throw PackerError(.missingField, at: 0) }
        return .answer(answer)
      }
    }
  }

  /// The version.
  private init() {
    gatewayPath = "/version"
    grpcName = "GET /version"
    effect = .reads
    needsLeader = false
    isBare = true
    isLong = false
    decode = { encoded, limit throws(PackerError) in
      guard case .json(let body) = encoded else { throw PackerError(.wrongType, at: 0) }
      let response = try VersionResponse.decode(body, limit: limit)
      // Whatever answers with an object is not etcd yet.
      guard !response.etcdserver.isEmpty else { throw PackerError(.missingField, at: 0) }
      return .answer(.version(response))
    }
  }
}
