import EtcdPacker
import EtcdTransport

/// Who the members are: when that is asked, and what follows from the answer for the endpoints.
///
/// Nothing waits for it, and nothing is the worse for it when it fails. What members advertise joins the seeds and never
/// replaces them.
struct Members {
  private var discovery: Discovery
  private var candidates: Candidates
  /// As they are configured.
  private var seeds: [Endpoint]
  private var patience: Duration
  /// What SRV records name is to take the place of the endpoints there were, and is not known yet.
  private(set) var awaitsNames = false
  /// Of the last list, as far as it is of use.
  private var listed: [Member] = []
  /// Of the members of the last list, by id.
  private var names: [UInt64: String] = [:]
  private var leftOut = 0

  init(options: Options) {
    let interval = Duration.milliseconds(options.refreshIntervalMs)
    discovery = Discovery(isOn: options.discoversMembers, interval: interval)
    candidates = Candidates(longestWait: interval, longestUrgentWait: .milliseconds(options.backoffMaxMs))
    patience = .milliseconds(options.attemptTimeoutMs)
    seeds = options.endpoints
  }

  /// From now on so; `named` is what is known of those that SRV records name, if other domains are configured. Returns the
  /// endpoints that are none any more: those that were configured, or named by records of what was, and are advertised
  /// neither; without discovery, all that are not configured or named.
  ///
  /// While it is not known who takes their place, they stay: a domain that nobody answers for costs nothing that works.
  mutating func reconfigure(
    _ options: Options, named: [Endpoint]?, endpoints: inout Endpoints, now: Instant,
    random: inout any RandomNumberGenerator
  ) -> (gone: [Endpoints.Target], orders: [Order]) {
    let interval = Duration.milliseconds(options.refreshIntervalMs)
    let isOn = options.discoversMembers
    let wasOn = discovery.state != .off
    patience = .milliseconds(options.attemptTimeoutMs)
    discovery.reconfigure(isOn: isOn, interval: interval, now: now, random: &random)
    candidates.reconfigure(longestWait: interval, longestUrgentWait: .milliseconds(options.backoffMaxMs))
    guard isOn != wasOn || options.endpoints != seeds || named != nil else {
      return ([], [plan(endpoints: endpoints)])
    }
    seeds = options.endpoints
    if !isOn {
      listed = []
      candidates.end()
    }
    awaitsNames = seeds.isEmpty && (named ?? endpoints.named).isEmpty
    if awaitsNames {
      let abandoned: [Order] = isOn ? [] : [.abandonCall(.candidate), .abandonCall(.members)]
      return ([], abandoned + [plan(endpoints: endpoints)])
    }
    return replaceSeeds(named: named, endpoints: &endpoints, now: now)
  }

  /// SRV records name those, which are endpoints already.
  mutating func namesArrived(
    _ named: [Endpoint], endpoints: inout Endpoints, now: Instant
  ) -> (gone: [Endpoints.Target], orders: [Order]) {
    guard awaitsNames, !named.isEmpty else { return ([], []) }
    awaitsNames = false
    return replaceSeeds(named: named, endpoints: &endpoints, now: now)
  }

  private mutating func replaceSeeds(
    named: [Endpoint]?, endpoints: inout Endpoints, now: Instant
  ) -> (gone: [Endpoints.Target], orders: [Order]) {
    let isOn = discovery.state != .off
    // The address that is being tried may be none of those any more, or be an endpoint.
    candidates.giveUp(now: now)
    endpoints.setSeeds(seeds, named: named)
    let roster = Roster(listed, seeds: endpoints.seeds)
    var gone: [Endpoints.Target] = []
    var orders: [Order] = [.abandonCall(.candidate)] + (isOn ? [] : [.abandonCall(.members)])
    // Where nobody is to be discovered, streams do not stay at those that have left either.
    let others = endpoints.discovered.map(\.target) + (isOn ? [] : endpoints.leaving)
    for target in others where !roster.has(target.endpoint) {
      orders += remove(target, "is neither configured nor advertised any more", &endpoints) { _ in false }
      gone.append(target)
    }
    if isOn { look(for: roster, endpoints: &endpoints, now: now) }
    return (gone, orders + [plan(endpoints: endpoints)])
  }

  func name(of memberID: UInt64) -> String { names[memberID] ?? "" }

  // MARK: When

  /// When `tick` may have something to do.
  private(set) var wakeTime: Instant?

  private mutating func plan(endpoints: Endpoints) -> Order {
    wakeTime = [discovery.wakeTime, candidates.wakeTime(endpoints: endpoints)].compactMap { $0 }.min()
    return .setTimer(.members)
  }

  /// Something was answered.
  mutating func answered(endpoints: Endpoints, now: Instant) -> [Order] {
    discovery.answered() ? ask(endpoints: endpoints, now: now) : []
  }

  /// Another endpoint is used from now on, or none answers any more.
  mutating func moved(endpoints: Endpoints, now: Instant, random: inout any RandomNumberGenerator) -> [Order] {
    if discovery.state == .off { return [] }
    discovery.moved(now: now, random: &random)
    return [plan(endpoints: endpoints)]
  }

  mutating func tick(endpoints: Endpoints, now: Instant) -> [Order] {
    if discovery.state == .off { return [] }
    var orders: [Order] = []
    if discovery.tick(allFailing: endpoints.allFailing, now: now) { orders += ask(endpoints: endpoints, now: now) }
    if let target = candidates.next(endpoints: endpoints, now: now) {
      let wire = candidates.triesOtherWire ? endpoints.otherWire(of: target.id) : nil
      orders.append(
        .call(
          Calls.Submission(
            Self.question, for: .candidate, route: .only(target), deadline: now + patience, wire: wire)))
    }
    return orders + [plan(endpoints: endpoints)]
  }

  /// The quorum's answer is asked for, so that a member which lags does not bring back what has left; before 3.5 members
  /// do not look at that, and answer what they know, as long as they have a leader.
  static let question = Operation.memberList(MemberListRequest(linearizable: true))

  private func ask(endpoints: Endpoints, now: Instant) -> [Order] {
    var orders: [Order] = [.call(Calls.Submission(Self.question, for: .members, deadline: now + patience))]
    if let current = endpoints.currentTarget {
      orders.append(askVersion(of: current, by: endpoints.wire(of: current.id), now: now))
    }
    return orders
  }

  /// Nobody needs permission for that, and it is no part of what a quorum has to agree to. By gRPC it is a part of the
  /// member's status.
  func askVersion(of target: Endpoints.Target, by wire: WireKind, now: Instant) -> Order {
    let question = wire == .grpc ? Operation.status : .version
    return .call(Calls.Submission(question, for: .version(target.id), route: .only(target), deadline: now + patience))
  }

  /// Whether gRPC is spoken there, by what is answered with a leader or without.
  func tryGRPC(at target: Endpoints.Target, now: Instant) -> Order {
    .call(Calls.Submission(.status, for: .wire(target.id), route: .only(target), deadline: now + patience))
  }

  // MARK: What came of it

  /// Whether the end of a call says something about those who asked alone, and nothing about the endpoint.
  static func keepsToItself(_ asker: Asker) -> Bool {
    switch asker {
    case .members, .candidate, .version, .wire: true
    default: false
    }
  }

  /// The question that `discovery` has asked has ended.
  mutating func listArrived(
    _ result: Result<Answer, Failure>, endpoints: inout Endpoints, hasStreams: (Endpoints.ID) -> Bool, now: Instant,
    random: inout any RandomNumberGenerator
  ) -> [Order] {
    switch result {
    case .success(.memberList(let response)):
      _ = discovery.ended(nil, now: now, random: &random)
      return take(response, endpoints: &endpoints, hasStreams: hasStreams, now: now) + [.wake(.members)]
    case .success:
      return []
    case .failure(let failure):
      let isNews = discovery.ended(failure, now: now, random: &random)
      let text = "the members are not known: \(failure.description)"
      return (isNews ? [.note(.info, text, .members)] : []) + [plan(endpoints: endpoints)]
    }
  }

  private mutating func take(
    _ response: MemberListResponse, endpoints: inout Endpoints, hasStreams: (Endpoints.ID) -> Bool, now: Instant
  ) -> [Order] {
    let roster = Roster(response.members, seeds: endpoints.seeds)
    // An answer without members is none.
    if roster.names.isEmpty { return [] }
    listed = Roster.usable(response.members)
    names = roster.names
    var orders: [Order] = []
    if roster.leftOut != leftOut, roster.leftOut > 0 {
      orders.append(.note(.debug, "\(roster.leftOut) advertised URLs are of no use here", .members))
    }
    leftOut = roster.leftOut
    for (target, memberID) in endpoints.discovered where !roster.has(target.endpoint) {
      // Whoever answers is there, and may have started too recently to know it.
      if memberID == response.header.memberID { continue }
      orders += remove(target, "has left the cluster", &endpoints, hasStreams)
    }
    orders += dropDuplicates(endpoints: &endpoints, hasStreams: hasStreams)
    look(for: roster, endpoints: &endpoints, now: now)
    return orders
  }

  private mutating func look(for roster: Roster, endpoints: inout Endpoints, now: Instant) {
    let unknown = roster.addresses.filter { !endpoints.knows($0.endpoint) }
    candidates.set(unknown, endpoints: &endpoints, now: now)
  }

  /// Of a member that a seed reaches as well, the seed is enough.
  private func dropDuplicates(endpoints: inout Endpoints, hasStreams: (Endpoints.ID) -> Bool) -> [Order] {
    var orders: [Order] = []
    for target in endpoints.duplicates where target != endpoints.currentTarget {
      orders += remove(target, "is reached at one of the configured endpoints", &endpoints, hasStreams)
    }
    return orders
  }

  private func remove(
    _ target: Endpoints.Target, _ why: String, _ endpoints: inout Endpoints, _ hasStreams: (Endpoints.ID) -> Bool
  ) -> [Order] {
    guard endpoints.remove(target.id, hasStreams: hasStreams(target.id)) else { return [] }
    let note = Order.note(.info, "\(target.endpoint.url) \(why)", .members)
    return endpoints.has(target.id) ? [note] : [note] + Self.end(of: target.id)
  }

  /// What is asked about an endpoint alone is not asked any more when it has gone.
  static func end(of id: Endpoints.ID) -> [Order] {
    [.abandonCall(.probe(id)), .abandonCall(.version(id)), .abandonCall(.wire(id))]
  }

  /// The candidate that is being tried.
  var candidate: Endpoints.Target? {
    if case .trying(let target) = candidates.state { target } else { nil }
  }

  /// Since when the candidate is advertised that is being tried.
  var candidateSince: Instant? { candidates.triedSince }

  /// The candidate that is being tried has answered, or has not. Returns whether it is an endpoint now.
  mutating func candidateTried(
    _ result: Result<Answer, Failure>, by wire: WireKind?, endpoints: inout Endpoints, now: Instant,
    random: inout any RandomNumberGenerator
  ) -> (isAdded: Bool, orders: [Order]) {
    guard case .trying(let target) = candidates.state else { return (false, []) }
    switch result {
    case .success(let answer):
      let memberID = answer.header.memberID
      let isNeeded = !endpoints.reach(memberID) && !endpoints.knows(target.endpoint)
      guard candidates.answered(memberID, isNeeded: isNeeded) else {
        return (false, [.wake(.members)])
      }
      let prefix = endpoints.prefix(of: target.id)
      let added = endpoints.add(target, answer.header, prefix: prefix, by: wire, now: now)
      let name = name(of: memberID)
      let words = "member \(name.isEmpty ? "" : name + " ")is reached at \(added.endpoint.url), too"
      let note = Order.note(.info, words, .members)
      // What has answered by the gateway may speak gRPC all the same.
      let trial = endpoints.takeTrial(of: added.id, now: now) ? [tryGRPC(at: added, now: now)] : []
      return (true, [note] + trial + [.wake(.members)])
    case .failure(let failure):
      let isNews = candidates.failed(because: failure, now: now, random: &random)
      let words = "advertised, and of no use: \(failure.description)"
      return (false, [.note(isNews ? .info : .debug, words, .members), .wake(.members)])
    }
  }

  /// Nobody needs to know any more.
  mutating func end() {
    discovery.end()
    candidates.end()
    wakeTime = nil
  }
}
