import EtcdTransport

/// Where etcd is, as SRV records say: when that is asked, and what follows from the answers for the endpoints.
///
///     off       resting ⇄ asking
///
/// | state | event | guard | becomes | action |
/// |---|---|---|---|---|
/// | resting | its time has come | | asking | ask for all names |
/// | resting | no endpoint answers | asked a while ago | resting, for a moment from now | |
/// | asking | the last of the answers | it names an endpoint | resting | tell |
/// | asking | the last of the answers | it names none, or one is lacking | resting, for as long as the back-off says | tell |
/// | any | the cluster is closed | | off | |
///
/// The answer to a name that nobody gave an answer to is the one that was given last: a name server that is gone takes no
/// endpoint away.
struct ServiceLookup {
  enum State: Equatable {
    case off
    case asking(Set<String>)
    case resting(until: Instant)
  }

  /// What has come of asking.
  struct Finding {
    /// In the order in which they are to be tried. Empty: nobody knows.
    var endpoints: [Endpoint]
    /// Whether all names were answered: what is not among the endpoints is not named any more.
    var isWhole: Bool
    var failure: Failure?
    /// Whether the host is to be told of the failure.
    var isNews = false
  }

  /// Of more records only so many are looked at; etcd's own advice is seven members.
  static let mostRecords = 64
  /// The least time between two questions, though nothing answers.
  static let pause = Duration.seconds(5)

  private(set) var state: State
  private let questions: [ServiceDomain.Question]
  private var interval: Duration
  private var backoff: Backoff
  private var known: [String: [Endpoint]] = [:]
  private var problems: [String: String] = [:]
  private var streak = FailureStreak()
  private var lastEnd: Instant?

  init(_ domains: [ServiceDomain], interval: Duration, backoff: Backoff) {
    var questions: [ServiceDomain.Question] = []
    for question in domains.flatMap(\.questions) where !questions.contains(question) { questions.append(question) }
    self.questions = questions
    self.interval = interval
    self.backoff = backoff
    state = questions.isEmpty ? .off : .resting(until: Instant(nanoseconds: .min))
  }

  var isOn: Bool { state != .off }

  /// From the next question on.
  mutating func reconfigure(interval: Duration, backoff: Backoff, isAskedAnew: Bool, now: Instant) {
    self.interval = interval
    self.backoff = backoff
    if isAskedAnew, case .asking = state { state = .resting(until: now) }
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    if case .resting(let until) = state { until } else { nil }
  }

  /// The names that are to be asked for now.
  mutating func tick(now: Instant) -> [String] {
    guard case .resting(let until) = state, until <= now else { return [] }
    let names = questions.map(\.name)
    state = .asking(Set(names))
    return names
  }

  /// No endpoint answers: there may be others by now. Returns whether it is to be woken at another time.
  mutating func nothingAnswers(now: Instant) -> Bool {
    guard case .resting(let until) = state, let lastEnd else { return false }
    let earliest = max(now, lastEnd + min(Self.pause, interval))
    guard earliest < until else { return false }
    state = .resting(until: earliest)
    return true
  }

  /// What was said of one of the names. Returns what follows when it was the last one that was asked for.
  mutating func answered(
    _ name: String, _ answer: ServiceAnswer, now: Instant, random: inout any RandomNumberGenerator
  ) -> Finding? {
    guard case .asking(var names) = state, names.remove(name) != nil,
      let question = questions.first(where: { $0.name == name })
    else { return nil }
    switch answer {
    case .records(let records):
      known[name] = Self.endpoints(records, question.scheme, random: &random)
      problems[name] = nil
    case .failed(let problem):
      problems[name] = problem
    }
    state = .asking(names)
    return names.isEmpty ? finish(now: now, random: &random) : nil
  }

  private mutating func finish(now: Instant, random: inout any RandomNumberGenerator) -> Finding {
    lastEnd = now
    var endpoints: [Endpoint] = []
    for endpoint in questions.flatMap({ known[$0.name] ?? [] }) where !endpoints.contains(endpoint) {
      endpoints.append(endpoint)
    }
    var finding = Finding(endpoints: endpoints, isWhole: problems.isEmpty && !endpoints.isEmpty)
    guard finding.isWhole else {
      let failure = Failure(.unavailable, reason(isNamed: !endpoints.isEmpty))
      finding.failure = failure
      finding.isNews = streak.add(failure)
      state = .resting(until: now + backoff.delay(after: streak, using: &random))
      return finding
    }
    streak = FailureStreak()
    state = .resting(until: now + Discovery.draw(interval * 3 / 4, interval * 5 / 4, &random))
    return finding
  }

  private func reason(isNamed: Bool) -> String {
    let failed = questions.compactMap { question in problems[question.name].map { "\(question.name) (\($0))" } }
    if !failed.isEmpty { return "no answer for the SRV records of \(failed.joined(separator: " and "))" }
    return "there are no SRV records of \(questions.map(\.name).joined(separator: " or "))"
  }

  /// Those of the least priority first; of one priority each first as often as its weight says.
  private static func endpoints(
    _ records: [ServiceRecord], _ scheme: String, random: inout any RandomNumberGenerator
  ) -> [Endpoint] {
    var rest = records.sorted { $0.priority < $1.priority }.prefix(mostRecords)[...]
    var endpoints: [Endpoint] = []
    while let first = rest.first {
      var equals = Array(rest.prefix { $0.priority == first.priority })
      rest = rest.dropFirst(equals.count)
      while !equals.isEmpty {
        let record = equals.remove(at: draw(equals, random: &random))
        // The root, and port 0, say that the service is not there.
        guard let endpoint = try? Endpoint(parsing: "\(scheme)://\(record.host):\(record.port)") else { continue }
        if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
      }
    }
    return endpoints
  }

  /// The position of one that is drawn by weight. What has none counts a little, so that it comes at all.
  private static func draw(_ records: [ServiceRecord], random: inout any RandomNumberGenerator) -> Int {
    let weights = records.map { max(1, min(65_535, $0.weight) * 16) }
    var number = Int.random(in: 0..<max(1, weights.reduce(0, +)), using: &random)
    for (index, weight) in weights.enumerated() {
      if number < weight { return index }
      number -= weight
    }
    return 0
  }

  /// Nobody needs to know any more.
  mutating func end() {
    state = .off
  }
}
