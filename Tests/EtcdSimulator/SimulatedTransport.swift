import DequeModule
import EtcdTransport

/// The transport of one cluster: the end of the simulated network that the core holds. Dies with the cluster.
final class SimulatedTransport: Transport {
  let world: World
  let network: SimulatedNetwork
  /// Which machine it runs on.
  let host: Int
  private var nextID: UInt64 = 1
  private(set) var active: [TransferID: SimulatedTransfer] = [:]
  private var ready = Deque<(SimulatedTransfer, TransferEvent)>()
  /// Called when there is something for the core to do.
  var whenReady: (() -> Void)?
  var whenWakeTimeChanged: (() -> Void)?
  private(set) var isShutDown = false
  /// The sizes of documents that the core has and has made no batch of yet, by stream.
  private var unconsumed: [TransferID: Deque<Int>] = [:]
  private var starts = Deque<Instant>()
  /// How many starts there may be within a second, beyond what the host asked for.
  var startAllowance = 0

  init(world: World, network: SimulatedNetwork, host: Int) {
    self.world = world
    self.network = network
    self.host = host
  }

  var now: Instant { world.now }

  var wakeTime: Instant? {
    didSet { if wakeTime != oldValue { whenWakeTimeChanged?() } }
  }

  var hasEvents: Bool { !ready.isEmpty }

  func start(_ request: TransferRequest) -> TransferID {
    let id = TransferID(rawValue: nextID)
    nextID += 1
    if isShutDown { world.fail(.contract, "a transfer was started after the transport was shut down") }
    check(request)
    countStart()
    let transfer = SimulatedTransfer(
      id: id, request: request, transport: self, member: network.member(of: request.url))
    active[id] = transfer
    network.begin(transfer)
    return id
  }

  private func check(_ request: TransferRequest) {
    if request.connectTimeout <= .zero { world.fail(.contract, "a transfer with no time to connect") }
    switch request.answer {
    case .streamed:
      if request.timeout != nil { world.fail(.contract, "a stream with a timeout") }
    case .whole(let limit):
      if limit <= 0 { world.fail(.contract, "an answer without room") }
      if request.timeout.map({ $0 <= .zero }) ?? true { world.fail(.contract, "a call without a timeout") }
    }
  }

  /// Retries have to pause: so many transfers in one second are a storm.
  private func countStart() {
    let second = Duration.seconds(1)
    while let first = starts.first, first + second <= now { starts.removeFirst() }
    starts.append(now)
    if starts.count > 150 + 3 * startAllowance {
      world.fail(.quiet, "\(starts.count) transfers were started within a second")
    }
  }

  func cancel(_ id: TransferID) {
    guard let transfer = active.removeValue(forKey: id) else { return }
    unconsumed[id] = nil
    network.clientLeft(transfer)
  }

  func pause(_ id: TransferID) {
    active[id]?.isPaused = true
  }

  func resume(_ id: TransferID) {
    guard let transfer = active[id], transfer.isPaused else { return }
    transfer.isPaused = false
    while let event = transfer.inbox.popFirst() { ready.append((transfer, event)) }
    if hasEvents { whenReady?() }
  }

  func run(_ handle: (TransferID, TransferEvent) -> Void) {
    while let (transfer, event) = ready.popFirst() {
      guard active[transfer.id] != nil else { continue }
      switch event {
      case .opened: break
      case .received(let bytes):
        network.clientRead(transfer, bytes.count)
        count(bytes.count, of: transfer)
      case .completed, .failed:
        active[transfer.id] = nil
      }
      world.note(Int(transfer.id.rawValue), "host\(host) transfer \(transfer.id.rawValue) \(event.summary)")
      handle(transfer.id, event)
      if world.violation != nil { return }
    }
  }

  // MARK: What the core keeps

  private func count(_ bytes: Int, of transfer: SimulatedTransfer) {
    var bytes = bytes
    while bytes > 0, var document = transfer.documents.popFirst() {
      if document.bytes > bytes {
        document.bytes -= bytes
        transfer.documents.prepend(document)
        return
      }
      bytes -= document.bytes
      if document.bearsBatch { unconsumed[transfer.id, default: []].append(document.bytes) }
    }
    let kept = unconsumed.values.reduce(0) { $0 + $1.reduce(0, +) }
    // What was in the socket's buffer, and a piece, for each stream.
    let streams = unconsumed.count
    if kept > streams * (network.receiveWindow + 32_768) {
      world.fail(.bounded, "host\(host) keeps \(kept) bytes of \(streams) streams")
    }
  }

  /// The host was handed a batch of a watch.
  func batchWasTaken() {
    // Whose it was does not matter for the sum; the fullest first keeps what stays small.
    guard let id = unconsumed.max(by: { ($0.value.count, $0.key.rawValue) < ($1.value.count, $1.key.rawValue) })?.key
    else { return }
    _ = unconsumed[id]?.popFirst()
    if unconsumed[id]?.isEmpty == true { unconsumed[id] = nil }
  }

  /// The host was handed all there was.
  func allWasTaken() {
    unconsumed = [:]
  }

  /// Something has come out of the wire.
  func arrive(_ event: TransferEvent, for transfer: SimulatedTransfer) {
    guard active[transfer.id] != nil else { return }
    if transfer.isPaused || !transfer.inbox.isEmpty {
      transfer.inbox.append(event)
    } else {
      ready.append((transfer, event))
      whenReady?()
    }
  }

  /// The process is gone, or has let go of the cluster.
  func shutDown() {
    isShutDown = true
    for transfer in active.values.sorted(by: { $0.id.rawValue < $1.id.rawValue }) { network.clientLeft(transfer) }
    active = [:]
    ready = []
    whenReady = nil
    whenWakeTimeChanged = nil
  }
}

extension TransferEvent {
  var summary: String {
    switch self {
    case .opened(let status): "opened \(status)"
    case .received(let bytes): "received \(bytes.count) bytes: \(bytes.excerpt)"
    case .completed(let status, let body): "completed \(status): \(body.excerpt)"
    case .failed(let failure): "failed \(failure.kind), sent: \(failure.bodyMayHaveBeenSent): \(failure.message)"
    }
  }
}

extension [UInt8] {
  var excerpt: String {
    let text = String(decoding: prefix(240), as: UTF8.self)
    return String(text.map { $0.isNewline ? "⏎" : $0 }) + (count > 240 ? "…" : "")
  }

  var text: String { String(decoding: self, as: UTF8.self) }
}
