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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "enabled", &enabled)
    try f.field(3, "authRevision", &authRevision)
  }
}

package struct AuthenticateRequest: Message, Confidential {
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

package struct AuthenticateResponse: Message, Confidential {
  package var header = ResponseHeader()
  /// What later requests carry as they are in their `Authorization` header.
  package var token = ""

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "token", &token)
  }
}
