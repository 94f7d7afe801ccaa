// The calls maintenance/status, alarm, defragment, hash, hashkv, snapshot, transfer-leadership and downgrade.

package typealias StatusRequest = EmptyRequest

package struct StatusResponse: Message {
  package var header = ResponseHeader()
  package var version = ""
  /// In bytes, as allocated.
  package var dbSize: Int64 = 0
  /// 0 when the member knows no leader.
  package var leader: UInt64 = 0
  package var raftIndex: UInt64 = 0
  package var raftTerm: UInt64 = 0
  package var raftAppliedIndex: UInt64 = 0
  package var errors: [String] = []
  /// In bytes, as used.
  package var dbSizeInUse: Int64 = 0
  package var isLearner = false

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "version", &version)
    try f.field(3, "dbSize", &dbSize)
    try f.field(4, "leader", &leader)
    try f.field(5, "raftIndex", &raftIndex)
    try f.field(6, "raftTerm", &raftTerm)
    try f.field(7, "raftAppliedIndex", &raftAppliedIndex)
    try f.field(8, "errors", &errors)
    try f.field(9, "dbSizeInUse", &dbSizeInUse)
    try f.field(10, "isLearner", &isLearner)
  }
}

package struct AlarmType: WireEnum {
  package static let none = AlarmType(rawValue: 0)
  package static let noSpace = AlarmType(rawValue: 1)
  package static let corrupt = AlarmType(rawValue: 2)
  package static let allCases = [none, noSpace, corrupt]

  package var rawValue: Int

  package init(rawValue: Int) {
    self.rawValue = rawValue
  }

  package var name: String {
    switch self {
    case .none: "NONE"
    case .noSpace: "NOSPACE"
    case .corrupt: "CORRUPT"
    default: ""
    }
  }
}

package struct AlarmRequest: Message {
  package enum Action: Int, WireEnum {
    case get = 0
    case activate = 1
    case deactivate = 2

    package var name: String {
      switch self {
      case .get: "GET"
      case .activate: "ACTIVATE"
      case .deactivate: "DEACTIVATE"
      }
    }
  }

  package var action = Action.get
  /// 0 is all members.
  package var memberID: UInt64 = 0
  /// `.none` is all alarms.
  package var alarm = AlarmType.none

  package init() {}

  package init(action: Action = .get, memberID: UInt64 = 0, alarm: AlarmType = .none) {
    self.action = action
    self.memberID = memberID
    self.alarm = alarm
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "action", &action)
    try f.field(2, "memberID", &memberID)
    try f.field(3, "alarm", &alarm)
  }
}

package struct AlarmResponse: Message {
  package struct AlarmMember: Message {
    package var memberID: UInt64 = 0
    package var alarm = AlarmType.none

    package init() {}

    package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
      try f.field(1, "memberID", &memberID)
      try f.field(2, "alarm", &alarm)
    }
  }

  package var header = ResponseHeader()
  package var alarms: [AlarmMember] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "alarms", &alarms)
  }
}

package typealias DefragmentRequest = EmptyRequest
package typealias DefragmentResponse = HeaderResponse

/// Of the member's whole database.
package typealias HashRequest = EmptyRequest

package struct HashResponse: Message {
  package var header = ResponseHeader()
  package var hash: UInt32 = 0

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "hash", &hash)
  }
}

/// Of the keys and their history, which is the same on all members.
package struct HashKVRequest: Message {
  /// The revision up to which keys count; 0 is the newest.
  package var revision: Int64 = 0

  package init() {}

  package init(revision: Int64) {
    self.revision = revision
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "revision", &revision)
  }
}

package struct HashKVResponse: Message {
  package var header = ResponseHeader()
  package var hash: UInt32 = 0
  /// The revision from which on keys count.
  package var compactRevision: Int64 = 0

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "hash", &hash)
    try f.field(3, "compact_revision", &compactRevision)
  }
}

package typealias SnapshotRequest = EmptyRequest

/// A part of the member's database. Comes in a `StreamDocument`.
package struct SnapshotResponse: Message {
  package var header = ResponseHeader()
  /// How many bytes follow in other parts.
  package var remainingBytes: UInt64 = 0
  package var blob = Bytes()

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "remaining_bytes", &remainingBytes)
    try f.field(3, "blob", &blob)
  }
}

package struct MoveLeaderRequest: Message {
  package var targetID: UInt64 = 0

  package init() {}

  package init(targetID: UInt64) {
    self.targetID = targetID
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "targetID", &targetID)
  }
}

package typealias MoveLeaderResponse = HeaderResponse

/// Known to servers from 3.5 on.
package struct DowngradeRequest: Message {
  package enum Action: Int, WireEnum {
    case validate = 0
    case enable = 1
    case cancel = 2

    package var name: String {
      switch self {
      case .validate: "VALIDATE"
      case .enable: "ENABLE"
      case .cancel: "CANCEL"
      }
    }
  }

  package var action = Action.validate
  package var version = ""

  package init() {}

  package init(action: Action, version: String) {
    self.action = action
    self.version = version
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "action", &action)
    try f.field(2, "version", &version)
  }
}

package struct DowngradeResponse: Message {
  package var header = ResponseHeader()
  package var version = ""

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "version", &version)
  }
}
