import EtcdPacker
import EtcdTransport

/// The keepalives of a cluster, and the one lease that they share.
struct Keepalives {
  /// A class, because a table of them has half as many empty places.
  private final class Entry {
    var machine: Keepalive
    /// The host has freed it: it goes on until its key is removed, and tells nobody.
    var isDetached = false

    init(machine: Keepalive) {
      self.machine = machine
    }
  }

  /// What may still get through although nobody wants it any more.
  private struct Stray {
    let lease: Int64
    /// What would be put there, by its hash.
    var values: Set<Int>
  }

  private static let straysMax = 1024

  private var lease: Lease
  private var entries: [KeepaliveID: Entry] = [:]
  /// Who has a key, and who waits for the removal of it to end.
  private var ownerOfKey: [[UInt8]: KeepaliveID] = [:]
  private var heirOfKey: [[UInt8]: KeepaliveID] = [:]
  /// Answers that wait for the look at the lease; `nil` while nothing is being taken in.
  private var unheard: [(id: KeepaliveID, result: Result<Answer, Failure>, hasStray: Bool)]?
  private var verification: Verification
  /// By their keys. For as long as their lease lives, they are looked after.
  private var strays: [[UInt8]: Stray] = [:]
  /// Of keys that are in the way.
  private var watchOfKeepalive: [KeepaliveID: WatcherID] = [:]
  private var keepaliveOfWatch: [WatcherID: KeepaliveID] = [:]
  /// Since the cluster was made.
  private(set) var leasesGranted: UInt64 = 0
  private(set) var leasesLost: UInt64 = 0
  private var options: Options
  private var backoff: Backoff

  init(options: Options, backoff: Backoff) {
    self.options = options
    self.backoff = backoff
    lease = Lease(backoff: backoff, heritage: options.leaseID)
    verification = Verification(interval: .milliseconds(options.keepaliveVerifyMs))
  }

  /// From now on these.
  mutating func reconfigure(
    _ options: Options, _ backoff: Backoff, now: Instant, random: inout any RandomNumberGenerator
  ) {
    verification.reconfigure(interval: .milliseconds(options.keepaliveVerifyMs), now: now, random: &random)
    self.options = options
    self.backoff = backoff
    lease.backoff = backoff
    for id in entries.keys { entries[id]?.machine.backoff = backoff }
  }

  /// In the order in which they were made.
  private var ids: [KeepaliveID] { entries.keys.sorted { $0.rawValue < $1.rawValue } }

  // MARK: Questions

  var count: Int { entries.count }

  /// Whether one of them asks for what it needs until it has it.
  var goOn: Bool {
    entries.values.contains { entry in
      switch entry.machine.publicState {
      case .waiting, .claiming, .held, .lost, .blocked, .removing: true
      case .conflict, .ended: false
      }
    }
  }

  var held: Int { entries.values.count { $0.machine.publicState == .held } }

  var keyCount: Int { ownerOfKey.count + heirOfKey.count }

  func state(of id: KeepaliveID) -> KeepaliveState { entries[id]?.machine.publicState ?? .ended }

  /// The same by the clock: what is held is lost when the lease is over, whether or not anybody has looked meanwhile.
  func state(of id: KeepaliveID, at now: Instant) -> KeepaliveState {
    let state = state(of: id)
    guard state == .held, let deadline = lease.deadline, deadline <= now else { return state }
    return .lost
  }

  /// How many values of it were set of which it is yet to be told what became of them.
  func valueWaits(of id: KeepaliveID) -> Int { entries[id]?.machine.valueWaits.count ?? 0 }

  func wakeTime(of id: KeepaliveID) -> Instant? { entries[id]?.machine.wakeTime }

  /// There is one, or somebody has asked for one.
  var hasLease: Bool { lease.state != .idle }

  /// The lease that keys are bound to, or 0.
  var leaseID: Int64 { lease.id }

  var leaseWakeTime: Instant? { lease.wakeTime }

  var verificationWakeTime: Instant? { verification.wakeTime }

  /// Whether the host's answer is still waited for.
  func isAsking(_ id: KeepaliveID, about found: KeyValue) -> Bool {
    entries[id]?.machine.questionedRevision == found.modRevision
  }

  /// How many keys are watched that are in the way.
  var watchCount: Int { keepaliveOfWatch.count }

  func keepalive(of watch: WatcherID) -> KeepaliveID? { keepaliveOfWatch[watch] }

  /// When the lease counts as lost.
  var leaseDeadline: Instant? { lease.deadline }

  var allHaveEnded: Bool { entries.values.allSatisfy { $0.machine.publicState == .ended } }

  /// HELD is never told of a key that is no longer held.
  func isTrue(_ report: KeepaliveReport, of id: KeepaliveID) -> Bool {
    report.state != .held || state(of: id) == .held
  }

  // MARK: The host

  /// An owner that the host has freed is only there until the key is removed; one other may wait for that.
  func isTaken(_ key: [UInt8]) -> Bool {
    guard let owner = ownerOfKey[key] else { return false }
    return entries[owner]?.isDetached == false || heirOfKey[key] != nil
  }

  mutating func add(_ id: KeepaliveID, _ claim: Claim) -> [Order] {
    let key = claim.key
    entries[id] = Entry(machine: Keepalive(claim, backoff: backoff))
    let report = KeepaliveReport(state: .waiting, error: nil, owner: nil, lease: 0, revision: 0)
    let orders: [Order] = [.deliver(.keepalive(id, report), for: .keepalive(id))]
    if ownerOfKey[key] == nil { return orders + begin(id, key: key) }
    heirOfKey[key] = id
    return orders
  }

  private mutating func begin(_ id: KeepaliveID, key: [UInt8]) -> [Order] {
    ownerOfKey[key] = id
    if let stray = strays[key] { entries[id]?.machine.inherit(strayLease: stray.lease) }
    if lease.id != 0 { return orders(entries[id]?.machine.leaseGranted(lease.id), of: id) }
    // The others have been told already.
    if let failure = lease.streak.last {
      return orders(entries[id]?.machine.leaseNotGranted(failure, attempts: lease.streak.count), of: id)
    }
    return orders(lease.need())
  }

  /// Returns `nil` if it is being removed, or has ended.
  mutating func setValue(_ value: [UInt8], of id: KeepaliveID, for wait: CallID? = nil) -> [Order]? {
    entries[id]?.machine.setValue(value, for: wait).map { orders($0, of: id) }
  }

  /// Returns `nil` if there is no conflict.
  mutating func retry(_ id: KeepaliveID) -> [Order]? {
    guard let actions = entries[id]?.machine.retry(lease: lease.id) else { return nil }
    return orders(actions, of: id) + (lease.id == 0 ? orders(lease.need()) : [])
  }

  /// What the host says of the key that is in the way.
  mutating func decide(_ answer: ClaimAnswer, on id: KeepaliveID, modRevision: Int64) -> [Order] {
    orders(entries[id]?.machine.decide(answer, modRevision: modRevision), of: id)
  }

  /// Returns `nil` if it is being removed, or has ended.
  mutating func remove(_ id: KeepaliveID, now: Instant) -> [Order]? {
    let deadline = now + .milliseconds(options.requestTimeoutMs)
    guard let orders = entries[id]?.machine.remove(deadline: deadline).map({ orders($0, of: id) }) else { return nil }
    return orders + verifyIfNeeded(id, now: now)
  }

  /// The host wants to hear no more of it; its key is removed in the background.
  mutating func detach(_ id: KeepaliveID, now: Instant) -> [Order] {
    entries[id]?.isDetached = true
    let orders = remove(id, now: now) ?? []
    if state(of: id) == .ended { entries[id] = nil }
    return orders
  }

  /// The cluster is closing. Returns the lease that is left behind, or 0.
  mutating func close() -> (orders: [Order], id: Int64) {
    var orders: [Order] = []
    for id in ids { orders += self.orders(entries[id]?.machine.close(), of: id) }
    verification.end()
    return (orders + [.abandonCall(.verification)], lease.end())
  }

  /// Forgets everything, without a word.
  mutating func removeAll() {
    entries = [:]
    ownerOfKey = [:]
    heirOfKey = [:]
    keepaliveOfWatch = [:]
    watchOfKeepalive = [:]
    strays = [:]
  }

  // MARK: Answers and time

  /// What has arrived is about to be told, in whatever order it arrived.
  mutating func beginIntake() {
    unheard = []
  }

  /// All of it has been told. A claim that got through is worth nothing under a lease that has run out meanwhile, and
  /// whether it has depends on the renewals that were acknowledged: so the lease is looked at first.
  mutating func endIntake(now: Instant, random: inout any RandomNumberGenerator) -> [Order] {
    var orders = tickLease(now: now)
    // Some may be struck out by what the ones before lead to.
    while let (id, result, hasStray) = unheard?.first {
      unheard?.removeFirst()
      orders += take(result, hasStray: hasStray, of: id, now: now, random: &random)
    }
    unheard = nil
    return orders
  }

  mutating func answered(
    _ result: Result<Answer, Failure>, hasStray: Bool = false, to id: KeepaliveID, now: Instant,
    random: inout any RandomNumberGenerator
  ) -> [Order] {
    if unheard != nil {
      unheard?.append((id, result, hasStray))
      return []
    }
    return take(result, hasStray: hasStray, of: id, now: now, random: &random)
  }

  private mutating func take(
    _ result: Result<Answer, Failure>, hasStray: Bool, of id: KeepaliveID, now: Instant,
    random: inout any RandomNumberGenerator
  ) -> [Order] {
    let actions = entries[id]?.machine.answered(result, hasStray: hasStray, now: now, random: &random)
    let orders = orders(actions, of: id)
    return orders + verifyIfNeeded(id, now: now)
  }

  mutating func tick(_ id: KeepaliveID, now: Instant) -> [Order] {
    let orders = orders(entries[id]?.machine.tick(now: now), of: id)
    return orders + verifyIfNeeded(id, now: now)
  }

  mutating func tickLease(now: Instant) -> [Order] {
    guard let wakeTime = lease.wakeTime, wakeTime <= now else { return [] }
    return orders(lease.tick(now: now))
  }

  /// Etcd is back: what waits for its next attempt need not wait for the rest of a long back-off.
  mutating func hasten(to time: Instant) -> [Order] {
    var orders: [Order] = []
    for id in ids where entries[id]?.machine.hasten(to: time) == true { orders.append(.setTimer(.keepalive(id))) }
    if lease.hasten(to: time) { orders.append(.setTimer(.lease)) }
    return orders
  }

  // MARK: Keys in the way

  /// Nothing is to be told of it to the host.
  mutating func watches(_ id: KeepaliveID, by watch: WatcherID) {
    watchOfKeepalive[id] = watch
    keepaliveOfWatch[watch] = id
  }

  /// The watch that is to end, if there is one.
  mutating func endWatch(of id: KeepaliveID) -> WatcherID? {
    guard let watch = watchOfKeepalive.removeValue(forKey: id) else { return nil }
    keepaliveOfWatch[watch] = nil
    return watch
  }

  mutating func watchDelivered(_ batch: Batch, of watch: WatcherID) -> [Order] {
    guard let id = keepaliveOfWatch[watch], batch.events.contains(where: { $0.kind == .delete }) else { return [] }
    return orders(entries[id]?.machine.isGone(), of: id)
  }

  mutating func watchReported(
    _ report: WatcherReport, of watch: WatcherID, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    guard report.state == .ended, let id = keepaliveOfWatch[watch] else { return [] }
    let failure = report.error ?? Failure(.unavailable, "the watch of the key has ended")
    return orders(entries[id]?.machine.watchEnded(failure, now: now, random: &random), of: id)
  }

  // MARK: Verification

  /// `id` may have come to be held, or have left something behind.
  private mutating func verifyIfNeeded(_ id: KeepaliveID, now: Instant) -> [Order] {
    guard verification.state == .idle, entries[id]?.machine.heldVersion != nil || !strays.isEmpty else { return [] }
    verification.need(now: now)
    return [.setTimer(.verification)]
  }

  /// Another endpoint is current.
  mutating func moved(now: Instant) -> [Order] {
    verification.moved(now: now)
    return [.setTimer(.verification)]
  }

  mutating func tickVerification(now: Instant) -> [Order] {
    guard let wakeTime = verification.wakeTime, wakeTime <= now else { return [] }
    return verify(verification.tick(beliefs, now: now))
  }

  private var beliefs: [Verification.Belief] {
    var beliefs = ids.compactMap { id -> Verification.Belief? in
      guard let machine = entries[id]?.machine, let version = machine.heldVersion else { return nil }
      return Verification.Belief(owner: id, key: machine.key, version: version)
    }
    for (key, stray) in strays.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where ownerOfKey[key] == nil {
      beliefs.append(
        Verification.Belief(owner: nil, key: key, version: Keepalive.Version(modRevision: 0, lease: stray.lease)))
    }
    return beliefs
  }

  mutating func verified(
    _ result: Result<Answer, Failure>, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    let (findings, news) = verification.answered(result)
    var orders: [Order] = []
    if let news { orders.append(.note(.warning, "what is held is not verified: \(news.description)", .lease)) }
    for finding in findings {
      if let owner = finding.belief.owner {
        orders += self.orders(
          entries[owner]?.machine.isOtherThan(finding.belief.version, finding.found), of: owner)
      } else if let found = finding.found {
        orders += delete(stray: finding.belief.key, found)
      }
    }
    return orders + verify(verification.goOn(now: now, random: &random))
  }

  private func verify(_ request: TxnRequest?) -> [Order] {
    let timer = Order.setTimer(.verification)
    guard let request else { return [timer] }
    return [.call(Calls.Submission(.txn(request), for: .verification)), timer]
  }

  /// A step got through although its keepalive has been removed; what the host itself has put there is left alone. If that
  /// goes wrong, the next round finds it again.
  private func delete(stray key: [UInt8], _ found: KeyValue) -> [Order] {
    guard ownerOfKey[key] == nil, strays[key]?.values.contains(found.value.array.hashValue) == true else { return [] }
    let version = Keepalive.Version(found)
    let name = PrintableText.quote(String(decoding: key, as: UTF8.self))
    return [
      .note(.warning, "a late claim left the key \(name) behind: it is deleted", .lease),
      .call(
        Calls.Submission(.txn(Keepalive.deletion(of: key, ifStill: version)), for: .stray(key), effect: .repeatable)),
    ]
  }

  // MARK: The lease

  mutating func leaseAnswered(
    _ result: Result<Answer, Failure>, sentAt: Instant, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    switch result {
    case .success(.leaseGrant(let response)) where response.id != 0:
      return orders(lease.granted(id: response.id, ttl: response.ttl, sentAt: sentAt, now: now))
    case .success(.leaseKeepAlive(let response)):
      return orders(lease.renewed(ttl: response.ttl, sentAt: sentAt, now: now))
    case .success:
      return leaseFailed(Failure(.protocol, "the answer to a lease request is not one"), now: now, random: &random)
    case .failure(let failure):
      return leaseFailed(failure, now: now, random: &random)
    }
  }

  /// The store is another one from now on.
  mutating func replaced(_ failure: Failure) -> [Order] {
    for id in ids { entries[id]?.machine.storeReplaced() }
    return orders(lease.replaced(failure))
  }

  private mutating func leaseFailed(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Order] {
    if lease.id == 0 { return orders(lease.grantFailed(failure, now: now, random: &random)) }
    return [.note(.warning, "lease \(lease.id): \(failure.description)", .lease)]
      + orders(lease.renewalFailed(failure, now: now, random: &random))
  }

  private mutating func orders(_ actions: [Lease.Action]) -> [Order] {
    var orders: [Order] = []
    for action in actions {
      switch action {
      case .grant:
        orders.append(.call(Calls.Submission(.leaseGrant(LeaseGrantRequest(ttl: options.leaseTTL)), for: .lease)))
      case .adopt(let id):
        orders.append(.call(Calls.Submission(.leaseKeepAlive(LeaseKeepAliveRequest(id: id)), for: .lease)))
      case .late(let id, let left):
        orders.append(
          .note(
            .warning,
            "no renewal of lease \(id) has been acknowledged for half of its time; it is lost in "
              + "\(left.millisecondsRoundedUp) ms", .lease))
      case .renew(let id, let deadline):
        // Several attempts have to fit into what is left of the TTL.
        let request = LeaseKeepAliveRequest(id: id)
        orders.append(
          .call(Calls.Submission(.leaseKeepAlive(request), for: .lease, deadline: deadline, isUrgent: true)))
      case .abandonCall:
        orders.append(.abandonCall(.lease))
      case .granted(let id):
        leasesGranted &+= 1
        orders.append(
          .note(.info, id == options.leaseID ? "lease \(id) is renewed from now on" : "lease \(id) granted", .lease))
        for keepalive in ids where hasItsKey(keepalive) {
          orders += self.orders(entries[keepalive]?.machine.leaseGranted(id), of: keepalive)
        }
      case .notGranted(let failure, let attempts):
        let count = attempts == 1 ? "" : " after \(attempts) attempts"
        orders.append(.note(.warning, "no lease is granted\(count): \(failure.description)", .lease))
        for keepalive in ids where hasItsKey(keepalive) {
          orders += self.orders(
            entries[keepalive]?.machine.leaseNotGranted(failure, attempts: attempts), of: keepalive)
        }
      case .lost(let id, let failure):
        leasesLost &+= 1
        strays = [:]
        orders.append(.note(.error, "lease \(id) lost: \(failure.message)", .lease))
        for keepalive in ids {
          orders += self.orders(entries[keepalive]?.machine.leaseLost(failure), of: keepalive)
        }
      }
    }
    return orders + [.setTimer(.lease)]
  }

  private func hasItsKey(_ id: KeepaliveID) -> Bool {
    guard let key = entries[id]?.machine.key else { return false }
    return ownerOfKey[key] == id
  }

  // MARK: What the machines want

  private mutating func orders(_ actions: [Keepalive.Action]?, of id: KeepaliveID) -> [Order] {
    guard let actions else { return [] }
    var orders: [Order] = []
    for action in actions {
      switch action {
      case .send(let request, let deadline):
        // Each step is guarded: doing it twice does no more than doing it once.
        orders.append(
          .call(Calls.Submission(.txn(request), for: .keepalive(id), effect: .repeatable, deadline: deadline)))
      case .abandonStep:
        unheard?.removeAll { $0.id == id }
        orders.append(.abandonCall(.keepalive(id)))
      case .ask(let found):
        orders.append(.deliver(.claimQuestion(id, found), for: .keepalive(id)))
      case .watch(let revision):
        if let key = entries[id]?.machine.key { orders.append(.watchKey(key, from: revision, for: id)) }
      case .endWatch:
        orders.append(.endWatch(of: id))
      case .report(let report):
        orders += tell(report, of: id)
      case .valueEnded(let wait, let end):
        orders.append(.append(.value(wait, end)))
      case .remind(let report):
        orders.append(.deliverIfRoom(.keepalive(id, report), for: .keepalive(id)))
      case .leaseNotFound(let lease):
        orders += self.orders(self.lease.notFound(id: lease))
      }
    }
    guard let entry = entries[id] else { return orders }
    if entry.machine.publicState == .ended { orders += ended(id) }
    return orders + [.setTimer(.keepalive(id))]
  }

  private func tell(_ report: KeepaliveReport, of id: KeepaliveID) -> [Order] {
    var orders: [Order] = []
    if report.state == .lost {
      // That a key is lost must not wait in line, and what was reported before is no longer news.
      orders.append(.overtake(.keepalive(id, report), for: .keepalive(id)))
    } else {
      orders.append(.deliver(.keepalive(id, report), for: .keepalive(id)))
    }
    if let key = entries[id]?.machine.key, let note = Self.note(report, of: key) { orders.append(note) }
    return orders
  }

  private static func note(_ report: KeepaliveReport, of key: [UInt8]) -> Order? {
    let name = PrintableText.quote(String(decoding: key, as: UTF8.self))
    switch report.state {
    case .held where report.error?.remedy == .anotherRequest:
      return .note(.error, "the value of the key \(name) is refused: \(report.error?.description ?? "")", .lease)
    case .held where report.error != nil:
      return .note(.warning, "the value of the key \(name) is not written: \(report.error?.description ?? "")", .lease)
    case .claiming where report.error != nil:
      return .note(.warning, "the key \(name) is not claimed: \(report.error?.description ?? "")", .lease)
    case .held: return .note(.info, "holding the key \(name) at revision \(report.revision)", .lease)
    case .lost: return .note(.error, "lost the key \(name): \(report.error?.message ?? "")", .lease)
    case .conflict: return .note(.error, "the key \(name) belongs to another process", .lease)
    case .blocked:
      return .note(.info, "the key \(name) belongs to another process, and is waited for", .lease)
    case .waiting, .claiming, .removing, .ended: return nil
    }
  }

  private mutating func remember(strayOf id: KeepaliveID, _ key: [UInt8]) {
    guard let machine = entries[id]?.machine, machine.strayLease != 0, machine.strayLease == lease.id else { return }
    if strays[key] == nil, strays.count >= Self.straysMax { return }
    strays[key, default: Stray(lease: machine.strayLease, values: [])].values.formUnion(machine.strayValues)
  }

  private mutating func ended(_ id: KeepaliveID) -> [Order] {
    guard let key = entries[id]?.machine.key else { return [] }
    var orders: [Order] = []
    remember(strayOf: id, key)
    if heirOfKey[key] == id { heirOfKey[key] = nil }
    if ownerOfKey[key] == id {
      ownerOfKey[key] = nil
      if let heir = heirOfKey.removeValue(forKey: key) { orders += begin(heir, key: key) }
    }
    if entries[id]?.isDetached == true { entries[id] = nil }
    return orders
  }
}
