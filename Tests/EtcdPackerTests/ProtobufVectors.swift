// Made by vectors/make_vectors.py. Do not edit.
// swift-format-ignore-file

enum ProtobufVectors {
  /// Each message with its fields, as etcd's public definitions have them.
  static let definitions = """
    authpb.Permission
      1 permType enum:READ=0,WRITE=1,READWRITE=2
      2 key bytes
      3 range_end bytes
    authpb.UserAddOptions
      1 no_password bool
    etcdserverpb.AlarmMember
      1 memberID uint64
      2 alarm enum:NONE=0,NOSPACE=1,CORRUPT=2
    etcdserverpb.AlarmRequest
      1 action enum:GET=0,ACTIVATE=1,DEACTIVATE=2
      2 memberID uint64
      3 alarm enum:NONE=0,NOSPACE=1,CORRUPT=2
    etcdserverpb.AlarmResponse
      1 header message
      2 alarms repeated message
    etcdserverpb.AuthDisableRequest
    etcdserverpb.AuthDisableResponse
      1 header message
    etcdserverpb.AuthEnableRequest
    etcdserverpb.AuthEnableResponse
      1 header message
    etcdserverpb.AuthRoleAddRequest
      1 name string
    etcdserverpb.AuthRoleAddResponse
      1 header message
    etcdserverpb.AuthRoleDeleteRequest
      1 role string
    etcdserverpb.AuthRoleDeleteResponse
      1 header message
    etcdserverpb.AuthRoleGetRequest
      1 role string
    etcdserverpb.AuthRoleGetResponse
      1 header message
      2 perm repeated message
    etcdserverpb.AuthRoleGrantPermissionRequest
      1 name string
      2 perm message
    etcdserverpb.AuthRoleGrantPermissionResponse
      1 header message
    etcdserverpb.AuthRoleListRequest
    etcdserverpb.AuthRoleListResponse
      1 header message
      2 roles repeated string
    etcdserverpb.AuthRoleRevokePermissionRequest
      1 role string
      2 key bytes
      3 range_end bytes
    etcdserverpb.AuthRoleRevokePermissionResponse
      1 header message
    etcdserverpb.AuthStatusRequest
    etcdserverpb.AuthStatusResponse
      1 header message
      2 enabled bool
      3 authRevision uint64
    etcdserverpb.AuthUserAddRequest
      1 name string
      2 password string
      3 options message
    etcdserverpb.AuthUserAddResponse
      1 header message
    etcdserverpb.AuthUserChangePasswordRequest
      1 name string
      2 password string
    etcdserverpb.AuthUserChangePasswordResponse
      1 header message
    etcdserverpb.AuthUserDeleteRequest
      1 name string
    etcdserverpb.AuthUserDeleteResponse
      1 header message
    etcdserverpb.AuthUserGetRequest
      1 name string
    etcdserverpb.AuthUserGetResponse
      1 header message
      2 roles repeated string
    etcdserverpb.AuthUserGrantRoleRequest
      1 user string
      2 role string
    etcdserverpb.AuthUserGrantRoleResponse
      1 header message
    etcdserverpb.AuthUserListRequest
    etcdserverpb.AuthUserListResponse
      1 header message
      2 users repeated string
    etcdserverpb.AuthUserRevokeRoleRequest
      1 name string
      2 role string
    etcdserverpb.AuthUserRevokeRoleResponse
      1 header message
    etcdserverpb.AuthenticateRequest
      1 name string
      2 password string
    etcdserverpb.AuthenticateResponse
      1 header message
      2 token string
    etcdserverpb.CompactionRequest
      1 revision int64
      2 physical bool
    etcdserverpb.CompactionResponse
      1 header message
    etcdserverpb.Compare
      1 result enum:EQUAL=0,GREATER=1,LESS=2,NOT_EQUAL=3
      2 target enum:VERSION=0,CREATE=1,MOD=2,VALUE=3,LEASE=4
      3 key bytes
      4 version int64 of target_union
      5 create_revision int64 of target_union
      6 mod_revision int64 of target_union
      7 value bytes of target_union
      8 lease int64 of target_union
      64 range_end bytes
    etcdserverpb.DefragmentRequest
    etcdserverpb.DefragmentResponse
      1 header message
    etcdserverpb.DeleteRangeRequest
      1 key bytes
      2 range_end bytes
      3 prev_kv bool
    etcdserverpb.DeleteRangeResponse
      1 header message
      2 deleted int64
      3 prev_kvs repeated message
    etcdserverpb.DowngradeRequest
      1 action enum:VALIDATE=0,ENABLE=1,CANCEL=2
      2 version string
    etcdserverpb.DowngradeResponse
      1 header message
      2 version string
    etcdserverpb.HashKVRequest
      1 revision int64
    etcdserverpb.HashKVResponse
      1 header message
      2 hash uint32
      3 compact_revision int64
    etcdserverpb.HashRequest
    etcdserverpb.HashResponse
      1 header message
      2 hash uint32
    etcdserverpb.LeaseGrantRequest
      1 TTL int64
      2 ID int64
    etcdserverpb.LeaseGrantResponse
      1 header message
      2 ID int64
      3 TTL int64
      4 error string
    etcdserverpb.LeaseKeepAliveRequest
      1 ID int64
    etcdserverpb.LeaseKeepAliveResponse
      1 header message
      2 ID int64
      3 TTL int64
    etcdserverpb.LeaseLeasesRequest
    etcdserverpb.LeaseLeasesResponse
      1 header message
      2 leases repeated message
    etcdserverpb.LeaseRevokeRequest
      1 ID int64
    etcdserverpb.LeaseRevokeResponse
      1 header message
    etcdserverpb.LeaseStatus
      1 ID int64
    etcdserverpb.LeaseTimeToLiveRequest
      1 ID int64
      2 keys bool
    etcdserverpb.LeaseTimeToLiveResponse
      1 header message
      2 ID int64
      3 TTL int64
      4 grantedTTL int64
      5 keys repeated bytes
    etcdserverpb.Member
      1 ID uint64
      2 name string
      3 peerURLs repeated string
      4 clientURLs repeated string
      5 isLearner bool
    etcdserverpb.MemberAddRequest
      1 peerURLs repeated string
      2 isLearner bool
    etcdserverpb.MemberAddResponse
      1 header message
      2 member message
      3 members repeated message
    etcdserverpb.MemberListRequest
      1 linearizable bool
    etcdserverpb.MemberListResponse
      1 header message
      2 members repeated message
    etcdserverpb.MemberPromoteRequest
      1 ID uint64
    etcdserverpb.MemberPromoteResponse
      1 header message
      2 members repeated message
    etcdserverpb.MemberRemoveRequest
      1 ID uint64
    etcdserverpb.MemberRemoveResponse
      1 header message
      2 members repeated message
    etcdserverpb.MemberUpdateRequest
      1 ID uint64
      2 peerURLs repeated string
    etcdserverpb.MemberUpdateResponse
      1 header message
      2 members repeated message
    etcdserverpb.MoveLeaderRequest
      1 targetID uint64
    etcdserverpb.MoveLeaderResponse
      1 header message
    etcdserverpb.PutRequest
      1 key bytes
      2 value bytes
      3 lease int64
      4 prev_kv bool
      5 ignore_value bool
      6 ignore_lease bool
    etcdserverpb.PutResponse
      1 header message
      2 prev_kv message
    etcdserverpb.RangeRequest
      1 key bytes
      2 range_end bytes
      3 limit int64
      4 revision int64
      5 sort_order enum:NONE=0,ASCEND=1,DESCEND=2
      6 sort_target enum:KEY=0,VERSION=1,CREATE=2,MOD=3,VALUE=4
      7 serializable bool
      8 keys_only bool
      9 count_only bool
      10 min_mod_revision int64
      11 max_mod_revision int64
      12 min_create_revision int64
      13 max_create_revision int64
    etcdserverpb.RangeResponse
      1 header message
      2 kvs repeated message
      3 more bool
      4 count int64
    etcdserverpb.RequestOp
      1 request_range message of request
      2 request_put message of request
      3 request_delete_range message of request
      4 request_txn message of request
    etcdserverpb.ResponseHeader
      1 cluster_id uint64
      2 member_id uint64
      3 revision int64
      4 raft_term uint64
    etcdserverpb.ResponseOp
      1 response_range message of response
      2 response_put message of response
      3 response_delete_range message of response
      4 response_txn message of response
    etcdserverpb.SnapshotRequest
    etcdserverpb.SnapshotResponse
      1 header message
      2 remaining_bytes uint64
      3 blob bytes
    etcdserverpb.StatusRequest
    etcdserverpb.StatusResponse
      1 header message
      2 version string
      3 dbSize int64
      4 leader uint64
      5 raftIndex uint64
      6 raftTerm uint64
      7 raftAppliedIndex uint64
      8 errors repeated string
      9 dbSizeInUse int64
      10 isLearner bool
    etcdserverpb.TxnRequest
      1 compare repeated message
      2 success repeated message
      3 failure repeated message
    etcdserverpb.TxnResponse
      1 header message
      2 succeeded bool
      3 responses repeated message
    etcdserverpb.WatchCancelRequest
      1 watch_id int64
    etcdserverpb.WatchCreateRequest
      1 key bytes
      2 range_end bytes
      3 start_revision int64
      4 progress_notify bool
      5 filters repeated enum:NOPUT=0,NODELETE=1
      6 prev_kv bool
      7 watch_id int64
      8 fragment bool
    etcdserverpb.WatchProgressRequest
    etcdserverpb.WatchRequest
      1 create_request message of request_union
      2 cancel_request message of request_union
      3 progress_request message of request_union
    etcdserverpb.WatchResponse
      1 header message
      2 watch_id int64
      3 created bool
      4 canceled bool
      5 compact_revision int64
      6 cancel_reason string
      7 fragment bool
      11 events repeated message
    mvccpb.Event
      1 type enum:PUT=0,DELETE=1
      2 kv message
      3 prev_kv message
    mvccpb.KeyValue
      1 key bytes
      2 create_revision int64
      3 mod_revision int64
      4 version int64
      5 value bytes
      6 lease int64
    """

  /// A line for each message: which one it is, as protobuf, and as JSON.
  static let lines = ##"""
    authpb.Permission - {}
    authpb.Permission 1210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1a9601420c13f8f5d40f6ce079d1b987376f07bcb81287fdc8c0388fe881c3a0661970ef3f6df0148ded7e8a34888d396cab3b80d27f58df111a3b3df245ada90802389a78cdc29492a875f74ac6f3aa202f4ad9892fed75598005bac48a6a9e826bd6f0a890ea47ca738eb48c14ec53676da43f9e9919878d972f9a451da1305317feed6740b9bd7425dcb03de04bf0a4f21e0adc3ebe2b55 {"key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"QgwT+PXUD2zgedG5hzdvB7y4Eof9yMA4j+iBw6BmGXDvP23wFI3tfoo0iI05bKs7gNJ/WN8RGjs98kWtqQgCOJp4zcKUkqh190rG86ogL0rZiS/tdVmABbrEimqegmvW8KiQ6kfKc460jBTsU2dtpD+emRmHjZcvmkUdoTBTF/7tZ0C5vXQl3LA94EvwpPIeCtw+vitV"}
    authpb.Permission 1a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"range_end":"8PHy8/T19vf4+fr7/P3+/w=="}
    authpb.Permission 08021201611a0100 {"permType":"READWRITE","key":"YQ==","range_end":"AA=="}
    authpb.Permission 1201001a0100 {"key":"AA==","range_end":"AA=="}
    authpb.UserAddOptions 0801 {"no_password":true}
    authpb.UserAddOptions - {}
    etcdserverpb.AlarmMember 1002 {"alarm":"CORRUPT"}
    etcdserverpb.AlarmMember 0880808080101002 {"memberID":"4294967296","alarm":"CORRUPT"}
    etcdserverpb.AlarmMember 0880011001 {"memberID":"128","alarm":"NOSPACE"}
    etcdserverpb.AlarmMember 0891c5f7ace39c8dfc21 {"memberID":"2447764560822526609"}
    etcdserverpb.AlarmRequest 08011802 {"action":"ACTIVATE","alarm":"CORRUPT"}
    etcdserverpb.AlarmRequest 08011001 {"action":"ACTIVATE","memberID":"1"}
    etcdserverpb.AlarmRequest 108001 {"memberID":"128"}
    etcdserverpb.AlarmRequest 0802107f1802 {"action":"DEACTIVATE","memberID":"127","alarm":"CORRUPT"}
    etcdserverpb.AlarmRequest 08011080011802 {"action":"ACTIVATE","memberID":"128","alarm":"CORRUPT"}
    etcdserverpb.AlarmResponse 0a0b088080808010187f208001 {"header":{"cluster_id":"4294967296","revision":"127","raft_term":"128"}}
    etcdserverpb.AlarmResponse 0a1308d6f49d8ec5c0c6f92f18e2b692c3c2a99e09 {"header":{"cluster_id":"3455133944977521238","revision":"5199917582949218"}}
    etcdserverpb.AlarmResponse 120d08ffffffffffffffffff011002120210021200 {"alarms":[{"memberID":"18446744073709551615","alarm":"CORRUPT"},{"alarm":"CORRUPT"},{}]}
    etcdserverpb.AlarmResponse 0a02087f1202087f {"header":{"cluster_id":"127"},"alarms":[{"memberID":"127"}]}
    etcdserverpb.AlarmResponse 0a040801207f {"header":{"cluster_id":"1","raft_term":"127"}}
    etcdserverpb.AuthDisableRequest - {}
    etcdserverpb.AuthDisableResponse - {}
    etcdserverpb.AuthDisableResponse 0a1008ade0efdffba39aac09108001188001 {"header":{"cluster_id":"673403729310642221","member_id":"128","revision":"128"}}
    etcdserverpb.AuthDisableResponse 0a170899fe93e29bc9b3854d1080808080808080808001207f {"header":{"cluster_id":"5551476306774130457","member_id":"9223372036854775808","raft_term":"127"}}
    etcdserverpb.AuthDisableResponse 0a1108ebe0ace1d09fa993bd01107f18012001 {"header":{"cluster_id":"13629762729021223019","member_id":"127","revision":"1","raft_term":"1"}}
    etcdserverpb.AuthDisableResponse 0a0d10ffffffffffffffffff012001 {"header":{"member_id":"18446744073709551615","raft_term":"1"}}
    etcdserverpb.AuthEnableRequest - {}
    etcdserverpb.AuthEnableResponse 0a0e1080012080808080808080808001 {"header":{"member_id":"128","raft_term":"9223372036854775808"}}
    etcdserverpb.AuthEnableResponse 0a1508011080808080808080808001187f208080808010 {"header":{"cluster_id":"1","member_id":"9223372036854775808","revision":"127","raft_term":"4294967296"}}
    etcdserverpb.AuthEnableResponse 0a04087f2001 {"header":{"cluster_id":"127","raft_term":"1"}}
    etcdserverpb.AuthEnableResponse 0a16087f18c1f08dcbadbce5042080808080808080808001 {"header":{"cluster_id":"127","revision":"2698076332718145","raft_term":"9223372036854775808"}}
    etcdserverpb.AuthEnableResponse 0a18087f108080808080808080800118fec8f8be88c58e06207f {"header":{"cluster_id":"127","member_id":"9223372036854775808","revision":"3441645473113214","raft_term":"127"}}
    etcdserverpb.AuthRoleAddRequest - {}
    etcdserverpb.AuthRoleAddRequest 0a15687474703a2f2f3132372e302e302e313a32333739 {"name":"http://127.0.0.1:2379"}
    etcdserverpb.AuthRoleAddRequest 0ac8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthRoleAddResponse 0a0a0801108001188001207f {"header":{"cluster_id":"1","member_id":"128","revision":"128","raft_term":"127"}}
    etcdserverpb.AuthRoleAddResponse 0a0e08e684d4889eb88ffe0c187f2001 {"header":{"cluster_id":"935690725500453478","revision":"127","raft_term":"1"}}
    etcdserverpb.AuthRoleAddResponse 0a1608808080801010800118ffffffffffffffffff01207f {"header":{"cluster_id":"4294967296","member_id":"128","revision":"-1","raft_term":"127"}}
    etcdserverpb.AuthRoleAddResponse 0a1a089b94e4c6ebc3afc87610d8d89483db9484de55188080808008 {"header":{"cluster_id":"8543537532281358875","member_id":"6177831092660546648","revision":"2147483648"}}
    etcdserverpb.AuthRoleAddResponse 0a0c18ffffffffffffffff7f207f {"header":{"revision":"9223372036854775807","raft_term":"127"}}
    etcdserverpb.AuthRoleDeleteRequest - {}
    etcdserverpb.AuthRoleDeleteRequest 0a09c3a9e282acf09f9880 {"role":"é€😀"}
    etcdserverpb.AuthRoleDeleteRequest 0a0161 {"role":"a"}
    etcdserverpb.AuthRoleDeleteRequest 0a15687474703a2f2f3132372e302e302e313a32333739 {"role":"http://127.0.0.1:2379"}
    etcdserverpb.AuthRoleDeleteResponse - {}
    etcdserverpb.AuthRoleDeleteResponse 0a1408ffffffffffffffffff01188001208080808010 {"header":{"cluster_id":"18446744073709551615","revision":"128","raft_term":"4294967296"}}
    etcdserverpb.AuthRoleDeleteResponse 0a1308808080801018808080808080808080012001 {"header":{"cluster_id":"4294967296","revision":"-9223372036854775808","raft_term":"1"}}
    etcdserverpb.AuthRoleDeleteResponse 0a1608ffffffffffffffffff01100118d1f6c2fdc4b8f005 {"header":{"cluster_id":"18446744073709551615","member_id":"1","revision":"3309273638550353"}}
    etcdserverpb.AuthRoleGetRequest 0a09c3a9e282acf09f9880 {"role":"é€😀"}
    etcdserverpb.AuthRoleGetRequest - {}
    etcdserverpb.AuthRoleGetRequest 0ac8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"role":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthRoleGetResponse 0a1108800110800118ffffffffffffffffff01129e010802129601b3a38d4ea3486ad70a4cc9f91d2a4145de33c40c5f1247854c17cb4210186ecd3ba657fdc35ba972303bd84a8777847e80a862cbbaded97119d562cce59cb4b3efc22d8b83e3a6d89b89c21b4c79411cbebfbe438b4fd046b9c0c360a26d176222f93bb3db8571d16c9b2927fbef49ff99d3180b8866abdb23e9e098718259e95b1d423f54d6d9487a5ee0fc157055dfa5bb6f90b8171a01001205080212016112ad0108021210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1a9601af22845b6e4b62b97e058c271e3214152542f7c409a6bfb6ce4c2a4a221095228f4feb81c4677fd4828bd6b032232b5739896d21e1ddddb1c030ac4c6d4b9462d8309c778839de595d8abbb2b0edbc263c95b2975fa4141b7a639780d1d8b4adf13ec001d914c296192ccc9c1d3715aaeef47ee67ed550714182b6c850b2c7b1cc1ea2eb4d4dab5707b5874ea5e64ef8fc0cafd20b27 {"header":{"cluster_id":"128","member_id":"128","revision":"-1"},"perm":[{"permType":"READWRITE","key":"s6ONTqNIatcKTMn5HSpBRd4zxAxfEkeFTBfLQhAYbs07plf9w1upcjA72EqHd4R+gKhiy7re2XEZ1WLM5Zy0s+/CLYuD46bYm4nCG0x5QRy+v75Di0/QRrnAw2CibRdiIvk7s9uFcdFsmykn++9J/5nTGAuIZqvbI+ngmHGCWelbHUI/VNbZSHpe4PwVcFXfpbtvkLgX","range_end":"AA=="},{"permType":"READWRITE","key":"YQ=="},{"permType":"READWRITE","key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"ryKEW25LYrl+BYwnHjIUFSVC98QJpr+2zkwqSiIQlSKPT+uBxGd/1IKL1rAyIytXOYltIeHd3bHAMKxMbUuUYtgwnHeIOd5ZXYq7srDtvCY8lbKXX6QUG3pjl4DR2LSt8T7AAdkUwpYZLMycHTcVqu70fuZ+1VBxQYK2yFCyx7HMHqLrTU2rVwe1h06l5k74/Ayv0gsn"}]}
    etcdserverpb.AuthRoleGetResponse 0a1c08e4ddc4d9c0a89189b80110808080801020ffffffffffffffffff0112b202129601fb6e6cfab40113c39d743676c6004425fa00f455fa9f675ff5d320721ec8bc119fccbe85af7330ac63079bc64ac011164be405c32359136d3e81546972e70a8a445209c46f57df5b03f171bada9f127512973a868a4d041a3b6c47c9bcae60670aadca13f819976c0306cc7ffe0c00c1c96ac51bfc3f78cb2604c0e7623d4a0d6e2e9f8b293e27ea1ef513136ff75c2f25595eae882f1a9601f45c3eff488120705e7a16e48de071a4022f069749ca0bf445c8346b40ad7a28344bc635525164b2cc7c3c4db7e247f8de485c25991874655d757e6ddc2be80f62cf9f3365c953b7ae92b706494900cad8e59ede4b7c88f8811eaf7b2a298573d05878b4a286657ef0c39e1b702e5aeb3293dbff0a36d811826f1b96ec67e190524fc4da88e3711cdf56b2f0a122aae611cb9d64132f120508011a016112020802 {"header":{"cluster_id":"13263740011107397348","member_id":"4294967296","raft_term":"18446744073709551615"},"perm":[{"key":"+25s+rQBE8OddDZ2xgBEJfoA9FX6n2df9dMgch7IvBGfzL6Fr3MwrGMHm8ZKwBEWS+QFwyNZE20+gVRpcucKikRSCcRvV99bA/FxutqfEnUSlzqGik0EGjtsR8m8rmBnCq3KE/gZl2wDBsx//gwAwclqxRv8P3jLJgTA52I9Sg1uLp+LKT4n6h71ExNv91wvJVlerogv","range_end":"9Fw+/0iBIHBeehbkjeBxpAIvBpdJygv0Rcg0a0Cteig0S8Y1UlFkssx8PE234kf43khcJZkYdGVddX5t3CvoD2LPnzNlyVO3rpK3BklJAMrY5Z7eS3yI+IEer3sqKYVz0Fh4tKKGZX7ww54bcC5a6zKT2/8KNtgRgm8bluxn4ZBST8TaiONxHN9WsvChIqrmEcudZBMv"},{"permType":"WRITE","range_end":"YQ=="},{"permType":"READWRITE"}]}
    etcdserverpb.AuthRoleGetResponse 0a051001188001120808011201611a0100129b010801129601b2444529363d7e21762835cb75f1208d5976e3f4a5072f172202e3a7976e391add1698d331fc11fe2f7a50624891ddf7cddfef881cc10ab157e120698382b4b9bb5e6d12bb10b4fa0cf60948f239df118a34898218a1e6ab8e0ec416568f24e46964fcb149a20572632fae2e2eb6b600624090c5f4c277a71efd19c9e0dad2f0707572298481ae5322d19a39020fe0510e2a55a325da12b4020801129601a839f7f8cb8f4deedad54ab333b1a37a35684ab3528737146149bd77c2e3795515f66ce2a5a1305f7cda80d2bd65a4249a6c581718c7f9e0ed7b6b21836600f902a858056087f15bacadd33191e0c0a4606cacd8e50724cf761028768724c889d552ec0561a24324e5a08e152ccd98b12411959e95df0d95c5e67c107ade7666b7ed2c92e90c3fe558e4817dd817065234849d7322a71a96017a4152b30799e8384f3e79bca9fc57d361a88dac81badb5557fc7ccf4a64bf2b96b454d727b455784c9a23de8e7b83fdab0b0449b0146fec84c8ba8bfc360bf02f16420030a7421544f2f27f1d6dcdb07f77207478b6e8ec94bcdba7e61f21af5b35db3bd0bf0e5aa4a6510ef1c77801b884a3a3e7a4753ad2d83d6f0b4f6a347716d2c422c7e864625f4010a3f60b44c2cd1112e69f {"header":{"member_id":"1","revision":"128"},"perm":[{"permType":"WRITE","key":"YQ==","range_end":"AA=="},{"permType":"WRITE","key":"skRFKTY9fiF2KDXLdfEgjVl24/SlBy8XIgLjp5duORrdFpjTMfwR/i96UGJIkd33zd/viBzBCrFX4SBpg4K0ubtebRK7ELT6DPYJSPI53xGKNImCGKHmq44OxBZWjyTkaWT8sUmiBXJjL64uLra2AGJAkMX0wnenHv0ZyeDa0vBwdXIphIGuUyLRmjkCD+BRDipVoyXa"},{"permType":"WRITE","key":"qDn3+MuPTe7a1UqzM7GjejVoSrNShzcUYUm9d8LjeVUV9mzipaEwX3zagNK9ZaQkmmxYFxjH+eDte2shg2YA+QKoWAVgh/FbrK3TMZHgwKRgbKzY5Qckz3YQKHaHJMiJ1VLsBWGiQyTloI4VLM2YsSQRlZ6V3w2VxeZ8EHredma37SyS6Qw/5VjkgX3YFwZSNISdcyKn","range_end":"ekFSsweZ6DhPPnm8qfxX02GojayButtVV/x8z0pkvyuWtFTXJ7RVeEyaI96Oe4P9qwsESbAUb+yEyLqL/DYL8C8WQgAwp0IVRPLyfx1tzbB/dyB0eLbo7JS826fmHyGvWzXbO9C/DlqkplEO8cd4AbiEo6PnpHU60tg9bwtPajR3FtLEIsfoZGJfQBCj9gtEws0REuaf"}]}
    etcdserverpb.AuthRoleGetResponse 0a0d08ffffffffffffffffff01107f12241210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"header":{"cluster_id":"18446744073709551615","member_id":"127"},"perm":[{"key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"8PHy8/T19vf4+fr7/P3+/w=="}]}
    etcdserverpb.AuthRoleGetResponse 0a1608800110011880808080808080808001208080808010 {"header":{"cluster_id":"128","member_id":"1","revision":"-9223372036854775808","raft_term":"4294967296"}}
    etcdserverpb.AuthRoleGrantPermissionRequest 0a09c3a9e282acf09f9880121408011210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"name":"é€😀","perm":{"permType":"WRITE","key":"8PHy8/T19vf4+fr7/P3+/w=="}}
    etcdserverpb.AuthRoleGrantPermissionRequest 0a09c3a9e282acf09f988012020802 {"name":"é€😀","perm":{"permType":"READWRITE"}}
    etcdserverpb.AuthRoleGrantPermissionRequest 0ac8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878129e0108011201001a96017df990f3340eb49d37e8a8dba956773cf294c85f18edb6a2dd0cd1b58a82ff8221a10ca08a87dd7185afb9a6d84f5d56d5b7c51b8c9e879627f64a510dfe2430eff547b3e57c7dd5f714bf88f4cada764e4a493b821747cfeaac5326247f27fb8ca714f36ec129399336c0bd8b1e0ae9362b0e936f6fcac01c0a24c88306cb44ed59b0390dca2b408a3fe1150741142640699b2ad2cb {"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","perm":{"permType":"WRITE","key":"AA==","range_end":"ffmQ8zQOtJ036KjbqVZ3PPKUyF8Y7bai3QzRtYqC/4IhoQygiofdcYWvuabYT11W1bfFG4yeh5Yn9kpRDf4kMO/1R7PlfH3V9xS/iPTK2nZOSkk7ghdHz+qsUyYkfyf7jKcU827BKTmTNsC9ix4K6TYrDpNvb8rAHAokyIMGy0TtWbA5DcorQIo/4RUHQRQmQGmbKtLL"}}
    etcdserverpb.AuthRoleGrantPermissionRequest 0a016112151210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1a0161 {"name":"a","perm":{"key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"YQ=="}}
    etcdserverpb.AuthRoleGrantPermissionRequest 121708021201001a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"perm":{"permType":"READWRITE","key":"AA==","range_end":"8PHy8/T19vf4+fr7/P3+/w=="}}
    etcdserverpb.AuthRoleGrantPermissionResponse 0a1108ffffffffffffffffff01108080808010 {"header":{"cluster_id":"18446744073709551615","member_id":"4294967296"}}
    etcdserverpb.AuthRoleGrantPermissionResponse 0a1708808080801010808080801020dce581de84a4a1edd701 {"header":{"cluster_id":"4294967296","member_id":"4294967296","raft_term":"15553890636833780444"}}
    etcdserverpb.AuthRoleGrantPermissionResponse - {}
    etcdserverpb.AuthRoleGrantPermissionResponse 0a0f0880808080808080808001187f2001 {"header":{"cluster_id":"9223372036854775808","revision":"127","raft_term":"1"}}
    etcdserverpb.AuthRoleGrantPermissionResponse 0a0c088080808010108001208001 {"header":{"cluster_id":"4294967296","member_id":"128","raft_term":"128"}}
    etcdserverpb.AuthRoleListRequest - {}
    etcdserverpb.AuthRoleListResponse 0a1508ffffffffffffffffff0118ffffffffffffffff7f120161 {"header":{"cluster_id":"18446744073709551615","revision":"9223372036854775807"},"roles":["a"]}
    etcdserverpb.AuthRoleListResponse 0a19088080808080808080800110800120808080808080808080011200 {"header":{"cluster_id":"9223372036854775808","member_id":"128","raft_term":"9223372036854775808"},"roles":[""]}
    etcdserverpb.AuthRoleListResponse 0a0b08ffffffffffffffffff01 {"header":{"cluster_id":"18446744073709551615"}}
    etcdserverpb.AuthRoleListResponse 0a081801208080808010 {"header":{"revision":"1","raft_term":"4294967296"}}
    etcdserverpb.AuthRoleListResponse 0a0d10d2c6a883a2cf88823b1880011200 {"header":{"member_id":"4252561856069772114","revision":"128"},"roles":[""]}
    etcdserverpb.AuthRoleRevokePermissionRequest 0a01611201611a0161 {"role":"a","key":"YQ==","range_end":"YQ=="}
    etcdserverpb.AuthRoleRevokePermissionRequest 1a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"range_end":"8PHy8/T19vf4+fr7/P3+/w=="}
    etcdserverpb.AuthRoleRevokePermissionRequest 0a09c3a9e282acf09f98801210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"role":"é€😀","key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"8PHy8/T19vf4+fr7/P3+/w=="}
    etcdserverpb.AuthRoleRevokePermissionRequest 0a01611a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"role":"a","range_end":"8PHy8/T19vf4+fr7/P3+/w=="}
    etcdserverpb.AuthRoleRevokePermissionRequest 0a01611a0161 {"role":"a","range_end":"YQ=="}
    etcdserverpb.AuthRoleRevokePermissionResponse 0a19108080808080808080800118800120f9c7bdc3be9f9fd8d901 {"header":{"member_id":"9223372036854775808","revision":"128","raft_term":"15686174923509687289"}}
    etcdserverpb.AuthRoleRevokePermissionResponse 0a15087f107f18ffffffffffffffffff01208080808010 {"header":{"cluster_id":"127","member_id":"127","revision":"-1","raft_term":"4294967296"}}
    etcdserverpb.AuthRoleRevokePermissionResponse 0a0c088080808010108080808010 {"header":{"cluster_id":"4294967296","member_id":"4294967296"}}
    etcdserverpb.AuthRoleRevokePermissionResponse 0a18108080808080808080800118ffffffffffffffffff012001 {"header":{"member_id":"9223372036854775808","revision":"-1","raft_term":"1"}}
    etcdserverpb.AuthRoleRevokePermissionResponse 0a110801107f187f2080808080808080808001 {"header":{"cluster_id":"1","member_id":"127","revision":"127","raft_term":"9223372036854775808"}}
    etcdserverpb.AuthStatusRequest - {}
    etcdserverpb.AuthStatusResponse 0a0f088001100118ffffffffffffffff7f {"header":{"cluster_id":"128","member_id":"1","revision":"9223372036854775807"}}
    etcdserverpb.AuthStatusResponse 0a150801108985e1c5eee9f7ffb6011801208080808010188080808010 {"header":{"cluster_id":"1","member_id":"13186503763968934537","revision":"1","raft_term":"4294967296"},"authRevision":"4294967296"}
    etcdserverpb.AuthStatusResponse 0a0e107f187f20bcf3e1a6df8ab6d1621895bfcdd0d9a3a8d3ae01 {"header":{"member_id":"127","revision":"127","raft_term":"7107481025635711420"},"authRevision":"12584923357244514197"}
    etcdserverpb.AuthStatusResponse 0a1c08ffffffffffffffffff01107f18b7bd86e2ec95c907208080808010100118ffffffffffffffffff01 {"header":{"cluster_id":"18446744073709551615","member_id":"127","revision":"4262457820421815","raft_term":"4294967296"},"enabled":true,"authRevision":"18446744073709551615"}
    etcdserverpb.AuthStatusResponse 1801 {"authRevision":"1"}
    etcdserverpb.AuthUserAddRequest 0a15687474703a2f2f3132372e302e302e313a323337391201611a020801 {"name":"http://127.0.0.1:2379","password":"a","options":{"no_password":true}}
    etcdserverpb.AuthUserAddRequest 120161 {"password":"a"}
    etcdserverpb.AuthUserAddRequest 1215687474703a2f2f3132372e302e302e313a323337391a020801 {"password":"http://127.0.0.1:2379","options":{"no_password":true}}
    etcdserverpb.AuthUserAddRequest 0a15687474703a2f2f3132372e302e302e313a323337391215687474703a2f2f3132372e302e302e313a323337391a020801 {"name":"http://127.0.0.1:2379","password":"http://127.0.0.1:2379","options":{"no_password":true}}
    etcdserverpb.AuthUserAddRequest 0a09c3a9e282acf09f98801201611a020801 {"name":"é€😀","password":"a","options":{"no_password":true}}
    etcdserverpb.AuthUserAddResponse 0a0f080110012080808080808080808001 {"header":{"cluster_id":"1","member_id":"1","raft_term":"9223372036854775808"}}
    etcdserverpb.AuthUserAddResponse 0a0b1880808080808080808001 {"header":{"revision":"-9223372036854775808"}}
    etcdserverpb.AuthUserAddResponse 0a1e08f686a9f8f79addcf56189fc7bddcb19c9a062080808080808080808001 {"header":{"cluster_id":"6241836077456966518","revision":"3493024349774751","raft_term":"9223372036854775808"}}
    etcdserverpb.AuthUserAddResponse 0a12080110800118808080808080808080012001 {"header":{"cluster_id":"1","member_id":"128","revision":"-9223372036854775808","raft_term":"1"}}
    etcdserverpb.AuthUserAddResponse 0a170880808080808080808001107f20aabd9d85fc9d9ada6e {"header":{"cluster_id":"9223372036854775808","member_id":"127","raft_term":"7977116218918657706"}}
    etcdserverpb.AuthUserChangePasswordRequest 12c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"password":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthUserChangePasswordRequest - {}
    etcdserverpb.AuthUserChangePasswordRequest 0ac80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781215687474703a2f2f3132372e302e302e313a32333739 {"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","password":"http://127.0.0.1:2379"}
    etcdserverpb.AuthUserChangePasswordRequest 0a09c3a9e282acf09f9880120161 {"name":"é€😀","password":"a"}
    etcdserverpb.AuthUserChangePasswordRequest 120161 {"password":"a"}
    etcdserverpb.AuthUserChangePasswordResponse 0a09108001208080808010 {"header":{"member_id":"128","raft_term":"4294967296"}}
    etcdserverpb.AuthUserChangePasswordResponse - {}
    etcdserverpb.AuthUserChangePasswordResponse 0a0d100118ffffffffffffffffff01 {"header":{"member_id":"1","revision":"-1"}}
    etcdserverpb.AuthUserChangePasswordResponse 0a1610ffffffffffffffffff011880808080808080808001 {"header":{"member_id":"18446744073709551615","revision":"-9223372036854775808"}}
    etcdserverpb.AuthUserDeleteRequest - {}
    etcdserverpb.AuthUserDeleteRequest 0a09c3a9e282acf09f9880 {"name":"é€😀"}
    etcdserverpb.AuthUserDeleteRequest 0ac8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthUserDeleteResponse 0a26088080808010108080808080808080800118ffffffffffffffff7f2080808080808080808001 {"header":{"cluster_id":"4294967296","member_id":"9223372036854775808","revision":"9223372036854775807","raft_term":"9223372036854775808"}}
    etcdserverpb.AuthUserDeleteResponse 0a0f08ef8dfbbda0d29ec13e1080012001 {"header":{"cluster_id":"4504297344937674479","member_id":"128","raft_term":"1"}}
    etcdserverpb.AuthUserDeleteResponse 0a1008c29493e4d59f9eebd2011080012001 {"header":{"cluster_id":"15192463422555212354","member_id":"128","raft_term":"1"}}
    etcdserverpb.AuthUserDeleteResponse 0a0f088001180120e4c596a3ea958fdc6a {"header":{"cluster_id":"128","revision":"1","raft_term":"7689963084515222244"}}
    etcdserverpb.AuthUserDeleteResponse 0a1208800110ffffffffffffffffff01187f2001 {"header":{"cluster_id":"128","member_id":"18446744073709551615","revision":"127","raft_term":"1"}}
    etcdserverpb.AuthUserGetRequest - {}
    etcdserverpb.AuthUserGetRequest 0a15687474703a2f2f3132372e302e302e313a32333739 {"name":"http://127.0.0.1:2379"}
    etcdserverpb.AuthUserGetResponse 0a1f08808080801010800118ffffffffffffffffff0120ffffffffffffffffff011215687474703a2f2f3132372e302e302e313a32333739 {"header":{"cluster_id":"4294967296","member_id":"128","revision":"-1","raft_term":"18446744073709551615"},"roles":["http://127.0.0.1:2379"]}
    etcdserverpb.AuthUserGetResponse 0a1408808080801010af9ce2c98eb1b8c7ed01188001 {"header":{"cluster_id":"4294967296","member_id":"17117867211826433583","revision":"128"}}
    etcdserverpb.AuthUserGetResponse 0a0f08ffffffffffffffffff01180120011215687474703a2f2f3132372e302e302e313a32333739 {"header":{"cluster_id":"18446744073709551615","revision":"1","raft_term":"1"},"roles":["http://127.0.0.1:2379"]}
    etcdserverpb.AuthUserGetResponse 0a0b0880808080808080808001 {"header":{"cluster_id":"9223372036854775808"}}
    etcdserverpb.AuthUserGetResponse 0a1708011080e3c78be2fda4b3cc0118ffffffffffffffff7f1215687474703a2f2f3132372e302e302e313a32333739 {"header":{"cluster_id":"1","member_id":"14728622282334400896","revision":"9223372036854775807"},"roles":["http://127.0.0.1:2379"]}
    etcdserverpb.AuthUserGrantRoleRequest 0a01611209c3a9e282acf09f9880 {"user":"a","role":"é€😀"}
    etcdserverpb.AuthUserGrantRoleRequest 0a09c3a9e282acf09f988012c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"user":"é€😀","role":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthUserGrantRoleRequest 0ac8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"user":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthUserGrantRoleRequest - {}
    etcdserverpb.AuthUserGrantRoleRequest 0a09c3a9e282acf09f98801209c3a9e282acf09f9880 {"user":"é€😀","role":"é€😀"}
    etcdserverpb.AuthUserGrantRoleResponse 0a1808ffffffffffffffffff0110ffffffffffffffffff011801 {"header":{"cluster_id":"18446744073709551615","member_id":"18446744073709551615","revision":"1"}}
    etcdserverpb.AuthUserGrantRoleResponse 0a1810ffffffffffffffffff0118ffffffffffffffffff01207f {"header":{"member_id":"18446744073709551615","revision":"-1","raft_term":"127"}}
    etcdserverpb.AuthUserGrantRoleResponse 0a0b10e5f2ceccf599fd8bf701 {"header":{"member_id":"17804968823230806373"}}
    etcdserverpb.AuthUserGrantRoleResponse - {}
    etcdserverpb.AuthUserGrantRoleResponse 0a06208080808010 {"header":{"raft_term":"4294967296"}}
    etcdserverpb.AuthUserListRequest - {}
    etcdserverpb.AuthUserListResponse 12c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"users":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]}
    etcdserverpb.AuthUserListResponse 0a041801207f {"header":{"revision":"1","raft_term":"127"}}
    etcdserverpb.AuthUserListResponse 0a1808cff9f5f3fca0e4dc4518800120808080808080808080011201611209c3a9e282acf09f98801209c3a9e282acf09f9880 {"header":{"cluster_id":"5024206322023627983","revision":"128","raft_term":"9223372036854775808"},"users":["a","é€😀","é€😀"]}
    etcdserverpb.AuthUserListResponse 1209c3a9e282acf09f9880 {"users":["é€😀"]}
    etcdserverpb.AuthUserRevokeRoleRequest 0ac80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781215687474703a2f2f3132372e302e302e313a32333739 {"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","role":"http://127.0.0.1:2379"}
    etcdserverpb.AuthUserRevokeRoleRequest 0a0161 {"name":"a"}
    etcdserverpb.AuthUserRevokeRoleRequest 0a15687474703a2f2f3132372e302e302e313a323337391215687474703a2f2f3132372e302e302e313a32333739 {"name":"http://127.0.0.1:2379","role":"http://127.0.0.1:2379"}
    etcdserverpb.AuthUserRevokeRoleRequest 12c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"role":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthUserRevokeRoleRequest 120161 {"role":"a"}
    etcdserverpb.AuthUserRevokeRoleResponse 0a08188080808008207f {"header":{"revision":"2147483648","raft_term":"127"}}
    etcdserverpb.AuthUserRevokeRoleResponse 0a06208080808010 {"header":{"raft_term":"4294967296"}}
    etcdserverpb.AuthUserRevokeRoleResponse 0a0f087f10011897839b9999dfb90e207f {"header":{"cluster_id":"127","member_id":"1","revision":"8135258937934231","raft_term":"127"}}
    etcdserverpb.AuthUserRevokeRoleResponse 0a1c088080808010108080808080808080800120ffffffffffffffffff01 {"header":{"cluster_id":"4294967296","member_id":"9223372036854775808","raft_term":"18446744073709551615"}}
    etcdserverpb.AuthUserRevokeRoleResponse - {}
    etcdserverpb.AuthenticateRequest 0a15687474703a2f2f3132372e302e302e313a32333739120161 {"name":"http://127.0.0.1:2379","password":"a"}
    etcdserverpb.AuthenticateRequest 0a09c3a9e282acf09f988012c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"name":"é€😀","password":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.AuthenticateRequest - {}
    etcdserverpb.AuthenticateRequest 0a15687474703a2f2f3132372e302e302e313a32333739 {"name":"http://127.0.0.1:2379"}
    etcdserverpb.AuthenticateRequest 0a0161 {"name":"a"}
    etcdserverpb.AuthenticateResponse 0a05088001107f {"header":{"cluster_id":"128","member_id":"127"}}
    etcdserverpb.AuthenticateResponse 0a0c088080808010108080808010 {"header":{"cluster_id":"4294967296","member_id":"4294967296"}}
    etcdserverpb.AuthenticateResponse 0a22087f10ffffffffffffffffff0118ffffffffffffffffff0120b1f1f9e9d2e8be98311209c3a9e282acf09f9880 {"header":{"cluster_id":"127","member_id":"18446744073709551615","revision":"-1","raft_term":"3544609181270964401"},"token":"é€😀"}
    etcdserverpb.AuthenticateResponse 0a190801107f18ffffffffffffffffff0120f1ffe7bbf39de9a116120161 {"header":{"cluster_id":"1","member_id":"127","revision":"-1","raft_term":"1604307239608909809"},"token":"a"}
    etcdserverpb.AuthenticateResponse - {}
    etcdserverpb.CompactionRequest 0880808080808080808001 {"revision":"-9223372036854775808"}
    etcdserverpb.CompactionRequest - {}
    etcdserverpb.CompactionRequest 0880808080081001 {"revision":"2147483648","physical":true}
    etcdserverpb.CompactionResponse 0a1f08ffffffffffffffffff0118ccd2a9f0a1e9ed0c20ffffffffffffffffff01 {"header":{"cluster_id":"18446744073709551615","revision":"7238403377228108","raft_term":"18446744073709551615"}}
    etcdserverpb.CompactionResponse 0a150880808080808080808001107f1801208080808010 {"header":{"cluster_id":"9223372036854775808","member_id":"127","revision":"1","raft_term":"4294967296"}}
    etcdserverpb.CompactionResponse - {}
    etcdserverpb.CompactionResponse 0a1808b69ad3ed90bed5aa6618ffffffffffffffffff01208001 {"header":{"cluster_id":"7373894458694487350","revision":"-1","raft_term":"128"}}
    etcdserverpb.Compare 0802207f820410f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"result":"LESS","version":"127","range_end":"8PHy8/T19vf4+fr7/P3+/w=="}
    etcdserverpb.Compare 1a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff20ffffffffffffffffff0182040161 {"key":"8PHy8/T19vf4+fr7/P3+/w==","version":"-1","range_end":"YQ=="}
    etcdserverpb.Compare 080110041a016140ffffffffffffffff7f {"result":"GREATER","target":"LEASE","key":"YQ==","lease":"9223372036854775807"}
    etcdserverpb.Compare 080110041a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff407f {"result":"GREATER","target":"LEASE","key":"8PHy8/T19vf4+fr7/P3+/w==","lease":"127"}
    etcdserverpb.Compare 10021a010030ffffffffffffffff7f82040161 {"target":"MOD","key":"AA==","mod_revision":"9223372036854775807","range_end":"YQ=="}
    etcdserverpb.DefragmentRequest - {}
    etcdserverpb.DefragmentResponse 0a0f08ffffffffffffffffff01107f207f {"header":{"cluster_id":"18446744073709551615","member_id":"127","raft_term":"127"}}
    etcdserverpb.DefragmentResponse 0a21087f10ffffffffffffffffff0118aeaccfb5bed9a2092080808080808080808001 {"header":{"cluster_id":"127","member_id":"18446744073709551615","revision":"5219157934331438","raft_term":"9223372036854775808"}}
    etcdserverpb.DefragmentResponse 0a0d08011080011801208080808010 {"header":{"cluster_id":"1","member_id":"128","revision":"1","raft_term":"4294967296"}}
    etcdserverpb.DefragmentResponse 0a1d08808080801010d9a8e3d9edc7a499d801188080808008208080808010 {"header":{"cluster_id":"4294967296","member_id":"15578674859691529305","revision":"2147483648","raft_term":"4294967296"}}
    etcdserverpb.DefragmentResponse 0a06108001208001 {"header":{"member_id":"128","raft_term":"128"}}
    etcdserverpb.DeleteRangeRequest 0a01611296015cc6571d81f8fa19a3a7f5018c6a8fe0d8b8f47f2a498c8234ae9f752914981e72696c20156a727276db6a30c44a89cc54586da4bdbf59840bf543dfa769a9d8a8c3faa3be7d5f705686f4412614b73222b6e4349ffd2046d0a20fccdc72162c7ff771dffdd34799b2ff620aac8f53f7e2f17e0ae6d63cea6e6f3d919fd5660638e0f8c94c6766e9e684bc2751be0e40018512366f961801 {"key":"YQ==","range_end":"XMZXHYH4+hmjp/UBjGqP4Ni49H8qSYyCNK6fdSkUmB5yaWwgFWpycnbbajDESonMVFhtpL2/WYQL9UPfp2mp2KjD+qO+fV9wVob0QSYUtzIituQ0n/0gRtCiD8zcchYsf/dx3/3TR5my/2IKrI9T9+Lxfgrm1jzqbm89kZ/VZgY44PjJTGdm6eaEvCdRvg5AAYUSNm+W","prev_kv":true}
    etcdserverpb.DeleteRangeRequest 0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1801 {"key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"8PHy8/T19vf4+fr7/P3+/w==","prev_kv":true}
    etcdserverpb.DeleteRangeRequest 1201611801 {"range_end":"YQ==","prev_kv":true}
    etcdserverpb.DeleteRangeRequest 0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff129601a234c80f568230359b0c6e3f8c1f914ecfd745ddb42c8441767aaed00df4fde74bebacd767489d825c5ffa4a5f0d2257bc99f71d369082d5b20dedd4dd12b1d7ba9bd9aa21b475a32c0ec461761a0a0b770d254164666c78b517e2d17a96a2469e590219d98364f8031dc18259a8732ebb3640c5d11ac1fc0962edf7cc36813e38ae3a04002b361821dfb641160575e0b7e599de3f45 {"key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"ojTID1aCMDWbDG4/jB+RTs/XRd20LIRBdnqu0A30/edL66zXZ0idglxf+kpfDSJXvJn3HTaQgtWyDe3U3RKx17qb2aohtHWjLA7EYXYaCgt3DSVBZGZseLUX4tF6lqJGnlkCGdmDZPgDHcGCWahzLrs2QMXRGsH8CWLt98w2gT44rjoEACs2GCHftkEWBXXgt+WZ3j9F"}
    etcdserverpb.DeleteRangeRequest 12960124e7e0412b342100bc7341d4cd16bd56eb4d189fbdd3ed7425aaad05f0831e2bc5c2ce48627f9390f492710152ad0f3cf5aa998e6c19b6f9d9467808d3b0865c19870425ab1e7a3ff43ce2284d15a9f472035faf8b77e786c433ea7fe8d365b39f1070bb360809ca88c66fb0c42d105c99b5cee16c050f22c6db95160e1de778f439d642f072a5e60b5b76b828a31ae0b7a683fe9589 {"range_end":"JOfgQSs0IQC8c0HUzRa9VutNGJ+90+10JaqtBfCDHivFws5IYn+TkPSScQFSrQ889aqZjmwZtvnZRngI07CGXBmHBCWrHno/9DziKE0VqfRyA1+vi3fnhsQz6n/o02WznxBwuzYICcqIxm+wxC0QXJm1zuFsBQ8ixtuVFg4d53j0OdZC8HKl5gtbdrgooxrgt6aD/pWJ"}
    etcdserverpb.DeleteRangeResponse 0a0d10ffffffffffffffffff01187f1080011a120a016110ffffffffffffffff7f207f308001 {"header":{"member_id":"18446744073709551615","revision":"127"},"deleted":"128","prev_kvs":[{"key":"YQ==","create_revision":"9223372036854775807","version":"127","lease":"128"}]}
    etcdserverpb.DeleteRangeResponse - {}
    etcdserverpb.DeleteRangeResponse 0a2008ffffffffffffffffff01109e91beb7baa9d2e9b601209c83d0eed1e0ea856c10fbf9cbb6bbf5b20c {"header":{"cluster_id":"18446744073709551615","member_id":"13173953924260923550","raft_term":"7785504419303653788"},"deleted":"6979337808182523"}
    etcdserverpb.DeleteRangeResponse 0a16080118a7ecf583bbc9d70e20ffffffffffffffffff0110d0e8dae682b2e303 {"header":{"cluster_id":"1","revision":"8266453501179431","raft_term":"18446744073709551615"},"deleted":"2125975204050000"}
    etcdserverpb.DeleteRangeResponse 10011a2210baef87a7f093a90f20ffffffffffffffffff012a010030ffffffffffffffffff01 {"deleted":"1","prev_kvs":[{"create_revision":"8625252189992890","version":"-1","value":"AA==","lease":"-1"}]}
    etcdserverpb.DowngradeRequest 0802 {"action":"CANCEL"}
    etcdserverpb.DowngradeRequest 0802120161 {"action":"CANCEL","version":"a"}
    etcdserverpb.DowngradeRequest 080212c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"action":"CANCEL","version":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.DowngradeResponse 0a0b088080808010108001207f {"header":{"cluster_id":"4294967296","member_id":"128","raft_term":"127"}}
    etcdserverpb.DowngradeResponse 0a1308ffffffffffffffffff01107f208080808010 {"header":{"cluster_id":"18446744073709551615","member_id":"127","raft_term":"4294967296"}}
    etcdserverpb.DowngradeResponse 12c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"version":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.DowngradeResponse 0a0d087f1880808080808080808001120161 {"header":{"cluster_id":"127","revision":"-9223372036854775808"},"version":"a"}
    etcdserverpb.DowngradeResponse 0a1510ffffffffffffffffff01208f9ac3d391d5d1b631 {"header":{"member_id":"18446744073709551615","raft_term":"3561580572426947855"}}
    etcdserverpb.HashKVRequest - {}
    etcdserverpb.HashKVRequest 0801 {"revision":"1"}
    etcdserverpb.HashKVResponse 0a04087f2001187f {"header":{"cluster_id":"127","raft_term":"1"},"compact_revision":"127"}
    etcdserverpb.HashKVResponse 0a120801108001187f2080808080808080808001188001 {"header":{"cluster_id":"1","member_id":"128","revision":"127","raft_term":"9223372036854775808"},"compact_revision":"128"}
    etcdserverpb.HashKVResponse 0a1e088001108080808080808080800118ffffffffffffffff7f2080808080101880808080808080808001 {"header":{"cluster_id":"128","member_id":"9223372036854775808","revision":"9223372036854775807","raft_term":"4294967296"},"compact_revision":"-9223372036854775808"}
    etcdserverpb.HashKVResponse 188080808008 {"compact_revision":"2147483648"}
    etcdserverpb.HashKVResponse 0a20088080808080808080800110ffffffffffffffffff0118ffffffffffffffff7f1880808080808080808001 {"header":{"cluster_id":"9223372036854775808","member_id":"18446744073709551615","revision":"9223372036854775807"},"compact_revision":"-9223372036854775808"}
    etcdserverpb.HashRequest - {}
    etcdserverpb.HashResponse 0a0d08ffffffffffffffffff01207f10bd8fa2f00f {"header":{"cluster_id":"18446744073709551615","raft_term":"127"},"hash":4261971901}
    etcdserverpb.HashResponse 0a061080808080101001 {"header":{"member_id":"4294967296"},"hash":1}
    etcdserverpb.HashResponse 0a21089bcd94aab48090aa181080808080808080808001180120a8c6b9d8a4e491be3010ffffffff0f {"header":{"cluster_id":"1753096537745204891","member_id":"9223372036854775808","revision":"1","raft_term":"3493745623546356520"},"hash":4294967295}
    etcdserverpb.HashResponse 0a0f080110d1dfb3f7ead1b3b52520800110ffffffff0f {"header":{"cluster_id":"1","member_id":"2696194439150104529","raft_term":"128"},"hash":4294967295}
    etcdserverpb.HashResponse 0a140880808080101080808080808080808001188001 {"header":{"cluster_id":"4294967296","member_id":"9223372036854775808","revision":"128"}}
    etcdserverpb.LeaseGrantRequest 108001 {"ID":"128"}
    etcdserverpb.LeaseGrantRequest 08ffffffffffffffff7f10ffffffffffffffff7f {"TTL":"9223372036854775807","ID":"9223372036854775807"}
    etcdserverpb.LeaseGrantRequest - {}
    etcdserverpb.LeaseGrantRequest 08b793b9f6bd80890710ffffffffffffffff7f {"TTL":"3980248715512247","ID":"9223372036854775807"}
    etcdserverpb.LeaseGrantRequest 1080808080808080808001 {"ID":"-9223372036854775808"}
    etcdserverpb.LeaseGrantResponse 0a1e080110ffffffffffffffffff0118808080800820808080808080808080011001 {"header":{"cluster_id":"1","member_id":"18446744073709551615","revision":"2147483648","raft_term":"9223372036854775808"},"ID":"1"}
    etcdserverpb.LeaseGrantResponse 0a07088001187f2001188080808008 {"header":{"cluster_id":"128","revision":"127","raft_term":"1"},"TTL":"2147483648"}
    etcdserverpb.LeaseGrantResponse 0a13088080808010107f18ffffffffffffffffff0110800118808080800822c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"header":{"cluster_id":"4294967296","member_id":"127","revision":"-1"},"ID":"128","TTL":"2147483648","error":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
    etcdserverpb.LeaseGrantResponse 0a0d1880808080808080808001200110ebbfb8d3e484dd061880808080082209c3a9e282acf09f9880 {"header":{"revision":"-9223372036854775808","raft_term":"1"},"ID":"3786882503548907","TTL":"2147483648","error":"é€😀"}
    etcdserverpb.LeaseGrantResponse 0a2a088dffbbcabae58788b40110ffffffffffffffffff0118c9d983f788cea8062080808080808080808001188001 {"header":{"cluster_id":"12974904798838980493","member_id":"18446744073709551615","revision":"3556304037670089","raft_term":"9223372036854775808"},"TTL":"128"}
    etcdserverpb.LeaseKeepAliveRequest 088001 {"ID":"128"}
    etcdserverpb.LeaseKeepAliveRequest 087f {"ID":"127"}
    etcdserverpb.LeaseKeepAliveRequest - {}
    etcdserverpb.LeaseKeepAliveRequest 08ffffffffffffffffff01 {"ID":"-1"}
    etcdserverpb.LeaseKeepAliveRequest 08ffffffffffffffff7f {"ID":"9223372036854775807"}
    etcdserverpb.LeaseKeepAliveResponse 0a0b080118cabcf9d5f5d4bb0718ffffffffffffffffff01 {"header":{"cluster_id":"1","revision":"4203052223323722"},"TTL":"-1"}
    etcdserverpb.LeaseKeepAliveResponse 0a0808011080011880011080808080808080808001188001 {"header":{"cluster_id":"1","member_id":"128","revision":"128"},"ID":"-9223372036854775808","TTL":"128"}
    etcdserverpb.LeaseKeepAliveResponse 0a1808ffffffffffffffffff011080808080808080808001207f10c5bbde89f0eadc0d {"header":{"cluster_id":"18446744073709551615","member_id":"9223372036854775808","raft_term":"127"},"ID":"7726641890958789"}
    etcdserverpb.LeaseKeepAliveResponse 0a0e087f100118ffffffffffffffff7f108001188080808008 {"header":{"cluster_id":"127","member_id":"1","revision":"9223372036854775807"},"ID":"128","TTL":"2147483648"}
    etcdserverpb.LeaseKeepAliveResponse 0a1808a7c2c5c0c7c081fca901100120ffffffffffffffffff01 {"header":{"cluster_id":"12247545802898104615","member_id":"1","raft_term":"18446744073709551615"}}
    etcdserverpb.LeaseLeasesRequest - {}
    etcdserverpb.LeaseLeasesResponse 0a1c08808080801010ffffffffffffffffff0120ffffffffffffffffff01 {"header":{"cluster_id":"4294967296","member_id":"18446744073709551615","raft_term":"18446744073709551615"}}
    etcdserverpb.LeaseLeasesResponse 120308800112060880808080081206088080808008 {"leases":[{"ID":"128"},{"ID":"2147483648"},{"ID":"2147483648"}]}
    etcdserverpb.LeaseLeasesResponse 0a12088001100118800120c1da8dc8f0c3fba30f1200 {"header":{"cluster_id":"128","member_id":"1","revision":"128","raft_term":"1101110450977992001"},"leases":[{}]}
    etcdserverpb.LeaseLeasesResponse 0a0c087f18ffffffffffffffff7f120b0880808080808080808001 {"header":{"cluster_id":"127","revision":"9223372036854775807"},"leases":[{"ID":"-9223372036854775808"}]}
    etcdserverpb.LeaseLeasesResponse - {}
    etcdserverpb.LeaseRevokeRequest 08f5818affd4ddf80b {"ID":"6723433339715829"}
    etcdserverpb.LeaseRevokeRequest 0801 {"ID":"1"}
    etcdserverpb.LeaseRevokeRequest 087f {"ID":"127"}
    etcdserverpb.LeaseRevokeRequest 08ffffffffffffffffff01 {"ID":"-1"}
    etcdserverpb.LeaseRevokeResponse 0a1608808080801010808080801018ffffffffffffffff7f {"header":{"cluster_id":"4294967296","member_id":"4294967296","revision":"9223372036854775807"}}
    etcdserverpb.LeaseRevokeResponse 0a1308808080808080808080011880808080082001 {"header":{"cluster_id":"9223372036854775808","revision":"2147483648","raft_term":"1"}}
    etcdserverpb.LeaseRevokeResponse 0a08087f108080808010 {"header":{"cluster_id":"127","member_id":"4294967296"}}
    etcdserverpb.LeaseRevokeResponse 0a04107f1801 {"header":{"member_id":"127","revision":"1"}}
    etcdserverpb.LeaseRevokeResponse - {}
    etcdserverpb.LeaseStatus 087f {"ID":"127"}
    etcdserverpb.LeaseStatus - {}
    etcdserverpb.LeaseStatus 088080808008 {"ID":"2147483648"}
    etcdserverpb.LeaseStatus 08ffffffffffffffff7f {"ID":"9223372036854775807"}
    etcdserverpb.LeaseTimeToLiveRequest 08ffffffffffffffff7f1001 {"ID":"9223372036854775807","keys":true}
    etcdserverpb.LeaseTimeToLiveRequest 0880808080081001 {"ID":"2147483648","keys":true}
    etcdserverpb.LeaseTimeToLiveRequest 08ffffffffffffffffff011001 {"ID":"-1","keys":true}
    etcdserverpb.LeaseTimeToLiveRequest - {}
    etcdserverpb.LeaseTimeToLiveRequest 08011001 {"ID":"1","keys":true}
    etcdserverpb.LeaseTimeToLiveResponse 0a1810d0de86abe0c183bf631880808080808080808001208001108080808080808080800118ffffffffffffffffff01208001 {"header":{"member_id":"7169183110203027280","revision":"-9223372036854775808","raft_term":"128"},"ID":"-9223372036854775808","TTL":"-1","grantedTTL":"128"}
    etcdserverpb.LeaseTimeToLiveResponse 0a12088001107f1880808080808080808001200118f8f8ac9f89a4f20520bbcd96bee9bae40a2a01002a01002a0161 {"header":{"cluster_id":"128","member_id":"127","revision":"-9223372036854775808","raft_term":"1"},"TTL":"3317366501620856","grantedTTL":"6071325366265531","keys":["AA==","AA==","YQ=="]}
    etcdserverpb.LeaseTimeToLiveResponse 10c1acd2b7d1cad90c1801 {"ID":"7149390061147713","TTL":"1"}
    etcdserverpb.LeaseTimeToLiveResponse 0a0d100118808080808080808080012001 {"header":{"member_id":"1","revision":"-9223372036854775808"},"grantedTTL":"1"}
    etcdserverpb.LeaseTimeToLiveResponse 0a0708011080011801107f18ffffffffffffffffff0120808080808080808080012a96019bd7aa346d1ec7ed3544d27ab147f37acb1bfd074fa1cabbb0e275982ce52d30756a1d58764add3cca392a50464d4c29bb7ecde8d7a9746fa5d3ae3eebd622cc858afee0aeb9e5946a36df1d0a99d22296d8b7ebf04b21786a825d04b9d9a685e4255a40e025eb1514035ddf4c5c2923d67c52cd9702c0ca63bf130b5ce8e964800837f97cab17d529b6bb8667797add6ff2537520292a01612a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"header":{"cluster_id":"1","member_id":"128","revision":"1"},"ID":"127","TTL":"-1","grantedTTL":"-9223372036854775808","keys":["m9eqNG0ex+01RNJ6sUfzessb/QdPocq7sOJ1mCzlLTB1ah1YdkrdPMo5KlBGTUwpu37N6NepdG+l064+69YizIWK/uCuueWUajbfHQqZ0iKW2Lfr8EsheGqCXQS52aaF5CVaQOAl6xUUA13fTFwpI9Z8Us2XAsDKY78TC1zo6WSACDf5fKsX1Sm2u4ZneXrdb/JTdSAp","YQ==","8PHy8/T19vf4+fr7/P3+/w=="]}
    etcdserverpb.Member 1201612209c3a9e282acf09f98802801 {"name":"a","clientURLs":["é€😀"],"isLearner":true}
    etcdserverpb.Member 087f1201611ac80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782201612801 {"ID":"127","name":"a","peerURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"clientURLs":["a"],"isLearner":true}
    etcdserverpb.Member 08aee1e5f18f9fe291810112016122002215687474703a2f2f3132372e302e302e313a3233373922002801 {"ID":"9305431858076020910","name":"a","clientURLs":["","http://127.0.0.1:2379",""],"isLearner":true}
    etcdserverpb.Member 0880011209c3a9e282acf09f98802200 {"ID":"128","name":"é€😀","clientURLs":[""]}
    etcdserverpb.Member 22002209c3a9e282acf09f98802215687474703a2f2f3132372e302e302e313a323337392801 {"clientURLs":["","é€😀","http://127.0.0.1:2379"],"isLearner":true}
    etcdserverpb.MemberAddRequest - {}
    etcdserverpb.MemberAddRequest 1001 {"isLearner":true}
    etcdserverpb.MemberAddRequest 0a000a000a15687474703a2f2f3132372e302e302e313a32333739 {"peerURLs":["","","http://127.0.0.1:2379"]}
    etcdserverpb.MemberAddResponse 0a0b20ffffffffffffffffff0112141201612201612209c3a9e282acf09f9880220161 {"header":{"raft_term":"18446744073709551615"},"member":{"name":"a","clientURLs":["a","é€😀","a"]}}
    etcdserverpb.MemberAddResponse 0a0e087f100118ffffffffffffffff7f12191215687474703a2f2f3132372e302e302e313a323337392801 {"header":{"cluster_id":"127","member_id":"1","revision":"9223372036854775807"},"member":{"name":"http://127.0.0.1:2379","isLearner":true}}
    etcdserverpb.MemberAddResponse 0a1f08808080808080808080011080808080101880808080808080808001208001129803087f1ac801787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787822c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781ab6030880011215687474703a2f2f3132372e302e302e313a323337391ac80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781a01611ac80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782201611ada01088080808080808080800112c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781a0028011a09087f1a016122002801 {"header":{"cluster_id":"9223372036854775808","member_id":"4294967296","revision":"-9223372036854775808","raft_term":"128"},"member":{"ID":"127","peerURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]},"members":[{"ID":"128","name":"http://127.0.0.1:2379","peerURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","a","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"clientURLs":["a"]},{"ID":"9223372036854775808","name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","peerURLs":[""],"isLearner":true},{"ID":"127","peerURLs":["a"],"clientURLs":[""],"isLearner":true}]}
    etcdserverpb.MemberAddResponse 0a14088001109087dd809bb3d28db901188080808008122e1215687474703a2f2f3132372e302e302e313a323337392215687474703a2f2f3132372e302e302e313a323337391a1008011209c3a9e282acf09f98801a0161 {"header":{"cluster_id":"128","member_id":"13338335645820994448","revision":"2147483648"},"member":{"name":"http://127.0.0.1:2379","clientURLs":["http://127.0.0.1:2379"]},"members":[{"ID":"1","name":"é€😀","peerURLs":["a"]}]}
    etcdserverpb.MemberAddResponse 0a14088080808010108080808080808080800120800112d80108011a09c3a9e282acf09f988022c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878 {"header":{"cluster_id":"4294967296","member_id":"9223372036854775808","raft_term":"128"},"member":{"ID":"1","peerURLs":["é€😀"],"clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]}}
    etcdserverpb.MemberListRequest 0801 {"linearizable":true}
    etcdserverpb.MemberListRequest - {}
    etcdserverpb.MemberListResponse 0a06108080808010120608011a002801 {"header":{"member_id":"4294967296"},"members":[{"ID":"1","peerURLs":[""],"isLearner":true}]}
    etcdserverpb.MemberListResponse 0a02087f12ba0308ffffffffffffffffff0112c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781a15687474703a2f2f3132372e302e302e313a3233373922c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782801122f08ffffffffffffffffff011209c3a9e282acf09f98802215687474703a2f2f3132372e302e302e313a323337392801120422002801 {"header":{"cluster_id":"127"},"members":[{"ID":"18446744073709551615","name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","peerURLs":["http://127.0.0.1:2379"],"clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"isLearner":true},{"ID":"18446744073709551615","name":"é€😀","clientURLs":["http://127.0.0.1:2379"],"isLearner":true},{"clientURLs":[""],"isLearner":true}]}
    etcdserverpb.MemberListResponse 0a1910808080808080808080011880012080808080808080808001 {"header":{"member_id":"9223372036854775808","revision":"128","raft_term":"9223372036854775808"}}
    etcdserverpb.MemberListResponse 12f00108808080801012016122c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782215687474703a2f2f3132372e302e302e313a32333739220161280112ac030880011209c3a9e282acf09f98801a016122c801787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787822016122c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782801122908012209c3a9e282acf09f98802215687474703a2f2f3132372e302e302e313a323337392201612801 {"members":[{"ID":"4294967296","name":"a","clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","http://127.0.0.1:2379","a"],"isLearner":true},{"ID":"128","name":"é€😀","peerURLs":["a"],"clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","a","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"isLearner":true},{"ID":"1","clientURLs":["é€😀","http://127.0.0.1:2379","a"],"isLearner":true}]}
    etcdserverpb.MemberListResponse 0a02107f12da0122c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782209c3a9e282acf09f988022002801120012281209c3a9e282acf09f98801a15687474703a2f2f3132372e302e302e313a32333739220022002200 {"header":{"member_id":"127"},"members":[{"clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","é€😀",""],"isLearner":true},{},{"name":"é€😀","peerURLs":["http://127.0.0.1:2379"],"clientURLs":["","",""]}]}
    etcdserverpb.MemberPromoteRequest - {}
    etcdserverpb.MemberPromoteRequest 0880808080808080808001 {"ID":"9223372036854775808"}
    etcdserverpb.MemberPromoteRequest 088001 {"ID":"128"}
    etcdserverpb.MemberPromoteRequest 08ffffffffffffffffff01 {"ID":"18446744073709551615"}
    etcdserverpb.MemberPromoteResponse 0a0f087f1001208080808080808080800112a30308ffffffffffffffffff0112c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781ac80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782801 {"header":{"cluster_id":"127","member_id":"1","raft_term":"9223372036854775808"},"members":[{"ID":"18446744073709551615","name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","peerURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"isLearner":true}]}
    etcdserverpb.MemberPromoteResponse 0a15108080808080808080800118ffffffffffffffff7f12ee01087f1a09c3a9e282acf09f98802209c3a9e282acf09f988022c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782209c3a9e282acf09f988012ea011215687474703a2f2f3132372e302e302e313a323337391a01611ac80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878781a0161280112051201612801 {"header":{"member_id":"9223372036854775808","revision":"9223372036854775807"},"members":[{"ID":"127","peerURLs":["é€😀"],"clientURLs":["é€😀","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","é€😀"]},{"name":"http://127.0.0.1:2379","peerURLs":["a","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","a"],"isLearner":true},{"name":"a","isLearner":true}]}
    etcdserverpb.MemberPromoteResponse 0a03088001 {"header":{"cluster_id":"128"}}
    etcdserverpb.MemberPromoteResponse 0a1608808080801018808080800820d9c8a08bbedde6ce60122f08feb1b8f8dcb797f6a9011215687474703a2f2f3132372e302e302e313a323337392209c3a9e282acf09f98802801 {"header":{"cluster_id":"4294967296","revision":"2147483648","raft_term":"6961890936874345561"},"members":[{"ID":"12244264556717545726","name":"http://127.0.0.1:2379","clientURLs":["é€😀"],"isLearner":true}]}
    etcdserverpb.MemberPromoteResponse 0a0d0801100118800120808080801012ee011209c3a9e282acf09f988022c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782209c3a9e282acf09f98802209c3a9e282acf09f98802801 {"header":{"cluster_id":"1","member_id":"1","revision":"128","raft_term":"4294967296"},"members":[{"name":"é€😀","clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","é€😀","é€😀"],"isLearner":true}]}
    etcdserverpb.MemberRemoveRequest 08ffffffffffffffffff01 {"ID":"18446744073709551615"}
    etcdserverpb.MemberRemoveRequest 0880808080808080808001 {"ID":"9223372036854775808"}
    etcdserverpb.MemberRemoveRequest 08bdf8fed4baa68df6fb01 {"ID":"18152942694045826109"}
    etcdserverpb.MemberRemoveRequest 088080808010 {"ID":"4294967296"}
    etcdserverpb.MemberRemoveResponse 0a0c10d8a5f5fae0aceee212200112cf012200220022c801787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787812f1011215687474703a2f2f3132372e302e302e313a323337392209c3a9e282acf09f9880220022c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782801122f08808080808080808080011215687474703a2f2f3132372e302e302e313a323337392209c3a9e282acf09f98802801 {"header":{"member_id":"1352691111090279128","raft_term":"1"},"members":[{"clientURLs":["","","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]},{"name":"http://127.0.0.1:2379","clientURLs":["é€😀","","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"isLearner":true},{"ID":"9223372036854775808","name":"http://127.0.0.1:2379","clientURLs":["é€😀"],"isLearner":true}]}
    etcdserverpb.MemberRemoveResponse 0a1b08d6919689b5e786d491011080808080808080808001188001207f12d8011209c3a9e282acf09f988022c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878782801122f1215687474703a2f2f3132372e302e302e313a323337391a09c3a9e282acf09f98801a001a09c3a9e282acf09f988012950208d684e792a689dbb8e7011215687474703a2f2f3132372e302e302e313a323337391a15687474703a2f2f3132372e302e302e313a323337391a09c3a9e282acf09f98801ac8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878220022002200 {"header":{"cluster_id":"10495668873165375702","member_id":"9223372036854775808","revision":"128","raft_term":"127"},"members":[{"name":"é€😀","clientURLs":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"isLearner":true},{"name":"http://127.0.0.1:2379","peerURLs":["é€😀","","é€😀"]},{"ID":"16677229961863086678","name":"http://127.0.0.1:2379","peerURLs":["http://127.0.0.1:2379","é€😀","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"clientURLs":["","",""]}]}
    etcdserverpb.MemberRemoveResponse 0a0c188080808008208080808010 {"header":{"revision":"2147483648","raft_term":"4294967296"}}
    etcdserverpb.MemberRemoveResponse 0a1c108080808010188080808080808080800120ffffffffffffffffff01120e08c7dd84a0ef95c3f5fb01120161 {"header":{"member_id":"4294967296","revision":"-9223372036854775808","raft_term":"18446744073709551615"},"members":[{"ID":"18152616668604477127","name":"a"}]}
    etcdserverpb.MemberRemoveResponse 0a0b10ffffffffffffffffff01 {"header":{"member_id":"18446744073709551615"}}
    etcdserverpb.MemberUpdateRequest 088080808080808080800112001201611209c3a9e282acf09f9880 {"ID":"9223372036854775808","peerURLs":["","a","é€😀"]}
    etcdserverpb.MemberUpdateRequest 1209c3a9e282acf09f9880 {"peerURLs":["é€😀"]}
    etcdserverpb.MemberUpdateRequest 0880808080808080808001 {"ID":"9223372036854775808"}
    etcdserverpb.MemberUpdateRequest 08b4b7aed3b6fae6ac9b01 {"ID":"11194149681131920308"}
    etcdserverpb.MemberUpdateResponse 0a1a08800110800118ca8cfee4f2f5c80320ffffffffffffffffff01121b08012215687474703a2f2f3132372e302e302e313a323337392801 {"header":{"cluster_id":"128","member_id":"128","revision":"2009560111875658","raft_term":"18446744073709551615"},"members":[{"ID":"1","clientURLs":["http://127.0.0.1:2379"],"isLearner":true}]}
    etcdserverpb.MemberUpdateResponse 0a0d087f20ffffffffffffffffff01 {"header":{"cluster_id":"127","raft_term":"18446744073709551615"}}
    etcdserverpb.MemberUpdateResponse 0a0e088080808010107f208080808010 {"header":{"cluster_id":"4294967296","member_id":"127","raft_term":"4294967296"}}
    etcdserverpb.MemberUpdateResponse 0a0b10ffffffffffffffffff0112d60108f1c7fa81cdeaaba3d90112c8017878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878122608ffffffffffffffffff0122002215687474703a2f2f3132372e302e302e313a32333739220012210880011201611a002215687474703a2f2f3132372e302e302e313a323337392801 {"header":{"member_id":"18446744073709551615"},"members":[{"ID":"15656393933405987825","name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},{"ID":"18446744073709551615","clientURLs":["","http://127.0.0.1:2379",""]},{"ID":"128","name":"a","peerURLs":[""],"clientURLs":["http://127.0.0.1:2379"],"isLearner":true}]}
    etcdserverpb.MemberUpdateResponse 0a0f087f10ffffffffffffffffff01207f {"header":{"cluster_id":"127","member_id":"18446744073709551615","raft_term":"127"}}
    etcdserverpb.MoveLeaderRequest 08b387a9cce4db85c6bf01 {"targetID":"13802432101956076467"}
    etcdserverpb.MoveLeaderRequest 08ca81c2c98ede82cd50 {"targetID":"5807966699268374730"}
    etcdserverpb.MoveLeaderRequest - {}
    etcdserverpb.MoveLeaderRequest 08b4c4debe8fbca9d073 {"targetID":"8331841696284779060"}
    etcdserverpb.MoveLeaderRequest 08ffffffffffffffffff01 {"targetID":"18446744073709551615"}
    etcdserverpb.MoveLeaderResponse 0a06087f1001207f {"header":{"cluster_id":"127","member_id":"1","raft_term":"127"}}
    etcdserverpb.MoveLeaderResponse 0a0e0880808080101001208080808010 {"header":{"cluster_id":"4294967296","member_id":"1","raft_term":"4294967296"}}
    etcdserverpb.MoveLeaderResponse 0a0d087f20aef5bce0e584b7afd101 {"header":{"cluster_id":"127","raft_term":"15086737859049110190"}}
    etcdserverpb.MoveLeaderResponse 0a21088080808080808080800110ffffffffffffffffff0118ffffffffffffffffff01 {"header":{"cluster_id":"9223372036854775808","member_id":"18446744073709551615","revision":"-1"}}
    etcdserverpb.MoveLeaderResponse 0a1a08ffffffffffffffffff0110808080801018b5bbc4a5f1a0de02 {"header":{"cluster_id":"18446744073709551615","member_id":"4294967296","revision":"1540446202437045"}}
    etcdserverpb.PutRequest 0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff200128013001 {"key":"8PHy8/T19vf4+fr7/P3+/w==","prev_kv":true,"ignore_value":true,"ignore_lease":true}
    etcdserverpb.PutRequest 1210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1880013001 {"value":"8PHy8/T19vf4+fr7/P3+/w==","lease":"128","ignore_lease":true}
    etcdserverpb.PutRequest 0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff18800120013001 {"key":"8PHy8/T19vf4+fr7/P3+/w==","lease":"128","prev_kv":true,"ignore_lease":true}
    etcdserverpb.PutRequest 0a01001201612801 {"key":"AA==","value":"YQ==","ignore_value":true}
    etcdserverpb.PutRequest 1210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff18ffffffffffffffff7f200128013001 {"value":"8PHy8/T19vf4+fr7/P3+/w==","lease":"9223372036854775807","prev_kv":true,"ignore_value":true,"ignore_lease":true}
    etcdserverpb.PutResponse 0a0508800110011217108001188080808080808080800120d48dc5c9aeb48a0a {"header":{"cluster_id":"128","member_id":"1"},"prev_kv":{"create_revision":"128","mod_revision":"-9223372036854775808","version":"5675279207974612"}}
    etcdserverpb.PutResponse 0a15088080808080808080800118ffffffffffffffff7f1299010a96012ab639fd6f653b72c95a2397aedaa020d62f50b112a17570c96c630ea7e46c0b8e97d87743026c0412528836d2b07f4a826d57622b439fc8866b9ab468eed1b6e71877dcae4ff96fac216d75c93693507a3cd3aedebc2ba5dab27f91551b7bcc2bdbe2001be696c2d1d290e4cdabb4359b3ab4ef630c8e761eb317abee117794b70abbb207067cdea43ed6c1b5e7c8afb542cbc8af1c {"header":{"cluster_id":"9223372036854775808","revision":"9223372036854775807"},"prev_kv":{"key":"KrY5/W9lO3LJWiOXrtqgINYvULESoXVwyWxjDqfkbAuOl9h3QwJsBBJSiDbSsH9Kgm1XYitDn8iGa5q0aO7RtucYd9yuT/lvrCFtdck2k1B6PNOu3rwrpdqyf5FVG3vMK9viABvmlsLR0pDkzau0NZs6tO9jDI52HrMXq+4Rd5S3CruyBwZ83qQ+1sG158ivtULLyK8c"}}
    etcdserverpb.PutResponse 0a1808808080808080808080011080808080808080808001187f1216108080808008180120ffffffffffffffffff012a0100 {"header":{"cluster_id":"9223372036854775808","member_id":"9223372036854775808","revision":"127"},"prev_kv":{"create_revision":"2147483648","mod_revision":"1","version":"-1","value":"AA=="}}
    etcdserverpb.PutResponse 120e100118ffffffffffffffff7f207f {"prev_kv":{"create_revision":"1","mod_revision":"9223372036854775807","version":"127"}}
    etcdserverpb.PutResponse 0a2308eff7878787bb9dcda90110ffffffffffffffffff0118012095e6f683c6e8e292f501121320c99efff38f86eb0430ffffffffffffffff7f {"header":{"cluster_id":"12221210111290506223","member_id":"18446744073709551615","revision":"1","raft_term":"17664678239223526165"},"prev_kv":{"version":"2722601218592585","lease":"9223372036854775807"}}
    etcdserverpb.RangeRequest 0a01001210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff200128013004480150800158ffffffffffffffff7f68ffffffffffffffffff01 {"key":"AA==","range_end":"8PHy8/T19vf4+fr7/P3+/w==","revision":"1","sort_order":"ASCEND","sort_target":"VALUE","count_only":true,"min_mod_revision":"128","max_mod_revision":"9223372036854775807","max_create_revision":"-1"}
    etcdserverpb.RangeRequest 187f508080808008588001608080808008688080808008 {"limit":"127","min_mod_revision":"2147483648","max_mod_revision":"128","min_create_revision":"2147483648","max_create_revision":"2147483648"}
    etcdserverpb.RangeRequest 1296013d045947517aa002bba4c71af2070f6b7e655b5728dd86db39f7a3fcf26b434b70845be48f2381e74583ba926019956ee5df04198df16a24b4c98ab53e35a2138dec359f72133aab9ed282e276cc6e9b7a6ff199a81565436e7ac408444d7baced0ef9b458a25ddca4eb855dc0ae4860b941bdc2a2468dfeb548a38d637333da6d98e7e38e93525fb5dee8cf2d653e185e25e31c1376187f20ffffffffffffffff7f50800160ebccb9f2d287ea03 {"range_end":"PQRZR1F6oAK7pMca8gcPa35lW1co3YbbOfej/PJrQ0twhFvkjyOB50WDupJgGZVu5d8EGY3xaiS0yYq1PjWiE43sNZ9yEzqrntKC4nbMbpt6b/GZqBVlQ256xAhETXus7Q75tFiiXdyk64VdwK5IYLlBvcKiRo3+tUijjWNzM9ptmOfjjpNSX7Xe6M8tZT4YXiXjHBN2","limit":"127","revision":"9223372036854775807","min_mod_revision":"128","min_create_revision":"2155305560335979"}
    etcdserverpb.RangeRequest 12016128014001480150808080800868ffffffffffffffffff01 {"range_end":"YQ==","sort_order":"ASCEND","keys_only":true,"count_only":true,"min_mod_revision":"2147483648","max_create_revision":"-1"}
    etcdserverpb.RangeRequest 0a960153e6ca6cd54f44c0f338224fef3e739867a03b4de73d483732765a8f5350677e7947da31f650f6b23475384de5a987280e3297f346ca596b266f55f282b9d85e6f45d2fdb68d9768e50f489951d9a5fb036e2ca4d527b06189338c8abf0d12b5a898040754a81b7bb9724da36ccdc765600de790bd3b16bb412d5421ff2e1b387926c220902515dd5ea1d417c4db93d2fc28448f02f5129601a120c8ed0ae960671497e288f7caab72177cfd3a394d587d5520b482cb9082b070833839bed9d1acfd44804224ee98d1279494f56ef7a6993a51de34cfd128b1c31863ae214b1cf412c732115583373925a777f4eed7d0330d7d20c3e932c7f52ac84ae5add421a105cdc50cf46e1931e971bf80379f0dab40c0336d271dd3aa940f33a6dc7467f88a2cbc11cbcff9e2087cb7666ed82080013003380140014801507f589893f987fcc2830b60ffffffffffffffff7f {"key":"U+bKbNVPRMDzOCJP7z5zmGegO03nPUg3MnZaj1NQZ355R9ox9lD2sjR1OE3lqYcoDjKX80bKWWsmb1XygrnYXm9F0v22jZdo5Q9ImVHZpfsDbiyk1SewYYkzjIq/DRK1qJgEB1SoG3u5ck2jbM3HZWAN55C9Oxa7QS1UIf8uGzh5JsIgkCUV3V6h1BfE25PS/ChEjwL1","range_end":"oSDI7QrpYGcUl+KI98qrchd8/To5TVh9VSC0gsuQgrBwgzg5vtnRrP1EgEIk7pjRJ5SU9W73ppk6Ud40z9EoscMYY64hSxz0EscyEVWDNzklp3f07tfQMw19IMPpMsf1KshK5a3UIaEFzcUM9G4ZMelxv4A3nw2rQMAzbScd06qUDzOm3HRn+IosvBHLz/niCHy3Zm7Y","revision":"128","sort_target":"MOD","serializable":true,"keys_only":true,"count_only":true,"min_mod_revision":"127","max_mod_revision":"6207944672561560","min_create_revision":"9223372036854775807"}
    etcdserverpb.RangeResponse 0a10108001180120ffffffffffffffffff01180120ffffffffffffffff7f {"header":{"member_id":"128","revision":"1","raft_term":"18446744073709551615"},"more":true,"count":"9223372036854775807"}
    etcdserverpb.RangeResponse 0a1608ffffffffffffffffff0120808080808080808080011801208001 {"header":{"cluster_id":"18446744073709551615","raft_term":"9223372036854775808"},"more":true,"count":"128"}
    etcdserverpb.RangeResponse 0a0c088080808010208080808010122a10800120ffffffffffffffff7f2a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff3080808080808080808001121510cd8486e6c889f205188080808008208080808008121a0a0161108080808080808080800118800130e1c3abd999f5d20f207f {"header":{"cluster_id":"4294967296","raft_term":"4294967296"},"kvs":[{"create_revision":"128","version":"9223372036854775807","value":"8PHy8/T19vf4+fr7/P3+/w==","lease":"-9223372036854775808"},{"create_revision":"3316455848378957","mod_revision":"2147483648","version":"2147483648"},{"key":"YQ==","create_revision":"-9223372036854775808","mod_revision":"128","lease":"8808916102865377"}],"count":"127"}
    etcdserverpb.RangeResponse 0a16108080808080808080800118808080808080808080012001 {"header":{"member_id":"9223372036854775808","revision":"-9223372036854775808"},"count":"1"}
    etcdserverpb.RangeResponse 0a1108c3f894eca3cafde786011080011880011221107f18ffffffffffffffffff0120c5e4b7ba88c9d40c308080808080808080800112190a010010d7d1c5cef4aacc0f18012080808080082a0100307f12b5010a9601c03137596be316dadcbffaefc457a990b263543915960925fbba8af84b64dec25b5bec452ea8342813e0ef4f5c7c7e65d576d5d36baf7711e8a6f9cf40a998f4578702043886d7a68399b6c33f91504f2790ba4409cbe42a978826eabd8bdd77eea52aa3e569de80fd398b4f0a64956e9e93f69eae0ae92b84c0d72312322fb73bf510b459adb32066f9811e861b56ed33e0f606290e10c8a9f394cda1910418ffffffffffffffff7f30d1cf82abc1bda507 {"header":{"cluster_id":"9714253754341342275","member_id":"128","revision":"128"},"kvs":[{"create_revision":"127","mod_revision":"-1","version":"7127345878921797","lease":"-9223372036854775808"},{"key":"AA==","create_revision":"8779975248406743","mod_revision":"1","version":"2147483648","value":"AA==","lease":"127"},{"key":"wDE3WWvjFtrcv/rvxFepkLJjVDkVlgkl+7qK+Etk3sJbW+xFLqg0KBPg709cfH5l1XbV02uvdxHopvnPQKmY9FeHAgQ4htemg5m2wz+RUE8nkLpECcvkKpeIJuq9i9137qUqo+Vp3oD9OYtPCmSVbp6T9p6uCukrhMDXIxIyL7c79RC0Wa2zIGb5gR6GG1btM+D2BikO","create_revision":"2327721189102792","mod_revision":"9223372036854775807","lease":"4105490877425617"}]}
    etcdserverpb.RequestOp 1a140a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1801 {"request_delete_range":{"key":"8PHy8/T19vf4+fr7/P3+/w==","prev_kv":true}}
    etcdserverpb.RequestOp 1a080a01001201001801 {"request_delete_range":{"key":"AA==","range_end":"AA==","prev_kv":true}}
    etcdserverpb.RequestOp 12180a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff187f20012801 {"request_put":{"key":"8PHy8/T19vf4+fr7/P3+/w==","lease":"127","prev_kv":true,"ignore_value":true}}
    etcdserverpb.RequestOp 120c120161188001200128013001 {"request_put":{"value":"YQ==","lease":"128","prev_kv":true,"ignore_value":true,"ignore_lease":true}}
    etcdserverpb.RequestOp 22e00612420a400a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff3003380150ffffffffffffffffff016080808080808080808001687f122b0a290a0161180128013001380140014801508080808008588da396e4fdd9840360ffffffffffffffffff011210120e18ffffffffffffffff7f200130011a1d121b0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff18f4d9d38782d1ef0c1adc0122d9011ad60122d30112d0010acd010a960103e79bebe468f69137c28a3c94f8da769a84224770a0ea77f1c40c7e747af4f3fa6c711b8d34a8ebabbc5783da0184297c0407a6465b061633ae1271f1b8e660d1477b3fef7d50beaf95a6e4b5f9e3facc07cf849169537a7a69c8705cc920ca2346681d18b19325820101255259c99d1078d05e915fb535ff820e113d31078c48ad188297365ea651524e565d4275e793deac06c2c81210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff208080808008380140014801588080808080808080800168808080808080808080011adc0322d9031a071a050a010018011abf0322bc030a1410033a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff12bd010aba010a9601d6bf5934699d0b1f2e5d1fbd45d1ecbdbc83e4d1feeef70ed14818d99e274daabc86c400a18ff26eedeb9fbe7e5a045957f9b7288580521ebf8f5aa4c798a894c21677d99e5df8a34c793693300ada88614b55615917cbc40531fff8096569c43e0eea296fcdb6456fe993c81a94a120c0455a3794df8eb366585c54230a3c24e931a10f4eb4e9ea0470bde883bea806d14646619d101210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff38015080808080808080808001607f121212100a010018ffffffffffffffffff01300112141a121210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1ab9010ab601129601fbba746f415f26a68a5eadc47b1bf8c7e6e2392f2ab8727cb96f1f05b4713a915a6c9688fbed117919bd673a1714609c28e4f90b272493d6f69629ca1d8728ac027cd7797880c84693bb739b11aa66e855c29f3d538ab11ad1428f50b914413ca04d0b6451b39efd8e6de75e11b5d193cbe2417ef253a87a956633cb80a9c0647cc6572d36f2007a34d20ef3bfa23bc0bedc51820fa520800128023003480150808080800858c2ce87f3bef2dd0360800168011a0c120a0a0161120100187f2001 {"request_txn":{"success":[{"request_range":{"key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"8PHy8/T19vf4+fr7/P3+/w==","sort_target":"MOD","serializable":true,"min_mod_revision":"-1","min_create_revision":"-9223372036854775808","max_create_revision":"127"}},{"request_range":{"key":"YQ==","limit":"1","sort_order":"ASCEND","sort_target":"VERSION","serializable":true,"keys_only":true,"count_only":true,"min_mod_revision":"2147483648","max_mod_revision":"1709533827535245","min_create_revision":"-1"}},{"request_put":{"lease":"9223372036854775807","prev_kv":true,"ignore_lease":true}}],"failure":[{"request_put":{"key":"8PHy8/T19vf4+fr7/P3+/w==","lease":"7246366295518452"}},{"request_txn":{"failure":[{"request_txn":{"success":[{"request_range":{"key":"A+eb6+Ro9pE3woo8lPjadpqEIkdwoOp38cQMfnR69PP6bHEbjTSo66u8V4PaAYQpfAQHpkZbBhYzrhJx8bjmYNFHez/vfVC+r5Wm5LX54/rMB8+EkWlTenppyHBcySDKI0ZoHRixkyWCAQElUlnJnRB40F6RX7U1/4IOET0xB4xIrRiClzZeplFSTlZdQnXnk96sBsLI","range_end":"8PHy8/T19vf4+fr7/P3+/w==","revision":"2147483648","serializable":true,"keys_only":true,"count_only":true,"max_mod_revision":"-9223372036854775808","max_create_revision":"-9223372036854775808"}}]}}]}},{"request_txn":{"failure":[{"request_delete_range":{"key":"AA==","prev_kv":true}},{"request_txn":{"compare":[{"target":"VALUE","value":"8PHy8/T19vf4+fr7/P3+/w=="}],"success":[{"request_range":{"key":"1r9ZNGmdCx8uXR+9RdHsvbyD5NH+7vcO0UgY2Z4nTaq8hsQAoY/ybu3rn75+WgRZV/m3KIWAUh6/j1qkx5iolMIWd9meXfijTHk2kzAK2ohhS1VhWRfLxAUx//gJZWnEPg7qKW/NtkVv6ZPIGpShIMBFWjeU346zZlhcVCMKPCTpMaEPTrTp6gRwveiDvqgG0UZGYZ0Q","range_end":"8PHy8/T19vf4+fr7/P3+/w==","serializable":true,"min_mod_revision":"-9223372036854775808","min_create_revision":"127"}},{"request_put":{"key":"AA==","lease":"-1","ignore_lease":true}},{"request_delete_range":{"range_end":"8PHy8/T19vf4+fr7/P3+/w=="}}],"failure":[{"request_range":{"range_end":"+7p0b0FfJqaKXq3Eexv4x+biOS8quHJ8uW8fBbRxOpFabJaI++0ReRm9ZzoXFGCcKOT5Cyckk9b2linKHYcorAJ813l4gMhGk7tzmxGqZuhVwp89U4qxGtFCj1C5FEE8oE0LZFGznv2ObedeEbXRk8viQX7yU6h6lWYzy4CpwGR8xlctNvIAejTSDvO/ojvAvtxRgg+l","revision":"128","sort_order":"DESCEND","sort_target":"MOD","count_only":true,"min_mod_revision":"2147483648","max_mod_revision":"2101802080266050","min_create_revision":"128","max_create_revision":"1"}}]}},{"request_put":{"key":"YQ==","value":"AA==","lease":"127","prev_kv":true}}]}}]}}
    etcdserverpb.ResponseHeader 08ffffffffffffffffff011801 {"cluster_id":"18446744073709551615","revision":"1"}
    etcdserverpb.ResponseHeader 08c8b8f9d3fb8da7ff25108001187f {"cluster_id":"2737797627171986504","member_id":"128","revision":"127"}
    etcdserverpb.ResponseHeader 0801107f187f2080808080808080808001 {"cluster_id":"1","member_id":"127","revision":"127","raft_term":"9223372036854775808"}
    etcdserverpb.ResponseHeader 10bf8a9edab9c2c4af7c188080808080808080800120c6d5e3d1a5bdc7e19001 {"member_id":"8961901658909410623","revision":"-9223372036854775808","raft_term":"10431214054293433030"}
    etcdserverpb.ResponseHeader 08ffffffffffffffffff0118c5a984aec8dca9092080808080808080808001 {"cluster_id":"18446744073709551615","revision":"5250050007569605","raft_term":"9223372036854775808"}
    etcdserverpb.ResponseOp 0a8d020a11088080808010188080808080808080800112260a0161107f18ffffffffffffffffff0120da8da880e0cde50c2a010030ffffffffffffffff7f12b0010a960194f2396095314bfe2105254ecbebc51d74240336e3ed52563ee9492f6a9fb840ce8e308c723d74a0f9348c30743711167878ea289110263ed44a1de2605ce1a20107e11840fcf41ebd0de8837cde8c583fa404ab5d246a154868b07fe416cd6b62c0d148973ca63a5b9d8ca9ac5b8f240a0b59bb640e7786b80ae4879699dc74f71f0b460f6b13db74bb3eb57d5a5032152bcaf53c6318d49da88fa9b3830a20808080808080808080012a016112110a01611001200130ffffffffffffffff7f180120ffffffffffffffff7f {"response_range":{"header":{"cluster_id":"4294967296","revision":"-9223372036854775808"},"kvs":[{"key":"YQ==","create_revision":"127","mod_revision":"-1","version":"7202273608992474","value":"AA==","lease":"9223372036854775807"},{"key":"lPI5YJUxS/4hBSVOy+vFHXQkAzbj7VJWPulJL2qfuEDOjjCMcj10oPk0jDB0NxEWeHjqKJEQJj7USh3iYFzhogEH4RhA/PQevQ3og3zejFg/pASrXSRqFUhosH/kFs1rYsDRSJc8pjpbnYyprFuPJAoLWbtkDneGuArkh5aZ3HT3HwtGD2sT23S7PrV9WlAyFSvK9Txj","mod_revision":"5644457058373332","version":"-9223372036854775808","value":"YQ=="},{"key":"YQ==","create_revision":"1","version":"1","lease":"9223372036854775807"}],"more":true,"count":"9223372036854775807"}}
    etcdserverpb.ResponseOp 120a0a08108080808010207f {"response_put":{"header":{"member_id":"4294967296","raft_term":"127"}}}
    etcdserverpb.ResponseOp 221b0a1708d0d4b2a8eeed8dda34180120808080808080808080011001 {"response_txn":{"header":{"cluster_id":"3797721335208913488","revision":"1","raft_term":"9223372036854775808"},"succeeded":true}}
    etcdserverpb.ResponseOp 22f3020a120890aa848ba9f48e8177187f20808080801010011aa4020aa1020a0b107f18fdafd69da5a4e107121f0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff200130ffffffffffffffffff0112ba010a0100189ce1b3f9e8d2d10320ffffffffffffffff7f2a9601673d9025f663f3902defc0cdd52cc616078a2fcab8330bb1b1eaabf8f80bcad70d0c12fc4b468eec201bcf9f1803659defad2e244d18c20bb101f72f3f39d00589b5f476e6705c65aa77fa530454364465db96ca99b01651106198b99c660f96bd336512b1a5939c86746b94bddb2534665513990f861eaacdfc6ec417550178d6bedaaedc545cdc1936e52ef481400157aab0d9528f30ffffffffffffffffff0112340a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff10ffffffffffffffffff0118b6919cbbe6befe0e20808080808080808080012a01611a1212100a0e08ecffa4cae08ef484fd011880011a20121e0a1508800110808080801018ee92d78bd8cae50120800112051080011801 {"response_txn":{"header":{"cluster_id":"8575482209876645136","revision":"127","raft_term":"4294967296"},"succeeded":true,"responses":[{"response_range":{"header":{"member_id":"127","revision":"4368507130451965"},"kvs":[{"key":"8PHy8/T19vf4+fr7/P3+/w==","version":"1","lease":"-1"},{"key":"AA==","mod_revision":"2047937298100380","version":"9223372036854775807","value":"Zz2QJfZj85At78DN1SzGFgeKL8q4Mwuxseqr+PgLytcNDBL8S0aO7CAbz58YA2Wd760uJE0YwguxAfcvPznQBYm19HbmcFxlqnf6UwRUNkRl25bKmbAWURBhmLmcZg+WvTNlErGlk5yGdGuUvdslNGZVE5kPhh6qzfxuxBdVAXjWvtqu3FRc3Bk25S70gUABV6qw2VKP","lease":"-1"},{"key":"8PHy8/T19vf4+fr7/P3+/w==","create_revision":"-1","mod_revision":"8437611016685750","version":"-9223372036854775808","value":"YQ=="}]}},{"response_put":{"header":{"cluster_id":"18233333771766677484","revision":"128"}}},{"response_put":{"header":{"cluster_id":"128","member_id":"4294967296","revision":"1009718918498670","raft_term":"128"},"prev_kv":{"create_revision":"128","mod_revision":"1"}}}]}}
    etcdserverpb.ResponseOp 22210a0e10ffffffffffffffffff0118800110011a0d220b0a090801108001187f207f {"response_txn":{"header":{"member_id":"18446744073709551615","revision":"128"},"succeeded":true,"responses":[{"response_txn":{"header":{"cluster_id":"1","member_id":"128","revision":"127","raft_term":"127"}}}]}}
    etcdserverpb.SnapshotRequest - {}
    etcdserverpb.SnapshotResponse 0a0f0801107f18808080808080808080011080808080101a0100 {"header":{"cluster_id":"1","member_id":"127","revision":"-9223372036854775808"},"remaining_bytes":"4294967296","blob":"AA=="}
    etcdserverpb.SnapshotResponse 0a0c1880808080082080808080101a0100 {"header":{"revision":"2147483648","raft_term":"4294967296"},"blob":"AA=="}
    etcdserverpb.SnapshotResponse 0a08180120808080801010ffffffffffffffffff011a0100 {"header":{"revision":"1","raft_term":"4294967296"},"remaining_bytes":"18446744073709551615","blob":"AA=="}
    etcdserverpb.SnapshotResponse 10b1bf93ededdbf9b1691a0161 {"remaining_bytes":"7594167241552486321","blob":"YQ=="}
    etcdserverpb.SnapshotResponse 1a9601c4f851589cc6302509fed82fe0cb0f3099f09f60b57d64d35d1f944a7132995161717577f1a3627c02eaa3e9a48ea1175d980177a412ef1cb239ef1353bba2efacab84a01c6d66529726b8b6c0cf73fb189429cc2153097bf3d77b59a1100541dd3605460ff13fa6e083453493a9faacc82bd465eab31641a4212e5f3da27359e881ac2a305990721ee82e35ca989b42bd2f6b63e3b7 {"blob":"xPhRWJzGMCUJ/tgv4MsPMJnwn2C1fWTTXR+USnEymVFhcXV38aNifALqo+mkjqEXXZgBd6QS7xyyOe8TU7ui76yrhKAcbWZSlya4tsDPc/sYlCnMIVMJe/PXe1mhEAVB3TYFRg/xP6bgg0U0k6n6rMgr1GXqsxZBpCEuXz2ic1nogawqMFmQch7oLjXKmJtCvS9rY+O3"}
    etcdserverpb.StatusRequest - {}
    etcdserverpb.StatusResponse 0a1c08808080801010a2a99da2a0d7c0f2bc0120a4c4ccfcdacbe080ec0118ffffffffffffffff7f200128ffffffffffffffffff0138808080801042c801787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787842c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878784215687474703a2f2f3132372e302e302e313a3233373948bb9d99e2ae8b9501 {"header":{"cluster_id":"4294967296","member_id":"13611288446756148386","raft_term":"17006017006816928292"},"dbSize":"9223372036854775807","leader":"1","raftIndex":"18446744073709551615","raftAppliedIndex":"4294967296","errors":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","http://127.0.0.1:2379"],"dbSizeInUse":"655699441241787"}
    etcdserverpb.StatusResponse 0a0d08800118ffffffffffffffff7f208080808010420042c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878784209c3a9e282acf09f988048ffffffffffffffff7f {"header":{"cluster_id":"128","revision":"9223372036854775807"},"leader":"4294967296","errors":["","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","é€😀"],"dbSizeInUse":"9223372036854775807"}
    etcdserverpb.StatusResponse 0a1808808080801010808080801018ffffffffffffffff7f207f1209c3a9e282acf09f988018ffffffffffffffff7f3001388080808080808080800142c80178787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878785001 {"header":{"cluster_id":"4294967296","member_id":"4294967296","revision":"9223372036854775807","raft_term":"127"},"version":"é€😀","dbSize":"9223372036854775807","raftTerm":"1","raftAppliedIndex":"9223372036854775808","errors":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"isLearner":true}
    etcdserverpb.StatusResponse 0a0d0880808080808080808001107f12c801787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787818808080800820ffffffffffffffffff01280138ffffffffffffffffff014880808080808080808001 {"header":{"cluster_id":"9223372036854775808","member_id":"127"},"version":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","dbSize":"2147483648","leader":"18446744073709551615","raftIndex":"1","raftAppliedIndex":"18446744073709551615","dbSizeInUse":"-9223372036854775808"}
    etcdserverpb.StatusResponse 0a0b1080808080808080808001188080808080808080800120c99ed99e8fa2bd9ad40128c0b2979ee9e4c3c1a40130cee1eeade486f8fb353880014215687474703a2f2f3132372e302e302e313a3233373948015001 {"header":{"member_id":"9223372036854775808"},"dbSize":"-9223372036854775808","leader":"15291116087988866889","raftIndex":"11854335302531668288","raftTerm":"3888823326960496846","raftAppliedIndex":"128","errors":["http://127.0.0.1:2379"],"dbSizeInUse":"1","isLearner":true}
    etcdserverpb.TxnRequest - {}
    etcdserverpb.TxnRequest 0a051001288001 {"compare":[{"target":"CREATE","create_revision":"128"}]}
    etcdserverpb.TxnRequest 0a06080210033a001a3d223b0a0510033a01611a1d121b0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff1201001801280130011a0812062001280130011a0912070a010028013001 {"compare":[{"result":"LESS","target":"VALUE","value":""}],"failure":[{"request_txn":{"compare":[{"target":"VALUE","value":"YQ=="}],"failure":[{"request_put":{"key":"8PHy8/T19vf4+fr7/P3+/w==","value":"AA==","lease":"1","ignore_value":true,"ignore_lease":true}},{"request_put":{"prev_kv":true,"ignore_value":true,"ignore_lease":true}},{"request_put":{"key":"AA==","ignore_value":true,"ignore_lease":true}}]}}]}
    etcdserverpb.TxnRequest 0a24080110011a010028ffffffffffffffff7f820410f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff {"compare":[{"result":"GREATER","target":"CREATE","key":"AA==","create_revision":"9223372036854775807","range_end":"8PHy8/T19vf4+fr7/P3+/w=="}]}
    etcdserverpb.TxnResponse - {}
    etcdserverpb.TxnResponse 0a1c10cefde2a1fbaeb097aa0118808080800820ffffffffffffffffff01 {"header":{"member_id":"12262951555245326030","revision":"2147483648","raft_term":"18446744073709551615"}}
    etcdserverpb.TxnResponse 0a1208ffffffffffffffffff011080011801207f {"header":{"cluster_id":"18446744073709551615","member_id":"128","revision":"1","raft_term":"127"}}
    etcdserverpb.TxnResponse 0a190801108080808010188080808008208080808080808080800110011ae4011ae1011aa5010a9601baf1e1bef78c951b0bf647d3398338d0b0fc7ea16289c364403a03b3794bcbd54c396ccb5f5d10e4b147e225ae445b3a53e244ec52316648674378244a406db787abbfe4702a205495c134ffbedbd6c264b96eedbb729f913a9d082d0b68f46399f63f6d0ef4dda1f65aac2e5a8deb9cad6db4390fd99ab2e797df75164da903ba241cf98427cede563460114b3f8a2fcfef288a7f52108080808008187f200130011a1210ffffffffffffffff7f207f2a01003080011a230a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff107f1880808080082080012a0161308001 {"header":{"cluster_id":"1","member_id":"4294967296","revision":"2147483648","raft_term":"9223372036854775808"},"succeeded":true,"responses":[{"response_delete_range":{"prev_kvs":[{"key":"uvHhvveMlRsL9kfTOYM40LD8fqFiicNkQDoDs3lLy9VMOWzLX10Q5LFH4iWuRFs6U+JE7FIxZkhnQ3gkSkBtt4erv+RwKiBUlcE0/77b1sJkuW7tu3KfkTqdCC0LaPRjmfY/bQ703aH2WqwuWo3rnK1ttDkP2Zqy55ffdRZNqQO6JBz5hCfO3lY0YBFLP4ovz+8oin9S","create_revision":"2147483648","mod_revision":"127","version":"1","lease":"1"},{"create_revision":"9223372036854775807","version":"127","value":"AA==","lease":"128"},{"key":"8PHy8/T19vf4+fr7/P3+/w==","create_revision":"127","mod_revision":"2147483648","version":"128","value":"YQ==","lease":"128"}]}}]}
    etcdserverpb.TxnResponse 0a18080118808080808080808080012091ffc88fb4c7a8d9d9011a0c1a0a10ffffffffffffffff7f1a1712151213108001180120ffffffffffffffffff012a01001a0a1a0810eb81a385c49215 {"header":{"cluster_id":"1","revision":"-9223372036854775808","raft_term":"15686778827478024081"},"responses":[{"response_delete_range":{"deleted":"9223372036854775807"}},{"response_put":{"prev_kv":{"create_revision":"128","mod_revision":"1","version":"-1","value":"AA=="}}},{"response_delete_range":{"deleted":"92995716694251"}}]}
    etcdserverpb.WatchCancelRequest 08ffffffffffffffff7f {"watch_id":"9223372036854775807"}
    etcdserverpb.WatchCancelRequest 08ffffffffffffffffff01 {"watch_id":"-1"}
    etcdserverpb.WatchCancelRequest 088001 {"watch_id":"128"}
    etcdserverpb.WatchCancelRequest - {}
    etcdserverpb.WatchCancelRequest 088080808008 {"watch_id":"2147483648"}
    etcdserverpb.WatchCreateRequest 0a0100129601b83640f016a29b76966951958c5b098d82b177d878cd66e430de6eb1f70fcf287d8f57c39102c1f47f737fccaac9e6deb7b3a48a80167488794d090f7a29ba16378de477cf780c775412943b36670da95af51c48a53c79ebc290131f485f21f384e3bdc5244e6560addbbf28de378b399d71824d515849513a3f440c6f0f625ee4ee74b0a109d7d1c5b2ff2e8ab1e863c352e7cb65a618808080808080808080012a0300000138b58984d7b79eec094001 {"key":"AA==","range_end":"uDZA8Baim3aWaVGVjFsJjYKxd9h4zWbkMN5usfcPzyh9j1fDkQLB9H9zf8yqyebet7OkioAWdIh5TQkPeim6FjeN5HfPeAx3VBKUOzZnDala9RxIpTx568KQEx9IXyHzhOO9xSROZWCt278o3jeLOZ1xgk1RWElROj9EDG8PYl7k7nSwoQnX0cWy/y6Ksehjw1Lny2Wm","start_revision":"-9223372036854775808","filters":["NOPUT","NOPUT","NODELETE"],"watch_id":"5542584342611125","fragment":true}
    etcdserverpb.WatchCreateRequest 0a01611210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff18ffffffffffffffff7f3001388080808008 {"key":"YQ==","range_end":"8PHy8/T19vf4+fr7/P3+/w==","start_revision":"9223372036854775807","prev_kv":true,"watch_id":"2147483648"}
    etcdserverpb.WatchCreateRequest 0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff12016118ffffffffffffffff7f20013001 {"key":"8PHy8/T19vf4+fr7/P3+/w==","range_end":"YQ==","start_revision":"9223372036854775807","progress_notify":true,"prev_kv":true}
    etcdserverpb.WatchCreateRequest 0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff18808080800820012a03000001 {"key":"8PHy8/T19vf4+fr7/P3+/w==","start_revision":"2147483648","progress_notify":true,"filters":["NOPUT","NOPUT","NODELETE"]}
    etcdserverpb.WatchCreateRequest 1296010b9564d74e514b035bf28b4c54198d7da618c0d4137e90147ecd97048e01f0fdd5b0d80e29c5d4d0c3b8abd13daf0e068447fa1dee370749e2272f56e17f825101dccc2f0b41bf61f833651cfc14fdedd9f4380058e36a7c0a07c127cf2be5cc7c22075d82491b0881f06481cbee4d8d8e5cedee74d2a0a6f042af252787de6e77206df0914a929d6a8ff694d3c1fec0444de592c47918ffffffffffffffffff012a03010101387f {"range_end":"C5Vk105RSwNb8otMVBmNfaYYwNQTfpAUfs2XBI4B8P3VsNgOKcXU0MO4q9E9rw4GhEf6He43B0niJy9W4X+CUQHczC8LQb9h+DNlHPwU/e3Z9DgAWONqfAoHwSfPK+XMfCIHXYJJGwiB8GSBy+5NjY5c7e500qCm8EKvJSeH3m53IG3wkUqSnWqP9pTTwf7ARE3lksR5","start_revision":"-1","filters":["NODELETE","NODELETE","NODELETE"],"watch_id":"127"}
    etcdserverpb.WatchProgressRequest - {}
    etcdserverpb.WatchRequest 1200 {"cancel_request":{}}
    etcdserverpb.WatchRequest 1203088001 {"cancel_request":{"watch_id":"128"}}
    etcdserverpb.WatchRequest 0a2e0a01001210f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff18808080800820012a0301010038ffffffffffffffff7f4001 {"create_request":{"key":"AA==","range_end":"8PHy8/T19vf4+fr7/P3+/w==","start_revision":"2147483648","progress_notify":true,"filters":["NODELETE","NODELETE","NOPUT"],"watch_id":"9223372036854775807","fragment":true}}
    etcdserverpb.WatchRequest 0aa1010a01611296012179e54a678379fc1dfb47e77fccc535a88783e7d04c371165d44f93ccdae13c501db4ae232db99e48e6e27ab48452f0c0395b304ea81d2255e9b5db658df9b227bfeb2e361a26aded956e1e47449e8ed0a50215218fe387c95bcd4a5f86fb49bd10aa632c1736779ffc349dd77e073ef6478d69d9355bda40e5e71341464e1c5367192069dbc9b71f599d9c6a3ded8de7060b728ffd2a0101387f {"create_request":{"key":"YQ==","range_end":"IXnlSmeDefwd+0fnf8zFNaiHg+fQTDcRZdRPk8za4TxQHbSuIy25nkjm4nq0hFLwwDlbME6oHSJV6bXbZY35sie/6y42Giat7ZVuHkdEno7QpQIVIY/jh8lbzUpfhvtJvRCqYywXNnef/DSd134HPvZHjWnZNVvaQOXnE0FGThxTZxkgadvJtx9ZnZxqPe2N5wYLco/9","filters":["NODELETE"],"watch_id":"127"}}
    etcdserverpb.WatchRequest 0a1618b2e18dfcf78e8e0820012a03000100300138014001 {"create_request":{"start_revision":"4565685518954674","progress_notify":true,"filters":["NOPUT","NODELETE","NOPUT"],"prev_kv":true,"watch_id":"1","fragment":true}}
    etcdserverpb.WatchResponse 10ffffffffffffffff7f2001288080808080808080800132016138015a43080112240a0100108080808080808080800118cbbfa4f6bfa4be032a010030ffffffffffffffff7f1a191001187f20ffffffffffffffff7f3080808080808080808001 {"watch_id":"9223372036854775807","canceled":true,"compact_revision":"-9223372036854775808","cancel_reason":"a","fragment":true,"events":[{"type":"DELETE","kv":{"key":"AA==","create_revision":"-9223372036854775808","mod_revision":"1962782854029259","value":"AA==","lease":"9223372036854775807"},"prev_kv":{"create_revision":"1","mod_revision":"127","version":"9223372036854775807","lease":"-9223372036854775808"}}]}
    etcdserverpb.WatchResponse 0a15188080808080808080800120bcf9bebc9486e1b30c10ffffffffffffffff7f180138015abf011214108c8c89deb39c940720012a01003080808080081aa6010a9601c841b1f2b999bbee73b05d397ec472441b73bbd6ae09ff3813d0fae2e90959697a2f6fc51ebb0648b273c2067c98617e09c1e3a8545b125d846cd955efa434c7e6e5701a33d1e2f4f65b11ad0382966b00428d154fcbed08940365684ec09ca3db3f030b387251d494734e8d5baa28579a73840661d139c1ba113436d05e5c6b69ac0a517962acf297fd410f454fc34854846753a6ae107f207f3087cf92a1d7c592015a5512200a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff187f2080012a01003080808080081a310a016110808080800820ffffffffffffffffff012a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff30ffffffffffffffffff015a3312101001207f2a016130c298e6f7a5ebf50b1a1f0a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff187f20e1cdc1e4f3832d2a0161 {"header":{"revision":"-9223372036854775808","raft_term":"893828398245199036"},"watch_id":"9223372036854775807","created":true,"fragment":true,"events":[{"kv":{"create_revision":"4029586564335116","version":"1","value":"AA==","lease":"2147483648"},"prev_kv":{"key":"yEGx8rmZu+5zsF05fsRyRBtzu9auCf84E9D64ukJWWl6L2/FHrsGSLJzwgZ8mGF+CcHjqFRbEl2EbNlV76Q0x+blcBoz0eL09lsRrQOClmsAQo0VT8vtCJQDZWhOwJyj2z8DCzhyUdSUc06NW6ooV5pzhAZh0TnBuhE0NtBeXGtprApReWKs8pf9QQ9FT8NIVIRnU6au","create_revision":"127","version":"127","lease":"644509035964295"}},{"kv":{"key":"8PHy8/T19vf4+fr7/P3+/w==","mod_revision":"127","version":"128","value":"AA==","lease":"2147483648"},"prev_kv":{"key":"YQ==","create_revision":"2147483648","version":"-1","value":"8PHy8/T19vf4+fr7/P3+/w==","lease":"-1"}},{"kv":{"create_revision":"1","version":"127","value":"YQ==","lease":"6710707604786242"},"prev_kv":{"key":"8PHy8/T19vf4+fr7/P3+/w==","mod_revision":"127","version":"198046253082337","value":"YQ=="}}]}
    etcdserverpb.WatchResponse 0a10087f18800120d692d7faa0f0cce0a20110012001287f3209c3a9e282acf09f98803801 {"header":{"cluster_id":"127","revision":"128","raft_term":"11727711538345527638"},"watch_id":"1","canceled":true,"compact_revision":"127","cancel_reason":"é€😀","fragment":true}
    etcdserverpb.WatchResponse 0a0b20ffffffffffffffffff01107f200128e996febac2e2dc0732016138015a0208015a2a08011a2610ffffffffffffffffff011880808080082080012a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff5ae60212ba010a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff107f20ffffffffffffffffff012a9601ca8a6dedeac4e09a73f32f0b4334f7b26122ccdaca308698c0b567ac1e6dd4b268d23b38c167d408d8606f090260bceb12cdfbea0909da06dffe9beaf3a4295d843a346e36802a18746284973037b778ecca534d92b2dd67c5277dad70d12a93a0988b80b83d75dc24c0f4f35ec203fd57a663050161f32fe8ee7b53e89f2eecdc6bc014f33c7619165b9bbb7245bb2d8b32d587c75030011aa6010a016120ffffffffffffffff7f2a9601b7a1cb05d3875b1f8e3855168f1aa512e77471223d0f96ffa1aea20b5adf69caad5afda8a64566556eb1dab1cf9f4aca258716a7cc30f84fdb0df96b9b2d9f39c6d60c7d565a5b7c25b17ba1c78a43b1bbbc9c64817ffa3032acd43c42c96b4bca329d16de801455e8d9a5ef5608ad3180fc756332dc11c19b37aae0817d4e82349c677668f46e2a20e8c2cca67117a7773de9dc41d6 {"header":{"raft_term":"18446744073709551615"},"watch_id":"127","canceled":true,"compact_revision":"4348655047773033","cancel_reason":"a","fragment":true,"events":[{"type":"DELETE"},{"type":"DELETE","prev_kv":{"create_revision":"-1","mod_revision":"2147483648","version":"128","value":"8PHy8/T19vf4+fr7/P3+/w=="}},{"kv":{"key":"8PHy8/T19vf4+fr7/P3+/w==","create_revision":"127","version":"-1","value":"yopt7erE4Jpz8y8LQzT3smEizNrKMIaYwLVnrB5t1LJo0js4wWfUCNhgbwkCYLzrEs376gkJ2gbf/pvq86QpXYQ6NG42gCoYdGKElzA3t3jsylNNkrLdZ8Unfa1w0SqToJiLgLg9ddwkwPTzXsID/VemYwUBYfMv6O57U+ifLuzca8AU8zx2GRZbm7tyRbstizLVh8dQ","lease":"1"},"prev_kv":{"key":"YQ==","version":"9223372036854775807","value":"t6HLBdOHWx+OOFUWjxqlEud0cSI9D5b/oa6iC1rfacqtWv2opkVmVW6x2rHPn0rKJYcWp8ww+E/bDflrmy2fOcbWDH1WWlt8JbF7oceKQ7G7vJxkgX/6MDKs1DxCyWtLyjKdFt6AFFXo2aXvVgitMYD8dWMy3BHBmzeq4IF9ToI0nGd2aPRuKiDowsymcRendz3p3EHW"}}]}
    etcdserverpb.WatchResponse 0a18088080808010107f188080808008209ecb8be3e482e4f86e180120013215687474703a2f2f3132372e302e302e313a32333739 {"header":{"cluster_id":"4294967296","member_id":"127","revision":"2147483648","raft_term":"7994329239004571038"},"created":true,"canceled":true,"cancel_reason":"http://127.0.0.1:2379"}
    mvccpb.Event 080112b9010a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff10ffffffffffffffffff011880012a9601ce7292143037ab1f3c64cdcb2dd3721da80b046648a9f250ea833b160777a7703848710ef9509aad45bd774163682badce15304a181025c5c8a13e98cb7427fba337bf721f7126b0b6f608470dc3cd378e5fcfdbad0cc86b02004f183ca6584573a7b6769d76e213ab4de1a779fa8cc68cf5381a4e96d4ce86f97fd58b39c5c6dea26c77b9d298ecf3a59b09ff6e09b2013c6a5bef171a140a0100107f1880808080083099f8ace3918dd108 {"type":"DELETE","kv":{"key":"8PHy8/T19vf4+fr7/P3+/w==","create_revision":"-1","mod_revision":"128","value":"znKSFDA3qx88ZM3LLdNyHagLBGZIqfJQ6oM7Fgd3p3A4SHEO+VCarUW9d0FjaCutzhUwShgQJcXIoT6Yy3Qn+6M3v3IfcSawtvYIRw3DzTeOX8/brQzIawIATxg8plhFc6e2dp124hOrTeGnefqMxoz1OBpOltTOhvl/1Ys5xcbeomx3udKY7POlmwn/bgmyATxqW+8X"},"prev_kv":{"key":"AA==","create_revision":"127","mod_revision":"2147483648","lease":"4860292843125785"}}
    mvccpb.Event 080112170a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff207f3080011aa301108001187f2080012a96018d5b477a593ae64335d811143b39d983f0f6150b8b7326e431dac9be411b992908f313e8da55ef51abadd931b71cef27c877e5e70af0088cc003409d2b0e17cfeb11830ee14083fa0d6e984a9bedf63a40d6a7ef653b4069af8b65b293826ae3afede6e00602c1234124123133d99e5a7a0bc4e010267036e65fc919c519684991b46438e61dc832847b8b63b3b13e42daafa94be87a307f {"type":"DELETE","kv":{"key":"8PHy8/T19vf4+fr7/P3+/w==","version":"127","lease":"128"},"prev_kv":{"create_revision":"128","mod_revision":"127","version":"128","value":"jVtHelk65kM12BEUOznZg/D2FQuLcybkMdrJvkEbmSkI8xPo2lXvUaut2TG3HO8nyHfl5wrwCIzAA0CdKw4Xz+sRgw7hQIP6DW6YSpvt9jpA1qfvZTtAaa+LZbKTgmrjr+3m4AYCwSNBJBIxM9meWnoLxOAQJnA25l/JGcUZaEmRtGQ45h3IMoR7i2OzsT5C2q+pS+h6","lease":"127"}}
    mvccpb.Event 121310ffffffffffffffffff0118800120013080011a1710808080808080808080012a016130fdaffc83f4b7d10d {"kv":{"create_revision":"-1","mod_revision":"128","version":"1","lease":"128"},"prev_kv":{"create_revision":"-9223372036854775808","value":"YQ==","lease":"7676512094328829"}}
    mvccpb.Event 121e0a016110ffffffffffffffffff0118ffffffffffffffffff012a0161307f1a1618808080800820ffffffffffffffffff012a0100307f {"kv":{"key":"YQ==","create_revision":"-1","mod_revision":"-1","value":"YQ==","lease":"127"},"prev_kv":{"mod_revision":"2147483648","version":"-1","value":"AA==","lease":"127"}}
    mvccpb.Event 12250a01001091d5d2f7adf2d80e20ffffffffffffffffff012a01613080808080808080808001 {"kv":{"key":"AA==","create_revision":"8272256781560465","version":"-1","value":"YQ==","lease":"-9223372036854775808"}}
    mvccpb.KeyValue 0a0161107f188001207f3001 {"key":"YQ==","create_revision":"127","mod_revision":"128","version":"127","lease":"1"}
    mvccpb.KeyValue 10bcc688e188d2d70118808080800820ffffffffffffffffff012a9601e21eb3150729e6c93f32c2fbf9c6f764d5c6d2c37443d22d67b3c1775f6566b66513c32bf6b86fe32d106a58932189b1e7e571fc6098a890012321b76623f3b8ec7c25e0805a0f1a2e24e2e2854cd7d0c9e8b00104ee5d2dcf8b437ee5f1f8ef9e014be01f988056f59dfb4a58b607d806fd3fd945359d777feea7a5c9031e41aed96b8c6877119ed05f9f0ed752d709ec1094fb0886 {"create_revision":"948399849481020","mod_revision":"2147483648","version":"-1","value":"4h6zFQcp5sk/MsL7+cb3ZNXG0sN0Q9ItZ7PBd19lZrZlE8Mr9rhv4y0QaliTIYmx5+Vx/GCYqJABIyG3ZiPzuOx8JeCAWg8aLiTi4oVM19DJ6LABBO5dLc+LQ37l8fjvngFL4B+YgFb1nftKWLYH2Ab9P9lFNZ13f+6npckDHkGu2WuMaHcRntBfnw7XUtcJ7BCU+wiG"}
    mvccpb.KeyValue 0a96017ea171d21a4163ded54968c7a6cabc301182b0ab6c73a19f5395d61710994347b40a2c49962a1f6de06ec18a1dd599dd374c0d52d902ecc942728d19fe4e03c7f6957e33f7fa454802c1a87f63d34540037b8b4ef91de8649b51f3674e3f60d8a1ff389ccdfcf00ff5ed7d53d1af28cb4c853f512255d7491672e26aa89135162311e685c9094a87da1f8181310e5646086c3a00d580107f188080808080808080800120ffffffffffffffff7f2a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff307f {"key":"fqFx0hpBY97VSWjHpsq8MBGCsKtsc6GfU5XWFxCZQ0e0CixJliofbeBuwYod1ZndN0wNUtkC7MlCco0Z/k4Dx/aVfjP3+kVIAsGof2PTRUADe4tO+R3oZJtR82dOP2DYof84nM388A/17X1T0a8oy0yFP1EiVddJFnLiaqiRNRYjEeaFyQlKh9ofgYExDlZGCGw6ANWA","create_revision":"127","mod_revision":"-9223372036854775808","version":"9223372036854775807","value":"8PHy8/T19vf4+fr7/P3+/w==","lease":"127"}
    mvccpb.KeyValue 0a010010808080808080808080011880012a0161308001 {"key":"AA==","create_revision":"-9223372036854775808","mod_revision":"128","value":"YQ==","lease":"128"}
    mvccpb.KeyValue 0a9601268a574943cca8c31224dbf6b6195fa58b4dcd5811fca742b453a3c8ba0a0f7962e7afd80898dec46357cb09b1fb8f26bd1b62cdbfbd7454a7156e2002333db643de88bf0c6fdc662f1b68ddc938bc6725ae7f88ebdc97fce50bb414c3c704f45e55496247df3d5d8be6f79c02ea26088de26a9312fac09dde85eeb9eff839aaec2571bf6662e6ec4ccd14c3b80e7de12b61106bd3ee10f7f580f2f4a6860f18ffffffffffffffff7f2a0161308080808008 {"key":"JopXSUPMqMMSJNv2thlfpYtNzVgR/KdCtFOjyLoKD3li56/YCJjexGNXywmx+48mvRtizb+9dFSnFW4gAjM9tkPeiL8Mb9xmLxto3ck4vGclrn+I69yX/OULtBTDxwT0XlVJYkffPV2L5vecAuomCI3iapMS+sCd3oXuue/4OarsJXG/ZmLm7EzNFMO4Dn3hK2EQa9Pu","create_revision":"8471974628047607","mod_revision":"9223372036854775807","value":"YQ==","lease":"2147483648"}
    """##
}
