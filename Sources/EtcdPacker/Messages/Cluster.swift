// The calls cluster/member/list, add, remove, update and promote.

package struct Member: Message {
  package var id: UInt64 = 0
  /// Empty as long as the member has not started.
  package var name = ""
  package var peerURLs: [String] = []
  package var clientURLs: [String] = []
  /// Does not vote yet, and answers few requests.
  package var isLearner = false

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "ID", &id)
    try f.field(2, "name", &name)
    try f.field(3, "peerURLs", &peerURLs)
    try f.field(4, "clientURLs", &clientURLs)
    try f.field(5, "isLearner", &isLearner)
  }
}

package struct MemberListRequest: Message {
  /// Asks the quorum instead of the one member. Servers before 3.5 ignore it.
  package var linearizable = false

  package init() {}

  package init(linearizable: Bool = false) {
    self.linearizable = linearizable
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "linearizable", &linearizable)
  }
}

package struct MemberListResponse: Message {
  package var header = ResponseHeader()
  package var members: [Member] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "members", &members)
  }
}

package struct MemberAddRequest: Message {
  package var peerURLs: [String] = []
  package var isLearner = false

  package init() {}

  package init(peerURLs: [String], isLearner: Bool = false) {
    self.peerURLs = peerURLs
    self.isLearner = isLearner
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "peerURLs", &peerURLs)
    try f.field(2, "isLearner", &isLearner)
  }
}

package struct MemberAddResponse: Message {
  package var header = ResponseHeader()
  package var member = Member()
  /// All members, the new one included.
  package var members: [Member] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "member", &member)
    try f.field(3, "members", &members)
  }
}

package struct MemberRemoveRequest: Message {
  package var id: UInt64 = 0

  package init() {}

  package init(id: UInt64) {
    self.id = id
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "ID", &id)
  }
}

package typealias MemberRemoveResponse = MemberListResponse

package struct MemberUpdateRequest: Message {
  package var id: UInt64 = 0
  package var peerURLs: [String] = []

  package init() {}

  package init(id: UInt64, peerURLs: [String]) {
    self.id = id
    self.peerURLs = peerURLs
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "ID", &id)
    try f.field(2, "peerURLs", &peerURLs)
  }
}

package typealias MemberUpdateResponse = MemberListResponse

/// Makes a learner a voting member.
package struct MemberPromoteRequest: Message {
  package var id: UInt64 = 0

  package init() {}

  package init(id: UInt64) {
    self.id = id
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "ID", &id)
  }
}

package typealias MemberPromoteResponse = MemberListResponse
