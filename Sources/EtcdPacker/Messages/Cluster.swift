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

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "ID": id = try reader.uint64()
    case "name": name = try reader.string()
    case "peerURLs": peerURLs = try reader.strings()
    case "clientURLs": clientURLs = try reader.strings()
    case "isLearner": isLearner = try reader.bool()
    default: break
    }
  }
}

package struct MemberListRequest: Request {
  /// Asks the quorum instead of the one member. Servers before 3.5 ignore it.
  package var linearizable: Bool

  package init(linearizable: Bool = false) {
    self.linearizable = linearizable
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("linearizable", linearizable)
  }
}

package struct MemberListResponse: Message {
  package var header = ResponseHeader()
  package var members: [Member] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "members": members = try reader.messages()
    default: break
    }
  }
}

package struct MemberAddRequest: Request {
  package var peerURLs: [String]
  package var isLearner: Bool

  package init(peerURLs: [String], isLearner: Bool = false) {
    self.peerURLs = peerURLs
    self.isLearner = isLearner
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("peerURLs", peerURLs)
    writer.field("isLearner", isLearner)
  }
}

package struct MemberAddResponse: Message {
  package var header = ResponseHeader()
  package var member = Member()
  /// All members, the new one included.
  package var members: [Member] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "member": member = try reader.message()
    case "members": members = try reader.messages()
    default: break
    }
  }
}

package struct MemberRemoveRequest: Request {
  package var id: UInt64

  package init(id: UInt64) {
    self.id = id
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("ID", id)
  }
}

package typealias MemberRemoveResponse = MemberListResponse

package struct MemberUpdateRequest: Request {
  package var id: UInt64
  package var peerURLs: [String]

  package init(id: UInt64, peerURLs: [String]) {
    self.id = id
    self.peerURLs = peerURLs
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("ID", id)
    writer.field("peerURLs", peerURLs)
  }
}

package typealias MemberUpdateResponse = MemberListResponse

/// Makes a learner a voting member.
package struct MemberPromoteRequest: Request {
  package var id: UInt64

  package init(id: UInt64) {
    self.id = id
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("ID", id)
  }
}

package typealias MemberPromoteResponse = MemberListResponse
