/// Comparison of raw memory, eight bytes at a time, in the order etcd sorts keys by: lexicographic, unsigned.
enum ByteComparison {
  static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    let count = left.count
    if count >= 8 { return areEqual(left, right, by: UInt64.self) }
    if count >= 4 { return areEqual(left, right, by: UInt32.self) }
    for index in 0..<count where left[index] != right[index] { return false }
    return true
  }

  /// Of buffers of the same size that have at least one word. The last word may overlap the one before it, so that no
  /// bytes are left over.
  private static func areEqual<Word: FixedWidthInteger & BitwiseCopyable>(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, by _: Word.Type
  ) -> Bool {
    let size = MemoryLayout<Word>.size
    let last = left.count - size
    var index = 0
    while index < last {
      if left.loadUnaligned(fromByteOffset: index, as: Word.self)
        != right.loadUnaligned(fromByteOffset: index, as: Word.self)
      {
        return false
      }
      index += size
    }
    return left.loadUnaligned(fromByteOffset: last, as: Word.self)
      == right.loadUnaligned(fromByteOffset: last, as: Word.self)
  }

  static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    let common = commonPrefix(left, right)
    if common == left.count || common == right.count { return left.count < right.count }
    return left[common] < right[common]
  }

  /// How many bytes both begin with.
  private static func commonPrefix(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let count = min(left.count, right.count)
    var index = 0
    while count - index >= 8 {
      let leftWord = left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let rightWord = right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if leftWord != rightWord { break }
      index += 8
    }
    while index < count, left[index] == right[index] { index += 1 }
    return index
  }
}
