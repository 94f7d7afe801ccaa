import EtcdPacker

@testable import EtcdCore

/// The documents that etcd answers with.
enum JSON {
  static func header(_ revision: Int64) -> String {
    #""header":{"cluster_id":"1","member_id":"2","revision":"\#(revision)","raft_term":"3"}"#
  }

  static func base64(_ bytes: [UInt8]) -> String {
    String(decoding: Base64.encode(bytes), as: UTF8.self)
  }

  static func base64(_ text: String) -> String {
    base64(utf8(text))
  }

  static func put(revision: Int64 = 9) -> String { "{\(header(revision))}" }

  static func grant(_ lease: Int64, ttl: Int64) -> String {
    #"{\#(header(1)),"ID":"\#(lease)","TTL":"\#(ttl)"}"#
  }

  /// A `ttl` of 0 is left out, as etcd does.
  static func renewal(_ lease: Int64, ttl: Int64) -> String {
    #"{"result":{\#(header(1)),"ID":"\#(lease)"\#(ttl == 0 ? "" : #","TTL":"\#(ttl)""#)}}"#
  }

  static func range(revision: Int64, _ kvs: [KeyValue], more: Bool = false) -> String {
    let list = kvs.map(kv).joined(separator: ",")
    return #"{\#(header(revision)),"kvs":[\#(list)],"more":\#(more),"count":"\#(kvs.count)"}"#
  }

  /// A transaction whose conditions held.
  static func txn(revision: Int64) -> String {
    #"{\#(header(revision)),"succeeded":true,"responses":[{"response_put":{"header":{"revision":"\#(revision)"}}}]}"#
  }

  /// A transaction whose conditions did not hold, and which read this instead.
  static func txn(revision: Int64, found: KeyValue?) -> String {
    let list = found.map(kv) ?? ""
    return #"{\#(header(revision)),"responses":[{"response_range":{"kvs":[\#(list)]}}]}"#
  }

  static func watch(
    revision: Int64, created: Bool = false, fragment: Bool = false, _ events: [Event] = []
  ) -> String {
    let list = events.map(event).joined(separator: ",")
    return #"{"result":{\#(header(revision)),"created":\#(created),"fragment":\#(fragment),"events":[\#(list)]}}"#
  }

  static func compacted(_ revision: Int64) -> String {
    #"{"result":{\#(header(revision + 10)),"canceled":true,"compact_revision":"\#(revision)"}}"#
  }

  static func error(_ code: Int, _ message: String) -> String {
    #"{"error":"\#(message)","message":"\#(message)","code":\#(code)}"#
  }

  private static func kv(_ kv: KeyValue) -> String {
    #"{"key":"\#(base64(kv.key.array))","value":"\#(base64(kv.value.array))","mod_revision":"\#(kv.modRevision)""#
      + #","create_revision":"\#(kv.createRevision)","version":"1","lease":"\#(kv.lease)"}"#
  }

  private static func event(_ event: Event) -> String {
    #"{\#(event.kind == .delete ? #""type":"DELETE","# : "")"kv":\#(kv(event.kv))}"#
  }
}
