/// Comparison of raw memory, eight bytes at a time, in the order etcd sorts keys by: lexicographic, unsigned.
enum ByteComparison {
  static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    left.count == right.count && commonPrefix(left, right) == left.count
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
