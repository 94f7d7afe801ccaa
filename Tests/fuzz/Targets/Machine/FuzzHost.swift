import EtcdCore
import EtcdPacker
import EtcdTransport
import TestSupport

/// A cluster on a scripted transport, and a host that checks what it is told against what it was promised, whatever the
/// peer says.
final class FuzzHost {
  let transport = ScriptedTransport()
  var cluster: Cluster
  private(set) var calls: [CallID] = []
  private(set) var watchers: [WatcherID] = []
  private(set) var keepalives: [KeepaliveID] = []
  private(set) var isClosing = false

  private var endedCalls: Set<CallID> = []
  /// Waits until all is there, and values of which it is to be told what became of them.
  private var waits: Set<CallID> = []
  private var endedWaits: Set<CallID> = []
  private var watched: [WatcherID: Watched] = [:]
  private var kept: [KeepaliveID: Kept] = [:]
  private var wasClosed = false
  /// How long each lease lives at least, by what was answered. The id is the one that was granted.
  private var leaseDeadlines: [Int64: Instant] = [:]

  private struct Watched {
    let hasSnapshot: Bool
    /// The revision the host's picture has reached; `nil` while the first snapshot is not complete.
    var revision: Int64?
    var state: WatcherState?
  }

  private struct Kept {
    var state: KeepaliveState?
  }

  init(endpoints count: Int, seed: UInt64, _ adjust: (inout Options) -> Void) {
    var options = Options()
    let names = (0..<max(count, 1)).map { "http://member\($0)" }.joined(separator: ",")
    options.wire = .json
    // Cannot fail; without endpoints the cluster would wait for ever, which is noticed.
    try? options.set("endpoints", to: names)
    options.logLevel = .debug
    adjust(&options)
    cluster = Cluster(options: options, transport: transport, random: SeededRandom(state: seed))
  }

  // MARK: What a host does

  func submit(_ operation: Operation, timeoutMs: Int64) throws(Violation) {
    do throws(Cluster.Refusal) {
      calls.append(try cluster.submit(operation, timeoutMs: timeoutMs))
    } catch {
      return try require(isClosing || error == .limit, "a call was refused as if the cluster were closed")
    }
    try require(!isClosing, "a call was accepted after the close")
  }

  func cancel(_ call: CallID) {
    _ = cluster.cancel(call)
  }

  func addWatcher(range: KeyRange, startRevision: Int64, prevKV: Bool) {
    guard let id = try? cluster.addWatcher(range: range, startRevision: startRevision, prevKV: prevKV) else { return }
    watchers.append(id)
    watched[id] = Watched(hasSnapshot: startRevision == 0, revision: startRevision == 0 ? nil : startRevision - 1)
  }

  func removeWatcher(_ id: WatcherID) {
    cluster.removeWatcher(id)
    watchers.removeAll { $0 == id }
    watched[id] = nil
  }

  func addKeepalive(_ claim: Claim) {
    guard let id = try? cluster.addKeepalive(claim) else { return }
    keepalives.append(id)
    kept[id] = Kept()
    // Until all that there is by now is there.
    let wanted = keepalives.map { Awaited.keepalive($0) } + watchers.map { .watcher($0) }
    if let wait = try? cluster.await(wanted, timeoutMs: keepalives.count % 2 == 0 ? 5000 : 0) { waits.insert(wait) }
  }

  func setValue(_ value: [UInt8], of id: KeepaliveID) {
    if let wait = try? cluster.setValue(value, of: id, isAwaited: true) { waits.insert(wait) }
  }

  func removeKeepalive(_ id: KeepaliveID) {
    _ = cluster.removeKeepalive(id)
  }

  func detachKeepalive(_ id: KeepaliveID) {
    cluster.detachKeepalive(id)
    keepalives.removeAll { $0 == id }
    kept[id] = nil
  }

  func close(revoke: Bool) {
    _ = cluster.close(revoke: revoke)
    isClosing = true
  }

  // MARK: The pump

  /// A pump that takes at most `budget` deliveries.
  func pump(budget: Int = .max) throws(Violation) {
    cluster.beginPump()
    try checkLeases()
    var taken = 0
    while taken < budget, let delivery = cluster.nextDelivery() {
      try check(delivery)
      taken += 1
      try require(taken < 100_000, "deliveries never end")
    }
    cluster.endPump()
    for line in cluster.takeLog() { try requirePrintable(line.text, limit: 4096) }
    if !cluster.hasDeliveries, !transport.hasEvents { try checkRest() }
  }

  /// Lets time pass, pumping whenever something is due.
  func advance(ms milliseconds: Int64) throws(Violation) {
    let end = transport.now + .milliseconds(milliseconds)
    var rounds = 0
    while let next = transport.nextTime, next <= end {
      transport.now = max(transport.now, next)
      try pump()
      rounds += 1
      try require(rounds < 20_000, "the cluster never comes to rest")
    }
    transport.now = end
    try pump()
  }

  // MARK: The peer

  /// Answers a call, and remembers what the answer says of a lease.
  func answer(_ call: ScriptedTransport.Started, status: Int, _ body: [UInt8]) {
    if status == 200 {
      if call.path.hasSuffix("/lease/grant"), let grant = try? LeaseGrantResponse.decode(body) {
        acknowledge(grant.id, ttl: max(grant.ttl, 1), sentAt: call.time)
      } else if call.path.hasSuffix("/lease/keepalive"),
        case .result(let renewal)? = try? StreamDocument<LeaseKeepAliveResponse>.decode(body), renewal.ttl > 0
      {
        acknowledge(cluster.leaseID, ttl: renewal.ttl, sentAt: call.time)
      }
    }
    transport.answer(call.id, status: status, body)
  }

  private func acknowledge(_ lease: Int64, ttl: Int64, sentAt: Instant) {
    // A century is as good as for ever.
    let deadline = sentAt + .seconds(min(ttl, 3_155_760_000))
    leaseDeadlines[lease] = max(leaseDeadlines[lease] ?? deadline, deadline)
  }

  // MARK: What was promised

  private func checkLeases() throws(Violation) {
    for id in keepalives where cluster.keepaliveState(id) == .held {
      guard let deadline = leaseDeadlines[cluster.leaseID] else {
        throw Violation("a key is held under a lease that was never granted")
      }
      try require(transport.now < deadline, "a key is held under a lease that may have expired")
    }
  }

  private func check(_ delivery: Delivery) throws(Violation) {
    try require(!wasClosed, "something is told after the end")
    switch delivery {
    case .call(let id, let result):
      try require(calls.contains(id), "an unknown call has ended")
      try require(endedCalls.insert(id).inserted, "a call has ended twice")
      if case .failure(let failure) = result { try requirePrintable(failure.description, limit: 4096) }
    case .part(let id, _):
      try require(calls.contains(id) && !endedCalls.contains(id), "a part of a call that has ended, or never began")
    case .clusterState(let report):
      if let failure = report.error { try requirePrintable(failure.description, limit: 4096) }
    case .watcherState(let id, let report):
      try check(report.state, of: id)
      if let failure = report.error { try requirePrintable(failure.description, limit: 4096) }
    case .batch(let id, let batch):
      try check(batch, of: id)
    case .keepalive(let id, let report):
      try check(report, of: id)
    case .claimQuestion(let id, let found):
      try require(kept[id]?.state == .claiming, "it is asked whose a key is that is not being claimed")
      cluster.decide(ClaimAnswer(rawValue: Int32(found.modRevision & 3)) ?? .conflict, on: id, about: found)
    case .value(let id, let end):
      try checkEnd(of: id)
      if case .failure(let failure) = end.result { try requirePrintable(failure.description, limit: 4096) }
    case .awaited(let id, let end):
      try checkEnd(of: id)
      try require(end.ready <= end.total && (end.failure != nil || end.ready == end.total), "it waits no more: \(end)")
      if let failure = end.failure { try requirePrintable(failure.description, limit: 8192) }
    case .closed:
      try require(isClosing, "the end of a close that nobody asked for")
      try require(transport.open.isEmpty, "transfers outlive the close")
      wasClosed = cluster.state == .closed && !cluster.hasDeliveries
    }
  }

  private func checkEnd(of wait: CallID) throws(Violation) {
    try require(waits.contains(wait), "an unknown wait has ended")
    try require(endedWaits.insert(wait).inserted, "a wait has ended twice")
  }

  private func check(_ state: WatcherState, of id: WatcherID) throws(Violation) {
    guard let before = watched[id] else { throw Violation("a watcher that was freed is told of") }
    try require(before.state != .ended, "a watcher is told of after its end")
    if state == .live { try require(before.state == .opening, "a watcher is live that was not opening") }
    if state == .snapshot { try require(before.hasSnapshot, "a watcher reads a snapshot that it must not read") }
    watched[id]?.state = state
  }

  private func check(_ batch: Batch, of id: WatcherID) throws(Violation) {
    guard let before = watched[id] else { throw Violation("a watcher that was freed gets a batch") }
    try require(before.state != .ended, "a watcher gets a batch after its end")
    switch batch.origin {
    case .snapshot(let isLast, let isResync):
      try require(before.hasSnapshot, "a watcher gets a snapshot that it must not get")
      try require(isResync == (before.revision != nil), "a snapshot is called a resync, or the other way round")
      if isLast { watched[id]?.revision = batch.revision }
    case .stale: throw Violation("a watcher gets a picture from a disk that is not there")
    case .watch:
      guard var revision = before.revision else { throw Violation("an event comes before the end of the snapshot") }
      guard let first = batch.events.first, let last = batch.events.last else {
        throw Violation("a batch has no events")
      }
      // After the greatest revision there is, there is none.
      try require(
        first.kv.modRevision > revision || first.kv.modRevision == .max,
        "revision \(first.kv.modRevision) follows \(revision)")
      for event in batch.events {
        try require(event.kv.modRevision >= revision, "revision \(event.kv.modRevision) follows \(revision)")
        revision = event.kv.modRevision
      }
      try require(batch.revision == last.kv.modRevision, "a batch does not end at its revision")
      watched[id]?.revision = batch.revision
    }
  }

  private func check(_ report: KeepaliveReport, of id: KeepaliveID) throws(Violation) {
    guard let before = kept[id]?.state else {
      try require(kept[id] != nil, "a keepalive that was freed is told of")
      try require(report.state == .waiting, "a keepalive begins with \(report.state)")
      kept[id]?.state = report.state
      return
    }
    let mayFollow: Set<KeepaliveState> =
      switch before {
      // Told again with other reasons, and more attempts.
      case .waiting: [.waiting, .claiming, .ended]
      // HELD is left out where the key is not held any more.
      case .claiming: [.claiming, .waiting, .held, .lost, .conflict, .blocked, .removing, .ended]
      case .blocked: [.waiting, .claiming, .ended]
      case .held: [.held, .lost, .removing, .ended]
      case .lost: [.waiting, .claiming, .removing, .ended]
      case .conflict, .removing: [.ended]
      case .ended: []
      }
    try require(mayFollow.contains(report.state), "\(report.state) follows \(before)")
    if report.state == .held {
      try require(report.lease != 0 && report.lease == cluster.leaseID, "a key is held without the cluster's lease")
      try checkLeases()
    }
    if let failure = report.error { try requirePrintable(failure.description, limit: 4096) }
    kept[id]?.state = report.state
  }

  /// Nothing is left to be told: what is not finished must be waiting for something.
  private func checkRest() throws(Violation) {
    try require(transport.paused.isEmpty, "a stream is paused, and nothing of it waits")
    let waitsForEver = transport.open.isEmpty && transport.wakeTime == nil
    if wasClosed { return }
    try require(!isClosing || !waitsForEver || cluster.state == .closed, "a close waits for nothing")
    guard !isClosing, waitsForEver else { return }
    try require(endedCalls.count == calls.count, "a call waits for nothing")
    for id in watchers {
      try require(cluster.watcherState(id) == .ended, "a watcher waits for nothing")
    }
    for id in keepalives {
      let state = cluster.keepaliveState(id)
      try require(state == .conflict || state == .ended, "a keepalive waits for nothing")
    }
  }

  // MARK: The end

  /// Closes, with a peer that answers nothing any more, and looks for what is left.
  func finish(byClosing: Bool) throws(Violation) {
    if byClosing {
      close(revoke: true)
      // Removals and the revocation have the time of a call each, and a removal may follow on another.
      try advance(ms: 100_000)
      try require(wasClosed || cluster.state == .closed, "the close does not end")
      try require(transport.open.isEmpty, "transfers outlive the close")
      try require(endedCalls.count == calls.count, "\(calls.count - endedCalls.count) calls did not end")
      try require(endedWaits.count == waits.count, "\(waits.count - endedWaits.count) waits did not end")
      try require(transport.wakeTime == nil, "a timer outlives the close")
    }
    for (id, _) in cluster.abandonAll() {
      try require(calls.contains(id), "an unknown call has ended")
      try require(endedCalls.insert(id).inserted, "a call has ended twice")
    }
    try require(endedCalls.count == calls.count, "\(calls.count - endedCalls.count) calls did not end")
    for (id, _) in cluster.abandonAwaits() { try checkEnd(of: id) }
  }
}
