import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdSimulator

/// What the simulated etcd does about authentication, as etcd 3.4.23 and 3.5.1 were seen to do it.
@Suite struct AuthorityTests {
  @Test func callsWithoutTokenAreRefusedWhileAuthenticationIsOn() {
    let bench = Bench(.etcd35)
    #expect(bench.put(to: 0) == 200)
    bench.etcd.changeAuth(.enable)
    #expect(bench.put(to: 0) == 400)
    #expect(bench.text.contains("etcdserver: user name is empty"))
    #expect(bench.range(from: 1) == 400)
    bench.etcd.changeAuth(.disable)
    #expect(bench.put(to: 0) == 200)
  }

  @Test func tokenIsRefusedWhileAuthenticationIsOff() {
    let bench = Bench(.etcd34)
    bench.etcd.changeAuth(.enable)
    let token = bench.logIn(at: 0)
    #expect(bench.put(to: 0, token: token) == 200)
    bench.etcd.changeAuth(.disable)
    #expect(bench.put(to: 0, token: token) == 401)
    #expect(bench.text.contains("etcdserver: invalid auth token"))
  }

  @Test func eachMemberCountsTheLifeOfATokenByItself() {
    let bench = Bench(.etcd35)
    bench.etcd.changeAuth(.enable)
    bench.etcd.authority.tokenLife = .seconds(3)
    let token = bench.logIn(at: 0)
    #expect(bench.range(from: 1, token: token) == 200)
    for _ in 0..<5 {
      bench.wait(.seconds(1))
      #expect(bench.range(from: 0, token: token) == 200)
    }
    #expect(bench.range(from: 1, token: token) == 401)
  }

  @Test func tokensEndWithTheProcess() {
    let bench = Bench(.etcd36)
    bench.etcd.changeAuth(.enable)
    let token = bench.logIn(at: 1)
    bench.etcd.members[1].crash(gracefully: false)
    bench.etcd.members[1].restart()
    bench.wait(.seconds(5))
    #expect(bench.range(from: 1, token: token) == 401)
    #expect(bench.range(from: 2, token: token) == 200)
  }

  @Test func passwordChangeEndsTokensAndOtherChangesDoNot() {
    let bench = Bench(.etcd35)
    bench.etcd.changeAuth(.enable)
    let token = bench.logIn(at: 0)
    bench.etcd.changeAuth(.alter)
    #expect(bench.put(to: 0, token: token) == 200)
    bench.etcd.changeAuth(.changePassword(Authority.password))
    #expect(bench.put(to: 0, token: token) == 401)
  }

  @Test(arguments: [(Dialect.etcd34, 412), (.etcd35, 400), (.etcd36, 400)])
  func authenticateSaysThatAuthenticationIsOff(_ dialect: Dialect, status: Int) {
    let bench = Bench(dialect)
    #expect(bench.authenticate(at: 0) == status)
    #expect(bench.text.contains("etcdserver: authentication is not enabled"))
  }

  @Test func wrongPasswordIsRefused() {
    let bench = Bench(.etcd34)
    bench.etcd.changeAuth(.enable)
    #expect(bench.authenticate(at: 0, password: "guess") == 400)
    #expect(bench.text.contains("etcdserver: authentication failed, invalid user ID or password"))
  }

  @Test(arguments: [
    (Dialect.etcd34, 400, "revision of auth store is old"), (.etcd35, 500, "revision in header is old"),
  ])
  func whatWasProposedBeforeAChangeIsRefused(_ dialect: Dialect, status: Int, words: String) {
    let bench = Bench(dialect)
    bench.etcd.changeAuth(.enable)
    let token = bench.logIn(at: 0)
    let before = bench.etcd.store.revision
    bench.etcd.authority.meddling = 1
    #expect(bench.put(to: 0, token: token) == status)
    #expect(bench.text.contains(words))
    #expect(bench.etcd.store.revision == before)
  }

  @Test(arguments: [
    (Dialect.etcd34, Int64(-1), "user name is empty"), (.etcd35, 0, "permission denied"),
    (.etcd36, -1, "user name is empty"),
  ])
  func refusedWatchIsCreatedAndCancelledInOneDocument(_ dialect: Dialect, id: Int64, reason: String) throws {
    let bench = Bench(dialect)
    bench.etcd.changeAuth(.enable)
    let bytes = bench.watch(at: 0)
    guard case .result(let response) = try StreamDocument<WatchResponse>.decode(bytes) else {
      Issue.record("not a result: \(bytes.text)")
      return
    }
    #expect(response.created && response.canceled)
    #expect(response.watchID == id)
    #expect(response.cancelReason.contains(reason))
  }

  @Test(arguments: [(Dialect.etcd34, 200), (.etcd35, 200), (.etcd36, 400)])
  func leasesAskForATokenInNewVersionsOnly(_ dialect: Dialect, status: Int) {
    let bench = Bench(dialect)
    bench.etcd.changeAuth(.enable)
    #expect(bench.post("/v3/lease/grant", LeaseGrantRequest(ttl: 10), to: 0) == status)
    #expect(bench.post("/v3/lease/keepalive", LeaseKeepAliveRequest(id: 1), to: 0) == status)
    let verified = dialect == .etcd36 ? 401 : 200
    #expect(bench.post("/v3/lease/grant", LeaseGrantRequest(ttl: 10), to: 0, token: "nonsense") == 401)
    #expect(bench.post("/v3/lease/keepalive", LeaseKeepAliveRequest(id: 1), to: 0, token: "nonsense") == verified)
  }

  @Test func leaseWithKeysIsRevokedByNobodyWithoutToken() throws {
    let bench = Bench(.etcd34)
    bench.post("/v3/lease/grant", LeaseGrantRequest(ttl: 10, id: 7), to: 0)
    bench.post("/v3/kv/put", PutRequest(key: [1], value: [1], lease: 7), to: 0)
    bench.post("/v3/lease/grant", LeaseGrantRequest(ttl: 10, id: 8), to: 0)
    bench.etcd.changeAuth(.enable)
    #expect(bench.post("/v3/lease/revoke", LeaseRevokeRequest(id: 7), to: 0) == 400)
    #expect(bench.post("/v3/lease/revoke", LeaseRevokeRequest(id: 8), to: 0) == 200)
  }
}
