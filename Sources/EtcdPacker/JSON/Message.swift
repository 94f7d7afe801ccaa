/// Something that arrives as a JSON object: a response, or a part of one.
///
/// A message says what it does with one field at a time; `JSONReader.message` does the rest. Fields that are absent or
/// `null` keep their defaults, unknown ones are skipped, and of repeated ones the last counts.
package protocol Message: Hashable, Sendable {
  /// The message with every field at its default.
  init()

  /// Takes the value of `field` from `reader`, or leaves it there to be skipped.
  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError)
}

extension Message {
  /// Decodes a document that is this message and nothing else.
  package static func decode(_ json: UnsafeRawBufferPointer) throws(PackerError) -> Self {
    var reader = JSONReader(json)
    let message: Self = try reader.message()
    try reader.end()
    return message
  }

  package static func decode(_ json: [UInt8]) throws(PackerError) -> Self {
    try json.withUnsafeBufferPointer { json throws(PackerError) in try decode(UnsafeRawBufferPointer(json)) }
  }
}
