import EtcdPacker
import TestSupport

/// How one build of etcd answers (field notes, section 1): what it does, which goes with its version, and how its gateway
/// words it, which goes with the library that the gateway was built with.
struct Dialect: Hashable {
  /// Of those that differ in anything that is simulated, the one that this was seen on.
  enum Version: Hashable {
    case etcd3423
    case etcd351
    case etcd3516
    case etcd3530
    case etcd3614
  }

  /// By the version of etcd whose own builds have it.
  enum Gateway: Hashable {
    case ofEtcd34
    case ofEtcd35
    /// Debian's builds of 3.5 have it too.
    case ofEtcd36
  }

  let version: Version
  let gateway: Gateway

  static let etcd34 = Dialect(version: .etcd3423, gateway: .ofEtcd34)
  static let etcd35 = Dialect(version: .etcd351, gateway: .ofEtcd35)
  static let etcd35OfTrixie = Dialect(version: .etcd3516, gateway: .ofEtcd36)
  static let etcd35OfSid = Dialect(version: .etcd3530, gateway: .ofEtcd36)
  static let etcd36 = Dialect(version: .etcd3614, gateway: .ofEtcd36)

  /// What runs draw from: between them they have every version of a wording. (One more here makes other runs of all
  /// seeds.)
  static let drawn = [etcd34, etcd35, etcd36]

  private static func quoted(_ text: String) -> String { "\"" + text + "\"" }

  /// An answer that is no answer: its HTTP status and body.
  func error(_ error: GatewayError) -> (status: Int, body: [UInt8]) {
    let message = Self.quoted(error.message)
    let text =
      switch gateway {
      case .ofEtcd34: "{\"error\":\(message),\"message\":\(message),\"code\":\(error.code)}"
      case .ofEtcd35: "{\"error\":\(message),\"code\":\(error.code),\"message\":\(message)}"
      case .ofEtcd36: "{\"code\":\(error.code), \"message\":\(message)}"
      }
    return (httpStatus(error.code), Array(text.utf8))
  }

  /// The last document of a stream.
  func streamError(_ error: GatewayError) -> [UInt8] {
    let message = Self.quoted(error.message)
    let status = httpStatus(error.code)
    let text =
      switch gateway {
      case .ofEtcd34, .ofEtcd35:
        "{\"error\":{\"grpc_code\":\(error.code),\"http_code\":\(status),\"message\":\(message),\"http_status\":\"-\"}}"
      case .ofEtcd36: "{\"error\":{\"code\":\(error.code),  \"message\":\(message)}}\n"
      }
    return Array(text.utf8)
  }

  private func httpStatus(_ code: Int) -> Int {
    switch code {
    case 1: gateway == .ofEtcd36 ? 499 : 408
    case 3, 11: 400
    case 9: gateway == .ofEtcd34 ? 412 : 400
    case 4: 504
    case 5: 404
    case 7: 403
    case 8: 429
    case 12: 501
    case 14: 503
    case 16: 401
    default: 500
    }
  }

  /// What is said of a proposal for whose acceptance by a leader a member waited in vain: of old the server does not know
  /// its own word for that.
  var deadlineExceeded: GatewayError {
    GatewayError(code: gateway == .ofEtcd36 ? 4 : 2, message: "context deadline exceeded")
  }

  var serverVersion: String {
    switch version {
    case .etcd3423: "3.4.23"
    case .etcd351: "3.5.1"
    case .etcd3516: "3.5.16"
    case .etcd3530: "3.5.30"
    case .etcd3614: "3.6.14"
    }
  }

  /// What anybody is told who asks which version it is.
  var versionAnswer: [UInt8] {
    let text = serverVersion
    return Array("{\"etcdserver\":\"\(text)\",\"etcdcluster\":\"\(text.prefix(3)).0\"}".utf8)
  }

  /// What a path is answered that does not exist.
  var notFound: (status: Int, body: [UInt8]) {
    switch gateway {
    case .ofEtcd34, .ofEtcd35: (404, Array("Not Found".utf8))
    case .ofEtcd36: error(GatewayError(code: 5, message: "Not Found"))
    }
  }

  /// What a method is answered that is not the one of a path.
  var wrongMethod: (status: Int, body: [UInt8]) {
    switch gateway {
    case .ofEtcd34, .ofEtcd35: (405, Array("Method Not Allowed".utf8))
    case .ofEtcd36: error(GatewayError(code: 12, message: "Method Not Allowed"))
    }
  }

  /// The newest gateways have a serializer whose white space is deliberately unstable.
  func finish(_ json: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    guard gateway == .ofEtcd36 else { return json }
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

extension Dialect: CaseIterable {
  static let allCases = [etcd34, etcd35, etcd35OfTrixie, etcd35OfSid, etcd36]
}

extension Dialect: CustomStringConvertible {
  var description: String {
    switch version {
    case .etcd3423: "etcd 3.4.23"
    case .etcd351: "etcd 3.5.1"
    case .etcd3516: "etcd 3.5.16"
    case .etcd3530: "etcd 3.5.30"
    case .etcd3614: "etcd 3.6.14"
    }
  }
}

struct GatewayError: Error {
  let code: Int
  let message: String

  static let noLeader = GatewayError(code: 14, message: "etcdserver: no leader")
  static let timedOut = GatewayError(code: 14, message: "etcdserver: request timed out")
  static let gatewayDeadlineExceeded = GatewayError(code: 4, message: "context deadline exceeded")
  static let leaderChanged = GatewayError(code: 14, message: "etcdserver: leader changed")
  static let stopped = GatewayError(code: 14, message: "etcdserver: server stopped")
  static let tooManyRequests = GatewayError(code: 8, message: "etcdserver: too many requests")
  static let notForLearner = GatewayError(code: 14, message: "etcdserver: rpc not supported for learner")
  static let transportClosing = GatewayError(code: 14, message: "transport is closing")
  static let invalidToken = GatewayError(code: 16, message: "etcdserver: invalid auth token")
  static let requestTooLarge = GatewayError(code: 3, message: "etcdserver: request is too large")
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
    case .noSpace: self.init(code: 8, message: "etcdserver: mvcc: database space exceeded")
    case .authFailed: self = .wrongPassword
    case .permissionDenied: self.init(code: 7, message: "etcdserver: permission denied")
    case .authNotEnabled: self.init(code: 9, message: "etcdserver: authentication is not enabled")
    }
  }
}

/// The header of an answer.
struct AnswerHeader {
  var cluster: UInt64
  var member: Int
  var revision: Int64
  var term: UInt64

  static func id(of member: Int) -> UInt64 { 10_276_657_743_932_975_437 + UInt64(member) }

  func write(to writer: inout JSONWriter) {
    writer.name("header")
    writer.object { writer in
      writer.field("cluster_id", cluster)
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
