import EtcdPacker
import EtcdTransport
import TestSupport

@testable import EtcdCore

extension Instant {
  /// Milliseconds after the beginning of the tests' time.
  static func at(_ milliseconds: Int64) -> Instant {
    ScriptedTransport.beginning + .milliseconds(milliseconds)
  }
}

extension KeyValue {
  init(_ key: String, _ value: String = "", mod: Int64 = 0, lease: Int64 = 0) {
    self.init()
    self.key = Bytes(utf8: key)
    self.value = Bytes(utf8: value)
    modRevision = mod
    createRevision = mod
    version = 1
    self.lease = lease
  }
}

extension Event {
  static func put(_ key: String, _ value: String = "", at revision: Int64) -> Event {
    var event = Event()
    event.kv = KeyValue(key, value, mod: revision)
    return event
  }

  static func delete(_ key: String, at revision: Int64) -> Event {
    var event = Event()
    event.kind = .delete
    event.kv.key = Bytes(utf8: key)
    event.kv.modRevision = revision
    return event
  }

  /// `a=1@5` for a put, `-a@6` for a deletion.
  var text: String {
    kind == .put ? "\(kv.key)=\(kv.value)@\(kv.modRevision)" : "-\(kv.key)@\(kv.modRevision)"
  }
}

extension Batch {
  /// `snapshot-end 7: a=1@5 b=2@7`.
  var text: String {
    let name =
      switch origin {
      case .watch: "watch"
      case .snapshot(let isLast, let isResync): (isResync ? "resync" : "snapshot") + (isLast ? "-end" : "")
      case .stale(let isLast, let time): "stale\(isLast ? "-end" : "") of \(time)"
      }
    return (["\(name) \(revision):"] + events.map(\.text)).joined(separator: " ")
  }
}

extension Endpoints {
  /// `http://e1` and so on. The first one is current.
  init(count: Int) {
    var first: any RandomNumberGenerator = Dice.shortest
    self.init(
      seeds: (1...count).compactMap { try? Endpoint(parsing: "http://e\($0)") },
      backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)), probeInterval: .seconds(4),
      random: &first)
  }
}

extension Compare {
  /// The key does not exist.
  static func isAbsent(_ key: String) -> Compare {
    Compare(range: .single(utf8(key)), target: .create(0))
  }

  /// The key was last changed at this revision.
  static func isAt(_ revision: Int64, _ key: String) -> Compare {
    Compare(range: .single(utf8(key)), target: .mod(revision))
  }

  /// The key is bound to this lease; 0: to none.
  static func isOf(_ lease: Int64, _ key: String) -> Compare {
    Compare(range: .single(utf8(key)), target: .lease(lease))
  }
}

extension RequestOp {
  static func put(_ key: String, _ value: String, lease: Int64) -> RequestOp {
    .put(PutRequest(key: utf8(key), value: utf8(value), lease: lease))
  }

  static func delete(_ key: String) -> RequestOp {
    .deleteRange(DeleteRangeRequest(range: .single(utf8(key))))
  }
}

extension ResponseHeader {
  init(cluster: UInt64 = 1, revision: Int64) {
    self.init()
    clusterID = cluster
    self.revision = revision
  }
}

extension ClusterIdentity.Stamp {
  /// Of a request that is sent before anything was answered.
  static let first = ClusterIdentity(patience: .zero).stamp
}

extension Verdict {
  /// `failed unavailable, applied no, silent`.
  var text: String {
    switch self {
    case .success: "success"
    case .refused(let failure): "refused \(failure.code)"
    case .failed(let failure, let applied, let fault): "failed \(failure.code), applied \(applied), \(fault)"
    }
  }

  var failure: Failure? {
    switch self {
    case .success: nil
    case .refused(let failure), .failed(let failure, _, _): failure
    }
  }
}

extension Failure {
  static let unreachable = Failure(.unavailable, "connection refused")
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

extension Watch {
  /// The host has taken what there was of the reading that is under way.
  mutating func delivered() -> [Action] {
    guard case .reading(let snapshot) = state else { return [] }
    let origin = Batch.Origin.snapshot(isLast: snapshot.isComplete, isResync: snapshot.isResync)
    return delivered(Batch(events: [], revision: snapshot.revision, origin: origin))
  }
}
