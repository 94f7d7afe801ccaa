import EtcdTransport
import Testing

@testable import EtcdCore

struct ProbeTests {
  private var probe = Probe(interval: .milliseconds(4000))

  private mutating func tick(
    _ now: Int64, heard: Int64? = nil, served: Int64? = nil, hasStreams: Bool = true, hasMore: Bool = false,
    isCrowded: Bool = false
  ) -> Probe.Action? {
    probe.tick(
      lastHeard: heard.map { .at($0) }, lastServed: (served ?? heard).map { .at($0) }, hasStreams: hasStreams,
      hasMore: hasMore, isCrowded: isCrowded,
      patience: .milliseconds(1000), now: .at(now))
  }

  private var isAsking: Bool { if case .asking = probe.state { true } else { false } }

  @discardableResult
  private mutating func open(_ now: Int64) -> Bool {
    probe.streamOpened(now: .at(now))
  }

  @Test mutating func anEndpointWithoutStreamsIsNotAsked() {
    #expect(probe.wakeTime == nil)
    #expect(tick(60_000) == nil)
  }

  @Test mutating func aSilentEndpointIsAskedAfterTheInterval() {
    #expect(open(0))
    #expect(probe.wakeTime == .at(4000))
    #expect(tick(3999) == nil)
    #expect(tick(4000) == .ask)
    #expect(isAsking)
    #expect(probe.wakeTime == .at(5000))
  }

  @Test mutating func aSignOfLifePutsTheQuestionOff() {
    open(0)
    #expect(tick(4000, heard: 2500) == nil)
    #expect(probe.wakeTime == .at(6500))
    #expect(tick(6500, heard: 2500) == .ask)
  }

  @Test mutating func moreStreamsDoNotPutItOff() {
    open(0)
    #expect(!open(3000))
    #expect(probe.wakeTime == .at(4000))
  }

  @Test mutating func oneQuestionIsUnderWayAtATime() {
    open(0)
    _ = tick(4000)
    #expect(tick(4999) == nil)
    #expect(!open(4999))
    #expect(isAsking)
  }

  @Test mutating func afterTheAnswerItListensAgain() {
    open(0)
    _ = tick(4000)
    _ = probe.ended(now: .at(4100))
    #expect(probe.wakeTime == .at(8100))
    #expect(tick(8100, heard: 4100) == .ask)
  }

  @Test mutating func itRestsWhenTheLastStreamHasGoneAndBeginsAgainWithTheNext() {
    open(0)
    #expect(tick(4000, hasStreams: false) == nil)
    #expect(probe.state == .idle)
    #expect(probe.wakeTime == nil)
    #expect(open(5000))
    #expect(probe.wakeTime == .at(9000))
  }

  @Test mutating func anEndThatNobodyWaitsForChangesNothing() {
    _ = probe.ended(now: .at(100))
    #expect(probe.state == .idle)
  }

  // MARK: A reason to ask

  @Test mutating func whereThereIsAReasonItAsksAtOnceWhateverWasHeard() {
    open(0)
    probe.urge(now: .at(1000))
    #expect(probe.wakeTime == .at(1000))
    #expect(tick(1000, heard: 999) == .ask)
    _ = probe.ended(now: .at(1010))
    #expect(probe.wakeTime == .at(5010))
  }

  @Test mutating func itAsksWhereThereAreNoStreamsAndThenRests() {
    probe.urge(now: .at(1000))
    #expect(tick(1000, hasStreams: false) == .ask)
    _ = probe.ended(now: .at(1010))
    #expect(tick(5010, hasStreams: false) == nil)
    #expect(probe.state == .idle)
  }

  @Test mutating func manyReasonsInARowAreTwoInAnInterval() {
    open(0)
    probe.urge(now: .at(1000))
    _ = tick(1000)
    probe.urge(now: .at(1005))
    #expect(tick(1005) == nil)
    _ = probe.ended(now: .at(1010))
    for time in [1020, 1030, 3009] as [Int64] {
      probe.urge(now: .at(time))
      #expect(tick(time, heard: time) == nil)
    }
    #expect(probe.wakeTime == .at(3010))
    #expect(tick(3010, heard: 3009) == .ask)
  }

  @Test mutating func aReasonThatStandsAloneIsOneToAskAnew() {
    open(0)
    _ = tick(4000)
    _ = probe.ended(now: .at(4000))
    probe.urge(isOneOfMany: false, now: .at(4010))
    #expect(tick(4010, heard: 4000) == .ask)
  }

  @Test mutating func aReasonDoesNotPutTheQuestionOff() {
    open(0)
    _ = tick(4000)
    _ = probe.ended(now: .at(4000))
    probe.urge(now: .at(7900))
    #expect(probe.wakeTime == .at(7900))
    _ = tick(7900)
    _ = probe.ended(now: .at(7900))
    #expect(probe.wakeTime == .at(11_900))
  }

  @Test mutating func whereThereIsMoreToAskASignOfLifeDoesNotPutItOff() {
    open(0)
    #expect(tick(3999, heard: 3990, hasMore: true) == nil)
    #expect(tick(4000, heard: 3990, hasMore: true) == .ask)
  }

  // MARK: The quorum

  /// Whether it has lost its leader.
  private mutating func ends(_ now: Int64, _ finding: Probe.Finding) -> Bool {
    probe.ended(finding, now: .at(now)) == .leader
  }

  @Test mutating func withoutALeaderItIsAskedOnceMoreBeforeItsQuorumIsLost() {
    open(0)
    _ = tick(4000)
    #expect(!ends(4010, .noLeader))
    #expect(probe.wakeTime == .at(4510))
    // Though something was heard.
    #expect(tick(4510, heard: 4400) == .ask)
    #expect(ends(4520, .noLeader))
    #expect(probe.wakeTime == .at(8520))
  }

  @Test mutating func anElectionIsNoLossOfTheQuorum() {
    open(0)
    _ = tick(4000)
    #expect(!ends(4010, .noLeader))
    _ = tick(4510)
    #expect(!ends(4520, .nothing))
    #expect(probe.wakeTime == .at(8520))
    _ = tick(8520)
    #expect(!ends(8530, .noLeader))
  }

  @Test mutating func whoFindsNoQuorumIsAskedAgainAtOnceAFewTimes() {
    open(0)
    var now: Int64 = 4000
    for _ in 0..<4 {
      #expect(tick(now) == .ask)
      #expect(!ends(now + 700, .noQuorum))
      now += 750
      #expect(probe.wakeTime == .at(now))
    }
    #expect(tick(now) == .ask)
    #expect(!ends(now + 700, .noQuorum))
    #expect(probe.wakeTime == .at(now + 4700))
    // Until it has found one.
    _ = tick(now + 4700)
    #expect(!ends(now + 4710, .nothing))
    _ = tick(now + 8710)
    #expect(!ends(now + 9410, .noQuorum))
    #expect(probe.wakeTime == .at(now + 9460))
  }

  @Test mutating func whoFindsNoQuorumAfterTheIntervalEitherHasLostIt() {
    open(0)
    var now: Int64 = 4000
    for _ in 0..<5 {
      #expect(tick(now) == .ask)
      #expect(probe.ended(.noQuorum, now: .at(now + 700)) == nil)
      now += 750
    }
    // It renews leases all the time: it lives, and that is not the question.
    #expect(tick(now + 3950, heard: now + 3900) == .ask)
    #expect(probe.ended(.noQuorum, now: .at(now + 4650)) == .quorum)
    #expect(tick(now + 8650, heard: now + 8600) == .ask)
    _ = probe.ended(now: .at(now + 8660))
    #expect(tick(now + 12_660, heard: now + 12_600) == nil)
  }

  @Test mutating func whoTakesLongToFindNoQuorumIsNotAskedForLonger() {
    open(0)
    var now: Int64 = 4000
    for _ in 0..<4 {
      #expect(tick(now) == .ask)
      #expect(probe.ended(.noQuorum, now: .at(now + 1600)) == nil)
      now += 1650
    }
    #expect(tick(now) == .ask)
    #expect(probe.ended(.noQuorum, now: .at(now + 1600)) == .quorum)
  }

  @Test mutating func whoFindsNoQuorumAgainWhileAnotherDoesHasLostIt() {
    open(0)
    func ended(_ time: Int64, _ finding: Probe.Finding, elsewhere: Int64?) -> Probe.Loss? {
      probe.ended(finding, elsewhere: elsewhere.map { .at($0) }, now: .at(time))
    }
    #expect(tick(4000) == .ask)
    #expect(ended(4700, .noQuorum, elsewhere: 4500) == nil)
    // What was found before may be lost since.
    #expect(tick(4750) == .ask)
    #expect(ended(5450, .noQuorum, elsewhere: 4740) == nil)
    #expect(tick(5500) == .ask)
    #expect(ended(6200, .noQuorum, elsewhere: nil) == nil)
    #expect(tick(6250) == .ask)
    #expect(ended(6950, .noQuorum, elsewhere: 6300) == .quorum)
    // When it has found one, it begins anew.
    #expect(tick(7000) == .ask)
    #expect(ended(7010, .nothing, elsewhere: 7005) == nil)
    #expect(tick(11_010) == .ask)
    #expect(ended(11_710, .noQuorum, elsewhere: 11_700) == nil)
  }

  /// Leases are renewed by members whose store stands still.
  @Test mutating func onlyWhatComesOfTheStorePutsOffTheQuestion() {
    open(0)
    #expect(tick(4000, heard: 3900, served: 3000) == nil)
    #expect(probe.wakeTime == .at(7000))
    #expect(tick(7000, heard: 6900, served: 3000) == .ask)
  }

  @Test mutating func inACrowdRoomIsMadeForTheFirstOfSeveralQuestionsThatFindNoQuorum() {
    open(0)
    #expect(tick(4000, isCrowded: true) == .ask)
    #expect(tick(4500, isCrowded: true) == .makeRoom)
    #expect(probe.ended(.noQuorum, now: .at(4700)) == nil)
    // Who has no leader answers late, and is not full.
    #expect(tick(4750, isCrowded: true) == .ask)
    #expect(tick(5250, isCrowded: true) == nil)
    _ = probe.ended(now: .at(5300))
    #expect(tick(9300, isCrowded: true) == .ask)
    #expect(tick(9800, isCrowded: true) == .makeRoom)
  }

  @Test mutating func aQuorumThatIsLostDuringTheQuestionIsSeenAsSoonAsTheMemberKnows() {
    open(0)
    _ = tick(4000)
    #expect(!ends(4700, .noQuorum))
    _ = tick(4750)
    #expect(!ends(4760, .noLeader))
    _ = tick(5260)
    #expect(ends(5270, .noLeader))
  }

  @Test func whatFailuresSayOfTheLeader() {
    func finding(_ reason: Reason?, _ code: Int32) -> Probe.Finding {
      Probe.Finding(.failure(Failure(.unavailable, "", reason: reason, grpcCode: code)))
    }
    #expect(finding(.noLeader, 14) == .noLeader)
    #expect(finding(.timedOut, 14) == .noQuorum)
    #expect(finding(.leaderChanged, 14) == .noQuorum)
    // Of the gateway, and of the member.
    #expect(finding(nil, 4) == .noQuorum)
    #expect(finding(nil, 2) == .noQuorum)
    #expect(finding(.stopped, 14) == .nothing)
    #expect(finding(.permissionDenied, 7) == .nothing)
    // None of etcd's.
    #expect(finding(nil, 0) == .nothing)
  }

  @Test func aMemberHasLessTimeToFindAQuorumThanItHasToAnswer() {
    var roundTrips = RoundTrips()
    #expect(roundTrips.timeAtServer(within: .seconds(3)) == .milliseconds(700))
    #expect(roundTrips.timeAtServer(within: .seconds(1)) == .milliseconds(700))
    #expect(roundTrips.timeAtServer(within: .milliseconds(100)) == .milliseconds(100))
    // Not less than it takes where quorums are far apart.
    for _ in 0..<50 { roundTrips.took(.milliseconds(2000)) }
    #expect(roundTrips.timeAtServer(within: .seconds(3)) >= .milliseconds(2000))
    #expect(roundTrips.timeAtServer(within: .seconds(1)) == .seconds(1))
  }

  // MARK: Doubt

  @Test mutating func withoutAnAnswerInItsTimeTheEndpointIsDoubtedAgainAndAgain() {
    open(0)
    _ = tick(4000)
    #expect(tick(5000) == .doubt(isFirst: true))
    #expect(probe.wakeTime == .at(6000))
    #expect(tick(5999) == nil)
    #expect(tick(6000) == .doubt(isFirst: false))
    // They wait to be opened again, and are then.
    #expect(tick(7000, hasStreams: false) == nil)
    #expect(tick(8000) == .doubt(isFirst: false))
    // A host that comes late gives it its time once more, not all that has gone by.
    #expect(tick(9300) == nil)
    #expect(probe.wakeTime == .at(10_300))
    #expect(tick(10_300, heard: 9400) == nil)
    #expect(probe.wakeTime == nil)
    #expect(isAsking)
    _ = probe.ended(now: .at(11_000))
    #expect(probe.wakeTime == .at(15_000))
  }

  @Test mutating func whatCameAfterTheQuestionIsNoReasonToDoubt() {
    open(0)
    _ = tick(4000)
    #expect(tick(5000, heard: 4001) == nil)
    #expect(probe.wakeTime == nil)
  }

  @Test mutating func whatCameBeforeItIs() {
    open(0)
    probe.urge(now: .at(1000))
    _ = tick(1000, heard: 1000)
    #expect(tick(2000, heard: 1000) == .doubt(isFirst: true))
  }

  @Test mutating func aQuestionThatCouldNotBeSentIsNoReasonToDoubt() {
    open(0)
    _ = tick(4000)
    probe.gotNowhere()
    #expect(probe.wakeTime == nil)
    #expect(tick(6000) == nil)
    #expect(isAsking)
  }

  @Test mutating func whereThereAreNoStreamsNobodyIsDoubted() {
    probe.urge(now: .at(1000))
    _ = tick(1000, hasStreams: false)
    #expect(tick(2000, hasStreams: false) == nil)
  }

  /// What came meanwhile may still have to be read.
  @Test mutating func aHostThatComesLateGivesTheQuestionItsTimeOnceMore() {
    open(0)
    _ = tick(4000)
    #expect(tick(5250) == nil)
    #expect(probe.wakeTime == .at(6250))
    #expect(tick(9000) == .doubt(isFirst: true))
  }

  @Test mutating func aHostThatComesALittleLateDoesNot() {
    open(0)
    _ = tick(4000)
    #expect(tick(5249) == .doubt(isFirst: true))
  }

  // MARK: Room

  @Test mutating func whereThereIsACrowdRoomIsMadeOnceForTheQuestionBeforeThereIsDoubt() {
    open(0)
    #expect(tick(4000, isCrowded: true) == .ask)
    #expect(probe.wakeTime == .at(4500))
    #expect(tick(4499) == nil)
    #expect(tick(4500) == .makeRoom)
    #expect(probe.wakeTime == .at(5000))
    #expect(tick(4999) == nil)
    #expect(tick(5000) == .doubt(isFirst: true))
    _ = probe.ended(now: .at(6000))
    #expect(probe.wakeTime == .at(10_000))
  }
}
