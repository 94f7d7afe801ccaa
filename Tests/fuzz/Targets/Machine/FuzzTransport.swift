import EtcdTransport

/// A transport without a network, whose peer says what the input says. Like the real one it times transfers out by
/// itself.
final class FuzzTransport: Transport {
  struct Open {
    let id: TransferID
    let request: TransferRequest
    let startedAt: Instant
    var isOpened = false
    var isPaused = false

    /// The last part of the URL: `/kv/put`.
    var path: Substring {
      let slashes = request.url.indices.filter { request.url[$0] == "/" }
      return slashes.count > 3 ? request.url[request.url.index(slashes[3], offsetBy: 0)...] : ""
    }
    var isStream: Bool { if case .streamed = request.answer { true } else { false } }
    var timeoutAt: Instant { request.timeout.map { startedAt + $0 } ?? .distantFuture }
  }

  var now = Instant(nanoseconds: 1_000_000_000_000)
  var wakeTime: Instant?
  /// What has neither ended nor been cancelled, oldest first.
  private(set) var open: [Open] = []
  private var events: [(TransferID, TransferEvent)] = []
  private var lastID: UInt64 = 0

  var calls: [Open] { open.filter { !$0.isStream } }
  var streams: [Open] { open.filter(\.isStream) }
  var hasEvents: Bool { !events.isEmpty }

  /// When something happens even if no peer does anything.
  var nextTime: Instant? {
    if hasEvents { return now }
    return (open.map(\.timeoutAt).filter { $0 != .distantFuture } + [wakeTime].compactMap { $0 }).min()
  }

  func start(_ request: TransferRequest) -> TransferID {
    lastID += 1
    let id = TransferID(rawValue: lastID)
    open.append(Open(id: id, request: request, startedAt: now))
    return id
  }

  func cancel(_ id: TransferID) {
    open.removeAll { $0.id == id }
    events.removeAll { $0.0 == id }
  }

  func pause(_ id: TransferID) {
    if let index = index(id) { open[index].isPaused = true }
  }

  func resume(_ id: TransferID) {
    if let index = index(id) { open[index].isPaused = false }
  }

  func run(_ handle: (TransferID, TransferEvent) -> Void) {
    for transfer in open where transfer.timeoutAt <= now { fail(transfer.id, .timeout, sent: true) }
    while !events.isEmpty {
      let (id, event) = events.removeFirst()
      handle(id, event)
    }
  }

  private func index(_ id: TransferID) -> Int? { open.firstIndex { $0.id == id } }

  // MARK: The peer

  func answer(_ id: TransferID, status: Int, _ body: [UInt8]) {
    emit(.completed(status: status, body: body), of: id)
  }

  func fail(_ id: TransferID, _ kind: TransferFailure.Kind, sent: Bool) {
    emit(
      .failed(TransferFailure(kind: kind, bodyMayHaveBeenSent: sent, curlCode: 7, message: "\(kind)")), of: id)
  }

  func openStream(_ id: TransferID, status: Int) {
    guard let index = index(id), !open[index].isOpened else { return }
    open[index].isOpened = true
    events.append((id, .opened(status: status)))
  }

  /// A piece of a stream; opens it first.
  func send(_ bytes: [UInt8], on id: TransferID) {
    openStream(id, status: 200)
    if !bytes.isEmpty, index(id) != nil { events.append((id, .received(bytes))) }
  }

  /// The stream ends as it should.
  func endStream(_ id: TransferID) {
    openStream(id, status: 200)
    emit(.completed(status: 200, body: []), of: id)
  }

  private func emit(_ event: TransferEvent, of id: TransferID) {
    guard let index = index(id) else { return }
    open.remove(at: index)
    events.append((id, event))
  }
}
