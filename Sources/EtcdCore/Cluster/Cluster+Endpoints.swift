import EtcdPacker
import EtcdTransport

/// Whom it asks, and what shows that they live.
extension Cluster {
  // MARK: Endpoints

  mutating func answered(
    _ id: Endpoints.ID, _ evidence: Evidence, isLocal: Bool = false, because failure: Failure? = nil
  ) {
    let before = endpoints.currentTarget
    endpoints.succeeded(id, isLocal: isLocal, isServed: evidence == .service, now: now)
    noteMove(from: before)
    carryOut(members.answered(endpoints: endpoints, now: now))
    if status.answered(evidence, failure) { stateHasChanged(because: failure) }
  }

  mutating func noteMove(from before: Endpoints.Target?) {
    // The first one there is is none that it has moved to.
    guard let before, let target = endpoints.currentTarget, target != before else { return }
    counted.moved()
    note(.info, .endpoints, "moved to \(target.endpoint.url)")
    carryOut(members.moved(endpoints: endpoints, now: now, random: &random))
    carryOut(keepalives.moved(now: now))
  }

  /// An attempt that began at `startedAt` failed, at a stream if it was nobody's call.
  mutating func failed(
    _ id: Endpoints.ID, startedAt: Instant, _ failure: Failure, _ fault: Verdict.Fault, of asker: Asker? = nil
  ) {
    guard fault != .none else { return }
    if fault == .wrongWire, options.usableWire == .auto { return }
    note(.warning, .endpoints, failure.description, code: failure.code)
    guard fault != .notAsked else { return }
    if fault == .wrongPath, isBeingNegotiated(id, startedAt) { return }
    // One answer that took too long, while others of the store came, says something about the request only.
    if fault == .silent, let served = endpoints.lastServed(id), served > startedAt { return }
    let before = endpoints.currentTarget
    endpoints.failed(id, startedAt: startedAt, now: now, random: &random)
    noteMove(from: before)
    status.attemptFailed()
    if endpoints.allFailing {
      change(to: .unavailable, because: failure)
      carryOut(.wake(.members))
      if services.nothingAnswers(now: now) { carryOut(.setTimer(.services)) }
    }
    switch fault {
    case .none, .failing, .wrongPath, .wrongWire, .notAsked: break
    case .silent, .unreached, .refusing:
      if case .probe = asker {
        notAnswered(id, startedAt: startedAt, failure, fault)
      } else {
        doubt(id, startedAt: startedAt, failure, fault)
      }
    }
  }

  /// Whether it is yet to be known under which path it has etcd's API. Until then it is not failing.
  private mutating func isBeingNegotiated(_ id: Endpoints.ID, _ startedAt: Instant) -> Bool {
    if calls.isAsking(.version(id)) || endpoints.hasNewPrefix(id, since: startedAt) { return true }
    guard endpoints.askVersion(of: id, now: now), let target = endpoints.target(of: id) else { return false }
    carryOut(members.askVersion(of: target, by: .json, now: now))
    return true
  }

  // MARK: Wires

  /// How an operation goes there. Now and then it is asked, beside, whether gRPC is spoken where it was not.
  mutating func wire(
    for operation: Operation?, to target: Endpoints.Target, asked wish: WireKind? = nil, by asker: Asker? = nil
  ) -> Wire {
    if endpoints.takeTrial(of: target.id, now: now) { carryOut(members.tryGRPC(at: target, now: now)) }
    // What a call has found out counts where it is to be found out; that may be over.
    var kind = endpoints.wire(of: target.id)
    if let wish, options.usableWire == .auto { kind = wish }
    if let asker, isOwnTrial(asker), wish == nil { kind = .grpc }
    if operation?.isGatewaysOwn == true { kind = .json }
    return Wire(kind, endpoints.prefix(of: target.id), options)
  }

  /// Whether it is asked in order to find out, and so in that way alone.
  func isOwnTrial(_ asker: Asker) -> Bool {
    if case .wire = asker { true } else { false }
  }

  /// What an attempt has shown of the wire that it went by.
  mutating func noteWire(_ attempt: Call.Attempt, _ verdict: Verdict) {
    switch verdict {
    case .success: wireWorks(attempt.wire, at: attempt.target)
    case .refused(let failure): noteWire(attempt, failure, .none)
    case .failed(let failure, _, let fault): noteWire(attempt, failure, fault)
    }
  }

  mutating func noteWire(_ attempt: Call.Attempt, _ failure: Failure, _ fault: Verdict.Fault) {
    noteWire(attempt.wire, at: attempt.target, startedAt: attempt.sentAt, failure, fault)
  }

  mutating func noteWire(
    _ kind: WireKind, at target: Endpoints.Target, startedAt start: Instant, _ failure: Failure, _ fault: Verdict.Fault
  ) {
    // With a code of gRPC's it is etcd that has spoken.
    if failure.grpcCode != 0, fault != .wrongWire { return wireWorks(kind, at: target) }
    guard endpoints.failed(fault, by: kind, target.id, startedAt: start, now: now) else { return }
    note(.info, .endpoints, "\(target.endpoint.url) is spoken to by the gateway from now on: \(failure.message)")
  }

  mutating func wireWorks(_ kind: WireKind, at target: Endpoints.Target) {
    guard endpoints.answered(by: kind, target.id, now: now) else { return }
    note(.info, .endpoints, "\(target.endpoint.url) speaks gRPC")
  }

  /// Whether it is an address that nobody has used yet that is asked, because nothing else answers.
  func isLastResort(_ asker: Asker) -> Bool { asker == .candidate && endpoints.allFailing }

  /// An advertised address was tried.
  mutating func candidateTried(_ end: Calls.End) {
    let nothingAnswered = endpoints.allFailing
    // It tells nobody who it is who has no token of it, and there may be nobody else left to get one from.
    if nothingAnswered, case .failure(let failure) = end.result, failure.reason?.isAboutToken == true,
      end.method !== Method.authenticate, let logIn = auth.request, let target = members.candidate
    {
      let deadline = now + .milliseconds(options.attemptTimeoutMs)
      return carryOut(
        .call(
          Calls.Submission(
            .authenticate(logIn), for: .candidate, route: .only(target), deadline: deadline, wire: end.wire)))
    }
    let before = endpoints.currentTarget
    let tried = members.candidateTried(end.result, by: end.wire, endpoints: &endpoints, now: now, random: &random)
    noteMove(from: before)
    carryOut(tried.orders)
    guard tried.isAdded, nothingAnswered else { return }
    carryOut(calls.lookAgain(endpoints: endpoints, now: now))
    askForService()
  }

  // MARK: SRV records

  mutating func takeServices() {
    for (name, answer) in transport.takeServices() {
      guard let finding = services.answered(name, answer, now: now, random: &random) else { continue }
      take(finding)
      carryOut(.setTimer(.services))
    }
  }

  mutating func take(_ finding: ServiceLookup.Finding) {
    let nothingAnswered = endpoints.allFailing
    // Whom they replace goes below, with all that is open there.
    let isWhole = finding.isWhole && !members.awaitsNames
    var before = endpoints.currentTarget
    let streams = watchers
    let changes = endpoints.name(finding.endpoints, isWhole: isWhole, hasStreams: { streams.hasStreams(at: $0) })
    noteMove(from: before)
    if !changes.added.isEmpty {
      note(.info, .services, "SRV records name \(changes.added.map(\.endpoint.url).joined(separator: ", "))")
    }
    for target in changes.removed { note(.info, .services, "SRV records do not name \(target.endpoint.url) any more") }
    endpoints.absence = endpoints.isEmpty ? finding.failure : nil
    if let failure = finding.failure {
      if finding.isNews { note(.warning, .services, failure.description) }
      if endpoints.isEmpty {
        status.attemptFailed()
        change(to: .unavailable, because: failure)
      }
    }
    // Records have an order of their own.
    before = endpoints.currentTarget
    let replaced = members.namesArrived(finding.endpoints, endpoints: &endpoints, now: now)
    membersReplaced(replaced, from: before, isDrawn: false)
    guard !changes.added.isEmpty, nothingAnswered else { return }
    carryOut(calls.lookAgain(endpoints: endpoints, now: now))
    hastenRetries(to: now)
    askForService()
  }

  private func wasHeard(_ id: Endpoints.ID, since time: Instant) -> Bool {
    endpoints.lastHeard(id).map { $0 > time } ?? false
  }

  /// Whether the streams of an endpoint live is to be asked: `Probe` says when.
  private mutating func doubt(_ id: Endpoints.ID, startedAt: Instant, _ failure: Failure, _ fault: Verdict.Fault) {
    if fault == .silent {
      carryOut(
        watchers.leaveUnconfirmed(at: id, openedBy: startedAt, because: failure, now: now, random: &random))
    }
    // Where there is a crowd of them, that they live does not say that calls do.
    let isWell = fault != .refusing && wasHeard(id, since: startedAt) && !isCrowded(id)
    if watchers.hasLiveStreams(at: id), !isWell { ask(id, isOneOfMany: true) }
  }

  /// The question whether it lives failed.
  private mutating func notAnswered(_ id: Endpoints.ID, startedAt: Instant, _ failure: Failure, _ fault: Verdict.Fault)
  {
    guard watchers.hasStreams(at: id), !wasHeard(id, since: startedAt) else { return }
    if fault != .refusing {
      carryOut(watchers.leave(id, because: failure, now: now, random: &random))
    } else if endpoints.probeRefused(id, because: failure, now: now),
      case .use(let other) = endpoints.choose(avoiding: [id], now: now), other.id != id
    {
      ask(other.id)
    }
  }

  /// It is there, and has a leader: whoever listens to a member that is going down had better listen to this one.
  mutating func isWell(_ id: Endpoints.ID) {
    for (refusing, failure) in endpoints.takeRefusing() where refusing != id {
      carryOut(watchers.leave(refusing, because: failure, now: now, random: &random))
    }
  }

  /// Asks whether it lives, now or soon.
  mutating func ask(_ id: Endpoints.ID, isOneOfMany: Bool = false) {
    endpoints.urgeProbe(id, isOneOfMany: isOneOfMany, now: now)
    probe(id)
  }

  mutating func probe(_ id: Endpoints.ID) {
    let hasStreams = watchers.hasStreams(at: id)
    let limit = Duration.milliseconds(options.attemptTimeoutMs)
    switch endpoints.tickProbe(
      id, hasStreams: hasStreams, hasMore: watchers.hasCheck(at: id, storeAt: identity.revision, now: now),
      isCrowded: isCrowded(id), within: limit, now: now)
    {
    case (.ask, let target)?:
      carryOut(watchers.mute(at: id, now: now))
      let check = watchers.check(at: id, storeAt: identity.revision, now: now)
      let question = Operation.within(endpoints.timeAtServer(id, within: limit), check ?? Probe.question)
      carryOut(.call(Calls.Submission(question, for: .probe(id), route: .only(target), deadline: now + limit)))
    case (.makeRoom, _)?:
      carryOut(watchers.makeRoom(at: id, now: now, random: &random))
    case (.doubt(let isFirst), let target)?:
      leaveDoubted(target, isFirst: isFirst)
    case nil: break
    }
    // It was to go with its last stream.
    if !endpoints.has(id) { carryOut(Members.end(of: id)) }
    carryOut(.setTimer(.probe(id)))
  }

  /// All streams through a gateway share one connection of its own, which takes only so many. gRPC's do not.
  func isCrowded(_ id: Endpoints.ID) -> Bool {
    endpoints.wire(of: id) == .json && watchers.isCrowded(at: id)
  }

  /// `isWell`: its time to be tried again is not enough.
  func hasOther(than id: Endpoints.ID, isWell: Bool = false) -> Bool {
    guard case .use(let other) = endpoints.choose(avoiding: [id], full: watchers.full(now: now), now: now) else {
      return false
    }
    return other.id != id && !endpoints.isDoubted(other.id) && !(isWell && endpoints.isFailing(other.id))
  }

  /// Its answer has not come in the time that answers take, nor anything else. Whatever becomes of the question, its
  /// streams had better be elsewhere, if there is such a place. Once they have been where it was tried whether it is one, only
  /// where it is: not back and forth.
  private mutating func leaveDoubted(_ target: Endpoints.Target, isFirst: Bool) {
    guard hasOther(than: target.id, isWell: !isFirst) else { return }
    let before = endpoints.currentTarget
    endpoints.doubt(target.id)
    noteMove(from: before)
    let failure = Failure(
      .timeout, "the member has not answered for longer than it usually takes", endpoint: target.endpoint.url)
    carryOut(watchers.leave(target.id, because: failure, now: now, random: &random))
  }

  /// A probe's answer is not taken for that, and watches that are well may show nothing for long.
  mutating func askForService() {
    guard state == .unavailable, !calls.isAsking(.status) else { return }
    let deadline = now + .milliseconds(options.attemptTimeoutMs)
    carryOut(.call(Calls.Submission(Probe.question, for: .status, deadline: deadline)))
  }

  /// Where nothing goes on asking, a host that waits for READY before it asks for anything would wait for ever.
  mutating func planQuestion() {
    guard state == .unavailable, closing == nil else { return }
    status.askAt = now + backoff.longest(using: &random)
    carryOut(.setTimer(.status))
  }
}
