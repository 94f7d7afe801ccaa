import EtcdPacker
import Testing

@Suite struct KVTests {
  // MARK: Requests

  @Test func aRangeRequestForOneKeyIsJustTheKey() {
    #expect(text(RangeRequest(range: .single(utf8("a"))).encode()) == #"{"key":"YQ=="}"#)
  }

  @Test func aRangeRequestNamesAllOptionsAsEtcdDoes() {
    let request = RangeRequest(
      range: .prefix(utf8("a/")), limit: 500, revision: 7, sortOrder: .descending, sortTarget: .mod,
      serializable: true, keysOnly: true, countOnly: true, minModRevision: 1, maxModRevision: 2, minCreateRevision: 3,
      maxCreateRevision: 4)
    #expect(
      text(request.encode())
        == #"{"key":"YS8=","range_end":"YTA=","limit":"500","revision":"7","sort_order":"DESCEND","#
        + #""sort_target":"MOD","serializable":true,"keys_only":true,"count_only":true,"min_mod_revision":"1","#
        + #""max_mod_revision":"2","min_create_revision":"3","max_create_revision":"4"}"#)
  }

  @Test(
    arguments: zip(
      RangeRequest.SortTarget.allCases,
      [
        "", #","sort_target":"VERSION""#, #","sort_target":"CREATE""#, #","sort_target":"MOD""#,
        #","sort_target":"VALUE""#,
      ]
    ))
  func sortTargetsAreSentByName(target: RangeRequest.SortTarget, expected: String) {
    let request = RangeRequest(range: .single(utf8("a")), sortOrder: .ascending, sortTarget: target)
    #expect(text(request.encode()) == #"{"key":"YQ==","sort_order":"ASCEND""# + expected + "}")
  }

  @Test func aPutRequestLeavesOutWhatIsDefault() {
    #expect(text(PutRequest(key: utf8("a"), value: []).encode()) == #"{"key":"YQ=="}"#)
  }

  @Test func aPutRequestNamesAllOptionsAsEtcdDoes() {
    let request = PutRequest(
      key: utf8("a"), value: [0xFB, 0xFF], lease: .max, prevKV: true, ignoreValue: true, ignoreLease: true)
    #expect(
      text(request.encode())
        == #"{"key":"YQ==","value":"+/8=","lease":"9223372036854775807","prev_kv":true,"ignore_value":true,"#
        + #""ignore_lease":true}"#)
  }

  @Test func aDeleteRangeRequestHasARangeAndMayAskForWhatWas() {
    #expect(
      text(DeleteRangeRequest(range: .from(utf8("a")), prevKV: true).encode())
        == #"{"key":"YQ==","range_end":"AA==","prev_kv":true}"#)
  }

  @Test func aCompactionRequestHasARevision() {
    #expect(text(CompactionRequest(revision: 9).encode()) == #"{"revision":"9"}"#)
    #expect(text(CompactionRequest(revision: 9, physical: true).encode()) == #"{"revision":"9","physical":true}"#)
  }

  // MARK: Answers of etcd 3.4.23

  @Test func aRangeAnswerIsDecoded() throws {
    let answer = try RangeResponse.decode(
      utf8(
        #"{"header":{"cluster_id":"10144879847569953045","member_id":"12428976124636271536","revision":"4","#
          + #""raft_term":"2"},"kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"3","version":"2","#
          + #""value":"dHdv","lease":"1234567890123456789"}],"more":true,"count":"2"}"#))
    #expect(answer.header.clusterID == 10_144_879_847_569_953_045)
    #expect(answer.header.memberID == 12_428_976_124_636_271_536)
    #expect(answer.header.revision == 4)
    #expect(answer.header.raftTerm == 2)
    #expect(answer.more)
    #expect(answer.count == 2)
    let kv = try #require(answer.kvs.first)
    #expect(answer.kvs.count == 1)
    #expect(kv.key == "a")
    #expect(kv.value == "two")
    #expect(kv.createRevision == 2)
    #expect(kv.modRevision == 3)
    #expect(kv.version == 2)
    #expect(kv.lease == 1_234_567_890_123_456_789)
  }

  @Test func anEmptyRangeAnswerHasAHeaderOnly() throws {
    let answer = try RangeResponse.decode(utf8(#"{"header":{"revision":"4","raft_term":"2"}}"#))
    #expect(answer.kvs.isEmpty)
    #expect(answer.count == 0)
    #expect(!answer.more)
    #expect(answer.header.revision == 4)
  }

  @Test func anEmptyValueIsAbsent() throws {
    let answer = try RangeResponse.decode(
      utf8(#"{"kvs":[{"key":"ZW1wdHk=","create_revision":"4","mod_revision":"4","version":"1"}],"count":"1"}"#))
    #expect(answer.kvs.first?.key == "empty")
    #expect(answer.kvs.first?.value.isEmpty == true)
  }

  @Test func aPutAnswerMayHaveThePreviousValue() throws {
    let first = try PutResponse.decode(utf8(#"{"header":{"revision":"2"}}"#))
    #expect(first.prevKV == nil)
    let second = try PutResponse.decode(
      utf8(
        #"{"header":{"revision":"3"},"prev_kv":{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","#
          + #""value":"b25l"}}"#))
    #expect(second.prevKV?.value == "one")
    #expect(second.header.revision == 3)
  }

  @Test func aDeleteRangeAnswerCountsAndListsWhatWas() throws {
    let answer = try DeleteRangeResponse.decode(
      utf8(
        #"{"header":{"revision":"7"},"deleted":"1","prev_kvs":[{"key":"bmV3","create_revision":"6","mod_revision":"6","#
          + #""version":"1","value":"dg=="}]}"#))
    #expect(answer.deleted == 1)
    #expect(answer.prevKVs.map(\.key) == ["new"])
  }

  @Test func aCompactionAnswerHasAHeaderOnly() throws {
    #expect(try CompactionResponse.decode(utf8(#"{"header":{"revision":"8"}}"#)).header.revision == 8)
  }

  // MARK: Other serializers

  @Test func whiteSpaceAnywhereMakesNoDifference() throws {
    let answer = try RangeResponse.decode(
      utf8(
        " {\r\n\t\"header\" : { \"revision\" :  \"4\" } ,  \"kvs\":[ {\"key\":\"YQ==\" , \"value\" : \"dHdv\" } ] , "
          + "\"count\" : \"1\" }\n"))
    #expect(answer.header.revision == 4)
    #expect(answer.kvs.first?.value == "two")
    #expect(answer.count == 1)
  }

  @Test func lowerCamelCaseNamesAndNumbersForIntegersAreUnderstood() throws {
    let answer = try RangeResponse.decode(
      utf8(
        #"{"header":{"clusterId":1,"memberId":2,"revision":4,"raftTerm":5},"#
          + #""kvs":[{"key":"YQ==","createRevision":2,"modRevision":3.0,"version":"2"}],"count":1}"#))
    #expect(answer.header.clusterID == 1)
    #expect(answer.header.memberID == 2)
    #expect(answer.header.raftTerm == 5)
    #expect(answer.kvs.first?.createRevision == 2)
    #expect(answer.kvs.first?.modRevision == 3)
  }
}
