import DequeModule
import EtcdPacker
import EtcdTransport

/// One HTTP exchange, seen from both ends: the client's transport reads what comes out of `pipe`, the member writes into
/// it. A connection is no thing of its own; that one is reused shows in that there is no connecting.
final class SimulatedTransfer {
  let id: TransferID
  /// As the gateway is asked, whatever wire it goes by.
  let request: TransferRequest
  /// By gRPC.
  let grpc: GRPCDialect?
  let transport: SimulatedTransport
  /// `nil` if the URL leads nowhere.
  let member: Int?

  // MARK: The client's end

  /// Whether a core sends it, and not a test.
  var isChecked: Bool { transport.isCores }

  var isConnected = false
  /// Whether any byte of the body may have left.
  var bodyWasSent = false
  var isPaused = false
  /// The event that ends it is on its way to the core, or it was cancelled: nothing else comes.
  var isDone = false
  /// A log-in that is to show who is asked.
  var isLastResort = false
  /// What has arrived while the core did not want to read.
  var inbox = Deque<TransferEvent>()
  /// The longest document that the core has read, and what it has read of the line that has not ended.
  var largestDocument = 0
  /// What the core has read of a revision without end.
  var endlessMemory = 0
  var bytesOfLine = 0
  /// Bytes that have arrived and that the core has not read.
  var unread = 0

  // MARK: The wire

  /// What the member has written and has not arrived, in order.
  var pipe = Deque<TransferEvent>()
  var pipeBytes = 0
  var isMoving = false
  /// What it goes by, where that is shared.
  var flow = Flow()
  /// Something on the way has dropped this one flow: nothing arrives any more, and neither end is told of it.
  var isLost: Bool { flow.isLost }

  /// What lies between knows connections, and not what goes by them: over HTTP/2 one is that of all watches there.
  final class Flow {
    var isLost = false
  }

  /// Nothing arrives before.
  var heldUntil = Instant(nanoseconds: .min)
  /// After so many bytes of a stream the connection is cut.
  var cutAfter: Int?
  var cutIsClean = false
  var piece = Piece.whole
  var answerFate = AnswerFate.none

  enum Piece {
    case whole
    case random
    case bytes
  }

  /// Scheme, host and port.
  let origin: String

  enum AnswerFate {
    case none
    case lost
    case truncated
    case garbage
    case proxyError
    /// A stream of one line that does not end, or never begins.
    case endless
  }

  // MARK: The member's end

  /// The member has said its last word.
  var isAnswered = false
  /// The documents of a stream that were not read whole yet: how many bytes of each are still to come, how long it is,
  /// the last revision that it tells of, if it does of any, and how many events of a revision without end it has.
  var documents = Deque<(bytes: Int, size: Int, revision: Int64?, endless: Int)>()
  /// What the watch is of, once the member has seen it.
  var watched: KeyRange?
  /// Where it went is none of the host's endpoints any more, or was not for a while.
  var isFormer = false
  /// It went to a member that the host was configured with by then.
  var isToSeed = false
  /// The member has said that the watch is there.
  var isConfirmed = false
  /// Its reader has got one of its documents.
  var hasReadDocument = false
  /// The first document of a stream has come to its reader, and when.
  var isHeard = false
  var heardSince = Instant.distantFuture
  /// It has said that it will not be.
  var wasRefused = false
  /// It ends with an error.
  var wasEnded = false
  /// Called when room has come about, and when the client is gone.
  var whenDrained: (() -> Void)?
  var whenGone: (() -> Void)?

  init(
    id: TransferID, request: TransferRequest, grpc: GRPCDialect?, transport: SimulatedTransport, member: Int?
  ) {
    self.id = id
    self.grpc = grpc
    self.request = request
    self.transport = transport
    self.member = member
    let rest = request.url.dropFirst("http://".count).drop { $0 != "/" }
    origin = String(request.url.dropLast(rest.count))
  }

  /// What lies between the member and the core.
  var outstanding: Int { pipeBytes + unread }

  /// Whether this end of a call is an answer of etcd's own.
  func isAnswer(_ event: TransferEvent) -> Bool {
    // One that comes near the limit may be too large once it is decoded.
    if case .completed(status: 200, let body, _) = event, !isStreamed, answerFate == .none {
      body.count < transport.answerLimit / 4
    } else {
      false
    }
  }

  /// Whether this end of a call shows that requests work for who made it: etcd has done what it was asked, by a quorum,
  /// or has looked at its store and found that it cannot be done.
  func isProof(_ event: TransferEvent) -> Bool {
    // Whether an endpoint lives is no question of whether it serves.
    guard case .completed(let status, let body, _) = event, needsLeader, timeAtServer == nil, isWhole(body) else {
      return false
    }
    switch route {
    case .range, .put, .deleteRange, .txn: break
    default: return false
    }
    return status == 200
      || ["lease not found", "has been compacted", "future revision"].contains { body.text.contains($0) }
  }

  /// Whether it shows that there is a quorum, for whoever asks.
  func isProofOfQuorum(_ event: TransferEvent) -> Bool {
    switch route {
    case .authenticate, .leaseGrant, .leaseKeepalive, .leaseRevoke:
      if case .completed(let status, let body, _) = event {
        isWhole(body) && (status == 200 || body.text.contains("lease not found"))
      } else {
        false
      }
    // A quorum was asked first, and then who asks.
    case .range, .put, .deleteRange, .txn:
      if case .completed(status: 403, let body, _) = event {
        needsLeader && timeAtServer == nil && isWhole(body) && body.text.contains("permission denied")
      } else {
        false
      }
    default: false
    }
  }

  /// Whether it says that the token it carried is good no more.
  func isRefusalOfToken(_ event: TransferEvent) -> Bool {
    guard case .completed(let status, let body, _) = event, status != 200, isWhole(body), token != nil else {
      return false
    }
    return ["invalid auth token", "auth store is old", "revision in header is old"].contains { body.text.contains($0) }
  }

  /// Whether it says that name or password are not right.
  func isRefusalOfPassword(_ event: TransferEvent) -> Bool {
    guard route == .authenticate, case .completed(_, let body, _) = event, isWhole(body) else { return false }
    return body.text.contains("authentication failed")
  }

  func isRefusalOfSize(_ event: TransferEvent) -> Bool {
    guard case .completed(_, let body, _) = event, isWhole(body) else { return false }
    return body.text.contains("request is too large")
  }

  /// Whether it is what the member said. One that lacks nothing but its line feed is.
  func isWhole(_ body: [UInt8]) -> Bool {
    switch answerFate {
    case .none, .lost, .endless: true
    case .truncated: grpc == nil && route == .leaseKeepalive && body.suffix(2).elementsEqual("}}".utf8)
    case .garbage, .proxyError: false
    }
  }

  /// Whether it only asks a member what silent streams may have missed.
  var isStreamCheck: Bool { route == .txn && (try? ReceivedTxn.decode(request.body))?.isReadOnly == true }

  /// Whether it waits for a key to go, as whoever lays claim to one does.
  var isKeyWatch: Bool {
    guard route == .watch, let create = (try? ReceivedWatch.decode(request.body))?.create else { return false }
    return create.rangeEnd.isEmpty && !create.wants(.put)
  }

  var isStreamed: Bool {
    if case .streamed = request.answer { true } else { false }
  }

  var needsLeader: Bool {
    request.headers.contains { $0.name.lowercased() == "grpc-metadata-hasleader" && $0.value == "true" }
  }

  /// For how long the server may look for an answer.
  var timeAtServer: Duration? {
    guard let text = request.headers.first(where: { $0.name.lowercased() == "grpc-timeout" })?.value,
      text.hasSuffix("m"), let time = Int64(text.dropLast())
    else { return nil }
    return .milliseconds(time)
  }

  var token: String? {
    request.headers.first { $0.name.lowercased() == "authorization" }?.value
  }

  var route: GatewayRoute? { GatewayRoute(rawValue: String(path)) }

  var path: Substring {
    let afterScheme = request.url.dropFirst("http://".count)
    return afterScheme.firstIndex(of: "/").map { afterScheme[$0...] } ?? ""
  }
}
