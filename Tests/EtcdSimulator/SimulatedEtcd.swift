import EtcdPacker
import EtcdTransport
import TestSupport

/// A cluster of etcd members: one replicated store, members that have applied more or less of its log, and a leader
/// while a quorum is connected. Raft itself is not played, but what it lets happen is: entries that are lost, or
/// committed long after their client has given up.
final class SimulatedEtcd {
  let world: World
  var random: SeededRandom
  let network: SimulatedNetwork
  /// One after the other: more than one where it was replaced.
  private(set) var stores = [Store()]
  var store: Store { stores[life] }
  /// Which of the stores there is.
  private(set) var life = 0
  /// Of each of the stores.
  private(set) var clusterIDs: [UInt64] = [14_841_639_068_965_178_418]
  var clusterID: UInt64 { clusterIDs[life] }
  let authority = Authority()
  private(set) var membership: Membership
  let dialect: Dialect
  let electionTimeout: Duration
  private(set) var members: [Member] = []
  private(set) var leader: Int?
  private(set) var term: UInt64 = 2
  /// The member that was leader and has not noticed yet that it no longer is.
  private var staleLeader: (member: Int, until: Instant)?
  private var generation = 0
  /// What is committed right now is no process' that follows the rules.
  private(set) var isOutsiderAtWork = false
  /// The host whose request is committed right now.
  private(set) var origin: Int?
  private var isElecting = false
  /// Entries that were proposed while there was no leader to commit them.
  private var stranded: [Proposal] = []
  private var leases: [Int64: LeaseClock] = [:]
  /// Chance of a client being told `request timed out` although its entry was committed.
  var ambiguity = 0.0
  var tooManyRequests = 0.0
  /// Chance of a watch being cancelled, with its stream left open.
  var cancelledWatches = 0.0
  /// Where each member says that clients reach it.
  var advertised: [[String]] = []
  /// As soon as a first page was read, some of these keys are changed, and what was before is compacted away.
  var forgetsWhatIsRead: [[UInt8]] = []
  /// Fragments of a watch's answers are no larger, previous values and all, for clients that take little at a time.
  var largestFragment: Int?
  /// Its database has outgrown its quota, and the alarm is raised: what takes space is refused until an operator acts.
  var isFull = false {
    didSet { if isFull != oldValue { world.note(25, "etcd: \(isFull ? "no space is left" : "there is space again")") } }
  }
  /// How likely it is that a read which finds no leader is told so, and not left waiting.
  var changedLeaders = 0.0
  /// Called after each entry, with the expiry of the lease if it was the end of one.
  var whenCommitted: ((_ endedLease: (id: Int64, expiry: Instant)?) -> Void)?
  var whenReplaced: (() -> Void)?

  private struct LeaseClock {
    var ttl: Int64
    var expiry: Instant
    /// Renewals that came too late and wait for the revocation, as etcd lets them.
    var waiters: [() -> Void] = []
  }

  /// What became of an entry, and the store's revision after it.
  typealias Answer = (Result<(Store.Reply, revision: Int64), GatewayError>) -> Void

  final class Proposal {
    let command: Store.Command
    let caller: Authority.Caller
    let member: Int
    let memberGeneration: Int
    let host: Int
    var isAnswered = false
    let answer: Answer

    init(
      _ command: Store.Command, _ caller: Authority.Caller, _ member: Member, _ host: Int, _ answer: @escaping Answer
    ) {
      self.command = command
      self.caller = caller
      self.host = host
      self.member = member.index
      memberGeneration = member.generation
      self.answer = answer
    }
  }

  init(
    world: World, random: SeededRandom, network: SimulatedNetwork, members count: Int, slots: Int, dialect: Dialect,
    electionTimeout: Duration
  ) {
    self.world = world
    self.random = random
    self.network = network
    self.dialect = dialect
    self.electionTimeout = electionTimeout
    membership = Membership(voters: count, slots: slots)
    members = (0..<slots).map { Member(index: $0, etcd: self, isStarted: $0 < count) }
    leader = self.random.int(0...count - 1)
    advertised = (0..<slots).map { [network.url(of: $0)] }
    network.whenTimeIsUp = { [unowned self] transfer, member in
      members[member].refuse(transfer, .gatewayDeadlineExceeded)
    }
    network.whenRequestArrives = { [unowned self] transfer, member in members[member].receive(transfer) }
    network.flaw = { [unowned self] transfer in
      transfer.transport.discovery.flaw(in: transfer, of: self, now: self.world.now)
    }
    network.isListening = { [unowned self] in members[$0].state != .crashed }
    checkLeases()
  }

  // MARK: Leadership

  func isConnected(_ member: Int) -> Bool {
    members[member].state == .running && !members[member].isIsolated
  }

  var hasQuorum: Bool {
    let voters = membership.voters
    return voters.filter { isConnected($0) }.count * 2 > voters.count
  }

  func seesLeader(_ member: Int) -> Bool { leader != nil && isConnected(member) }

  /// Whether the host gets from this member what it asks for, as things are.
  func serves(host: Int, _ member: Int) -> Bool {
    isConnected(member) && !members[member].hangs && membership.entries[member].standing == .voter
      && network.takesConnections(member) && network.connects(host: host, member: member)
  }

  /// Called whenever a member has gone, come, or been cut off.
  func topologyChanged() {
    if let old = leader, !isConnected(old) || !hasQuorum || !membership.voters.contains(old) {
      leader = nil
      let mayBelieve = members[old].state == .running && membership.voters.contains(old)
      staleLeader = mayBelieve ? (old, world.now + electionTimeout) : nil
      world.note(1, "etcd: member \(old) is not leader any more")
    }
    generation += 1
    updateViews()
    elect()
  }

  /// Hands leadership on, as an operator does, or a leader that is busy.
  func changeLeader() {
    guard leader != nil else { return }
    leader = nil
    staleLeader = nil
    generation += 1
    world.note(2, "etcd: the leader stepped down")
    updateViews()
    elect(within: 5...100)
  }

  /// Times are in milliseconds.
  private func elect(within time: ClosedRange<Int>? = nil) {
    guard leader == nil, hasQuorum else { return }
    let generation = generation
    let timeout = Int(electionTimeout.wholeNanoseconds / 1_000_000)
    world.after(random.milliseconds(time ?? timeout...2 * timeout)) { [self] in
      guard generation == self.generation, leader == nil, hasQuorum else { return }
      let new = random.pick(membership.voters.filter { isConnected($0) })
      leader = new
      staleLeader = nil
      term += 1
      world.statistics.count("leader changes")
      world.note(3, "etcd: member \(new) is leader of term \(term)")
      members[new].apply(upTo: store.log.count - 1)
      // A new leader knows nothing of renewals: it gives every lease its whole TTL, and an election timeout more.
      for id in leases.keys.sorted() {
        guard var clock = leases[id] else { continue }
        let waiters = clock.waiters
        clock.expiry = world.now + .seconds(clock.ttl) + electionTimeout
        clock.waiters = []
        leases[id] = clock
        for waiter in waiters { waiter() }
      }
      updateViews()
      let old = stranded
      stranded = []
      for proposal in old where random.chance(0.5) {
        world.statistics.count("stranded entries committed")
        commit(proposal)
      }
      propagate()
    }
  }

  /// Members learn with delay that there is a leader, or none.
  private func updateViews() {
    for member in members { member.updateView() }
  }

  // MARK: The store

  /// All members end, and what they had is thrown away for something else: a cluster made anew, or a backup, under
  /// whatever id. They are to be started again.
  func replace(by next: Store, clusterID: UInt64, gracefully: Bool) {
    world.note(
      Int(next.revision), "etcd: the store of revision \(store.revision) is replaced by one of \(next.revision)")
    for member in members { member.crash(gracefully: gracefully) }
    stranded = []
    stores.append(next)
    clusterIDs.append(clusterID)
    life += 1
    leases = next.leaseTTLs.mapValues { LeaseClock(ttl: $0, expiry: world.now + .seconds($0)) }
    for member in members { member.replaceData() }
    whenReplaced?()
  }

  /// As `World.after`, unless the store is another one by then.
  private func later(_ delay: Duration, _ body: @escaping () -> Void) {
    let life = life
    world.after(delay) { [self] in
      if life == self.life { body() }
    }
  }

  // MARK: The log

  /// Proposes an entry for a request that came to `member`, and answers when that member has applied it.
  func propose(
    _ command: Store.Command, for caller: Authority.Caller, by member: Member, from host: Int, answer: @escaping Answer
  ) {
    if random.chance(tooManyRequests) { return answer(.failure(.tooManyRequests)) }
    let proposal = Proposal(command, caller, member, host, answer)
    // Without a leader it is not even the proposal that is waited for.
    let timeout = seesLeader(member.index) ? .timedOut : dialect.deadlineExceeded
    member.later(.seconds(5) + electionTimeout * 2) { [self] in
      guard !proposal.isAnswered else { return }
      proposal.isAnswered = true
      world.statistics.count("proposals timed out")
      answer(.failure(timeout))
    }
    later(random.microseconds(500...6000)) { [self] in
      if leader != nil, isConnected(member.index) {
        commit(proposal)
      } else if random.chance(0.6) {
        // In somebody's log, and in nobody's commit yet.
        stranded.append(proposal)
      }
    }
  }

  private func commit(_ proposal: Proposal) {
    if random.chance(authority.meddling) { append(.changeAuth(.alter)) }
    var refusal = authority.refusal(of: proposal.command, by: proposal.caller, store: store, dialect: dialect)
    if isFull, proposal.command.takesSpace {
      world.statistics.count("refused for want of space")
      refusal = .noSpace
    }
    if case .authOldRevision = refusal { world.statistics.count("entries refused for an old auth revision") }
    origin = proposal.host
    let index = append(refusal.map { .refused($0) } ?? proposal.command)
    origin = nil
    let member = members[proposal.member]
    guard member.generation == proposal.memberGeneration else { return }
    let result = lastResult
    member.whenApplied(index) { [self] in
      guard !proposal.isAnswered else { return }
      proposal.isAnswered = true
      if random.chance(ambiguity) {
        world.statistics.count("ambiguous answers")
        return proposal.answer(.failure(random.pick([.timedOut, .leaderChanged, .stopped, dialect.deadlineExceeded])))
      }
      proposal.answer(result.map { ($0, store.log[index].revision) }.mapError { dialect.gatewayError($0) })
    }
  }

  private var lastResult: Result<Store.Reply, Store.Refusal> = .success(.done)

  /// Commits an entry, and returns its index.
  @discardableResult
  private func append(_ command: Store.Command) -> Int {
    let before = store.revision
    lastResult = store.apply(command)
    var ended: (Int64, Instant)?
    if case .success = lastResult {
      switch command {
      case .leaseGrant(let id, let ttl):
        leases[id] = LeaseClock(ttl: ttl, expiry: world.now + .seconds(ttl))
      case .leaseRevoke(let id):
        if let clock = leases.removeValue(forKey: id) {
          ended = (id, clock.expiry)
          for waiter in clock.waiters { waiter() }
        }
      case .authenticate:
        if case .success(.token(let token)) = lastResult {
          if authority.isJWT {
            let signed = authority.sign(String(token.prefix { $0 != "." }), now: world.now)
            lastResult = .success(.token(signed))
            break
          }
          authority.committed(.issued(token), at: store.log.count - 1)
        }
      case .changeAuth(let change): authority.committed(.changed(change), at: store.log.count - 1)
      case .reconfigure(let change): membership.committed(change, at: store.log.count - 1)
      case .put, .deleteRange, .txn, .compact, .refused: break
      }
    }
    if store.revision > before {
      world.note(Int(store.revision), "etcd: revision \(store.revision): \(summary(of: store.revision))")
    }
    whenCommitted?(ended.map { (id: $0.0, expiry: $0.1) })
    propagate()
    return store.log.count - 1
  }

  private func summary(of revision: Int64) -> String {
    store.changes[Int(revision)].map { change in
      let key = change.kv.key.text
      if change.kind == .delete { return "delete \(key)" }
      let lease = change.kv.lease == 0 ? "" : " lease \(change.kv.lease)"
      return "put \(key) = \(String(change.kv.value.text.prefix(30)))\(lease)"
    }.joined(separator: ", ")
  }

  private func propagate() {
    let index = store.log.count - 1
    for member in members where isConnected(member.index) && !member.hangs {
      if member.index == leader {
        member.apply(upTo: index)
      } else {
        later(random.microseconds(member.lag)) { [self] in
          if isConnected(member.index) { member.apply(upTo: index) }
        }
      }
    }
  }

  func compact(keeping revisions: Int64) {
    guard leader != nil else { return }
    let revision = store.revision - revisions
    guard revision > store.compactedRevision else { return }
    world.note(Int(revision), "etcd: compacts to \(revision)")
    world.statistics.count("compactions")
    append(.compact(revision))
  }

  /// An operator does something about authentication.
  func changeAuth(_ change: Authority.Change) {
    guard leader != nil else { return }
    world.note(17, "etcd: authentication: \(change.name)")
    world.statistics.count("authentication: \(change.name)")
    append(.changeAuth(change))
  }

  /// An operator adds or removes a member, or a new one says who it is. False if etcd does not do that now.
  @discardableResult
  func reconfigure(_ change: Membership.Change) -> Bool {
    guard leader != nil, membership.permits(change, connected: isConnected) else { return false }
    world.note(18, "etcd: \(change)")
    world.statistics.count("membership: \(change.name)")
    append(.reconfigure(change))
    topologyChanged()
    return true
  }

  /// As `reconfigure`, as soon as it is possible, if it is within `patience`.
  func reconfigure(_ change: Membership.Change, patience: Duration) {
    if reconfigure(change) || patience <= .zero { return }
    let pause = Duration.milliseconds(200)
    world.after(pause) { [self] in reconfigure(change, patience: patience - pause) }
  }

  /// Somebody writes much in little time.
  func flood(_ keys: [[UInt8]]) {
    let size = random.int(0...600)
    world.note(16, "etcd: a flood of puts")
    for index in 0..<random.int(20...200) {
      later(random.milliseconds(0...1000)) { [self] in
        guard leader != nil else { return }
        var put = ReceivedPut()
        put.key = random.pick(keys)
        put.value = Array("flood-\(index)".utf8) + [UInt8](repeating: UInt8(ascii: "~"), count: size)
        append(.put(put))
      }
    }
  }

  /// Much is deleted and a little put, and the history of that is forgotten.
  func forget(_ keys: [[UInt8]]) {
    guard leader != nil else { return }
    world.note(17, "etcd: deletes, and compacts")
    for key in keys where random.chance(0.5) {
      var delete = ReceivedDelete()
      delete.key = key
      append(.deleteRange(delete))
    }
    var put = ReceivedPut()
    put.key = random.pick(keys)
    put.value = Array("remembered-\(store.revision)".utf8)
    append(.put(put))
    compact(keeping: 0)
  }

  /// An operator, or a program that respects nobody's claims.
  func interfere(with keys: [[UInt8]]) {
    guard leader != nil else { return }
    let key = random.pick(keys)
    world.statistics.count("outsiders")
    isOutsiderAtWork = true
    defer { isOutsiderAtWork = false }
    switch random.int(0...2) {
    case 0:
      var put = ReceivedPut()
      put.key = key
      put.value = Array("outsider".utf8)
      append(.put(put))
    case 1:
      var delete = ReceivedDelete()
      delete.key = key
      append(.deleteRange(delete))
    default:
      if let kv = store.value(of: key), kv.lease != 0 { append(.leaseRevoke(id: kv.lease)) }
    }
  }

  /// An operator ends a lease.
  func revoke(_ lease: Int64) {
    guard leader != nil, leases[lease] != nil else { return }
    world.note(27, "etcd: lease \(lease) is revoked by an operator")
    isOutsiderAtWork = true
    defer { isOutsiderAtWork = false }
    append(.leaseRevoke(id: lease))
  }

  /// An operator puts something small in place of each value, and has history forgotten. Waits for a leader.
  func makeSmall(_ keys: [[UInt8]]) {
    guard leader != nil else { return world.after(.milliseconds(100)) { [self] in makeSmall(keys) } }
    world.note(28, "etcd: values are made small")
    for key in keys {
      var put = ReceivedPut()
      put.key = key
      put.value = Array("small-\(store.revision)".utf8)
      append(.put(put))
    }
    compact(keeping: 0)
  }

  // MARK: Reads

  /// Answers once `member` has applied all that was committed when it asked the leader.
  func readIndex(by member: Member, answer: @escaping (GatewayError?) -> Void) {
    var isAnswered = false
    member.later(.seconds(5) + electionTimeout * 2) {
      guard !isAnswered else { return }
      isAnswered = true
      answer(.timedOut)
    }
    later(random.microseconds(200...3000)) { [self] in
      guard seesLeader(member.index) else {
        guard member.state == .running, random.chance(changedLeaders) else { return }
        if !isAnswered {
          isAnswered = true
          answer(.leaderChanged)
        }
        return
      }
      member.whenApplied(store.log.count - 1) {
        guard !isAnswered else { return }
        isAnswered = true
        answer(nil)
      }
    }
  }

  // MARK: Leases

  /// etcd's own minimum: one and a half election timeouts, in whole seconds.
  var minimumTTL: Int64 { (electionTimeout.wholeNanoseconds * 3 / 2 + 999_999_999) / 1_000_000_000 }

  /// Answers with the TTL, 0 if there is no such lease.
  func renew(_ id: Int64, by member: Member, answer: @escaping (Result<Int64, GatewayError>) -> Void) {
    later(random.microseconds(300...3000)) { [self] in
      if leader != nil, isConnected(member.index) {
        guard let clock = leases[id] else { return answer(.success(0)) }
        if world.now >= clock.expiry {
          world.statistics.count("renewals after expiry")
          leases[id]?.waiters.append { [self] in renew(id, by: member, answer: answer) }
          return
        }
        leases[id]?.expiry = world.now + .seconds(clock.ttl)
        answer(.success(clock.ttl))
      } else if let stale = staleLeader, stale.member == member.index, world.now < stale.until, let clock = leases[id] {
        // It still believes that it leads. The leader after it cannot be elected before it has noticed, and will be
        // generous.
        world.statistics.count("renewals by a stale leader")
        answer(.success(clock.ttl))
      } else {
        member.later(.seconds(5) + electionTimeout * 2) { answer(.failure(.noLeader)) }
      }
    }
  }

  /// The leader looks twice a second.
  private func checkLeases() {
    if let leader, members[leader].state == .running {
      for id in leases.keys.sorted() {
        guard let clock = leases[id], clock.expiry <= world.now else { continue }
        world.note(Int(truncatingIfNeeded: id), "etcd: lease \(id) has expired")
        world.statistics.count("leases expired")
        append(.leaseRevoke(id: id))
      }
    }
    world.after(.milliseconds(500)) { [weak self] in self?.checkLeases() }
  }

  func expiry(of lease: Int64) -> Instant? { leases[lease]?.expiry }

  func makeLeaseID() -> Int64 {
    Int64(random.next() >> 2) | 1
  }

  /// Drops what still waits for something, and with it the cycles of whom it would have come to.
  func end() {
    stranded = []
    leases = [:]
    for member in members { member.end() }
  }
}
