import EtcdTransport
import Glibc
import TestSupport

/// A whole connection in HTTP/2 with a peer that says anything: the reactor, its socket, and nghttp2.
///
/// The first byte's lowest bits are how many requests there are, less one; the next says of each whether its answer is
/// streamed; the bit after that is set if the peer does not begin with good settings. The second byte is how many bytes it
/// says at once, 0 for all; the third is what the host does between two pieces: pause, resume or cancel the request that its
/// lower bits name. The rest is what the peer says before it hangs up.
enum SessionTarget {
  /// One at a time: whoever connects to the listener is the one that runs.
  private static let turn = Turn()
  private static let limit = 64 * 1024
  /// A run takes at most its share of what is there, so there are some.
  private static let mostRuns = 1000

  static func run(_ input: [UInt8]) throws(Violation) {
    turn.begin()
    defer { turn.end() }
    var input = Input(input)
    let shape = input.byte()
    let size = Int(input.byte())
    let deed = input.byte()
    var rest = input.rest
    guard let reactor = try? Reactor(options: ReactorOptions()) else { return }
    defer { reactor.shutDown() }
    var told = Told()
    var ids: [TransferID] = []
    for number in 0...Int(shape & 3) {
      let isStreamed = shape >> (2 + UInt8(number)) & 1 == 1
      ids.append(
        reactor.start(
          TransferRequest(
            url: "http://127.0.0.1:\(turn.port)/", body: number == 3 ? [] : [1, 2, 3],
            answer: isStreamed ? .streamed : .whole(limit: limit), fields: .all, version: .http2,
            connectTimeout: .seconds(5), timeout: nil)))
    }
    told.open = Set(ids)
    var violation: Violation?
    func step() {
      reactor.endTurn()
      reactor.run { id, event in violation = violation ?? told.take(id, event) }
    }
    step()
    let peer = turn.accept()
    guard peer >= 0 else { return }
    func say(_ bytes: [UInt8]) {
      _ = Glibc.send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      for _ in 0..<3 { step() }
    }
    if shape & 0x40 == 0 { say([0, 0, 0, 4, 0, 0, 0, 0, 0]) }
    while !rest.isEmpty {
      let piece = Array(rest.prefix(size == 0 ? rest.count : size))
      rest = rest.dropFirst(piece.count)
      say(piece)
      let id = ids[Int(deed & 3) % ids.count]
      switch deed >> 2 & 3 {
      case 1: reactor.pause(id)
      case 2: reactor.resume(id)
      case 3:
        reactor.cancel(id)
        told.open.remove(id)
      default: break
      }
    }
    // What was never read by the peer must not reset what it has said.
    shutdown(peer, Int32(SHUT_WR))
    for id in ids { reactor.resume(id) }
    var runs = 0
    while !told.open.isEmpty, runs < mostRuns, violation == nil {
      // Whoever takes another connection gets nothing on it.
      let other = turn.accept()
      if other >= 0 { close(other) }
      step()
      runs += 1
    }
    close(peer)
    if let violation { throw violation }
    try require(told.open.isEmpty, "\(told.open.count) requests have not ended with their connection")
  }

  /// What was told of the requests.
  private struct Told {
    var open: Set<TransferID> = []
    private var opened: Set<TransferID> = []

    mutating func take(_ id: TransferID, _ event: TransferEvent) -> Violation? {
      guard open.contains(id) else { return Violation("something is told of a request that has ended") }
      switch event {
      case .opened(let status, _):
        guard status >= 200 else { return Violation("an interim answer was told") }
        guard opened.insert(id).inserted else { return Violation("an answer was opened twice") }
      case .received(let bytes):
        guard !bytes.isEmpty else { return Violation("nothing was told as a piece") }
        guard opened.contains(id) else { return Violation("a piece came before its answer") }
      case .completed(let status, let body, _):
        open.remove(id)
        guard status >= 200, body.count <= SessionTarget.limit else { return Violation("no such answer was allowed") }
      case .failed: open.remove(id)
      }
      return nil
    }
  }

  /// A listener, for one at a time.
  private final class Turn: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let listener: Int32
    let port: UInt16

    init() {
      (listener, port) = Loopback.listen(backlog: 16)
      pthread_mutex_init(lock, nil)
    }

    func begin() { pthread_mutex_lock(lock) }

    /// Whoever is left over is none of the next one's.
    func end() {
      while case let socket = accept(), socket >= 0 { close(socket) }
      pthread_mutex_unlock(lock)
    }

    func accept() -> Int32 { Glibc.accept(listener, nil, nil) }
  }
}
