import CSystem
import Glibc
import Testing

@testable import EtcdTransport

@Suite struct ServiceTests {
  private let names = TestNameServer()

  private func answer(_ name: String = "_etcd-client._tcp.test", within limit: Duration = .seconds(10)) throws
    -> ServiceAnswer?
  {
    let driver = try Driver(names, options: names.options())
    return answer(name, driver, within: limit)
  }

  private func answer(_ name: String, _ driver: Driver, within limit: Duration = .seconds(10)) -> ServiceAnswer? {
    var answers: [(name: String, answer: ServiceAnswer)] = []
    driver.reactor.lookUp(service: name)
    driver.drive(for: limit) {
      answers += driver.reactor.takeServices()
      return !answers.isEmpty
    }
    #expect(answers.count <= 1)
    #expect(answers.allSatisfy { $0.name == name })
    return answers.first?.answer
  }

  @Test func recordsAreAnsweredAsTheyAre() throws {
    let records = [
      ServiceRecord(host: "a.test", port: 2379, priority: 1, weight: 65535),
      ServiceRecord(host: "b.test", port: 65535, priority: 0, weight: 0),
    ]
    names.services["_etcd-client._tcp.test"] = records
    guard case .records(let answered)? = try answer() else { return #expect(Bool(false)) }
    #expect(Set(answered) == Set(records))
  }

  @Test(arguments: [([60, 30, 90], 30), ([0, 1], 0), ([2_147_483_647], 2_147_483_647), ([5, 4_294_967_295], 0)])
  func leastTimeOfTheAnswerCounts(stated: [Int], ttl: Int) throws {
    names.services["_etcd-client._tcp.test"] = stated.enumerated().map {
      ServiceRecord(host: "h\($0).test", port: 1, ttl: $1)
    }
    guard case .records(let answered)? = try answer() else { return #expect(Bool(false)) }
    #expect(answered.count == stated.count)
    #expect(answered.allSatisfy { $0.ttl == ttl })
  }

  @Test func noNameAndNoRecordsAreTheSame() throws {
    #expect(try answer() == .records([]))
    names.services["_etcd-client._tcp.test"] = []
    #expect(try answer() == .records([]))
  }

  /// The root says that the service is not to be had.
  @Test func rootIsAHostWithoutAName() throws {
    names.services["_etcd-client._tcp.test"] = [ServiceRecord(host: "", port: 0)]
    #expect(try answer() == .records([ServiceRecord(host: "", port: 0)]))
  }

  @Test func whoGivesNoAnswerIsToldOf() throws {
    names.fails = true
    guard case .failed(let broken)? = try answer() else { return #expect(Bool(false)) }
    #expect(!broken.isEmpty)
    names.fails = false
    names.isSilent = true
    guard case .failed(let silent)? = try answer(within: .seconds(20)) else { return #expect(Bool(false)) }
    #expect(silent != broken)
  }

  @Test(arguments: [String(repeating: "a", count: 70), "a..b", String(repeating: "abcdefg.", count: 40)])
  func whatIsNoNameIsAnsweredToo(name: String) throws {
    guard case .failed? = try answer(name) else { return #expect(Bool(false)) }
  }

  @Test func answersThatNobodyTakesKeepNothingAwake() throws {
    names.services["_etcd-client._tcp.test"] = [ServiceRecord(host: "a.test", port: 1)]
    let driver = try Driver(names, options: names.options())
    #expect(answer("_etcd-client._tcp.test", driver) != nil)
    #expect(!driver.isReadable)
    #expect(driver.reactor.takeServices().isEmpty)
    driver.reactor.lookUp(service: "_etcd-client._tcp.test")
    driver.reactor.shutDown()
    #expect(driver.reactor.takeServices().isEmpty)
  }
}
