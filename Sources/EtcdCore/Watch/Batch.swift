import EtcdPacker

/// One delivery of a watcher: whole revisions only.
package struct Batch: Sendable {
  package var events: [Event]
  /// The revision the host's picture has reached with it.
  package var revision: Int64
  package var origin: Origin
  /// What etcd said of itself with it, as far as it did.
  package var header = ResponseHeader()
  /// How many messages of the stream brought it.
  package var messages = 1

  package enum Origin: Hashable, Sendable {
    case watch
    /// Read, as a part of a snapshot; `isResync`: of one that was read again, and holds only what differs.
    case snapshot(isLast: Bool, isResync: Bool)
    /// Of the picture that an earlier process left on disk, which was true at `time`, in milliseconds since 1970.
    case stale(isLast: Bool, time: Int64)
  }
}
