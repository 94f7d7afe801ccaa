import EtcdPacker

import struct Foundation.Data
import class Foundation.JSONSerialization

/// A document of the gateway's, as a tree: 64-bit numbers are text, bytes are base64, and what has its default value is
/// left out.
///
/// With the readings and spellings below it is what the packer does not do: it writes requests and reads answers, the
/// other end reads requests and writes answers. Independent of the packer, so that no mistake is made twice.
struct GatewayDocument {
  private var fields: [String: Any] = [:]

  init() {}

  init(parsing text: [UInt8]) throws {
    guard let fields = try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] else {
      throw PackerError(.wrongType, at: 0)
    }
    self.fields = fields
  }

  /// With the fields in the order of their names, so that equal documents are equal text.
  func encode() throws -> [UInt8] {
    Array(try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes]))
  }

  func has(_ name: String) -> Bool { fields[name] != nil }

  subscript(int name: String) -> Int64 {
    get { (fields[name] as? String).flatMap { Int64($0) } ?? 0 }
    set { fields[name] = newValue == 0 ? nil : String(newValue) }
  }

  /// The few numbers that are not text: codes and statuses.
  subscript(code name: String) -> Int {
    get { fields[name] as? Int ?? 0 }
    set { fields[name] = newValue }
  }

  subscript(bool name: String) -> Bool {
    get { fields[name] as? Bool ?? false }
    set { fields[name] = newValue ? true : nil }
  }

  subscript(text name: String) -> String {
    get { fields[name] as? String ?? "" }
    set { fields[name] = newValue.isEmpty ? nil : newValue }
  }

  subscript(bytes name: String) -> [UInt8] {
    get { Data(base64Encoded: self[text: name]).map { Array($0) } ?? [] }
    set { self[text: name] = Data(newValue).base64EncodedString() }
  }

  subscript(object name: String) -> GatewayDocument? {
    get { (fields[name] as? [String: Any]).map { GatewayDocument(fields: $0) } }
    set { fields[name] = newValue?.fields }
  }

  subscript(objects name: String) -> [GatewayDocument] {
    get { (fields[name] as? [[String: Any]] ?? []).map { GatewayDocument(fields: $0) } }
    set { fields[name] = newValue.isEmpty ? nil : newValue.map(\.fields) }
  }

  private init(fields: [String: Any]) {
    self.fields = fields
  }
}

extension GatewayDocument {
  init(_ set: (inout GatewayDocument) -> Void) {
    self.init()
    set(&self)
  }

  fileprivate init(_ header: ResponseHeader, _ set: (inout GatewayDocument) -> Void = { _ in }) {
    self[object: "header"] = header.document
    set(&self)
  }

  fileprivate var range: KeyRange { .range(self[bytes: "key"], self[bytes: "range_end"]) }

  /// An enumeration is spelled by name, and its first value left out.
  fileprivate func choice<Value: WireEnum>(_ name: String, _ first: Value) -> Value {
    Value.allCases.first { $0.name == self[text: name] } ?? first
  }
}

// MARK: - Requests, as they are read

extension RangeRequest {
  init(_ document: GatewayDocument) {
    self.init(
      range: document.range, limit: document[int: "limit"], revision: document[int: "revision"],
      sortOrder: document.choice("sort_order", .none), sortTarget: document.choice("sort_target", .key),
      serializable: document[bool: "serializable"], keysOnly: document[bool: "keys_only"],
      countOnly: document[bool: "count_only"], minModRevision: document[int: "min_mod_revision"],
      maxModRevision: document[int: "max_mod_revision"], minCreateRevision: document[int: "min_create_revision"],
      maxCreateRevision: document[int: "max_create_revision"])
  }
}

extension PutRequest {
  init(_ document: GatewayDocument) {
    self.init(
      key: document[bytes: "key"], value: document[bytes: "value"], lease: document[int: "lease"],
      prevKV: document[bool: "prev_kv"], ignoreValue: document[bool: "ignore_value"],
      ignoreLease: document[bool: "ignore_lease"])
  }
}

extension DeleteRangeRequest {
  init(_ document: GatewayDocument) {
    self.init(range: document.range, prevKV: document[bool: "prev_kv"])
  }
}

extension TxnRequest {
  init(_ document: GatewayDocument) {
    self.init(
      compare: document[objects: "compare"].map { Compare($0) },
      success: document[objects: "success"].compactMap { RequestOp($0) },
      failure: document[objects: "failure"].compactMap { RequestOp($0) })
  }
}

extension Compare {
  init(_ document: GatewayDocument) {
    let target: Target =
      switch document[text: "target"] {
      case "CREATE": .create(document[int: "create_revision"])
      case "MOD": .mod(document[int: "mod_revision"])
      case "VALUE": .value(document[bytes: "value"])
      case "LEASE": .lease(document[int: "lease"])
      default: .version(document[int: "version"])
      }
    self.init(range: document.range, target: target, result: document.choice("result", .equal))
  }
}

extension RequestOp {
  init?(_ document: GatewayDocument) {
    if let range = document[object: "request_range"] {
      self = .range(RangeRequest(range))
    } else if let put = document[object: "request_put"] {
      self = .put(PutRequest(put))
    } else if let delete = document[object: "request_delete_range"] {
      self = .deleteRange(DeleteRangeRequest(delete))
    } else if let txn = document[object: "request_txn"] {
      self = .txn(TxnRequest(txn))
    } else {
      return nil
    }
  }
}

extension LeaseGrantRequest {
  init(_ document: GatewayDocument) {
    self.init(ttl: document[int: "TTL"], id: document[int: "ID"])
  }
}

extension LeaseKeepAliveRequest {
  init(_ document: GatewayDocument) {
    self.init(id: document[int: "ID"])
  }
}

extension LeaseRevokeRequest {
  init(_ document: GatewayDocument) {
    self.init(id: document[int: "ID"])
  }
}

extension WatchCreateRequest {
  init(_ document: GatewayDocument) {
    let create = document[object: "create_request"] ?? GatewayDocument()
    self.init(
      range: create.range, startRevision: create[int: "start_revision"],
      progressNotify: create[bool: "progress_notify"], prevKV: create[bool: "prev_kv"],
      watchID: create[int: "watch_id"], fragment: create[bool: "fragment"])
  }
}

// MARK: - Answers, as they are written

extension ResponseHeader {
  var document: GatewayDocument {
    GatewayDocument {
      $0[int: "cluster_id"] = Int64(clamping: clusterID)
      $0[int: "member_id"] = Int64(clamping: memberID)
      $0[int: "revision"] = revision
      $0[int: "raft_term"] = Int64(clamping: raftTerm)
    }
  }
}

extension KeyValue {
  var document: GatewayDocument {
    GatewayDocument {
      $0[bytes: "key"] = key.array
      $0[bytes: "value"] = value.array
      $0[int: "create_revision"] = createRevision
      $0[int: "mod_revision"] = modRevision
      $0[int: "version"] = version
      $0[int: "lease"] = lease
    }
  }
}

extension RangeResponse {
  var document: GatewayDocument {
    GatewayDocument(header) {
      $0[objects: "kvs"] = kvs.map(\.document)
      $0[bool: "more"] = more
      $0[int: "count"] = count
    }
  }
}

extension PutResponse {
  var document: GatewayDocument {
    GatewayDocument(header) {
      $0[object: "prev_kv"] = prevKV?.document
    }
  }
}

extension DeleteRangeResponse {
  var document: GatewayDocument {
    GatewayDocument(header) {
      $0[int: "deleted"] = deleted
      $0[objects: "prev_kvs"] = prevKVs.map(\.document)
    }
  }
}

extension TxnResponse {
  var document: GatewayDocument {
    GatewayDocument(header) {
      $0[bool: "succeeded"] = succeeded
      $0[objects: "responses"] = responses.map(\.document)
    }
  }
}

extension ResponseOp {
  var document: GatewayDocument {
    GatewayDocument {
      switch self {
      case .range(let response): $0[object: "response_range"] = response.document
      case .put(let response): $0[object: "response_put"] = response.document
      case .deleteRange(let response): $0[object: "response_delete_range"] = response.document
      case .txn(let response): $0[object: "response_txn"] = response.document
      }
    }
  }
}

extension LeaseGrantResponse {
  var document: GatewayDocument {
    GatewayDocument(header) {
      $0[int: "ID"] = id
      $0[int: "TTL"] = ttl
      $0[text: "error"] = error
    }
  }
}

extension LeaseKeepAliveResponse {
  var document: GatewayDocument {
    GatewayDocument(header) {
      $0[int: "ID"] = id
      $0[int: "TTL"] = ttl
    }
  }
}

extension HeaderResponse {
  var document: GatewayDocument {
    GatewayDocument(header)
  }
}

extension WatchResponse {
  var document: GatewayDocument {
    GatewayDocument(header) {
      $0[int: "watch_id"] = watchID
      $0[bool: "created"] = created
      $0[bool: "canceled"] = canceled
      $0[int: "compact_revision"] = compactRevision
      $0[text: "cancel_reason"] = cancelReason
      $0[bool: "fragment"] = fragment
      $0[objects: "events"] = events.map(\.document)
    }
  }
}

extension Event {
  var document: GatewayDocument {
    GatewayDocument {
      $0[text: "type"] = kind == .put ? "" : kind.name
      $0[object: "kv"] = kv.document
      $0[object: "prev_kv"] = prevKV?.document
    }
  }
}
