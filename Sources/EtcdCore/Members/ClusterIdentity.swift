import EtcdPacker
import EtcdTransport

/// Which store the cluster talks to: that of one etcd cluster, in one of its lives.
///
///     unknown ──▶ known, era 0 ──▶ known, era 1 ──▶ …
///
/// Every answer names the cluster that it is from, and the first one decides. The store is another, and a new era begins,
/// when
///
/// - another cluster answers, and ours does not any more at any other endpoint. For as long as it does, an endpoint that
///   answers with another id is no good: two clusters are configured as one, or a member was made anew by mistake.
/// - its revision goes back: it was restored from a backup, or made anew under the old id, which etcd derives from the
///   members' URLs and a token. Members lag behind each other, so only an answer that is in the order of all writes
///   shows that; any other one is a reason to ask for such an answer.
///
/// What was asked in an earlier era says nothing about this one: an answer of the former store, that was under way when it
/// was replaced, does not bring it back.
struct ClusterIdentity {
  /// What was known when a request was sent.
  struct Stamp: Equatable {
    fileprivate let era: Int
    /// The store had come so far by then.
    fileprivate let revision: Int64
  }

  enum Finding: Equatable {
    case known
    /// From a member that lags, or a store that went back: `ask` for an answer in the order of all writes.
    case behind
    /// It was asked in an earlier era.
    case outdated
    /// Another cluster's; it is not ours that has become another.
    case foreign(Failure)
    /// The store is another from now on, and this is its answer.
    case replaced(Failure)
  }

  /// 0: nothing has been answered yet.
  private(set) var clusterID: UInt64 = 0
  private var era = 0
  private var eraBegan = Instant(nanoseconds: .min)
  /// The store is known to have come so far.
  private(set) var revision: Int64 = 0
  /// An answer in the order of all writes was asked for.
  private var isAsking = false
  /// How long an era lasts at least before another cluster is believed: two that answer in turns must not take turns
  /// with every answer. And for how long an endpoint that has named our cluster counts as a part of it, even if it fails.
  var patience: Duration

  init(patience: Duration) {
    self.patience = patience
  }

  var stamp: Stamp { Stamp(era: era, revision: revision) }

  /// What an answer says. `isOrdered`: its revision is in the order of all writes. `isElsewhere`: whether ours may
  /// still answer at an endpoint other than the one that this is from.
  mutating func heard(
    _ header: ResponseHeader, isOrdered: Bool, sentWith stamp: Stamp, isElsewhere: @autoclosure () -> Bool, now: Instant
  ) -> Finding {
    // A renewal without one says nothing.
    if header.clusterID == 0 { return .known }
    if stamp.era != era { return .outdated }
    if clusterID == 0 {
      clusterID = header.clusterID
      eraBegan = now
    }
    guard header.clusterID == clusterID else {
      let ids = "\(Self.text(header.clusterID)) and not \(Self.text(clusterID))"
      if now < eraBegan + patience || isElsewhere() {
        return .foreign(Failure(.unavailable, "the endpoint belongs to another etcd cluster, \(ids)"))
      }
      return replace(with: header, "another etcd cluster answers, \(ids)", now: now)
    }
    if header.revision > 0, header.revision < stamp.revision {
      if isOrdered {
        let revisions = "from revision \(stamp.revision) to \(header.revision)"
        return replace(with: header, "etcd's store went back, \(revisions)", now: now)
      }
      return .behind
    }
    revision = max(revision, header.revision)
    return .known
  }

  /// What is to be asked because of `behind`; `nil` if it is being asked already.
  mutating func ask() -> Operation? {
    if isAsking { return nil }
    isAsking = true
    return Probe.question
  }

  /// What was asked was answered, or was not.
  mutating func askingEnded() {
    isAsking = false
  }

  private mutating func replace(with header: ResponseHeader, _ what: String, now: Instant) -> Finding {
    clusterID = header.clusterID
    era += 1
    eraBegan = now
    revision = max(0, header.revision)
    return .replaced(Failure(.clusterChanged, what))
  }

  /// As etcdctl has ids.
  private static func text(_ id: UInt64) -> String { String(id, radix: 16) }
}
