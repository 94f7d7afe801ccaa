// The calls maintenance/status and maintenance/alarm, and GET /version.

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

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "version": version = try reader.string()
    case "dbSize": dbSize = try reader.int64()
    case "leader": leader = try reader.uint64()
    case "raftIndex": raftIndex = try reader.uint64()
    case "raftTerm": raftTerm = try reader.uint64()
    case "raftAppliedIndex": raftAppliedIndex = try reader.uint64()
    case "errors": errors = try reader.strings()
    case "dbSizeInUse": dbSizeInUse = try reader.int64()
    case "isLearner": isLearner = try reader.bool()
    default: break
    }
  }
}

package enum AlarmType: Int, WireEnum {
  case none = 0
  case noSpace = 1
  case corrupt = 2

  package var name: String {
    switch self {
    case .none: "NONE"
    case .noSpace: "NOSPACE"
    case .corrupt: "CORRUPT"
    }
  }
}

package struct AlarmRequest: Request {
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

  package var action: Action
  /// 0 is all members.
  package var memberID: UInt64
  /// `.none` is all alarms.
  package var alarm: AlarmType

  package init(action: Action = .get, memberID: UInt64 = 0, alarm: AlarmType = .none) {
    self.action = action
    self.memberID = memberID
    self.alarm = alarm
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("action", action)
    writer.field("memberID", memberID)
    writer.field("alarm", alarm)
  }
}

package struct AlarmResponse: Message {
  package struct AlarmMember: Message {
    package var memberID: UInt64 = 0
    package var alarm = AlarmType.none

    package init() {}

    package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
      switch field {
      case "memberID": memberID = try reader.uint64()
      case "alarm": alarm = try reader.enumeration()
      default: break
      }
    }
  }

  package var header = ResponseHeader()
  package var alarms: [AlarmMember] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "alarms": alarms = try reader.messages()
    default: break
    }
  }
}

/// What `GET /version` answers, without authentication.
package struct VersionResponse: Message {
  package var etcdserver = ""
  package var etcdcluster = ""

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "etcdserver": etcdserver = try reader.string()
    case "etcdcluster": etcdcluster = try reader.string()
    default: break
    }
  }
}
