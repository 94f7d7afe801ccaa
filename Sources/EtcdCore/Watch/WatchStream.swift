import EtcdTransport

/// The open stream of a watcher.
struct WatchStream {
  let transfer: TransferID
  let target: Endpoints.Target
  let reader: WatchReader
  let openedAt: Instant
  /// What its request carried.
  let pass: Pass
  /// Of the store that was known then.
  let stamp: ClusterIdentity.Stamp
  /// When anything last came on it.
  var heardAt: Instant
  /// When it is given up unless etcd has confirmed it by then: bytes that never become a message are no watch.
  var confirmBy: Instant?
  /// Etcd has said that the watch is there.
  var isConfirmed = false
  /// It is one more than its member is known to take.
  var isTry = false
  /// Its next message, or its end, waits for the host.
  var isInLine = false
  /// It is not read.
  var isPaused = false
  /// Whether it should be is decided when the turn ends.
  var isUnsettled = false
}
