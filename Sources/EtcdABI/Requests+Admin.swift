import CEtcdcli
import EtcdCore

// The requests that the parameter structs of admin.h stand for. One struct serves several functions: what a function
// does not need of it has to be left alone.

extension HostCall {
  // MARK: Members

  static func memberList(_ params: UnsafePointer<etcdcli_member_list_params>?) throws(CallError) -> HostCall {
    let name = "member_list_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.serializable | Flag.withoutLeader, "\(name).flags")
    let request = MemberListRequest(linearizable: params.flags & Flag.serializable == 0)
    return try HostCall(.memberList(request), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func memberAdd(_ params: UnsafePointer<etcdcli_member_params>?) throws(CallError) -> HostCall {
    try member(params, hasID: false, hasURLs: true, allowed: Flag.learner) { params, urls in
      .memberAdd(MemberAddRequest(peerURLs: urls, isLearner: params.flags & Flag.learner != 0))
    }
  }

  static func memberUpdate(_ params: UnsafePointer<etcdcli_member_params>?) throws(CallError) -> HostCall {
    try member(params, hasID: true, hasURLs: true) { params, urls in
      .memberUpdate(MemberUpdateRequest(id: params.member, peerURLs: urls))
    }
  }

  static func member(
    _ params: UnsafePointer<etcdcli_member_params>?, _ operation: (_ id: UInt64) -> Operation
  ) throws(CallError) -> HostCall {
    try member(params, hasID: true, hasURLs: false) { params, _ in operation(params.member) }
  }

  private static func member(
    _ params: UnsafePointer<etcdcli_member_params>?, hasID: Bool, hasURLs: Bool, allowed: UInt32 = 0,
    _ operation: (_ params: etcdcli_member_params, _ urls: [String]) -> Operation
  ) throws(CallError) -> HostCall {
    let name = "member_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: allowed | Flag.withoutLeader, "\(name).flags")
    if !hasID { try Arguments.unused(params.member != 0, "\(name).member") }
    if hasID, params.member == 0 { throw CallError(.argument, "\(name).member is 0") }
    var urls: [String] = []
    if hasURLs {
      guard let first = params.peer_urls, 1...1024 ~= params.peer_url_count else {
        throw CallError(.argument, "\(name).peer_urls is NULL, or their count is not 1 to 1024")
      }
      for index in 0..<params.peer_url_count {
        urls.append(try Arguments.text(first[index], "\(name).peer_urls[\(index)]"))
      }
    } else {
      try Arguments.unused(params.peer_url_count != 0, "\(name).peer_urls")
    }
    return try HostCall(operation(params, urls), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  // MARK: Authentication

  static func auth(
    _ params: UnsafePointer<etcdcli_auth_params>?, _ operation: Operation
  ) throws(CallError) -> HostCall {
    let name = "auth_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.withoutLeader, "\(name).flags")
    return try HostCall(operation, timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func userAdd(_ params: UnsafePointer<etcdcli_user_params>?) throws(CallError) -> HostCall {
    let name = "user_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.noPassword | Flag.withoutLeader, "\(name).flags")
    try Arguments.unused(params.role.size != 0, "\(name).role")
    let user = try Arguments.text(params.name, "\(name).name")
    let hasPassword = params.flags & Flag.noPassword == 0
    if !hasPassword, params.password.size != 0 {
      throw CallError(.argument, "\(name).password is set, which ETCDCLI_NO_PASSWORD excludes")
    }
    let password = hasPassword ? try Arguments.text(params.password, "\(name).password") : ""
    let request = AuthUserAddRequest(name: user, password: password, noPassword: !hasPassword)
    return try HostCall(.userAdd(request), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  /// What else of a user's a call is about.
  enum UserField {
    case none
    case password
    case role
  }

  static func user(
    _ params: UnsafePointer<etcdcli_user_params>?, _ field: UserField = .none,
    _ operation: (_ user: String, _ field: String) -> Operation
  ) throws(CallError) -> HostCall {
    let name = "user_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.withoutLeader, "\(name).flags")
    if field != .password { try Arguments.unused(params.password.size != 0, "\(name).password") }
    if field != .role { try Arguments.unused(params.role.size != 0, "\(name).role") }
    let user = try Arguments.text(params.name, "\(name).name")
    let text =
      switch field {
      case .none: ""
      case .password: try Arguments.text(params.password, "\(name).password")
      case .role: try Arguments.text(params.role, "\(name).role")
      }
    return try HostCall(operation(user, text), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func role(
    _ params: UnsafePointer<etcdcli_role_params>?, _ operation: (_ role: String) -> Operation
  ) throws(CallError) -> HostCall {
    let name = "role_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.withoutLeader, "\(name).flags")
    try Arguments.unused(params.permission != 0, "\(name).permission")
    try Arguments.unused(params.key.size != 0, "\(name).key")
    try Arguments.unused(params.range_end.size != 0, "\(name).range_end")
    let role = try Arguments.text(params.name, "\(name).name")
    return try HostCall(operation(role), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  static func roleGrantPermission(_ params: UnsafePointer<etcdcli_role_params>?) throws(CallError) -> HostCall {
    try permission(params) { role, permission in
      .roleGrantPermission(AuthRoleGrantPermissionRequest(name: role, permission: permission))
    }
  }

  static func roleRevokePermission(_ params: UnsafePointer<etcdcli_role_params>?) throws(CallError) -> HostCall {
    try permission(params) { role, permission in
      .roleRevokePermission(AuthRoleRevokePermissionRequest(role: role, range: permission.range))
    }
  }

  private static func permission(
    _ params: UnsafePointer<etcdcli_role_params>?, _ operation: (_ role: String, Permission) -> Operation
  ) throws(CallError) -> HostCall {
    let name = "role_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(
      flags: params.flags, allowed: Flag.prefix | Flag.fromKey | Flag.withoutLeader, "\(name).flags")
    let role = try Arguments.text(params.name, "\(name).name")
    let range = try Arguments.range(params.key, params.range_end, flags: params.flags, name)
    try Arguments.check(Int64(params.permission), in: 0...2, "\(name).permission")
    let permission = Permission(Permission.Kind(rawValue: Int(params.permission)), on: range)
    return try HostCall(operation(role, permission), timeoutMs: params.timeout_ms, flags: params.flags, name)
  }

  // MARK: Maintenance

  /// What a call of maintenance may be told, besides where it goes.
  struct MaintenanceFields: OptionSet {
    let rawValue: Int
    static let member = MaintenanceFields(rawValue: 1)
    static let revision = MaintenanceFields(rawValue: 2)
    static let alarm = MaintenanceFields(rawValue: 4)
    static let endpoint = MaintenanceFields(rawValue: 8)
  }

  static func maintenance(
    _ params: UnsafePointer<etcdcli_maintenance_params>?, _ fields: MaintenanceFields = .endpoint,
    _ operation: (etcdcli_maintenance_params) -> Operation
  ) throws(CallError) -> HostCall {
    let name = "maintenance_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.withoutLeader, "\(name).flags")
    if !fields.contains(.member) { try Arguments.unused(params.member != 0, "\(name).member") }
    if !fields.contains(.revision) { try Arguments.unused(params.revision != 0, "\(name).revision") }
    if !fields.contains(.alarm) { try Arguments.unused(params.alarm != 0, "\(name).alarm") }
    if !fields.contains(.endpoint) { try Arguments.unused(params.endpoint != nil, "\(name).endpoint") }
    try Arguments.check(params.revision, in: 0...Int64.max, "\(name).revision")
    try Arguments.check(Int64(params.alarm), in: 0...2, "\(name).alarm")
    var call = try HostCall(operation(params), timeoutMs: params.timeout_ms, flags: params.flags, name)
    call.endpoint = try Arguments.endpoint(params.endpoint, "\(name).endpoint")
    return call
  }

  static func alarm(
    _ params: UnsafePointer<etcdcli_maintenance_params>?, _ action: AlarmRequest.Action
  ) throws(CallError) -> HostCall {
    let call = try maintenance(params, action == .get ? [] : [.member, .alarm, .endpoint]) { params in
      let alarm = AlarmType(rawValue: Int(params.alarm))
      return .alarm(AlarmRequest(action: action, memberID: params.member, alarm: alarm))
    }
    // Etcd has no "all": it would look for an alarm of nobody, find none, and call that done.
    if action != .get, params?.pointee.member == 0 { throw CallError(.argument, "maintenance_params.member is 0") }
    if action != .get, params?.pointee.alarm == 0 {
      throw CallError(.argument, "maintenance_params.alarm is ETCDCLI_ALARM_NONE")
    }
    return call
  }

  static func moveLeader(_ params: UnsafePointer<etcdcli_maintenance_params>?) throws(CallError) -> HostCall {
    let call = try maintenance(params, [.member, .endpoint]) { .moveLeader(MoveLeaderRequest(targetID: $0.member)) }
    if params?.pointee.member == 0 { throw CallError(.argument, "maintenance_params.member is 0") }
    return call
  }

  // MARK: The gateway

  static func gateway(_ params: UnsafePointer<etcdcli_gateway_params>?) throws(CallError) -> HostCall {
    let name = "gateway_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.gatewayReads | Flag.withoutLeader, "\(name).flags")
    guard let path = params.path else { throw CallError(.argument, "\(name).path is NULL") }
    let body = try Arguments.bytes(params.body, "\(name).body")
    do {
      let reads = params.flags & Flag.gatewayReads != 0
      let call = try GatewayCall(path: String(cString: path), body: body, effect: reads ? .reads : .writesOnce)
      return try HostCall(.gateway(call), timeoutMs: params.timeout_ms, flags: params.flags, name)
    } catch let error as GatewayCallError {
      throw CallError(.argument, "\(name).\(error.reason)")
    } catch let error as CallError {
      throw error
    } catch {
      throw CallError(.argument, name)
    }
  }
}

extension Arguments {
  /// A URL, or NULL for none.
  static func endpoint(_ url: UnsafePointer<CChar>?, _ name: String) throws(CallError) -> Endpoint? {
    guard let url else { return nil }
    do {
      return try Endpoint(parsing: String(cString: url))
    } catch {
      // Not repeated: it may have a password in it.
      throw CallError(.argument, "\(name): the URL \(error.reason)")
    }
  }
}
