import EtcdPacker

// What administers. All that changes something is sent at most once: it is done rarely and by several people, so that a
// second time may undo what somebody else has done in between, and who has asked can look what became of it.
//
// A member without a leader is asked for what is its own: its status, its database.

extension Method {
  static let memberAdd = admin(
    "/cluster/member/add", "Cluster/MemberAdd", .writesOnce, \MemberAddResponse.header
  ) { .members($0.members, added: $0.member) }
  static let memberRemove = members("/cluster/member/remove", "Cluster/MemberRemove")
  static let memberUpdate = members("/cluster/member/update", "Cluster/MemberUpdate")
  static let memberPromote = members("/cluster/member/promote", "Cluster/MemberPromote")

  static let authEnable = done("/auth/enable", "Auth/AuthEnable")
  static let authDisable = done("/auth/disable", "Auth/AuthDisable")
  static let authStatus = admin(
    "/auth/status", "Auth/AuthStatus", .reads, \AuthStatusResponse.header
  ) { .authStatus(isEnabled: $0.enabled, revision: $0.authRevision) }

  static let userAdd = done("/auth/user/add", "Auth/UserAdd")
  static let userGet = admin("/auth/user/get", "Auth/UserGet", .reads, \AuthUserGetResponse.header) { .names($0.roles) }
  static let userList = admin(
    "/auth/user/list", "Auth/UserList", .reads, \AuthUserListResponse.header
  ) { .names($0.users) }
  static let userDelete = done("/auth/user/delete", "Auth/UserDelete")
  static let userChangePassword = done("/auth/user/changepw", "Auth/UserChangePassword")
  static let userGrantRole = done("/auth/user/grant", "Auth/UserGrantRole")
  static let userRevokeRole = done("/auth/user/revoke", "Auth/UserRevokeRole")

  static let roleAdd = done("/auth/role/add", "Auth/RoleAdd")
  static let roleGet = admin(
    "/auth/role/get", "Auth/RoleGet", .reads, \AuthRoleGetResponse.header
  ) { .permissions($0.permissions) }
  static let roleList = admin(
    "/auth/role/list", "Auth/RoleList", .reads, \AuthRoleListResponse.header
  ) { .names($0.roles) }
  static let roleDelete = done("/auth/role/delete", "Auth/RoleDelete")
  static let roleGrantPermission = done("/auth/role/grant", "Auth/RoleGrantPermission")
  static let roleRevokePermission = done("/auth/role/revoke", "Auth/RoleRevokePermission")

  static let status = admin(
    "/maintenance/status", "Maintenance/Status", .reads, needsLeader: false, \StatusResponse.header
  ) { .status($0) }
  static let alarmList = alarms(.reads)
  static let alarm = alarms(.writesOnce)
  static let defragment = done(
    "/maintenance/defragment", "Maintenance/Defragment", needsLeader: false, isLong: true, hasHeader: false)
  static let hash = admin(
    "/maintenance/hash", "Maintenance/Hash", .reads, needsLeader: false, isLong: true, \HashResponse.header
  ) { .hash($0.hash, compactRevision: 0) }
  static let hashKV = admin(
    "/maintenance/hashkv", "Maintenance/HashKV", .reads, needsLeader: false, isLong: true, \HashKVResponse.header
  ) { .hash($0.hash, compactRevision: $0.compactRevision) }
  /// Its answer comes in parts, which nobody decodes as one.
  static let snapshot = Method(
    stream: "/maintenance/snapshot", "etcdserverpb.Maintenance/Snapshot", .reads, needsLeader: false
  ) { (part: SnapshotResponse) in .admin(AdminAnswer(header: part.header, content: .nothing)) }
  static let moveLeader = done("/maintenance/transfer-leadership", "Maintenance/MoveLeader", hasHeader: false)

  private static func members(_ gatewayPath: String, _ grpcName: String) -> Method {
    admin(gatewayPath, grpcName, .writesOnce, \MemberListResponse.header) { .members($0.members, added: nil) }
  }

  /// 3.4 does not say who answers.
  private static func alarms(_ effect: Effect) -> Method {
    admin("/maintenance/alarm", "Maintenance/Alarm", effect, hasHeader: false, \AlarmResponse.header) {
      .alarms($0.alarms)
    }
  }

  /// Has nothing to say but that it was done; some do not even say who did it.
  private static func done(
    _ gatewayPath: String, _ grpcName: String, needsLeader: Bool = true, isLong: Bool = false, hasHeader: Bool = true
  ) -> Method {
    admin(
      gatewayPath, grpcName, .writesOnce, needsLeader: needsLeader, isLong: isLong, hasHeader: hasHeader,
      \HeaderResponse.header
    ) { _ in .nothing }
  }

  private static func admin<Response: Message>(
    _ gatewayPath: String, _ grpcName: String, _ effect: Effect, needsLeader: Bool = true, isLong: Bool = false,
    hasHeader: Bool = true, _ header: @escaping @Sendable (Response) -> ResponseHeader,
    _ content: @escaping @Sendable (Response) -> AdminAnswer.Content
  ) -> Method {
    Method(
      gatewayPath, "etcdserverpb." + grpcName, effect, needsLeader: needsLeader, isLong: isLong, hasHeader: hasHeader,
      header
    ) { .admin(AdminAnswer(header: header($0), content: content($0))) }
  }
}
