// Objects of a host's own, whose fields may have any name.
extension JSONReader {
  /// Goes through the fields of the object that `document` is and nothing else. What `body` does not read is skipped.
  package static func eachField(
    of document: UnsafeRawBufferPointer,
    _ body: (FieldName, inout JSONReader) throws(PackerError) -> Void
  ) throws(PackerError) {
    var reader = JSONReader(document)
    reader.skipWhiteSpace()
    guard reader.isAtObject else { throw reader.wrongType() }
    try reader.eachField(body)
    try reader.end()
  }

  /// The same for an object that comes next; there are none in `null`.
  package mutating func eachField(
    _ body: (FieldName, inout JSONReader) throws(PackerError) -> Void
  ) throws(PackerError) {
    if try consumeNull() { return }
    try open(UInt8(ascii: "{"))
    var more = !consume(UInt8(ascii: "}"))
    while more {
      let field = try fieldName()
      let start = position
      try body(field, &self)
      if position == start { try skipValue() }
      more = try anotherFollows(end: UInt8(ascii: "}"))
    }
    depth -= 1
  }

  /// A string as it is meant; a number, `true` or `false` as it is written. `nil` for `null`.
  package mutating func text() throws(PackerError) -> Bytes? {
    if try consumeNull() { return nil }
    switch peek() {
    case UInt8(ascii: "\""): return Bytes(utf8: try string())
    case UInt8(ascii: "{"), UInt8(ascii: "["): throw wrongType()
    default: return try raw()
    }
  }
}
