import EtcdPacker
import Testing

@testable import EtcdCore

extension Member {
  init(_ id: UInt64, _ clientURLs: String..., name: String? = nil, isLearner: Bool = false) {
    self.init()
    self.id = id
    self.name = name ?? "m\(id)"
    self.clientURLs = clientURLs
    self.isLearner = isLearner
  }
}

struct RosterTests {
  private func addresses(_ members: Member..., seeds: String...) -> [String] {
    let seeds = (seeds.isEmpty ? ["http://10.0.0.9:2379"] : seeds).compactMap { try? Endpoint(parsing: $0) }
    return Roster(members, seeds: seeds).addresses.map { "\($0.memberID) \($0.endpoint.url)" }
  }

  @Test func votingMembersThatHaveStartedAreTaken() {
    let found = addresses(
      Member(1, "http://10.0.0.1:2379"), Member(2, "http://10.0.0.2:2379", isLearner: true),
      Member(3, "http://10.0.0.3:2379", name: ""), Member(4))
    #expect(found == ["1 http://10.0.0.1:2379"])
  }

  @Test func theFirstURLOfEachMemberComesFirst() {
    let found = addresses(Member(1, "http://a", "http://b"), Member(2, "http://c", "http://A:2379", "http://d"))
    #expect(
      found == ["1 http://a:2379", "2 http://c:2379", "1 http://b:2379", "2 http://d:2379"])
  }

  @Test(arguments: [
    "http://0.0.0.0:2379", "http://0:2379", "http://[::]:2379", "http://[0:0:0:0:0:0:0:0]:2379",
    "http://[::ffff:0.0.0.0]:2379", "http://localhost:2379", "http://LOCALHOST", "http://x.localhost:2379",
    "http://127.0.0.1:2379", "http://127.9.9.9:2379", "http://[::1]:2379", "http://[0:0:0:0:0:0:0:1]:2379",
    "http://[::ffff:127.0.0.1]:2379", "https://10.0.0.1:2379", "http://10.0.0.1:2379/etcd", "unix:///run/etcd.sock",
    "http://user@10.0.0.1:2379", "ftp://10.0.0.1", "10.0.0.1:2379", "", "http://", "http://10.0.0.1:99999",
    "http://" + String(repeating: "a", count: 300),
  ])
  func whatCannotBeRightFromHereIsLeftOut(url: String) throws {
    #expect(addresses(Member(1, url)) == [])
    let seed = try Endpoint(parsing: "http://10.0.0.9")
    #expect(Roster([Member(1, url)], seeds: [seed]).leftOut == 1)
  }

  @Test func thisHostsOwnAddressIsTakenWhereASeedIsOneToo() {
    let found = addresses(
      Member(1, "http://127.0.0.1:1"), Member(2, "http://localhost:2"), Member(3, "http://0.0.0.0:3"),
      seeds: "http://10.0.0.9", "http://[::1]:2379")
    #expect(found == ["1 http://127.0.0.1:1", "2 http://localhost:2"])
  }

  /// A password must not go where there is no TLS because a list says so.
  @Test func theSchemeIsThatOfASeed() {
    let both = Member(1, "http://a", "https://a")
    #expect(addresses(both, seeds: "https://s") == ["1 https://a:2379"])
    #expect(addresses(both, seeds: "http://s", "https://s") == ["1 http://a:2379", "1 https://a:2379"])
  }

  @Test func ofAListOnlySoMuchIsTaken() throws {
    let seed = try Endpoint(parsing: "http://s")
    var many = Member(1)
    many.clientURLs = (0..<100).map { "http://u\($0)" }
    #expect(Roster([many], seeds: [seed]).addresses.count == Roster.mostURLs)
    let members = (1...1000).map { Member(UInt64($0), "http://m\($0)", name: String(repeating: "n", count: 1000)) }
    let roster = Roster(members, seeds: [seed])
    #expect(roster.addresses.count == Roster.mostMembers)
    #expect(roster.names[1] == String(repeating: "n", count: Roster.longestName) + "…")
  }
}
