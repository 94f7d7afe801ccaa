/// One request over HTTP/2, and its answer.
///
/// nghttp2 has it as a plain pointer while it is among the session's `active`.
final class HTTP2Stream {
  enum Phase {
    /// Nothing of it has been written.
    case waiting
    /// It has a number, and is the session's.
    case begun
    /// It has ended, or was cancelled.
    case over
  }

  let id: TransferID
  /// Of a stream that stays open, only that it is one, once all of it was sent: there may be thousands.
  private(set) var request: TransferRequest
  /// Where it waits, or is under way.
  var connection: HTTP2Connection?
  var limits: TimeLimits
  var phase = Phase.waiting
  private(set) var isOpened = false
  private var opensUntold = false
  var isPaused = false
  /// It is among those of the pool that have something to tell.
  var isListed = false
  /// How often it was sent to another connection because the one it waited for took no more.
  var moves: UInt8 = 0
  /// How often its end was put off for what its connection has not read.
  var reprieves: UInt8 = 0

  /// nghttp2's number.
  var number: Int32 = 0
  private(set) var status: Int32 = 0
  /// Its place among the session's `active`.
  var place: Int32 = 0
  private var headerBytes: Int32 = 0
  /// How much of it the peer may not send again before the host has it. No more than a window.
  private(set) var heldBytes: Int32 = 0
  private(set) var bodyOffset = 0
  /// How much its connection had received when it was begun.
  var receivedBefore: UInt64 = 0
  /// Up to here the connection has written nothing that the peer could act on; `nil` as long as nothing is written at all.
  var decisivePosition: UInt64? {
    get { position == .max ? nil : position }
    set { position = newValue ?? .max }
  }
  private var position = UInt64.max

  private var collector: FieldCollector?
  /// The answer's body so far, or for a streamed one the bytes not yet handed over.
  private var received = ArrivedBytes()
  private var outcome: TransferEvent?

  init(id: TransferID, request: TransferRequest, startedAt start: Instant) {
    self.id = id
    self.request = request
    limits = TimeLimits(request, from: start)
    if case .none = request.fields { collector = nil } else { collector = FieldCollector(request.fields) }
  }

  var hasEnded: Bool { outcome != nil }

  /// Whether the peer can act on it, now or as soon as it gets what waits in our socket: what is written is not taken back.
  var mayBegin: Bool { decisivePosition != nil }
  /// The same where the connection goes, and what has not left with it.
  func mayHaveBegun(departed: UInt64) -> Bool { decisivePosition.map { $0 < departed } ?? false }
}

// MARK: What arrives

extension HTTP2Stream {
  enum Taking {
    case good
    case tooLarge
    case malformed
  }

  /// A block of header fields begins: the header, a later one after an interim answer, or the trailer.
  func beginFields() {
    guard !isOpened else { return }
    status = 0
    collector?.restart()
  }

  func take(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) -> Taking {
    let bytes = name.count + value.count + Int(headerBytes)
    headerBytes = Int32(clamping: bytes)
    guard bytes <= HTTP2Limits.headerBytes else { return .tooLarge }
    guard name.first != UInt8(ascii: ":") else {
      // nghttp2 lets no other field through that begins so.
      status = value.reduce(0) { $0 &* 10 &+ Int32($1) &- 0x30 }
      return .good
    }
    guard var collector = exchange(&collector, with: nil) else { return .good }
    let isGood = collector.take(name, UnsafeRawBufferPointer(value), isTrailer: isOpened)
    self.collector = collector
    return isGood ? .good : .tooLarge
  }

  /// A block is whole. Returns whether there is something to tell.
  func endFields() -> Bool {
    guard !isOpened, status >= 200 else { return false }
    isOpened = true
    guard case .streamed = request.answer else { return false }
    opensUntold = true
    return true
  }

  func take(_ piece: UnsafeBufferPointer<UInt8>) -> Taking {
    guard isOpened else { return .malformed }
    if case .whole(let limit) = request.answer, piece.count > limit - received.count { return .tooLarge }
    var bytes = exchange(&received, with: ArrivedBytes())
    bytes.append(UnsafeRawBufferPointer(piece))
    received = bytes
    if isPaused { heldBytes = Int32(clamping: Int(heldBytes) + piece.count) }
    return .good
  }

  var isStreamed: Bool {
    if case .streamed = request.answer { true } else { false }
  }

  func complete() {
    let fields = collector?.fields ?? AnswerFields()
    outcome = .completed(status: Int(status), body: isStreamed ? [] : received.take(), fields: fields)
  }

  func fail(_ failure: TransferFailure) {
    outcome = .failed(failure)
    // What a stream has brought is told first; but a host that takes nothing is not kept from knowing.
    if !isStreamed || isPaused {
      received.drop()
      opensUntold = false
    }
  }

  /// More of its body is with the session, now so much of it.
  func sent(upTo offset: Int) {
    bodyOffset = offset
    guard isSent, isStreamed, request.timeout == nil else { return }
    request = .sentStream
    bodyOffset = 0
  }

  /// Whether all of its body is.
  var isSent: Bool { bodyOffset >= request.body.count }

  /// The host takes what was held. Returns how much it was.
  func release() -> Int {
    defer { heldBytes = 0 }
    return Int(heldBytes)
  }
}

// MARK: Telling

extension HTTP2Stream {
  /// Hands over what has arrived. `handle` may do anything, cancel or pause this one included.
  func tell(_ handle: (TransferID, TransferEvent) -> Void) {
    if opensUntold {
      opensUntold = false
      handle(id, .opened(status: Int(status), headers: collector?.fields.headers ?? []))
    }
    if isStreamed, !isPaused, !received.isEmpty {
      handle(id, .received(received.take()))
    }
  }

  /// How it ended, once all else is told.
  func takeOutcome() -> TransferEvent? {
    guard let outcome, !isPaused || !isStreamed || received.isEmpty else { return nil }
    self.outcome = nil
    return outcome
  }

  /// Cancelled: nothing is told any more.
  func drop() {
    phase = .over
    outcome = nil
    opensUntold = false
    received.drop()
  }
}
