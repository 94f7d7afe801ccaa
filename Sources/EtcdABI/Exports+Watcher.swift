import CEtcdcli
import EtcdCore

private func find(_ watcher: OpaquePointer?) throws(CallError) -> WatcherHandle {
  try HandleTable.shared.find(watcher, as: WatcherHandle.self)
}

@implementation @_cdecl("etcdcli_watcher_new")
public func etcdcli_watcher_new(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_watcher_params>?,
  _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try HandleTable.shared.find(cluster, as: ClusterHandle.self)
    guard let out else { throw CallError(.argument, "out is NULL") }
    let name = "watcher_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.prefix | Flag.fromKey | Flag.prevKV, "\(name).flags")
    try Arguments.check(params.start_revision, in: 0...Int64.max, "\(name).start_revision")
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    guard let onBatch = params.on_batch else { throw CallError(.argument, "\(name).on_batch is NULL") }
    let core = try cluster.open()
    let id: WatcherID
    do throws(Cluster.Refusal) {
      id = try core.addWatcher(
        range: range, startRevision: params.start_revision, prevKV: params.flags & Flag.prevKV != 0)
    } catch .limit {
      throw CallError(.limit, "the cluster has watchers.max watchers")
    } catch {
      throw CallError.closed
    }
    do throws(CallError) {
      let watcher = try WatcherHandle(
        id, of: cluster, onBatch, params.on_state, UserData(params.user, params.destroy))
      cluster.add(watcher)
      out.pointee = watcher.ticket
    } catch {
      core.removeWatcher(id)
      throw error
    }
    return 0
  }
}

@implementation @_cdecl("etcdcli_watcher_state")
public func etcdcli_watcher_state(_ watcher: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in
    let watcher = try find(watcher)
    return (watcher.cluster.core?.watcherState(watcher.id) ?? .ended).rawValue
  }
}

@implementation @_cdecl("etcdcli_watcher_state_name")
public func etcdcli_watcher_state_name(_ state: CInt) -> UnsafePointer<CChar>! {
  StaticText.pointer(to: WatcherState(rawValue: state)?.name ?? "unknown")
}

@implementation @_cdecl("etcdcli_watcher_free")
public func etcdcli_watcher_free(_ watcher: OpaquePointer?) -> CInt {
  guard watcher != nil else { return 0 }
  return answer { () throws(CallError) in
    let handle = try HandleTable.shared.find(watcher, as: WatcherHandle.self, evenIfForked: true)
    let isForked = HandleTable.shared.isForked(watcher)
    HandleTable.shared.remove(watcher, kind: .watcher)
    if !isForked { handle.cluster.remove(handle) }
    handle.user.release()
    return 0
  }
}

// MARK: Batches

@implementation @_cdecl("etcdcli_batch_size")
public func etcdcli_batch_size(_ batch: OpaquePointer?) -> Int {
  BatchBox.from(batch)?.events.count ?? 0
}

@implementation @_cdecl("etcdcli_batch_event")
public func etcdcli_batch_event(_ batch: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_event>! {
  BatchBox.from(batch)?.events[index]
}

@implementation @_cdecl("etcdcli_batch_flags")
public func etcdcli_batch_flags(_ batch: OpaquePointer?) -> CUnsignedInt {
  BatchBox.from(batch)?.flags ?? 0
}

@implementation @_cdecl("etcdcli_batch_revision")
public func etcdcli_batch_revision(_ batch: OpaquePointer?) -> Int64 {
  BatchBox.from(batch)?.revision ?? 0
}

@implementation @_cdecl("etcdcli_batch_time_ms")
public func etcdcli_batch_time_ms(_ batch: OpaquePointer?) -> Int64 {
  BatchBox.from(batch)?.time ?? 0
}
