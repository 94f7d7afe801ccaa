import DequeModule
import EtcdTransport

/// Every request that is under way, the host's and the library's own.
///
/// The host's wait in line for a place on the wire, of which there are so many, and keepalives' in a line of their own, or a
/// thousand of them would open a thousand connections at once. What else the library asks goes at once, and there is one to
/// each asker at most.
struct Calls {
  /// What is to be asked, by whom, and how.
  struct Submission {
    let operation: Operation
    let method: Method
    let asker: Asker
    /// The operation's, unless what is asked makes it harmless to ask twice.
    let effect: Method.Effect
    let route: Endpoints.Route
    /// `nil`: `request.timeout.ms` from now, or `longTimeout` for what takes long.
    let deadline: Instant?
    /// Whether several attempts have to fit into the time there is.
    let isUrgent: Bool
    /// An answer from a store that has not come so far is none.
    let minRevision: Int64
    /// By which wire it is asked; `nil` for the one that the endpoint is spoken to by.
    let wire: WireKind?

    init(
      _ operation: Operation, for asker: Asker, effect: Method.Effect? = nil, route: Endpoints.Route = .any,
      deadline: Instant? = nil, isUrgent: Bool = false, minRevision: Int64 = 0, wire: WireKind? = nil
    ) {
      self.operation = operation
      method = operation.method
      self.asker = asker
      self.effect = effect ?? operation.effect
      self.route = route
      self.deadline = deadline
      self.isUrgent = isUrgent
      self.minRevision = minRevision
      self.wire = wire
    }
  }

  /// How a call ended.
  struct End {
    let id: CallID
    let asker: Asker
    let result: Result<Answer, Failure>
    let method: Method
    let submittedAt: Instant
    /// When the attempt that was answered was sent, if one was, and by which wire.
    let sentAt: Instant?
    let wire: WireKind?
    /// Its place on the wire is kept until the host has taken the end.
    let hadPlace: Bool
    /// Whether an attempt whose answer did not come may still be carried out.
    let hasStray: Bool
  }

  /// A call, and what is to be known of it among others.
  private final class Entry: Call {
    let asker: Asker
    let method: Method
    let submittedAt: Instant
    /// Of the host's calls, only so many are on the wire at once, and of keepalives'.
    var hasPlace = false
    /// When it is to be looked at again, while it waits.
    var wakeTime: Instant?
    /// It is not let in, and ends when it is looked at next.
    var refusal: Failure?

    init(_ submission: Submission, deadline: Instant, attemptTimeout: Duration, submittedAt: Instant) {
      asker = submission.asker
      method = submission.method
      self.submittedAt = submittedAt
      super.init(
        operation: submission.operation, effect: submission.effect, route: submission.route, deadline: deadline,
        attemptTimeout: attemptTimeout, minRevision: submission.minRevision, wire: submission.wire)
    }

    var isStep: Bool { if case .keepalive = asker { true } else { false } }

    var needsPlace: Bool { asker == .host || isStep }
  }

  /// What takes a time that grows with the database has, unless somebody says otherwise.
  static let longTimeout = Duration.seconds(300)

  private var entries = NumberedTable<CallID, Entry>()
  private var callOfAsker: [Asker: CallID] = [:]
  private static let mostKept = 256
  private(set) var callOfTransfer = NumberedTable<TransferID, CallID>()
  /// How many ends the host has still to take, and how many of these calls have a place.
  private var hostCalls = 0
  private var placesTaken = 0
  /// Those that wait to be let in.
  private var held: Set<CallID> = []
  /// The host's calls that wait for a place, oldest first. May hold ids of calls that have ended.
  private var line = Deque<CallID>()
  /// The same of keepalives' calls, whose places are free when they have ended.
  private var stepLine = Deque<CallID>()
  private var stepPlacesTaken = 0
  private var sharedOptions: SharedOptions
  private var options: Options { sharedOptions.value }
  private var backoff: Backoff

  init(options: Options, backoff: Backoff) {
    sharedOptions = SharedOptions(options)
    self.backoff = backoff
  }

  /// From now on these; calls that were submitted before keep the time that they were given.
  mutating func reconfigure(
    _ options: Options, _ backoff: Backoff, endpoints: Endpoints, now: Instant
  ) -> [Order] {
    sharedOptions = SharedOptions(options)
    self.backoff = backoff
    var orders: [Order] = []
    fillWire(&orders, endpoints: endpoints, now: now)
    return orders
  }

  // MARK: Questions

  var count: Int { entries.count }

  /// How many of them wait for an answer.
  var inFlight: Int { callOfTransfer.count }

  /// What there is to know of a call that is to be sent.
  struct Sending {
    let asker: Asker
    /// It has been sent before.
    let isRepetition: Bool
    /// By which wire it goes; `nil` for the one that the endpoint is spoken to by.
    let wire: WireKind?

    /// Whether the lease lives by it: what it is granted and renewed by, and the log-in that these may wait for.
    func keepsLease(hasLease: Bool) -> Bool {
      switch asker {
      case .lease: true
      case .auth: hasLease
      default: false
      }
    }
  }

  /// `nil` if it is not to be sent any more.
  func sending(_ id: CallID, to endpoint: Endpoints.ID) -> Sending? {
    guard let entry = entries[id], case .waiting = entry.state else { return nil }
    return Sending(
      asker: entry.asker, isRepetition: entry.failures > 0, wire: entry.wire(to: endpoint))
  }

  /// Whether the host may make another call.
  var isFull: Bool { hostCalls >= options.callsMax }

  func wakeTime(of id: CallID) -> Instant? { entries[id]?.wakeTime }

  func isAsking(_ asker: Asker) -> Bool { callOfAsker[asker] != nil }

  func isHosts(_ id: CallID) -> Bool { entries[id]?.asker == .host }

  /// What an asker's call waits for, in words; `nil` if there is none.
  func standing(of asker: Asker) -> String? {
    guard let entry = callOfAsker[asker].flatMap({ entries[$0] }) else { return nil }
    let name = entry.method.grpcName
    if case .inFlight(let attempt) = entry.state {
      return "\(attempt.target.endpoint.url) has not answered \(name) yet"
    }
    if let failure = entry.lastFailure { return failure.description }
    return "\(name) has not been sent yet" + (entry.needsPlace && !entry.hasPlace ? ": others go before it" : "")
  }

  /// What is on the wire for a call.
  func attempt(of id: CallID) -> (operation: Operation, attempt: Call.Attempt, asker: Asker)? {
    guard let entry = entries[id], case .inFlight(let attempt) = entry.state else { return nil }
    return (entry.operation, attempt, entry.asker)
  }

  /// The host's calls, oldest first.
  var hosts: [CallID] { entries.filter { $0.value.asker == .host }.map(\.key).sorted() }

  /// What the host is told of a call that is given up now.
  func cancelled(_ id: CallID, _ why: String) -> Failure {
    entries[id]?.cancelled(why) ?? Failure(.cancelled, why)
  }

  // MARK: Beginnings

  mutating func submit(
    _ submission: Submission, as id: CallID, _ orders: inout [Order], endpoints: Endpoints, now: Instant
  ) {
    let isLong = submission.method.isLong
    let usual = isLong ? Self.longTimeout : .milliseconds(options.requestTimeoutMs)
    let deadline = submission.deadline ?? now + usual
    entries[id] = Entry(
      submission, deadline: deadline,
      attemptTimeout: isLong ? deadline - now : attemptTimeout(of: submission, within: deadline - now),
      submittedAt: now)
    if submission.asker == .host {
      hostCalls += 1
      line.append(id)
      orders.append(wake(id, at: deadline))
      return fillWire(&orders, endpoints: endpoints, now: now)
    }
    orders += abandon(submission.asker)
    callOfAsker[submission.asker] = id
    guard case .keepalive = submission.asker else {
      orders += step(id, endpoints: endpoints, now: now, mayEnd: false)
      return
    }
    stepLine.append(id)
    orders += fillSteps(endpoints: endpoints, now: now)
    if entries[id]?.hasPlace != true { orders.append(wake(id, at: deadline)) }
  }

  /// What only reads may take its time to be answered. A write whose one attempt has got no answer ends as unknown: that
  /// is told as soon as the endpoint has had its time, however much there is left.
  private func attemptTimeout(of submission: Submission, within timeout: Duration) -> Duration {
    let usual = Duration.milliseconds(options.attemptTimeoutMs)
    if submission.isUrgent { return min(usual, max(timeout / 4, .milliseconds(100))) }
    return submission.operation.isShortWrite ? usual : max(usual, .nanoseconds(timeout.wholeNanoseconds / 2))
  }

  /// Sends the host's calls that wait, as far as there are places.
  private mutating func fillWire(_ orders: inout [Order], endpoints: Endpoints, now: Instant) {
    // Calls that ended while all places were taken.
    if line.count > 2 * hostCalls + 64 { line.removeAll { self.entries[$0] == nil } }
    while placesTaken < options.callsConcurrent, let id = line.popFirst() {
      guard let entry = entries[id] else { continue }
      placesTaken += 1
      entry.hasPlace = true
      step(id, entry, &orders, endpoints: endpoints, now: now)
    }
  }

  /// Sends the keepalives' calls that wait, as far as there are places. What becomes of them is not told at once.
  mutating func fillSteps(endpoints: Endpoints, now: Instant) -> [Order] {
    if stepLine.count > 2 * entries.count + 64 { stepLine.removeAll { self.entries[$0] == nil } }
    var orders: [Order] = []
    while stepPlacesTaken < options.callsConcurrent, let id = stepLine.popFirst() {
      guard entries[id] != nil else { continue }
      stepPlacesTaken += 1
      entries[id]?.hasPlace = true
      orders += step(id, endpoints: endpoints, now: now, mayEnd: false)
    }
    return orders
  }

  /// Does what a waiting call is to do now. Without `mayEnd`, a call that has no time at all ends in the next turn, so
  /// that its asker is not told of its end while it is still asking for it.
  mutating func step(_ id: CallID, endpoints: Endpoints, now: Instant, mayEnd: Bool = true) -> [Order] {
    guard let entry = entries[id] else { return [] }
    var orders: [Order] = []
    step(id, entry, &orders, endpoints: endpoints, now: now, mayEnd: mayEnd)
    return orders
  }

  private mutating func step(
    _ id: CallID, _ entry: Entry, _ orders: inout [Order], endpoints: Endpoints, now: Instant, mayEnd: Bool = true
  ) {
    guard case .waiting = entry.state else { return }
    if let refusal = entry.refusal {
      if mayEnd { end(id, .failure(refusal), &orders) } else { orders.append(wake(id, at: now)) }
      return
    }
    switch entry.step(endpoints: endpoints, now: now) {
    case .end(let failure):
      if mayEnd { end(id, .failure(failure), &orders) } else { orders.append(wake(id, at: now)) }
    case .wait(let until):
      orders.append(wake(id, at: until))
    case .send(let target, let timeout):
      if entry.needsPlace, !entry.hasPlace {
        // The host's calls and keepalives' go when they have a place; until then they wait for their deadline only.
        orders.append(wake(id, at: entry.deadline))
      } else {
        orders.append(.send(id, entry.operation, to: target, timeout: timeout))
      }
    }
  }

  /// An endpoint has come: what waits for one need not wait any more.
  mutating func lookAgain(endpoints: Endpoints, now: Instant) -> [Order] {
    entries.keys.sorted().flatMap { step($0, endpoints: endpoints, now: now) }
  }

  private mutating func wake(_ id: CallID, at time: Instant) -> Order {
    entries[id]?.wakeTime = time
    return .setTimer(.call(id), at: time)
  }

  mutating func sent(_ id: CallID, _ attempt: Call.Attempt) {
    callOfTransfer[attempt.transfer] = id
    guard let entry = entries[id] else { return }
    entry.sent(attempt)
    entry.wakeTime = nil
  }

  // MARK: Waiting to be let in

  /// It would go now, and is not let in yet.
  mutating func hold(_ id: CallID, because failure: Failure?) -> [Order] {
    guard let deadline = entries[id]?.deadline else { return [] }
    entries[id]?.held(because: failure)
    held.insert(id)
    return [wake(id, at: deadline)]
  }

  /// Those that were held may go, or will be told that they may not.
  mutating func admit(now: Instant) -> [Order] {
    let ids = held.sorted()
    held = []
    return ids.map { wake($0, at: now) }
  }

  /// It will not be let in. Its asker, who may be asking for it just now, is told in a moment.
  mutating func refuse(_ id: CallID, _ failure: Failure, now: Instant) -> [Order] {
    guard entries[id] != nil else { return [] }
    entries[id]?.refusal = failure
    return [wake(id, at: now)]
  }

  // MARK: Ends

  /// Nothing more comes on the transfer: if its call is given up before it is told of the answer, there is nothing to be
  /// cancelled.
  mutating func transferEnded(_ transfer: TransferID) {
    callOfTransfer[transfer] = nil
  }

  /// What became of the attempt that is under way.
  mutating func answered(
    _ id: CallID, _ verdict: Verdict, _ orders: inout [Order], endpoints: Endpoints, now: Instant,
    random: inout any RandomNumberGenerator
  ) {
    guard let entry = entries[id], case .inFlight(let attempt) = entry.state else { return }
    transferEnded(attempt.transfer)
    switch entry.answered(verdict, backoff: backoff, now: now, random: &random) {
    case .sendAgain: step(id, entry, &orders, endpoints: endpoints, now: now)
    case .end(let result): end(id, result, of: attempt, &orders)
    }
  }

  /// Ends a call before its time.
  mutating func cancel(_ id: CallID, _ why: String) -> [Order] {
    guard let entry = entries[id] else { return [] }
    var orders: [Order] = []
    end(id, .failure(entry.cancelled(why)), &orders)
    return orders
  }

  private mutating func end(
    _ id: CallID, _ result: Result<Answer, Failure>, of attempt: Call.Attempt? = nil, _ orders: inout [Order]
  ) {
    guard let (entry, cancellation) = remove(id) else { return }
    orders += cancellation
    let end = End(
      id: id, asker: entry.asker, result: result, method: entry.method, submittedAt: entry.submittedAt,
      sentAt: attempt?.sentAt, wire: attempt?.wire, hadPlace: entry.hasPlace, hasStray: entry.hasStray)
    orders.append(.tell(end))
  }

  /// The host has taken the end of a call. Until then the call keeps its place on the wire, so that no more answers can
  /// pile up in memory than there are places.
  mutating func taken(hadPlace: Bool, _ orders: inout [Order], endpoints: Endpoints, now: Instant) {
    hostCalls -= 1
    if hadPlace { placesTaken -= 1 }
    fillWire(&orders, endpoints: endpoints, now: now)
  }

  /// Lets go of what an asker has under way, without telling it.
  mutating func abandon(_ asker: Asker) -> [Order] {
    callOfAsker[asker].flatMap { remove($0)?.orders } ?? []
  }

  /// Lets go of the questions who is still there, and what they are, and of what is done about keys that were left behind.
  mutating func abandonProbes() -> [Order] {
    let probes = callOfAsker.filter {
      switch $0.key {
      case .probe, .version, .wire, .stray: true
      default: false
      }
    }
    return probes.values.sorted().flatMap { remove($0)?.orders ?? [] }
  }

  private mutating func remove(_ id: CallID) -> (entry: Entry, orders: [Order])? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    if !held.isEmpty { held.remove(id) }
    if entry.isStep, entry.hasPlace { stepPlacesTaken -= 1 }
    // The host asks for many at once.
    if entry.asker != .host, callOfAsker[entry.asker] == id {
      callOfAsker[entry.asker] = nil
      // The memory of many thousands, all of whom asked at once, is not kept.
      if callOfAsker.isEmpty, callOfAsker.capacity > Self.mostKept { callOfAsker = [:] }
    }
    if case .inFlight(let attempt) = entry.state, callOfTransfer.removeValue(forKey: attempt.transfer) != nil {
      return (entry, [.cancel(attempt.transfer)])
    }
    return (entry, [])
  }

  /// Forgets everything, without a word.
  mutating func removeAll() {
    entries = [:]
    callOfAsker = [:]
    callOfTransfer = [:]
    held = []
    line = []
    stepLine = []
    stepPlacesTaken = 0
  }
}
