import EtcdPacker

/// What several messages of a stream bring is told as one delivery where all of them are there when its turn comes: a
/// delivery costs as much as some ten events.
///
/// Only messages that bring whole revisions and nothing else are put together, in the order in which they came, and only
/// where they are of one member of one store and go on to later revisions: so it is as if etcd had sent them as one, which
/// it does as it likes.
extension StreamReader where Message == WatchResponse {
  /// With so much a message is told as it is, so that neither a delivery nor a pump becomes large by this.
  private static var enoughEvents: Int { 64 }
  private static var enoughBytes: Int { 32 * 1024 }

  /// The next message, with what those after it add, and how many messages that are.
  func nextMerged() -> (item: StreamItem<WatchResponse>?, count: Int) {
    let item = next()
    guard case .message(var merged)? = item, merged.events.count < Self.enoughEvents, merged.hasWholeRevisionsOnly,
      hasNext
    else { return (item, 1) }
    var count = 1
    var bytes = merged.size
    while merged.events.count < Self.enoughEvents, bytes < Self.enoughBytes, let item = next() {
      guard case .message(let message) = item, message.hasWholeRevisionsOnly, message.goesOn(after: merged) else {
        keep(item)
        break
      }
      count += 1
      bytes += message.size
      merged.header = message.header
      merged.events += message.events
    }
    return (.message(merged), count)
  }
}

extension WatchResponse {
  fileprivate var hasWholeRevisionsOnly: Bool {
    !events.isEmpty && !fragment && !created && !canceled && compactRevision == 0
  }

  /// Of keys and values.
  fileprivate var size: Int {
    events.withUnsafeBufferPointer { events in events.indices.reduce(0) { $0 + events[$1].size } }
  }

  fileprivate func goesOn(after earlier: WatchResponse) -> Bool {
    guard let last = earlier.events.last, let first = events.first else { return false }
    return first.kv.modRevision > last.kv.modRevision && watchID == earlier.watchID
      && header.clusterID == earlier.header.clusterID && header.memberID == earlier.header.memberID
      && header.raftTerm == earlier.header.raftTerm && header.revision >= earlier.header.revision
  }
}
