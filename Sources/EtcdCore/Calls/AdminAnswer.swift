import EtcdPacker

/// The answer to what administers, and to what goes by a path: what it says, without how it was asked for.
package struct AdminAnswer: Sendable {
  package enum Content: Sendable {
    /// It was done.
    case nothing
    case members([Member], added: Member?)
    case authStatus(isEnabled: Bool, revision: UInt64)
    /// Of users or of roles.
    case names([String])
    case permissions([Permission])
    case status(StatusResponse)
    case alarms([AlarmResponse.AlarmMember])
    case hash(UInt32, compactRevision: Int64)
    /// A part of a database, and how many bytes follow it.
    case snapshot(Bytes, remaining: UInt64)
    /// As it came.
    case json(Bytes)
  }

  package var header: ResponseHeader
  package var content: Content

  package init(header: ResponseHeader, content: Content) {
    self.header = header
    self.content = content
  }
}
