import CSystem
import Glibc

/// The host names that transfers need: who waits for which, and what is known. However many wait for a name, it is asked
/// for once, and without a thread.
final class Names {
  private var cache: NameCache
  private let options: ReactorOptions.Names
  /// Made when the first name is needed.
  private var servers: NameServers?
  private var waiting: [String: [TransferID]] = [:]
  /// Those SRV records that nobody could be asked for.
  private var failedServices: [(name: String, answer: ServiceAnswer)] = []

  init(_ options: ReactorOptions.Names) {
    self.options = options
    cache = NameCache(time: options.cacheTime)
  }

  enum Finding {
    case known(NameCache.Known)
    /// It is among the `waiting` of `takeFinished` one day.
    case waits
    case failed(SystemError)
  }

  /// What is known of a name. `watch` is called once, with the descriptor that is ready when `run` has something to do.
  func find(_ name: String, for transfer: TransferID, now: Instant, watch: (Descriptor) -> SystemError?) -> Finding {
    let finding = cache.find(name, now: now)
    switch finding {
    case .known(let known): return .known(known)
    case .outdated, .unknown:
      do throws(SystemError) {
        try makeServers(watch).ask(name, now: now)
      } catch {
        cache.failed(name)
        if case .outdated(let known) = finding { return .known(known) }
        return .failed(error)
      }
      if case .outdated(let known) = finding { return .known(known) }
    case .asked: break
    }
    waiting[name, default: []].append(transfer)
    return .waits
  }

  /// What `watch` is to do.
  func watch(_ descriptor: Descriptor, in epoll: Descriptor) -> SystemError? {
    let code = System.control(
      epoll, EPOLL_CTL_ADD, descriptor.rawValue, events: EPOLLIN.rawValue, tag: Reactor.namesTag)
    return code.map { SystemError(call: "epoll_ctl", errno: $0, text: System.describe($0)) }
  }

  private func makeServers(_ watch: (Descriptor) -> SystemError?) throws(SystemError) -> NameServers {
    if let servers { return servers }
    let made = try NameServers(servers: options.servers)
    if let error = watch(made.epoll) { throw error }
    servers = made
    return made
  }

  /// Asks for the SRV records of a name, of which `takeServices` tells. `watch` as above.
  func lookUp(service name: String, now: Instant, watch: (Descriptor) -> SystemError?) {
    do throws(SystemError) {
      try makeServers(watch).ask(service: name, now: now)
    } catch {
      failedServices.append((name, .failed("\(error)")))
    }
  }

  var hasServices: Bool { !failedServices.isEmpty || servers?.hasServices ?? false }

  func takeServices() -> [(name: String, answer: ServiceAnswer)] {
    guard hasServices else { return [] }
    defer { failedServices = [] }
    return failedServices + (servers?.takeServices() ?? [])
  }

  /// When `run` has something to do even if nothing arrives.
  var deadline: Instant? { servers?.deadline }
  /// Whether `takeFinished` has something.
  var hasFinished: Bool { servers?.hasFinished ?? false }
  var hasUnread: Bool { servers?.hasUnread ?? false }

  func run(now: Instant) {
    servers?.run(now: now)
  }

  /// Who waited for names that are known now, or of which it is known why they are not.
  func takeFinished(now: Instant) -> [(waiting: [TransferID], name: String, problem: String?)] {
    (servers?.takeFinished() ?? []).map { name, outcome in
      let waiting = waiting.removeValue(forKey: name) ?? []
      switch outcome {
      case .addresses(let addresses):
        cache.answered(name, addresses, now: now)
        return (waiting, name, nil)
      case .failed(let problem):
        cache.failed(name)
        return (waiting, name, problem)
      }
    }
  }

  /// No connection came of what was known.
  func drop(_ known: [(name: HostPort, known: NameCache.Known)]) {
    for (name, known) in known { cache.drop(name.host, known.serial) }
  }

  /// A connection was made to one of the addresses.
  func worked(_ known: [(name: HostPort, known: NameCache.Known)], at address: String) {
    for (name, known) in known { cache.worked(name.host, known.serial, at: address) }
  }

  func close() {
    servers?.close()
    servers = nil
    waiting = [:]
    failedServices = []
  }

  func abandon() {
    servers?.abandon()
    waiting = [:]
  }
}
