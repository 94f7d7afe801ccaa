import EtcdPacker
import EtcdTransport

extension Cluster {
  // MARK: The host

  package enum Refusal: Error {
    case closed
    case limit
  }

  /// Starts a call of the host's. Its end comes as a delivery.
  package func submit(_ operation: Operation, timeoutMs: Int64) throws(Refusal) -> CallID {
    guard closing == nil else { throw .closed }
    guard hostCalls < options.callsMax else { throw .limit }
    enter()
    defer { leave() }
    let timeout = Duration.milliseconds(timeoutMs > 0 ? timeoutMs : options.requestTimeoutMs)
    return submit(operation, owner: .host, timeout: timeout, isIdempotent: operation.isRead)
  }

  /// Returns false if the call has ended.
  package func cancel(_ id: CallID) -> Bool {
    guard calls[id]?.owner == .host else { return false }
    enter()
    defer { leave() }
    end(id, .failure(Failure(.cancelled, "cancelled")))
    return true
  }

  // MARK: All calls

  @discardableResult
  func submit(
    _ operation: Operation, owner: Call.Owner, timeout: Duration? = nil, attemptTimeout: Duration? = nil,
    isIdempotent: Bool
  ) -> CallID {
    let timeout = timeout ?? .milliseconds(options.requestTimeoutMs)
    let attemptTimeout = attemptTimeout ?? max(.milliseconds(options.attemptTimeoutMs), timeout / 2)
    let id = CallID(rawValue: makeID())
    let call = Call(
      operation: operation, owner: owner, deadline: now + timeout, attemptTimeout: attemptTimeout,
      isIdempotent: isIdempotent)
    calls[id] = call
    if owner == .host {
      hostCalls += 1
      queue.append(id)
      wake(id, at: call.deadline)
      fillWire()
    } else {
      step(id, call, mayEnd: false)
    }
    return id
  }

  /// Sends the host's calls that wait, as far as there are places.
  func fillWire() {
    // Calls that ended while all places were taken.
    if queue.count > 2 * hostCalls + 64 { queue.removeAll { self.calls[$0] == nil } }
    while hostCallsInFlight < options.callsConcurrent, let id = queue.popFirst() {
      guard let call = calls[id] else { continue }
      hostCallsInFlight += 1
      calls[id]?.hasPlace = true
      step(id, call, mayEnd: true)
    }
  }

  /// Does what a waiting call is to do now.
  func step(_ id: CallID) {
    if let call = calls[id] { step(id, call, mayEnd: true) }
  }

  /// Without `mayEnd`, a call that has no time at all ends in the next turn, so that its owner is not told of its end
  /// while it is still asking for it.
  private func step(_ id: CallID, _ call: Call, mayEnd: Bool) {
    guard case .waiting = call.state else { return }
    switch call.step(endpoints: endpoints, now: now) {
    case .end(let failure):
      if mayEnd { end(id, .failure(failure)) } else { wake(id, at: now) }
    case .wait(let until):
      wake(id, at: until)
    case .send(let endpoint, let timeout):
      // The host's calls go when they have a place; until then they wait for their deadline only.
      if call.owner == .host, calls[id]?.hasPlace != true { return wake(id, at: call.deadline) }
      let transfer = transport.start(
        wire.transfer(for: call.operation, to: endpoints.endpoint(endpoint), timeout: timeout))
      callOfTransfer[transfer] = id
      calls[id]?.sent(Call.Attempt(transfer: transfer, endpoint: endpoint, sentAt: now))
    }
  }

  private func wake(_ id: CallID, at time: Instant) {
    calls[id]?.wakeTime = time
    timers.insert(.call(id), at: time)
  }

  func handle(_ event: TransferEvent, ofCall id: CallID) {
    guard let call = calls[id], case .inFlight(let attempt) = call.state else { return }
    let endpoint = endpoints.endpoint(attempt.endpoint)
    let verdict: Verdict
    switch event {
    case .opened, .received: return
    case .completed(let status, let body, _):
      verdict = wire.verdict(on: call.operation, status: status, body: body, from: endpoint)
    case .failed(let failure):
      verdict = GatewayWire.verdict(on: failure, endpoint: endpoint)
    }
    callOfTransfer[attempt.transfer] = nil
    judge(verdict, on: event, attempt: attempt)

    switch calls[id]?.answered(verdict, backoff: backoff, now: now, random: &random) {
    case .sendAgain: step(id)
    case .end(let result): end(id, result, attempt: attempt)
    case nil: break
    }
  }

  /// What the verdict says about the endpoint.
  private func judge(_ verdict: Verdict, on event: TransferEvent, attempt: Call.Attempt) {
    // What could not even be sent says nothing.
    if case .failed(let failure) = event, failure.kind == .invalid { return }
    switch verdict {
    case .success, .refused, .failed(_, _, .none):
      endpointAnswered(attempt.endpoint)
    case .failed(let failure, _, let fault):
      endpointFailed(attempt.endpoint, startedAt: attempt.sentAt, failure, isSilent: fault == .silent)
    }
  }

  /// Ends a call and tells its owner.
  func end(_ id: CallID, _ result: Result<Answer, Failure>, attempt: Call.Attempt? = nil) {
    guard let call = remove(id) else { return }
    switch call.owner {
    case .host: outbox.append(.call(id, result, hadPlace: call.hasPlace))
    case .lease: leaseAnswered(result, sentAt: attempt?.sentAt ?? now)
    case .keepalive(let keepalive): answered(result, to: keepalive)
    case .watcher(let watcher): pageArrived(result, for: watcher)
    case .close:
      var failure: Failure?
      if case .failure(let why) = result { failure = why }
      closing?.revocation = .ended(failure)
      finishClosing()
    case .probe(let endpoint): probeEnded(endpoint)
    }
  }

  /// The host has taken the end of a call. Until then the call keeps its place on the wire, so that no more answers can
  /// pile up in memory than there are places.
  func delivered(callWithPlace hadPlace: Bool) {
    hostCalls -= 1
    if hadPlace { hostCallsInFlight -= 1 }
    fillWire()
  }

  /// Lets go of a call without telling anyone.
  func abandon(_ id: CallID) {
    _ = remove(id)
  }

  private func remove(_ id: CallID) -> Call? {
    guard let call = calls.removeValue(forKey: id) else { return nil }
    if case .inFlight(let attempt) = call.state, callOfTransfer.removeValue(forKey: attempt.transfer) != nil {
      transport.cancel(attempt.transfer)
    }
    return call
  }
}

extension Operation {
  var isRead: Bool {
    if case .range = self { true } else { false }
  }
}
