import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct KeepaliveTests {
  private static let backoff = Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000))
  private var keepalive = Keepalive(Claim(key: utf8("k"), value: utf8("v")), backoff: Self.backoff)
  private var longest: any RandomNumberGenerator = Dice.longest
  private let lost = Failure(.leaseLost, "gone")
  private let lease: Int64 = 7

  // MARK: Helpers

  /// `put v if absent lease 7`, `put v if mod 5 of 7 lease 7`, `delete if mod 5 of 7`.
  private func text(_ request: TxnRequest) -> String {
    #expect(request.success.count == 1)
    #expect(request.compare.allSatisfy { $0.range == .single(utf8("k")) && $0.result == .equal })
    // Where the guard fails, exactly the key is read.
    #expect(request.failure == [.range(RangeRequest(range: .single(utf8("k"))))])
    let guarding =
      switch (request.compare.first?.target, request.compare.dropFirst().first?.target, request.compare.count) {
      case (.create(0), nil, 1): "if absent"
      case (.mod(let revision), .lease(let lease), 2): "if mod \(revision) of \(lease)"
      default: "if \(request.compare.map(\.target))"
      }
    switch request.success.first {
    case .put(let put):
      #expect(put.key == utf8("k") && !put.ignoreLease && !put.ignoreValue)
      return "put \(String(decoding: put.value, as: UTF8.self)) \(guarding) lease \(put.lease)"
    case .deleteRange(let delete):
      #expect(delete.range == .single(utf8("k")))
      return "delete \(guarding)"
    default: return "?"
    }
  }

  private func text(_ actions: [Keepalive.Action]?) -> [String] {
    guard let actions else { return ["refused"] }
    return actions.map { action in
      switch action {
      case .send(let request, let deadline):
        text(request) + (deadline.map { " until \(($0 - .at(0)).millisecondsRoundedUp)" } ?? "")
      case .abandonStep: "abandon"
      case .ask(let found): "ask about \(found.value)"
      case .watch(let revision): "watch from \(revision)"
      case .endWatch: "end watch"
      case .leaseNotFound(let lease): "lease \(lease) not found"
      case .remind(let report): "remind: " + text(report)
      case .valueEnded(let id, let end): "value \(id.rawValue) " + text(end)
      case .report(let report): text(report)
      }
    }
  }

  private func text(_ report: KeepaliveReport) -> String {
    ([
      "\(report.state)", report.lease == 0 ? nil : "lease \(report.lease)",
      report.revision == 0 ? nil : "revision \(report.revision)", report.error.map { "(\($0.code))" },
      report.owner.map { "owner \($0.value)" }, report.attempts == 0 ? nil : "attempts \(report.attempts)",
    ] as [String?]).compactMap { $0 }.joined(separator: " ")
  }

  private func text(_ end: ValueEnd) -> String {
    let later = end.isSuperseded ? " by a later one" : ""
    return switch end.result {
    case .success(let revision): "at \(revision)" + later
    case .failure(let failure): "(\(failure.code))" + (failure.mayHaveHappened ? "?" : "") + later
    }
  }

  private func wait(_ number: UInt64) -> CallID { CallID(rawValue: number) }

  private mutating func succeed(revision: Int64, now: Instant = .at(0)) -> [String] {
    text(keepalive.answered(.success(.txn(revision: revision)), now: now, random: &longest))
  }

  /// The guard fails. `hasStray`: an attempt before may have got through.
  private mutating func find(_ found: KeyValue?, hasStray: Bool = false, now: Instant = .at(0)) -> [String] {
    text(
      keepalive.answered(
        .success(.txn(revision: 99, found: found)), hasStray: hasStray, now: now, random: &longest))
  }

  /// Whether it happened is not known, unless it is `certain` that it did not.
  private mutating func fail(
    _ failure: Failure = .unreachable, isCertain: Bool = false, now: Instant = .at(0)
  ) -> [String] {
    text(keepalive.answered(.failure(failure), hasStray: !isCertain, now: now, random: &longest))
  }

  private let leaseNotFound = Failure(.server, "no lease", reason: .leaseNotFound)

  private mutating func claim() {
    _ = keepalive.leaseGranted(lease)
  }

  /// Holds `v` at revision 5.
  private mutating func hold() {
    claim()
    _ = succeed(revision: 5)
  }

  // MARK: Claiming

  @Test mutating func aKeepaliveWaitsForALease() {
    #expect(keepalive.publicState == .waiting)
    #expect(keepalive.wakeTime == nil)
    #expect(text(keepalive.tick(now: .distantFuture)) == [])
  }

  @Test mutating func aKeyIsClaimedOnlyIfItDoesNotExist() {
    #expect(text(keepalive.leaseGranted(lease)) == ["claiming lease 7", "put v if absent lease 7"])
    #expect(keepalive.publicState == .claiming)
    #expect(text(keepalive.leaseGranted(8)) == [])
  }

  @Test mutating func aClaimThatGetsThroughHoldsTheKey() {
    claim()
    #expect(succeed(revision: 5) == ["held lease 7 revision 5"])
    #expect(keepalive.publicState == .held)
    #expect(keepalive.wakeTime == nil)
  }

  @Test mutating func aKeyWithOurValueIsTakenOverUnderTheRevisionThatWasRead() {
    claim()
    #expect(find(KeyValue("k", "v", mod: 3, lease: 1)) == ["put v if mod 3 of 1 lease 7"])
    #expect(keepalive.publicState == .claiming)
    #expect(succeed(revision: 6) == ["held lease 7 revision 6"])
  }

  @Test mutating func aKeyWithAnotherValueIsAConflictAndNothingIsWritten() {
    claim()
    #expect(find(KeyValue("k", "other", mod: 3, lease: 1)) == ["conflict (conflict) owner other"])
    #expect(keepalive.publicState == .conflict)
    #expect(keepalive.wakeTime == nil)
    #expect(text(keepalive.leaseLost(lost)) == [])
    #expect(text(keepalive.leaseGranted(8)) == [])
    #expect(text(keepalive.setValue(utf8("other"))) == ["refused"])
    #expect(keepalive.publicState == .conflict)
  }

  @Test mutating func aKeyWithAnEmptyValueIsNotOurs() {
    claim()
    #expect(find(KeyValue("k", "", mod: 3)) == ["conflict (conflict) owner "])
  }

  @Test mutating func aTakeOverThatComesTooLateLooksAgain() {
    claim()
    _ = find(KeyValue("k", "v", mod: 3, lease: 1))
    // Another process has taken the key meanwhile.
    #expect(find(KeyValue("k", "other", mod: 4, lease: 2)) == ["conflict (conflict) owner other"])
  }

  @Test mutating func aKeyThatVanishesDuringTheTakeOverIsCreated() {
    claim()
    _ = find(KeyValue("k", "v", mod: 3, lease: 1))
    #expect(find(nil) == ["put v if absent lease 7"])
  }

  /// The answer to an earlier try went missing, or the keepalive before left the key; a removal of that one may still be
  /// on its way, guarded by the revision that is there now.
  @Test mutating func aKeyWithOurLeaseIsTakenOverWithANewRevision() {
    claim()
    #expect(find(KeyValue("k", "v", mod: 4, lease: 7)) == ["put v if mod 4 of 7 lease 7"])
    #expect(succeed(revision: 5) == ["held lease 7 revision 5"])
  }

  @Test mutating func aTakeoverWhoseAnswerWentMissingIsNotDoneAgain() {
    claim()
    _ = find(KeyValue("k", "v", mod: 4, lease: 7))
    #expect(find(KeyValue("k", "v", mod: 5, lease: 7), hasStray: true) == ["held lease 7 revision 5"])
  }

  /// Of a lease that was handed on, and under which somebody else puts keys too.
  @Test mutating func whatWasNotOurDoingUnderOurLeaseIsNotOurs() {
    hold()
    #expect(
      text(keepalive.isOtherThan(.init(modRevision: 5, lease: 7), KeyValue("k", "", mod: 6, lease: 7))).count == 3)
    #expect(find(KeyValue("k", "w", mod: 6, lease: 7)) == ["conflict (conflict) owner w"])
  }

  // MARK: Whose it is

  private mutating func claim(_ policy: ClaimPolicy, _ value: String = "v", _ identity: Identity = .wholeValue) {
    keepalive = Keepalive(
      Claim(key: utf8("k"), value: utf8(value), policy: policy, identity: identity), backoff: Self.backoff)
    claim()
  }

  private let theirs = KeyValue("k", "other", mod: 3, lease: 1)
  private let same = KeyValue("k", "v", mod: 3, lease: 1)

  /// Only what it is known to have held itself is better than what etcd will not have.
  @Test mutating func whatAnotherHasPutThereIsNotTakenForOurs() {
    claim(.always)
    _ = succeed(revision: 5)
    _ = keepalive.setValue(utf8("huge"))
    _ = fail(Failure(.server, "request is too large", reason: .requestTooLarge), isCertain: true)
    _ = keepalive.isOtherThan(.init(modRevision: 5, lease: 7), theirs)
    _ = find(theirs)
    _ = keepalive.retry(lease: 7)
    #expect(find(theirs) == ["put v if mod 3 of 1 lease 7"])
  }

  /// A claim that got through late, when somebody else had had the key in between.
  @Test mutating func aKeyThatWasMadeAnewIsNotTheOneThatWasHeld() {
    claim()
    _ = fail()
    _ = keepalive.tick(now: .at(100))
    _ = succeed(revision: 5)
    _ = keepalive.setValue(utf8("w"))
    var late = KeyValue("k", "v", mod: 9, lease: 7)
    late.createRevision = 9
    #expect(find(late) == ["lost lease 7 (conflict)", "claiming lease 7", "put w if absent lease 7"])
    #expect(find(late) == ["put w if mod 9 of 7 lease 7"])
  }

  @Test mutating func aStepThatIsGivenUpMayStillGetThrough() {
    claim()
    _ = keepalive.remove(deadline: .at(5000))
    _ = keepalive.tick(now: .at(5000))
    #expect(keepalive.strayLease == 7 && keepalive.strayValues == [utf8("v").hashValue])
  }

  @Test func anEmptyIdentityIsNone() {
    #expect(Identity.prefix(before: utf8(";")).of(utf8(";1")) == nil)
    #expect(Identity.jsonField(utf8("id")).of(utf8(#"{"id":""}"#)) == nil)
  }

  @Test mutating func ifAbsentMeansThatNoValueCounts() {
    claim(.ifAbsent)
    #expect(find(same) == ["conflict (conflict) owner v"])
  }

  @Test(arguments: ClaimPolicy.allCases)
  mutating func aKeyUnderTheLeaseIsOursWhateverThePolicy(policy: ClaimPolicy) {
    claim(policy)
    #expect(find(KeyValue("k", "w", mod: 4, lease: 7)) == ["put v if mod 4 of 7 lease 7"])
  }

  @Test mutating func alwaysTakesItOverAsItWasRead() {
    claim(.always)
    #expect(find(theirs) == ["put v if mod 3 of 1 lease 7"])
    #expect(find(KeyValue("k", "x", mod: 8, lease: 2)) == ["put v if mod 8 of 2 lease 7"])
    #expect(succeed(revision: 9) == ["held lease 7 revision 9"])
  }

  @Test(arguments: [Identity.prefix(before: utf8(";")), .jsonField(utf8("id"))])
  mutating func aPartOfTheValueSaysWhoseItIs(identity: Identity) {
    let (ours, before, others) =
      identity == .jsonField(utf8("id"))
      ? (#"{"id":"blue","pid":2}"#, #"{"pid":1,"id":"blue"}"#, #"{"id":"red","pid":2}"#) : ("blue;2", "blue;1", "red;2")
    claim(.ifAbsentOrSame, ours, identity)
    #expect(find(KeyValue("k", before, mod: 3, lease: 1)) == ["put \(ours) if mod 3 of 1 lease 7"])
    claim(.ifAbsentOrSame, ours, identity)
    #expect(find(KeyValue("k", others, mod: 3, lease: 1)) == ["conflict (conflict) owner \(others)"])
    claim(.ifAbsentOrSame, ours, identity)
    #expect(find(KeyValue("k", "blue", mod: 3, lease: 1)) == ["conflict (conflict) owner blue"])
  }

  @Test mutating func aValueWithoutThePartIsNobodys() {
    claim(.ifAbsentOrSame, "blue", .prefix(before: utf8(";")))
    #expect(find(KeyValue("k", "blue", mod: 3, lease: 1)) == ["conflict (conflict) owner blue"])
  }

  @Test mutating func theHostIsAskedAndTakesItOver() {
    claim(.ask)
    #expect(find(theirs) == ["ask about other"])
    #expect(keepalive.publicState == .claiming && keepalive.questionedRevision == 3)
    #expect(text(keepalive.decide(.ours, modRevision: 2)) == [])
    #expect(text(keepalive.decide(.ours, modRevision: 3)) == ["put v if mod 3 of 1 lease 7"])
    #expect(text(keepalive.decide(.ours, modRevision: 3)) == [])
    // It was another's by then.
    #expect(find(KeyValue("k", "x", mod: 8, lease: 2)) == ["ask about x"])
    #expect(text(keepalive.decide(.conflict, modRevision: 8)) == ["conflict (conflict) owner x"])
  }

  @Test mutating func anAnswerThatComesTooLateIsNone() {
    claim(.ask)
    _ = find(theirs)
    #expect(text(keepalive.leaseLost(lost)) == ["abandon", "waiting (leaseLost) attempts 1"])
    #expect(text(keepalive.decide(.ours, modRevision: 3)) == [])
    _ = keepalive.leaseGranted(8)
    _ = find(theirs)
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["removing lease 8", "delete if mod 0 of 0 until 5000"])
    #expect(text(keepalive.decide(.ours, modRevision: 3)) == [])
  }

  @Test mutating func aKeyThatIsWaitedForIsClaimedWhenItIsGone() {
    claim(.wait)
    #expect(find(same) == ["blocked lease 7 owner v", "watch from 100"])
    #expect(keepalive.publicState == .blocked && keepalive.wakeTime == nil)
    #expect(text(keepalive.isGone()) == ["end watch", "claiming lease 7", "put v if absent lease 7"])
    #expect(text(keepalive.isGone()) == [])
    #expect(find(theirs) == ["blocked lease 7 owner other", "watch from 100"])
    _ = keepalive.isGone()
    #expect(succeed(revision: 120) == ["held lease 7 revision 120"])
  }

  @Test mutating func whoWaitsLetsGoOfItsWatch() {
    claim(.wait)
    _ = find(theirs)
    #expect(text(keepalive.leaseLost(lost)) == ["end watch", "waiting (leaseLost) attempts 1"])
    _ = keepalive.leaseGranted(8)
    _ = find(theirs)
    #expect(text(keepalive.setValue(utf8("w"))) == [])
    let failure = Failure(.compacted, "gone")
    let actions = keepalive.watchEnded(failure, now: .at(0), random: &longest)
    #expect(text(actions) == ["end watch", "claiming lease 8 (compacted) attempts 1"])
    #expect(text(keepalive.tick(now: .at(200))) == ["put w if absent lease 8"])
    _ = find(theirs)
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["end watch", "ended"])
    claim(.wait)
    _ = find(theirs)
    #expect(text(keepalive.close()) == ["end watch", "ended"])
  }

  /// Or two processes with one identity would take it from each other in turns.
  @Test(arguments: [ClaimPolicy.ifAbsentOrSame, .ifAbsent, .always, .ask])
  mutating func whatWasHeldAndIsLostIsNotTakenBack(policy: ClaimPolicy) {
    claim(policy)
    _ = succeed(revision: 5)
    let taken = keepalive.isOtherThan(.init(modRevision: 5, lease: 7), KeyValue("k", "", mod: 6, lease: 1))
    #expect(text(taken) == ["lost lease 7 (conflict)", "claiming lease 7", "put v if absent lease 7"])
    #expect(find(KeyValue("k", "v", mod: 6, lease: 1)) == ["conflict (conflict) owner v"])
  }

  @Test mutating func whoWaitsWaitsAgainForWhatItHasLost() {
    claim(.wait)
    _ = succeed(revision: 5)
    _ = keepalive.isOtherThan(.init(modRevision: 5, lease: 7), same)
    #expect(find(same) == ["blocked lease 7 owner v", "watch from 100"])
  }

  @Test mutating func inAnotherStoreItIsAFirstClaimAgain() {
    hold()
    keepalive.storeReplaced()
    _ = keepalive.leaseLost(lost)
    _ = keepalive.leaseGranted(8)
    #expect(find(same) == ["put v if mod 3 of 1 lease 8"])
  }

  @Test mutating func aConflictIsTriedAgainAsAFirstClaim() {
    hold()
    #expect(text(keepalive.retry(lease: 7)) == ["refused"])
    _ = keepalive.isOtherThan(.init(modRevision: 5, lease: 7), same)
    _ = find(same)
    #expect(text(keepalive.retry(lease: 7)) == ["claiming lease 7", "put v if absent lease 7"])
    #expect(find(same) == ["put v if mod 3 of 1 lease 7"])
    claim(.ifAbsent)
    _ = find(same)
    #expect(text(keepalive.retry(lease: 0)) == ["waiting"])
    #expect(text(keepalive.leaseGranted(9)) == ["claiming lease 9", "put v if absent lease 9"])
  }

  @Test mutating func theFenceIsTheRevisionByWhichItBecameOurs() {
    func fence(_ actions: [Keepalive.Action]) -> Int64? {
      actions.lazy.compactMap { if case .report(let report) = $0 { report.fence } else { nil } }.first
    }
    claim()
    let claimed = keepalive.answered(.success(.txn(revision: 5)), now: .at(0), random: &longest)
    #expect(fence(claimed) == 5)
    _ = keepalive.setValue(utf8("w"))
    let written = keepalive.answered(.success(.txn(revision: 9)), now: .at(0), random: &longest)
    #expect(fence(written) == 5)
    #expect(keepalive.heldVersion == Keepalive.Version(modRevision: 9, lease: 7))
  }

  /// Its answer went missing, and the next attempt was refused.
  @Test mutating func aChangeOfOursThatGotThroughIsNoTheft() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    _ = fail(Failure(.server, "request is too large", reason: .requestTooLarge))
    #expect(keepalive.heldVersion == Keepalive.Version(modRevision: 5, lease: 7))
    var changed = KeyValue("k", "", mod: 6, lease: 7)
    changed.createRevision = 5
    #expect(text(keepalive.isOtherThan(.init(modRevision: 5, lease: 7), changed)) == [])
    #expect(keepalive.heldVersion == Keepalive.Version(modRevision: 6, lease: 7))
    #expect(text(keepalive.setValue(utf8("x"))) == ["put x if mod 6 of 7 lease 7"])
  }

  @Test mutating func whatIsAsItWasLeftIsHeld() {
    hold()
    #expect(text(keepalive.isOtherThan(.init(modRevision: 4, lease: 7), nil)) == [])
    _ = keepalive.setValue(utf8("w"))
    #expect(keepalive.heldVersion == nil)
    #expect(text(keepalive.isOtherThan(.init(modRevision: 5, lease: 7), nil)) == [])
    _ = succeed(revision: 6)
    let taken = keepalive.isOtherThan(.init(modRevision: 6, lease: 7), nil)
    #expect(text(taken) == ["lost lease 7 (keyDeleted)", "claiming lease 7", "put w if absent lease 7"])
  }

  @Test mutating func aClaimIsRepeatedAfterABackoffAndSaysWhy() {
    claim()
    #expect(fail(now: .at(0)) == ["claiming lease 7 (unavailable) attempts 1"])
    #expect(keepalive.publicState == .claiming)
    #expect(keepalive.wakeTime == .at(100))
    #expect(text(keepalive.tick(now: .at(99))) == [])
    #expect(text(keepalive.tick(now: .at(100))) == ["put v if absent lease 7"])
    _ = fail(now: .at(100))
    #expect(keepalive.wakeTime == .at(300))
  }

  @Test mutating func aLeaseThatTheServerDoesNotKnowIsReported() {
    claim()
    #expect(fail(leaseNotFound) == ["lease 7 not found"])
    #expect(text(keepalive.leaseLost(lost)) == ["abandon", "waiting (leaseLost) attempts 2"])
  }

  @Test mutating func anAnswerThatIsNoneIsAFailure() {
    claim()
    #expect(
      text(keepalive.answered(.success(.put(PutResponse())), now: .at(0), random: &longest))
        == ["claiming lease 7 (protocol) attempts 1"])
    _ = keepalive.tick(now: .at(100))
    #expect(
      text(keepalive.answered(.success(.txn(TxnResponse())), now: .at(0), random: &longest))
        == ["claiming lease 7 (protocol) attempts 2"])
  }

  // MARK: The lease

  @Test mutating func losingTheLeaseLosesTheKeyAndLeadsThroughAClaimAgain() {
    hold()
    #expect(text(keepalive.leaseLost(lost)) == ["abandon", "lost lease 7 (leaseLost)", "waiting"])
    #expect(keepalive.publicState == .waiting)
    #expect(text(keepalive.leaseGranted(8)) == ["claiming lease 8", "put v if absent lease 8"])
    // The new owner is not overwritten.
    #expect(find(KeyValue("k", "other", mod: 9, lease: 3)) == ["conflict (conflict) owner other"])
  }

  @Test mutating func losingTheLeaseWhileClaimingStartsOver() {
    claim()
    #expect(text(keepalive.leaseLost(lost)) == ["abandon", "waiting (leaseLost) attempts 1"])
    claim()
    _ = fail()
    #expect(text(keepalive.leaseLost(lost)) == ["abandon", "waiting (leaseLost) attempts 3"])
    #expect(keepalive.wakeTime == nil)
  }

  @Test mutating func losingTheLeaseWhileWritingLosesTheKey() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    #expect(text(keepalive.leaseLost(lost)) == ["abandon", "lost lease 7 (leaseLost)", "waiting"])
    #expect(text(keepalive.leaseGranted(8)) == ["claiming lease 8", "put w if absent lease 8"])
  }

  @Test mutating func losingALeaseBeforeThereIsOneIsNothing() {
    #expect(text(keepalive.leaseLost(lost)) == [])
  }

  /// The lease outlives its local deadline at the server for a while: what is found then is our own key.
  @Test mutating func aKeyThatIsStillThereUnderOurLostLeaseIsOursWhateverItHolds() {
    hold()
    _ = keepalive.leaseLost(lost)
    _ = keepalive.setValue(utf8("w"))
    #expect(text(keepalive.leaseGranted(8)) == ["claiming lease 8", "put w if absent lease 8"])
    #expect(find(KeyValue("k", "v", mod: 5, lease: 7)) == ["put w if mod 5 of 7 lease 8"])
  }

  // MARK: Changes of the value

  @Test mutating func aChangeIsWrittenUnderTheRevisionWeLeft() {
    hold()
    #expect(text(keepalive.setValue(utf8("w"))) == ["put w if mod 5 of 7 lease 7"])
    #expect(keepalive.publicState == .held)
    #expect(succeed(revision: 6) == ["held lease 7 revision 6"])
    #expect(text(keepalive.setValue(utf8("x"))) == ["put x if mod 6 of 7 lease 7"])
  }

  @Test mutating func changesCoalesceAndTheLastOneWins() {
    hold()
    _ = keepalive.setValue(utf8("1"))
    #expect(text(keepalive.setValue(utf8("2"))) == [])
    #expect(text(keepalive.setValue(utf8("3"))) == [])
    #expect(succeed(revision: 6) == ["held lease 7 revision 6", "put 3 if mod 6 of 7 lease 7"])
    #expect(succeed(revision: 7) == ["held lease 7 revision 7"])
  }

  @Test mutating func aValueThatIsThereAlreadyIsNotWritten() {
    hold()
    #expect(text(keepalive.setValue(utf8("v"))) == [])
    _ = keepalive.setValue(utf8("w"))
    // Set back while the change is under way: that has to be undone.
    _ = keepalive.setValue(utf8("v"))
    #expect(succeed(revision: 6) == ["held lease 7 revision 6", "put v if mod 6 of 7 lease 7"])
  }

  @Test mutating func aChangeBeforeTheClaimIsWhatIsClaimedWith() {
    #expect(text(keepalive.setValue(utf8("w"))) == [])
    #expect(text(keepalive.leaseGranted(lease)) == ["claiming lease 7", "put w if absent lease 7"])
  }

  @Test mutating func aChangeDuringTheClaimFollowsIt() {
    claim()
    #expect(text(keepalive.setValue(utf8("w"))) == [])
    #expect(succeed(revision: 5) == ["held lease 7 revision 5", "put w if mod 5 of 7 lease 7"])
  }

  @Test mutating func aKeyWithTheValueThatWasClaimedWithIsTakenOverWithTheNewOne() {
    claim()
    _ = keepalive.setValue(utf8("w"))
    #expect(find(KeyValue("k", "v", mod: 3, lease: 1)) == ["put w if mod 3 of 1 lease 7"])
  }

  @Test mutating func aKeyFromBeforeARestartIsOursThoughTheValueWasSetBeforeItWasClaimed() {
    _ = keepalive.setValue(utf8("v2"))
    claim()
    #expect(find(KeyValue("k", "v", mod: 3)) == ["put v2 if mod 3 of 0 lease 7"])
  }

  @Test mutating func aValueWhoseWriteHasNoAnswerIsOursAfterTwoLeasesWereLost() {
    hold()
    _ = keepalive.setValue(utf8("v2"))
    _ = keepalive.setValue(utf8("v3"))
    _ = fail()
    _ = keepalive.leaseLost(lost)
    _ = keepalive.leaseGranted(8)
    _ = keepalive.leaseLost(lost)
    _ = keepalive.leaseGranted(9)
    #expect(find(KeyValue("k", "v2", mod: 6, lease: 7)) == ["put v3 if mod 6 of 7 lease 9"])
  }

  @Test mutating func whatAKeyMayHoldIsRememberedWithinBounds() {
    claim()
    for index in 0..<100 {
      _ = keepalive.setValue(utf8("v\(index)"))
      _ = fail()
      _ = keepalive.tick(now: .at(1_000_000))
    }
    #expect(find(KeyValue("k", "v50", mod: 3)).first?.hasPrefix("conflict") == true)
  }

  @Test mutating func aChangeThatFailsIsToldAndTriedAgain() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    #expect(fail(now: .at(0)) == ["held lease 7 revision 5 (unavailable) attempts 1"])
    #expect(keepalive.publicState == .held)
    #expect(keepalive.wakeTime == .at(100))
    #expect(text(keepalive.tick(now: .at(100))) == ["put w if mod 5 of 7 lease 7"])
    // It had got through before: found under our lease.
    var same = KeyValue("k", "w", mod: 6, lease: 7)
    same.createRevision = 5
    #expect(find(same) == ["held lease 7 revision 6"])
    #expect(keepalive.wakeTime == nil)
  }

  /// The failed write may have happened: what the key holds is not known, so `v` has to be written again.
  @Test mutating func aValueThatIsSetBackAfterAFailedChangeIsWritten() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    _ = fail(Failure(.timeout, "no answer"), now: .at(0))
    let now = text(keepalive.setValue(utf8("v")))
    let later = text(keepalive.tick(now: .at(100)))
    #expect(now + later == ["put v if mod 5 of 7 lease 7"])
  }

  @Test mutating func aKeyThatOthersDeletedIsLostAndClaimedAgain() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    #expect(find(nil) == ["lost lease 7 (keyDeleted)", "claiming lease 7", "put w if absent lease 7"])
    #expect(keepalive.publicState == .claiming)
  }

  @Test mutating func aKeyThatOthersOverwroteIsLostAndTheOtherIsNotOverwritten() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    let other = KeyValue("k", "other", mod: 8, lease: 3)
    #expect(find(other) == ["lost lease 7 (conflict)", "claiming lease 7", "put w if absent lease 7"])
    #expect(find(other) == ["conflict (conflict) owner other"])
  }

  @Test mutating func aChangeWhoseLeaseIsUnknownReportsTheLease() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    #expect(fail(leaseNotFound) == ["lease 7 not found"])
  }

  // MARK: What becomes of a value

  @Test mutating func whatBecomesOfAValueIsToldWithTheRevisionThatBroughtIt() {
    hold()
    #expect(text(keepalive.setValue(utf8("w"), for: wait(1))) == ["put w if mod 5 of 7 lease 7"])
    #expect(succeed(revision: 6) == ["held lease 7 revision 6", "value 1 at 6"])
  }

  @Test mutating func aValueThatIsThereAlreadyIsToldAtOnce() {
    hold()
    #expect(text(keepalive.setValue(utf8("v"), for: wait(1))) == ["value 1 at 5"])
  }

  @Test mutating func theSameValueSetAgainWaitsForTheOneThatIsUnderWay() {
    hold()
    _ = keepalive.setValue(utf8("w"), for: wait(1))
    #expect(text(keepalive.setValue(utf8("w"), for: wait(2))) == [])
    #expect(succeed(revision: 6) == ["held lease 7 revision 6", "value 1 at 6", "value 2 at 6"])
  }

  @Test mutating func valuesThatCoalesceEndWithTheOneThatTookTheirPlace() {
    hold()
    _ = keepalive.setValue(utf8("a"), for: wait(1))
    _ = keepalive.setValue(utf8("b"), for: wait(2))
    _ = keepalive.setValue(utf8("c"))
    _ = keepalive.setValue(utf8("d"), for: wait(3))
    #expect(succeed(revision: 6) == ["held lease 7 revision 6", "value 1 at 6", "put d if mod 6 of 7 lease 7"])
    #expect(succeed(revision: 7) == ["held lease 7 revision 7", "value 2 at 7 by a later one", "value 3 at 7"])
  }

  @Test mutating func aValueThatIsSetBackIsThereWithoutAWrite() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    _ = keepalive.setValue(utf8("x"), for: wait(1))
    _ = keepalive.setValue(utf8("w"), for: wait(2))
    #expect(succeed(revision: 6) == ["held lease 7 revision 6", "value 1 at 6 by a later one", "value 2 at 6"])
  }

  @Test mutating func aValueSetBeforeTheClaimEndsWithTheClaim() {
    _ = keepalive.setValue(utf8("w"), for: wait(1))
    claim()
    #expect(succeed(revision: 5) == ["held lease 7 revision 5", "value 1 at 5"])
  }

  @Test mutating func thatTheKeyIsLostIsNoEndOfAValue() {
    hold()
    _ = keepalive.setValue(utf8("w"), for: wait(1))
    #expect(!text(keepalive.leaseLost(lost)).contains { $0.hasPrefix("value") })
    _ = keepalive.leaseGranted(8)
    #expect(succeed(revision: 9) == ["held lease 8 revision 9", "value 1 at 9"])
  }

  @Test mutating func aWriteWithoutAnAnswerIsNoEndOfAValue() {
    hold()
    _ = keepalive.setValue(utf8("w"), for: wait(1))
    #expect(!fail().contains { $0.hasPrefix("value") })
    #expect(text(keepalive.tick(now: .at(5000))) == ["put w if mod 5 of 7 lease 7"])
    var own = KeyValue("k", "w", mod: 6, lease: 7)
    own.createRevision = 5
    #expect(find(own, hasStray: true) == ["held lease 7 revision 6", "value 1 at 6"])
  }

  @Test mutating func aRefusalEndsTheWaitAndNotOnesForLaterValues() {
    hold()
    _ = keepalive.setValue(utf8("huge"), for: wait(1))
    _ = keepalive.setValue(utf8("w"), for: wait(2))
    #expect(
      fail(tooLarge) == [
        "held lease 7 revision 5 (server) attempts 1", "value 1 (server)", "put w if mod 5 of 7 lease 7",
      ])
    #expect(succeed(revision: 6) == ["held lease 7 revision 6", "value 2 at 6"])
  }

  @Test mutating func aRefusalIsToldToAllThatHaveSetTheValueMeanwhile() {
    hold()
    _ = keepalive.setValue(utf8("huge"), for: wait(1))
    _ = keepalive.setValue(utf8("w"), for: wait(2))
    _ = keepalive.setValue(utf8("huge"), for: wait(3))
    #expect(fail(tooLarge).filter { $0.hasPrefix("value") }.count == 3)
  }

  @Test mutating func aValueThatWasRefusedIsToldSoAgain() {
    hold()
    _ = keepalive.setValue(utf8("huge"))
    _ = fail(tooLarge)
    #expect(text(keepalive.setValue(utf8("huge"), for: wait(1))) == ["value 1 (server)"])
  }

  @Test mutating func thatThereIsNoSpaceEndsTheWaitAndIsTriedAgain() {
    hold()
    _ = keepalive.setValue(utf8("w"), for: wait(1))
    #expect(fail(noSpace) == ["held lease 7 revision 5 (server) attempts 1", "value 1 (server)"])
    #expect(text(keepalive.tick(now: .at(5000))) == ["put w if mod 5 of 7 lease 7"])
    #expect(succeed(revision: 6) == ["held lease 7 revision 6"])
  }

  @Test mutating func aConflictARemovalAndACloseEndIt() {
    claim()
    _ = keepalive.setValue(utf8("w"), for: wait(1))
    let others = KeyValue("k", "x", mod: 3, lease: 1)
    #expect(find(others).last == "value 1 (conflict)?")

    var removed = Keepalive(Claim(key: utf8("k"), value: utf8("v")), backoff: Self.backoff)
    _ = removed.setValue(utf8("w"), for: wait(2))
    _ = removed.leaseGranted(lease)
    #expect(text(removed.remove(deadline: .at(9))) == ["removing lease 7", "value 2 (closed)?"])

    var closed = Keepalive(Claim(key: utf8("k"), value: utf8("v")), backoff: Self.backoff)
    _ = closed.setValue(utf8("w"), for: wait(3))
    #expect(text(closed.close()) == ["abandon", "ended", "value 3 (cancelled)?"])
    #expect(text(closed.setValue(utf8("x"), for: wait(4))) == ["refused"])
  }

  // MARK: What etcd refuses

  private let tooLarge = Failure(.server, "request is too large", reason: .requestTooLarge, grpcCode: 3)
  private let noSpace = Failure(.server, "database space exceeded", reason: .noSpace, grpcCode: 8)

  @Test mutating func aValueThatIsRefusedIsToldOnceAndNotTriedAgain() {
    hold()
    _ = keepalive.setValue(utf8("huge"))
    #expect(fail(tooLarge) == ["held lease 7 revision 5 (server) attempts 1"])
    #expect(keepalive.publicState == .held)
    #expect(keepalive.wakeTime == nil)
    #expect(text(keepalive.tick(now: .distantFuture)) == [])
    // Nor by being set again.
    #expect(text(keepalive.setValue(utf8("huge"))) == [])
  }

  @Test mutating func afterARefusalAnotherValueIsWritten() {
    hold()
    _ = keepalive.setValue(utf8("huge"))
    _ = fail(tooLarge)
    #expect(text(keepalive.setValue(utf8("w"))) == ["put w if mod 5 of 7 lease 7"])
    #expect(succeed(revision: 6) == ["held lease 7 revision 6"])
    // What was refused once may be tried once more, after another.
    #expect(text(keepalive.setValue(utf8("huge"))) == ["put huge if mod 6 of 7 lease 7"])
    #expect(fail(tooLarge) == ["held lease 7 revision 6 (server) attempts 1"])
  }

  @Test mutating func theValueThatIsThereIsNotWrittenAgainAfterARefusal() {
    hold()
    _ = keepalive.setValue(utf8("huge"))
    _ = fail(tooLarge, isCertain: true)
    #expect(text(keepalive.setValue(utf8("v"))) == [])
    #expect(keepalive.publicState == .held)
  }

  @Test mutating func aValueThatWasSetBeforeTheRefusalOfAnotherIsWritten() {
    hold()
    _ = keepalive.setValue(utf8("huge"))
    _ = keepalive.setValue(utf8("w"))
    #expect(fail(tooLarge) == ["held lease 7 revision 5 (server) attempts 1", "put w if mod 5 of 7 lease 7"])
  }

  @Test mutating func aKeyWhoseValueIsRefusedIsClaimedAgainWithTheOneBeforeAndSaysSo() {
    hold()
    _ = keepalive.setValue(utf8("huge"))
    _ = fail(tooLarge)
    _ = keepalive.leaseLost(lost)
    #expect(text(keepalive.leaseGranted(8)) == ["claiming lease 8", "put v if absent lease 8"])
    #expect(succeed(revision: 9) == ["held lease 8 revision 9 (server) attempts 1"])
  }

  /// A change whose answer was lost may have got through: it is not undone for want of a better one.
  @Test mutating func aKeyWhoseValueIsRefusedKeepsTheLaterOneThatGotThrough() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    _ = keepalive.leaseLost(lost)
    _ = keepalive.setValue(utf8("huge"))
    _ = keepalive.leaseGranted(8)
    _ = fail(tooLarge, now: .at(0))
    #expect(text(keepalive.tick(now: .at(5000))) == ["put v if absent lease 8"])
    #expect(find(KeyValue("k", "w", mod: 6, lease: 7)) == ["put w if mod 6 of 7 lease 8"])
    #expect(succeed(revision: 9) == ["held lease 8 revision 9 (server) attempts 1"])
  }

  @Test mutating func aClaimThatIsRefusedIsToldAndTriedAgainSlowly() {
    claim()
    #expect(fail(tooLarge, now: .at(0)) == ["claiming lease 7 (server) attempts 1"])
    // Half of the longest back-off at least; this is its end.
    #expect(keepalive.wakeTime == .at(5000))
    let isHastened = keepalive.hasten(to: .at(100))
    #expect(!isHastened)
    #expect(text(keepalive.tick(now: .at(5000))) == ["put v if absent lease 7"])
  }

  @Test mutating func aClaimThatIsRefusedIsTriedAtOnceWithAnotherValue() {
    claim()
    _ = fail(tooLarge)
    #expect(text(keepalive.setValue(utf8("w"))) == ["put w if absent lease 7"])
    #expect(succeed(revision: 5) == ["held lease 7 revision 5"])
  }

  @Test mutating func aValueThatIsSetDuringABackoffWaitsForItsEnd() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    #expect(fail(noSpace, now: .at(0)) == ["held lease 7 revision 5 (server) attempts 1"])
    #expect(keepalive.wakeTime == .at(5000))
    #expect(text(keepalive.setValue(utf8("x"))) == [])
    #expect(text(keepalive.tick(now: .at(5000))) == ["put x if mod 5 of 7 lease 7"])
  }

  @Test mutating func whatStaysTheSameIsToldLessAndLess() {
    claim()
    var told: [Int] = []
    for attempt in 1...20 {
      if !fail(now: .at(0)).isEmpty { told.append(attempt) }
      _ = keepalive.tick(now: .distantFuture)
    }
    #expect(told == [1, 2, 4, 8, 16])
    // Another reason is told at once.
    #expect(fail(noSpace) == ["claiming lease 7 (server) attempts 21"])
  }

  @Test mutating func whoWaitsForALeaseIsToldThatThereIsNone() {
    #expect(text(keepalive.leaseNotGranted(noSpace, attempts: 3)) == ["remind: waiting (server) attempts 3"])
    hold()
    #expect(text(keepalive.leaseNotGranted(noSpace, attempts: 4)) == [])
  }

  // MARK: Removal

  /// In a store that was replaced, another's key may have the very revision that ours had, but not its lease.
  @Test mutating func aHeldKeyIsDeletedAsWeLeftIt() {
    hold()
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["removing lease 7", "delete if mod 5 of 7 until 5000"])
    #expect(keepalive.publicState == .removing)
    #expect(succeed(revision: 6) == ["ended"])
    #expect(keepalive.publicState == .ended)
    #expect(keepalive.wakeTime == nil)
  }

  @Test mutating func aKeyThatIsAnothersIsLeftAlone() {
    hold()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(find(KeyValue("k", "other", mod: 8, lease: 3)) == ["ended"])
  }

  @Test mutating func whatNeverTouchedEtcdEndsAtOnce() {
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["ended"])
  }

  @Test mutating func aConflictEndsAtOnce() {
    claim()
    _ = find(KeyValue("k", "other", mod: 3))
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["ended"])
  }

  @Test mutating func aRemovalWaitsForTheClaimThatIsUnderWay() {
    claim()
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["removing lease 7"])
    #expect(succeed(revision: 5) == ["delete if mod 5 of 7 until 5000"])
    #expect(succeed(revision: 6) == ["ended"])
  }

  @Test mutating func aClaimThatHadGotThroughIsDeletedToo() {
    claim()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(find(KeyValue("k", "v", mod: 3, lease: 7), hasStray: true) == ["delete if mod 3 of 7 until 5000"])
    #expect(find(nil) == ["ended"])
  }

  /// Nothing is known of the key: a revision of 0 is that of a key that does not exist.
  @Test mutating func aClaimThatMayHaveGotThroughIsDeletedToo() {
    claim()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(fail() == ["delete if mod 0 of 0 until 5000"])
    #expect(find(KeyValue("k", "v", mod: 3, lease: 7)) == ["delete if mod 3 of 7 until 5000"])
    #expect(succeed(revision: 6) == ["ended"])
  }

  /// The key is still there under the lease from before, which the server lets live on for a while.
  @Test mutating func aKeyUnderTheFormerLeaseIsDeletedAsItWasRead() {
    hold()
    _ = keepalive.leaseLost(lost)
    _ = keepalive.leaseGranted(8)
    _ = keepalive.remove(deadline: .at(5000))
    #expect(find(KeyValue("k", "v", mod: 5, lease: 7)) == ["delete if mod 5 of 7 until 5000"])
    _ = fail(now: .at(0))
    #expect(text(keepalive.tick(now: .at(100))) == ["delete if mod 5 of 7 until 5000"])
  }

  /// Guarded by the lease alone, the first removal, if it is still on its way, would delete what was claimed after it.
  @Test mutating func aRemovalThatIsTriedAgainKeepsItsGuard() {
    hold()
    _ = keepalive.remove(deadline: .at(5000))
    _ = fail(now: .at(0))
    #expect(text(keepalive.tick(now: .at(100))) == ["delete if mod 5 of 7 until 5000"])
  }

  @Test mutating func aRemovalWaitsForTheChangeThatIsUnderWay() {
    hold()
    _ = keepalive.setValue(utf8("w"))
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["removing lease 7"])
    #expect(text(keepalive.setValue(utf8("x"))) == ["refused"])
    #expect(succeed(revision: 6) == ["delete if mod 6 of 7 until 5000"])
  }

  @Test mutating func aClaimThatBacksOffIsDeletedToo() {
    claim()
    _ = fail()
    #expect(text(keepalive.remove(deadline: .at(5000))) == ["removing lease 7", "delete if mod 0 of 0 until 5000"])
  }

  @Test mutating func aRemovalIsTriedAgainUntilItsDeadline() {
    hold()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(fail(now: .at(0)) == [])
    #expect(keepalive.wakeTime == .at(100))
    #expect(text(keepalive.tick(now: .at(100))) == ["delete if mod 5 of 7 until 5000"])
    #expect(fail(now: .at(4950)) == [])
    #expect(keepalive.wakeTime == .at(5000))
    #expect(text(keepalive.tick(now: .at(5000))) == ["abandon", "ended (timeout)"])
  }

  @Test mutating func aRemovalThatFailsPastItsDeadlineEnds() {
    hold()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(fail(now: .at(5000)) == ["ended (unavailable)"])
  }

  @Test mutating func aRemovalWhoseStepNeverEndsIsOverAtItsDeadline() {
    claim()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(keepalive.wakeTime == .at(5000))
    #expect(text(keepalive.tick(now: .at(5000))) == ["abandon", "ended (timeout)"])
  }

  /// The server may let the lease live on for a while, and the key with it.
  @Test mutating func aRemovalEndsWithAnErrorWhenTheLeaseIsLost() {
    hold()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(text(keepalive.leaseLost(lost)) == ["abandon", "ended (leaseLost)"])
  }

  @Test mutating func aSecondRemovalIsRefused() {
    hold()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(text(keepalive.remove(deadline: .at(9000))) == ["refused"])
    _ = succeed(revision: 6)
    #expect(text(keepalive.remove(deadline: .at(9000))) == ["refused"])
  }

  // MARK: Ends

  @Test mutating func closingEndsItWhateverItDoes() {
    var waiting = keepalive
    #expect(text(waiting.close()) == ["abandon", "ended"])
    claim()
    var claiming = keepalive
    #expect(text(claiming.close()) == ["abandon", "ended"])
    _ = succeed(revision: 5)
    #expect(text(keepalive.close()) == ["abandon", "ended"])
    #expect(text(keepalive.close()) == [])
  }

  @Test mutating func closingLetsARemovalFinish() {
    hold()
    _ = keepalive.remove(deadline: .at(5000))
    #expect(text(keepalive.close()) == [])
    #expect(keepalive.publicState == .removing)
  }

  @Test mutating func answersAfterTheEndChangeNothing() {
    hold()
    _ = keepalive.close()
    #expect(succeed(revision: 9) == [])
    #expect(find(KeyValue("k", "x", mod: 9)) == [])
    #expect(fail() == [])
    #expect(text(keepalive.tick(now: .distantFuture)) == [])
    #expect(text(keepalive.leaseGranted(9)) == [])
    #expect(text(keepalive.leaseLost(lost)) == [])
    #expect(text(keepalive.setValue(utf8("x"))) == ["refused"])
    #expect(keepalive.publicState == .ended)
  }

  @Test mutating func answersThatNobodyWaitsForChangeNothing() {
    #expect(succeed(revision: 9) == [])
    #expect(find(KeyValue("k", "x", mod: 9)) == [])
    #expect(fail() == [])
    #expect(keepalive.state == .waiting)
    hold()
    let held = keepalive.state
    #expect(succeed(revision: 9) == [])
    #expect(find(nil) == [])
    #expect(fail() == [])
    #expect(keepalive.state == held)
  }
}
