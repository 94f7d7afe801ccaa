/// One line of a stream: an answer, or the error that ends it.
package enum StreamDocument<Result: Message>: Sendable {
  case result(Result)
  case error(ServerError)

  // Watches live by it, and without a version of its own the types in here would be put together anew for each document.
  @_specialize(where Result == WatchResponse)
  package static func decode(_ json: UnsafeRawBufferPointer, limit: Int = .max) throws(PackerError) -> Self {
    let document = try Line.decode(json, limit: limit)
    if let error = document.error.error(httpStatus: nil) { return .error(error) }
    guard let result = document.result else { throw PackerError(.missingField, at: 0) }
    return .result(result)
  }

  package static func decode(_ json: [UInt8]) throws(PackerError) -> Self {
    try decode(json, limit: .max)
  }

  package static func decode(_ json: [UInt8], limit: Int) throws(PackerError) -> Self {
    try json.withUnsafeBufferPointer { json throws(PackerError) in
      try decode(UnsafeRawBufferPointer(json), limit: limit)
    }
  }

  private struct Line: JSONObject {
    var result: Result?
    var error = ErrorDocument()

    mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
      switch field {
      case "result": result = try reader.messageIfPresent()
      default: try error.read(field, from: &reader)
      }
    }
  }
}

extension StreamDocument: Equatable {}
