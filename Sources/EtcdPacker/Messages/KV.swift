// The calls kv/range, kv/put, kv/deleterange and kv/compaction.

package struct RangeRequest: Message {
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

  package var range = KeyRange.single([])
  /// The most keys to return; 0 is all.
  package var limit: Int64 = 0
  /// The revision to read at; 0 is the newest.
  package var revision: Int64 = 0
  package var sortOrder = SortOrder.none
  package var sortTarget = SortTarget.key
  /// Answered by the member alone, which may be behind; works without a quorum.
  package var serializable = false
  package var keysOnly = false
  package var countOnly = false
  /// The bounds below leave out keys that lie outside of them; 0 is no bound.
  package var minModRevision: Int64 = 0
  package var maxModRevision: Int64 = 0
  package var minCreateRevision: Int64 = 0
  package var maxCreateRevision: Int64 = 0

  package init() {}

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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try range.fields(&f, key: 1, rangeEnd: 2)
    try f.field(3, "limit", &limit)
    try f.field(4, "revision", &revision)
    try f.field(5, "sort_order", &sortOrder)
    try f.field(6, "sort_target", &sortTarget)
    try f.field(7, "serializable", &serializable)
    try f.field(8, "keys_only", &keysOnly)
    try f.field(9, "count_only", &countOnly)
    try f.field(10, "min_mod_revision", &minModRevision)
    try f.field(11, "max_mod_revision", &maxModRevision)
    try f.field(12, "min_create_revision", &minCreateRevision)
    try f.field(13, "max_create_revision", &maxCreateRevision)
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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "kvs", &kvs)
    try f.field(3, "more", &more)
    try f.field(4, "count", &count)
  }
}

package struct PutRequest: Message {
  package var key: [UInt8] = []
  package var value: [UInt8] = []
  /// The lease to attach the key to; 0 is none.
  package var lease: Int64 = 0
  /// Asks for the previous value.
  package var prevKV = false
  /// Keeps the value that the key has; an error if there is no such key.
  package var ignoreValue = false
  /// Keeps the lease that the key has; an error if there is no such key.
  package var ignoreLease = false

  package init() {}

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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "key", &key)
    try f.field(2, "value", &value)
    try f.field(3, "lease", &lease)
    try f.field(4, "prev_kv", &prevKV)
    try f.field(5, "ignore_value", &ignoreValue)
    try f.field(6, "ignore_lease", &ignoreLease)
  }
}

package struct PutResponse: Message {
  package var header = ResponseHeader()
  package var prevKV: KeyValue?

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "prev_kv", &prevKV)
  }
}

package struct DeleteRangeRequest: Message {
  package var range = KeyRange.single([])
  /// Asks for what was deleted.
  package var prevKV = false

  package init() {}

  package init(range: KeyRange, prevKV: Bool = false) {
    self.range = range
    self.prevKV = prevKV
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try range.fields(&f, key: 1, rangeEnd: 2)
    try f.field(3, "prev_kv", &prevKV)
  }
}

package struct DeleteRangeResponse: Message {
  package var header = ResponseHeader()
  /// How many keys were deleted.
  package var deleted: Int64 = 0
  package var prevKVs: [KeyValue] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "deleted", &deleted)
    try f.field(3, "prev_kvs", &prevKVs)
  }
}

package struct CompactionRequest: Message {
  package var revision: Int64 = 0
  /// Waits until the compacted revisions are removed from disk.
  package var physical = false

  package init() {}

  package init(revision: Int64, physical: Bool = false) {
    self.revision = revision
    self.physical = physical
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "revision", &revision)
    try f.field(2, "physical", &physical)
  }
}

package typealias CompactionResponse = HeaderResponse
