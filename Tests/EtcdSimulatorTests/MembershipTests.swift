import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdSimulator

/// What the simulated etcd does about its members, as etcd 3.4.23 and 3.5.1 were seen to do it.
@Suite struct MembershipTests {
  private let bench = Bench(.etcd35)

  private func waitForStart(of member: Int) {
    bench.etcd.members[member].start()
    bench.wait(.seconds(2))
  }

  @Test func memberThatHasNotStartedHasNoNameAndNoClientURLs() {
    #expect(bench.members(by: 0).map(\.name) == ["member0", "member1", "member2"])
    #expect(bench.etcd.reconfigure(.add(3, asLearner: true)))
    bench.wait(.milliseconds(100))
    let added = bench.members(by: 0).last
    #expect(added?.name == "")
    #expect(added?.clientURLs == [])
    #expect(added?.peerURLs.count == 1)
    #expect(added?.isLearner == true)

    waitForStart(of: 3)
    let started = bench.members(by: 0).last
    #expect(started?.name == "member3")
    #expect(started?.clientURLs == [bench.network.url(of: 3)])
    #expect(started?.isLearner == true)
  }

  @Test func nothingListensWhereNoMemberWasStarted() {
    #expect(bench.put(to: 3) == nil)
    #expect(bench.failure?.kind == .refused)
    bench.etcd.reconfigure(.add(3, asLearner: false))
    #expect(bench.put(to: 3) == nil)
    waitForStart(of: 3)
    #expect(bench.put(to: 3) == 200)
  }

  @Test(arguments: Dialect.allCases) func learnerServesOnlyWhatItCanReadByItself(dialect: Dialect) {
    let bench = Bench(dialect)
    #expect(bench.put(to: 0) == 200)
    bench.etcd.reconfigure(.add(3, asLearner: true))
    bench.etcd.members[3].start()
    bench.wait(.seconds(2))
    #expect(bench.put(to: 3) == 503)
    #expect(bench.text.contains("etcdserver: rpc not supported for learner"))
    #expect(bench.range(from: 3) == 503)
    #expect(bench.members(by: 3).isEmpty)
    #expect(bench.post("/v3/lease/keepalive", LeaseKeepAliveRequest(id: 1), to: 3) == 503)
    // A stream's words, even though there is no stream yet.
    #expect(bench.text.hasPrefix("{\"error\":{"))
    var request = RangeRequest(range: .single([1]))
    request.serializable = true
    #expect(bench.post("/v3/kv/range", request, to: 3) == 200)
    #expect(bench.text.contains("\"count\":\"1\""))

    #expect(bench.etcd.reconfigure(.promote(3)))
    bench.wait(.seconds(1))
    #expect(bench.put(to: 3) == 200)
    #expect(bench.members(by: 3).last?.isLearner == false)
  }

  @Test func learnersDoNotVote() {
    bench.etcd.reconfigure(.add(3, asLearner: true))
    waitForStart(of: 3)
    bench.etcd.members[0].crash(gracefully: false)
    bench.etcd.members[1].crash(gracefully: false)
    #expect(!bench.etcd.hasQuorum)
  }

  @Test func voterThatHasNotStartedCounts() {
    bench.etcd.reconfigure(.add(3, asLearner: false))
    #expect(bench.etcd.hasQuorum)
    bench.etcd.members[2].crash(gracefully: false)
    #expect(!bench.etcd.hasQuorum)
    waitForStart(of: 3)
    #expect(bench.etcd.hasQuorum)
  }

  @Test func removedMemberEndsByItself() {
    bench.etcd.reconfigure(.remove(2))
    bench.wait(.milliseconds(200))
    #expect(bench.members(by: 0).map(\.name) == ["member0", "member1"])
    bench.wait(.seconds(3))
    #expect(bench.put(to: 2) == nil)
    #expect(bench.failure?.kind == .refused)
    bench.etcd.members[2].restart()
    #expect(bench.put(to: 2) == nil)
    #expect(bench.put(to: 0) == 200)
  }

  @Test func removedMemberThatIsCutOffDoesNotKnow() {
    bench.etcd.members[2].isolate()
    bench.wait(.seconds(5))
    #expect(bench.etcd.reconfigure(.remove(2)))
    bench.wait(.seconds(5))
    #expect(bench.members(by: 2).count == 3)
    bench.etcd.members[2].rejoin()
    bench.wait(.seconds(3))
    #expect(bench.put(to: 2) == nil)
  }

  @Test func changeThatWouldCostTheQuorumIsRefused() {
    bench.etcd.members[2].crash(gracefully: false)
    bench.wait(.seconds(3))
    #expect(!bench.etcd.reconfigure(.add(3, asLearner: false)))
    #expect(!bench.etcd.reconfigure(.remove(1)))
    #expect(bench.etcd.reconfigure(.add(3, asLearner: true)))
    #expect(!bench.etcd.reconfigure(.add(4, asLearner: true)))
    #expect(bench.etcd.reconfigure(.remove(2)))
  }

  @Test func oldMembersListWhatTheyKnowWithoutAQuorum() {
    for dialect in Dialect.allCases {
      let bench = Bench(dialect)
      bench.etcd.members[0].crash(gracefully: false)
      bench.etcd.members[1].crash(gracefully: false)
      #expect(bench.members(by: 2).count == 3)
      #expect(bench.members(by: 2, linearizable: true).count == (dialect == .etcd34 ? 3 : 0))
    }
  }
}
