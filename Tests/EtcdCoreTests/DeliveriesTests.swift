import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct DeliveriesTests {
  private var deliveries = Deliveries()
  private let watcher = WatcherID(rawValue: 1)
  private let keepalive = KeepaliveID(rawValue: 2)

  // MARK: Helpers

  /// The end of a call, for nobody in particular.
  private func call(_ id: UInt64) -> Deliveries.Item {
    .call(CallID(rawValue: id), .failure(.unreachable), hadPlace: true)
  }

  private func batch(_ revision: Int64) -> Deliveries.Item {
    .batch(watcher, Batch(events: [], revision: revision, origin: .watch))
  }

  private func report(_ state: KeepaliveState, revision: Int64 = 0) -> Deliveries.Item {
    .keepalive(keepalive, KeepaliveReport(state: state, error: nil, owner: nil, lease: 7, revision: revision))
  }

  private mutating func append(_ revisions: ClosedRange<Int64>) {
    for revision in revisions { deliveries.append(batch(revision), for: .watcher(watcher)) }
  }

  private func text(_ item: Deliveries.Item) -> String {
    switch item {
    case .call(let id, _, _): "call \(id.rawValue)"
    case .claimQuestion(let id, _): "question \(id.rawValue)"
    case .part(let id): "part \(id.rawValue)"
    case .watcherState(_, let report): "\(report.state)"
    case .batch(_, let batch): "batch \(batch.revision)"
    case .keepalive(_, let report): "\(report.state)" + (report.revision == 0 ? "" : " \(report.revision)")
    case .value(let id, _): "value \(id.rawValue)"
    case .awaited(let id): "awaited \(id.rawValue)"
    case .closed: "closed"
    case .state: "state"
    case .message(let id): "message \(id.rawValue)"
    }
  }

  /// The next one, with what is known of it: `held, stale`; `batch 3, reopened`. `-` if there is none.
  private mutating func next() -> String {
    guard let taken = deliveries.next() else { return "-" }
    return text(taken.item) + (taken.isStale ? ", stale" : "") + (taken.reopened == nil ? "" : ", reopened")
  }

  private mutating func all() -> [String] {
    var items: [String] = []
    while !deliveries.isEmpty { items.append(next()) }
    return items.filter { $0 != "-" }
  }

  // MARK: Order

  @Test mutating func whatIsInLineComesOutInItsOrder() {
    deliveries.open(.watcher(watcher))
    deliveries.append(call(1))
    deliveries.append(batch(5), for: .watcher(watcher))
    deliveries.append(.state)
    deliveries.append(.message(watcher))
    deliveries.append(call(2))
    #expect(all() == ["call 1", "batch 5", "state", "message 1", "call 2"])
    #expect(next() == "-")
  }

  @Test mutating func anEmptyLineHasNothing() {
    #expect(deliveries.isEmpty)
    #expect(next() == "-")
    deliveries.append(.state)
    #expect(!deliveries.isEmpty)
    _ = next()
    #expect(deliveries.isEmpty)
  }

  // MARK: Windows

  @Test mutating func aWindowIsFullWhenAsManyWaitAsItHolds() {
    deliveries.open(.watcher(watcher))
    append(1...7)
    #expect(!deliveries.isFull(.watcher(watcher)))
    append(8...8)
    #expect(deliveries.isFull(.watcher(watcher)))
  }

  @Test mutating func aFullWindowIsToldWhenItHasRoomAgain() {
    deliveries.open(.watcher(watcher))
    append(1...8)
    #expect(next() == "batch 1, reopened")
    #expect(!deliveries.isFull(.watcher(watcher)))
    #expect(next() == "batch 2")
  }

  /// What follows from one event goes into a full window too.
  @Test mutating func aWindowThatIsMoreThanFullHasRoomOnlyWhenItIsLessThanFull() {
    deliveries.open(.watcher(watcher))
    append(1...10)
    #expect([next(), next(), next(), next()] == ["batch 1", "batch 2", "batch 3, reopened", "batch 4"])
  }

  @Test mutating func aWindowThatFillsAgainIsToldAgain() {
    deliveries.open(.watcher(watcher))
    append(1...8)
    _ = next()
    append(9...9)
    #expect(deliveries.isFull(.watcher(watcher)))
    #expect(next() == "batch 2, reopened")
  }

  @Test mutating func itIsToldWhoseWindowHasRoom() {
    deliveries.open(.watcher(watcher))
    append(1...8)
    #expect(deliveries.next()?.reopened == .watcher(watcher))
  }

  @Test mutating func eachHasAWindowOfItsOwn() {
    deliveries.open(.watcher(watcher))
    deliveries.open(.keepalive(keepalive))
    append(1...8)
    deliveries.append(report(.waiting), for: .keepalive(keepalive))
    #expect(!deliveries.isFull(.keepalive(keepalive)))
    #expect(!deliveries.isFull(.watcher(WatcherID(rawValue: 9))))
  }

  @Test mutating func whatIsForNobodyInParticularFillsNoWindow() {
    deliveries.open(.watcher(watcher))
    for _ in 0..<20 { deliveries.append(.message(watcher)) }
    #expect(!deliveries.isFull(.watcher(watcher)))
    #expect(next() == "message 1")
  }

  // MARK: Overtaking

  @Test mutating func whatIsUrgentGoesBeforeAllThatWaits() {
    deliveries.open(.keepalive(keepalive))
    deliveries.append(call(1))
    deliveries.append(.state)
    deliveries.overtake(with: report(.lost), for: .keepalive(keepalive))
    #expect(all() == ["lost", "call 1", "state"])
  }

  @Test mutating func whatWaitedForTheSameRecipientIsStaleThenAndWhatComesLaterIsNot() {
    deliveries.open(.keepalive(keepalive))
    deliveries.append(report(.claiming), for: .keepalive(keepalive))
    deliveries.append(report(.held, revision: 5), for: .keepalive(keepalive))
    deliveries.overtake(with: report(.lost), for: .keepalive(keepalive))
    deliveries.append(report(.waiting), for: .keepalive(keepalive))
    #expect(all() == ["lost", "claiming, stale", "held 5, stale", "waiting"])
  }

  @Test mutating func whatWaitsForOthersIsNotStale() {
    deliveries.open(.keepalive(keepalive))
    deliveries.open(.watcher(watcher))
    append(1...1)
    deliveries.append(call(1))
    deliveries.overtake(with: report(.lost), for: .keepalive(keepalive))
    #expect(all() == ["lost", "batch 1", "call 1"])
  }

  @Test mutating func ofTwoThatAreUrgentTheFirstComesFirstAndIsStaleIfTheyAreForOne() {
    let other = KeepaliveID(rawValue: 3)
    deliveries.open(.keepalive(keepalive))
    deliveries.open(.keepalive(other))
    deliveries.overtake(with: report(.lost, revision: 1), for: .keepalive(keepalive))
    deliveries.overtake(with: report(.lost, revision: 2), for: .keepalive(other))
    deliveries.overtake(with: report(.lost, revision: 3), for: .keepalive(keepalive))
    #expect(all() == ["lost 1, stale", "lost 2", "lost 3"])
  }

  @Test mutating func whatIsUrgentCountsInItsWindowToo() {
    deliveries.open(.keepalive(keepalive))
    for _ in 0..<7 { deliveries.append(report(.claiming), for: .keepalive(keepalive)) }
    deliveries.overtake(with: report(.lost), for: .keepalive(keepalive))
    #expect(deliveries.isFull(.keepalive(keepalive)))
    #expect(next() == "lost, reopened")
    // What is stale has been in the window all the same.
    #expect(next() == "claiming, stale")
  }

  // MARK: Closing

  @Test mutating func whatWaitsForSomebodyWhoHasGoneIsPassedOver() {
    deliveries.open(.watcher(watcher))
    deliveries.open(.keepalive(keepalive))
    append(1...3)
    deliveries.append(report(.waiting), for: .keepalive(keepalive))
    append(4...4)
    deliveries.close(.watcher(watcher))
    #expect(next() == "waiting")
    #expect(next() == "-")
    #expect(deliveries.isEmpty)
  }

  @Test mutating func whatIsUrgentForSomebodyWhoHasGoneIsPassedOverToo() {
    deliveries.open(.keepalive(keepalive))
    deliveries.overtake(with: report(.lost), for: .keepalive(keepalive))
    deliveries.close(.keepalive(keepalive))
    #expect(next() == "-")
  }

  @Test mutating func nothingIsTakenInForSomebodyWhoIsNotThere() {
    deliveries.append(batch(1), for: .watcher(watcher))
    deliveries.overtake(with: report(.lost), for: .keepalive(keepalive))
    #expect(deliveries.isEmpty)
    #expect(!deliveries.isFull(.watcher(watcher)))
    deliveries.open(.watcher(watcher))
    deliveries.close(.watcher(watcher))
    deliveries.append(batch(1), for: .watcher(watcher))
    #expect(deliveries.isEmpty)
  }

  @Test mutating func aClosedWindowIsNotFull() {
    deliveries.open(.watcher(watcher))
    append(1...8)
    deliveries.close(.watcher(watcher))
    #expect(!deliveries.isFull(.watcher(watcher)))
  }

  // MARK: Forgetting

  @Test mutating func whenEverythingIsForgottenTheEndsOfCallsAreHandedBackInTheirOrder() {
    deliveries.open(.watcher(watcher))
    deliveries.open(.keepalive(keepalive))
    deliveries.append(call(3))
    append(1...8)
    deliveries.append(call(1))
    deliveries.overtake(with: report(.lost), for: .keepalive(keepalive))
    #expect(deliveries.removeAll().map(\.0) == [CallID(rawValue: 3), CallID(rawValue: 1)])
    #expect(deliveries.isEmpty)
    #expect(!deliveries.isFull(.watcher(watcher)))
    #expect(deliveries.removeAll().isEmpty)
    append(9...9)
    #expect(deliveries.isEmpty)
  }
}
