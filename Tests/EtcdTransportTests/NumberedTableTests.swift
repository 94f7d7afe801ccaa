import TestSupport
import Testing

@testable import EtcdTransport

/// Held against a dictionary.
struct NumberedTableTests {
  private struct ID: Numbered {
    let rawValue: UInt64
  }

  @Test(arguments: 1...20) func itHoldsWhatADictionaryHolds(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = NumberedTable<ID, String>()
    var dictionary: [ID: String] = [:]
    // Ids in a row, as they are given; far apart, as those of two that count differ; and such as share a place.
    let spread: UInt64 = [1, 1 << 63, 0x9E37_79B9_7F4A_7C15, 1 << 32][Int(seed % 4)]
    for step in 0..<3000 {
      let id = ID(rawValue: UInt64.random(in: 0..<(seed % 2 == 0 ? 40 : 2000), using: &random) &* spread &+ 1)
      if Bool.random(using: &random) {
        table[id] = "\(step)"
        dictionary[id] = "\(step)"
      } else {
        #expect(table.removeValue(forKey: id) == dictionary.removeValue(forKey: id))
      }
      #expect(table[id] == dictionary[id])
      #expect(table.count == dictionary.count)
    }
    #expect(Dictionary(uniqueKeysWithValues: table.map { ($0.key, $0.value) }) == dictionary)
    for id in dictionary.keys { #expect(table[id] == dictionary[id]) }
    for id in table.keys { table[id] = nil }
    #expect(table.isEmpty)
    #expect(table.values.isEmpty)
  }

  @Test func oneThatWasLargeIsSmallAgain() {
    var table = NumberedTable<ID, Int>()
    for number in 1...10_000 { table[ID(rawValue: UInt64(number))] = number }
    let most = table.slots.count
    for number in 2...10_000 { table[ID(rawValue: UInt64(number))] = nil }
    #expect(table[ID(rawValue: 1)] == 1)
    #expect(16 * table.slots.count < most)
  }
}
