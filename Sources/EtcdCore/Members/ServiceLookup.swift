import EtcdTransport

/// Where etcd is, as SRV records say: when that is asked, and what follows from the answers for the endpoints.
///
///     off       resting ⇄ asking
///
/// | state | event | guard | becomes | action |
/// |---|---|---|---|---|
/// | resting | its time has come | | asking | ask for all names |
/// | resting | no endpoint answers | asked a while ago | resting, for a moment from now | |
/// | asking | the last of the answers | it names an endpoint | resting, for as long as it may be believed | tell |
/// | asking | the last of the answers | it names none, or one is lacking | resting, for as long as the back-off says | tell |
/// | any | other domains are configured | | resting, until now | forget what others named |
/// | any | none are configured, or the cluster is closed | | off | |
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
  /// The least time between two questions, though nothing answers, and though what was said may be believed for less.
  static let pause = Duration.seconds(5)

  private(set) var state: State
  private var questions: [ServiceDomain.Question]
  private var interval: Duration
  private var backoff: Backoff
  private var known: [String: [Endpoint]] = [:]
  private var problems: [String: String] = [:]
  private var streak = FailureStreak()
  private var lastEnd: Instant?
  /// For how many seconds all that was answered this time may be believed.
  private var life = ServiceRecord.longestTTL

  init(_ domains: [ServiceDomain], interval: Duration, backoff: Backoff) {
    questions = Self.questions(of: domains)
    self.interval = interval
    self.backoff = backoff
    state = questions.isEmpty ? .off : .resting(until: Instant(nanoseconds: .min))
  }

  private static func questions(of domains: [ServiceDomain]) -> [ServiceDomain.Question] {
    var questions: [ServiceDomain.Question] = []
    for question in domains.flatMap(\.questions) where !questions.contains(question) { questions.append(question) }
    return questions
  }

  var isOn: Bool { state != .off }

  /// What was named under the names that are asked for, in the order in which it is to be tried.
  var named: [Endpoint] {
    var endpoints: [Endpoint] = []
    for endpoint in questions.flatMap({ known[$0.name] ?? [] }) where !endpoints.contains(endpoint) {
      endpoints.append(endpoint)
    }
    return endpoints
  }

  /// From the next question on, which is now if the domains are others. Returns whether they are.
  mutating func reconfigure(
    _ domains: [ServiceDomain], interval: Duration, backoff: Backoff, isAskedAnew: Bool, now: Instant
  ) -> Bool {
    self.interval = interval
    self.backoff = backoff
    let before = questions
    questions = Self.questions(of: domains)
    if questions == before {
      if isAskedAnew, case .asking = state { state = .resting(until: now) }
      return false
    }
    let names = Set(questions.map(\.name))
    known = known.filter { names.contains($0.key) }
    problems = problems.filter { names.contains($0.key) }
    streak = FailureStreak()
    state = questions.isEmpty ? .off : .resting(until: now)
    return true
  }

  /// When `tick` has something to do.
  var wakeTime: Instant? {
    if case .resting(let until) = state { until } else { nil }
  }

  /// The names that are to be asked for now.
  mutating func tick(now: Instant) -> [String] {
    guard case .resting(let until) = state, until <= now else { return [] }
    let names = questions.map(\.name)
    life = ServiceRecord.longestTTL
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
      life = min(life, records.map(\.ttl).min() ?? life)
    case .failed(let problem):
      problems[name] = problem
    }
    state = .asking(names)
    return names.isEmpty ? finish(now: now, random: &random) : nil
  }

  private mutating func finish(now: Instant, random: inout any RandomNumberGenerator) -> Finding {
    lastEnd = now
    let endpoints = named
    var finding = Finding(endpoints: endpoints, isWhole: problems.isEmpty && !endpoints.isEmpty)
    guard finding.isWhole else {
      let failure = Failure(.unavailable, reason(isNamed: !endpoints.isEmpty))
      finding.failure = failure
      finding.isNews = streak.add(failure)
      state = .resting(until: now + backoff.delay(after: streak, using: &random))
      return finding
    }
    streak = FailureStreak()
    state = .resting(until: now + rest(&random))
    return finding
  }

  /// As long as what was said may be believed, and somewhat longer, so that not all who share a name server's memory ask
  /// at once when it forgets; no longer than the interval, and no shorter than the pause.
  private func rest(_ random: inout any RandomNumberGenerator) -> Duration {
    let longest = Discovery.draw(interval * 3 / 4, interval * 5 / 4, &random)
    let believed = max(Duration.seconds(life), Self.pause)
    return believed < longest ? min(longest, Discovery.draw(believed, believed * 5 / 4, &random)) : longest
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
