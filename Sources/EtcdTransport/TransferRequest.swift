/// What is asked of a peer. A class, and never changed, because it goes through many hands: copying it would cost each of
/// them, and counting the references to all that is in it.
package final class TransferRequest: Sendable {
  package enum Answer: Sendable {
    /// Collected, and handed over with `.completed`. One that grows past `limit` bytes fails as `.tooLarge`.
    case whole(limit: Int)
    /// Handed over in pieces as they arrive; nothing is kept.
    case streamed
  }

  /// What shares a connection in HTTP/2, so that a large answer does not stand before a small one.
  package enum Lane: Hashable, Sendable {
    /// Short questions and answers.
    case calls
    /// Large answers.
    case bulk
    /// Streams that stay open.
    case streams
  }

  package let head: RequestHead
  /// Header fields of its own, after those of the head: names and values as they go on the wire, without line breaks.
  package let ownHeaders: [(name: String, value: String)]
  /// Sent once: a connection that dies after any of it was taken fails the transfer, and is never answered by sending
  /// it again (field notes, libcurl: it replays POSTs unless kept from it).
  package let body: [UInt8]
  package let answer: Answer
  /// What is told of the answer's header and trailer. An answer that has more of it than 32 KiB fails as `.tooLarge`.
  package let fields: AnswerFields.Wanted
  package let version: HTTPVersion
  /// Which of the origin's connections it shares, over HTTP/2.
  package let lane: Lane
  /// The most time for resolving, connecting and the TLS handshake.
  package let connectTimeout: Duration
  /// The most time for all of it, or `nil` for no end (streams).
  package let timeout: Duration?
  /// Whether it may have the descriptor that is kept for the case that there are no others left (`Reserve`).
  package let usesReserve: Bool

  package init(
    _ head: RequestHead, headers ownHeaders: [(name: String, value: String)] = [], body: [UInt8] = [], answer: Answer,
    fields: AnswerFields.Wanted = .none, version: HTTPVersion = .http1, lane: Lane = .calls, connectTimeout: Duration,
    timeout: Duration?, usesReserve: Bool = false
  ) {
    self.head = head
    self.ownHeaders = ownHeaders
    self.body = body
    self.answer = answer
    self.fields = fields
    self.version = version
    self.lane = lane
    self.connectTimeout = connectTimeout
    self.timeout = timeout
    self.usesReserve = usesReserve
  }

  /// What stands for one that stays open when it was sent.
  static let sentStream = TransferRequest(
    RequestHead(origin: "", path: ""), answer: .streamed, lane: .streams, connectTimeout: .zero, timeout: nil)

  /// What is wrong with it, if anything.
  var problem: String? { head.problem ?? RequestCheck.problem(in: ownHeaders) }
}

extension TransferRequest {
  package var url: String { head.url }

  /// All that go with it.
  package var headers: [(name: String, value: String)] { head.headers + ownHeaders }

  /// With a head of its own.
  package convenience init(
    method: RequestHead.Method = .post, url: String, socketPath: String? = nil,
    headers: [(name: String, value: String)] = [], body: [UInt8] = [], answer: Answer,
    fields: AnswerFields.Wanted = .none, version: HTTPVersion = .http1, lane: Lane = .calls, connectTimeout: Duration,
    timeout: Duration?, usesReserve: Bool = false
  ) {
    self.init(
      RequestHead(method: method, url: url, socketPath: socketPath), headers: headers, body: body, answer: answer,
      fields: fields, version: version, lane: lane, connectTimeout: connectTimeout, timeout: timeout,
      usesReserve: usesReserve)
  }
}
