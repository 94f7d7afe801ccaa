// The call kv/txn.

/// A condition of a transaction. For a range of keys it has to hold for each of them.
package struct Compare: Request {
  /// What is compared, and with what. A key that does not exist has version and revisions 0.
  package enum Target: Hashable, Sendable {
    case version(Int64)
    case create(Int64)
    case mod(Int64)
    case value([UInt8])
    case lease(Int64)
  }

  package enum Result: Int, WireEnum {
    case equal = 0
    case greater = 1
    case less = 2
    case notEqual = 3

    package var name: String {
      switch self {
      case .equal: "EQUAL"
      case .greater: "GREATER"
      case .less: "LESS"
      case .notEqual: "NOT_EQUAL"
      }
    }
  }

  package var range: KeyRange
  package var target: Target
  package var result: Result

  package init(range: KeyRange, target: Target, result: Result = .equal) {
    self.range = range
    self.target = target
    self.result = result
  }

  package func writeFields(to writer: inout JSONWriter) {
    range.writeFields(to: &writer)
    writer.field("result", result)
    // The operand is one of several fields, so it is there even if it is 0.
    switch target {
    case .version(let version):
      writer.required("target", "VERSION")
      writer.required("version", version)
    case .create(let revision):
      writer.required("target", "CREATE")
      writer.required("create_revision", revision)
    case .mod(let revision):
      writer.required("target", "MOD")
      writer.required("mod_revision", revision)
    case .value(let value):
      writer.required("target", "VALUE")
      writer.required("value", value)
    case .lease(let lease):
      writer.required("target", "LEASE")
      writer.required("lease", lease)
    }
  }
}

package indirect enum RequestOp: Request {
  case range(RangeRequest)
  case put(PutRequest)
  case deleteRange(DeleteRangeRequest)
  case txn(TxnRequest)

  package func writeFields(to writer: inout JSONWriter) {
    switch self {
    case .range(let request): writer.required("request_range", request)
    case .put(let request): writer.required("request_put", request)
    case .deleteRange(let request): writer.required("request_delete_range", request)
    case .txn(let request): writer.required("request_txn", request)
    }
  }
}

/// Executes `success` if every condition holds, otherwise `failure`, as one change.
package struct TxnRequest: Request {
  package var compare: [Compare]
  package var success: [RequestOp]
  package var failure: [RequestOp]

  package init(compare: [Compare] = [], success: [RequestOp] = [], failure: [RequestOp] = []) {
    self.compare = compare
    self.success = success
    self.failure = failure
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("compare", compare)
    writer.field("success", success)
    writer.field("failure", failure)
  }
}

package indirect enum ResponseOp: Hashable, Sendable {
  case range(RangeResponse)
  case put(PutResponse)
  case deleteRange(DeleteRangeResponse)
  case txn(TxnResponse)

  init(from reader: inout JSONReader) throws(PackerError) {
    let offset = reader.position
    guard let op = try reader.message(Fields.self).op else { throw PackerError(.missingField, at: offset) }
    self = op
  }

  /// The object that an answer comes in: of its fields, one is there.
  private struct Fields: Message {
    var op: ResponseOp?

    mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
      switch field {
      case "response_range": op = .range(try reader.message())
      case "response_put": op = .put(try reader.message())
      case "response_delete_range": op = .deleteRange(try reader.message())
      case "response_txn": op = .txn(try reader.message())
      default: break
      }
    }
  }
}

package struct TxnResponse: Message {
  package var header = ResponseHeader()
  /// Whether the conditions held.
  package var succeeded = false
  /// One for each of the operations that were executed, in their order. A nested transaction's header is empty, and its
  /// operations' headers have a revision only.
  package var responses: [ResponseOp] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "succeeded": succeeded = try reader.bool()
    case "responses": responses = try reader.array { reader throws(PackerError) in try ResponseOp(from: &reader) }
    default: break
    }
  }
}
