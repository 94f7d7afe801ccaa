// The calls auth/role/add, get, list, delete, grant and revoke.

package struct Permission: Request, Message {
  package enum Kind: Int, WireEnum {
    case read = 0
    case write = 1
    case readWrite = 2

    package var name: String {
      switch self {
      case .read: "READ"
      case .write: "WRITE"
      case .readWrite: "READWRITE"
      }
    }
  }

  package var kind = Kind.read
  package var range = KeyRange.single([])

  package init() {}

  package init(_ kind: Kind, on range: KeyRange) {
    self.kind = kind
    self.range = range
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("permType", kind)
    range.writeFields(to: &writer)
  }

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "permType": kind = try reader.enumeration()
    case "key": range.key = try reader.bytes().array
    case "range_end": range.rangeEnd = try reader.bytes().array
    default: break
    }
  }
}

package struct AuthRoleAddRequest: Request {
  package var name: String

  package init(name: String) {
    self.name = name
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("name", name)
  }
}

package typealias AuthRoleAddResponse = HeaderResponse

package struct AuthRoleGetRequest: Request {
  package var role: String

  package init(role: String) {
    self.role = role
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("role", role)
  }
}

package struct AuthRoleGetResponse: Message {
  package var header = ResponseHeader()
  package var permissions: [Permission] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "perm": permissions = try reader.messages()
    default: break
    }
  }
}

package typealias AuthRoleListRequest = EmptyRequest

package struct AuthRoleListResponse: Message {
  package var header = ResponseHeader()
  package var roles: [String] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "roles": roles = try reader.strings()
    default: break
    }
  }
}

package struct AuthRoleDeleteRequest: Request {
  package var role: String

  package init(role: String) {
    self.role = role
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("role", role)
  }
}

package typealias AuthRoleDeleteResponse = HeaderResponse

package struct AuthRoleGrantPermissionRequest: Request {
  package var name: String
  package var permission: Permission

  package init(name: String, permission: Permission) {
    self.name = name
    self.permission = permission
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("name", name)
    writer.required("perm", permission)
  }
}

package typealias AuthRoleGrantPermissionResponse = HeaderResponse

package struct AuthRoleRevokePermissionRequest: Request {
  package var role: String
  package var range: KeyRange

  package init(role: String, range: KeyRange) {
    self.role = role
    self.range = range
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("role", role)
    range.writeFields(to: &writer)
  }
}

package typealias AuthRoleRevokePermissionResponse = HeaderResponse
