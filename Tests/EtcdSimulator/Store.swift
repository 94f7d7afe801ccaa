import EtcdPacker
import TestSupport

/// A key with its value, as the store holds it.
struct StoredKV: Hashable {
  var key: [UInt8]
  var value: [UInt8]
  var create: Int64
  var mod: Int64
  var version: Int64
  var lease: Int64
}

/// What one revision did to one key.
struct Change {
  let kind: Event.Kind
  /// Of a deletion: key and `mod` only.
  let kv: StoredKV
  let previous: StoredKV?
}

/// The replicated state: what a member has once it has applied the whole log. Remembers all of history, whatever was
/// compacted, because the oracle judges by it; that compacted revisions are not served is the members' business.
final class Store {
  private(set) var revision: Int64 = 1
  private(set) var compactedRevision: Int64 = 0
  /// `changes[r]`: what revision `r` did, in order.
  private(set) var changes: [[Change]] = [[], []]
  private var sortedKeys: [[UInt8]] = []
  private var versions: [[UInt8]: [Change]] = [:]
  private var leases: [Int64: Set<[UInt8]>] = [:]
  private(set) var leaseTTLs: [Int64: Int64] = [:]
  /// What the entries of the log led to, in order.
  private(set) var log: [(revision: Int64, compacted: Int64)] = [(1, 0)]
  /// How often each value was put, and each range deleted: the oracle makes them unique.
  private(set) var timesPut: [[UInt8]: Int] = [:]
  private(set) var timesDeleted: [[UInt8]: Int] = [:]

  enum Command {
    case put(ReceivedPut)
    case deleteRange(ReceivedDelete)
    case txn(ReceivedTxn)
    case leaseGrant(id: Int64, ttl: Int64)
    case leaseRevoke(id: Int64)
    case compact(Int64)
    /// Makes a token that begins so.
    case authenticate(prefix: String)
    case changeAuth(Authority.Change)
    case reconfigure(Membership.Change)
    /// An entry that is not applied, because of who proposed it.
    case refused(Refusal)
  }

  indirect enum Reply {
    case range(RangeResult)
    case put(previous: StoredKV?)
    case deleteRange(deleted: [StoredKV], wantsPrevious: Bool)
    /// Each step with the revision in its header.
    case txn(succeeded: Bool, [(reply: Reply, revision: Int64)])
    case leaseGrant(id: Int64, ttl: Int64)
    case token(String)
    case done
  }

  struct RangeResult {
    var kvs: [StoredKV]
    var more: Bool
    var count: Int
    var keysOnly: Bool
  }

  enum Refusal: Error {
    case leaseNotFound
    case leaseExists
    case leaseTTLTooLarge
    case compacted
    case futureRevision
    case emptyKey
    case userEmpty
    case authOldRevision
    case authNotEnabled
    case authFailed
    case permissionDenied
    case noSpace
  }

  // MARK: Others

  init() {}

  /// What it is now. Writes to what it was before were not made to this one.
  init(backupOf other: Store) {
    revision = other.revision
    compactedRevision = other.compactedRevision
    changes = other.changes
    sortedKeys = other.sortedKeys
    versions = other.versions
    leases = other.leases
    leaseTTLs = other.leaseTTLs
    log = other.log
  }

  /// Another cluster's, with values that no process has put. Many of its keys have the very revisions that they have in
  /// `other`; of the claimed ones, those that are there.
  init(
    insteadOf other: Store, revision end: Int64, dataKeys: [[UInt8]], claimKeys: [[UInt8]],
    random: inout SeededRandom
  ) {
    let cluster = random.int(0...999_999)
    let novelty = random.pick([0, 0.1])
    let takesKeys = random.chance(0.8)
    while revision < end {
      var put = ReceivedPut()
      put.key = Array("x/\(random.int(0...9))".utf8)
      put.value = Array("other-\(cluster)-\(revision)".utf8)
      let next = Int(revision) + 1
      if next < other.changes.count, let key = other.changes[next].first?.kv.key, dataKeys.contains(key) {
        if random.chance(0.7) { put.key = key }
      } else if takesKeys, let key = claimKeys.first(where: { other.value(of: $0)?.mod == Int64(next) }) {
        put.key = key
      } else if random.chance(novelty) {
        put.key = random.pick(dataKeys)
      } else if random.chance(0.01) {
        put.key = random.pick(claimKeys)
      }
      _ = apply(.put(put))
    }
  }

  // MARK: Reading

  func value(of key: [UInt8], at revision: Int64? = nil) -> StoredKV? {
    guard let change = lastChange(of: key, at: revision ?? self.revision), change.kind == .put else { return nil }
    return change.kv
  }

  private func lastChange(of key: [UInt8], at revision: Int64) -> Change? {
    versions[key]?.last { $0.kv.mod <= revision }
  }

  /// In the order of keys.
  func state(of range: KeyRange, at revision: Int64) -> [StoredKV] {
    if range.isSingle { return value(of: range.key, at: revision).map { [$0] } ?? [] }
    return sortedKeys.compactMap { range.contains($0) ? value(of: $0, at: revision) : nil }
  }

  /// The changes of `revisions` that concern `range`, in order.
  func events(of range: KeyRange, in revisions: ClosedRange<Int64>) -> [Change] {
    var events: [Change] = []
    for revision in revisions where revision < changes.count {
      for change in changes[Int(revision)] where range.contains(change.kv.key) { events.append(change) }
    }
    return events
  }

  func range(_ request: ReceivedRange, at revision: Int64) -> RangeResult {
    var kvs = state(of: request.range, at: revision)
    let count = kvs.count
    // What is left out by its revisions is counted all the same.
    kvs.removeAll { $0.mod < request.minModRevision || $0.create < request.minCreateRevision }
    let more = request.limit > 0 && Int64(kvs.count) > request.limit
    if more { kvs.removeSubrange(Int(request.limit)...) }
    if request.countOnly { kvs = [] }
    // Nothing was left out where nothing was asked for.
    return RangeResult(kvs: kvs, more: more && !request.countOnly, count: count, keysOnly: request.keysOnly)
  }

  /// The change that took the key away from the lease, if one did.
  func changeAfter(lease: Int64, of key: [UInt8]) -> Change? {
    guard let changes = versions[key], let last = changes.lastIndex(where: { $0.kv.lease == lease }) else { return nil }
    return last + 1 < changes.count ? changes[last + 1] : nil
  }

  /// What was done to a key after a revision.
  func changes(of key: [UInt8], after revision: Int64) -> ArraySlice<Change> {
    let changes = versions[key] ?? []
    return changes[(changes.lastIndex { $0.kv.mod <= revision }.map { $0 + 1 } ?? 0)...]
  }

  func leaseKeys(_ id: Int64) -> Set<[UInt8]>? { leases[id] }

  // MARK: Applying

  /// Applies one entry of the log.
  func apply(_ command: Command) -> Result<Reply, Refusal> {
    defer { log.append((revision, compactedRevision)) }
    var pending: [Change] = []
    do throws(Refusal) {
      let reply = try execute(command, &pending)
      if !pending.isEmpty {
        revision += 1
        changes.append(pending)
      }
      return .success(reply)
    } catch {
      return .failure(error)
    }
  }

  private func execute(_ command: Command, _ pending: inout [Change]) throws(Refusal) -> Reply {
    switch command {
    case .put(let put):
      return try self.put(put, &pending)
    case .deleteRange(let delete):
      return try self.delete(delete, &pending)
    case .txn(let txn):
      return try self.txn(txn, &pending)
    case .leaseGrant(let id, let ttl):
      if ttl > 9_000_000_000 { throw .leaseTTLTooLarge }
      if leases[id] != nil { throw .leaseExists }
      leases[id] = []
      leaseTTLs[id] = ttl
      return .leaseGrant(id: id, ttl: ttl)
    case .leaseRevoke(let id):
      guard let keys = leases[id] else { throw .leaseNotFound }
      for key in keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) { remove(key, &pending) }
      leases[id] = nil
      leaseTTLs[id] = nil
      return .done
    case .compact(let revision):
      if revision <= compactedRevision { throw .compacted }
      if revision > self.revision { throw .futureRevision }
      compactedRevision = revision
      return .done
    case .authenticate(let prefix):
      return .token("\(prefix).\(log.count)")
    case .changeAuth, .reconfigure:
      return .done
    case .refused(let refusal):
      throw refusal
    }
  }

  private func put(_ request: ReceivedPut, _ pending: inout [Change]) throws(Refusal) -> Reply {
    if request.key.isEmpty { throw .emptyKey }
    if request.lease != 0, leases[request.lease] == nil { throw .leaseNotFound }
    timesPut[request.value, default: 0] += 1
    let before = current(request.key)
    if let before, before.lease != 0 { leases[before.lease]?.remove(request.key) }
    if request.lease != 0 { leases[request.lease]?.insert(request.key) }
    let kv = StoredKV(
      key: request.key, value: request.value, create: before?.create ?? revision + 1, mod: revision + 1,
      version: (before?.version ?? 0) + 1, lease: request.lease)
    record(Change(kind: .put, kv: kv, previous: before), &pending)
    return .put(previous: request.prevKV ? before : nil)
  }

  private func delete(_ request: ReceivedDelete, _ pending: inout [Change]) throws(Refusal) -> Reply {
    if request.key.isEmpty { throw .emptyKey }
    timesDeleted[request.rangeEnd, default: 0] += 1
    let keys = request.range.isSingle ? [request.key] : sortedKeys.filter { request.range.contains($0) }
    let deleted = keys.compactMap { current($0) }
    for kv in deleted { remove(kv.key, &pending) }
    return .deleteRange(deleted: deleted, wantsPrevious: request.prevKV)
  }

  private func remove(_ key: [UInt8], _ pending: inout [Change]) {
    guard let before = current(key) else { return }
    if before.lease != 0 { leases[before.lease]?.remove(key) }
    let kv = StoredKV(key: key, value: [], create: 0, mod: revision + 1, version: 0, lease: 0)
    record(Change(kind: .delete, kv: kv, previous: before), &pending)
  }

  /// What transactions of several steps see: the changes that are under way included.
  private func current(_ key: [UInt8]) -> StoredKV? {
    guard let change = versions[key]?.last, change.kind == .put else { return nil }
    return change.kv
  }

  private func record(_ change: Change, _ pending: inout [Change]) {
    let key = change.kv.key
    if versions[key] == nil {
      versions[key] = []
      let index = sortedKeys.firstIndex { key.lexicographicallyPrecedes($0) } ?? sortedKeys.count
      sortedKeys.insert(key, at: index)
    }
    versions[key]?.append(change)
    pending.append(change)
  }

  /// Which branch of a transaction is executed. All comparisons, those of nested transactions too, see the state before
  /// it, and the branches are checked before anything of them is executed.
  private final class Plan {
    let succeeded: Bool
    let steps: [(op: ReceivedOp, nested: Plan?)]

    init(_ request: ReceivedTxn, _ store: Store) throws(Refusal) {
      succeeded = request.compare.allSatisfy(store.holds)
      var steps: [(op: ReceivedOp, nested: Plan?)] = []
      for op in succeeded ? request.success : request.failure {
        try store.check(op)
        steps.append((op, try op.txn.first.map { txn throws(Refusal) in try Plan(txn, store) }))
      }
      self.steps = steps
    }
  }

  private func check(_ op: ReceivedOp) throws(Refusal) {
    if let put = op.put, put.lease != 0, leases[put.lease] == nil { throw .leaseNotFound }
    if let range = op.range, range.revision > revision { throw .futureRevision }
    if let range = op.range, range.revision > 0, range.revision < compactedRevision { throw .compacted }
  }

  private func txn(_ request: ReceivedTxn, _ pending: inout [Change]) throws(Refusal) -> Reply {
    try execute(try Plan(request, self), &pending)
  }

  private func execute(_ plan: Plan, _ pending: inout [Change]) throws(Refusal) -> Reply {
    var replies: [(reply: Reply, revision: Int64)] = []
    for (op, nested) in plan.steps {
      var reply: Reply?
      if let range = op.range {
        // Without a revision it sees the steps before it.
        reply = .range(self.range(range, at: range.revision > 0 ? range.revision : revision + 1))
      } else if let put = op.put {
        reply = try self.put(put, &pending)
      } else if let delete = op.delete {
        reply = try self.delete(delete, &pending)
      } else if let nested {
        reply = try execute(nested, &pending)
      }
      if let reply { replies.append((reply, nested != nil ? 0 : pending.isEmpty ? revision : revision + 1)) }
    }
    return .txn(succeeded: plan.succeeded, replies)
  }

  private func holds(_ compare: ReceivedCompare) -> Bool {
    guard compare.range.isSingle else {
      let kvs = sortedKeys.filter { compare.range.contains($0) }.compactMap { current($0) }
      return kvs.isEmpty ? holds(compare, for: nil) : kvs.allSatisfy { holds(compare, for: $0) }
    }
    return holds(compare, for: current(compare.key))
  }

  private func holds(_ compare: ReceivedCompare, for kv: StoredKV?) -> Bool {
    if compare.target == "VALUE" {
      // A key that does not exist has no value, which is neither equal to one nor not equal.
      guard let kv else { return false }
      return switch compare.result {
      case "GREATER": compare.value.lexicographicallyPrecedes(kv.value)
      case "LESS": kv.value.lexicographicallyPrecedes(compare.value)
      case "NOT_EQUAL": kv.value != compare.value
      default: kv.value == compare.value
      }
    }
    let actual: Int64 =
      switch compare.target {
      case "CREATE": kv?.create ?? 0
      case "MOD": kv?.mod ?? 0
      case "LEASE": kv?.lease ?? 0
      default: kv?.version ?? 0
      }
    return switch compare.result {
    case "GREATER": actual > compare.number
    case "LESS": actual < compare.number
    case "NOT_EQUAL": actual != compare.number
    default: actual == compare.number
    }
  }
}
