/// One line of a stream: an answer, or the error that ends it.
package enum StreamDocument<Result: Message>: Sendable {
  case result(Result)
  case error(ServerError)

  package static func decode(_ json: UnsafeRawBufferPointer, limit: Int = .max) throws(PackerError) -> Self {
    try decodeLine(json, limit: limit)
  }

  // Without a type of a line's own, which would be put together anew for each document.
  private static func decodeLine(_ json: UnsafeRawBufferPointer, limit: Int) throws(PackerError) -> Self {
    var result: Result?
    var error = ErrorDocument()
    var reader = JSONReader(json, limit: limit)
    try reader.charge(0)
    try reader.eachField { field, reader throws(PackerError) in
      switch field {
      case "result": result = try reader.messageIfPresent()
      default: try error.read(field, from: &reader)
      }
    }
    try reader.end()
    if let error = error.error(httpStatus: nil) { return .error(error) }
    guard let result else { throw PackerError(.missingField, at: 0) }
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
}

extension StreamDocument where Result == WatchResponse {
  /// Watches live by it: compiled for them, since what generic code asks of the runtime costs as much as a small document.
  package static func decode(_ json: UnsafeRawBufferPointer, limit: Int = .max) throws(PackerError) -> Self {
    try decodeLine(json, limit: limit)
  }
}

extension StreamDocument: Equatable {}
