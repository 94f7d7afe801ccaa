import EtcdPacker

// What administers, each under the name that etcd gives its method.

extension Operation {
  // MARK: Members

  package static func memberAdd(_ request: MemberAddRequest) -> Operation { .admin(.memberAdd, request) }
  package static func memberRemove(_ request: MemberRemoveRequest) -> Operation { .admin(.memberRemove, request) }
  package static func memberUpdate(_ request: MemberUpdateRequest) -> Operation { .admin(.memberUpdate, request) }
  package static func memberPromote(_ request: MemberPromoteRequest) -> Operation { .admin(.memberPromote, request) }

  // MARK: Authentication

  package static let authEnable = Operation.admin(.authEnable, EmptyRequest())
  package static let authDisable = Operation.admin(.authDisable, EmptyRequest())
  package static let authStatus = Operation.admin(.authStatus, EmptyRequest())

  package static let userList = Operation.admin(.userList, EmptyRequest())
  package static func userAdd(_ request: AuthUserAddRequest) -> Operation { .admin(.userAdd, request) }
  package static func userGet(_ request: AuthUserGetRequest) -> Operation { .admin(.userGet, request) }
  package static func userDelete(_ request: AuthUserDeleteRequest) -> Operation { .admin(.userDelete, request) }
  package static func userChangePassword(_ request: AuthUserChangePasswordRequest) -> Operation {
    .admin(.userChangePassword, request)
  }
  package static func userGrantRole(_ request: AuthUserGrantRoleRequest) -> Operation {
    .admin(.userGrantRole, request)
  }
  package static func userRevokeRole(_ request: AuthUserRevokeRoleRequest) -> Operation {
    .admin(.userRevokeRole, request)
  }

  package static let roleList = Operation.admin(.roleList, EmptyRequest())
  package static func roleAdd(_ request: AuthRoleAddRequest) -> Operation { .admin(.roleAdd, request) }
  package static func roleGet(_ request: AuthRoleGetRequest) -> Operation { .admin(.roleGet, request) }
  package static func roleDelete(_ request: AuthRoleDeleteRequest) -> Operation { .admin(.roleDelete, request) }
  package static func roleGrantPermission(_ request: AuthRoleGrantPermissionRequest) -> Operation {
    .admin(.roleGrantPermission, request)
  }
  package static func roleRevokePermission(_ request: AuthRoleRevokePermissionRequest) -> Operation {
    .admin(.roleRevokePermission, request)
  }

  // MARK: Maintenance

  package static let status = Operation.admin(.status, EmptyRequest())
  package static func alarm(_ request: AlarmRequest) -> Operation {
    .admin(request.action == .get ? .alarmList : .alarm, request)
  }
  package static let defragment = Operation.admin(.defragment, EmptyRequest())
  package static let hash = Operation.admin(.hash, EmptyRequest())
  package static func hashKV(_ request: HashKVRequest) -> Operation { .admin(.hashKV, request) }
  /// Its answer comes in parts.
  package static let snapshot = Operation.admin(.snapshot, EmptyRequest())
  package static func moveLeader(_ request: MoveLeaderRequest) -> Operation { .admin(.moveLeader, request) }
}

extension Operation {
  /// Whether a server may serve well without knowing it.
  var isNotInAllVersions: Bool {
    switch self {
    case .admin, .gateway: true
    case .leaderless(let operation), .within(_, let operation): operation.isNotInAllVersions
    default: false
    }
  }

  /// What is to be read, where that is what it is.
  package var rangeRequest: (request: RangeRequest, isLeaderless: Bool)? {
    switch self {
    case .range(let request): (request, false)
    case .leaderless(.range(let request)): (request, true)
    default: nil
    }
  }
}
