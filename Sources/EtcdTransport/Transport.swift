/// What the core needs of the outside world: HTTP transfers, a clock and one timer.
///
/// `Reactor` is the real one (epoll and libcurl); the simulator is the other. Nothing here knows of etcd. No method
/// blocks, and no event arrives other than inside `run`, so the core may call any method at any time, from inside the
/// handler too.
package protocol Transport: AnyObject {
  /// The time now. Within one `run` it may stand still.
  var now: Instant { get }

  /// When `run` must be called again even if nothing arrives: the core's earliest timer, or `nil` for none. A time that
  /// has passed means at once. Counts from the end of the turn.
  var wakeTime: Instant? { get set }

  /// The host gets its thread back. Whatever was started, cancelled, paused, resumed or timed since the turn before is put
  /// into effect now, once for all of it; so every call of the host's that may have done any of this ends here.
  func endTurn()

  /// Starts a transfer. Never fails at once: whatever is wrong arrives as `.failed`. The events of one transfer are
  /// `.opened`, then any number of `.received` (both for streamed answers only), then exactly one of `.completed` and
  /// `.failed`, after which the id is dead and never used again.
  func start(_ request: TransferRequest) -> TransferID

  /// Ends a transfer; no event of it follows, queued ones included. Unknown or finished ids are ignored.
  func cancel(_ id: TransferID)

  /// Nothing comes of a transfer, though something should: the connection that it shares with others may be dead, whatever
  /// TCP says, so none that is started from now on goes by it. Those that do go on. Unknown ids are ignored.
  func distrust(_ id: TransferID)

  /// Stops reading a streamed answer from its socket, so that the peer is held back by TCP; what was read already may
  /// still arrive. Unknown ids are ignored. Idempotent.
  func pause(_ id: TransferID)

  /// Undoes `pause`. Idempotent.
  func resume(_ id: TransferID)

  /// Asks name servers for the SRV records of a name. What they say is in `takeServices` after a later `run`.
  func lookUp(service name: String)

  /// What was found out of SRV records since the last time: one answer for each question.
  func takeServices() -> [(name: String, answer: ServiceAnswer)]

  /// How many connections have been begun so far, whatever became of them.
  var connectionsOpened: UInt64 { get }

  /// Whether `run` would find nothing to do, so that it need not be called. If so nothing has changed by asking.
  func isAtRest() -> Bool

  /// Does what is ready, without blocking, and hands over the events in the order in which they happened.
  func run(_ handle: (TransferID, TransferEvent) -> Void)
}

extension Transport {
  /// For transports that put everything into effect at once.
  package func endTurn() {}
}

extension Transport {
  /// For transports on which transfers share nothing.
  package func distrust(_ id: TransferID) {}
}

extension Transport {
  /// For transports that had better be run.
  package func isAtRest() -> Bool { false }
}

extension Transport {
  /// For transports without connections.
  package var connectionsOpened: UInt64 { 0 }
}

extension Transport {
  /// For transports that know no names: nobody ever answers.
  package func lookUp(service name: String) {}
  package func takeServices() -> [(name: String, answer: ServiceAnswer)] { [] }
}

package struct TransferID: Numbered {
  package var rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }
}

package enum TransferEvent: Sendable {
  /// The status line and headers of a streamed answer have arrived. `headers` are those that were asked for.
  case opened(status: Int, headers: [AnswerFields.Field] = [])
  /// A piece of a streamed answer, never empty.
  case received([UInt8])
  /// The answer ended as HTTP says it should. `body` is empty for a streamed one. `fields` is what was asked for of
  /// header and trailer; of an answer in HTTP/2 that is a trailer only, as gRPC's errors are, it comes as header.
  case completed(status: Int, body: [UInt8], fields: AnswerFields = AnswerFields())
  case failed(TransferFailure)
}

package struct TransferFailure: Error, Sendable {
  package enum Kind: Sendable {
    /// The host name was not resolved.
    case resolve
    /// Nobody listens there: the peer's machine said so itself.
    case refused
    /// No connection for any other reason: unreachable, or `connectTimeout` passed.
    case connect
    /// The TLS handshake failed, certificate errors included.
    case tls
    /// `timeout` passed after a connection was made.
    case timeout
    /// `timeout` had passed when this process got to look at what the request waited for: it was not sent. It says nothing
    /// about the peer.
    case late
    /// A whole answer, or what was asked for of its header and trailer, grew past its limit.
    case tooLarge
    /// The connection ended or spoke no HTTP.
    case broken
    /// The peer did not begin the request, and is well: it takes no more of them on this connection.
    case notBegun
    /// The peer speaks no HTTP/2, in which the request was to go.
    case notHTTP2
    /// The request itself cannot be sent: its URL or headers are malformed, or libcurl could not be set up for it.
    case invalid
    /// Something ran out in this process or on this machine: descriptors, memory. It says nothing about the peer, and
    /// may pass.
    case shortage
  }

  package var kind: Kind
  /// Whether any byte of the request's body may have left; of a request without a body, any byte at all. When false, the
  /// peer cannot have acted on the request: HTTP/2 also says so of requests that have left, but were never begun there.
  package var bodyMayHaveBeenSent: Bool
  /// The `CURLcode`, or 0 where libcurl was not involved.
  package var curlCode: Int32
  /// What happened, in libcurl's words, without secrets.
  package var message: String

  package init(kind: Kind, bodyMayHaveBeenSent: Bool, curlCode: Int32, message: String) {
    self.kind = kind
    self.bodyMayHaveBeenSent = bodyMayHaveBeenSent
    self.curlCode = curlCode
    self.message = message
  }
}
