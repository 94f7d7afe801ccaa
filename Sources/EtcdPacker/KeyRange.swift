/// Which keys a request is about, in etcd's terms: one key if `rangeEnd` is empty, otherwise those from `key` up to but
/// not including `rangeEnd`, where a `rangeEnd` of one zero byte means without end.
///
/// etcd refuses an empty `key`. The smallest key there can be is one zero byte.
package struct KeyRange: Hashable, Sendable {
  package var key: [UInt8]
  package var rangeEnd: [UInt8]

  private init(key: [UInt8], rangeEnd: [UInt8]) {
    self.key = key
    self.rangeEnd = rangeEnd
  }

  package static let all = KeyRange(key: [0], rangeEnd: [0])

  package static func single(_ key: [UInt8]) -> KeyRange {
    KeyRange(key: key, rangeEnd: [])
  }

  /// The keys that begin with `prefix`; all keys if it is empty.
  package static func prefix(_ prefix: [UInt8]) -> KeyRange {
    if prefix.isEmpty { return all }
    // The first key after all those with the prefix: 0xFF has no successor, so the carry goes to the byte before it.
    var end = prefix
    while let last = end.popLast() {
      if last == 0xFF { continue }
      end.append(last &+ 1)
      return KeyRange(key: prefix, rangeEnd: end)
    }
    return from(prefix)
  }

  /// `key` and all keys after it.
  package static func from(_ key: [UInt8]) -> KeyRange {
    KeyRange(key: key.isEmpty ? [0] : key, rangeEnd: [0])
  }

  /// The keys from `key` up to but not including `end`. An empty `end` makes it the one key, as etcd has it.
  package static func range(_ key: [UInt8], _ end: [UInt8]) -> KeyRange {
    KeyRange(key: key, rangeEnd: end)
  }

  package var isSingle: Bool { rangeEnd.isEmpty }

  package func contains(_ other: Bytes) -> Bool {
    other.withUnsafeBytes(contains)
  }

  package func contains(_ other: [UInt8]) -> Bool {
    other.withUnsafeBytes(contains)
  }

  private func contains(_ other: UnsafeRawBufferPointer) -> Bool {
    key.withUnsafeBytes { key in
      rangeEnd.withUnsafeBytes { end in
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
