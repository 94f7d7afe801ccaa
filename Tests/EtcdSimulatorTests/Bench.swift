import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdSimulator

/// Three members that nothing happens to, room for two more, and one client that asks one thing at a time.
final class Bench {
  let world = World(seed: 1, trace: Trace(isRecording: false), isStrict: true)
  let network: SimulatedNetwork
  let etcd: SimulatedEtcd
  let transport: SimulatedTransport
  /// What the last answer said.
  private(set) var text = ""
  private(set) var failure: TransferFailure?

  init(_ dialect: Dialect) {
    network = SimulatedNetwork(
      world: world, random: SeededRandom(seed: 2), hosts: 1, members: 5, latency: 100...400, receiveWindow: 65_536)
    etcd = SimulatedEtcd(
      world: world, random: SeededRandom(seed: 3), network: network, members: 3, slots: 5,
      dialect: dialect, electionTimeout: .seconds(1))
    transport = SimulatedTransport(world: world, network: network, host: 0)
  }

  deinit {
    transport.shutDown()
    etcd.end()
    world.end()
  }

  func wait(_ time: Duration) {
    world.run(until: world.now + time)
  }

  /// Returns the status of the answer; `nil` if there was none.
  @discardableResult
  func post(
    _ path: String, _ body: some Message, to member: Int, token: String? = nil, timeout: Duration = .seconds(20)
  ) -> Int? {
    let request = TransferRequest(
      url: network.url(of: member) + path, headers: token.map { [(name: "Authorization", value: $0)] } ?? [],
      body: body.encode(), answer: .whole(limit: 65_536), connectTimeout: timeout,
      timeout: timeout)
    var status: Int?
    text = ""
    failure = nil
    run(request) { [self] event in
      switch event {
      case .completed(let code, let body, _):
        status = code
        text = body.text
      case .failed(let reason): failure = reason
      case .opened, .received: return false
      }
      return true
    }
    return status
  }

  func put(to member: Int, token: String? = nil, timeout: Duration = .seconds(20)) -> Int? {
    post("/v3/kv/put", PutRequest(key: [1], value: [1]), to: member, token: token, timeout: timeout)
  }

  func range(from member: Int, token: String? = nil) -> Int? {
    post("/v3/kv/range", RangeRequest(range: .single([1])), to: member, token: token)
  }

  /// The members as `member` has them.
  func members(by member: Int, linearizable: Bool = false) -> [EtcdPacker.Member] {
    post("/v3/cluster/member/list", MemberListRequest(linearizable: linearizable), to: member)
    return (try? MemberListResponse.decode(Array(text.utf8)))?.members ?? []
  }

  func authenticate(at member: Int, password: String = Authority.password) -> Int? {
    post("/v3/auth/authenticate", AuthenticateRequest(name: Authority.name, password: password), to: member)
  }

  func logIn(at member: Int) -> String {
    _ = authenticate(at: member)
    // By then all members have heard of it.
    wait(.milliseconds(100))
    return (try? AuthenticateResponse.decode(Array(text.utf8)))?.token ?? ""
  }

  /// Returns the first document of the stream.
  func watch(at member: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    let request = TransferRequest(
      url: network.url(of: member) + "/v3/watch", body: WatchRequest.create(WatchCreateRequest(range: .all)).encode(),
      answer: .streamed, connectTimeout: .seconds(5), timeout: nil)
    run(request) { event in
      if case .received(let piece) = event { bytes += piece }
      return bytes.contains(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// Until `isLast` says so, for a minute at most.
  private func run(_ request: TransferRequest, isLast: (TransferEvent) -> Bool) {
    let end = world.now + .seconds(60)
    let id = transport.start(request)
    var isOver = false
    while !isOver, world.now < end, world.violation == nil {
      wait(.milliseconds(1))
      transport.run { transfer, event in
        if transfer == id, isLast(event) { isOver = true }
      }
    }
    if let violation = world.violation { Issue.record("\(violation)") }
    transport.cancel(id)
  }
}
