import EtcdPacker
import EtcdTransport

/// What becomes of calls, and how what is asked goes out.
extension Cluster {
  // MARK: What transfers bring

  mutating func take(_ event: TransferEvent, of transfer: TransferID) {
    switch event {
    case .received(let bytes), .completed(_, let bytes, _): counted.received(bytes: bytes.count)
    case .opened, .failed: break
    }
    if let id = calls.callOfTransfer[transfer] {
      take(event, ofCall: id)
    } else if let id = watchers.watcher(of: transfer), let origin = watchers.origin(of: id) {
      switch event {
      case .opened:
        endpoints.heard(origin.id, now: now)
        if let openedAt = watchers.streamOpenedAt(id) { endpoints.took(now - openedAt, origin.id) }
      case .received: endpoints.heard(origin.id, tells: true, now: now)
      case .completed, .failed: break
      }
      if let order = watchers.received(event, for: id, now: now) { carryOut(order) }
    } else if let id = partedCalls.call(of: transfer), let origin = partedCalls.stream(of: id)?.target {
      switch event {
      case .opened, .received: endpoints.heard(origin.id, now: now)
      case .completed, .failed: break
      }
      carryOut(partedCalls.received(event, for: id, now: now))
    }
  }

  mutating func take(_ event: TransferEvent, ofCall id: CallID) {
    guard let (operation, attempt, asker) = calls.attempt(of: id),
      var verdict = Wire(attempt.wire, .v3, options).verdict(on: event, of: operation, from: attempt.target.endpoint)
    else { return }
    calls.transferEnded(attempt.transfer)
    if case .failed(let failure, _, .wrongWire) = verdict, options.usableWire == .auto, !isOwnTrial(asker) {
      // Whoever asks, and whomever: it is the way of asking that is another from now on.
      noteWire(attempt, failure, .wrongWire)
      return carryOut { $0.calls.answered(id, verdict, &$1, endpoints: $0.endpoints, now: $0.now, random: &$0.random) }
    }
    noteWire(attempt, verdict)
    // Of an endpoint that is to speak gRPC, that it does not is a failure as any other.
    if case .failed(let failure, let applied, .wrongWire) = verdict {
      verdict = .failed(failure, applied: applied, fault: .failing)
    }
    let isStranger = attempt.target.id == .stranger
    var isForeign = false
    if !isStranger, case .success(let answer) = verdict {
      verdict = identified(answer, to: operation, attempt)
      if case .failed(_, _, .failing) = verdict { isForeign = true }
    }
    // Who it is that is asked at a stranger's or a candidate's address is not known: what it says of the token is its own,
    // and at most a reason to look for a newer one.
    if asker == .candidate {
      doubtToken(of: attempt, because: verdict)
    } else if !isStranger {
      verdict = recognized(verdict, attempt, asker)
    }
    let keepsToItself = Members.keepsToItself(asker) && (!isForeign || !endpoints.has(attempt.target.id))
    // What is asked of its own accord is not sent again at once, and what becomes of it changes nothing.
    if keepsToItself, case .failed(let failure, _, _) = verdict { verdict = .refused(failure) }
    if isStranger || keepsToItself {
      return carryOut { $0.calls.answered(id, verdict, &$1, endpoints: $0.endpoints, now: $0.now, random: &$0.random) }
    }
    // What writes waits for a disk and a quorum, too.
    if case .success = verdict, operation.effect == .reads, !operation.method.isLong {
      endpoints.took(now - attempt.sentAt, attempt.target.id)
    }
    let evidence = verdict.evidence(from: operation)
    if operation.timeAtServer != nil, case .failed(let failure, _, _) = verdict,
      Probe.Finding(.failure(failure)) != .nothing
    {
      // It lives. What it means that it has no quorum is for its probe to say.
      endpoints.heard(attempt.target.id, now: now)
      return carryOut {
        $0.calls.answered(id, .refused(failure), &$1, endpoints: $0.endpoints, now: $0.now, random: &$0.random)
      }
    }
    switch verdict {
    // What could not even be sent says nothing.
    case .refused(let failure) where failure.code == .system: break
    case .success:
      answered(attempt.target.id, evidence, isLocal: !operation.needsLeader)
      if operation.isOrdered { endpoints.foundQuorum(attempt.target.id, now: now) }
      if operation.needsLeader || watchers.hasStreams(at: attempt.target.id) { isWell(attempt.target.id) }
    case .refused(let failure), .failed(let failure, _, .none): answered(attempt.target.id, evidence, because: failure)
    // It was not the endpoint that this was about; and it is asked again in its time. But what another cluster answers is no
    // reason to ask there for ever.
    case .failed(let failure, _, _) where asker == .status && !isForeign: verdict = .refused(failure)
    case .failed(let failure, _, let fault):
      if case .probe = asker, fault == .refusing || fault == .notAsked { endpoints.probeGotNowhere(attempt.target.id) }
      failed(attempt.target.id, startedAt: attempt.sentAt, failure, fault, of: asker)
      // What its streams have brought came from somebody who is not there any more.
      if isForeign, case .probe = asker {
        carryOut(watchers.leave(attempt.target.id, because: failure, now: now, random: &random))
      }
    }
    carryOut { $0.calls.answered(id, verdict, &$1, endpoints: $0.endpoints, now: $0.now, random: &$0.random) }
  }

  /// Who asked is told how it ended.
  mutating func tell(_ end: Calls.End) {
    switch end.asker {
    case .host:
      counted.ended(end.method.name, end.result, after: max(.zero, now - end.submittedAt))
      deliveries.append(.call(end.id, end.result, hadPlace: end.hadPlace))
    case .lease:
      carryOut(keepalives.leaseAnswered(end.result, sentAt: end.sentAt ?? now, now: now, random: &random))
    case .keepalive(let id):
      carryOut(
        keepalives.answered(end.result, hasStray: end.hasStray, to: id, now: now, random: &random))
    case .verification:
      carryOut(keepalives.verified(end.result, now: now, random: &random))
    case .watcher(let id):
      carryOut(watchers.pageArrived(end.result, for: id, now: now, random: &random))
    case .parts(let id):
      carryOut(partedCalls.pageArrived(end.result, for: id, now: now))
    case .probe(let endpoint):
      let loss = endpoints.probeEnded(
        endpoint, Probe.Finding(end.result), isCrowded: isCrowded(endpoint), now: now)
      let patience = endpoints.patience(with: endpoint, within: .milliseconds(options.attemptTimeoutMs))
      carryOut(watchers.probeEnded(at: endpoint, end.result, patience: patience, now: now))
      carryOut(.setTimer(.probe(endpoint)))
      if let loss, case .failure(let failure) = end.result, watchers.hasStreams(at: endpoint),
        loss == .leader || hasOther(than: endpoint)
      {
        failed(endpoint, startedAt: end.sentAt ?? now, failure, .failing)
        carryOut(watchers.leave(endpoint, because: failure, now: now, random: &random))
      }
      if case .success = end.result { askForService() }
    case .status: planQuestion()
    case .stray: break
    case .members:
      let (before, streams) = (endpoints.currentTarget, watchers)
      let orders = members.listArrived(
        end.result, endpoints: &endpoints, hasStreams: { streams.hasStreams(at: $0) }, now: now, random: &random)
      noteMove(from: before)
      carryOut(orders)
    case .candidate: candidateTried(end)
    case .version(let endpoint):
      if case .success(.version(let version)) = end.result {
        endpoints.isVersion(version.etcdserver, endpoint, now: now)
      }
      if case .success(.admin(let answer)) = end.result, case .status(let status) = answer.content {
        endpoints.isVersion(status.version, endpoint, now: now)
      }
    case .wire: break
    case .identity:
      identity.askingEnded()
    case .auth:
      counted.logInEnded(end.result)
      carryOut(auth.logInEnded(end.result, now: now, random: &random))
    case .close:
      closing?.revocationEnded(end.result)
    }
  }

  /// Every request passes here, and goes if it is let in.
  mutating func send(_ operation: Operation, of id: CallID, to target: Endpoints.Target, timeout: Duration) {
    // What came of the orders before this one may have ended it.
    guard let sending = calls.sending(id, to: target.id) else { return }
    let pass: Pass
    switch admission(of: operation) {
    case .go(let given): pass = given
    // Many tell anybody who they are, and where nothing else answers, there is nobody else to log in at.
    case .wait where isLastResort(sending.asker), .refused where isLastResort(sending.asker): pass = .nobody
    case .wait(let failure):
      // That it waits for a log-in says nothing against the endpoint.
      if case .probe(let endpoint) = sending.asker { endpoints.probeGotNowhere(endpoint) }
      return carryOut(calls.hold(id, because: failure))
    case .refused(let failure): return carryOut(calls.refuse(id, failure, now: now))
    }
    note(.debug, .calls, "\(target.endpoint.url): \(operation.method.grpcName)")
    let wire = wire(for: operation, to: target, asked: sending.wire, by: sending.asker)
    let request = wire.transfer(
      for: operation, to: target.endpoint, token: pass.token, timeout: timeout,
      usesReserve: sending.keepsLease(hasLease: keepalives.hasLease), &requestHeads)
    counted.sent(bytes: request.body.count, again: sending.isRepetition)
    let transfer = transport.start(request)
    calls.sent(
      id,
      Call.Attempt(transfer: transfer, target: target, sentAt: now, pass: pass, wire: wire.kind, stamp: identity.stamp))
  }

  // MARK: Answers in parts

  mutating func openParts(_ id: CallID) {
    guard let (operation, route) = partedCalls.pending(id, now: now) else { return }
    switch endpoints.choose(route, now: now) {
    case .wait(let until):
      carryOut(partedCalls.postpone(id, until: until, now: now))
    case .use(let target):
      guard let pass = admitParts(of: id) else { return }
      note(.debug, .calls, "\(target.endpoint.url): \(operation.method.grpcName)")
      let wire = wire(for: operation, to: target, asked: partedCalls.wire(of: id, to: target.id))
      let request = wire.streamedTransfer(for: operation, to: target.endpoint, token: pass.token, &requestHeads)
      counted.sent(bytes: request.body.count, again: false)
      let transfer = transport.start(request)
      let reader = wire.partReader(for: operation, from: target.endpoint)
      carryOut(partedCalls.opened(id, transfer, at: target, reader: reader, pass: pass, now: now))
    }
  }

  /// Returns `nil` if it is not let in now.
  private mutating func admitParts(of id: CallID) -> Pass? {
    let (admission, actions) = auth.admit(now: now)
    carryOut(actions)
    switch admission {
    case .go(let pass): return pass
    case .wait: carryOut(partedCalls.hold(id, now: now))
    case .refused(let failure): endParts(of: id, StreamEnd(failure: failure, fault: .none, applied: .no))
    }
    return nil
  }

  /// The turn of a call has come: a part, or its end.
  mutating func nextPart(of id: CallID) -> Delivery? {
    switch partedCalls.next(of: id) {
    case .part(let answer):
      carryOut(partedCalls.goOn(id, now: now))
      return .part(id, answer)
    case .end(let result, let method, let submittedAt):
      counted.ended(method.name, result, after: max(.zero, now - submittedAt))
      return .call(id, result)
    case .streamEnd(let end):
      endParts(of: id, end)
      return nil
    case nil:
      return nil
    }
  }

  mutating func endParts(of id: CallID, _ end: StreamEnd) {
    var end = end
    if options.usableWire != .auto, end.fault == .wrongWire { end.fault = .failing }
    if let stream = partedCalls.stream(of: id), !end.isWhole {
      let isStranger = stream.target.id == .stranger
      if !isStranger {
        noteWire(stream.reader.kind, at: stream.target, startedAt: stream.openedAt, end.failure, end.fault)
      }
      if !isStranger { failed(stream.target.id, startedAt: stream.openedAt, end.failure, end.fault) }
      if !isStranger, end.failure.reason?.isAboutToken == true {
        let (again, actions) = auth.refused(stream.pass, now: now, random: &random)
        carryOut(actions)
        // It has not been carried out: with something better to carry, it is sent again.
        if again { (end.failure.isWorthRetrying, end.applied) = (true, .no) }
      }
    }
    carryOut(partedCalls.streamEnded(id, end, now: now, random: &random))
  }
}
