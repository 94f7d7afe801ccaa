import EtcdPacker
import TestSupport
import Testing

@Suite struct BytesTests {
  @Test func bytesHoldWhatTheyWereMadeFrom() {
    #expect(Bytes([1, 2, 255]).array == [1, 2, 255])
    #expect(Bytes(utf8: "héllo").array == utf8("héllo"))
    #expect(("literal" as Bytes).array == utf8("literal"))
  }

  @Test func emptyBytesAreEqualHoweverTheyCameToBe() {
    #expect(Bytes() == Bytes([]))
    #expect(Bytes() == "")
    #expect(Bytes().isEmpty)
    #expect(Bytes().count == 0)
    #expect(Bytes().array == [])
    #expect(Bytes().baseAddress == nil)
    #expect(Bytes().copy() == Bytes())
  }

  @Test func subscriptsOutOfBoundsGiveNothing() {
    let bytes = Bytes([7, 8])
    #expect(bytes[0] == 7)
    #expect(bytes[1] == 8)
    #expect(bytes[2] == nil)
    #expect(bytes[-1] == nil)
    #expect(bytes[.max] == nil)
    #expect(bytes[.min] == nil)
    #expect(Bytes()[0] == nil)
  }

  @Test(arguments: 0...40) func equalityLooksAtEveryByte(count: Int) {
    let array = (0..<count).map { UInt8($0) }
    #expect(Bytes(array) == Bytes(array))
    #expect(Bytes(array).hashValue == Bytes(array).hashValue)
    #expect(Bytes(array) != Bytes(array + [0]))
    for index in 0..<count {
      var other = array
      other[index] ^= 0x80
      #expect(Bytes(array) != Bytes(other))
    }
  }

  @Test func orderIsLexicographicAndUnsigned() {
    let ascending: [Bytes] = [
      "", Bytes([0]), Bytes([0, 0]), Bytes([0, 255]), Bytes([1]), "a", "aaaaaaaa", "aaaaaaaaa", "aaaaaaab", "b",
      Bytes([0x7F]), Bytes([0x80]), Bytes([0x80, 0]), Bytes([0xFF]), Bytes([0xFF, 0xFF]),
    ]
    for (i, left) in ascending.enumerated() {
      for (j, right) in ascending.enumerated() {
        #expect((left < right) == (i < j), "\(left.array) < \(right.array)")
      }
    }
  }

  @Test func randomOrderAgreesWithTheStandardLibrarys() {
    var generator = SeededRandom(seed: 1)
    for _ in 0..<5000 {
      let left = (0..<Int.random(in: 0...20, using: &generator)).map { _ in UInt8.random(in: 0...1, using: &generator) }
      let right = (0..<Int.random(in: 0...20, using: &generator)).map { _ in UInt8.random(in: 0...1, using: &generator)
      }
      #expect((Bytes(left) < Bytes(right)) == left.lexicographicallyPrecedes(right))
      #expect((Bytes(left) == Bytes(right)) == (left == right))
    }
  }

  @Test func allBytesOfADocumentShareOneAllocation() throws {
    let answer = try RangeResponse.decode(
      utf8(#"{"kvs":[{"key":"YQ==","value":"b25l"},{"key":"YWI=","value":"dHdv"}]}"#))
    var expected = try #require(answer.kvs.first?.key.baseAddress)
    for bytes in answer.kvs.flatMap({ [$0.key, $0.value] }) {
      #expect(bytes.baseAddress == expected)
      expected += bytes.count
    }
    #expect(text(answer.kvs[1].value) == "two")
  }

  @Test func addressesAreStableAndSurviveTheDocument() throws {
    var values: [Bytes] = []
    for index in 0..<1000 {
      let document = text(PutRequest(key: utf8("key\(index)"), value: utf8("value\(index)")).encode())
      let kv = try KeyValue.decode(utf8(document))
      values.append(kv.value)
    }
    let addresses = values.map(\.baseAddress)
    values.append(contentsOf: values)
    for (index, value) in values.prefix(1000).enumerated() {
      #expect(value.baseAddress == addresses[index])
      #expect(text(value) == "value\(index)")
    }
  }

  @Test func aCopyHasMemoryOfItsOwn() throws {
    let value: Bytes = "value"
    let copy = value.copy()
    #expect(copy == value)
    #expect(copy.baseAddress != value.baseAddress)
  }

  @Test func aSliceIsInTheSameMemory() {
    let bytes: Bytes = "0123456789"
    #expect(bytes.slice(2..<5) == "234")
    #expect(bytes.slice(2..<5).baseAddress == bytes.baseAddress.map { $0 + 2 })
    #expect(bytes.slice(2..<5).slice(1..<3) == "34")
    #expect(bytes.slice(0..<10) == bytes)
    #expect(bytes.slice(3..<3) == Bytes())
    #expect(bytes.slice(8..<100) == "89")
    #expect(bytes.slice(-5..<2) == "01")
    #expect(bytes.slice(.min ..< .max) == bytes)
    #expect(bytes.slice(20..<30) == Bytes())
    #expect(Bytes().slice(0..<1) == Bytes())
  }

  @Test func bytesAreFilledInPlace() {
    let bytes = Bytes(capacity: 5) { memory in
      memory.copyBytes(from: [1, 2, 3])
      return 3
    }
    #expect(bytes == Bytes([1, 2, 3]))
    #expect(Bytes(capacity: 5) { _ in 0 } == Bytes())
    #expect(Bytes(capacity: 2) { _ in 100 }.count == 2)
    #expect(throws: PackerError(.truncated, at: 1)) {
      try Bytes(capacity: 5) { _ throws(PackerError) in throw PackerError(.truncated, at: 1) }
    }
  }

  @Test func theDescriptionIsPrintableAndBounded() {
    #expect("key".description == "key")
    #expect(("a\u{1B}[31m\nb" as Bytes).description == "a [31m b")
    #expect(Bytes([0xFF, 0x41]).description == "\u{FFFD}A")
    #expect(Bytes([UInt8](repeating: 0x41, count: 5000)).description.utf8.count < 140)
  }
}
