extension JSONReader {
  /// The value of the field `name` of the object that `document` is: a string as it is meant, with a quotation mark in
  /// front that tells it from a number; a number, `true` or `false` as it is written. Of repeated fields the last counts.
  ///
  /// Returns `nil` if there is none, if it is something else, or if the document is no valid JSON object.
  package static func field(_ name: [UInt8], of document: [UInt8]) -> [UInt8]? {
    document.withUnsafeBytes { document in
      var reader = JSONReader(document)
      return try? reader.lastValue(of: name)
    }
  }

  private mutating func lastValue(of name: [UInt8]) throws(PackerError) -> [UInt8]? {
    var value: [UInt8]?
    skipWhiteSpace()
    guard isAtObject else { return nil }
    try open(UInt8(ascii: "{"))
    var more = !consume(UInt8(ascii: "}"))
    while more {
      if try fieldName().isExactly(name) { value = try scalar() } else { try skipValue() }
      more = try anotherFollows(end: UInt8(ascii: "}"))
    }
    depth -= 1
    try end()
    return value
  }

  private mutating func scalar() throws(PackerError) -> [UInt8]? {
    skipWhiteSpace()
    switch peek() {
    case UInt8(ascii: "\""): return try [UInt8(ascii: "\"")] + Array(string().utf8)
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "n"):
      try skipValue()
      return nil
    default:
      return try raw().array
    }
  }
}
