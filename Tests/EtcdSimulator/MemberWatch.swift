import EtcdPacker
import EtcdTransport

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
    let limit = member.etcd.random.pick([200, 500, 2000, 16_384])
    fragmentLimit = min(limit, member.etcd.largestFragment ?? limit)
    sendBuffer = member.etcd.random.pick([500, 4000, 65_536])
    isCatchingUp = next <= member.appliedRevision
  }

  func open(_ header: AnswerHeader) {
    member.etcd.network.open(transfer)
    transfer.isConfirmed = true
    send(header) { $0.field("created", true) }
    if member.overflows {
      isOver = true
      return overflow()
    }
    if member.endsWatches {
      isOver = true
      member.world.statistics.count("watches ended by a sullen member")
      return send(member.header) { $0.field("canceled", true) }
    }
    plan(after: isCatchingUp ? 0...100_000 : 0...0)
  }

  /// For this error it is cancelled in the document that says that it was created, which does not end the stream.
  func refuse(_ header: AnswerHeader, _ error: GatewayError) {
    // 3.5.1 forgets the id, and gives the same reason for everything.
    let isVague = member.etcd.dialect.version == .etcd351
    let reason =
      switch error.code {
      case _ where isVague: "code = PermissionDenied desc = etcdserver: permission denied"
      case 7: "code = PermissionDenied desc = \(error.message)"
      case 16: "code = Unauthenticated desc = \(error.message)"
      default: "code = InvalidArgument desc = \(error.message)"
      }
    refuse(header, reason: "rpc error: \(reason)", withID: !isVague)
  }

  /// Nothing can be watched in a range without a key in it.
  func refuseEmptyRange(_ header: AnswerHeader) {
    refuse(header, reason: "mvcc: watcher range is empty", withID: true)
  }

  private func refuse(_ header: AnswerHeader, reason: String, withID: Bool) {
    isOver = true
    transfer.wasRefused = true
    member.world.statistics.count("watches refused")
    member.etcd.network.open(transfer)
    send(header) { writer in
      if withID { writer.field("watch_id", Int64(-1)) }
      writer.field("created", true)
      writer.field("canceled", true)
      writer.field("cancel_reason", reason)
    }
  }

  /// There is something new, or room for it.
  func advance() {
    guard !isOver, !isPlanned, !member.isGoingDown, next <= member.appliedRevision else { return }
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
    guard !isOver, isCatchingUp, !member.isGoingDown else { return }
    if next < member.compactedRevision { return cancel() }
    guard next <= member.appliedRevision else {
      isCatchingUp = false
      return
    }
    guard transfer.outstanding <= sendBuffer else { return }
    if member.etcd.random.chance(member.etcd.cancelledWatches) {
      isOver = true
      transfer.wasEnded = true
      member.world.statistics.count("watches cancelled")
      return send(member.header) { writer in
        writer.field("canceled", true)
        writer.field("cancel_reason", "etcdserver: permission denied")
      }
    }
    if member.etcd.random.chance(0.05), !member.world.isStrict { repeatItself() }
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
    var header = member.header
    header.revision = 0
    send(header) { writer in
      writer.field("canceled", true)
      writer.field("compact_revision", compacted)
    }
  }

  // MARK: Too much

  /// The most bytes of a document of a revision without end.
  static let largestEndless = 20_000

  /// Tells of a revision that comes to no end, or of more at once than the client takes. Neither has happened, and no
  /// event has a byte of a key or a value.
  private func overflow() {
    let revision = max(next, member.appliedRevision + 1)
    if member.etcd.random.chance(0.3) {
      member.world.statistics.count("documents that are too large once decoded")
      let events = transfer.transport.answerLimit / SimulatedTransport.eventMemory + 1
      return sendEmpty(events, revision, isFragment: false)
    }
    member.world.statistics.count("revisions without end")
    let pause = member.etcd.random.pick([0...5000, 0...5000, 50_000...300_000])
    // It is too much within seconds.
    let least = transfer.transport.answerLimit / SimulatedTransport.eventMemory / 20
    goOn(with: revision, events: max(least, member.etcd.random.pick([20, 100, 500])), after: pause)
  }

  private func goOn(with revision: Int64, events: Int, after pause: ClosedRange<Int>) {
    member.later(member.etcd.random.microseconds(pause)) { [self] in
      if transfer.isDone { return }
      guard member.overflows else { return member.etcd.network.endStream(transfer, isClean: true) }
      if transfer.outstanding <= sendBuffer { sendEmpty(events, revision, isFragment: true) }
      goOn(with: revision, events: events, after: max(pause.lowerBound, 1000)...max(pause.upperBound, 1000))
    }
  }

  private func sendEmpty(_ events: Int, _ revision: Int64, isFragment: Bool) {
    send(member.header, endless: isFragment ? events : 0) { writer in
      writer.field("fragment", isFragment)
      writer.name("events")
      writer.array(Array(repeating: revision, count: events)) { writer, revision in
        writer.object { writer in
          writer.name("kv")
          writer.object { $0.field("mod_revision", revision) }
        }
      }
    }
  }

  func end(_ error: GatewayError) {
    guard !isOver else { return }
    isOver = true
    transfer.wasEnded = true
    if transfer.grpc != nil {
      let error = ServerError(grpcCode: error.code, httpStatus: nil, message: error.message)
      return member.etcd.network.endStream(transfer, isClean: true, error)
    }
    member.etcd.network.stream(transfer, member.etcd.dialect.streamError(error))
    member.etcd.network.endStream(transfer, isClean: true)
  }

  // MARK: Answers

  private func send(revisions: ClosedRange<Int64>, currentRevision: Int64) {
    let events = member.etcd.store.events(of: request.range, in: revisions).filter { request.wants($0.kind) }
    guard !events.isEmpty else { return }
    var header = member.header
    header.revision = currentRevision
    for (part, isLast) in parts(of: events) {
      if !isLast { member.world.statistics.count("fragments") }
      send(header, revision: part.last?.kv.mod) { writer in
        writer.field("fragment", !isLast)
        writer.name("events")
        writer.array(part) { writer, change in
          // The previous value is looked up in the store only now, and may have been compacted.
          let isKept = change.kv.mod > self.member.compactedRevision
          change.write(to: &writer, withPrevious: self.request.prevKV && isKept)
        }
      }
    }
  }

  /// All of them, or with fragments as many to a part as its limit takes.
  private func parts(of events: [Change]) -> [(events: [Change], isLast: Bool)] {
    guard request.fragment else { return [(events, true)] }
    var parts: [[Change]] = [[]]
    var size = 0
    for event in events {
      var cost = event.kv.key.count + event.kv.value.count + 100
      if member.etcd.largestFragment != nil, request.prevKV { cost += 200 + (event.previous?.value.count ?? 0) }
      if size > 0, size + cost > fragmentLimit {
        parts.append([])
        size = 0
      }
      parts[parts.count - 1].append(event)
      size += cost
    }
    return parts.enumerated().map { ($1, $0 == parts.count - 1) }
  }

  private func send(
    _ header: AnswerHeader, revision: Int64? = nil, endless: Int = 0, _ fields: (inout JSONWriter) -> Void
  ) {
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
    var document = line + blank
    if case .success(let frame)? = transfer.grpc?.message(line) { document = frame }
    transfer.documents.append((document.count, document.count, revision, endless))
    member.etcd.network.stream(transfer, document)
  }
}
