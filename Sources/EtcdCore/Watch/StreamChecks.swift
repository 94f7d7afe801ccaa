import EtcdPacker
import EtcdTransport

/// The ranges of silent streams that one question holds against the store: a transaction without conditions that reads, as
/// of a quorum, what `StreamCheck` asks of each.
///
/// Etcd finds the newest by looking at all keys of a range, which takes it some 4 us for each, and counts them for next to
/// nothing (measured with 3.5.30; that `count_only` leaves out `min_mod_revision` is so in 3.4 and 3.5). So a range of many
/// keys is counted, and a page of its keys is looked at, which is the next one each time: what one question costs a member is
/// no more than a few milliseconds, and its answer some 30 KiB.
struct StreamChecks {
  /// Half of what etcd takes in one transaction (--max-txn-ops).
  static let mostRanges = 64
  static let mostKeys: Int64 = 500
  private static let mostBytes = 16 * 1024
  /// On all pages of one question.
  private static let mostPaged: Int64 = 250

  struct Asked {
    let id: WatcherID
    let transfer: TransferID
    let question: StreamCheck.Question
    /// The page of many keys, and which of the answers that is.
    var page: RangeRequest?
    var pageAt: Int?
  }

  private(set) var streams: [Asked] = []
  private(set) var request = TxnRequest()
  private var keysLeft = mostKeys
  private var bytesLeft = mostBytes

  /// Returns false if there is no room for it.
  mutating func add(_ machine: Watch, _ check: StreamCheck, _ id: WatcherID, _ transfer: TransferID) -> Bool {
    let keys = machine.knownCount ?? check.size ?? 0
    let question = check.question(machine.expectation, keys: machine.knownCount ?? check.size)
    let cost = question == .count ? 1 : max(1, keys)
    let range = machine.request(question)
    let size = range.range.key.count + range.range.rangeEnd.count
    guard streams.isEmpty || cost <= keysLeft && size <= bytesLeft else { return false }
    keysLeft -= cost
    bytesLeft -= size
    let isPaged = keys > Self.mostKeys && machine.bringsPuts
    streams.append(
      Asked(id: id, transfer: transfer, question: question, page: isPaged ? machine.page(from: check.cursor) : nil))
    request.success.append(.range(range))
    return true
  }

  /// There are no more. Those of many keys have a page looked at, all of the same size.
  mutating func close() {
    let paged = streams.indices.filter { streams[$0].page != nil }
    let limit = Self.mostPaged / Int64(max(1, paged.count))
    guard limit > 0 else { return }
    for index in paged {
      guard var page = streams[index].page else { continue }
      page.limit = limit
      streams[index].pageAt = request.success.count
      request.success.append(.range(page))
    }
  }
}
