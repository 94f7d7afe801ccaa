import Testing

@testable import EtcdSimulator

/// Whether the simulated etcd is like a real one: one and the same script of exchanges through `Transport`, answered by
/// both, and compared exchange by exchange.
///
/// Not compared, because the simulator leaves it out and the library's core does not need it: sorted ranges and those
/// bounded by revision, `ignore_value` and `ignore_lease`, filters, progress and cancelling of watches, several watches
/// in a stream, a watch stream on which nothing is asked for, `lease/timetolive`, `lease/leases`, `maintenance`, `lock`,
/// `election`, the management of users, paths of older versions, `/version` and `/health`. How large answers are split
/// into fragments is drawn by chance in the simulator, and not compared either. The dialect of 3.6 is not compared for
/// want of a server.
@Suite(.serialized) struct ConformanceTests {
  /// Exchanges of which only status and code are compared, because the words are those of Go's parser, and nothing depends on
  /// them.
  private static let freeWording = [
    "malformed range", "malformed put", "malformed transaction", "malformed keepalive", "malformed watch",
    "members by a malformed request", "array in place of a request", "number in place of a key",
    "key that is no base64",
  ]

  private static let program34 = RealServer.program("ETCDCLI_TEST_ETCD_34")
  private static let program35 = RealServer.program("ETCDCLI_TEST_ETCD_35")

  @Test(.enabled(if: program34 != nil, "ETCDCLI_TEST_ETCD_34 has to name an etcd of version 3.4"))
  func likeEtcd34() throws {
    try compare(.etcd34, Self.program34 ?? "")
  }

  @Test(.enabled(if: program35 != nil, "ETCDCLI_TEST_ETCD_35 has to name an etcd of version 3.5"))
  func likeEtcd35() throws {
    try compare(.etcd35, Self.program35 ?? "")
  }

  private func compare(_ dialect: Dialect, _ program: String) throws {
    let real = try ConformanceScript.play(to: try RealServer(program))
    let simulatedServer = SimulatedServer(dialect)
    let simulated = try ConformanceScript.play(to: simulatedServer)
    #expect(simulatedServer.violation == nil)
    #expect(simulated.map(\.name) == real.map(\.name))
    for (simulated, real) in zip(simulated, real) {
      let isFree = Self.freeWording.contains(real.name)
      let isLike = isFree ? simulated.withoutWording.isLike(real.withoutWording) : simulated.isLike(real)
      if !isLike || real.endsEarly {
        Issue.record("\(real.name)\n  etcd:      \(real.summary)\n  simulated: \(simulated.summary)")
      } else if isFree, simulated.isLike(real) {
        Issue.record("\(real.name): the wording is the same, and need not be excused")
      }
    }
  }
}
