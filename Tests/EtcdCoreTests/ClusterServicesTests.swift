import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

/// What the cluster makes of SRV records.
struct ClusterServicesTests {
  private static let name = "_etcd-client._tcp.test"

  private func scene(endpoints: Int = 0, _ adjust: (inout Options) -> Void = { _ in }) throws -> Scene {
    let domain = try ServiceDomain(parsing: "srv:http://test")
    return Scene(endpoints: endpoints) { options in
      options.serviceDomains = [domain]
      adjust(&options)
    }
  }

  private func name(_ scene: Scene, _ hosts: String...) {
    scene.transport.answer(
      service: Self.name,
      .records(hosts.enumerated().map { ServiceRecord(host: $1, port: 2379, priority: $0) }))
    scene.pump()
  }

  private func endpoints(_ scene: Scene) -> [String] {
    scene.cluster.endpointReports.map {
      "\($0.url.dropFirst("http://".count).dropLast(":2379".count))\($0.isSeed ? " seed" : "")\($0.isCurrent ? " current" : "")"
    }
  }

  private func log(_ scene: Scene) -> [String] { scene.cluster.takeLog().map(\.text) }

  @Test func recordsAreAskedForAtOnceAndWhatTheyNameIsUsed() throws {
    let scene = try scene()
    #expect(scene.transport.lookUps == [Self.name])
    let call = try scene.range(timeoutMs: 5000)
    #expect(scene.transport.started.isEmpty)
    scene.advance(ms: 300)
    #expect(scene.news().isEmpty)
    name(scene, "a", "b")
    #expect(endpoints(scene) == ["a seed current", "b seed"])
    #expect(scene.request(.range).endpoint == "http://a:2379")
    scene.answer(.range, .range(revision: 9, []))
    #expect(scene.news() == ["cluster ready", "call \(call.rawValue) ok"])
    #expect(log(scene).contains("SRV records name http://a:2379, http://b:2379"))
    #expect(scene.cluster.metrics.counted.moves == 0)
    // And again when the refresh interval is over.
    scene.advance(ms: 374_000)
    #expect(scene.transport.lookUps.count == 1)
    scene.advance(ms: 1500)
    #expect(scene.transport.lookUps.count == 2)
  }

  @Test func withoutRecordsTheClusterWaitsAndSaysWhy() throws {
    let scene = try scene()
    let call = try scene.range(timeoutMs: 2000)
    let keepalive = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    name(scene)
    let words = "there are no SRV records of \(Self.name)"
    #expect(scene.clusterReports.map(\.state) == [.unavailable])
    #expect(scene.clusterReports.first?.error?.message == words)
    scene.advance(ms: 100)
    #expect(scene.transport.lookUps.count == 2)
    name(scene)
    scene.advance(ms: 2000)
    guard case .failure(let failure)? = scene.results.first(where: { $0.id == call })?.result else {
      return #expect(Bool(false))
    }
    #expect(failure.code == .unavailable && failure.message == words && !failure.mayHaveHappened)
    // Told once.
    #expect(scene.clusterReports.count == 1)
    #expect(scene.transport.started.isEmpty)

    name(scene, "a")
    #expect(scene.cluster.keepaliveState(keepalive) == .waiting)
    scene.grant()
    scene.answer(.txn, .txn(revision: 5))
    #expect(scene.cluster.keepaliveState(keepalive) == .held)
    #expect(scene.clusterReports.last?.state == .ready)
  }

  /// Streams wait for an endpoint as calls do.
  @Test func watcherWithAStartRevisionWaitsToo() throws {
    let scene = try scene()
    let watcher = try scene.cluster.addWatcher(range: .all, startRevision: 5, prevKV: false)
    name(scene)
    scene.advance(ms: 500)
    name(scene, "a")
    scene.advance(ms: 1000)
    scene.openStream(revision: 7)
    #expect(scene.cluster.watcherState(watcher) == .live)
  }

  @Test func aNameServerThatGivesNoAnswerTakesNothingAway() throws {
    let scene = try scene { $0.refreshIntervalMs = 1000 }
    name(scene, "a", "b")
    scene.advance(ms: 1250)
    scene.transport.answer(service: Self.name, .failed("timeout"))
    scene.pump()
    #expect(endpoints(scene) == ["a seed current", "b seed"])
    #expect(scene.clusterReports.isEmpty)
    #expect(log(scene).last == "no answer for the SRV records of \(Self.name) (timeout)")
    scene.advance(ms: 100)
    #expect(scene.transport.lookUps.count == 3)
  }

  @Test func whatIsNotNamedAnyMoreStaysForAsLongAsItAnswers() throws {
    let scene = try scene { $0.refreshIntervalMs = 1000 }
    name(scene, "a", "b")
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9, []))
    scene.advance(ms: 1250)
    name(scene, "c", "d")
    #expect(endpoints(scene) == ["a seed current", "c seed", "d seed"])
    #expect(log(scene).last == "SRV records do not name http://b:2379 any more")
    _ = try scene.range()
    scene.transport.fail(scene.request(.range).transfer, .refused, sent: false)
    scene.pump()
    scene.advance(ms: 10)
    #expect(scene.request(.range).endpoint == "http://c:2379")
    scene.answer(.range, .range(revision: 9, []))
    scene.advance(ms: 1250)
    name(scene, "c", "d")
    #expect(endpoints(scene) == ["c seed current", "d seed"])
  }

  @Test func configuredEndpointsStayWhateverIsNamed() throws {
    let scene = try scene(endpoints: 1) { $0.refreshIntervalMs = 1000 }
    #expect(endpoints(scene) == ["e1 seed current"])
    name(scene, "e1", "b")
    #expect(endpoints(scene) == ["e1 seed current", "b seed"])
    scene.advance(ms: 1250)
    name(scene, "c")
    #expect(endpoints(scene) == ["e1 seed current", "c seed"])
  }

  @Test func whenNothingAnswersRecordsAreAskedForSoon() throws {
    let scene = try scene()
    name(scene, "a")
    scene.transport.refusesConnections = true
    _ = try scene.range(timeoutMs: 60_000)
    scene.advance(ms: 4900)
    #expect(scene.transport.lookUps.count == 1)
    scene.advance(ms: 5100)
    #expect(scene.transport.lookUps.count == 2)
    scene.transport.refusesConnections = false
    name(scene, "b")
    // The call, and the question whether etcd serves again.
    let asked = scene.requests(.range)
    #expect(asked.map(\.endpoint) == ["http://b:2379", "http://b:2379"])
    for question in asked { scene.answer(question.transfer, .range(revision: 9, [])) }
    scene.pump()
    #expect(scene.clusterReports.last?.state == .ready)
  }

  @Test func membersAreFollowedFromWhatIsNamed() throws {
    let scene = try scene { $0.discoversMembers = true }
    name(scene, "a")
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9, []))
    var response = MemberListResponse()
    response.header = ResponseHeader(cluster: 1, revision: 0)
    response.header.memberID = 1
    response.members = [Member(1, "http://a:2379"), Member(2, "http://b:2379"), Member(3, "https://c:2379")]
    scene.answer(.memberList, .memberList(response))
    // Under the scheme of what is named, and no other.
    scene.advance(ms: 10)
    #expect(scene.requests(.memberList).map(\.endpoint) == ["http://b:2379"])
  }

  /// What is advertised and is just being tried is named meanwhile: it is one endpoint.
  @Test func whatIsNamedAndAdvertisedIsThereOnce() throws {
    let scene = try scene {
      $0.discoversMembers = true
      $0.refreshIntervalMs = 1000
    }
    name(scene, "a")
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9, []))
    var response = MemberListResponse()
    response.header = ResponseHeader(cluster: 1, revision: 0)
    response.header.memberID = 1
    response.members = [Member(1, "http://a:2379"), Member(2, "http://b:2379")]
    scene.answer(.memberList, .memberList(response))
    scene.advance(ms: 10)
    let tried = scene.request(.memberList)
    #expect(tried.endpoint == "http://b:2379")
    scene.advance(ms: 1240)
    name(scene, "a", "b")
    response.header.memberID = 2
    scene.answer(tried.transfer, .memberList(response))
    scene.pump()
    #expect(endpoints(scene) == ["a seed current", "b seed"])
  }

  // MARK: Other domains

  private func domain(_ name: String) throws -> ServiceDomain { try ServiceDomain(parsing: "srv:http://\(name)") }

  private func name(_ scene: Scene, domain: String, _ hosts: String...) {
    scene.transport.answer(
      service: "_etcd-client._tcp.\(domain)",
      .records(hosts.enumerated().map { ServiceRecord(host: $1, port: 2379, priority: $0) }))
    scene.pump()
  }

  /// With endpoints of a domain, a key that is held and a watch that lives.
  private func busy() throws -> (scene: Scene, watcher: WatcherID, keepalive: KeepaliveID) {
    let scene = try scene()
    name(scene, "a", "b")
    let keepalive = try scene.heldKeepalive(ttl: 3600)
    return (scene, try scene.liveWatcher(), keepalive)
  }

  @Test func anotherDomainTakesThePlaceOfTheOneBeforeOnceItNamesSomebody() throws {
    let (scene, watcher, keepalive) = try busy()
    let open = scene.transport.open.map(\.id)
    let other = try domain("other")
    try scene.reconfigure { $0.serviceDomains = [other] }
    scene.pump()
    #expect(scene.transport.lookUps.last == "_etcd-client._tcp.other")
    // Nobody knows yet who they are, and whatever becomes of that takes nothing away.
    name(scene, domain: "other")
    #expect(endpoints(scene) == ["a seed current", "b seed"])
    #expect(scene.transport.open.map(\.id) == open)
    scene.advance(ms: 200)
    name(scene, domain: "other", "c", "d")
    #expect(endpoints(scene) == ["c seed current", "d seed"])
    #expect(scene.cluster.watcherState(watcher) != .live)
    scene.advance(ms: 10)
    #expect(scene.request(.watch).endpoint == "http://c:2379")
    scene.openStream(revision: 9)
    #expect(scene.cluster.watcherState(watcher) == .live)
    #expect(scene.cluster.keepaliveState(keepalive) == .held)
    #expect(scene.clusterReports.map(\.state) == [.ready])
  }

  /// What is named no more and does not answer is left by itself when its streams end, but here it is not configured.
  @Test func streamsLeaveAnEndpointOfTheDomainBeforeThoughItHadFailed() throws {
    let (scene, watcher, _) = try busy()
    _ = try scene.range()
    scene.transport.fail(scene.request(.range).transfer, .refused, sent: false)
    scene.advance(ms: 5)
    #expect(scene.cluster.watcherState(watcher) == .live)
    let other = try domain("other")
    try scene.reconfigure { $0.serviceDomains = [other] }
    scene.pump()
    #expect(scene.cluster.watcherState(watcher) == .live)
    name(scene, domain: "other", "b", "c")
    #expect(scene.cluster.watcherState(watcher) != .live)
    #expect(scene.requests(.watch).allSatisfy { $0.endpoint != "http://a:2379" })
  }

  @Test func whatOneOfSeveralDomainsNamedGoesAtOnceWhenItIsNotConfiguredAnyMore() throws {
    let (first, second) = (try domain("test"), try domain("other"))
    let scene = try scene { $0.serviceDomains = [first, second] }
    name(scene, domain: "test", "a", "both")
    name(scene, domain: "other", "b", "both")
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9, []))
    #expect(endpoints(scene) == ["a seed current", "both seed", "b seed"])
    try scene.reconfigure { $0.serviceDomains = [second] }
    // Though it answers.
    #expect(endpoints(scene) == ["both seed current", "b seed"])
    scene.pump()
    #expect(scene.transport.lookUps.suffix(1) == ["_etcd-client._tcp.other"])
  }

  @Test func urlsTakeThePlaceOfADomainAtOnceAndAreReplacedByOneWhenItNamesSomebody() throws {
    let (scene, watcher, _) = try busy()
    let (url, other) = (try Endpoint(parsing: "http://e:2379"), try domain("other"))
    try scene.reconfigure {
      $0.serviceDomains = []
      $0.endpoints = [url]
    }
    #expect(endpoints(scene) == ["e seed current"])
    scene.advance(ms: 10)
    #expect(scene.request(.watch).endpoint == "http://e:2379")
    scene.openStream(revision: 9)
    let asked = scene.transport.lookUps.count
    scene.advance(ms: 400_000)
    #expect(scene.transport.lookUps.count == asked)
    try scene.reconfigure {
      $0.serviceDomains = [other]
      $0.endpoints = []
    }
    #expect(endpoints(scene) == ["e seed current"])
    scene.pump()
    name(scene, domain: "other", "c")
    #expect(endpoints(scene) == ["c seed current"])
    scene.advance(ms: 10)
    #expect(scene.request(.watch).endpoint == "http://c:2379")
    scene.openStream(revision: 9)
    #expect(scene.cluster.watcherState(watcher) == .live)
  }

  /// What etcd advertises is measured by the endpoints there are, until others are named.
  @Test func membersAreFollowedWhileNobodyIsNamed() throws {
    let scene = try scene { $0.discoversMembers = true }
    name(scene, "a")
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9, []))
    let other = try domain("other")
    try scene.reconfigure { $0.serviceDomains = [other] }
    var response = MemberListResponse()
    response.header = ResponseHeader(cluster: 1, revision: 0)
    response.header.memberID = 1
    response.members = [Member(1, "http://a:2379"), Member(2, "http://b:2379")]
    scene.answer(.memberList, .memberList(response))
    scene.advance(ms: 10)
    response.header.memberID = 2
    scene.answer(.memberList, .memberList(response))
    #expect(endpoints(scene) == ["a seed current", "b"])
    name(scene, domain: "other", "c")
    // Both are advertised.
    #expect(endpoints(scene) == ["a current", "b", "c seed"])
    try scene.reconfigure {
      $0.serviceDomains = [other]
      $0.discoversMembers = false
    }
    #expect(endpoints(scene) == ["c seed current"])
  }

  @Test func aClosedClusterAsksNoMore() throws {
    let scene = try scene { $0.refreshIntervalMs = 1000 }
    name(scene, "a")
    _ = scene.cluster.close(revoke: false)
    scene.advance(ms: 10_000)
    #expect(scene.transport.lookUps.count == 1)
    #expect(scene.transport.wakeTime == nil)
  }
}
