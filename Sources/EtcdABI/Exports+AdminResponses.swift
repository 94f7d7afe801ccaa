import CEtcdcli
import EtcdCore

private func find(_ response: OpaquePointer?) -> AdminBox? { ResponseBox.from(response)?.admin }

@implementation @_cdecl("etcdcli_response_member_count")
public func etcdcli_response_member_count(_ response: OpaquePointer?) -> Int {
  find(response)?.members.count ?? 0
}

@implementation @_cdecl("etcdcli_response_member")
public func etcdcli_response_member(_ response: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_member>! {
  find(response)?.members[index]
}

@implementation @_cdecl("etcdcli_response_member_added")
public func etcdcli_response_member_added(_ response: OpaquePointer?) -> UnsafePointer<etcdcli_member>! {
  find(response)?.added[0]
}

@implementation @_cdecl("etcdcli_response_auth_state")
public func etcdcli_response_auth_state(_ response: OpaquePointer?) -> UnsafePointer<etcdcli_auth_state>! {
  find(response)?.authState[0]
}

@implementation @_cdecl("etcdcli_response_name_count")
public func etcdcli_response_name_count(_ response: OpaquePointer?) -> Int {
  find(response)?.names.count ?? 0
}

@implementation @_cdecl("etcdcli_response_name")
public func etcdcli_response_name(_ response: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_slice>! {
  find(response)?.names[index]
}

@implementation @_cdecl("etcdcli_response_permission_count")
public func etcdcli_response_permission_count(_ response: OpaquePointer?) -> Int {
  find(response)?.permissions.count ?? 0
}

@implementation @_cdecl("etcdcli_response_permission")
public func etcdcli_response_permission(
  _ response: OpaquePointer?, _ index: Int
) -> UnsafePointer<etcdcli_permission>! {
  find(response)?.permissions[index]
}

@implementation @_cdecl("etcdcli_response_status")
public func etcdcli_response_status(_ response: OpaquePointer?) -> UnsafePointer<etcdcli_member_status>! {
  find(response)?.status[0]
}

@implementation @_cdecl("etcdcli_response_alarm_count")
public func etcdcli_response_alarm_count(_ response: OpaquePointer?) -> Int {
  find(response)?.alarms.count ?? 0
}

@implementation @_cdecl("etcdcli_response_alarm")
public func etcdcli_response_alarm(_ response: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_alarm>! {
  find(response)?.alarms[index]
}

@implementation @_cdecl("etcdcli_response_hash")
public func etcdcli_response_hash(_ response: OpaquePointer?) -> UnsafePointer<etcdcli_member_hash>! {
  find(response)?.hash[0]
}

@implementation @_cdecl("etcdcli_response_snapshot_part")
public func etcdcli_response_snapshot_part(_ response: OpaquePointer?) -> UnsafePointer<etcdcli_snapshot_part>! {
  find(response)?.snapshotPart[0]
}

@implementation @_cdecl("etcdcli_response_gateway_json")
public func etcdcli_response_gateway_json(_ response: OpaquePointer?) -> UnsafePointer<etcdcli_slice>! {
  find(response)?.json[0]
}
