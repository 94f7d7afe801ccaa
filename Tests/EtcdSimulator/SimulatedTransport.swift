import DequeModule
import EtcdCore
import EtcdPacker
import EtcdTransport

/// The transport of one cluster: the end of the simulated network that the core holds. Dies with the cluster.
final class SimulatedTransport: Transport {
  let world: World
  let network: SimulatedNetwork
  /// Which machine it runs on.
  let host: Int
  private var nextID: UInt64 = 1
  private(set) var active: [TransferID: SimulatedTransfer] = [:]
  private var ready = Deque<(SimulatedTransfer, TransferEvent)>()
  /// Called when there is something for the core to do.
  var whenReady: (() -> Void)?
  var whenWakeTimeChanged: (() -> Void)?
  private(set) var isShutDown = false
  /// What name servers say of a domain, and after how long; looked at if there is a core.
  var whoIsNamed: ((String) -> (answer: ServiceAnswer, wait: Duration))?
  /// The core takes in what they have said.
  var whenNamed: ((String, ServiceAnswer) -> Void)?
  private var services: [(name: String, answer: ServiceAnswer)] = []
  private var lastNamed: (name: String, time: Instant)?
  /// How soon they may be asked again after they have named somebody.
  var shortestLookUp = Duration.zero
  /// The documents that the core has read and of which the host has got no batch yet, by stream.
  /// Ranges of watches of which more comes than is handed on.
  var sifted: Set<KeyRange> = []
  private var unconsumed: [TransferID: Deque<(bytes: Int, revision: Int64)>] = [:]
  /// Of each member, whether what came from there last shows that requests work.
  private var isAnswering: [Int: Bool] = [:]
  /// Members of which a stream has ended, which the core takes in when the stream's turn has come.
  private var doubted: Set<Int> = []
  /// The most bytes of an answer or document (`response.max.bytes`), and the most calls of the host's on the wire.
  var answerLimit = Int.max
  var callLimit = Int.max
  /// How often something has come that shows that requests work, and whether it may still wait for its turn, as what
  /// comes on a stream does.
  private(set) var proofs = 0
  private(set) var hasProofInLine = false
  /// Called with the key and the value of a put that etcd will not have, when it is sent and when the refusal has come.
  var whenTooLarge: ((_ key: [UInt8], _ value: [UInt8], _ isRefused: Bool) -> Void)?
  /// What is known of how the core finds members; looked at if there is a core.
  var discovery = DiscoveryChecks()
  var isCores = false
  /// How the core may speak to etcd.
  var wire = WireChoice.json
  /// By which connection watches go over HTTP/2, of each origin. (What happens to connections otherwise happens to each
  /// transfer by itself.)
  private var flows: [String: SimulatedTransfer.Flow] = [:]
  /// Where gRPC was answered and has not failed since, and when it was last said there that it is not spoken: the call that
  /// was told so goes on by the gateway there.
  private var speakGRPC: Set<String> = []
  private var refutedAt: [String: Instant] = [:]
  private var starts = Deque<Instant>()
  /// How many starts there may be within a second, beyond what the host asked for.
  var startAllowance = 0

  init(world: World, network: SimulatedNetwork, host: Int) {
    self.world = world
    self.network = network
    self.host = host
  }

  var now: Instant { world.now }

  var wakeTime: Instant? {
    didSet { if wakeTime != oldValue { whenWakeTimeChanged?() } }
  }

  var hasEvents: Bool { !ready.isEmpty || !services.isEmpty }

  func isAtRest() -> Bool { !hasEvents && wakeTime.map { $0 > now } ?? true }

  // MARK: Names

  func lookUp(service name: String) {
    guard let (answer, wait) = whoIsNamed?(name) else {
      return world.fail(.contract, "host\(host) asks for \(name), which it was not told of")
    }
    if let lastNamed, lastNamed.name == name, lastNamed.time + shortestLookUp > now {
      world.fail(.quiet, "host\(host) asks for \(name) again after \(now - lastNamed.time)")
    }
    world.note(108, "host\(host) asks for \(name)")
    world.after(wait) { [weak self] in
      guard let self, !isShutDown else { return }
      services.append((name, answer))
      whenReady?()
    }
  }

  func takeServices() -> [(name: String, answer: ServiceAnswer)] {
    defer { services = [] }
    for (name, answer) in services {
      world.note(108, "host\(host) is told of \(name): \(answer)")
      if case .records(let records) = answer { lastNamed = records.isEmpty ? nil : (name, now) }
      whenNamed?(name, answer)
    }
    return services
  }

  // MARK: Transfers

  func start(_ request: TransferRequest) -> TransferID {
    let id = TransferID(rawValue: nextID)
    nextID += 1
    if isShutDown { world.fail(.contract, "a transfer was started after the transport was shut down") }
    check(request)
    let sharesFlow = request.version == .http2 && request.lane == .streams
    let (request, grpc) = read(request)
    if !isLaterPage(request) { countStart() }
    let transfer = SimulatedTransfer(
      id: id, request: request, grpc: grpc, transport: self, member: network.member(of: request.url))
    if sharesFlow { transfer.flow = flow(to: transfer.origin) }
    checkIdentity(of: transfer)
    checkWire(of: transfer)
    active[id] = transfer
    if transfer.path == "/v3/watch" { watches += 1 }
    countCalls(transfer)
    for put in hopelessPuts(of: transfer) { whenTooLarge?(put.key, put.value, false) }
    network.begin(transfer)
    return id
  }

  /// Only the host itself puts and deletes: the core's own writes are transactions.
  private func countCalls(_ transfer: SimulatedTransfer) {
    func isHosts(_ transfer: SimulatedTransfer) -> Bool {
      transfer.path == "/v3/kv/put" || transfer.path == "/v3/kv/deleterange"
    }
    guard active.count > callLimit, isHosts(transfer) else { return }
    let count = active.values.count(where: isHosts)
    if count > callLimit { world.fail(.bounded, "host\(host) has \(count) calls on the wire at once") }
  }

  /// Those of the core's own that etcd will not have.
  private func hopelessPuts(of transfer: SimulatedTransfer) -> [ReceivedPut] {
    guard transfer.request.body.count > Store.Command.sizeLimit, transfer.route == .txn,
      let txn = try? ReceivedTxn.decode(transfer.request.body), Store.Command.txn(txn).size > Store.Command.sizeLimit
    else { return [] }
    return txn.puts
  }

  private func check(_ request: TransferRequest) {
    if request.connectTimeout <= .zero { world.fail(.contract, "a transfer with no time to connect") }
    switch request.answer {
    case .streamed:
      if request.timeout != nil { world.fail(.contract, "a stream with a timeout") }
    case .whole(let limit):
      if limit <= 0 { world.fail(.contract, "an answer without room") }
      if limit > answerLimit { world.fail(.bounded, "an answer may have \(limit) bytes") }
      if request.timeout.map({ $0 <= .zero }) ?? true { world.fail(.contract, "a call without a timeout") }
    }
  }

  /// What the gateway would be asked.
  private func read(_ request: TransferRequest) -> (request: TransferRequest, grpc: GRPCDialect?) {
    guard request.version == .http2 else { return (request, nil) }
    if wire == .json { world.fail(.contract, "host\(host) speaks gRPC, which it was not to") }
    guard let (form, dialect) = GRPCDialect.read(request) else {
      world.fail(.contract, "host\(host) sends to \(request.url) what is no request of gRPC's: \(request.headers)")
      return (request, nil)
    }
    let isStream = if case .streamed = request.answer { true } else { false }
    if isStream ? request.lane == .calls : request.lane == .streams {
      world.fail(.contract, "a stream shares a connection with calls")
    }
    return (form, dialect)
  }

  /// When the gateway is asked with `wire=auto` depends on more than is known here.
  private func checkWire(of transfer: SimulatedTransfer) {
    guard isCores, transfer.grpc == nil, transfer.route != .version else { return }
    if wire == .grpc { world.fail(.contract, "host\(host) asks the gateway, which it was not to") }
    // By that, addresses are tried that are not endpoints yet: in the same way as where the core is, or in the other. What
    // they answer by, they are asked by, until they have answered by gRPC; also where the wire is another one by then.
    if transfer.route == .memberList, wire == .auto || !transfer.isToSeed { speakGRPC.remove(transfer.origin) }
    guard wire == .auto else { return }
    world.statistics.count("requests by the gateway, for want of gRPC")
    if transfer.route == .memberList { return }
    let isCallsOwn = refutedAt[transfer.origin].map { $0 + .seconds(10) >= now } ?? false
    if speakGRPC.contains(transfer.origin), !isCallsOwn {
      world.fail(.quiet, "host\(host) asks the gateway of \(transfer.origin), where nothing speaks against gRPC")
    }
  }

  /// Takes in what the end of a transfer says of gRPC. A stream's is taken in by the core when its turn comes.
  private func noteWire(of transfer: SimulatedTransfer, _ event: TransferEvent) {
    guard transfer.grpc != nil else { return }
    switch event {
    case .opened, .received: return
    case .completed(_, let body, let fields):
      let status = (fields.trailers + fields.headers).first { $0.name == "grpc-status" }?.value
      if status == nil || status == "12" { refutedAt[transfer.origin] = now }
      // One that comes near the limit may be too large once it is decoded.
      let isShort = body.count < answerLimit / 4
      // Of an endpoint that was one before, and is again, nothing is known by that.
      if !transfer.isStreamed, isShort, transfer.answerFate == .none, status != nil, status != "12", !transfer.isFormer
      {
        speakGRPC.insert(transfer.origin)
      } else {
        speakGRPC.remove(transfer.origin)
      }
    case .failed(let failure):
      if failure.kind == .notHTTP2 { refutedAt[transfer.origin] = now }
      speakGRPC.remove(transfer.origin)
    }
  }

  /// Pages come one after the other, each when the one before has been answered; they may be of one key.
  private func isLaterPage(_ request: TransferRequest) -> Bool {
    request.url.hasSuffix("/kv/range") && String(decoding: request.body, as: UTF8.self).contains("\"revision\":")
  }

  /// Retries have to pause: so many transfers in one second are a storm.
  private func countStart() {
    let second = Duration.seconds(1)
    while let first = starts.first, first + second <= now { starts.removeFirst() }
    starts.append(now)
    if starts.count > 150 + 3 * startAllowance {
      world.fail(.quiet, "\(starts.count) transfers were started within a second")
    }
  }

  // MARK: Who asks

  /// When logging in was refused, and when a token was had or other credentials were given. Tokens that are not to be
  /// sent again.
  private var refusals = Deque<Instant>()
  private var logins = Deque<Instant>()
  private var replacements = Deque<Instant>()
  private var refusedTokens: Set<String> = []
  /// Log-ins that nothing but a watch was the reason for.
  private var loginsForWatches = Deque<Instant>()
  private var isForWatch = false
  /// What has come up since the last log-in ended that makes another one worth while.
  private var reasonToLogIn: ReasonToLogIn? = .other
  private var lastToken: String?
  /// How many it was given, and how many streams it has begun for watchers.
  private(set) var tokens: UInt64 = 0
  private(set) var watches: UInt64 = 0
  /// The longest pause that there is to be where an operator has to act.
  var longestPause = Duration.zero

  private enum ReasonToLogIn {
    case watch
    case other
  }

  func credentialsWereReplaced() {
    replacements.append(now)
    reasonToLogIn = .other
    if let lastToken { refusedTokens.insert(lastToken) }
  }

  private func checkIdentity(of transfer: SimulatedTransfer) {
    guard isCores else { return }
    if let token = transfer.token, refusedTokens.contains(token) {
      world.fail(.contract, "host\(host) sends a token that was refused, or got by credentials that were replaced")
    }
    guard transfer.route == .authenticate else { return }
    // Where nobody else answers, an advertised address is asked by that who it is, beside.
    transfer.isLastResort = transfer.member.map { !discovery.isKnown($0) } ?? true
    if active.values.contains(where: { $0.route == .authenticate && $0.member == transfer.member }) {
      world.fail(.quiet, "host\(host) logs in twice at once")
    }
    if transfer.isLastResort { return }
    // One of these may just have been given up.
    let isWaiting = active.values.contains { $0.isStreamed && !$0.isHeard && $0.token == lastToken }
    switch reasonToLogIn {
    case nil where isWaiting: break
    case nil: world.fail(.quiet, "host\(host) logs in again, and nothing has come up since")
    case .watch: isForWatch = true
    case .other: break
    }
  }

  /// A token that was given up long ago is no reason, however many requests still carry it.
  private func noteReason(_ transfer: SimulatedTransfer, _ event: TransferEvent) {
    if case .received(let bytes) = event, !transfer.isHeard,
      transfer.grpc == nil ? bytes.contains(UInt8(ascii: "\n")) : transfer.hasReadDocument
    {
      transfer.isHeard = true
      transfer.heardSince = now
    }
    switch event {
    case .failed(let failure):
      if failure.kind == .timeout { reasonToLogIn = .other }
    case .completed(status: 200, let body, _) where transfer.route == .authenticate && transfer.isWhole(body):
      guard !transfer.isLastResort, let token = (try? AuthenticateResponse.decode(body))?.token, !token.isEmpty else {
        break
      }
      lastToken = token
      tokens += 1
      reasonToLogIn = nil
    case .completed(let status, let body, _) where status != 200:
      if body.text.contains("authentication is not enabled"), transfer.isWhole(body) {
        lastToken = nil
        reasonToLogIn = nil
      } else if transfer.token == lastToken, transfer.route != .authenticate {
        reasonToLogIn = .other
      }
    case .received where transfer.token == lastToken:
      if transfer.wasEnded { reasonToLogIn = .other }
      if transfer.wasRefused, reasonToLogIn == nil { reasonToLogIn = .watch }
    case .opened, .received, .completed: break
    }
  }

  /// What an operator has to mend is tried as seldom as there are pauses, and no token leads to a storm.
  private func noteIdentity(of transfer: SimulatedTransfer, _ event: TransferEvent) {
    guard isCores else { return }
    // Whoever is asked who he is may not be one of those who know the token.
    let isAskedWhoItIs = transfer.route == .memberList && !transfer.isToSeed
    let isKnown = !isAskedWhoItIs && transfer.member.map(discovery.isKnown) ?? false
    if isKnown, transfer.isRefusalOfToken(event), let token = transfer.token { refusedTokens.insert(token) }
    let window = longestPause * 2
    if transfer.isRefusalOfPassword(event) { count(&refusals, within: window) }
    if transfer.route == .authenticate, case .completed(status: 200, _, _) = event {
      count(&logins, within: .seconds(5))
      if isForWatch { count(&loginsForWatches, within: .seconds(20)) }
      isForWatch = false
    }
    while let first = replacements.first, first + window <= now { replacements.removeFirst() }
    while let first = refusals.first, first + window <= now { refusals.removeFirst() }
    if refusals.count > 5 + replacements.count {
      world.fail(.quiet, "host\(host) was refused \(refusals.count) log-ins within \(window)")
    }
    if loginsForWatches.count > 30 {
      world.fail(
        .quiet, "host\(host) has logged in \(loginsForWatches.count) times for watches that are not permitted")
    }
    if logins.count > 60 + replacements.count {
      world.fail(.quiet, "host\(host) has logged in \(logins.count) times within five seconds")
    }
  }

  private func count(_ times: inout Deque<Instant>, within window: Duration) {
    times.append(now)
    while let first = times.first, first + window <= now { times.removeFirst() }
  }

  func cancel(_ id: TransferID) {
    guard let transfer = active.removeValue(forKey: id) else { return }
    unconsumed[id] = nil
    // Why it was given up is not known here: maybe because nothing came.
    if transfer.isStreamed, let member = transfer.member { isAnswering[member] = false }
    if transfer.grpc != nil { speakGRPC.remove(transfer.origin) }
    if transfer.isStreamed, !transfer.isHeard, transfer.token == lastToken { reasonToLogIn = .other }
    network.clientLeft(transfer)
  }

  private func flow(to origin: String) -> SimulatedTransfer.Flow {
    let flow = flows[origin] ?? SimulatedTransfer.Flow()
    flows[origin] = flow
    return flow
  }

  func distrust(_ id: TransferID) {
    guard let transfer = active[id], flows[transfer.origin] === transfer.flow else { return }
    world.statistics.count("connections that were distrusted")
    flows[transfer.origin] = nil
  }

  func pause(_ id: TransferID) {
    active[id]?.isPaused = true
  }

  func resume(_ id: TransferID) {
    guard let transfer = active[id], transfer.isPaused else { return }
    transfer.isPaused = false
    release(transfer)
  }

  private func release(_ transfer: SimulatedTransfer) {
    while let event = transfer.inbox.popFirst() { ready.append((transfer, event)) }
    if hasEvents { whenReady?() }
  }

  /// One stream brings no more in one run than this, like the real transport's: a flood must not hold the host.
  private var share: Int { max(network.receiveWindow, SimulatedNetwork.largestPiece) }

  func run(_ handle: (TransferID, TransferEvent) -> Void) {
    var bytesBrought: [TransferID: Int] = [:]
    var held: [SimulatedTransfer] = []
    defer {
      for transfer in held where active[transfer.id] != nil && !transfer.isPaused { release(transfer) }
    }
    while case (let transfer, var event)? = ready.popFirst() {
      guard active[transfer.id] != nil else { continue }
      // Paused while it was in line, or it has had its share.
      if transfer.isPaused || !transfer.inbox.isEmpty {
        transfer.inbox.append(event)
        continue
      }
      if case .received(let bytes) = event {
        bytesBrought[transfer.id, default: 0] += bytes.count
        if bytesBrought[transfer.id, default: 0] > share {
          transfer.inbox.append(event)
          held.append(transfer)
          continue
        }
        let room = share - bytesBrought[transfer.id, default: 0]
        let more = joinsPieces(transfer) ? takeMore(of: transfer, upTo: room) : []
        bytesBrought[transfer.id, default: 0] += more.count
        event = .received(bytes + more)
      }
      let wireEvent = event
      let event = transfer.grpc?.gatewayForm(of: event) ?? event
      switch event {
      case .opened: break
      case .received(let bytes):
        network.clientRead(transfer, bytes.count)
        count(bytes, of: transfer)
        if transfer.isConfirmed { hasProofInLine = true }
      case .completed, .failed:
        active[transfer.id] = nil
        // What worked once, and fails for want of a quorum, works again when there is one.
        let isProof = transfer.isProof(event) || proofs > 0 && transfer.isProofOfQuorum(event)
        if isProof { proofs += 1 }
        noteIdentity(of: transfer, event)
        if transfer.isRefusalOfSize(event) {
          for put in hopelessPuts(of: transfer) { whenTooLarge?(put.key, put.value, true) }
        }
        discovery.ended(transfer, event, network: network, now: now)
        if let member = transfer.member, !transfer.isFormer {
          if transfer.isStreamed { doubted.insert(member) }
          // That a member is there is not all that it takes.
          let isAnswer = transfer.isAnswer(event)
          if isProof || !isAnswer { isAnswering[member] = isProof && isAnswer }
        }
      }
      noteReason(transfer, event)
      noteWire(of: transfer, wireEvent)
      world.note(Int(transfer.id.rawValue), "host\(host) transfer \(transfer.id.rawValue) \(event.summary)")
      handle(transfer.id, wireEvent)
      if world.violation != nil { return }
    }
  }

  /// Half of them are read as sockets are: what has come is one piece, wherever in it documents end.
  private func joinsPieces(_ transfer: SimulatedTransfer) -> Bool { transfer.id.rawValue % 2 == 0 }

  /// The pieces that are next.
  private func takeMore(of transfer: SimulatedTransfer, upTo room: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while case (let next, .received(let more))? = ready.first, next === transfer, bytes.count + more.count <= room {
      ready.removeFirst()
      bytes += more
    }
    return bytes
  }

  // MARK: What the core keeps

  /// Up to so many bytes of keys and values, or in the gateway's form a third more, are put together to one batch, which the
  /// last document may exceed.
  private static let mostMerged = 32 * 1024 * 4 / 3

  /// A stream on which a document waits when a turn ends is not read on. So the core has at most the documents that one
  /// run brought, those before of which the batch was made, one of repeated events that made none, and the beginning
  /// of another.
  private func count(_ piece: [UInt8], of transfer: SimulatedTransfer) {
    if let lineFeed = piece.lastIndex(of: UInt8(ascii: "\n")), transfer.grpc == nil {
      transfer.bytesOfLine = piece.count - lineFeed - 1
    } else {
      // What is too large has to be given up in the turn that made it so.
      if transfer.bytesOfLine - share > answerLimit {
        world.fail(.bounded, "host\(host) keeps \(transfer.bytesOfLine) bytes of a document that does not end")
      }
      transfer.bytesOfLine += piece.count
    }
    var bytes = piece.count
    while bytes > 0, var document = transfer.documents.popFirst() {
      if document.bytes > bytes {
        document.bytes -= bytes
        transfer.documents.prepend(document)
        break
      }
      bytes -= document.bytes
      transfer.hasReadDocument = true
      if let revision = document.revision, !(transfer.watched.map(sifted.contains) ?? false) {
        unconsumed[transfer.id, default: []].append((document.size, revision))
        transfer.largestDocument = max(transfer.largestDocument, document.size)
      }
      transfer.endlessMemory += document.size + document.endless * Self.eventMemory
      transfer.endlessMemory = document.endless == 0 ? 0 : transfer.endlessMemory
    }
    // Where a message ends is not to be seen in its bytes.
    if transfer.grpc != nil, bytes == 0 || !transfer.documents.isEmpty {
      transfer.bytesOfLine = transfer.documents.first.map { $0.size - $0.bytes } ?? 0
    }
    checkEndless(transfer)
    guard let documents = unconsumed[transfer.id] else { return }
    let kept = documents.reduce(0) { $0 + $1.bytes }
    if kept > 3 * transfer.largestDocument + Self.mostMerged + share + SimulatedNetwork.largestPiece {
      world.fail(.bounded, "host\(host) keeps \(kept) bytes, \(documents.count) documents, of one stream")
    }
  }

  /// An event takes more than this, whatever is in it.
  static let eventMemory = 64

  /// A revision that grows too large has to be given up, with what one run brought of it besides.
  private func checkEndless(_ transfer: SimulatedTransfer) {
    // Each byte of the smallest event stands for as many as four of memory in JSON, and 32 in protobuf.
    guard transfer.endlessMemory - (transfer.grpc == nil ? 4 : 32) * (share + MemberWatch.largestEndless) > answerLimit
    else { return }
    world.fail(.bounded, "host\(host) keeps \(transfer.endlessMemory) bytes of a revision that does not end")
  }

  /// The host was handed a batch of a watch of `range`.
  func batchWasTaken(of range: KeyRange, revision: Int64) {
    // Of two watches of one range both get the same, and which of them it was is not to be seen: less is looked at then.
    for (id, var documents) in unconsumed where active[id]?.watched == range {
      while let first = documents.first, first.revision <= revision { documents.removeFirst() }
      unconsumed[id] = documents.isEmpty ? nil : documents
    }
  }

  /// A member whose last word shows that requests work, if one of these is such a member.
  func answeringMember(among members: Set<Int>) -> Int? {
    members.sorted().first { isAnswering[$0] == true && !doubted.contains($0) }
  }

  /// The host was handed all there was.
  func allWasTaken() {
    if hasProofInLine { proofs += 1 }
    hasProofInLine = false
    unconsumed = [:]
    for member in doubted { isAnswering[member] = false }
    doubted = []
  }

  /// Something has come out of the wire.
  func arrive(_ event: TransferEvent, for transfer: SimulatedTransfer) {
    guard active[transfer.id] != nil else { return }
    if transfer.isPaused || !transfer.inbox.isEmpty {
      transfer.inbox.append(event)
    } else {
      ready.append((transfer, event))
      whenReady?()
    }
  }

  /// The process is gone, or has let go of the cluster.
  func shutDown() {
    isShutDown = true
    for transfer in active.values.sorted(by: { $0.id.rawValue < $1.id.rawValue }) { network.clientLeft(transfer) }
    active = [:]
    ready = []
    whenReady = nil
    whenWakeTimeChanged = nil
  }
}

extension TransferEvent {
  var summary: String {
    switch self {
    case .opened(let status, _): "opened \(status)"
    case .received(let bytes): "received \(bytes.count) bytes: \(bytes.excerpt)"
    case .completed(let status, let body, _): "completed \(status): \(body.excerpt)"
    case .failed(let failure): "failed \(failure.kind), sent: \(failure.bodyMayHaveBeenSent): \(failure.message)"
    }
  }
}

extension [UInt8] {
  var excerpt: String {
    let text = String(decoding: prefix(240), as: UTF8.self)
    return String(text.map { $0.isNewline ? "⏎" : $0 }) + (count > 240 ? "…" : "")
  }

  var text: String { String(decoding: self, as: UTF8.self) }
}
