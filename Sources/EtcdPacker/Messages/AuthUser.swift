// The calls auth/user/add, get, list, delete, changepw, grant and revoke.

package struct AuthUserAddRequest: Message, Confidential {
  /// What the proto files call `UserAddOptions`.
  package struct Options: Message {
    package var noPassword = false

    package init() {}

    package init(noPassword: Bool) {
      self.noPassword = noPassword
    }

    package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
      try f.field(1, "no_password", &noPassword)
    }
  }

  package var name = ""
  package var password = ""
  /// The user can be authenticated by a client certificate only.
  package var noPassword = false

  package init() {}

  package init(name: String, password: String, noPassword: Bool = false) {
    self.name = name
    self.password = password
    self.noPassword = noPassword
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "name", &name)
    try f.field(2, "password", &password)
    var options = noPassword ? Options(noPassword: true) : nil
    try f.field(3, "options", &options)
    noPassword = options?.noPassword ?? false
  }
}

package typealias AuthUserAddResponse = HeaderResponse

package struct AuthUserGetRequest: Message {
  package var name = ""

  package init() {}

  package init(name: String) {
    self.name = name
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "name", &name)
  }
}

package struct AuthUserGetResponse: Message {
  package var header = ResponseHeader()
  package var roles: [String] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "roles", &roles)
  }
}

package typealias AuthUserListRequest = EmptyRequest

package struct AuthUserListResponse: Message {
  package var header = ResponseHeader()
  package var users: [String] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "users", &users)
  }
}

package struct AuthUserDeleteRequest: Message {
  package var name = ""

  package init() {}

  package init(name: String) {
    self.name = name
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "name", &name)
  }
}

package typealias AuthUserDeleteResponse = HeaderResponse

package struct AuthUserChangePasswordRequest: Message, Confidential {
  package var name = ""
  package var password = ""

  package init() {}

  package init(name: String, password: String) {
    self.name = name
    self.password = password
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "name", &name)
    try f.field(2, "password", &password)
  }
}

package typealias AuthUserChangePasswordResponse = HeaderResponse

package struct AuthUserGrantRoleRequest: Message {
  package var user = ""
  package var role = ""

  package init() {}

  package init(user: String, role: String) {
    self.user = user
    self.role = role
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "user", &user)
    try f.field(2, "role", &role)
  }
}

package typealias AuthUserGrantRoleResponse = HeaderResponse

package struct AuthUserRevokeRoleRequest: Message {
  package var name = ""
  package var role = ""

  package init() {}

  package init(name: String, role: String) {
    self.name = name
    self.role = role
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "name", &name)
    try f.field(2, "role", &role)
  }
}

package typealias AuthUserRevokeRoleResponse = HeaderResponse
