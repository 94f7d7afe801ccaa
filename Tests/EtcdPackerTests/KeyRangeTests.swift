import EtcdPacker
import TestSupport
import Testing

@Suite struct KeyRangeTests {
  @Test(
    arguments: [
      ([0x61], [0x62]),
      ([0x61, 0x62], [0x61, 0x63]),
      ([0x61, 0xFF], [0x62]),
      ([0x61, 0xFE, 0xFF, 0xFF], [0x61, 0xFF]),
      ([0xFF], [0]),
      ([0xFF, 0xFF, 0xFF], [0]),
      ([0xFF, 0xFE], [0xFF, 0xFF]),
      ([0], [1]),
      ([0, 0], [0, 1]),
      ([0xFE], [0xFF]),
    ] as [([UInt8], [UInt8])])
  func aPrefixEndsWhereTheNextOneBegins(prefix: [UInt8], end: [UInt8]) {
    let range = KeyRange.prefix(prefix)
    #expect(range.key == prefix)
    #expect(range.rangeEnd == end)
    #expect(!range.isSingle)
  }

  /// Of a prefix only the prefix is kept.
  @Test func aPrefixIsTheSameAsTheRangeThatItIs() {
    var prefix = KeyRange.prefix([0x61, 0xFF])
    let range = KeyRange.range([0x61, 0xFF], [0x62])
    #expect(prefix == range && range == prefix && prefix == .prefix([0x61, 0xFF]))
    #expect(Set([prefix, range]).count == 1)
    #expect(prefix != .prefix([0x61]) && prefix != .single([0x61, 0xFF]) && prefix != .from([0x61, 0xFF]))
    for key in [[0x61], [0x61, 0xFE], [0x61, 0xFF], [0x61, 0xFF, 0], [0x61, 0xFF, 0xFF], [0x62], []] as [[UInt8]] {
      #expect(prefix.contains(key) == range.contains(key), "\(key)")
    }
    prefix.rangeEnd = [0x63]
    #expect(prefix == .range([0x61, 0xFF], [0x63]))
  }

  @Test func theEmptyPrefixIsEverything() {
    #expect(KeyRange.prefix([]) == .all)
    #expect(KeyRange.from([]) == .all)
    #expect(KeyRange.all.key == [0])
    #expect(KeyRange.all.rangeEnd == [0])
    #expect(KeyRange.all.contains([0]))
    #expect(KeyRange.all.contains([0xFF, 0xFF]))
  }

  @Test func aSingleKeyHasNoEnd() {
    #expect(KeyRange.single(utf8("a")).rangeEnd == [])
    #expect(KeyRange.single(utf8("a")).isSingle)
    #expect(KeyRange.single(utf8("a")).contains("a"))
    #expect(!KeyRange.single(utf8("a")).contains("ab"))
    #expect(!KeyRange.single(utf8("a")).contains(""))
  }

  @Test func fromHasNoUpperBound() {
    let range = KeyRange.from(utf8("b"))
    #expect(range.rangeEnd == [0])
    #expect(range.contains("b"))
    #expect(range.contains(utf8("zz")))
    #expect(range.contains([0xFF]))
    #expect(!range.contains("a"))
    #expect(!range.contains(utf8("azzz")))
  }

  @Test func aRangeIsHalfOpen() {
    let range = KeyRange.range(utf8("b"), utf8("d"))
    #expect(!range.isSingle)
    #expect(!range.contains("a"))
    #expect(range.contains("b"))
    #expect(range.contains("c"))
    #expect(range.contains("czz"))
    #expect(!range.contains("d"))
    #expect(KeyRange.range(utf8("b"), []) == .single(utf8("b")))
    #expect(!KeyRange.range(utf8("d"), utf8("b")).contains("c"))
  }

  @Test func aPrefixContainsJustTheKeysThatBeginWithIt() {
    var generator = SeededRandom(seed: 3)
    func key() -> [UInt8] {
      (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        [0, 1, 0xFE, 0xFF].randomElement(using: &generator) ?? 0
      }
    }
    for _ in 0..<5000 {
      let (prefix, other) = (key(), key())
      #expect(KeyRange.prefix(prefix).contains(other) == other.starts(with: prefix), "\(prefix) \(other)")
      #expect(KeyRange.prefix(prefix).contains(Bytes(other)) == other.starts(with: prefix))
    }
  }
}
