import CNghttp2

/// What is spoken to under one scheme, host and port: the way there, the fields that all requests to it share, and the
/// connections that take new streams.
final class HTTP2Origin {
  let route: Route
  let socketPath: String?
  /// Those of all lanes that may still take streams; the one to use next comes last.
  private(set) var connections: [HTTP2Connection] = []
  private let fields: HeaderFields

  init(_ origin: String, socketPath: String?, _ options: ReactorOptions) {
    route = Route(to: origin, options, isLocal: socketPath != nil)
    self.socketPath = socketPath
    let defaultPort = route.isTLS ? 443 : 80
    let authority = route.name.port == defaultPort ? HostPort.bracketed(route.name.host) : route.name.text
    var last: [(String, String)] = []
    if !options.userAgent.isEmpty { last.append(("user-agent", options.userAgent)) }
    for field in options.headers where !Self.isForbidden(field.name.lowercased()) {
      last.append((field.name.lowercased(), field.value.text))
    }
    fields = HeaderFields(scheme: route.isTLS ? "https" : "http", authority: authority, last: last)
  }

  func add(_ connection: HTTP2Connection) { connections = connections + [connection] }

  func remove(_ connection: HTTP2Connection) { connections = connections.filter { $0 !== connection } }

  /// Belongs to the connection, of which HTTP/2 speaks elsewhere.
  private static func isForbidden(_ name: String) -> Bool {
    ["connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].contains(name)
  }

  /// The whole header of a request, valid within `body`.
  func withFields<Result>(
    of request: TransferRequest, _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result
  ) -> Result {
    fields.with(request, body)
  }
}
