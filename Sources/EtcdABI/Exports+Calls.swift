import CEtcdcli
import EtcdCore

// MARK: Calls

@implementation @_cdecl("etcdcli_range")
public func etcdcli_range(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_range_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.range(params)
  }
}

@implementation @_cdecl("etcdcli_put")
public func etcdcli_put(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_put_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.put(params)
  }
}

@implementation @_cdecl("etcdcli_delete")
public func etcdcli_delete(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_delete_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.delete(params)
  }
}

@implementation @_cdecl("etcdcli_compact")
public func etcdcli_compact(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_compact_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.compact(params)
  }
}

@implementation @_cdecl("etcdcli_commit")
public func etcdcli_commit(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_commit_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.commit(params)
  }
}

// MARK: Calls about leases

@implementation @_cdecl("etcdcli_lease_grant")
public func etcdcli_lease_grant(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_lease_grant_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.leaseGrant(params)
  }
}

@implementation @_cdecl("etcdcli_lease_revoke")
public func etcdcli_lease_revoke(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_lease_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.lease(params) { lease, _ in .leaseRevoke(LeaseRevokeRequest(id: lease)) }
  }
}

@implementation @_cdecl("etcdcli_lease_keep_alive")
public func etcdcli_lease_keep_alive(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_lease_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.lease(params) { lease, _ in .leaseKeepAlive(LeaseKeepAliveRequest(id: lease)) }
  }
}

@implementation @_cdecl("etcdcli_lease_time_to_live")
public func etcdcli_lease_time_to_live(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_lease_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.lease(params, allowed: Flag.leaseKeys) { lease, flags in
      .leaseTimeToLive(LeaseTimeToLiveRequest(id: lease, keys: flags & Flag.leaseKeys != 0))
    }
  }
}

@implementation @_cdecl("etcdcli_lease_list")
public func etcdcli_lease_list(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_lease_list_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.leaseList(params)
  }
}

/// The end of every function that submits a call.
func submit(
  _ cluster: OpaquePointer?, _ callback: etcdcli_call_fn?, _ user: UnsafeMutableRawPointer?,
  _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?,
  _ request: () throws(CallError) -> HostCall
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try HandleTable.shared.find(cluster, as: ClusterHandle.self)
    let call = try request()
    guard let callback else { throw CallError(.argument, "fn is NULL") }
    let id = try cluster.submit(call, callback, UserData(user, destroy))
    out?.pointee = id.rawValue
    return 0
  }
}

/// The same for an answer that comes in parts.
func submitParts(
  _ cluster: OpaquePointer?, _ onPart: etcdcli_call_fn?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?,
  _ request: () throws(CallError) -> HostCall
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try HandleTable.shared.find(cluster, as: ClusterHandle.self)
    let call = try request()
    guard let onPart else { throw CallError(.argument, "on_part is NULL") }
    guard let callback else { throw CallError(.argument, "fn is NULL") }
    let id = try cluster.submit(call, onPart: onPart, callback, UserData(user, destroy))
    out?.pointee = id.rawValue
    return 0
  }
}

@implementation @_cdecl("etcdcli_range_each")
public func etcdcli_range_each(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_range_params>?, _ onPart: etcdcli_call_fn?,
  _ callback: etcdcli_call_fn?, _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?,
  _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submitParts(cluster, onPart, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.rangeEach(params)
  }
}

@implementation @_cdecl("etcdcli_call_cancel")
public func etcdcli_call_cancel(_ cluster: OpaquePointer?, _ call: etcdcli_call) -> CInt {
  answer { () throws(CallError) in
    let cluster = try HandleTable.shared.find(cluster, as: ClusterHandle.self)
    guard try cluster.open({ $0.cancel(CallID(rawValue: call)) }) else {
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

@implementation @_cdecl("etcdcli_response_succeeded")
public func etcdcli_response_succeeded(_ response: OpaquePointer?) -> CInt {
  ResponseBox.from(response)?.succeeded == true ? 1 : 0
}

@implementation @_cdecl("etcdcli_response_op_count")
public func etcdcli_response_op_count(_ response: OpaquePointer?) -> Int {
  ResponseBox.from(response)?.ops.count ?? 0
}

@implementation @_cdecl("etcdcli_response_op")
public func etcdcli_response_op(_ response: OpaquePointer?, _ index: Int) -> OpaquePointer! {
  guard let ops = ResponseBox.from(response)?.ops, ops.indices.contains(index) else { return nil }
  return ops[index].pointer
}

@implementation @_cdecl("etcdcli_response_lease_count")
public func etcdcli_response_lease_count(_ response: OpaquePointer?) -> Int {
  ResponseBox.from(response)?.leases.count ?? 0
}

@implementation @_cdecl("etcdcli_response_lease")
public func etcdcli_response_lease(_ response: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_lease>! {
  ResponseBox.from(response)?.leases[index]
}

@implementation @_cdecl("etcdcli_response_key_count")
public func etcdcli_response_key_count(_ response: OpaquePointer?) -> Int {
  ResponseBox.from(response)?.keys.count ?? 0
}

@implementation @_cdecl("etcdcli_response_key")
public func etcdcli_response_key(_ response: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_slice>! {
  ResponseBox.from(response)?.keys[index]
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
