import EtcdPacker
import Testing

@Suite struct JSONWriterTests {
  @Test func fieldsLeaveOutDefaults() {
    #expect(
      written { writer in
        writer.field("a", false)
        writer.field("b", Int64(0))
        writer.field("c", UInt64(0))
        writer.field("d", "")
        writer.field("e", [] as [UInt8])
        writer.field("f", [] as [String])
        writer.field("g", RangeRequest.SortOrder.none)
        writer.field("h", [] as [Compare])
        writer.field("i", [] as [WatchCreateRequest.Filter])
      } == "{}")
  }

  @Test func requiredFieldsAreWrittenWhateverTheirValue() {
    #expect(
      written { writer in
        writer.required("a", false)
        writer.required("b", Int64(0))
        writer.required("c", UInt64(0))
        writer.required("d", "")
        writer.required("e", [] as [UInt8])
        writer.required("f", RangeRequest.SortOrder.none)
        writer.required("g", EmptyRequest())
      } == #"{"a":false,"b":"0","c":"0","d":"","e":"","f":"NONE","g":{}}"#)
  }

  @Test func integersAreStrings() {
    #expect(
      written { writer in
        writer.field("a", Int64.min)
        writer.field("b", Int64.max)
        writer.field("c", UInt64.max)
      } == #"{"a":"-9223372036854775808","b":"9223372036854775807","c":"18446744073709551615"}"#)
  }

  @Test func commasStandBetweenFieldsAndElementsOnly() {
    #expect(
      written { writer in
        writer.name("a")
        writer.array([[1, 2], [], [3]] as [[Int64]]) { writer, row in writer.array(row) { $0.value($1) } }
        writer.name("b")
        writer.object { $0.field("c", true) }
        writer.name("d")
        writer.object { _ in }
        writer.field("e", true)
      } == #"{"a":[["1","2"],[],["3"]],"b":{"c":true},"d":{},"e":true}"#)
  }

  @Test func stringsAreEscapedWhereTheyMustBe() {
    #expect(
      written { $0.field("a", "\"\\/\n\u{1F}\u{7F}é😀\0") } == "{\"a\":\"\\\"\\\\/\\u000a\\u001f\\u007fé😀\\u0000\"}")
  }

  @Test func everyStringIsReadBackAsItWas() throws {
    for value in (UInt32(0)...0x2FF).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{FFFF}", "😀", "\u{10FFFF}"] {
      let string = "a" + String(Character(value)) + "b"
      var writer = JSONWriter()
      writer.value(string)
      #expect(try read(writer.bytes) { reader throws(PackerError) in try reader.string() } == string)
    }
  }

  @Test func dataIsBase64() {
    #expect(written { $0.field("a", [0xFB, 0xFF] as [UInt8]) } == #"{"a":"+/8="}"#)
  }

  private func written(_ fields: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    writer.object(fields)
    return text(writer.bytes)
  }
}
