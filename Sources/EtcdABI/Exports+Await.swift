import CEtcdcli
import EtcdCore

@implementation @_cdecl("etcdcli_await")
public func etcdcli_await(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_await_params>?, _ callback: etcdcli_await_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try HandleTable.shared.find(cluster, as: ClusterHandle.self)
    let name = "await_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(params.timeout_ms, in: Arguments.timeouts, "\(name).timeout_ms")
    var wanted: [Awaited] = []
    for ticket in try list(params.keepalives, params.keepalive_count, "\(name).keepalives") {
      let keepalive = try HandleTable.shared.find(ticket, as: KeepaliveHandle.self)
      try check(keepalive.cluster === cluster, name)
      wanted.append(.keepalive(keepalive.id))
    }
    for ticket in try list(params.watchers, params.watcher_count, "\(name).watchers") {
      let watcher = try HandleTable.shared.find(ticket, as: WatcherHandle.self)
      try check(watcher.cluster === cluster, name)
      wanted.append(.watcher(watcher.id))
    }
    guard let callback else { throw CallError(.argument, "fn is NULL") }
    let id = try cluster.await(wanted, timeoutMs: params.timeout_ms, callback, UserData(user, destroy))
    out?.pointee = id.rawValue
    return 0
  }
}

private func list(
  _ handles: UnsafePointer<OpaquePointer?>?, _ count: Int, _ name: String
) throws(CallError) -> UnsafeBufferPointer<OpaquePointer?> {
  // size_t comes to Swift as Int. There are no more handles than this.
  guard count >= 0, count < 1 << 28 else {
    throw CallError(.argument, "the count of \(name) is \(UInt(bitPattern: count)): is it a negative number?")
  }
  if handles == nil, count > 0 { throw CallError(.argument, "\(name) is NULL, but their count is \(count)") }
  return UnsafeBufferPointer(start: handles, count: handles == nil ? 0 : count)
}

private func check(_ isOfCluster: Bool, _ name: String) throws(CallError) {
  if !isOfCluster { throw CallError(.argument, "\(name) has a handle of another cluster") }
}
