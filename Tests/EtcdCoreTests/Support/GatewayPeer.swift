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
    request.url.split(separator: "/v3").first.map(String.init) ?? ""
  }

  static func needsLeader(_ request: TransferRequest) -> Bool {
    request.headers.contains { $0 == ("Grpc-Metadata-hasleader", "true") }
  }

  static func question(of request: TransferRequest) throws -> Question {
    let document = try GatewayDocument(parsing: request.body)
    switch request.url.split(separator: "/v3").last {
    case "/kv/range": return .call(.range(RangeRequest(document)))
    case "/kv/put": return .call(.put(PutRequest(document)))
    case "/kv/deleterange": return .call(.deleteRange(DeleteRangeRequest(document)))
    case "/kv/txn": return .call(.txn(TxnRequest(document)))
    case "/lease/grant": return .call(.leaseGrant(LeaseGrantRequest(document)))
    case "/lease/keepalive": return .call(.leaseKeepAlive(LeaseKeepAliveRequest(document)))
    case "/lease/revoke": return .call(.leaseRevoke(LeaseRevokeRequest(document)))
    case "/watch": return .watch(WatchCreateRequest(document))
    default: throw Unreadable(url: request.url)
    }
  }

  // MARK: Answers

  static func answer(_ answer: Answer) throws -> TransferEvent {
    let document =
      switch answer {
      case .range(let response): response.document
      case .put(let response): response.document
      case .deleteRange(let response): response.document
      case .txn(let response): response.document
      case .compact(let response): response.document
      case .leaseGrant(let response): response.document
      // The one answer out of a stream.
      case .leaseKeepAlive(let response): GatewayDocument { $0[object: "result"] = response.document }
      case .leaseRevoke(let response): response.document
      }
    return .completed(status: 200, body: try document.encode())
  }

  static func refusal(_ error: EtcdError) throws -> TransferEvent {
    .completed(status: status(of: error.code), body: try body(of: error))
  }

  static let foreignAnswer = TransferEvent.completed(status: 200, body: utf8("<html>"))

  private static func body(of error: EtcdError) throws -> [UInt8] {
    try GatewayDocument {
      $0[text: "error"] = error.message
      $0[text: "message"] = error.message
      $0[code: "code"] = error.code.rawValue
    }.encode()
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

  static func bytes(of item: StreamItem) throws -> [UInt8] {
    switch item {
    case .message(let response):
      try GatewayDocument { $0[object: "result"] = response.document }.encode() + utf8("\n")
    case .error(let error):
      try GatewayDocument {
        $0[object: "error"] = GatewayDocument {
          $0[code: "grpc_code"] = error.code.rawValue
          $0[code: "http_code"] = status(of: error.code)
          $0[text: "message"] = error.message
        }
      }.encode()
    case .blank: utf8("\n")
    case .foreign: utf8("<html>\n")
    case .endless(let count): [UInt8](repeating: UInt8(ascii: "{"), count: count)
    }
  }

  /// A stream that is refused before it begins.
  static func refusedStream(_ error: EtcdError) throws -> [TransferEvent] {
    let status = status(of: error.code)
    return [.opened(status: status), .received(try body(of: error)), .completed(status: status, body: [])]
  }

  /// The refusal of something that never comes to its end.
  static let endlessRefusalBegins = TransferEvent.opened(status: 502)
  static let endlessRefusalGoesOn = TransferEvent.received([UInt8](repeating: UInt8(ascii: "x"), count: 16_384))
}
