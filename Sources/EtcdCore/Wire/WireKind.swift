import EtcdPacker

/// One of the two ways in which etcd is spoken to.
package enum WireKind: String, Sendable {
  /// The gateway: JSON over HTTP.
  case json
  /// etcd's own: protobuf over HTTP/2.
  case grpc
}

/// Which of them is to be used.
package enum WireChoice: String, CaseIterable, Sendable {
  case json
  case grpc
  /// For each endpoint what it speaks: `WireNegotiation`.
  case auto
}

extension Operation {
  /// Whether it has no counterpart in gRPC: a path of the gateway's, or a page beside it.
  var isGatewaysOwn: Bool {
    switch self {
    case .gateway, .version: true
    case .leaderless(let operation), .within(_, let operation): operation.isGatewaysOwn
    default: false
    }
  }
}
