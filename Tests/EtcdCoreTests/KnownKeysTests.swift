import EtcdPacker
import TestSupport
import Testing

@testable import EtcdCore

struct KnownKeysTests {
  private var keys = KnownKeys()

  private static func key(_ number: Int) -> Bytes { Bytes(utf8: "game/servers/\(number)") }

  @Test mutating func aKeyIsKnownAtTheRevisionThatWasSetLast() {
    #expect(keys["a"] == nil)
    #expect(keys.set("a", at: 5) == nil)
    #expect(keys.set("b", at: 6) == nil)
    #expect(keys["a"] == 5)
    #expect(keys.set("a", at: 7) == 5)
    #expect(keys["a"] == 7)
    #expect(keys.count == 2)
    #expect(keys.remove("a") == 7)
    #expect(keys.remove("a") == nil)
    #expect(keys["a"] == nil)
    #expect(keys["b"] == 6)
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 239, 240, 241, 65_519, 65_520, 65_521, 200_000, 1 << 24 - 1])
  mutating func keysOfAnyLengthAreKnown(length: Int) {
    let key = Bytes([UInt8](repeating: 0xff, count: length))
    keys.set(key, at: 5)
    keys.set("other", at: 6)
    #expect(keys[key] == 5)
    #expect(keys["other"] == 6)
    #expect(keys.remove(key) == 5)
    #expect(keys["other"] == 6)
  }

  @Test mutating func aKeyThatNoEtcdTakesIsNotKept() {
    let key = Bytes([UInt8](repeating: 1, count: 1 << 24))
    keys.set(key, at: 5)
    #expect(keys[key] == nil)
    #expect(keys.count == 0)
  }

  @Test mutating func revisionsMayBeAnything() {
    for revision in [Int64.max, .min, -1, 0] {
      keys.set("a", at: revision)
      #expect(keys["a"] == revision)
    }
  }

  @Test mutating func whatIsDistrustedIsKnownAtNoRevision() {
    for number in 0..<1000 { keys.set(Self.key(number), at: 5) }
    keys.distrust()
    for number in 0..<1000 { #expect(keys[Self.key(number)] == 0) }
  }

  // MARK: Vanished

  @Test mutating func whatIsNotFoundHasVanished() {
    for number in 0..<10 { keys.set(Self.key(number), at: 5) }
    keys.beginReading()
    #expect(keys.haveVanished)
    for number in [0, 2, 4, 6, 8] { keys.set(Self.key(number), at: 5) }
    keys.set("new", at: 9)
    let vanished = keys.takeVanished(100)
    #expect(vanished.map(\.key) == [1, 3, 5, 7, 9].map(Self.key))
    #expect(vanished.allSatisfy { $0.revision == 5 })
    #expect(!keys.haveVanished)
    #expect(keys.count == 6)
  }

  @Test mutating func whatHasVanishedIsTakenInParts() {
    for number in 0..<1000 { keys.set(Self.key(number), at: 5) }
    keys.beginReading()
    for number in 0..<100 { keys.set(Self.key(number * 10), at: 5) }
    var taken: Set<Bytes> = []
    var parts = 0
    while keys.haveVanished, parts < 1000 {
      let part = keys.takeVanished(7)
      #expect((1...7).contains(part.count))
      taken.formUnion(part.map(\.key))
      parts += 1
    }
    #expect(taken == Set((0..<1000).filter { $0 % 10 != 0 }.map(Self.key)))
    #expect(keys.count == 100)
  }

  /// Each reading finds another part of the keys, and none is told apart from those before by chance.
  @Test mutating func readingsThatComeToNoEndAreForgotten() {
    for number in 0..<200 { keys.set(Self.key(number), at: 5) }
    for reading in 0..<500 {
      keys.beginReading()
      keys.set(Self.key(reading % 200), at: 5)
      #expect(keys.haveVanished)
    }
    keys.beginReading()
    for number in 0..<199 { keys.set(Self.key(number), at: 5) }
    #expect(keys.takeVanished(10).map(\.key) == [Self.key(199)])
  }

  // MARK: Against a model

  private struct Model {
    var revisions: [Bytes: Int64] = [:]
    var found: Set<Bytes> = []
  }

  @Test(arguments: 1...15)
  mutating func itIsWhatADictionaryAndASetAre(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var model = Model()
    let names = [10, 300, 5000][Int(seed % 3)]
    let longest = seed % 5 == 0 ? 3000 : 40
    func draw() -> Bytes {
      let number = Int.random(in: 0..<names, using: &random)
      return Bytes([UInt8](repeating: UInt8(number % 7), count: number * 7919 % longest) + utf8("/\(number)"))
    }
    var removing = 0.3
    for step in 0..<6000 {
      if step % 600 == 0 { removing = Double.random(in: 0...1, using: &random) }
      let key = draw()
      switch Int.random(in: 0..<1000, using: &random) {
      case 0:
        keys.beginReading()
        model.found = []
      case 1:
        keys.distrust()
        model.revisions = model.revisions.mapValues { _ in 0 }
      case 2:
        let vanished = keys.takeVanished(20)
        let expected = model.revisions.filter { !model.found.contains($0.key) }
        #expect(vanished.count == min(20, expected.count))
        #expect(vanished.allSatisfy { expected[$0.key] == $0.revision })
        #expect(vanished.map(\.key) == vanished.map(\.key).sorted())
        for (key, _) in vanished { model.revisions[key] = nil }
      case _ where Double.random(in: 0..<1, using: &random) < removing:
        #expect(keys.remove(key) == model.revisions[key])
        model.revisions[key] = nil
        model.found.remove(key)
      default:
        #expect(keys[key] == model.revisions[key])
        #expect(keys.set(key, at: Int64(step)) == model.revisions.updateValue(Int64(step), forKey: key))
        model.found.insert(key)
      }
      #expect(keys.count == model.revisions.count)
      #expect(keys.haveVanished == (model.found.count < model.revisions.count))
    }
    for (key, revision) in model.revisions { #expect(keys[key] == revision) }
    #expect(keys.byteCount < 8192 + 4 * model.revisions.keys.reduce(0) { $0 + $1.count + 24 })
  }

  // MARK: What it costs

  @Test mutating func aKeyCostsItsBytesAndLittleMore() {
    let count = 100_000
    var bytes = 0
    for number in 0..<count {
      let key = Self.key(number)
      bytes += key.count
      keys.set(key, at: Int64(number))
    }
    #expect(keys.byteCount - bytes < 24 * count)
  }

  @Test mutating func theMemoryOfKeysThatHaveGoneIsUsedAgain() {
    for number in 0..<100_000 { keys.set(Self.key(number), at: 5) }
    let most = keys.byteCount
    for number in 0..<90_000 { keys.remove(Self.key(number)) }
    #expect(keys.byteCount < most / 5)
    for round in 1...20 {
      for number in 0..<10_000 { keys.set(Self.key(number + round * 10_000 + 90_000), at: 5) }
      for number in 0..<10_000 { keys.remove(Self.key(number + round * 10_000 + 80_000)) }
      #expect(keys.byteCount < most / 3)
    }
    for number in 0..<1_000_000 where keys.count > 0 { keys.remove(Self.key(number)) }
    #expect(keys.count == 0)
    #expect(keys.byteCount == 0)
  }
}
