import EtcdCore
import Glibc
import Synchronization

/// What stands behind a host's handles.
///
/// The pointer that a host holds is a ticket: a kind, a generation and a slot number, never an address. So a handle that
/// was freed, or is of another kind, or was never one, is recognised instead of followed. The high bits of a ticket lie
/// outside of what a process can address, so no real pointer is ever taken for one.
///
/// One table for the process, behind a lock that is held for a few instructions, because clusters live on different
/// threads and `etcdcli_cluster_wakeup` may come from any.
final class HandleTable: @unchecked Sendable {
  static let shared = HandleTable()

  private struct Slot {
    var generation: UInt32 = 0
    var object: (any Handle)?
    var waker: Waker?
    /// How often this process, or one of its ancestors, had forked when the handle was made.
    var forks = 0
  }

  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private var slots: [Slot] = []
  private var free: [Int] = []
  private static let slotLimit = 1 << 28
  private static let forks = Atomic<Int>(0)

  private init() {
    lock = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    // A fork while another thread holds the lock would leave the child with a lock that nobody opens.
    pthread_atfork(
      { pthread_mutex_lock(HandleTable.shared.lock) },
      { pthread_mutex_unlock(HandleTable.shared.lock) },
      {
        HandleTable.forks.add(1, ordering: .relaxed)
        pthread_mutex_unlock(HandleTable.shared.lock)
      })
  }

  private func withLock<R>(_ body: () -> R) -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body()
  }

  /// A ticket for the object, or `nil` when there are no more.
  func insert(_ object: some Handle, waker: Waker? = nil) -> OpaquePointer? {
    withLock {
      let index: Int
      if let reused = free.popLast() {
        index = reused
      } else {
        guard slots.count < Self.slotLimit else { return nil }
        index = slots.count
        slots.append(Slot())
      }
      slots[index].object = object
      slots[index].waker = waker
      slots[index].forks = Self.forks.load(ordering: .relaxed)
      return Self.ticket(type(of: object).kind, generation: slots[index].generation, index: index)
    }
  }

  /// What stands behind the ticket. From a forked child, only with `evenIfForked`.
  func find<H: Handle>(
    _ ticket: OpaquePointer?, as type: H.Type, evenIfForked: Bool = false
  ) throws(CallError) -> H {
    // One look at the table: this is a part of each call of the host's.
    let (object, forks) = withLock { Self.look(up: ticket, kind: H.kind, in: slots) }
    guard let object = object as? H else { throw CallError.handle(H.kind) }
    if !evenIfForked, forks != Self.forks.load(ordering: .relaxed) { throw CallError.forked }
    return object
  }

  private static func look(
    up ticket: OpaquePointer?, kind: HandleKind, in slots: [Slot]
  ) -> (object: (any Handle)?, forks: Int) {
    guard let index = index(of: ticket, kind: kind, in: slots) else { return (nil, 0) }
    return (slots[index].object, slots[index].forks)
  }

  /// The waker of a cluster, which alone may be used by any thread: what else a cluster owns must not be let go of there.
  func findWaker(_ ticket: OpaquePointer?) throws(CallError) -> Waker {
    let found = withLock {
      slot(of: ticket, kind: .cluster).map { (slots[$0].waker, slots[$0].forks) }
    }
    guard let (waker, forks) = found, let waker else { throw CallError.handle(.cluster) }
    if forks != Self.forks.load(ordering: .relaxed) { throw CallError.forked }
    return waker
  }

  /// Whether the handle was made by this process' parent.
  func isForked(_ ticket: OpaquePointer?) -> Bool {
    withLock {
      HandleKind.allCases.contains { kind in
        slot(of: ticket, kind: kind).map { slots[$0].forks != Self.forks.load(ordering: .relaxed) } ?? false
      }
    }
  }

  /// Makes the ticket stale.
  func remove(_ ticket: OpaquePointer?, kind: HandleKind) {
    // What is released here may run code of the host's: not under the lock.
    var released: (any Handle)?
    withLock {
      guard let index = slot(of: ticket, kind: kind) else { return }
      released = slots[index].object
      slots[index].object = nil
      slots[index].waker = nil
      slots[index].generation &+= 1
      free.append(index)
    }
    withExtendedLifetime(released) {}
  }

  // MARK: Tickets

  private static func ticket(_ kind: HandleKind, generation: UInt32, index: Int) -> OpaquePointer? {
    OpaquePointer(bitPattern: kind.rawValue << 60 | UInt(generation) << 28 | UInt(index))
  }

  private func slot(of ticket: OpaquePointer?, kind: HandleKind) -> Int? {
    Self.index(of: ticket, kind: kind, in: slots)
  }

  private static func index(of ticket: OpaquePointer?, kind: HandleKind, in slots: [Slot]) -> Int? {
    let bits = UInt(bitPattern: ticket)
    let index = Int(bits & 0xFFF_FFFF)
    guard bits >> 60 == kind.rawValue, index < slots.count, slots[index].object != nil,
      slots[index].generation == UInt32(truncatingIfNeeded: bits >> 28)
    else { return nil }
    return index
  }
}

/// What a ticket may stand for.
protocol Handle: AnyObject {
  static var kind: HandleKind { get }
}

enum HandleKind: UInt, CaseIterable {
  case config = 1
  case cluster = 2
  case keepalive = 3
  case watcher = 4
  case txn = 5
  case directory = 6
  case filter = 7

  var name: String {
    switch self {
    case .config: "config"
    case .cluster: "cluster"
    case .keepalive: "keepalive"
    case .watcher: "watcher"
    case .txn: "transaction"
    case .directory: "directory"
    case .filter: "filter"
    }
  }
}
