import EtcdPacker
import EtcdTransport

/// The ranges of silent streams that one question holds against the store: a transaction without conditions that reads, as
/// of a quorum, a key of each that is newer than what its stream has brought, and how many keys there are.
///
/// Etcd finds the newest by looking at all keys of a range, which takes it some 4 us for each, and counts them for next to
/// nothing (measured with 3.5.30; that `count_only` leaves out `min_mod_revision` is so in 3.4 and 3.5). So a range of many
/// keys is counted only, and in all a question costs a member no more than a few milliseconds.
struct StreamChecks {
  /// Half of what etcd takes in one transaction (--max-txn-ops).
  static let mostRanges = 64
  static let mostKeys: Int64 = 500
  private static let mostBytes = 16 * 1024

  let askedAt: Instant
  private(set) var streams: [(id: WatcherID, transfer: TransferID, isCounted: Bool)] = []
  private(set) var request = TxnRequest()
  private var keysLeft = mostKeys
  private var bytesLeft = mostBytes

  init(askedAt: Instant) {
    self.askedAt = askedAt
  }

  /// Returns false if there is no room for it. `keys`: how many there are in the range, if that is known.
  mutating func add(_ machine: Watch, _ id: WatcherID, _ transfer: TransferID, keys: Int64?) -> Bool {
    let isCounted = keys.map { $0 > Self.mostKeys } ?? true
    let cost = isCounted ? 1 : max(1, keys ?? 1)
    let range = machine.question(isCountOnly: isCounted)
    let size = range.range.key.count + range.range.rangeEnd.count
    guard streams.isEmpty || cost <= keysLeft && size <= bytesLeft else { return false }
    keysLeft -= cost
    bytesLeft -= size
    streams.append((id, transfer, isCounted))
    request.success.append(.range(range))
    return true
  }
}
