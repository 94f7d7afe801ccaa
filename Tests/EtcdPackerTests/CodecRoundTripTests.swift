import EtcdPacker
import Testing

/// Every message, with values of all kinds, comes back from both codecs as it was, and does not depend on the way.
@Suite struct CodecRoundTripTests {
  @Test(arguments: EveryMessage.types.indices)
  func everyMessageSurvivesBothCodecs(index: Int) throws {
    try check(EveryMessage.types[index].type)
  }

  private func check<M: Message>(_: M.Type) throws {
    var someWasNotEmpty = false
    for seed in UInt64(0)..<60 {
      var message = M()
      var author = RandomFields(seed: seed)
      message.fields(&author)
      let json = message.encode()
      let protobuf = message.encodeProtobuf()
      #expect(try M.decode(json) == message, "\(M.self), seed \(seed): \(text(json))")
      #expect(try M.decodeProtobuf(protobuf) == message, "\(M.self), seed \(seed): \(text(json))")
      #expect(try M.decodeProtobuf(protobuf).encode() == json)
      #expect(try M.decode(json).encodeProtobuf() == protobuf)
      if !protobuf.isEmpty { someWasNotEmpty = true }
    }
    #expect(someWasNotEmpty || M.self == EmptyRequest.self, "\(M.self)")
  }
}
