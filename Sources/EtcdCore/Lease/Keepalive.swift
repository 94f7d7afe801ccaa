import EtcdPacker
import EtcdTransport

/// One key of this process, bound to the cluster's lease.
///
///     waiting ──▶ claiming ──▶ held ⇄ writing
///        ▲           │ ▲         │
///        │           ▼ │         ▼
///        │        backingOff   (lost: reported, then claiming again, or waiting for another lease)
///        └──────────────────────┘
///     claiming ──▶ asking      the host, whose key it is ──▶ claiming, blocked or conflict
///              ──▶ blocked     until the key is gone ──▶ claiming
///              ──▶ conflict    until the host tries again ──▶ claiming
///     any ──▶ removing ──▶ ended
///
/// Each step is one transaction that either does its work under a guard or reads the key, so that doing it twice does
/// no more than doing it once, and an answer that went missing costs nothing but another round:
///
/// | step     | guard                                          | does                     |
/// |----------|------------------------------------------------|--------------------------|
/// | create   | the key does not exist                         | put, with our lease      |
/// | takeOver | the key is as we read it (mod_revision, lease) | put, with our lease      |
/// | write    | the key is as we left it (mod_revision, lease) | put the new value        |
/// | remove   | the key is as we left it (mod_revision, lease) | delete the one key       |
///
/// Where a guard fails, the key that was read decides whose it is (`isOurs`), and if it is another's, the policy what is
/// done about it (`ClaimPolicy`).
struct Keepalive {
  enum State: Equatable {
    /// For a lease.
    case waiting
    case claiming(lease: Int64, Step)
    /// The host, whose the key is. With memory of its own: it is large, and hardly ever so.
    indirect case asking(lease: Int64, KeyValue, readAt: Int64)
    /// The key is another's, and watched until it is gone.
    case blocked(lease: Int64)
    case backingOff(lease: Int64, until: Instant)
    /// `modRevision` is of the key as we left it. `retryAt`: a change of the value failed, and is tried again.
    case held(lease: Int64, modRevision: Int64, retryAt: Instant?)
    case writing(lease: Int64, modRevision: Int64, value: [UInt8])
    case conflict
    /// While a step from before is under way, that has to end first, because it could still create the key.
    case removing(lease: Int64, deadline: Instant, Removal)
    case ended
  }

  enum Step: Equatable {
    case create(value: [UInt8])
    case takeOver(value: [UInt8], modRevision: Int64)

    var value: [UInt8] {
      switch self {
      case .create(let value), .takeOver(let value, _): value
      }
    }
  }

  enum Removal: Equatable {
    /// How the key was left before it.
    case waitingForStep(Version)
    case deleting(Version)
    case backingOff(until: Instant, Version)
  }

  /// How a key was left or read, as far as a guard can tell. The revision alone would do for as long as the store is the
  /// same: in one that was replaced, another's key may have the very revision that ours had.
  struct Version: Equatable {
    let modRevision: Int64
    let lease: Int64

    /// Of a key that does not exist.
    static let absent = Version(modRevision: 0, lease: 0)

    init(modRevision: Int64, lease: Int64) {
      self.modRevision = modRevision
      self.lease = lease
    }

    init(_ kv: KeyValue) {
      self.init(modRevision: kv.modRevision, lease: kv.lease)
    }
  }

  enum Action: Equatable {
    /// Send this, and come back with the answer. With a deadline of `nil`: the option for calls.
    case send(TxnRequest, deadline: Instant?)
    /// The step that was sent is of no use any more.
    case abandonStep
    case report(KeepaliveReport)
    /// No other state, but more of it: told if the host keeps up with what it is told.
    case remind(KeepaliveReport)
    /// Who has set a value, and wanted to know, is told.
    case valueEnded(CallID, ValueEnd)
    /// A server refused the lease.
    case leaseNotFound(Int64)
    /// Ask the host, and come back with its answer.
    case ask(KeyValue)
    /// Tell when the key is gone; it was there at the revision before this one.
    case watch(from: Int64)
    case endWatch
  }

  let key: [UInt8]
  private let policy: ClaimPolicy
  private let identity: Identity
  var backoff: Backoff
  private(set) var state = State.waiting
  /// What the host wants the key to hold.
  private var value: [UInt8]
  /// What the key held when we last wrote or read it as ours; `nil` when that is not known.
  private var written: [UInt8]?
  /// What the key may hold if it is ours, since it was last held: the value that the process before a restart may have
  /// had, and what was sent and of which no answer told. A host that sets value after value meanwhile is not to find its
  /// own key taken.
  private var former: [[UInt8]] = []
  private static let formerMax = 16
  private static let strayValuesMax = 256
  private var formerLeases = FormerLeases()
  /// The lease under which a step of unknown outcome may still get through, or has.
  private(set) var strayLease: Int64 = 0
  /// What such steps would put there, or have, by their hashes: values may be large.
  private(set) var strayValues: Set<Int> = []
  /// Whose key it is, its value tells before it has been held; afterwards only the lease.
  private var hasBeenHeld = false
  /// The revision by which it became ours.
  private var fence: Int64 = 0
  private var streak = FailureStreak()
  /// What etcd said of the value that the host wants, if it will not have it.
  private var refusal: Failure?
  private(set) var valueWaits = ValueWaits()

  init(_ claim: Claim, backoff: Backoff) {
    key = claim.key
    value = claim.value
    policy = claim.policy
    identity = claim.identity
    self.backoff = backoff
    former = [value]
  }

  /// The state as the host knows it.
  var publicState: KeepaliveState {
    switch state {
    case .waiting: .waiting
    case .claiming, .asking, .backingOff: .claiming
    case .blocked: .blocked
    case .held, .writing: .held
    case .conflict: .conflict
    case .removing: .removing
    case .ended: .ended
    }
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    switch state {
    case .backingOff(_, let until): until
    case .held(_, _, let retryAt): retryAt
    case .removing(_, let deadline, .backingOff(let until, _)): min(deadline, until)
    case .removing(_, let deadline, _): deadline
    case .waiting, .claiming, .asking, .blocked, .writing, .conflict, .ended: nil
    }
  }

  /// How the key was left, if it is held and nothing is under way that would change it.
  var heldVersion: Version? {
    guard case .held(let lease, let modRevision, retryAt: nil) = state else { return nil }
    return Version(modRevision: modRevision, lease: lease)
  }

  /// The revision at which the key was read that the host is asked about.
  var questionedRevision: Int64? {
    if case .asking(_, let found, _) = state { found.modRevision } else { nil }
  }

  // MARK: The lease

  /// Nor will be before somebody has tried again.
  mutating func leaseNotGranted(_ failure: Failure, attempts: Int) -> [Action] {
    guard state == .waiting else { return [] }
    return [
      .remind(
        KeepaliveReport(state: .waiting, error: failure, owner: nil, lease: 0, revision: 0, attempts: attempts))
    ]
  }

  mutating func leaseGranted(_ lease: Int64) -> [Action] {
    guard state == .waiting else { return [] }
    return [report(.claiming, lease: lease)] + create(lease: lease)
  }

  mutating func leaseLost(_ failure: Failure) -> [Action] {
    switch state {
    case .claiming(let lease, _), .backingOff(let lease, _), .asking(let lease, _, _):
      remember(lease)
      state = .waiting
      _ = streak.add(failure)
      return [.abandonStep, report(.waiting, error: failure, attempts: streak.count)]
    case .blocked:
      state = .waiting
      _ = streak.add(failure)
      return [.endWatch, report(.waiting, error: failure, attempts: streak.count)]
    case .held(let lease, _, _), .writing(let lease, _, _):
      state = .waiting
      return [.abandonStep, report(.lost, lease: lease, error: failure), report(.waiting)]
    case .removing:
      // The key goes with the lease, but a server may let that live on for a while.
      return [.abandonStep] + end(failure)
    case .waiting, .conflict, .ended:
      return []
    }
  }

  /// The store is another one: what it holds may be older than what was held.
  mutating func storeReplaced() {
    hasBeenHeld = false
  }

  // MARK: The host

  /// The host has tried to find out whose the key is, or has settled it: a first claim again. `lease`: 0 if there is none.
  /// Returns `nil` if there is no conflict.
  mutating func retry(lease: Int64) -> [Action]? {
    guard state == .conflict else { return nil }
    hasBeenHeld = false
    guard lease != 0 else {
      state = .waiting
      return [report(.waiting)]
    }
    return [report(.claiming, lease: lease)] + create(lease: lease)
  }

  /// The host has said whose the key is that it was asked about.
  mutating func decide(_ answer: ClaimAnswer, modRevision: Int64) -> [Action] {
    guard case .asking(let lease, let found, let readAt) = state, found.modRevision == modRevision else { return [] }
    switch answer {
    case .ours: return takeOver(Version(found), by: claimable, lease: lease)
    case .wait: return block(lease: lease, found, readAt: readAt)
    case .conflict: return conflict(with: found)
    }
  }

  /// `wait`: who is to be told what becomes of it. Returns `nil` if there is nothing to be changed any more.
  mutating func setValue(_ newValue: [UInt8], for wait: CallID? = nil) -> [Action]? {
    switch state {
    case .conflict, .removing, .ended: return nil
    case .waiting, .claiming, .asking, .blocked, .backingOff, .held, .writing: break
    }
    guard newValue != value else { return wait.map { tellLater($0) } ?? [] }
    let wasRefused = refusal != nil
    value = newValue
    refusal = nil
    valueWaits.isSet()
    if let wait { valueWaits.add(wait) }
    switch state {
    case .held(let lease, let modRevision, retryAt: nil):
      // What was refused may have got through before that.
      if wasRefused, strayLease == lease { written = nil }
      return writeIfChanged(lease: lease, modRevision: modRevision)
    case .backingOff(let lease, _) where wasRefused:
      // What it waited with is not wanted any more.
      return create(lease: lease)
    case .waiting, .claiming, .asking, .blocked, .backingOff, .held, .writing, .conflict, .removing, .ended:
      return []
    }
  }

  /// What becomes of a value that was set before.
  private mutating func tellLater(_ wait: CallID) -> [Action] {
    valueWaits.add(wait)
    if let refusal { return valueWaits.endAll(.failure(refusal)) }
    guard case .held(_, let modRevision, retryAt: nil) = state, written == value else { return [] }
    return valueWaits.endAll(.success(modRevision))
  }

  /// Returns `nil` if it is being removed, or has ended, already.
  mutating func remove(deadline: Instant) -> [Action]? {
    beginRemoval(deadline: deadline).map { $0 + valueWaits.giveUp(.closed, "the keepalive was removed") }
  }

  private mutating func beginRemoval(deadline: Instant) -> [Action]? {
    switch state {
    case .waiting where !formerLeases.isEmpty:
      return end(Failure(.leaseLost, "the lease was lost before the key was removed; the key ends with it"))
    case .waiting, .conflict:
      return end()
    case .blocked:
      return [.endWatch] + end()
    case .backingOff(let lease, _), .asking(let lease, _, _):
      return [report(.removing, lease: lease)] + delete(.absent, lease: lease, deadline: deadline)
    case .held(let lease, let modRevision, _):
      let version = Version(modRevision: modRevision, lease: lease)
      return [report(.removing, lease: lease)] + delete(version, lease: lease, deadline: deadline)
    // The step that is under way has to end first: it could still create the key.
    case .claiming(let lease, _):
      state = .removing(lease: lease, deadline: deadline, .waitingForStep(.absent))
      return [report(.removing, lease: lease)]
    case .writing(let lease, let modRevision, _):
      let version = Version(modRevision: modRevision, lease: lease)
      state = .removing(lease: lease, deadline: deadline, .waitingForStep(version))
      return [report(.removing, lease: lease)]
    case .removing, .ended:
      return nil
    }
  }

  /// The cluster is closing.
  mutating func close() -> [Action] {
    let ends = valueWaits.giveUp(.cancelled, "the cluster was closed")
    return switch state {
    case .removing, .ended: ends
    case .blocked: [.endWatch] + end() + ends
    default: [.abandonStep] + end() + ends
    }
  }

  // MARK: Answers and time

  /// `hasStray`: an attempt before may still be carried out, or was.
  mutating func answered(
    _ result: Result<Answer, Failure>, hasStray: Bool = false, now: Instant,
    random: inout any RandomNumberGenerator
  ) -> [Action] {
    if hasStray { leaveStray() }
    switch result {
    case .success(.txn(let response)):
      if response.succeeded { return succeeded(revision: response.header.revision) }
      guard case .range(let range)? = response.responses.first else {
        return failed(
          Failure(.protocol, "the answer to a transaction lacks the key that was read"), now: now, random: &random)
      }
      return guardFailed(found: range.kvs.first, readAt: response.header.revision)
    case .success:
      return failed(Failure(.protocol, "the answer is not that of a transaction"), now: now, random: &random)
    case .failure(let failure):
      return failed(failure, now: now, random: &random)
    }
  }

  mutating func tick(now: Instant) -> [Action] {
    switch state {
    case .backingOff(let lease, let until) where now >= until:
      return create(lease: lease)
    case .held(let lease, let modRevision, let retryAt?) where now >= retryAt:
      return writeIfChanged(lease: lease, modRevision: modRevision)
    case .removing(_, let deadline, let removal) where now >= deadline:
      if case .waitingForStep = removal { leaveStray() }
      return [.abandonStep] + end(Failure(.timeout, "the key could not be removed in time; it ends with its lease"))
    case .removing(let lease, let deadline, .backingOff(let until, let version)) where now >= until:
      return delete(version, lease: lease, deadline: deadline)
    case .waiting, .claiming, .asking, .blocked, .backingOff, .held, .writing, .conflict, .removing, .ended:
      return []
    }
  }

  /// The key is not as it was left: it is there in another version, or not at all.
  mutating func isOtherThan(_ version: Version, _ found: KeyValue?) -> [Action] {
    guard heldVersion == version else { return [] }
    // A change of ours whose answer went missing.
    if let found, found.lease == version.lease, strayLease == version.lease, found.createRevision <= version.modRevision
    {
      state = .held(lease: found.lease, modRevision: found.modRevision, retryAt: nil)
      if refusal != nil { return [] }
      written = nil
      return writeIfChanged(lease: found.lease, modRevision: found.modRevision)
    }
    return taken(lease: version.lease, by: found)
  }

  /// The key that was in the way is gone.
  mutating func isGone() -> [Action] {
    guard case .blocked(let lease) = state else { return [] }
    return [.endWatch, report(.claiming, lease: lease)] + create(lease: lease)
  }

  /// Whether it is gone cannot be told any more.
  mutating func watchEnded(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    guard case .blocked(let lease) = state else { return [] }
    _ = streak.add(failure)
    state = .backingOff(lease: lease, until: now + backoff.delay(after: streak, using: &random))
    return [.endWatch, report(.claiming, lease: lease, error: failure, attempts: streak.count)]
  }

  /// Brings the next attempt forward, unless time alone does not help. Returns whether there was one to bring forward.
  mutating func hasten(to time: Instant) -> Bool {
    guard case .backingOff(let lease, let until) = state, time < until, streak.last?.isMendedByService == true else {
      return false
    }
    state = .backingOff(lease: lease, until: time)
    return true
  }

  // MARK: Steps

  /// Whose step is under way.
  private var stepLease: Int64 {
    switch state {
    case .claiming(let lease, _), .writing(let lease, _, _), .removing(let lease, _, _), .asking(let lease, _, _),
      .blocked(let lease), .backingOff(let lease, _), .held(let lease, _, _):
      lease
    case .waiting, .conflict, .ended: 0
    }
  }

  /// The step that is under way, or an attempt at it, may be carried out later, or has been.
  private mutating func leaveStray() {
    strayLease = stepLease
    let sent: [UInt8]? =
      switch state {
      case .claiming(_, let step): step.value
      case .writing(_, _, let value): value
      case .removing: former.last
      case .waiting, .asking, .blocked, .backingOff, .held, .conflict, .ended: nil
      }
    if let sent, strayValues.count < Self.strayValuesMax { strayValues.insert(sent.hashValue) }
  }

  /// A step of another keepalive for this key, which was removed, may still get through.
  mutating func inherit(strayLease: Int64) {
    self.strayLease = strayLease
  }

  private mutating func remember(_ lease: Int64) {
    formerLeases.remember(lease)
  }

  /// Whose the key is: under our lease an earlier step of ours got through, unless that lease was handed on and somebody
  /// else puts keys under it too. Before it was held, the value may say that it is ours from before a restart.
  private func isOurs(_ found: KeyValue, lease: Int64) -> Bool {
    if found.lease == lease { return !hasBeenHeld || strayLease == lease }
    if found.lease != 0, formerLeases.contains(found.lease) { return true }
    guard !hasBeenHeld, policy == .ifAbsentOrSame, let theirs = identity.of(found.value.array) else { return false }
    return identity.of(value) == theirs || former.contains { identity.of($0) == theirs }
  }

  /// A key that is held with the value before is better than none.
  private var claimable: [UInt8] { refusal == nil ? value : written ?? value }

  /// The first is kept, however many follow: it is the one that a process before may have had.
  private mutating func mayHold(_ value: [UInt8]) {
    guard !former.contains(value) else { return }
    if former.count >= Self.formerMax { former.remove(at: 1) }
    former.append(value)
  }

  private mutating func sends(_ value: [UInt8]) {
    mayHold(value)
    if value == self.value { valueWaits.isSent() }
  }

  private mutating func create(lease: Int64) -> [Action] {
    let value = claimable
    sends(value)
    state = .claiming(lease: lease, .create(value: value))
    return [.send(put(value, lease: lease, if: [Compare(range: .single(key), target: .create(0))]), deadline: nil)]
  }

  private mutating func takeOver(_ version: Version, by value: [UInt8], lease: Int64) -> [Action] {
    sends(value)
    state = .claiming(lease: lease, .takeOver(value: value, modRevision: version.modRevision))
    return [.send(put(value, lease: lease, if: Self.isStill(version, key)), deadline: nil)]
  }

  private mutating func writeIfChanged(lease: Int64, modRevision: Int64) -> [Action] {
    guard value != written, refusal == nil else {
      state = .held(lease: lease, modRevision: modRevision, retryAt: nil)
      return value == written ? valueWaits.endAll(.success(modRevision)) : []
    }
    sends(value)
    state = .writing(lease: lease, modRevision: modRevision, value: value)
    let version = Version(modRevision: modRevision, lease: lease)
    return [.send(put(value, lease: lease, if: Self.isStill(version, key)), deadline: nil)]
  }

  /// A key of which nothing is known is taken for absent. Guarded by the revision and not by the lease alone, so that a
  /// removal which is still on its way when the key has been claimed again does nothing.
  private mutating func delete(_ version: Version, lease: Int64, deadline: Instant) -> [Action] {
    state = .removing(lease: lease, deadline: deadline, .deleting(version))
    return [.send(Self.deletion(of: key, ifStill: version), deadline: deadline)]
  }

  static func deletion(of key: [UInt8], ifStill version: Version) -> TxnRequest {
    TxnRequest(
      compare: isStill(version, key), success: [.deleteRange(DeleteRangeRequest(range: .single(key)))],
      failure: [.range(RangeRequest(range: .single(key)))])
  }

  private static func isStill(_ version: Version, _ key: [UInt8]) -> [Compare] {
    [
      Compare(range: .single(key), target: .mod(version.modRevision)),
      Compare(range: .single(key), target: .lease(version.lease)),
    ]
  }

  private func put(_ value: [UInt8], lease: Int64, if guards: [Compare]) -> TxnRequest {
    TxnRequest(compare: guards, success: [.put(PutRequest(key: key, value: value, lease: lease))], failure: [read])
  }

  private var read: RequestOp { .range(RangeRequest(range: .single(key))) }

  // MARK: What came of them

  private mutating func succeeded(revision: Int64) -> [Action] {
    streak = FailureStreak()
    switch state {
    case .claiming(let lease, .create(let value)), .claiming(let lease, .takeOver(let value, _)):
      fence = revision
      return hold(lease: lease, modRevision: revision, value: value, sent: value)
    case .writing(let lease, _, let value):
      return hold(lease: lease, modRevision: revision, value: value, sent: value)
    case .removing(let lease, let deadline, .waitingForStep):
      return delete(Version(modRevision: revision, lease: lease), lease: lease, deadline: deadline)
    case .removing:
      return end()
    case .waiting, .asking, .blocked, .backingOff, .held, .conflict, .ended:
      return []
    }
  }

  private mutating func guardFailed(found: KeyValue?, readAt: Int64) -> [Action] {
    streak = FailureStreak()
    switch state {
    case .claiming(let lease, let step):
      guard let found else { return create(lease: lease) }
      let content = found.value.array
      if case .takeOver(_, let before) = step, found.lease == lease, strayLease == lease, found.modRevision > before {
        fence = found.modRevision
        return hold(lease: lease, modRevision: found.modRevision, value: content, sent: step.value)
      }
      // A key under our lease is taken over too, not just believed: a removal from before that is still on its way is
      // guarded by the revision that is there now.
      if isOurs(found, lease: lease) {
        // Of those that got through, it may be a later one than the last that is known to have.
        return takeOver(Version(found), by: refusal == nil ? value : content, lease: lease)
      }
      switch policy {
      case .wait: return block(lease: lease, found, readAt: readAt)
      case .always where !hasBeenHeld: return takeOver(Version(found), by: claimable, lease: lease)
      case .ask where !hasBeenHeld:
        state = .asking(lease: lease, found, readAt: readAt)
        return [.ask(found)]
      case .always, .ask, .ifAbsent, .ifAbsentOrSame: return conflict(with: found)
      }

    case .writing(let lease, let modRevision, let sent):
      // The same key as before, and not one that was made anew.
      if let found, found.lease == lease, strayLease == lease, found.createRevision <= modRevision {
        return hold(lease: lease, modRevision: found.modRevision, value: found.value.array, sent: sent)
      }
      return taken(lease: lease, by: found)

    case .removing(let lease, let deadline, _):
      // A claim that got through after all, or a change whose answer went missing.
      let isOurs =
        found.map { $0.lease == lease ? strayLease == lease : $0.lease != 0 && formerLeases.contains($0.lease) }
      guard let found, isOurs == true else { return end() }
      return delete(Version(found), lease: lease, deadline: deadline)

    case .waiting, .asking, .blocked, .backingOff, .held, .conflict, .ended:
      return []
    }
  }

  /// What was held is another's now, or nobody's.
  private mutating func taken(lease: Int64, by found: KeyValue?) -> [Action] {
    let failure =
      found == nil
      ? Failure(.keyDeleted, "the key was deleted by another")
      : Failure(.conflict, "the key was overwritten by another")
    return [report(.lost, lease: lease, error: failure), report(.claiming, lease: lease)] + create(lease: lease)
  }

  private mutating func conflict(with owner: KeyValue) -> [Action] {
    state = .conflict
    return [report(.conflict, error: Failure(.conflict, "the key exists, and is another's"), owner: owner)]
      + valueWaits.giveUp(.conflict, "the key is another's")
  }

  private mutating func block(lease: Int64, _ owner: KeyValue, readAt: Int64) -> [Action] {
    state = .blocked(lease: lease)
    return [report(.blocked, lease: lease, owner: owner), .watch(from: readAt &+ 1)]
  }

  /// The key is ours and holds `written`; `sent` is what was to be put there.
  private mutating func hold(
    lease: Int64, modRevision: Int64, value written: [UInt8], sent: [UInt8]
  ) -> [Action] {
    self.written = written
    former = [written]
    formerLeases = FormerLeases(lease)
    hasBeenHeld = true
    if written == value { refusal = nil }
    let report = report(
      .held, lease: lease, revision: modRevision, error: refusal, attempts: refusal == nil ? 0 : 1)
    let ends = written == sent ? valueWaits.endSent(.success(modRevision)) : []
    return [report] + ends + writeIfChanged(lease: lease, modRevision: modRevision)
  }

  private mutating func failed(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    let isNews = streak.add(failure)
    let until = now + backoff.delay(after: streak, using: &random)
    let leaseIsGone = failure.reason == .leaseNotFound
    let isRefused = failure.remedy == .anotherRequest
    switch state {
    case .claiming(let lease, let step):
      if isRefused, step.value == value { refusal = failure }
      state = .backingOff(lease: lease, until: until)
      if leaseIsGone { return [.leaseNotFound(lease)] }
      return (isNews ? [report(.claiming, lease: lease, error: failure, attempts: streak.count)] : [])
        + tellRefused(failure, of: step.value)
    case .writing(let lease, let modRevision, let sent):
      let report = report(.held, lease: lease, revision: modRevision, error: failure, attempts: streak.count)
      if isRefused {
        streak = FailureStreak()
        if sent == value { refusal = failure }
        return [report] + tellRefused(failure, of: sent) + writeIfChanged(lease: lease, modRevision: modRevision)
      }
      // It may have happened.
      written = nil
      state = .held(lease: lease, modRevision: modRevision, retryAt: until)
      if leaseIsGone { return [.leaseNotFound(lease)] }
      return (isNews ? [report] : []) + tellRefused(failure, of: sent)
    case .removing(let lease, let deadline, let removal):
      if now >= deadline { return end(failure) }
      switch removal {
      case .waitingForStep(let version):
        return delete(version, lease: lease, deadline: deadline)
      case .deleting(let version), .backingOff(_, let version):
        state = .removing(lease: lease, deadline: deadline, .backingOff(until: until, version))
        return []
      }
    case .waiting, .asking, .blocked, .backingOff, .held, .conflict, .ended:
      return []
    }
  }

  /// Time alone does not bring the value there, even where it is tried again.
  /// The value may have been set again since: that it is refused holds for that just as well.
  private mutating func tellRefused(_ failure: Failure, of sent: [UInt8]) -> [Action] {
    if failure.remedy == .time { return [] }
    return sent == value ? valueWaits.endAll(.failure(failure)) : valueWaits.endSent(.failure(failure))
  }

  private mutating func end(_ failure: Failure? = nil) -> [Action] {
    state = .ended
    return [report(.ended, error: failure)] + valueWaits.giveUp(.closed, "the keepalive has ended")
  }

  private func report(
    _ state: KeepaliveState, lease: Int64 = 0, revision: Int64 = 0, error: Failure? = nil, attempts: Int = 0,
    owner: KeyValue? = nil
  ) -> Action {
    .report(
      KeepaliveReport(
        state: state, error: error, owner: owner, lease: lease, revision: revision,
        fence: state == .held ? fence : 0, attempts: attempts))
  }
}

/// The states of a keepalive that the host sees; the values are those of `ETCDCLI_KEEPALIVE_*`.
package enum KeepaliveState: Int32, CaseIterable, Sendable {
  case waiting = 1
  case claiming = 2
  case held = 3
  case lost = 4
  case conflict = 5
  case removing = 6
  case ended = 7
  case blocked = 8

  package var name: StaticString {
    switch self {
    case .waiting: "waiting"
    case .claiming: "claiming"
    case .held: "held"
    case .lost: "lost"
    case .conflict: "conflict"
    case .removing: "removing"
    case .ended: "ended"
    case .blocked: "blocked"
    }
  }
}

/// What the host is told when a keepalive enters a state.
package struct KeepaliveReport: Equatable, Sendable {
  package var state: KeepaliveState
  package var error: Failure?
  package var owner: KeyValue?
  package var lease: Int64
  package var revision: Int64
  /// While held: the revision by which it became ours.
  package var fence: Int64 = 0
  /// How many attempts in a row have failed.
  package var attempts = 0
}
