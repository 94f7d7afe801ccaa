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
    let wanted = try WatcherOptions(params, name)
    try Arguments.check(params.start_revision, in: 0...Int64.max, "\(name).start_revision")
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    guard let onBatch = params.on_batch else { throw CallError(.argument, "\(name).on_batch is NULL") }
    let id = try cluster.addWatcher(
      of: range, from: params.start_revision, prevKV: params.flags & Flag.prevKV != 0, wanted)
    do throws(CallError) {
      let watcher = try WatcherHandle(
        id, of: cluster, onBatch, params.on_state, UserData(params.user, params.destroy))
      cluster.add(watcher)
      out.pointee = watcher.ticket
    } catch {
      cluster.removeWatcher(id)
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

@implementation @_cdecl("etcdcli_watcher_status")
public func etcdcli_watcher_status(
  _ watcher: OpaquePointer?, _ out: UnsafeMutablePointer<etcdcli_watch_status>?
) -> CInt {
  answer { () throws(CallError) in
    let watcher = try find(watcher)
    guard let out else { throw CallError(.argument, "out is NULL") }
    let status = watcher.cluster.core?.watcherStatus(watcher.id) ?? WatcherStatus()
    try Arguments.write(etcdcli_watch_status(status), to: out, "out")
    return 0
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

@implementation @_cdecl("etcdcli_batch_header")
public func etcdcli_batch_header(_ batch: OpaquePointer?) -> UnsafePointer<etcdcli_header>! {
  BatchBox.from(batch)?.header[0]
}

@implementation @_cdecl("etcdcli_batch_revision")
public func etcdcli_batch_revision(_ batch: OpaquePointer?) -> Int64 {
  BatchBox.from(batch)?.revision ?? 0
}

@implementation @_cdecl("etcdcli_batch_time_ms")
public func etcdcli_batch_time_ms(_ batch: OpaquePointer?) -> Int64 {
  BatchBox.from(batch)?.time ?? 0
}

// MARK: Structs

extension WatcherOptions {
  fileprivate init(_ params: etcdcli_watcher_params, _ name: String) throws(CallError) {
    self.init()
    let flags = params.flags
    let allowed =
      Flag.prefix | Flag.fromKey | Flag.prevKV | Flag.keysOnly | Flag.noPut | Flag.noDelete | Flag.noResync
    try Arguments.check(flags: flags, allowed: allowed, "\(name).flags")
    keysOnly = flags & Flag.keysOnly != 0
    wantsPuts = flags & Flag.noPut == 0
    wantsDeletes = flags & Flag.noDelete == 0
    resyncs = flags & Flag.noResync == 0
    if !wantsPuts, !wantsDeletes {
      throw CallError(
        .argument, "\(name).flags has ETCDCLI_NO_PUT and ETCDCLI_NO_DELETE, which together leave nothing to be told")
    }
    try Arguments.check(params.page_keys, in: 0...100_000, "\(name).page_keys")
    try Arguments.check(params.index_max_bytes, in: 0...8_589_934_592, "\(name).index_max_bytes")
    pageKeys = params.page_keys
    indexMaxBytes = params.index_max_bytes
  }
}

extension etcdcli_watch_status {
  fileprivate init(_ status: WatcherStatus) {
    self.init()
    struct_size = MemoryLayout<Self>.size
    state = status.state.rawValue
    attempts = CInt(clamping: status.attempts)
    revision = status.revision
    store_revision = status.storeRevision
    lag = status.lag
    silent_ms = status.silentMs
    known_keys = UInt64(status.knownKeys)
    index_bytes = UInt64(status.indexBytes)
  }
}
