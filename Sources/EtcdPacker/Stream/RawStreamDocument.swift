/// One line of a stream of which nothing is known but that it is one of the gateway's.
package enum RawStreamDocument: Sendable {
  /// Its answer, as it came; and who answered, where it says so.
  case result(ResponseHeader, Bytes)
  case error(ServerError)

  package static func decode(_ json: UnsafeRawBufferPointer, limit: Int = .max) throws(PackerError) -> Self {
    let line = try Line.decode(json, limit: limit)
    if let error = line.error.error(httpStatus: nil) { return .error(error) }
    guard let result = line.result else { throw PackerError(.missingField, at: 0) }
    let header = try result.withUnsafeBytes { json throws(PackerError) in
      try HeaderResponse.decode(json, limit: limit).header
    }
    return .result(header, result)
  }

  package static func decode(_ json: [UInt8]) throws(PackerError) -> Self {
    try json.withUnsafeBufferPointer { json throws(PackerError) in try decode(UnsafeRawBufferPointer(json)) }
  }

  private struct Line: JSONObject {
    var result: Bytes?
    var error = ErrorDocument()

    mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
      switch field {
      case "result": result = try reader.raw()
      default: try error.read(field, from: &reader)
      }
    }
  }
}
