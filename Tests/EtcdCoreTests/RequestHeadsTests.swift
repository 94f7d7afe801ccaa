import EtcdTransport
import Testing

@testable import EtcdCore

struct RequestHeadsTests {
  private func endpoint(_ number: Int) throws -> Endpoint { try Endpoint(parsing: "http://e\(number):2379") }

  private func head(
    _ path: String, at endpoint: Endpoint, needsLeader: Bool, _ heads: inout RequestHeads
  ) -> RequestHead {
    heads.head(path, at: endpoint, needsLeader: needsLeader) {
      RequestHead(origin: endpoint.base, path: path, headers: [("leader", "\(needsLeader)")])
    }
  }

  @Test func theSameIsMadeOnceAndAnotherIsAnother() throws {
    var heads = RequestHeads()
    let endpoints = try (0..<2).map(endpoint)
    var seen: [ObjectIdentifier: String] = [:]
    for _ in 0..<2 {
      for endpoint in endpoints {
        for path in ["/a", "/b"] {
          for needsLeader in [false, true] {
            let head = head(path, at: endpoint, needsLeader: needsLeader, &heads)
            let name = "\(endpoint.url)\(path) \(needsLeader)"
            #expect("\(head.url) \(head.headers[0].value)" == name)
            #expect(seen[ObjectIdentifier(head)] ?? name == name)
            seen[ObjectIdentifier(head)] = name
          }
        }
      }
    }
    #expect(seen.count == 8)
  }

  @Test func moreThanAreKeptAreMadeAnewAndNoneIsTakenForAnother() throws {
    var heads = RequestHeads()
    let endpoint = try endpoint(0)
    for number in [Array(0..<80), Array((0..<80).reversed()), [79, 79, 0, 0]].joined() {
      let head = head("/\(number)", at: endpoint, needsLeader: true, &heads)
      #expect(head.path == "/\(number)")
      #expect(head === self.head("/\(number)", at: endpoint, needsLeader: true, &heads))
    }
  }
}
