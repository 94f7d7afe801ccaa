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
    let claim = Claim(
      key: key, value: value, policy: try policy(params, name), identity: try identity(params, of: value, name))
    let id = try cluster.open { core throws(CallError) in
      do throws(Cluster.KeepaliveRefusal) {
        return try core.addKeepalive(claim)
      } catch .limit {
        throw CallError(.limit, "the cluster has keepalives.max keepalives")
      } catch .keyIsTaken {
        throw CallError(.argument, "\(name).key has a keepalive of this cluster already")
      } catch {
        throw CallError.closed
      }
    }
    do throws(CallError) {
      let keepalive = try KeepaliveHandle(
        id, of: cluster, params.on_state, params.on_claim, claim.identity, UserData(params.user, params.destroy))
      cluster.add(keepalive)
      out.pointee = keepalive.ticket
    } catch {
      cluster.detachKeepalive(id)
      throw error
    }
    return 0
  }
}

private func policy(_ params: etcdcli_keepalive_params, _ name: String) throws(CallError) -> ClaimPolicy {
  guard let policy = ClaimPolicy(rawValue: params.claim) else {
    throw CallError(.argument, "\(name).claim is no ETCDCLI_CLAIM_* value: \(params.claim)")
  }
  if policy == .ask, params.on_claim == nil { throw CallError(.argument, "\(name).on_claim is NULL") }
  if policy != .ask, params.on_claim != nil {
    throw CallError(.argument, "\(name).on_claim is for ETCDCLI_CLAIM_ASK only")
  }
  return policy
}

private func identity(
  _ params: etcdcli_keepalive_params, of value: [UInt8], _ name: String
) throws(CallError) -> Identity {
  let field = try Arguments.bytes(params.identity_field, "\(name).identity_field")
  let separator = try Arguments.bytes(params.identity_separator, "\(name).identity_separator")
  if field.isEmpty, separator.isEmpty { return .wholeValue }
  if params.claim != ClaimPolicy.ifAbsentOrSame.rawValue {
    throw CallError(.argument, "\(name): an identity is for ETCDCLI_CLAIM_IF_ABSENT_OR_SAME only")
  }
  guard field.isEmpty || separator.isEmpty else {
    throw CallError(.argument, "\(name) has both an identity_field and an identity_separator")
  }
  let identity = field.isEmpty ? Identity.prefix(before: separator) : .jsonField(field)
  if identity.of(value) == nil {
    let part = field.isEmpty ? "identity_separator" : "identity_field"
    throw CallError(.argument, "\(name).value lacks what its \(part) names")
  }
  return identity
}

@implementation @_cdecl("etcdcli_keepalive_retry")
public func etcdcli_keepalive_retry(_ keepalive: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in
    let keepalive = try find(keepalive)
    let hadConflict = try keepalive.cluster.open { core throws(CallError) in
      do throws(Cluster.Refusal) {
        return try core.retryKeepalive(keepalive.id)
      } catch {
        throw CallError.closed
      }
    }
    if !hadConflict { throw CallError(.argument, "the keepalive is not in conflict") }
    return 0
  }
}

@implementation @_cdecl("etcdcli_keepalive_set_value")
public func etcdcli_keepalive_set_value(_ keepalive: OpaquePointer?, _ value: etcdcli_slice) -> CInt {
  answer { () throws(CallError) in
    _ = try set(value, of: try find(keepalive), isAwaited: false)
    return 0
  }
}

@implementation @_cdecl("etcdcli_keepalive_set_value_then")
public func etcdcli_keepalive_set_value_then(
  _ keepalive: OpaquePointer?, _ value: etcdcli_slice, _ callback: etcdcli_value_fn?, _ user: UnsafeMutableRawPointer?,
  _ destroy: etcdcli_destroy_fn?
) -> CInt {
  answer { () throws(CallError) in
    let keepalive = try find(keepalive)
    guard let callback else { throw CallError(.argument, "fn is NULL") }
    let id = try set(value, of: keepalive, isAwaited: true)
    keepalive.cluster.tellOfValue(id, keepalive, callback, UserData(user, destroy))
    return 0
  }
}

private func set(
  _ value: etcdcli_slice, of keepalive: KeepaliveHandle, isAwaited: Bool
) throws(CallError) -> CallID {
  let value = try Arguments.bytes(value, "value")
  if keepalive.identity.of(value) == nil { throw CallError(.argument, "value lacks the identity of the keepalive") }
  return try keepalive.cluster.open { core throws(CallError) in
    do throws(Cluster.ValueRefusal) {
      return try core.setValue(value, of: keepalive.id, isAwaited: isAwaited, untold: keepalive.valuesToTell)
    } catch .conflict {
      throw CallError(.conflict, "the key belongs to another process")
    } catch .limit {
      throw CallError(.limit, "calls.max values of the keepalive are waited for")
    } catch {
      throw CallError(.closed, "the keepalive has ended, or is being removed")
    }
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
    guard try keepalive.cluster.open({ $0.removeKeepalive(keepalive.id) }) else {
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
