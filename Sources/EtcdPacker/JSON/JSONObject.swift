/// Something that arrives as a JSON object and exists in no other form: what is around an answer of the gateway, and what
/// is no part of etcd's API. What is, is a `Message`.
///
/// It says what it does with one field at a time; `JSONReader.message` does the rest. Fields that are absent or `null`
/// keep their defaults, unknown ones are skipped, and of repeated ones the last counts.
package protocol JSONObject: Hashable, Sendable {
  /// The object with every field at its default.
  init()

  /// Takes the value of `field` from `reader`, or leaves it there to be skipped.
  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError)
}

extension JSONObject {
  /// Decodes a document that is this object and nothing else.
  package static func decode(_ json: UnsafeRawBufferPointer, limit: Int = .max) throws(PackerError) -> Self {
    var reader = JSONReader(json, limit: limit)
    try reader.charge(0)
    let object: Self = try reader.message()
    try reader.end()
    return object
  }

  package static func decode(_ json: [UInt8]) throws(PackerError) -> Self {
    try decode(json, limit: .max)
  }

  package static func decode(_ json: [UInt8], limit: Int) throws(PackerError) -> Self {
    try json.withUnsafeBufferPointer { json throws(PackerError) in
      try decode(UnsafeRawBufferPointer(json), limit: limit)
    }
  }
}
