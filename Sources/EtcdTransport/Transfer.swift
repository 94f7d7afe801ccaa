import CCurl
import Glibc

/// One request and its answer, while libcurl works on it: what its callbacks need, and what they have learnt.
///
/// libcurl's callbacks get it by its easy handle, which has it as a plain pointer. It outlives them because the reactor
/// keeps it until the handle has left the multi handle, after which libcurl calls no callback for it.
final class Transfer {
  /// More header than any etcd sends. Counted over all header blocks of an answer, the interim and trailing ones
  /// included: libcurl bounds a line, but not in every version the sum of them.
  static let headerLimit = 256 * 1024
  /// The most that a length announced by the peer makes us allocate ahead of the bytes themselves.
  static let reservationLimit = 1024 * 1024

  /// Up to here a body is given to libcurl as a whole. libcurl's own bound for sending it with the header is 64 KiB.
  static let smallBody = 16 * 1024
  /// How much of an answer one `run` takes. libcurl reads up to a hundred buffers at once, and then wants to be called
  /// again at once; this is what keeps a flood from holding the host, or other transfers, for long. What a stream brings
  /// is decoded before the next run, and so is less, as much as gRPC's window lets through.
  private var bytesPerRun: Int {
    if case .streamed = request.answer { 64 * 1024 } else { 256 * 1024 }
  }

  let id: TransferID
  let request: TransferRequest
  private let outbox: Outbox

  var limits: TimeLimits
  /// Set from start to end of libcurl's work.
  var easy: EasyHandle?
  /// How its URL's host is reached, and what was known of the names on the way when libcurl got it.
  var route: Route?
  var known: [(name: HostPort, known: NameCache.Known)] = []
  private var resolved: CurlList?
  /// Which certificates it went with.
  var material: UInt64 = 0
  /// The sockets libcurl uses for it: one, but while addresses are tried in parallel.
  var sockets: [Int32] { (socket.map { [$0] } ?? []) + otherSockets }
  /// By itself, so that most need no list.
  private var socket: Int32?
  private var otherSockets: [Int32] = []
  var isPaused = false
  /// libcurl was told to keep what it had read, and to read no more.
  var isHeld = false
  /// How it ended, until that is handed over.
  var outcome: TransferEvent?

  /// The answer's body so far, or for a streamed one the bytes not yet handed over.
  private var received = ArrivedBytes()
  private var bodyOffset = 0
  private var bodyIsWithHeader = false
  private var bodyWasTaken = false
  private(set) var requestsBegun = 0
  private var repetitionWasRefused = false
  private var headerBytes = 0
  private var collector: FieldCollector?
  private(set) var isOpened = false
  private var isTooLarge = false
  /// Why the last socket that libcurl wanted was not to be had.
  private var shortage: SystemError?
  /// Which it may have where there is no other descriptor.
  private let reserve: Reserve?
  /// The run that `bytesThisRun` counts for.
  private var lastRun: UInt64 = 0
  private var bytesThisRun = 0

  init(
    id: TransferID, request: TransferRequest, outbox: Outbox, reserve: Reserve? = nil, startedAt start: Instant
  ) {
    self.id = id
    self.request = request
    limits = TimeLimits(request, from: start)
    self.outbox = outbox
    self.reserve = reserve
    if case .none = request.fields { collector = nil } else { collector = FieldCollector(request.fields) }
  }

  /// Hands over the streamed bytes collected since the last time.
  func takeReceived() -> [UInt8] { received.take() }

  func use(_ socket: Int32) {
    if self.socket == nil { self.socket = socket }
    guard self.socket != socket, !otherSockets.contains(socket) else { return }
    otherSockets = otherSockets + [socket]
  }

  func drop(_ socket: Int32) {
    if self.socket == socket {
      self.socket = otherSockets.first
      otherSockets = Array(otherSockets.dropFirst())
    } else if !otherSockets.isEmpty {
      otherSockets = otherSockets.filter { $0 != socket }
    }
  }
}

// MARK: Before and after

extension Transfer {
  /// Sets every option that differs between transfers, and returns what libcurl refused, if anything.
  func configure(_ easy: EasyHandle, adding fields: [(name: String, value: String)] = [], now: Instant) -> String? {
    easy.errorText.pointee = 0
    easy.transfer = Unmanaged.passUnretained(self)
    easy.useURL(route?.base ?? request.head.origin, request.head.path)
    easy.useSocket(request.head.socketPath)
    easy.allowReuse()
    switch request.head.method {
    case .get:
      easy.set(CURLOPT_HTTPGET, 1)
    case .post:
      easy.set(CURLOPT_POST, 1)
      setBody(easy)
    }
    easy.set(
      CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(known.isEmpty ? request.connectTimeout : limits.resolved - now))
    guard setWay(easy) else { return "out of memory" }
    guard easy.useFields(request.head, request.ownHeaders, fields) else { return "out of memory" }
    if easy.refusal != CURLE_OK { return String(cString: curl_easy_strerror(easy.refusal)) }
    return nil
  }

  /// A body given to libcurl as a whole leaves together with the header, in one system call instead of three, which is a
  /// third of the cost of a small call. libcurl would not mind to send it again (field notes, 7); `mayBeginRequest` does.
  /// Larger bodies, and all where libcurl does not ask first, are fetched from `takeBody`. There is no seek function to
  /// rewind it with, so libcurl cannot repeat what it has sent.
  private func setBody(_ easy: EasyHandle) {
    bodyIsWithHeader = !request.body.isEmpty && request.body.count <= Self.smallBody && easy.asksBeforeRequests
    easy.setBodySize(request.body.count)
    request.body.withUnsafeBytes { body in
      // Copied, and as many bytes as the size says.
      easy.set(CURLOPT_COPYPOSTFIELDS, bodyIsWithHeader ? UnsafeMutableRawPointer(mutating: body.baseAddress) : nil)
    }
  }

  /// libcurl is done with it: how did it end?
  func conclude(_ result: CURLcode, _ easy: EasyHandle) -> TransferEvent {
    var status = 0
    ccurl_easy_get_long(easy.curl, CURLINFO_RESPONSE_CODE, &status)
    let progress = Progress(easy, transfer: self)
    if result == CURLE_OK {
      // libcurl is content with a connection that ends in the middle of the header, or after an interim answer.
      guard isOpened else {
        return .failed(progress.failure(.broken, CURLE_GOT_NOTHING, "the connection ended within the answer's header"))
      }
      let fields = collector?.fields ?? AnswerFields()
      if case .streamed = request.answer { return .completed(status: status, body: [], fields: fields) }
      return .completed(status: status, body: takeReceived(), fields: fields)
    }
    if isTooLarge {
      return .failed(progress.failure(.tooLarge, result, "the answer is larger than its limit"))
    }
    if repetitionWasRefused {
      // What libcurl says where it cannot repeat a body by itself.
      let message = "the connection ended without an answer, and the request is not sent again"
      return .failed(progress.failure(.broken, CURLE_SEND_FAIL_REWIND, message))
    }
    let kind = progress.kind(of: result)
    if let shortage = shortage(behind: kind) { return .failed(progress.failure(.shortage, result, "\(shortage)")) }
    let message = easy.message.isEmpty ? String(cString: curl_easy_strerror(result)) : easy.message
    return .failed(progress.failure(kind, result, message))
  }

  /// What libcurl takes for a fault of the endpoint and its name, when in truth something ran out here. Of what it, the
  /// resolver and TLS open besides sockets nobody is told, so that is found out afterwards.
  private func shortage(behind kind: TransferFailure.Kind) -> SystemError? {
    switch kind {
    case .connect, .refused: shortage
    case .resolve, .tls: System.shortageOfDescriptors()
    case .shortage, .timeout, .late, .tooLarge, .broken, .notBegun, .notHTTP2, .invalid: nil
    }
  }

  /// Whether the peer may have got what it needs to act on the request.
  func bodyMayHaveBeenSent(requestWasSent: Bool) -> Bool {
    // Without a body the header is all there is to act on.
    let isAllInHeader = request.head.method == .get || request.body.isEmpty || bodyIsWithHeader
    return isAllInHeader ? requestWasSent : bodyWasTaken
  }

  /// libcurl gets all addresses of a name, and so never asks for one. It tries one after the other if they fail at once. Of
  /// one that is silent it gives up after half of the time, but then does not look at the next before the time is over
  /// (7.88), so it is `NameCache` that sees to another being the first in the next attempt.
  private func setWay(_ easy: EasyHandle) -> Bool {
    if let connectTo = route?.connectTo { easy.set(CURLOPT_CONNECT_TO, UnsafeMutableRawPointer(connectTo.head)) }
    for (name, known) in known {
      let line = "\(name.text):" + known.addresses.map(HostPort.bracketed).joined(separator: ",")
      if let resolved {
        resolved.append(line)
      } else {
        guard let list = CurlList(line) else { return false }
        resolved = list
      }
    }
    if let resolved { easy.set(CURLOPT_RESOLVE, UnsafeMutableRawPointer(resolved.head)) }
    return true
  }

  /// libcurl reads 0 as no limit, and refuses what does not fit an `int`.
  private static func milliseconds(_ duration: Duration) -> Int {
    Int(min(max(duration.millisecondsRoundedUp, 1), Int64(Int32.max)))
  }
}

// MARK: Called by libcurl

extension Transfer {
  static let openSocket: curl_opensocket_callback = { context, _, address in
    guard let address = address?.pointee else { return CURL_SOCKET_BAD }
    let transfer = EasyHandle.transfer(of: context)
    transfer?.shortage = nil
    do throws(SystemError) {
      return try System.makeSocket(domain: address.family, type: address.socktype, protocol: address.protocol)
    } catch {
      guard error.isShortage else { return CURL_SOCKET_BAD }
      if let socket = transfer?.reservedSocket(address) { return socket }
      transfer?.shortage = error
      return CURL_SOCKET_BAD
    }
  }

  private func reservedSocket(_ address: curl_sockaddr) -> Int32? {
    guard let easy, reserve?.spend() == true else { return nil }
    easy.forbidReuse()
    return try? System.makeSocket(domain: address.family, type: address.socktype, protocol: address.protocol)
  }

  static let takeBody: ccurl_bytes_callback = { buffer, size, count, context in
    guard let (transfer, room) = arguments(buffer, size, count, context) else { return Int(CURL_READFUNC_ABORT) }
    return transfer.takeBody(into: room)
  }

  static let receiveHeader: ccurl_bytes_callback = { buffer, size, count, context in
    guard let (transfer, line) = arguments(buffer, size, count, context) else { return 0 }
    return transfer.receiveHeader(UnsafeRawBufferPointer(line)) ? line.count : 0
  }

  static let receiveBody: ccurl_bytes_callback = { buffer, size, count, context in
    guard let (transfer, piece) = arguments(buffer, size, count, context) else { return 0 }
    return transfer.receiveBody(UnsafeRawBufferPointer(piece))
  }

  static let beforeRequest: curl_prereq_callback = { context, _, _, _, _ in
    guard let transfer = EasyHandle.transfer(of: context) else { return CURL_PREREQFUNC_ABORT }
    return transfer.mayBeginRequest() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
  }

  private static func arguments(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
  ) -> (Transfer, UnsafeMutableRawBufferPointer)? {
    let (total, overflow) = size.multipliedReportingOverflow(by: count)
    guard let transfer = EasyHandle.transfer(of: context), !overflow, total >= 0 else { return nil }
    return (transfer, UnsafeMutableRawBufferPointer(start: buffer, count: buffer == nil ? 0 : total))
  }

  private func takeBody(into room: UnsafeMutableRawBufferPointer) -> Int {
    bodyWasTaken = true
    let count = min(room.count, request.body.count - bodyOffset)
    guard count > 0 else { return 0 }
    request.body.withUnsafeBytes { body in
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: body[bodyOffset..<bodyOffset + count]))
    }
    bodyOffset += count
    return count
  }

  /// libcurl has a connection and would send the request now. It comes here a second time when a connection that was
  /// used before turned out to be dead. That is welcome as long as nothing had left; a body that was taken cannot be
  /// taken again, and a request without one may have been acted upon.
  private func mayBeginRequest() -> Bool {
    requestsBegun += 1
    guard requestsBegun > 1, request.head.method == .post, let easy else { return true }
    repetitionWasRefused = bodyMayHaveBeenSent(requestWasSent: easy.requestWasSent)
    return !repetitionWasRefused
  }

  private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    guard headerBytes <= Self.headerLimit else { return false }
    if var taking = exchange(&collector, with: nil) {
      let isGood = taking.take(line, isTrailer: isOpened)
      collector = taking
      guard isGood else {
        isTooLarge = true
        return false
      }
    }
    guard !isOpened, line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n"), let easy else { return true }
    var status = 0
    ccurl_easy_get_long(easy.curl, CURLINFO_RESPONSE_CODE, &status)
    // Interim answers (1xx) have a block of their own; the final one follows. What follows that are trailers.
    guard status >= 200 else { return true }
    isOpened = true
    switch request.answer {
    case .streamed: outbox.append(self, .opened(status: status, headers: collector?.fields.headers ?? []))
    case .whole(let limit): return reserve(limit, easy)
    }
    return true
  }

  private var hasRoom: Bool {
    if lastRun != outbox.run {
      lastRun = outbox.run
      bytesThisRun = 0
    }
    return bytesThisRun < bytesPerRun
  }

  private func reserve(_ limit: Int, _ easy: EasyHandle) -> Bool {
    var length: curl_off_t = -1
    ccurl_easy_get_offset(easy.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
    guard length > 0 else { return true }
    guard length <= limit else {
      isTooLarge = true
      return false
    }
    var bytes = exchange(&received, with: ArrivedBytes())
    bytes.reserve(Int(min(length, curl_off_t(Self.reservationLimit))))
    received = bytes
    return true
  }

  /// Returns how much was taken, which short of all of it ends the transfer, or that libcurl should wait.
  private func receiveBody(_ piece: UnsafeRawBufferPointer) -> Int {
    if isPaused || !hasRoom {
      isHeld = true
      outbox.held.append(id)
      return Int(CURL_WRITEFUNC_PAUSE)
    }
    guard !piece.isEmpty else { return 0 }
    switch request.answer {
    case .whole(let limit):
      guard piece.count <= limit - received.count else {
        isTooLarge = true
        return 0
      }
    case .streamed:
      // Bytes that join others still waiting are handed over with those.
      if received.isEmpty { outbox.append(self, .received) }
    }
    var bytes = exchange(&received, with: ArrivedBytes())
    bytes.append(piece)
    received = bytes
    bytesThisRun += piece.count
    outbox.bytes &+= UInt64(piece.count)
    return piece.count
  }
}
