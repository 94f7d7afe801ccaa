import EtcdPacker

// The requests of etcd's API as the server reads them: the client's packer only writes these.

struct ReceivedRange: JSONObject {
  var key: [UInt8] = []
  var rangeEnd: [UInt8] = []
  var limit: Int64 = 0
  var revision: Int64 = 0
  var serializable = false
  var keysOnly = false
  var countOnly = false
  var minModRevision: Int64 = 0
  var minCreateRevision: Int64 = 0

  var range: KeyRange { .range(key, rangeEnd) }

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "key": key = try reader.bytes().array
    case "range_end": rangeEnd = try reader.bytes().array
    case "limit": limit = try reader.int64()
    case "revision": revision = try reader.int64()
    case "serializable": serializable = try reader.bool()
    case "keys_only": keysOnly = try reader.bool()
    case "count_only": countOnly = try reader.bool()
    case "min_mod_revision": minModRevision = try reader.int64()
    case "min_create_revision": minCreateRevision = try reader.int64()
    default: break
    }
  }
}

struct ReceivedPut: JSONObject {
  var key: [UInt8] = []
  var value: [UInt8] = []
  var lease: Int64 = 0
  var prevKV = false

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "key": key = try reader.bytes().array
    case "value": value = try reader.bytes().array
    case "lease": lease = try reader.int64()
    case "prev_kv": prevKV = try reader.bool()
    default: break
    }
  }
}

struct ReceivedDelete: JSONObject {
  var key: [UInt8] = []
  var rangeEnd: [UInt8] = []
  var prevKV = false

  var range: KeyRange { .range(key, rangeEnd) }

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "key": key = try reader.bytes().array
    case "range_end": rangeEnd = try reader.bytes().array
    case "prev_kv": prevKV = try reader.bool()
    default: break
    }
  }
}

struct ReceivedCompare: JSONObject {
  var key: [UInt8] = []
  var rangeEnd: [UInt8] = []
  var target = "VERSION"
  var result = "EQUAL"
  var number: Int64 = 0
  var value: [UInt8] = []

  var range: KeyRange { .range(key, rangeEnd) }

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "key": key = try reader.bytes().array
    case "range_end": rangeEnd = try reader.bytes().array
    case "target": target = try reader.string()
    case "result": result = try reader.string()
    case "version", "create_revision", "mod_revision", "lease": number = try reader.int64()
    case "value": value = try reader.bytes().array
    default: break
    }
  }
}

struct ReceivedOp: JSONObject {
  var range: ReceivedRange?
  var put: ReceivedPut?
  var delete: ReceivedDelete?
  var txn: [ReceivedTxn] = []

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "request_range": range = try reader.message()
    case "request_put": put = try reader.message()
    case "request_delete_range": delete = try reader.message()
    case "request_txn": txn = [try reader.message()]
    default: break
    }
  }
}

struct ReceivedTxn: JSONObject {
  var compare: [ReceivedCompare] = []
  var success: [ReceivedOp] = []
  var failure: [ReceivedOp] = []

  /// Whether it reads, without conditions, and nothing else.
  var isReadOnly: Bool { compare.isEmpty && !success.isEmpty && success.allSatisfy { $0.range != nil } }

  /// Whether a member answers it alone, by its own view.
  var isLocal: Bool { isReadOnly && success.allSatisfy { $0.range?.serializable == true } }

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "compare": compare = try reader.messages()
    case "success": success = try reader.messages()
    case "failure": failure = try reader.messages()
    default: break
    }
  }
}

struct ReceivedCompaction: JSONObject {
  var revision: Int64 = 0

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    if case "revision" = field { revision = try reader.int64() }
  }
}

struct ReceivedLease: JSONObject {
  var id: Int64 = 0
  var ttl: Int64 = 0

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "ID": id = try reader.int64()
    case "TTL": ttl = try reader.int64()
    default: break
    }
  }
}

struct ReceivedAuthenticate: JSONObject {
  var name = ""
  var password = ""

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "name": name = try reader.string()
    case "password": password = try reader.string()
    default: break
    }
  }
}

struct ReceivedMemberList: JSONObject {
  var linearizable = false

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "linearizable": linearizable = try reader.bool()
    default: break
    }
  }
}

struct ReceivedWatch: JSONObject {
  struct Create: JSONObject {
    var key: [UInt8] = []
    var rangeEnd: [UInt8] = []
    var startRevision: Int64 = 0
    var prevKV = false
    var fragment = false
    var progressNotify = false
    /// As numbers or by name.
    var filters: [WatchCreateRequest.Filter] = []

    var range: KeyRange { .range(key, rangeEnd) }
    func wants(_ kind: Event.Kind) -> Bool { !filters.contains(kind == .put ? .noPut : .noDelete) }
    /// Whether no key can be in the range. (An end of one zero byte is no end.)
    var isEmpty: Bool { !rangeEnd.isEmpty && rangeEnd != [0] && !key.lexicographicallyPrecedes(rangeEnd) }

    mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
      switch field {
      case "key": key = try reader.bytes().array
      case "range_end": rangeEnd = try reader.bytes().array
      case "start_revision": startRevision = try reader.int64()
      case "prev_kv": prevKV = try reader.bool()
      case "fragment": fragment = try reader.bool()
      case "progress_notify": progressNotify = try reader.bool()
      case "filters": filters = try reader.array { reader throws(PackerError) in try reader.enumeration() }
      default: break
      }
    }
  }

  var create: Create?

  mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "create_request": create = try reader.message()
    default: break
    }
  }
}
