import EtcdTransport

/// What the host is told when a watcher enters a state.
package struct WatcherReport: Sendable {
  package var state: WatcherState
  package var error: Failure?
  /// How many attempts in a row have failed.
  package var attempts: Int
  /// The revision that the host's picture has reached; 0: there is none yet.
  package var revision: Int64 = 0
  /// When it is backing off, until when.
  package var retryAt: Instant?
  /// What is left of that when it is told, in milliseconds.
  package var delayMs: Int64 = 0
  /// When the keys are read again: why.
  package var cause: ErrorCode?
  /// When it is live, where its stream comes from.
  package var endpoint = ""
}

/// The states of a watcher that the host sees; the values are those of `ETCDCLI_WATCHER_*`.
package enum WatcherState: Int32, CaseIterable, Sendable {
  case snapshot = 1
  case opening = 2
  case live = 3
  case backoff = 4
  case ended = 5

  package var name: StaticString {
    switch self {
    case .snapshot: "snapshot"
    case .opening: "opening"
    case .live: "live"
    case .backoff: "backoff"
    case .ended: "ended"
    }
  }
}

/// How a watcher is, when it is asked.
package struct WatcherStatus: Sendable {
  package var state = WatcherState.ended
  package var attempts = 0
  /// As `WatcherReport`'s.
  package var revision: Int64 = 0
  /// The greatest that etcd has told of.
  package var storeRevision: Int64 = 0
  /// How many revisions there may be that the host has not been told of.
  package var lag: Int64 = 0
  /// How long ago anything came on its stream, in milliseconds; -1: it has none.
  package var silentMs: Int64 = -1
  package var knownKeys = 0
  package var indexBytes = 0

  package init() {}
}
