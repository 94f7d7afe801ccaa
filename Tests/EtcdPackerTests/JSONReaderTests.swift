import EtcdPacker
import Testing

/// A message with a field of every kind.
private struct Sample: Message {
  enum Color: Int, WireEnum {
    case red = 0
    case green = 1

    var name: String { self == .red ? "RED" : "GREEN" }
  }

  var number: Int64 = 0
  var unsigned: UInt64 = 0
  var flag = false
  var name = ""
  var data = Bytes()
  var color = Color.red
  var child: [Sample] = []
  var names: [String] = []
  var maybe: ResponseHeader?
  var header = ResponseHeader()

  mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "number", &number)
    try f.field(2, "unsigned", &unsigned)
    try f.field(3, "flag", &flag)
    try f.field(4, "name", &name)
    try f.field(5, "data", &data)
    try f.field(6, "color", &color)
    try f.field(7, "child", &child)
    try f.field(8, "names", &names)
    try f.field(9, "may_be_there", &maybe)
    try f.field(10, "header", &header)
  }
}

/// Names of all lengths up to 19.
private struct Lengths: Message {
  static let alphabet = "abc_defghijklmnopqr"

  var values = [Int64](repeating: 0, count: 19)

  mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "a", &values[0])
    try f.field(2, "ab", &values[1])
    try f.field(3, "abc", &values[2])
    try f.field(4, "abc_", &values[3])
    try f.field(5, "abc_d", &values[4])
    try f.field(6, "abc_de", &values[5])
    try f.field(7, "abc_def", &values[6])
    try f.field(8, "abc_defg", &values[7])
    try f.field(9, "abc_defgh", &values[8])
    try f.field(10, "abc_defghi", &values[9])
    try f.field(11, "abc_defghij", &values[10])
    try f.field(12, "abc_defghijk", &values[11])
    try f.field(13, "abc_defghijkl", &values[12])
    try f.field(14, "abc_defghijklm", &values[13])
    try f.field(15, "abc_defghijklmn", &values[14])
    try f.field(16, "abc_defghijklmno", &values[15])
    try f.field(17, "abc_defghijklmnop", &values[16])
    try f.field(18, "abc_defghijklmnopq", &values[17])
    try f.field(19, "abc_defghijklmnopqr", &values[18])
  }
}

@Suite struct JSONReaderTests {
  // MARK: Grammar

  @Test(arguments: [
    "{}", "[]", "[[]]", "[{}]", #"{"":0}"#, #"{"a":{"b":[1,2,{"c":null}]},"d":"e"}"#, "0", "-0", "1", "-1", "10", "0.0",
    "0.5", "-0.5e10", "1e1", "1E1", "1e+1", "1e-1", "1.25E-10", "123456789012345678901234567890",
    "1e999999999999999999999",
    "true", "false", "null", #""""#, #""a""#, #""\"\\\/\b\f\n\r\t\u0041""#, #""\u00e9\uD83D\uDE00""#, "\"é€😀\"",
    "\"\u{7F}\"",
    " \t\r\n[ 1 , 2 ]\n", "[1,\n2]", #"{ "a" : 1 , "b" : 2 }"#, "[true,false,null]", #"{"a":1,"a":2}"#,
  ])
  func whatRFC8259AllowsIsAccepted(document: String) throws {
    try validate(utf8(document))
  }

  @Test(arguments: [
    "", " ", "{", "[", "}", "]", "{]", "[}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "{,}", #"{"a"}"#,
    #"{"a":}"#,
    #"{"a":1,}"#, #"{"a":1 "b":2}"#, #"{"a" 1}"#, #"{a:1}"#, #"{1:1}"#, #"{'a':1}"#, #"{"a":1]"#, #"[1}"#, "[[1}]",
    "tru", "truE", "True", "nul", "nulll", "falsey", "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", "01",
    "-01",
    "00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1e-", "1ee1", "0x1", "1_000", "1,", "1 2", "{}{}", "[] []", "null,",
    #"""#, #""a"#, #""\""#, #""\x""#, #""\u""#, #""\u12""#, #""\u12G4""#, #""\U0041""#, "\"\n\"", "\"\t\"", "\"\0\"",
    "\"\u{1F}\"", #""a" "b""#, "//\n1", "/**/1", "[1]//", "\u{FEFF}1", "\u{A0}1",
  ])
  func whatRFC8259ForbidsIsRefused(document: String) {
    #expect(throws: PackerError.self) { try validate(utf8(document)) }
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
      [0xE1, 0x80],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF1, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE2, 0x82, 0x41],
    ] as [[UInt8]])
  func stringsThatAreNotUTF8AreRefused(bytes: [UInt8]) {
    for padding in 0...9 {
      let document = utf8("\"" + String(repeating: "a", count: padding)) + bytes + utf8("\"")
      #expect(failure { () throws(PackerError) in try validate(document) }?.reason == .invalidUTF8)
    }
  }

  @Test(arguments: 0...9) func everyBareControlCharacterIsRefusedAtEveryPlace(padding: Int) throws {
    let before = utf8("\"" + String(repeating: "a", count: padding))
    for byte in UInt8(0)..<0x80 where byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
      let error = failure { () throws(PackerError) in try validate(before + [byte] + utf8("aaaaaaaaaa\"")) }
      #expect(error == (byte < 0x20 ? PackerError(.controlCharacter, at: before.count) : nil))
    }
  }

  @Test func bytesOutsideOfStringsMustBeASCII() {
    #expect(failure { () throws(PackerError) in try validate([0xC3, 0xA9]) }?.reason == .unexpectedByte)
  }

  @Test func everyCharacterOfUnicodeIsAccepted() throws {
    for value in stride(from: UInt32(0x20), through: 0x10FFFF, by: 61) {
      guard let scalar = Unicode.Scalar(value), scalar != "\"", scalar != "\\" else { continue }
      let string = String(Character(scalar))
      #expect(try read("\"" + string + "\"") { reader throws(PackerError) in try reader.string() } == string)
    }
  }

  // MARK: Strings

  @Test(arguments: [
    (#"\""#, "\""), (#"\\"#, "\\"), (#"\/"#, "/"), (#"\b"#, "\u{8}"), (#"\f"#, "\u{C}"), (#"\n"#, "\n"), (#"\r"#, "\r"),
    (#"\t"#, "\t"), (#"\u0000"#, "\0"), (#"\u001f"#, "\u{1F}"), (#"\u0041"#, "A"), (#"\u00e9"#, "é"), (#"\u00E9"#, "é"),
    (#"\u20AC"#, "€"), (#"\uFFFF"#, "\u{FFFF}"), (#"\ud83d\ude00"#, "😀"), (#"\uD800\uDC00"#, "\u{10000}"),
    (#"\uDBFF\uDFFF"#, "\u{10FFFF}"), (#"\u2028"#, "\u{2028}"), (#"\\u0041"#, #"\u0041"#), (#"\\n"#, #"\n"#),
  ])
  func everyEscapeStandsForItsCharacter(escaped: String, plain: String) throws {
    // Around the eight bytes that are looked at together.
    for padding in 0...9 {
      let before = String(repeating: "x", count: padding)
      #expect(try string(before + escaped + "y") == before + plain + "y")
    }
  }

  @Test(arguments: [
    #"\ud800"#, #"\udbff"#, #"\udc00"#, #"\udfff"#, #"\ud800x"#, #"\ud800\n"#, #"\ud800\u0041"#, #"\ud800\ud800"#,
    #"\udc00\ud800"#, #"\ud83d \ude00"#,
  ])
  func halfASurrogatePairIsRefused(escaped: String) {
    #expect(failure { () throws(PackerError) in try string(escaped) }?.reason == .loneSurrogate)
    #expect(failure { () throws(PackerError) in try validate(utf8("\"" + escaped + "\"")) }?.reason == .loneSurrogate)
  }

  @Test func errorsSayWhere() {
    #expect(failure { () throws(PackerError) in try validate(utf8("[1, x]")) } == PackerError(.unexpectedByte, at: 4))
    #expect(failure { () throws(PackerError) in try validate(utf8("[1, ")) } == PackerError(.truncated, at: 4))
    #expect(failure { () throws(PackerError) in try validate(utf8("[1] x")) } == PackerError(.trailingBytes, at: 4))
    #expect(PackerError(.truncated, at: 4).description == "the document ends too early (byte 4)")
  }

  // MARK: Depth

  @Test(arguments: [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]")])
  func nestingIsBounded(opening: String, closing: String) throws {
    let levels = opening.utf8.filter { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }.count
    let allowed = JSONReader.maximumDepth / levels
    func nested(_ count: Int) -> [UInt8] {
      utf8(String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count))
    }
    try validate(nested(allowed))
    #expect(failure { () throws(PackerError) in try validate(nested(allowed + 1)) }?.reason == .tooDeep)
    #expect(failure { () throws(PackerError) in try validate(nested(1_000_000)) }?.reason == .tooDeep)
  }

  @Test func nestedMessagesAndSkippedValuesCountTogether() throws {
    func nested(_ count: Int, skipped: Int) -> [UInt8] {
      utf8(
        String(repeating: #"{"child":["#, count: count) + #"{"x":"# + String(repeating: "[", count: skipped)
          + String(repeating: "]", count: skipped) + "}" + String(repeating: "]}", count: count))
    }
    _ = try Sample.decode(nested(20, skipped: 23))
    #expect(failure { () throws(PackerError) in try Sample.decode(nested(20, skipped: 24)) }?.reason == .tooDeep)
    #expect(failure { () throws(PackerError) in try Sample.decode(nested(40, skipped: 0)) }?.reason == .tooDeep)
  }

  @Test func depthIsGivenBackWhenContainersEnd() throws {
    try validate(utf8("[" + String(repeating: #"[[{"a":[]}],{}],"#, count: 1000) + "0]"))
    let children = Array(repeating: #"{"child":[{},{"x":[[]]}],"names":[]}"#, count: 500).joined(separator: ",")
    #expect(try Sample.decode(utf8(#"{"child":["# + children + "]}")).child.count == 500)
  }

  // MARK: Messages

  @Test func absentFieldsHaveTheirDefaults() throws {
    #expect(try Sample.decode(utf8("{}")) == Sample())
  }

  @Test func nullIsTheDefaultOfEveryType() throws {
    let decoded = try Sample.decode(
      utf8(
        #"{"number":null,"unsigned":null,"flag":null,"name":null,"data":null,"color":null,"child":null,"names":null,"#
          + #""may_be_there":null,"header":null,"unknown":null}"#))
    #expect(decoded == Sample())
  }

  @Test func ofRepeatedFieldsTheLastCounts() throws {
    let decoded = try Sample.decode(
      utf8(#"{"number":1,"names":["a","b"],"number":2,"names":["c"],"header":{"revision":1},"header":{"raft_term":2}}"#)
    )
    #expect(decoded.number == 2)
    #expect(decoded.names == ["c"])
    #expect(decoded.header.revision == 0)
    #expect(decoded.header.raftTerm == 2)
  }

  @Test(arguments: [
    "0", "-1.5e3", #""x""#, #""\ud83d\ude00""#, "true", "false", "null", "[]", "{}",
    #"[1,{"number":[2,{"a":"b"}]},"]"]"#,
    #"{"number":5,"x":{"y":[[],[[]]]}}"#,
  ])
  func unknownFieldsOfAnyTypeAreSkipped(value: String) throws {
    let decoded = try Sample.decode(utf8(#"{"a":"# + value + #","number":1,"b":"# + value + "}"))
    #expect(decoded.number == 1)
  }

  @Test(arguments: ["01", "tru", #""\x""#, "[1", #"{"a"}"#, "[1}", "", "-"])
  func whatIsSkippedIsCheckedToo(value: String) {
    #expect(throws: PackerError.self) { try Sample.decode(utf8(#"{"unknown":"# + value + "}")) }
  }

  @Test func fieldNamesMayBeWrittenWithEscapes() throws {
    let decoded = try Sample.decode(utf8(#"{"n\u0075mber":1,"\u006eames":["a"],"data":"Zm9v"}"#))
    #expect(decoded.number == 1)
    #expect(decoded.names == ["a"])
    #expect(decoded.data == "foo")
  }

  @Test func fieldNamesMayBeLowerCamelCase() throws {
    #expect(try Sample.decode(utf8(#"{"mayBeThere":{}}"#)).maybe == ResponseHeader())
    #expect(try Sample.decode(utf8(#"{"may_be_there":{}}"#)).maybe == ResponseHeader())
  }

  @Test(arguments: 1...19) func aNameIsComparedToItsLastCharacter(length: Int) throws {
    let name = Array(Lengths.alphabet.prefix(length))
    var expected = Lengths()
    expected.values[length - 1] = 1
    for distance in 0...20 {
      let rest = "\":1" + String(repeating: " ", count: distance) + "}"
      #expect(try Lengths.decode(utf8("{\"" + String(name) + rest)) == expected)
      for place in name.indices {
        var other = name
        other[place] = "#"
        #expect(try Lengths.decode(utf8("{\"" + String(other) + rest)) == Lengths())
      }
    }
  }

  @Test(arguments: [
    "maybethere", "maybeThere", "mayBethere", "MayBeThere", "may_beThere", "mayBe_there", "may_be_ther",
    "may_be_there_",
    "mayBeTher", "mayBeTheree", "_may_be_there", "m", "", "NUMBER", "Number", "numbe", "number2",
  ])
  func otherSpellingsAreOtherFields(name: String) throws {
    #expect(try Sample.decode(utf8(#"{""# + name + #"":{}}"#)) == Sample())
  }

  @Test(arguments: [
    #"{"number":{}}"#, #"{"number":[]}"#, #"{"number":true}"#, #"{"flag":"true"}"#, #"{"flag":1}"#, #"{"name":1}"#,
    #"{"data":1}"#, #"{"child":{}}"#, #"{"child":"x"}"#, #"{"header":[]}"#, #"{"header":1}"#, #"{"names":[1]}"#,
    #"{"color":true}"#, "[]", "1", #""x""#,
  ])
  func valuesOfTheWrongTypeAreRefused(document: String) {
    #expect(failure { () throws(PackerError) in try Sample.decode(utf8(document)) }?.reason == .wrongType)
  }

  @Test(arguments: [("\"RED\"", 0), ("\"GREEN\"", 1), ("0", 0), ("1", 1), ("1.0", 1), ("null", 0)])
  func enumerationsAreNamesOrNumbers(value: String, expected: Int) throws {
    #expect(try Sample.decode(utf8(#"{"color":"# + value + "}")).color.rawValue == expected)
  }

  @Test(arguments: ["\"BLUE\"", "\"red\"", "\"\"", "\"1\"", "2", "-1", "9223372036854775807"])
  func unknownEnumerationValuesAreRefused(value: String) {
    #expect(
      failure { () throws(PackerError) in try Sample.decode(utf8(#"{"color":"# + value + "}")) }
        == PackerError(.unknownEnumValue, at: 9))
  }

  private func string(_ contents: String) throws(PackerError) -> String {
    try read("\"" + contents + "\"") { reader throws(PackerError) in try reader.string() }
  }
}
