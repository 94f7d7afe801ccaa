import EtcdPacker
import EtcdTransport

/// Whether the keys that are held still are as their keepalives left them: an operator may have deleted one, or a program
/// that respects no claims have written over it, and etcd tells nobody. They are asked for every so often, and at once
/// after a failover, many in one request that does nothing but compare.
///
///     idle ──▶ resting ──▶ asking ──▶ resting ...      nothing is held, and nothing is to be hunted: idle
///
/// | state | event | becomes | action |
/// |---|---|---|---|
/// | idle | a key is held | resting | |
/// | resting | its time has come, or another endpoint is current | asking | ask for the first batch |
/// | asking | an answer | asking, or resting after the last batch | whoever it is about is told; the next batch |
/// | asking | no answer | resting | what was to be asked is asked in the next round |
///
/// A claim of unknown outcome whose keepalive has been removed may still get through, for as long as the lease lives. Such
/// strays are asked for too, and deleted.
struct Verification {
  enum State: Equatable {
    case idle
    /// Without a time: until a failover.
    case resting(until: Instant?)
    case asking
    case ended
  }

  /// What is believed of a key.
  struct Belief: Equatable {
    /// `nil`: nobody's. That it is not bound to the lease is what is believed.
    let owner: KeepaliveID?
    let key: [UInt8]
    let version: Keepalive.Version

    fileprivate var compare: Compare {
      if owner == nil { return Compare(range: .single(key), target: .lease(version.lease), result: .notEqual) }
      return Compare(range: .single(key), target: .mod(version.modRevision))
    }

    fileprivate func isTrue(of found: KeyValue?) -> Bool {
      owner == nil ? found?.lease != version.lease : found?.modRevision == version.modRevision
    }
  }

  /// What turned out not to be so, and what is there instead; its value only where it is a stray.
  struct Finding: Equatable {
    let belief: Belief
    let found: KeyValue?
  }

  /// etcd's default for `--max-txn-ops`.
  private static let batchMax = 128
  /// A key is twice in a request, in base64.
  private static let batchBytes = 128 << 10
  /// So many keys that may not be read, and a round has seen enough.
  private static let refusalsMax = 8
  /// Endpoints that fail in turns are no reason to ask all the time.
  private static let pause = Duration.milliseconds(500)

  private(set) var state = State.idle
  private var interval: Duration
  /// Still to be asked for in this round, the next one last.
  private var line: [Belief] = []
  private var batch: [Belief] = []
  private var batchLimit = Self.batchMax
  /// In this round.
  private var refusals = 0
  private var begunAt: Instant?
  private var hasMoved = false
  private var streak = FailureStreak()

  /// An `interval` of zero: after failovers only.
  init(interval: Duration) {
    self.interval = interval
  }

  /// From now on so.
  mutating func reconfigure(interval: Duration, now: Instant, random: inout any RandomNumberGenerator) {
    guard interval != self.interval else { return }
    self.interval = interval
    if case .resting = state { rest(now: now, random: &random) }
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    if case .resting(let until) = state { until } else { nil }
  }

  /// There is something to be verified.
  mutating func need(now: Instant) {
    if state == .idle { state = .resting(until: interval == .zero ? nil : now + interval * 3 / 4) }
  }

  /// Another endpoint is current: what happened meanwhile?
  mutating func moved(now: Instant) {
    switch state {
    case .idle, .ended: break
    case .resting: state = .resting(until: soon(now))
    case .asking: hasMoved = true
    }
  }

  /// A round begins, if it is time for one.
  mutating func tick(_ beliefs: [Belief], now: Instant) -> TxnRequest? {
    guard case .resting(let until?) = state, until <= now else { return nil }
    line = beliefs.reversed()
    begunAt = now
    batchLimit = Self.batchMax
    refusals = 0
    hasMoved = false
    state = line.isEmpty ? .idle : .asking
    return next()
  }

  /// Returns what turned out not to be so, and whether the failure is worth a line in the log.
  mutating func answered(_ result: Result<Answer, Failure>) -> (findings: [Finding], news: Failure?) {
    guard state == .asking else { return ([], nil) }
    let asked = batch
    batch = []
    switch result {
    case .success(.txn(let response)) where response.succeeded || response.responses.count == asked.count:
      if refusals == 0 { streak = FailureStreak() }
      batchLimit = min(2 * batchLimit, Self.batchMax)
      if response.succeeded { return ([], nil) }
      let findings = zip(asked, response.responses).compactMap { belief, answer -> Finding? in
        guard case .range(let range) = answer else { return nil }
        return belief.isTrue(of: range.kvs.first) ? nil : Finding(belief: belief, found: range.kvs.first)
      }
      return (findings, nil)
    case .success:
      return ([], failed(Failure(.protocol, "the answer lacks what was compared")))
    // A server may take fewer operations in a transaction, or smaller ones, the answer may be more than the host takes, and
    // one key that may not be read is no reason to look at none.
    case .failure(let failure)
    where failure.remedy == .anotherRequest || failure.code == .permissionDenied || failure.code == .tooLarge:
      if asked.count > 1 {
        batchLimit = asked.count / 2
        line += asked.reversed()
        return ([], nil)
      }
      refusals += 1
      if refusals < Self.refusalsMax { return ([], streak.add(failure) ? failure : nil) }
      return ([], failed(failure))
    case .failure(let failure):
      return ([], failed(failure))
    }
  }

  private mutating func failed(_ failure: Failure) -> Failure? {
    line = []
    return streak.add(failure) ? failure : nil
  }

  /// The next request of the round; without one, it has ended.
  mutating func goOn(now: Instant, random: inout any RandomNumberGenerator) -> TxnRequest? {
    guard state == .asking else { return nil }
    if let request = next() { return request }
    rest(now: now, random: &random)
    if hasMoved { moved(now: now) }
    return nil
  }

  /// Nothing is verified any more.
  mutating func end() {
    line = []
    batch = []
    state = .ended
  }

  private mutating func rest(now: Instant, random: inout any RandomNumberGenerator) {
    state = .resting(until: nil)
    if interval == .zero { return }
    // Within the interval, and not all processes at once.
    let most = interval.wholeNanoseconds
    state = .resting(until: now + .nanoseconds(Int64.random(in: most / 2...most * 3 / 4, using: &random)))
  }

  private func soon(_ now: Instant) -> Instant { begunAt.map { max(now, $0 + Self.pause) } ?? now }

  private mutating func next() -> TxnRequest? {
    var bytes = 0
    while batch.count < batchLimit, let belief = line.last {
      bytes += belief.key.count
      if bytes > Self.batchBytes, !batch.isEmpty { break }
      batch.append(belief)
      line.removeLast()
    }
    if batch.isEmpty { return nil }
    return TxnRequest(
      compare: batch.map(\.compare), success: [],
      // Only of strays the value says something.
      failure: batch.map { .range(RangeRequest(range: .single($0.key), keysOnly: $0.owner != nil)) })
  }
}
