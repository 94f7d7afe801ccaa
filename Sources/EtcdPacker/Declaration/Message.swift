/// A message of etcd's API: a request, an answer, or a part of one.
///
/// A message is declared once, by showing its fields with their names and numbers from the proto file; JSON and
/// protobuf, reading and writing, follow from that:
///
///     package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
///       try f.field(1, "header", &header)
///       try f.field(2, "prev_kv", &prevKV)
///     }
///
/// In the order in which etcd writes them, if it can be: a document whose fields come in this order is read in one go.
/// Fields that are absent keep their defaults, and unknown ones are skipped.
package protocol Message: Hashable, Sendable {
  /// The message with every field at its default.
  init()

  /// Shows the fields to `f`, each of them once, whatever their values are. Changes nothing but by that.
  mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure)

  // `fields`, for each way to read and write. They are requirements only so that the compiler's versions of `fields`
  // for one way and one message are found from code that does not know which message it is about.
  mutating func read(from reader: inout JSONReader) throws(PackerError)
  mutating func read(from reader: inout ProtobufReader) throws(PackerError)
  func write(to writer: inout JSONWriter)
  func write(to writer: inout ProtobufWriter)
}

extension Message {
  package mutating func read(from reader: inout JSONReader) throws(PackerError) {
    try fields(&reader)
  }

  package mutating func read(from reader: inout ProtobufReader) throws(PackerError) {
    try fields(&reader)
  }

  package func write(to writer: inout JSONWriter) {
    var message = self
    message.fields(&writer)
  }

  package func write(to writer: inout ProtobufWriter) {
    var message = self
    message.fields(&writer)
  }
}

// MARK: JSON

extension Message {
  /// Decodes a document that is this message and nothing else. One that costs more than `limit` (`DecodingCost`) is too
  /// large.
  package static func decode(_ json: UnsafeRawBufferPointer, limit: Int = .max) throws(PackerError) -> Self {
    var reader = JSONReader(json, limit: limit)
    try reader.charge(0)
    let message: Self = try reader.message()
    try reader.end()
    return message
  }

  package static func decode(_ json: [UInt8]) throws(PackerError) -> Self {
    try decode(json, limit: .max)
  }

  package static func decode(_ json: [UInt8], limit: Int) throws(PackerError) -> Self {
    try json.withUnsafeBufferPointer { json throws(PackerError) in
      try decode(UnsafeRawBufferPointer(json), limit: limit)
    }
  }

  /// The message as a document, without white space.
  package func encode() -> [UInt8] {
    var writer = JSONWriter()
    writer.value(self)
    return writer.bytes
  }
}

// MARK: Protobuf

extension Message {
  /// Decodes bytes that are this message and nothing else. The `Bytes` in it are slices of `protobuf`: nothing is
  /// copied. One that costs more than `limit` is too large.
  package static func decodeProtobuf(_ protobuf: Bytes, limit: Int = .max) throws(PackerError) -> Self {
    try protobuf.withUnsafeBytes { input throws(PackerError) in
      var reader = try ProtobufReader(protobuf, input, limit: limit)
      var message = Self()
      try reader.message(&message)
      return message
    }
  }

  package static func decodeProtobuf(_ protobuf: [UInt8]) throws(PackerError) -> Self {
    try decodeProtobuf(protobuf, limit: .max)
  }

  package static func decodeProtobuf(_ protobuf: [UInt8], limit: Int) throws(PackerError) -> Self {
    try decodeProtobuf(Bytes(protobuf), limit: limit)
  }

  package func encodeProtobuf() -> [UInt8] {
    var writer = ProtobufWriter()
    write(to: &writer)
    return writer.bytes
  }
}
