import EtcdPacker
import EtcdTransport

@testable import EtcdCore

/// The other end of the gateway's wire: reads what a transfer asks, and writes what etcd answers. Where the tests of the
/// cluster speak of operations and messages, this alone knows paths, documents and statuses.
enum GatewayPeer {
  struct Unreadable: Error {
    let url: String
  }

  // MARK: Questions

  static func endpoint(of request: TransferRequest) -> String {
    let url = request.url.split(separator: "/v3").first.map(String.init) ?? ""
    return url.hasSuffix("/version") ? String(url.dropLast("/version".count)) : url
  }

  static func needsLeader(_ request: TransferRequest) -> Bool {
    request.headers.contains { $0 == ("Grpc-Metadata-hasleader", "true") }
  }

  static func token(of request: TransferRequest) -> String? {
    request.headers.first { $0.name == "Authorization" }?.value
  }

  static func timeAtServer(_ request: TransferRequest) -> String? {
    request.headers.first { $0.name == "Grpc-Timeout" }?.value
  }

  static func question(of request: TransferRequest) throws -> Question {
    let body = request.body
    switch request.url.split(separator: "/v3").last {
    case "/kv/range": return .call(.range(try .decode(body)))
    case "/kv/put": return .call(.put(try .decode(body)))
    case "/kv/deleterange": return .call(.deleteRange(try .decode(body)))
    case "/kv/txn": return .call(.txn(try .decode(body)))
    case "/kv/compaction": return .call(.compact(try .decode(body)))
    case "/lease/grant": return .call(.leaseGrant(try .decode(body)))
    case "/lease/keepalive": return .call(.leaseKeepAlive(try .decode(body)))
    case "/lease/revoke": return .call(.leaseRevoke(try .decode(body)))
    case "/lease/timetolive": return .call(.leaseTimeToLive(try .decode(body)))
    case "/lease/leases": return .call(.leaseLeases(try .decode(body)))
    case "/cluster/member/list": return .call(.memberList(try .decode(body)))
    case "/maintenance/snapshot": return .call(.snapshot)
    case "/maintenance/transfer-leadership": return .call(.moveLeader(try .decode(body)))
    case "/maintenance/status": return .call(.status)
    case "/auth/authenticate": return .call(.authenticate(try .decode(body)))
    case let url? where url.hasSuffix("/version"): return .call(.version)
    case "/watch":
      if case .create(let create)? = try Choice<WatchRequest>.decode(body).chosen { return .watch(create) }
      throw Unreadable(url: request.url)
    default: throw Unreadable(url: request.url)
    }
  }

  // MARK: Answers

  static func answer(_ answer: Answer) -> TransferEvent {
    let body =
      switch answer {
      case .range(let response): response.encode()
      case .put(let response): response.encode()
      case .deleteRange(let response): response.encode()
      case .txn(let response): response.encode()
      case .compact(let response): response.encode()
      case .leaseGrant(let response): response.encode()
      // The one answer out of a stream.
      case .leaseKeepAlive(let response): result(response)
      case .leaseRevoke(let response): response.encode()
      case .leaseTimeToLive(let response): response.encode()
      case .leaseLeases(let response): response.encode()
      case .memberList(let response): response.encode()
      case .admin(let answer): HeaderResponse(answer.header).encode()
      case .authenticate(let response): response.encode()
      case .version(let response): utf8(#"{"etcdserver":"\#(response.etcdserver)","etcdcluster":"3.4.0"}"#)
      }
    return .completed(status: 200, body: body)
  }

  /// A part of a database, or its last one.
  static func snapshotPart(_ text: String, remaining: UInt64) -> TransferEvent {
    var part = SnapshotResponse()
    part.blob = Bytes(utf8: text)
    part.remainingBytes = remaining
    return .received(result(part) + utf8("\n"))
  }

  private static func result(_ response: some Message) -> [UInt8] {
    utf8(#"{"result":"#) + response.encode() + utf8("}")
  }

  static func refusal(_ error: EtcdError) -> TransferEvent {
    .completed(status: status(of: error.code), body: body(of: error))
  }

  static let foreignAnswer = TransferEvent.completed(status: 200, body: utf8("<html>"))

  private static func body(of error: EtcdError) -> [UInt8] {
    utf8(#"{"error":"\#(error.message)","message":"\#(error.message)","code":\#(error.code.rawValue)}"#)
  }

  /// As the gateway translates them.
  private static func status(of code: GRPCCode) -> Int {
    switch code {
    case .cancelled: 408
    case .unknown, .internal, .dataLoss: 500
    case .invalidArgument, .outOfRange, .failedPrecondition: 400
    case .deadlineExceeded: 504
    case .notFound: 404
    case .alreadyExists, .aborted: 409
    case .permissionDenied: 403
    case .resourceExhausted: 429
    case .unimplemented: 501
    case .unavailable: 503
    case .unauthenticated: 401
    }
  }

  // MARK: Streams

  static let streamBegins = TransferEvent.opened(status: 200)
  static let streamEnds = TransferEvent.completed(status: 200, body: [])

  static func bytes(of item: StreamItem) -> [UInt8] {
    switch item {
    case .message(let response): result(response) + utf8("\n")
    case .error(let error):
      utf8(
        #"{"error":{"grpc_code":\#(error.code.rawValue),"http_code":\#(status(of: error.code)),"#
          + #""message":"\#(error.message)"}}"#)
    case .blank: utf8("\n")
    case .foreign: utf8("<html>\n")
    case .endless(let count): [UInt8](repeating: UInt8(ascii: "{"), count: count)
    }
  }

  /// A stream that is refused before it begins.
  static func refusedStream(_ error: EtcdError) -> [TransferEvent] {
    let status = status(of: error.code)
    return [.opened(status: status), .received(body(of: error)), .completed(status: status, body: [])]
  }

  /// The refusal of something that never comes to its end.
  static let endlessRefusalBegins = TransferEvent.opened(status: 502)
  static let endlessRefusalGoesOn = TransferEvent.received([UInt8](repeating: UInt8(ascii: "x"), count: 16_384))
}

extension HeaderResponse {
  fileprivate init(_ header: ResponseHeader) {
    self.init()
    self.header = header
  }
}
