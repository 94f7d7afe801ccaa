import EtcdTransport

/// Exchanges with one server, one after the other, noted for comparison.
final class ConformanceSession {
  struct Problem: Error {
    let text: String
  }

  private let server: any ConformanceServer
  private var notes: [(name: String, status: Int?, lines: [[UInt8]])] = []
  /// What stands for values that the server has chosen.
  private var names: [String: String] = [:]
  private var answers: [TransferID: Answer] = [:]

  private struct Answer {
    var status: Int?
    var bytes: [UInt8] = []
    var hasEnded = false
    var failure: TransferFailure?

    var lines: [[UInt8]] { bytes.split(separator: UInt8(ascii: "\n")).map(Array.init) }

    var documents: [JSONValue] { lines.compactMap { JSONValue(parsing: $0) } }

    private var results: [JSONValue] { documents.compactMap { $0["result"] } }

    var eventCount: Int { results.reduce(0) { $0 + ($1["events"]?.elements.count ?? 0) } }

    var isCanceled: Bool { results.contains { $0["canceled"] == .bool(true) } }
  }

  init(_ server: any ConformanceServer) {
    self.server = server
  }

  /// What came of each, in order.
  var exchanges: [Exchange] {
    notes.map { Exchange(name: $0.name, status: $0.status ?? 0, lines: $0.lines, names: names) }
  }

  /// A value, where it is an id of a lease, is called by this name.
  func name(_ value: String, _ name: String) {
    names[value] = name
  }

  /// A plain call, which is not compared.
  @discardableResult
  func post(_ path: String, _ body: String, token: String? = nil) throws -> JSONValue? {
    let answer = try ask(request(.post, path, body, headers(token: token)))
    return JSONValue(parsing: answer.bytes)
  }

  /// A plain call.
  @discardableResult
  func exchange(
    _ name: String, _ path: String, _ body: String = "{}", method: RequestHead.Method = .post, token: String? = nil,
    needsLeader: Bool = false
  ) throws -> JSONValue? {
    let answer = try ask(request(method, path, body, headers(token: token, needsLeader: needsLeader)))
    notes.append((name, answer.status, answer.lines))
    return answer.documents.first
  }

  /// A call that some builds never answer: that none has come after two seconds counts as the answer.
  func exchangeIfAnswered(_ name: String, _ path: String, _ body: String) throws {
    let answer = try askUnlessSilent(request(.post, path, body, [], timeout: .seconds(2)))
    let lines = answer?.lines ?? [Array(Exchange.nothing.utf8)]
    notes.append((name, answer?.status, lines))
  }

  private func ask(_ request: TransferRequest) throws -> Answer {
    guard let answer = try askUnlessSilent(request) else { throw Problem(text: "no answer: \(Self.summary(request))") }
    return answer
  }

  private func askUnlessSilent(_ request: TransferRequest) throws -> Answer? {
    let id = server.transport.start(request)
    answers[id] = Answer()
    try wait("the answer to \(Self.summary(request))") { answers[id]?.hasEnded == true }
    let answer = answers.removeValue(forKey: id) ?? Answer()
    if answer.failure?.kind == .timeout, answer.bytes.isEmpty { return nil }
    if let failure = answer.failure { throw Problem(text: "\(failure.message): \(Self.summary(request))") }
    return answer
  }

  private static func summary(_ request: TransferRequest) -> String {
    request.url + " " + String(decoding: request.body, as: UTF8.self)
  }

  /// A watch, until so many events have come or, where that is no measure, so many lines; or until it is cancelled or
  /// refused. `during` happens once it says that it was created, and `history` events have come.
  func watch(
    _ name: String, _ create: String, token: String? = nil, needsLeader: Bool = false, history: Int = 0,
    events count: Int = 0, lines: Int = .max, during body: () throws -> Void = {}
  ) throws {
    let id = server.transport.start(
      request(
        .post, "watch", "{\"create_request\":\(create)}", headers(token: token, needsLeader: needsLeader),
        answer: .streamed, timeout: nil))
    answers[id] = Answer()
    defer {
      server.transport.cancel(id)
      answers[id] = nil
    }
    try wait("the beginning of: \(name)") {
      answers[id].map { $0.hasEnded || !$0.documents.isEmpty && $0.eventCount >= history } ?? true
    }
    try body()
    let cameToItsEnd = server.wait(
      until: {
        guard let answer = answers[id], !answer.hasEnded else { return true }
        return answer.eventCount >= count && count > 0 || answer.isCanceled || answer.lines.count >= lines
      }, { note($0, $1) })
    let answer = answers[id] ?? Answer()
    if let failure = answer.failure { throw Problem(text: "\(name): \(failure.message)") }
    // Where less comes than was waited for, the comparison says what.
    let told = answer.lines + (cameToItsEnd ? [] : [Array(Exchange.nothingMore.utf8)])
    notes.append((name, answer.status, told))
  }

  private func headers(token: String?, needsLeader: Bool = false) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    if let token { headers.append(("Authorization", token)) }
    if needsLeader { headers.append(("Grpc-Metadata-hasleader", "true")) }
    return headers
  }

  private func request(
    _ method: RequestHead.Method, _ path: String, _ body: String, _ headers: [(name: String, value: String)],
    answer: TransferRequest.Answer = .whole(limit: 1 << 20), timeout: Duration? = .seconds(20)
  ) -> TransferRequest {
    TransferRequest(
      method: method, url: server.url + "/v3/" + path, headers: headers, body: Array(body.utf8), answer: answer,
      connectTimeout: .seconds(5), timeout: timeout)
  }

  private func wait(_ what: String, until condition: () -> Bool) throws {
    guard server.wait(until: condition, { note($0, $1) }) else {
      let seen = answers.values.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: " ")
      throw Problem(text: "did not come: \(what); what came is: \(seen)")
    }
  }

  private func note(_ id: TransferID, _ event: TransferEvent) {
    switch event {
    case .opened(let status, _): answers[id]?.status = status
    case .received(let bytes): answers[id]?.bytes += bytes
    case .completed(let status, let body, _):
      answers[id]?.status = status
      answers[id]?.bytes += body
      answers[id]?.hasEnded = true
    case .failed(let failure):
      answers[id]?.failure = failure
      answers[id]?.hasEnded = true
    }
  }
}
