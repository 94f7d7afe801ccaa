import EtcdCore
import EtcdPacker
import EtcdTransport
import TestSupport

/// A process that embeds the library: it pumps in its own rhythm, and does at random what hosts do.
///
/// What the ABI does on top of the core is played here: freed handles are told nothing, and a crash is a process that is
/// simply not there any more.
final class SimulatedHost {
  enum Rhythm {
    /// Polls the descriptor, and pumps without a budget whenever there is something to do.
    case loop
    /// Pumps once a frame.
    case tick(Duration, budget: Int)
  }

  let index: Int
  let name: String
  let world: World
  let network: SimulatedNetwork
  let oracle: Oracle
  private var random: SeededRandom
  /// Those that its cluster has, but for the endpoints and who asks.
  private(set) var options: Options
  let namespace: HostNamespace
  private let rhythm: Rhythm
  let claimKeys: [[UInt8]]
  let dataKeys: [[UInt8]]
  private let largestValue: Int
  /// Only watches: nothing that it does itself shows it that an endpoint is no good.
  private let isPassive: Bool
  /// How many watchers it has at most.
  var mostWatchers = 5
  /// Whether it has them all in the end.
  var wantsAllWatchers = false
  /// Whether it knows a name and a password, and which password that is.
  var hasCredentials = false
  private(set) var password = Authority.password
  /// The one that its cluster has.
  private var givenPassword = Authority.password

  /// The members that its cluster was told of.
  var seeds: [Int] { endpoints.compactMap { network.member(of: $0.url + "/") } }
  private var endpoints: [Endpoint]
  /// The domain that it was told of in place of endpoints, and those that have been before.
  private var domain: NamedDomain?
  private var domainsBefore = 0
  /// That domain, if its cluster has not been told yet whom it names.
  var unknownDomain: String? { domain.flatMap { $0.isTold ? nil : $0.text } }
  /// The longest that a call of its cluster was given without saying so.
  private(set) var longestRequestMs: Int64 = 0
  /// Its cluster goes on with other options than it was made with.
  private(set) var wasReloaded = false
  /// What it was told of members before counts no more.
  private(set) var lastReload: Instant?
  /// Where its configuration may say by now that etcd is: those who serve, and all whom it could name.
  var whoMayBeConfigured: (() -> (serving: [Endpoint], all: [Endpoint]))?
  /// Whether it may do without being told of members.
  /// Whether it may be told to speak to etcd by another wire.
  var mayChangeWire = false
  var mayTurnDiscoveryOff = true
  /// The lease that it had when it was told of other endpoints in peace.
  private(set) var leaseInPeace: (lease: Int64, incarnation: Int)?
  /// Where its configuration says by now that etcd is, if that changes.
  var whatIsConfigured: (() -> [Endpoint])?
  /// Whether a list has told its cluster of a member that it may ask now.
  func wasTold(of isGood: (Int) -> Bool) -> Bool { transport?.discovery.toldSince.contains(where: isGood) ?? false }

  private(set) var cluster: OwnCluster?
  private(set) var transport: SimulatedTransport?
  /// Which store there was when its cluster was made.
  private(set) var firstLife = 0
  /// The greatest revision that it was told of, of each etcd cluster that answered it.
  private(set) var heardRevisions: [UInt64: Int64] = [:]
  /// How often it was told that the store was replaced.
  private(set) var timesToldOfReplacement = 0
  /// Counts the clusters, so that what was planned for one does not happen to the next.
  private(set) var incarnation = 0
  private(set) var calls: [CallID: CallRecord] = [:]
  /// How many of its calls have ended, by whether they were answered, since its cluster was made.
  private var ends: (ok: UInt64, other: UInt64) = (0, 0)
  /// When it was given lines of its log, by kind.
  private var logged: [String: [Instant]] = [:]
  private var callIDs: [CallID] = []
  /// Of the calls whose answers come in pages.
  private var pagedIDs: [CallID] = []
  private(set) var watchers: [WatcherRecord] = []
  private(set) var keepalives: [KeepaliveRecord] = []
  /// All that it does is to claim this.
  var race: (key: [UInt8], policy: ClaimPolicy)?
  /// It held it, and was told that it is lost.
  private(set) var wasLost = false
  var waits: [CallID: WaitRecord] = [:]
  var values: [CallID: ValueRecord] = [:]
  /// Of keepalives that were freed.
  var formerValues: Set<CallID> = []
  /// Of its own, so that what it waits for changes nothing else that it does.
  var waitRandom = SeededRandom(seed: 0)
  /// Those that it was told of, since its cluster was made.
  var leases: Set<Int64> = []
  /// The values that it has set more than once.
  var setAgain: Set<[UInt8]> = []
  /// By the cluster before, for the next one.
  private var leaseLeft: Int64 = 0
  /// Keys that it has ever claimed whosever they are, and those that it has called its own, as they were then.
  private var takes: Set<[UInt8]> = []
  private var saidOurs: [[UInt8]: Set<Int64>] = [:]
  /// What each key is to hold, by what was set last.
  private(set) var wantedValues: [[UInt8]: [UInt8]] = [:]
  private(set) var isFrozen = false
  private var whenThawed: (() -> Void)?
  private(set) var isClosing = false
  private var isClosed = false
  /// What the close is to revoke.
  private var leaseToRevoke: Int64 = 0
  /// The store that it is to be revoked in: a backup may still have it.
  private var lifeToRevokeIn = 0
  /// A key that was freed in peace, and the lease that it was held by.
  private(set) var abandonedKey: (key: [UInt8], lease: Int64)?
  /// How much had shown that requests work when the cluster was last not ready; `nil` while it is.
  private var proofsWhenNotReady: Int?
  /// How much had when the turn before this one began, and when this one did.
  private var proofsBeforeTurn = 0
  private var proofsAtTurn = 0
  private var lastThaw = Instant(nanoseconds: 0)
  private var lastPump = Instant(nanoseconds: 0)
  private var plannedPump: Instant?
  private var pumpsInARow = 0
  private var serial = 0
  /// What it does in some runs only.
  var habits = Habits(random: SeededRandom(seed: 0))
  /// What it asks of its watchers is drawn from this.
  var wishes = SeededRandom(seed: 0)
  /// In some runs only: where its watchers keep their pictures, which outlives its process.
  var disk: MemoryDisk?
  /// What becomes of it.
  var diskRandom = SeededRandom(seed: 0)
  /// What the process before has watched.
  var rangesBefore: [KeyRange] = []
  /// It pumps, and takes nothing.
  var isBehind = false
  /// It gets its time whenever it wants it.
  var isAttended = false
  /// Whether it goes on doing things on its own.
  var isActive = true
  /// How busy it is: the mean pause between two actions.
  private let pause: Int

  init(
    index: Int, world: World, network: SimulatedNetwork, oracle: Oracle, random: SeededRandom, options: Options,
    rhythm: Rhythm, claimKeys: [[UInt8]], dataKeys: [[UInt8]], largestValue: Int, pause: Int
  ) {
    self.index = index
    name = "host\(index)"
    self.world = world
    self.network = network
    self.oracle = oracle
    self.random = random
    self.options = options
    let namespace = HostNamespace(prefix: Array(options.namespace.utf8))
    self.namespace = namespace
    endpoints = options.endpoints
    self.rhythm = rhythm
    self.claimKeys = claimKeys.filter { namespace.holds(.single($0)) }
    self.dataKeys = dataKeys.filter { namespace.holds(.single($0)) }
    self.largestValue = largestValue
    self.pause = pause
    isPassive = self.random.chance(0.25)
  }

  /// Whether it has not looked at the clock since `time`, as a host that polls always has.
  func sleptThrough(_ time: Instant) -> Bool {
    if case .loop = rhythm, !isFrozen, !isBehind { return false }
    return lastPump < time
  }

  /// Whether it has done at once whatever was to be done.
  func wasAwake(since time: Instant) -> Bool {
    if case .loop = rhythm { return !isFrozen && !isBehind && lastThaw <= time }
    return false
  }

  // MARK: Life

  func begin() {
    start()
    actLater()
  }

  /// Claims, and does nothing else.
  func beginRace() {
    isActive = false
    start()
  }

  private func start() {
    incarnation += 1
    let incarnation = incarnation
    world.note(100, "\(name) makes a cluster")
    let transport = SimulatedTransport(world: world, network: network, host: index)
    self.transport = transport
    transport.answerLimit = Int(options.responseMaxBytes)
    transport.wire = options.wire
    transport.callLimit = Int(options.callsConcurrent)
    transport.whenTooLarge = { [unowned self] key, value, isRefused in
      isRefused ? oracle.refused(value, of: key, by: self) : oracle.sent(value, of: key, by: self)
    }
    var options = options
    options.endpoints = whatIsConfigured?() ?? options.endpoints
    endpoints = options.endpoints
    domain = nil
    transport.whoIsNamed = { [unowned self] in whoIsNamed($0) }
    transport.whenNamed = { [unowned self] in wasNamed($0, $1) }
    longestRequestMs = options.requestTimeoutMs
    wasReloaded = false
    transport.isCores = true
    transport.discovery.seeds = Set(seeds)
    transport.discovery.isOn = options.discoversMembers
    transport.discovery.interval = .milliseconds(options.refreshIntervalMs)
    proofsWhenNotReady = 0
    (proofsBeforeTurn, proofsAtTurn) = (0, 0)
    transport.whenReady = { [unowned self] in planPump() }
    transport.whenWakeTimeChanged = { [unowned self] in planPump() }
    transport.longestPause = .milliseconds(options.backoffMaxMs)
    if leaseLeft != 0, habits.random.chance(0.5) { world.statistics.count("leases taken over") } else { leaseLeft = 0 }
    options.leaseID = leaseLeft
    leaseLeft = 0
    identify(&options, password)
    givenPassword = password
    leases = []
    cluster = OwnCluster(Cluster(options: options, transport: transport, random: random.split(), disk: disk))
    firstLife = oracle.etcd.life
    ends = (0, 0)
    heardRevisions = [:]
    timesToldOfReplacement = 0
    isClosing = false
    isClosed = false
    leaseToRevoke = 0
    abandonedKey = nil
    plannedPump = nil
    isBehind = false
    if case .tick(let interval, _) = rhythm { tickLater(interval, incarnation) }
    if let race { return claim(race.key, race.policy) }
    if !isPassive { for _ in 0..<random.int(0...2) { claim() } }
    for _ in 0..<random.int(isPassive ? 1...3 : 0...2) { watch() }
    if waitRandom.chance(0.7) { awaitSome() }
    watchAgain()
  }

  private func identify(_ options: inout Options, _ password: String) {
    guard hasCredentials else { return }
    options.authUser = Authority.name
    options.authPassword = Secret(password)
    // All that there is to be found in a log.
    options.logLevel = .debug
  }

  /// The process dies, or frees its cluster.
  private func stop(freeing: Bool) {
    world.note(101, "\(name) \(freeing ? "frees its cluster" : "crashes")")
    world.statistics.count(freeing ? "clusters freed" : "crashes")
    let ends = cluster?.core.abandonAll() ?? []
    if let cluster, freeing { endWaits(cluster.core.abandonAwaits()) }
    waits = [:]
    values = [:]
    formerValues = []
    transport?.shutDown()
    if freeing {
      for (id, result) in ends {
        guard let record = calls.removeValue(forKey: id) else {
          world.fail(.oneEnd, "\(name): freeing ended a call that is none")
          break
        }
        oracle.ended(record, namespace.global(result))
      }
      if let record = callIDs.compactMap({ calls[$0] }).first {
        world.fail(.oneEnd, "\(name): freeing forgot a call of \(record.submittedAt)")
      }
    }
    cluster = nil
    transport = nil
    calls = [:]
    callIDs = []
    pagedIDs = []
    leaveDisk(freeing: freeing)
    watchers = []
    keepalives = []
    plannedPump = nil
    incarnation += 1
  }

  /// It is told of another password, as a process that is asked to read its configuration again.
  func rotate(to password: String) {
    guard hasCredentials else { return }
    self.password = password
    guard let cluster, !isFrozen, !isClosing else { return }
    // A process that reads its configuration again has nothing new to say then.
    if habits.habits.contains(.reload), password != givenPassword, habits.random.chance(0.7) {
      let others = habits.random.chance(0.5) ? drawEndpoints() : []
      return reconfigure(options, others.isEmpty ? endpoints : others)
    }
    givenPassword = password
    world.note(105, "\(name) has other credentials")
    world.statistics.count("credentials replaced")
    transport?.credentialsWereReplaced()
    do {
      try cluster.core.setCredentials(.user(Authority.name, password: Secret(password)))
    } catch {
      world.fail(.contract, "\(name): credentials are refused: \(error)")
    }
    planPump()
  }

  /// Its cluster goes on with these. What stays is left alone, down to the single request; what goes is left at once, or,
  /// if SRV records name the endpoints, as soon as the cluster has been told of them.
  func reconfigure(_ options: Options, _ endpoints: [Endpoint], asDomain: Bool = false) {
    guard let cluster, let transport, !isClosing else { return }
    if asDomain { domainsBefore += 1 }
    domain = asDomain ? NamedDomain(number: domainsBefore, names: endpoints, random: &habits.random) : nil
    world.note(106, "\(name) has other options: \(domain?.text ?? ""): \(endpoints.map(\.url))")
    world.statistics.count(asDomain ? "reloads by SRV records" : "reloads")
    let endpoints = asDomain ? self.endpoints : endpoints
    var all = options
    configure(&all, endpoints)
    identify(&all, password)
    let before = (active: transport.active, members: usedMembers, lease: cluster.core.leaseID)
    do {
      let reload = try cluster.core.reload(by: all)
      self.options = options
      self.endpoints = endpoints
      wasReloaded = true
      lastReload = world.now
      longestRequestMs = max(longestRequestMs, options.requestTimeoutMs)
      transport.wire = options.wire
      if hasCredentials, password != givenPassword { transport.credentialsWereReplaced() }
      givenPassword = password
      transport.discovery.reloaded(
        seeds: Set(seeds), isOn: options.discoversMembers, interval: .milliseconds(options.refreshIntervalMs))
      transport.shortestLookUp = min(.seconds(5), .milliseconds(options.refreshIntervalMs) * 3 / 4)
      transport.longestPause = max(transport.longestPause, .milliseconds(options.backoffMaxMs))
      transport.callLimit = max(transport.callLimit, Int(options.callsConcurrent))
      cluster.core.carryOut(reload)
      if asDomain, !before.members.isSubset(of: usedMembers) {
        world.fail(.reload, "\(name) leaves endpoints before it is told whom \(domain?.text ?? "") names")
      }
      checkReloaded(
        transport, before.active, gone: before.members.subtracting(usedMembers),
        lostLease: before.lease != 0 && cluster.core.leaseID != before.lease)
      if try !cluster.core.reload(by: all).isEmpty {
        world.fail(.reload, "\(name) was not told of all that it was told of")
      }
    } catch {
      world.fail(.reload, "\(name): other options are refused: \(error)")
    }
    planPump()
  }

  /// What its configuration says of where etcd is.
  private func configure(_ options: inout Options, _ endpoints: [Endpoint]) {
    options.endpoints = endpoints
    guard let domain else { return }
    do {
      try options.set("endpoints", to: domain.text)
    } catch {
      world.fail(.contract, "\(domain.text) is refused: \(error)")
    }
  }

  private func whoIsNamed(_ name: String) -> (answer: ServiceAnswer, wait: Duration) {
    let wait = habits.random.milliseconds(habits.random.chance(0.8) ? 1...50 : 500...3000)
    guard domain?.question == name else {
      world.fail(.contract, "\(self.name) asks for \(name), which it was not told of")
      return (.records([]), wait)
    }
    return (domain?.answer(&habits.random) ?? .records([]), wait)
  }

  /// From now on, and not before, its cluster has the endpoints that SRV records name. The core takes that in at once.
  private func wasNamed(_ name: String, _ answer: ServiceAnswer) {
    guard let transport, var domain, domain.question == name, !domain.isTold, case .records(let records) = answer,
      !records.isEmpty
    else { return }
    let before = seeds
    domain.isTold = true
    self.domain = domain
    endpoints = domain.names
    lastReload = world.now
    transport.discovery.reloaded(
      seeds: Set(seeds), isOn: options.discoversMembers, interval: .milliseconds(options.refreshIntervalMs))
    for transfer in transport.active.values {
      if let member = transfer.member, before.contains(member), !seeds.contains(member) { transfer.isFormer = true }
    }
  }

  private func checkReloaded(
    _ transport: SimulatedTransport, _ before: [TransferID: SimulatedTransfer], gone: Set<Int>, lostLease: Bool
  ) {
    for (id, transfer) in before {
      guard let member = transfer.member else { continue }
      if gone.contains(member) { transfer.isFormer = true }
      let isThere = transport.active[id] != nil
      if transfer.isStreamed {
        // Its time was over, and so is a claim's.
        if lostLease, transfer.isKeyWatch { continue }
        // Where nobody is to be discovered, it is left also if it was to go with its last stream.
        if !options.discoversMembers, !gone.contains(member), !usedMembers.contains(member) { continue }
        if gone.contains(member) == isThere {
          world.fail(.reload, "\(name): a stream at member \(member) \(isThere ? "stays" : "is left"), after a reload")
        }
        continue
      }
      switch transfer.route {
      // The library's own questions.
      case .authenticate, .memberList, .version, .status, nil: break
      case .range where gone.contains(member): break
      case .txn where gone.contains(member) && transfer.isStreamCheck: break
      // Its time was over.
      case .txn where lostLease, .leaseKeepalive where lostLease: break
      default:
        if !isThere { world.fail(.reload, "\(name): a call of \(transfer.path) is given up by a reload") }
      }
    }
  }

  /// Of what it asks for, something cannot be had: nothing of it may be.
  func tryInVain(_ options: Options, _ endpoints: [Endpoint]) {
    guard let cluster, let transport, !isClosing else { return }
    world.statistics.count("reloads refused")
    var all = options
    configure(&all, endpoints)
    identify(&all, givenPassword)
    let before = (cluster.core.endpointReports, Set(transport.active.keys))
    do {
      cluster.core.carryOut(try cluster.core.reload(by: all))
      world.fail(.reload, "\(name) is given options that cannot be had")
    } catch {
      if (cluster.core.endpointReports, Set(transport.active.keys)) != before {
        world.fail(.reload, "\(name) is refused options, and has some of them")
      }
    }
    var same = self.options
    configure(&same, self.endpoints)
    identify(&same, givenPassword)
    if (try? cluster.core.reload(by: same).isEmpty) != true {
      world.fail(.reload, "\(name) has options that it was refused")
    }
  }

  /// All is well, and it is told of other endpoints.
  func reloadInPeace() {
    guard let cluster, !isClosing, !isFrozen else { return }
    // Who asks nobody that is still there may have lost its lease by now.
    if cluster.core.state == .ready { leaseInPeace = (cluster.core.leaseID, incarnation) }
    reload()
  }

  /// The members that its cluster uses.
  private var usedMembers: Set<Int> {
    Set((cluster?.core.endpointReports ?? []).compactMap { network.member(of: $0.url + "/") })
  }

  private func checkSecrecy(_ text: String) {
    if text.contains(Authority.mark) { world.fail(.secret, "\(name) is told a secret: \(text)") }
  }

  func restartLater(freeing: Bool) {
    stop(freeing: freeing)
    world.after(random.milliseconds(10...4000)) { [self] in
      if cluster == nil { start() }
    }
  }

  /// The process gets no time.
  func freeze(for duration: Duration) {
    guard !isFrozen, !isAttended else { return }
    world.note(102, "\(name) is frozen")
    world.statistics.count("freezes")
    isFrozen = true
    world.after(duration) { [self] in thaw() }
  }

  private func thaw() {
    guard isFrozen else { return }
    world.note(103, "\(name) goes on")
    isFrozen = false
    lastThaw = world.now
    plannedPump = nil
    let body = whenThawed
    whenThawed = nil
    body?()
    if isFrozen { return }
    pump()
    planPump()
  }

  // MARK: The pump

  private func planPump() {
    guard case .loop = rhythm, !isFrozen, !isBehind, let transport, cluster != nil else { return }
    guard let time = transport.hasEvents ? world.now : transport.wakeTime else { return }
    if let plannedPump, plannedPump <= time { return }
    plannedPump = time
    let incarnation = incarnation
    world.at(time) { [self] in
      guard incarnation == self.incarnation, plannedPump == time, !isFrozen else { return }
      plannedPump = nil
      pump()
      planPump()
    }
  }

  private func tickLater(_ interval: Duration, _ incarnation: Int) {
    // In peace even a slow host catches up: with a small window, each frame takes no more than a few hundred bytes.
    world.after(isActive ? interval : min(interval, .milliseconds(20))) { [self] in
      guard incarnation == self.incarnation else { return }
      if !isFrozen { pump() }
      if incarnation == self.incarnation { tickLater(interval, incarnation) }
    }
  }

  /// It takes all that there is, in one go.
  func catchUp() {
    guard isBehind else { return }
    isBehind = false
    lastThaw = world.now
    plannedPump = nil
    guard !isFrozen, let cluster else { return }
    cluster.core.beginPump()
    deliver(cluster, .max)
    planPump()
  }

  var budget: Int {
    if isBehind { return 0 }
    return switch rhythm {
    case .loop: 65_536
    case .tick(_, let budget): isActive ? budget : max(budget, 100)
    }
  }

  func pump() {
    guard let cluster else { return }
    pumpsInARow = lastPump == world.now ? pumpsInARow + 1 : 0
    if pumpsInARow > 2000 { world.fail(.quiet, "\(name) is told to pump again and again, with nothing to do") }
    lastPump = world.now
    // Wherever a turn of its own begins, what was ready before is known. What fails may be taken in before what came first.
    (proofsBeforeTurn, proofsAtTurn) = (proofsAtTurn, transport?.proofs ?? 0)
    checkReadiness(cluster)
    let isIdle = transport?.hasEvents == false && transport?.wakeTime.map { $0 > world.now } != false
    if cluster.core.isAtRest() { return }
    cluster.core.beginPump()
    checkReadiness(cluster)
    if isIdle, !cluster.core.hasDeliveries { return cluster.core.endPump() }
    for line in cluster.core.takeLog() {
      if hasCredentials { checkSecrecy(line.text) }
      checkFlood(line)
    }
    oracle.checkHolders()
    deliver(cluster, budget)
  }

  private func deliver(_ cluster: OwnCluster, _ budget: Int) {
    var left = budget
    var reports: [UInt64: Int] = [:]
    while left > 0, self.cluster === cluster, world.violation == nil,
      let delivery = cluster.core.nextDelivery().map(namespace.global)
    {
      left -= 1
      checkReadiness(cluster)
      checkUrgency(of: delivery)
      checkBacklog(of: delivery, &reports)
      take(delivery)
      oracle.checkHolders()
      if isActive, left > 0, self.cluster === cluster, random.chance(0.003) { return idle(cluster, left) }
    }
    guard self.cluster === cluster else { return }
    cluster.core.endPump()
    transport?.startAllowance = callIDs.count + pagedIDs.count + watchers.count + keepalives.count
    if !cluster.core.hasDeliveries {
      transport?.allWasTaken()
      drained()
    }
  }

  /// A callback takes its time. The same pump goes on after it.
  private func idle(_ cluster: OwnCluster, _ budget: Int) {
    guard !isFrozen, !isAttended else { return deliver(cluster, budget) }
    world.statistics.count("slow callbacks")
    whenThawed = { [self] in
      lastPump = world.now
      if self.cluster === cluster { deliver(cluster, budget) }
    }
    freeze(for: random.milliseconds(1...15_000))
  }

  /// What waits for a host that does not keep up is bounded: eight reports of each, and those that follow from what is
  /// under way by then.
  private func checkBacklog(of delivery: Delivery, _ reports: inout [UInt64: Int]) {
    let id: UInt64
    switch delivery {
    case .keepalive(let keepalive, _): id = keepalive.rawValue
    case .watcherState(let watcher, _): id = watcher.rawValue
    case .batch, .call, .part, .clusterState, .claimQuestion, .value, .awaited, .closed: return
    }
    reports[id, default: 0] += 1
    if let count = reports[id], count > 20 {
      world.fail(.bounded, "\(count) reports for one of \(name)'s watchers or keepalives had piled up")
    }
  }

  /// It is ready when something has come that shows it, since it was not.
  private func checkReadiness(_ cluster: OwnCluster) {
    guard let transport, !isClosed else { return }
    guard cluster.core.state == .ready else {
      proofsWhenNotReady = proofsBeforeTurn
      return
    }
    if let proofs = proofsWhenNotReady, transport.proofs == proofs, !transport.hasProofInLine {
      world.fail(.told, "\(name) is ready, and nothing has shown that a request would work")
    }
    proofsWhenNotReady = nil
  }

  /// Nothing is told before it is told that a key is lost.
  private func checkUrgency(of delivery: Delivery) {
    if case .keepalive(_, let report) = delivery, report.state == .lost { return }
    for record in keepalives where record.told == .held && !record.isRemoved {
      switch cluster?.core.keepaliveState(record.id) {
      case .waiting, .claiming, .conflict:
        world.fail(.fencing, "\(name) is told something else before it is told that it has lost \(record.key.text)")
      default: break
      }
    }
  }

  /// The host has been told everything.
  private func drained() {
    oracle.drained(self)
    checkWaits()
    checkMetrics()
    guard isClosed, let transport else { return }
    for transfer in transport.active.values {
      let body = transfer.request.body.text.prefix(200)
      world.fail(.quiet, "\(name): a transfer after the close: \(transfer.path) \(body)")
    }
  }

  /// However etcd comes and goes: so many lines of each of a few kinds of error, and twice that where two windows meet.
  private func checkFlood(_ line: Cluster.LogLine) {
    guard line.level != .debug else { return }
    let kind = "\(line.level) \(line.component)"
    let recent = (logged[kind] ?? []).filter { $0 + .seconds(10) > world.now }
    logged[kind] = recent + [world.now]
    if recent.count > 60 { world.fail(.quiet, "\(name) was given \(recent.count) lines of log: \(line.text)") }
  }

  /// What is counted is what it was told.
  private func checkMetrics() {
    guard let metrics = cluster?.core.metrics else { return }
    let calls = metrics.counted
    let counted = (calls.total(.ok), calls.total(.failed) + calls.total(.unknown) + calls.total(.cancelled))
    if counted != ends { world.fail(.told, "\(name): \(counted) calls are counted, and \(ends) have ended") }
    if let transport, (calls.logIns, calls.streamsOpened) != (transport.tokens, transport.watches) {
      let what = "\(calls.logIns) log-ins and \(calls.streamsOpened) streams are counted"
      world.fail(.told, "\(name): \(what), and there were \(transport.tokens) and \(transport.watches)")
    }
    let watching = watchers.count { $0.state == .live }
    if metrics.gauges.watchersLive != watching || metrics.gauges.deliveriesWaiting != 0 {
      world.fail(.told, "\(name): \(metrics.gauges), and \(watching) watchers are live")
    }
    let held = keepalives.count { $0.told == .held }
    if metrics.gauges.keepalivesHeld < held {
      world.fail(.told, "\(name): \(metrics.gauges), and \(held) keys are held")
    }
  }

  private func take(_ delivery: Delivery) {
    if isClosed, case .clusterState(let report) = delivery, report.state == .closed {
    } else if isClosed {
      return world.fail(.afterFree, "\(name): a delivery after the close: \(delivery)")
    }
    if hasCredentials { checkSecrecy("\(delivery)") }
    switch delivery {
    case .call(let id, let result):
      guard let record = calls.removeValue(forKey: id) else {
        return world.fail(.oneEnd, "\(name): the end of a call that has ended, or never began")
      }
      callIDs.removeAll { $0 == id }
      if case .success = result { ends.ok += 1 } else { ends.other += 1 }
      pagedIDs.removeAll { $0 == id }
      world.note(110, "\(name) call \(id.rawValue) ends: \(summary(of: result))")
      if case .success(let answer) = result { heard(answer.header.revision, of: answer.header.clusterID) }
      oracle.ended(record, result)

    case .part(let id, let answer):
      guard let record = calls[id] else {
        return world.fail(.oneEnd, "\(name): a part of a call that has ended, or never began")
      }
      world.note(112, "\(name) call \(id.rawValue) gets a part")
      heard(answer.header.revision, of: answer.header.clusterID)
      oracle.came(answer, of: record)

    case .clusterState(let report):
      world.note(111, "\(name) is \(report.state) \(report.error?.description ?? "")")
      if report.state == .ready, report.error?.code == .clusterChanged {
        timesToldOfReplacement += 1
        oracle.toldOfReplacement(self)
      }
      // Who is let to nothing is answered too, and not all that a store answers which was put in the place of another is
      // an answer. What waits in line is yet to be taken for one.
      if report.state == .unavailable, report.error?.code != .unauthenticated, oracle.etcd.life == 0, !wasReloaded,
        options.wire == .json, let transport, !transport.hasProofInLine,
        let member = transport.answeringMember(among: usedMembers)
      {
        world.fail(.live, "\(name) is unavailable, and member \(member) is answering it")
      }

    case .keepalive(let id, let report):
      guard let record = keepalives.first(where: { $0.id == id }) else {
        return world.fail(.afterFree, "\(name): a keepalive was told \(report.state) after it was freed")
      }
      world.note(
        112,
        "\(name) keepalive of \(record.key.text) is \(report.state) \(report.revision) \(report.lease) "
          + (report.error?.description ?? ""))
      if report.lease != 0 { leases.insert(report.lease) }
      oracle.told(report, record, by: self)
      if report.state == .lost { wasLost = true }
      if report.state == .conflict { giveUpLater(record) }

    case .claimQuestion(let id, let found):
      guard let record = keepalives.first(where: { $0.id == id }) else {
        return world.fail(.afterFree, "\(name): a keepalive that was freed asks whose a key is")
      }
      let answer = habits.random.pick([ClaimAnswer.ours, .wait, .wait, .conflict])
      world.note(117, "\(name) is asked whose \(record.key.text) is: \(answer)")
      world.statistics.count("questions whose a key is")
      if record.policy != .ask || record.told != .claiming {
        world.fail(.contract, "\(name) is asked whose \(record.key.text) is, which is \(record.told)")
      }
      if answer == .ours { saidOurs[record.key, default: []].insert(found.modRevision) }
      cluster?.core.decide(answer, on: id, about: found)

    case .watcherState(let id, let report):
      let (state, failure) = (report.state, report.error)
      guard let record = watchers.first(where: { $0.id == id }) else {
        return world.fail(.afterFree, "\(name): a watcher was told \(state) after it was freed")
      }
      world.note(113, "\(name) watcher \(id.rawValue) is \(state) \(failure?.description ?? "")")
      oracle.told(state, failure, record, by: self)
      if state == .live, !record.hasSnapshot { record.wasThere = true }

    case .value(let id, let end): take(id, end)
    case .awaited(let id, let end): take(id, end)

    case .batch(let id, let batch):
      guard let record = watchers.first(where: { $0.id == id }) else {
        return world.fail(.afterFree, "\(name): a batch for a watcher that was freed")
      }
      world.note(
        Int(batch.revision),
        "\(name) watcher \(id.rawValue) gets \(batch.origin), revision \(batch.revision), \(batch.events.count) events")
      if batch.origin == .watch { transport?.batchWasTaken(of: record.range, revision: batch.revision) }
      oracle.told(batch, record, by: self)
      if case .snapshot(isLast: true, _) = batch.origin { record.wasThere = true }
      if case .stale = batch.origin { break }
      if record.lives.count == 1 { heard(batch.revision, of: oracle.etcd.clusterIDs[record.lives[0]]) }

    case .closed(let failure):
      world.note(115, "\(name) is closed \(failure?.description ?? "")")
      isClosed = true
      if failure == nil, leaseToRevoke != 0, lifeToRevokeIn == oracle.etcd.life,
        oracle.etcd.expiry(of: leaseToRevoke) != nil
      {
        world.fail(.removal, "\(name) was told that it is closed, and its lease is not revoked")
      }
      let open = calls.count + waits.count + values.count
      if open > 0 { world.fail(.oneEnd, "\(name) was closed, and \(open) calls and waits have not ended") }
      if isActive {
        let incarnation = incarnation
        world.after(random.milliseconds(0...2000)) { [self] in
          if incarnation == self.incarnation { restartLater(freeing: true) }
        }
      }
    }
    // Callbacks may do anything.
    if isActive, random.chance(0.03) { act() }
  }

  private func heard(_ revision: Int64, of cluster: UInt64) {
    heardRevisions[cluster] = max(heardRevisions[cluster] ?? 0, revision)
  }

  private func summary(of result: Result<Answer, Failure>) -> String {
    switch result {
    case .success: "ok"
    case .failure(let failure): "\(failure.code): \(failure)"
    }
  }

  // MARK: What it does

  private func actLater() {
    world.after(random.milliseconds(1...2 * pause)) { [self] in
      guard isActive else { return }
      if !isFrozen { act() }
      oracle.checkHolders()
      actLater()
    }
  }

  private func act() {
    guard cluster != nil, !isClosed else { return }
    if waitRandom.chance(0.05) { waitRandom.chance(0.7) ? awaitSome() : cancelWait() }
    if let habit = habits.next(isPassive: isPassive) { return follow(habit) }
    // Of a hundred actions of a passive host, few are anything but waiting.
    switch isPassive
      ? random.pick([64, 65, 66, 70, 96, 97, 98, 99, -1, -1, -1, -1, -1, -1, -1, -1]) : random.int(0...99)
    {
    case -1: break
    case 0..<40: put()
    case 40..<50: delete()
    case 50..<60: read()
    case 60..<64: cancel()
    case 64..<70: watch()
    case 70..<74: if let record = randomElement(watchers) { unwatch(record) }
    case 74..<82: claim()
    case 82..<90: setValue()
    case 90..<93: if let record = randomElement(keepalives) { remove(record) }
    case 93..<96: if let record = randomElement(keepalives) { free(record) }
    case 96: close(revoke: random.chance(0.5))
    case 97: restartLater(freeing: true)
    case 98: restartLater(freeing: false)
    default: freeze(for: random.milliseconds(10...12_000))
    }
  }

  private func randomElement<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : random.pick(elements)
  }

  func unique(_ what: String) -> String {
    serial += 1
    return "\(what)-\(index)-\(serial)"
  }

  func submit(_ operation: Operation, _ kind: CallRecord.Kind, timeoutMs: Int64, minRevision: Int64 = 0) {
    guard let cluster else { return }
    do {
      let id = try cluster.core.submit(namespace.local(operation), timeoutMs: timeoutMs, minRevision: minRevision)
      if callIDs.count >= Int(options.callsMax) {
        world.fail(.bounded, "\(name) may make a call more than calls.max")
      }
      world.note(Int(id.rawValue), "\(name) call \(id.rawValue): \(operation)")
      let timeout = Duration.milliseconds(timeoutMs > 0 ? timeoutMs : options.requestTimeoutMs)
      calls[id] = oracle.submitted(kind, by: index, timeout: timeout, minRevision: minRevision)
      callIDs.append(id)
      transport?.startAllowance = callIDs.count + pagedIDs.count + watchers.count + keepalives.count
    } catch {
      switch error {
      case .closed: if !isClosing { world.fail(.contract, "\(name): a call is refused as closed") }
      case .limit:
        if callIDs.count < Int(options.callsMax) {
          world.fail(.contract, "\(name): a call is refused, and there are only \(callIDs.count)")
        }
      }
    }
    planPump()
  }

  /// A range in pages. The time is that of each page, so there is none for all of them.
  func readInPages(_ request: RangeRequest) {
    guard let cluster, !isClosing, pagedIDs.count < 4 else { return }
    do {
      let id = try cluster.core.submitParts(namespace.local(.range(request)), timeoutMs: timeout())
      world.note(Int(id.rawValue), "\(name) call \(id.rawValue): \(request) in pages")
      calls[id] = oracle.submitted(.pages(request), by: index, timeout: .seconds(100_000), minRevision: 0)
      pagedIDs.append(id)
      transport?.startAllowance = callIDs.count + pagedIDs.count + watchers.count + keepalives.count
    } catch {
      if error == .closed { world.fail(.contract, "\(name): a call is refused as closed") }
    }
    planPump()
  }

  func put() {
    if dataKeys.isEmpty { return }
    let padding = random.chance(0.1) ? random.int(0...largestValue) : random.int(0...40)
    let value =
      Array(unique("v").utf8) + [UInt8](repeating: UInt8(ascii: "."), count: habits.valueSize() ?? padding)
    var request = PutRequest(key: random.pick(dataKeys), value: value)
    if random.chance(0.1), let lease = cluster?.core.leaseID { request.lease = lease }
    submit(.put(request), .put(value: value), timeoutMs: timeout())
  }

  private func delete() {
    if dataKeys.isEmpty { return }
    let key = random.pick(dataKeys)
    let end = key + [0] + Array(unique("d").utf8)
    submit(.deleteRange(DeleteRangeRequest(range: .range(key, end))), .delete(rangeEnd: end), timeoutMs: timeout())
  }

  private func read() {
    var request = RangeRequest(range: random.pick(ranges()))
    if random.chance(0.5) { request.limit = Int64(random.int(1...5)) }
    submit(.range(request), .range(request), timeoutMs: timeout())
  }

  func timeout() -> Int64 { random.chance(0.3) ? Int64(random.int(1...3000)) : 0 }

  private func cancel() {
    guard let id = randomElement(callIDs + pagedIDs) else { return }
    world.note(Int(id.rawValue), "\(name) cancels call \(id.rawValue)")
    // False: its end is waiting to be delivered.
    _ = cluster?.core.cancel(id)
    planPump()
  }

  func ranges() -> [KeyRange] {
    var ranges: [KeyRange] = [
      .all, .prefix(Array("w/".utf8)), .prefix(Array("k/".utf8)), .range(Array("w/2".utf8), Array("w/7".utf8)),
      .from(Array("w/5".utf8)), .prefix(Array("w/1".utf8)),
    ]
    ranges += namespace.ranges
    if !dataKeys.isEmpty { ranges.append(.single(random.pick(dataKeys))) }
    if !claimKeys.isEmpty { ranges.append(.single(random.pick(claimKeys))) }
    return ranges.filter(namespace.holds)
  }

  /// It goes on from the revision that there is, and has a key.
  func involve() {
    if isFrozen { return }
    watch(from: oracle.etcd.store.revision + 1)
    if !isPassive, keepalives.isEmpty { claim() }
  }

  func watch(from wanted: Int64? = nil, again former: KeyRange? = nil) {
    guard let cluster, watchers.count < mostWatchers else { return }
    var start = wanted ?? 0
    if wanted == nil, former == nil, random.chance(0.3) {
      // As a host does that has kept the revision of its last batch.
      start = max(1, oracle.etcd.store.revision - Int64(random.int(-3...40)))
    }
    let usual = random.pick(ranges())
    let edge = drawEdge().flatMap { namespace.holds($0.range) ? $0 : nil }
    let range = former ?? edge?.range ?? usual
    let prevKV = random.chance(0.3)
    let wish = drawWish()
    do {
      let id = try cluster.core.addWatcher(range: namespace.local(range), startRevision: start, prevKV: prevKV, wish)
      world.note(Int(id.rawValue), "\(name) watcher \(id.rawValue) of \(range) from \(start)")
      if start == 0, wish.resyncs, !wish.wantsPuts { transport?.sifted.insert(range) }
      watchers.append(
        WatcherRecord(
          id: id, range: range, prefix: former == nil ? edge?.prefix : nil, startRevision: start, prevKV: prevKV, wish,
          etcd: oracle.etcd))
    } catch {
      if !isClosing { world.fail(.contract, "\(name): a watcher is refused: \(error)") }
    }
    planPump()
  }

  /// What it asks of a watcher: in most cases everything.
  private func drawWish() -> WatcherOptions {
    var wish = WatcherOptions()
    if wishes.chance(0.2) { wish.pageKeys = Int64(wishes.int(1...4)) }
    guard wishes.chance(0.3) else { return wish }
    switch wishes.int(0...2) {
    case 0: wish.wantsPuts = false
    case 1: wish.wantsDeletes = false
    default: break
    }
    wish.keysOnly = wishes.chance(0.3)
    wish.resyncs = wishes.chance(0.6)
    return wish
  }

  /// Where keys end in 0xff, what begins or ends there.
  private func drawEdge() -> (range: KeyRange, prefix: [UInt8]?)? {
    guard !habits.valueSizes.isEmpty, habits.random.chance(0.7) else { return nil }
    let key = habits.random.pick(EdgeKeys.all)
    switch habits.random.int(0...4) {
    case 0: return (.single(key), nil)
    case 1: return (.from(key), nil)
    case 2: return (.range(Array("w/".utf8), key), nil)
    default:
      let prefix = habits.random.pick(EdgeKeys.prefixes)
      return (.prefix(prefix), prefix)
    }
  }

  func unwatch(_ record: WatcherRecord) {
    world.note(Int(record.id.rawValue), "\(name) frees watcher \(record.id.rawValue)")
    watchers.removeAll { $0 === record }
    forget(record)
    cluster?.core.removeWatcher(record.id)
    planPump()
  }

  private func claim() {
    guard keepalives.count < 4, !claimKeys.isEmpty else { return }
    claim(random.pick(claimKeys), nil)
  }

  private func claim(_ key: [UInt8], _ wanted: ClaimPolicy?) {
    guard let cluster else { return }
    let isTaken = keepalives.contains { $0.key == key && $0.told != .ended }
    // A process has one name: its value is the same after a restart, but for what it has changed.
    let value = wantedValues[key].flatMap { random.chance(0.7) ? $0 : nil } ?? Array(name.utf8)
    let policy = wanted ?? habits.random.pick(Self.policies)
    do {
      let id = try cluster.core.addKeepalive(Claim(key: namespace.local(key), value: value, policy: policy))
      world.note(Int(id.rawValue), "\(name) keepalive \(id.rawValue) of \(key.text) = \(value.text), \(policy)")
      wantedValues[key] = value
      if policy == .always { takes.insert(key) }
      keepalives.append(KeepaliveRecord(id: id, Claim(key: key, value: value, policy: policy), at: world.now))
    } catch {
      switch error {
      case .keyIsTaken: if !isTaken { tookOwnKey(key) }
      case .limit: world.fail(.contract, "\(name): a keepalive is refused, and there are only \(keepalives.count)")
      case .closed: if !isClosing { world.fail(.contract, "\(name): a keepalive is refused as closed") }
      }
    }
    planPump()
  }

  private static let policies: [ClaimPolicy] = [
    .ifAbsentOrSame, .ifAbsentOrSame, .ifAbsentOrSame, .ifAbsentOrSame, .ifAbsent, .always, .ask, .wait, .wait,
  ]

  /// Whether it may take a key that is another's, as that left it.
  func mayTake(_ key: [UInt8], from revision: Int64) -> Bool {
    takes.contains(key) || saidOurs[key]?.contains(revision) == true
  }

  /// A key is taken by a keepalive that is not freed, or by the one that waits for a freed one to end.
  private func tookOwnKey(_ key: [UInt8]) {
    world.statistics.count("keys still being removed")
  }

  private func setValue() {
    guard let cluster, let record = randomElement(keepalives) else { return }
    let padding = random.chance(0.1) ? Store.Command.sizeLimit : 0
    set([UInt8](repeating: UInt8(ascii: "."), count: padding), of: record, in: cluster)
  }

  func set(_ padding: [UInt8], of record: KeepaliveRecord, in cluster: OwnCluster) {
    var value = Array("\(name)#\(unique("s"))".utf8) + padding
    // Some set what they have set before: it may be there, on its way, or another one in its place.
    if padding.isEmpty, !record.sets.isEmpty, waitRandom.chance(0.2) {
      let before = record.sets[record.sets.count - waitRandom.int(1...min(3, record.sets.count))]
      if record.key.count + before.count <= Store.Command.sizeLimit { value = before }
    }
    do {
      let open = values.values.count { $0.keepalive === record }
      let isAwaited = waitRandom.chance(0.5) && open < Int(options.callsMax)
      let id = try cluster.core.setValue(value, of: record.id, isAwaited: isAwaited)
      if record.sets.contains(value) { setAgain.insert(value) }
      record.sets.append(value)
      if isAwaited {
        values[id] = ValueRecord(
          keepalive: record, number: record.sets.count - 1, revision: oracle.etcd.store.revision,
          life: oracle.etcd.life)
      }
      world.note(Int(record.id.rawValue), "\(name) sets \(record.key.text) = \(value.text.prefix(30))")
      wantedValues[record.key] = value
      record.value = value
      if record.told == .held { record.error = nil }
      if record.isTooLarge {
        record.refusalsDue += 1
        record.hasBeenTooLarge = true
      }
    } catch {
      let state = cluster.core.keepaliveState(record.id)
      if state != .conflict && state != .ended && state != .removing {
        world.fail(.contract, "\(name): a value is refused in state \(state)")
      }
    }
    planPump()
  }

  private func remove(_ record: KeepaliveRecord) {
    world.note(Int(record.id.rawValue), "\(name) removes \(record.key.text)")
    if cluster?.core.removeKeepalive(record.id) == true {
      record.isRemoved = true
    }
    planPump()
  }

  func free(_ record: KeepaliveRecord) {
    world.note(Int(record.id.rawValue), "\(name) frees the keepalive of \(record.key.text)")
    keepalives.removeAll { $0 === record }
    for (id, value) in values where value.keepalive === record { formerValues.insert(id) }
    forget(record)
    cluster?.core.detachKeepalive(record.id)
    planPump()
  }

  /// It has no use for a key any more, if it has one.
  func letGo() {
    if cluster != nil, !isFrozen, let record = randomElement(keepalives) { free(record) }
  }

  private func retry(_ record: KeepaliveRecord) {
    guard !isClosing, let cluster else { return }
    world.note(Int(record.id.rawValue), "\(name) tries \(record.key.text) again")
    record.isRetried = true
    record.unexplainedSince = world.now
    if (try? cluster.core.retryKeepalive(record.id)) != true {
      world.fail(.contract, "\(name) may not try again to get \(record.key.text)")
    }
    planPump()
  }

  /// A conflict is for good: who wants to try again says so, or makes another keepalive.
  private func giveUpLater(_ record: KeepaliveRecord) {
    let incarnation = incarnation
    world.after(random.milliseconds(100...5000)) { [self] in
      guard incarnation == self.incarnation, isActive, keepalives.contains(where: { $0 === record }) else { return }
      if record.told == .conflict, !record.isRemoved, habits.random.chance(0.3) { return retry(record) }
      free(record)
      if random.chance(0.7) { claim() }
    }
  }

  func close(revoke: Bool) {
    guard !isClosing, let cluster else { return }
    world.note(120, "\(name) closes, \(revoke ? "revoking" : "leaving the lease")")
    world.statistics.count("closes")
    isClosing = true
    if revoke {
      (leaseToRevoke, lifeToRevokeIn) = (cluster.core.leaseID, oracle.etcd.life)
    } else {
      leaseLeft = cluster.core.leaseID
    }
    if !cluster.core.close(revoke: revoke) { world.fail(.contract, "\(name): a first close is refused") }
    let start = world.now
    let incarnation = incarnation
    world.after(.milliseconds(longestRequestMs + 1)) { [self] in
      guard incarnation == self.incarnation, wasAwake(since: start), !isClosed else { return }
      world.fail(.inTime, "\(name): a close takes longer than request.timeout.ms")
    }
    planPump()
  }

  // MARK: The end of a run

  /// No more actions; what was interrupted is put right.
  func comeToRest() {
    isActive = false
    catchUp()
    thaw()
    if isClosed || isClosing { restartLater(freeing: true) }
    // Some mend a value that was too large, others live with the one before.
    world.after(.seconds(5)) { [self] in
      guard let cluster else { return }
      for record in keepalives where record.isTooLarge && random.chance(0.5) { set([], of: record, in: cluster) }
      planPump()
    }
  }

  /// The process is there anew, and has everything to do.
  func restartInPeace() {
    if !isClosing, cluster != nil { restartLater(freeing: random.chance(0.5)) }
  }

  /// Does a bit of everything, so that liveness has something to be seen by.
  func probe() {
    guard cluster != nil else { return }
    if watchers.allSatisfy(\.hasEnded) { watch() }
    if wantsAllWatchers { for _ in 0..<mostWatchers { watch() } }
    if isPassive { return }
    // Until a member is known to be full, a removal may get no answer in its time.
    if !wantsAllWatchers, let record = keepalives.first, record.told == .held, random.chance(0.3) { abandon(record) }
    if keepalives.isEmpty, abandonedKey == nil { claim() }
    put()
  }

  /// Frees a keepalive of which nobody else has anything to tell: its key has to go all the same.
  private func abandon(_ record: KeepaliveRecord) {
    guard let cluster, cluster.core.keepaliveState(record.id) == .held else { return }
    abandonedKey = (record.key, cluster.core.leaseID)
    free(record)
  }

  func endCheck() {
    oracle.checkLiveness(self)
    checkNoWaitIsLate()
    checkNoValueIsForgotten()
  }

  /// Whether a stream from there that was confirmed by then is still open.
  func listens(to member: Int, since time: Instant) -> Bool {
    transport?.active.values.contains {
      $0.member == member && $0.isStreamed && $0.isHeard && !$0.isLost && $0.heardSince < time
    } ?? false
  }

  func closeForGood() {
    close(revoke: true)
  }

  /// The run is over.
  func end() {
    transport?.shutDown()
    transport = nil
    cluster = nil
  }

  func checkClosed() {
    guard let cluster, let transport else { return }
    if !isClosed || cluster.core.state != .closed { world.fail(.live, "\(name) does not come to the end of its close") }
    if !transport.active.isEmpty { world.fail(.quiet, "\(name): transfers are left after the close") }
    if let wakeTime = transport.wakeTime { world.fail(.quiet, "\(name): a timer is left after the close: \(wakeTime)") }
    stop(freeing: true)
  }
}

/// A cluster, and whether it is still the same one: a host makes another when it comes back.
final class OwnCluster {
  var core: Cluster

  init(_ core: consuming Cluster) {
    self.core = core
  }
}
