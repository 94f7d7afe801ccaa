/// What is known of host names, and for how long it is believed.
///
/// A name is asked for once at a time, whoever waits for it. What was known is used on while it is asked for again, so that
/// a name server that is slow or gone costs nothing as long as the addresses are good; a connection that fails drops them.
///
/// A value: it asks nobody, and is told the time.
struct NameCache {
  struct Known: Hashable {
    /// Never empty; the likeliest first.
    var addresses: [String]
    /// Told apart by this: what was known when a connection was tried, and what is known by now.
    var serial: UInt64
  }

  enum Finding: Hashable {
    case known(Known)
    /// As `known`, and it is time to ask again.
    case outdated(Known)
    /// Somebody has to ask.
    case unknown
    /// Somebody has asked.
    case asked
  }

  private struct Entry {
    var known: Known?
    var believedUntil: Instant
    var isAsked = false
    /// Those of its addresses that did not work the last time, the one that failed longest ago first.
    var failed: [String] = []
  }

  private let time: Duration
  private var entries: [String: Entry] = [:]
  private var serial: UInt64 = 0

  init(time: Duration) {
    self.time = time
  }

  /// What is known of a name. For `unknown` and `outdated` the caller has to ask, and to say what came of it.
  mutating func find(_ name: String, now: Instant) -> Finding {
    var entry = entries[name] ?? Entry(believedUntil: now)
    let isDue = entry.known == nil || entry.believedUntil <= now
    guard isDue, !entry.isAsked else {
      if let known = entry.known { return .known(known) }
      return .asked
    }
    entry.isAsked = true
    entries[name] = entry
    if let known = entry.known { return .outdated(known) }
    return .unknown
  }

  /// `addresses` is not empty. One that worked before is tried first, and those that did not are tried last.
  mutating func answered(_ name: String, _ addresses: [String], now: Instant) {
    var entry = entries[name] ?? Entry(believedUntil: now)
    entry.failed.removeAll { !addresses.contains($0) }
    var good = addresses.filter { !entry.failed.contains($0) }
    if let first = entry.known?.addresses.first { Self.moveToFront(first, in: &good) }
    serial += 1
    entry.known = Known(addresses: good + entry.failed, serial: serial)
    entry.believedUntil = now + time
    entry.isAsked = false
    entries[name] = entry
  }

  /// Nothing was learnt. What was known before is as good as it was, and is asked for again by whoever comes next.
  mutating func failed(_ name: String) {
    guard var entry = entries[name] else { return }
    entry.isAsked = false
    // Nothing to remember of a name that may have been mistyped.
    entries[name] = entry.known == nil && entry.failed.isEmpty ? nil : entry
  }

  /// No connection came of what was known.
  mutating func drop(_ name: String, _ serial: UInt64) {
    guard var entry = entries[name], let known = entry.known, known.serial == serial else { return }
    if let first = known.addresses.first {
      entry.failed.removeAll { $0 == first }
      entry.failed.append(first)
    }
    entry.known = nil
    entries[name] = entry
  }

  /// A connection was made to this one of its addresses.
  mutating func worked(_ name: String, _ serial: UInt64, at address: String) {
    guard var entry = entries[name], var known = entry.known, known.serial == serial, known.addresses.first != address,
      known.addresses.contains(address)
    else { return }
    Self.moveToFront(address, in: &known.addresses)
    entry.known = known
    entry.failed.removeAll { $0 == address }
    entries[name] = entry
  }

  private static func moveToFront(_ address: String, in addresses: inout [String]) {
    guard let index = addresses.firstIndex(of: address) else { return }
    addresses.insert(addresses.remove(at: index), at: 0)
  }
}
