import EtcdCore
import EtcdPacker
import EtcdTransport
import TestSupport

// Waits for what is to be there, and for values to be written: what a host did, and what it is told of it.

final class WaitRecord {
  var keepalives: [KeepaliveRecord]
  var watchers: [WatcherRecord]
  let deadline: Instant?
  let since: Instant
  var isCancelled = false

  init(_ keepalives: [KeepaliveRecord], _ watchers: [WatcherRecord], deadline: Instant?, since: Instant) {
    self.keepalives = keepalives
    self.watchers = watchers
    self.deadline = deadline
    self.since = since
  }

  var total: Int { keepalives.count + watchers.count }

  /// As far as the host was told.
  var ready: Int { keepalives.count { $0.told == .held } + watchers.count { $0.wasThere && !$0.hasEnded } }

  /// One of them will not come, as the host was told.
  var isInVain: Bool {
    keepalives.contains { $0.told == .conflict || $0.told == .ended } || watchers.contains(where: \.hasEnded)
  }
}

/// A value whose end is to be told.
struct ValueRecord {
  let keepalive: KeepaliveRecord
  /// How manieth of those that were set.
  let number: Int
  /// The store's, when it was set, and which store that was.
  let revision: Int64
  let life: Int
}

extension SimulatedHost {
  // MARK: What it does

  /// Most want to know when all that they have is there, some of a part of it.
  func awaitSome() {
    guard let cluster, !isClosing, waits.count < 6 else { return }
    let keepalives = keepalives.filter { _ in waitRandom.chance(0.9) }
    let watchers = watchers.filter { _ in waitRandom.chance(0.8) }
    let timeoutMs = waitRandom.chance(0.5) ? 0 : Int64(waitRandom.int(1...20_000))
    var wanted = keepalives.map { Awaited.keepalive($0.id) } + watchers.map { .watcher($0.id) }
    if waitRandom.chance(0.1) { wanted += wanted }
    do {
      let id = try cluster.core.await(wanted, timeoutMs: timeoutMs)
      world.note(Int(id.rawValue), "\(name) waits for \(wanted.count) (\(id.rawValue)), for \(timeoutMs) ms")
      world.statistics.count("waits")
      let deadline = timeoutMs > 0 ? world.now + .milliseconds(timeoutMs) : nil
      waits[id] = WaitRecord(keepalives, watchers, deadline: deadline, since: world.now)
    } catch {
      if error == .closed || waits.count < Int(options.callsMax) {
        world.fail(.contract, "\(name): a wait is refused: \(error)")
      }
    }
  }

  func cancelWait() {
    guard let id = waits.keys.sorted().first(where: { _ in waitRandom.chance(0.5) }) else { return }
    waits[id]?.isCancelled = true
    _ = cluster?.core.cancel(id)
  }

  func forget(_ record: KeepaliveRecord) {
    for wait in waits.values { wait.keepalives.removeAll { $0 === record } }
    values = values.filter { $0.value.keepalive !== record }
  }

  func forget(_ record: WatcherRecord) {
    for wait in waits.values { wait.watchers.removeAll { $0 === record } }
  }

  /// Its cluster is freed: all end now.
  func endWaits(_ ends: [(CallID, AwaitEnd)]) {
    for (id, end) in ends {
      guard let wait = waits.removeValue(forKey: id) else {
        return world.fail(.oneEnd, "\(name): freeing ended a wait that is none")
      }
      if end.failure == nil || end.total != wait.total {
        world.fail(.told, "\(name): freeing ended a wait with \(end)")
      }
    }
    if !waits.isEmpty { world.fail(.oneEnd, "\(name): freeing forgot a wait") }
  }

  // MARK: What it is told

  func take(_ id: CallID, _ end: AwaitEnd) {
    guard let wait = waits.removeValue(forKey: id) else {
      return world.fail(.oneEnd, "\(name): the end of a wait that has ended, or never began")
    }
    world.note(
      118, "\(name) waits no more (\(id.rawValue)): \(end.ready) of \(end.total), \(end.failure?.description ?? "")")
    world.statistics.count("waits: \(end.failure.map { "\($0.code)" } ?? "all there")")
    if end.total != wait.total || end.ready != wait.ready {
      world.fail(
        .told, "\(name) was told that \(end.ready) of \(end.total) are there, and \(wait.ready) of \(wait.total) are")
    }
    guard let failure = end.failure else {
      if wait.ready < wait.total {
        world.fail(.told, "\(name) was told that all is there, and \(wait.ready) of \(wait.total) are")
      }
      for record in wait.keepalives where cluster?.core.keepaliveState(record.id) != .held {
        world.fail(.told, "\(name) was told that all is there, and \(record.key.text) is not held any more")
      }
      return
    }
    switch failure.code {
    case .timeout:
      guard let deadline = wait.deadline, deadline <= world.now else {
        return world.fail(.inTime, "\(name) was told too early that a wait takes too long")
      }
      if wasAwake(since: wait.since), world.now > deadline + .milliseconds(1) {
        world.fail(.inTime, "\(name) was told late that a wait takes too long")
      }
    case .cancelled:
      if !wait.isCancelled, !isClosing { world.fail(.told, "\(name): a wait was cancelled by nobody") }
    default: checkCulprit(end, failure, wait)
    }
  }

  private func checkCulprit(_ end: AwaitEnd, _ failure: Failure, _ wait: WaitRecord) {
    switch end.culprit {
    case .keepalive(let id):
      // Freed meanwhile.
      guard let record = wait.keepalives.first(where: { $0.id == id }) else { return }
      if record.told != .conflict, record.told != .ended, !record.isRetried {
        world.fail(.told, "\(name) waits in vain for \(record.key.text), which is \(record.told): \(failure)")
      }
    case .watcher(let id):
      guard let record = wait.watchers.first(where: { $0.id == id }) else { return }
      if !record.hasEnded { world.fail(.told, "\(name) waits in vain for a watcher that has not ended: \(failure)") }
    case nil: world.fail(.told, "\(name) waits in vain, and for nothing: \(failure)")
    }
  }

  /// It has been told everything: a wait that has its end by what it was told has been told of that, too.
  func checkWaits() {
    for wait in waits.values where !wait.isCancelled && !isClosing {
      if wait.ready == wait.total, wait.keepalives.allSatisfy({ cluster?.core.keepaliveState($0.id) == .held }) {
        world.fail(.told, "\(name) was not told that all \(wait.total) are there")
      }
      if wait.isInVain { world.fail(.told, "\(name) was not told that it waits in vain") }
    }
  }

  func checkNoWaitIsLate() {
    for wait in waits.values {
      if let deadline = wait.deadline, deadline + .seconds(5) < world.now {
        world.fail(.inTime, "\(name) still waits for what had its time \(world.now - deadline) ago")
      }
    }
  }

  // MARK: Values

  func take(_ id: CallID, _ end: ValueEnd) {
    guard let record = values.removeValue(forKey: id) else {
      // The handle that it was set by is freed: the C interface tells nobody.
      if !formerValues.contains(id) {
        world.fail(.oneEnd, "\(name): the end of a value that has ended, or never was set")
      }
      formerValues.remove(id)
      return
    }
    let keepalive = record.keepalive
    if record.number < keepalive.lastValueEnd {
      world.fail(.order, "\(name) was told of a value of \(keepalive.key.text) after that of a later one")
    }
    keepalive.lastValueEnd = record.number
    switch end.result {
    case .success(let revision):
      world.statistics.count("values: there")
      let kvs = oracle.etcd.stores.compactMap { $0.value(of: keepalive.key, at: revision) }.filter {
        $0.mod == revision
      }
      let later = keepalive.sets[record.number...]
      // Stores that take the place of others have revisions of the same numbers.
      let possible = kvs.filter { later.contains($0.value) }
      guard !possible.isEmpty else {
        return world.fail(
          .told, "\(name) was told that a value of \(keepalive.key.text) is there at \(revision), and it is not")
      }
      // A value that was set again may have been written either time.
      let own = keepalive.sets[record.number]
      let right = possible.first {
        end.isSuperseded ? $0.value != own || later.dropFirst().contains(own) : $0.value == own
      }
      guard let kv = right else {
        return world.fail(.told, "\(name): whether another value took the place of one was told wrongly")
      }
      checkItWasOurs(record, kv)
    case .failure(let failure):
      world.statistics.count("values: \(failure.code)")
      let later = keepalive.sets[record.number...]
      let isTrue =
        switch failure.code {
        case .conflict: keepalive.told == .conflict || keepalive.isRetried
        case .closed: keepalive.isRemoved || keepalive.told == .ended
        case .cancelled: isClosing
        case .server where failure.reason == .requestTooLarge:
          later.contains { keepalive.key.count + $0.count > Store.Command.sizeLimit }
        case .server, .permissionDenied, .unauthenticated: true
        default: false
        }
      if !isTrue { world.fail(.told, "\(name): a value of \(keepalive.key.text) has ended with \(failure)") }
    }
  }

  /// Under a lease of ours, and at a time after it was set.
  private func checkItWasOurs(_ record: ValueRecord, _ kv: StoredKV) {
    let key = record.keepalive.key
    // A host that is behind has yet to be told of a new lease; its values are nobody else's.
    let isOwn = record.keepalive.sets.contains(kv.value)
    if let cluster, kv.lease != cluster.core.leaseID, !leases.contains(kv.lease), !isOwn {
      world.fail(.told, "\(name) was told that a value of \(key.text) is there, which is under another's lease")
    }
    guard record.life == oracle.etcd.life, let next = oracle.etcd.store.changes(of: key, after: kv.mod).first else {
      return
    }
    if next.kv.mod <= record.revision, !oracle.mayBeUnnoticed(key, of: kv.lease) {
      world.fail(
        .told, "\(name) was told that a value of \(key.text) is there at \(kv.mod), and set it after \(next.kv.mod)")
    }
  }

  /// In peace.
  func checkNoValueIsForgotten() {
    for record in values.values where [.held, .conflict, .ended].contains(record.keepalive.told) {
      world.fail(.live, "\(name) was not told what became of a value of \(record.keepalive.key.text)")
    }
  }
}
