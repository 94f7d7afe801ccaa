/// The paths that a member serves.
enum GatewayRoute: String {
  case authenticate = "/v3/auth/authenticate"
  case range = "/v3/kv/range"
  case put = "/v3/kv/put"
  case deleteRange = "/v3/kv/deleterange"
  case txn = "/v3/kv/txn"
  case compaction = "/v3/kv/compaction"
  case leaseGrant = "/v3/lease/grant"
  case leaseRevoke = "/v3/lease/revoke"
  case leaseKeepalive = "/v3/lease/keepalive"
  case memberList = "/v3/cluster/member/list"
  case watch = "/v3/watch"
  case status = "/v3/maintenance/status"
  /// No part of the API, and not asked for with POST.
  case version = "/version"

  /// Of a stream a malformed request is an error of another kind.
  var isStream: Bool { self == .leaseKeepalive || self == .watch }
}
