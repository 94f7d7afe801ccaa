import CEtcdcli
import EtcdCore

private func find(_ cluster: OpaquePointer?) throws(CallError) -> ClusterHandle {
  try HandleTable.shared.find(cluster, as: ClusterHandle.self)
}

@implementation @_cdecl("etcdcli_cluster_new")
public func etcdcli_cluster_new(_ config: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?) -> CInt {
  answer { () throws(CallError) in
    let config = try HandleTable.shared.find(config, as: ConfigHandle.self)
    guard let out else { throw CallError(.argument, "out is NULL") }
    out.pointee = try ClusterHandle(config: config).ticket
    return 0
  }
}

@implementation @_cdecl("etcdcli_cluster_fd")
public func etcdcli_cluster_fd(_ cluster: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in try find(cluster).fileDescriptor }
}

@implementation @_cdecl("etcdcli_cluster_timeout_ms")
public func etcdcli_cluster_timeout_ms(_ cluster: OpaquePointer?) -> Int64 {
  // For a dead handle 0: the loop that waits no longer than this comes to its pump, and hears of it there.
  var timeout: Int64 = 0
  _ = answer { () throws(CallError) in
    timeout = try find(cluster).timeoutMs
    return 0
  }
  return timeout
}

@implementation @_cdecl("etcdcli_cluster_pump")
public func etcdcli_cluster_pump(_ cluster: OpaquePointer?, _ maximum: CInt) -> CInt {
  answer { () throws(CallError) in
    let cluster = try find(cluster)
    guard maximum >= 0 else { throw CallError(.argument, "max_callbacks is \(maximum): must be 0 or more") }
    return try cluster.pump(maximum: maximum == 0 ? .max : Int(maximum)) ? 1 : 0
  }
}

@implementation @_cdecl("etcdcli_cluster_wait")
public func etcdcli_cluster_wait(_ cluster: OpaquePointer?, _ timeout: Int64) -> CInt {
  answer { () throws(CallError) in
    let cluster = try find(cluster)
    guard timeout >= -1 else { throw CallError(.argument, "timeout_ms is \(timeout): must be -1 or more") }
    try cluster.checkNotPumping()
    try cluster.poll(timeoutMs: timeout)
    return try cluster.pump(maximum: .max) ? 1 : 0
  }
}

@implementation @_cdecl("etcdcli_cluster_wakeup")
public func etcdcli_cluster_wakeup(_ cluster: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in
    try HandleTable.shared.findWaker(cluster).wake()
    return 0
  }
}

@implementation @_cdecl("etcdcli_cluster_state")
public func etcdcli_cluster_state(_ cluster: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in try find(cluster).open().state.rawValue }
}

@implementation @_cdecl("etcdcli_cluster_state_name")
public func etcdcli_cluster_state_name(_ state: CInt) -> UnsafePointer<CChar>! {
  StaticText.pointer(to: ClusterState(rawValue: state)?.name ?? "unknown")
}

@implementation @_cdecl("etcdcli_cluster_set_state_callback")
public func etcdcli_cluster_set_state_callback(
  _ cluster: OpaquePointer?, _ callback: etcdcli_cluster_state_fn?, _ user: UnsafeMutableRawPointer?,
  _ destroy: etcdcli_destroy_fn?
) -> CInt {
  answer { () throws(CallError) in
    try find(cluster).setStateCallback(callback, UserData(user, destroy))
    return 0
  }
}

@implementation @_cdecl("etcdcli_cluster_lease")
public func etcdcli_cluster_lease(_ cluster: OpaquePointer?) -> Int64 {
  var lease: Int64 = 0
  let code = answer { () throws(CallError) in
    lease = try find(cluster).open().leaseID
    return 0
  }
  return code < 0 ? Int64(code) : lease
}

@implementation @_cdecl("etcdcli_cluster_close")
public func etcdcli_cluster_close(
  _ cluster: OpaquePointer?, _ flags: CUnsignedInt, _ callback: etcdcli_close_fn?, _ user: UnsafeMutableRawPointer?,
  _ destroy: etcdcli_destroy_fn?
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try find(cluster)
    try Arguments.check(flags: flags, allowed: Flag.closeRevoke, "flags")
    try cluster.close(revoke: flags & Flag.closeRevoke != 0, callback, UserData(user, destroy))
    return 0
  }
}

@implementation @_cdecl("etcdcli_cluster_free")
public func etcdcli_cluster_free(_ cluster: OpaquePointer?) -> CInt {
  guard cluster != nil else { return 0 }
  return answer { () throws(CallError) in
    let handle = try HandleTable.shared.find(cluster, as: ClusterHandle.self, evenIfForked: true)
    let isForked = HandleTable.shared.isForked(cluster)
    HandleTable.shared.remove(cluster, kind: .cluster)
    handle.free(isForked: isForked)
    return 0
  }
}

// MARK: Calls

@implementation @_cdecl("etcdcli_range")
public func etcdcli_range(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_range_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    let name = "range_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(
      flags: params.flags,
      allowed: Flag.prefix | Flag.fromKey | Flag.keysOnly | Flag.countOnly | Flag.serializable, "\(name).flags")
    try Arguments.check(params.limit, in: 0...Int64.max, "\(name).limit")
    try Arguments.check(params.revision, in: 0...Int64.max, "\(name).revision")
    try Arguments.check(params.timeout_ms, in: Arguments.timeouts, "\(name).timeout_ms")
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    let request = RangeRequest(
      range: range, limit: params.limit, revision: params.revision,
      serializable: params.flags & Flag.serializable != 0, keysOnly: params.flags & Flag.keysOnly != 0,
      countOnly: params.flags & Flag.countOnly != 0)
    return (.range(request), params.timeout_ms)
  }
}

@implementation @_cdecl("etcdcli_put")
public func etcdcli_put(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_put_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    let name = "put_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.prevKV, "\(name).flags")
    try Arguments.check(params.lease, in: 0...Int64.max, "\(name).lease")
    try Arguments.check(params.timeout_ms, in: Arguments.timeouts, "\(name).timeout_ms")
    let key = try Arguments.bytes(params.key, "\(name).key")
    if key.isEmpty { throw CallError(.argument, "\(name).key is empty") }
    let request = PutRequest(
      key: key, value: try Arguments.bytes(params.value, "\(name).value"), lease: params.lease,
      prevKV: params.flags & Flag.prevKV != 0)
    return (.put(request), params.timeout_ms)
  }
}

@implementation @_cdecl("etcdcli_delete")
public func etcdcli_delete(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_delete_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    let name = "delete_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.prefix | Flag.fromKey | Flag.prevKV, "\(name).flags")
    try Arguments.check(params.timeout_ms, in: Arguments.timeouts, "\(name).timeout_ms")
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    return (.deleteRange(DeleteRangeRequest(range: range, prevKV: params.flags & Flag.prevKV != 0)), params.timeout_ms)
  }
}

@implementation @_cdecl("etcdcli_compact")
public func etcdcli_compact(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_compact_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    let name = "compact_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(params.revision, in: 1...Int64.max, "\(name).revision")
    try Arguments.check(flags: params.flags, allowed: Flag.physical, "\(name).flags")
    try Arguments.check(params.timeout_ms, in: Arguments.timeouts, "\(name).timeout_ms")
    let request = CompactionRequest(revision: params.revision, physical: params.flags & Flag.physical != 0)
    return (.compact(request), params.timeout_ms)
  }
}

private func submit(
  _ cluster: OpaquePointer?, _ callback: etcdcli_call_fn?, _ user: UnsafeMutableRawPointer?,
  _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?,
  _ request: () throws(CallError) -> (Operation, timeoutMs: Int64)
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try find(cluster)
    let (operation, timeoutMs) = try request()
    guard let callback else { throw CallError(.argument, "fn is NULL") }
    let id = try cluster.submit(operation, timeoutMs: timeoutMs, callback, UserData(user, destroy))
    out?.pointee = id.rawValue
    return 0
  }
}

@implementation @_cdecl("etcdcli_call_cancel")
public func etcdcli_call_cancel(_ cluster: OpaquePointer?, _ call: etcdcli_call) -> CInt {
  answer { () throws(CallError) in
    guard try find(cluster).open().cancel(CallID(rawValue: call)) else {
      throw CallError(.notFound, "call \(call) has ended, or never was")
    }
    return 0
  }
}

// MARK: Responses

@implementation @_cdecl("etcdcli_response_header")
public func etcdcli_response_header(_ response: OpaquePointer?) -> UnsafePointer<etcdcli_header>! {
  ResponseBox.from(response)?.header[0]
}

@implementation @_cdecl("etcdcli_response_kv_count")
public func etcdcli_response_kv_count(_ response: OpaquePointer?) -> Int {
  ResponseBox.from(response)?.kvs.count ?? 0
}

@implementation @_cdecl("etcdcli_response_kv")
public func etcdcli_response_kv(_ response: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_kv>! {
  ResponseBox.from(response)?.kvs[index]
}

@implementation @_cdecl("etcdcli_response_count")
public func etcdcli_response_count(_ response: OpaquePointer?) -> Int64 {
  ResponseBox.from(response)?.count ?? 0
}

@implementation @_cdecl("etcdcli_response_more")
public func etcdcli_response_more(_ response: OpaquePointer?) -> CInt {
  ResponseBox.from(response)?.more == true ? 1 : 0
}

@implementation @_cdecl("etcdcli_response_prev_kv_count")
public func etcdcli_response_prev_kv_count(_ response: OpaquePointer?) -> Int {
  ResponseBox.from(response)?.prevKVs.count ?? 0
}

@implementation @_cdecl("etcdcli_response_prev_kv")
public func etcdcli_response_prev_kv(_ response: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_kv>! {
  ResponseBox.from(response)?.prevKVs[index]
}
