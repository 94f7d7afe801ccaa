import EtcdPacker
import TestSupport
import Testing

/// A message with a field of every kind, whose numbers need one byte or more.
private struct Sample: Message {
  enum Color: Int, WireEnum {
    case red = 0
    case green = 1
    case negative = -1

    var name: String { "\(rawValue)" }
  }

  var number: Int64 = 0
  var unsigned: UInt64 = 0
  var small: UInt32 = 0
  var flag = false
  var name = ""
  var data = Bytes()
  var array: [UInt8] = []
  var color = Color.red
  var alarm = AlarmType.none
  var child: [Sample] = []
  var names: [String] = []
  var keys: [Bytes] = []
  var colors: [Color] = []
  var maybe: ResponseHeader?
  var header = ResponseHeader()

  mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "number", &number)
    try f.field(2, "unsigned", &unsigned)
    try f.field(3, "small", &small)
    try f.field(4, "flag", &flag)
    try f.field(5, "name", &name)
    try f.field(6, "data", &data)
    try f.field(7, "array", &array)
    try f.field(8, "color", &color)
    try f.field(9, "alarm", &alarm)
    try f.field(10, "child", &child)
    try f.field(11, "names", &names)
    try f.field(12, "keys", &keys)
    try f.field(13, "colors", &colors)
    try f.field(14, "may_be_there", &maybe)
    try f.field(536_870_911, "header", &header)
  }
}

@Suite struct ProtobufReaderTests {
  // MARK: Values

  @Test(
    arguments: [
      ("08 00", 0), ("08 01", 1), ("08 7f", 127), ("08 80 01", 128), ("08 ff ff ff ff 07", 0x7FFF_FFFF),
      ("08 ff ff ff ff ff ff ff ff 7f", .max), ("08 ff ff ff ff ff ff ff ff ff 01", -1),
      ("08 80 80 80 80 80 80 80 80 80 01", .min), ("08 fe ff ff ff ff ff ff ff ff 01", -2),
      // More bytes than needed, as those write it who leave room for a number.
      ("08 80 00", 0), ("08 81 80 80 80 00", 1), ("08 81 80 80 80 80 80 80 80 80 00", 1),
    ] as [(String, Int64)])
  func integersHaveUpToTenBytes(document: String, expected: Int64) throws {
    #expect(try decode(document).number == expected)
  }

  @Test(arguments: [
    "08 80 80 80 80 80 80 80 80 80 02", "08 ff ff ff ff ff ff ff ff ff 7f", "08 ff ff ff ff ff ff ff ff ff ff 01",
    "08 80 80 80 80 80 80 80 80 80 80 00", "10 80 80 80 80 80 80 80 80 80 02",
    // Of an unknown field, of a length.
    "78 ff ff ff ff ff ff ff ff ff 7f", "2a ff ff ff ff ff ff ff ff ff 7f",
  ])
  func integersThatDoNotFitAreRefused(document: String) {
    #expect(reason(document) == .invalidVarint)
  }

  /// They are read eight bytes at a time where there are so many: whatever their length, and whatever follows.
  @Test func integersOfEveryLengthAreWhatTheirBytesSay() throws {
    var random = SeededRandom(seed: 1)
    for bits in 0..<64 {
      for following in 0..<10 {
        let value = UInt64(1) << UInt64(bits) | (UInt64.random(in: 0...(.max), using: &random) >> UInt64(63 - bits))
        var document: [UInt8] = [0x10]
        var rest = value
        while rest >= 0x80 {
          document.append(UInt8(truncatingIfNeeded: rest) | 0x80)
          rest >>= 7
        }
        document.append(UInt8(rest))
        // Another field, of bytes that look like the middle of a number.
        if following > 1 { document += [0x32, UInt8(following - 2)] + [UInt8](repeating: 0x85, count: following - 2) }
        let sample = try Sample.decodeProtobuf(Bytes(document), limit: .max)
        #expect(sample.unsigned == value)
        #expect(sample.data.count == max(0, following - 2))
        for end in 1..<(following > 1 ? document.count - following : document.count) {
          #expect(throws: PackerError.self) { try Sample.decodeProtobuf(Bytes(Array(document[..<end])), limit: .max) }
        }
      }
    }
  }

  @Test func unsignedIntegersAreWhole() throws {
    #expect(try decode("10 ff ff ff ff ff ff ff ff ff 01").unsigned == .max)
    #expect(try decode("18 ff ff ff ff 0f").small == .max)
    // The low half, as protobuf has it.
    #expect(try decode("18 81 80 80 80 10").small == 1)
  }

  @Test(arguments: [("20 00", false), ("20 01", true), ("20 02", true), ("20 80 80 80 80 80 80 80 80 80 01", true)])
  func anyIntegerButZeroIsTrue(document: String, expected: Bool) throws {
    #expect(try decode(document).flag == expected)
  }

  @Test func textThatIsNotUTF8IsRepaired() throws {
    #expect(try decode("2a 03 c3 a9 21").name == "é!")
    #expect(try decode("2a 04 61 ff c3 62").name == "a\u{FFFD}\u{FFFD}b")
    #expect(try decode("2a 00").name == "")
  }

  @Test func bytesAreSlicesOfTheDocument() throws {
    let document = Bytes(hex("32 03 01 02 03 62 01 04 52 04 32 02 05 06"))
    let decoded = try Sample.decodeProtobuf(document)
    #expect(decoded.data == Bytes([1, 2, 3]))
    #expect(decoded.keys == [Bytes([4])])
    #expect(decoded.child.map(\.data) == [Bytes([5, 6])])
    #expect(decoded.data.baseAddress == document.baseAddress.map { $0 + 2 })
    #expect(decoded.keys[0].baseAddress == document.baseAddress.map { $0 + 7 })
    #expect(decoded.child[0].data.baseAddress == document.baseAddress.map { $0 + 12 })
  }

  @Test func slicesOutliveTheDocument() throws {
    let data = try Sample.decodeProtobuf(hex("32 03 01 02 03")).data
    #expect(data == Bytes([1, 2, 3]))
  }

  // MARK: Enumerations

  @Test func enumerationsMayBeNegative() throws {
    #expect(try decode("40 ff ff ff ff ff ff ff ff ff 01").color == .negative)
    #expect(try decode("40 ff ff ff ff 0f").color == .negative)
  }

  @Test func unknownNumbersAreKeptWhereTheyMayBePassedOver() throws {
    #expect(try decode("48 07").alarm == AlarmType(rawValue: 7))
    #expect(try decode("48 02").alarm == .corrupt)
    #expect(text(try AlarmResponse.decodeProtobuf(hex("12 02 10 07")).encode()) == #"{"alarms":[{"alarm":7}]}"#)
    #expect(try AlarmResponse.decode(utf8(#"{"alarms":[{"alarm":7}]}"#)).encodeProtobuf() == hex("12 02 10 07"))
  }

  @Test func anEventOfAnUnknownKindIsNotTakenForAnother() {
    let error = failure { () throws(PackerError) in try Event.decodeProtobuf(hex("08 02")) }
    #expect(error == PackerError(.unknownEnumValue, at: 1))
  }

  @Test(arguments: ["6a 03 01 00 01", "68 01 68 00 68 01", "68 01 6a 02 00 01", "6a 00 68 01 6a 01 00 6a 01 01"])
  func listsOfNumbersMayBePackedOrNot(document: String) throws {
    #expect(try decode(document).colors == [.green, .red, .green])
  }

  @Test func aPackedListEndsWhereItsLengthSays() {
    #expect(reason("6a 02 01 80 01") == .truncated)
    #expect(reason("6a 03 01 01") == .truncated)
  }

  // MARK: Repeated fields

  @Test func ofRepeatedValuesTheLastCounts() throws {
    let decoded = try decode("08 01 2a 01 61 08 02 2a 01 62 32 01 63 32 00")
    #expect(decoded.number == 2)
    #expect(decoded.name == "b")
    #expect(decoded.data.isEmpty)
  }

  @Test func messagesAreMerged() throws {
    // revision 1, raft_term 2 and then raft_term 3; prefixed by the tags of field 14 and of the largest number.
    let decoded = try decode("72 04 18 01 20 02 fa ff ff ff 0f 02 18 05 72 02 20 03 fa ff ff ff 0f 02 20 06")
    #expect(decoded.maybe?.revision == 1)
    #expect(decoded.maybe?.raftTerm == 3)
    #expect(decoded.header.revision == 5)
    #expect(decoded.header.raftTerm == 6)
  }

  @Test func listsGrowWhateverIsBetween() throws {
    #expect(try decode("5a 01 61 08 01 5a 01 62 52 02 08 01 5a 01 63 52 00").names == ["a", "b", "c"])
    #expect(try decode("5a 01 61 08 01 5a 01 62 52 02 08 01 5a 01 63 52 00").child.map(\.number) == [1, 0])
  }

  @Test func fieldsMayComeInAnyOrder() throws {
    let parts = ["08 01", "10 02", "18 03", "20 01", "2a 01 61", "32 01 62", "40 01", "52 02 08 09", "72 00"]
    var document = parts
    let expected = try decode(parts.joined())
    var generator = SeededRandom(seed: 1)
    for _ in 0..<50 {
      document.shuffle(using: &generator)
      #expect(try decode(document.joined()) == expected)
    }
  }

  @Test func anAbsentMessageIsNotAnEmptyOne() throws {
    #expect(try decode("").maybe == nil)
    #expect(try decode("72 00").maybe == ResponseHeader())
    #expect(try decode("") == Sample())
  }

  // MARK: One of several

  @Test func ofSeveralTheLastCountsAndIsMergedWithItself() throws {
    // range with limit 1; range with revision 2; put; delete.
    let range = "0a 02 18 01 0a 02 20 02"
    var expected = RangeRequest()
    expected.limit = 1
    expected.revision = 2
    #expect(try Choice<RequestOp>.decodeProtobuf(hex(range)).chosen == .range(expected))
    #expect(
      try Choice<RequestOp>.decodeProtobuf(hex(range + "12 03 0a 01 61")).chosen
        == .put(PutRequest(key: [0x61], value: [])))
    #expect(try Choice<RequestOp>.decodeProtobuf(hex("12 00" + range)).chosen == .range(expected))
  }

  @Test func noneOfSeveralIsRefusedWhereOneMustBe() {
    for document in ["1a 00", "1a 02 78 01"] {
      let error = failure { () throws(PackerError) in try TxnResponse.decodeProtobuf(hex(document)) }
      #expect(error == PackerError(.missingField, at: 1))
    }
  }

  @Test func theOperandOfAConditionSaysWhatIsCompared() throws {
    #expect(try Compare.decodeProtobuf(hex("10 02 30 07")).target == .mod(7))
    #expect(try Compare.decodeProtobuf(hex("10 03 3a 01 61")).target == .value([0x61]))
    // One that is left out is its type's default.
    #expect(try Compare.decodeProtobuf(hex("10 01")).target == .create(0))
    #expect(try Compare.decodeProtobuf(hex("")).target == .version(0))
  }

  // MARK: Unknown fields

  @Test(arguments: [
    "78 01", "79 01 02 03 04 05 06 07 08", "7a 03 01 02 03", "7d 01 02 03 04", "7b 7c", "7b 08 01 7c",
    // Groups in groups, with everything in them, and what looks like their end.
    "7b 83 01 79 00 00 00 00 00 00 00 00 7a 01 7c 84 01 7d 7c 7c 7c 7c 7c", "b8 fa ff ff 0f 01",
  ])
  func unknownFieldsOfAnyTypeAreSkipped(field: String) throws {
    let decoded = try decode(field + "08 01" + field + "2a 01 61" + field)
    #expect(decoded.number == 1)
    #expect(decoded.name == "a")
  }

  @Test(arguments: [
    "7c", "7b 84 01", "00 01", "07", "0e 01", "7e", "7f", "80 80 80 80 10 01", "f8 ff ff ff 1f 01", "7b 7e",
  ])
  func impossibleTagsAreRefused(document: String) {
    #expect(reason(document) == .invalidTag)
  }

  @Test(arguments: [
    "0a 00", "0c", "09 01 02 03 04 05 06 07 08", "28 01", "2d 01 02 03 04", "50 01", "58 01", "69", "f8 ff ff ff 0f 01",
  ])
  func valuesOfTheWrongTypeAreRefused(document: String) {
    #expect(reason(document) == .wrongType)
  }

  // MARK: Limits

  @Test(arguments: [
    "08", "08 80", "2a", "2a 01", "2a 80 01", "2a ff ff ff ff 07", "2a ff ff ff ff ff ff ff ff ff 01", "52 02 08",
    "52 02 08 80 01", "52 01 2a 01 61", "78", "79 01 02 03 04 05 06 07", "7a 02 01", "7d 01 02 03", "7b", "7b 08 01",
    "7b 83 01 84 01", "80", "f8 ff", "52 80 80 80 80 80 80 80 80 80 01", "52 02 08 80 01 2a 05 61 61 61 61 61",
  ])
  func nothingIsReadBeyondTheEndOfTheDocumentOrAMessageInIt(document: String) {
    #expect(reason(document) == .truncated)
  }

  @Test func nestingIsBounded() throws {
    func nested(_ count: Int) -> [UInt8] {
      var document: [UInt8] = []
      for _ in 0..<count {
        var length = [UInt8(truncatingIfNeeded: document.count & 0x7F)]
        if document.count > 0x7F { length = [length[0] | 0x80, UInt8(document.count >> 7)] }
        document = [0x52] + length + document
      }
      return document
    }
    _ = try Sample.decodeProtobuf(nested(ProtobufReader.maximumDepth - 1))
    let error = failure { () throws(PackerError) in try Sample.decodeProtobuf(nested(ProtobufReader.maximumDepth)) }
    #expect(error?.reason == .tooDeep)
  }

  @Test func groupsAreNestingToo() throws {
    func nested(_ count: Int) -> [UInt8] {
      Array(repeating: 0x7B, count: count) + Array(repeating: 0x7C, count: count)
    }
    _ = try Sample.decodeProtobuf(nested(ProtobufReader.maximumDepth - 1))
    let error = failure { () throws(PackerError) in try Sample.decodeProtobuf(nested(ProtobufReader.maximumDepth)) }
    #expect(error?.reason == .tooDeep)
    #expect(failure { () throws(PackerError) in try Sample.decodeProtobuf(nested(1_000_000)) }?.reason == .tooDeep)
    // Depth is given back.
    _ = try Sample.decodeProtobuf(Array(repeating: nested(40), count: 100).flatMap(\.self))
  }

  @Test func whatOneCodecNestsTheOtherReads() throws {
    var request = TxnRequest()
    var deepest = 0
    while (try? TxnRequest.decodeProtobuf(request.encodeProtobuf())) != nil {
      #expect(throws: Never.self) { try TxnRequest.decode(request.encode()) }
      request = TxnRequest(success: [.txn(request)])
      deepest += 1
    }
    #expect(deepest == 22)
    #expect(throws: PackerError.self) { try TxnRequest.decode(request.encode()) }
  }

  @Test func documentsOfTwoGigabytesAreRefused() {
    // Never written to, so hardly any of it is really there.
    let document = Bytes(capacity: ProtobufReader.maximumSize + 1) { $0.count }
    let error = failure { () throws(PackerError) in try Sample.decodeProtobuf(document) }
    #expect(error == PackerError(.documentTooLarge, at: ProtobufReader.maximumSize))
  }

  private func decode(_ document: String) throws(PackerError) -> Sample {
    try Sample.decodeProtobuf(hex(document))
  }

  private func reason(_ document: String) -> PackerError.Reason? {
    failure { () throws(PackerError) in try decode(document) }?.reason
  }
}

/// No bytes can crash the process.
@Suite struct HostileProtobufTests {
  /// Every message is among them.
  private static let small = DeclarationTests.vectors.filter { $0.protobuf.count < 300 }

  @Test(arguments: small) func truncatedDocumentsAreSurvived(vector: DeclarationTests.Vector) throws {
    for count in 0..<vector.protobuf.count { try attempt(vector.name, Array(vector.protobuf[..<count])) }
  }

  @Test(arguments: small) func mutatedDocumentsAreSurvived(vector: DeclarationTests.Vector) throws {
    var generator = SeededRandom(seed: 6)
    for index in vector.protobuf.indices {
      var mutated = vector.protobuf
      mutated[index] = UInt8.random(in: 0...255, using: &generator)
      try attempt(vector.name, mutated)
      mutated[index] = [0x00, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      try attempt(vector.name, mutated)
      mutated.removeSubrange(index..<min(index + Int.random(in: 1...9, using: &generator), mutated.count))
      try attempt(vector.name, mutated)
    }
  }

  @Test func randomBytesAreSurvived() throws {
    var generator = SeededRandom(seed: 7)
    for name in EveryMessage.byName.keys {
      for _ in 0..<50 {
        let count = Int.random(in: 0...40, using: &generator)
        try attempt(name, (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) >> 2 })
      }
    }
  }

  private func attempt(_ name: String, _ document: [UInt8]) throws {
    let type = try #require(EveryMessage.byName[name])
    do throws(PackerError) {
      // Memory of its own and not a byte more, for the sanitizer to watch.
      try decode(type, Bytes(document))
    } catch {
      if error.offset < 0 || error.offset > document.count { Issue.record("\(name): \(error) in \(document)") }
    }
  }

  private func decode<M: Message>(_: M.Type, _ document: Bytes) throws(PackerError) {
    let message = try M.decodeProtobuf(document)
    // What is accepted, however odd, is a message like any other.
    if try M.decodeProtobuf(message.encodeProtobuf()) != message { Issue.record("\(M.self): \(document)") }
  }
}
