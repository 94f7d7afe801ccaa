import EtcdPacker
import EtcdTransport

package struct CallID: Numbered, Comparable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  package static func < (left: CallID, right: CallID) -> Bool { left.rawValue < right.rawValue }
}

package struct KeepaliveID: Numbered {
  package let rawValue: UInt64
}

package struct WatcherID: Numbered {
  package let rawValue: UInt64
}

/// One thing that the host is to be told: one callback.
package enum Delivery: Sendable {
  case call(CallID, Result<Answer, Failure>)
  /// A part of a call's answer; its end is yet to come.
  case part(CallID, Answer)
  case clusterState(ClusterReport)
  indirect case keepalive(KeepaliveID, KeepaliveReport)
  /// Whose key it is: to be answered with `Cluster.decide`.
  indirect case claimQuestion(KeepaliveID, KeyValue)
  /// What became of a value that was set.
  case value(CallID, ValueEnd)
  /// How a wait for several keepalives and watchers ended.
  case awaited(CallID, AwaitEnd)
  indirect case watcherState(WatcherID, WatcherReport)
  case batch(WatcherID, Batch)
  case closed(Failure?)
}

/// What the host is told when the state of the cluster has changed.
package struct ClusterReport: Sendable {
  package var state: ClusterState
  package var error: Failure?
  /// How many attempts in a row have failed.
  package var attempts: Int
}

/// The values are those of `ETCDCLI_CLUSTER_*`.
package enum ClusterState: Int32, CaseIterable, Sendable {
  case connecting = 1
  case ready = 2
  case unavailable = 3
  case closed = 4

  package var name: StaticString {
    switch self {
    case .connecting: "connecting"
    case .ready: "ready"
    case .unavailable: "unavailable"
    case .closed: "closed"
    }
  }
}
