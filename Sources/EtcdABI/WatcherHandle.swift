import CEtcdcli
import EtcdCore

final class WatcherHandle: Handle {
  static let kind = HandleKind.watcher

  let id: WatcherID
  let user: UserData
  let cluster: ClusterHandle
  private let batchCallback: etcdcli_watcher_batch_fn
  private let stateCallback: etcdcli_watcher_state_fn?
  private(set) var ticket: OpaquePointer?

  init(
    _ id: WatcherID, of cluster: ClusterHandle, _ batchCallback: @escaping etcdcli_watcher_batch_fn,
    _ stateCallback: etcdcli_watcher_state_fn?, _ user: UserData
  ) throws(CallError) {
    self.id = id
    self.cluster = cluster
    self.batchCallback = batchCallback
    self.stateCallback = stateCallback
    self.user = user
    ticket = HandleTable.shared.insert(self)
    if ticket == nil { throw CallError.outOfHandles }
  }

  func tell(_ batch: Batch) -> Bool {
    lend(BatchBox.make(batch)) { batch in
      user.lend(etcdcli_batch_info(batch: batch)) { batchCallback(ticket, $0, $1) }
    }
    return true
  }

  /// Returns whether the callback was made.
  func tell(_ report: WatcherReport) -> Bool {
    guard let stateCallback else { return false }
    report.error.withError { error in
      report.endpoint.withCString { endpoint in
        let info = etcdcli_watcher_info(
          state: report.state.rawValue, error: error, attempts: CInt(clamping: report.attempts),
          cause: report.cause?.rawValue ?? 0, delay_ms: report.delayMs, revision: report.revision,
          endpoint: endpoint)
        user.lend(info) { stateCallback(ticket, $0, $1) }
      }
    }
    return true
  }
}
