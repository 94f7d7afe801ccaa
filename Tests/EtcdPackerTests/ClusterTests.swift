import EtcdPacker
import Testing

@Suite struct ClusterTests {
  @Test func requestsNameTheirFieldsAsEtcdDoes() {
    #expect(text(MemberListRequest().encode()) == "{}")
    #expect(text(MemberListRequest(linearizable: true).encode()) == #"{"linearizable":true}"#)
    #expect(
      text(MemberAddRequest(peerURLs: ["http://a:1", "http://b:2"], isLearner: true).encode())
        == #"{"peerURLs":["http://a:1","http://b:2"],"isLearner":true}"#)
    #expect(text(MemberRemoveRequest(id: .max).encode()) == #"{"ID":"18446744073709551615"}"#)
    #expect(
      text(MemberUpdateRequest(id: 7, peerURLs: ["http://a:1"]).encode()) == #"{"ID":"7","peerURLs":["http://a:1"]}"#)
    #expect(text(MemberPromoteRequest(id: 7).encode()) == #"{"ID":"7"}"#)
  }

  @Test func membersAreListed() throws {
    let answer = try MemberListResponse.decode(utf8(Samples.members))
    #expect(answer.header.clusterID == 12_499_579_882_375_668_459)
    try #require(answer.members.count == 2)
    let (learner, member) = (answer.members[0], answer.members[1])
    #expect(learner.id == 115_229_617_114_574_354)
    #expect(learner.name == "")
    #expect(learner.peerURLs == ["http://127.0.0.1:1"])
    #expect(learner.clientURLs == [])
    #expect(learner.isLearner)
    #expect(member.name == "m1\n")
    #expect(member.clientURLs == ["http://127.0.0.1:23890", "http://héte"])
    #expect(!member.isLearner)
  }

  @Test func anAddedMemberComesWithAllMembers() throws {
    let answer = try MemberAddResponse.decode(
      utf8(
        #"{"header":{},"member":{"ID":"3","peerURLs":["http://a:1"],"isLearner":true},"#
          + #""members":[{"ID":"3"},{"ID":"4"}]}"#
      ))
    #expect(answer.member.id == 3)
    #expect(answer.member.isLearner)
    #expect(answer.members.map(\.id) == [3, 4])
  }

  @Test func otherChangesAnswerWithAllMembers() throws {
    let document = utf8(#"{"header":{"raft_term":"2"},"members":[{"ID":"4"}]}"#)
    #expect(try MemberRemoveResponse.decode(document).members.map(\.id) == [4])
    #expect(try MemberUpdateResponse.decode(document).members.map(\.id) == [4])
    #expect(try MemberPromoteResponse.decode(document).members.map(\.id) == [4])
  }
}
