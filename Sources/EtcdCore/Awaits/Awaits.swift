import EtcdPacker
import EtcdTransport

/// The waits of the host's, and what it was told last of all that it could wait for.
struct Awaits {
  /// What the host was told of a keepalive or watcher.
  private struct Standing {
    enum State {
      case keepalive(KeepaliveState)
      case watcher(WatcherState)

      var name: StaticString {
        switch self {
        case .keepalive(let state): state.name
        case .watcher(let state): state.name
        }
      }
    }

    /// As the host has named it.
    let key: [UInt8]
    /// Held; or its picture was handed over whole, or, without one, it has been live.
    var isThere = false
    /// As the host was told; `nil` before it was told anything.
    var state: State?
    /// Why it is not there, as far as the host was told.
    var failure: Failure?
    /// It will not come of its own accord any more.
    var over: Failure?
  }

  private var standings: [Awaited: Standing] = [:]
  private var waits: [CallID: Await] = [:]

  var count: Int { waits.count }

  /// In the order in which they were begun.
  private var ids: [CallID] { waits.keys.sorted() }

  func wakeTime(of id: CallID) -> Instant? { waits[id]?.wakeTime }

  // MARK: What there is to wait for

  mutating func opened(_ awaited: Awaited, key: [UInt8]) {
    standings[awaited] = Standing(key: key)
  }

  /// The host has freed it.
  mutating func freed(_ awaited: Awaited) -> [Order] {
    standings[awaited] = nil
    return inLine { $0.forget(awaited) }
  }

  /// The host is told this now.
  mutating func told(_ report: KeepaliveReport, of id: KeepaliveID) -> [Order] {
    let over: Failure? =
      switch report.state {
      case .conflict: report.error ?? Failure(.conflict, "the key is another's")
      // Why its removal failed would read as if it were why the wait did.
      case .ended: Failure(.closed, "it has ended" + (report.error.map { ": \($0.message)" } ?? ""))
      case .waiting, .claiming, .held, .lost, .blocked, .removing: nil
      }
    return told(
      .keepalive(id), .keepalive(report.state), isThere: report.state == .held, because: report.error, over: over)
  }

  mutating func told(_ report: WatcherReport, of id: WatcherID, hasSnapshot: Bool) -> [Order] {
    let isThere = standings[.watcher(id)]?.isThere == true || !hasSnapshot && report.state == .live
    let over = report.state == .ended ? report.error ?? Failure(.closed, "the watcher has ended") : nil
    return told(.watcher(id), .watcher(report.state), isThere: isThere, because: report.error, over: over)
  }

  /// The last of a picture is handed over now.
  mutating func pictureIsWhole(of id: WatcherID) -> [Order] {
    guard standings[.watcher(id)]?.isThere == false else { return [] }
    standings[.watcher(id)]?.isThere = true
    return inLine { $0.told(.watcher(id), isThere: true, over: nil) }
  }

  private mutating func told(
    _ awaited: Awaited, _ state: Standing.State, isThere: Bool, because failure: Failure?, over: Failure?
  ) -> [Order] {
    guard standings[awaited] != nil else { return [] }
    standings[awaited]?.state = state
    standings[awaited]?.isThere = isThere
    if isThere || failure != nil { standings[awaited]?.failure = failure }
    let named = over.map { name($0, awaited) }
    standings[awaited]?.over = named
    return inLine { $0.told(awaited, isThere: isThere, over: named) }
  }

  private mutating func inLine(_ change: (inout Await) -> Bool) -> [Order] {
    if waits.isEmpty { return [] }
    return ids.compactMap { id in
      guard var wait = waits[id] else { return nil }
      defer { waits[id] = wait }
      return change(&wait) ? .append(.awaited(id)) : nil
    }
  }

  // MARK: The host

  /// `isOver`: whether what was told to be over still is; the host may have tried again since.
  mutating func add(
    _ id: CallID, for wanted: [Awaited], deadline: Instant?, isOver: (Awaited) -> Bool
  ) -> [Order] {
    var wait = Await(for: wanted, deadline: deadline)
    var isToEnd = wait.lookWhetherComplete()
    for awaited in wait.wanted {
      let standing = standings[awaited]
      let over = standing?.over.flatMap { isOver(awaited) ? $0 : nil }
      if wait.told(awaited, isThere: standing?.isThere == true, over: over) { isToEnd = true }
    }
    waits[id] = wait
    return (isToEnd ? [.append(.awaited(id))] : []) + [.setTimer(.await(id))]
  }

  /// Returns `nil` if there is no such wait, or its end is in line.
  mutating func cancel(_ id: CallID, _ message: String) -> [Order]? {
    guard var wait = waits[id] else { return nil }
    if case .ended = wait.state { return nil }
    let isToEnd = wait.end(Failure(.cancelled, message), wait.firstMissing)
    waits[id] = wait
    return isToEnd ? [.append(.awaited(id))] : []
  }

  /// The cluster is closing.
  mutating func close() -> [Order] { ids.flatMap { cancel($0, "the cluster was closed") ?? [] } }

  /// Forgets everything. Returns the ends that were not handed out.
  mutating func removeAll() -> [(CallID, AwaitEnd)] {
    defer {
      waits = [:]
      standings = [:]
    }
    return ids.compactMap { id in
      guard var wait = waits[id] else { return nil }
      _ = wait.end(Failure(.cancelled, "the cluster was freed"), wait.firstMissing)
      return wait.take { _ in false }.map { (id, $0) }
    }
  }

  // MARK: Time and turns

  /// `whatIsDone`: what is under way for one of which the host was told of no failure.
  mutating func tick(_ id: CallID, now: Instant, whatIsDone: (Awaited) -> String?) -> [Order] {
    guard var wait = waits[id], wait.isDue(now: now) else { return [] }
    let isToEnd = wait.end(timeout(of: wait, whatIsDone), wait.firstMissing)
    waits[id] = wait
    return isToEnd ? [.append(.awaited(id))] : []
  }

  /// The turn of its end has come. Returns `nil` if it goes on.
  mutating func take(_ id: CallID, isStillThere: (Awaited) -> Bool) -> AwaitEnd? {
    guard var wait = waits[id] else { return nil }
    let end = wait.take(isStillThere: isStillThere)
    waits[id] = end == nil ? wait : nil
    return end
  }

  // MARK: Words

  private func timeout(of wait: Await, _ whatIsDone: (Awaited) -> String?) -> Failure {
    var message = "\(wait.ready) of \(wait.wanted.count) are there"
    if let missing = wait.firstMissing, let standing = standings[missing] {
      message += "; \(name(missing)) is \(standing.state?.name.description ?? "new")"
      if let reason = standing.failure?.description ?? whatIsDone(missing) { message += ": \(reason)" }
    }
    return Failure(.timeout, message)
  }

  private func name(_ failure: Failure, _ awaited: Awaited) -> Failure {
    var failure = failure
    failure.message = "\(name(awaited)): \(failure.message)"
    return failure
  }

  private func name(_ awaited: Awaited) -> String {
    let key = PrintableText.quote(String(decoding: standings[awaited]?.key ?? [], as: UTF8.self))
    return switch awaited {
    case .keepalive: "the keepalive of \"\(key)\""
    case .watcher: "the watcher of \"\(key)\""
    }
  }
}
