import EtcdPacker
import TestSupport
import Testing

@Suite struct JSONIntegerTests {
  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      ("12.0", 12), ("12.000", 12), ("1.2e1", 12), ("1.2E+1", 12), ("120e-1", 12), ("0.0012e4", 12), ("-0.0", 0),
      ("0e0", 0), ("0e99999999999999999999", 0), ("0.000e-99999999999999999999", 0), ("100", 100),
      ("1e18", 1_000_000_000_000_000_000),
      ("100000000000000000000e-2", 1_000_000_000_000_000_000), ("922337203685477580.7e1", .max),
      ("-922337203685477580.8e1", .min), ("9223372036854775807.000", .max), ("10.10e1", 101),
      ("1000000.000001e6", 1_000_000_000_001),
    ] as [(String, Int64)])
  func wholeNumbersAreIntegersHoweverTheyAreWritten(written: String, expected: Int64) throws {
    #expect(try int64(written) == expected)
    #expect(try int64("\"" + written + "\"") == expected)
    #expect(try int64(" " + written + " ") == expected)
    #expect(
      try read("[" + written + "]") { reader throws(PackerError) in
        try reader.array { reader throws(PackerError) in try reader.int64() }
      } == [expected])
  }

  /// Digits are read eight at a time where there are so many, from any place.
  @Test func digitsAreReadWhereverTheyStand() throws {
    for digits in 1...18 {
      for first in 1...9 {
        let written = (0..<digits).map { String((first + 7 * $0) % 10) }.joined()
        let value = try #require(Int64(written))
        #expect(try int64(written) == value)
        #expect(try int64("\"-\(written)\"") == -value)
        for place in 0..<digits {
          for wrong in ["/", ":", "a", " ", "\u{80}", "-"] {
            var broken = Array(written.unicodeScalars.map(Character.init))
            broken[place] = Character(wrong)
            if place == 0, wrong == "-" || wrong == " " { continue }
            #expect(throws: PackerError.self) { try int64("\"" + String(broken) + "\"") }
          }
        }
      }
    }
  }

  @Test(arguments: [
    "9223372036854775808", "-9223372036854775809", "9223372036854775810", "10000000000000000000",
    "18446744073709551616",
    "99999999999999999999999", "1e19", "1e99999999999999999999", "-1e300", "92233720368547758.08e2",
    "1000000000000000000000000000000", "123456789012345678901234567890e5",
  ])
  func integersBeyond64BitsAreRefused(written: String) {
    #expect(failure { () throws(PackerError) in try int64(written) }?.reason == .integerOutOfRange)
    #expect(failure { () throws(PackerError) in try int64("\"" + written + "\"") }?.reason == .integerOutOfRange)
  }

  @Test(arguments: [
    "0.5", "-1.5", "1e-1", "12.01", "1e-99999999999999999999", "0.1e-5", "123456789012345678901234567891e-1",
    "9223372036854775807.5", "0.00000000000000000000000000000001",
  ])
  func fractionsAreRefused(written: String) {
    #expect(failure { () throws(PackerError) in try int64(written) }?.reason == .notAnInteger)
    #expect(failure { () throws(PackerError) in try int64("\"" + written + "\"") }?.reason == .notAnInteger)
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("18446744073709551615", .max), ("9223372036854775808", 1 << 63),
      ("1844674407370955161.5e1", .max),
      ("18446744073709551615.0", .max), ("1e19", 10_000_000_000_000_000_000),
    ] as [(String, UInt64)])
  func unsignedIntegersUseAll64Bits(written: String, expected: UInt64) throws {
    #expect(try uint64(written) == expected)
    #expect(try uint64("\"" + written + "\"") == expected)
  }

  @Test(arguments: ["-1", "-18446744073709551615", "18446744073709551616", "18446744073709551620", "2e19", "-1e0"])
  func unsignedIntegersAreNeitherNegativeNorLarger(written: String) {
    #expect(failure { () throws(PackerError) in try uint64(written) }?.reason == .integerOutOfRange)
    #expect(failure { () throws(PackerError) in try uint64("\"" + written + "\"") }?.reason == .integerOutOfRange)
  }

  @Test(arguments: [
    "", " ", " 1", "1 ", "+1", "01", "-01", "00", "1.", ".1", "1e", "-", "--1", "0x10", "1,000", "1_0", "NaN", "null",
    "true",
    "abc", "1a", "１", "9223372036854775807x", "1\\u0000", "\\u0020", "12345678901234567890123x",
  ])
  func stringsThatAreNoNumbersAreRefused(written: String) {
    #expect(
      failure { () throws(PackerError) in try int64("\"" + written + "\"") } == PackerError(.invalidNumber, at: 0))
  }

  @Test func digitsMayBeWrittenWithEscapes() throws {
    #expect(try int64(#""\u0031\u0032""#) == 12)
    #expect(try int64(#""1\u0032""#) == 12)
    #expect(try int64(#""\u002d1.2e1""#) == -12)
  }

  @Test func aNumberThatGoesOnForLongTakesNoLonger() throws {
    let zeros = String(repeating: "0", count: 200_000)
    #expect(try int64("1." + zeros) == 1)
    #expect(try int64("1" + zeros + "e-200000") == 1)
    #expect(try int64("0." + zeros + "1e200001") == 1)
    #expect(failure { () throws(PackerError) in try int64("1" + zeros) }?.reason == .integerOutOfRange)
    #expect(failure { () throws(PackerError) in try int64("1" + zeros + "1") }?.reason == .integerOutOfRange)
    #expect(failure { () throws(PackerError) in try int64("1." + zeros + "1") }?.reason == .notAnInteger)
  }

  @Test func randomIntegersSurvive() throws {
    var generator = SeededRandom(seed: 2)
    for _ in 0..<2000 {
      let signed = Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0...63, using: &generator)
      #expect(try int64("\(signed)") == signed)
      #expect(try int64("\"\(signed)\"") == signed)
      let unsigned = UInt64.random(in: 0 ... .max, using: &generator) >> UInt64.random(in: 0...63, using: &generator)
      #expect(try uint64("\(unsigned)") == unsigned)
      #expect(try uint64("\"\(unsigned)\"") == unsigned)
    }
  }

  private func int64(_ document: String) throws(PackerError) -> Int64 {
    try atEveryDistance(from: document) { reader throws(PackerError) in try reader.int64() }
  }

  private func uint64(_ document: String) throws(PackerError) -> UInt64 {
    try atEveryDistance(from: document) { reader throws(PackerError) in try reader.uint64() }
  }

  /// How near the end is decides how it is read, and not what.
  private func atEveryDistance<Value: Equatable>(
    from document: String, _ body: (inout JSONReader) throws(PackerError) -> Value
  ) throws(PackerError) -> Value {
    let results = (0...11).map { distance in
      Result { () throws(PackerError) in try read(document + String(repeating: " ", count: distance), body) }
    }
    #expect(results.allSatisfy { $0 == results[0] }, "\(document)")
    return try results[0].get()
  }
}
