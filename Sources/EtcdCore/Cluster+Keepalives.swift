import EtcdPacker
import EtcdTransport

extension Cluster {
  struct KeepaliveEntry {
    var machine: Keepalive
    var call: CallID?
    /// The host has freed it: it goes on until its key is removed, and tells nobody.
    var isDetached = false
    var undelivered = 0
    /// How often the key was lost: what was reported before is no longer news then.
    var losses = 0
  }

  /// In the order in which they were made.
  var keepaliveIDs: [KeepaliveID] { keepalives.keys.sorted { $0.rawValue < $1.rawValue } }

  package enum KeepaliveRefusal: Error {
    case closed
    case limit
    case keyIsTaken
  }

  // MARK: The host

  package func addKeepalive(key: [UInt8], value: [UInt8]) throws(KeepaliveRefusal) -> KeepaliveID {
    guard closing == nil else { throw .closed }
    guard keepalives.count < options.keepalivesMax else { throw .limit }
    let owner = keepaliveOfKey[key]
    // An owner that the host has freed is only there until the key is removed.
    if let owner, keepalives[owner]?.isDetached == false || heirOfKey[key] != nil { throw .keyIsTaken }
    enter()
    defer { leave() }
    let id = KeepaliveID(rawValue: makeID())
    keepalives[id] = KeepaliveEntry(machine: Keepalive(key: key, value: value, backoff: backoff))
    send(KeepaliveReport(state: .waiting, error: nil, owner: nil, lease: 0, revision: 0), of: id)
    if owner == nil { begin(id, key: key) } else { heirOfKey[key] = id }
    return id
  }

  package enum ValueRefusal: Error {
    case ended
    case conflict
  }

  package func setValue(_ value: [UInt8], of id: KeepaliveID) throws(ValueRefusal) {
    guard let state = keepalives[id]?.machine.publicState else { throw .ended }
    if state == .conflict { throw .conflict }
    enter()
    defer { leave() }
    guard let actions = keepalives[id]?.machine.setValue(value) else { throw .ended }
    perform(actions, of: id)
  }

  package func keepaliveState(_ id: KeepaliveID) -> KeepaliveState {
    keepalives[id]?.machine.publicState ?? .ended
  }

  /// Returns false if it is being removed, or has ended.
  package func removeKeepalive(_ id: KeepaliveID) -> Bool {
    enter()
    defer { leave() }
    let deadline = now + .milliseconds(options.requestTimeoutMs)
    guard let actions = keepalives[id]?.machine.remove(deadline: deadline) else { return false }
    perform(actions, of: id)
    return true
  }

  /// The host wants to hear no more of it; its key is removed in the background.
  package func detachKeepalive(_ id: KeepaliveID) {
    keepalives[id]?.isDetached = true
    _ = removeKeepalive(id)
    forgetIfEnded(id)
  }

  // MARK: What the machines want

  private func begin(_ id: KeepaliveID, key: [UInt8]) {
    keepaliveOfKey[key] = id
    if lease.id != 0 {
      perform(keepalives[id]?.machine.leaseGranted(lease.id), of: id)
    } else {
      perform(lease.need())
    }
  }

  func perform(_ actions: [Keepalive.Action]?, of id: KeepaliveID) {
    guard let actions else { return }
    for action in actions {
      switch action {
      case .send(let request, let deadline):
        if let call = keepalives[id]?.call { abandon(call) }
        let call = submit(
          .txn(request), owner: .keepalive(id), timeout: deadline.map { $0 - now }, isIdempotent: true)
        keepalives[id]?.call = call
      case .abandonStep:
        if let call = keepalives[id]?.call { abandon(call) }
        keepalives[id]?.call = nil
      case .report(let report):
        send(report, of: id)
        noteReport(report, of: id)
      case .leaseNotFound(let lease):
        perform(self.lease.notFound(id: lease))
      }
    }
    guard let entry = keepalives[id] else { return }
    if entry.machine.publicState == .ended { ended(id) }
    if let wakeTime = entry.machine.wakeTime { timers.insert(.keepalive(id), at: wakeTime) }
  }

  private func send(_ report: KeepaliveReport, of id: KeepaliveID) {
    guard let entry = keepalives[id], !entry.isDetached else { return }
    keepalives[id]?.undelivered += 1
    guard report.state == .lost else { return outbox.append(.keepalive(id, report, losses: entry.losses)) }
    // That a key is lost must not wait in line.
    keepalives[id]?.losses += 1
    urgent.append(.keepalive(id, report, losses: entry.losses + 1))
  }

  /// The host takes a report. Returns false if it has freed the keepalive.
  func delivered(to id: KeepaliveID) -> Bool {
    guard let entry = keepalives[id], !entry.isDetached else { return false }
    keepalives[id]?.undelivered -= 1
    if entry.undelivered == Self.undeliveredLimit { wakeKeepalive(id) }
    return true
  }

  func wakeKeepalive(_ id: KeepaliveID) {
    guard let entry = keepalives[id], entry.isDetached || entry.undelivered < Self.undeliveredLimit else { return }
    perform(keepalives[id]?.machine.tick(now: now), of: id)
  }

  func answered(_ result: Result<Answer, Failure>, to id: KeepaliveID) {
    keepalives[id]?.call = nil
    perform(keepalives[id]?.machine.answered(result, now: now, random: &random), of: id)
  }

  private func hasItsKey(_ id: KeepaliveID) -> Bool {
    guard let key = keepalives[id]?.machine.key else { return false }
    return keepaliveOfKey[key] == id
  }

  private func ended(_ id: KeepaliveID) {
    guard let key = keepalives[id]?.machine.key else { return }
    if heirOfKey[key] == id { heirOfKey[key] = nil }
    if keepaliveOfKey[key] == id {
      keepaliveOfKey[key] = nil
      if let heir = heirOfKey.removeValue(forKey: key) { begin(heir, key: key) }
    }
    if keepalives[id]?.isDetached == true { keepalives[id] = nil }
    finishClosing()
  }

  private func forgetIfEnded(_ id: KeepaliveID) {
    guard let entry = keepalives[id], entry.isDetached, entry.machine.publicState == .ended else { return }
    keepalives[id] = nil
  }

  private func noteReport(_ report: KeepaliveReport, of id: KeepaliveID) {
    guard let key = keepalives[id]?.machine.key else { return }
    let name = PrintableText.quote(String(decoding: key, as: UTF8.self))
    switch report.state {
    case .held: note(.info, "holding the key \(name) at revision \(report.revision)")
    case .lost: note(.error, "lost the key \(name): \(report.error?.message ?? "")")
    case .conflict: note(.error, "the key \(name) belongs to another process")
    case .waiting, .claiming, .removing, .ended: break
    }
  }

  // MARK: Lease

  /// The lease that keepalives share, or 0.
  package var leaseID: Int64 { lease.id }

  func wakeLease() {
    if let wakeTime = lease.wakeTime, wakeTime <= now { perform(lease.tick(now: now)) }
  }

  func perform(_ actions: [Lease.Action]) {
    for action in actions {
      switch action {
      case .grant:
        leaseCall = submit(.leaseGrant(LeaseGrantRequest(ttl: options.leaseTTL)), owner: .lease, isIdempotent: true)
      case .renew(let id, let deadline):
        // Several attempts have to fit into what is left of the TTL.
        let left = deadline - now
        let attempt = min(.milliseconds(options.attemptTimeoutMs), max(left / 4, .milliseconds(100)))
        leaseCall = submit(
          .leaseKeepAlive(LeaseKeepAliveRequest(id: id)), owner: .lease, timeout: left, attemptTimeout: attempt,
          isIdempotent: true)
      case .abandonCall:
        if let leaseCall { abandon(leaseCall) }
        leaseCall = nil
      case .granted(let id):
        note(.info, "lease \(String(id, radix: 16)) granted")
        for keepalive in keepaliveIDs where hasItsKey(keepalive) {
          perform(keepalives[keepalive]?.machine.leaseGranted(id), of: keepalive)
        }
      case .lost(let id, let failure):
        note(.error, "lease \(String(id, radix: 16)) lost: \(failure.message)")
        for keepalive in keepaliveIDs { perform(keepalives[keepalive]?.machine.leaseLost(failure), of: keepalive) }
      }
    }
    if let wakeTime = lease.wakeTime { timers.insert(.lease, at: wakeTime) }
  }

  func leaseAnswered(_ result: Result<Answer, Failure>, sentAt: Instant) {
    leaseCall = nil
    switch result {
    case .success(.leaseGrant(let response)) where response.id != 0:
      perform(lease.granted(id: response.id, ttl: response.ttl, sentAt: sentAt, now: now))
    case .success(.leaseKeepAlive(let response)):
      perform(lease.renewed(ttl: response.ttl, sentAt: sentAt, now: now))
    case .success:
      leaseFailed(Failure(.protocol, "the answer to a lease request is not one"))
    case .failure(let failure):
      leaseFailed(failure)
    }
  }

  private func leaseFailed(_ failure: Failure) {
    note(.warning, "lease: \(failure.description)")
    lease.grantFailed(now: now, random: &random)
    perform(lease.renewalFailed(now: now, random: &random))
  }
}
