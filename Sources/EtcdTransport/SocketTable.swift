import CSystem
import Glibc

/// Which of libcurl's sockets epoll watches, and for what.
///
/// Changes are collected and applied together, just before epoll is asked, so that those which cancel out cost no system
/// call. And a connection that libcurl has lost interest in stays in epoll: between two requests libcurl always takes its
/// interest back, to declare it again with the next. A server that speaks or hangs up meanwhile wakes the host once;
/// then the connection is taken out.
///
/// A paused transfer's sockets are taken out of epoll altogether, since `EPOLLHUP` and `EPOLLERR` are reported even for
/// an empty interest and would keep the reactor's descriptor readable for nothing.
final class SocketTable {
  private struct Number: Numbered {
    let rawValue: UInt64

    init(_ socket: Int32) { rawValue = UInt64(UInt32(bitPattern: socket)) }
  }

  private struct Entry {
    /// What libcurl wants, in epoll's bits; 0 once it wants nothing.
    var wanted: UInt32 = 0
    /// What epoll has; 0 for a socket that is not in it.
    var registered: UInt32 = 0
    /// Told apart by this: a socket, and a later one with the same number.
    var generation: UInt32
    var owner: TransferID?
    var isPaused = false
    /// It is a connection: libcurl announces that it closes it. Of its other sockets (a resolver's) it does not, so these
    /// are not left in epoll.
    var isConnection = false
    /// Nobody wanted it when epoll reported it.
    var isDisturbing = false
    var isDirty = false

    /// What epoll should have.
    var target: UInt32 {
      if isPaused { return 0 }
      return wanted == 0 && isConnection && !isDisturbing ? registered : wanted
    }
  }

  private var epoll: Descriptor?
  private let entries = OwnTable<Number, Entry>()
  private var dirty: [Int32] = []
  private var generation: UInt32 = 0

  init(epoll: Descriptor) {
    self.epoll = epoll
  }

  /// Gives up the epoll; nothing is watched any more.
  func close() {
    epoll = nil
    entries.removeAll()
    dirty = []
  }

  /// Whether a change waits for `flush`.
  var hasChanges: Bool { !dirty.isEmpty }

  /// What libcurl wants to hear of a socket from now on; nothing, for a `wanted` of 0.
  func want(_ socket: Int32, _ wanted: UInt32, for owner: TransferID?, isPaused: Bool) {
    guard var entry = entries[Number(socket)] ?? (wanted == 0 ? nil : makeEntry()) else { return }
    entry.wanted = wanted
    entry.owner = wanted == 0 ? nil : owner
    entry.isPaused = isPaused && wanted != 0
    entry.isDisturbing = false
    store(entry, for: socket)
  }

  func setPaused(_ isPaused: Bool, _ socket: Int32, of owner: TransferID) {
    guard var entry = entries[Number(socket)], entry.owner == owner, entry.isPaused != isPaused else { return }
    entry.isPaused = isPaused
    store(entry, for: socket)
  }

  /// A socket is about to be closed. Closing alone would take it out of epoll only when no forked child holds it too;
  /// with one, epoll would go on reporting a socket that nobody here could name any more.
  func closing(_ socket: Int32) {
    guard let entry = entries.remove(Number(socket)), entry.registered != 0 else { return }
    if let epoll { _ = System.control(epoll, EPOLL_CTL_DEL, socket, events: 0, tag: 0) }
  }

  /// A new connection has this number; whatever is known of the number belongs to a socket that was closed unseen.
  func opened(_ socket: Int32) {
    var entry = makeEntry()
    entry.isConnection = true
    entries.set(entry, Number(socket))
  }

  /// Makes epoll's idea of the sockets the same as libcurl's, and returns the owners of sockets that epoll refused,
  /// with the `errno`: nothing would ever be heard of them.
  func flush() -> [(owner: TransferID, errno: Int32)] {
    guard !dirty.isEmpty else { return [] }
    var refused: [(owner: TransferID, errno: Int32)] = []
    var changed = exchange(&dirty, with: [])
    for socket in changed {
      guard var entry = entries[Number(socket)], entry.isDirty else { continue }
      entry.isDirty = false
      let target = entry.target
      if target != entry.registered {
        if let code = change(socket, from: entry.registered, to: target, tag: tag(socket, entry)) {
          if let owner = entry.owner { refused.append((owner, code)) }
          entry.registered = 0
        } else {
          entry.registered = target
        }
      }
      entries.set(entry.wanted == 0 && !entry.isConnection ? nil : entry, Number(socket))
    }
    changed.removeAll(keepingCapacity: true)
    dirty = changed
    return refused
  }

  /// The socket an event is about; `nil` if that socket is gone, paused or unwanted.
  func socket(of event: epoll_event) -> Int32? {
    let socket = Int32(truncatingIfNeeded: event.data.u64)
    guard var entry = entries[Number(socket)], entry.generation == UInt32(truncatingIfNeeded: event.data.u64 >> 32)
    else {
      return nil
    }
    if entry.wanted == 0 {
      entry.isDisturbing = true
      store(entry, for: socket)
      return nil
    }
    return entry.isPaused ? nil : socket
  }

  /// Which of the things that libcurl waits for at a socket are there at this moment, or its end, in epoll's bits; 0 for
  /// one that is paused or unwanted. Costs a system call.
  func readiness(of socket: Int32) -> UInt32 {
    guard let entry = entries[Number(socket)], entry.wanted != 0, !entry.isPaused else { return 0 }
    return System.readiness(of: socket, entry.wanted)
  }

  private func makeEntry() -> Entry {
    // The highest bit is for tags of other sockets (`HTTP2Pool`).
    generation = (generation + 1) & 0x7FFF_FFFF
    return Entry(generation: generation)
  }

  private func store(_ entry: Entry, for socket: Int32) {
    var entry = entry
    if !entry.isDirty {
      entry.isDirty = true
      var changed = exchange(&dirty, with: [])
      changed.append(socket)
      dirty = changed
    }
    entries.set(entry, Number(socket))
  }

  private func tag(_ socket: Int32, _ entry: Entry) -> UInt64 {
    UInt64(entry.generation) << 32 | UInt64(UInt32(bitPattern: socket))
  }

  /// Registers, changes or removes a socket, and returns the `errno` if it could not be done. Sockets are closed, and
  /// their numbers used again, in ways that this table may not have seen (field notes, libcurl), so what epoll has can
  /// differ from what it should have; each way of differing is put right here.
  private func change(_ socket: Int32, from old: UInt32, to new: UInt32, tag: UInt64) -> Int32? {
    guard let epoll else { return EBADF }
    if new == 0 {
      // ENOENT, EBADF: closed already, and gone from epoll with that.
      _ = System.control(epoll, EPOLL_CTL_DEL, socket, events: 0, tag: 0)
      return nil
    }
    let first = old == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
    switch System.control(epoll, first, socket, events: new, tag: tag) {
    case EEXIST: return System.control(epoll, EPOLL_CTL_MOD, socket, events: new, tag: tag)
    case ENOENT: return System.control(epoll, EPOLL_CTL_ADD, socket, events: new, tag: tag)
    case let result: return result
    }
  }
}
