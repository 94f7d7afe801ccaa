import EtcdPacker
import EtcdTransport

// What the C functions need of the modules below, so that they import this one and no other.

package typealias Bytes = EtcdPacker.Bytes
package typealias KeyRange = EtcdPacker.KeyRange
package typealias KeyValue = EtcdPacker.KeyValue
package typealias ResponseHeader = EtcdPacker.ResponseHeader
package typealias RangeRequest = EtcdPacker.RangeRequest
package typealias PutRequest = EtcdPacker.PutRequest
package typealias DeleteRangeRequest = EtcdPacker.DeleteRangeRequest
package typealias CompactionRequest = EtcdPacker.CompactionRequest
package typealias Compare = EtcdPacker.Compare
package typealias TxnRequest = EtcdPacker.TxnRequest
package typealias RequestOp = EtcdPacker.RequestOp
package typealias ResponseOp = EtcdPacker.ResponseOp
package typealias LeaseGrantRequest = EtcdPacker.LeaseGrantRequest
package typealias LeaseRevokeRequest = EtcdPacker.LeaseRevokeRequest
package typealias LeaseKeepAliveRequest = EtcdPacker.LeaseKeepAliveRequest
package typealias LeaseTimeToLiveRequest = EtcdPacker.LeaseTimeToLiveRequest
package typealias LeaseLeasesRequest = EtcdPacker.LeaseLeasesRequest
package typealias Member = EtcdPacker.Member
package typealias MemberListRequest = EtcdPacker.MemberListRequest
package typealias MemberAddRequest = EtcdPacker.MemberAddRequest
package typealias MemberRemoveRequest = EtcdPacker.MemberRemoveRequest
package typealias MemberUpdateRequest = EtcdPacker.MemberUpdateRequest
package typealias MemberPromoteRequest = EtcdPacker.MemberPromoteRequest
package typealias AuthUserAddRequest = EtcdPacker.AuthUserAddRequest
package typealias AuthUserGetRequest = EtcdPacker.AuthUserGetRequest
package typealias AuthUserDeleteRequest = EtcdPacker.AuthUserDeleteRequest
package typealias AuthUserChangePasswordRequest = EtcdPacker.AuthUserChangePasswordRequest
package typealias AuthUserGrantRoleRequest = EtcdPacker.AuthUserGrantRoleRequest
package typealias AuthUserRevokeRoleRequest = EtcdPacker.AuthUserRevokeRoleRequest
package typealias AuthRoleAddRequest = EtcdPacker.AuthRoleAddRequest
package typealias AuthRoleGetRequest = EtcdPacker.AuthRoleGetRequest
package typealias AuthRoleDeleteRequest = EtcdPacker.AuthRoleDeleteRequest
package typealias AuthRoleGrantPermissionRequest = EtcdPacker.AuthRoleGrantPermissionRequest
package typealias AuthRoleRevokePermissionRequest = EtcdPacker.AuthRoleRevokePermissionRequest
package typealias Permission = EtcdPacker.Permission
package typealias AlarmRequest = EtcdPacker.AlarmRequest
package typealias AlarmType = EtcdPacker.AlarmType
package typealias HashKVRequest = EtcdPacker.HashKVRequest
package typealias MoveLeaderRequest = EtcdPacker.MoveLeaderRequest
package typealias StatusResponse = EtcdPacker.StatusResponse

package typealias Secret = EtcdTransport.Secret
package typealias Reactor = EtcdTransport.Reactor
package typealias Waker = EtcdTransport.Waker
package typealias FileSystem = EtcdTransport.FileSystem
package typealias Instant = EtcdTransport.Instant

extension Reactor {
  /// Until it has something to do even if nothing arrives, rounded up; 0 for at once, `nil` for never.
  package var timeoutMs: Int64? { nextDeadline.map { ($0 - now).millisecondsRoundedUp } }

  /// With what the options say of connections.
  package convenience init(_ options: Options, userAgent: String) throws {
    try self.init(options: ReactorOptions(options, userAgent: userAgent))
  }

  /// As far as it is concerned.
  package func reconfigure(by reload: Reload, userAgent: String) {
    if reload.concernsTransport { reconfigure(ReactorOptions(reload.options, userAgent: userAgent)) }
  }
}
