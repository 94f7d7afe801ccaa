import EtcdPacker
import EtcdTransport

/// Which endpoint to talk to, and whether it is still there.
///
/// One endpoint is current, and stays it for as long as it answers. A failure moves on at once to the next one that is
/// not backing off; each has its own back-off. When all of them are backing off, the next attempt is at the one whose
/// wait ends first.
///
/// An endpoint is `healthy` (no failure since its last answer) or `failing` (with a time before which it is left
/// alone). Any answer makes it healthy, any failure makes it failing. One that is `doubted` has only let an answer wait for
/// longer than it usually does: it is left as well, and used if there is no other that is not to be avoided, until anything
/// comes from there, or it fails.
///
/// Seeds are those that were configured, and those that SRV records of a configured domain name; where there are no others,
/// there may be none yet. Others come when they have answered at an address that a member advertises (`Candidates`), and
/// go when the member has left. While streams are open at one that goes, it is `leaving`: it is asked
/// whether it lives as before, and used for nothing new.
package struct Endpoints {
  /// A number that no other endpoint of the cluster ever has, whatever comes and goes.
  package struct ID: Hashable, Comparable, Sendable {
    fileprivate let serial: UInt64

    /// Of every endpoint that a host has named and that is none of the cluster's: what comes of it says nothing.
    static let stranger = ID(serial: 0)

    package static func < (left: ID, right: ID) -> Bool { left.serial < right.serial }
  }

  /// An endpoint to be dialled. Remains good for telling of what came of it when the endpoint has been removed.
  package struct Target: Hashable, Sendable {
    package let id: ID
    package let endpoint: Endpoint
  }

  /// Where a call may go.
  package enum Route: Hashable, Sendable {
    /// To whichever is best.
    case any
    /// To this one and no other: the question is about the endpoint itself.
    case only(Target)
  }

  package enum Choice: Hashable {
    case use(Target)
    case wait(until: Instant)
  }

  private enum Health {
    case healthy
    case failing(count: Int, since: Instant, retryAt: Instant)
  }

  private struct Entry {
    let target: Target
    /// It was configured as it is.
    var isGiven: Bool
    /// SRV records name it, or have named it, and it answers.
    var isNamed = false
    var health = Health.healthy
    var isLeaving = false
    var isDoubted = false
    var roundTrips = RoundTrips()
    /// How often it had failed when it last became healthy by what proves little.
    var failuresBefore = 0
    /// When anything last came from there, and when a request was last answered.
    var lastHeard: Instant?
    /// The cluster that its last answer named, and when; 0: none has. Not every sign of life does.
    var clusterID: UInt64 = 0
    var namedAt: Instant?
    /// The member that its last answer named; 0: none has.
    var memberID: UInt64 = 0
    /// Different members have answered there, one after the other: it may lead to any of them.
    var isShared = false
    var prefix = APIPrefix.v3
    var negotiation = WireNegotiation()
    /// As the server states it; empty: it has not been asked, or has not said.
    var version = ""
    var versionAskedAt: Instant?
    var prefixChangedAt: Instant?
    var lastAnswered: Instant?
    /// When it last did something with its store for a call, and told a watch of it. A member whose disk hangs still renews
    /// leases, by way of the leader.
    var lastServed: Instant?
    var lastTold: Instant?
    /// When it last answered a call that takes a quorum.
    var lastQuorum: Instant?
    /// Why nobody is expected to listen there any more.
    var refusal: Failure?
    var probe: Probe

    var isSeed: Bool { isGiven || isNamed }

    var isFailing: Bool {
      if case .failing = health { true } else { false }
    }
  }

  /// In the order in which they are tried. Empty only while nobody has said where etcd is.
  private var entries: [Entry] = []
  private var current = 0
  private var lastSerial: UInt64 = 0
  private var backoff: Backoff
  private var probeInterval: Duration
  private var wireChoice: WireChoice

  /// Begins at a random one of the `seeds`, so that many clients with one configuration spread over the members.
  package init(
    seeds: [Endpoint], backoff: Backoff, probeInterval: Duration, wire: WireChoice = .json,
    random: inout any RandomNumberGenerator
  ) {
    wireChoice = wire
    self.backoff = backoff
    self.probeInterval = probeInterval
    for seed in seeds { append(target(seed), isGiven: true) }
    current = seeds.isEmpty ? 0 : Int.random(in: 0..<seeds.count, using: &random)
  }

  package var count: Int { entries.count { !$0.isLeaving } }

  /// The one that is used for as long as it answers.
  package var currentTarget: Target? { current < entries.count ? entries[current].target : nil }

  /// How many are failing.
  var failing: Int {
    entries.count { if case .failing = $0.health { true } else { false } }
  }

  /// Whether every endpoint is failing.
  package var allFailing: Bool {
    entries.allSatisfy { $0.isLeaving || $0.isFailing }
  }

  package func lastHeard(_ id: ID) -> Instant? {
    index(of: id).flatMap { entries[$0].lastHeard }
  }

  func lastServed(_ id: ID) -> Instant? {
    index(of: id).flatMap { entries[$0].lastServed }
  }

  private func index(of id: ID) -> Int? {
    entries.firstIndex { $0.target.id == id }
  }

  // MARK: Coming and going

  /// For an address that is no endpoint yet: of one that never becomes one, whatever is told here is about nobody.
  mutating func target(_ endpoint: Endpoint) -> Target {
    lastSerial += 1
    return Target(id: ID(serial: lastSerial), endpoint: endpoint)
  }

  @discardableResult
  private mutating func append(_ target: Target, isGiven: Bool = false, isNamed: Bool = false) -> ID {
    entries.append(Entry(target: target, isGiven: isGiven, isNamed: isNamed, probe: Probe(interval: probeInterval)))
    return target.id
  }

  /// Adds an endpoint, as the last one to be tried. Returns the one that is there if it is known already.
  @discardableResult
  package mutating func add(_ endpoint: Endpoint) -> ID { stay(endpoint) ?? append(target(endpoint)) }

  /// The one at that address; if a member that has left was there before another, not the one that is to go.
  private func index(of endpoint: Endpoint) -> Int? {
    let known = entries.indices.filter { entries[$0].target.endpoint == endpoint }
    return known.first { !entries[$0].isLeaving } ?? known.first
  }

  /// One that is there is not to go any more, unless it is known to be another member.
  private mutating func stay(_ endpoint: Endpoint, as member: UInt64 = 0) -> ID? {
    guard let known = index(of: endpoint) else { return nil }
    let entry = entries[known]
    guard member == 0 || entry.memberID == 0 || entry.memberID == member || entry.isShared else { return nil }
    entries[known].isLeaving = false
    return entry.target.id
  }

  /// Adds one that has answered by that wire, and named that member. Returns what it is known as: if it was to go with its
  /// last stream, and is still there, it stays.
  mutating func add(
    _ target: Target, _ header: ResponseHeader, prefix: APIPrefix, by wire: WireKind?, now: Instant
  ) -> Target {
    let id = stay(target.endpoint, as: header.memberID) ?? append(target)
    guard let index = index(of: id) else { return target }
    entries[index].prefix = prefix
    if let wire {
      entries[index].negotiation = WireNegotiation()
      entries[index].negotiation.begun(by: wire, now: now)
    }
    named(header.clusterID, member: header.memberID, by: id, now: now)
    succeeded(id, now: now)
    return entries[index].target
  }

  /// These are configured from now on, and, unless that is as before, SRV records of what is configured name those. Those
  /// that were are like all others, and remain for now.
  mutating func setSeeds(_ seeds: [Endpoint], named: [Endpoint]?) {
    for index in entries.indices {
      entries[index].isGiven = false
      if let named, !named.contains(entries[index].target.endpoint) { entries[index].isNamed = false }
    }
    for seed in seeds {
      let id = add(seed)
      if let index = index(of: id) { entries[index].isGiven = true }
    }
    // Some may have been named since endpoints were last made of names.
    for endpoint in named ?? [] {
      let id = add(endpoint)
      if let index = index(of: id) { entries[index].isNamed = true }
    }
  }

  /// Any of those that answer is current: of many clients that learn at once that an endpoint is none any more, not all
  /// are to go to the same one.
  mutating func drawCurrent(using random: inout any RandomNumberGenerator) {
    let good = entries.indices.filter { !entries[$0].isLeaving && !entries[$0].isFailing }
    if let drawn = good.randomElement(using: &random) { current = drawn }
  }

  /// From now on so. Returns those whose probes may have something to do earlier than before.
  mutating func reconfigure(backoff: Backoff, probeInterval: Duration, now: Instant) -> [ID] {
    self.backoff = backoff
    self.probeInterval = probeInterval
    for index in entries.indices { entries[index].probe.reconfigure(interval: probeInterval, now: now) }
    return entries.map(\.target.id)
  }

  /// From now on they are spoken to so; what was found out of it may be so no more.
  mutating func reconfigure(wire: WireChoice) {
    guard wire != wireChoice else { return }
    wireChoice = wire
    for index in entries.indices { entries[index].negotiation = WireNegotiation() }
  }

  /// What they failed for may be so no more: none waits for longer than until then.
  mutating func hasten(to time: Instant) {
    for index in entries.indices {
      guard case .failing(let count, let since, let retryAt) = entries[index].health else { continue }
      entries[index].health = .failing(count: count, since: since, retryAt: min(retryAt, time))
    }
  }

  /// Removes an endpoint that was added; with streams at the end of the last one. Seeds are never forgotten, so there is
  /// always one left. Returns false if it is a seed, is not there, or is leaving already and still has streams.
  @discardableResult
  package mutating func remove(_ id: ID, hasStreams: Bool = false) -> Bool {
    guard let index = index(of: id), !entries[index].isSeed, !(entries[index].isLeaving && hasStreams) else {
      return false
    }
    entries[index].isLeaving = true
    if index == current { moveOn() }
    if !hasStreams { forget(index) }
    return true
  }

  private mutating func forget(_ index: Int) {
    entries.remove(at: index)
    if index < current || current >= entries.count { current = max(0, current - 1) }
  }

  /// The next one that stays is current.
  private mutating func moveOn() {
    for step in 1...max(1, entries.count) {
      let next = (current + step) % entries.count
      if entries[next].isLeaving { continue }
      current = next
      return
    }
  }

  /// SRV records name these, in the order in which they are to be tried. If that is all of them, those that were named before
  /// go, but for those that answer: what works is not given up for what may. Returns who has come and gone.
  mutating func name(
    _ named: [Endpoint], isWhole: Bool, hasStreams: (ID) -> Bool
  ) -> (added: [Target], removed: [Target]) {
    var added: [Target] = []
    for endpoint in named {
      if let known = index(of: endpoint) {
        entries[known].isLeaving = false
        entries[known].isNamed = true
      } else {
        let target = target(endpoint)
        append(target, isNamed: true)
        added.append(target)
      }
    }
    guard isWhole else { return (added, []) }
    let gone = entries.filter { entry in
      let answers = entry.lastAnswered != nil && !entry.isFailing
      return entry.isNamed && !named.contains(entry.target.endpoint) && !answers
    }
    for entry in gone {
      if let index = index(of: entry.target.id) { entries[index].isNamed = false }
      remove(entry.target.id, hasStreams: hasStreams(entry.target.id))
    }
    return (added, gone.filter { !$0.isGiven }.map(\.target))
  }

  /// For an endpoint that a host has named, whether it is one of the cluster's or not.
  func target(for endpoint: Endpoint) -> Target {
    index(of: endpoint).map { entries[$0].target } ?? Target(id: .stranger, endpoint: endpoint)
  }

  /// Those that SRV records name, or have named.
  var named: [Endpoint] { entries.filter(\.isNamed).map(\.target.endpoint) }

  /// Those that others are measured by.
  var seeds: [Endpoint] { entries.filter(\.isSeed).map(\.target.endpoint) }

  var isEmpty: Bool { entries.isEmpty }

  /// Why there is none.
  var absence: Failure?

  // MARK: Choosing

  /// While there is no endpoint, for so long one is waited for before it is looked again.
  private static let absenceWait = Duration.seconds(1)

  /// The endpoint for the next attempt, or when to ask again. One that is well goes before one that is failing and may be
  /// tried again, and of these the one that has waited longest; then come those that are doubted. Those that are to be
  /// avoided are used if no other is to be had now, those that are `full` not before the time that is given.
  package func choose(
    _ route: Route = .any, avoiding avoided: Set<ID> = [], full: [ID: Instant] = [:], now: Instant
  ) -> Choice {
    if case .only(let target) = route { return .use(target) }
    if entries.isEmpty { return .wait(until: now + Self.absenceWait) }
    var due: (target: Target, since: Instant)?
    var doubted: Target?
    var lastResort: Target?
    var earliest = Instant.distantFuture
    for step in 0..<entries.count {
      // Asked where it is: it is large.
      let index = (current + step) % entries.count
      if entries[index].isLeaving { continue }
      let target = entries[index].target
      if let until = full[target.id], until > now {
        earliest = min(earliest, until)
        continue
      }
      switch entries[index].health {
      case .failing(_, _, let retryAt) where retryAt > now:
        earliest = min(earliest, retryAt)
      case .healthy, .failing:
        if avoided.contains(target.id) {
          lastResort = lastResort ?? target
        } else if entries[index].isDoubted {
          doubted = doubted ?? target
        } else if case .failing(_, _, let retryAt) = entries[index].health {
          if due.map({ retryAt < $0.since }) ?? true { due = (target, retryAt) }
        } else {
          return .use(target)
        }
      }
    }
    return (due?.target ?? doubted ?? lastResort).map { .use($0) } ?? .wait(until: earliest)
  }

  // MARK: What came of it

  /// Something that shows life came from the endpoint.
  package mutating func heard(_ id: ID, tells: Bool = false, now: Instant) {
    guard let index = index(of: id) else { return }
    entries[index].lastHeard = now
    if tells { entries[index].lastTold = now }
    entries[index].isDoubted = false
    entries[index].refusal = nil
  }

  /// So long did it take for something to come back from there.
  mutating func took(_ time: Duration, _ id: ID) {
    if let index = index(of: id) { entries[index].roundTrips.took(time) }
  }

  /// An answer from the endpoint named its cluster, and the member.
  mutating func named(_ clusterID: UInt64, member: UInt64 = 0, by id: ID, now: Instant) {
    guard clusterID != 0, let index = index(of: id) else { return }
    entries[index].clusterID = clusterID
    entries[index].namedAt = now
    if member == 0 || member == entries[index].memberID { return }
    if entries[index].memberID != 0 { entries[index].isShared = true }
    entries[index].memberID = member
  }

  /// Whether the cluster may still answer at an endpoint other than this one: one that has named it `within` that
  /// time, or that may be tried now, has not failed within that time, and has not named another.
  func mayFind(_ clusterID: UInt64, elsewhereThan id: ID, within patience: Duration, now: Instant) -> Bool {
    entries.contains { entry in
      guard entry.target.id != id, !entry.isLeaving, entry.clusterID == 0 || entry.clusterID == clusterID else {
        return false
      }
      if let namedAt = entry.namedAt, namedAt + patience >= now { return true }
      return switch entry.health {
      case .healthy: true
      case .failing(_, let since, let retryAt): retryAt <= now && since + patience < now
      }
    }
  }

  /// An attempt was answered. If that `isLocal`, a member without a leader would have answered as well: should the next
  /// attempt fail, it has failed once more.
  package mutating func succeeded(_ id: ID, isLocal: Bool = false, isServed: Bool = true, now: Instant) {
    guard let index = index(of: id) else { return }
    if isLocal, case .failing(let count, _, _) = entries[index].health {
      entries[index].failuresBefore = count
    } else if !isLocal {
      entries[index].failuresBefore = 0
    }
    entries[index].health = .healthy
    entries[index].isDoubted = false
    entries[index].lastHeard = now
    entries[index].lastAnswered = now
    if isServed { entries[index].lastServed = now }
    entries[index].refusal = nil
    // Stay with what works: the one before may only have come to the end of its back-off.
    if current >= entries.count || entries[current].isFailing, !entries[index].isLeaving { current = index }
  }

  /// It has answered what takes a quorum.
  mutating func foundQuorum(_ id: ID, now: Instant) {
    if let index = index(of: id) { entries[index].lastQuorum = now }
  }

  /// An attempt that began at `startedAt` failed. Attempts that were under way together when the endpoint broke count
  /// as one failure, or a burst of calls would drive its back-off to the maximum at once.
  package mutating func failed(
    _ id: ID, startedAt: Instant, now: Instant, random: inout any RandomNumberGenerator
  ) {
    guard let index = index(of: id) else { return }
    // That may have been what was waited for: when to try it again is known by its failures from now on.
    entries[index].isDoubted = false
    var count = entries[index].failuresBefore
    if case .failing(let before, let since, _) = entries[index].health {
      if startedAt < since { return }
      count = before
    }
    let delay = backoff.delay(afterFailures: count + 1, using: &random)
    entries[index].health = .failing(count: count + 1, since: now, retryAt: now + delay)
    if index == current { moveOn() }
  }

  /// An answer has not come in the time that answers take there.
  mutating func doubt(_ id: ID) {
    guard let index = index(of: id) else { return }
    entries[index].isDoubted = true
    if index == current { moveOn() }
  }

  func isFailing(_ id: ID) -> Bool {
    if let index = index(of: id), case .failing = entries[index].health { true } else { false }
  }

  func isDoubted(_ id: ID) -> Bool { index(of: id).map { entries[$0].isDoubted } ?? false }

  /// The question whether it lives was not so much as sent: that no answer comes says nothing.
  mutating func probeGotNowhere(_ id: ID) {
    if let index = index(of: id) { entries[index].probe.gotNowhere() }
  }

  /// The question whether it lives was refused. Returns whether nothing came from there just before either, which is to
  /// say that it is going down.
  package mutating func probeRefused(_ id: ID, because failure: Failure, now: Instant) -> Bool {
    guard let index = index(of: id) else { return false }
    if let heard = entries[index].lastHeard, heard + entries[index].probe.longSilence > now { return false }
    entries[index].refusal = failure
    return true
  }

  /// Those that are going down, and are not asked for any more than by this.
  package mutating func takeRefusing() -> [(id: ID, failure: Failure)] {
    var refusing: [(ID, Failure)] = []
    for index in entries.indices {
      guard let failure = entries[index].refusal else { continue }
      refusing.append((entries[index].target.id, failure))
      entries[index].refusal = nil
    }
    return refusing
  }

  // MARK: What they are

  /// Whether it is one of them, and not an address that is only tried.
  func has(_ id: ID) -> Bool { index(of: id) != nil }

  func target(of id: ID) -> Target? { index(of: id).map { entries[$0].target } }

  /// Whether the member is reached already, at an endpoint that is its own and answers.
  func reach(_ memberID: UInt64, besides id: ID? = nil) -> Bool {
    entries.contains {
      $0.memberID == memberID && $0.target.id != id && !$0.isShared && !$0.isLeaving && !$0.isFailing
    }
  }

  /// Those that were added.
  var discovered: [(target: Target, memberID: UInt64)] {
    entries.filter { !$0.isSeed && !$0.isLeaving }.map { ($0.target, $0.memberID) }
  }

  /// Those that are there only for their streams.
  var leaving: [Target] { entries.filter(\.isLeaving).map(\.target) }

  /// Those whose member a seed reaches as well.
  var duplicates: [Target] {
    let seeded = entries.filter { $0.isSeed && !$0.isShared && !$0.isFailing }.map(\.memberID)
    return discovered.filter { seeded.contains($0.memberID) }.map(\.target)
  }

  func knows(_ endpoint: Endpoint) -> Bool {
    entries.contains { $0.target.endpoint == endpoint && !$0.isLeaving }
  }

  /// Of one that is only tried, that of the current one: members of a cluster are mostly of one version.
  func prefix(of id: ID) -> APIPrefix {
    if let index = index(of: id) { return entries[index].prefix }
    return current < entries.count ? entries[current].prefix : .v3
  }

  // MARK: Wires

  /// How it is spoken to. Of one that is only tried, as the current one.
  func wire(of id: ID) -> WireKind {
    switch wireChoice {
    case .json: return .json
    case .grpc: return .grpc
    case .auto:
      let index = index(of: id) ?? current
      return index < entries.count ? entries[index].negotiation.kind : .grpc
    }
  }

  /// How else it might be spoken to; `nil` where there is no choice.
  func otherWire(of id: ID) -> WireKind? {
    guard wireChoice == .auto else { return nil }
    return wire(of: id) == .grpc ? .json : .grpc
  }

  /// Whether it is to be asked now if it speaks gRPC, which it did not.
  mutating func takeTrial(of id: ID, now: Instant) -> Bool {
    guard wireChoice == .auto, let index = index(of: id) else { return false }
    return entries[index].negotiation.takeTrial(now: now)
  }

  /// Etcd has answered there by that wire. Returns whether that is news.
  mutating func answered(by kind: WireKind, _ id: ID, now: Instant) -> Bool {
    guard let index = index(of: id) else { return false }
    return entries[index].negotiation.answered(by: kind, now: now) && wireChoice == .auto
  }

  /// An attempt by that wire failed. Returns whether it is spoken to by the gateway from now on, and was not before.
  mutating func failed(
    _ fault: Verdict.Fault, by kind: WireKind, _ id: ID, startedAt start: Instant, now: Instant
  ) -> Bool {
    guard wireChoice == .auto, let index = index(of: id) else { return false }
    return entries[index].negotiation.failed(fault, by: kind, startedAt: start, now: now)
  }

  /// How long it is before an endpoint that has said which version it is may be asked that again.
  private static let versionPause = Duration.seconds(10)
  private static let longestVersion = 100

  /// There is no path of etcd's where it was looked for. Returns whether the version is to be asked for, which may tell.
  mutating func askVersion(of id: ID, now: Instant) -> Bool {
    guard let index = index(of: id) else { return false }
    if let before = entries[index].versionAskedAt, before + Self.versionPause > now { return false }
    entries[index].versionAskedAt = now
    return true
  }

  mutating func isVersion(_ version: String, _ id: ID, now: Instant) {
    guard let index = index(of: id) else { return }
    entries[index].version = PrintableText.excerpt(of: version, limit: Self.longestVersion)
    guard let prefix = APIPrefix(serverVersion: version), prefix != entries[index].prefix else { return }
    entries[index].prefix = prefix
    entries[index].prefixChangedAt = now
  }

  /// Whether what was sent then may have been sent under a path that is known to be wrong now.
  func hasNewPrefix(_ id: ID, since time: Instant) -> Bool {
    index(of: id).flatMap { entries[$0].prefixChangedAt }.map { $0 >= time } ?? false
  }

  /// What the host may know of each, the current one included.
  var reports: [EndpointReport] {
    entries.indices.filter { !entries[$0].isLeaving }.map { index in
      let entry = entries[index]
      var failures = 0
      if case .failing(let count, _, _) = entry.health { failures = count }
      return EndpointReport(
        url: entry.target.endpoint.url, memberID: entry.memberID, version: entry.version, isSeed: entry.isSeed,
        isCurrent: index == current, wasAnswered: entry.lastAnswered != nil, failures: failures,
        wire: wire(of: entry.target.id))
    }
  }

  // MARK: Probes

  /// When the endpoint's probe has something to do.
  package func probeTime(_ id: ID) -> Instant? {
    index(of: id).flatMap { entries[$0].probe.wakeTime }
  }

  /// A stream was opened at the endpoint. Returns whether its probe has something to do from now on.
  package mutating func streamOpened(at id: ID, now: Instant) -> Bool {
    index(of: id).map { entries[$0].probe.streamOpened(now: now) } ?? false
  }

  /// There is a reason to ask it for a sign of life at once.
  package mutating func urgeProbe(_ id: ID, isOneOfMany: Bool, now: Instant) {
    if let index = index(of: id) { entries[index].probe.urge(isOneOfMany: isOneOfMany, now: now) }
  }

  /// What is to be done about it, if anything. `limit`: for how long the question is waited for.
  mutating func tickProbe(
    _ id: ID, hasStreams: Bool, hasMore: Bool = false, isCrowded: Bool = false, within limit: Duration, now: Instant
  ) -> (action: Probe.Action, target: Target)? {
    guard let index = index(of: id) else { return nil }
    if entries[index].isLeaving, !hasStreams {
      forget(index)
      return nil
    }
    let lastServed = [entries[index].lastServed, entries[index].lastTold].compactMap(\.self).max()
    let action = entries[index].probe.tick(
      lastHeard: entries[index].lastHeard, lastServed: lastServed, hasStreams: hasStreams,
      hasMore: hasMore, isCrowded: isCrowded,
      patience: entries[index].roundTrips.patience(within: limit), now: now)
    return action.map { ($0, entries[index].target) }
  }

  /// How long an answer from there is waited for before it is doubted that it comes.
  func patience(with id: ID, within limit: Duration) -> Duration {
    index(of: id).map { entries[$0].roundTrips.patience(within: limit) } ?? limit
  }

  /// Nobody needs to know any more who is still there.
  package mutating func endProbes() {
    for index in entries.indices { entries[index].probe = Probe(interval: probeInterval) }
  }

  /// For how long the member may look for a quorum, to answer the question whether it lives.
  func timeAtServer(_ id: ID, within limit: Duration) -> Duration {
    guard let index = index(of: id) else { return limit }
    let roundTrips = entries[index].roundTrips
    return roundTrips.timeAtServer(within: roundTrips.patience(within: limit))
  }

  /// Returns what the member is found to have lost. `isCrowded`: it may be that there is no room for the question.
  mutating func probeEnded(
    _ id: ID, _ finding: Probe.Finding = .nothing, isCrowded: Bool = false, now: Instant
  ) -> Probe.Loss? {
    guard let index = index(of: id) else { return nil }
    let last = entries.lazy.filter { $0.target.id != id }.compactMap(\.lastQuorum).max()
    return entries[index].probe.ended(finding, elsewhere: isCrowded ? nil : last, now: now)
  }
}
