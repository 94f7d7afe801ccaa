import EtcdPacker
import Testing

@Suite struct WatchTests {
  @Test func aCreateRequestIsWrapped() {
    #expect(
      text(WatchRequest.create(WatchCreateRequest(range: .single(utf8("a")))).encode())
        == #"{"create_request":{"key":"YQ=="}}"#)
  }

  @Test func aCreateRequestNamesAllOptionsAsEtcdDoes() {
    let request = WatchCreateRequest(
      range: .prefix(utf8("a")), startRevision: 5, progressNotify: true, filters: [.noPut, .noDelete], prevKV: true,
      watchID: 7, fragment: true)
    #expect(
      text(WatchRequest.create(request).encode())
        == #"{"create_request":{"key":"YQ==","range_end":"Yg==","start_revision":"5","progress_notify":true,"#
        + #""filters":["NOPUT","NODELETE"],"prev_kv":true,"watch_id":"7","fragment":true}}"#)
  }

  @Test func theFirstLineSaysCreated() throws {
    let answer = try result(
      #"{"result":{"header":{"cluster_id":"1","member_id":"2","revision":"8","raft_term":"2"},"created":true}}"#)
    #expect(answer.created)
    #expect(!answer.canceled)
    #expect(answer.watchID == 0)
    #expect(answer.header.revision == 8)
    #expect(answer.events.isEmpty)
  }

  @Test func eventsArePutsOrDeletions() throws {
    let answer = try result(Samples.watch)
    #expect(answer.watchID == 7)
    #expect(!answer.fragment)
    try #require(answer.events.count == 2)
    let (put, delete) = (answer.events[0], answer.events[1])
    #expect(put.kind == .put)
    #expect(put.kv.value == "two")
    #expect(put.kv.modRevision == 3)
    #expect(put.prevKV?.value == "one")
    #expect(delete.kind == .delete)
    #expect(delete.kv.key == "empty")
    #expect(delete.kv.modRevision == 6)
    #expect(delete.kv.createRevision == 0)
    #expect(delete.prevKV == nil)
  }

  @Test(arguments: [("", 0), (#""type":"PUT","#, 0), (#""type":"DELETE","#, 1), (#""type":0,"#, 0), (#""type":1,"#, 1)])
  func aKindIsANameOrANumber(type: String, kind: Int) throws {
    let answer = try result(#"{"result":{"events":[{"# + type + #""kv":{"key":"YQ=="}}]}}"#)
    #expect(answer.events.first?.kind.rawValue == kind)
    #expect(answer.events.first?.kv.key == "a")
  }

  @Test func anUnknownKindIsNotTakenForAPut() {
    #expect(
      failure { () throws(PackerError) in try result(#"{"result":{"events":[{"type":"TOUCH"}]}}"#) }?.reason
        == .unknownEnumValue)
  }

  @Test func aFragmentSaysThatMoreFollows() throws {
    #expect(try result(#"{"result":{"fragment":true,"events":[{"kv":{"key":"YQ=="}}]}}"#).fragment)
  }

  @Test func aCompactedWatchNamesTheRevision() throws {
    let answer = try result(#"{"result":{"header":{"raft_term":"2"},"canceled":true,"compact_revision":"4"}}"#)
    #expect(answer.canceled)
    #expect(answer.compactRevision == 4)
    #expect(answer.header.revision == 0)
  }

  @Test func aRefusedWatchIsCreatedAndCanceledWithAReason() throws {
    let answer = try result(
      #"{"result":{"header":{"revision":"8"},"watch_id":"-1","created":true,"canceled":true,"cancel_reason":"#
        + #""rpc error: code = InvalidArgument desc = etcdserver: user name is empty"}}"#)
    #expect(answer.watchID == -1)
    #expect(answer.created)
    #expect(answer.canceled)
    #expect(answer.cancelReason == "rpc error: code = InvalidArgument desc = etcdserver: user name is empty")
  }

  private func result(_ document: String) throws(PackerError) -> WatchResponse {
    switch try StreamDocument<WatchResponse>.decode(utf8(document)) {
    case .result(let answer): return answer
    case .error: throw PackerError(.missingField, at: -1)
    }
  }
}
