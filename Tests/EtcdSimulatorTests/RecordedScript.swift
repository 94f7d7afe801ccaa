@testable import EtcdSimulator

/// Plays to a simulated etcd what a real one was asked when it was recorded.
final class RecordedScript {
  /// Of the paths that are simulated, what is asked there that is not.
  private static let notSimulated: Set<String> = [
    // The packer, which reads requests here, takes the one alphabet that etcd writes.
    "url-safe base64",
    "put ignore_value absent", "range keys only sorted", "no quorum: range timeout 2S",
    // Where answers are split is drawn by chance.
    "watch fragment",
    // Alarms, and limits on size.
    "put no space", "put too large",
    // Users who may do some things only, or are deleted.
    "range denied key, token u", "watch denied, token u", "range with the token of a deleted user",
  ]
  /// What happened while a watch was open stands before it.
  private static let during: [String: [String]] = [
    "watch live": ["put b9", "delete b9"],
    "watch when the user is deleted": ["user delete", "put as root"],
  ]
  /// From here on there is another cluster.
  private static let beginningOfThreeMembers = "member add learner"
  private static let electionTimeout = Duration.milliseconds(500)

  private let entries: [Recording.Entry]
  private var server: SimulatedServer
  private var session: ConformanceSession
  /// What the recorded server chose, and what the simulated one has chosen for it.
  private var chosen: [String: String] = [:]
  private var names: [String: String] = [:]
  private var played: [Recording.Entry] = []
  private(set) var simulated: [Exchange] = []
  private(set) var violations: [Violation] = []

  init(_ recording: Recording, _ dialect: Dialect) throws {
    entries = recording.entries
    server = SimulatedServer(dialect, electionTimeout: Self.electionTimeout)
    session = ConformanceSession(server)
    let within = Set(Self.during.values.joined())
    for entry in entries {
      if entry.name == Self.beginningOfThreeMembers {
        finish()
        server = SimulatedServer(dialect, members: 3, slots: 4, electionTimeout: Self.electionTimeout)
        session = ConformanceSession(server)
      }
      // What belongs into a watch comes with it.
      if let watch = Self.during.first(where: { $0.value.first == entry.name })?.key {
        try entries.first { $0.name == watch }.map(play)
      } else if !within.contains(entry.name), Self.during[entry.name] == nil {
        try play(entry)
      }
    }
    finish()
  }

  /// What was played, as it was recorded.
  var recorded: [Exchange] {
    played.map { entry in
      let lines = entry.status == nil ? [Array(Exchange.nothing.utf8)] : entry.documents
      return Exchange(name: entry.name, status: entry.status ?? 0, lines: lines, names: names)
    }
  }

  private func finish() {
    if let violation = server.violation { violations.append(violation) }
    simulated += session.exchanges
  }

  private func play(_ entry: Recording.Entry) throws {
    if operate(entry) { return }
    guard let path = simulatedPath(of: entry), !Self.notSimulated.contains(entry.name) else { return }
    let body = rewritten(entry.request)
    let token = entry.token.map { chosen[$0] ?? $0 }
    if path == "auth/authenticate", let token = recordedField("token", of: entry) {
      // Whoever it was, there is one user here.
      let answer = try session.exchange(entry.name, path, Self.credentials)
      chosen[token] = answer?["token"]?.text
    } else if entry.status == nil {
      try session.exchangeIfAnswered(entry.name, path, body)
    } else if path == "watch" {
      try watch(entry, body, token)
    } else {
      let answer = try session.exchange(entry.name, path, body, token: token, needsLeader: entry.needsLeader)
      choose(entry, answer)
    }
    played.append(entry)
  }

  private func watch(_ entry: Recording.Entry, _ body: String, _ token: String?) throws {
    let create = body.dropFirst("{\"create_request\": ".count).dropLast()
    let results = entry.documents.compactMap { JSONValue(parsing: $0)?["result"] }
    let events = results.reduce(0) { $0 + ($1["events"]?.elements.count ?? 0) }
    try session.watch(
      entry.name, String(create), token: token, needsLeader: entry.needsLeader, events: events,
      lines: events > 0 ? .max : entry.documents.count
    ) {
      for name in Self.during[entry.name] ?? [] {
        for entry in entries where entry.name == name { try play(entry) }
      }
      if entry.name == "watch with hasleader when the quorum is lost" {
        for member in 1...2 { server.etcd.members[member].crash(gracefully: false) }
      }
    }
  }

  /// What operators do is not asked for by requests here. Whether this was it.
  private func operate(_ entry: Recording.Entry) -> Bool {
    switch entry.name {
    case "auth enable": server.etcd.changeAuth(.enable)
    case "auth disable": server.etcd.changeAuth(.disable)
    case "member add learner": server.etcd.reconfigure(.add(3, asLearner: true))
    default: return false
    }
    // Every member has heard of it before the next request comes.
    server.wait(.milliseconds(100))
    return true
  }

  /// Below the prefix; `nil` if nothing is simulated there.
  private func simulatedPath(of entry: Recording.Entry) -> String? {
    let path = entry.path.replacing("/v3beta/", with: "/v3/")
    // The version alone is asked for with GET, which a session does not.
    let isRoute = GatewayRoute(rawValue: path).map { $0 != .version } ?? false
    return isRoute || entry.name == "no such path" ? String(path.dropFirst("/v3/".count)) : nil
  }

  private func rewritten(_ request: String) -> String {
    chosen.reduce(request) { $0.replacing($1.key, with: $1.value) }
  }

  /// A lease whose id was left to the server is known by a name from now on.
  private func choose(_ entry: Recording.Entry, _ answer: JSONValue?) {
    guard entry.path == "/v3/lease/grant", !entry.request.contains("\"ID\""), let id = recordedField("ID", of: entry),
      let own = answer?["ID"]?.text
    else { return }
    chosen[id] = own
    names[id] = "lease of: \(entry.name)"
    session.name(own, "lease of: \(entry.name)")
  }

  private func recordedField(_ name: String, of entry: Recording.Entry) -> String? {
    entry.documents.first.flatMap { JSONValue(parsing: $0)?[name]?.text }
  }

  private static let credentials = "{\"name\":\"\(Authority.name)\",\"password\":\"\(Authority.password)\"}"
}
