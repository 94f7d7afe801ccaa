/// Something that is sent as a JSON object: a request, or a part of one.
package protocol Request: Hashable, Sendable {
  func writeFields(to writer: inout JSONWriter)
}

extension Request {
  /// The request as a document, without white space.
  package func encode() -> [UInt8] {
    var writer = JSONWriter()
    writer.value(self)
    return writer.bytes
  }
}
