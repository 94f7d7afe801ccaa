// The calls auth/user/add, get, list, delete, changepw, grant and revoke.

package struct AuthUserAddRequest: Request, Confidential {
  package var name: String
  package var password: String
  /// The user can be authenticated by a client certificate only.
  package var noPassword: Bool

  package init(name: String, password: String, noPassword: Bool = false) {
    self.name = name
    self.password = password
    self.noPassword = noPassword
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("name", name)
    writer.field("password", password)
    if noPassword {
      writer.name("options")
      writer.object { $0.field("no_password", true) }
    }
  }
}

package typealias AuthUserAddResponse = HeaderResponse

package struct AuthUserGetRequest: Request {
  package var name: String

  package init(name: String) {
    self.name = name
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("name", name)
  }
}

package struct AuthUserGetResponse: Message {
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

package typealias AuthUserListRequest = EmptyRequest

package struct AuthUserListResponse: Message {
  package var header = ResponseHeader()
  package var users: [String] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "users": users = try reader.strings()
    default: break
    }
  }
}

package struct AuthUserDeleteRequest: Request {
  package var name: String

  package init(name: String) {
    self.name = name
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("name", name)
  }
}

package typealias AuthUserDeleteResponse = HeaderResponse

package struct AuthUserChangePasswordRequest: Request, Confidential {
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

package typealias AuthUserChangePasswordResponse = HeaderResponse

package struct AuthUserGrantRoleRequest: Request {
  package var user: String
  package var role: String

  package init(user: String, role: String) {
    self.user = user
    self.role = role
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("user", user)
    writer.field("role", role)
  }
}

package typealias AuthUserGrantRoleResponse = HeaderResponse

package struct AuthUserRevokeRoleRequest: Request {
  package var name: String
  package var role: String

  package init(name: String, role: String) {
    self.name = name
    self.role = role
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("name", name)
    writer.field("role", role)
  }
}

package typealias AuthUserRevokeRoleResponse = HeaderResponse
