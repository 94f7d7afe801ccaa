/// XXH64 with seed 0, by its public specification: the same in every process, language and byte order.
package enum StableHash {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var position = 0
    var hash: UInt64
    if bytes.count >= 32 {
      var lane1 = prime1 &+ prime2
      var lane2 = prime2
      var lane3: UInt64 = 0
      var lane4 = 0 &- prime1
      while bytes.count - position >= 32 {
        lane1 = round(lane1, word(of: bytes, at: position))
        lane2 = round(lane2, word(of: bytes, at: position + 8))
        lane3 = round(lane3, word(of: bytes, at: position + 16))
        lane4 = round(lane4, word(of: bytes, at: position + 24))
        position += 32
      }
      hash = rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
      for lane in [lane1, lane2, lane3, lane4] { hash = (hash ^ round(0, lane)) &* prime1 &+ prime4 }
    } else {
      hash = prime5
    }
    hash &+= UInt64(bytes.count)
    while bytes.count - position >= 8 {
      hash = rotate(hash ^ round(0, word(of: bytes, at: position)), 27) &* prime1 &+ prime4
      position += 8
    }
    if bytes.count - position >= 4 {
      let half = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      hash = rotate(hash ^ (UInt64(half) &* prime1), 23) &* prime2 &+ prime3
      position += 4
    }
    while position < bytes.count {
      hash = rotate(hash ^ (UInt64(bytes[position]) &* prime5), 11) &* prime1
      position += 1
    }
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
  }

  /// Of the number's eight bytes, the lowest first.
  package static func of(_ number: UInt64) -> UInt64 {
    withUnsafeBytes(of: number.littleEndian) { of($0) }
  }

  private static func word(of bytes: UnsafeRawBufferPointer, at position: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 - count)
  }
}
