import EtcdPacker

/// Every decoder of answers. The first byte, a letter, says which one reads the rest.
///
/// What is accepted has to be JSON, and has to mean the same without its white space and needless escapes.
enum MessagesTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    guard let first = input.first else { return }
    let document = Array(input.dropFirst())
    // The letters of the corpus's files: append new ones.
    switch first {
    case UInt8(ascii: "a"): try checkKeyValue(document)
    case UInt8(ascii: "b"): try check(RangeResponse.decode, document)
    case UInt8(ascii: "c"): try check(PutResponse.decode, document)
    case UInt8(ascii: "d"): try check(DeleteRangeResponse.decode, document)
    case UInt8(ascii: "e"): try check(TxnResponse.decode, document)
    case UInt8(ascii: "f"): try check(HeaderResponse.decode, document)
    case UInt8(ascii: "g"): try check(LeaseGrantResponse.decode, document)
    case UInt8(ascii: "h"): try check(LeaseKeepAliveResponse.decode, document)
    case UInt8(ascii: "i"): try check(LeaseTimeToLiveResponse.decode, document)
    case UInt8(ascii: "j"): try check(LeaseLeasesResponse.decode, document)
    case UInt8(ascii: "k"): try check(MemberListResponse.decode, document)
    case UInt8(ascii: "l"): try check(MemberAddResponse.decode, document)
    case UInt8(ascii: "m"): try check(AuthStatusResponse.decode, document)
    case UInt8(ascii: "n"): try check(AuthenticateResponse.decode, document)
    case UInt8(ascii: "o"): try check(AuthUserGetResponse.decode, document)
    case UInt8(ascii: "p"): try check(AuthUserListResponse.decode, document)
    case UInt8(ascii: "q"): try check(AuthRoleGetResponse.decode, document)
    case UInt8(ascii: "r"): try check(AuthRoleListResponse.decode, document)
    case UInt8(ascii: "s"): try check(StatusResponse.decode, document)
    case UInt8(ascii: "t"): try check(AlarmResponse.decode, document)
    case UInt8(ascii: "u"): try check(VersionResponse.decode, document)
    case UInt8(ascii: "v"): try check(StreamDocument<LeaseKeepAliveResponse>.decode, document)
    case UInt8(ascii: "w"): try check(StreamDocument<WatchResponse>.decode, document)
    case UInt8(ascii: "x"): try check(HashKVResponse.decode, document)
    case UInt8(ascii: "y"): try check(StreamDocument<SnapshotResponse>.decode, document)
    case UInt8(ascii: "z"): try checkRaw(document)
    default: try checkServerError(document, status: Int(first))
    }
  }

  private static func check<Decoded: Equatable>(
    _ decode: ([UInt8]) throws(PackerError) -> Decoded, _ document: [UInt8]
  ) throws(Violation) {
    let decoded: Decoded?
    do throws(PackerError) {
      decoded = try decode(document)
    } catch {
      decoded = nil
      try require(0...document.count ~= error.offset, "the error's offset lies outside of the document")
    }
    guard let reference = ReferenceJSON(document) else {
      return try require(decoded == nil, "\(Decoded.self) is made of what is not JSON")
    }
    let again = try? decode(reference.compact)
    try require(decoded == again, "\(Decoded.self) depends on the document's white space or escapes")
  }

  /// What is handed on as it came has to be JSON, too.
  private static func checkRaw(_ document: [UInt8]) throws(Violation) {
    let decoded: RawStreamDocument?
    do throws(PackerError) {
      decoded = try RawStreamDocument.decode(document)
    } catch {
      decoded = nil
      try require(0...document.count ~= error.offset, "the error's offset lies outside of the document")
    }
    guard case .result(_, let json)? = decoded else { return }
    try require(ReferenceJSON(document) != nil, "a document of a stream is made of what is not JSON")
    try require(ReferenceJSON(json.array) != nil, "what is handed on is not JSON")
  }

  // MARK: Field by field

  private static func checkKeyValue(_ document: [UInt8]) throws(Violation) {
    try check(KeyValue.decode, document)
    let decoded = try? KeyValue.decode(document)
    try require(decoded == ReferenceJSON(document).flatMap(keyValue), "the key has other fields than the document")
  }

  private static func keyValue(_ json: ReferenceJSON) -> KeyValue? {
    var kv = KeyValue()
    if case .null = json { return kv }
    guard case .object(let fields) = json else { return nil }
    for (name, value) in fields {
      switch String(decoding: name, as: UTF8.self) {
      case "key":
        guard let bytes = value.asBytes else { return nil }
        kv.key = Bytes(bytes)
      case "value":
        guard let bytes = value.asBytes else { return nil }
        kv.value = Bytes(bytes)
      case "create_revision", "createRevision":
        guard let integer = value.asInt64 else { return nil }
        kv.createRevision = integer
      case "mod_revision", "modRevision":
        guard let integer = value.asInt64 else { return nil }
        kv.modRevision = integer
      case "version":
        guard let integer = value.asInt64 else { return nil }
        kv.version = integer
      case "lease":
        guard let integer = value.asInt64 else { return nil }
        kv.lease = integer
      default: break
      }
    }
    return kv
  }

  // MARK: Errors

  private static func checkServerError(_ body: [UInt8], status: Int) throws(Violation) {
    let error = ServerError.decode(status: status, body: body)
    try require(error.httpStatus == status, "an error of status \(status) says \(error.httpStatus ?? 0)")
    try requirePrintable(error.message, limit: 2048)
  }
}

/// What may be shown to people: not empty, of bounded length, without what breaks a line or changes what a terminal
/// shows.
func requirePrintable(_ text: String, limit: Int) throws(Violation) {
  try require(!text.isEmpty, "a message is empty")
  try require(text.utf8.count <= limit, "a message has \(text.utf8.count) bytes")
  let unfit: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
  for scalar in text.unicodeScalars where !scalar.isASCII || scalar.value < 0x20 || scalar.value == 0x7F {
    try require(!unfit.contains(scalar.properties.generalCategory), "a message has the character \(scalar.value)")
  }
}
