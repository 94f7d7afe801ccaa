import EtcdPacker
import EtcdTransport

/// One key of this process, bound to the cluster's lease.
///
///     waiting ──▶ claiming ──▶ held ⇄ writing
///        ▲           │ ▲         │
///        │           ▼ │         ▼
///        │        backingOff   (lost: reported)
///        └──────────────────────┘
///     claiming ──▶ conflict          any ──▶ removing ──▶ ended
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
/// Where a guard fails, the key that was read decides: our lease means that an earlier step of ours got through, our
/// value that it is ours from before a restart, anything else that it is another's.
struct Keepalive {
  enum State: Equatable {
    /// For a lease.
    case waiting
    case claiming(lease: Int64, Claim)
    case backingOff(lease: Int64, until: Instant)
    /// `modRevision` is of the key as we left it. `retryAt`: a change of the value failed, and is tried again.
    case held(lease: Int64, modRevision: Int64, retryAt: Instant?)
    case writing(lease: Int64, modRevision: Int64, value: [UInt8])
    case conflict
    /// While a step from before is under way, that has to end first, because it could still create the key.
    case removing(lease: Int64, deadline: Instant, Removal)
    case ended
  }

  enum Claim: Equatable {
    case create(value: [UInt8])
    case takeOver(value: [UInt8], modRevision: Int64)

    var value: [UInt8] {
      switch self {
      case .create(let value), .takeOver(let value, _): value
      }
    }
  }

  enum Removal: Equatable {
    case waitingForStep
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
  }

  enum Action: Equatable {
    /// Send this, and come back with the answer. With a deadline of `nil`: the option for calls.
    case send(TxnRequest, deadline: Instant?)
    /// The step that was sent is of no use any more.
    case abandonStep
    case report(KeepaliveReport)
    /// No other state, but more of it: told if the host keeps up with what it is told.
    case remind(KeepaliveReport)
    /// A server refused the lease.
    case leaseNotFound(Int64)
  }

  let key: [UInt8]
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
  /// The lease under which the key was last ours, or may have become ours. It may live on at the server after it was
  /// lost here.
  private var formerLease: Int64 = 0
  private var streak = FailureStreak()
  /// What etcd said of the value that the host wants, if it will not have it.
  private var refusal: Failure?

  init(key: [UInt8], value: [UInt8], backoff: Backoff) {
    self.key = key
    self.value = value
    self.backoff = backoff
    former = [value]
  }

  /// The state as the host knows it.
  var publicState: KeepaliveState {
    switch state {
    case .waiting: .waiting
    case .claiming, .backingOff: .claiming
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
    case .waiting, .claiming, .writing, .conflict, .ended: nil
    }
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
    case .claiming(let lease, _), .backingOff(let lease, _):
      formerLease = lease
      state = .waiting
      _ = streak.add(failure)
      return [.abandonStep, report(.waiting, error: failure, attempts: streak.count)]
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

  // MARK: The host

  /// Returns `nil` if there is nothing to be changed any more.
  mutating func setValue(_ newValue: [UInt8]) -> [Action]? {
    switch state {
    case .conflict, .removing, .ended: return nil
    case .waiting, .claiming, .backingOff, .held, .writing: break
    }
    guard newValue != value else { return [] }
    let wasRefused = refusal != nil
    value = newValue
    refusal = nil
    switch state {
    case .held(let lease, let modRevision, retryAt: nil):
      return writeIfChanged(lease: lease, modRevision: modRevision)
    case .backingOff(let lease, _) where wasRefused:
      // What it waited with is not wanted any more.
      return create(lease: lease)
    case .waiting, .claiming, .backingOff, .held, .writing, .conflict, .removing, .ended:
      return []
    }
  }

  /// Returns `nil` if it is being removed, or has ended, already.
  mutating func remove(deadline: Instant) -> [Action]? {
    switch state {
    case .waiting where formerLease != 0:
      return end(Failure(.leaseLost, "the lease was lost before the key was removed; the key ends with it"))
    case .waiting, .conflict:
      return end()
    case .backingOff(let lease, _):
      return [report(.removing, lease: lease)] + delete(.absent, lease: lease, deadline: deadline)
    case .held(let lease, let modRevision, _):
      let version = Version(modRevision: modRevision, lease: lease)
      return [report(.removing, lease: lease)] + delete(version, lease: lease, deadline: deadline)
    case .claiming(let lease, _), .writing(let lease, _, _):
      // The step that is under way has to end first: it could still create the key.
      state = .removing(lease: lease, deadline: deadline, .waitingForStep)
      return [report(.removing, lease: lease)]
    case .removing, .ended:
      return nil
    }
  }

  /// The cluster is closing.
  mutating func close() -> [Action] {
    switch state {
    case .removing, .ended: []
    default: [.abandonStep] + end()
    }
  }

  // MARK: Answers and time

  mutating func answered(
    _ result: Result<Answer, Failure>, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    switch result {
    case .success(.txn(let response)):
      if response.succeeded { return succeeded(revision: response.header.revision) }
      guard case .range(let range)? = response.responses.first else {
        return failed(
          Failure(.protocol, "the answer to a transaction lacks the key that was read"), now: now, random: &random)
      }
      return guardFailed(found: range.kvs.first)
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
    case .removing(_, let deadline, _) where now >= deadline:
      return [.abandonStep] + end(Failure(.timeout, "the key could not be removed in time; it ends with its lease"))
    case .removing(let lease, let deadline, .backingOff(let until, let version)) where now >= until:
      return delete(version, lease: lease, deadline: deadline)
    case .waiting, .claiming, .backingOff, .held, .writing, .conflict, .removing, .ended:
      return []
    }
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

  /// A key that is held with the value before is better than none.
  private var claimable: [UInt8] { refusal == nil ? value : written ?? value }

  /// The first is kept, however many follow: it is the one that a process before may have had.
  private mutating func mayHold(_ value: [UInt8]) {
    guard !former.contains(value) else { return }
    if former.count >= Self.formerMax { former.remove(at: 1) }
    former.append(value)
  }

  private mutating func create(lease: Int64) -> [Action] {
    let value = claimable
    mayHold(value)
    state = .claiming(lease: lease, .create(value: value))
    return [.send(put(value, lease: lease, if: [Compare(range: .single(key), target: .create(0))]), deadline: nil)]
  }

  /// `content`: what the key holds, which is ours.
  private mutating func takeOver(_ version: Version, holding content: [UInt8], lease: Int64) -> [Action] {
    // Of those that got through, it may be a later one than the last that is known to have.
    let value = refusal == nil ? value : content
    mayHold(value)
    state = .claiming(lease: lease, .takeOver(value: value, modRevision: version.modRevision))
    return [.send(put(value, lease: lease, if: isStill(version)), deadline: nil)]
  }

  private mutating func writeIfChanged(lease: Int64, modRevision: Int64) -> [Action] {
    guard value != written, refusal == nil else {
      state = .held(lease: lease, modRevision: modRevision, retryAt: nil)
      return []
    }
    mayHold(value)
    state = .writing(lease: lease, modRevision: modRevision, value: value)
    let version = Version(modRevision: modRevision, lease: lease)
    return [.send(put(value, lease: lease, if: isStill(version)), deadline: nil)]
  }

  /// A key of which nothing is known is taken for absent. Guarded by the revision and not by the lease alone, so that a
  /// removal which is still on its way when the key has been claimed again does nothing.
  private mutating func delete(_ version: Version, lease: Int64, deadline: Instant) -> [Action] {
    state = .removing(lease: lease, deadline: deadline, .deleting(version))
    let request = TxnRequest(
      compare: isStill(version), success: [.deleteRange(DeleteRangeRequest(range: .single(key)))], failure: [read])
    return [.send(request, deadline: deadline)]
  }

  private func isStill(_ version: Version) -> [Compare] {
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
    case .claiming(let lease, .create(let value)), .claiming(let lease, .takeOver(let value, _)),
      .writing(let lease, _, let value):
      return hold(lease: lease, modRevision: revision, value: value)
    case .removing(let lease, let deadline, .waitingForStep):
      return delete(Version(modRevision: revision, lease: lease), lease: lease, deadline: deadline)
    case .removing:
      return end()
    case .waiting, .backingOff, .held, .conflict, .ended:
      return []
    }
  }

  private mutating func guardFailed(found: KeyValue?) -> [Action] {
    streak = FailureStreak()
    switch state {
    case .claiming(let lease, let claim):
      guard let found else { return create(lease: lease) }
      let content = found.value.array
      if case .takeOver(_, let before) = claim, found.lease == lease, found.modRevision > before {
        return hold(lease: lease, modRevision: found.modRevision, value: content)
      }
      // A key under our lease is taken over too, not just believed: a removal from before that is still on its way is
      // guarded by the revision that is there now.
      let hasOurValue = former.contains(content) || content == value
      let isOurs = hasOurValue || (found.lease != 0 && [lease, formerLease].contains(found.lease))
      let version = Version(modRevision: found.modRevision, lease: found.lease)
      if isOurs { return takeOver(version, holding: content, lease: lease) }
      state = .conflict
      let failure = Failure(.conflict, "the key exists with another value")
      return [report(.conflict, error: failure, owner: found)]

    case .writing(let lease, _, _):
      if let found, found.lease == lease {
        return hold(lease: lease, modRevision: found.modRevision, value: found.value.array)
      }
      let failure =
        found == nil
        ? Failure(.keyDeleted, "the key was deleted by another")
        : Failure(.conflict, "the key was overwritten by another")
      return [report(.lost, lease: lease, error: failure), report(.claiming, lease: lease)] + create(lease: lease)

    case .removing(let lease, let deadline, _):
      // A claim that got through after all, or a change whose answer went missing.
      guard let found, found.lease == lease || found.lease == formerLease, found.lease != 0 else { return end() }
      let version = Version(modRevision: found.modRevision, lease: found.lease)
      return delete(version, lease: lease, deadline: deadline)

    case .waiting, .backingOff, .held, .conflict, .ended:
      return []
    }
  }

  /// The key is ours and holds `value`.
  private mutating func hold(lease: Int64, modRevision: Int64, value written: [UInt8]) -> [Action] {
    self.written = written
    former = [written]
    formerLease = lease
    if written == value { refusal = nil }
    let report = report(.held, lease: lease, revision: modRevision, error: refusal, attempts: refusal == nil ? 0 : 1)
    return [report] + writeIfChanged(lease: lease, modRevision: modRevision)
  }

  private mutating func failed(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    let isNews = streak.add(failure)
    let until = now + backoff.delay(after: streak, using: &random)
    let leaseIsGone = failure.reason == .leaseNotFound
    let isRefused = failure.remedy == .anotherRequest
    switch state {
    case .claiming(let lease, let claim):
      if isRefused, claim.value == value { refusal = failure }
      state = .backingOff(lease: lease, until: until)
      if leaseIsGone { return [.leaseNotFound(lease)] }
      return isNews ? [report(.claiming, lease: lease, error: failure, attempts: streak.count)] : []
    case .writing(let lease, let modRevision, let sent):
      let report = report(.held, lease: lease, revision: modRevision, error: failure, attempts: streak.count)
      if isRefused {
        streak = FailureStreak()
        if sent == value { refusal = failure }
        return [report] + writeIfChanged(lease: lease, modRevision: modRevision)
      }
      // It may have happened.
      written = nil
      state = .held(lease: lease, modRevision: modRevision, retryAt: until)
      if leaseIsGone { return [.leaseNotFound(lease)] }
      return isNews ? [report] : []
    case .removing(let lease, let deadline, let removal):
      if now >= deadline { return end(failure) }
      switch removal {
      case .waitingForStep:
        return delete(.absent, lease: lease, deadline: deadline)
      case .deleting(let version), .backingOff(_, let version):
        state = .removing(lease: lease, deadline: deadline, .backingOff(until: until, version))
        return []
      }
    case .waiting, .backingOff, .held, .conflict, .ended:
      return []
    }
  }

  private mutating func end(_ failure: Failure? = nil) -> [Action] {
    state = .ended
    return [report(.ended, error: failure)]
  }

  private func report(
    _ state: KeepaliveState, lease: Int64 = 0, revision: Int64 = 0, error: Failure? = nil, attempts: Int = 0,
    owner: KeyValue? = nil
  ) -> Action {
    .report(
      KeepaliveReport(
        state: state, error: error, owner: owner, lease: lease, revision: revision, attempts: attempts))
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

  package var name: StaticString {
    switch self {
    case .waiting: "waiting"
    case .claiming: "claiming"
    case .held: "held"
    case .lost: "lost"
    case .conflict: "conflict"
    case .removing: "removing"
    case .ended: "ended"
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
  /// How many attempts in a row have failed.
  package var attempts = 0
}
