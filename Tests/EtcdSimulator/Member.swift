import EtcdPacker
import EtcdTransport

/// One member: its gateway, its watches, and how much of the log it has applied.
final class Member {
  enum State {
    case running
    /// SIGSTOP: connections are accepted, and nothing is read from them.
    case stopped
    case crashed
  }

  let index: Int
  unowned let etcd: SimulatedEtcd
  var world: World { etcd.world }
  private(set) var state = State.running
  /// Cut off from the other members.
  private(set) var isIsolated = false
  private(set) var generation = 0
  /// How long after the commit it applies an entry, in microseconds.
  var lag = 0...3000
  private(set) var appliedIndex = 0
  private var watches: [MemberWatch] = []
  private var waiters: [(index: Int, body: () -> Void)] = []
  /// What would have happened while it was stopped.
  private var suspended: [() -> Void] = []
  private var knowsLeader = true
  private var viewGeneration = 0
  private var sawLeader = true

  init(index: Int, etcd: SimulatedEtcd) {
    self.index = index
    self.etcd = etcd
  }

  var isWatched: Bool { !watches.isEmpty }

  var appliedRevision: Int64 { etcd.store.log[appliedIndex].revision }
  var compactedRevision: Int64 { etcd.store.log[appliedIndex].compacted }

  private var header: AnswerHeader { AnswerHeader(member: index, revision: appliedRevision, term: etcd.term) }

  /// Does something later, unless the process is gone by then; while it is stopped, it waits.
  func later(_ delay: Duration, _ body: @escaping () -> Void) {
    let generation = generation
    world.after(delay) { [self] in
      guard generation == self.generation else { return }
      if state == .stopped { suspended.append(body) } else { body() }
    }
  }

  // MARK: Life

  func stop() {
    guard state == .running else { return }
    world.note(10, "member \(index) is stopped")
    state = .stopped
    etcd.topologyChanged()
  }

  func proceed() {
    guard state == .stopped else { return }
    world.note(11, "member \(index) goes on")
    state = .running
    etcd.topologyChanged()
    let bodies = suspended
    suspended = []
    for body in bodies { body() }
    catchUp()
  }

  /// SIGKILL, or with `gracefully` SIGTERM: streams then end with an error line, and in order.
  func crash(gracefully: Bool) {
    guard state != .crashed else { return }
    world.note(12, "member \(index) \(gracefully ? "shuts down" : "is killed")")
    if gracefully, state == .running {
      for watch in watches { watch.end(.transportClosing) }
    }
    state = .crashed
    generation += 1
    watches = []
    waiters = []
    suspended = []
    etcd.topologyChanged()
    etcd.network.memberDied(index, after: gracefully ? .milliseconds(50) : .zero)
  }

  func restart() {
    guard state == .crashed else { return }
    world.note(13, "member \(index) is started")
    generation += 1
    state = .running
    knowsLeader = false
    sawLeader = false
    etcd.topologyChanged()
    catchUp()
  }

  func isolate() {
    guard !isIsolated else { return }
    world.note(14, "member \(index) is cut off from the others")
    isIsolated = true
    etcd.topologyChanged()
  }

  func rejoin() {
    guard isIsolated else { return }
    world.note(15, "member \(index) is reconnected to the others")
    isIsolated = false
    etcd.topologyChanged()
    catchUp()
  }

  private func catchUp() {
    let index = etcd.store.log.count - 1
    later(etcd.random.milliseconds(5...500)) { [self] in
      if etcd.isConnected(self.index) { apply(upTo: index) }
    }
  }

  // MARK: Its view of the leader

  /// Whether there is a leader it learns within an election timeout, or by the next heartbeat.
  func updateView() {
    let sees = etcd.seesLeader(index)
    guard sees != sawLeader || state != .running else { return }
    sawLeader = sees
    viewGeneration += 1
    let viewGeneration = viewGeneration
    let delay = sees ? etcd.random.milliseconds(0...100) : etcd.electionTimeout
    later(delay) { [self] in
      guard viewGeneration == self.viewGeneration else { return }
      knowsLeader = sees
      if !sees { endStreamsWithoutLeader(viewGeneration) }
    }
  }

  /// Whoever asked for a leader is told after about three election timeouts.
  private func endStreamsWithoutLeader(_ viewGeneration: Int) {
    later(etcd.electionTimeout * 3) { [self] in
      guard viewGeneration == self.viewGeneration else { return }
      let ending = watches.filter(\.needsLeader)
      watches.removeAll(where: \.needsLeader)
      for watch in ending {
        world.statistics.count("streams ended for want of a leader")
        watch.end(.noLeader)
      }
    }
  }

  // MARK: The log

  func apply(upTo index: Int) {
    guard index > appliedIndex, state == .running else { return }
    appliedIndex = index
    let due = waiters.filter { $0.index <= index }
    waiters.removeAll { $0.index <= index }
    for watch in watches { watch.advance() }
    for waiter in due { waiter.body() }
  }

  func whenApplied(_ index: Int, _ body: @escaping () -> Void) {
    if index <= appliedIndex, state == .running {
      body()
    } else {
      waiters.append((index, body))
    }
  }

  // MARK: The gateway

  func receive(_ transfer: SimulatedTransfer) {
    guard state != .crashed else { return }
    later(etcd.random.microseconds(50...500)) { [self] in handle(transfer) }
  }

  private func handle(_ transfer: SimulatedTransfer) {
    guard transfer.request.method == .post else { return notFound(transfer) }
    do {
      try route(transfer)
    } catch {
      refuse(transfer, GatewayError(code: 3, message: "invalid request: \(error)"))
    }
  }

  private func notFound(_ transfer: SimulatedTransfer) {
    etcd.network.answer(transfer, status: 404, body: Array("Not Found".utf8))
  }

  private func route(_ transfer: SimulatedTransfer) throws {
    let body = transfer.request.body
    let path = transfer.path
    if transfer.needsLeader, !knowsLeader {
      world.statistics.count("refused for want of a leader")
      return refuse(transfer, .noLeader)
    }
    switch path {
    case "/v3/kv/range": range(transfer, try ReceivedRange.decode(body))
    case "/v3/kv/put": propose(transfer, .put(try ReceivedPut.decode(body)))
    case "/v3/kv/deleterange": propose(transfer, .deleteRange(try ReceivedDelete.decode(body)))
    case "/v3/kv/txn": propose(transfer, .txn(try ReceivedTxn.decode(body)))
    case "/v3/kv/compaction": notFound(transfer)
    case "/v3/lease/grant":
      let request = try ReceivedLease.decode(body)
      let id = request.id != 0 ? request.id : etcd.makeLeaseID()
      propose(transfer, .leaseGrant(id: id, ttl: max(request.ttl, etcd.minimumTTL)))
    case "/v3/lease/revoke": propose(transfer, .leaseRevoke(id: try ReceivedLease.decode(body).id))
    case "/v3/lease/keepalive": renew(transfer, try ReceivedLease.decode(body).id)
    case "/v3/watch":
      guard let create = try ReceivedWatch.decode(body).create else {
        return refuse(transfer, GatewayError(code: 3, message: "no create_request"))
      }
      watch(transfer, create)
    default: notFound(transfer)
    }
  }

  private func answer(_ transfer: SimulatedTransfer, _ json: [UInt8]) {
    etcd.network.answer(transfer, status: 200, body: etcd.dialect.finish(json, &etcd.random))
  }

  private func refuse(_ transfer: SimulatedTransfer, _ error: GatewayError) {
    let (status, body) = etcd.dialect.error(error)
    etcd.network.answer(transfer, status: status, body: body)
  }

  private func range(_ transfer: SimulatedTransfer, _ request: ReceivedRange) {
    if request.key.isEmpty { return refuse(transfer, GatewayError(.emptyKey)) }
    if request.serializable { return readNow(transfer, request) }
    etcd.readIndex(by: self) { [self] error in
      if let error { refuse(transfer, error) } else { readNow(transfer, request) }
    }
  }

  private func readNow(_ transfer: SimulatedTransfer, _ request: ReceivedRange) {
    let revision = request.revision > 0 ? request.revision : appliedRevision
    if revision > appliedRevision { return refuse(transfer, GatewayError(.futureRevision)) }
    if revision < compactedRevision { return refuse(transfer, GatewayError(.compacted)) }
    answer(transfer, Store.Reply.range(etcd.store.range(request, at: revision)).json(header))
  }

  private func propose(_ transfer: SimulatedTransfer, _ command: Store.Command) {
    etcd.propose(command, by: self, from: transfer.transport.host) { [self] result in
      switch result {
      case .success((let reply, let revision)):
        var header = header
        header.revision = revision
        answer(transfer, reply.json(header))
      case .failure(let error): refuse(transfer, error)
      }
    }
  }

  private func renew(_ transfer: SimulatedTransfer, _ id: Int64) {
    etcd.renew(id, by: self) { [self] result in
      later(.zero) { [self] in
        switch result {
        case .success(let ttl):
          var writer = JSONWriter()
          writer.object { writer in
            writer.name("result")
            writer.object { writer in
              header.write(to: &writer)
              writer.field("ID", id)
              writer.field("TTL", ttl)
            }
          }
          answer(transfer, writer.bytes + [UInt8(ascii: "\n")])
        case .failure(let error):
          refuse(transfer, error)
        }
      }
    }
  }

  private func watch(_ transfer: SimulatedTransfer, _ request: ReceivedWatch.Create) {
    if transfer.isDone { return }
    transfer.watched = request.range
    let watch = MemberWatch(transfer, request, self)
    watches.append(watch)
    transfer.whenGone = { [weak self, weak watch] in self?.watches.removeAll { $0 === watch } }
    transfer.whenDrained = { [weak watch] in watch?.advance() }
    watch.open(header)
  }

  fileprivate func makeHeader() -> AnswerHeader { header }
}

/// One watch on its stream.
///
/// While it keeps up, each revision is sent when the member applies it. When it starts in the past, or its client reads
/// too slowly, it is caught up from history: several revisions to an answer, whose header has the *current* revision.
final class MemberWatch {
  private let transfer: SimulatedTransfer
  private let request: ReceivedWatch.Create
  private unowned let member: Member
  private var next: Int64
  private var isCatchingUp = false
  private var isPlanned = false
  private var isOver = false
  /// Answers larger than this are split, if the client asked for that.
  private let fragmentLimit: Int
  private let sendBuffer: Int

  var needsLeader: Bool { transfer.needsLeader }

  init(_ transfer: SimulatedTransfer, _ request: ReceivedWatch.Create, _ member: Member) {
    self.transfer = transfer
    self.request = request
    self.member = member
    next = request.startRevision > 0 ? request.startRevision : member.appliedRevision + 1
    fragmentLimit = member.etcd.random.pick([200, 500, 2000, 16_384])
    sendBuffer = member.etcd.random.pick([500, 4000, 65_536])
    isCatchingUp = next <= member.appliedRevision
  }

  func open(_ header: AnswerHeader) {
    member.etcd.network.open(transfer)
    send(header) { $0.field("created", true) }
    plan(after: isCatchingUp ? 0...100_000 : 0...0)
  }

  /// There is something new, or room for it.
  func advance() {
    guard !isOver, !isPlanned, next <= member.appliedRevision else { return }
    if transfer.outstanding > sendBuffer {
      // The client reads too slowly. From here on it is caught up.
      if !isCatchingUp { member.world.statistics.count("slow watches") }
      isCatchingUp = true
      return
    }
    if isCatchingUp {
      plan(after: 0...100_000)
    } else {
      while next <= member.appliedRevision, !isOver {
        send(revisions: next...next, currentRevision: next)
        next += 1
        if transfer.outstanding > sendBuffer { return advance() }
      }
    }
  }

  private func plan(after microseconds: ClosedRange<Int>) {
    guard !isPlanned else { return }
    isPlanned = true
    member.later(member.etcd.random.microseconds(microseconds)) { [self] in
      isPlanned = false
      catchUp()
    }
  }

  private func catchUp() {
    guard !isOver, isCatchingUp else { return }
    if next < member.compactedRevision { return cancel() }
    guard next <= member.appliedRevision else {
      isCatchingUp = false
      return
    }
    guard transfer.outstanding <= sendBuffer else { return }
    if member.etcd.random.chance(member.etcd.cancelledWatches) {
      isOver = true
      member.world.statistics.count("watches cancelled")
      return send(member.makeHeader()) { writer in
        writer.field("canceled", true)
        writer.field("cancel_reason", "etcdserver: permission denied")
      }
    }
    if member.etcd.random.chance(0.05) { repeatItself() }
    let last = min(member.appliedRevision, next + Int64(member.etcd.random.int(0...7)))
    member.world.statistics.count("history batches")
    send(revisions: next...last, currentRevision: member.appliedRevision)
    next = last + 1
    plan(after: 0...50_000)
  }

  /// Sends again what was sent, or what came before the watch: clients have to drop it.
  private func repeatItself() {
    let first = max(1, member.compactedRevision, next - 3)
    guard first < next else { return }
    member.world.statistics.count("repeated revisions")
    send(revisions: first...next - 1, currentRevision: member.appliedRevision)
  }

  private func cancel() {
    isOver = true
    let compacted = member.compactedRevision
    member.world.statistics.count("watches cancelled by compaction")
    send(member.makeHeader()) { writer in
      writer.field("canceled", true)
      writer.field("compact_revision", compacted)
    }
  }

  func end(_ error: GatewayError) {
    guard !isOver else { return }
    isOver = true
    member.etcd.network.stream(transfer, member.etcd.dialect.streamError(error))
    member.etcd.network.endStream(transfer, isClean: true)
  }

  // MARK: Answers

  private func send(revisions: ClosedRange<Int64>, currentRevision: Int64) {
    let events = member.etcd.store.events(of: request.range, in: revisions)
    guard !events.isEmpty else { return }
    var header = member.makeHeader()
    header.revision = currentRevision
    for (part, isLast) in parts(of: events) {
      if !isLast { member.world.statistics.count("fragments") }
      send(header, revision: part.last?.kv.mod) { writer in
        writer.field("fragment", !isLast)
        writer.name("events")
        writer.array(part) { writer, change in change.write(to: &writer, withPrevious: self.request.prevKV) }
      }
    }
  }

  /// All of them, or with fragments as many to a part as its limit takes.
  private func parts(of events: [Change]) -> [(events: [Change], isLast: Bool)] {
    guard request.fragment else { return [(events, true)] }
    var parts: [[Change]] = [[]]
    var size = 0
    for event in events {
      let cost = event.kv.key.count + event.kv.value.count + 100
      if size > 0, size + cost > fragmentLimit {
        parts.append([])
        size = 0
      }
      parts[parts.count - 1].append(event)
      size += cost
    }
    return parts.enumerated().map { ($1, $0 == parts.count - 1) }
  }

  private func send(_ header: AnswerHeader, revision: Int64? = nil, _ fields: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.name("result")
      writer.object { writer in
        header.write(to: &writer)
        fields(&writer)
      }
    }
    let line = member.etcd.dialect.finish(writer.bytes, &member.etcd.random) + [UInt8(ascii: "\n")]
    let blank: [UInt8] = member.etcd.random.chance(0.02) ? [UInt8(ascii: "\n")] : []
    let size = line.count + blank.count
    transfer.documents.append((size, size, revision))
    member.etcd.network.stream(transfer, line + blank)
  }
}
