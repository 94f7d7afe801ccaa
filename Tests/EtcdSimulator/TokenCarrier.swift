import EtcdPacker
import EtcdTransport

/// A transport that authenticates for a core that cannot yet: it gets a token for each endpoint, adds it to requests,
/// and repeats a request, once, that was refused for its token. The core sees nothing of it but the time it takes.
///
/// It stands in for what the core will do itself, and goes when it does.
final class TokenCarrier: Transport {
  private let inner: SimulatedTransport
  private var nextID: UInt64 = 1
  private var errands: [TransferID: Errand] = [:]
  /// Which errand a transfer of the inner transport belongs to.
  private var errandOfTransfer: [TransferID: TransferID] = [:]
  private var endpointOfLogin: [TransferID: String] = [:]
  private var endpoints: [String: Access] = [:]

  /// A request of the core's, from its start to its end.
  private struct Errand {
    let request: TransferRequest
    let endpoint: String
    let deadline: Instant?
    /// `nil` while it waits for a token.
    var transfer: TransferID?
    var token: String?
    var wasRepeated = false
    /// The beginning of a stream, kept until its first document has shown that it was not refused.
    var beginning: Beginning?
  }

  private struct Beginning {
    var events: [TransferEvent] = []
    var framer: StreamFramer
  }

  /// How an endpoint is talked to.
  private enum Access {
    /// One request for a token is under way at a time; errands wait for it in the order of their ids.
    case asking(login: TransferID)
    case token(String)
    /// Authentication is off there.
    case free
  }

  init(_ inner: SimulatedTransport) {
    self.inner = inner
  }

  var now: Instant { inner.now }

  /// The core's. An errand that waits for a token may have to end before.
  var wakeTime: Instant? {
    didSet { updateWakeTime() }
  }

  private func updateWakeTime() {
    let deadlines = errands.values.compactMap { $0.transfer == nil ? $0.deadline : nil }
    inner.wakeTime = (deadlines + [wakeTime].compactMap(\.self)).min()
  }

  // MARK: What the core asks for

  func start(_ request: TransferRequest) -> TransferID {
    let id = TransferID(rawValue: nextID)
    nextID += 1
    let scheme = "http://"
    let endpoint = scheme + request.url.dropFirst(scheme.count).prefix { $0 != "/" }
    errands[id] = Errand(request: request, endpoint: endpoint, deadline: request.timeout.map { now + $0 })
    send(id)
    return id
  }

  func cancel(_ id: TransferID) {
    guard let errand = errands.removeValue(forKey: id) else { return }
    if let transfer = errand.transfer {
      errandOfTransfer[transfer] = nil
      inner.cancel(transfer)
    }
    abandonLogin(errand.endpoint)
    updateWakeTime()
  }

  func pause(_ id: TransferID) {
    if let transfer = errands[id]?.transfer { inner.pause(transfer) }
  }

  func resume(_ id: TransferID) {
    if let transfer = errands[id]?.transfer { inner.resume(transfer) }
  }

  func run(_ handle: (TransferID, TransferEvent) -> Void) {
    inner.run { transfer, event in
      if let endpoint = endpointOfLogin.removeValue(forKey: transfer) {
        loginEnded(endpoint, event, handle)
      } else if let id = errandOfTransfer[transfer] {
        take(event, of: id, handle)
      }
    }
    for (id, errand) in waiting() where errand.deadline.map({ $0 <= now }) == true {
      end(id, .failed(unsent(.timeout, "no token in time")), handle)
      abandonLogin(errand.endpoint)
    }
    updateWakeTime()
  }

  // MARK: Errands

  private func waiting(for endpoint: String? = nil) -> [(id: TransferID, errand: Errand)] {
    errands.filter { $0.value.transfer == nil && (endpoint == nil || $0.value.endpoint == endpoint) }
      .sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  /// Sends it, or lets it wait for a token.
  private func send(_ id: TransferID) {
    guard var errand = errands[id] else { return }
    var request = errand.request
    switch endpoints[errand.endpoint] {
    case .asking: return updateWakeTime()
    case nil:
      logIn(errand)
      return updateWakeTime()
    case .token(let token):
      errand.token = token
      request.headers.append((name: "Authorization", value: token))
    case .free: errand.token = nil
    }
    if let deadline = errand.deadline {
      let left = deadline - now
      // Its time was up while it waited: `run` ends it.
      guard left > .zero else { return updateWakeTime() }
      request.timeout = left
      request.connectTimeout = min(request.connectTimeout, left)
    }
    if case .streamed = request.answer {
      errand.beginning = Beginning(framer: StreamFramer(limit: min(65_536, inner.answerLimit)))
    }
    let transfer = inner.start(request)
    errand.transfer = transfer
    errands[id] = errand
    errandOfTransfer[transfer] = id
  }

  private func end(_ id: TransferID, _ event: TransferEvent, _ handle: (TransferID, TransferEvent) -> Void) {
    guard let errand = errands.removeValue(forKey: id) else { return }
    if let transfer = errand.transfer { errandOfTransfer[transfer] = nil }
    handle(id, event)
  }

  private func take(_ event: TransferEvent, of id: TransferID, _ handle: (TransferID, TransferEvent) -> Void) {
    if errands[id]?.beginning != nil { return takeBeginning(event, of: id, handle) }
    switch event {
    case .opened, .received: handle(id, event)
    case .completed(let status, let body, _):
      if status != 200, Self.isRefusal(ServerError.decode(status: status, body: body).message), repeats(id) { return }
      end(id, event, handle)
    case .failed: end(id, event, handle)
    }
  }

  private func takeBeginning(
    _ event: TransferEvent, of id: TransferID, _ handle: (TransferID, TransferEvent) -> Void
  ) {
    errands[id]?.beginning?.events.append(event)
    switch event {
    case .opened(200, _): return
    case .received(let bytes):
      errands[id]?.beginning?.framer.append(bytes)
      guard errands[id]?.beginning?.framer.hasDocument == true else { return }
      let document = try? errands[id]?.beginning?.framer.next { json throws(PackerError) in
        try StreamDocument<WatchResponse>.decode(json)
      }
      if case .result(let response)? = document, response.created, response.canceled, repeats(id) { return }
    case .opened, .completed, .failed: break
    }
    let events = errands[id]?.beginning?.events ?? []
    errands[id]?.beginning = nil
    for event in events {
      // The core may cancel it at any of them.
      if errands[id] != nil { take(event, of: id, handle) }
    }
  }

  /// etcd's words for a request that it has not carried out because of its token.
  private static func isRefusal(_ message: String) -> Bool {
    ["invalid auth token", "user name is empty", "revision of auth store is old", "auth: revision in header is old"]
      .contains { message.contains($0) }
  }

  /// Sends it once more, with a new token. False if it was repeated before.
  private func repeats(_ id: TransferID) -> Bool {
    guard var errand = errands[id], !errand.wasRepeated else { return false }
    if let deadline = errand.deadline, deadline <= now { return false }
    if let transfer = errand.transfer {
      errandOfTransfer[transfer] = nil
      inner.cancel(transfer)
    }
    switch endpoints[errand.endpoint] {
    // Unless another errand has seen to it already.
    case .token(let token) where token == errand.token: endpoints[errand.endpoint] = nil
    case .free where errand.token == nil: endpoints[errand.endpoint] = nil
    default: break
    }
    errand.transfer = nil
    errand.wasRepeated = true
    errand.beginning = nil
    errands[id] = errand
    send(id)
    return true
  }

  // MARK: Tokens

  private func logIn(_ errand: Errand) {
    let body = AuthenticateRequest(name: Authority.name, password: Authority.password).encode()
    let headers = [
      (name: "Content-Type", value: "application/json"), (name: "Grpc-Metadata-hasleader", value: "true"),
    ]
    let login = inner.start(
      TransferRequest(
        url: errand.endpoint + "/v3/auth/authenticate", headers: headers, body: body, answer: .whole(limit: 65_536),
        connectTimeout: errand.request.connectTimeout, timeout: .seconds(2)))
    endpoints[errand.endpoint] = .asking(login: login)
    endpointOfLogin[login] = errand.endpoint
  }

  private func loginEnded(
    _ endpoint: String, _ event: TransferEvent, _ handle: (TransferID, TransferEvent) -> Void
  ) {
    endpoints[endpoint] = nil
    var failure = unsent(.broken, "no token")
    switch event {
    case .completed(200, let body, _):
      let token = (try? AuthenticateResponse.decode(body))?.token ?? ""
      if !token.isEmpty { endpoints[endpoint] = .token(token) }
    case .completed(let status, let body, _):
      let error = ServerError.decode(status: status, body: body)
      if error.grpcCode == 9, error.message.contains("authentication is not enabled") { endpoints[endpoint] = .free }
    case .failed(let reason): failure = unsent(reason.kind, "no token: \(reason.message)")
    case .opened, .received: break
    }
    for (id, _) in waiting(for: endpoint) {
      if endpoints[endpoint] != nil { send(id) } else { end(id, .failed(failure), handle) }
    }
  }

  /// Nobody waits for the token any more.
  private func abandonLogin(_ endpoint: String) {
    guard case .asking(let login)? = endpoints[endpoint], waiting(for: endpoint).isEmpty else { return }
    endpoints[endpoint] = nil
    endpointOfLogin[login] = nil
    inner.cancel(login)
  }

  private func unsent(_ kind: TransferFailure.Kind, _ message: String) -> TransferFailure {
    TransferFailure(kind: kind, bodyMayHaveBeenSent: false, curlCode: 0, message: message)
  }
}
