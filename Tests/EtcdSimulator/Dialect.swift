import EtcdPacker

/// How one version of etcd and its gateway words its answers (field notes, section 1).
enum Dialect: CaseIterable {
  case etcd34
  case etcd35
  case etcd36

  private static func quoted(_ text: String) -> String { "\"" + text + "\"" }

  /// An answer that is no answer: its HTTP status and body.
  func error(_ error: GatewayError) -> (status: Int, body: [UInt8]) {
    let message = Self.quoted(error.message)
    let text =
      switch self {
      case .etcd34: "{\"error\":\(message),\"message\":\(message),\"code\":\(error.code)}"
      case .etcd35: "{\"error\":\(message),\"code\":\(error.code),\"message\":\(message)}"
      case .etcd36: "{\"code\":\(error.code), \"message\":\(message)}"
      }
    return (httpStatus(error.code), Array(text.utf8))
  }

  /// The last document of a stream, without a line feed.
  func streamError(_ error: GatewayError) -> [UInt8] {
    let message = Self.quoted(error.message)
    let status = httpStatus(error.code)
    let text =
      switch self {
      case .etcd34, .etcd35:
        "{\"error\":{\"grpc_code\":\(error.code),\"http_code\":\(status),\"message\":\(message),\"http_status\":\"-\"}}"
      case .etcd36: "{\"error\":{\"code\":\(error.code),  \"message\":\(message)}}"
      }
    return Array(text.utf8)
  }

  private func httpStatus(_ code: Int) -> Int {
    switch code {
    case 1: self == .etcd36 ? 499 : 408
    case 3, 11: 400
    case 9: self == .etcd34 ? 412 : 400
    case 4: 504
    case 5: 404
    case 7: 403
    case 8: 429
    case 14: 503
    case 16: 401
    default: 500
    }
  }

  /// 3.6 has a serializer whose white space is deliberately unstable.
  func finish(_ json: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    guard self == .etcd36 else { return json }
    let afterComma = random.chance(0.5)
    let afterColon = random.chance(0.5)
    guard afterComma || afterColon else { return json }
    var spaced: [UInt8] = []
    spaced.reserveCapacity(json.count + 64)
    var isInString = false
    for byte in json {
      spaced.append(byte)
      switch byte {
      case UInt8(ascii: "\""): isInString.toggle()
      case UInt8(ascii: ",") where !isInString && afterComma: spaced.append(UInt8(ascii: " "))
      case UInt8(ascii: ":") where !isInString && afterColon: spaced.append(UInt8(ascii: " "))
      default: break
      }
    }
    return spaced
  }
}

struct GatewayError: Error {
  let code: Int
  let message: String

  static let noLeader = GatewayError(code: 14, message: "etcdserver: no leader")
  static let timedOut = GatewayError(code: 14, message: "etcdserver: request timed out")
  static let leaderChanged = GatewayError(code: 14, message: "etcdserver: leader changed")
  static let stopped = GatewayError(code: 14, message: "etcdserver: server stopped")
  static let deadlineExceeded = GatewayError(code: 2, message: "context deadline exceeded")
  static let tooManyRequests = GatewayError(code: 8, message: "etcdserver: too many requests")
  static let notForLearner = GatewayError(code: 14, message: "etcdserver: rpc not supported for learner")
  static let transportClosing = GatewayError(code: 14, message: "transport is closing")
  static let invalidToken = GatewayError(code: 16, message: "etcdserver: invalid auth token")
  static let duplicateKey = GatewayError(code: 3, message: "etcdserver: duplicate key given in txn request")
  static let wrongPassword = GatewayError(
    code: 3, message: "etcdserver: authentication failed, invalid user ID or password")

  init(code: Int, message: String) {
    self.code = code
    self.message = message
  }

  init(_ refusal: Store.Refusal) {
    switch refusal {
    case .leaseNotFound: self.init(code: 5, message: "etcdserver: requested lease not found")
    case .leaseExists: self.init(code: 9, message: "etcdserver: lease already exists")
    case .leaseTTLTooLarge: self.init(code: 11, message: "etcdserver: too large lease TTL")
    case .compacted: self.init(code: 11, message: "etcdserver: mvcc: required revision has been compacted")
    case .futureRevision: self.init(code: 11, message: "etcdserver: mvcc: required revision is a future revision")
    case .emptyKey: self.init(code: 3, message: "etcdserver: key is not provided")
    case .userEmpty: self.init(code: 3, message: "etcdserver: user name is empty")
    case .authOldRevision: self.init(code: 3, message: "etcdserver: revision of auth store is old")
    case .authNotEnabled: self.init(code: 9, message: "etcdserver: authentication is not enabled")
    }
  }
}

/// The header of an answer.
struct AnswerHeader {
  var member: Int
  var revision: Int64
  var term: UInt64

  static func id(of member: Int) -> UInt64 { 10_276_657_743_932_975_437 + UInt64(member) }

  func write(to writer: inout JSONWriter) {
    writer.name("header")
    writer.object { writer in
      writer.field("cluster_id", UInt64(14_841_639_068_965_178_418))
      writer.field("member_id", Self.id(of: member))
      writer.field("revision", revision)
      writer.field("raft_term", term)
    }
  }
}

extension StoredKV {
  func write(to writer: inout JSONWriter, withValue: Bool = true) {
    writer.object { writer in
      writer.field("key", key)
      writer.field("create_revision", create)
      writer.field("mod_revision", mod)
      writer.field("version", version)
      if withValue { writer.field("value", value) }
      writer.field("lease", lease)
    }
  }
}

extension Change {
  func write(to writer: inout JSONWriter, withPrevious: Bool) {
    writer.object { writer in
      writer.field("type", kind)
      writer.name("kv")
      kv.write(to: &writer)
      if withPrevious, let previous {
        writer.name("prev_kv")
        previous.write(to: &writer)
      }
    }
  }
}

extension Store.Reply {
  /// As the body of an answer.
  func json(_ header: AnswerHeader) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      header.write(to: &writer)
      writeFields(to: &writer)
    }
    return writer.bytes
  }

  private func writeFields(to writer: inout JSONWriter) {
    switch self {
    case .range(let result):
      if !result.kvs.isEmpty {
        writer.name("kvs")
        writer.array(result.kvs) { writer, kv in kv.write(to: &writer, withValue: !result.keysOnly) }
      }
      writer.field("more", result.more)
      writer.field("count", Int64(result.count))
    case .put(let previous):
      if let previous {
        writer.name("prev_kv")
        previous.write(to: &writer)
      }
    case .deleteRange(let deleted, let wantsPrevious):
      writer.field("deleted", Int64(deleted.count))
      if wantsPrevious, !deleted.isEmpty {
        writer.name("prev_kvs")
        writer.array(deleted) { writer, kv in kv.write(to: &writer) }
      }
    case .txn(let succeeded, let replies):
      writer.field("succeeded", succeeded)
      if !replies.isEmpty {
        writer.name("responses")
        writer.array(replies) { writer, step in
          let (reply, revision) = step
          writer.object { writer in
            writer.name(reply.nestedName)
            writer.object { writer in
              writer.name("header")
              writer.object { $0.field("revision", revision) }
              reply.writeFields(to: &writer)
            }
          }
        }
      }
    case .leaseGrant(let id, let ttl):
      writer.field("ID", id)
      writer.field("TTL", ttl)
    case .token(let token): writer.field("token", token)
    case .done: break
    }
  }

  private var nestedName: StaticString {
    switch self {
    case .range: "response_range"
    case .put: "response_put"
    case .deleteRange: "response_delete_range"
    case .txn, .leaseGrant, .token, .done: "response_txn"
    }
  }
}
