// The call kv/txn.

/// A condition of a transaction. For a range of keys it has to hold for each of them.
package struct Compare: Message {
  /// What is compared, and with what. A key that does not exist has version and revisions 0.
  package enum Target: Hashable, Sendable {
    case version(Int64)
    case create(Int64)
    case mod(Int64)
    case value([UInt8])
    case lease(Int64)
  }

  package enum Result: Int, WireEnum {
    case equal = 0
    case greater = 1
    case less = 2
    case notEqual = 3

    package var name: String {
      switch self {
      case .equal: "EQUAL"
      case .greater: "GREATER"
      case .less: "LESS"
      case .notEqual: "NOT_EQUAL"
      }
    }
  }

  package var range = KeyRange.single([])
  package var target = Target.version(0)
  package var result = Result.equal

  package init() {}

  package init(range: KeyRange, target: Target, result: Result = .equal) {
    self.range = range
    self.target = target
    self.result = result
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try range.fields(&f, key: 3, rangeEnd: 64)
    try f.field(1, "result", &result)
    var kind = target.kind
    try f.field(2, "target", &kind)
    if kind != target.kind { target = kind.withoutOperand }
    var chosen: Target? = target
    try f.choice(4, "version", &chosen, Target.version) { if case .version(let version) = $0 { version } else { nil } }
    try f.choice(5, "create_revision", &chosen, Target.create) {
      if case .create(let revision) = $0 { revision } else { nil }
    }
    try f.choice(6, "mod_revision", &chosen, Target.mod) { if case .mod(let revision) = $0 { revision } else { nil } }
    try f.choice(7, "value", &chosen, Target.value) { if case .value(let value) = $0 { value } else { nil } }
    try f.choice(8, "lease", &chosen, Target.lease) { if case .lease(let lease) = $0 { lease } else { nil } }
    target = chosen ?? target
  }
}

extension Compare.Target {
  /// What the proto files say in a field of its own, beside the operand.
  enum Kind: Int, WireEnum {
    case version = 0
    case create = 1
    case mod = 2
    case value = 3
    case lease = 4

    var name: String {
      switch self {
      case .version: "VERSION"
      case .create: "CREATE"
      case .mod: "MOD"
      case .value: "VALUE"
      case .lease: "LEASE"
      }
    }

    /// An operand that is absent is its type's default.
    var withoutOperand: Compare.Target {
      switch self {
      case .version: .version(0)
      case .create: .create(0)
      case .mod: .mod(0)
      case .value: .value([])
      case .lease: .lease(0)
      }
    }
  }

  var kind: Kind {
    switch self {
    case .version: .version
    case .create: .create
    case .mod: .mod
    case .value: .value
    case .lease: .lease
    }
  }
}

package indirect enum RequestOp: OneOf {
  case range(RangeRequest)
  case put(PutRequest)
  case deleteRange(DeleteRangeRequest)
  case txn(TxnRequest)

  package static func fields<F: Fields>(_ f: inout F, _ chosen: inout Self?) throws(F.Failure) {
    try f.choice(1, "request_range", &chosen, Self.range) { if case .range(let request) = $0 { request } else { nil } }
    try f.choice(2, "request_put", &chosen, Self.put) { if case .put(let request) = $0 { request } else { nil } }
    try f.choice(3, "request_delete_range", &chosen, Self.deleteRange) {
      if case .deleteRange(let request) = $0 { request } else { nil }
    }
    try f.choice(4, "request_txn", &chosen, Self.txn) { if case .txn(let request) = $0 { request } else { nil } }
  }
}

/// Executes `success` if every condition holds, otherwise `failure`, as one change.
package struct TxnRequest: Message {
  package var compare: [Compare] = []
  package var success: [RequestOp] = []
  package var failure: [RequestOp] = []

  package init() {}

  package init(compare: [Compare] = [], success: [RequestOp] = [], failure: [RequestOp] = []) {
    self.compare = compare
    self.success = success
    self.failure = failure
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "compare", &compare)
    try f.field(2, "success", &success)
    try f.field(3, "failure", &failure)
  }
}

package indirect enum ResponseOp: OneOf {
  case range(RangeResponse)
  case put(PutResponse)
  case deleteRange(DeleteRangeResponse)
  case txn(TxnResponse)

  package static func fields<F: Fields>(_ f: inout F, _ chosen: inout Self?) throws(F.Failure) {
    try f.choice(1, "response_range", &chosen, Self.range) {
      if case .range(let response) = $0 { response } else { nil }
    }
    try f.choice(2, "response_put", &chosen, Self.put) { if case .put(let response) = $0 { response } else { nil } }
    try f.choice(3, "response_delete_range", &chosen, Self.deleteRange) {
      if case .deleteRange(let response) = $0 { response } else { nil }
    }
    try f.choice(4, "response_txn", &chosen, Self.txn) { if case .txn(let response) = $0 { response } else { nil } }
  }
}

package struct TxnResponse: Message {
  package var header = ResponseHeader()
  /// Whether the conditions held.
  package var succeeded = false
  /// One for each of the operations that were executed, in their order. A nested transaction's header is empty, and its
  /// operations' headers have a revision only.
  package var responses: [ResponseOp] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "succeeded", &succeeded)
    try f.field(3, "responses", &responses)
  }
}
