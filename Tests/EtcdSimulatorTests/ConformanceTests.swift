import Testing

@testable import EtcdSimulator

/// Whether the simulated etcd is like a real one: one and the same script of exchanges through `Transport`, answered by
/// both, and compared exchange by exchange.
///
/// Not compared, because the simulator leaves it out and the library's core does not need it: sorted ranges and those
/// bounded by revision, `ignore_value` and `ignore_lease`, filters, progress and cancelling of watches, several watches
/// in a stream, `lease/timetolive`, `lease/leases`, `maintenance`, `lock`, `election`, the management of users, paths of
/// older versions, `/version` and `/health`. How large answers are split into fragments is drawn by chance in the
/// simulator, and not compared either. For 3.6, of which there is no server to be had, see `RecordingTests`.
@Suite(.serialized) struct ConformanceTests {
  /// Exchanges of which only status and code are compared, because the words are those of Go's parser, and nothing depends on
  /// them.
  private static func isFree(_ name: String, _ gateway: Dialect.Gateway) -> Bool {
    switch name {
    case "malformed range", "malformed put", "malformed transaction", "members by a malformed request",
      "array in place of a request", "number in place of a key", "key that is no base64":
      true
    case "malformed keepalive", "malformed watch": gateway != .ofEtcd36
    default: false
    }
  }

  private static let etcd34 = RealServer.program("ETCDCLI_TEST_ETCD_34")
  private static let etcd35 = RealServer.program("ETCDCLI_TEST_ETCD_35")
  private static let etcd35OfTrixie = RealServer.program("ETCDCLI_TEST_ETCD_35_TRIXIE")
  private static let etcd35OfSid = RealServer.program("ETCDCLI_TEST_ETCD_35_SID")

  @Test(.enabled(if: etcd34 != nil, "ETCDCLI_TEST_ETCD_34 has to name an etcd of version 3.4"))
  func likeEtcd34() throws {
    try compare(Self.etcd34 ?? "")
  }

  @Test(.enabled(if: etcd35 != nil, "ETCDCLI_TEST_ETCD_35 has to name an etcd of version 3.5"))
  func likeEtcd35() throws {
    try compare(Self.etcd35 ?? "")
  }

  @Test(.enabled(if: etcd35OfTrixie != nil, "ETCDCLI_TEST_ETCD_35_TRIXIE has to name Debian's etcd 3.5.16"))
  func likeEtcd35OfTrixie() throws {
    try compare(Self.etcd35OfTrixie ?? "")
  }

  @Test(.enabled(if: etcd35OfSid != nil, "ETCDCLI_TEST_ETCD_35_SID has to name Debian's newest etcd 3.5"))
  func likeEtcd35OfSid() throws {
    try compare(Self.etcd35OfSid ?? "")
  }

  private func compare(_ program: String) throws {
    let realServer = try RealServer(program)
    let real = try ConformanceScript.play(to: realServer)
    let simulatedServer = SimulatedServer(realServer.dialect)
    let simulated = try ConformanceScript.play(to: simulatedServer)
    #expect(simulatedServer.violation == nil)
    #expect(simulated.map(\.name) == real.map(\.name))
    for (simulated, real) in zip(simulated, real) {
      let isFree = Self.isFree(real.name, realServer.dialect.gateway)
      let isLike = isFree ? simulated.withoutWording.isLike(real.withoutWording) : simulated.isLike(real)
      if !isLike || real.endsEarly {
        Issue.record("\(real.name)\n  etcd:      \(real.summary)\n  simulated: \(simulated.summary)")
      } else if isFree, simulated.isLike(real) {
        Issue.record("\(real.name): the wording is the same, and need not be excused")
      }
    }
  }
}
