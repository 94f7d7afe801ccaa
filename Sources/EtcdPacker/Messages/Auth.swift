// The calls auth/enable, auth/disable, auth/status and auth/authenticate.

package typealias AuthEnableRequest = EmptyRequest
package typealias AuthEnableResponse = HeaderResponse
package typealias AuthDisableRequest = EmptyRequest
package typealias AuthDisableResponse = HeaderResponse
package typealias AuthStatusRequest = EmptyRequest

/// Known to servers from 3.5 on.
package struct AuthStatusResponse: Message {
  package var header = ResponseHeader()
  package var enabled = false
  package var authRevision: UInt64 = 0

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "enabled": enabled = try reader.bool()
    case "authRevision": authRevision = try reader.uint64()
    default: break
    }
  }
}

package struct AuthenticateRequest: Request, Confidential {
  package var name: String
  package var password: String

  package init(name: String, password: String) {
    self.name = name
    self.password = password
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("name", name)
    writer.field("password", password)
  }
}

package struct AuthenticateResponse: Message, Confidential {
  package var header = ResponseHeader()
  /// What later requests carry as they are in their `Authorization` header.
  package var token = ""

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "token": token = try reader.string()
    default: break
    }
  }
}
