import EtcdPacker
import Testing

@Suite struct MaintenanceTests {
  @Test func aStatusIsDecoded() throws {
    let status = try StatusResponse.decode(
      utf8(
        #"{"header":{"cluster_id":"1","revision":"8"},"version":"3.4.23","dbSize":"20480","#
          + #""leader":"12428976124636271536","raftIndex":"18","raftTerm":"2","raftAppliedIndex":"17","#
          + #""errors":["NOSPACE"],"dbSizeInUse":"16384","#
          + #""isLearner":true,"storageVersion":"3.6.0","dbSizeQuota":"1","downgradeInfo":{}}"#))
    #expect(status.header.revision == 8)
    #expect(status.version == "3.4.23")
    #expect(status.dbSize == 20480)
    #expect(status.leader == 12_428_976_124_636_271_536)
    #expect(status.raftIndex == 18)
    #expect(status.raftTerm == 2)
    #expect(status.raftAppliedIndex == 17)
    #expect(status.errors == ["NOSPACE"])
    #expect(status.dbSizeInUse == 16384)
    #expect(status.isLearner)
  }

  @Test func aMemberWithoutALeaderLeavesItOut() throws {
    #expect(try StatusResponse.decode(utf8(#"{"version":"3.5.1"}"#)).leader == 0)
    #expect(text(StatusRequest().encode()) == "{}")
  }

  @Test func alarmsAreAskedForAndSet() {
    #expect(text(AlarmRequest().encode()) == "{}")
    #expect(
      text(AlarmRequest(action: .activate, memberID: 7, alarm: .noSpace).encode())
        == #"{"action":"ACTIVATE","memberID":"7","alarm":"NOSPACE"}"#)
    #expect(
      text(AlarmRequest(action: .deactivate, alarm: .corrupt).encode()) == #"{"action":"DEACTIVATE","alarm":"CORRUPT"}"#
    )
  }

  @Test func alarmsAreListed() throws {
    #expect(try AlarmResponse.decode(utf8("{}")).alarms.isEmpty)
    let answer = try AlarmResponse.decode(
      utf8(#"{"header":{},"alarms":[{"alarm":"NOSPACE"},{"memberID":"7","alarm":2}]}"#))
    #expect(answer.alarms.map(\.alarm) == [.noSpace, .corrupt])
    #expect(answer.alarms.map(\.memberID) == [0, 7])
  }

  @Test func theVersionIsDecoded() throws {
    let version = try VersionResponse.decode(utf8(#"{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}"#))
    #expect(version.etcdserver == "3.4.23")
    #expect(version.etcdcluster == "3.4.0")
    // 3.6 has more.
    #expect(
      try VersionResponse.decode(utf8(#"{"etcdserver":"3.6.1","etcdcluster":"3.6.0","storage":"3.6.0"}"#)).etcdserver
        == "3.6.1")
  }
}
