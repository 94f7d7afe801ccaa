import TestSupport
import Testing

@testable import EtcdPacker

/// What a document turns into is bounded, whatever it is made of, and so is the time that this takes.
@Suite struct DecodingCostTests {
  // MARK: The formula

  /// To the byte: with one less it is refused.
  @Test(arguments: EveryMessage.types.indices)
  func everyMessageCostsItsBytesAndItsElements(index: Int) throws {
    try check(EveryMessage.types[index].type)
  }

  private func check<M: Message>(_: M.Type) throws {
    for seed in UInt64(0)..<30 {
      var message = M()
      var author = RandomFields(seed: seed)
      message.fields(&author)
      let memory = MemoryCount.of(message)
      let json = message.encode()
      let protobuf = message.encodeProtobuf()
      let jsonCost = json.count + memory + Self.escapes(in: json) * DecodingCost.escape
      #expect(try M.decode(json, limit: jsonCost) == message, "\(M.self), seed \(seed)")
      #expect(try M.decodeProtobuf(protobuf, limit: protobuf.count + memory) == message, "\(M.self), seed \(seed)")
      #expect(isRefused { () throws(PackerError) in try M.decode(json, limit: jsonCost - 1) })
      #expect(
        isRefused { () throws(PackerError) in try M.decodeProtobuf(protobuf, limit: protobuf.count + memory - 1) })
    }
  }

  private static func escapes(in json: [UInt8]) -> Int {
    var rest = json[...]
    var count = 0
    while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
      count += 1
      rest = rest[backslash...].dropFirst(2)
    }
    return count
  }

  /// What servers sent has nothing out of the ordinary in it.
  @Test func whatEtcdSendsCostsItsBytesAndItsElements() throws {
    try expect(Samples.range, RangeResponse.self)
    try expect(Samples.txn, TxnResponse.self)
    try expect(Samples.members, MemberListResponse.self)
  }

  private func expect<M: Message>(_ sample: String, _: M.Type) throws {
    let json = utf8(sample)
    let memory = MemoryCount.of(try M.decode(json))
    _ = try M.decode(json, limit: json.count + memory + Self.escapes(in: json) * DecodingCost.escape)
  }

  // MARK: Amplification

  @Test func emptyElementsAreRefusedBeforeTheyAreMade() throws {
    let size = 100_000
    let json = utf8(#"{"kvs":[{}"# + String(repeating: ",{}", count: size) + "]}")
    #expect(isRefused { () throws(PackerError) in try RangeResponse.decode(json, limit: 2 * json.count) })
    let events = utf8(#"{"events":[{}"# + String(repeating: ",{}", count: size) + "]}")
    #expect(isRefused { () throws(PackerError) in try WatchResponse.decode(events, limit: 2 * events.count) })
    // Field 2, no bytes.
    let protobuf = [UInt8]((0..<size).flatMap { _ in [0x12, 0x00] as [UInt8] })
    #expect(
      isRefused { () throws(PackerError) in try RangeResponse.decodeProtobuf(protobuf, limit: 2 * protobuf.count) })
  }

  /// Room for a list is made by its first element, which may be unlike all that follows.
  @Test func roomThatIsMadeForNothingIsBoundedByTheDocument() throws {
    let filling = String(repeating: "x", count: 100_000)
    // Lists of lists too, of which each could make some.
    let inner = #"{"response_range":{"kvs":[{},{"unknown":"\#(filling)"}]}}"#
    let json = utf8(#"{"responses":["# + [inner, inner, inner].joined(separator: ",") + "]}")
    let unknown = [0x3A, 0xFC, 0x7F] + [UInt8](repeating: 0, count: 0x3FFC)
    let protobuf = [0x12, 0x00, 0x12, 0xFF, 0x7F] + unknown
    let rooms = try TxnResponse.decode(json).responses.map {
      if case .range(let range) = $0 { range.kvs.capacity } else { 0 }
    }
    #expect(rooms.count == 3)
    #expect(rooms.reduce(0, +) * MemoryLayout<KeyValue>.stride <= 3 * json.count)
    let range = try RangeResponse.decodeProtobuf(protobuf)
    #expect(range.kvs.count == 2)
    #expect(range.kvs.capacity * MemoryLayout<KeyValue>.stride <= 3 * protobuf.count)
  }

  @Test func roomForAListIsMadeAtOnce() throws {
    var response = WatchResponse()
    response.header.clusterID = 1
    // So many that by doubling there would be room for half as many again, at least.
    for index in 0..<70 {
      var event = Event()
      event.kv.key = Bytes(utf8: "a key of some bytes \(index)")
      event.kv.value = Bytes([UInt8](repeating: UInt8(index), count: 64))
      event.kv.modRevision = Int64(1 << index % 40)
      response.events.append(event)
    }
    for read in [
      try WatchResponse.decodeProtobuf(response.encodeProtobuf()), try WatchResponse.decode(response.encode()),
    ] {
      #expect(read == response)
      #expect((70..<100).contains(read.events.capacity))
    }
  }

  @Test func whereADocumentIsRefusedNothingBehindItIsRead() {
    let json = utf8(#"{"kvs":["# + String(repeating: "{},", count: 1000) + "?")
    let failure = failure { () throws(PackerError) in try RangeResponse.decode(json, limit: json.count + 800) }
    #expect(failure?.reason == .documentTooLarge)
    #expect((failure?.offset).map { $0 < 100 } == true)
  }

  @Test func aDocumentLongerThanTheLimitIsNotRead() {
    #expect(isRefused { () throws(PackerError) in try RangeResponse.decode(utf8(#"{"count":"1"}"#), limit: 12) })
    #expect(isRefused { () throws(PackerError) in try RangeResponse.decodeProtobuf([0x20, 0x01], limit: 1) })
    #expect(isRefused { () throws(PackerError) in try ErrorDocument.decode(utf8("{}"), limit: 1) })
    #expect(isRefused { () throws(PackerError) in try RangeResponse.decode([], limit: -1) })
  }

  // MARK: Detours

  /// How much more than its bytes and elements a document of few bytes costs.
  @Test(arguments: [
    (#"{"count":"1"}"#, 0),
    // Twice, or behind what comes after it.
    (#"{"count":"1","count":"2"}"#, DecodingCost.detour),
    (#"{"count":"1","more":true}"#, DecodingCost.detour),
    // Escapes, in a name and in a value.
    (#"{"\u0063ount":"\u0031"}"#, 2 * DecodingCost.escape),
    // Unknown: its value is passed over.
    (#"{"x":1}"#, DecodingCost.skippedValue),
    (#"{"x":1,"y":[2,{"z":3}]}"#, DecodingCost.detour + 5 * DecodingCost.skippedValue),
    (#"{"x":1,"count":"1"}"#, DecodingCost.detour + DecodingCost.skippedValue),
  ])
  func whatIsOutOfTheOrdinaryCostsMore(json: String, cost: Int) throws {
    let whole = json.utf8.count + cost
    _ = try RangeResponse.decode(utf8(json), limit: whole)
    #expect(isRefused { () throws(PackerError) in try RangeResponse.decode(utf8(json), limit: whole - 1) })
  }

  @Test(arguments: [
    ("20 01", 0),
    ("20 01 20 02", 0),
    ("20 01 18 01", DecodingCost.detour),
    // A message again, which is merged.
    ("0A 00 0A 00", DecodingCost.detour),
    // Unknown fields, one of them a group with two in it.
    ("78 01", DecodingCost.skippedValue),
    ("78 01 78 02", DecodingCost.detour + 2 * DecodingCost.skippedValue),
    ("7B 08 01 10 01 7C", 3 * DecodingCost.skippedValue),
  ])
  func whatIsOutOfTheOrdinaryCostsMoreInProtobufToo(digits: String, cost: Int) throws {
    let document = hex(digits)
    _ = try RangeResponse.decodeProtobuf(document, limit: document.count + cost)
    #expect(
      isRefused { () throws(PackerError) in try RangeResponse.decodeProtobuf(document, limit: document.count + cost - 1)
      })
  }

  // MARK: Errors

  @Test func ofALongErrorTheBeginningIsTheMessage() {
    let long = utf8(#"{"message":"\#(String(repeating: "x", count: ServerError.bodyLimit))","code":5}"#)
    let error = ServerError.decode(status: 500, body: long)
    #expect(error.grpcCode == nil)
    #expect(error.message.hasPrefix(#"{"message":"xxx"#))
    let short = utf8(#"{"details":"\#(String(repeating: "x", count: 60_000))","message":"m","code":5}"#)
    #expect(ServerError.decode(status: 500, body: short) == ServerError(grpcCode: 5, httpStatus: 500, message: "m"))
  }

  // MARK: What is kept

  @Test func bytesOfOneDocumentAreHeldOnce() throws {
    let json = utf8(#"{"kvs":[{"key":"YQ==","value":"Yg=="},{"key":"Yw=="},{}]}"#)
    let kvs = try RangeResponse.decode(json).kvs
    let others = try RangeResponse.decode(json).kvs
    var held = HeldMemory()
    for kv in kvs {
      held.add(kv.key)
      held.add(kv.value)
    }
    #expect(held.count == json.count)
    held.add(others[0].key)
    #expect(held.count == 2 * json.count)
    held.add(Bytes())
    #expect(held.count == 2 * json.count)
  }

  @Test func anEventHoldsWhatWasThereBeforeToo() {
    var event = Event()
    event.kv.key = "key"
    event.kv.value = "value"
    var previous = KeyValue()
    previous.key = "k"
    previous.value = "before"
    event.prevKV = previous
    var held = HeldMemory()
    held.add(event)
    #expect(held.count == 3 + 5 + 1 + 6)
  }

  private func isRefused<R>(_ decode: () throws(PackerError) -> R) -> Bool {
    failure(of: decode)?.reason == .documentTooLarge
  }
}

/// What the lists of a message, and what lies in memory of its own, take beside the bytes of the document.
private struct MemoryCount: Fields {
  private var bytes = 0

  static func of<M: Message>(_ message: M) -> Int {
    var message = message
    var count = MemoryCount()
    message.fields(&count)
    return count.bytes
  }

  private mutating func list<Element>(_ elements: [Element], more: Int = 0) {
    if !elements.isEmpty { bytes += 32 + elements.count * (MemoryLayout<Element>.stride + more) }
  }

  private mutating func add(_ array: [UInt8]) {
    if !array.isEmpty { bytes += 32 }
  }

  mutating func field(_: UInt32, _: StaticString, _: inout Bool) {}
  mutating func field(_: UInt32, _: StaticString, _: inout Int64) {}
  mutating func field(_: UInt32, _: StaticString, _: inout UInt64) {}
  mutating func field(_: UInt32, _: StaticString, _: inout UInt32) {}
  mutating func field(_: UInt32, _: StaticString, _: inout String) {}
  mutating func field(_: UInt32, _: StaticString, _: inout Bytes) {}
  mutating func field(_: UInt32, _: StaticString, _ value: inout [UInt8]) { add(value) }
  mutating func field<E: WireEnum>(_: UInt32, _: StaticString, _: inout E) {}
  mutating func field<M: Message>(_: UInt32, _: StaticString, _ value: inout M) { value.fields(&self) }
  mutating func field(_: UInt32, _: StaticString, _: inout Int64?) {}
  mutating func field(_: UInt32, _: StaticString, _ value: inout [UInt8]?) { value.map { add($0) } }
  mutating func field<M: Message>(_: UInt32, _: StaticString, _ value: inout M?) { value?.fields(&self) }
  mutating func field(_: UInt32, _: StaticString, _ values: inout [String]) { list(values, more: 32) }
  mutating func field(_: UInt32, _: StaticString, _ values: inout [Bytes]) { list(values) }
  mutating func field<E: WireEnum>(_: UInt32, _: StaticString, _ values: inout [E]) { list(values) }
  mutating func field<M: Message>(_: UInt32, _: StaticString, _ values: inout [M]) {
    list(values)
    for index in values.indices { values[index].fields(&self) }
  }
  mutating func field<O: OneOf>(_: UInt32, _: StaticString, _ values: inout [O]) {
    list(values, more: 144)
    for value in values {
      var chosen: O? = value
      O.fields(&self, &chosen)
    }
  }
}
