import EtcdPacker
import EtcdTransport
import TestSupport

/// How likely what goes wrong with a single transfer is.
struct TransferFaults {
  /// No connection: refused, or a TLS handshake that fails.
  var refused = 0.0
  var unresolved = 0.0
  /// The connection breaks before the body, on the way of the body, after the body has arrived.
  var cutBefore = 0.0
  var cutDuring = 0.0
  var cutAfter = 0.0
  /// The request is on its way for long, and arrives even if the client has given up.
  var delayed = 0.0
  /// The answer is on its way for long.
  var stalled = 0.0
  var truncated = 0.0
  var garbage = 0.0
  /// A proxy answers instead, whether or not it has passed the request on.
  var proxyError = 0.0
  /// Over HTTP/2: the request has left, and the member says that it never began it.
  var unbegun = 0.0
  /// What answers a watch says something that does not end, or nothing.
  var endless = 0.0
}

extension TransferFaults {
  /// Some faults often, some seldom, most of them never.
  init(random: inout SeededRandom) {
    refused = Self.rate(&random)
    unresolved = Self.rate(&random)
    cutBefore = Self.rate(&random)
    cutDuring = Self.rate(&random)
    cutAfter = Self.rate(&random)
    delayed = Self.rate(&random)
    stalled = Self.rate(&random)
    truncated = Self.rate(&random)
    garbage = Self.rate(&random)
    proxyError = Self.rate(&random)
    endless = Self.rate(&random)
  }

  static func rate(_ random: inout SeededRandom) -> Double {
    random.chance(0.4) ? random.pick([0.005, 0.02, 0.1]) : 0
  }
}

/// What lies between hosts and members: one link for each pair.
final class SimulatedNetwork {
  let world: World
  private var random: SeededRandom
  private let latency: ClosedRange<Int>
  /// What a client's socket holds unread before the peer is held back.
  let receiveWindow: Int
  /// What libcurl hands over at a time.
  static let largestPiece = 16_384
  private var links: [[Link]]
  var faults = TransferFaults()
  /// Hands a request to a member.
  var whenRequestArrives: ((SimulatedTransfer, Int) -> Void)?
  /// Tells a member's gateway that the time which a request had is up before there was room for it.
  var whenTimeIsUp: ((SimulatedTransfer, Int) -> Void)?
  /// What is wrong with a request that is about to be sent, if anything is.
  var flaw: ((SimulatedTransfer) -> String?)?
  /// Whether something listens there.
  var isListening: ((Int) -> Bool)?
  /// Members that take no new connections; those that there are stay.
  private var deaf: Set<Int> = []
  /// How many requests of one host a member's gateway serves at once, or how many streams by gRPC, where calls have
  /// connections of their own: the others wait, and are told nothing before their time is up.
  var requestLimit: Int?
  /// Members that are behind something that does not let gRPC through.
  var grpcAbsences: [Int: GRPCAbsence] = [:]

  private final class Link {
    var losesRequests = false
    var losesAnswers = false
    var hasIdleConnection = false
    /// No answer arrives before.
    var heldUntil = Instant(nanoseconds: .min)
    var generation = 0
    /// In the order in which they began.
    var transfers: [SimulatedTransfer] = []
    /// Requests that are sent again and again by TCP.
    var waiting: [SimulatedTransfer] = []
    /// Requests that the member serves, and those that wait for that.
    var served: [SimulatedTransfer] = []
    var unserved: [SimulatedTransfer] = []
    /// Connections that the member does not have any more, and of which the client does not know that.
    var orphans: [SimulatedTransfer] = []
  }

  init(world: World, random: SeededRandom, hosts: Int, members: Int, latency: ClosedRange<Int>, receiveWindow: Int) {
    self.world = world
    self.random = random
    self.latency = latency
    self.receiveWindow = receiveWindow
    links = (0..<hosts).map { _ in (0..<members).map { _ in Link() } }
  }

  func url(of member: Int) -> String { "http://10.0.0.\(member + 1):2379" }

  func member(of url: String) -> Int? {
    links[0].indices.first { url.hasPrefix(self.url(of: $0) + "/") }
  }

  func connects(host: Int, member: Int) -> Bool {
    let link = links[host][member]
    return !link.losesRequests && !link.losesAnswers
  }

  private func link(of transfer: SimulatedTransfer) -> Link? {
    transfer.member.map { links[transfer.transport.host][$0] }
  }

  private func delay() -> Duration { random.microseconds(latency) }

  // MARK: A transfer's way

  func begin(_ transfer: SimulatedTransfer) {
    world.note(
      Int(transfer.id.rawValue),
      "host\(transfer.transport.host) transfer \(transfer.id.rawValue) to \(transfer.request.url) "
        + (transfer.grpc == nil ? "" : "by gRPC ")
        + transfer.request.body.excerpt)
    if let timeout = transfer.request.timeout {
      world.after(timeout) { [self] in
        fail(
          transfer, transfer.isConnected ? .timeout : .connect, sent: transfer.bodyWasSent, curl: 28,
          "Operation timed out")
      }
    }
    if transfer.isChecked, let flaw = flaw?(transfer) {
      world.fail(.members, "host\(transfer.transport.host): \(flaw)")
    }
    if transfer.request.url.hasPrefix(AbsurdAddress.silent) {
      world.after(transfer.request.connectTimeout) { [self] in
        fail(transfer, .connect, sent: false, curl: 28, "Connection timed out")
      }
      return
    }
    if transfer.request.url.hasPrefix(AbsurdAddress.foreign) {
      world.after(delay() + delay()) { [self] in answerAsForeign(transfer) }
      return
    }
    guard let link = link(of: transfer), !random.chance(faults.unresolved) else {
      world.after(delay()) { [self] in fail(transfer, .resolve, sent: false, curl: 6, "Could not resolve host") }
      return
    }
    link.transfers.append(transfer)
    if transfer.isLost {
      // The connection is there, as far as anybody says.
      (transfer.isConnected, transfer.bodyWasSent) = (true, true)
      world.statistics.count("streams opened on a flow that was lost")
      return
    }
    transfer.piece = random.chance(0.6) ? .whole : random.chance(0.8) ? .random : .bytes
    if link.hasIdleConnection, random.chance(0.8) {
      if !transfer.isStreamed { link.hasIdleConnection = random.chance(0.9) }
      transfer.isConnected = true
      send(transfer, link)
    } else {
      connect(transfer, link)
    }
  }

  private func connect(_ transfer: SimulatedTransfer, _ link: Link) {
    world.after(transfer.request.connectTimeout) { [self] in
      if !transfer.isConnected { fail(transfer, .connect, sent: false, curl: 28, "Connection timed out") }
    }
    let isRefused = random.chance(faults.refused)
    let isTLS = isRefused && random.chance(0.3)
    world.after(delay() + delay()) { [self] in
      if transfer.isDone || link.losesRequests || link.losesAnswers { return }
      if isTLS { return fail(transfer, .tls, sent: false, curl: 35, "TLS connect error") }
      if transfer.grpc != nil, let member = transfer.member, grpcAbsences[member] == .http1, !isRefused,
        isListening?(member) == true
      {
        transfer.isConnected = true
        return fail(transfer, .notHTTP2, sent: false, curl: 0, "the peer does not speak HTTP/2")
      }
      guard let member = transfer.member, isListening?(member) == true, !isRefused, !deaf.contains(member) else {
        return fail(transfer, .refused, sent: false, curl: 7, "Connection refused")
      }
      transfer.isConnected = true
      link.hasIdleConnection = true
      send(transfer, link)
    }
  }

  private func send(_ transfer: SimulatedTransfer, _ link: Link) {
    if random.chance(faults.cutBefore) {
      world.after(delay()) { [self] in fail(transfer, .broken, sent: false, curl: 55, "Connection died before sending")
      }
      return
    }
    if transfer.grpc != nil, let member = transfer.member, let absence = grpcAbsences[member] {
      return sendInVain(transfer, absence)
    }
    if transfer.grpc != nil, faults.unbegun > 0, random.chance(faults.unbegun) {
      world.statistics.count("requests that were never begun")
      world.after(delay() + delay()) { [self] in
        fail(transfer, .notBegun, sent: false, curl: 0, "the peer has not begun the request")
      }
      return
    }
    transfer.bodyWasSent = true
    if random.chance(faults.cutDuring) {
      world.after(delay()) { [self] in
        link.hasIdleConnection = false
        fail(transfer, .broken, sent: true, curl: 56, "Connection reset by peer (on the way)")
      }
      return
    }
    drawAnswerFate(transfer)
    if transfer.answerFate == .proxyError, random.chance(0.5) {
      world.after(delay()) { [self] in answerAsProxy(transfer, passedOn: false) }
      return
    }
    var way = delay()
    if random.chance(faults.delayed) {
      way += random.milliseconds(100...20_000)
      world.statistics.count("requests delayed")
    }
    world.after(way) { [self] in requestArrives(transfer, link) }
  }

  /// What stands before the member does not know what to do with gRPC.
  private func sendInVain(_ transfer: SimulatedTransfer, _ absence: GRPCAbsence) {
    world.statistics.count("gRPC in vain: \(absence)")
    let page = Array("<html>a proxy's word</html>".utf8)
    world.after(delay() + delay()) { [self] in
      transfer.isAnswered = true
      switch absence {
      case .http1: fail(transfer, .notHTTP2, sent: false, curl: 0, "the peer does not speak HTTP/2")
      case .notFound: push(transfer, 404, page)
      case .unsupportedType: push(transfer, 415, page)
      case .unimplemented:
        let error = ServerError(grpcCode: 12, httpStatus: nil, message: "unknown service etcdserverpb.KV")
        push(transfer, 200, [], GRPCDialect.fields(error, isAlone: true))
      // Nothing of HTTP/2 has come from there: what was to be sent there has not been.
      case .silence: break
      }
    }
    guard absence == .silence else { return }
    world.after(transfer.request.connectTimeout) { [self] in
      fail(transfer, .timeout, sent: false, curl: 0, "nothing of HTTP/2 has come")
    }
  }

  private func drawAnswerFate(_ transfer: SimulatedTransfer) {
    if random.chance(faults.stalled) { transfer.heldUntil = world.now + random.milliseconds(100...20_000) }
    if random.chance(faults.cutAfter) {
      transfer.answerFate = .lost
    } else if random.chance(faults.truncated) {
      transfer.answerFate = .truncated
      transfer.cutAfter = random.int(0...random.pick([40, 300, 3000]))
      transfer.cutIsClean = random.chance(0.3)
    } else if random.chance(faults.garbage) {
      transfer.answerFate = .garbage
    } else if random.chance(faults.proxyError) {
      transfer.answerFate = .proxyError
    } else if transfer.isStreamed, random.chance(faults.endless) {
      transfer.answerFate = .endless
    }
  }

  private func requestArrives(_ transfer: SimulatedTransfer, _ link: Link) {
    if link.losesRequests {
      // TCP tries again until the link heals; the client may be gone by then, and the request arrives all the same.
      link.waiting.append(transfer)
      return
    }
    guard let member = transfer.member, isListening?(member) == true else {
      link.hasIdleConnection = false
      return fail(transfer, .broken, sent: true, curl: 56, "Connection reset by peer")
    }
    if transfer.answerFate == .lost {
      world.after(delay() + random.milliseconds(0...50)) { [self] in
        link.hasIdleConnection = false
        world.statistics.count("answers lost")
        fail(transfer, .broken, sent: true, curl: 52, "Empty reply from server")
      }
    }
    serve(transfer, member, link)
  }

  private func serve(_ transfer: SimulatedTransfer, _ member: Int, _ link: Link) {
    guard let requestLimit, !transfer.isDone, transfer.grpc == nil || transfer.isStreamed else {
      whenRequestArrives?(transfer, member)
      return
    }
    guard link.served.count < requestLimit else {
      world.statistics.count("requests of which there were too many")
      link.unserved.append(transfer)
      guard let time = transfer.timeAtServer else { return }
      world.after(time) { [self] in
        guard !transfer.isDone, link.unserved.contains(where: { $0 === transfer }) else { return }
        link.unserved.removeAll { $0 === transfer }
        whenTimeIsUp?(transfer, member)
      }
      return
    }
    link.served.append(transfer)
    whenRequestArrives?(transfer, member)
  }

  /// The next of those that wait has its turn; who has left meanwhile has none.
  private func stopServing(_ transfer: SimulatedTransfer, _ link: Link) {
    link.unserved.removeAll { $0 === transfer }
    guard link.served.contains(where: { $0 === transfer }) else { return }
    world.after(delay()) { [self] in
      link.served.removeAll { $0 === transfer }
      guard let next = link.unserved.first, let member = next.member else { return }
      link.unserved.removeFirst()
      serve(next, member, link)
    }
  }

  // MARK: The member's end

  /// Answers a call, or refuses a stream.
  func answer(_ transfer: SimulatedTransfer, status: Int, body: [UInt8]) {
    guard !transfer.isAnswered else { return }
    transfer.isAnswered = true
    switch transfer.answerFate {
    case .proxyError: return answerAsProxy(transfer, passedOn: true)
    case .truncated where !transfer.cutIsClean:
      world.after(delay()) { [self] in
        fail(transfer, .broken, sent: true, curl: 18, "transfer closed with outstanding read data remaining")
      }
      return
    case .truncated:
      let body = transfer.grpc?.answer(status: status, body).body ?? body
      push(transfer, status, Array(body.prefix(min(transfer.cutAfter ?? 0, max(0, body.count - 1)))))
    case .garbage where transfer.grpc != nil:
      let (body, error) = transfer.grpc?.answer(status: status, body) ?? ([], nil)
      answerInConfusion(transfer, body, error)
    case .garbage:
      let garbage = ["<html><body>It works!</body></html>", "{}", "{\"header\":", "null", "[]", "\u{0}\u{1}\u{2}", ""]
      push(transfer, status, Array(random.pick(garbage).utf8))
    case .none, .lost, .endless:
      guard let grpc = transfer.grpc else { return push(transfer, status, body) }
      let (body, error) = grpc.answer(status: status, body)
      push(transfer, 200, body, GRPCDialect.fields(error, isAlone: body.isEmpty && random.chance(0.5)))
    }
  }

  /// Trailers that are missing, or do not go with what was before them, and messages that are none.
  private func answerInConfusion(_ transfer: SimulatedTransfer, _ body: [UInt8], _ error: ServerError?) {
    world.statistics.count("gRPC answers in confusion")
    let ok = GRPCDialect.fields(nil, isAlone: false)
    func status(_ text: String) -> AnswerFields { AnswerFields(trailers: [.init(name: "grpc-status", value: text)]) }
    let (bytes, fields) = random.pick([
      (body, AnswerFields()), (body, status("x")), (body, status("99999999999999999999")), (body, status("-1")),
      (body, status("")), ([], ok), (body + body, error == nil ? ok : status("13")), ([1] + body.dropFirst(), ok),
      (Array("<html><body>It works!</body></html>".utf8), AnswerFields()), ([0, 0, 0, 0, 0], ok),
      ([0, 0xFF, 0xFF, 0xFF, 0xFF] + body, ok), (Array(body.dropLast()), ok), ([], AnswerFields()),
    ])
    push(transfer, 200, bytes, fields)
  }

  private func answerAsProxy(_ transfer: SimulatedTransfer, passedOn: Bool) {
    let answer = ProxyAnswer.draw(passedOn: passedOn, &random)
    world.statistics.count("proxy errors: \(answer.status)")
    push(transfer, answer.status, answer.body)
  }

  /// As a member of another cluster, where all is well.
  private func answerAsForeign(_ transfer: SimulatedTransfer) {
    guard !transfer.isDone else { return }
    world.statistics.count("answers of another cluster's member")
    finish(transfer)
    let member = "{\"ID\":\"7\",\"name\":\"foreign\",\"clientURLs\":[\"\(AbsurdAddress.beyond)\"]}"
    let list = "{\"header\":{\"cluster_id\":\"66\",\"member_id\":\"7\",\"raft_term\":\"2\"},\"members\":[\(member)]}"
    let refusal = "{\"error\":\"x\",\"code\":9,\"message\":\"etcdserver: authentication is not enabled\"}"
    let isList = transfer.route == .memberList
    let (status, body) = (isList ? 200 : 400, Array((isList ? list : refusal).utf8))
    var event = TransferEvent.completed(status: status, body: body)
    if let (body, error) = transfer.grpc?.answer(status: status, body) {
      event = .completed(status: 200, body: body, fields: GRPCDialect.fields(error, isAlone: false))
    }
    transfer.transport.arrive(event, for: transfer)
  }

  private func push(
    _ transfer: SimulatedTransfer, _ status: Int, _ body: [UInt8], _ fields: AnswerFields = AnswerFields()
  ) {
    if transfer.isStreamed {
      write(transfer, .opened(status: status))
      if !body.isEmpty { writePieces(transfer, body) }
      write(transfer, .completed(status: status, body: [], fields: fields))
    } else if case .whole(let limit) = transfer.request.answer, body.count > limit {
      write(
        transfer,
        .failed(
          TransferFailure(kind: .tooLarge, bodyMayHaveBeenSent: true, curlCode: 23, message: "too large")))
    } else {
      write(transfer, .completed(status: status, body: body, fields: fields))
    }
  }

  func open(_ transfer: SimulatedTransfer) {
    if transfer.answerFate == .garbage {
      return answer(transfer, status: 200, body: [])
    }
    if transfer.answerFate == .proxyError { return answer(transfer, status: 502, body: []) }
    write(transfer, .opened(status: 200))
    guard transfer.answerFate == .endless else { return }
    // A proxy may also keep for itself what it gets.
    if random.chance(0.5) { pour(transfer) } else { transfer.isAnswered = true }
  }

  /// Two megabytes of one line, which is more than any host takes for a document.
  private func pour(_ transfer: SimulatedTransfer) {
    transfer.isAnswered = true
    world.statistics.count("endless documents")
    // Of 64 MiB of one message.
    if transfer.grpc != nil { write(transfer, .received([0, 4, 0, 0, 0])) }
    for _ in 0..<128 { write(transfer, .received(Self.endlessPiece)) }
  }

  private static let endlessPiece = [UInt8](repeating: UInt8(ascii: "["), count: largestPiece)

  /// The next bytes of a stream.
  func stream(_ transfer: SimulatedTransfer, _ bytes: [UInt8]) {
    guard !transfer.isAnswered, !transfer.isDone, !bytes.isEmpty else { return }
    if let cutAfter = transfer.cutAfter {
      transfer.cutAfter = cutAfter - bytes.count
      if bytes.count > cutAfter {
        world.statistics.count("streams truncated")
        if cutAfter > 0 { writePieces(transfer, Array(bytes.prefix(cutAfter))) }
        return endStream(transfer, isClean: transfer.cutIsClean, isCut: true)
      }
    }
    writePieces(transfer, bytes)
  }

  func endStream(_ transfer: SimulatedTransfer, isClean: Bool, _ error: ServerError? = nil, isCut: Bool = false) {
    guard !transfer.isAnswered else { return }
    transfer.isAnswered = true
    if isClean {
      let hasTrailer = transfer.grpc != nil && !isCut
      let fields = hasTrailer ? GRPCDialect.fields(error, isAlone: false) : AnswerFields()
      write(transfer, .completed(status: 200, body: [], fields: fields))
    } else {
      write(
        transfer,
        .failed(
          TransferFailure(
            kind: .broken, bodyMayHaveBeenSent: true, curlCode: 18, message: "transfer closed with data remaining")))
    }
  }

  private func writePieces(_ transfer: SimulatedTransfer, _ bytes: [UInt8]) {
    var piece = transfer.piece
    if case .bytes = piece, bytes.count > 400 { piece = .random }
    switch piece {
    case .whole:
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + Self.largestPiece)
        write(transfer, .received(Array(bytes[start..<end])))
        start = end
      }
    case .bytes:
      for byte in bytes { write(transfer, .received([byte])) }
    case .random:
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + min(random.int(1...max(2, bytes.count / 3)), Self.largestPiece))
        write(transfer, .received(Array(bytes[start..<end])))
        start = end
      }
    }
  }

  private func write(_ transfer: SimulatedTransfer, _ event: TransferEvent) {
    guard !transfer.isDone else { return }
    transfer.pipe.append(event)
    if case .received(let bytes) = event { transfer.pipeBytes += bytes.count }
    move(transfer)
  }

  // MARK: The wire

  private func move(_ transfer: SimulatedTransfer) {
    guard !transfer.isMoving, !transfer.pipe.isEmpty else { return }
    transfer.isMoving = true
    let heldUntil = max(transfer.heldUntil, link(of: transfer)?.heldUntil ?? transfer.heldUntil)
    world.at(max(world.now + delay(), heldUntil)) { [self] in
      transfer.isMoving = false
      arrive(transfer)
    }
  }

  private func arrive(_ transfer: SimulatedTransfer) {
    guard let link = link(of: transfer), !link.losesAnswers, !transfer.isLost else { return }
    while let event = transfer.pipe.first, !transfer.isDone {
      switch event {
      case .received(let bytes):
        if transfer.unread > 0, transfer.unread + bytes.count > receiveWindow { return }
        transfer.pipe.removeFirst()
        transfer.pipeBytes -= bytes.count
        transfer.unread += bytes.count
        transfer.transport.arrive(event, for: transfer)
        // The rest is a little later.
        if random.chance(transfer.piece == .bytes ? 0.01 : 0.1) { return move(transfer) }
      case .opened:
        transfer.pipe.removeFirst()
        transfer.transport.arrive(event, for: transfer)
      case .completed, .failed:
        transfer.pipe.removeFirst()
        finish(transfer)
        transfer.transport.arrive(event, for: transfer)
      }
    }
  }

  func clientRead(_ transfer: SimulatedTransfer, _ count: Int) {
    transfer.unread -= count
    move(transfer)
    transfer.whenDrained?()
  }

  /// The client knows, or does not care any more.
  private func finish(_ transfer: SimulatedTransfer) {
    guard !transfer.isDone else { return }
    transfer.isDone = true
    transfer.pipe = []
    transfer.pipeBytes = 0
    if let link = link(of: transfer) {
      link.transfers.removeAll { $0 === transfer }
      if requestLimit != nil { stopServing(transfer, link) }
    }
  }

  /// The connection is gone; what has arrived is still there to be read.
  private func fail(
    _ transfer: SimulatedTransfer, _ kind: TransferFailure.Kind, sent: Bool, curl: Int32, _ message: String
  ) {
    guard !transfer.isDone, !transfer.isLost else { return }
    let gone = transfer.whenGone
    finish(transfer)
    let failure = TransferFailure(kind: kind, bodyMayHaveBeenSent: sent, curlCode: curl, message: message)
    transfer.transport.arrive(.failed(failure), for: transfer)
    if let gone { world.after(delay()) { gone() } }
  }

  func clientLeft(_ transfer: SimulatedTransfer) {
    guard !transfer.isDone else { return }
    let isHeard = link(of: transfer).map { !$0.losesRequests } ?? false
    if transfer.isLost { world.statistics.count("lost streams that were given up") }
    let gone = transfer.whenGone
    finish(transfer)
    if isHeard, let gone { world.after(delay()) { gone() } }
  }

  // MARK: Faults

  /// What is sent one way, or both, is not heard of any more, until `heal`.
  func blackhole(host: Int, member: Int, requests: Bool, answers: Bool) {
    let link = links[host][member]
    link.losesRequests = requests
    link.losesAnswers = answers
    link.generation += 1
    let generation = link.generation
    // TCP's keepalive notices: ten seconds of silence, then three probes.
    let open = link.transfers
    world.after(.seconds(19)) { [self] in
      guard link.generation == generation, link.losesRequests || link.losesAnswers else { return }
      for transfer in open { fail(transfer, .broken, sent: transfer.bodyWasSent, curl: 56, "Connection timed out") }
    }
  }

  func heal(host: Int, member: Int) {
    let link = links[host][member]
    guard link.losesRequests || link.losesAnswers else { return }
    link.losesRequests = false
    link.losesAnswers = false
    link.generation += 1
    failOrphans(of: link)
    let isReset = random.chance(0.4)
    let waiting = link.waiting
    link.waiting = []
    for transfer in waiting {
      if isReset, random.chance(0.5) { continue }
      world.after(delay() + random.milliseconds(0...500)) { [self] in requestArrives(transfer, link) }
    }
    if isReset || !(isListening?(member) ?? false) {
      cut(host: host, member: member)
    } else {
      for transfer in link.transfers { move(transfer) }
    }
  }

  func healAll() {
    for host in links.indices { for member in links[host].indices { heal(host: host, member: member) } }
  }

  /// Answers are on their way for as long, even if the member is gone by then.
  func holdAnswers(host: Int, member: Int, for duration: Duration) {
    links[host][member].heldUntil = world.now + duration
  }

  /// The member takes no new connections, and lets go of those that are idle.
  func deafen(_ member: Int) {
    deaf.insert(member)
    for host in links { host[member].hasIdleConnection = false }
  }

  func takesConnections(_ member: Int) -> Bool { !deaf.contains(member) }

  func undeafen(_ member: Int) {
    deaf.remove(member)
  }

  /// What lies between forgets flows of streams, while all else gets through; TCP's keepalive it answers itself.
  func loseStreams(host: Int, share: Double, random: inout SeededRandom) {
    for transfer in links[host].flatMap(\.transfers) where transfer.isStreamed && transfer.isConfirmed {
      guard random.chance(share) else { continue }
      world.statistics.count("streams lost")
      world.note(26, "host\(host) hears nothing more on transfer \(transfer.id.rawValue)")
      transfer.flow.isLost = true
    }
  }

  /// All connections of the link are reset.
  func cut(host: Int, member: Int) {
    let link = links[host][member]
    link.hasIdleConnection = false
    if link.losesAnswers || link.losesRequests { return }
    for transfer in link.transfers where transfer.isConnected {
      fail(transfer, .broken, sent: transfer.bodyWasSent, curl: 56, "Connection reset by peer")
    }
  }

  /// The member's process is gone, and its connections with it, once what was written is sent; who is cut off from it
  /// does not hear of that.
  func memberDied(_ member: Int, after delay: Duration) {
    for link in links.map({ $0[member] }) {
      let transfers = link.transfers
      world.at(max(world.now, link.heldUntil) + delay) { [self] in
        link.hasIdleConnection = false
        if link.losesAnswers || link.losesRequests {
          link.orphans += transfers
          return
        }
        for transfer in transfers where transfer.isConnected {
          fail(transfer, .broken, sent: transfer.bodyWasSent, curl: 56, "Connection reset by peer")
        }
      }
    }
  }

  /// The member's machine knows nothing of these connections any more, and says so to TCP's next probe.
  private func failOrphans(of link: Link) {
    let orphans = link.orphans
    link.orphans = []
    for transfer in orphans {
      world.after(delay() + random.milliseconds(0...10_000)) { [self] in
        fail(transfer, .broken, sent: transfer.bodyWasSent, curl: 56, "Connection reset by peer")
      }
    }
  }
}
