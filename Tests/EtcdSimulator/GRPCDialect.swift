import EtcdPacker
import EtcdTransport
import TestSupport

/// gRPC in front of a member: the same requests and answers as its gateway's, in protobuf, with trailers. A member says
/// everything in JSON, and who holds its clients against what is promised reads JSON; what lies on the wire between is
/// made of that here, and read back from there.
struct GRPCDialect: Sendable {
  /// In the gateway.
  let path: String
  private let request: @Sendable (Bytes) throws -> [UInt8]
  private let answer: @Sendable ([UInt8]) throws -> [UInt8]
  private let json: @Sendable (Bytes) throws -> [UInt8]

  private init<Request: Message, Response: Message>(
    _ path: String, _: Request.Type, _: Response.Type
  ) {
    self.path = path
    request = { try Request.decodeProtobuf($0).encode() }
    answer = { try Response.decode($0).encodeProtobuf() }
    json = { try Response.decodeProtobuf($0).encode() }
  }

  private struct WatchBeginning: Message {
    var create: WatchCreateRequest?

    mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) { try f.field(1, "create_request", &create) }
  }

  private static let methods: [String: GRPCDialect] = [
    "Auth/Authenticate": GRPCDialect("/v3/auth/authenticate", AuthenticateRequest.self, AuthenticateResponse.self),
    "KV/Range": GRPCDialect("/v3/kv/range", RangeRequest.self, RangeResponse.self),
    "KV/Put": GRPCDialect("/v3/kv/put", PutRequest.self, PutResponse.self),
    "KV/DeleteRange": GRPCDialect("/v3/kv/deleterange", DeleteRangeRequest.self, DeleteRangeResponse.self),
    "KV/Txn": GRPCDialect("/v3/kv/txn", TxnRequest.self, TxnResponse.self),
    "KV/Compact": GRPCDialect("/v3/kv/compaction", CompactionRequest.self, CompactionResponse.self),
    "Lease/LeaseGrant": GRPCDialect("/v3/lease/grant", LeaseGrantRequest.self, LeaseGrantResponse.self),
    "Lease/LeaseRevoke": GRPCDialect("/v3/lease/revoke", LeaseRevokeRequest.self, LeaseRevokeResponse.self),
    "Lease/LeaseKeepAlive": GRPCDialect("/v3/lease/keepalive", LeaseKeepAliveRequest.self, LeaseKeepAliveResponse.self),
    "Cluster/MemberList": GRPCDialect("/v3/cluster/member/list", MemberListRequest.self, MemberListResponse.self),
    "Maintenance/Status": GRPCDialect("/v3/maintenance/status", EmptyRequest.self, StatusResponse.self),
    "Watch/Watch": GRPCDialect("/v3/watch", WatchBeginning.self, WatchResponse.self),
  ]

  // MARK: Requests

  /// What the gateway would be asked, and in which words it is answered; `nil` for what is no request of gRPC's.
  static func read(_ request: TransferRequest) -> (request: TransferRequest, dialect: GRPCDialect)? {
    let path = request.url.dropFirst("http://".count).drop { $0 != "/" }.dropFirst()
    func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
    guard path.hasPrefix("etcdserverpb."), let dialect = methods[String(path.dropFirst("etcdserverpb.".count))],
      header("content-type") == "application/grpc", header("te") == "trailers",
      let time = timeAtServer(header("grpc-timeout"), of: request), case .named(let fields) = request.fields,
      ["grpc-status", "grpc-message"].allSatisfy(fields.contains)
    else { return nil }
    var framer = MessageFramer(limit: request.body.count)
    framer.append(request.body)
    guard let message = try? framer.next(), framer.bufferedBytes == 0, let body = try? dialect.request(message) else {
      return nil
    }
    var headers: [(name: String, value: String)] = []
    if header("hasleader") == "true" { headers.append(("Grpc-Metadata-hasleader", "true")) }
    if let time { headers.append(("Grpc-Timeout", "\(time)m")) }
    if let token = header("token") { headers.append(("Authorization", token)) }
    let form = TransferRequest(
      RequestHead(
        origin: request.head.origin, path: dialect.path, socketPath: request.head.socketPath, headers: headers),
      body: body,
      answer: request.answer, fields: request.fields, version: request.version, lane: request.lane,
      connectTimeout: request.connectTimeout, timeout: request.timeout, usesReserve: request.usesReserve)
    return (form, dialect)
  }

  /// For how many milliseconds the server may look, where that is less than the time there is for all of it; `nil` where what
  /// has to come to an end does not say so, in no more than eight digits.
  private static func timeAtServer(_ text: String?, of request: TransferRequest) -> Int64?? {
    guard let timeout = request.timeout else { return text == nil ? .some(nil) : nil }
    guard let text, text.utf8.count <= 9, text.hasSuffix("m"), let milliseconds = Int64(text.dropLast()),
      milliseconds > 0, Duration.milliseconds(milliseconds - 1) < timeout + .seconds(1)
    else { return nil }
    return Duration.milliseconds(milliseconds) < timeout ? milliseconds : .some(nil)
  }

  // MARK: Answers

  /// A document of the gateway's, with or without the line it stands in, as a message; or the error that it is.
  func message(_ document: [UInt8]) -> Result<[UInt8], ServerError> {
    if let (_, raw) = try? RawStreamDocument.decode(document).result {
      return .success(MessageFramer.frame((try? answer(raw.array)) ?? []))
    }
    if case .error(let error)? = try? RawStreamDocument.decode(document) { return .failure(error) }
    return .success(MessageFramer.frame((try? answer(document)) ?? []))
  }

  /// What a call is answered: a body, and how it ends.
  func answer(status: Int, _ body: [UInt8]) -> (body: [UInt8], error: ServerError?) {
    if status == 200 {
      if body.isEmpty { return ([], nil) }
      switch message(body) {
      case .success(let frame): return (frame, nil)
      case .failure(let error): return ([], error)
      }
    }
    var error = ServerError.decode(status: status, body: body)
    if error.grpcCode == nil, case .failure(let inStream) = message(body) { error = inStream }
    // A path that it does not have.
    if error.grpcCode == nil || error.message == "Not Found" { error.grpcCode = 12 }
    return ([], error)
  }

  /// As the fields of an answer. Without a message before it, it may be all there is of it.
  static func fields(_ error: ServerError?, isAlone: Bool) -> AnswerFields {
    var fields = [AnswerFields.Field(name: "grpc-status", value: String(error?.grpcCode ?? 0))]
    if let error { fields.append(AnswerFields.Field(name: "grpc-message", value: percentEncoded(error.message))) }
    return isAlone ? AnswerFields(headers: fields) : AnswerFields(trailers: fields)
  }

  private static func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.map { byte in
      if 0x20...0x7E ~= byte, byte != UInt8(ascii: "%") { return String(UnicodeScalar(byte)) }
      return "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }.joined()
  }

  /// What the gateway would have said at the end of a call.
  func gatewayForm(of event: TransferEvent) -> TransferEvent {
    guard case .completed(let status, let body, let fields) = event,
      let code = (fields.trailers + fields.headers).first(where: { $0.name == "grpc-status" })?.value
    else { return event }
    guard let code = Int(code) else { return .completed(status: 500, body: [], fields: fields) }
    if code != 0 {
      let text = (fields.trailers + fields.headers).first { $0.name == "grpc-message" }?.value ?? ""
      return .completed(status: code == 7 ? 403 : 400, body: Array("{\"code\":\(code),\"message\":\"\(text)\"}".utf8))
    }
    var framer = MessageFramer(limit: body.count)
    framer.append(body)
    guard let message = (try? framer.next()) ?? nil, framer.bufferedBytes == 0, let json = try? json(message) else {
      return .completed(status: status, body: [], fields: fields)
    }
    return .completed(status: 200, body: json, fields: fields)
  }
}

extension RawStreamDocument {
  fileprivate var result: (ResponseHeader, Bytes)? {
    if case .result(let header, let bytes) = self { (header, bytes) } else { nil }
  }
}

/// How an endpoint that does not speak gRPC takes what is sent there.
enum GRPCAbsence: CaseIterable {
  /// It has agreed to HTTP/1.1 in the handshake, or answers the preface in it.
  case http1
  /// A proxy that speaks HTTP/2, and HTTP/1.1 with etcd.
  case notFound
  case unsupportedType
  /// A server of gRPC's, and not etcd.
  case unimplemented
  /// It waits for what never comes.
  case silence
}
