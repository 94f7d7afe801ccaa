/// Which keys a request is about, in etcd's terms: one key if `rangeEnd` is empty, otherwise those from `key` up to but
/// not including `rangeEnd`, where a `rangeEnd` of one zero byte means without end.
///
/// etcd refuses an empty `key`. The smallest key there can be is one zero byte.
package struct KeyRange: Hashable, Sendable {
  private enum End: Sendable {
    case key([UInt8])
    /// The first key after all those that begin with `key`, some byte of which is not 0xFF. It is put together when it is
    /// wanted: thousands of watchers of a prefix each keep the prefix alone.
    case ofPrefix
  }

  package private(set) var key: [UInt8]
  private var end: End

  package var rangeEnd: [UInt8] {
    get {
      guard case .key(let end) = end else { return Self.end(ofPrefix: key) }
      return end
    }
    set { end = .key(newValue) }
  }

  private init(key: [UInt8], rangeEnd: [UInt8]) {
    self.key = key
    end = .key(rangeEnd)
  }

  package static let all = KeyRange(key: [0], rangeEnd: [0])

  package static func single(_ key: [UInt8]) -> KeyRange {
    KeyRange(key: key, rangeEnd: [])
  }

  /// The keys that begin with `prefix`; all keys if it is empty.
  package static func prefix(_ prefix: [UInt8]) -> KeyRange {
    if prefix.isEmpty { return all }
    var range = from(prefix)
    if prefix.contains(where: { $0 != 0xFF }) { range.end = .ofPrefix }
    return range
  }

  private static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
    // 0xFF has no successor, so the carry goes to the byte before it.
    guard let last = prefix.lastIndex(where: { $0 != 0xFF }) else { return [0] }
    var end = Array(prefix[...last])
    end[last] &+= 1
    return end
  }

  /// `key` and all keys after it.
  package static func from(_ key: [UInt8]) -> KeyRange {
    KeyRange(key: key.isEmpty ? [0] : key, rangeEnd: [0])
  }

  /// The keys from `key` up to but not including `end`. An empty `end` makes it the one key, as etcd has it.
  package static func range(_ key: [UInt8], _ end: [UInt8]) -> KeyRange {
    KeyRange(key: key, rangeEnd: end)
  }

  package var isSingle: Bool {
    if case .key(let end) = end { end.isEmpty } else { false }
  }

  /// Whether only the prefix is kept.
  package var isPrefix: Bool {
    if case .ofPrefix = end { true } else { false }
  }

  package static func == (left: KeyRange, right: KeyRange) -> Bool {
    guard left.key == right.key else { return false }
    if case .ofPrefix = left.end, case .ofPrefix = right.end { return true }
    return left.rangeEnd == right.rangeEnd
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(rangeEnd)
  }

  package func contains(_ other: Bytes) -> Bool {
    other.withUnsafeBytes(contains)
  }

  package func contains(_ other: [UInt8]) -> Bool {
    other.withUnsafeBytes(contains)
  }

  private func contains(_ other: UnsafeRawBufferPointer) -> Bool {
    key.withUnsafeBytes { key in
      guard case .key(let end) = end else {
        return other.count >= key.count
          && ByteComparison.areEqual(UnsafeRawBufferPointer(rebasing: other[..<key.count]), key)
      }
      return end.withUnsafeBytes { end in
        if end.isEmpty { return ByteComparison.areEqual(other, key) }
        if ByteComparison.precedes(other, key) { return false }
        return end.count == 1 && end[0] == 0 || ByteComparison.precedes(other, end)
      }
    }
  }

  /// Shows the two fields that a range is in the proto files.
  mutating func fields<F: Fields>(_ f: inout F, key: UInt32, rangeEnd: UInt32) throws(F.Failure) {
    try f.field(key, "key", &self.key)
    try f.field(rangeEnd, "range_end", &self.rangeEnd)
  }
}
