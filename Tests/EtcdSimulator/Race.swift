import EtcdCore
import EtcdPacker
import EtcdTransport
import TestSupport

extension Simulation {
  /// Several processes claim one key at once, while members die and what is under way is lost. Never do two hold it, and
  /// in the end exactly one does.
  package static func race(seed: UInt64, recordingTrace: Bool = false) -> Outcome {
    let race = Race(seed: seed, trace: Trace(isRecording: recordingTrace))
    race.play()
    defer { race.end() }
    let world = race.world
    return Outcome(
      seed: seed, violation: world.violation, traceHash: world.trace.hash, trace: world.trace.lines,
      steps: world.steps, statistics: world.statistics, setting: race.setting)
  }
}

private final class Race {
  let world: World
  let setting: String
  private let network: SimulatedNetwork
  private let etcd: SimulatedEtcd
  private let oracle: Oracle
  private var hosts: [SimulatedHost] = []
  private var random: SeededRandom
  private var isTroubled = true
  private static let key = Array("k/1".utf8)

  /// Of each kind of claim that may find the key taken.
  private static let policies: [ClaimPolicy] = [.ifAbsentOrSame, .ifAbsentOrSame, .ifAbsent, .wait, .wait]

  init(seed: UInt64, trace: Trace) {
    world = World(seed: seed, trace: trace, isStrict: false)
    random = world.random.split()
    let memberCount = random.pick([3, 3, 5])
    let claimants = random.int(3...8)
    network = SimulatedNetwork(
      world: world, random: random.split(), hosts: claimants, members: memberCount,
      latency: random.pick([100...400, 200...3000, 1000...30_000]), receiveWindow: 16_384)
    etcd = SimulatedEtcd(
      world: world, random: random.split(), network: network, members: memberCount, slots: memberCount,
      dialect: random.pick(Dialect.drawn), electionTimeout: .milliseconds(random.pick([200, 500, 1000])))
    oracle = Oracle(world: world, etcd: etcd)
    network.faults = TransferFaults(random: &random)
    etcd.ambiguity = TransferFaults.rate(&random)
    etcd.changedLeaders = 0.1
    var policies: [ClaimPolicy] = []
    for _ in 0..<claimants { policies.append(random.pick(Self.policies)) }
    setting = "\(memberCount) members, \(claimants) claimants: \(policies)"
    for index in 0..<claimants {
      let host = SimulatedHost(
        index: index, world: world, network: network, oracle: oracle, random: random.split(), options: makeOptions(),
        rhythm: .loop, claimKeys: [Self.key], dataKeys: [], largestValue: 0, pause: 1000)
      host.waitRandom = random.split()
      host.race = (Self.key, policies[index])
      hosts.append(host)
    }
    oracle.hosts = hosts
  }

  private func makeOptions() -> Options {
    var options = Options()
    options.wire = .json
    options.endpoints = etcd.members.compactMap { try? Endpoint(parsing: network.url(of: $0.index)) }
    options.endpoints.shuffle(using: &random)
    options.requestTimeoutMs = Int64(random.pick([2000, 5000]))
    options.attemptTimeoutMs = Int64(random.pick([500, 1000]))
    options.connectTimeoutMs = 200
    options.backoffMinMs = 20
    options.backoffMaxMs = 500
    options.leaseTTL = Int64(random.pick([2, 5, 10]))
    options.keepaliveVerifyMs = 1000
    options.logLevel = .error
    return options
  }

  func play() {
    for host in hosts {
      // At the same moment, or within one round trip.
      world.after(random.microseconds(random.pick([0...0, 0...20_000]))) { host.beginRace() }
    }
    for _ in 0..<random.int(1...4) { world.after(random.milliseconds(0...1500)) { [self] in trouble() } }
    world.run(until: world.now + random.milliseconds(2000...12_000))
    isTroubled = false
    network.faults = TransferFaults()
    etcd.ambiguity = 0
    network.healAll()
    for member in etcd.members {
      member.restart()
      member.proceed()
      member.rejoin()
    }
    // What was left on its way, the longest lease that nobody renews any more, and who waited for it.
    world.run(until: world.now + .seconds(30))
    check()
  }

  private func trouble() {
    guard isTroubled else { return }
    let member = etcd.members[random.int(0...etcd.members.count - 1)]
    let host = random.int(0...hosts.count - 1)
    let duration = random.milliseconds(random.pick([10...500, 500...8000]))
    let mend: () -> Void
    switch random.int(0...5) {
    case 0, 1, 2:
      member.crash(gracefully: random.chance(0.2))
      mend = { member.restart() }
    case 3:
      member.stop()
      mend = { member.proceed() }
    case 4:
      member.isolate()
      mend = { member.rejoin() }
    default:
      network.blackhole(host: host, member: member.index, requests: false, answers: true)
      mend = { [network] in network.heal(host: host, member: member.index) }
    }
    world.after(duration) { [self] in
      if isTroubled { mend() }
    }
  }

  private func check() {
    let holders = hosts.filter { $0.keepalives.first?.told == .held }
    world.statistics.count("races")
    world.statistics.count("races: lost on the way", hosts.contains { $0.wasLost } ? 1 : 0)
    guard holders.count == 1, let cluster = holders.first?.cluster else {
      let states = hosts.map { "\($0.name) \($0.keepalives.first.map { "\($0.told)" } ?? "none")" }
      return world.fail(.claims, "\(holders.count) hold the key in the end: \(states)")
    }
    if etcd.store.value(of: Self.key)?.lease != cluster.core.leaseID {
      world.fail(.holding, "who holds the key in the end has it not by its lease")
    }
  }

  /// Breaks the cycles.
  func end() {
    for host in hosts { host.end() }
    oracle.hosts = []
    etcd.end()
    world.end()
  }
}
