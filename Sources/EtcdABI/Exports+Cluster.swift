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
    return try cluster.wait(timeoutMs: timeout) ? 1 : 0
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
  answer { () throws(CallError) in try find(cluster).open { $0.state.rawValue } }
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
    lease = try find(cluster).open { $0.leaseID }
    return 0
  }
  return code < 0 ? Int64(code) : lease
}

@implementation @_cdecl("etcdcli_cluster_set_credentials")
public func etcdcli_cluster_set_credentials(
  _ cluster: OpaquePointer?, _ credentials: UnsafePointer<etcdcli_credentials>?
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try find(cluster)
    try cluster.setCredentials(try Arguments.credentials(credentials))
    return 0
  }
}

@implementation @_cdecl("etcdcli_cluster_reconfigure")
public func etcdcli_cluster_reconfigure(_ cluster: OpaquePointer?, _ config: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in
    let cluster = try find(cluster)
    try cluster.reconfigure(by: try HandleTable.shared.find(config, as: ConfigHandle.self))
    return 0
  }
}

@implementation @_cdecl("etcdcli_cluster_id")
public func etcdcli_cluster_id(_ cluster: OpaquePointer?) -> UInt64 {
  var id: UInt64 = 0
  _ = answer { () throws(CallError) in
    id = try find(cluster).open { $0.clusterID }
    return 0
  }
  return id
}

@implementation @_cdecl("etcdcli_cluster_endpoint_count")
public func etcdcli_cluster_endpoint_count(_ cluster: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in CInt(clamping: try find(cluster).open { $0.endpointReports.count }) }
}

@implementation @_cdecl("etcdcli_cluster_endpoint")
public func etcdcli_cluster_endpoint(
  _ cluster: OpaquePointer?, _ index: CInt
) -> UnsafePointer<etcdcli_endpoint_info>! {
  var info: UnsafePointer<etcdcli_endpoint_info>?
  _ = answer { () throws(CallError) in
    info = try find(cluster).endpoint(Int(index))
    return 0
  }
  return info
}

@implementation @_cdecl("etcdcli_cluster_server_version")
public func etcdcli_cluster_server_version(_ cluster: OpaquePointer?) -> UnsafePointer<CChar>! {
  var version = StaticText.empty
  _ = answer { () throws(CallError) in
    version = try find(cluster).serverVersion()
    return 0
  }
  return version
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
