import EtcdTransport
import Testing

@testable import EtcdCore

/// What other options change, and whether they are taken.
struct ReloadTests {
  static func options(_ settings: (String, String)...) throws -> Options {
    var options = Options()
    for (name, value) in [("endpoints", "http://e1,http://e2")] + settings { try options.set(name, to: value) }
    return options
  }

  /// For each option, a value that is not its default; with what it needs beside itself.
  static let others: [String: String] = [
    "endpoints": "http://e1", "wire": "grpc", "namespace": "n/", "endpoints.discover": "false",
    "endpoints.refresh.ms": "1000",
    "request.timeout.ms": "1", "attempt.timeout.ms": "10", "connect.timeout.ms": "10", "probe.interval.ms": "50",
    "backoff.min.ms": "1", "backoff.max.ms": "6000", "lease.ttl.s": "9", "lease.id": "7", "keepalive.verify.ms": "1000",
    "calls.max": "1", "calls.concurrent": "1", "calls.gather": "true",
    "keepalives.max": "1", "watchers.max": "1", "response.max.bytes": "4096", "watch.page.keys": "1",
    "watch.index.max.bytes": "4096", "watch.start.spread.ms": "1", "http.user.agent": "game/1",
    "tcp.keepalive.idle.s": "1", "tcp.keepalive.interval.s": "1", "tls.ca.file": "/a", "tls.cert.file": "/a",
    "tls.key.file": "/a", "auth.user": "u", "auth.password": "p", "auth.token": "t", "log.level": "error",
    "tls.ca.dir": "/a", "tls.ca.pem": "a", "tls.cert.pem": "a", "tls.key.pem": "a", "tls.key.password": "p",
    "tls.server.name": "a", "tls.min.version": "1.3", "tls.ciphers": "A", "tls.verify.peer": "false",
    "tls.verify.host": "false", "proxy": "http://p:1", "proxy.user": "u", "proxy.password": "p", "proxy.bypass": "*",
    "http.headers": "A: b", "net.interface": "lo", "connect.to": "a:1:b:2", "dns.cache.ms": "1",
    "dns.servers": "127.0.0.1", "watcher.cache.dir": "/a", "watcher.cache.after.ms": "1",
    "watcher.cache.max.bytes": "65536",
  ]

  /// Those that count only with another one.
  static let companions: [String: [(String, String)]] = [
    "proxy.user": [("proxy", "http://p:1")], "proxy.password": [("proxy", "http://p:1")],
    "proxy.bypass": [("proxy", "http://p:1")], "auth.user": [("auth.password", "p")],
    "auth.password": [("auth.user", "u")],
  ]

  @Test(arguments: OptionTable.all.map(\.name)) func eachOptionIsTakenOrRefusedAsTheTableSays(name: String) throws {
    let option = try #require(OptionTable.all.first { $0.name == name })
    let value = try #require(Self.others[name], "a value of \(name) for this test")
    let before = try Self.options()
    var after = before
    try after.set(name, to: value)
    for hasLease in [false, true] {
      let isTaken =
        switch option.reload {
        case .always: true
        case .withoutLease: !hasLease
        case .never: false
        }
      do {
        let reload = try Reload(from: before, to: after, hasLease: hasLease)
        #expect(isTaken && reload.changed == [name])
      } catch {
        #expect(!isTaken)
        #expect(error.message.hasPrefix("\(name) cannot be changed while the cluster "))
      }
    }
    #expect(try Reload(from: after, to: after, hasLease: true).isEmpty)
    // The reference says the same.
    let row = OptionTable.reference.split(separator: "\n").first { $0.hasPrefix("| `\(name)` |") }
    #expect(row?.contains(" | \(option.reload.words) | ") == true)
  }

  /// It was for the start.
  @Test func aLeaseToBeTakenOverIsNotMissed() throws {
    let after = try Self.options()
    var before = after
    try before.set("lease.id", to: "7")
    let reload = try Reload(from: before, to: after, hasLease: true)
    #expect(reload.isEmpty)
    #expect(reload.options.leaseID == 7)
  }

  @Test func otherDomainsAreOtherEndpoints() throws {
    let before = try Self.options(("endpoints", "srv:a.test,http://e1"))
    var after = before
    try after.set("endpoints", to: "srv:b.test,http://e1")
    let reload = try Reload(from: before, to: after, hasLease: true)
    #expect(reload.changed == ["endpoints"])
    #expect(reload.concernsEndpoints && reload.mayMend && !reload.concernsConnections)
  }

  /// What is said of connections reaches the transport; what is said of who asks, the log-in; all else has a test of its
  /// own in `ClusterReloadTests`.
  @Test(arguments: OptionTable.all.filter { $0.reload == .always }.map(\.name))
  func eachOptionThatIsTakenConcernsSomebody(name: String) throws {
    let value = try #require(Self.others[name])
    var before = try Self.options()
    for (companion, value) in Self.companions[name] ?? [] { try before.set(companion, to: value) }
    var after = before
    try after.set(name, to: value)
    let reload = try Reload(from: before, to: after, hasLease: true)
    #expect(
      reload.concernsTransport || reload.concernsCredentials || ClusterReloadTests.tested.contains(name), "\(name)")
  }

  @Test func whenRequestsLeaveIsNothingThatConnectionsAreMadeAnewFor() throws {
    let before = try Self.options()
    var after = before
    try after.set("calls.gather", to: "true")
    let reload = try Reload(from: before, to: after, hasLease: true)
    #expect(reload.concernsTransport && !reload.concernsConnections && !reload.mayMend)
  }

  @Test func allThatIsRefusedIsNamed() throws {
    let after = try Self.options(("namespace", "n/"), ("lease.ttl.s", "9"), ("request.timeout.ms", "1"))
    let error = #expect(throws: OptionError.self) {
      try Reload(from: try Self.options(), to: after, hasLease: true)
    }
    #expect(
      error?.message == "namespace cannot be changed while the cluster works; "
        + "lease.ttl.s cannot be changed while the cluster has a lease")
  }

  @Test func whatIsAllowedAndDangerousIsToldWhenItIsNew() throws {
    let before = try Self.options(("tls.verify.host", "false"))
    var after = before
    try after.set("tls.verify.peer", to: "false")
    #expect(try Reload(from: before, to: after, hasLease: false).warnings.count == 1)
    #expect(try Reload(from: after, to: before, hasLease: false).warnings.isEmpty)
  }
}
