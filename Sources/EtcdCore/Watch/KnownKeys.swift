import EtcdPacker

/// The keys that a watcher's host knows of, each with the `mod_revision` it was told: an index of them, as soon as there is
/// one.
struct KnownKeys {
  /// One or none. So it has memory of its own, which thousands of watchers without a key do without, and each look at it is
  /// not checked for being the only one, as a class' would be.
  private var indexes: [KeyIndex] = []

  var count: Int { indexes.isEmpty ? 0 : indexes[0].count }

  /// The memory it takes.
  var byteCount: Int { indexes.isEmpty ? 0 : indexes[0].byteCount }

  /// The `mod_revision` of a key that is known.
  subscript(key: Bytes) -> Int64? { indexes.isEmpty ? nil : indexes[0][key] }

  /// Makes the key known, or known at another revision. Returns the one before.
  ///
  /// A key that is longer than any etcd takes is not kept.
  @discardableResult
  mutating func set(_ key: Bytes, at revision: Int64) -> Int64? {
    if indexes.isEmpty { indexes = [KeyIndex()] }
    return indexes[0].set(key, at: revision)
  }

  /// Forgets the key. Returns the revision at which it was known.
  @discardableResult
  mutating func remove(_ key: Bytes) -> Int64? {
    indexes.isEmpty ? nil : indexes[0].remove(key)
  }

  /// Equal revisions say nothing about equal values any more: all are known at 0.
  mutating func distrust() {
    if !indexes.isEmpty { indexes[0].distrust() }
  }

  // MARK: Reading them again

  /// From now on keys count as found that are set.
  mutating func beginReading() {
    if !indexes.isEmpty { indexes[0].beginReading() }
  }

  /// Whether there are keys that were not found.
  var haveVanished: Bool { !indexes.isEmpty && indexes[0].haveVanished }

  /// Forgets keys that were not found, `limit` at most, and returns them in their order.
  mutating func takeVanished(_ limit: Int) -> [(key: Bytes, revision: Int64)] {
    indexes.isEmpty ? [] : indexes[0].takeVanished(limit)
  }
}
