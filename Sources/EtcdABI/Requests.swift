import CEtcdcli
import EtcdCore

/// A call that a host has asked for.
struct HostCall {
  let operation: Operation
  let timeoutMs: Int64
  var minRevision: Int64 = 0
  /// The one that it is to be asked of, and no other.
  var endpoint: Endpoint?

  /// Of the flags one is not the request's but the call's.
  init(_ operation: Operation, timeoutMs: Int64, flags: UInt32, _ name: String) throws(CallError) {
    try Arguments.check(timeoutMs, in: Arguments.timeouts, "\(name).timeout_ms")
    self.operation = flags & Flag.withoutLeader != 0 ? .leaderless(operation) : operation
    self.timeoutMs = timeoutMs
  }
}

// The requests that the header's parameter structs stand for.

extension HostCall {
  static func range(_ params: UnsafePointer<etcdcli_range_params>?) throws(CallError) -> HostCall {
    let name = "range_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(
      flags: params.flags,
      allowed: Flag.prefix | Flag.fromKey | Flag.keysOnly | Flag.countOnly | Flag.serializable | Flag.withoutLeader,
      "\(name).flags")
    for (value, field) in [
      (params.limit, "limit"), (params.revision, "revision"), (params.min_mod_revision, "min_mod_revision"),
      (params.max_mod_revision, "max_mod_revision"), (params.min_create_revision, "min_create_revision"),
      (params.max_create_revision, "max_create_revision"), (params.not_older_than, "not_older_than"),
    ] {
      try Arguments.check(value, in: 0...Int64.max, "\(name).\(field)")
    }
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    let request = RangeRequest(
      range: range, limit: params.limit, revision: params.revision,
      sortOrder: try Arguments.choice(params.sort_order, "\(name).sort_order"),
      sortTarget: try Arguments.choice(params.sort_target, "\(name).sort_target"),
      serializable: params.flags & Flag.serializable != 0, keysOnly: params.flags & Flag.keysOnly != 0,
      countOnly: params.flags & Flag.countOnly != 0, minModRevision: params.min_mod_revision,
      maxModRevision: params.max_mod_revision, minCreateRevision: params.min_create_revision,
      maxCreateRevision: params.max_create_revision)
    var call = try HostCall(.range(request), timeoutMs: params.timeout_ms, flags: params.flags, name)
    call.minRevision = params.not_older_than
    return call
  }

  /// In pages: what would make these not follow each other is not for it.
  static func rangeEach(_ params: UnsafePointer<etcdcli_range_params>?) throws(CallError) -> HostCall {
    let name = "range_params"
    let call = try range(params)
    try Arguments.unused(call.minRevision != 0, "\(name).not_older_than")
    guard let request = call.operation.rangeRequest?.request else { return call }
    try Arguments.unused(request.countOnly, "\(name).flags: ETCDCLI_COUNT_ONLY")
    guard request.sortOrder != .descending, request.sortOrder == .none || request.sortTarget == .key else {
      throw CallError(.argument, "\(name).sort_order and sort_target are not those of the keys, ascending")
    }
    return call
  }

  static func put(_ params: UnsafePointer<etcdcli_put_params>?) throws(CallError) -> HostCall {
    let name = "put_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(
      flags: params.flags, allowed: Flag.prevKV | Flag.ignoreValue | Flag.ignoreLease | Flag.withoutLeader,
      "\(name).flags")
    try Arguments.check(params.lease, in: 0...Int64.max, "\(name).lease")
    let key = try Arguments.bytes(params.key, "\(name).key")
    if key.isEmpty { throw CallError(.argument, "\(name).key is empty") }
    let value = try Arguments.bytes(params.value, "\(name).value")
    let keepsValue = params.flags & Flag.ignoreValue != 0
    if keepsValue, !value.isEmpty {
      throw CallError(.argument, "\(name).value is not empty, which ETCDCLI_IGNORE_VALUE excludes")
    }
    let keepsLease = params.flags & Flag.ignoreLease != 0
    if keepsLease, params.lease != 0 {
      throw CallError(.argument, "\(name).lease is \(params.lease), which ETCDCLI_IGNORE_LEASE excludes")
    }
    let request = PutRequest(
      key: key, value: value, lease: params.lease, prevKV: params.flags & Flag.prevKV != 0, ignoreValue: keepsValue,
      ignoreLease: keepsLease)
    return try HostCall(.put(request), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func delete(_ params: UnsafePointer<etcdcli_delete_params>?) throws(CallError) -> HostCall {
    let name = "delete_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(
      flags: params.flags, allowed: Flag.prefix | Flag.fromKey | Flag.prevKV | Flag.withoutLeader, "\(name).flags")
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    let request = DeleteRangeRequest(range: range, prevKV: params.flags & Flag.prevKV != 0)
    return try HostCall(.deleteRange(request), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func compact(_ params: UnsafePointer<etcdcli_compact_params>?) throws(CallError) -> HostCall {
    let name = "compact_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(params.revision, in: 1...Int64.max, "\(name).revision")
    try Arguments.check(flags: params.flags, allowed: Flag.physical | Flag.withoutLeader, "\(name).flags")
    let request = CompactionRequest(revision: params.revision, physical: params.flags & Flag.physical != 0)
    return try HostCall(.compact(request), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func commit(_ params: UnsafePointer<etcdcli_commit_params>?) throws(CallError) -> HostCall {
    let name = "commit_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.withoutLeader, "\(name).flags")
    let txn = try HandleTable.shared.find(params.txn, as: TxnHandle.self)
    return try HostCall(.txn(txn.request), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  // MARK: Leases

  static func leaseGrant(_ params: UnsafePointer<etcdcli_lease_grant_params>?) throws(CallError) -> HostCall {
    let name = "lease_grant_params"
    let params = try Arguments.read(params, name)
    // More is refused by etcd (lease/lessor.go, MaxLeaseTTL).
    try Arguments.check(params.ttl_s, in: 1...9_000_000_000, "\(name).ttl_s")
    try Arguments.check(params.lease, in: 0...Int64.max, "\(name).lease")
    try Arguments.check(flags: params.flags, allowed: Flag.withoutLeader, "\(name).flags")
    let request = LeaseGrantRequest(ttl: params.ttl_s, id: params.lease)
    return try HostCall(.leaseGrant(request), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  /// A call about one lease, which may have these flags.
  static func lease(
    _ params: UnsafePointer<etcdcli_lease_params>?, allowed: UInt32 = 0,
    _ operation: (_ lease: Int64, _ flags: UInt32) -> Operation
  ) throws(CallError) -> HostCall {
    let name = "lease_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(params.lease, in: 1...Int64.max, "\(name).lease")
    try Arguments.check(flags: params.flags, allowed: allowed | Flag.withoutLeader, "\(name).flags")
    return try HostCall(operation(params.lease, params.flags), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func leaseList(_ params: UnsafePointer<etcdcli_lease_list_params>?) throws(CallError) -> HostCall {
    let name = "lease_list_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.withoutLeader, "\(name).flags")
    return try HostCall(.leaseLeases(LeaseLeasesRequest()), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }
}
