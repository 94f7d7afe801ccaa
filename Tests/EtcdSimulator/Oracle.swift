import EtcdCore
import EtcdPacker
import EtcdTransport
import TestSupport

/// Judges what hosts are told, and what their clusters believe, by what the store really holds.
final class Oracle {
  let world: World
  let etcd: SimulatedEtcd
  var hosts: [SimulatedHost] = []
  private(set) var calls: [CallRecord] = []
  /// When the server was free to end the leases that it has ended.
  private var expiryOfEnded: [Int64: Instant] = [:]
  /// Keys of which a removal was reported done, with the lease that they had been bound to.
  private var removed: [Removal] = []
  /// What was done by somebody who respects no claims, or by a host that was told to take what is another's.
  private var outsiderRevisions: Set<Int64> = []
  /// Since when nothing has gone wrong but for members that are gone for good, and etcd's term by then.
  var calm: (since: Instant, term: UInt64)?
  /// Since when nothing goes wrong, and how often each value that etcd will not have was sent since.
  var peaceSince: Instant?
  private var hopeless: [[UInt8]: Int] = [:]
  /// Of stores that have been replaced. Who trusts in one has not heard of that.
  private var formerLeases: Set<Int64> = []
  private var endedLeases: Set<Int64> = []
  /// Members serve only so many requests of a host at once: since when nothing else is wrong, and how many watchers of a
  /// host live at least.
  var crowded: (since: Instant, fewest: Int)?
  /// How often each host was told within a minute that a member takes no more watches.
  private var timesFull: [Int: (since: Instant, count: Int)] = [:]
  /// Up to where the store's changes were looked at.
  private var judgedRevision: Int64 = 1

  /// The members were replaced while all was well, and so slowly that each host has to have learnt of each of them.
  var followedSince: Instant?

  init(world: World, etcd: SimulatedEtcd) {
    self.world = world
    self.etcd = etcd
    etcd.whenCommitted = { [unowned self, unowned etcd] ended in
      if let ended { endedLeases.insert(ended.id) }
      if etcd.isOutsiderAtWork {
        outsiderRevisions.insert(etcd.store.revision)
        if let ended { checkLater(lease: ended.id) }
      } else if let ended {
        expiryOfEnded[ended.id] = ended.expiry
        checkFencing(lease: ended.id, expiry: ended.expiry)
        checkTold(lease: ended.id, expiry: ended.expiry)
      }
      checkOwnership()
      checkHolders()
    }
    etcd.whenReplaced = { [unowned self] in replaced() }
    checkExplainedLater()
  }

  /// Why something that was told is not true of a store.
  private struct Flaw: Error {
    let promise: Promise
    let text: String

    init(_ promise: Promise, _ text: String) {
      self.promise = promise
      self.text = text
    }
  }

  // MARK: Replaced stores

  /// The store is another one now, and nobody has heard of it.
  private func replaced() {
    world.statistics.count("stores replaced")
    judgedRevision = etcd.store.revision
    outsiderRevisions = []
    removed = []
    let former = etcd.stores[etcd.life - 1].leaseTTLs.keys.sorted()
    formerLeases.formUnion(former)
    formerLeases.formUnion(endedLeases)
    for lease in former where etcd.expiry(of: lease) == nil { checkLater(lease: lease) }
    for host in hosts {
      for record in host.watchers where !record.isBound { record.lives.append(etcd.life) }
    }
  }

  func toldOfReplacement(_ host: SimulatedHost) {
    let times = etcd.life - host.firstLife
    if host.timesToldOfReplacement > times {
      world.fail(.contract, "\(host.name) was told more often that the store was replaced than it was")
    }
    // Otherwise it may be an earlier one that it is told of.
    guard host.timesToldOfReplacement == times else { return }
    for record in host.watchers where !record.resyncs && record.firstLife < etcd.life { record.hasToEnd = true }
  }

  /// The host has been told everything.
  func drained(_ host: SimulatedHost) {
    for record in host.watchers where record.hasToEnd && !record.hasEnded {
      world.fail(.order, "\(host.name): the watcher of \(name(record)) goes on in a store that was replaced")
    }
  }

  /// Of the stores that the watcher may be following, those remain of which it is true what it is told.
  private func narrow(_ record: WatcherRecord, _ check: (Store, _ life: Int) throws(Flaw) -> Void) {
    var lives: [Int] = []
    var flaw: Flaw?
    for life in record.lives {
      do throws(Flaw) {
        try check(etcd.stores[life], life)
        lives.append(life)
      } catch {
        flaw = error
      }
    }
    if let flaw, lives.isEmpty { return world.fail(flaw.promise, flaw.text) }
    record.lives = lives
  }

  // MARK: Claims

  /// The server has just ended the lease.
  private func checkFencing(lease: Int64, expiry: Instant) {
    for host in hosts {
      guard let cluster = host.cluster, cluster.core.leaseID == lease, !host.sleptThrough(expiry) else { continue }
      world.fail(
        .fencing, "\(host.name) still trusts lease \(lease), which the server was free to end at \(time(expiry))")
    }
  }

  /// Somebody else has ended the lease. No renewal is acknowledged any more, so that within a TTL everybody knows.
  private func checkLater(lease: Int64) {
    let deadline = world.now + .seconds(10)
    world.after(.milliseconds(10_001)) { [weak self] in
      // A store that was restored may have it again, and whoever takes it over from a predecessor finds it there.
      guard let self, etcd.expiry(of: lease) == nil else { return }
      checkFencing(lease: lease, expiry: deadline)
    }
  }

  /// A key that is another's is neither overwritten nor deleted. Whose it is shows in its value.
  private func checkOwnership() {
    defer { judgedRevision = etcd.store.revision }
    guard let origin = etcd.origin, judgedRevision < etcd.store.revision else { return }
    for change in etcd.store.changes[Int(etcd.store.revision)] where change.kv.key.starts(with: Array("k/".utf8)) {
      checkOrder(of: change)
      guard let previous = change.previous, owner(of: previous.value) != "host\(origin)" else { continue }
      if change.kind == .put, hosts[origin].mayTake(change.kv.key, from: previous.mod) {
        world.statistics.count("keys taken over from others")
        outsiderRevisions.insert(etcd.store.revision)
        continue
      }
      world.fail(.claims, "host\(origin) has done \(describe(change)) to \(describe(previous))")
    }
  }

  /// A host's value that is set later stays: none from before comes after it.
  private func checkOrder(of change: Change) {
    guard change.kind == .put, let previous = change.previous, owner(of: previous.value) == owner(of: change.kv.value),
      let before = serial(of: previous.value), let now = serial(of: change.kv.value), now < before,
      !hosts.contains(where: { $0.setAgain.contains(change.kv.value) })
    else { return }
    world.fail(.writes, "\(describe(change)), a value from before, was put over \(describe(previous))")
  }

  /// Of values that were set, how manieth it was.
  private func serial(of value: [UInt8]) -> Int? {
    guard value.contains(UInt8(ascii: "#")) else { return nil }
    return value.prefix { $0 != UInt8(ascii: ".") }.split(separator: UInt8(ascii: "-")).last.flatMap {
      Int(Array($0).text)
    }
  }

  /// Values are the name of a host, or that and what was set.
  private func owner(of value: [UInt8]) -> String { value.prefix { $0 != UInt8(ascii: "#") }.map { $0 }.text }

  /// The host was told nothing yet, although it has pumped since. A host whose budget is smaller than the number of its
  /// keys has itself to blame, and one that closes has let go of them.
  private func checkTold(lease: Int64, expiry: Instant) {
    for host in hosts where !host.sleptThrough(expiry) && !host.isClosing && host.budget >= host.keepalives.count {
      for record in host.keepalives where record.told == .held && record.lastLease == lease && !record.isRemoved {
        world.fail(
          .fencing, "\(host.name) has not been told that it lost \(record.key.text)")
      }
    }
  }

  /// Whether the key was taken from the lease by somebody who respects no claims. No client can know before it looks.
  private func wasRobbed(_ key: [UInt8], of lease: Int64) -> Bool {
    guard !outsiderRevisions.isEmpty, let change = etcd.store.changeAfter(lease: lease, of: key) else { return false }
    return outsiderRevisions.contains(change.kv.mod)
  }

  /// Whether what was held by the lease may be another's although its holder could not have learnt of it.
  func mayBeUnnoticed(_ key: [UInt8], of lease: Int64) -> Bool {
    wasRobbed(key, of: lease) || formerLeases.contains(lease)
  }

  /// Called after all that changes the store or what a host believes.
  func checkHolders() {
    var holders: [(key: [UInt8], host: String)] = []
    for host in hosts {
      guard let cluster = host.cluster else { continue }
      for record in host.keepalives where cluster.core.keepaliveState(record.id) == .held {
        let lease = cluster.core.leaseID
        let kv = etcd.store.value(of: record.key)
        let isHolder = lease != 0 && kv?.lease == lease
        if !isHolder, mayBeUnnoticed(record.key, of: lease) { continue }
        if let other = holders.first(where: { $0.key == record.key }) {
          world.fail(.claims, "both \(other.host) and \(host.name) hold \(record.key.text)")
        }
        holders.append((record.key, host.name))
        if !isHolder {
          world.fail(
            .holding, "\(host.name) holds \(record.key.text) by lease \(lease), but the store has \(describe(kv))")
        }
      }
    }
  }

  func told(_ report: KeepaliveReport, _ record: KeepaliveRecord, by host: SimulatedHost) {
    if !mayFollow(record.told, report.state, isRetried: record.isRetried) {
      world.fail(.contract, "\(host.name) was told \(report.state) of \(record.key.text) after \(record.told)")
    }
    record.told = report.state
    if report.lease != 0 { record.lastLease = report.lease }
    take(report.error, report, record, by: host)
    switch report.state {
    case .held:
      world.statistics.count(report.error == nil ? "held" : "held, with a value that is not written")
      if report.revision < record.heldRevision || report.error == nil && report.revision == record.heldRevision,
        !formerLeases.contains(record.heldLease)
      {
        world.fail(.contract, "\(host.name) was told twice that it holds \(record.key.text) at \(report.revision)")
      }
      record.heldRevision = report.revision
      record.heldLease = report.lease
      let kvs = etcd.stores.map { $0.value(of: record.key, at: report.revision) }
      if !kvs.contains(where: { $0?.mod == report.revision && $0?.lease == report.lease }) {
        world.fail(
          .holding,
          "\(host.name) was told held, revision \(report.revision), lease \(report.lease), of \(record.key.text); "
            + "the store had \(kvs.map { describe($0) }) there")
      }
    case .lost:
      world.statistics.count("lost")
      checkTaken(report, record, by: host)
      // Several attempts at a renewal fit into one TTL.
      if let calm, calm.term == etcd.term, etcd.leader != nil, host.options.leaseTTL >= 10,
        host.wasAwake(since: calm.since), report.error?.code == .leaseLost, isServed(host)
      {
        world.fail(.live, "\(host.name) lost \(record.key.text), and only a minority is gone")
      }
    case .conflict:
      world.statistics.count("conflicts")
      guard let owner = report.owner else { return world.fail(.claims, "a conflict without an owner") }
      // A store that was put in the place of another may hold what was written long ago, by a lease of then.
      let isOwn =
        etcd.life == host.firstLife
        ? record.values.contains(owner.value.array) : owner.value.array == record.value
      // Where values do not count, what its process has left behind before a restart is in its way.
      if isOwn && record.policy == .ifAbsentOrSame || owner.lease != 0 && owner.lease == host.cluster?.core.leaseID {
        world.fail(.claims, "\(host.name) has a conflict with itself over \(record.key.text)")
      }
      let wasThere = etcd.stores.contains { store in
        let kv = store.value(of: record.key, at: owner.modRevision)
        return owner.key.array == record.key && kv?.mod == owner.modRevision && kv?.value == owner.value.array
          && kv?.lease == owner.lease
      }
      if !wasThere {
        world.fail(.claims, "the owner of \(record.key.text) in a conflict never was: \(owner)")
      }
    case .blocked:
      world.statistics.count("keys waited for")
      guard let owner = report.owner else { return world.fail(.claims, "a key is waited for that has no owner") }
      if owner.lease != 0 && owner.lease == host.cluster?.core.leaseID {
        world.fail(.claims, "\(host.name) waits for itself to let go of \(record.key.text)")
      }
    case .ended:
      if record.isRemoved, report.error == nil, record.lastLease != 0 {
        record.isGone = true
        let removal = Removal(
          host: host.index, key: record.key, lease: record.lastLease, heldRevision: record.heldRevision)
        checkRemoved(removal, isLast: false)
        removed.append(removal)
      }
    case .waiting, .claiming, .removing: break
    }
  }

  /// That a key was deleted or overwritten is said only if it was.
  private func checkTaken(_ report: KeepaliveReport, _ record: KeepaliveRecord, by host: SimulatedHost) {
    guard let code = report.error?.code, code == .conflict || code == .keyDeleted, etcd.life == host.firstLife else {
      return
    }
    let changes = etcd.store.changes(of: record.key, after: record.heldRevision)
    if changes.contains(where: { $0.kind == .delete || owner(of: $0.kv.value) != host.name }) { return }
    world.fail(.told, "\(host.name) was told that \(record.key.text) was taken, and nobody has done anything to it")
  }

  // MARK: What is said of what does not work

  /// Whether all keys of these changes are gone in the end; `isKnown`: and were not there before.
  private func leavesNoTrace(_ missed: [Change], isKnown: Bool) -> Bool {
    var first: [[UInt8]: Change] = [:]
    for change in missed where first[change.kv.key] == nil { first[change.kv.key] = change }
    return first.values.allSatisfy { change in
      etcd.store.value(of: change.kv.key) == nil
        && (!isKnown || change.kind == .put && change.kv.create == change.kv.mod)
    }
  }

  private func take(
    _ error: Failure?, _ report: KeepaliveReport, _ record: KeepaliveRecord, by host: SimulatedHost
  ) {
    switch report.state {
    case .waiting, .claiming: if let error { record.error = error }
    case .held: record.error = error
    // What is told late may be of a value that was set before the last one.
    case .lost: if record.isTooLarge || record.hasBeenTooLarge { record.refusalsDue += 1 }
    case .conflict, .blocked, .removing, .ended: record.error = nil
    }
    if error != nil || report.state != .waiting && report.state != .claiming { record.unexplainedSince = nil }
    switch report.state {
    case .waiting, .claiming, .held:
      if (error == nil) != (report.attempts == 0) {
        world.fail(.told, "\(host.name): \(report.attempts) attempts, and \(error.map { "\($0)" } ?? "no error")")
      }
    case .lost, .conflict, .blocked, .removing, .ended: break
    }
    if report.state == .held, error?.reason == .requestTooLarge {
      world.statistics.count("values refused")
      record.refusalsDue -= 1
      if record.refusalsDue < 0 {
        world.fail(.told, "\(host.name) was told again that the value of \(record.key.text) is refused")
      }
    }
  }

  /// A value that etcd will not have is on its way.
  func sent(_ value: [UInt8], of key: [UInt8], by host: SimulatedHost) {
    let refused = host.keepalives.filter {
      $0.key == key && $0.refusedValue == value && $0.told == .held && $0.error?.reason == .requestTooLarge
    }
    // The cluster cannot be asked while it sends.
    if !refused.isEmpty {
      world.after(.zero) { [world, name = host.name, cluster = host.cluster] in
        guard refused.contains(where: { cluster?.core.keepaliveState($0.id) == .held }) else { return }
        world.fail(.told, "\(name) was told that a value of \(key.text) is refused, and sends it again")
      }
    }
    // In peace there is nothing but refusals that could make it come again.
    guard let peaceSince else { return }
    hopeless[value, default: 0] += 1
    let pauses = Int((world.now - peaceSince).wholeNanoseconds / (host.options.backoffMaxMs * 500_000))
    if let count = hopeless[value], count > 15 + 2 * pauses {
      world.fail(.quiet, "\(host.name) has sent a hopeless value of \(key.text) \(count) times")
    }
  }

  /// Etcd has said that it will not have a value.
  func refused(_ value: [UInt8], of key: [UInt8], by host: SimulatedHost) {
    for record in host.keepalives where record.key == key && record.value == value { record.refusedValue = value }
  }

  /// Once a second: whether all who wait know why.
  private func checkExplainedLater() {
    world.after(.seconds(1)) { [weak self] in
      self?.checkExplained()
      self?.checkExplainedLater()
    }
  }

  /// A removal that it waits for, the grant of a lease and a claim: each has ended by then.
  private func checkExplained() {
    for host in hosts where !host.isClosing {
      let patience = Duration.milliseconds(3 * host.longestRequestMs + 1000)
      for record in host.keepalives where !record.isRemoved {
        guard let since = record.unexplainedSince, since + patience < world.now, host.wasAwake(since: since) else {
          continue
        }
        world.fail(
          .told, "\(host.name) has waited for \(record.key.text) since \(time(since)), and was not told why")
      }
    }
  }

  /// There has been no space for a while, and nothing else is wrong.
  func checkFull(_ host: SimulatedHost) {
    guard isServed(host), let peaceSince, host.wasAwake(since: peaceSince) else { return }
    for record in host.keepalives where record.told == .waiting || record.told == .claiming {
      world.statistics.count("keepalives without space")
      if record.error?.reason != .noSpace, !record.isTooLarge {
        world.fail(
          .told,
          "\(host.name): \(record.key.text) is \(record.told), and the reason given is "
            + (record.error.map { "\($0)" } ?? "none"))
      }
    }
  }

  private func mayFollow(_ before: KeepaliveState, _ after: KeepaliveState, isRetried: Bool) -> Bool {
    switch (before, after) {
    case (.ended, _): false
    // What was told in between is news no more where it was lost again.
    case (.conflict, .claiming), (.conflict, .waiting), (.conflict, .lost): isRetried
    case (.removing, _), (.conflict, _): after == .ended || after == .removing
    case (.held, .waiting), (.held, .claiming), (.held, .conflict), (.held, .blocked): false
    case (.waiting, .blocked), (.lost, .blocked), (.blocked, .held), (.blocked, .conflict): false
    case (.lost, .held): false
    default: true
    }
  }

  /// A key that the host was never told to hold came by a claim from before: it has to be gone in the end.
  private func checkRemoved(_ removal: Removal, isLast: Bool) {
    // It was removed from another store.
    if formerLeases.contains(removal.lease) { return }
    // The same process may have claimed it again by the same lease.
    if hosts[removal.host].keepalives.contains(where: { $0.key == removal.key && !$0.isGone }) { return }
    guard let kv = etcd.store.value(of: removal.key), kv.lease == removal.lease else { return }
    if kv.mod > removal.heldRevision {
      world.statistics.count("claims that came late")
      // What the process before left on its way is known to nobody.
      let host = hosts[removal.host]
      guard isLast, host.cluster?.core.leaseID == removal.lease, host.options.leaseID != removal.lease else { return }
    }
    world.fail(
      .removal, "host\(removal.host) was told that \(removal.key.text) is removed, but the store has \(describe(kv))")
  }

  // MARK: Calls

  func submitted(
    _ kind: CallRecord.Kind, by host: Int, timeout: Duration, minRevision: Int64
  ) -> CallRecord {
    let record = CallRecord(
      kind, host: host, at: world.now, revision: etcd.store.revision, life: etcd.life, timeout: timeout,
      minRevision: minRevision)
    calls.append(record)
    return record
  }

  func ended(_ record: CallRecord, _ result: Result<Answer, Failure>) {
    record.ends += 1
    if hosts[record.host].wasAwake(since: record.submittedAt),
      world.now > record.submittedAt + record.timeout + .milliseconds(1)
    {
      world.fail(
        .inTime, "a call of host\(record.host) took \(world.now - record.submittedAt), and was given \(record.timeout)")
    }
    if record.ends > 1 { return world.fail(.oneEnd, "a call of host\(record.host) ended twice") }
    switch result {
    case .success(let answer):
      record.outcome = .ok
      if case .txn(let response) = answer { record.succeeded = response.succeeded }
      world.statistics.count("calls: ok")
      check(answer, record)
    case .failure(let failure):
      world.statistics.count("calls: \(failure.code)")
      // The document that says so; one that came broken is quoted, and proves nothing.
      if failure.message.contains("user name is empty"), !failure.message.hasPrefix("{") {
        world.statistics.count("calls refused for want of a user")
        if failure.code != .unauthenticated || failure.grpcCode != 3 || ![400, 200].contains(failure.httpStatus) {
          world.fail(.contract, "a call of host\(record.host) was refused for want of a user, and fails as \(failure)")
        }
      }
      if [.server, .unauthenticated, .permissionDenied].contains(failure.code),
        ProxyAnswer.isQuoted(in: failure.message)
      {
        world.fail(.told, "what a proxy said to a call of host\(record.host) is told as etcd's answer: \(failure)")
      }
      switch failure.code {
      case .unknownOutcome, .cancelled: record.outcome = .unknown(failure.code)
      default: record.outcome = .didNotHappen(failure.code)
      }
    }
    check(record)
  }

  /// A part of an answer.
  func came(_ answer: Answer, of record: CallRecord) {
    guard case .pages(let request) = record.kind, case .range(let page) = answer else {
      return world.fail(.oneEnd, "a call got a part of another one's answer")
    }
    if record.ends > 0 { world.fail(.oneEnd, "a part came after the end of a call") }
    world.statistics.count("pages")
    if page.kvs.isEmpty || page.kvs.count > Int(request.limit) {
      world.fail(.bounded, "a page has \(page.kvs.count) keys, and \(request.limit) were to be had")
    }
    record.kvs += page.kvs
  }

  /// Whether the write happened as often as was said.
  private func check(_ record: CallRecord) {
    let times: Int
    let what: String
    switch record.kind {
    case .put(let value):
      times = etcd.stores.reduce(0) { $0 + ($1.timesPut[value] ?? 0) }
      what = "the put of \(value.text.prefix(20))"
    case .delete(let rangeEnd):
      times = etcd.stores.reduce(0) { $0 + ($1.timesDeleted[rangeEnd] ?? 0) }
      what = "the deletion up to \(rangeEnd.text)"
    case .range, .pages: return
    case .txn(let request): return check(request, record)
    }
    if times > 1 { world.fail(.writes, "\(what) of host\(record.host) was done \(times) times") }
    switch record.outcome {
    case .ok where times != 1: world.fail(.writes, "\(what) was reported done, and was done \(times) times")
    case .didNotHappen(let code) where times != 0:
      world.fail(.writes, "\(what) failed with \(code), which says that it did not happen, but it did")
    default: break
    }
  }

  /// All of one branch, or nothing.
  private func check(_ request: TxnRequest, _ record: CallRecord) {
    func times(_ branch: [RequestOp]) -> [Int] {
      branch.values.map { value in etcd.stores.reduce(0) { $0 + ($1.timesPut[value] ?? 0) } }
        + branch.ends.map { end in etcd.stores.reduce(0) { $0 + ($1.timesDeleted[end] ?? 0) } }
    }
    let (success, failure) = (times(request.success), times(request.failure))
    let what = "a transaction of host\(record.host) was done \(success) times one way, \(failure) times the other"
    let isWhole = Set(success).count <= 1 && Set(failure).count <= 1
    if !isWhole || (success.max() ?? 0) + (failure.max() ?? 0) > 1 { return world.fail(.writes, what) }
    let (done, notDone) = record.succeeded ? (success, failure) : (failure, success)
    switch record.outcome {
    case .ok where done.contains(0) || notDone.contains(1): world.fail(.writes, "\(what), and reported otherwise")
    case .didNotHappen(let code) where success.contains(1) || failure.contains(1):
      world.fail(.writes, "\(what), and failed with \(code), which says that it did not happen")
    default: break
    }
  }

  /// It has to be true of a store that was there at some time of the call.
  private func check(_ answer: Answer, _ record: CallRecord) {
    var flaw: Flaw?
    for life in record.life...etcd.life {
      do throws(Flaw) {
        return try check(answer, record, etcd.stores[life], isFirst: life == record.life)
      } catch {
        flaw = error
      }
    }
    if let flaw { world.fail(flaw.promise, flaw.text) }
  }

  private func check(_ answer: Answer, _ record: CallRecord, _ store: Store, isFirst: Bool) throws(Flaw) {
    if answer.header.revision < record.minRevision {
      throw Flaw(
        .reads, "a call that wants revision \(record.minRevision) was answered from \(answer.header.revision)")
    }
    switch (record.kind, answer) {
    case (.txn(let request), .txn(let response)):
      if isFirst, response.header.revision < record.revision {
        throw Flaw(.reads, "a transaction was answered from \(response.header.revision), before it was made")
      }
      if let flaw = TxnJudge(request: request, store: store).flaw(in: response) { throw Flaw(.writes, flaw) }
    case (.range(let request), .range(let response)):
      let revision = request.revision > 0 ? request.revision : response.header.revision
      if isFirst, response.header.revision < record.revision, !request.serializable {
        throw Flaw(
          .reads, "a range that began at revision \(record.revision) was answered from \(response.header.revision)")
      }
      var expected = store.state(of: request.range, at: revision)
      let count = expected.count
      if request.limit > 0 { expected = Array(expected.prefix(Int(request.limit))) }
      let isEqual = expected.elementsEqual(response.kvs) { stored, kv in
        stored.key == kv.key.array && stored.value == kv.value.array && stored.mod == kv.modRevision
          && stored.lease == kv.lease
      }
      if !isEqual || response.count != count || response.more != (expected.count < count) {
        throw Flaw(.reads, "a range at revision \(revision) is not what the store has there")
      }
    // Together they are what one answer would have been.
    case (.pages(var request), .range(var whole)):
      whole.kvs = record.kvs
      request.limit = 0
      let one = CallRecord(
        .range(request), host: record.host, at: record.submittedAt, revision: record.revision, life: record.life,
        timeout: record.timeout, minRevision: 0)
      try check(.range(whole), one, store, isFirst: isFirst)
    case (.put(let value), .put(let response)):
      let isThere = store.events(of: .all, in: response.header.revision...response.header.revision)
        .contains { $0.kv.value == value }
      if !isThere { throw Flaw(.writes, "a put says revision \(response.header.revision), and is not there") }
    case (.delete, .deleteRange): break
    default: throw Flaw(.oneEnd, "a call got another one's answer")
    }
  }

  // MARK: Watchers

  func told(_ batch: Batch, _ record: WatcherRecord, by host: SimulatedHost) {
    if record.hasEnded { return world.fail(.afterFree, "\(host.name): a batch after the watcher ended") }
    if record.state != (batch.origin == .watch ? .live : .snapshot) {
      world.fail(.contract, "\(host.name): a batch in state \(describe(record.state))")
    }
    record.isBound = true
    switch batch.origin {
    case .watch: watched(batch, record, host)
    case .stale(let isLast, let time): recalled(batch, record, host, isLast: isLast, time: time)
    case .snapshot(let isLast, let isResync): read(batch, record, host, isLast: isLast, isResync: isResync)
    }
    if record.hasSnapshot { follow(batch, record, host) }
  }

  /// A directory below the same keys. Every fourth value is one that it does not understand.
  private func follow(_ batch: Batch, _ record: WatcherRecord, _ host: SimulatedHost) {
    let parser = ServiceParser(prefix: 0, names: nil)
    let traits = batch.events.map { event in
      event.kv.modRevision % 4 == 3
        ? .failure(Directory.Refused("every fourth")) : parser.parse(event.kv)
    }
    for (event, traits) in zip(batch.events, traits) {
      let key = event.kv.key.array
      if event.kind == .delete {
        record.understood[key] = nil
      } else if case .success = traits {
        record.understood[key] = event.kv.value.array
      }
    }
    for change in record.directory.take(batch, traits) {
      switch change {
      case .complete: record.heardOf = Set(record.directory.services.map(\.key.array))
      case .joined(let service): record.heardOf.insert(service.key.array)
      case .left(let service): record.heardOf.remove(service.key.array)
      case .changed, .refused: break
      }
    }
    let picture = record.directory.picture
    let expected = record.hasPicture ? record.understood : [:]
    let isEqual =
      picture.services.count == expected.count
      && picture.services.allSatisfy { expected[$0.key.array] == $0.value.array }
    if !isEqual {
      world.fail(
        .directory,
        "\(host.name): the directory has \(picture.services.map(\.key)), the watcher told of \(expected.keys.map(\.text))"
      )
    }
    if record.heardOf != Set(expected.keys) {
      world.fail(.directory, "\(host.name): what was told of the directory is not what it has")
    }
  }

  private func watched(_ batch: Batch, _ record: WatcherRecord, _ host: SimulatedHost) {
    if !record.hasPicture || record.readingRevision > 0 {
      return world.fail(.order, "\(host.name): a watched batch before its snapshot was complete")
    }
    narrow(record) { store, _ throws(Flaw) in try check(batch, record, host, store) }
    // Of a revision that is told of, what is not wanted may come last.
    let last = batch.events.last?.kv.modRevision ?? 0
    if record.wants(.put) && record.wants(.delete) ? last != batch.revision : !(1...batch.revision).contains(last) {
      world.fail(.order, "\(host.name): a batch says revision \(batch.revision), and its events do not")
    }
    record.livesBefore = record.lives
    if record.wasToldTooLarge { record.gotPastAt = world.now }
    record.wasToldTooLarge = false
    apply(batch.events, to: record)
    record.next = batch.revision + 1
  }

  private func check(
    _ batch: Batch, _ record: WatcherRecord, _ host: SimulatedHost, _ store: Store
  ) throws(Flaw) {
    guard batch.revision >= record.next, batch.revision <= store.revision else {
      throw Flaw(
        .order, "\(host.name): a batch of revision \(batch.revision), where \(record.next) was to come next")
    }
    let expected = record.events(of: store, in: record.next...batch.revision)
    let isEqual = expected.elementsEqual(batch.events) { change, event in
      change.kind == event.kind && change.kv.key == event.kv.key.array
        && record.given(change.kv.value) == event.kv.value.array
        && change.kv.mod == event.kv.modRevision && change.kv.lease == event.kv.lease
    }
    if !isEqual {
      throw Flaw(
        .order,
        "\(host.name): from \(record.next) to \(batch.revision) came [\(batch.events.map(describe).joined(separator: ", "))]"
          + ", where the store has [\(expected.map(describe).joined(separator: ", "))]")
    }
    guard record.prevKV else { return }
    for (change, event) in zip(expected, batch.events) {
      // A member that has compacted what was before the event cannot say it any more.
      if event.prevKV == nil, store.compactedRevision >= change.kv.mod { continue }
      let previous = change.previous.map { record.given($0.value) }
      if event.prevKV?.value.array != previous || event.prevKV?.modRevision != change.previous?.mod {
        throw Flaw(.order, "\(host.name): an event with a wrong previous value")
      }
    }
  }

  private func read(
    _ batch: Batch, _ record: WatcherRecord, _ host: SimulatedHost, isLast: Bool, isResync: Bool
  ) {
    if !record.hasSnapshot { world.fail(.snapshot, "\(host.name): a snapshot that was not asked for") }
    if isResync, !record.resyncs { world.fail(.order, "\(host.name): a resync of who wanted none") }
    if isResync != record.hasPicture { world.fail(.snapshot, "\(host.name): the resync flag is wrong") }
    let limit = Int(record.wish.pageKeys > 0 ? record.wish.pageKeys : host.options.watchPageKeys)
    for kind in Event.Kind.allCases where batch.events.count(where: { $0.kind == kind }) > limit {
      world.fail(.bounded, "\(host.name): a page of \(batch.events.count) keys")
    }
    narrow(record) { store, life throws(Flaw) in
      try check(read: batch, record, host, store, isSame: record.livesBefore == [life])
    }
    apply(batch.events, to: record)
    record.readingRevision = batch.revision
    for event in batch.events where event.kind == .delete { record.vanished.insert(event.kv.key.array) }
    guard isLast else { return }
    checkVanished(record, at: batch.revision, host)
    record.vanished = []
    if isResync { world.statistics.count("resyncs") }
    record.readingRevision = 0
    record.hasPicture = true
    record.next = batch.revision + 1
    narrow(record) { store, _ throws(Flaw) in try checkPicture(record, at: batch.revision, host, store) }
    record.livesBefore = record.lives
  }

  /// From disk: what an earlier process was told, and was true at its revision, of one of the stores that there were.
  private func recalled(
    _ batch: Batch, _ record: WatcherRecord, _ host: SimulatedHost, isLast: Bool, time: Int64
  ) {
    if record.hasPicture || !record.hasSnapshot || host.disk == nil {
      return world.fail(.stale, "\(host.name): a picture from disk, where one from etcd was to come")
    }
    if time > MemoryDisk.milliseconds(at: world.now) || isLast && record.readingRevision > batch.revision {
      world.fail(.stale, "\(host.name): a picture of \(time), revision \(batch.revision)")
    }
    if batch.events.count > Int(host.options.watchPageKeys) {
      world.fail(.bounded, "\(host.name): a page of \(batch.events.count) keys")
    }
    if batch.events.contains(where: { $0.kind == .delete || record.picture[$0.kv.key.array] != nil }) {
      world.fail(.stale, "\(host.name): a picture from disk tells of a key twice")
    }
    apply(batch.events, to: record)
    guard isLast else { return }
    world.statistics.count("pictures from disk")
    if !record.picture.isEmpty { world.statistics.count("pictures from disk that are not empty") }
    record.hasPicture = true
    record.next = batch.revision + 1
    record.lives = Array(0...etcd.life)
    narrow(record) { store, _ throws(Flaw) in
      if batch.revision > store.revision { throw Flaw(.stale, "\(host.name): a picture of what is yet to come") }
      do throws(Flaw) {
        try checkPicture(record, at: batch.revision, host, store)
      } catch {
        throw Flaw(.stale, error.text)
      }
    }
    record.livesBefore = record.lives
  }

  /// `isSame`: the picture is of this very store, and of no other that has the same.
  private func check(
    read batch: Batch, _ record: WatcherRecord, _ host: SimulatedHost, _ store: Store, isSame: Bool
  ) throws(Flaw) {
    if batch.revision > store.revision {
      throw Flaw(.snapshot, "\(host.name): a snapshot at \(batch.revision), where there is only \(store.revision)")
    }
    if isSame, record.hasPicture, batch.revision < record.next - 1 {
      throw Flaw(.snapshot, "\(host.name): a resync at \(batch.revision) goes back behind \(record.next - 1)")
    }
    for event in batch.events {
      let known = record.picture[event.kv.key.array]
      if !record.wants(event.kind) {
        throw Flaw(.order, "\(host.name): a snapshot tells of what is not wanted: \(describe(event))")
      }
      if !record.wants(.put) {
        let isThere = store.value(of: event.kv.key.array, at: batch.revision) != nil
        if !isThere, record.range.contains(event.kv.key) { continue }
        throw Flaw(.snapshot, "\(host.name): at \(batch.revision) there is what is told in \(describe(event))")
      }
      if record.prevKV, isSame {
        let before = record.remembers ? known?.mod : nil
        let isTrue = event.prevKV.map { [before, 0].contains($0.modRevision) && $0.version == 0 } ?? (before == nil)
        if !isTrue {
          throw Flaw(.order, "\(host.name): a resync says wrongly what was there before \(describe(event))")
        }
      }
      if event.kind == .put ? isSame && known?.mod == event.kv.modRevision : known == nil {
        throw Flaw(.order, "\(host.name): a snapshot tells again of \(describe(event))")
      }
      let kv = store.value(of: event.kv.key.array, at: batch.revision)
      switch event.kind {
      case .put:
        if kv.map({ record.given($0.value) }) != event.kv.value.array || kv?.mod != event.kv.modRevision {
          throw Flaw(.snapshot, "\(host.name): at \(batch.revision) there is no \(describe(event))")
        }
      case .delete:
        if kv != nil { throw Flaw(.snapshot, "\(host.name): at \(batch.revision) there is \(describe(kv))") }
      }
      if !record.range.contains(event.kv.key) {
        throw Flaw(.snapshot, "\(host.name): a key outside of the range")
      }
    }
  }

  private func apply(_ events: [Event], to record: WatcherRecord) {
    world.statistics.count("events delivered", events.count)
    for event in events {
      let key = event.kv.key.array
      record.picture[key] = event.kind == .put ? (event.kv.value.array, event.kv.modRevision) : nil
    }
  }

  /// What the host has been told is there, and is gone, has to be told: also to one that is not told what comes.
  private func checkVanished(_ record: WatcherRecord, at revision: Int64, _ host: SimulatedHost) {
    guard record.remembers, !record.wants(.put), record.hasPicture, record.lives.count == 1,
      record.livesBefore.count == 1
    else { return }
    let before = record.state(of: etcd.stores[record.livesBefore[0]], at: record.next - 1).map(\.key)
    let now = Set(record.state(of: etcd.stores[record.lives[0]], at: revision).map(\.key))
    for key in before where !now.contains(key) && !record.vanished.contains(key) {
      world.fail(.snapshot, "\(host.name): that \(key.text) has vanished by \(revision) is not told")
    }
  }

  private func checkPicture(
    _ record: WatcherRecord, at revision: Int64, _ host: SimulatedHost, _ store: Store
  ) throws(Flaw) {
    guard record.wants(.put) else { return }
    let state = record.state(of: store, at: revision)
    let isEqual =
      (state.count == record.picture.count || !record.wants(.delete) && state.count < record.picture.count)
      && state.allSatisfy { kv in
        record.picture[kv.key].map { $0.value == record.given(kv.value) && $0.mod == kv.mod } ?? false
      }
    if !isEqual {
      let picture = record.picture.map { "\($0.key.text)@\($0.value.mod)" }.sorted()
      throw Flaw(
        .snapshot,
        "\(host.name): the picture at \(revision) is \(picture), the store has "
          + "\(state.map { "\($0.key.text)@\($0.mod)" })")
    }
  }

  func told(_ state: WatcherState, _ failure: Failure?, _ record: WatcherRecord, by host: SimulatedHost) {
    if record.hasEnded { world.fail(.afterFree, "\(host.name): a state after the watcher ended") }
    if !mayFollow(record.state, state) {
      world.fail(.contract, "\(host.name): a watcher is \(state) after \(describe(record.state))")
    }
    checkPause(record, state, failure, host)
    if state == .backoff, let failure { checkTries(failure, host) }
    if record.state == .live, state == .backoff, let failure { checkReason(failure, record, host) }
    record.state = state
    record.failure = failure
    if failure?.code == .tooLarge { record.wasToldTooLarge = true }
    switch state {
    case .snapshot:
      // A read begins, of the store that there is, or of one that was there when it was answered.
      record.isBound = false
      record.lives = Array((record.livesBefore.min() ?? etcd.life)...etcd.life)
    case .opening:
      // The next stream may be of a later store, which shows in nothing if a backup was made of all that there was.
      record.isBound = false
      if let last = record.lives.max(), last < etcd.life { record.lives += last + 1...etcd.life }
    case .live: record.isBound = true
    case .backoff, .ended: break
    }
    guard state == .ended else { return }
    record.hasEnded = true
    guard let failure else { return }
    if record.resyncs { world.fail(.live, "\(host.name): a watcher with a snapshot ended: \(failure)") }
    if record.hasSnapshot { world.statistics.count("watchers without a resync ended") }
    let needed = max(record.next, record.readingRevision)
    // It may be a later store that does not have any more what was read of the one before.
    let isCompacted = ((record.lives.min() ?? etcd.life)...etcd.life).contains {
      etcd.stores[$0].compactedRevision > needed
    }
    let isReplaced = etcd.life > host.firstLife || record.beginsInFuture
    switch failure.code {
    case .compacted where isCompacted: break
    case .clusterChanged where isReplaced: world.statistics.count("watchers ended with their store")
    default:
      world.fail(.order, "\(host.name): a watcher from \(record.next) ended for no reason: \(failure)")
    }
  }

  private func mayFollow(_ before: WatcherState?, _ after: WatcherState) -> Bool {
    switch before {
    case nil: after == .snapshot || after == .opening
    case .snapshot: after != .live
    case .opening: after != .snapshot && after != .opening
    case .live: after == .backoff || after == .ended
    case .backoff: after != .live && after != .backoff
    case .ended: false
    }
  }

  /// A stream that lived is left because of what happened to it, and not to something else.
  private func checkReason(_ failure: Failure, _ record: WatcherRecord, _ host: SimulatedHost) {
    // What is told late may be of a time when there were others.
    if failure.curlCode == 7, host.cluster?.core.endpointReports.count == 1, !host.wasReloaded {
      world.fail(.live, "\(host.name): a stream was left because others were refused, and there is no other member")
    }
    // In gRPC there are other limits, and silence there is a reason to try the other wire.
    if host.options.wire == .json, let crowded, crowded.since < world.now, host.wasAwake(since: crowded.since),
      !isFull(failure),
      failure.code != .tooLarge, failure.message != "the endpoint is used no more"
    {
      world.fail(.live, "\(host.name): a stream was left where there were only too many requests: \(failure)")
    }
  }

  /// What no member takes is tried slowly, where the host wants it slow. Members that take nothing at all are another
  /// matter.
  private func checkTries(_ failure: Failure, _ host: SimulatedHost) {
    guard let crowded, crowded.since < world.now, isFull(failure), host.options.backoffMaxMs >= 5000,
      host.seeds.allSatisfy({ etcd.serves(host: host.index, $0) })
    else { return }
    var times = timesFull[host.index] ?? (world.now, 0)
    if world.now - times.since > .seconds(60) { times = (world.now, 0) }
    times.count += 1
    timesFull[host.index] = times
    if times.count > 40 {
      world.fail(.quiet, "\(host.name) was told more than 40 times within a minute that a member takes no more watches")
    }
  }

  private func isFull(_ failure: Failure) -> Bool { failure.message.contains("seems to take no more than") }

  /// Where a member serves only so many requests at once, some watchers may have to wait, whether they look for another
  /// member or not.
  private func mayWait(_ record: WatcherRecord, _ host: SimulatedHost) -> Bool {
    guard let crowded, record.state != .live else { return false }
    // A key that is waited for is watched too.
    let watched = host.keepalives.count { $0.told == .blocked }
    return host.watchers.count { $0.state == .live } + watched >= crowded.fewest
  }

  /// A stream that has lived for long is opened again at once when it ends: whatever failed before it is forgotten. Not
  /// one that brought too much, which can take long too.
  private func checkPause(_ record: WatcherRecord, _ state: WatcherState, _ failure: Failure?, _ host: SimulatedHost) {
    if let time = record.endedAfterLong, host.wasAwake(since: time), world.now > time + .milliseconds(20) {
      world.fail(.live, "\(host.name): a watcher that was live for long has waited before it tried again")
    }
    record.endedAfterLong = nil
    if state == .backoff, failure?.code != .compacted, failure?.code != .tooLarge, let since = record.liveSince,
      world.now - since > .milliseconds(host.options.backoffMaxMs)
    {
      record.endedAfterLong = world.now
    }
    record.liveSince = state == .live ? world.now : nil
  }

  // MARK: Once faults have stopped

  /// Why today's core cannot get anything done for the host even in peace.
  private func reasonToFail(of host: SimulatedHost) -> KnownFault? {
    if etcd.authority.isEnabled, !host.hasCredentials { return .unauthenticated }
    return nil
  }

  private func isServed(_ host: SimulatedHost) -> Bool { reasonToFail(of: host) == nil && knowsWhomToAsk(host) }

  /// Whether it was told of a member that serves it, by its configuration or by a list.
  private func knowsWhomToAsk(_ host: SimulatedHost) -> Bool {
    let serves = { [self] in etcd.serves(host: host.index, $0) }
    let isFollowed = followedSince.map { since in host.lastReload.map { $0 + .seconds(20) < since } ?? true } ?? false
    return isFollowed || host.seeds.contains(where: serves)
      || host.options.discoversMembers && host.wasTold(of: serves)
  }

  func checkLiveness(_ host: SimulatedHost) {
    guard let cluster = host.cluster else { return }
    if let domain = host.unknownDomain { world.fail(.reload, "\(host.name) has not been told whom \(domain) names") }
    if !knowsWhomToAsk(host) { return world.statistics.count("hosts that cannot know who serves") }
    if let known = reasonToFail(of: host) {
      return world.fail(.live, known: known, "\(host.name) is not served, in peace")
    }
    // Where one watch more is tried than a member serves, calls wait for a moment.
    let mayBeTrying = crowded != nil && host.watchers.contains { $0.state == .live }
    // An answer that is too large shows nothing, and such a host may ask for nothing else.
    let hasTooMuch = host.watchers.contains { $0.wasToldTooLarge && meetsTooMuch($0, host) }
    if cluster.core.state != .ready, !mayBeTrying, !hasTooMuch {
      world.fail(.live, "\(host.name) is \(cluster.core.state)")
    }
    checkToldOfReplacement(host)
    for record in host.watchers where !record.hasEnded && !mayWait(record, host) {
      if record.wasToldTooLarge, meetsTooMuch(record, host) {
        world.statistics.count("watchers with too much in their way")
        continue
      }
      // Whether fragments of a revision have room depends on how they come: what was in its way may just have been passed.
      if let gotPastAt = record.gotPastAt, world.now - gotPastAt < .seconds(5) { continue }
      if record.state != .live {
        world.fail(.live, "\(host.name): the watcher of \(name(record)) is \(describe(record.state))")
      }
      let missed = record.events(of: etcd.store, in: min(record.next, etcd.store.revision)...etcd.store.revision)
        .filter { $0.kv.mod >= record.next }
      // What was made and has gone between two looks shows in nothing. Without an index, neither does what had gone before
      // there was a first look; where no puts come, not even if it was made anew since.
      let isLossy = world.statistics.counts["streams lost", default: 0] > 0
      if isLossy, !missed.isEmpty,
        !record.remembers && !record.wants(.put)
          || leavesNoTrace(missed, isKnown: record.remembers && record.wants(.put))
      {
        world.statistics.count("watchers that may have missed a deletion", missed.count)
        continue
      }
      if let first = missed.first {
        world.fail(
          .live,
          "\(host.name): the watcher of \(name(record)) was not told of \(describe(first)); the store is at "
            + "\(etcd.store.revision)")
      }
      if !record.lives.contains(etcd.life) {
        world.fail(.live, "\(host.name): the watcher of \(name(record)) has not noticed that the store was replaced")
      }
      if record.hasSnapshot {
        narrow(record) { store, _ throws(Flaw) in try checkPicture(record, at: etcd.store.revision, host, store) }
      }
    }
    for record in host.keepalives where record.told != .ended {
      if record.told == .blocked {
        // Where a member serves only so many requests at once, the watch that waits for it may wait.
        if crowded == nil, etcd.store.value(of: record.key) == nil {
          world.fail(.live, "\(host.name) waits for \(record.key.text), which is gone")
        }
        continue
      }
      if record.isTooLarge, record.told != .conflict {
        // The reason is all that it can have.
        if record.error?.reason != .requestTooLarge {
          world.fail(.told, "\(host.name) does not know that the value of \(record.key.text) is too large")
        }
        if record.told != .held { continue }
      }
      if record.told != .held && record.told != .conflict {
        world.fail(.live, "\(host.name): the keepalive of \(record.key.text) is \(record.told)")
      }
      if record.told == .held, etcd.store.value(of: record.key)?.lease != cluster.core.leaseID,
        wasRobbed(record.key, of: cluster.core.leaseID), etcd.expiry(of: cluster.core.leaseID) != nil
      {
        world.fail(.holding, "\(host.name) has not noticed that \(record.key.text) was taken")
        continue
      }
      if record.told == .held, etcd.store.value(of: record.key)?.lease != cluster.core.leaseID {
        world.fail(.holding, "\(host.name) holds \(record.key.text) by a lease that is gone")
      }
      if record.told == .held, !record.isTooLarge, let value = host.wantedValues[record.key],
        etcd.store.value(of: record.key)?.value != value
      {
        world.fail(.live, "\(host.name): \(record.key.text) does not hold the value that was set last")
      }
    }
    // While nothing went wrong it was told of other endpoints.
    if let (lease, incarnation) = host.leaseInPeace, incarnation == host.incarnation, lease != 0, calm == nil,
      crowded == nil, host.options.leaseTTL >= 5, cluster.core.leaseID != lease
    {
      world.fail(.reload, "\(host.name) has another lease since it was told of other endpoints")
    }
    if let (key, lease) = host.abandonedKey, cluster.core.leaseID == lease, etcd.store.value(of: key)?.lease == lease {
      world.fail(.removal, "\(host.name) has freed the keepalive of \(key.text), and the key is still there")
    }
    for record in calls
    where record.host == host.index && record.ends == 0 && host.calls.contains(where: { $0.value === record }) {
      world.fail(.live, "\(host.name): a call of \(time(record.submittedAt)) has not ended")
    }
  }

  /// Whether a value that the watcher has to get may be larger than what its host takes.
  private func meetsTooMuch(_ record: WatcherRecord, _ host: SimulatedHost) -> Bool {
    let revision = etcd.store.revision
    func isTooMuch(_ values: Int) -> Bool { values * 4 / 3 + 700 > Int(host.options.responseMaxBytes) }
    return record.state(of: etcd.store, at: revision).contains { isTooMuch($0.value.count) }
      || record.events(of: etcd.store, in: min(record.next, revision)...revision).contains { change in
        isTooMuch(change.kv.value.count + (record.prevKV ? change.previous?.value.count ?? 0 : 0))
      }
  }

  /// Another cluster than the one that answered before, or a revision that is behind what was answered, can be seen.
  private func checkToldOfReplacement(_ host: SimulatedHost) {
    let isSeen = host.heardRevisions.contains { $0.key != etcd.clusterID || $0.value > etcd.store.revision }
    if isSeen { world.statistics.count("hosts whose store was replaced") }
    if isSeen, host.timesToldOfReplacement == 0 {
      world.fail(.live, "\(host.name) has not been told that the store was replaced")
    }
  }

  func checkEnd() {
    for record in calls { check(record) }
    for removal in removed where expiryOfEnded[removal.lease] == nil { checkRemoved(removal, isLast: true) }
  }

  // MARK: Words

  private func name(_ record: WatcherRecord) -> String { "\(record.range.key.text)…\(record.range.rangeEnd.text)" }

  private func time(_ instant: Instant) -> String {
    "\((instant.nanoseconds - 1_000_000_000_000) / 1_000_000) ms"
  }

  private func describe(_ kv: StoredKV?) -> String {
    guard let kv else { return "nothing" }
    return "\(kv.key.text)@\(kv.mod) = \(kv.value.text.prefix(20)) lease \(kv.lease)"
  }

  private func describe(_ state: WatcherState?) -> String { state.map { "\($0)" } ?? "told nothing" }

  private func describe(_ change: Change) -> String {
    "\(change.kind.name) \(change.kv.key.text)@\(change.kv.mod)"
  }

  private func describe(_ event: Event) -> String {
    "\(event.kind.name) \(event.kv.key)@\(event.kv.modRevision)"
  }
}
