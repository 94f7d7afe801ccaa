import CEtcdcli
import EtcdCore

/// What an `etcdcli_response` says of what administers, in the structs of admin.h.
final class AdminBox {
  private(set) var members = CArray<etcdcli_member>([])
  /// Of one or none, as the others that are single.
  private(set) var added = CArray<etcdcli_member>([])
  private(set) var authState = CArray<etcdcli_auth_state>([])
  private(set) var names = CArray<etcdcli_slice>([])
  private(set) var permissions = CArray<etcdcli_permission>([])
  private(set) var status = CArray<etcdcli_member_status>([])
  private(set) var alarms = CArray<etcdcli_alarm>([])
  private(set) var hash = CArray<etcdcli_member_hash>([])
  private(set) var snapshotPart = CArray<etcdcli_snapshot_part>([])
  private(set) var json = CArray<etcdcli_slice>([])
  /// What the structs point into.
  private var bytes: [Bytes] = []
  private var lists: [CArray<etcdcli_slice>] = []

  init(_ content: AdminAnswer.Content) {
    switch content {
    case .nothing: break
    case .members(let all, let added):
      members = CArray(all.map { member($0) })
      if let added { self.added = CArray([member(added)]) }
    case .authStatus(let isEnabled, let revision):
      authState = CArray([etcdcli_auth_state(is_enabled: isEnabled ? 1 : 0, revision: revision)])
    case .names(let texts):
      names = CArray(texts.map { slice($0) })
    case .permissions(let all):
      permissions = CArray(all.map { permission($0) })
    case .status(let response):
      status = CArray([memberStatus(response)])
    case .alarms(let all):
      alarms = CArray(all.map { etcdcli_alarm(member: $0.memberID, type: CInt(clamping: $0.alarm.rawValue)) })
    case .hash(let value, let compactRevision):
      hash = CArray([etcdcli_member_hash(hash: value, compact_revision: compactRevision)])
    case .snapshot(let blob, let remaining):
      snapshotPart = CArray([etcdcli_snapshot_part(data: slice(blob), remaining_bytes: remaining)])
    case .json(let document):
      json = CArray([slice(document)])
    }
  }

  deinit {
    members.free()
    added.free()
    authState.free()
    names.free()
    permissions.free()
    status.free()
    alarms.free()
    hash.free()
    snapshotPart.free()
    json.free()
    for list in lists { list.free() }
  }

  private func slice(_ bytes: Bytes) -> etcdcli_slice {
    self.bytes.append(bytes)
    return etcdcli_slice(bytes)
  }

  private func slice(_ text: String) -> etcdcli_slice { slice(Bytes(utf8: text)) }

  private func list(_ texts: [String]) -> UnsafePointer<etcdcli_slice>? {
    let list = CArray(texts.map { slice($0) })
    lists.append(list)
    return list[0]
  }

  private func member(_ member: Member) -> etcdcli_member {
    etcdcli_member(
      id: member.id, name: slice(member.name), peer_urls: list(member.peerURLs), peer_url_count: member.peerURLs.count,
      client_urls: list(member.clientURLs), client_url_count: member.clientURLs.count,
      is_learner: member.isLearner ? 1 : 0)
  }

  private func permission(_ permission: Permission) -> etcdcli_permission {
    let hasNoEnd = permission.range.rangeEnd == [0]
    return etcdcli_permission(
      type: CInt(clamping: permission.kind.rawValue), flags: hasNoEnd ? Flag.fromKey : 0,
      key: slice(Bytes(permission.range.key)), range_end: slice(Bytes(hasNoEnd ? [] : permission.range.rangeEnd)))
  }

  private func memberStatus(_ response: StatusResponse) -> etcdcli_member_status {
    etcdcli_member_status(
      version: slice(response.version), db_size: response.dbSize, db_size_in_use: response.dbSizeInUse,
      leader: response.leader, raft_index: response.raftIndex, raft_term: response.raftTerm,
      raft_applied_index: response.raftAppliedIndex, is_learner: response.isLearner ? 1 : 0,
      problems: list(response.errors), problem_count: response.errors.count)
  }
}
