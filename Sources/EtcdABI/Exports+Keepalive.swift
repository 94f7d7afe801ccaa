import CEtcdcli
import EtcdCore

private func find(_ keepalive: OpaquePointer?) throws(CallError) -> KeepaliveHandle {
  try HandleTable.shared.find(keepalive, as: KeepaliveHandle.self)
}

@implementation @_cdecl("etcdcli_keepalive_new")
public func etcdcli_keepalive_new(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_keepalive_params>?,
  _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try HandleTable.shared.find(cluster, as: ClusterHandle.self)
    guard let out else { throw CallError(.argument, "out is NULL") }
    let name = "keepalive_params"
    let params = try Arguments.read(params, name)
    let key = try Arguments.bytes(params.key, "\(name).key")
    let value = try Arguments.bytes(params.value, "\(name).value")
    if key.isEmpty { throw CallError(.argument, "\(name).key is empty") }
    let core = try cluster.open()
    let id: KeepaliveID
    do throws(Cluster.KeepaliveRefusal) {
      id = try core.addKeepalive(key: key, value: value)
    } catch .limit {
      throw CallError(.limit, "the cluster has keepalives.max keepalives")
    } catch .keyIsTaken {
      throw CallError(.argument, "\(name).key has a keepalive of this cluster already")
    } catch {
      throw CallError.closed
    }
    do throws(CallError) {
      let keepalive = try KeepaliveHandle(id, of: cluster, params.on_state, UserData(params.user, params.destroy))
      cluster.add(keepalive)
      out.pointee = keepalive.ticket
    } catch {
      core.detachKeepalive(id)
      throw error
    }
    return 0
  }
}

@implementation @_cdecl("etcdcli_keepalive_set_value")
public func etcdcli_keepalive_set_value(_ keepalive: OpaquePointer?, _ value: etcdcli_slice) -> CInt {
  answer { () throws(CallError) in
    let keepalive = try find(keepalive)
    let value = try Arguments.bytes(value, "value")
    let core = try keepalive.cluster.open()
    do throws(Cluster.ValueRefusal) {
      try core.setValue(value, of: keepalive.id)
    } catch .conflict {
      throw CallError(.conflict, "the key belongs to another process")
    } catch {
      throw CallError(.closed, "the keepalive has ended, or is being removed")
    }
    return 0
  }
}

@implementation @_cdecl("etcdcli_keepalive_state")
public func etcdcli_keepalive_state(_ keepalive: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in
    let keepalive = try find(keepalive)
    return (keepalive.cluster.core?.keepaliveState(keepalive.id) ?? .ended).rawValue
  }
}

@implementation @_cdecl("etcdcli_keepalive_state_name")
public func etcdcli_keepalive_state_name(_ state: CInt) -> UnsafePointer<CChar>! {
  StaticText.pointer(to: KeepaliveState(rawValue: state)?.name ?? "unknown")
}

@implementation @_cdecl("etcdcli_keepalive_remove")
public func etcdcli_keepalive_remove(_ keepalive: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in
    let keepalive = try find(keepalive)
    guard try keepalive.cluster.open().removeKeepalive(keepalive.id) else {
      throw CallError(.closed, "the keepalive has ended, or is being removed")
    }
    return 0
  }
}

@implementation @_cdecl("etcdcli_keepalive_free")
public func etcdcli_keepalive_free(_ keepalive: OpaquePointer?) -> CInt {
  guard keepalive != nil else { return 0 }
  return answer { () throws(CallError) in
    let handle = try HandleTable.shared.find(keepalive, as: KeepaliveHandle.self, evenIfForked: true)
    let isForked = HandleTable.shared.isForked(keepalive)
    HandleTable.shared.remove(keepalive, kind: .keepalive)
    if !isForked { handle.cluster.remove(handle) }
    handle.user.release()
    return 0
  }
}
