import CEtcdcli
import EtcdCore
import EtcdPacker

final class KeepaliveHandle: Handle {
  static let kind = HandleKind.keepalive

  let id: KeepaliveID
  let user: UserData
  let cluster: ClusterHandle
  private let callback: etcdcli_keepalive_state_fn?
  private let question: etcdcli_claim_fn?
  /// What each value has to have.
  let identity: Identity
  private(set) var ticket: OpaquePointer?
  /// Of so many values the host is yet to be told what became of them.
  var valuesToTell = 0

  init(
    _ id: KeepaliveID, of cluster: ClusterHandle, _ callback: etcdcli_keepalive_state_fn?,
    _ question: etcdcli_claim_fn?, _ identity: Identity, _ user: UserData
  ) throws(CallError) {
    self.id = id
    self.cluster = cluster
    self.callback = callback
    self.question = question
    self.identity = identity
    self.user = user
    ticket = HandleTable.shared.insert(self)
    if ticket == nil { throw CallError.outOfHandles }
  }

  /// Returns whether the callback was made.
  func tell(_ report: KeepaliveReport) -> Bool {
    guard let callback else { return false }
    let owner = CArray(report.owner.map { [etcdcli_kv($0)] } ?? [])
    defer { owner.free() }
    report.error.withError { error in
      let info = etcdcli_keepalive_info(
        state: report.state.rawValue, error: error, owner: owner[0], lease: report.lease, revision: report.revision,
        attempts: CInt(clamping: report.attempts), fence: report.fence)
      user.lend(info) { callback(ticket, $0, $1) }
    }
    return true
  }

  /// Whose the key is, in the host's words.
  func ask(about found: KeyValue) -> ClaimAnswer {
    guard let question else { return .conflict }
    var answer: CInt = 0
    user.lend(etcdcli_kv(found)) { answer = question(ticket, $0, $1) }
    return ClaimAnswer(rawValue: answer) ?? .conflict
  }
}
