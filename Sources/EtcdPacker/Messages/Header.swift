/// Who answered, and how far the store was.
package struct ResponseHeader: Message {
  package var clusterID: UInt64 = 0
  package var memberID: UInt64 = 0
  /// The store's revision when the request was executed. 0 where the answer has nothing to do with the store.
  package var revision: Int64 = 0
  package var raftTerm: UInt64 = 0

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "cluster_id", &clusterID)
    try f.field(2, "member_id", &memberID)
    try f.field(3, "revision", &revision)
    try f.field(4, "raft_term", &raftTerm)
  }
}

/// The answer to requests that have nothing to say but that they were done.
package struct HeaderResponse: Message {
  package var header = ResponseHeader()

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
  }
}

/// A request without parameters: `{}`.
package struct EmptyRequest: Message {
  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {}
}
