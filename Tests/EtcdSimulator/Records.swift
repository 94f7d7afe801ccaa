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
    /// In pages.
    case pages(RangeRequest)
    /// Each value and each range's end is used once.
    case txn(TxnRequest)
  }

  let kind: Kind
  /// An answer from before is none.
  let minRevision: Int64
  let host: Int
  let submittedAt: Instant
  /// The store's, when the call was made.
  let revision: Int64
  /// Which store that was.
  let life: Int
  let timeout: Duration
  var ends = 0
  var outcome: Outcome?
  /// What has come in pages.
  var kvs: [KeyValue] = []
  /// Of a transaction that was answered: whether its conditions held.
  var succeeded = false

  enum Outcome {
    case ok
    /// It is promised that nothing happened.
    case didNotHappen(ErrorCode)
    case unknown(ErrorCode)
  }

  init(
    _ kind: Kind, host: Int, at time: Instant, revision: Int64, life: Int, timeout: Duration, minRevision: Int64
  ) {
    self.minRevision = minRevision
    self.life = life
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
  /// What the range was made of, if it was made of a prefix: then the keys are those, whatever the range says.
  let prefix: [UInt8]?
  let hasSnapshot: Bool
  let prevKV: Bool
  let wish: WatcherOptions
  /// Keys that a resync has told as vanished, since the picture was last whole.
  var vanished: Set<[UInt8]> = []
  /// The revision that comes next; meaningless before the first snapshot is complete.
  var next: Int64
  /// What a host has that applied all events: a value and its `mod_revision` for each key.
  var picture: [[UInt8]: (value: [UInt8], mod: Int64)] = [:]
  /// What a directory makes of it all, and who is there for one who hears of its changes alone.
  var directory = Directory(now: Instant(nanoseconds: 0))
  var heardOf: Set<[UInt8]> = []
  /// What it is to have of what it understood.
  var understood: [[UInt8]: [UInt8]] = [:]
  /// Of the snapshot that is being delivered; 0: none is.
  var readingRevision: Int64 = 0
  var hasPicture: Bool
  var hasEnded = false
  /// Its first picture was delivered whole, or, without one, it has been live.
  var wasThere = false
  /// What the host was told last, if anything.
  var state: WatcherState?
  /// The stores of which all that it was told is true: the one that it follows is among them.
  var lives: [Int]
  /// Those that the last whole picture may be of.
  var livesBefore: [Int]
  /// It has begun to read or to follow: it may not change over to another store without saying so.
  var isBound = false
  /// Which store there was when it was made.
  let firstLife: Int
  /// The host was told that the store was replaced, and it has nothing to compare with.
  var hasToEnd = false
  /// Nothing says that the store will ever get there.
  let beginsInFuture: Bool
  var failure: Failure?
  /// Since when it has been live, and when that ended after a long time.
  var liveSince: Instant?
  var endedAfterLong: Instant?
  /// That something in its way is larger than it may be, since it last got anything.
  var wasToldTooLarge = false
  /// When it last got past what was too large.
  var gotPastAt: Instant?

  init(
    id: WatcherID, range: KeyRange, prefix: [UInt8]?, startRevision: Int64, prevKV: Bool, _ wish: WatcherOptions,
    etcd: SimulatedEtcd
  ) {
    self.wish = wish
    firstLife = etcd.life
    lives = [etcd.life]
    livesBefore = lives
    beginsInFuture = startRevision > etcd.store.revision + 1
    self.id = id
    self.range = range
    self.prefix = prefix
    hasSnapshot = startRevision == 0
    self.prevKV = prevKV
    next = startRevision
    hasPicture = startRevision != 0
  }

  /// Whether lost changes are made up for.
  var resyncs: Bool { hasSnapshot && wish.resyncs }

  /// Whether it is known what the host has been told of each key.
  var remembers: Bool { resyncs && wish.wantsDeletes }

  func wants(_ kind: Event.Kind) -> Bool { kind == .put ? wish.wantsPuts : wish.wantsDeletes }

  /// What the host gets of a value.
  func given(_ value: [UInt8]) -> [UInt8] { wish.keysOnly ? [] : value }

  func state(of store: Store, at revision: Int64) -> [StoredKV] {
    guard let prefix else { return store.state(of: range, at: revision) }
    return store.state(of: .all, at: revision).filter { $0.key.starts(with: prefix) }
  }

  func events(of store: Store, in revisions: ClosedRange<Int64>) -> [Change] {
    guard let prefix else { return store.events(of: range, in: revisions).filter { wants($0.kind) } }
    return store.events(of: .all, in: revisions).filter { wants($0.kind) && $0.kv.key.starts(with: prefix) }
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
  let policy: ClaimPolicy
  /// What the key is to hold.
  var value: [UInt8] {
    didSet { values.insert(value) }
  }
  /// All that it ever was to hold.
  private(set) var values: Set<[UInt8]>
  /// What was set, one after the other.
  var sets: [[UInt8]] = []
  /// Which of them it was last told of what became of it.
  var lastValueEnd = -1
  /// What the host was told last.
  var told = KeepaliveState.waiting
  var isRemoved = false
  /// It claims anew what was another's.
  var isRetried = false
  /// Told `ended` without an error after a removal.
  var isGone = false
  var lastLease: Int64 = 0
  /// The key's `mod_revision` when the host was last told that it is held, and the lease.
  var heldRevision: Int64 = 0
  var heldLease: Int64 = 0
  /// Why not, when it was last told of WAITING, CLAIMING or HELD with a reason, since it was told of something better.
  var error: Failure?
  /// Since when the host has waited for it to be held, or for a reason why not.
  var unexplainedSince: Instant?
  /// The last value that etcd has refused as too large while the host wanted it.
  var refusedValue: [UInt8]?
  /// How often it may yet be told that the value is refused: once for each that was set, and again when it is held again.
  var refusalsDue = 0
  /// One of its values was too large.
  var hasBeenTooLarge = false

  /// Whether etcd will not have what the key is to hold.
  var isTooLarge: Bool { key.count + value.count > Store.Command.sizeLimit }

  init(id: KeepaliveID, _ claim: Claim, at time: Instant) {
    self.id = id
    unexplainedSince = time
    key = claim.key
    policy = claim.policy
    value = claim.value
    values = [value]
  }
}
