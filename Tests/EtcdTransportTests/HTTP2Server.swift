import CNghttp2

/// HTTP/2 on the connections of a `TestServer`, as far as a test needs it: it answers with headers that it does not
/// compress, and trusts that the client has room for all it sends.
final class HTTP2Server {
  /// One request and its answer.
  final class Stream {
    let id: UInt32
    unowned let peer: Peer
    /// Its header.
    fileprivate(set) var fields: [String: String] = [:]
    fileprivate(set) var body: [UInt8] = []
    fileprivate(set) var wasReset = false

    init(id: UInt32, peer: Peer) {
      self.id = id
      self.peer = peer
    }

    func sendHeader(status: Int, _ fields: [(String, String)] = [], isLast: Bool = false) {
      sendFields([(":status", "\(status)")] + fields, isLast: isLast)
    }

    func sendTrailer(_ fields: [(String, String)]) {
      sendFields(fields, isLast: true)
    }

    private func sendFields(_ fields: [(String, String)], isLast: Bool) {
      var block: [UInt8] = []
      for (name, value) in fields {
        // A literal that is not added to the table, with a name of its own.
        block += [0, UInt8(clamping: name.utf8.count)] + Array(name.utf8)
        block += [UInt8(clamping: value.utf8.count)] + Array(value.utf8)
      }
      peer.send(.headers, flags: isLast ? 0x5 : 0x4, id, block)
    }

    func send(_ body: [UInt8], isLast: Bool = false) {
      for start in stride(from: 0, to: body.count, by: 16384) {
        let end = min(start + 16384, body.count)
        peer.send(.data, flags: isLast && end == body.count ? 0x1 : 0, id, Array(body[start..<end]))
      }
    }

    /// A whole answer.
    func answer(_ text: String, status: Int = 200) {
      sendHeader(status: status)
      send(Array(text.utf8), isLast: true)
    }

    /// REFUSED_STREAM: it was never begun.
    func refuse() {
      peer.send(.reset, flags: 0, id, [0, 0, 0, 7])
    }
  }

  enum Frame: UInt8 {
    case data = 0
    case headers = 1
    case priority = 2
    case reset = 3
    case settings = 4
    case pushPromise = 5
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
    case unknown = 99
  }

  /// What this server knows of one connection.
  final class Peer {
    let connection: TestServer.Connection
    fileprivate(set) var streams: [UInt32: Stream] = [:]
    fileprivate var hasGreeted = false
    /// The client's settings have come, and each of its acknowledgements.
    fileprivate(set) var acknowledgements = 0
    /// What the client has said it would end the connection for.
    fileprivate(set) var goodbye: UInt32?
    private var inflater: OpaquePointer?

    init(_ connection: TestServer.Connection) {
      self.connection = connection
    }

    deinit {
      if let inflater { nghttp2_hd_inflate_del(inflater) }
    }

    fileprivate func fields(_ block: [UInt8]) -> [String: String] {
      if inflater == nil { nghttp2_hd_inflate_new(&inflater) }
      var fields: [String: String] = [:]
      var block = block
      block.withUnsafeMutableBufferPointer { block in
        var used = 0
        while used < block.count {
          var field = nghttp2_nv()
          var flags: Int32 = 0
          let count = nghttp2_hd_inflate_hd2(
            inflater, &field, &flags, block.baseAddress.map { $0 + used }, block.count - used, 1)
          guard count >= 0 else { return }
          used += count
          if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
            let name = String(decoding: UnsafeBufferPointer(start: field.name, count: field.namelen), as: UTF8.self)
            fields[name] = String(
              decoding: UnsafeBufferPointer(start: field.value, count: field.valuelen), as: UTF8.self)
          }
          if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 { nghttp2_hd_inflate_end_headers(inflater) }
        }
      }
      return fields
    }

    func send(_ frame: Frame, flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) {
      let length = UInt32(payload.count)
      connection.send(HTTP2Server.bytes(length).dropFirst() + [frame.rawValue, flags] + HTTP2Server.bytes(stream))
      connection.send(payload)
    }

    /// Nothing after the stream `last` was or will be begun.
    func goAway(last: UInt32) {
      send(.goAway, flags: 0, 0, HTTP2Server.bytes(last) + [0, 0, 0, 0])
    }

    /// The most streams that may be under way at once.
    func limitStreams(to count: UInt32) {
      send(.settings, flags: 0, 0, [0, 3] + HTTP2Server.bytes(count))
    }
  }

  let server: TestServer
  private(set) var peers: [Peer] = []
  /// Each request, as soon as it is whole.
  private(set) var requests: [Stream] = []
  private let respond: (Stream) -> Void
  /// What each connection begins with, as the payload of its settings.
  var settings: [UInt8] = []
  /// Whether clients may send on as they have sent.
  var givesWindowBack = true
  /// Called when a connection has been greeted.
  var whenGreeted: ((Peer) -> Void)?

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  init(_ server: TestServer, _ respond: @escaping (Stream) -> Void = { _ in }) {
    self.server = server
    self.respond = respond
    server.whenReceived = { [unowned self] connection in self.receive(connection) }
  }

  convenience init(_ respond: @escaping (Stream) -> Void = { _ in }) {
    self.init(TestServer(), respond)
  }

  private func receive(_ connection: TestServer.Connection) {
    connection.readsRequests = false
    let peer = peers.first { $0.connection === connection } ?? Peer(connection)
    if !peer.hasGreeted {
      guard connection.input.starts(with: Self.preface) else { return }
      connection.input.removeFirst(Self.preface.count)
      peer.hasGreeted = true
      peers.append(peer)
      peer.send(.settings, flags: 0, 0, settings)
      whenGreeted?(peer)
    }
    while let (frame, flags, id, payload) = nextFrame(connection) { take(frame, flags, id, payload, peer) }
  }

  private func nextFrame(_ connection: TestServer.Connection) -> (UInt8, UInt8, UInt32, [UInt8])? {
    let input = connection.input
    guard input.count >= 9 else { return nil }
    let length = Int(Self.number([0] + input[..<3]))
    guard input.count >= 9 + length else { return nil }
    connection.input.removeFirst(9 + length)
    return (input[3], input[4], Self.number(Array(input[5..<9])) & 0x7fff_ffff, Array(input[9..<9 + length]))
  }

  private func take(_ frame: UInt8, _ flags: UInt8, _ id: UInt32, _ payload: [UInt8], _ peer: Peer) {
    switch Frame(rawValue: frame) {
    case .settings where flags & 0x1 != 0: peer.acknowledgements += 1
    case .goAway: peer.goodbye = Self.number(Array(payload[4..<8]))
    case .settings where flags & 0x1 == 0: peer.send(.settings, flags: 0x1, 0, [])
    case .ping where flags & 0x1 == 0: peer.send(.ping, flags: 0x1, 0, payload)
    case .headers:
      let stream = Stream(id: id, peer: peer)
      // The client sends no padding, and no priorities.
      stream.fields = peer.fields(payload)
      peer.streams[id] = stream
    case .data:
      peer.streams[id]?.body += payload
      if !payload.isEmpty, givesWindowBack {
        for target in [0, id] { peer.send(.windowUpdate, flags: 0, target, Self.bytes(UInt32(payload.count))) }
      }
    case .reset: peer.streams[id]?.wasReset = true
    default: break
    }
    if let stream = peer.streams[id], frame <= Frame.headers.rawValue, flags & 0x1 != 0 {
      requests.append(stream)
      respond(stream)
    }
  }

  static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  private static func number(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
