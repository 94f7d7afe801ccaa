import EtcdTransport

/// When etcd is asked who its members are: once something answers, then every so often, and soon after a failover. It is
/// one question to whichever endpoint is current; whatever becomes of it, it is asked again when its time comes.
///
///     off       waiting ──▶ asking ⇄ resting
///                  ▲                    │
///                  └────────────────────┘  its time has come, and nothing answers
///
/// | state | event | guard | becomes | action |
/// |---|---|---|---|---|
/// | waiting | something was answered | | asking | ask |
/// | resting | its time has come | an endpoint answers | asking | ask |
/// | resting | its time has come | all are failing | waiting | |
/// | resting | another endpoint is current | | resting, for a moment from now, or from the last answer | |
/// | asking | a list, or none | | resting | |
/// | any | the cluster is closed | | off | |
///
/// A thousand clients that lost the same member do not ask at once, and one whose endpoints fail in turns does not ask each
/// time.
struct Discovery {
  enum State: Equatable {
    case off
    /// Until something is answered.
    case waiting
    case asking
    case resting(until: Instant)
  }

  /// The least time between a question that was answered and one that a failover is the reason for.
  static let pause = Duration.seconds(5)
  /// The first wait after a failure.
  static let firstWait = Duration.seconds(1)

  private(set) var state: State
  private var interval: Duration
  private var failures = FailureStreak()
  private var lastEnd: Instant?

  init(isOn: Bool, interval: Duration) {
    state = isOn ? .waiting : .off
    self.interval = interval
  }

  /// From now on so.
  mutating func reconfigure(
    isOn: Bool, interval: Duration, now: Instant, random: inout any RandomNumberGenerator
  ) {
    self.interval = interval
    switch state {
    case _ where !isOn: state = .off
    case .off: state = .waiting
    case .resting(let until):
      state = .resting(until: min(until, now + Self.draw(interval * 3 / 4, interval * 5 / 4, &random)))
    case .waiting, .asking: break
    }
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    if case .resting(let until) = state { until } else { nil }
  }

  /// Something was answered. Returns whether it is to be asked.
  mutating func answered() -> Bool {
    guard state == .waiting else { return false }
    state = .asking
    return true
  }

  /// Returns whether it is to be asked.
  mutating func tick(allFailing: Bool, now: Instant) -> Bool {
    guard case .resting(let until) = state, until <= now else { return false }
    state = allFailing ? .waiting : .asking
    return !allFailing
  }

  /// Another endpoint is used from now on: members may have come and gone.
  mutating func moved(now: Instant, random: inout any RandomNumberGenerator) {
    guard case .resting(let until) = state else { return }
    var earliest = now + Self.draw(.zero, min(Self.firstWait, interval), &random)
    if let lastEnd { earliest = max(earliest, lastEnd + min(Self.pause, interval)) }
    state = .resting(until: min(until, earliest))
  }

  /// What became of the question. Returns whether a failure is news.
  mutating func ended(_ failure: Failure?, now: Instant, random: inout any RandomNumberGenerator) -> Bool {
    guard state == .asking else { return false }
    lastEnd = now
    let usual = Self.draw(interval * 3 / 4, interval * 5 / 4, &random)
    guard let failure else {
      failures = FailureStreak()
      state = .resting(until: now + usual)
      return false
    }
    let isNews = failures.add(failure)
    switch failure.remedy {
    case .time:
      let wait = min(interval, Self.firstWait * (1 << min(failures.count - 1, 20)))
      state = .resting(until: now + Self.draw(wait / 2, wait, &random))
    case .intervention, .anotherRequest:
      state = .resting(until: now + usual)
    }
    return isNews
  }

  mutating func end() {
    state = .off
  }

  static func draw(
    _ least: Duration, _ most: Duration, _ random: inout any RandomNumberGenerator
  ) -> Duration {
    let least = max(0, least.wholeNanoseconds)
    return .nanoseconds(Int64.random(in: least...max(least, most.wholeNanoseconds), using: &random))
  }
}
