import DequeModule

/// When the time of each transfer comes, in that order.
///
/// Nothing in here is stale, so no deadline wakes the host that a transfer has left behind. To insert and to remove cost
/// as many moves as there are deadlines on the nearer side, which is few: most are later than all that stand, and most of
/// those that are taken away are early ones.
final class Deadlines {
  private struct Entry: Comparable {
    let time: Instant
    let transfer: TransferID

    static func < (left: Entry, right: Entry) -> Bool {
      (left.time, left.transfer.rawValue) < (right.time, right.transfer.rawValue)
    }
  }

  private var entries = Deque<Entry>()

  var earliest: Instant? { entries.first?.time }

  func insert(_ transfer: TransferID, at time: Instant) {
    let entry = Entry(time: time, transfer: transfer)
    let index = firstIndex(notBefore: entry)
    // By themselves while they are changed: each look at them would be checked for being the only one otherwise.
    var entries = exchange(&entries, with: [])
    entries.insert(entry, at: index)
    self.entries = entries
  }

  /// `time` is what it was inserted with.
  func remove(_ transfer: TransferID, at time: Instant) {
    let entry = Entry(time: time, transfer: transfer)
    let index = firstIndex(notBefore: entry)
    guard index < entries.count, entries[index] == entry else { return }
    var entries = exchange(&entries, with: [])
    entries.remove(at: index)
    self.entries = entries
  }

  /// The earliest of those whose time has come.
  func removeDue(now: Instant) -> TransferID? {
    guard let first = entries.first, first.time <= now else { return nil }
    var entries = exchange(&entries, with: [])
    entries.removeFirst()
    self.entries = entries
    return first.transfer
  }

  func removeAll() {
    entries = []
  }

  private func firstIndex(notBefore entry: Entry) -> Int {
    // The last is the likeliest place.
    if let last = entries.last, last < entry { return entries.count }
    var low = 0
    var high = entries.count
    while low < high {
      let middle = low + (high - low) / 2
      if entries[middle] < entry { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
