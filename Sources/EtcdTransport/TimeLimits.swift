import CCurl
import CSystem

/// How long a transfer may take, counted from its start on the reactor's clock.
///
/// libcurl does not end transfers for their time: it looks at its timers before it looks at their sockets, and so would
/// end what has been answered while the host was busy elsewhere. It gets the limit for connecting only, by which it
/// shares out the time among the addresses of a host name, and which is lifted before it ends anything.
struct TimeLimits {
  /// When all of it must be over; `nil` for never.
  let end: Instant?
  /// When its connection must stand.
  private(set) var connected: Instant
  /// When the names on its way must be known.
  private(set) var resolved: Instant
  /// It has been given the time for a connection once more.
  private(set) var isExtended = false
  /// What stands for it among the `Deadlines`.
  var due: Instant?

  init(_ request: TransferRequest, from start: Instant) {
    end = request.timeout.map { start + $0 }
    resolved = start + request.connectTimeout
    connected = start + request.connectTimeout
  }

  var earliest: Instant { end.map { min($0, connected) } ?? connected }

  /// While it waits for a name.
  var earliestWithoutName: Instant { min(end ?? resolved, resolved) }

  mutating func extendWithoutName(until time: Instant) {
    resolved = time
    connected = time
    isExtended = true
  }

  /// It goes to another connection, for which it has as much time as for the first.
  mutating func reconnect(until time: Instant) {
    connected = time
  }

  mutating func extend(until time: Instant) {
    connected = time
    isExtended = true
  }
}

extension Transfer {
  /// What becomes of a transfer whose time has come.
  enum Due {
    /// It is over.
    case fail(TransferFailure)
    /// It is over, unless what has arrived for it meanwhile turns out to be an answer.
    case read
    case wait(until: Instant?)
  }

  /// To be asked before libcurl gets to do anything: a request that has not been sent in its time must not be sent after
  /// it.
  func due(_ easy: EasyHandle, _ sockets: SocketTable, now: Instant) -> Due {
    let progress = Progress(easy, transfer: self)
    let isOver = limits.end.map { $0 <= now } ?? false
    if progress.requestWasSent { return isOver ? .read : .wait(until: limits.end) }
    if progress.wasConnected, !isOver { return .wait(until: limits.end) }

    let ready = self.sockets.reduce(0) { $0 | sockets.readiness(of: $1) }
    if isOver {
      if progress.wasConnected { return .fail(timedOut(progress, .timeout, "not sent", request.timeout)) }
      // With the connection there, or not even asked for, it was the host that had no time.
      let hasBroken = ready & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
      let isHosts = self.sockets.isEmpty || (ready != 0 && !hasBroken)
      return .fail(
        isHosts
          ? timedOut(progress, .late, "not sent", request.timeout)
          : timedOut(progress, .connect, "no connection", request.timeout))
    }
    // The peer has done something that the host did not get to look at.
    guard ready != 0, !limits.isExtended else {
      return .fail(timedOut(progress, .connect, "no connection", request.connectTimeout))
    }
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(Int32.max))
    limits.extend(until: now + request.connectTimeout)
    return .wait(until: limits.earliest)
  }

  /// What becomes of one that waits for a name and whose time has come. `hasUnread`: an answer to what was asked is here, and
  /// the host did not get to look at it.
  func dueWithoutName(hasUnread: Bool, now: Instant) -> Due {
    func failure(_ kind: TransferFailure.Kind, _ limit: Duration?) -> Due {
      let time = (limit ?? .zero).millisecondsRoundedUp
      return .fail(
        TransferFailure(
          kind: kind, bodyMayHaveBeenSent: false, curlCode: Int32(bitPattern: CURLE_COULDNT_RESOLVE_HOST.rawValue),
          message: "the host's name was not resolved within \(time) ms"))
    }
    if let end = limits.end, end <= now { return failure(hasUnread ? .late : .resolve, request.timeout) }
    guard hasUnread, !limits.isExtended else { return failure(.resolve, request.connectTimeout) }
    limits.extendWithoutName(until: now + request.connectTimeout)
    return .wait(until: limits.earliestWithoutName)
  }

  /// How one ends for which everything that had arrived has been read.
  func unanswered(_ easy: EasyHandle) -> TransferFailure {
    timedOut(Progress(easy, transfer: self), .timeout, isOpened ? "no end of the answer" : "no answer", request.timeout)
  }

  /// Whether more of its answer is here already, or the end of its connection.
  func hasUnread(_ table: SocketTable) -> Bool {
    guard !isPaused else { return false }
    return isHeld || sockets.contains { table.readiness(of: $0) & ~EPOLLOUT.rawValue != 0 }
  }

  private func timedOut(
    _ progress: Progress, _ kind: TransferFailure.Kind, _ what: String, _ limit: Duration?
  ) -> TransferFailure {
    let time = (limit ?? .zero).millisecondsRoundedUp
    return progress.failure(kind, CURLE_OPERATION_TIMEDOUT, "\(what) within \(time) ms")
  }
}
