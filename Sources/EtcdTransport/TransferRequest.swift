/// What is asked of a peer. A class, and never changed, because it goes through many hands: copying it would cost each of
/// them, and counting the references to all that is in it.
package final class TransferRequest: Sendable {
  package enum Method: Sendable {
    case get
    case post
  }

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

  package let method: Method
  /// Scheme, host and port: `http://host:1`, or the same with `https`. Anything else fails as `.invalid`.
  package let origin: String
  /// What follows them in the URL.
  package let path: String
  /// A socket of this machine's that is connected to in place of the URL's host; `nil` for none.
  package let socketPath: String?
  /// Header fields that it has in common with others; they come first.
  package let commonHeaders: CommonHeaders
  /// Its own. Names and values as they go on the wire, without line breaks.
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
    method: Method = .post, origin: String, path: String, socketPath: String? = nil,
    commonHeaders: CommonHeaders = .none, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], answer: Answer, fields: AnswerFields.Wanted = .none, version: HTTPVersion = .http1,
    lane: Lane = .calls, connectTimeout: Duration, timeout: Duration?, usesReserve: Bool = false
  ) {
    self.method = method
    self.origin = origin
    self.path = path
    self.socketPath = socketPath
    self.commonHeaders = commonHeaders
    ownHeaders = headers
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
    origin: "", path: "", answer: .streamed, lane: .streams, connectTimeout: .zero, timeout: nil)

  /// With a URL that is taken apart.
  package convenience init(
    method: Method = .post, url: String, socketPath: String? = nil, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], answer: Answer, fields: AnswerFields.Wanted = .none, version: HTTPVersion = .http1,
    lane: Lane = .calls, connectTimeout: Duration, timeout: Duration?, usesReserve: Bool = false
  ) {
    let pathStart = url.utf8.withBytes { url in
      let scheme = url.count > 5 && url[4] | 0x20 == UInt8(ascii: "s") ? 8 : 7
      let end = url.dropFirst(scheme).firstIndex {
        $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
      }
      return end ?? url.count
    }
    let index = url.utf8.index(url.startIndex, offsetBy: pathStart)
    self.init(
      method: method, origin: String(url[..<index]), path: String(url[index...]), socketPath: socketPath,
      headers: headers, body: body, answer: answer, fields: fields, version: version, lane: lane,
      connectTimeout: connectTimeout, timeout: timeout, usesReserve: usesReserve)
  }

  package var url: String { origin + path }

  /// All that go with it.
  package var headers: [(name: String, value: String)] { commonHeaders.fields + ownHeaders }
}

/// Header fields of many requests: looked at once, and known again by being the same object.
package final class CommonHeaders: Sendable {
  package static let none = CommonHeaders([])

  package let fields: [(name: String, value: String)]
  let problem: String?

  package init(_ fields: [(name: String, value: String)]) {
    self.fields = fields
    problem = TransferRequest.problem(in: fields)
  }
}
