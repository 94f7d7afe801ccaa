import Testing

@testable import EtcdCore

struct ServiceDomainTests {
  @Test(arguments: [
    ("srv:example.com", "srv:example.com", ["_etcd-client-ssl._tcp.example.com", "_etcd-client._tcp.example.com"]),
    ("SRV:Example.COM.", "srv:example.com", ["_etcd-client-ssl._tcp.example.com", "_etcd-client._tcp.example.com"]),
    ("srv:https://example.com", "srv:https://example.com", ["_etcd-client-ssl._tcp.example.com"]),
    ("srv:HTTP://etcd", "srv:http://etcd", ["_etcd-client._tcp.etcd"]),
  ])
  func domainsAreAskedForAsEtcdAsksForThem(text: String, normal: String, names: [String]) throws {
    let domain = try ServiceDomain(parsing: text)
    #expect(domain.text == normal)
    #expect(domain.questions.map(\.name) == names)
    #expect(domain.questions.map(\.scheme) == names.map { $0.hasPrefix("_etcd-client-ssl") ? "https" : "http" })
    #expect(try ServiceDomain(parsing: domain.text) == domain)
  }

  @Test(arguments: [
    "srv:", "srv:.", "srv:https://", "srv:example.com:2379", "srv:[::1]", "srv:10.0.0.1", "srv:a..b", "srv:.a",
    "srv:a/b", "srv:u@a", "srv:ftp://a", "srv:ä", "srv:a b", "srv:" + String(repeating: "a", count: 64),
    "srv:" + String(repeating: "abcdefg.", count: 29) + "abcdefg",
  ])
  func whatIsNoDomainIsRefused(text: String) {
    #expect(throws: EndpointError.self) { try ServiceDomain(parsing: text) }
  }
}
