import EtcdTransport

/// Exchanges with one server, one after the other, noted for comparison.
final class ConformanceSession {
  struct Problem: Error {
    let text: String
  }

  private let server: any ConformanceServer
  private(set) var exchanges: [Exchange] = []
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

  /// From now on a value, where it is an id of a lease, is called by this name.
  func name(_ value: String, _ name: String) {
    names[value] = name
  }

  /// A plain call, which is not compared.
  @discardableResult
  func post(_ path: String, _ body: String, token: String? = nil) throws -> JSONValue? {
    let answer = try ask(.post, path, body, token)
    return JSONValue(parsing: answer.bytes)
  }

  /// A plain call.
  @discardableResult
  func exchange(
    _ name: String, _ path: String, _ body: String = "{}", method: TransferRequest.Method = .post, token: String? = nil
  ) throws -> JSONValue? {
    let answer = try ask(method, path, body, token)
    exchanges.append(Exchange(name: name, status: answer.status ?? 0, lines: answer.lines, names: names))
    return answer.documents.first
  }

  private func ask(_ method: TransferRequest.Method, _ path: String, _ body: String, _ token: String?) throws -> Answer
  {
    let id = server.transport.start(
      request(method, path, body, token, answer: .whole(limit: 1 << 20), timeout: .seconds(20)))
    answers[id] = Answer()
    try wait("the answer of \(path) to \(body)") { answers[id]?.hasEnded == true }
    let answer = answers.removeValue(forKey: id) ?? Answer()
    if let failure = answer.failure { throw Problem(text: "\(path) \(body): \(failure.message)") }
    return answer
  }

  /// A watch, until so many events have come, or it is cancelled or refused. `during` happens once it says that it was
  /// created, and `history` events have come.
  func watch(
    _ name: String, _ create: String, token: String? = nil, history: Int = 0, events count: Int = 0,
    during body: () throws -> Void = {}
  ) throws {
    let id = server.transport.start(
      request(.post, "watch", "{\"create_request\":\(create)}", token, answer: .streamed, timeout: nil))
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
        return answer.eventCount >= count && count > 0 || answer.isCanceled
      }, { note($0, $1) })
    let answer = answers[id] ?? Answer()
    if let failure = answer.failure { throw Problem(text: "\(name): \(failure.message)") }
    // Where less comes than was waited for, the comparison says what.
    let lines = answer.lines + (cameToItsEnd ? [] : [Array(Exchange.nothingMore.utf8)])
    exchanges.append(Exchange(name: name, status: answer.status ?? 0, lines: lines, names: names))
  }

  private func request(
    _ method: TransferRequest.Method, _ path: String, _ body: String, _ token: String?, answer: TransferRequest.Answer,
    timeout: Duration?
  ) -> TransferRequest {
    TransferRequest(
      method: method, url: server.url + "/v3/" + path, headers: token.map { [("Authorization", $0)] } ?? [],
      body: Array(body.utf8), answer: answer, connectTimeout: .seconds(5), timeout: timeout)
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
