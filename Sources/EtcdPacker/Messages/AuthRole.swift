// The calls auth/role/add, get, list, delete, grant and revoke.

package struct Permission: Message {
  package struct Kind: WireEnum {
    package static let read = Kind(rawValue: 0)
    package static let write = Kind(rawValue: 1)
    package static let readWrite = Kind(rawValue: 2)
    package static let allCases = [read, write, readWrite]

    package var rawValue: Int

    package init(rawValue: Int) {
      self.rawValue = rawValue
    }

    package var name: String {
      switch self {
      case .read: "READ"
      case .write: "WRITE"
      case .readWrite: "READWRITE"
      default: ""
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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "permType", &kind)
    try range.fields(&f, key: 2, rangeEnd: 3)
  }
}

package struct AuthRoleAddRequest: Message {
  package var name = ""

  package init() {}

  package init(name: String) {
    self.name = name
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "name", &name)
  }
}

package typealias AuthRoleAddResponse = HeaderResponse

package struct AuthRoleGetRequest: Message {
  package var role = ""

  package init() {}

  package init(role: String) {
    self.role = role
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "role", &role)
  }
}

package struct AuthRoleGetResponse: Message {
  package var header = ResponseHeader()
  package var permissions: [Permission] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "perm", &permissions)
  }
}

package typealias AuthRoleListRequest = EmptyRequest

package struct AuthRoleListResponse: Message {
  package var header = ResponseHeader()
  package var roles: [String] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "roles", &roles)
  }
}

package struct AuthRoleDeleteRequest: Message {
  package var role = ""

  package init() {}

  package init(role: String) {
    self.role = role
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "role", &role)
  }
}

package typealias AuthRoleDeleteResponse = HeaderResponse

package struct AuthRoleGrantPermissionRequest: Message {
  package var name = ""
  package var permission = Permission()

  package init() {}

  package init(name: String, permission: Permission) {
    self.name = name
    self.permission = permission
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "name", &name)
    // There even if it says no more than the defaults: without it nothing is granted.
    var perm: Permission? = permission
    try f.field(2, "perm", &perm)
    permission = perm ?? Permission()
  }
}

package typealias AuthRoleGrantPermissionResponse = HeaderResponse

package struct AuthRoleRevokePermissionRequest: Message {
  package var role = ""
  package var range = KeyRange.single([])

  package init() {}

  package init(role: String, range: KeyRange) {
    self.role = role
    self.range = range
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "role", &role)
    try range.fields(&f, key: 2, rangeEnd: 3)
  }
}

package typealias AuthRoleRevokePermissionResponse = HeaderResponse
