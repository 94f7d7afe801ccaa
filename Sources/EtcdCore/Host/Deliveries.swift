import DequeModule
import EtcdPacker
import EtcdTransport

/// What the host is to be told, in line, and the window of each watcher and keepalive.
struct Deliveries {
  /// How many reports of one watcher or keepalive may wait for the host before it makes no further attempt that would
  /// lead to more: this, and the few that follow from one event, is what a host that does not keep up costs in memory.
  static let window: Int32 = 8

  /// It goes through many hands: what is large and rare has memory of its own.
  enum Item {
    case call(CallID, Result<Answer, Failure>, hadPlace: Bool)
    /// The next part of this call's answer, or its end.
    case part(CallID)
    indirect case watcherState(WatcherID, WatcherReport)
    case batch(WatcherID, Batch)
    indirect case keepalive(KeepaliveID, KeepaliveReport)
    indirect case claimQuestion(KeepaliveID, KeyValue)
    case value(CallID, ValueEnd)
    /// The end of this wait, if it is one when its turn comes.
    case awaited(CallID)
    case closed(Failure?)
    /// The state has changed; it is looked up when its turn comes, so that a cluster that flaps does not fill the line.
    case state
    /// The next message of this watcher's stream, which is decoded only when its turn comes: that bounds what a flood
    /// costs a frame.
    case message(WatcherID)
  }

  /// Who has a window.
  enum Recipient: Hashable {
    case watcher(WatcherID)
    case keepalive(KeepaliveID)
  }

  /// The ids of watchers and of keepalives in one.
  private struct Number: Numbered {
    let rawValue: UInt64

    init(_ recipient: Recipient) {
      rawValue =
        switch recipient {
        case .watcher(let id): id.rawValue << 1
        case .keepalive(let id): id.rawValue << 1 | 1
        }
    }
  }

  /// What `next` found.
  struct Taken {
    let item: Item
    /// Newer tidings have overtaken it.
    var isStale = false
    /// Whose window has room again.
    var reopened: Recipient?
  }

  /// A class, so that what waits in line finds it without a look-up.
  private final class Window {
    let recipient: Recipient
    var undelivered: Int32 = 0
    /// How often something urgent has made stale what waited before it.
    var epoch: Int32 = 0
    /// Nothing that waits for it is handed out any more.
    var isClosed = false

    init(of recipient: Recipient) {
      self.recipient = recipient
    }
  }

  private struct Waiting {
    let item: Item
    var window: Window?
    var epoch: Int32 = 0
  }

  private var line = Deque<Waiting>()
  /// The most that was in it since it was empty: the memory of many thousands, all of whom began at once, is not kept.
  private var longest = 0
  private static let mostKept = 256
  /// Goes before all that is in line.
  private var urgent = Deque<Waiting>()
  private var windows = NumberedTable<Number, Window>()

  var isEmpty: Bool { line.isEmpty && urgent.isEmpty }

  var count: Int { line.count + urgent.count }

  // MARK: Windows

  mutating func open(_ recipient: Recipient) {
    close(recipient)
    windows[Number(recipient)] = Window(of: recipient)
  }

  /// Nothing that waits for it, or comes later, is handed out.
  mutating func close(_ recipient: Recipient) {
    windows.removeValue(forKey: Number(recipient))?.isClosed = true
  }

  func isFull(_ recipient: Recipient) -> Bool {
    windows[Number(recipient)].map { $0.undelivered >= Self.window } ?? false
  }

  // MARK: In

  /// Puts in line what is for nobody in particular.
  mutating func append(_ item: consuming Item) {
    enqueue(Waiting(item: item))
  }

  private mutating func enqueue(_ waiting: consuming Waiting) {
    line.append(waiting)
    longest = max(longest, line.count)
  }

  private mutating func dequeue() -> Waiting? {
    defer {
      if line.isEmpty, longest > 0 {
        if longest > Self.mostKept { line = [] }
        longest = 0
      }
    }
    return line.popFirst()
  }

  mutating func append(_ item: consuming Item, for recipient: Recipient) {
    guard let window = windows[Number(recipient)] else { return }
    window.undelivered += 1
    enqueue(Waiting(item: item, window: window, epoch: window.epoch))
  }

  /// Goes before everything, and makes stale what waits for the same recipient.
  mutating func overtake(with item: consuming Item, for recipient: Recipient) {
    guard let window = windows[Number(recipient)] else { return }
    window.undelivered += 1
    window.epoch &+= 1
    urgent.append(Waiting(item: item, window: window, epoch: window.epoch))
  }

  // MARK: Out

  /// The next item whose recipient is still there.
  mutating func next() -> Taken? {
    while let waiting = urgent.popFirst() ?? dequeue() {
      guard let window = waiting.window else { return Taken(item: waiting.item) }
      if window.isClosed { continue }
      var taken = Taken(item: waiting.item, isStale: waiting.epoch != window.epoch)
      if window.undelivered == Self.window { taken.reopened = window.recipient }
      window.undelivered -= 1
      return taken
    }
    return nil
  }

  /// Forgets everything. Returns the ends of calls that were not handed out.
  mutating func removeAll() -> [(CallID, Result<Answer, Failure>)] {
    defer {
      line = []
      urgent = []
      windows = [:]
    }
    return line.compactMap { waiting in
      if case .call(let id, let result, _) = waiting.item { (id, result) } else { nil }
    }
  }
}
