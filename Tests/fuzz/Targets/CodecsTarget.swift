import EtcdPacker

/// The two codecs against each other. The first byte, a letter, says which message the rest is: a small one as protobuf,
/// a capital one as JSON.
///
/// What one of them accepts has to go through both, in either direction, without a change.
enum CodecsTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    guard let first = input.first else { return }
    let isJSON = first & 0x20 == 0
    let document = Array(input.dropFirst())
    // The letters of the corpus's files: append new ones.
    switch first | 0x20 {
    case UInt8(ascii: "a"): try check(RangeRequest.self, document, isJSON)
    case UInt8(ascii: "b"): try check(RangeResponse.self, document, isJSON)
    case UInt8(ascii: "c"): try check(PutRequest.self, document, isJSON)
    case UInt8(ascii: "d"): try check(DeleteRangeResponse.self, document, isJSON)
    case UInt8(ascii: "e"): try check(TxnRequest.self, document, isJSON)
    case UInt8(ascii: "f"): try check(TxnResponse.self, document, isJSON)
    case UInt8(ascii: "g"): try check(Choice<WatchRequest>.self, document, isJSON)
    case UInt8(ascii: "h"): try check(WatchResponse.self, document, isJSON)
    case UInt8(ascii: "i"): try check(LeaseGrantResponse.self, document, isJSON)
    case UInt8(ascii: "j"): try check(LeaseTimeToLiveResponse.self, document, isJSON)
    case UInt8(ascii: "k"): try check(LeaseLeasesResponse.self, document, isJSON)
    case UInt8(ascii: "l"): try check(MemberAddResponse.self, document, isJSON)
    case UInt8(ascii: "m"): try check(StatusResponse.self, document, isJSON)
    case UInt8(ascii: "n"): try check(AlarmResponse.self, document, isJSON)
    case UInt8(ascii: "o"): try check(HashKVResponse.self, document, isJSON)
    case UInt8(ascii: "p"): try check(SnapshotResponse.self, document, isJSON)
    case UInt8(ascii: "q"): try check(AuthUserAddRequest.self, document, isJSON)
    case UInt8(ascii: "r"): try check(AuthRoleGetResponse.self, document, isJSON)
    case UInt8(ascii: "s"): try check(AuthRoleGrantPermissionRequest.self, document, isJSON)
    default: break
    }
  }

  private static func check<M: Message>(_: M.Type, _ document: [UInt8], _ isJSON: Bool) throws(Violation) {
    let message: M
    do throws(PackerError) {
      message = isJSON ? try M.decode(document) : try M.decodeProtobuf(document)
    } catch {
      return try require(0...document.count ~= error.offset, "the error's offset lies outside of the document")
    }
    // With less to spend it is the same, or refused.
    let limit = 4 * document.count
    var cheap = message
    do throws(PackerError) {
      cheap = isJSON ? try M.decode(document, limit: limit) : try M.decodeProtobuf(document, limit: limit)
    } catch {
      try require(error.reason == .documentTooLarge, "\(M.self) is refused for \(error)")
    }
    try require(cheap == message, "\(M.self) is another one with a limit")
    let json = message.encode()
    let protobuf = message.encodeProtobuf()
    let fromJSON = try read("JSON", M.self) { () throws(PackerError) in try M.decode(json) }
    let fromProtobuf = try read("protobuf", M.self) { () throws(PackerError) in try M.decodeProtobuf(protobuf) }
    try require(fromJSON == message, "\(M.self) is another one after JSON")
    try require(fromProtobuf == message, "\(M.self) is another one after protobuf")
    try require(fromJSON.encodeProtobuf() == protobuf, "\(M.self) as protobuf depends on where it came from")
    try require(fromProtobuf.encode() == json, "\(M.self) as JSON depends on where it came from")
  }

  private static func read<M: Message>(
    _ name: String, _: M.Type, _ decode: () throws(PackerError) -> M
  ) throws(Violation) -> M {
    do throws(PackerError) {
      return try decode()
    } catch {
      throw Violation("\(M.self) cannot be read from the \(name) that was made of it: \(error)")
    }
  }
}
