import CEtcdcli
import EtcdCore

// MARK: Members

@implementation @_cdecl("etcdcli_member_list")
public func etcdcli_member_list(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_member_list_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.memberList(params)
  }
}

@implementation @_cdecl("etcdcli_member_add")
public func etcdcli_member_add(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_member_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.memberAdd(params)
  }
}

@implementation @_cdecl("etcdcli_member_remove")
public func etcdcli_member_remove(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_member_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.member(params) { .memberRemove(MemberRemoveRequest(id: $0)) }
  }
}

@implementation @_cdecl("etcdcli_member_update")
public func etcdcli_member_update(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_member_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.memberUpdate(params)
  }
}

@implementation @_cdecl("etcdcli_member_promote")
public func etcdcli_member_promote(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_member_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.member(params) { .memberPromote(MemberPromoteRequest(id: $0)) }
  }
}

// MARK: Authentication

@implementation @_cdecl("etcdcli_auth_enable")
public func etcdcli_auth_enable(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_auth_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.auth(params, .authEnable)
  }
}

@implementation @_cdecl("etcdcli_auth_disable")
public func etcdcli_auth_disable(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_auth_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.auth(params, .authDisable)
  }
}

@implementation @_cdecl("etcdcli_auth_status")
public func etcdcli_auth_status(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_auth_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.auth(params, .authStatus)
  }
}

@implementation @_cdecl("etcdcli_user_list")
public func etcdcli_user_list(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_auth_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.auth(params, .userList)
  }
}

@implementation @_cdecl("etcdcli_role_list")
public func etcdcli_role_list(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_auth_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.auth(params, .roleList)
  }
}

@implementation @_cdecl("etcdcli_user_add")
public func etcdcli_user_add(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_user_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.userAdd(params)
  }
}

@implementation @_cdecl("etcdcli_user_delete")
public func etcdcli_user_delete(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_user_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.user(params) { user, _ in .userDelete(AuthUserDeleteRequest(name: user)) }
  }
}

@implementation @_cdecl("etcdcli_user_get")
public func etcdcli_user_get(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_user_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.user(params) { user, _ in .userGet(AuthUserGetRequest(name: user)) }
  }
}

@implementation @_cdecl("etcdcli_user_change_password")
public func etcdcli_user_change_password(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_user_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.user(params, .password) { user, password in
      .userChangePassword(AuthUserChangePasswordRequest(name: user, password: password))
    }
  }
}

@implementation @_cdecl("etcdcli_user_grant_role")
public func etcdcli_user_grant_role(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_user_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.user(params, .role) { user, role in
      .userGrantRole(AuthUserGrantRoleRequest(user: user, role: role))
    }
  }
}

@implementation @_cdecl("etcdcli_user_revoke_role")
public func etcdcli_user_revoke_role(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_user_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.user(params, .role) { user, role in
      .userRevokeRole(AuthUserRevokeRoleRequest(name: user, role: role))
    }
  }
}

@implementation @_cdecl("etcdcli_role_add")
public func etcdcli_role_add(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_role_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.role(params) { .roleAdd(AuthRoleAddRequest(name: $0)) }
  }
}

@implementation @_cdecl("etcdcli_role_delete")
public func etcdcli_role_delete(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_role_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.role(params) { .roleDelete(AuthRoleDeleteRequest(role: $0)) }
  }
}

@implementation @_cdecl("etcdcli_role_get")
public func etcdcli_role_get(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_role_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.role(params) { .roleGet(AuthRoleGetRequest(role: $0)) }
  }
}

@implementation @_cdecl("etcdcli_role_grant_permission")
public func etcdcli_role_grant_permission(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_role_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.roleGrantPermission(params)
  }
}

@implementation @_cdecl("etcdcli_role_revoke_permission")
public func etcdcli_role_revoke_permission(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_role_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.roleRevokePermission(params)
  }
}

// MARK: Maintenance

@implementation @_cdecl("etcdcli_status")
public func etcdcli_status(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.maintenance(params) { _ in .status }
  }
}

@implementation @_cdecl("etcdcli_alarm_list")
public func etcdcli_alarm_list(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.alarm(params, .get)
  }
}

@implementation @_cdecl("etcdcli_alarm_activate")
public func etcdcli_alarm_activate(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.alarm(params, .activate)
  }
}

@implementation @_cdecl("etcdcli_alarm_deactivate")
public func etcdcli_alarm_deactivate(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.alarm(params, .deactivate)
  }
}

@implementation @_cdecl("etcdcli_defragment")
public func etcdcli_defragment(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.maintenance(params) { _ in .defragment }
  }
}

@implementation @_cdecl("etcdcli_hash")
public func etcdcli_hash(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.maintenance(params) { _ in .hash }
  }
}

@implementation @_cdecl("etcdcli_hash_kv")
public func etcdcli_hash_kv(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.maintenance(params, [.revision, .endpoint]) {
      .hashKV(HashKVRequest(revision: $0.revision))
    }
  }
}

@implementation @_cdecl("etcdcli_move_leader")
public func etcdcli_move_leader(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.moveLeader(params)
  }
}

@implementation @_cdecl("etcdcli_snapshot")
public func etcdcli_snapshot(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_maintenance_params>?, _ onPart: etcdcli_call_fn?,
  _ callback: etcdcli_call_fn?, _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?,
  _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submitParts(cluster, onPart, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.maintenance(params) { _ in .snapshot }
  }
}

// MARK: The gateway

@implementation @_cdecl("etcdcli_gateway_call")
public func etcdcli_gateway_call(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_gateway_params>?, _ callback: etcdcli_call_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?, _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submit(cluster, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.gateway(params)
  }
}

@implementation @_cdecl("etcdcli_gateway_stream")
public func etcdcli_gateway_stream(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_gateway_params>?, _ onPart: etcdcli_call_fn?,
  _ callback: etcdcli_call_fn?, _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?,
  _ out: UnsafeMutablePointer<etcdcli_call>?
) -> CInt {
  submitParts(cluster, onPart, callback, user, destroy, out) { () throws(CallError) in
    try HostCall.gateway(params)
  }
}
