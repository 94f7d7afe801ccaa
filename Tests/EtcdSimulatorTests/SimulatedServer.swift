import EtcdTransport

@testable import EtcdSimulator

/// A simulated cluster, of one member unless more are wanted, on which nothing goes wrong.
final class SimulatedServer: ConformanceServer {
  private let world = World(seed: 1, trace: Trace(isRecording: false), isStrict: true)
  private let network: SimulatedNetwork
  let etcd: SimulatedEtcd
  private let simulatedTransport: SimulatedTransport

  /// - Parameter electionTimeout: by default as a real one has it; the least TTL of a lease depends on it.
  init(_ dialect: Dialect, members: Int = 1, slots: Int = 1, electionTimeout: Duration = .seconds(1)) {
    network = SimulatedNetwork(
      world: world, random: world.random.split(), hosts: 1, members: slots, latency: 100...400, receiveWindow: 65_536)
    etcd = SimulatedEtcd(
      world: world, random: world.random.split(), network: network, members: members, slots: slots,
      dialect: dialect, electionTimeout: electionTimeout)
    simulatedTransport = SimulatedTransport(world: world, network: network, host: 0)
    // Virtual time is so fast that the script looks like a storm.
    simulatedTransport.startAllowance = 1000
  }

  deinit {
    etcd.end()
    world.end()
  }

  var transport: any Transport { simulatedTransport }
  var url: String { network.url(of: 0) }

  /// What the simulator itself finds fault with.
  var violation: Violation? { world.violation }

  func wait(until condition: () -> Bool, _ handle: (TransferID, TransferEvent) -> Void) -> Bool {
    let end = world.now + .seconds(60)
    while !condition() {
      guard world.now < end, world.violation == nil else { return false }
      world.run(until: world.now + .milliseconds(1))
      simulatedTransport.run(handle)
    }
    return true
  }

  func wait(_ time: Duration) {
    world.run(until: world.now + time)
  }

  func enableAuthentication(_: ConformanceSession) {
    etcd.changeAuth(.enable)
  }
}
