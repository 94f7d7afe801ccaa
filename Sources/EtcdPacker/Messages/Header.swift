/// Who answered, and how far the store was.
package struct ResponseHeader: Message {
  package var clusterID: UInt64 = 0
  package var memberID: UInt64 = 0
  /// The store's revision when the request was executed. 0 where the answer has nothing to do with the store.
  package var revision: Int64 = 0
  package var raftTerm: UInt64 = 0

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "cluster_id": clusterID = try reader.uint64()
    case "member_id": memberID = try reader.uint64()
    case "revision": revision = try reader.int64()
    case "raft_term": raftTerm = try reader.uint64()
    default: break
    }
  }
}

/// The answer to requests that have nothing to say but that they were done.
package struct HeaderResponse: Message {
  package var header = ResponseHeader()

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    default: break
    }
  }
}

/// A request without parameters: `{}`.
package struct EmptyRequest: Request {
  package init() {}

  package func writeFields(to writer: inout JSONWriter) {}
}
