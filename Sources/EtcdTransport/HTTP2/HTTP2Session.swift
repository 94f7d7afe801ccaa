import CNghttp2
import Glibc

/// What one connection says in HTTP/2, as bytes in and bytes out: nghttp2, and what its callbacks leave behind.
///
/// It knows of no sockets, and calls nobody: what streams have to tell is in `news`.
final class HTTP2Session {
  private let handle: OpaquePointer
  private let lane: TransferRequest.Lane
  /// Streams that are under way, in no order.
  private(set) var active: [HTTP2Stream] = []
  /// Those that have got something to tell, once each.
  private let news: HTTP2News
  /// The peer's settings have arrived: it speaks HTTP/2, and requests may be sent.
  private(set) var isGreeted = false
  /// The peer takes no more requests.
  private(set) var isLeaving = false
  /// What ended it, if anything has.
  private(set) var problem: String?
  /// What was wrong with the first frame that was.
  private(set) var fault: String?
  /// How much `nextOutput` has given.
  private(set) var written: UInt64 = 0
  /// How much of that may have left.
  var departed: UInt64 = 0
  /// Since the counter was last set back.
  var frames = 0
  private var flood = FloodGuard()
  /// The packed bytes of the block of header fields that is arriving.
  private var blockBytes = 0

  /// `nil` when memory runs out.
  init?(_ lane: TransferRequest.Lane, news: HTTP2News) {
    var callbacks: OpaquePointer?
    var options: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
    defer { nghttp2_session_callbacks_del(callbacks) }
    guard nghttp2_option_new(&options) == 0 else { return nil }
    defer { nghttp2_option_del(options) }
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, Self.frameBegan)
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Self.fieldsBegan)
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Self.fieldArrived)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Self.pieceArrived)
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Self.frameArrived)
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, Self.frameWasInvalid)
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Self.streamClosed)
    nghttp2_option_set_no_auto_window_update(options, 1)
    nghttp2_option_set_max_outbound_ack(options, HTTP2Limits.unsentAcknowledgements)
    nghttp2_option_set_max_reserved_remote_streams(options, 0)
    let box = Context()
    var session: OpaquePointer?
    let context = Unmanaged.passUnretained(box).toOpaque()
    guard nghttp2_session_client_new2(&session, callbacks, context, options) == 0, let session else { return nil }
    handle = session
    self.box = box
    self.lane = lane
    self.news = news
    box.session = self
    greet()
  }

  deinit {
    nghttp2_session_del(handle)
  }

  /// What nghttp2's callbacks get: there is no pointer to the session before it is whole.
  private final class Context {
    unowned(unsafe) var session: HTTP2Session?
  }

  private let box: Context

  private func greet() {
    let settings = [
      nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(HTTP2Limits.streamWindow(lane))),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue), value: HTTP2Limits.headerListSize),
    ]
    note(nghttp2_submit_settings(handle, 0, settings, settings.count))
    note(nghttp2_session_set_local_window_size(handle, 0, 0, HTTP2Limits.connectionWindow))
  }

  /// Nothing arrives and nothing leaves any more.
  var isOver: Bool {
    problem != nil || nghttp2_session_want_read(handle) == 0 && nghttp2_session_want_write(handle) == 0
  }

  /// How many streams the peer lets be under way at once.
  var mostStreams: Int {
    Int(nghttp2_session_get_remote_settings(handle, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
  }

  /// It may take new streams, though not at once.
  var isUsable: Bool { !isLeaving && problem == nil && nghttp2_session_check_request_allowed(handle) == 1 }

  private func note(_ result: Int32) {
    if result < 0 { end(String(cString: nghttp2_strerror(result))) }
  }

  private func end(_ problem: String) {
    if self.problem == nil { self.problem = problem }
  }
}

// MARK: Out

extension HTTP2Session {
  /// Begins a stream. Returns what keeps it from that, if anything.
  func begin(_ stream: HTTP2Stream, _ fields: UnsafeBufferPointer<nghttp2_nv>) -> String? {
    var body = nghttp2_data_provider()
    body.read_callback = Self.takeBody
    let hasBody = !stream.request.body.isEmpty
    let context = Unmanaged.passUnretained(stream).toOpaque()
    let number = withUnsafePointer(to: &body) { body in
      nghttp2_submit_request(handle, nil, fields.baseAddress, fields.count, hasBody ? body : nil, context)
    }
    guard number > 0 else { return String(cString: nghttp2_strerror(number)) }
    stream.number = number
    stream.phase = .begun
    // Without a body the header is all there is to act on.
    if !hasBody { stream.decisivePosition = written }
    var streams = exchange(&active, with: [])
    stream.place = Int32(clamping: streams.count)
    streams.append(stream)
    active = streams
    flood.began()
    return nil
  }

  /// Bytes for the peer, valid until the next call. `nil` when there are none.
  func nextOutput() -> UnsafeBufferPointer<UInt8>? {
    var bytes: UnsafePointer<UInt8>?
    let count = nghttp2_session_mem_send(handle, &bytes)
    guard count > 0 else {
      if count < 0 { note(Int32(clamping: count)) }
      return nil
    }
    written &+= UInt64(count)
    return UnsafeBufferPointer(start: bytes, count: count)
  }

  /// The same for as long as there are not so many. Returns whether there may be more.
  func appendOutput(to output: inout [UInt8], until size: Int) -> Bool {
    while output.count < size {
      guard let bytes = nextOutput() else { return false }
      output.append(contentsOf: bytes)
    }
    return true
  }

  /// The peer is told that nobody wants it any more.
  func reset(_ stream: HTTP2Stream) {
    forget(stream)
    note(nghttp2_submit_rst_stream(handle, 0, stream.number, UInt32(NGHTTP2_CANCEL.rawValue)))
  }

  /// The peer may send so much more on it.
  func consume(_ stream: HTTP2Stream, _ count: Int) {
    note(nghttp2_session_consume_stream(handle, stream.number, count))
  }

  private func forget(_ stream: HTTP2Stream) {
    guard stream.place < active.count, active[Int(stream.place)] === stream else { return }
    nghttp2_session_set_stream_user_data(handle, stream.number, nil)
    stream.connection?.lostStream()
    stream.phase = .over
    var streams = exchange(&active, with: [])
    let last = streams.removeLast()
    if last !== stream {
      last.place = stream.place
      streams[Int(stream.place)] = last
    }
    active = streams
  }
}

// MARK: In

extension HTTP2Session {
  /// Takes what has arrived.
  func receive(_ bytes: UnsafeRawBufferPointer, now: Instant) {
    guard problem == nil else { return }
    flood = flood.renewed(now: now)
    let count = nghttp2_session_mem_recv(handle, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    if count < 0 { note(Int32(clamping: count)) }
    if nghttp2_session_get_outbound_queue_size(handle) > HTTP2Limits.unsentFrames + 4 * active.count {
      end("the peer takes no answers to what it sends")
    }
  }

  private func fail(_ stream: HTTP2Stream, _ kind: TransferFailure.Kind, mayHaveBegun: Bool, _ message: String) {
    stream.fail(
      TransferFailure(kind: kind, bodyMayHaveBeenSent: mayHaveBegun, curlCode: 0, message: message))
    news.append(stream)
  }

  /// Ends all that are under way.
  func failAll(_ message: String) {
    for stream in active {
      fail(stream, .broken, mayHaveBegun: stream.mayHaveBegun(departed: departed), message)
      nghttp2_session_set_stream_user_data(handle, stream.number, nil)
      stream.phase = .over
    }
    active = []
  }

  /// The host gives it up.
  func giveUp(_ stream: HTTP2Stream, _ kind: TransferFailure.Kind, _ message: String) {
    reset(stream)
    fail(stream, kind, mayHaveBegun: stream.mayBegin, message)
  }

  private func began(_ header: nghttp2_frame_hd) -> Int32 {
    frames += 1
    let isUseful: Bool
    switch UInt32(header.type) {
    case NGHTTP2_DATA.rawValue:
      isUseful = header.length > 0 || UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    case NGHTTP2_HEADERS.rawValue:
      blockBytes = header.length
      isUseful = true
    case NGHTTP2_CONTINUATION.rawValue:
      blockBytes += header.length
      guard blockBytes <= HTTP2Limits.headerBytes else {
        end("an answer's header is too large")
        return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
      }
      isUseful = false
    default:
      isUseful = false
    }
    if isUseful {
      flood.gotUse()
    } else if !flood.gotIdle() {
      end("the peer floods the connection with frames that bring nothing")
      return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
    return 0
  }

  private func took(_ taking: HTTP2Stream.Taking, _ stream: HTTP2Stream) -> Int32 {
    switch taking {
    case .good: return 0
    case .tooLarge:
      giveUp(stream, .tooLarge, "the answer is larger than its limit")
    case .malformed:
      giveUp(stream, .broken, "the answer has a body before its header")
    }
    return 0
  }

  private func arrived(_ frame: UnsafePointer<nghttp2_frame>) {
    switch UInt32(cnghttp2_type(frame)) {
    case NGHTTP2_HEADERS.rawValue:
      guard let stream = stream(cnghttp2_stream(frame)) else { return }
      if stream.endFields() { news.append(stream) }
      endIfLast(stream, frame)
    case NGHTTP2_DATA.rawValue:
      guard let stream = stream(cnghttp2_stream(frame)) else { return }
      endIfLast(stream, frame)
    case NGHTTP2_SETTINGS.rawValue:
      if UInt32(cnghttp2_flags(frame)) & NGHTTP2_FLAG_ACK.rawValue == 0 { isGreeted = true }
    case NGHTTP2_GOAWAY.rawValue:
      isLeaving = true
    default:
      break
    }
  }

  /// The answer is whole with its last frame, whether or not the request is.
  private func endIfLast(_ stream: HTTP2Stream, _ frame: UnsafePointer<nghttp2_frame>) {
    guard UInt32(cnghttp2_flags(frame)) & NGHTTP2_FLAG_END_STREAM.rawValue != 0 else { return }
    if stream.isSent { forget(stream) } else { reset(stream) }
    stream.complete()
    news.append(stream)
  }

  private func closed(_ number: Int32, _ code: UInt32) {
    guard let stream = stream(number) else { return }
    // Refused, or above the last that the peer has begun: nghttp2 says the same of both.
    let wasNotBegun = code == NGHTTP2_REFUSED_STREAM.rawValue && !stream.isOpened
    let reason = String(cString: nghttp2_http2_strerror(code))
    forget(stream)
    fail(
      stream, wasNotBegun ? .notBegun : .broken, mayHaveBegun: !wasNotBegun && stream.mayBegin,
      wasNotBegun ? "the peer did not begin the request" : "the peer ended the stream: \(reason)")
  }

  private func stream(_ number: Int32) -> HTTP2Stream? {
    nghttp2_session_get_stream_user_data(handle, number).map {
      Unmanaged<HTTP2Stream>.fromOpaque($0).takeUnretainedValue()
    }
  }

  private func arrived(_ number: Int32, _ piece: UnsafeBufferPointer<UInt8>) -> Int32 {
    // On arrival: see `HTTP2Limits`.
    note(nghttp2_session_consume_connection(handle, piece.count))
    guard let stream = stream(number) else { return 0 }
    let taking = stream.take(piece)
    guard taking == .good else { return took(taking, stream) }
    if !stream.isPaused {
      note(nghttp2_session_consume_stream(handle, number, piece.count))
      if stream.isStreamed { news.append(stream) }
    }
    return 0
  }
}

// MARK: Called by nghttp2

extension HTTP2Session {
  @inline(__always)
  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
    context.flatMap { Unmanaged<Context>.fromOpaque($0).takeUnretainedValue().session }
  }

  private static let frameBegan: nghttp2_on_begin_frame_callback = { _, header, context in
    guard let session = of(context), let header else { return 0 }
    return session.began(header.pointee)
  }

  private static let fieldsBegan: nghttp2_on_begin_headers_callback = { _, frame, context in
    if let session = of(context), let frame { session.stream(cnghttp2_stream(frame))?.beginFields() }
    return 0
  }

  private static let fieldArrived: nghttp2_on_header_callback = {
    _, frame, name, nameSize, value, valueSize, _, context in
    guard let session = of(context), let frame, let stream = session.stream(cnghttp2_stream(frame)) else { return 0 }
    let taking = stream.take(
      name: UnsafeBufferPointer(start: name, count: nameSize),
      value: UnsafeBufferPointer(start: value, count: valueSize))
    guard taking != .good else { return 0 }
    _ = session.took(taking, stream)
    // Nghttp2 would go on to check each byte of the block, of which there may be thousands in a packed one: 150 ms for
    // 200 KB. Like this it unpacks the rest, which later blocks may refer to, and looks no further.
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
  }

  private static let pieceArrived: nghttp2_on_data_chunk_recv_callback = { _, _, number, bytes, size, context in
    of(context)?.arrived(number, UnsafeBufferPointer(start: bytes, count: size)) ?? 0
  }

  private static let frameArrived: nghttp2_on_frame_recv_callback = { _, frame, context in
    if let frame { of(context)?.arrived(frame) }
    return 0
  }

  private static let frameWasInvalid: nghttp2_on_invalid_frame_recv_callback = { _, frame, code, context in
    guard let session = of(context), session.fault == nil else { return 0 }
    session.fault = String(cString: nghttp2_strerror(code))
    return 0
  }

  private static let streamClosed: nghttp2_on_stream_close_callback = { _, number, code, context in
    of(context)?.closed(number, code)
    return 0
  }

  private static let takeBody: nghttp2_data_source_read_callback = {
    _, number, buffer, size, flags, _, context in
    guard let session = of(context), let stream = session.stream(number), let buffer, let flags else {
      return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
    if stream.decisivePosition == nil { stream.decisivePosition = session.written }
    let body = stream.request.body
    let count = min(size, body.count - stream.bodyOffset)
    body.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { memcpy(buffer, base + stream.bodyOffset, count) }
    }
    stream.sent(upTo: stream.bodyOffset + count)
    session.flood.sent(count)
    if stream.isSent { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
    return count
  }
}

/// Streams that have got something to tell, in the order in which it happened.
final class HTTP2News {
  private var streams: [HTTP2Stream] = []
  private var spare: [HTTP2Stream] = []

  var isEmpty: Bool { streams.isEmpty }

  func append(_ stream: HTTP2Stream) {
    guard !stream.isListed else { return }
    stream.isListed = true
    var news = exchange(&streams, with: [])
    news.append(stream)
    streams = news
  }

  /// Everything so far, leaving nothing behind, so that no access is open while it is told.
  func take() -> [HTTP2Stream] {
    let taken = streams
    streams = spare
    spare = []
    return taken
  }

  /// Gives back what `take` gave, for its memory.
  func recycle(_ taken: consuming [HTTP2Stream]) {
    taken.removeAll(keepingCapacity: true)
    spare = taken
  }

  func removeAll() {
    streams = []
    spare = []
  }
}
