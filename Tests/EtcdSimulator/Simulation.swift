import EtcdCore
import EtcdPacker
import EtcdTransport
import TestSupport

/// One run: a cluster of etcd, hosts, a time of trouble, a time of peace, and an orderly end.
package struct Simulation {
  package struct Outcome: Sendable {
    package let seed: UInt64
    package let violation: Violation?
    package let traceHash: UInt64
    package let trace: [String]
    package let steps: Int
    package let statistics: Statistics
    package let setting: String
  }

  package static func run(seed: UInt64, recordingTrace: Bool = false, isStrict: Bool = false) -> Outcome {
    let run = Run(seed: seed, trace: Trace(isRecording: recordingTrace), isStrict: isStrict)
    run.play()
    defer { run.end() }
    return Outcome(
      seed: seed, violation: run.world.violation, traceHash: run.world.trace.hash, trace: run.world.trace.lines,
      steps: run.world.steps, statistics: run.world.statistics, setting: run.setting)
  }
}

private final class Run {
  private let seed: UInt64
  let world: World
  let network: SimulatedNetwork
  let etcd: SimulatedEtcd
  let oracle: Oracle
  var hosts: [SimulatedHost] = []
  var random: SeededRandom
  let setting: String
  /// What may go wrong in this run. Each run has its own selection: some troubles hide others.
  private var troubles: [Trouble] = []
  private var isTroubled = true
  private let meanPause: Int
  private let claimKeys: [[UInt8]]
  private let dataKeys: [[UInt8]]

  private enum Trouble: String, CaseIterable {
    case kill
    case shutDown
    case stop
    case isolate
    case leaderChange
    case compact
    case lag
    case blackhole
    case blackholeOneWay
    case blackholeHost
    case cut
    case freeze
    case outsider
    case flood
    case switchAuth
    case changeAuth
    case rotate
    case removeUser
    case revoke
    case addMember
    case removeMember
    case gap
    case fill
    case overflow
    case deafen
    case goDown
    case loseStream
  }

  /// In some runs only: etcd asks who one is, at times or always.
  private let isAuthenticated: Bool
  /// What concerns these runs alone is drawn here, so that the others are what they were.
  private var authRandom: SeededRandom
  /// In some runs only: members come and go.
  private let isReconfigured: Bool
  private var memberRandom: SeededRandom
  private var hangRandom: SeededRandom
  /// In some of these: the first members are replaced one by one until none of them is left.
  private let isSucceeded: Bool
  private let firstMembers: Int
  /// How hosts find members, and where members say that they are.
  private var discoveryRandom: SeededRandom
  /// In some runs only: etcd runs out of space, at times, and for a while when everything else is well.
  private let runsFull: Bool
  private var fillRandom: SeededRandom
  /// In some runs only: the store is replaced, by another cluster's or by an older one of its own.
  private let isReplaced: Bool
  private var replacementRandom: SeededRandom
  /// Of the store that there is, made now and then, in the order in which they were made.
  private var backups: [Store] = []
  /// In some runs only: answers may be small, values are about as large, and keys lie at the edges of ranges.
  private let isEdged: Bool
  private var habitRandom: SeededRandom

  /// In some runs only: members are deaf or go down slowly, or serve so many requests of a host at once.
  private var requestLimit: Int?
  private var streamRandom: SeededRandom

  /// In some runs only: single flows are dropped on the way.
  private let isLossy: Bool
  private var lossRandom: SeededRandom

  /// In some runs only: hosts go on with other options.
  private let isReloaded: Bool
  private var reloadRandom: SeededRandom

  /// By which wire etcd is spoken to, and whether it is spoken there.
  private let wire: WireChoice
  private var wireRandom: SeededRandom
  /// In some of these: something does not let gRPC through, at times or always.
  private let hasAbsences: Bool
  /// In some of these, too: it is waited for that gRPC is tried again.
  private let isPatient: Bool

  /// In some runs only: watchers keep their pictures on disk.
  private let hasDisks: Bool
  private var diskRandom: SeededRandom

  /// In some runs only: hosts have a namespace, the same or another, or none.
  private var namespaceRandom: SeededRandom
  private let hasNamespaces: Bool

  init(seed: UInt64, trace: Trace, isStrict: Bool) {
    self.seed = seed
    world = World(seed: seed, trace: trace, isStrict: isStrict)
    random = world.random.split()
    let memberCount = random.pick([1, 3, 3, 3, 5])
    let hostCount = random.int(1...4)
    let dialect = random.pick(Dialect.drawn)
    let electionTimeout = Duration.milliseconds(random.pick([200, 500, 1000]))
    let latency = random.pick([100...400, 200...3000, 1000...30_000])
    var drawnForMembers = world.random.split()
    isReconfigured = drawnForMembers.chance(1.0 / 6)
    let drawnSlots = isReconfigured ? drawnForMembers.int(memberCount + 1...7) : memberCount
    var drawnForDiscovery = SeededRandom(seed: seed ^ 0x6d65_6d62_6572_73)
    isSucceeded = isReconfigured && memberCount <= 3 && drawnForDiscovery.chance(0.5)
    let slots = isSucceeded ? max(drawnSlots, 2 * memberCount) : drawnSlots
    firstMembers = memberCount
    let isMisled = drawnForDiscovery.chance(0.3)
    discoveryRandom = drawnForDiscovery
    memberRandom = drawnForMembers
    hangRandom = SeededRandom(seed: seed ^ 0x6861_6e67_73)
    network = SimulatedNetwork(
      world: world, random: random.split(), hosts: hostCount, members: slots, latency: latency,
      receiveWindow: random.pick([1000, 16_384, 65_536]))
    etcd = SimulatedEtcd(
      world: world, random: random.split(), network: network, members: memberCount, slots: slots, dialect: dialect,
      electionTimeout: electionTimeout)
    oracle = Oracle(world: world, etcd: etcd)
    var drawn = random.split()
    let special: Set<Trouble> = [
      .switchAuth, .changeAuth, .rotate, .removeUser, .revoke, .addMember, .removeMember, .fill, .overflow, .deafen,
      .goDown, .loseStream,
    ]
    troubles = Trouble.allCases.filter { !special.contains($0) && drawn.chance(0.5) }
    if isReconfigured, !isSucceeded { troubles += [.addMember, .removeMember] }
    var drawnForAuth = world.random.split()
    isAuthenticated = drawnForAuth.chance(1.0 / 6)
    if isAuthenticated {
      troubles += [.switchAuth, .changeAuth, .rotate, .removeUser, .revoke].filter { _ in drawnForAuth.chance(0.6) }
    }
    authRandom = drawnForAuth
    var drawnForFill = world.random.split()
    runsFull = drawnForFill.chance(0.25)
    fillRandom = drawnForFill
    if runsFull, drawnForFill.chance(0.7) { troubles.append(.fill) }
    // Drawn from the seed itself: whoever draws from the world after this gets what he got before there was this.
    var drawnForReplacement = SeededRandom(seed: ~seed)
    isReplaced = !isAuthenticated && !isReconfigured && drawnForReplacement.chance(0.3)
    replacementRandom = drawnForReplacement
    var drawnForOverflow = SeededRandom(seed: ~seed &* 3)
    if drawnForOverflow.chance(1.0 / 8) { troubles.append(.overflow) }
    var drawnForHabits = SeededRandom(seed: seed ^ 0x6861_6269_7473)
    isEdged = drawnForHabits.chance(0.2)
    let habits = [Habits.Habit.setInABurst, .fallBehind, .callWidely].filter { _ in drawnForHabits.chance(0.2) }
    habitRandom = drawnForHabits
    var drawnForNamespaces = SeededRandom(seed: seed ^ 0x6E61_6D65_7370)
    hasNamespaces = drawnForNamespaces.chance(0.2)
    namespaceRandom = drawnForNamespaces
    var drawnForReloads = SeededRandom(seed: seed ^ 0x7265_6C6F_6164)
    isReloaded = drawnForReloads.chance(0.25)
    reloadRandom = drawnForReloads
    var drawnForLosses = SeededRandom(seed: seed ^ 0x6C6F_7373)
    var drawnForWires = SeededRandom(seed: seed ^ 0x7769_7265)
    wire = drawnForWires.pick([.json, .json, .json, .grpc, .grpc, .grpc, .auto, .auto, .auto, .auto])
    hasAbsences = wire == .auto && drawnForWires.chance(0.6)
    isPatient = hasAbsences && drawnForWires.chance(0.2)
    wireRandom = drawnForWires
    var drawnForDisks = SeededRandom(seed: seed ^ 0x6469_736B)
    hasDisks = drawnForDisks.chance(0.25)
    diskRandom = drawnForDisks
    meanPause = random.int(300...4000)

    var drawnForStreams = world.random.split()
    if drawnForStreams.chance(1.0 / 3) {
      troubles += [.deafen, .goDown].filter { _ in drawnForStreams.chance(0.7) }
    }
    if drawnForStreams.chance(1.0 / 8) { requestLimit = drawnForStreams.int(4...6) }
    network.requestLimit = requestLimit
    // Where there are too many requests, no stream that lives may be left.
    isLossy = requestLimit == nil && drawnForLosses.chance(0.25)
    lossRandom = drawnForLosses
    if isLossy { troubles.append(.loseStream) }
    streamRandom = drawnForStreams

    let faults = TransferFaults(random: &random)
    network.faults = faults
    network.faults.unbegun = wire == .json ? 0 : TransferFaults.rate(&wireRandom)
    etcd.ambiguity = TransferFaults.rate(&random)
    etcd.tooManyRequests = TransferFaults.rate(&random) / 4
    etcd.cancelledWatches = TransferFaults.rate(&random)
    etcd.changedLeaders = 0.1

    let who =
      "\(hostCount) hosts\(isAuthenticated ? " (authenticated)" : "")\(isReplaced ? " (store replaced)" : "")"
      + "\(isEdged ? " (edges)" : "")\(hasDisks ? " (disks)" : "")\(hasNamespaces ? " (namespaces)" : "")\(isReloaded ? " (reloads)" : "")\(isLossy ? " (lost flows)" : "")\(habits.isEmpty ? "" : " \(habits)")"
    setting =
      "wire \(wire.rawValue), \(memberCount) members of \(slots), \(dialect), election timeout \(electionTimeout), "
      + "latency \(latency) us, \(who), at most \(requestLimit ?? 0) requests at once, troubles \(troubles.map(\.rawValue)) every \(meanPause) ms, \(faults)"

    claimKeys = ["k/1", "k/10", "k/1/a", "k/2"].prefix(random.int(1...4)).map { Array($0.utf8) }
    let plainKeys = ["w/0", "w/1", "w/1/x", "w/2", "w/3", "w/5", "w/7", "w/8"].prefix(random.int(1...8))
      .map { Array($0.utf8) }
    if isEdged {
      var keys = EdgeKeys.all
      keys.shuffle(using: &habitRandom)
      dataKeys = Array(keys.prefix(habitRandom.int(3...keys.count)))
      etcd.largestFragment = 500
    } else {
      dataKeys = plainKeys
    }
    let largestValue = random.pick([50, 500, 3000])
    for index in 0..<hostCount {
      let host = SimulatedHost(
        index: index, world: world, network: network, oracle: oracle, random: random.split(),
        options: makeOptions(members: memberCount, slots: slots), rhythm: makeRhythm(), claimKeys: claimKeys,
        dataKeys: dataKeys, largestValue: largestValue, pause: random.int(30...800))
      if let requestLimit {
        host.mostWatchers = requestLimit + 3
        host.wantsAllWatchers = streamRandom.chance(0.7)
      }
      if hasDisks {
        let disk = MemoryDisk()
        disk.clock = { [unowned world] in MemoryDisk.milliseconds(at: world.now) }
        host.disk = disk
        host.diskRandom = diskRandom.split()
      }
      host.habits = Habits(random: habitRandom.split())
      host.waitRandom = SeededRandom(seed: seed ^ 0x7761_6974_73 ^ UInt64(index) << 56)
      host.habits.habits = habits
      host.wishes = SeededRandom(seed: seed &* 31 &+ UInt64(index))
      if isEdged { host.habits.valueSizes = [0...200, 600...1200, 600...1200, 2600...3200] }
      hosts.append(host)
    }
    oracle.hosts = hosts
    for host in hosts { host.mayChangeWire = !hasAbsences }
    if hasAbsences { changeAbsences() }
    if isMisled { mislead() }
    if isSucceeded {
      for host in hosts { host.whatIsConfigured = { [unowned self] in endpoints(of: whoServes) } }
    }
    if isReloaded {
      for host in hosts {
        host.habits.habits.append(.reload)
        host.mayTurnDiscoveryOff = !isSucceeded
        host.whoMayBeConfigured = { [unowned self] in (endpoints(of: whoServes), endpoints(of: Array(0..<slots))) }
      }
    }
    if isAuthenticated { beginAuthentication() }
    var drawnForReading = world.random.split()
    if drawnForReading.chance(1.0 / 8) { etcd.forgetsWhatIsRead = dataKeys }
  }

  /// Something is put before members that does not let gRPC through, or is taken away.
  private func changeAbsences() {
    guard isTroubled else { return }
    for member in etcd.members.indices {
      network.grpcAbsences[member] = wireRandom.chance(0.4) ? wireRandom.pick(GRPCAbsence.allCases) : nil
    }
    world.note(27, "gRPC is not to be had at \(network.grpcAbsences.keys.sorted())")
    world.after(wireRandom.milliseconds(wireRandom.pick([500...5000, 5000...30_000]))) { [self] in changeAbsences() }
  }

  /// Who was told that gRPC is not spoken asks again, and comes back to it.
  private func waitForGRPC() {
    network.grpcAbsences = [:]
    world.run(until: world.now + .seconds(310))
    for host in hosts { host.probe() }
    world.run(until: world.now + .seconds(15))
    world.run(until: world.now + .seconds(15))
  }

  private func beginAuthentication() {
    etcd.authority.tokenLife = authRandom.milliseconds(1000...10_000)
    etcd.authority.meddling = authRandom.pick([0, 0.005, 0.05])
    etcd.authority.isJWT = authRandom.chance(0.4)
    for host in hosts { host.hasCredentials = authRandom.chance(0.85) }
    if authRandom.chance(0.7) { etcd.changeAuth(.enable) }
  }

  /// Members advertise what is of no use, before or after what is, and some nothing else.
  private func mislead() {
    for member in etcd.members.indices {
      var urls = AbsurdAddress.all(of: member)
      urls.shuffle(using: &discoveryRandom)
      urls = Array(urls.prefix(discoveryRandom.int(0...3)))
      if isSucceeded || discoveryRandom.chance(0.8) {
        urls.insert(network.url(of: member), at: discoveryRandom.int(0...urls.count))
      }
      etcd.advertised[member] = urls
    }
  }

  private var whoServes: [Int] {
    etcd.membership.voters.filter { etcd.membership.entries[$0].isPublished }
  }

  private func endpoints(of members: [Int]) -> [Endpoint] {
    members.compactMap { try? Endpoint(parsing: network.url(of: $0)) }
  }

  private func makeOptions(members memberCount: Int, slots: Int) -> Options {
    var options = Options()
    var members = Array(0..<memberCount)
    members.shuffle(using: &random)
    options.discoversMembers = isSucceeded || discoveryRandom.chance(0.85)
    options.refreshIntervalMs = Int64(
      discoveryRandom.pick(isSucceeded ? [1000, 3000] : [1000, 3000, 20_000, 300_000]))
    if isReconfigured, !isSucceeded {
      // Some hosts were told of fewer members, and some of those that are to come.
      members.removeLast(memberRandom.int(0...memberCount - 1))
      members += (memberCount..<slots).filter { _ in memberRandom.chance(0.5) }
      members.shuffle(using: &memberRandom)
    }
    options.endpoints = endpoints(of: members)
    options.requestTimeoutMs = Int64(random.pick([2000, 5000, 8000]))
    options.attemptTimeoutMs = Int64(random.pick([500, 1000, 3000]))
    options.connectTimeoutMs = Int64(random.pick([200, 1000]))
    options.probeIntervalMs = Int64(random.pick([500, 2000, 4000]))
    options.backoffMinMs = Int64(random.pick([20, 100]))
    options.backoffMaxMs = Int64(random.pick([500, 5000]))
    options.leaseTTL = Int64(random.pick([2, 5, 10]))
    options.keepaliveVerifyMs = Int64(random.pick([1000, 3000, 5000]))
    options.callsMax = Int64(random.pick([5, 1000]))
    options.callsConcurrent = Int64(random.pick([1, 4, 32]))
    options.responseMaxBytes = Int64(random.pick([65_536, 1 << 20]))
    options.watchPageKeys = Int64(random.pick([1, 2, 5, 1000]))
    // Without a draw of its own, so that seeds stay what they were.
    if options.watchPageKeys == 5 { options.watchStartSpreadMs = 700 }
    if isEdged { options.responseMaxBytes = 4096 }
    if hasNamespaces { options.namespace = namespaceRandom.pick(["", "k/", "w", "w/", "w/", "w/1"]) }
    if hasDisks {
      options.watcherCacheDir = "/d"
      options.watcherCacheAfterMs = Int64(diskRandom.pick([0, 50, 300, 1000]))
      options.watcherCacheMaxBytes = Int64(diskRandom.pick([3000, 10_000, 65_536]))
    }
    options.wire = wire
    options.logLevel = .error
    if requestLimit != nil { options.streamCrowd = 3 }
    return options
  }

  private func makeRhythm() -> SimulatedHost.Rhythm {
    if random.chance(0.6) { return .loop }
    return .tick(.milliseconds(random.pick([33, 100, 300, 1500])), budget: random.pick([1, 3, 20, 65_536]))
  }

  /// Breaks the cycles.
  func end() {
    for host in hosts { host.end() }
    oracle.hosts = []
    etcd.end()
    // Last: whoever takes leave still plans something.
    world.end()
  }

  // MARK: The play

  func play() {
    for host in hosts { host.begin() }
    troubleLater()
    if isReplaced { replaceLater() }
    let trouble = random.milliseconds(10_000...40_000)
    if isReplaced { world.after(trouble - .milliseconds(200)) { [self] in holdAnswers() } }
    world.run(until: world.now + trouble)
    if isSucceeded { succeed() }
    makePeace()
    if runsFull { beFull() }
    // A lease that nobody renews any more, the longest back-off, TCP's notice of a dead peer: each has its turn.
    world.run(until: world.now + .seconds(30))
    for host in hosts { host.probe() }
    // What nobody hears of has to be found out first, and how often it is looked for is an option.
    world.run(until: world.now + .seconds(isLossy ? 45 : 15))
    for host in hosts { host.endCheck() }
    if isPatient { waitForGRPC() }
    for host in hosts { host.closeForGood() }
    world.run(until: world.now + .seconds(20))
    for host in hosts { host.checkClosed() }
    oracle.checkEnd()
  }

  private func troubleLater() {
    guard !troubles.isEmpty else { return }
    world.after(random.milliseconds(1...2 * meanPause)) { [self] in
      guard isTroubled else { return }
      trouble()
      troubleLater()
    }
  }

  private func trouble() {
    let member = etcd.members[random.int(0...etcd.members.count - 1)]
    let host = random.int(0...hosts.count - 1)
    let duration = random.milliseconds(random.pick([10...500, 500...5000, 3000...15_000]))
    func untilPeace(_ end: @escaping () -> Void) {
      world.after(duration) { [self] in
        if isTroubled { end() }
      }
    }
    switch random.pick(troubles) {
    case .kill:
      member.crash(gracefully: false)
      untilPeace { member.restart() }
    case .shutDown:
      member.crash(gracefully: true)
      untilPeace { member.restart() }
    case .stop:
      member.stop()
      untilPeace { member.proceed() }
    case .isolate:
      member.isolate()
      untilPeace { member.rejoin() }
    case .fill:
      etcd.isFull = true
      untilPeace { [self] in etcd.isFull = false }
    case .leaderChange: etcd.changeLeader()
    case .compact:
      if random.chance(0.5) { return etcd.compact(keeping: Int64(random.int(0...10))) }
      // Again and again, so that it meets those who are reading.
      for _ in 0..<5 {
        world.after(random.milliseconds(0...1000)) { [self] in
          if isTroubled { etcd.forget(dataKeys) }
        }
      }
    case .lag:
      member.lag = random.pick([0...100_000, 500_000...3_000_000])
      untilPeace { member.lag = 0...3000 }
    case .blackhole:
      world.note(20, "nothing gets through between host\(host) and member \(member.index)")
      network.blackhole(host: host, member: member.index, requests: true, answers: true)
      untilPeace { [self] in network.heal(host: host, member: member.index) }
    case .blackholeOneWay:
      let requests = random.chance(0.5)
      world.note(21, "no \(requests ? "requests" : "answers") between host\(host) and member \(member.index)")
      network.blackhole(host: host, member: member.index, requests: requests, answers: !requests)
      untilPeace { [self] in network.heal(host: host, member: member.index) }
    case .blackholeHost:
      world.note(22, "host\(host) is cut off")
      for member in etcd.members {
        network.blackhole(host: host, member: member.index, requests: true, answers: true)
      }
      untilPeace { [self] in
        for member in etcd.members { network.heal(host: host, member: member.index) }
      }
    case .cut:
      world.note(23, "the connections of host\(host) with member \(member.index) are cut")
      network.cut(host: host, member: member.index)
    case .outsider: etcd.interfere(with: claimKeys)
    case .flood: etcd.flood(dataKeys)
    case .switchAuth: etcd.changeAuth(etcd.authority.isEnabled ? .disable : .enable)
    case .changeAuth:
      // As a script does that sets up users.
      for _ in 0..<authRandom.int(1...20) {
        let change = authRandom.chance(0.9) ? Authority.Change.alter : .changePassword(Authority.password)
        world.after(authRandom.milliseconds(0...500)) { [self] in etcd.changeAuth(change) }
      }
    case .rotate: rotate(within: 0...6000)
    case .removeUser:
      etcd.changeAuth(.removeUser)
      untilPeace { [self] in etcd.changeAuth(.addUser(password: makePassword())) }
    case .revoke:
      etcd.changeAuth(.revoke)
      untilPeace { [self] in etcd.changeAuth(.grant) }
    case .freeze: hosts[host].freeze(for: duration)
    case .gap:
      world.note(24, "host\(host) is cut off, and misses history")
      for member in etcd.members {
        network.cut(host: host, member: member.index)
        network.blackhole(host: host, member: member.index, requests: true, answers: true)
      }
      world.after(random.milliseconds(10...400)) { [self] in
        if isTroubled { etcd.forget(dataKeys) }
      }
      world.after(random.milliseconds(500...3000)) { [self] in
        guard isTroubled else { return }
        for member in etcd.members { network.heal(host: host, member: member.index) }
      }
    case .overflow:
      overflow(member)
      untilPeace { member.overflows = false }
    case .deafen:
      world.note(25, "member \(member.index) takes no new connections")
      network.deafen(member.index)
      untilPeace { member.listen() }
    case .goDown:
      let rest = streamRandom.milliseconds(0...7000)
      member.goDown(after: rest)
      world.after(rest + duration) { [self] in
        if isTroubled { member.restart() }
      }
    case .loseStream: network.loseStreams(host: host, share: lossRandom.pick([0.3, 1]), random: &lossRandom)
    case .addMember: addMember()
    case .removeMember:
      if let leaving = etcd.membership.voters.randomElement(using: &memberRandom) { etcd.reconfigure(.remove(leaving)) }
    }
  }

  // MARK: Authentication

  private func makePassword() -> String { Authority.mark + String(authRandom.int(0...999_999)) }

  /// The password is another, and each host learns of it before or after; one may be told of a wrong one first.
  private func rotate(within delays: ClosedRange<Int>, mayErr: Bool = true) {
    let password = makePassword()
    world.after(authRandom.milliseconds(0...200)) { [self] in etcd.changeAuth(.changePassword(password)) }
    for host in hosts {
      let isWrong = mayErr && authRandom.chance(0.2)
      world.after(authRandom.milliseconds(delays)) { [self] in
        if isTroubled || !mayErr { host.rotate(to: isWrong ? makePassword() : password) }
      }
    }
  }

  // MARK: Replacement

  private func replaceLater() {
    backUpLater()
    for _ in 0..<replacementRandom.int(1...2) {
      let time = replacementRandom.milliseconds(1000...25_000)
      // What follows from a revision on has nothing to compare with, and what has a key may have to let go of it.
      world.after(time - .milliseconds(500)) { [self] in
        guard isTroubled else { return }
        for host in hosts where replacementRandom.chance(0.7) { host.involve() }
      }
      world.after(time) { [self] in
        if isTroubled { replaceByAnother() }
      }
    }
  }

  private func backUpLater() {
    world.after(replacementRandom.milliseconds(200...5000)) { [self] in
      guard isTroubled else { return }
      backups.append(Store(backupOf: etcd.store))
      backUpLater()
    }
  }

  /// By the store of a cluster that was made anew, or of one that was made from a backup.
  private func replaceByAnother() {
    let next: Store
    let revision = etcd.store.revision
    switch replacementRandom.int(0...3) {
    case 0:
      world.statistics.count("stores replaced by a backup under another id")
      next = backups.last.map(restored) ?? Store()
    case 1:
      world.statistics.count("stores replaced by another that is behind")
      next = another(at: Int64(replacementRandom.int(1...Int(revision))))
    default:
      world.statistics.count("stores replaced by another that is ahead")
      next = another(at: revision + Int64(replacementRandom.int(1...300)))
    }
    etcd.replace(by: next, clusterID: replacementRandom.next() | 1, gracefully: replacementRandom.chance(0.5))
    backups = []
    let outage = replacementRandom.pick([10...500, 500...5000])
    // What hosts ask for now is the first thing that the new store is asked for.
    for host in hosts {
      for _ in 0..<2 {
        world.after(replacementRandom.milliseconds(0...outage.upperBound)) { [self] in
          if isTroubled { host.letGo() }
        }
      }
    }
    for member in etcd.members {
      world.after(replacementRandom.milliseconds(outage)) { [self] in
        if isTroubled { member.restart() }
      }
    }
  }

  /// The keys may not have been claimed yet by then, though their leases are there.
  private func restored(_ backup: Store) -> Store {
    let store = Store(backupOf: backup)
    guard replacementRandom.chance(0.5) else { return store }
    for key in claimKeys {
      var delete = ReceivedDelete()
      delete.key = key
      _ = store.apply(.deleteRange(delete))
    }
    return store
  }

  private func another(at revision: Int64) -> Store {
    Store(
      insteadOf: etcd.store, revision: revision, dataKeys: dataKeys, claimKeys: claimKeys, random: &replacementRandom)
  }

  /// Some answers of the store that is about to go back arrive when the one after it has answered.
  private func holdAnswers() {
    for host in hosts {
      for member in etcd.members where replacementRandom.chance(0.5) {
        network.holdAnswers(host: host.index, member: member.index, for: replacementRandom.milliseconds(500...3000))
      }
    }
  }

  /// Under the id that it has, so that only its revision tells. Once it has overtaken what a client knows, nothing does: so
  /// it goes back when hosts come to rest, and far behind what each was told.
  private func goBack() {
    // What is under way is written to the store that has gone back.
    let margin = Int64(50 + hosts.reduce(0) { $0 + $1.calls.count })
    let known = hosts.filter { $0.cluster != nil }.map { $0.heardRevisions[etcd.clusterID] ?? 0 }.min() ?? 0
    let isFar = { (backup: Store) in backup.revision + margin <= known }
    guard let backup = backups.last(where: isFar) else { return }
    world.statistics.count("stores gone back")
    etcd.replace(
      by: restored(backup), clusterID: etcd.clusterID, gracefully: replacementRandom.chance(0.5))
  }

  // MARK: Too much

  /// Every watch that is opened there is told of more than there is room for.
  private func overflow(_ member: Member) {
    world.note(34, "member \(member.index) tells watches of more than there is room for")
    member.overflows = true
    for host in hosts { network.cut(host: host.index, member: member.index) }
  }

  /// As an operator does: a learner first, who is promoted once it has caught up, or a voter at once.
  private func addMember() {
    guard let slot = etcd.membership.strangers.first else { return }
    let asLearner = memberRandom.chance(0.6)
    guard etcd.reconfigure(.add(slot, asLearner: asLearner)) else { return }
    world.after(memberRandom.milliseconds(memberRandom.pick([0...500, 1000...10_000]))) { [self] in
      etcd.members[slot].start()
    }
    guard asLearner else { return }
    world.after(memberRandom.milliseconds(1000...15_000)) { [self] in
      if memberRandom.chance(0.5) { etcd.reconfigure(.promote(slot), patience: .seconds(20)) }
    }
  }

  /// One by one the first members are replaced by others, while nothing else goes wrong.
  private func succeed() {
    isTroubled = false
    heal()
    // Who may not see the list is not to be helped.
    if isAuthenticated { settleAuthentication(isOn: authRandom.chance(0.5) && hosts.allSatisfy(\.hasCredentials)) }
    // Who was frozen goes on by then, and is there in time for what follows.
    for host in hosts { host.isAttended = true }
    world.run(until: world.now + .seconds(20))
    // They are in the list before they are reached.
    let areLate = discoveryRandom.chance(0.4)
    for leaving in 0..<firstMembers {
      guard let slot = etcd.membership.strangers.first else { return }
      etcd.reconfigure(.add(slot, asLearner: discoveryRandom.chance(0.5)), patience: .seconds(20))
      waitUntil { [self] in etcd.membership.entries[slot].isMember }
      etcd.members[slot].start()
      if areLate {
        network.deafen(slot)
        world.after(discoveryRandom.milliseconds(2000...6000)) { [self] in network.undeafen(slot) }
      }
      waitUntil { [self] in etcd.membership.entries[slot].isPublished }
      if etcd.membership.entries[slot].standing == .learner { etcd.reconfigure(.promote(slot), patience: .seconds(20)) }
      waitUntil { [self] in etcd.membership.entries[slot].standing == .voter }
      // Each host has asked by then, twice if it had to, and has tried who it was told of.
      world.run(until: world.now + .seconds(20))
      etcd.reconfigure(.remove(leaving), patience: .seconds(20))
      waitUntil { [self] in etcd.membership.entries[leaving].standing == .removed }
      world.run(until: world.now + discoveryRandom.milliseconds(100...5000))
    }
    guard whoServes.allSatisfy({ $0 >= firstMembers }), !whoServes.isEmpty else {
      return world.fail(.contract, "the simulated cluster could not replace its members")
    }
    world.statistics.count("clusters of which no member is left")
    oracle.followedSince = world.now
  }

  private func waitUntil(_ condition: () -> Bool) {
    let end = world.now + .seconds(30)
    while !condition(), world.now < end, world.violation == nil { world.run(until: world.now + .milliseconds(100)) }
  }

  /// Everything heals. Or a minority does not, ever: that is nothing that a client may not survive.
  private func makePeace() {
    isTroubled = false
    world.note(30, "peace")
    oracle.peaceSince = world.now
    heal()
    if isAuthenticated { settleInPeace(isOn: authRandom.chance(hosts.allSatisfy(\.hasCredentials) ? 0.7 : 0.2)) }
    for host in hosts { host.comeToRest() }
    if isReloaded, !isAuthenticated, !runsFull {
      world.after(.seconds(10)) { [self] in
        for host in hosts where reloadRandom.chance(0.7) { host.reloadInPeace() }
      }
    }
    if isLossy {
      for host in hosts {
        world.after(lossRandom.milliseconds(1000...25_000)) { [self] in
          network.loseStreams(host: host.index, share: lossRandom.pick([0.3, 1]), random: &lossRandom)
        }
      }
    }
    if let requestLimit { oracle.crowded = (world.now + .seconds(20), requestLimit - 2) }
    if isEdged, habitRandom.chance(0.5) { etcd.makeSmall(dataKeys) }
    guard random.chance(0.5) else { return }
    world.after(.seconds(12) + (runsFull ? Self.timeWithoutSpace : .zero)) { [self] in
      oracle.calm = (world.now, etcd.term)
      breakMinority()
    }
  }

  private func heal() {
    etcd.isFull = false
    network.faults = TransferFaults()
    etcd.ambiguity = 0
    etcd.tooManyRequests = 0
    etcd.authority.meddling = 0
    etcd.cancelledWatches = 0
    etcd.forgetsWhatIsRead = []
    network.healAll()
    if isReplaced { goBack() }
    for member in etcd.members {
      member.lag = 0...3000
      member.overflows = false
      member.listen()
      member.restart()
      member.proceed()
      member.rejoin()
    }
    for voter in etcd.membership.voters { etcd.members[voter].start() }
  }

  /// Each call that failed before has ended by then, and been followed by the next.
  private static let timeWithoutSpace = Duration.seconds(16)

  /// Nothing goes wrong but that there is no space, until an operator makes some.
  private func beFull() {
    etcd.isFull = true
    for host in hosts where fillRandom.chance(0.5) { host.restartInPeace() }
    world.run(until: world.now + Self.timeWithoutSpace)
    for host in hosts { oracle.checkFull(host) }
    etcd.isFull = false
  }

  /// What troubles have planned to happen within half a second comes first.
  private func settleInPeace(isOn: Bool) {
    world.after(.milliseconds(600)) { [self] in settleAuthentication(isOn: isOn) }
  }

  /// As soon as there is a leader, and again when what was under way has come about. Once all is well the password is
  /// changed, and each host told of it in time: nothing of what it has or does may suffer from that.
  private func settleAuthentication(isOn: Bool) {
    let authority = etcd.authority
    if authority.isEnabled != isOn { etcd.changeAuth(isOn ? .enable : .disable) }
    if authority.standing.password == nil { etcd.changeAuth(.addUser(password: makePassword())) }
    if !authority.standing.isPermitted { etcd.changeAuth(.grant) }
    guard authority.isEnabled == isOn, authority.standing.isPermitted, let password = authority.standing.password else {
      return world.after(.milliseconds(100)) { [self] in settleAuthentication(isOn: isOn) }
    }
    for host in hosts { host.rotate(to: password) }
    if oracle.peaceSince != nil, authRandom.chance(0.4) {
      world.after(.seconds(18) + (runsFull ? Self.timeWithoutSpace : .zero)) { [self] in
        rotate(within: 0...250, mayErr: false)
      }
    }
  }

  /// The first of `members` is about to fall silent. Where silence is asked about soon, and waited out for long, a host
  /// whose calls were answered at once for ten seconds leaves it for those that answer before it is given up. One that is
  /// to lose its quorum is left before it ends the watches itself, after four election timeouts.
  private func expectFarewell(to members: [Int], ifSilent kind: Int) {
    let losesQuorum = [3, 4].contains(kind) && !isLossy && etcd.electionTimeout == .seconds(1)
    guard let member = members.first, members.count == 1, [1, 2, 6].contains(kind) || losesQuorum, requestLimit == nil,
      !isReconfigured, !isReloaded, !isAuthenticated, !isReplaced, !runsFull
    else { return }
    let begin = world.now
    let hasty = hosts.filter {
      $0.options.probeIntervalMs == 500 && $0.options.attemptTimeoutMs == 3000 && $0.wasAwake(since: begin)
        && $0.options.endpoints.count == firstMembers
    }
    // Half a second of silence, a second for an answer, and some for what is on its way; or an election timeout until it
    // knows, half a second of silence, and half a second more between two questions.
    world.after(.milliseconds(losesQuorum ? 3600 : 2400)) { [self] in
      for host in hasty where host.listens(to: member, since: begin) {
        let what = losesQuorum ? "lost its quorum" : "fallen silent"
        world.fail(.inTime, "host\(host.index) still listens to member \(member), which has \(what)")
      }
      world.statistics.count(
        losesQuorum ? "farewells to those without a quorum" : "farewells to the silent", hasty.count)
    }
  }

  private func breakMinority() {
    var members = etcd.membership.voters.map { etcd.members[$0] }
    members.shuffle(using: &random)
    // First the one that is missed most.
    let watched = members.filter(\.isWatched)
    members = watched + members.filter { !$0.isWatched }
    let kind = random.int(0...7)
    let count = min(random.int(1...2), (members.count - 1) / 2)
    if count > 0 { oracle.crowded?.since = .distantFuture }
    if troubles.contains(.goDown) || troubles.contains(.deafen), count > 0, streamRandom.chance(0.5) {
      for member in members.prefix(count) { member.goDown(after: nil) }
      return
    }
    expectFarewell(to: members.prefix(count).map(\.index), ifSilent: kind)
    for (index, member) in members.prefix(count).enumerated() {
      switch index == 0 ? kind : random.int(0...7) {
      // Where the others take only so many watches, there may be no place for those that leave it.
      case 0 where member.index != etcd.leader && requestLimit == nil && hangRandom.chance(0.5): member.hang()
      case 0: member.crash(gracefully: random.chance(0.5))
      case 1, 2: member.stop()
      // What a member without a quorum says of that would be lost with the flow, and its store stands still.
      case 3, 4: if isLossy { member.stop() } else { member.isolate() }
      case 5 where !isReconfigured && !isReloaded && memberRandom.chance(0.5): overflow(member)
      case 5 where !isReconfigured && !isReloaded:
        world.note(33, "member \(member.index) ends every watch for good")
        member.endsWatches = true
        for host in hosts { network.cut(host: host.index, member: member.index) }
      case 5, 6:
        world.note(31, "nothing gets through to member \(member.index) for good")
        for host in hosts {
          network.blackhole(host: host.index, member: member.index, requests: true, answers: true)
        }
      default:
        world.note(32, "no answers from member \(member.index) for good")
        for host in hosts {
          network.blackhole(host: host.index, member: member.index, requests: false, answers: true)
        }
      }
    }
  }
}
