// The calls kv/range, kv/put, kv/deleterange and kv/compaction.

package struct RangeRequest: Request {
  package enum SortOrder: Int, WireEnum {
    case none = 0
    case ascending = 1
    case descending = 2

    package var name: String {
      switch self {
      case .none: "NONE"
      case .ascending: "ASCEND"
      case .descending: "DESCEND"
      }
    }
  }

  package enum SortTarget: Int, WireEnum {
    case key = 0
    case version = 1
    case create = 2
    case mod = 3
    case value = 4

    package var name: String {
      switch self {
      case .key: "KEY"
      case .version: "VERSION"
      case .create: "CREATE"
      case .mod: "MOD"
      case .value: "VALUE"
      }
    }
  }

  package var range: KeyRange
  /// The most keys to return; 0 is all.
  package var limit: Int64
  /// The revision to read at; 0 is the newest.
  package var revision: Int64
  package var sortOrder: SortOrder
  package var sortTarget: SortTarget
  /// Answered by the member alone, which may be behind; works without a quorum.
  package var serializable: Bool
  package var keysOnly: Bool
  package var countOnly: Bool
  /// The bounds below leave out keys that lie outside of them; 0 is no bound.
  package var minModRevision: Int64
  package var maxModRevision: Int64
  package var minCreateRevision: Int64
  package var maxCreateRevision: Int64

  package init(
    range: KeyRange, limit: Int64 = 0, revision: Int64 = 0, sortOrder: SortOrder = .none, sortTarget: SortTarget = .key,
    serializable: Bool = false, keysOnly: Bool = false, countOnly: Bool = false, minModRevision: Int64 = 0,
    maxModRevision: Int64 = 0, minCreateRevision: Int64 = 0, maxCreateRevision: Int64 = 0
  ) {
    self.range = range
    self.limit = limit
    self.revision = revision
    self.sortOrder = sortOrder
    self.sortTarget = sortTarget
    self.serializable = serializable
    self.keysOnly = keysOnly
    self.countOnly = countOnly
    self.minModRevision = minModRevision
    self.maxModRevision = maxModRevision
    self.minCreateRevision = minCreateRevision
    self.maxCreateRevision = maxCreateRevision
  }

  package func writeFields(to writer: inout JSONWriter) {
    range.writeFields(to: &writer)
    writer.field("limit", limit)
    writer.field("revision", revision)
    writer.field("sort_order", sortOrder)
    writer.field("sort_target", sortTarget)
    writer.field("serializable", serializable)
    writer.field("keys_only", keysOnly)
    writer.field("count_only", countOnly)
    writer.field("min_mod_revision", minModRevision)
    writer.field("max_mod_revision", maxModRevision)
    writer.field("min_create_revision", minCreateRevision)
    writer.field("max_create_revision", maxCreateRevision)
  }
}

package struct RangeResponse: Message {
  package var header = ResponseHeader()
  package var kvs: [KeyValue] = []
  /// Whether `limit` left keys out.
  package var more = false
  /// How many keys there are in the range, whatever `limit` was.
  package var count: Int64 = 0

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "kvs": kvs = try reader.messages()
    case "more": more = try reader.bool()
    case "count": count = try reader.int64()
    default: break
    }
  }
}

package struct PutRequest: Request {
  package var key: [UInt8]
  package var value: [UInt8]
  /// The lease to attach the key to; 0 is none.
  package var lease: Int64
  /// Asks for the previous value.
  package var prevKV: Bool
  /// Keeps the value that the key has; an error if there is no such key.
  package var ignoreValue: Bool
  /// Keeps the lease that the key has; an error if there is no such key.
  package var ignoreLease: Bool

  package init(
    key: [UInt8], value: [UInt8], lease: Int64 = 0, prevKV: Bool = false, ignoreValue: Bool = false,
    ignoreLease: Bool = false
  ) {
    self.key = key
    self.value = value
    self.lease = lease
    self.prevKV = prevKV
    self.ignoreValue = ignoreValue
    self.ignoreLease = ignoreLease
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("key", key)
    writer.field("value", value)
    writer.field("lease", lease)
    writer.field("prev_kv", prevKV)
    writer.field("ignore_value", ignoreValue)
    writer.field("ignore_lease", ignoreLease)
  }
}

package struct PutResponse: Message {
  package var header = ResponseHeader()
  package var prevKV: KeyValue?

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "prev_kv": prevKV = try reader.messageIfPresent()
    default: break
    }
  }
}

package struct DeleteRangeRequest: Request {
  package var range: KeyRange
  /// Asks for what was deleted.
  package var prevKV: Bool

  package init(range: KeyRange, prevKV: Bool = false) {
    self.range = range
    self.prevKV = prevKV
  }

  package func writeFields(to writer: inout JSONWriter) {
    range.writeFields(to: &writer)
    writer.field("prev_kv", prevKV)
  }
}

package struct DeleteRangeResponse: Message {
  package var header = ResponseHeader()
  /// How many keys were deleted.
  package var deleted: Int64 = 0
  package var prevKVs: [KeyValue] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "deleted": deleted = try reader.int64()
    case "prev_kvs": prevKVs = try reader.messages()
    default: break
    }
  }
}

package struct CompactionRequest: Request {
  package var revision: Int64
  /// Waits until the compacted revisions are removed from disk.
  package var physical: Bool

  package init(revision: Int64, physical: Bool = false) {
    self.revision = revision
    self.physical = physical
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("revision", revision)
    writer.field("physical", physical)
  }
}

package typealias CompactionResponse = HeaderResponse
