import EtcdPacker

/// Answers of etcd's, made of numbers from the input: mostly sensible ones.
struct Documents {
  /// The store's revision, as far as this peer is to be believed.
  private var revision: Int64 = 10

  static let keys: [[UInt8]] = ["a", "b", "c", "k", "kk", ""].map { Array($0.utf8) } + [[0], [0xFF, 0xFF]]
  static let values: [[UInt8]] = ["", "v", "w"].map { Array($0.utf8) } + [Array(repeating: 0x78, count: 1500)]

  private mutating func nextRevision(_ input: inout Input) -> Int64 {
    let byte = input.byte()
    switch byte {
    case 0..<128:
      revision = revision &+ Int64(byte & 3)
      return revision
    case 128..<240: return revision &- Int64(byte & 15)
    default:
      let odd: [Int64] = [0, -1, 1, .max, .max - 1, .min, 1 << 53, 4_000_000_000]
      return odd[Int(byte & 7)]
    }
  }

  mutating func range(_ input: inout Input) -> [UInt8] {
    let header = header(&input)
    let flags = input.byte()
    let kvs = list(&input, most: 4) { documents, input in documents.kv(&input) }
    return document(#"{\#(header),"kvs":[\#(kvs)],"more":\#(flags & 3 == 3),"count":"\#(flags)"}"#)
  }

  mutating func txn(_ input: inout Input) -> [UInt8] {
    let header = header(&input)
    switch input.byte() & 7 {
    case 0, 1, 2: return document(#"{\#(header),"succeeded":true,"responses":[{"response_put":{}}]}"#)
    case 3, 4: return document(#"{\#(header),"responses":[{"response_range":{"kvs":[\#(kv(&input))]}}]}"#)
    case 5: return document(#"{\#(header),"responses":[{"response_range":{}}]}"#)
    case 6: return document(#"{\#(header),"responses":[{"response_put":{}}]}"#)
    default: return document(#"{\#(header)}"#)
    }
  }

  mutating func other(_ input: inout Input, path: Substring) -> [UInt8] {
    let header = header(&input)
    if path.hasSuffix("/lease/grant") {
      return document(#"{\#(header),"ID":"\#(lease(&input))","TTL":"\#(ttl(&input))"}"#)
    }
    if path.hasSuffix("/lease/keepalive") {
      return document(#"{"result":{\#(header),"ID":"\#(lease(&input))","TTL":"\#(ttl(&input))"}}"#)
    }
    return document("{\(header)}")
  }

  mutating func watch(_ input: inout Input) -> [UInt8] {
    let flags = input.byte()
    let header = header(&input)
    var fields = [header]
    if flags & 1 != 0 { fields.append(#""created":true"#) }
    if flags & 2 != 0 { fields.append(#""fragment":true"#) }
    if flags & 0x1C == 0x1C { fields.append(#""canceled":true,"cancel_reason":"etcdserver: no reason""#) }
    if flags & 0xE0 == 0xE0 { fields.append(#""compact_revision":"\#(nextRevision(&input))""#) }
    let events = list(&input, most: 5) { documents, input in documents.event(&input) }
    fields.append(#""events":[\#(events)]"#)
    return document(#"{"result":{\#(fields.joined(separator: ","))}}"#)
  }

  /// What etcd says when it refuses or gives up, with the status that goes with it.
  static func error(_ input: inout Input) -> (status: Int, body: [UInt8]) {
    let errors: [(status: Int, code: Int, message: String)] = [
      (503, 14, "etcdserver: request timed out"), (503, 14, "etcdserver: no leader"),
      (503, 14, "etcdserver: leader changed"), (404, 5, "etcdserver: requested lease not found"),
      (400, 11, "etcdserver: mvcc: required revision has been compacted"),
      (400, 11, "etcdserver: mvcc: required revision is a future revision"),
      (401, 16, "etcdserver: invalid auth token"),
      (429, 8, "etcdserver: too many requests"), (500, 2, "context deadline exceeded"), (504, 4, "deadline exceeded"),
      (403, 7, "etcdserver: permission denied"), (412, 9, "etcdserver: not capable"), (502, 0, ""),
    ]
    let error = input.pick(errors, or: (502, 0, ""))
    if error.code == 0 { return (error.status, Array("<html>Bad Gateway</html>".utf8)) }
    return (error.status, Array(#"{"error":"\#(error.message)","code":\#(error.code)}"#.utf8))
  }

  // MARK: Parts

  private mutating func header(_ input: inout Input) -> String {
    let revision = nextRevision(&input)
    return #""header":{"cluster_id":"1","member_id":"2","revision":"\#(revision)","raft_term":"3"}"#
  }

  private mutating func kv(_ input: inout Input) -> String {
    let byte = input.byte()
    let key = Self.keys[Int(byte & 7)]
    let value = Self.values[Int(byte >> 3 & 3)]
    return #"{"key":"\#(base64(key))","value":"\#(base64(value))","mod_revision":"\#(nextRevision(&input))","#
      + #""create_revision":"1","version":"1","lease":"\#(byte & 0x40 == 0 ? 0 : lease(&input))"}"#
  }

  private mutating func event(_ input: inout Input) -> String {
    let kind = input.byte() & 3 == 3 ? #""type":"DELETE","# : ""
    return #"{\#(kind)"kv":\#(kv(&input))}"#
  }

  private func lease(_ input: inout Input) -> Int64 {
    input.pick([77, 78, 0, -1, .max], or: 77)
  }

  private func ttl(_ input: inout Input) -> Int64 {
    let ttls: [Int64] = [10, 1, 60, 0, -1, .max, .min, 3_155_760_001]
    return input.pick(ttls, or: 10)
  }

  private mutating func list(
    _ input: inout Input, most: Int, _ element: (inout Documents, inout Input) -> String
  ) -> String {
    let count = input.number(below: most)
    var elements: [String] = []
    for _ in 0..<count { elements.append(element(&self, &input)) }
    return elements.joined(separator: ",")
  }

  private func base64(_ bytes: [UInt8]) -> String {
    String(decoding: Base64.encode(bytes), as: UTF8.self)
  }

  private func document(_ text: String) -> [UInt8] {
    Array(text.utf8)
  }
}
