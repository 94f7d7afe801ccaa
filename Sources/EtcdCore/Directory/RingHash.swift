/// A hash of 128 bits: where on a ring something lies.
package struct RingHash: Equatable, Sendable {
  package var first: UInt64
  package var second: UInt64

  package init(first: UInt64, second: UInt64) {
    self.first = first
    self.second = second
  }

  package func precedes(_ other: RingHash) -> Bool {
    first == other.first ? second < other.second : first < other.first
  }
}

extension RingHash {
  private static let prime1: UInt64 = 0x87C3_7B91_1142_53D5
  private static let prime2: UInt64 = 0x4CF5_AD43_2745_937F

  /// MurmurHash3 x64 128, by its public specification, of bytes that are read as on a machine whose lowest byte is first.
  package init(of bytes: UnsafeRawBufferPointer, seed: UInt32) {
    var (low, high) = (UInt64(seed), UInt64(seed))
    let blocks = bytes.count & ~15
    var position = 0
    while position < blocks {
      low ^= Self.scrambleLow(Self.word(of: bytes, at: position, count: 8))
      low = (Self.rotate(low, 27) &+ high) &* 5 &+ 0x52DC_E729
      high ^= Self.scrambleHigh(Self.word(of: bytes, at: position + 8, count: 8))
      high = (Self.rotate(high, 31) &+ low) &* 5 &+ 0x3849_5AB5
      position += 16
    }
    let rest = bytes.count - blocks
    // What is not there counts as zeros, and zeros scrambled are zeros.
    high ^= Self.scrambleHigh(Self.word(of: bytes, at: blocks + 8, count: max(rest - 8, 0)))
    low ^= Self.scrambleLow(Self.word(of: bytes, at: blocks, count: min(rest, 8)))
    low ^= UInt64(bytes.count)
    high ^= UInt64(bytes.count)
    low &+= high
    high &+= low
    low = Self.finish(low)
    high = Self.finish(high)
    low &+= high
    self.init(first: low, second: high &+ low)
  }

  /// Of the number's eight bytes, the lowest first.
  package init(of number: UInt64, seed: UInt32) {
    self = withUnsafeBytes(of: number.littleEndian) { RingHash(of: $0, seed: seed) }
  }

  private static func word(of bytes: UnsafeRawBufferPointer, at position: Int, count: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<count { word |= UInt64(bytes[position + index]) &<< UInt64(8 * index) }
    return word
  }

  private static func scrambleLow(_ word: UInt64) -> UInt64 { rotate(word &* prime1, 31) &* prime2 }

  private static func scrambleHigh(_ word: UInt64) -> UInt64 { rotate(word &* prime2, 33) &* prime1 }

  private static func finish(_ value: UInt64) -> UInt64 {
    var value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 33
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 - count)
  }
}
