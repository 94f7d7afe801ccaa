import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdSimulator

@Suite struct TokenCarrierTests {
  @Test func requestIsRepeatedUnseenWhenItsTokenHasExpired() {
    let bench = Bench(.etcd35, isCarried: true)
    bench.etcd.changeAuth(.enable)
    bench.etcd.authority.tokenLife = .seconds(2)
    #expect(bench.put(to: 0) == 200)
    bench.wait(.seconds(3))
    #expect(bench.put(to: 0) == 200)
    #expect(bench.etcd.store.revision == 3)
    #expect(bench.world.statistics.counts["tokens refused"] == 1)
    #expect(bench.world.statistics.counts["tokens asked for"] == 2)
  }

  @Test(arguments: Dialect.allCases)
  func watchIsOpenedAgainUnseenWhenItsTokenHasExpired(_ dialect: Dialect) throws {
    let bench = Bench(dialect, isCarried: true)
    bench.etcd.changeAuth(.enable)
    bench.etcd.authority.tokenLife = .seconds(2)
    #expect(bench.put(to: 0) == 200)
    bench.wait(.seconds(3))
    guard case .result(let response) = try StreamDocument<WatchResponse>.decode(bench.watch(at: 0)) else {
      Issue.record("not a result")
      return
    }
    #expect(response.created && !response.canceled)
  }

  @Test func requestsFollowAuthenticationOnAndOff() {
    let bench = Bench(.etcd34, isCarried: true)
    for change in [Authority.Change.alter, .enable, .disable, .enable] {
      bench.etcd.changeAuth(change)
      #expect(bench.put(to: 2) == 200)
    }
  }

  @Test func requestEndsInTimeWhileItWaitsForAToken() {
    let bench = Bench(.etcd35, isCarried: true)
    bench.etcd.changeAuth(.enable)
    bench.etcd.members[1].stop()
    let start = bench.world.now
    #expect(bench.put(to: 1, timeout: .milliseconds(700)) == nil)
    #expect(bench.failure?.kind == .timeout)
    #expect(bench.failure?.bodyMayHaveBeenSent == false)
    #expect(bench.world.now - start == .milliseconds(700))
    #expect(bench.inner.active.isEmpty)
  }
}
