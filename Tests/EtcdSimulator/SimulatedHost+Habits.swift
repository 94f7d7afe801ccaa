import EtcdCore
import EtcdPacker
import EtcdTransport
import TestSupport

// What a host does in some runs only.

extension SimulatedHost {
  func follow(_ habit: Habits.Habit) {
    switch habit {
    case .setInABurst: setInABurst()
    case .fallBehind: fallBehind()
    case .reload: reload()
    case .callWidely:
      switch habits.random.int(0...9) {
      case 0...4: transact()
      case 5...7: readOwnView()
      default: readPages()
      }
    }
  }

  // MARK: Bursts

  private func setInABurst() {
    guard let cluster, let record = keepalives.filter({ $0.told == .held }).randomElement(using: &habits.random) else {
      return
    }
    world.statistics.count("bursts of values")
    let incarnation = incarnation
    for _ in 0..<habits.random.int(2...6) {
      world.after(habits.random.microseconds(0...8000)) { [self] in
        guard incarnation == self.incarnation, !isFrozen, isActive, keepalives.contains(where: { $0 === record }) else {
          return
        }
        set([], of: record, in: cluster)
      }
    }
    if habits.random.chance(0.6) {
      loseAnswers(for: habits.random.milliseconds(habits.random.pick([5...500, 500...13_000])))
    }
    guard habits.random.chance(0.4) else { return }
    world.after(habits.random.microseconds(0...50_000)) { [self] in
      if incarnation == self.incarnation, isActive { oracle.etcd.revoke(cluster.core.leaseID) }
    }
  }

  /// Requests get through, and nothing comes of them.
  private func loseAnswers(for duration: Duration) {
    world.after(habits.random.microseconds(0...8000)) { [self] in
      guard isActive else { return }
      world.note(26, "no answers for \(name)")
      for member in oracle.etcd.members {
        network.blackhole(host: index, member: member.index, requests: false, answers: true)
      }
      world.after(duration) { [self] in
        guard isActive else { return }
        for member in oracle.etcd.members {
          if habits.random.chance(0.3) { network.cut(host: index, member: member.index) }
          network.heal(host: index, member: member.index)
        }
      }
    }
  }

  // MARK: Other options

  func reload() {
    var options = options
    let endpoints = drawEndpoints()
    if endpoints.isEmpty { return }
    if habits.random.chance(0.3) {
      options.discoversMembers = !mayTurnDiscoveryOff || habits.random.chance(0.6)
      options.refreshIntervalMs = Int64(habits.random.pick([1000, 3000, 20_000]))
    }
    if habits.random.chance(0.5) {
      options.requestTimeoutMs = Int64(habits.random.pick([2000, 5000, 8000]))
      options.attemptTimeoutMs = Int64(habits.random.pick([500, 1000, 3000]))
      options.connectTimeoutMs = Int64(habits.random.pick([200, 1000]))
      options.probeIntervalMs = Int64(habits.random.pick([500, 2000, 4000]))
      options.backoffMinMs = Int64(habits.random.pick([20, 100]))
      options.callsConcurrent = max(options.callsConcurrent, Int64(habits.random.pick([1, 4, 32])))
    }
    if mayChangeWire, habits.random.chance(0.2) { options.wire = habits.random.pick([.json, .grpc, .auto]) }
    guard habits.random.chance(0.2) else {
      // What it discovers is its own while nobody is named.
      let asDomain = options.discoversMembers == self.options.discoversMembers && habits.random.chance(0.3)
      return reconfigure(options, endpoints, asDomain: asDomain)
    }
    switch habits.random.int(0...2) {
    case 0: options.namespace += "x"
    case 1: options.responseMaxBytes += 1
    default:
      if cluster?.core.leaseID == 0 { return }
      options.leaseTTL += 1
    }
    tryInVain(options, endpoints)
  }

  /// Others that it may be configured with.
  func drawEndpoints() -> [Endpoint] {
    guard let (serving, all) = whoMayBeConfigured?() else { return [] }
    var endpoints = serving.filter { _ in habits.random.chance(0.5) }
    if endpoints.isEmpty, let one = serving.randomElement(using: &habits.random) { endpoints = [one] }
    if habits.random.chance(0.2) {
      endpoints += all.filter { !endpoints.contains($0) && habits.random.chance(0.2) }
    }
    return endpoints
  }

  // MARK: Backlogs

  private func fallBehind() {
    guard !isBehind, let cluster else { return }
    world.note(104, "\(name) takes nothing of what it is told")
    world.statistics.count("hosts behind")
    isBehind = true
    let incarnation = incarnation
    pumpBehind(incarnation)
    // Something to be told of.
    if habits.random.chance(0.7) { watch() }
    if habits.random.chance(0.5) { loseAnswers(for: habits.random.milliseconds(500...5000)) }
    world.after(habits.random.milliseconds(habits.random.pick([100...2000, 5000...20_000]))) { [self] in
      guard incarnation == self.incarnation, isBehind, isActive else { return }
      switch habits.random.int(0...9) {
      case 0: while let record = watchers.first { unwatch(record) }
      case 1: while let record = keepalives.first { free(record) }
      case 2: close(revoke: habits.random.chance(0.5))
      case 3: return restartLater(freeing: true)
      default: break
      }
      if self.cluster === cluster { catchUp() }
    }
  }

  private func pumpBehind(_ incarnation: Int) {
    world.after(.milliseconds(10)) { [self] in
      guard incarnation == self.incarnation, isBehind else { return }
      if !isFrozen { pump() }
      pumpBehind(incarnation)
    }
  }

  // MARK: Pictures on disk

  /// Its process has ended. With it, or in a power failure, the disk may have lost what was written last, or more.
  func leaveDisk(freeing: Bool) {
    guard let disk else { return }
    rangesBefore = watchers.filter(\.hasSnapshot).map(\.range)
    if isActive, diskRandom.chance(0.6) {
      let duration = diskRandom.milliseconds(500...8000)
      world.note(27, "\(name) is cut off for \(duration)")
      for member in oracle.etcd.members {
        network.blackhole(host: index, member: member.index, requests: true, answers: true)
      }
      world.after(duration) { [self] in
        guard isActive else { return }
        for member in oracle.etcd.members { network.heal(host: index, member: member.index) }
      }
    }
    guard !freeing, diskRandom.chance(0.5) else { return }
    world.statistics.count("disks damaged")
    for name in disk.names {
      guard let bytes = disk[name], !bytes.isEmpty else { continue }
      let at = diskRandom.int(0...bytes.count - 1)
      switch diskRandom.int(0...7) {
      case 0, 1: disk[name] = Array(bytes[..<at])
      case 2: disk[name] = Array(bytes[..<at]) + [UInt8](repeating: 0, count: bytes.count - at)
      case 3: disk[name]?[at] ^= UInt8(diskRandom.int(1...255))
      case 4: disk[name] = diskRandom.pick(disk.names.compactMap { disk[$0] })
      default: break
      }
    }
  }

  /// As processes do that are started again.
  func watchAgain() {
    for range in rangesBefore where diskRandom.chance(0.7) { watch(again: range) }
  }

  // MARK: Calls

  private func readOwnView() {
    var request = RangeRequest(range: habits.random.pick(ranges()))
    request.serializable = true
    if habits.random.chance(0.3) { request.limit = Int64(habits.random.int(1...5)) }
    let known = max(heardRevisions[oracle.etcd.clusterID] ?? 0, oracle.etcd.store.revision)
    let minRevision = habits.random.chance(0.7) ? known : 0
    world.statistics.count("reads of a member's own view")
    submit(.range(request), .range(request), timeoutMs: timeout(), minRevision: minRevision)
  }

  private func readPages() {
    var request = RangeRequest(range: habits.random.pick(ranges()), limit: Int64(habits.random.int(1...4)))
    request.serializable = habits.random.chance(0.3)
    world.statistics.count("ranges in pages")
    readInPages(request)
  }

  private func transact() {
    if dataKeys.isEmpty { return }
    world.statistics.count("transactions")
    var request = TxnRequest()
    for _ in 0..<habits.random.int(0...2) { request.compare.append(condition()) }
    request.success = branch()
    request.failure = branch()
    submit(.txn(request), .txn(request), timeoutMs: timeout())
  }

  /// Some that often hold, and some that seldom do.
  private func condition() -> Compare {
    let key = habits.random.pick(dataKeys)
    let kv = oracle.etcd.store.value(of: key)
    let wide = habits.random.chance(0.2) ? KeyRange.prefix(Array(key.dropLast())) : KeyRange.single(key)
    let range = namespace.holds(wide) ? wide : .single(key)
    let result = habits.random.pick(Compare.Result.allCases)
    return switch habits.random.int(0...4) {
    case 0: Compare(range: range, target: .create(0), result: result)
    case 1: Compare(range: range, target: .mod(kv?.mod ?? 0), result: result)
    case 2: Compare(range: range, target: .version(Int64(habits.random.int(0...3))), result: result)
    case 3: Compare(range: range, target: .lease(kv?.lease ?? 0), result: result)
    default: Compare(range: range, target: .value(kv?.value ?? []), result: result)
    }
  }

  /// No key is put twice, or put and deleted, in one: etcd refuses that.
  private func branch() -> [RequestOp] {
    var keys = dataKeys
    keys.shuffle(using: &habits.random)
    var ops: [RequestOp] = []
    for key in keys.prefix(habits.random.int(0...3)) {
      switch habits.random.int(0...2) {
      case 0: ops.append(.put(PutRequest(key: key, value: Array(unique("t").utf8))))
      case 1:
        // Of one key alone, whichever others there are.
        let end = key + [0, 0] + Array(unique("d").utf8)
        ops.append(.deleteRange(DeleteRangeRequest(range: .range(key, end))))
      default: ops.append(.range(RangeRequest(range: habits.random.pick(ranges()))))
      }
    }
    return ops
  }
}
