import EtcdTransport

/// What a host can wait for.
package enum Awaited: Hashable, Sendable {
  case keepalive(KeepaliveID)
  case watcher(WatcherID)
}

/// How a wait ended.
package struct AwaitEnd: Sendable {
  /// `nil`: all of it is there.
  package var failure: Failure?
  /// How many of how many are there.
  package var ready: Int
  package var total: Int
  /// Which it failed for, or the first that is missing.
  package var culprit: Awaited?
}

/// One wait of the host's, until all of a set is there.
///
///     waiting ⇄ complete ──▶ ended
///        └─────────────────────▲  one cannot come any more, the time is up, or it was cancelled
///
/// It goes by what the host has been told, so that its end never comes before what it depends on. `complete`: nothing is
/// missing, and the end is in line; should something be missing again when its turn comes, the wait goes on.
struct Await {
  enum State: Equatable {
    case waiting
    case complete
    case ended(Failure, Awaited?)
  }

  private(set) var state = State.waiting
  private let deadline: Instant?
  /// In the host's order; what was freed is not in it any more.
  private(set) var wanted: [Awaited]
  private var isThere: [Awaited: Bool] = [:]
  private var missing = 0

  /// What is named twice counts once.
  init(for wanted: [Awaited], deadline: Instant?) {
    self.deadline = deadline
    self.wanted = []
    for awaited in wanted where isThere.updateValue(false, forKey: awaited) == nil { self.wanted.append(awaited) }
    missing = self.wanted.count
  }

  var ready: Int { wanted.count - missing }

  /// When `tick` has something to do.
  var wakeTime: Instant? { state == .waiting ? deadline : nil }

  var firstMissing: Awaited? { wanted.first { isThere[$0] == false } }

  /// Returns whether the end is to be put in line.
  mutating func told(_ awaited: Awaited, isThere: Bool, over failure: Failure?) -> Bool {
    guard let before = self.isThere[awaited] else { return false }
    let isThere = isThere && failure == nil
    if before != isThere {
      self.isThere[awaited] = isThere
      missing += isThere ? -1 : 1
    }
    return failure.map { end($0, awaited) } ?? lookWhetherComplete()
  }

  /// The host has freed it, and does not wait for it any more. Returns whether the end is to be put in line.
  mutating func forget(_ awaited: Awaited) -> Bool {
    guard let wasThere = isThere.removeValue(forKey: awaited) else { return false }
    wanted.removeAll { $0 == awaited }
    if !wasThere { missing -= 1 }
    return lookWhetherComplete()
  }

  /// Returns whether the end is to be put in line.
  mutating func lookWhetherComplete() -> Bool {
    guard state == .waiting, missing == 0 else { return false }
    state = .complete
    return true
  }

  func isDue(now: Instant) -> Bool {
    guard let wakeTime else { return false }
    return wakeTime <= now
  }

  /// Returns whether the end is to be put in line; it is there already if all was complete.
  mutating func end(_ failure: Failure, _ culprit: Awaited?) -> Bool {
    let isInLine = state != .waiting
    if case .ended = state { return false }
    state = .ended(failure, culprit)
    return !isInLine
  }

  /// The turn of the end has come. Returns `nil` if something is missing again.
  mutating func take(isStillThere: (Awaited) -> Bool) -> AwaitEnd? {
    switch state {
    // The host, which came late, has been told since that all is there.
    case .ended(let failure, _)
    where failure.code == .timeout && !wanted.isEmpty && missing == 0 && wanted.allSatisfy(isStillThere):
      return AwaitEnd(failure: nil, ready: ready, total: wanted.count, culprit: nil)
    case .ended(let failure, let culprit):
      return AwaitEnd(failure: failure, ready: ready, total: wanted.count, culprit: culprit)
    case .complete where missing == 0 && wanted.allSatisfy(isStillThere):
      return AwaitEnd(failure: nil, ready: ready, total: wanted.count, culprit: nil)
    case .complete, .waiting:
      state = .waiting
      return nil
    }
  }
}
