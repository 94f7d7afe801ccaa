import EtcdPacker
import EtcdTransport

/// The set of services below a prefix: what a watcher delivers goes in, pictures and changes come out.
///
///     reading ──last batch of the snapshot──▶ following
///
/// While reading, nobody is there: the first picture, which may be one that was left on disk, is whole, or there is none.
/// Afterwards it is never taken back: not when the stream ends, nor while etcd is away; what vanished meanwhile comes as
/// deletions.
package struct Directory {
  package enum State {
    case reading
    case following
  }

  package enum Change {
    /// The first picture is whole.
    case complete
    case joined(Service)
    case changed(Service, from: Service)
    case left(Service)
    /// The value says nothing that is understood; who is there already stays as he is.
    case refused(KeyValue, String)
  }

  package private(set) var state = State.reading
  /// By key.
  package private(set) var services: [Service] = []
  /// What the picture has come to.
  package private(set) var revision: Int64 = 0
  /// How often `services` has changed.
  package private(set) var edition: UInt64 = 0
  /// Since when changes may be missing; `nil`: none are, as far as etcd has told.
  private var isBehindSince: Instant?
  private var freeNumbers: [UInt32] = []

  package init(now: Instant) {
    isBehindSince = now
  }

  /// For how long changes may have been missed, in milliseconds.
  package func behindMs(now: Instant) -> Int64 {
    isBehindSince.map { max((now - $0).wholeNanoseconds / 1_000_000, 0) } ?? 0
  }

  /// The watcher is live, or is not any more.
  package mutating func watcherIs(live: Bool, now: Instant) {
    if live {
      isBehindSince = nil
    } else if isBehindSince == nil {
      isBehindSince = now
    }
  }

  /// A batch with what the values of its puts say, one for each of its events.
  package mutating func take(_ batch: Batch, _ traits: [Result<ServiceTraits, Refused>]) -> [Change] {
    var changes: [Change] = []
    for (event, traits) in zip(batch.events, traits) {
      if let change = event.kind == .put ? put(event.kv, traits) : delete(event.kv.key) {
        if case .refused = change {} else { edition &+= 1 }
        changes.append(change)
      }
    }
    revision = batch.revision
    guard state == .reading else { return changes }
    // What was refused is told all the same: the host cannot see it in the picture.
    changes = changes.filter { if case .refused = $0 { true } else { false } }
    switch batch.origin {
    // What was left on disk is a picture too, until etcd says more.
    case .snapshot(isLast: true, _), .stale(isLast: true, _):
      state = .following
      edition &+= 1
      changes.append(.complete)
    case .snapshot, .stale, .watch: break
    }
    return changes
  }

  /// What it has was true so long ago.
  package mutating func isFrom(_ age: Duration, before now: Instant) {
    isBehindSince = now + (.zero - min(max(age, .zero), .seconds(315_360_000)))
  }

  /// Why a value is not understood.
  package struct Refused: Error {
    package var reason: String

    package init(_ reason: String) {
      self.reason = reason
    }
  }

  private mutating func put(_ kv: KeyValue, _ traits: Result<ServiceTraits, Refused>) -> Change? {
    let place = services.firstPlace { !($0.key < kv.key) }
    let before = place < services.count && services[place].key == kv.key ? services[place] : nil
    switch traits {
    case .failure(let refused):
      return .refused(kv, refused.reason)
    case .success(let traits):
      guard let before else {
        let service = Service(kv, traits, number: freeNumbers.popLast() ?? UInt32(truncatingIfNeeded: services.count))
        services.insert(service, at: place)
        return .joined(service)
      }
      if before.value == kv.value, before.traits == traits { return nil }
      let service = Service(kv, traits, number: before.number)
      services[place] = service
      return .changed(service, from: before)
    }
  }

  private mutating func delete(_ key: Bytes) -> Change? {
    let place = services.firstPlace { !($0.key < key) }
    guard place < services.count, services[place].key == key else { return nil }
    let service = services.remove(at: place)
    freeNumbers.append(service.number)
    return .left(service)
  }

  /// All of them, or nobody as long as not all are known.
  package var picture: DirectoryPicture {
    state == .following
      ? DirectoryPicture(services, revision: revision) : DirectoryPicture([], revision: 0)
  }
}
