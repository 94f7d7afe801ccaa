import EtcdPacker
import Testing

@Suite struct AuthTests {
  @Test func requestsNameTheirFieldsAsEtcdDoes() {
    #expect(
      text(AuthenticateRequest(name: "root", password: "p\"w").encode()) == #"{"name":"root","password":"p\"w"}"#)
    #expect(text(AuthEnableRequest().encode()) == "{}")
    #expect(text(AuthDisableRequest().encode()) == "{}")
    #expect(text(AuthStatusRequest().encode()) == "{}")
    #expect(text(AuthUserAddRequest(name: "n", password: "p").encode()) == #"{"name":"n","password":"p"}"#)
    #expect(
      text(AuthUserAddRequest(name: "n", password: "", noPassword: true).encode())
        == #"{"name":"n","options":{"no_password":true}}"#)
    #expect(text(AuthUserGetRequest(name: "n").encode()) == #"{"name":"n"}"#)
    #expect(text(AuthUserListRequest().encode()) == "{}")
    #expect(text(AuthUserDeleteRequest(name: "n").encode()) == #"{"name":"n"}"#)
    #expect(text(AuthUserChangePasswordRequest(name: "n", password: "p").encode()) == #"{"name":"n","password":"p"}"#)
    #expect(text(AuthUserGrantRoleRequest(user: "n", role: "r").encode()) == #"{"user":"n","role":"r"}"#)
    #expect(text(AuthUserRevokeRoleRequest(name: "n", role: "r").encode()) == #"{"name":"n","role":"r"}"#)
    #expect(text(AuthRoleAddRequest(name: "r").encode()) == #"{"name":"r"}"#)
    #expect(text(AuthRoleGetRequest(role: "r").encode()) == #"{"role":"r"}"#)
    #expect(text(AuthRoleListRequest().encode()) == "{}")
    #expect(text(AuthRoleDeleteRequest(role: "r").encode()) == #"{"role":"r"}"#)
    #expect(
      text(AuthRoleGrantPermissionRequest(name: "r", permission: Permission(.readWrite, on: .from(utf8("a")))).encode())
        == #"{"name":"r","perm":{"permType":"READWRITE","key":"YQ==","range_end":"AA=="}}"#)
    #expect(
      text(AuthRoleGrantPermissionRequest(name: "r", permission: Permission(.write, on: .single(utf8("a")))).encode())
        == #"{"name":"r","perm":{"permType":"WRITE","key":"YQ=="}}"#)
    #expect(
      text(AuthRoleRevokePermissionRequest(role: "r", range: .from(utf8("a"))).encode())
        == #"{"role":"r","key":"YQ==","range_end":"AA=="}"#)
  }

  @Test func aTokenIsDecoded() throws {
    let answer = try AuthenticateResponse.decode(utf8(#"{"header":{"revision":"8"},"token":"hhOydMJgxHQylxhX.40"}"#))
    #expect(answer.token == "hhOydMJgxHQylxhX.40")
    #expect(answer.header.revision == 8)
  }

  @Test func theStatusIsDecoded() throws {
    let off = try AuthStatusResponse.decode(utf8(#"{"header":{"revision":"8"},"authRevision":"1"}"#))
    #expect(!off.enabled)
    #expect(off.authRevision == 1)
    #expect(try AuthStatusResponse.decode(utf8(#"{"enabled":true}"#)).enabled)
  }

  @Test func usersAndRolesAreListed() throws {
    #expect(try AuthUserGetResponse.decode(utf8(#"{"header":{},"roles":["root","r"]}"#)).roles == ["root", "r"])
    #expect(try AuthUserListResponse.decode(utf8(#"{"header":{},"users":["root"]}"#)).users == ["root"])
    #expect(try AuthRoleListResponse.decode(utf8(#"{"header":{},"roles":["r","root"]}"#)).roles == ["r", "root"])
    #expect(try AuthUserAddResponse.decode(utf8(#"{"header":{"revision":"8"}}"#)).header.revision == 8)
  }

  @Test func permissionsAreDecoded() throws {
    let answer = try AuthRoleGetResponse.decode(
      utf8(
        #"{"header":{},"perm":[{"permType":"READWRITE","key":"YQ==","range_end":"AA=="},{"key":"YQ=="},"#
          + #"{"permType":1}]}"#
      ))
    #expect(
      answer.permissions == [
        Permission(.readWrite, on: .from(utf8("a"))), Permission(.read, on: .single(utf8("a"))),
        Permission(.write, on: .single([])),
      ])
  }

  @Test func secretsAreNotPrinted() throws {
    var answer = AuthenticateResponse()
    answer.token = "secret"
    let messages: [any Sendable] = [
      AuthenticateRequest(name: "user", password: "secret"), answer,
      AuthUserAddRequest(name: "user", password: "secret"),
      AuthUserChangePasswordRequest(name: "user", password: "secret"),
    ]
    for message in messages {
      var dumped = ""
      dump(message, to: &dumped)
      let printed = [
        "\(message)", String(describing: message), String(reflecting: message), "\([message])", "\((1, message))",
        dumped,
      ]
      for output in printed {
        #expect(!output.contains("secret"))
        #expect(output.contains("Auth"))
      }
    }
  }
}
