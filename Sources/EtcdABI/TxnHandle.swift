import CEtcdcli
import EtcdCore

/// Behind an `etcdcli_txn`: a transaction that is being put together.
final class TxnHandle: Handle {
  static let kind = HandleKind.txn

  private(set) var request = TxnRequest()
  /// How many transactions lie in each other, this one included.
  private var depth = 1
  /// Deeper ones could be sent, but not read back: an answer is taken to this depth.
  private static let maxDepth = 12

  func add(_ condition: Compare) {
    request.compare.append(condition)
  }

  func add(_ operation: RequestOp, to branch: CInt) throws(CallError) {
    switch branch {
    case CInt(ETCDCLI_THEN.rawValue): request.success.append(operation)
    case CInt(ETCDCLI_ELSE.rawValue): request.failure.append(operation)
    default: throw CallError(.argument, "branch is \(branch): must be ETCDCLI_THEN or ETCDCLI_ELSE")
    }
  }

  /// As it is now.
  func nest(_ other: TxnHandle, in branch: CInt) throws(CallError) {
    guard other.depth < Self.maxDepth else {
      throw CallError(.argument, "more than \(Self.maxDepth) transactions would lie in each other")
    }
    try add(.txn(other.request), to: branch)
    depth = max(depth, other.depth + 1)
  }
}

extension Compare {
  init(_ params: UnsafePointer<etcdcli_compare_params>?) throws(CallError) {
    let name = "compare_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.prefix | Flag.fromKey, "\(name).flags")
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    let value = try Arguments.bytes(params.value, "\(name).value")
    let target: Compare.Target
    switch params.target {
    case CInt(ETCDCLI_COMPARE_VERSION.rawValue): target = .version(params.number)
    case CInt(ETCDCLI_COMPARE_CREATE_REVISION.rawValue): target = .create(params.number)
    case CInt(ETCDCLI_COMPARE_MOD_REVISION.rawValue): target = .mod(params.number)
    case CInt(ETCDCLI_COMPARE_VALUE.rawValue): target = .value(value)
    case CInt(ETCDCLI_COMPARE_LEASE.rawValue): target = .lease(params.number)
    default: throw CallError(.argument, "\(name).target is \(params.target), which is none of its values")
    }
    if case .value = target {
      if params.number != 0 {
        throw CallError(.argument, "\(name).number is \(params.number), and what is compared is the value")
      }
    } else {
      if !value.isEmpty { throw CallError(.argument, "\(name).value is not empty, and what is compared is a number") }
      try Arguments.check(params.number, in: 0...Int64.max, "\(name).number")
    }
    self.init(range: range, target: target, result: try Arguments.choice(params.result, "\(name).result"))
  }
}
