import EtcdPacker

@testable import EtcdCore

/// What comes on the stream of a watch.
enum StreamItem {
  case message(WatchResponse)
  case error(EtcdError)
  /// Shows life, and says nothing.
  case blank
  /// What etcd would not say.
  case foreign
  /// So many bytes of a message that never comes to its end.
  case endless(Int)

  static func watch(
    cluster: UInt64 = 1, revision: Int64, created: Bool = false, fragment: Bool = false, _ events: [Event] = []
  ) -> StreamItem {
    .message(WatchResponse(cluster: cluster, revision: revision, created: created, fragment: fragment, events))
  }

  static func compacted(_ revision: Int64) -> StreamItem { .message(.compacted(revision)) }
}
