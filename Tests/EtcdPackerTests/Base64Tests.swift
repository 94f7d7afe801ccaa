import TestSupport
import Testing

@testable import EtcdPacker

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func theVectorsOfRFC4648Hold(plain: String, encoded: String) {
    #expect(text(Base64.encode(utf8(plain))) == encoded)
    #expect(Base64.decode(utf8(encoded)) == utf8(plain))
  }

  @Test(arguments: 0...100) func everyLengthSurvivesARoundTrip(count: Int) throws {
    var generator = SeededRandom(seed: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let encoded = Base64.encode(bytes)
    #expect(encoded.count == (count + 2) / 3 * 4)
    #expect(Base64.decode(encoded) == bytes)
    #expect(try decodeInDocument(text(encoded)) == bytes)
  }

  @Test func everyByteSurvivesAtEveryPlaceOfAGroup() {
    for shift in 0..<3 {
      let bytes = [UInt8](repeating: 0, count: shift) + Array(0...255)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test func everyByteOutsideOfTheAlphabetIsRefusedAtEveryPlace() {
    let alphabet = Set(utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    let valid = utf8("QUJDREVGR0hJSktM")
    for index in valid.indices {
      for byte in UInt8.min...UInt8.max {
        var encoded = valid
        encoded[index] = byte
        #expect((Base64.decode(encoded) != nil) == alphabet.contains(byte))
      }
    }
  }

  /// Of strings that are long enough for it: with any byte anywhere, into memory of its own or where the text is.
  @Test func whatTheProcessorDoesAtOnceIsWhatTheTableSays() {
    var generator = SeededRandom(seed: 7)
    let alphabet = utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    func check(_ text: [UInt8], room: Int) {
      var (expected, seen, inPlace) = ([UInt8](repeating: 1, count: room), [UInt8](repeating: 2, count: room), text)
      let (byTable, atOnce) = text.withUnsafeBytes { text in
        (
          expected.withUnsafeMutableBytes { Base64.decodeGroupsByTable(text, into: $0) },
          seen.withUnsafeMutableBytes { Base64.decodeGroups(text, into: $0) }
        )
      }
      let moved = inPlace.withUnsafeMutableBytes { Base64.decodeGroups(UnsafeRawBufferPointer($0), into: $0) }
      guard byTable == atOnce, expected[..<byTable.written] == seen[..<byTable.written] else {
        Issue.record("\(text) in \(room): \(byTable), \(atOnce)")
        return
      }
      guard room >= text.count else { return }
      // What was not read is as it was.
      #expect(moved == byTable && inPlace[..<moved.written] == expected[..<moved.written])
      #expect(inPlace[moved.read...] == text[moved.read...])
    }
    for count in 0...140 {
      let text = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      for room in [0, 3, 31, 32, 33, 60, count, count + 8] { check(text, room: room) }
      for index in text.indices where count % 9 == 0 {
        var text = text
        text[index] =
          [0, 0x22, 0x2D, 0x3A, 0x3D, 0x40, 0x5B, 0x5C, 0x5F, 0x60, 0x7B, 0x80, 0xAB, 0xC1, 0xFF].randomElement(
            using: &generator) ?? 0
        check(text, room: count + 8)
      }
    }
    let long = [UInt8](repeating: UInt8(ascii: "Q"), count: 64)
    for byte in UInt8.min...UInt8.max {
      for index in [0, 31, 32, 45] {
        var text = long
        text[index] = byte
        check(text, room: 80)
      }
    }
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zm8", "Zm9vY", "Zm9vYg", "Zm9vYg=", "=", "==", "===", "====", "Z===", "Zg==Zg==", "Zg===",
    "Zg====",
    "Zm8=Zm8=", "Zm9v=", "=Zm9", "Z=g=", "Zg=A", "Zm9v\n", " Zm9v", "Zm 9v", "Zm-_", "Zm_v",
  ])
  func whatIsNotStrictlyBase64IsRefused(encoded: String) {
    #expect(Base64.decode(utf8(encoded)) == nil)
    #expect(failure { () throws(PackerError) in try decodeInDocument(encoded) } != nil)
  }

  @Test func bitsAfterTheLastByteMustBeZero() {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, character) in alphabet.enumerated() {
      for (encoded, isValid) in [("Z\(character)==", value % 16 == 0), ("Zm\(character)=", value % 4 == 0)] {
        #expect((Base64.decode(utf8(encoded)) != nil) == isValid)
        let error = failure { () throws(PackerError) in try decodeInDocument(encoded) }
        #expect(error == (isValid ? nil : PackerError(.invalidBase64, at: 0)))
      }
    }
  }

  @Test func urlSafeBase64IsRefused() throws {
    #expect(try decodeInDocument("+/8=") == [0xFB, 0xFF])
    #expect(failure { () throws(PackerError) in try decodeInDocument("-_8=") }?.reason == .invalidBase64)
  }

  @Test(arguments: [
    #"\/\/79"#, #"//7\u0039"#, #"\u002f\u002F79"#, #"\u002f/79"#, #"//7\u0039"#,
  ])
  func escapesInsideOfBase64AreUnderstood(encoded: String) throws {
    #expect(try decodeInDocument(encoded) == [0xFF, 0xFE, 0xFD])
  }

  @Test func escapedPaddingIsUnderstood() throws {
    #expect(try decodeInDocument(#"Zg=\u003d"#) == utf8("f"))
    #expect(try decodeInDocument(#"Zg\u003d\u003D"#) == utf8("f"))
    #expect(try decodeInDocument(#"Zm9vYm\u0045="#) == utf8("fooba"))
  }

  @Test(arguments: [#"Zg=\u003"#, #"Zg=\="#, #"Zg\u0000=="#, #"Zg=\u003d\u003d"#, #"\n"#])
  func escapesDoNotMakeWrongBase64Right(encoded: String) {
    #expect(failure { () throws(PackerError) in try decodeInDocument(encoded) } != nil)
  }

  @Test func escapedAndPlainStringsOfADocumentDoNotDisturbEachOther() throws {
    let answer = try LeaseTimeToLiveResponse.decode(
      utf8(#"{"keys":["Zm9v","Zm\u0039v","YmFy","\u0059g==","Yg==",""]}"#))
    #expect(answer.keys == ["foo", "foo", "bar", "b", "b", ""])
  }

  /// What is decoded by tables, two groups at a time, against one character at a time: of all lengths, with something that
  /// is no base64 at any place, or nothing.
  @Test(arguments: 0..<200 as Range<UInt64>) func tablesSayWhatThePlainVersionSays(seed: UInt64) {
    var generator = SeededRandom(seed: seed)
    for _ in 0..<50 {
      let bytes = (0..<Int.random(in: 0...70, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      var encoded = Base64.encode(bytes)
      #expect(Base64.decode(encoded) == bytes)
      if !encoded.isEmpty, Bool.random(using: &generator) {
        encoded[Int.random(in: encoded.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if Int.random(in: 0..<4, using: &generator) == 0 { encoded.removeLast(min(encoded.count, 1)) }
      #expect(Base64.decode(encoded) == Self.plain(encoded))
    }
  }

  private static func plain(_ text: [UInt8]) -> [UInt8]? {
    let alphabet = utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    guard text.count % 4 == 0 else { return nil }
    let padding = text.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
    var bits: [Bool] = []
    for character in text.dropLast(padding) {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      for bit in (0..<6).reversed() { bits.append(value >> bit & 1 == 1) }
    }
    let whole = bits.count / 8 * 8
    guard !bits[whole...].contains(true) else { return nil }
    return stride(from: 0, to: whole, by: 8).map { start in
      bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }
  }

  private func decodeInDocument(_ encoded: String) throws(PackerError) -> [UInt8] {
    try read("\"" + encoded + "\"") { reader throws(PackerError) in try reader.bytes() }.array
  }
}
