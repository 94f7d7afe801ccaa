import EtcdTransport

/// Which endpoint to talk to, and whether it is still there.
///
/// One endpoint is current, and stays it for as long as it answers. A failure moves on at once to the next one that is
/// not backing off; each has its own back-off. When all of them are backing off, the next attempt is at the one whose
/// wait ends first.
///
/// An endpoint is `healthy` (no failure since its last answer) or `failing` (with a time before which it is left
/// alone). Any answer makes it healthy, any failure makes it failing.
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
    /// To those that were configured.
    case seeds
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
    let isSeed: Bool
    var health = Health.healthy
    /// How often it had failed when it last became healthy by what proves little.
    var failuresBefore = 0
    /// When anything last came from there, and when a request was last answered.
    var lastHeard: Instant?
    /// The cluster that its last answer named, and when; 0: none has. Not every sign of life does.
    var clusterID: UInt64 = 0
    var namedAt: Instant?
    var lastAnswered: Instant?
    /// Why nobody is expected to listen there any more.
    var refusal: Failure?
    var probe: Probe
  }

  /// In the order in which they are tried. Never empty.
  private var entries: [Entry] = []
  private var current = 0
  private var lastSerial: UInt64 = 0
  private let backoff: Backoff
  private let probeInterval: Duration

  /// Begins at a random one of the `seeds`, so that many clients with one configuration spread over the members.
  package init(
    seeds: [Endpoint], backoff: Backoff, probeInterval: Duration, random: inout any RandomNumberGenerator
  ) {
    self.backoff = backoff
    self.probeInterval = probeInterval
    for seed in seeds { append(seed, isSeed: true) }
    current = seeds.isEmpty ? 0 : Int.random(in: 0..<seeds.count, using: &random)
  }

  package var count: Int { entries.count }

  /// The one that is used for as long as it answers.
  package var currentTarget: Target? { current < entries.count ? entries[current].target : nil }

  /// How many are failing.
  var failing: Int {
    entries.count { if case .failing = $0.health { true } else { false } }
  }

  /// Whether every endpoint is failing.
  package var allFailing: Bool {
    entries.allSatisfy { if case .failing = $0.health { true } else { false } }
  }

  package func lastHeard(_ id: ID) -> Instant? {
    index(of: id).flatMap { entries[$0].lastHeard }
  }

  package func lastAnswered(_ id: ID) -> Instant? {
    index(of: id).flatMap { entries[$0].lastAnswered }
  }

  private func index(of id: ID) -> Int? {
    entries.firstIndex { $0.target.id == id }
  }

  // MARK: Coming and going

  @discardableResult
  private mutating func append(_ endpoint: Endpoint, isSeed: Bool) -> ID {
    lastSerial += 1
    let target = Target(id: ID(serial: lastSerial), endpoint: endpoint)
    entries.append(Entry(target: target, isSeed: isSeed, probe: Probe(interval: probeInterval)))
    return target.id
  }

  /// Adds an endpoint, as the last one to be tried. Returns the one that is there if it is known already.
  @discardableResult
  package mutating func add(_ endpoint: Endpoint) -> ID {
    if let known = entries.first(where: { $0.target.endpoint == endpoint }) { return known.target.id }
    return append(endpoint, isSeed: false)
  }

  /// Removes an endpoint that was added. Seeds are never forgotten, so there is always one left. Returns false if it is a
  /// seed, or is not there.
  @discardableResult
  package mutating func remove(_ id: ID) -> Bool {
    guard let index = index(of: id), !entries[index].isSeed else { return false }
    entries.remove(at: index)
    if index < current { current -= 1 }
    if current == entries.count { current = 0 }
    return true
  }

  /// For an endpoint that a host has named, whether it is one of the cluster's or not.
  func target(for endpoint: Endpoint) -> Target {
    entries.first { $0.target.endpoint == endpoint }?.target ?? Target(id: .stranger, endpoint: endpoint)
  }

  // MARK: Choosing

  /// The endpoint for the next attempt, or when to ask again. Those that are to be avoided are used if no other is to be
  /// had now, those that are `full` not before the time that is given.
  package func choose(
    _ route: Route = .any, avoiding avoided: Set<ID> = [], full: [ID: Instant] = [:], now: Instant
  ) -> Choice {
    if case .only(let target) = route { return .use(target) }
    var lastResort: Target?
    var earliest = Instant.distantFuture
    for step in 0..<entries.count {
      let entry = entries[(current + step) % entries.count]
      if route == .seeds, !entry.isSeed { continue }
      if let until = full[entry.target.id], until > now {
        earliest = min(earliest, until)
        continue
      }
      switch entry.health {
      case .failing(_, _, let retryAt) where retryAt > now:
        earliest = min(earliest, retryAt)
      case .healthy, .failing:
        if !avoided.contains(entry.target.id) { return .use(entry.target) }
        lastResort = lastResort ?? entry.target
      }
    }
    return lastResort.map { .use($0) } ?? .wait(until: earliest)
  }

  // MARK: What came of it

  /// Something that shows life came from the endpoint.
  package mutating func heard(_ id: ID, now: Instant) {
    guard let index = index(of: id) else { return }
    entries[index].lastHeard = now
    entries[index].refusal = nil
  }

  /// An answer from the endpoint named its cluster.
  mutating func named(_ clusterID: UInt64, by id: ID, now: Instant) {
    guard clusterID != 0, let index = index(of: id) else { return }
    entries[index].clusterID = clusterID
    entries[index].namedAt = now
  }

  /// Whether the cluster may still answer at an endpoint other than this one: one that has named it `within` that
  /// time, or that may be tried now, has not failed within that time, and has not named another.
  func mayFind(_ clusterID: UInt64, elsewhereThan id: ID, within patience: Duration, now: Instant) -> Bool {
    entries.contains { entry in
      guard entry.target.id != id, entry.clusterID == 0 || entry.clusterID == clusterID else { return false }
      if let namedAt = entry.namedAt, namedAt + patience >= now { return true }
      return switch entry.health {
      case .healthy: true
      case .failing(_, let since, let retryAt): retryAt <= now && since + patience < now
      }
    }
  }

  /// An attempt was answered. If that `isLocal`, a member without a leader would have answered as well: should the next
  /// attempt fail, it has failed once more.
  package mutating func succeeded(_ id: ID, isLocal: Bool = false, now: Instant) {
    guard let index = index(of: id) else { return }
    if isLocal, case .failing(let count, _, _) = entries[index].health {
      entries[index].failuresBefore = count
    } else if !isLocal {
      entries[index].failuresBefore = 0
    }
    entries[index].health = .healthy
    entries[index].lastHeard = now
    entries[index].lastAnswered = now
    entries[index].refusal = nil
    // Stay with what works: the one before may only have come to the end of its back-off.
    if case .failing = entries[current].health { current = index }
  }

  /// An attempt that began at `startedAt` failed. Attempts that were under way together when the endpoint broke count
  /// as one failure, or a burst of calls would drive its back-off to the maximum at once.
  package mutating func failed(
    _ id: ID, startedAt: Instant, now: Instant, random: inout any RandomNumberGenerator
  ) {
    guard let index = index(of: id) else { return }
    var count = entries[index].failuresBefore
    if case .failing(let before, let since, _) = entries[index].health {
      if startedAt < since { return }
      count = before
    }
    let delay = backoff.delay(afterFailures: count + 1, using: &random)
    entries[index].health = .failing(count: count + 1, since: now, retryAt: now + delay)
    if index == current { current = (current + 1) % entries.count }
  }

  /// The question whether it lives was refused. Returns whether nothing came from there just before either, which is to
  /// say that it is going down.
  package mutating func probeRefused(_ id: ID, because failure: Failure, now: Instant) -> Bool {
    guard let index = index(of: id) else { return false }
    if let heard = entries[index].lastHeard, heard + entries[index].probe.patience > now { return false }
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

  /// What is to be done about it, if anything.
  mutating func tickProbe(
    _ id: ID, hasStreams: Bool, roomAfter: Duration? = nil, now: Instant
  ) -> (action: Probe.Action, target: Target)? {
    guard let index = index(of: id) else { return nil }
    let lastHeard = entries[index].lastHeard
    let action = entries[index].probe.tick(
      lastHeard: lastHeard, hasStreams: hasStreams, roomAfter: roomAfter, now: now)
    return action.map { ($0, entries[index].target) }
  }

  /// Nobody needs to know any more who is still there.
  package mutating func endProbes() {
    for index in entries.indices { entries[index].probe = Probe(interval: probeInterval) }
  }

  package mutating func probeEnded(_ id: ID, now: Instant) {
    if let index = index(of: id) { entries[index].probe.ended(now: now) }
  }
}
