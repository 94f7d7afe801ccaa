import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// What the cluster does not show: `ClusterKeepaliveTests` has the rest.
struct KeepalivesTests {
  private var keepalives = Keepalives(
    options: Options(), backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)))
  private var longest: any RandomNumberGenerator = Dice.longest
  private let first = KeepaliveID(rawValue: 1)
  private let second = KeepaliveID(rawValue: 2)

  // MARK: Helpers

  private func text(_ orders: [Order]) -> [String] {
    orders.map { order in
      switch order {
      case .call(let submission): "call for \(name(submission.asker)), \(submission.effect)"
      case .abandonCall(let asker): "abandon \(name(asker))"
      case .deliver(.keepalive(let id, let report), .keepalive(let recipient)) where id == recipient:
        "\(report.state) \(id.rawValue)"
      case .overtake(.keepalive(let id, let report), .keepalive(let recipient)) where id == recipient:
        "urgent: \(report.state) \(id.rawValue)"
      case .deliverIfRoom(.keepalive(let id, let report), .keepalive(let recipient)) where id == recipient:
        "\(report.state) \(id.rawValue), if there is room"
      case .note(let level, _, _): "note \(level)"
      case .setTimer(.lease, nil): "timer lease"
      case .setTimer(.keepalive(let id), nil): "timer \(id.rawValue)"
      case .setTimer(let owner, nil): "timer \(owner)"
      default: "\(order)"
      }
    }
  }

  private func name(_ asker: Asker) -> String {
    if case .keepalive(let id) = asker { "\(id.rawValue)" } else { "\(asker)" }
  }

  private mutating func leaseAnswered(_ result: Result<Answer, Failure>, now: Int64 = 0) -> [String] {
    text(keepalives.leaseAnswered(result, sentAt: .at(now), now: .at(now), random: &longest))
  }

  private mutating func answer(
    _ id: KeepaliveID, _ result: Result<Answer, Failure>, now: Int64 = 0
  ) -> [String] {
    text(keepalives.answered(result, to: id, now: .at(now), random: &longest))
  }

  private mutating func add(_ id: KeepaliveID, _ key: String) -> [String] {
    text(keepalives.add(id, Claim(key: utf8(key), value: utf8("v"))))
  }

  /// Both are held under lease 77.
  private mutating func hold() {
    _ = add(first, "a")
    _ = add(second, "b")
    _ = leaseAnswered(.success(.leaseGrant(77, ttl: 10)))
    for id in [first, second] { _ = answer(id, .success(.txn(revision: 5))) }
  }

  // MARK: Steps

  @Test mutating func aStepMayBeSentAgainWhateverBecameOfIt() {
    #expect(add(first, "a") == ["waiting 1", "call for lease, repeatable", "timer lease"])
    #expect(
      leaseAnswered(.success(.leaseGrant(77, ttl: 10)))
        == ["note info", "claiming 1", "call for 1, repeatable", "timer 1", "timer lease"])
  }

  @Test mutating func aRenewalIsWorthWhileUntilTheLeaseIsOverAndIsTriedSeveralTimes() {
    hold()
    let submissions = keepalives.tickLease(now: .at(3400)).compactMap { order in
      if case .call(let submission) = order { submission } else { nil }
    }
    #expect(submissions.map(\.deadline) == [.at(10_000)])
    #expect(submissions.map(\.isUrgent) == [true])
  }

  @Test mutating func aLeaseThatIsNotDueHasNothingToDo() {
    #expect(text(keepalives.tickLease(now: .distantFuture)) == [])
    hold()
    #expect(text(keepalives.tickLease(now: .at(3333))) == [])
  }

  @Test mutating func whenTheLeaseIsLostAllAreToldInTheirOrderBeforeAllElse() {
    hold()
    let orders = text(keepalives.tickLease(now: .at(10_000)))
    #expect(
      orders.filter { !$0.hasPrefix("note") } == [
        "abandon lease", "abandon 1", "urgent: lost 1", "waiting 1", "timer 1", "abandon 2", "urgent: lost 2",
        "waiting 2", "timer 2", "call for lease, repeatable", "timer lease",
      ])
    #expect(keepalives.leaseID == 0)
  }

  /// One refusal is enough for all of them.
  @Test mutating func aKeyThatIsRefusedForItsLeaseLosesTheLeaseOfAll() {
    hold()
    _ = keepalives.setValue(utf8("w"), of: first)
    let orders = answer(first, .failure(Failure(.server, "no lease", reason: .leaseNotFound)))
    #expect(orders.contains("urgent: lost 1"))
    #expect(orders.contains("urgent: lost 2"))
    #expect(keepalives.state(of: second) == .waiting)
  }

  // MARK: What arrives together

  private mutating func endIntake(now: Int64) -> [String] {
    text(keepalives.endIntake(now: .at(now), random: &longest)).filter { !$0.hasPrefix("note") }
  }

  /// A key is claimed under lease 77, which is over at 10 s.
  private mutating func claim() {
    _ = add(first, "a")
    _ = leaseAnswered(.success(.leaseGrant(77, ttl: 10)))
  }

  @Test mutating func anAnswerToAKeepaliveWaitsForTheLookAtTheLease() {
    claim()
    keepalives.beginIntake()
    #expect(answer(first, .success(.txn(revision: 5))) == [])
    #expect(keepalives.state(of: first) == .claiming)
    #expect(endIntake(now: 100) == ["held 1", "timer 1", "timer verification"])
    #expect(keepalives.state(of: first) == .held)
  }

  @Test mutating func aClaimThatGotThroughIsWorthNothingUnderALeaseThatIsOver() {
    claim()
    keepalives.beginIntake()
    _ = answer(first, .success(.txn(revision: 5)))
    #expect(
      endIntake(now: 10_000)
        == ["abandon lease", "abandon 1", "waiting 1", "timer 1", "call for lease, repeatable", "timer lease"])
    #expect(keepalives.state(of: first) == .waiting)
    #expect(keepalives.leaseID == 0)
  }

  @Test mutating func aRenewalThatArrivesWithTheAnswerCountsFirst() {
    claim()
    _ = keepalives.tickLease(now: .at(3400))
    keepalives.beginIntake()
    _ = answer(first, .success(.txn(revision: 5)))
    _ = keepalives.leaseAnswered(
      .success(.leaseKeepAlive(77, ttl: 10)), sentAt: .at(3400), now: .at(9900), random: &longest)
    #expect(endIntake(now: 13_000).contains("held 1"))
    #expect(keepalives.leaseID == 77)
  }

  /// The first one's refusal strikes out the second one's answer: its lease is lost.
  @Test mutating func whatOneAnswerLeadsToMayStrikeOutAnother() {
    claim()
    _ = add(second, "b")
    keepalives.beginIntake()
    _ = answer(first, .failure(Failure(.server, "no lease", reason: .leaseNotFound)))
    _ = answer(second, .success(.txn(revision: 6)))
    #expect(!endIntake(now: 100).contains("held 2"))
    #expect(keepalives.state(of: second) == .waiting)
  }

  @Test mutating func answersAreHeardInTheOrderInWhichTheyCame() {
    claim()
    _ = add(second, "b")
    keepalives.beginIntake()
    _ = answer(second, .success(.txn(revision: 5)))
    _ = answer(first, .success(.txn(revision: 6)))
    #expect(endIntake(now: 100) == ["held 2", "timer 2", "timer verification", "held 1", "timer 1"])
  }

  @Test mutating func afterwardsAnAnswerIsHeardAtOnce() {
    claim()
    keepalives.beginIntake()
    #expect(endIntake(now: 100) == [])
    let told = answer(first, .success(.txn(revision: 5)))
    #expect(told == ["held 1", "note info", "timer 1", "timer verification"])
  }

  // MARK: Strays

  /// The claim of `a` may still get through when its keepalive has been removed.
  private mutating func leaveStray() {
    claim()
    let unreachable = Result<Answer, Failure>.failure(.unreachable)
    _ = keepalives.answered(unreachable, hasStray: true, to: first, now: .at(0), random: &longest)
    _ = keepalives.remove(first, now: .at(0))
    _ = answer(first, .success(.txn(revision: 5)))
    #expect(keepalives.state(of: first) == .ended)
  }

  private mutating func verify(now: Int64) -> [String] {
    text(keepalives.tickVerification(now: .at(now)))
  }

  private mutating func verified(_ answer: Answer) -> [String] {
    text(keepalives.verified(.success(answer), now: .at(4000), random: &longest))
  }

  @Test mutating func aClaimThatGetsThroughTooLateIsDeleted() {
    leaveStray()
    #expect(verify(now: 4000) == ["call for verification, reads", "timer verification"])
    let found = Answer.txn(revision: 9, batch: [KeyValue("a", "v", mod: 8, lease: 77)])
    #expect(
      verified(found) == ["note warning", "call for stray([97]), repeatable", "timer verification"])
    // And again, for as long as the lease lives.
    #expect(verify(now: 9000) == ["call for verification, reads", "timer verification"])
    #expect(verified(.txn(revision: 9)) == ["timer verification"])
  }

  /// The host may use the lease for what it likes.
  @Test mutating func whatTheClaimWouldNotHavePutThereIsNoStray() {
    leaveStray()
    _ = verify(now: 4000)
    #expect(verified(.txn(revision: 9, batch: [KeyValue("a", "mine", mod: 8, lease: 77)])) == ["timer verification"])
  }

  @Test mutating func whoWaitsForTheKeyInheritsTheStray() {
    claim()
    let unreachable = Result<Answer, Failure>.failure(.unreachable)
    _ = keepalives.answered(unreachable, hasStray: true, to: first, now: .at(0), random: &longest)
    _ = keepalives.detach(first, now: .at(0))
    _ = add(second, "a")
    _ = answer(first, .success(.txn(revision: 5)))
    _ = answer(second, .success(.txn(revision: 6)))
    #expect(keepalives.state(of: second) == .held)
    _ = verify(now: 4000)
    _ = verified(.txn(revision: 9, batch: [KeyValue("a", "", mod: 8, lease: 77)]))
    // It is not another's.
    let found = Answer.txn(revision: 9, found: KeyValue("a", "v", mod: 8, lease: 77))
    #expect(answer(second, .success(found)).contains("call for 2, repeatable"))
  }

  @Test mutating func whatIsNotUnderTheLeaseIsNoStray() {
    leaveStray()
    _ = verify(now: 4000)
    #expect(verified(.txn(revision: 9, batch: [KeyValue("a", "", mod: 8, lease: 3)])) == ["timer verification"])
  }

  @Test mutating func aKeyThatIsClaimedAgainIsNoStray() {
    leaveStray()
    _ = add(second, "a")
    #expect(verify(now: 4000) == ["timer verification"])
  }

  @Test mutating func aStrayEndsWithItsLease() {
    leaveStray()
    _ = keepalives.tickLease(now: .at(10_000))
    #expect(verify(now: 20_000) == ["timer verification"])
  }

  @Test mutating func whatIsKnownNotToGetThroughIsNoStray() {
    claim()
    _ = answer(first, .failure(.unreachable))
    _ = keepalives.remove(first, now: .at(0))
    _ = answer(first, .success(.txn(revision: 5)))
    #expect(keepalives.verificationWakeTime == nil)
  }

  // MARK: Etcd is back

  @Test mutating func aClaimThatBacksOffIsBroughtForward() {
    _ = add(first, "a")
    _ = add(second, "b")
    _ = leaseAnswered(.success(.leaseGrant(77, ttl: 3600)))
    for _ in 0..<3 {
      _ = answer(first, .failure(.unreachable))
      _ = keepalives.tick(first, now: .at(5000))
    }
    _ = answer(first, .failure(.unreachable))
    #expect(keepalives.wakeTime(of: first) == .at(800))
    #expect(text(keepalives.hasten(to: .at(100))) == ["timer 1"])
    #expect(keepalives.wakeTime(of: first) == .at(100))
    // It is brought forward, and never put off.
    #expect(text(keepalives.hasten(to: .at(200))) == [])
    #expect(keepalives.wakeTime(of: first) == .at(100))
  }

  @Test mutating func aGrantThatBacksOffIsBroughtForward() {
    _ = add(first, "a")
    _ = leaseAnswered(.failure(.unreachable))
    #expect(keepalives.leaseWakeTime == .at(100))
    #expect(text(keepalives.hasten(to: .at(50))) == ["timer lease"])
    #expect(keepalives.leaseWakeTime == .at(50))
    #expect(text(keepalives.hasten(to: .at(60))) == [])
  }

  @Test mutating func whatDoesNotBackOffIsLeftAlone() {
    hold()
    #expect(text(keepalives.hasten(to: .at(1))) == [])
    #expect(keepalives.leaseWakeTime == .at(0) + .seconds(10) / 3)
  }

  // MARK: Held, or not any more

  @Test mutating func thatAKeyIsHeldIsTrueForAsLongAsItIs() {
    let held = KeepaliveReport(state: .held, error: nil, owner: nil, lease: 77, revision: 5)
    let claiming = KeepaliveReport(state: .claiming, error: nil, owner: nil, lease: 77, revision: 0)
    hold()
    #expect(keepalives.isTrue(held, of: first))
    _ = keepalives.tickLease(now: .at(10_000))
    #expect(!keepalives.isTrue(held, of: first))
    #expect(keepalives.isTrue(claiming, of: first))
    #expect(!keepalives.isTrue(held, of: KeepaliveID(rawValue: 9)))
  }

  // MARK: Ends

  @Test mutating func closingLeavesTheLeaseBehindAndWaitsForRemovals() {
    hold()
    _ = keepalives.remove(second, now: .at(0))
    let (orders, lease) = keepalives.close()
    #expect(lease == 77)
    #expect(text(orders) == ["abandon 1", "ended 1", "timer 1", "timer 2", "abandon verification"])
    #expect(!keepalives.allHaveEnded)
    #expect(answer(second, .success(.txn(revision: 6))) == ["ended 2", "timer 2"])
    #expect(keepalives.allHaveEnded)
  }

  @Test mutating func whatIsNotThereTakesNothing() {
    #expect(keepalives.setValue([], of: first) == nil)
    #expect(keepalives.remove(first, now: .at(0)) == nil)
    #expect(keepalives.state(of: first) == .ended)
    #expect(keepalives.wakeTime(of: first) == nil)
    #expect(answer(first, .success(.txn(revision: 5))) == [])
    #expect(text(keepalives.detach(first, now: .at(0))) == [])
    #expect(keepalives.allHaveEnded)
    #expect(keepalives.count == 0)
  }

  @Test mutating func whenEverythingIsForgottenItsKeysAreFree() {
    hold()
    #expect(keepalives.isTaken(utf8("a")))
    keepalives.removeAll()
    #expect(!keepalives.isTaken(utf8("a")))
    #expect(keepalives.count == 0)
    #expect(keepalives.keyCount == 0)
  }
}
