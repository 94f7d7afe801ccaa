import EtcdPacker
import TestSupport
import Testing

/// Generated answers, written in all the ways that JSON allows, are decoded to what they were made from.
@Suite struct RoundTripTests {
  @Test(arguments: 0..<200) func generatedWatchAnswersSurvive(seed: UInt64) throws {
    var author = Author(seed: seed)
    let answer = author.watchResponse()
    let document = author.object([("result", author.json(answer))])
    #expect(try StreamDocument<WatchResponse>.decode(utf8(document)) == .result(answer), "\(document)")
  }

  @Test func generatedStreamsSurviveAnyPieces() throws {
    for seed in UInt64(0)..<50 {
      var author = Author(seed: seed)
      let answers = (0..<10).map { _ in author.watchResponse() }
      let stream = utf8(answers.map { author.object([("result", author.json($0))]) + "\n" }.joined())
      var framer = StreamFramer(limit: 1 << 20)
      var decoded: [StreamDocument<WatchResponse>] = []
      var index = 0
      while index < stream.count {
        let end = min(index + Int.random(in: 1...2000, using: &author.generator), stream.count)
        framer.append(Array(stream[index..<end]))
        index = end
        while let document = try framer.made({ (json) throws(PackerError) in
          try StreamDocument<WatchResponse>.decode(json)
        }) {
          decoded.append(document)
        }
      }
      #expect(decoded == answers.map { .result($0) })
    }
  }
}

/// Makes up answers, and writes them differently each time: order of fields, white space, escapes, numbers or strings,
/// defaults or nothing, snake_case or lowerCamelCase, fields that nobody knows.
private struct Author {
  var generator: SeededRandom

  init(seed: UInt64) {
    generator = SeededRandom(seed: seed)
  }

  // MARK: Values

  mutating func watchResponse() -> WatchResponse {
    var answer = WatchResponse()
    answer.header.clusterID = generator.next()
    answer.header.memberID = generator.next()
    answer.header.revision = integer()
    answer.header.raftTerm = UInt64.random(in: 0...3, using: &generator)
    answer.watchID = integer()
    answer.created = chance()
    answer.canceled = chance()
    answer.compactRevision = integer()
    answer.cancelReason = chance() ? "" : "é\"\\/\n\u{1}😀 reason"
    answer.fragment = chance()
    answer.events = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
      var event = Event()
      event.kind = chance() ? .put : .delete
      event.kv = keyValue()
      event.prevKV = chance() ? keyValue() : nil
      return event
    }
    return answer
  }

  private mutating func keyValue() -> KeyValue {
    var kv = KeyValue()
    kv.key = bytes()
    kv.value = bytes()
    kv.createRevision = integer()
    kv.modRevision = integer()
    kv.version = integer()
    kv.lease = integer()
    return kv
  }

  private mutating func bytes() -> Bytes {
    Bytes((0..<Int.random(in: 0...30, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  private mutating func integer() -> Int64 {
    chance() ? 0 : Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0...63, using: &generator)
  }

  private mutating func chance() -> Bool {
    Bool.random(using: &generator)
  }

  // MARK: JSON

  mutating func json(_ answer: WatchResponse) -> String {
    let header = object([
      ("cluster_id", json(answer.header.clusterID)), ("member_id", json(answer.header.memberID)),
      ("revision", json(answer.header.revision)), ("raft_term", json(answer.header.raftTerm)),
    ])
    let events = answer.events.map { event in
      object([
        ("type", event.kind == .put ? (chance() ? nil : json("PUT")) : chance() ? "1" : json("DELETE")),
        ("kv", json(event.kv)), ("prev_kv", event.prevKV.map { json($0) }),
      ])
    }
    return object([
      ("header", header), ("watch_id", json(answer.watchID)), ("created", json(answer.created)),
      ("canceled", json(answer.canceled)), ("compact_revision", json(answer.compactRevision)),
      ("cancel_reason", json(answer.cancelReason)), ("fragment", json(answer.fragment)),
      ("events", events.isEmpty && chance() ? nil : "[" + space() + events.joined(separator: "," + space()) + "]"),
    ])
  }

  private mutating func json(_ kv: KeyValue) -> String {
    object([
      ("key", json(kv.key)), ("value", json(kv.value)), ("create_revision", json(kv.createRevision)),
      ("mod_revision", json(kv.modRevision)), ("version", json(kv.version)), ("lease", json(kv.lease)),
    ])
  }

  private mutating func json(_ integer: some FixedWidthInteger) -> String? {
    if integer == 0, chance() { return nil }
    switch UInt8.random(in: 0...3, using: &generator) {
    case 0: return "\(integer)"
    case 1: return "\(integer).0"
    case 2: return integer % 10 == 0 ? "\(integer / 10)e1" : "\"\(integer)\""
    default: return "\"\(integer)\""
    }
  }

  private mutating func json(_ bool: Bool) -> String? {
    bool ? "true" : chance() ? "false" : nil
  }

  private mutating func json(_ bytes: Bytes) -> String? {
    if bytes.isEmpty, chance() { return chance() ? nil : "null" }
    return json(text(Base64.encode(bytes.array)))
  }

  private mutating func json(_ string: String) -> String {
    let escapeAll = UInt8.random(in: 0...9, using: &generator) == 0
    return "\"" + string.utf16.map { escaped($0, in: string, always: escapeAll) }.joined() + "\""
  }

  /// ASCII stands for itself where it may, everything else is escaped, so that surrogate pairs come up too.
  private func escaped(_ unit: UInt16, in string: String, always: Bool) -> String {
    if !always, unit >= 0x20, unit < 0x7F, unit != 0x22, unit != 0x5C, let scalar = Unicode.Scalar(unit) {
      return String(Character(scalar))
    }
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  mutating func object(_ fields: [(name: String, value: String?)]) -> String {
    var members = fields.compactMap { field in field.value.map { (field.name, $0) } }
    if chance() { members.append(("unknown", #"{"a":[1,{"b":null}],"c":"]}"}"#)) }
    members.shuffle(using: &generator)
    let written = members.map { name, value in
      "\"" + (chance() ? name : camelCase(name)) + "\"" + space() + ":" + space() + value + space()
    }
    return "{" + space() + written.joined(separator: "," + space()) + "}"
  }

  private func camelCase(_ name: String) -> String {
    let words = name.split(separator: "_")
    return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private mutating func space() -> String {
    ["", "", "", " ", "\t ", "\r"].randomElement(using: &generator) ?? ""
  }
}
