import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct ClusterKeepaliveTests {
  @Test func theFirstKeepaliveGrantsTheLeaseAndAllShareIt() throws {
    let scene = Scene()
    let first = try scene.cluster.addKeepalive(Claim(key: utf8("a"), value: utf8("1")))
    let second = try scene.cluster.addKeepalive(Claim(key: utf8("b"), value: utf8("2")))
    #expect(scene.request(.leaseGrant).ttl == 10)
    scene.grant(77)
    #expect(scene.cluster.leaseID == 77)
    let claims = scene.requests(.txn)
    #expect(claims.map(\.success) == [[.put("a", "1", lease: 77)], [.put("b", "2", lease: 77)]])
    for claim in claims { scene.answer(claim.transfer, .txn(revision: 5)) }
    scene.pump()
    let (a, b) = (first.rawValue, second.rawValue)
    #expect(
      scene.news() == [
        "keepalive \(a) waiting", "keepalive \(b) waiting", "keepalive \(a) claiming", "keepalive \(b) claiming",
        "cluster ready", "keepalive \(a) held", "keepalive \(b) held",
      ])
    #expect(scene.reports.last?.lease == 77)
    #expect(scene.reports.last?.revision == 5)
  }

  @Test func aKeepaliveThatComesLaterUsesTheLeaseThatIsThere() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("b"), value: []))
    #expect(scene.requests(.leaseGrant).isEmpty)
    #expect(scene.request(.txn).success == [.put("b", "", lease: 77)])
  }

  @Test func aSecondKeepaliveForAKeyIsRefused() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    #expect(throws: Cluster.KeepaliveRefusal.keyIsTaken) {
      try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    }
    #expect(scene.removeKeepalive(id))
    // Not before it is gone.
    #expect(throws: Cluster.KeepaliveRefusal.keyIsTaken) {
      try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    }
    scene.answer(.txn, .txn(revision: 6))
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
  }

  // MARK: The lease

  @Test func theLeaseIsRenewedAtAThirdOfItsTTL() throws {
    let scene = Scene { $0.leaseTTL = 9 }
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    scene.grant(77, ttl: 9)
    scene.answer(.txn, .txn(revision: 5))
    for _ in 0..<5 {
      scene.advance(ms: 2999)
      #expect(scene.requests(.leaseKeepAlive).isEmpty)
      scene.advance(ms: 1)
      scene.answer(.leaseKeepAlive, .leaseKeepAlive(77, ttl: 9))
    }
    #expect(!scene.news().contains { $0.contains("lost") })
  }

  @Test func severalAttemptsAtARenewalFitIntoTheTTL() throws {
    let scene = Scene(endpoints: 3)
    _ = try scene.heldKeepalive()
    scene.advance(ms: 9999)
    let hosts = scene.started(.leaseKeepAlive).map(\.endpoint)
    #expect(hosts.count >= 3)
    #expect(Set(hosts).count == 3)
  }

  @Test func leaseIsLostAfterItsTTLWithoutAnAnswerAndTheKeyIsClaimedAgain() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive().rawValue
    _ = scene.news()
    scene.advance(ms: 9999)
    #expect(!scene.news().contains("keepalive \(id) lost (leaseLost)"))
    #expect(scene.cluster.leaseID == 77)
    scene.advance(ms: 1)
    #expect(scene.news() == ["keepalive \(id) lost (leaseLost)", "keepalive \(id) waiting"])
    #expect(scene.cluster.leaseID == 0)
    #expect(scene.requests(.leaseKeepAlive).isEmpty)
    // The endpoint is backing off.
    scene.advance(ms: 2000)
    scene.grant(88)
    #expect(scene.request(.txn).compare == [.isAbsent("k")])
    #expect(scene.request(.txn).success == [.put("k", "v", lease: 88)])
    scene.answer(.txn, .txn(revision: 9))
    #expect(scene.news().suffix(2) == ["keepalive \(id) claiming", "keepalive \(id) held"])
  }

  /// What counts is when the attempt that was answered was sent, not one before it.
  @Test func theDeadlineOfTheLeaseCountsFromTheAttemptThatWasAcknowledged() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.heldKeepalive().rawValue
    scene.advance(ms: 3334)
    let first = scene.request(.leaseKeepAlive)
    scene.advance(ms: 2000)
    let second = scene.request(.leaseKeepAlive)
    #expect(second.endpoint != first.endpoint)
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(77, ttl: 10))
    _ = scene.news()
    let left = (second.sentAt + .seconds(10)) - scene.transport.now
    scene.advance(ms: left.millisecondsRoundedUp - 1)
    #expect(scene.cluster.leaseID == 77)
    scene.advance(ms: 1)
    #expect(scene.news().contains("keepalive \(id) lost (leaseLost)"))
  }

  @Test func theDeadlineOfTheLeaseCountsFromTheSendingOfItsGrant() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: [])).rawValue
    scene.advance(ms: 2500)
    scene.grant(77, ttl: 10)
    scene.answer(.txn, .txn(revision: 5))
    scene.advance(ms: 7499)
    #expect(scene.cluster.leaseID == 77)
    scene.advance(ms: 1)
    #expect(scene.news().contains("keepalive \(id) lost (leaseLost)"))
  }

  @Test func aLeaseThatEtcdNoLongerKnowsIsLostAtOnce() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive().rawValue
    _ = scene.news()
    scene.advance(ms: 3400)
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(77, ttl: 0))
    #expect(scene.news() == ["keepalive \(id) lost (leaseLost)", "keepalive \(id) waiting"])
    #expect(scene.requests(.leaseGrant).count == 1)
  }

  @Test func aClaimWhoseLeaseIsUnknownLeadsToANewLease() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: [])).rawValue
    scene.grant(77)
    scene.refuse(.txn, .leaseNotFound)
    scene.grant(88)
    scene.answer(.txn, .txn(revision: 5))
    #expect(
      scene.news().filter { $0.hasPrefix("keepalive") } == [
        "keepalive \(id) waiting", "keepalive \(id) claiming", "keepalive \(id) waiting (leaseLost)",
        "keepalive \(id) claiming",
        "keepalive \(id) held",
      ])
    #expect(scene.reports.last?.lease == 88)
  }

  /// A host that was stopped for longer than the TTL comes back: the answer to a claim has long been in its socket, but
  /// the lease may be over, and the key another's.
  @Test func aKeyIsNotReportedHeldUnderALeaseThatIsOver() throws {
    let scene = Scene()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    scene.grant(77)
    let claim = scene.request(.txn)
    scene.answer(claim.transfer, .txn(revision: 5))
    scene.transport.now = scene.transport.now + .seconds(11)
    scene.pump()
    #expect(!scene.reports.contains { $0.state == .held })
    #expect(scene.cluster.leaseID == 0)
  }

  @Test func aRenewalThatWasAnsweredLongAgoDoesNotKeepTheLease() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive().rawValue
    scene.advance(ms: 3400)
    scene.answer(scene.request(.leaseKeepAlive).transfer, .leaseKeepAlive(77, ttl: 10))
    _ = scene.news()
    scene.transport.now = scene.transport.now + .seconds(11)
    scene.pump()
    #expect(scene.news().first == "keepalive \(id) lost (leaseLost)")
  }

  @Test func aGrantIsTriedAgainWithBackoff() throws {
    let scene = Scene()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    scene.refuse(.leaseGrant, .tooManyRequests)
    // The call tries it again by itself.
    scene.fail(.leaseGrant, .invalid)
    #expect(scene.requests(.leaseGrant).isEmpty)
    scene.advance(ms: 100)
    scene.answer(.leaseGrant, .leaseGrant(0, ttl: 0))
    #expect(scene.requests(.leaseGrant).isEmpty)
    scene.advance(ms: 200)
    scene.grant()
    #expect(scene.cluster.leaseID == 77)
  }

  // MARK: Why not

  @Test func aKeepaliveWithoutALeaseIsToldWhyAndTheClusterIsNotReady() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: [])).rawValue
    scene.refuse(.leaseGrant, .noSpace)
    #expect(scene.news() == ["keepalive \(id) waiting", "keepalive \(id) waiting (server)"])
    #expect(scene.reports.last?.error?.reason == .noSpace)
    #expect(scene.reports.last?.attempts == 1)
    #expect(scene.cluster.state == .connecting)
    #expect(scene.cluster.takeLog().contains { $0.level == .warning && $0.text.contains("no lease is granted") })
    for _ in 0..<30 {
      scene.advance(ms: scene.options.backoffMaxMs)
      for request in scene.requests(.leaseGrant) { scene.refuse(request.transfer, .noSpace) }
    }
    scene.pump()
    #expect((2...5).contains(scene.news().count))
    #expect(scene.cluster.state == .connecting)
    // Somebody has made room.
    scene.advance(ms: scene.options.backoffMaxMs)
    scene.grant()
    scene.answer(.txn, .txn(revision: 5))
    #expect(scene.news() == ["keepalive \(id) claiming", "cluster ready", "keepalive \(id) held"])
    #expect(scene.reports.last?.attempts == 0)
  }

  @Test func whoComesWhileNoLeaseIsGrantedIsToldWhyAtOnce() throws {
    let scene = Scene()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("a"), value: []))
    scene.refuse(.leaseGrant, .noSpace)
    _ = scene.news()
    let late = try scene.cluster.addKeepalive(Claim(key: utf8("b"), value: [])).rawValue
    scene.pump()
    #expect(scene.news() == ["keepalive \(late) waiting", "keepalive \(late) waiting (server)"])
  }

  @Test func aHostThatTakesNothingIsNotToldOfEachGrantThatFails() throws {
    let scene = Scene()
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    scene.refuseWithoutTaking(.leaseGrant, times: 100)
    #expect(scene.started(.leaseGrant).count > 50)
    scene.pump()
    #expect(scene.news().filter { $0.hasPrefix("keepalive") }.count <= 10)
  }

  @Test func aValueThatIsRefusedIsToldOnceAndLoggedOnce() throws {
    let scene = Scene { $0.leaseTTL = 3600 }
    let id = try scene.heldKeepalive(ttl: 3600)
    _ = scene.news()
    _ = scene.cluster.takeLog()
    try scene.cluster.setValue(utf8("huge"), of: id)
    scene.refuse(.txn, .requestTooLarge)
    scene.advance(ms: 60_000)
    #expect(scene.news() == ["keepalive \(id.rawValue) held (server)"])
    #expect(scene.reports.last?.revision == 5)
    #expect(scene.requests(.txn).isEmpty)
    let lines = scene.cluster.takeLog()
    #expect(lines.map(\.level) == [.error])
    #expect(lines.first?.text.contains("request is too large") == true)
    #expect(lines.first?.text.contains("huge") == false)
    try scene.cluster.setValue(utf8("w"), of: id)
    scene.answer(.txn, .txn(revision: 6))
    #expect(scene.news() == ["keepalive \(id.rawValue) held"])
  }

  /// Too large for what etcd takes at all: its gRPC says that, and not etcd.
  @Test func aValueThatIsTooLargeForGRPCIsRefusedForGoodToo() throws {
    let scene = Scene { $0.leaseTTL = 3600 }
    let id = try scene.heldKeepalive(ttl: 3600)
    _ = scene.news()
    try scene.cluster.setValue(utf8("huge"), of: id)
    scene.refuse(.txn, EtcdError(.resourceExhausted, "grpc: received message larger than max (3000000 vs. 2097152)"))
    scene.advance(ms: 60_000)
    #expect(scene.news() == ["keepalive \(id.rawValue) held (server)"])
  }

  @Test func aKeyThatWasDeletedIsNobodysAndSaysSo() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    try scene.cluster.setValue(utf8("w"), of: id)
    _ = scene.news()
    scene.answer(.txn, .txn(revision: 6, found: nil))
    #expect(
      scene.news() == ["keepalive \(id.rawValue) lost (keyDeleted)", "keepalive \(id.rawValue) claiming"])
  }

  // MARK: Claims

  @Test func aClaimIsRepeatedUntilItsFateIsKnown() throws {
    let scene = Scene(endpoints: 2)
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    scene.grant(77)
    // It may have happened: the next one finds out.
    scene.fail(.txn, .broken, sent: true)
    scene.answer(.txn, .txn(revision: 6, found: KeyValue("k", "v", mod: 5, lease: 77)))
    #expect(scene.cluster.keepaliveState(id) == .claiming)
    scene.answer(.txn, .txn(revision: 7))
    #expect(scene.cluster.keepaliveState(id) == .held)
    #expect(scene.reports.last?.revision == 7)
  }

  /// Each would have a connection of its own.
  @Test func ofManyClaimsOnlySoManyAreOnTheWire() throws {
    let scene = Scene { $0.callsConcurrent = 3 }
    let ids = try (0..<10).map { try scene.cluster.addKeepalive(Claim(key: utf8("k\($0)"), value: [])) }
    scene.grant(77)
    var rounds = 0
    while let request = scene.requests(.txn).first {
      #expect(scene.requests(.txn).count <= 3)
      scene.answer(request.transfer, .txn(revision: 5))
      scene.pump()
      rounds += 1
    }
    #expect(rounds == 10)
    #expect(ids.allSatisfy { scene.cluster.keepaliveState($0) == .held })
    // A place is free again when a step is given up.
    for id in ids { try scene.cluster.setValue(utf8("w"), of: id) }
    for id in ids.prefix(5) { scene.cluster.detachKeepalive(id) }
    while let request = scene.requests(.txn).first {
      #expect(scene.requests(.txn).count <= 3)
      scene.answer(request.transfer, .txn(revision: 6))
      scene.pump()
    }
    #expect(ids.suffix(5).allSatisfy { scene.cluster.keepaliveState($0) == .held })
  }

  /// What the lease lives by may have the descriptor that is kept for the case that there are no others, and waits for no
  /// place.
  @Test func whatTheLeaseLivesByComesBeforeAllElse() throws {
    let scene = Scene {
      $0.callsConcurrent = 1
      $0.leaseTTL = 6
    }
    _ = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    #expect(scene.request(.leaseGrant).usesReserve)
    scene.grant(77, ttl: 6)
    #expect(!scene.request(.txn).usesReserve)
    scene.answer(.txn, .txn(revision: 5))
    for _ in 0..<3 { _ = try scene.cluster.submit(.range(RangeRequest(range: .single(utf8("x")))), timeoutMs: 0) }
    #expect(scene.requests(.range).map(\.usesReserve) == [false])
    scene.advance(ms: 2000)
    #expect(scene.requests(.range).count == 1)
    #expect(scene.request(.leaseKeepAlive).usesReserve)
  }

  @Test(arguments: [ClaimAnswer.ours, .conflict])
  func theHostSaysWhoseItIs(answer: ClaimAnswer) throws {
    let scene = Scene()
    scene.claimAnswer = answer
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v"), policy: .ask))
    scene.grant(77)
    scene.answer(.txn, .txn(revision: 6, found: KeyValue("k", "other", mod: 5, lease: 3)))
    #expect(scene.told.contains("keepalive \(id.rawValue) asks about other"))
    if answer == .ours { scene.answer(.txn, .txn(revision: 7)) }
    #expect(scene.cluster.keepaliveState(id) == (answer == .ours ? .held : .conflict))
  }

  @Test func aKeyThatIsWaitedForIsWatchedAndClaimedWhenItIsGone() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v"), policy: .wait))
    scene.grant(77)
    scene.answer(.txn, .txn(revision: 6, found: KeyValue("k", "other", mod: 5, lease: 3)))
    #expect(scene.cluster.keepaliveState(id) == .blocked)
    #expect(scene.reports.last?.owner?.value == "other")
    scene.openStream(revision: 6)
    #expect(scene.started(.watch).map(\.request.filters) == [[.noPut]])
    // That is not what it waits for.
    scene.stream(.watch(revision: 7, [.put("k", "x", at: 7)]))
    #expect(scene.cluster.keepaliveState(id) == .blocked)
    scene.stream(.watch(revision: 8, [.delete("k", at: 8)]))
    #expect(scene.cluster.keepaliveState(id) == .claiming)
    #expect(scene.transport.open.count == 1)
    scene.answer(.txn, .txn(revision: 9))
    #expect(scene.cluster.keepaliveState(id) == .held)
    #expect(scene.reports.last?.fence == 9)
    // The host was told nothing of a watcher, and has none.
    #expect(scene.watcherReports.isEmpty && scene.batches.isEmpty)
    #expect(scene.cluster.metrics.gauges.watchers == 0)
  }

  @Test func theWatchOfAKeyThatIsWaitedForEndsWithIt() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v"), policy: .wait))
    scene.grant(77)
    scene.answer(.txn, .txn(revision: 6, found: KeyValue("k", "other", mod: 5, lease: 3)))
    scene.openStream(revision: 6)
    scene.cluster.detachKeepalive(id)
    scene.pump()
    #expect(scene.requests(.watch).isEmpty)
  }

  @Test func whatWasTakenIsLostWithinItsTime() throws {
    let scene = Scene { $0.keepaliveVerifyMs = 1000 }
    let id = try scene.heldKeepalive(ttl: 3600)
    _ = scene.news()
    scene.advance(ms: 750)
    scene.answer(.txn, .txn(revision: 9))
    #expect(scene.news() == [])
    scene.advance(ms: 750)
    scene.answer(.txn, .txn(revision: 9, batch: [nil]))
    #expect(scene.news() == ["keepalive \(id.rawValue) lost (keyDeleted)", "keepalive \(id.rawValue) claiming"])
    scene.answer(.txn, .txn(revision: 10))
    #expect(scene.cluster.keepaliveState(id) == .held)
  }

  @Test func nothingIsVerifiedAfterTheClose() throws {
    let scene = Scene { $0.keepaliveVerifyMs = 1000 }
    _ = try scene.heldKeepalive(ttl: 3600)
    _ = scene.cluster.close(revoke: false)
    scene.advance(ms: 10_000)
    #expect(scene.requests(.txn).isEmpty)
  }

  @Test func aConflictIsTriedAgainWhenTheHostSaysSo() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    scene.grant(77)
    #expect(try !scene.retryKeepalive(id))
    scene.answer(.txn, .txn(revision: 6, found: KeyValue("k", "other", mod: 5, lease: 3)))
    #expect(try scene.retryKeepalive(id))
    scene.answer(.txn, .txn(revision: 7))
    #expect(scene.cluster.keepaliveState(id) == .held)
    _ = scene.cluster.close(revoke: false)
    #expect(throws: Cluster.Refusal.closed) { try scene.cluster.retryKeepalive(id) }
  }

  @Test func aConflictHandsOutTheOtherAndWritesNothing() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    scene.grant(77)
    scene.answer(.txn, .txn(revision: 6, found: KeyValue("k", "other", mod: 5, lease: 3)))
    #expect(scene.cluster.keepaliveState(id) == .conflict)
    #expect(scene.reports.last?.owner?.value == "other")
    #expect(throws: Cluster.ValueRefusal.conflict) { try scene.cluster.setValue([], of: id) }
    scene.advance(ms: 3000)
    #expect(scene.requests(.txn).isEmpty)
  }

  @Test func aChangeOfTheValueIsWritten() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    try scene.cluster.setValue(utf8("w"), of: id)
    let write = scene.request(.txn)
    #expect(write.compare == [.isAt(5, "k"), .isOf(77, "k")])
    #expect(write.success == [.put("k", "w", lease: 77)])
    scene.answer(.txn, .txn(revision: 6))
    #expect(scene.reports.last?.state == .held)
    #expect(scene.reports.last?.revision == 6)
  }

  /// Whoever asks whether it may do what only the holder may is not told of a lease that nobody has looked at.
  @Test func theStateIsThatOfThisMoment() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    #expect(scene.cluster.keepaliveState(id) == .held)
    scene.transport.now = scene.transport.now + .seconds(11)
    #expect(scene.cluster.keepaliveState(id) == .lost)
    scene.pump()
    #expect(scene.cluster.keepaliveState(id) == .waiting)
  }

  /// That of a key that is there need not be written once more.
  @Test(arguments: [false, true]) func theSameValueIsThereAsLongAsTheLeaseIs(isOver: Bool) throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    // The host has not pumped meanwhile.
    if isOver { scene.transport.now = scene.transport.now + .seconds(11) }
    let wait = try scene.cluster.setValue(utf8("v"), of: id, isAwaited: true)
    scene.pump()
    let news = scene.news()
    #expect(news.contains("value \(wait.rawValue)") == !isOver)
    #expect(news.contains("keepalive \(id.rawValue) lost (leaseLost)") == isOver)
  }

  // MARK: Loss

  @Test func thatAKeyIsLostIsToldBeforeAllThatWaits() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    _ = try scene.cluster.submit(.range(RangeRequest(range: .single(utf8("x")))), timeoutMs: 60_000)
    scene.answer(scene.request(.range).transfer, .range(revision: 9, []))
    try scene.cluster.setValue(utf8("w"), of: id)
    scene.answer(scene.request(.txn).transfer, .txn(revision: 6))
    // The host takes nothing until the lease is over.
    scene.pumpTakingNothing()
    scene.transport.now = scene.transport.now + .seconds(11)
    scene.pumpTakingNothing()
    scene.take()
    #expect(scene.news() == ["keepalive \(id.rawValue) lost (leaseLost)"])
    while scene.take() {}
    #expect(!scene.news().contains("keepalive \(id.rawValue) held"))
  }

  // MARK: Removal

  @Test func aRemovedKeyIsDeletedAsItWasLeft() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    #expect(scene.removeKeepalive(id))
    #expect(!scene.removeKeepalive(id))
    let delete = scene.request(.txn)
    #expect(delete.compare == [.isAt(5, "k"), .isOf(77, "k")])
    #expect(delete.success == [.delete("k")])
    scene.answer(.txn, .txn(revision: 6))
    #expect(scene.news() == ["keepalive \(id.rawValue) removing", "keepalive \(id.rawValue) ended"])
    #expect(throws: Cluster.ValueRefusal.ended) { try scene.cluster.setValue([], of: id) }
  }

  @Test func aRemovalThatCannotBeDoneEndsInTime() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    _ = scene.cluster.removeKeepalive(id)
    scene.refuse(.txn, .noLeader)
    scene.transport.refusesConnections = true
    scene.advance(ms: 4999)
    #expect(scene.cluster.keepaliveState(id) == .removing)
    scene.advance(ms: 1)
    #expect(scene.cluster.keepaliveState(id) == .ended)
    #expect(scene.news().contains { $0.hasPrefix("keepalive \(id.rawValue) ended (") })
  }

  /// The host was stopped past the deadline of the removal, and the step that it waits for has failed meanwhile.
  @Test func aRemovalWhoseTimeIsOverWhenItsStepEndsDoesNotCrash() async {
    await #expect(processExitsWith: .success) {
      let scene = Scene()
      let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
      scene.grant(77, ttl: 3600)
      _ = scene.cluster.removeKeepalive(id)
      scene.transport.now = scene.transport.now + .seconds(20)
      scene.pump()
      #expect(scene.cluster.keepaliveState(id) == .ended)
    }
  }

  @Test func aFreedKeepaliveIsSilentAndItsKeyIsRemoved() throws {
    let scene = Scene()
    let id = try scene.heldKeepalive()
    _ = scene.news()
    scene.cluster.detachKeepalive(id)
    #expect(scene.request(.txn).success == [.delete("k")])
    scene.answer(.txn, .txn(revision: 6))
    #expect(scene.news() == [])
    #expect(scene.cluster.census.keepalives == 0 && scene.cluster.census.keys == 0)
  }

  @Test func reportsThatWaitWhenAKeepaliveIsFreedAreDropped() throws {
    let scene = Scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    scene.cluster.detachKeepalive(id)
    scene.pump()
    #expect(scene.news() == [])
    #expect(scene.cluster.census.keepalives == 0)
  }

  @Test func aNewKeepaliveForAFreedKeyWaitsForTheRemoval() throws {
    let scene = Scene()
    let old = try scene.heldKeepalive()
    scene.cluster.detachKeepalive(old)
    let new = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("w")))
    _ = scene.news()
    // A third one is one too many.
    #expect(throws: Cluster.KeepaliveRefusal.keyIsTaken) {
      try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    }
    #expect(scene.request(.txn).success == [.delete("k")])
    scene.answer(.txn, .txn(revision: 6))
    #expect(scene.request(.txn).compare == [.isAbsent("k")])
    scene.answer(.txn, .txn(revision: 7))
    let id = new.rawValue
    #expect(scene.news() == ["keepalive \(id) waiting", "keepalive \(id) claiming", "keepalive \(id) held"])
    #expect(scene.cluster.keepaliveState(new) == .held)
  }

  @Test func aNewKeepaliveClaimsWhenTheLeaseIsLostDuringTheRemoval() throws {
    let scene = Scene()
    let old = try scene.heldKeepalive()
    scene.advance(ms: 3400)
    scene.cluster.detachKeepalive(old)
    let new = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("w")))
    scene.answer(.leaseKeepAlive, .leaseKeepAlive(77, ttl: 0))
    scene.grant(88)
    #expect(scene.request(.txn).success == [.put("k", "w", lease: 88)])
    scene.answer(.txn, .txn(revision: 7))
    #expect(scene.cluster.keepaliveState(new) == .held)
  }

  @Test func aNewKeepaliveThatIsFreedWhileItWaitsLeavesNothingBehind() throws {
    let scene = Scene()
    let old = try scene.heldKeepalive()
    scene.cluster.detachKeepalive(old)
    let new = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("w")))
    scene.cluster.detachKeepalive(new)
    scene.answer(.txn, .txn(revision: 6))
    #expect(scene.requests(.txn).isEmpty)
    #expect(scene.cluster.census.keepalives == 0 && scene.cluster.census.keys == 0)
  }

  // MARK: Back-pressure

  @Test func aKeepaliveWhoseReportsAreNotTakenMakesNoFurtherAttempts() throws {
    let scene = Scene { $0.leaseTTL = 3600 }
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    scene.grant(ttl: 3600)
    _ = scene.news()
    scene.refuseWithoutTaking(.txn, times: 100)
    let attempts = scene.started(.txn).count
    #expect((2...8).contains(attempts))
    while scene.take() {}
    let reports = scene.news()
    #expect(reports.count <= 12, "\(reports)")

    scene.pump()
    #expect(scene.started(.txn).count == attempts + 1)
    scene.answer(.txn, .txn(revision: 5))
    #expect(scene.cluster.keepaliveState(id) == .held)
  }
}
