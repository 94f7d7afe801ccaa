import EtcdTransport

/// A question, and what is known of its asking. The request's own fields are its own: `scene.request(.txn).compare`.
@dynamicMemberLookup
struct Asked<Request> {
  let transfer: TransferID
  let request: Request
  /// Of whom, as a URL.
  let endpoint: String
  let needsLeader: Bool
  /// What it carries to show who asks.
  let token: String?
  let sentAt: Instant
  let timeout: Duration?
  /// For how long etcd may look for an answer, as it was told.
  var timeAtServer: String?
  var usesReserve = false

  subscript<Value>(dynamicMember field: KeyPath<Request, Value>) -> Value { request[keyPath: field] }
}
