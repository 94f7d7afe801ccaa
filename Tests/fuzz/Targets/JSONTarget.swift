import EtcdPacker

/// `JSONReader` against a reader that is slow and simple. The first byte says what the rest is read as.
enum JSONTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    var input = Input(input)
    let kind = input.byte()
    let document = Array(input.rest)
    let reference = ReferenceJSON(document)
    switch kind {
    case UInt8(ascii: "b"):
      try compare("bool", document, reference?.asBool) { reader throws(PackerError) in try reader.bool() }
    case UInt8(ascii: "i"):
      try compare("int64", document, reference?.asInt64) { reader throws(PackerError) in try reader.int64() }
    case UInt8(ascii: "u"):
      try compare("uint64", document, reference?.asUInt64) { reader throws(PackerError) in try reader.uint64() }
    case UInt8(ascii: "s"):
      try compare("string", document, reference?.asString) { reader throws(PackerError) in
        Array(try reader.string().utf8)
      }
    case UInt8(ascii: "d"):
      try compare("bytes", document, reference?.asBytes) { reader throws(PackerError) in try reader.bytes().array }
    case UInt8(ascii: "a"):
      try compare("strings", document, strings(reference)) { reader throws(PackerError) in
        try reader.strings().map { Array($0.utf8) }
      }
    case UInt8(ascii: "w"):
      // Any text must come back as it was written.
      let text = String(decoding: document, as: UTF8.self)
      var writer = JSONWriter()
      writer.value(text)
      try compare("written string", writer.bytes, Array(text.utf8)) { reader throws(PackerError) in
        Array(try reader.string().utf8)
      }
    default:
      try compare("any value", document, reference == nil ? nil : true) { reader throws(PackerError) in
        try reader.skipValue()
        return true
      }
    }
  }

  private static func strings(_ reference: ReferenceJSON?) -> [[UInt8]]? {
    switch reference {
    case .null: return []
    case .array(let values):
      let strings = values.compactMap(\.asString)
      return strings.count == values.count ? strings : nil
    default: return nil
    }
  }

  private static func compare<T: Equatable>(
    _ name: String, _ document: [UInt8], _ expected: T?, _ read: (inout JSONReader) throws(PackerError) -> T
  ) throws(Violation) {
    let actual: Result<T, PackerError> = document.withUnsafeBytes { document in
      var reader = JSONReader(document)
      do throws(PackerError) {
        let value = try read(&reader)
        try reader.end()
        return .success(value)
      } catch {
        return .failure(error)
      }
    }
    switch actual {
    case .success(let value):
      try require(value == expected, "\(name) was read as \(value), and is \(expected.map { "\($0)" } ?? "malformed")")
    case .failure(let error):
      try require(expected == nil, "\(name) was refused (\(error)), and is \(expected.map { "\($0)" } ?? "")")
      try require(0...document.count ~= error.offset, "the error's offset lies outside of the document")
    }
  }
}
