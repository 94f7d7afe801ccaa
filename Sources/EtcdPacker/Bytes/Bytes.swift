/// An immutable run of bytes: a key, a value. Copies share the memory.
///
/// All the `Bytes` of one decoded document are slices of one allocation, which lives as long as any of them does. What
/// is kept for long out of a large document should be kept as `copy()`.
package struct Bytes: @unchecked Sendable {
  /// Keeps `contents` alive; `nil` when there are none.
  let store: ByteStore?
  /// Never dangling: points into `store`, which is never written to again within this range.
  private let contents: UnsafeRawBufferPointer

  /// No bytes; allocates nothing.
  package init() {
    self.init(store: nil, contents: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  package init(_ array: [UInt8]) {
    self = array.withUnsafeBytes { Bytes(copying: $0) }
  }

  package init(utf8 string: String) {
    self.init(Array(string.utf8))
  }

  package init(copying source: UnsafeRawBufferPointer) {
    guard !source.isEmpty else {
      self.init()
      return
    }
    self.init(capacity: source.count) { memory in
      memory.copyMemory(from: source)
      return source.count
    }
  }

  /// Memory for `capacity` bytes, of which `fill` writes the first ones and returns how many: for what is put together
  /// from pieces, without another copy of it.
  package init<E>(capacity: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int) throws(E) {
    let store = ByteStore.make(capacity: capacity)
    self.init(taking: try fill(store.free), from: store)
  }

  /// The next `count` bytes of `store`, which the caller has written there.
  init(taking count: Int, from store: ByteStore) {
    if count > 0 {
      self.init(store: store, contents: store.take(count))
    } else {
      self.init()
    }
  }

  private init(store: ByteStore?, contents: UnsafeRawBufferPointer) {
    self.store = store
    self.contents = contents
  }

  package var count: Int { contents.count }

  package var isEmpty: Bool { contents.isEmpty }

  /// Where the bytes are, for as long as this value or a copy of it exists. `nil` when empty.
  package var baseAddress: UnsafeRawPointer? { contents.baseAddress }

  package var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The byte at `position`, or `nil` outside of `0..<count`.
  package subscript(position: Int) -> UInt8? {
    guard position >= 0, position < contents.count else { return nil }
    return withUnsafeBytes { $0[position] }
  }

  /// A part of the bytes, in the same memory; what of `range` lies outside of `0..<count` is left out.
  package func slice(_ range: Range<Int>) -> Bytes {
    let range = range.clamped(to: 0..<contents.count)
    if range.isEmpty { return Bytes() }
    return Bytes(store: store, contents: UnsafeRawBufferPointer(rebasing: contents[range]))
  }

  package func withUnsafeBytes<R, E>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(store) {} }
    return try body(contents)
  }

  /// The same bytes in memory of their own, so that a small slice does not keep a large document alive.
  package func copy() -> Bytes {
    withUnsafeBytes { Bytes(copying: $0) }
  }
}

extension Bytes: Hashable {
  package static func == (left: Bytes, right: Bytes) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { ByteComparison.areEqual(left, $0) } }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

extension Bytes: Comparable {
  /// etcd's order of keys: lexicographic, bytes unsigned.
  package static func < (left: Bytes, right: Bytes) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { ByteComparison.precedes(left, $0) } }
  }
}

extension Bytes: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) {
    self.init(utf8: value)
  }
}

extension Bytes: CustomStringConvertible {
  /// The beginning of the bytes as printable text, for logs and test failures.
  package var description: String {
    withUnsafeBytes { PrintableText.excerpt(of: $0, limit: 128) }
  }
}
