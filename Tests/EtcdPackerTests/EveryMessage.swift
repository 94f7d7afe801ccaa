import EtcdPacker

/// Every message of etcd's API that is declared, and what it is called there: several names, where several messages
/// have the same fields.
enum EveryMessage {
  static let types: [(type: any Message.Type, names: [String])] = [
    (AlarmRequest.self, ["AlarmRequest"]),
    (AlarmResponse.AlarmMember.self, ["AlarmMember"]),
    (AlarmResponse.self, ["AlarmResponse"]),
    (AuthRoleAddRequest.self, ["AuthRoleAddRequest"]),
    (AuthRoleDeleteRequest.self, ["AuthRoleDeleteRequest"]),
    (AuthRoleGetRequest.self, ["AuthRoleGetRequest"]),
    (AuthRoleGetResponse.self, ["AuthRoleGetResponse"]),
    (AuthRoleGrantPermissionRequest.self, ["AuthRoleGrantPermissionRequest"]),
    (AuthRoleListResponse.self, ["AuthRoleListResponse"]),
    (AuthRoleRevokePermissionRequest.self, ["AuthRoleRevokePermissionRequest"]),
    (AuthStatusResponse.self, ["AuthStatusResponse"]),
    (AuthUserAddRequest.Options.self, ["UserAddOptions"]),
    (AuthUserAddRequest.self, ["AuthUserAddRequest"]),
    (AuthUserChangePasswordRequest.self, ["AuthUserChangePasswordRequest"]),
    (AuthUserDeleteRequest.self, ["AuthUserDeleteRequest"]),
    (AuthUserGetRequest.self, ["AuthUserGetRequest"]),
    (AuthUserGetResponse.self, ["AuthUserGetResponse"]),
    (AuthUserGrantRoleRequest.self, ["AuthUserGrantRoleRequest"]),
    (AuthUserListResponse.self, ["AuthUserListResponse"]),
    (AuthUserRevokeRoleRequest.self, ["AuthUserRevokeRoleRequest"]),
    (AuthenticateRequest.self, ["AuthenticateRequest"]),
    (AuthenticateResponse.self, ["AuthenticateResponse"]),
    (Choice<RequestOp>.self, ["RequestOp"]),
    (Choice<ResponseOp>.self, ["ResponseOp"]),
    (Choice<WatchRequest>.self, ["WatchRequest"]),
    (CompactionRequest.self, ["CompactionRequest"]),
    (Compare.self, ["Compare"]),
    (DeleteRangeRequest.self, ["DeleteRangeRequest"]),
    (DeleteRangeResponse.self, ["DeleteRangeResponse"]),
    (DowngradeRequest.self, ["DowngradeRequest"]),
    (DowngradeResponse.self, ["DowngradeResponse"]),
    (
      EmptyRequest.self,
      [
        "AuthDisableRequest", "AuthEnableRequest", "AuthRoleListRequest", "AuthStatusRequest", "AuthUserListRequest",
        "DefragmentRequest", "HashRequest", "LeaseLeasesRequest", "SnapshotRequest", "StatusRequest",
        "WatchProgressRequest",
      ]
    ),
    (Event.self, ["Event"]),
    (HashKVRequest.self, ["HashKVRequest"]),
    (HashKVResponse.self, ["HashKVResponse"]),
    (HashResponse.self, ["HashResponse"]),
    (
      HeaderResponse.self,
      [
        "AuthDisableResponse", "AuthEnableResponse", "AuthRoleAddResponse", "AuthRoleDeleteResponse",
        "AuthRoleGrantPermissionResponse", "AuthRoleRevokePermissionResponse", "AuthUserAddResponse",
        "AuthUserChangePasswordResponse", "AuthUserDeleteResponse", "AuthUserGrantRoleResponse",
        "AuthUserRevokeRoleResponse", "CompactionResponse", "DefragmentResponse", "LeaseRevokeResponse",
        "MoveLeaderResponse",
      ]
    ),
    (KeyValue.self, ["KeyValue"]),
    (LeaseGrantRequest.self, ["LeaseGrantRequest"]),
    (LeaseGrantResponse.self, ["LeaseGrantResponse"]),
    (LeaseKeepAliveRequest.self, ["LeaseKeepAliveRequest"]),
    (LeaseKeepAliveResponse.self, ["LeaseKeepAliveResponse"]),
    (LeaseLeasesResponse.LeaseStatus.self, ["LeaseStatus"]),
    (LeaseLeasesResponse.self, ["LeaseLeasesResponse"]),
    (LeaseRevokeRequest.self, ["LeaseRevokeRequest"]),
    (LeaseTimeToLiveRequest.self, ["LeaseTimeToLiveRequest"]),
    (LeaseTimeToLiveResponse.self, ["LeaseTimeToLiveResponse"]),
    (Member.self, ["Member"]),
    (MemberAddRequest.self, ["MemberAddRequest"]),
    (MemberAddResponse.self, ["MemberAddResponse"]),
    (MemberListRequest.self, ["MemberListRequest"]),
    (
      MemberListResponse.self,
      ["MemberListResponse", "MemberPromoteResponse", "MemberRemoveResponse", "MemberUpdateResponse"]
    ),
    (MemberPromoteRequest.self, ["MemberPromoteRequest"]),
    (MemberRemoveRequest.self, ["MemberRemoveRequest"]),
    (MemberUpdateRequest.self, ["MemberUpdateRequest"]),
    (MoveLeaderRequest.self, ["MoveLeaderRequest"]),
    (Permission.self, ["Permission"]),
    (PutRequest.self, ["PutRequest"]),
    (PutResponse.self, ["PutResponse"]),
    (RangeRequest.self, ["RangeRequest"]),
    (RangeResponse.self, ["RangeResponse"]),
    (ResponseHeader.self, ["ResponseHeader"]),
    (SnapshotResponse.self, ["SnapshotResponse"]),
    (StatusResponse.self, ["StatusResponse"]),
    (TxnRequest.self, ["TxnRequest"]),
    (TxnResponse.self, ["TxnResponse"]),
    (WatchCancelRequest.self, ["WatchCancelRequest"]),
    (WatchCreateRequest.self, ["WatchCreateRequest"]),
    (WatchResponse.self, ["WatchResponse"]),
  ]

  static let byName: [String: any Message.Type] = {
    var byName: [String: any Message.Type] = [:]
    for (type, names) in types { for name in names { byName[name] = type } }
    return byName
  }()
}
