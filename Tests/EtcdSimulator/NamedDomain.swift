import EtcdCore
import EtcdTransport
import TestSupport

/// A domain that a host is configured with, and what name servers say of it: at first, maybe, nothing, and then always the
/// same.
struct NamedDomain {
  /// As `endpoints` takes it.
  let text: String
  /// The name that is asked for.
  let question: String
  let names: [Endpoint]
  /// Whether the cluster has been told of them.
  var isTold = false
  private var silences: Int

  init(number: Int, names: [Endpoint], random: inout SeededRandom) {
    text = "srv:http://d\(number).test"
    question = "_etcd-client._tcp.d\(number).test"
    self.names = names
    silences = random.chance(0.3) ? random.int(1...3) : 0
  }

  mutating func answer(_ random: inout SeededRandom) -> ServiceAnswer {
    if silences > 0 {
      silences -= 1
      return random.chance(0.5) ? .records([]) : .failed("timeout")
    }
    let ttl = random.pick([0, 1, 10, 60])
    let parts = names.map { $0.url.dropFirst("http://".count).split(separator: ":") }
    return .records(
      parts.compactMap { parts in
        guard parts.count == 2, let port = Int(parts[1]) else { return nil }
        return ServiceRecord(host: String(parts[0]), port: port, ttl: ttl)
      })
  }
}
