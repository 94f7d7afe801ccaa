import EtcdTransport

/// A transport without a network: it records what is started, and whoever made it answers. Its clock stands still unless
/// it is moved. Like the real one it times transfers out by itself.
package final class ScriptedTransport: Transport {
  package struct Started {
    package let id: TransferID
    package let request: TransferRequest
    package let time: Instant

    fileprivate var timeoutAt: Instant { request.timeout.map { time + $0 } ?? .distantFuture }
  }

  package static let beginning = Instant(nanoseconds: 1_000_000_000_000)

  package var now = beginning
  package var wakeTime: Instant?
  /// All that were ever started, in order.
  package private(set) var started: [Started] = []
  /// Those that have neither ended nor been cancelled, oldest first.
  package private(set) var open: [Started] = []
  package private(set) var cancelled: [TransferID] = []
  package private(set) var paused: Set<TransferID> = []
  /// The streams whose answer has begun.
  package private(set) var opened: Set<TransferID> = []
  /// Nobody listens anywhere.
  package var refusesConnections = false
  /// The names whose SRV records have been asked for.
  package private(set) var lookUps: [String] = []
  private var services: [(name: String, answer: ServiceAnswer)] = []
  private var events: [(TransferID, TransferEvent)] = []
  private let stray: (TransferID) -> Void

  /// - Parameter stray: called when something is said to a transfer that is not open. It is dropped.
  package init(stray: @escaping (TransferID) -> Void = { _ in }) {
    self.stray = stray
  }

  package var hasEvents: Bool { !events.isEmpty }

  /// When something happens even if no peer does anything.
  package var nextTime: Instant? {
    if hasEvents { return now }
    return (open.map(\.timeoutAt).filter { $0 != .distantFuture } + [wakeTime].compactMap { $0 }).min()
  }

  package func isOpen(_ id: TransferID) -> Bool { open.contains { $0.id == id } }

  package func start(_ request: TransferRequest) -> TransferID {
    let transfer = Started(id: TransferID(rawValue: UInt64(started.count + 1)), request: request, time: now)
    started.append(transfer)
    open.append(transfer)
    if refusesConnections { fail(transfer.id, .refused, sent: false) }
    return transfer.id
  }

  package func cancel(_ id: TransferID) {
    if isOpen(id) { cancelled.append(id) }
    close(id)
    events.removeAll { $0.0 == id }
  }

  package func pause(_ id: TransferID) {
    if isOpen(id) { paused.insert(id) }
  }

  package func resume(_ id: TransferID) {
    paused.remove(id)
  }

  package func lookUp(service name: String) { lookUps.append(name) }

  package func takeServices() -> [(name: String, answer: ServiceAnswer)] {
    defer { services = [] }
    return services
  }

  /// Answers the question for SRV records.
  package func answer(service name: String, _ answer: ServiceAnswer) { services.append((name, answer)) }

  package func run(_ handle: (TransferID, TransferEvent) -> Void) {
    for transfer in open where transfer.timeoutAt <= now { fail(transfer.id, .timeout) }
    while !events.isEmpty {
      let (id, event) = events.removeFirst()
      handle(id, event)
    }
  }

  private func close(_ id: TransferID) {
    open.removeAll { $0.id == id }
    paused.remove(id)
  }

  // MARK: The peer's side

  package func emit(_ event: TransferEvent, of id: TransferID) {
    guard isOpen(id) else { return stray(id) }
    switch event {
    case .opened: opened.insert(id)
    case .received: break
    case .completed, .failed: close(id)
    }
    events.append((id, event))
  }

  package func fail(_ id: TransferID, _ kind: TransferFailure.Kind, sent: Bool = true) {
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: sent, curlCode: 7, message: "\(kind)")
    emit(.failed(failure), of: id)
  }
}
