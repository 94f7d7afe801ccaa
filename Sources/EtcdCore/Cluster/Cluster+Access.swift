import EtcdPacker
import EtcdTransport

/// What every request and every stream passes: who asks, and of which store the answer is.
extension Cluster {
  // MARK: Who asks

  mutating func admission(of operation: Operation) -> Auth.Admission {
    switch operation {
    case .authenticate, .version: return .go(.nobody)
    // Of old, anybody may renew a lease: who is shut out need not lose his keys for that.
    case .leaseKeepAlive where auth.isShutOut: return .go(.nobody)
    default:
      let (admission, actions) = auth.admit(now: now)
      if !actions.isEmpty { carryOut(actions) }
      return admission
    }
  }

  /// Every stream passes here. Returns `nil` if it is not let in now.
  mutating func admit(_ id: WatcherID, _ request: WatchCreateRequest) -> Pass? {
    let (admission, actions) = auth.admit(now: now)
    carryOut(actions)
    switch admission {
    case .go(let pass): return pass
    case .wait: watchers.hold(request, of: id)
    case .refused(let failure): carryOut(watchers.streamEnded(id, failure, now: now, random: &random))
    }
    return nil
  }

  mutating func carryOut(_ actions: [Auth.Action]) {
    for action in actions {
      switch action {
      case .logIn(let request):
        carryOut(.call(Calls.Submission(.authenticate(request), for: .auth)))
      case .abandonLogIn: carryOut(.abandonCall(.auth))
      case .admit: carryOut(.admit)
      case .shutOut(let failure, let attempts): carryOut(.shutOut(failure, attempts: attempts))
      case .letIn(let isKnown): carryOut(.letIn(isKnown: isKnown))
      case .note(let level, let text): note(level, .auth, text)
      }
    }
    carryOut(.setTimer(.auth))
  }

  /// A member that nobody has used yet may know nothing of a token that is older than itself.
  mutating func doubtToken(of attempt: Call.Attempt, because verdict: Verdict) {
    guard case .refused(let failure) = verdict, failure.reason?.isAboutToken == true, let since = members.candidateSince
    else { return }
    let actions = auth.unknown(attempt.pass, toMemberSince: since, now: now)
    if !actions.isEmpty { carryOut(actions) }
  }

  /// What a verdict says of what the request carried. One that was refused for that has not been carried out: where there is
  /// something better to carry, it is sent again.
  mutating func recognized(_ verdict: Verdict, _ attempt: Call.Attempt, _ asker: Asker) -> Verdict {
    switch verdict {
    case .success:
      auth.accepted(attempt.pass, now: now)
    case .refused(var failure) where failure.reason?.isAboutToken == true:
      guard attempt.pass != .nobody else { break }
      let (again, actions) = auth.refused(attempt.pass, now: now, random: &random)
      carryOut(actions)
      guard again else { break }
      failure.isWorthRetrying = true
      return .failed(failure, applied: .no, fault: .none)
    case .failed(_, _, .silent) where !Members.keepsToItself(asker):
      carryOut(auth.unanswered(attempt.pass, sentAt: attempt.sentAt, now: now))
    case .refused, .failed: break
    }
    return verdict
  }

  /// The same of a stream that has ended.
  mutating func recognized(_ failure: Failure, _ stream: WatchStream, of id: WatcherID) -> Failure {
    let again: Bool
    let actions: [Auth.Action]
    switch failure.reason {
    case let reason? where reason.isAboutToken:
      (again, actions) = auth.refused(stream.pass, now: now, random: &random)
    case .permissionDenied:
      (again, actions) = auth.denied(stream.pass, isFirst: watchers.denied(id), now: now, random: &random)
    case nil where failure.code == .timeout && !stream.isConfirmed:
      (again, actions) = (false, auth.unanswered(stream.pass, sentAt: stream.openedAt, now: now))
    default: return failure
    }
    carryOut(actions)
    var failure = failure
    if again { failure.isWorthRetrying = true }
    return failure
  }

  /// Why etcd has cancelled a watch, if that is about who asks for it.
  func refusal(of response: WatchResponse, _ stream: WatchStream) -> Failure? {
    guard let reason = Reason(ofCancelledWatch: response.cancelReason),
      reason.isAboutToken || reason == .permissionDenied
    else { return nil }
    let words = PrintableText.excerpt(of: response.cancelReason, limit: ServerError.messageLimit)
    return Failure(reason.errorCode, words, reason: reason, endpoint: stream.target.endpoint.url)
  }

  mutating func shutOut(_ failure: Failure, attempts: Int) {
    note(.error, .auth, failure.description, code: failure.code)
    if status.shutOut(failure, attempts: attempts) { deliveries.append(.state) }
  }

  /// Requests are refused no more, or somebody else asks, or with another token.
  mutating func letIn(isKnown: Bool) {
    status.letIn()
    if isKnown, status.answered(.quorum, nil) { stateHasChanged(because: nil) }
    carryOut(watchers.hasten(to: now, onlyDenied: true))
    askForService()
  }

  // MARK: The store

  mutating func identify(
    _ header: ResponseHeader, isOrdered: Bool, from target: Endpoints.Target, _ stamp: ClusterIdentity.Stamp
  ) -> ClusterIdentity.Finding {
    endpoints.named(header.clusterID, member: header.memberID, by: target.id, now: now)
    let ours = identity.clusterID
    let patience = identity.patience
    let finding = identity.heard(
      header, isOrdered: isOrdered, sentWith: stamp,
      // What is only advertised does not speak for the cluster.
      isElsewhere: !endpoints.has(target.id)
        || endpoints.mayFind(ours, elsewhereThan: target.id, within: patience, now: now), now: now)
    switch finding {
    case .known, .outdated, .foreign: break
    case .behind:
      if closing == nil, let question = identity.ask() { carryOut(.call(Calls.Submission(question, for: .identity))) }
    case .replaced(let failure): replaced(failure)
    }
    return finding
  }

  /// An answer to a call counts if it comes from the store that there is. From another one it says nothing of what was
  /// asked for, and a write has happened somewhere, but not here.
  mutating func identified(_ answer: Answer, to operation: Operation, _ attempt: Call.Attempt) -> Verdict {
    switch identify(answer.header, isOrdered: operation.isOrdered, from: attempt.target, attempt.stamp) {
    case .known, .behind, .replaced:
      return .success(answer)
    case .outdated:
      return .failed(outdated(at: attempt.target), applied: .perhaps, fault: .none)
    case .foreign(var failure):
      failure.endpoint = attempt.target.endpoint.url
      return .failed(failure, applied: .perhaps, fault: .failing)
    }
  }

  func outdated(at target: Endpoints.Target) -> Failure {
    Failure(
      .unavailable, "the answer came from a store that has been replaced meanwhile", endpoint: target.endpoint.url)
  }

  /// The store is another one from now on: nothing that was known of it counts any more.
  mutating func replaced(_ failure: Failure) {
    note(.error, .cluster, failure.description, code: failure.code)
    status.replaced(failure)
    counted.storeReplaced()
    deliveries.append(.state)
    carryOut(auth.storeReplaced())
    carryOut(watchers.replaced(failure, now: now, random: &random))
    carryOut(keepalives.replaced(failure))
    carryOut(partedCalls.replaced(failure))
    carryOut(members.moved(endpoints: endpoints, now: now, random: &random))
  }
}
