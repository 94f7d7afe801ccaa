import DequeModule

/// When the time of each transfer comes, in that order.
///
/// Nothing in here is stale, so no deadline wakes the host that a transfer has left behind. To insert and to remove cost
/// as many moves as there are deadlines on the nearer side, which is few: most are later than all that stand, and most of
/// those that are taken away are early ones.
struct Deadlines {
  private struct Entry: Comparable {
    let time: Instant
    let transfer: TransferID

    static func < (left: Entry, right: Entry) -> Bool {
      (left.time, left.transfer.rawValue) < (right.time, right.transfer.rawValue)
    }
  }

  private var entries = Deque<Entry>()

  var earliest: Instant? { entries.first?.time }

  mutating func insert(_ transfer: TransferID, at time: Instant) {
    let entry = Entry(time: time, transfer: transfer)
    entries.insert(entry, at: firstIndex(notBefore: entry))
  }

  /// `time` is what it was inserted with.
  mutating func remove(_ transfer: TransferID, at time: Instant) {
    let entry = Entry(time: time, transfer: transfer)
    let index = firstIndex(notBefore: entry)
    if index < entries.count, entries[index] == entry { entries.remove(at: index) }
  }

  /// The earliest of those whose time has come.
  mutating func removeDue(now: Instant) -> TransferID? {
    guard let first = entries.first, first.time <= now else { return nil }
    return entries.removeFirst().transfer
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
