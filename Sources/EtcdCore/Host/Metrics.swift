import EtcdTransport

/// What has been counted since the cluster was made. What there is now is asked of the rooms (`Gauges`).
package struct Metrics {
  /// How a call of the host's ended.
  package enum Outcome: Int, CaseIterable {
    case ok
    case failed
    /// A write that may have happened.
    case unknown
    case cancelled

    init(_ result: Result<Answer, Failure>) {
      switch result {
      case .success: self = .ok
      case .failure(let failure) where failure.code == .cancelled: self = .cancelled
      case .failure(let failure) where failure.code == .unknownOutcome: self = .unknown
      case .failure: self = .failed
      }
    }

    var name: StaticString {
      switch self {
      case .ok: "ok"
      case .failed: "failed"
      case .unknown: "unknown"
      case .cancelled: "cancelled"
      }
    }
  }

  /// The host's calls of one method.
  struct Calls {
    fileprivate(set) var counts = [UInt64](repeating: 0, count: Outcome.allCases.count)
    fileprivate(set) var latency = Histogram(bounds: Histogram.latencyBounds)

    fileprivate mutating func add(_ outcome: Outcome, _ duration: Duration) {
      counts[outcome.rawValue] &+= 1
      latency.add(duration)
    }
  }

  /// In the order in which they were called first. Each call looks for its own: among the few that a host calls, comparing
  /// short names costs less than a hash.
  private(set) var calls: [(method: String, Calls)] = []
  /// Requests that were sent, the library's own included.
  package private(set) var attempts: UInt64 = 0
  /// Those of them that were sent again.
  package private(set) var retries: UInt64 = 0
  package private(set) var streamsOpened: UInt64 = 0
  /// Of these, for watchers that have had one before.
  package private(set) var streamsReopened: UInt64 = 0
  package private(set) var logIns: UInt64 = 0
  package private(set) var logInsFailed: UInt64 = 0
  package private(set) var moves: UInt64 = 0
  package private(set) var replacements: UInt64 = 0
  package private(set) var batches: UInt64 = 0
  package private(set) var events: UInt64 = 0
  package private(set) var resyncs: UInt64 = 0
  /// Of bodies, as they are on the wire.
  package private(set) var bytesSent: UInt64 = 0
  package private(set) var bytesReceived: UInt64 = 0
  package private(set) var pumps = Histogram(bounds: Histogram.pumpBounds)

  mutating func sent(bytes: Int, again: Bool) {
    attempts &+= 1
    if again { retries &+= 1 }
    bytesSent &+= UInt64(clamping: bytes)
  }

  mutating func opened(bytes: Int, again: Bool) {
    streamsOpened &+= 1
    if again { streamsReopened &+= 1 }
    bytesSent &+= UInt64(clamping: bytes)
  }

  /// Where nobody has to log in, nobody has failed to.
  mutating func logInEnded(_ result: Result<Answer, Failure>) {
    switch result {
    case .success(.authenticate(let response)) where Secret(response.token).isToken: logIns &+= 1
    case .failure(let failure) where failure.reason == .authenticationDisabled || failure.code == .cancelled: break
    case .success, .failure: logInsFailed &+= 1
    }
  }

  mutating func received(bytes: Int) {
    bytesReceived &+= UInt64(clamping: bytes)
  }

  mutating func ended(_ method: String, _ result: Result<Answer, Failure>, after duration: Duration) {
    let index = calls.firstIndex { $0.method == method } ?? calls.endIndex
    if index == calls.endIndex { calls.append((method, Calls())) }
    calls[index].1.add(Outcome(result), duration)
  }

  mutating func moved() { moves &+= 1 }

  mutating func storeReplaced() { replacements &+= 1 }

  mutating func delivered(_ batch: Batch) {
    batches &+= 1
    events &+= UInt64(clamping: batch.events.count)
    if case .snapshot(isLast: true, isResync: true) = batch.origin { resyncs &+= 1 }
  }

  mutating func pumped(for duration: Duration) { pumps.add(duration) }

  /// So many pumps had nothing to do; the time they took is not looked at.
  mutating func pumpedInVain(times: UInt64) { pumps.addNothing(times: times) }

  package func total(_ outcome: Outcome) -> UInt64 {
    calls.reduce(0) { $0 &+ $1.1.counts[outcome.rawValue] }
  }
}

/// How often a duration was at most as long as each bound.
package struct Histogram {
  static let latencyBounds: [Duration] = [
    .milliseconds(1), .milliseconds(2), .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50),
    .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2500), .seconds(5),
    .seconds(10),
  ]
  /// A frame of a game has 16 or 33 ms.
  static let pumpBounds: [Duration] = [
    .microseconds(10), .microseconds(25), .microseconds(50), .microseconds(100), .microseconds(250),
    .microseconds(500), .milliseconds(1), .milliseconds(2), .milliseconds(5), .milliseconds(10), .milliseconds(16),
    .milliseconds(33), .milliseconds(100),
  ]

  let bounds: [Duration]
  /// For each bound, and last for what is longer than all of them: what is longer than the bound before.
  private(set) var counts: [UInt64]
  package private(set) var count: UInt64 = 0
  private(set) var sum = Duration.zero
  private(set) var longest = Duration.zero

  package var sumNanoseconds: UInt64 { UInt64(clamping: sum.wholeNanoseconds) }
  package var longestNanoseconds: UInt64 { UInt64(clamping: longest.wholeNanoseconds) }

  init(bounds: [Duration]) {
    self.bounds = bounds
    counts = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  mutating func addNothing(times: UInt64) {
    counts[0] &+= times
    count &+= times
  }

  mutating func add(_ duration: Duration) {
    // A few at most: a search would cost more.
    counts[bounds.firstIndex { duration <= $0 } ?? bounds.count] &+= 1
    count &+= 1
    sum += duration
    longest = max(longest, duration)
  }
}

/// What there is now.
package struct Gauges: Sendable {
  package var callsWaiting = 0
  package var callsInFlight = 0
  package var keepalives = 0
  package var keepalivesHeld = 0
  package var watchers = 0
  package var watchersLive = 0
  package var streams = 0
  package var deliveriesWaiting = 0
  package var endpoints = 0
  package var endpointsFailing = 0
  /// Until the lease counts as lost; `nil` while there is none.
  var leaseLeft: Duration?
  package var leaseLeftMs: Int64? { leaseLeft?.millisecondsRoundedUp }
  /// The store is known to have come so far.
  package var revision: Int64 = 0
  /// How far behind that the watcher is that is behind most, of those for which something waits.
  package var watchLag: Int64 = 0
}

/// Both at one moment.
package struct MetricsReport {
  package let counted: Metrics
  package let leasesGranted: UInt64
  package let leasesLost: UInt64
  /// Begun, whatever became of them.
  package let connectionsOpened: UInt64
  package let gauges: Gauges
  let state: ClusterState

  package var openMetricsText: String { OpenMetrics(self).text }
}
