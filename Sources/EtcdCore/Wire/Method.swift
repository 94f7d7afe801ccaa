import EtcdPacker

/// One method of etcd's API, in a row: how each wire calls it, and what it does. A class, because each call hands it round.
package final class Method: Sendable {
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

  /// Below the gateway's prefix, and with the one that all have from 3.4 on.
  let gatewayPath: String
  let v3Path: String
  let grpcName: String
  let grpcPath: String
  /// As the metrics have it, `KV/Range`; what goes by a path of the host's is one and the same.
  let name: String
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

  private init(
    _ gatewayPath: String, _ grpcName: String, _ effect: Effect, needsLeader: Bool, isBare: Bool, isLong: Bool,
    decode: @escaping @Sendable (Encoded, _ limit: Int) throws(PackerError) -> Decoded
  ) {
    self.gatewayPath = gatewayPath
    v3Path = APIPrefix.v3.rawValue + gatewayPath
    self.grpcName = grpcName
    grpcPath = "/" + grpcName
    let name = grpcName.split(separator: ".", maxSplits: 1)
    self.name = name.count == 2 ? String(name[1]) : "gateway"
    self.effect = effect
    self.needsLeader = needsLeader
    self.isBare = isBare
    self.isLong = isLong
    self.decode = decode
  }

  /// Every answer of etcd's says which cluster it is from. Without that, any `{}` would pass for an empty answer,
  /// because fields with default values are left out.
  convenience init<Response: Message>(
    _ gatewayPath: String, _ grpcName: String, _ effect: Effect, needsLeader: Bool = true, isLong: Bool = false,
    hasHeader: Bool = true, _ header: @escaping @Sendable (Response) -> ResponseHeader,
    _ answer: @escaping @Sendable (Response) -> Answer
  ) {
    self.init(
      gatewayPath, grpcName, effect, needsLeader: needsLeader, isBare: false, isLong: isLong
    ) { encoded, limit throws(PackerError) in
      let response: Response
      switch encoded {
      case .json(let body): response = try Response.decode(body, limit: limit)
      case .protobuf(let message): response = try Response.decodeProtobuf(message, limit: limit)
      }
      guard !hasHeader || header(response).clusterID != 0 else { throw PackerError(.missingField, at: 0) }
      return .answer(answer(response))
    }
  }

  convenience init<Response: Message>(
    stream gatewayPath: String, _ grpcName: String, _ effect: Effect, needsLeader: Bool = true,
    _ answer: @escaping @Sendable (Response) -> Answer
  ) {
    self.init(
      gatewayPath, grpcName, effect, needsLeader: needsLeader, isBare: false, isLong: false
    ) { encoded, limit throws(PackerError) in
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
  private convenience init() {
    self.init(
      "/version", "GET /version", .reads, needsLeader: false, isBare: true, isLong: false
    ) { encoded, limit throws(PackerError) in
      guard case .json(let body) = encoded else { throw PackerError(.wrongType, at: 0) }
      let response = try VersionResponse.decode(body, limit: limit)
      // Whatever answers with an object is not etcd yet.
      guard !response.etcdserver.isEmpty else { throw PackerError(.missingField, at: 0) }
      return .answer(.version(response))
    }
  }

  /// By a path of the host's.
  convenience init(gatewayPath: String, effect: Effect) {
    self.init(
      gatewayPath, gatewayPath, effect, needsLeader: true, isBare: false, isLong: false
    ) { encoded, limit throws(PackerError) in
      guard case .json(let body) = encoded else { throw PackerError(.wrongType, at: 0) }
      return try body.withUnsafeBufferPointer { json throws(PackerError) in
        .answer(.admin(try AdminAnswer(json: UnsafeRawBufferPointer(json), limit: limit)))
      }
    }
  }
}
