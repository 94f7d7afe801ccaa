import EtcdPacker
import Testing

@Suite struct LeaseTests {
  @Test func requestsNameTheirFieldsAsEtcdDoes() {
    #expect(text(LeaseGrantRequest(ttl: 60).encode()) == #"{"TTL":"60"}"#)
    #expect(text(LeaseGrantRequest(ttl: 60, id: 7).encode()) == #"{"TTL":"60","ID":"7"}"#)
    #expect(text(LeaseRevokeRequest(id: 7).encode()) == #"{"ID":"7"}"#)
    #expect(text(LeaseKeepAliveRequest(id: -7).encode()) == #"{"ID":"-7"}"#)
    #expect(text(LeaseTimeToLiveRequest(id: 7).encode()) == #"{"ID":"7"}"#)
    #expect(text(LeaseTimeToLiveRequest(id: 7, keys: true).encode()) == #"{"ID":"7","keys":true}"#)
    #expect(text(LeaseLeasesRequest().encode()) == "{}")
  }

  @Test func aGrantedLeaseHasAnIDAndATimeToLive() throws {
    let answer = try LeaseGrantResponse.decode(
      utf8(#"{"header":{"revision":"4","raft_term":"2"},"ID":"1418812036409249293","TTL":"60"}"#))
    #expect(answer.id == 1_418_812_036_409_249_293)
    #expect(answer.ttl == 60)
    #expect(answer.error == "")
    #expect(answer.header.revision == 4)
    #expect(try LeaseGrantResponse.decode(utf8(#"{"error":"why"}"#)).error == "why")
  }

  @Test func aRevokedLeaseHasAHeaderOnly() throws {
    #expect(try LeaseRevokeResponse.decode(utf8(#"{"header":{"revision":"8"}}"#)).header.revision == 8)
  }

  @Test func aRenewalComesAsTheLineOfAStream() throws {
    let document = try StreamDocument<LeaseKeepAliveResponse>.decode(
      utf8(#"{"result":{"header":{"revision":"5"},"ID":"1234567890123456789","TTL":"60"}}"#))
    guard case .result(let answer) = document else {
      Issue.record("\(document)")
      return
    }
    #expect(answer.id == 1_234_567_890_123_456_789)
    #expect(answer.ttl == 60)
    #expect(answer.header.revision == 5)
  }

  @Test func aLostLeaseHasNoTimeToLive() throws {
    let document = try StreamDocument<LeaseKeepAliveResponse>.decode(
      utf8(#"{"result":{"header":{"revision":"5"},"ID":"99"}}"#))
    guard case .result(let answer) = document else {
      Issue.record("\(document)")
      return
    }
    #expect(answer.id == 99)
    #expect(answer.ttl == 0)
  }

  @Test func timeToLiveMayListKeys() throws {
    let answer = try LeaseTimeToLiveResponse.decode(
      utf8(#"{"header":{},"ID":"7","TTL":"59","grantedTTL":"60","keys":["bGVhc2Vk","YQ=="]}"#))
    #expect(answer.id == 7)
    #expect(answer.ttl == 59)
    #expect(answer.grantedTTL == 60)
    #expect(answer.keys == ["leased", "a"])
    #expect(try LeaseTimeToLiveResponse.decode(utf8(#"{"header":{},"ID":"99","TTL":"-1"}"#)).ttl == -1)
  }

  @Test func leasesAreListed() throws {
    let answer = try LeaseLeasesResponse.decode(
      utf8(#"{"header":{"revision":"5"},"leases":[{"ID":"1418812036409249293"},{"ID":"1234567890123456789"}]}"#))
    #expect(answer.leases.map(\.id) == [1_418_812_036_409_249_293, 1_234_567_890_123_456_789])
    #expect(answer.header.revision == 5)
  }
}
