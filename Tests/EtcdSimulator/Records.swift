import EtcdCore
import EtcdPacker
import EtcdTransport

// What the oracle keeps of what a host did and was told.

final class CallRecord {
  enum Kind {
    /// The value is put by no other call.
    case put(value: [UInt8])
    /// The range's end is used by no other call.
    case delete(rangeEnd: [UInt8])
    case range(RangeRequest)
  }

  let kind: Kind
  let host: Int
  let submittedAt: Instant
  /// The store's, when the call was made.
  let revision: Int64
  let timeout: Duration
  var ends = 0
  var outcome: Outcome?

  enum Outcome {
    case ok
    /// It is promised that nothing happened.
    case didNotHappen(ErrorCode)
    case unknown(ErrorCode)
  }

  init(_ kind: Kind, host: Int, at time: Instant, revision: Int64, timeout: Duration) {
    self.timeout = timeout
    self.kind = kind
    self.host = host
    submittedAt = time
    self.revision = revision
  }
}

final class WatcherRecord {
  let id: WatcherID
  let range: KeyRange
  let hasSnapshot: Bool
  let prevKV: Bool
  /// The revision that comes next; meaningless before the first snapshot is complete.
  var next: Int64
  /// What a host has that applied all events: a value and its `mod_revision` for each key.
  var picture: [[UInt8]: (value: [UInt8], mod: Int64)] = [:]
  /// Of the snapshot that is being delivered; 0: none is.
  var readingRevision: Int64 = 0
  var hasPicture: Bool
  var hasEnded = false
  /// What the host was told last, if anything.
  var state: WatcherState?
  var failure: Failure?
  /// Since when it has been live, and when that ended after a long time.
  var liveSince: Instant?
  var endedAfterLong: Instant?

  init(id: WatcherID, range: KeyRange, startRevision: Int64, prevKV: Bool) {
    self.id = id
    self.range = range
    hasSnapshot = startRevision == 0
    self.prevKV = prevKV
    next = startRevision
    hasPicture = startRevision != 0
  }
}

/// What was reported as removed.
struct Removal {
  let host: Int
  let key: [UInt8]
  let lease: Int64
  let heldRevision: Int64
}

final class KeepaliveRecord {
  let id: KeepaliveID
  let key: [UInt8]
  /// What the key is to hold.
  var value: [UInt8]
  /// What the host was told last.
  var told = KeepaliveState.waiting
  var isRemoved = false
  /// Told `ended` without an error after a removal.
  var isGone = false
  var lastLease: Int64 = 0
  /// The key's `mod_revision` when the host was last told that it is held.
  var heldRevision: Int64 = 0

  init(id: KeepaliveID, key: [UInt8], value: [UInt8]) {
    self.id = id
    self.key = key
    self.value = value
  }
}
