import EtcdTransport
import Testing

/// A transport without a network: it records what is started, and the test answers. Its clock stands still unless the
/// test moves it. Like the real one it times transfers out by itself.
final class ScriptedTransport: Transport {
  struct Started {
    let id: TransferID
    let request: TransferRequest
    let time: Instant

    var timeoutAt: Instant { request.timeout.map { time + $0 } ?? .distantFuture }
  }

  var now = Instant.at(0)
  var wakeTime: Instant?
  /// All that were ever started, in order.
  private(set) var started: [Started] = []
  /// Those that have neither ended nor been cancelled.
  private(set) var open: [TransferID: Started] = [:]
  private(set) var cancelled: [TransferID] = []
  private(set) var paused: Set<TransferID> = []
  /// Nobody listens anywhere.
  var refusesConnections = false
  private var events: [(TransferID, TransferEvent)] = []

  /// When something happens even if no peer does anything.
  var nextTime: Instant? {
    if !events.isEmpty { return now }
    let times = open.values.map(\.timeoutAt).filter { $0 != .distantFuture } + [wakeTime].compactMap { $0 }
    return times.min()
  }

  func start(_ request: TransferRequest) -> TransferID {
    let id = TransferID(rawValue: UInt64(started.count + 1))
    let transfer = Started(id: id, request: request, time: now)
    started.append(transfer)
    open[id] = transfer
    if refusesConnections { fail(id, .connect, sent: false) }
    return id
  }

  func cancel(_ id: TransferID) {
    if open.removeValue(forKey: id) != nil { cancelled.append(id) }
    events.removeAll { $0.0 == id }
  }

  func pause(_ id: TransferID) {
    if open[id] != nil { paused.insert(id) }
  }

  func resume(_ id: TransferID) {
    paused.remove(id)
  }

  func run(_ handle: (TransferID, TransferEvent) -> Void) {
    for transfer in open.values.sorted(by: { $0.id.rawValue < $1.id.rawValue }) where transfer.timeoutAt <= now {
      fail(transfer.id, .timeout)
    }
    while !events.isEmpty {
      let (id, event) = events.removeFirst()
      handle(id, event)
    }
  }

  // MARK: The test's side

  func emit(_ event: TransferEvent, of id: TransferID) {
    guard open[id] != nil else {
      Issue.record("transfer \(id.rawValue) is not open")
      return
    }
    switch event {
    case .completed, .failed:
      open[id] = nil
      paused.remove(id)
    case .opened, .received: break
    }
    events.append((id, event))
  }

  func fail(_ id: TransferID, _ kind: TransferFailure.Kind, sent: Bool = true) {
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: sent, curlCode: 7, message: "\(kind)")
    emit(.failed(failure), of: id)
  }
}
