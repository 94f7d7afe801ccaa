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
  /// It knows that it was removed.
  private var hasLeft = false
  private(set) var generation = 0
  /// How long after the commit it applies an entry, in microseconds.
  var lag = 0...3000
  /// Its disk hangs: it hears the leader, and applies nothing any more. So it tells watches nothing, and finds no quorum for
  /// what it reads.
  private(set) var hangs = false
  /// It answers calls as the others do, and ends every watch as soon as it is there.
  var endsWatches = false
  /// It answers calls as the others do, and tells every watch more than there is room for.
  var overflows = false
  /// It was told to end: it takes no connections, and its streams, which it has not ended yet, say nothing.
  private(set) var isGoingDown = false
  private(set) var appliedIndex = 0
  private var watches: [MemberWatch] = []
  private var waiters: [(index: Int, body: () -> Void)] = []
  /// What would have happened while it was stopped.
  private var suspended: [() -> Void] = []
  private var knowsLeader = true
  private var viewGeneration = 0
  private var sawLeader = true
  private var tokens = TokenTable()

  init(index: Int, etcd: SimulatedEtcd, isStarted: Bool) {
    self.index = index
    self.etcd = etcd
    state = isStarted ? .running : .crashed
  }

  var isWatched: Bool { !watches.isEmpty }

  var appliedRevision: Int64 { etcd.store.log[appliedIndex].revision }
  var compactedRevision: Int64 { etcd.store.log[appliedIndex].compacted }

  var header: AnswerHeader {
    AnswerHeader(cluster: etcd.clusterID, member: index, revision: appliedRevision, term: etcd.term)
  }

  func hang() {
    hangs = true
    world.note(35, "member \(index) applies nothing any more")
  }

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

  /// SIGTERM: it ends when its time has come, or never.
  func goDown(after delay: Duration?) {
    guard state == .running, !isGoingDown else { return }
    world.note(16, "member \(index) is told to end")
    world.statistics.count("members going down")
    isGoingDown = true
    etcd.network.deafen(index)
    guard let delay else { return }
    later(delay) { [self] in
      if isGoingDown { crash(gracefully: true) }
    }
  }

  /// What it refuses it takes again.
  func listen() {
    isGoingDown = false
    etcd.network.undeafen(index)
    for watch in watches { watch.advance() }
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

  /// It does not run, and has got the data of another store.
  func replaceData() {
    appliedIndex = etcd.store.log.count - 1
    tokens.forget()
  }

  /// Starts a member that was added: it gets the log, and tells the others who it is.
  func start() {
    let entry = etcd.membership.entries[index]
    guard state == .crashed, entry.isMember, !entry.isPublished else { return }
    isIsolated = false
    launch()
    apply(upTo: etcd.store.log.count - 1)
    etcd.reconfigure(.publish(index), patience: .seconds(60))
  }

  /// Starts a member again. One that was removed would end at once.
  func restart() {
    let entry = etcd.membership.entries[index]
    guard state == .crashed, entry.isMember, entry.isPublished else { return }
    launch()
  }

  private func launch() {
    world.note(13, "member \(index) is started")
    generation += 1
    isGoingDown = false
    etcd.network.undeafen(index)
    state = .running
    knowsLeader = false
    sawLeader = false
    tokens.forget()
    etcd.topologyChanged()
    catchUp()
  }

  /// The run is over.
  func end() {
    watches = []
    waiters = []
    suspended = []
  }

  /// It has been removed: the others do not talk to it any more, and soon its process ends by itself.
  private func leave() {
    world.note(19, "member \(index) has learned that it was removed")
    hasLeft = true
    isIsolated = true
    etcd.topologyChanged()
    later(.seconds(1)) { [self] in crash(gracefully: true) }
  }

  func isolate() {
    guard !isIsolated else { return }
    world.note(14, "member \(index) is cut off from the others")
    isIsolated = true
    etcd.topologyChanged()
  }

  func rejoin() {
    guard isIsolated, !hasLeft else { return }
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
    tokens.advance(to: index, of: etcd.authority, now: world.now)
    if standing == .removed, !hasLeft { leave() }
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
    guard let route = transfer.route else { return answer(transfer, etcd.dialect.notFound) }
    let isGet = transfer.request.head.method == .get
    guard isGet == (route == .version) else { return answer(transfer, etcd.dialect.wrongMethod) }
    if route == .version { return answer(transfer, (200, etcd.dialect.versionAnswer)) }
    if route == .status { return tellStatus(transfer) }
    do {
      try serve(transfer, route)
    } catch {
      refuse(transfer, GatewayError(code: 3, message: "invalid request: \(error)"), malformedFor: route)
    }
  }

  /// A stream that cannot begin is an error of another kind in older gateways, and none in the newest: there keepalives
  /// end as if nothing had been asked, and a watch waits for ever for what will not come.
  private func refuse(_ transfer: SimulatedTransfer, _ error: GatewayError, malformedFor route: GatewayRoute) {
    switch (route.isStream, etcd.dialect.gateway) {
    case (false, _): refuse(transfer, error)
    case (true, .ofEtcd34), (true, .ofEtcd35):
      refuse(transfer, GatewayError(code: 2, message: error.message), isStream: false)
    case (true, .ofEtcd36):
      if route == .leaseKeepalive { etcd.network.answer(transfer, status: 200, body: []) }
    }
  }

  private func serve(_ transfer: SimulatedTransfer, _ route: GatewayRoute) throws {
    // No body is a request with nothing in it.
    let body = transfer.request.body.isEmpty ? Array("{}".utf8) : transfer.request.body
    if standing == .learner {
      // It reads what it has, and that is all.
      let isLocal = route == .range ? try ReceivedRange.decode(body).serializable : false
      if !isLocal {
        world.statistics.count("refused by a learner")
        return refuse(transfer, .notForLearner)
      }
    }
    if transfer.needsLeader, !knowsLeader {
      world.statistics.count("refused for want of a leader")
      return refuse(transfer, .noLeader)
    }
    switch route {
    case .version, .status: break
    case .memberList: listMembers(transfer, try ReceivedMemberList.decode(body))
    case .authenticate: authenticate(transfer, try ReceivedAuthenticate.decode(body))
    case .range: range(transfer, try ReceivedRange.decode(body))
    case .put: propose(transfer, .put(try ReceivedPut.decode(body)))
    case .deleteRange: propose(transfer, .deleteRange(try ReceivedDelete.decode(body)))
    case .txn:
      let txn = try ReceivedTxn.decode(body)
      if txn.isReadOnly { read(transfer, txn) } else { propose(transfer, .txn(txn)) }
    case .compaction: propose(transfer, .compact(try ReceivedCompaction.decode(body).revision))
    case .leaseGrant:
      let request = try ReceivedLease.decode(body)
      let id = request.id != 0 ? request.id : etcd.makeLeaseID()
      propose(transfer, .leaseGrant(id: id, ttl: max(request.ttl, etcd.minimumTTL)))
    case .leaseRevoke: propose(transfer, .leaseRevoke(id: try ReceivedLease.decode(body).id))
    case .leaseKeepalive:
      let id = try ReceivedLease.decode(body).id
      // Of old, tokens are not even looked at here.
      guard etcd.dialect.guardsAllCalls else { return renew(transfer, id) }
      // Who he is matters here, and not what he may do.
      identify(transfer) { [self] result in
        if let error = error(of: result), error.code != 7 { refuse(transfer, error) } else { renew(transfer, id) }
      }
    case .watch:
      // The stream has nothing to say before there is a watch.
      guard let create = try ReceivedWatch.decode(body).create else { return }
      // The stream is opened whoever it is for, and the watch is cancelled in it.
      identify(transfer) { [self] result in watch(transfer, create, refusedWith: error(of: result)) }
    }
  }

  private func answer(_ transfer: SimulatedTransfer, _ answer: (status: Int, body: [UInt8])) {
    etcd.network.answer(transfer, status: answer.status, body: answer.body)
  }

  private func answer(_ transfer: SimulatedTransfer, _ json: [UInt8]) {
    etcd.network.answer(transfer, status: 200, body: etcd.dialect.finish(json, &etcd.random))
  }

  /// What is a stream in etcd's API is refused in a stream's words, under the status of a call.
  func refuse(_ transfer: SimulatedTransfer, _ error: GatewayError, isStream: Bool? = nil) {
    let (status, body) = etcd.dialect.error(error)
    let isStream = isStream ?? transfer.route?.isStream == true
    etcd.network.answer(transfer, status: status, body: isStream ? etcd.dialect.streamError(error) : body)
  }

  private func range(_ transfer: SimulatedTransfer, _ request: ReceivedRange) {
    if request.key.isEmpty { return refuse(transfer, GatewayError(.emptyKey)) }
    let read = { [self] in withUser(transfer) { [self] in readNow(transfer, request) } }
    if request.serializable { return read() }
    readIndex(transfer, then: read)
  }

  private func readNow(_ transfer: SimulatedTransfer, _ request: ReceivedRange) {
    let revision = request.revision > 0 ? request.revision : appliedRevision
    if revision > appliedRevision { return refuse(transfer, GatewayError(.futureRevision)) }
    // The first page of many: by the next one its revision is gone.
    if request.revision == 0, request.limit > 0, !etcd.forgetsWhatIsRead.isEmpty { etcd.forget(etcd.forgetsWhatIsRead) }
    if revision < compactedRevision { return refuse(transfer, GatewayError(.compacted)) }
    answer(transfer, Store.Reply.range(etcd.store.range(request, at: revision)).json(header))
  }

  /// Once a quorum has been asked, unless it is given up before.
  private func readIndex(_ transfer: SimulatedTransfer, then read: @escaping () -> Void) {
    var isAnswered = false
    func answer(_ error: GatewayError?) {
      guard !isAnswered else { return }
      isAnswered = true
      if let error { refuse(transfer, error) } else { read() }
    }
    if let time = transfer.timeAtServer {
      later(time) { [self] in
        // It is the member or the gateway that says so first, and their codes differ.
        if !isAnswered { world.statistics.count("given up at the server") }
        answer(etcd.random.chance(0.5) ? etcd.dialect.deadlineExceeded : .gatewayDeadlineExceeded)
      }
    }
    etcd.readIndex(by: self, answer: answer)
  }

  private func read(_ transfer: SimulatedTransfer, _ txn: ReceivedTxn) {
    if let error = Store.Command.txn(txn).malformation { return refuse(transfer, error) }
    if !txn.isLocal { readIndex(transfer) { [self] in readNow(transfer, txn) } } else { readNow(transfer, txn) }
  }

  private func readNow(_ transfer: SimulatedTransfer, _ txn: ReceivedTxn) {
    withUser(transfer) { [self] in
      let ranges = txn.success.compactMap(\.range)
      if ranges.contains(where: { $0.revision > 0 }) { return propose(transfer, .txn(txn)) }
      let replies = ranges.map { range in
        (reply: Store.Reply.range(etcd.store.range(range, at: appliedRevision)), revision: appliedRevision)
      }
      world.statistics.count("streams held against the store", replies.count)
      answer(transfer, Store.Reply.txn(succeeded: true, replies).json(header))
    }
  }

  private func propose(_ transfer: SimulatedTransfer, _ command: Store.Command) {
    // Before it is asked who asks.
    if let error = command.malformation { return refuse(transfer, error) }
    identify(transfer) { [self] result in
      switch result {
      case .success where command.size > Store.Command.sizeLimit:
        world.statistics.count("refused as too large")
        refuse(transfer, .requestTooLarge)
      case .success(let caller): propose(transfer, command, for: caller)
      case .failure(let error): refuse(transfer, error)
      }
    }
  }

  private func propose(_ transfer: SimulatedTransfer, _ command: Store.Command, for caller: Authority.Caller) {
    etcd.propose(command, for: caller, by: self, from: transfer.transport.host) { [self] result in
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

  /// Where it stands, as far as it knows.
  private var standing: Membership.Standing { etcd.membership.entries(at: appliedIndex)[index].standing }

  /// Whoever asks, with a leader or without.
  private func tellStatus(_ transfer: SimulatedTransfer) {
    var writer = JSONWriter()
    writer.object { writer in
      header.write(to: &writer)
      writer.field("version", etcd.dialect.serverVersion)
    }
    answer(transfer, writer.bytes)
  }

  private func listMembers(_ transfer: SimulatedTransfer, _ request: ReceivedMemberList) {
    let list = { [self] in
      var header = header
      header.revision = 0
      var writer = JSONWriter()
      writer.object { writer in
        header.write(to: &writer)
        writer.name("members")
        let entries = etcd.membership.entries(at: appliedIndex)
        writer.array(entries.indices.filter { entries[$0].isMember }) { [self] writer, index in
          writer.object { writer in
            writer.field("ID", AnswerHeader.id(of: index))
            if entries[index].isPublished { writer.field("name", "member\(index)") }
            writer.field("peerURLs", ["http://10.0.0.\(index + 1):2380"])
            if entries[index].isPublished { writer.field("clientURLs", etcd.advertised[index]) }
            writer.field("isLearner", entries[index].standing == .learner)
          }
        }
      }
      answer(transfer, writer.bytes)
    }
    let listForUser = { [self] in
      if etcd.dialect.guardsAllCalls { withUser(transfer, list) } else { list() }
    }
    // Of old, each member answers what it knows, whatever was asked for.
    guard request.linearizable, etcd.dialect.version != .etcd3423 else { return listForUser() }
    etcd.readIndex(by: self) { [self] error in
      if let error { refuse(transfer, error) } else { listForUser() }
    }
  }

  // MARK: Authentication

  /// Finds out who asks, by the token in the request. A token of which the member has not heard yet is waited for.
  private func identify(
    _ transfer: SimulatedTransfer, _ body: @escaping (Result<Authority.Caller, GatewayError>) -> Void
  ) {
    guard let token = transfer.token, tokens.isEnabled || etcd.dialect.wantsTokensToBeGood else {
      return body(.success(.nobody))
    }
    if etcd.authority.isJWT, let revision = etcd.authority.read(token, now: world.now) {
      return body(.success(.user(revision: revision)))
    }
    guard !etcd.authority.isJWT, let index = TokenTable.index(of: token) else {
      world.statistics.count("tokens refused")
      return body(.failure(.invalidToken))
    }
    whenApplied(index) { [self] in
      if let caller = tokens.caller(with: token, life: etcd.authority.tokenLife, now: world.now) {
        body(.success(caller))
      } else {
        world.statistics.count("tokens refused")
        body(.failure(.invalidToken))
      }
    }
  }

  /// Goes on if the caller may, and refuses the request otherwise.
  private func withUser(_ transfer: SimulatedTransfer, _ body: @escaping () -> Void) {
    identify(transfer) { [self] result in
      if let error = error(of: result) { refuse(transfer, error) } else { body() }
    }
  }

  /// Why the caller gets nothing here, if that is so.
  private func error(of result: Result<Authority.Caller, GatewayError>) -> GatewayError? {
    switch result {
    case .success(.nobody): tokens.isEnabled ? GatewayError(.userEmpty) : nil
    case .success(.user(let revision)):
      tokens.isEnabled ? tokens.standing.refusal(of: revision).map { etcd.dialect.gatewayError($0) } : nil
    case .failure(let error): error
    }
  }

  /// Makes a token, which takes a quorum.
  private func authenticate(_ transfer: SimulatedTransfer, _ request: ReceivedAuthenticate) {
    etcd.readIndex(by: self) { [self] error in
      if let error { return refuse(transfer, error) }
      if !tokens.isEnabled { return refuse(transfer, GatewayError(.authNotEnabled)) }
      if request.name != Authority.name || request.password != tokens.standing.password {
        world.statistics.count("log-ins refused")
        return refuse(transfer, .wrongPassword)
      }
      world.statistics.count("tokens asked for")
      let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
      let prefix = Authority.mark + String((0..<16).map { _ in etcd.random.pick(letters) })
      propose(transfer, .authenticate(prefix: prefix), for: .nobody)
    }
  }

  // MARK: Watches

  private func watch(
    _ transfer: SimulatedTransfer, _ request: ReceivedWatch.Create, refusedWith error: GatewayError?
  ) {
    if transfer.isDone { return }
    transfer.watched = request.range
    let watch = MemberWatch(transfer, request, self)
    if let error { return watch.refuse(header, error) }
    if request.isEmpty { return watch.refuseEmptyRange(header) }
    watches.append(watch)
    transfer.whenGone = { [weak self, weak watch] in self?.watches.removeAll { $0 === watch } }
    transfer.whenDrained = { [weak watch] in watch?.advance() }
    watch.open(header)
  }
}
