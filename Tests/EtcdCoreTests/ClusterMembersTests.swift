import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// What the cluster makes of who the members are. `e1` and so on are the seeds; member n is the one that `en` leads to.
struct ClusterMembersTests {
  private func scene(endpoints: Int = 1, _ adjust: (inout Options) -> Void = { _ in }) -> Scene {
    Scene(endpoints: endpoints) { options in
      options.discoversMembers = true
      adjust(&options)
    }
  }

  private func list(cluster: UInt64 = 1, by member: UInt64 = 1, _ members: Member...) -> Answer {
    var response = MemberListResponse()
    response.header = ResponseHeader(cluster: cluster, revision: 0)
    response.header.memberID = member
    response.members = members
    return .memberList(response)
  }

  private func version(_ text: String) -> Answer {
    var response = VersionResponse()
    response.etcdserver = text
    return .version(response)
  }

  private func range(by member: UInt64 = 1, revision: Int64 = 9) -> Answer {
    var response = RangeResponse()
    response.header = ResponseHeader(revision: revision)
    response.header.memberID = member
    return .range(response)
  }

  private func host(_ asked: Asked<some Any>) -> String { String(asked.endpoint.dropFirst("http://".count)) }

  private func endpoints(_ scene: Scene) -> [String] {
    scene.cluster.endpointReports.map {
      "\($0.url.dropFirst("http://".count).dropLast(":2379".count))\($0.isSeed ? " seed" : "")\($0.isCurrent ? " current" : "")"
    }
  }

  /// One call is answered, and with it the list.
  private func settle(_ scene: Scene, _ answer: Answer) throws {
    _ = try scene.range()
    scene.answer(.range, range())
    scene.answer(.version, version("3.5.16"))
    scene.answer(.memberList, answer)
  }

  /// It carries the token "t1", and knows these members.
  private func loggedIn(_ members: Answer, _ adjust: (inout Options) -> Void = { _ in }) throws -> Scene {
    let scene = scene { options in
      options.authUser = "u"
      options.authPassword = Secret("hush")
      adjust(&options)
    }
    _ = try scene.range()
    scene.answer(.authenticate, .token("t1"))
    scene.answer(.range, range())
    scene.answer(.version, version("3.5.30"))
    scene.answer(.memberList, members)
    return scene
  }

  /// Nobody listens at e1 any more.
  private func e1Refuses(_ scene: Scene) {
    for request in scene.transport.open where request.request.url.hasPrefix("http://e1:") {
      scene.transport.fail(request.id, .refused, sent: false)
    }
    scene.pump()
  }

  // MARK: Asking

  @Test func theFirstAnswerIsFollowedByTheQuestionWhoTheMembersAre() throws {
    let scene = scene()
    scene.pump()
    #expect(scene.started(.memberList).isEmpty)
    _ = try scene.range()
    #expect(scene.started(.memberList).isEmpty)
    scene.answer(.range, range())
    let asked = scene.request(.memberList)
    #expect(asked.request.linearizable)
    #expect(asked.needsLeader)
    #expect(asked.endpoint == "http://e1:2379")
    scene.answer(.memberList, list(Member(1, "http://e1")))
    scene.answer(.version, version("3.5.16"))
    #expect(scene.cluster.serverVersion == "3.5.16")
    #expect(scene.cluster.clusterID == 1)
    let report = scene.cluster.endpointReports.first
    #expect(report?.name == "m1" && report?.memberID == 1 && report?.version == "3.5.16")
    // Every five minutes, give or take a quarter.
    scene.advance(ms: 220_000)
    #expect(scene.started(.memberList).count == 1)
    scene.advance(ms: 156_000)
    #expect(scene.started(.memberList).count == 2)
  }

  @Test func whereItIsTurnedOffNothingIsAsked() throws {
    let scene = scene { $0.discoversMembers = false }
    _ = try scene.range()
    scene.answer(.range, range())
    scene.advance(ms: 1_000_000)
    #expect(scene.transport.started.count == 1)
  }

  @Test(arguments: [EtcdError.permissionDenied, .userNameIsEmpty, .timedOut, .noLeader])
  func thatItIsNotToldHarmsNothing(error: EtcdError) throws {
    let scene = scene(endpoints: 2)
    _ = try scene.range()
    scene.answer(.range, range())
    scene.refuse(.memberList, error)
    scene.refuse(.version, .permissionDenied)
    #expect(scene.cluster.state == .ready)
    #expect(endpoints(scene) == ["e1 seed current", "e2 seed"])
    #expect(scene.requests(.memberList).isEmpty)
    scene.advance(ms: 60_000)
    #expect(scene.started(.memberList).count <= 7)
    #expect(scene.cluster.state == .ready)
    #expect(scene.clusterReports.count == 1)
  }

  @Test func aProxyThatHasNoSuchPathIsNoReasonToLeave() throws {
    let scene = scene(endpoints: 2)
    _ = try scene.range()
    scene.answer(.range, range())
    scene.transport.emit(.completed(status: 404, body: utf8("no")), of: scene.request(.memberList).transfer)
    scene.transport.emit(.completed(status: 404, body: utf8("no")), of: scene.request(.version).transfer)
    scene.pump()
    #expect(endpoints(scene) == ["e1 seed current", "e2 seed"])
    #expect(scene.cluster.state == .ready)
  }

  @Test func aFailoverIsAReasonToAsk() throws {
    let scene = scene(endpoints: 2)
    try settle(scene, list(Member(1, "http://e1"), Member(2, "http://e2")))
    scene.advance(ms: 20_000)
    _ = try scene.range()
    scene.fail(.range, .refused, sent: false)
    scene.answer(.range, range(by: 2))
    scene.advance(ms: 1000)
    #expect(scene.started(.memberList).count == 2)
    #expect(scene.request(.memberList).endpoint == "http://e2:2379")
  }

  // MARK: Coming

  @Test func anAdvertisedAddressIsUsedOnceItHasAnswered() throws {
    let scene = scene()
    try settle(scene, list(Member(1, "http://e1"), Member(2, "http://e2"), Member(3, "http://e3")))
    #expect(endpoints(scene) == ["e1 seed current"])
    #expect(scene.request(.memberList).endpoint == "http://e2:2379")
    scene.answer(.memberList, list(by: 2, Member(1, "http://e1")))
    #expect(endpoints(scene) == ["e1 seed current", "e2"])
    #expect(scene.request(.memberList).endpoint == "http://e3:2379")
    scene.fail(.memberList, .refused, sent: false)
    #expect(endpoints(scene) == ["e1 seed current", "e2"])
    #expect(scene.cluster.state == .ready)

    _ = try scene.range()
    scene.fail(.range, .refused, sent: false)
    #expect(scene.request(.range).endpoint == "http://e2:2379")
    scene.answer(.range, range(by: 2))
    #expect(endpoints(scene) == ["e1 seed", "e2 current"])
    #expect(scene.clusterReports.count == 1)
  }

  /// Of simple tokens a member knows those that were made since it came. Where all members are replaced one by one, whoever
  /// does not log in anew is left with none.
  @Test func aMemberThatHasComeAfterTheLogInIsAskedWithANewToken() throws {
    let scene = try loggedIn(list(Member(1, "http://e1")))
    for _ in 0..<400 where scene.requests(.memberList).isEmpty { scene.advance(ms: 1000) }
    scene.answer(.memberList, list(Member(1, "http://e1"), Member(2, "http://e2")))
    #expect(scene.request(.memberList).endpoint == "http://e2:2379")
    #expect(scene.request(.memberList).token == "t1")
    scene.refuse(.memberList, .invalidToken)
    scene.pump()
    #expect(scene.request(.authenticate).endpoint == "http://e1:2379")
    // What is known goes on for as long.
    _ = try scene.range()
    #expect(scene.request(.range).token == "t1")
    scene.answer(.range, range())
    scene.answer(.authenticate, .token("t2"))
    for _ in 0..<20 where scene.requests(.memberList).isEmpty { scene.advance(ms: 1000) }
    #expect(scene.request(.memberList).token == "t2")
    scene.answer(.memberList, list(by: 2, Member(1, "http://e1"), Member(2, "http://e2")))
    #expect(endpoints(scene) == ["e1 seed current", "e2"])
  }

  /// e1, which is all that has ever answered, is gone; whoever asks has yet to log in, or a token that e2 does not know.
  /// From 3.4.42, 3.5.28 and 3.6.9 on, nobody is told who the members are without one.
  @Test(arguments: [(true, false), (true, true), (false, true)])
  func whereNothingElseAnswersAnAdvertisedAddressIsLoggedInAt(isOther: Bool, tokenIsWanted: Bool) throws {
    let scene = try loggedIn(list(Member(1, "http://e1"), Member(2, "http://e2")))
    scene.fail(.memberList, .refused, sent: false)
    if isOther { try scene.cluster.setCredentials(.user("u", password: Secret("other"))) }
    _ = try scene.range(timeoutMs: 60_000)
    e1Refuses(scene)
    #expect(scene.cluster.state == .unavailable)
    for _ in 0..<100 where scene.requests(.memberList).isEmpty {
      scene.advance(ms: 100)
      e1Refuses(scene)
    }
    #expect(scene.request(.memberList).endpoint == "http://e2:2379")
    #expect(scene.request(.memberList).token == (isOther ? nil : "t1"))
    if tokenIsWanted {
      scene.refuse(.memberList, isOther ? .userNameIsEmpty : .invalidToken)
      e1Refuses(scene)
      #expect(scene.request(.authenticate).endpoint == "http://e2:2379")
      #expect(scene.request(.authenticate).request.password == (isOther ? "other" : "hush"))
      scene.answer(.authenticate, .token("t2", by: 2))
    } else {
      scene.answer(.memberList, list(by: 2, Member(2, "http://e2")))
    }
    #expect(endpoints(scene) == ["e1 seed", "e2 current"])
    // From now on it is one like any other.
    for _ in 0..<100 where scene.requests(.authenticate).isEmpty {
      for asked in scene.requests(.range) { scene.refuse(asked.transfer, .invalidToken) }
      scene.advance(ms: 100)
      e1Refuses(scene)
    }
    #expect(scene.request(.authenticate).endpoint == "http://e2:2379")
    scene.answer(.authenticate, .token("t3", by: 2))
    scene.advance(ms: 1000)
    #expect(scene.requests(.range).contains { $0.endpoint == "http://e2:2379" && $0.token == "t3" })
  }

  /// Who was shut out by a member that is gone since is let in where he is let in.
  @Test func whoIsShutOutMayBeLetInElsewhere() throws {
    let scene = try loggedIn(list(Member(1, "http://e1"), Member(2, "http://e2")))
    scene.fail(.memberList, .refused, sent: false)
    try scene.cluster.setCredentials(.user("u", password: Secret("other")))
    _ = try scene.range()
    scene.refuse(.authenticate, .wrongPassword)
    scene.pump()
    for _ in 0..<600 where scene.requests(.memberList).isEmpty {
      scene.advance(ms: 100)
      e1Refuses(scene)
    }
    scene.refuse(.memberList, .userNameIsEmpty)
    #expect(scene.request(.authenticate).endpoint == "http://e2:2379")
    scene.answer(.authenticate, .token("t2", by: 2))
    #expect(endpoints(scene) == ["e1 seed", "e2 current"])
    for _ in 0..<200 where !scene.requests(.authenticate).contains(where: { $0.endpoint == "http://e2:2379" }) {
      scene.advance(ms: 100)
      e1Refuses(scene)
    }
    scene.answer(.authenticate, .token("t3", by: 2))
    _ = try scene.range()
    #expect(scene.request(.range).token == "t3")
  }

  /// Whoever is not let in there is not asked on and on.
  @Test func anAdvertisedAddressThatTakesNoLogInHasCostATry() throws {
    let scene = try loggedIn(list(Member(1, "http://e1"), Member(2, "http://e2"))) { $0.backoffMaxMs = 5000 }
    scene.fail(.memberList, .refused, sent: false)
    _ = try scene.range(timeoutMs: 60_000)
    for _ in 0..<600 {
      e1Refuses(scene)
      for asked in scene.requests(.memberList) { scene.refuse(asked.transfer, .invalidToken) }
      for asked in scene.requests(.authenticate) { scene.refuse(asked.transfer, .invalidToken) }
      scene.advance(ms: 100)
    }
    let logIns = scene.started(.authenticate).filter { $0.endpoint == "http://e2:2379" }
    #expect(3...20 ~= logIns.count, "\(logIns.count)")
    #expect(endpoints(scene) == ["e1 seed current"])
  }

  /// What takes no token, whenever it was had, may be anybody.
  @Test func whoNeverTakesATokenCostsALogInAMinuteAtMost() throws {
    // However often it is tried.
    let scene = try loggedIn(list(Member(1, "http://e1"), Member(2, "http://e2"))) { $0.refreshIntervalMs = 1000 }
    for _ in 0..<3600 {
      for asked in scene.requests(.memberList) {
        if asked.endpoint == "http://e2:2379" {
          scene.refuse(asked.transfer, .invalidToken)
        } else {
          scene.answer(asked.transfer, list(Member(1, "http://e1"), Member(2, "http://e2")))
        }
      }
      for asked in scene.requests(.authenticate) { scene.answer(asked.transfer, .token("t")) }
      for asked in scene.requests(.version) { scene.answer(asked.transfer, version("3.5.30")) }
      scene.advance(ms: 1000)
    }
    let logIns = scene.started(.authenticate).count
    #expect(2...61 ~= logIns, "\(logIns)")
    #expect(endpoints(scene) == ["e1 seed current"])
  }

  /// Of an address that is no endpoint yet nothing is kept of how it is spoken to.
  @Test func anAddressIsAskedByEitherWireInTurn() throws {
    for choice in [WireChoice.auto, .json] {
      let scene = scene { $0.wire = choice }
      _ = try scene.range()
      if choice == .auto, let first = scene.transport.open.first {
        let failure = TransferFailure(kind: .notHTTP2, bodyMayHaveBeenSent: false, curlCode: 0, message: "no HTTP/2")
        scene.transport.emit(.failed(failure), of: first.id)
        scene.pump()
      }
      scene.answer(.range, range())
      scene.answer(.version, version("3.5.16"))
      scene.answer(.memberList, list(Member(1, "http://e1"), Member(2, "http://e2")))
      for _ in 0..<60 { scene.advance(ms: 1000) }
      let tries = scene.transport.started.map(\.request).filter { $0.url.hasPrefix("http://e2:") }
      #expect(tries.count >= 4)
      let isByGRPC = tries.map { if case .http2 = $0.version { true } else { false } }
      for (index, isByGRPC) in isByGRPC.enumerated() { #expect(isByGRPC == (choice == .auto && index % 2 == 1)) }
    }
  }

  @Test func anAddressThatDoesNotAnswerIsNotWaitedFor() throws {
    let scene = scene()
    try settle(scene, list(Member(1, "http://e1"), Member(2, "http://gone")))
    #expect(scene.requests(.memberList).count == 1)
    _ = try scene.range()
    #expect(scene.request(.range).endpoint == "http://e1:2379")
    scene.fail(.range, .refused, sent: false)
    #expect(scene.cluster.state == .unavailable)
    #expect(scene.requests(.range).isEmpty)
  }

  @Test func anotherClustersListIsNotBelieved() throws {
    let scene = scene()
    try settle(scene, list(Member(1, "http://e1"), Member(2, "http://e2")))
    scene.advance(ms: 60_000)
    let question = scene.started(.memberList).filter { $0.endpoint == "http://e2:2379" }
    #expect(!question.isEmpty)
    for asked in scene.requests(.memberList) where asked.endpoint == "http://e2:2379" {
      scene.answer(asked.transfer, list(cluster: 2, by: 7, Member(7, "http://e7")))
    }
    scene.advance(ms: 400_000)
    #expect(scene.cluster.clusterID == 1)
    #expect(!scene.started(.memberList).contains { $0.endpoint == "http://e7:2379" })
    #expect(endpoints(scene) == ["e1 seed current"])
  }

  /// Whatever becomes of ours: what only an advertised address says of another cluster is not taken for its successor.
  @Test func anAdvertisedAddressOfAnotherClusterDoesNotReplaceOurs() throws {
    let scene = scene()
    try settle(scene, list(Member(1, "http://e1"), Member(2, "http://e2")))
    scene.fail(.memberList, .refused, sent: false)
    scene.transport.now = scene.transport.now + .milliseconds(10_000)
    _ = try scene.range()
    scene.fail(.range, .refused, sent: false)
    #expect(scene.cluster.state == .unavailable)
    scene.advance(ms: 6000)
    for asked in scene.requests(.memberList) where asked.endpoint == "http://e2:2379" {
      scene.answer(asked.transfer, list(cluster: 2, by: 7, Member(7, "http://e7")))
    }
    scene.pump()
    #expect(scene.cluster.clusterID == 1)
    #expect(!scene.news().contains("cluster ready (clusterChanged)"))
  }

  @Test func whenNothingElseAnswersAnAddressThatDoesIsUsedAtOnce() throws {
    let scene = scene()
    try settle(scene, list(Member(1, "http://e1"), Member(2, "http://e2")))
    scene.fail(.memberList, .refused, sent: false)
    _ = try scene.range(timeoutMs: 60_000)
    scene.fail(.range, .refused, sent: false)
    scene.transport.refusesConnections = true
    scene.advance(ms: 4000)
    scene.transport.refusesConnections = false
    scene.advance(ms: 4500)
    let tries = scene.requests(.memberList)
    #expect(tries.count == 1)
    for asked in scene.requests(.range) { scene.transport.fail(asked.transfer, .refused, sent: false) }
    scene.answer(.memberList, list(by: 2, Member(2, "http://e2")))
    #expect(scene.requests(.range).contains { $0.endpoint == "http://e2:2379" })
  }

  // MARK: Going

  /// e2 has left the cluster, and a watcher's stream comes from there.
  private func streamAtWhoHasLeft() throws -> (scene: Scene, stream: TransferID) {
    let scene = scene()
    try settle(scene, list(Member(1, "http://e1"), Member(2, "http://e2"), Member(3, "http://e3")))
    for member in [2, 3] as [UInt64] { scene.answer(.memberList, list(by: member, Member(2, "http://e2"))) }
    _ = try scene.range()
    scene.fail(.range, .refused, sent: false)
    scene.answer(.range, range(by: 2, revision: 7))
    _ = try scene.liveWatcher()
    #expect(scene.request(.watch).endpoint == "http://e2:2379")
    let stream = scene.request(.watch).transfer
    // Another one is used from now on, and has heard that the member has left.
    _ = try scene.put()
    scene.fail(.put, .broken, sent: false)
    #expect(endpoints(scene) == ["e1 seed", "e2", "e3 current"])
    scene.answer(.put, .put(revision: 7))
    scene.advance(ms: 4900)
    for question in scene.requests(.range) { scene.answer(question.transfer, range(by: 2, revision: 7)) }
    scene.advance(ms: 100)
    scene.answer(.memberList, list(by: 3, Member(1, "http://e1"), Member(3, "http://e3")))
    #expect(endpoints(scene) == ["e1 seed", "e3 current"])
    return (scene, stream)
  }

  @Test func aMemberThatHasLeftIsLeftAndItsStreamStays() throws {
    let (scene, stream) = try streamAtWhoHasLeft()
    #expect(scene.transport.isOpen(stream))
    // It is watched over for as long as it has one.
    scene.advance(ms: 4000)
    #expect(scene.requests(.range).contains { $0.endpoint == "http://e2:2379" })
    scene.advance(ms: 3000)
    #expect(!scene.transport.isOpen(stream))
    #expect(scene.requests(.watch).map(\.endpoint) == ["http://e3:2379"])
  }

  @Test func whereNobodyIsToBeDiscoveredNoStreamStaysAtAMemberThatHasLeft() throws {
    let (scene, stream) = try streamAtWhoHasLeft()
    try scene.reconfigure { $0.discoversMembers = false }
    scene.advance(ms: 0)
    #expect(!scene.transport.isOpen(stream))
    #expect(endpoints(scene) == ["e1 seed current"])
    #expect(scene.requests(.watch).map(\.endpoint) == ["http://e1:2379"])
    scene.advance(ms: 10_000)
    #expect(scene.requests(.range).allSatisfy { $0.endpoint == "http://e1:2379" })
  }

  @Test func aSeedIsNotForgottenWhateverTheListSays() throws {
    let scene = scene(endpoints: 2)
    try settle(scene, list(Member(7, "http://e7")))
    #expect(endpoints(scene) == ["e1 seed current", "e2 seed"])
  }

  @Test func aMemberIsNotReachedTwice() throws {
    let scene = scene(endpoints: 2)
    // e1 has named member 1; where e2 leads is not known yet.
    try settle(scene, list(Member(1, "http://a"), Member(2, "http://b")))
    #expect(scene.request(.memberList).endpoint == "http://b:2379")
    scene.answer(.memberList, list(by: 2, Member(1, "http://a")))
    #expect(endpoints(scene) == ["e1 seed current", "e2 seed", "b"])
    _ = try scene.range()
    scene.fail(.range, .refused, sent: false)
    scene.answer(.range, range(by: 2))
    scene.advance(ms: 6000)
    for asked in scene.requests(.memberList) where asked.endpoint == "http://e2:2379" {
      scene.answer(asked.transfer, list(by: 2, Member(1, "http://a"), Member(2, "http://b")))
    }
    scene.pump()
    #expect(endpoints(scene) == ["e1 seed", "e2 seed current"])
  }

  // MARK: The path of the API

  private func notFound(_ scene: Scene, _ transfer: TransferID) {
    scene.transport.emit(.completed(status: 404, body: utf8("404 page not found\n")), of: transfer)
    scene.pump()
  }

  @Test(arguments: [("3.3.27", "/v3beta"), ("3.2.32", "/v3alpha")])
  func anOlderServerIsAskedForItsVersionAndThenUnderItsPath(text: String, prefix: String) throws {
    let scene = scene { $0.discoversMembers = false }
    let call = try scene.range()
    notFound(scene, scene.request(.range).transfer)
    #expect(scene.transport.started.count == 3)
    #expect(scene.request(.version).endpoint == "http://e1:2379")
    scene.answer(.version, version(text))
    notFound(scene, scene.request(.range).transfer)
    scene.advance(ms: 200)
    let transfer = try #require(scene.transport.open.first)
    #expect(transfer.request.url == "http://e1:2379\(prefix)/kv/range")
    scene.answer(transfer.id, range())
    scene.pump()
    #expect(scene.news() == ["cluster ready", "call \(call.rawValue) ok"])
    #expect(scene.cluster.serverVersion == text)

    // It is remembered.
    _ = try scene.range()
    #expect(scene.transport.open.first?.request.url == "http://e1:2379\(prefix)/kv/range")
  }

  @Test func whereThereIsNoSuchPathAtAllTheEndpointFails() throws {
    let scene = scene { $0.discoversMembers = false }
    _ = try scene.range(timeoutMs: 1000)
    notFound(scene, scene.request(.range).transfer)
    scene.answer(.version, version("3.5.16"))
    notFound(scene, scene.request(.range).transfer)
    #expect(scene.cluster.state == .unavailable)
    #expect(scene.started(.version).count == 1)
  }

  @Test func whatIsPartOfTheKeysInOldServersIsAskedForThere() {
    #expect(APIPrefix.v3beta.path(of: .leaseRevoke) == "/v3beta/kv/lease/revoke")
    #expect(APIPrefix.v3beta.path(of: .leaseTimeToLive) == "/v3beta/kv/lease/timetolive")
    #expect(APIPrefix.v3alpha.path(of: .leaseLeases) == "/v3alpha/kv/lease/leases")
    #expect(APIPrefix.v3beta.path(of: .leaseGrant) == "/v3beta/lease/grant")
    #expect(APIPrefix.v3.path(of: .leaseRevoke) == "/v3/lease/revoke")
  }

  @Test(arguments: [
    ("3.4.23", APIPrefix.v3), ("3.10.0", .v3), ("4.0.0", .v3), ("3.3.0+git", .v3beta), ("3.2.1", .v3alpha),
    ("3.1.20", nil),
    ("2.3.8", nil), ("", nil), ("3", nil), ("x.y.z", nil), ("99999999999999999999.1.0", nil),
  ])
  func theVersionSaysWhichPath(version: String, expected: APIPrefix?) {
    #expect(APIPrefix(serverVersion: version) == expected)
  }
}
