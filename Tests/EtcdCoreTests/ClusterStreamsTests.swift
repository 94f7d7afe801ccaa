import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// What failures elsewhere mean for streams that are open: the table of `Probe`, and members that are full.
struct ClusterStreamsTests {
  private static let first = "http://e1:2379"
  private static let second = "http://e2:2379"

  /// A watcher whose stream at the first endpoint lives, and nothing else.
  private func watching(_ endpoints: Int, _ adjust: (inout Options) -> Void = { _ in }) throws -> Scene {
    let scene = Scene(endpoints: endpoints, adjust)
    _ = try scene.liveWatcher()
    _ = scene.news()
    // Whatever came so far is some time ago.
    scene.advance(ms: 2000)
    #expect(scene.request(.watch).endpoint == Self.first)
    return scene
  }

  private func hasLeft(_ news: [String]) -> Bool { news.contains { $0.contains("backoff") } }

  // MARK: A failure speaks for what it happened to

  @Test(arguments: [TransferFailure.Kind.refused, .connect, .timeout])
  func aFailedCallAsksWhetherTheStreamsLive(kind: TransferFailure.Kind) throws {
    let scene = try watching(1)
    _ = try scene.put()
    scene.fail(.put, kind, sent: false)
    let probe = scene.request(.range)
    #expect(probe.needsLeader && !probe.serializable && probe.countOnly)
    scene.answer(.range, .range(revision: 7, []))
    scene.advance(ms: 1000)
    #expect(scene.requests(.watch).map(\.endpoint) == [Self.first])
    #expect(!hasLeft(scene.news()))
  }

  @Test(arguments: [TransferFailure.Kind.broken, .tls, .resolve, .shortage, .late])
  func whatSaysNothingOfTheStreamsIsNoReasonToAsk(kind: TransferFailure.Kind) throws {
    let scene = try watching(1)
    _ = try scene.put()
    scene.fail(.put, kind, sent: false)
    #expect(scene.requests(.range).isEmpty)
    #expect(!hasLeft(scene.news()))
  }

  @Test(arguments: [TransferFailure.Kind.connect, .timeout])
  func whatCameMeanwhileIsASignOfLife(kind: TransferFailure.Kind) throws {
    let scene = try watching(2)
    _ = try scene.put()
    scene.advance(ms: 500)
    scene.stream(.watch(revision: 9, [.put("a", "2", at: 8)]))
    scene.fail(.put, kind, sent: false)
    #expect(scene.requests(.range).isEmpty)
    #expect(scene.request(.watch).endpoint == Self.first)
    // The call is not told to go on waiting there.
    #expect(scene.requests(.put).allSatisfy { $0.endpoint == Self.second })
  }

  @Test(arguments: [TransferFailure.Kind.connect, .timeout])
  func aQuestionWithoutAnAnswerMovesTheStreams(kind: TransferFailure.Kind) throws {
    let scene = try watching(2)
    _ = try scene.range()
    scene.fail(.range, kind, sent: false)
    let probe = try #require(scene.requests(.range).first { $0.countOnly })
    #expect(probe.endpoint == Self.first)
    scene.transport.fail(probe.transfer, kind, sent: false)
    scene.pump()
    scene.pump()
    #expect(scene.request(.watch).endpoint == Self.second)
  }

  @Test func aStreamThatDeliversDuringTheQuestionStays() throws {
    let scene = try watching(2)
    _ = try scene.put()
    scene.fail(.put, .timeout, sent: false)
    let probe = scene.request(.range)
    scene.advance(ms: 100)
    scene.stream(.watch(revision: 9, [.put("a", "2", at: 8)]))
    scene.transport.fail(probe.transfer, .timeout)
    scene.pump()
    #expect(scene.request(.watch).endpoint == Self.first)
    #expect(!hasLeft(scene.news()))
  }

  @Test func manyFailuresAskOnce() throws {
    let scene = try watching(1)
    for number in 0..<20 { _ = try scene.put("\(number)") }
    for put in scene.requests(.put) { scene.transport.fail(put.transfer, .refused, sent: false) }
    scene.pump()
    #expect(scene.requests(.range).count == 1)
  }

  // MARK: A member that is going down

  /// A call was refused, and the question whether the streams live too.
  private func refusedTwice(_ scene: Scene) throws {
    _ = try scene.put(timeoutMs: 1)
    scene.fail(.put, .refused, sent: false)
    scene.fail(.range, .refused, sent: false)
  }

  @Test func itsStreamsMoveAsSoonAsAnotherMemberHasAnswered() throws {
    let scene = try watching(2)
    try refusedTwice(scene)
    let question = try #require(scene.requests(.range).first { $0.endpoint == Self.second })
    #expect(question.needsLeader && !question.serializable)
    #expect(scene.request(.watch).endpoint == Self.first)
    #expect(!hasLeft(scene.news()))
    scene.answer(question.transfer, .range(revision: 7, []))
    scene.pump()
    scene.pump()
    #expect(scene.request(.watch).endpoint == Self.second)
  }

  @Test func withoutAnotherItsStreamsStay() throws {
    let scene = try watching(1)
    scene.transport.refusesConnections = true
    _ = try scene.put()
    scene.advance(ms: 30_000)
    #expect(scene.requests(.watch).map(\.endpoint) == [Self.first])
    #expect(!hasLeft(scene.news()))
    scene.stream(.watch(revision: 9, [.put("a", "2", at: 8)]))
    #expect(scene.batches.last?.text == "watch 8: a=2@8")
  }

  @Test func theyStayWhereTheOtherIsNoBetter() throws {
    let scene = try watching(2)
    try refusedTwice(scene)
    scene.transport.refusesConnections = true
    for question in scene.requests(.range) { scene.transport.fail(question.transfer, .refused, sent: false) }
    scene.advance(ms: 30_000)
    #expect(scene.requests(.watch).map(\.endpoint) == [Self.first])
    #expect(!hasLeft(scene.news()))
  }

  @Test func aStreamThatDeliveredJustNowStays() throws {
    let scene = try watching(2)
    scene.stream(.watch(revision: 9, [.put("a", "2", at: 8)]))
    try refusedTwice(scene)
    #expect(scene.requests(.range).allSatisfy { $0.endpoint == Self.first })
    #expect(scene.request(.watch).endpoint == Self.first)
  }

  @Test func whatComesBeforeTheOtherAnswersKeepsTheStreams() throws {
    let scene = try watching(2)
    try refusedTwice(scene)
    scene.stream(.watch(revision: 9, [.put("a", "2", at: 8)]))
    let question = try #require(scene.requests(.range).first { $0.endpoint == Self.second })
    scene.answer(question.transfer, .range(revision: 7, []))
    scene.pump()
    #expect(scene.request(.watch).endpoint == Self.first)
    #expect(!hasLeft(scene.news()))
  }

  // MARK: Silence

  /// The question whether the endpoint lives is under way since the silence became too long.
  private func asked(_ endpoints: Int) throws -> (scene: Scene, probe: TransferID) {
    let scene = try watching(endpoints) { $0.probeIntervalMs = 2500 }
    scene.advance(ms: 500)
    let probe = scene.request(.range)
    #expect(probe.endpoint == Self.first && probe.needsLeader && !probe.serializable)
    _ = scene.news()
    return (scene, probe.transfer)
  }

  @Test func whoDoesNotAnswerInTheTimeThatAnswersTakeIsLeft() throws {
    let (scene, _) = try asked(2)
    scene.advance(ms: 999)
    #expect(scene.request(.watch).endpoint == Self.first)
    scene.advance(ms: 1)
    #expect(scene.request(.watch).endpoint == Self.second)
    #expect(scene.request(.watch).startRevision == 8)
    #expect(scene.news() == ["watcher 1 backoff (timeout)", "watcher 1 opening"])
  }

  /// Nobody else was there when it fell silent, as in an election.
  @Test func whoDoesNotAnswerIsLeftAsSoonAsThereIsAnother() throws {
    let (scene, probe) = try asked(2)
    let other = scene.cluster.endpoints.target(for: try Endpoint(parsing: Self.second)).id
    scene.cluster.endpoints.doubt(other)
    scene.advance(ms: 1500)
    #expect(scene.request(.watch).endpoint == Self.first)
    scene.cluster.endpoints.heard(other, now: scene.transport.now)
    scene.advance(ms: 500)
    #expect(scene.request(.watch).endpoint == Self.second)
    #expect(scene.transport.isOpen(probe))
  }

  /// Not again and again between one that says nothing and one that refuses.
  @Test func whoDoesNotAnswerIsLeftForOneThatHasFailedOnlyOnce() throws {
    let (scene, probe) = try asked(2)
    var tried = 0
    for _ in 0..<25 {
      scene.advance(ms: 100)
      while scene.requests(.watch).contains(where: { $0.endpoint == Self.second }) {
        tried += 1
        scene.fail(.watch, .refused, sent: false)
      }
    }
    #expect(tried == 1)
    #expect(scene.transport.isOpen(probe))
  }

  @Test func whoAnswersAfterAllIsNotPunished() throws {
    let (scene, probe) = try asked(2)
    scene.advance(ms: 1500)
    scene.answer(probe, .range(revision: 7, []))
    scene.pump()
    #expect(scene.cluster.endpointReports.map(\.failures) == [0, 0])
    #expect(scene.cluster.state == .ready)
    #expect(!scene.news().contains { $0.contains("cluster") })
    // It is as good as the other one when that fails.
    scene.transport.fail(scene.request(.watch).transfer, .broken)
    scene.advance(ms: 200)
    #expect(scene.request(.watch).endpoint == Self.first)
  }

  @Test func whoTookLongBeforeIsGivenLonger() throws {
    let (scene, probe) = try asked(2)
    scene.advance(ms: 900)
    scene.answer(probe, .range(revision: 7, []))
    scene.pump()
    scene.advance(ms: 2500)
    #expect(scene.requests(.range).count == 1)
    scene.advance(ms: 1000)
    #expect(scene.request(.watch).endpoint == Self.first)
    scene.advance(ms: 1000)
    #expect(scene.request(.watch).endpoint == Self.second)
  }

  @Test func whereThereIsNoOtherTheAnswerIsWaitedFor() throws {
    let (scene, probe) = try asked(1)
    scene.advance(ms: 2900)
    #expect(!hasLeft(scene.news()))
    scene.answer(probe, .range(revision: 7, []))
    scene.advance(ms: 100)
    #expect(!hasLeft(scene.news()))
  }

  @Test func aHostThatStalledFindsTheAnswerBeforeItDoubts() throws {
    let (scene, probe) = try asked(2)
    scene.transport.now = scene.transport.now + .milliseconds(2500)
    scene.pump()
    scene.answer(probe, .range(revision: 7, []))
    scene.pump()
    scene.advance(ms: 2000)
    #expect(!hasLeft(scene.news()))
    #expect(scene.request(.watch).endpoint == Self.first)
  }

  // MARK: The quorum

  private enum Lead { case none, sought, there }

  /// Answers each question of the probe until the watcher is told something, and returns how long that takes.
  private func timeUntilTold(_ scene: Scene, _ lead: (Duration) -> Lead) -> Duration {
    let begin = scene.transport.now
    var asked: [TransferID: Instant] = [:]
    while !hasLeft(scene.news()), scene.transport.now - begin < .seconds(10) {
      for question in scene.requests(.range) {
        let sentAt = asked[question.transfer] ?? scene.transport.now
        asked[question.transfer] = sentAt
        switch lead(scene.transport.now - begin) {
        case .none: scene.refuse(question.transfer, .noLeader)
        case .there: scene.answer(question.transfer, .range(revision: 7, []))
        case .sought:
          guard scene.transport.now - sentAt >= .milliseconds(700) else { break }
          scene.refuse(question.transfer, EtcdError(.deadlineExceeded, "context deadline exceeded"))
        }
      }
      scene.pump()
      scene.advance(ms: 10)
    }
    return scene.transport.now - begin
  }

  /// Lost at any moment between two questions; the member knows after one to two election timeouts of a second.
  @Test(arguments: [1000, 1500, 2000] as [Int64], [0, 500, 1000, 1500, 2000, 2490] as [Int64])
  func thatTheQuorumIsLostIsToldInUnderFourElectionTimeouts(known: Int64, heard: Int64) throws {
    let (scene, probe) = try asked(1)
    scene.answer(probe, .range(revision: 7, []))
    scene.advance(ms: heard)
    let told = timeUntilTold(scene) { $0 >= .milliseconds(known) ? .none : .sought }
    #expect(told < .milliseconds(3600))
    #expect(told >= .milliseconds(known))
  }

  @Test func anElectionMovesNoStreams() throws {
    let (scene, _) = try asked(2)
    let told = timeUntilTold(scene) { time in
      // Nobody leads for a third of a second, and then the question is answered.
      time < .milliseconds(1500) ? .sought : time < .milliseconds(1830) ? .none : .there
    }
    #expect(told >= .seconds(10))
    #expect(scene.request(.watch).endpoint == Self.first)
    #expect(scene.cluster.endpointReports.map(\.failures) == [0, 0])
    #expect(scene.cluster.state == .ready)
  }

  // MARK: A stream that is dead at an endpoint that lives

  /// Etcd has come to revision 9, of which the stream has said nothing; it is held against the store.
  private func doubtful() throws -> Scene {
    let scene = try watching(1) { $0.probeIntervalMs = 2500 }
    scene.advance(ms: 500)
    scene.answer(.range, .range(revision: 9, []))
    scene.advance(ms: 2500)
    #expect(scene.requests(.range).isEmpty)
    return scene
  }

  private func check(revision: Int64 = 9, newer: [KeyValue] = [], count: Int64 = 2) -> Answer {
    var range = RangeResponse()
    range.kvs = newer
    range.count = count
    var response = TxnResponse()
    response.header = ResponseHeader(cluster: 1, revision: revision)
    response.responses = [.range(range)]
    return .txn(response)
  }

  @Test func whereTheStoreHasMovedOnASilentStreamIsHeldAgainstIt() throws {
    let scene = try doubtful()
    let check = scene.request(.txn)
    #expect(check.endpoint == Self.first && check.compare.isEmpty && check.failure.isEmpty)
    #expect(check.needsLeader && check.timeAtServer == "700m")
    guard case .range(let range)? = check.success.first, check.success.count == 1 else {
      Issue.record("it is asked for something else")
      return
    }
    #expect(range.range == .all && range.minModRevision == 8 && !range.serializable)
    #expect(range.keysOnly && range.limit == 1)
    // Where nothing is missing it is believed until the store moves on.
    scene.answer(.txn, self.check())
    scene.advance(ms: 2500)
    scene.answer(.range, .range(revision: 9, []))
    scene.advance(ms: 2500)
    scene.answer(.range, .range(revision: 9, []))
    scene.advance(ms: 2500)
    #expect(scene.requests(.txn).isEmpty)
    #expect(!hasLeft(scene.news()))
  }

  @Test(arguments: [true, false])
  func aStreamThatDoesNotBringWhatIsThereIsOpenedAgainWhereItWas(isPut: Bool) throws {
    let scene = try doubtful()
    let stream = scene.request(.watch).transfer
    scene.answer(.txn, isPut ? check(newer: [KeyValue("a", "2", mod: 9)]) : check(count: 1))
    scene.advance(ms: 999)
    #expect(scene.transport.isOpen(stream))
    scene.advance(ms: 1)
    #expect(!scene.transport.isOpen(stream))
    #expect(scene.request(.watch).endpoint == Self.first)
    #expect(scene.request(.watch).startRevision == 8)
    #expect(scene.news() == ["watcher 1 backoff (unavailable)", "watcher 1 opening"])
    #expect(scene.cluster.endpointReports.map(\.failures) == [0])
  }

  /// Some servers do not tell a watch of what was compacted as it should have been told, however often it is opened.
  @Test func whatEtcdDoesNotTellThoughItIsAskedForAgainIsRead() throws {
    let scene = try doubtful()
    scene.answer(.txn, check(count: 1))
    scene.advance(ms: 1000)
    scene.confirm(scene.request(.watch).transfer, revision: 9)
    scene.pump()
    func isRead() -> Bool { scene.requests(.range).contains { !$0.countOnly } }
    for _ in 0..<40 where !isRead() {
      scene.advance(ms: 500)
      for question in scene.requests(.range) where question.countOnly {
        scene.answer(question.transfer, .range(revision: 9, []))
      }
      for question in scene.requests(.txn) { scene.answer(question.transfer, check(count: 1)) }
      scene.pump()
    }
    #expect(isRead())
    #expect(scene.requests(.watch).isEmpty)
    scene.answer(.range, .range(revision: 9, []))
    #expect(scene.batches.last?.events.map(\.kind) == [.delete, .delete])
  }

  @Test func aStreamThatBringsItMeanwhileStays() throws {
    let scene = try doubtful()
    scene.answer(.txn, check(newer: [KeyValue("a", "2", mod: 9)]))
    scene.advance(ms: 900)
    scene.stream(.watch(revision: 9, [.put("a", "2", at: 9)]))
    scene.advance(ms: 200)
    #expect(!hasLeft(scene.news()))
  }

  @Test func whoTakesNothingIsNotTakenForOneWhoGetsNothing() throws {
    let scene = try doubtful()
    scene.answer(.txn, check(newer: [KeyValue("a", "2", mod: 9)]))
    let stream = scene.request(.watch).transfer
    scene.send([.watch(revision: 9, [.put("a", "2", at: 9)])], on: stream)
    for _ in 0..<30 {
      scene.transport.now = scene.transport.now + .milliseconds(100)
      scene.pumpTakingNothing()
    }
    #expect(scene.transport.isOpen(stream))
  }

  @Test func oneQuestionIsForManyStreamsAndNoneIsForgotten() throws {
    let scene = Scene { $0.probeIntervalMs = 2500 }
    for number in 0..<100 {
      _ = try scene.cluster.addWatcher(range: .single(utf8("k\(number)")), startRevision: 4, prevKV: false)
    }
    for stream in scene.requests(.watch) { scene.confirm(stream.transfer, revision: 9) }
    scene.pump()
    var asked: Set<KeyRange> = []
    for _ in 0..<4 {
      scene.advance(ms: 2500)
      #expect(scene.requests(.range).count + scene.requests(.txn).count == 1)
      for question in scene.requests(.range) { scene.answer(question.transfer, .range(revision: 9, [])) }
      for question in scene.requests(.txn) {
        #expect(question.success.count <= 64)
        for case .range(let range) in question.success { asked.insert(range.range) }
        scene.refuse(question.transfer, .noSpace)
      }
      scene.pump()
    }
    #expect(asked.count == 100)
  }

  /// Who may not read one of them is told nothing of the others.
  @Test func whatMayNotBeReadIsFoundAndLeftOut() throws {
    let scene = Scene { $0.probeIntervalMs = 2500 }
    for number in 0..<8 {
      _ = try scene.cluster.addWatcher(range: .single(utf8("k\(number)")), startRevision: 4, prevKV: false)
    }
    for stream in scene.requests(.watch) { scene.confirm(stream.transfer, revision: 9) }
    scene.pump()
    var answered: Set<KeyRange> = []
    for _ in 0..<40 {
      scene.advance(ms: 2500)
      for question in scene.requests(.range) { scene.answer(question.transfer, .range(revision: 9, [])) }
      for question in scene.requests(.txn) {
        let ranges = question.success.compactMap { if case .range(let range) = $0 { range.range } else { nil } }
        if ranges.contains(.single(utf8("k3"))) {
          scene.refuse(question.transfer, .permissionDenied)
          continue
        }
        answered.formUnion(ranges)
        var response = TxnResponse()
        response.header = ResponseHeader(cluster: 1, revision: 9)
        response.responses = ranges.map { _ in .range(RangeResponse()) }
        scene.answer(question.transfer, .txn(response))
      }
      scene.pump()
    }
    #expect(answered.count == 7)
    #expect(!hasLeft(scene.news()))
  }

  /// Whatever shows in the store or not: etcd speaks up now and then on a stream that lives.
  @Test func aStreamOnWhichEtcdDoesNotSpeakUpIsDead() throws {
    let scene = try watching(1)
    #expect(scene.request(.watch).progressNotify)
    let stream = scene.request(.watch).transfer
    let begin = scene.transport.now
    while scene.transport.isOpen(stream), scene.transport.now - begin < .seconds(1600) {
      scene.advance(ms: 500)
      for question in scene.requests(.range) { scene.answer(question.transfer, .range(revision: 7, [])) }
      if scene.transport.now - begin == .seconds(60) { scene.stream(.watch(revision: 7, [])) }
    }
    #expect(scene.transport.now - begin >= .seconds(60 + 1500))
    #expect(!scene.transport.isOpen(stream))
    #expect(scene.request(.watch).startRevision == 8)
  }

  /// Of two that are silent neither is a better place than the other.
  @Test func whoIsDoubtedIsNoPlaceToLeaveAnotherFor() throws {
    let scene = Scene(endpoints: 2)
    let targets = try ["http://e1", "http://e2"].map {
      scene.cluster.endpoints.target(for: try Endpoint(parsing: $0)).id
    }
    #expect(scene.cluster.hasOther(than: targets[1]) == true)
    scene.cluster.endpoints.doubt(targets[0])
    #expect(scene.cluster.hasOther(than: targets[1]) == false)
    scene.cluster.endpoints.heard(targets[0], now: scene.transport.now)
    #expect(scene.cluster.hasOther(than: targets[1]) == true)
  }

  // MARK: A member that is full

  /// So many watchers at a member that takes `limit` requests and says nothing to more of them.
  private func crowd(_ count: Int, limit: Int, endpoints: Int = 1) throws -> FullMember {
    let member = FullMember(Scene(endpoints: endpoints), limit: limit)
    for _ in 0..<count {
      _ = try member.scene.cluster.addWatcher(range: .all, startRevision: 4, prevKV: false)
    }
    member.serve()
    return member
  }

  @Test func whereOthersLiveAWatchThatIsNotConfirmedSaysNothingAgainstTheMember() throws {
    let member = try crowd(4, limit: 3)
    member.run(ms: 4500)
    #expect((2...3).contains(member.live))
    #expect(member.scene.cluster.state == .ready)
  }

  @Test func manyAreServedTheOthersAreToldWhyAndCallsGetThrough() throws {
    let member = try crowd(80, limit: 70)
    _ = try member.scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    member.run(ms: 8000)
    #expect(member.scene.cluster.leaseID == 77)
    member.least = .max
    for _ in 0..<60 {
      let call = try member.scene.put()
      member.run(ms: 1000)
      #expect(member.scene.results.last?.id == call)
      #expect(member.scene.results.last.map { Scene.text($0.result) } == "ok")
    }
    #expect(member.least >= 66)
    #expect(member.scene.cluster.leaseID == 77)
    let news = member.scene.news()
    #expect(!news.contains { $0.contains("lost") })
    #expect(news.filter { $0.contains("backoff") }.count < 60)
  }

  @Test func exactlyAsManyWatchesAsTheMemberTakesLeaveRoomToo() throws {
    let member = try crowd(70, limit: 70)
    _ = try member.scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    member.run(ms: 20_000)
    #expect(member.scene.cluster.leaseID == 77)
    #expect(member.live >= 66)
  }

  /// With one that is tried and lives there may be no room left for calls, and nobody else to be tried.
  @Test func whetherCallsStillHaveRoomIsAskedAfterATry() throws {
    let member = try crowd(71, limit: 70)
    member.run(ms: 15_000)
    let scene = member.scene
    let live = (1...71).map { WatcherID(rawValue: UInt64($0)) }.filter { scene.cluster.watcherState($0) == .live }
    for id in live.prefix(1) { scene.cluster.removeWatcher(id) }
    for _ in 0..<20 {
      member.run(ms: 1000)
      let call = try scene.put()
      member.run(ms: 3000)
      #expect(scene.results.last?.id == call)
      #expect(scene.results.last.map { Scene.text($0.result) } == "ok")
    }
    #expect(scene.cluster.state == .ready)
  }

  @Test func whatAMemberDoesNotTakeGoesToAnother() throws {
    let member = try crowd(80, limit: 70, endpoints: 2)
    member.run(ms: 10_000)
    #expect(member.live == 80)
  }

  @Test func whereOneGoesAnotherComesIn() throws {
    let member = try crowd(80, limit: 70)
    member.run(ms: 20_000)
    let all = (1...80).map { WatcherID(rawValue: UInt64($0)) }
    let live = all.filter { member.scene.cluster.watcherState($0) == .live }
    for id in live.prefix(20) { member.scene.cluster.removeWatcher(id) }
    member.run(ms: 100)
    #expect(member.live == 60)
  }

  @Test func whatWasOnlySlowIsTriedAgain() throws {
    let member = try crowd(4, limit: 3)
    member.run(ms: 8000)
    #expect(member.live < 4)
    member.limit = .max
    member.run(ms: 60_000)
    #expect(member.live == 4)
  }

  @Test func whatWaitsForRoomIsOpenedAlthoughTheMemberWentAwayMeanwhile() throws {
    let member = try crowd(4, limit: 3)
    member.run(ms: 6000)
    #expect(member.live < 4)
    member.scene.transport.refusesConnections = true
    for stream in member.scene.requests(.watch) { member.scene.end(stream.transfer) }
    member.run(ms: 30_000)
    #expect(member.live == 0)
    member.scene.transport.refusesConnections = false
    member.limit = .max
    member.run(ms: 15_000)
    #expect(member.live == 4)
  }

  @Test func aMemberThatStopsIsLeftInTimeHoweverManyListenThere() throws {
    let member = try crowd(70, limit: 250, endpoints: 2)
    member.run(ms: 1000)
    #expect(member.live == 70)
    member.silent = [Self.first]
    member.run(ms: 5500)
    #expect(member.live == 70)
    #expect(member.scene.requests(.watch).allSatisfy { $0.endpoint == Self.second })
  }
}

/// Etcd's side of a scene: every member takes so many requests at once, and the others wait for their turn.
private final class FullMember {
  let scene: Scene
  var limit: Int
  /// Members that take nothing at all.
  var silent: Set<String> = []
  /// The fewest watches that lived at any time.
  var least = Int.max
  private var confirmed: Set<TransferID> = []

  init(_ scene: Scene, limit: Int) {
    self.scene = scene
    self.limit = limit
  }

  var live: Int { scene.transport.open.count { confirmed.contains($0.id) } }

  func run(ms milliseconds: Int64) {
    let step: Int64 = 50
    for _ in 0..<(milliseconds / step) {
      scene.advance(ms: step)
      serve()
      least = min(least, live)
    }
  }

  /// In the order in which they came.
  func serve() {
    var taken: [String: Int] = [:]
    for transfer in scene.transport.open where confirmed.contains(transfer.id) {
      taken[GatewayPeer.endpoint(of: transfer.request), default: 0] += 1
    }
    for transfer in scene.transport.open where !confirmed.contains(transfer.id) {
      let endpoint = GatewayPeer.endpoint(of: transfer.request)
      guard !silent.contains(endpoint), taken[endpoint, default: 0] < limit,
        let question = try? GatewayPeer.question(of: transfer.request)
      else { continue }
      switch question {
      case .watch:
        taken[endpoint, default: 0] += 1
        confirmed.insert(transfer.id)
        scene.confirm(transfer.id, revision: 9)
      case .call(.leaseGrant): scene.answer(transfer.id, .leaseGrant(77, ttl: 10))
      case .call(.leaseKeepAlive): scene.answer(transfer.id, .leaseKeepAlive(77, ttl: 10))
      case .call(.txn): scene.answer(transfer.id, .txn(revision: 9))
      case .call(.range): scene.answer(transfer.id, .range(revision: 9, []))
      case .call: scene.answer(transfer.id, .put())
      }
    }
    scene.pump()
  }
}
