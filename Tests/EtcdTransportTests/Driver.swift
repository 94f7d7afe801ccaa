import CSystem
import Glibc

@testable import EtcdTransport

/// What a reactor talks to: does what is ready each time it is stepped, and says what it waits for.
protocol Peer {
  func step()
  func wanted() -> [pollfd]
}

/// A reactor, a host's loop around it, and what the loop was told.
final class Driver {
  let reactor: Reactor
  var servers: [any Peer] = []
  private(set) var events: [(id: TransferID, event: TransferEvent)] = []
  private(set) var outcomes: [TransferID: Outcome] = [:]
  private var pieces: [TransferID: [UInt8]] = [:]
  /// Called with each event after it was noted.
  var whenTold: ((TransferID, TransferEvent) -> Void)?
  /// How often the loop ran the reactor.
  private(set) var runs = 0

  init(_ servers: any Peer..., options: ReactorOptions = ReactorOptions()) throws {
    reactor = try Reactor(options: options)
    self.servers = servers
  }

  /// One run, whether or not there is something to do.
  func run() {
    runs += 1
    reactor.run { id, event in
      note(id, event)
      whenTold?(id, event)
    }
  }

  private func note(_ id: TransferID, _ event: TransferEvent) {
    events.append((id, event))
    switch event {
    case .opened: break
    case .received(let piece): pieces[id, default: []] += piece
    case .completed(let status, let body, let fields):
      outcomes[id] = Outcome(status: status, body: body, fields: fields)
    case .failed(let failure): outcomes[id] = Outcome(failure: failure)
    }
  }

  /// Whether a host's poll would return at once.
  var isReadable: Bool {
    reactor.endTurn()
    var descriptor = pollfd(fd: reactor.fileDescriptor, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 0) == 1
  }

  /// Polls, and lets client and servers do what is ready, until the condition holds. The reactor is run only when its
  /// descriptor says so, as a host would. Returns whether the condition came to hold in time. `serving`: whether the servers
  /// do anything meanwhile.
  @discardableResult
  func drive(for limit: Duration = .seconds(10), serving: Bool = true, until condition: () -> Bool) -> Bool {
    let end = reactor.now + limit
    let servers = serving ? self.servers : []
    while !condition() {
      let left = (end - reactor.now).millisecondsRoundedUp
      guard left > 0 else { return condition() }
      reactor.endTurn()
      var list = [pollfd(fd: reactor.fileDescriptor, events: Int16(POLLIN), revents: 0)]
      for server in servers { list += server.wanted() }
      // The cap lets conditions on the outside world be looked at now and then.
      poll(&list, nfds_t(list.count), Int32(min(left, 20)))
      if list[0].revents != 0 { run() }
      for server in servers { server.step() }
    }
    return true
  }

  /// The host ends its turn and does something else for that long, while the servers go on.
  func stall(for time: Duration) {
    reactor.endTurn()
    let end = reactor.now + time
    while end > reactor.now {
      for server in servers { server.step() }
      var list = servers.flatMap { $0.wanted() }
      poll(&list, nfds_t(list.count), Int32(clamping: (end - reactor.now).millisecondsRoundedUp))
    }
  }

  /// The host does nothing at all for that long, and does not even end its turn.
  func hang(for time: Duration) {
    let end = reactor.now + time
    while reactor.now < end { usleep(1000) }
  }

  /// Drives until nothing has been ready for a while, and the reactor's descriptor says so.
  func settle(for quiet: Duration = .milliseconds(50)) {
    var end = reactor.now + quiet
    drive {
      var list = [pollfd(fd: reactor.fileDescriptor, events: Int16(POLLIN), revents: 0)]
      for server in servers { list += server.wanted() }
      if poll(&list, nfds_t(list.count), 0) > 0 { end = reactor.now + quiet }
      return end < reactor.now
    }
  }

  /// Settles, and waits until libcurl's small timers, of which a new connection brings some, have run out as well.
  func settleTimers() {
    settle()
    drive { reactor.alarmTime.map { $0 - reactor.now > .seconds(1) } ?? true }
  }

  @discardableResult
  func start(
    _ server: TestServer, _ method: RequestHead.Method = .post, path: String = "", body: [UInt8] = Array("{}".utf8),
    headers: [(name: String, value: String)] = [], answer: TransferRequest.Answer = .whole(limit: 64 << 20),
    connectTimeout: Duration = .seconds(5), timeout: Duration? = .seconds(10)
  ) -> TransferID {
    reactor.start(
      TransferRequest(
        method: method, url: server.url + path, headers: headers, body: body, answer: answer,
        connectTimeout: connectTimeout, timeout: timeout))
  }

  @discardableResult
  func start(
    url: String, headers: [(name: String, value: String)] = [], connectTimeout: Duration = .seconds(5),
    timeout: Duration? = .seconds(10)
  ) -> TransferID {
    reactor.start(
      TransferRequest(
        url: url, headers: headers, body: Array("{}".utf8), answer: .whole(limit: 1 << 20),
        connectTimeout: connectTimeout, timeout: timeout))
  }

  /// Drives until the transfer has ended, and says how.
  func outcome(of id: TransferID, within limit: Duration = .seconds(10)) -> Outcome? {
    drive(for: limit) { outcomes[id] != nil }
    return outcomes[id]
  }

  struct Outcome {
    var status: Int?
    var body: [UInt8] = []
    var fields = AnswerFields()
    var failure: TransferFailure?

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// The bytes of a streamed answer so far.
  func received(_ id: TransferID) -> [UInt8] {
    pieces[id] ?? []
  }

  /// How many they are; an expectation that fails describes all it was made of, and so had better not see the bytes.
  func receivedCount(_ id: TransferID) -> Int {
    received(id).count
  }

  /// The names of the events of a transfer, in order; pieces that follow each other count as one.
  func story(of id: TransferID) -> [String] {
    var story: [String] = []
    for (teller, event) in events where teller == id {
      let name =
        switch event {
        case .opened(let status, _): "opened \(status)"
        case .received: "received"
        case .completed(let status, _, _): "completed \(status)"
        case .failed(let failure): "failed \(failure.kind)"
        }
      if name != "received" || story.last != name { story.append(name) }
    }
    return story
  }

  func forgetEvents() {
    events = []
    outcomes = [:]
    pieces = [:]
  }
}
