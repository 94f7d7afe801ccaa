/// The leases under which a key was ours, or may have become ours. They may live on at the server after they were lost here.
///
/// Mostly it is one, which needs no memory of its own: there are as many of these as keys.
struct FormerLeases {
  private static let most = 8

  /// 0: none.
  private var newest: Int64 = 0
  /// Oldest first.
  private var older: [Int64] = []

  init() {}

  init(_ lease: Int64) {
    newest = lease
  }

  var isEmpty: Bool { newest == 0 }

  func contains(_ lease: Int64) -> Bool { lease != 0 && (lease == newest || older.contains(lease)) }

  mutating func remember(_ lease: Int64) {
    if lease == 0 || contains(lease) { return }
    if newest != 0 { older.append(newest) }
    if older.count >= Self.most { older.removeFirst() }
    newest = lease
  }
}
