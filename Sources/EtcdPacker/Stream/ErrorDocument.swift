/// The fields of all the forms that etcd's errors come in:
///
///     {"error":"text","code":5}                                                       3.3
///     {"error":"text","message":"text","code":5}                                      3.4 and 3.5, in any order
///     {"code":5,"message":"text","details":[]}                                        3.6
///     {"error":{"grpc_code":14,"http_code":503,"message":"text","http_status":"…"}}   streams up to 3.5
///     {"error":{"code":14,"message":"text"}}                                          streams of 3.6
struct ErrorDocument: JSONObject {
  /// `error` where it is text.
  private var errorText = ""
  /// `error` where it is an object: its fields.
  private var errorFields: Body?
  private var fields = Body()

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "error":
      if reader.isAtObject {
        errorFields = try reader.message()
      } else {
        errorText = try reader.string()
      }
    default: try fields.read(field, from: &reader)
    }
  }

  /// The error, if the document has any of what makes one.
  func error(httpStatus: Int?) -> ServerError? {
    let fields = errorFields ?? fields
    let message = fields.message.isEmpty ? errorText : fields.message
    if errorFields == nil, message.isEmpty, fields.code == nil { return nil }
    return ServerError(
      grpcCode: fields.code, httpStatus: httpStatus ?? fields.httpCode,
      message: message.isEmpty
        ? "the server gave no message" : PrintableText.excerpt(of: message, limit: ServerError.messageLimit))
  }

  private struct Body: JSONObject {
    var code: Int?
    var httpCode: Int?
    var message = ""

    mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
      switch field {
      case "code", "grpc_code": code = Int(exactly: try reader.int64())
      case "http_code": httpCode = Int(exactly: try reader.int64())
      case "message": message = try reader.string()
      default: break
      }
    }
  }
}
