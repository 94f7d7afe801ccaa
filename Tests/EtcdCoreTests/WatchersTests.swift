import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// What the cluster does not show: `ClusterWatcherTests` has the rest.
struct WatchersTests {
  private var watchers = Watchers(
    options: Options(), backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)))
  private var longest: any RandomNumberGenerator = Dice.longest
  private let wire = Wire.gateway(GatewayWire(connectTimeout: .seconds(1), answerLimit: 4096), .v3)
  private let target: Endpoints.Target
  private let id = WatcherID(rawValue: 1)
  private let stream = TransferID(rawValue: 7)

  init() throws {
    target = try #require(Endpoints(count: 1).currentTarget)
  }

  // MARK: Helpers

  private func text(_ order: Order?) -> [String] { text(order.map { [$0] } ?? []) }

  private func text(_ orders: [Order]) -> [String] {
    orders.map { order in
      switch order {
      case .open(_, let request): "open at \(request.startRevision)"
      case .call(let submission): "call for \(name(submission.asker))"
      case .abandonCall(let asker): "abandon \(name(asker))"
      case .distrust(let transfer): "distrust \(transfer.rawValue)"
      case .cancel(let transfer): "cancel \(transfer.rawValue)"
      case .pause(let transfer): "pause \(transfer.rawValue)"
      case .resume(let transfer): "resume \(transfer.rawValue)"
      case .append(.message(let id)): "message of \(id.rawValue) in line"
      case .deliver(.batch(let id, let batch), .watcher(let recipient)) where id == recipient: batch.text
      case .deliver(.watcherState(let id, let report), .watcher(let recipient)) where id == recipient:
        "\(report.state)" + (report.attempts == 0 ? "" : " \(report.attempts)")
      case .endStream(_, _, let end): "end: \(end.failure.code), \(end.fault)"
      case .watchOver: "watch over"
      case .note(let level, _, _): "note \(level)"
      case .wake(.watcher(let id)): "wake \(id.rawValue)"
      case .setTimer(.watcher(let id), nil): "timer \(id.rawValue)"
      default: "\(order)"
      }
    }
  }

  private func name(_ asker: Asker) -> String {
    if case .watcher(let id) = asker { "\(id.rawValue)" } else { "\(asker)" }
  }

  private mutating func open(_ id: WatcherID, as stream: TransferID, now: Int64 = 0) -> [String] {
    text(
      watchers.opened(
        id, transfer: stream, at: target, reader: wire.watchReader(from: target.endpoint), pass: .nobody, stamp: .first,
        now: .at(now)))
  }

  /// The watcher follows from revision 4, and its stream is open and to be confirmed within 4 s.
  private mutating func open() {
    _ = watchers.add(id, range: .all, startRevision: 4, prevKV: false)
    _ = open(id, as: stream)
  }

  private mutating func receive(_ items: StreamItem...) throws -> [String] {
    text(watchers.received(.received(items.flatMap { GatewayPeer.bytes(of: $0) }), for: id, now: .at(0)))
  }

  /// What the turn of a message leads to.
  private mutating func read(now: Int64 = 0) -> [String] {
    guard case .message(let response)? = watchers.next(of: id)?.item else { return ["no message"] }
    var orders: [Order] = []
    watchers.heard(response, for: id, &orders, now: .at(now), random: &longest)
    return text(orders)
  }

  // MARK: Streams

  @Test mutating func aStreamBelongsToItsWatcherForAsLongAsItIsOpen() {
    #expect(
      text(watchers.add(id, range: .all, startRevision: 4, prevKV: false)) == ["opening", "open at 4", "timer 1"])
    #expect(open(id, as: stream) == ["timer 1", "watch over"])
    #expect(watchers.watcher(of: stream) == id)
    #expect(watchers.origin(of: id) == target)
    #expect(watchers.hasStreams(at: target.id))
    #expect(watchers.streamCount == 1)
    #expect(text(watchers.remove(id)) == ["abandon 1", "cancel 7", "ended", "timer 1"])
    #expect(watchers.watcher(of: stream) == nil)
    #expect(watchers.origin(of: id) == nil)
    #expect(!watchers.hasStreams(at: target.id))
    #expect(watchers.count == 0)
  }

  /// There is nothing left to cancel.
  @Test mutating func aStreamThatHasEndedIsNotCancelled() {
    open()
    #expect(text(watchers.received(GatewayPeer.streamEnds, for: id, now: .at(0))) == ["message of 1 in line"])
    #expect(watchers.watcher(of: stream) == nil)
    #expect(text(watchers.remove(id)) == ["abandon 1", "ended", "timer 1"])
  }

  @Test mutating func theMessagesOfAStreamComeAsTheirTurnComes() throws {
    open()
    #expect(
      try receive(.watch(revision: 9, created: true), .watch(revision: 9, [.put("a", "1", at: 8)]))
        == ["message of 1 in line"])
    // It is in line once, whatever comes meanwhile.
    #expect(try receive(.watch(revision: 9, [.put("a", "2", at: 9)])) == [])
    #expect(read() == ["live", "timer 1"])
    #expect(text(watchers.putInLine(id)) == ["message of 1 in line"])
    // What has come by now is told at once.
    #expect(read() == ["watch 9: a=1@8 a=2@9"])
    #expect(text(watchers.putInLine(id)) == [])
  }

  // MARK: Back-pressure

  @Test mutating func aStreamOnWhichSomethingWaitsWhenTheTurnEndsIsNotReadUntilItWasTaken() throws {
    open()
    _ = try receive(.watch(revision: 9, created: true), .watch(revision: 9, [.put("a", "1", at: 8)]))
    #expect(text(watchers.settle()) == ["pause 7"])
    #expect(text(watchers.settle()) == [])
    _ = read()
    _ = watchers.putInLine(id)
    // Another message waits.
    #expect(text(watchers.settle()) == [])
    _ = read()
    _ = watchers.putInLine(id)
    #expect(text(watchers.settle()) == ["resume 7"])
    #expect(text(watchers.settle()) == [])
  }

  @Test mutating func aStreamWhoseMessageIsTakenWithinTheTurnIsReadOn() throws {
    open()
    _ = try receive(.watch(revision: 9, created: true))
    _ = read()
    _ = watchers.putInLine(id)
    #expect(text(watchers.settle()) == [])
  }

  @Test mutating func aStreamThatIsGoneWhenTheTurnEndsIsNotPaused() throws {
    open()
    _ = try receive(.watch(revision: 9, created: true))
    _ = watchers.remove(id)
    #expect(text(watchers.settle()) == [])
  }

  @Test mutating func whatIsNotInLineHasNoTurn() throws {
    open()
    #expect(watchers.next(of: id) == nil)
    _ = try receive(.watch(revision: 9, created: true))
    #expect(watchers.next(of: id) != nil)
    #expect(watchers.next(of: id) == nil)
  }

  @Test mutating func aStreamThatWasReplacedIsNotTheWatchersAnyMore() throws {
    open()
    _ = try receive(.watch(revision: 9, created: true))
    let next = watchers.next(of: id)
    let old = try #require(next).stream
    #expect(watchers.has(old, id))
    #expect(
      text(watchers.streamEnded(id, .unreachable, now: .at(0), random: &longest))
        == ["abandon 1", "cancel 7", "note warning", "backoff 1", "timer 1"])
    #expect(!watchers.has(old, id))
    #expect(text(watchers.tick(id, now: .at(0))) == ["opening 1", "open at 4", "timer 1"])
    _ = open(id, as: TransferID(rawValue: 8))
    #expect(!watchers.has(old, id))
  }

  // MARK: Confirmation

  @Test mutating func aStreamIsToBeConfirmedInTime() {
    open()
    #expect(watchers.wakeTime(of: id) == .at(4000))
    #expect(text(watchers.tick(id, now: .at(3999))) == ["timer 1"])
    #expect(text(watchers.tick(id, now: .at(4000))) == ["distrust 7", "end: timeout, failing", "wake 1"])
  }

  @Test mutating func aStreamThatIsConfirmedHasNoTimeAnyMore() throws {
    open()
    _ = try receive(.watch(revision: 9, created: true))
    _ = read()
    #expect(watchers.wakeTime(of: id) == nil)
    #expect(text(watchers.tick(id, now: .at(4000))) == [])
  }

  @Test mutating func aStreamThatSaysNothingIsNotConfirmed() throws {
    open()
    #expect(try receive(.blank) == [])
    #expect(watchers.wakeTime(of: id) == .at(4000))
  }

  /// What has come waits for a host that does not pump: then it is the host's turn.
  @Test mutating func aStreamWhoseConfirmationWaitsForTheHostIsNotGivenUp() throws {
    open()
    _ = try receive(.watch(revision: 9, created: true))
    #expect(text(watchers.tick(id, now: .at(4000))) == [])
    #expect(watchers.wakeTime(of: id) == nil)
    #expect(read(now: 60_000) == ["live", "timer 1"])
  }

  // MARK: Waiting for an endpoint

  @Test mutating func whatCannotBeOpenedYetIsOpenedWhenItsTimeHasCome() {
    _ = watchers.add(id, range: .all, startRevision: 4, prevKV: false)
    let request = WatchCreateRequest(range: .all, startRevision: 4)
    #expect(text(watchers.postpone(request, of: id, until: .at(300))) == ["timer 1"])
    #expect(watchers.wakeTime(of: id) == .at(300))
    #expect(text(watchers.tick(id, now: .at(299))) == [])
    #expect(text(watchers.tick(id, now: .at(300))) == ["open at 4"])
    #expect(text(watchers.tick(id, now: .at(301))) == [])
  }

  @Test mutating func whatWaitsForAnEndpointIsForgottenWithItsWatcher() {
    _ = watchers.add(id, range: .all, startRevision: 4, prevKV: false)
    _ = watchers.postpone(WatchCreateRequest(range: .all, startRevision: 4), of: id, until: .at(300))
    #expect(text(watchers.close()) == ["abandon 1", "ended", "timer 1"])
    #expect(watchers.wakeTime(of: id) == nil)
    #expect(text(watchers.tick(id, now: .at(300))) == [])
  }

  // MARK: Etcd is back

  @Test mutating func whatBacksOffIsBroughtForwardAndNeverPutOff() {
    open()
    for _ in 0..<4 {
      _ = watchers.streamEnded(id, .unreachable, now: .at(0), random: &longest)
      _ = watchers.tick(id, now: .at(5000))
    }
    _ = watchers.streamEnded(id, .unreachable, now: .at(0), random: &longest)
    #expect(watchers.wakeTime(of: id) == .at(800))
    #expect(text(watchers.hasten(to: .at(100))) == ["timer 1"])
    #expect(watchers.wakeTime(of: id) == .at(100))
    #expect(text(watchers.hasten(to: .at(200))) == [])
    #expect(watchers.wakeTime(of: id) == .at(100))
  }

  @Test mutating func whatIsOpenIsNotHastened() {
    open()
    #expect(text(watchers.hasten(to: .at(0))) == [])
  }

  // MARK: An endpoint that is left

  @Test mutating func onlyTheStreamsOfAnEndpointLeaveIt() throws {
    var endpoints = Endpoints(count: 2)
    endpoints.failed(target.id, startedAt: .at(0), now: .at(0), random: &longest)
    let elsewhere = try #require(endpoints.currentTarget)
    #expect(elsewhere.id != target.id)
    open()
    let other = WatcherID(rawValue: 2)
    _ = watchers.add(other, range: .all, startRevision: 4, prevKV: false)
    _ = watchers.opened(
      other, transfer: TransferID(rawValue: 8), at: elsewhere, reader: wire.watchReader(from: elsewhere.endpoint),
      pass: .nobody,
      stamp: .first, now: .at(0))
    #expect(
      text(watchers.leave(target.id, because: .unreachable, now: .at(0), random: &longest))
        == ["distrust 7", "abandon 1", "cancel 7", "note warning", "backoff 1", "timer 1"])
    #expect(watchers.state(of: other) == .opening)
    #expect(watchers.streamCount == 1)
  }

  // MARK: Ends

  @Test mutating func whatIsNotThereTakesNothing() throws {
    #expect(try receive(.blank) == [])
    #expect(text(watchers.tick(id, now: .distantFuture)) == [])
    #expect(text(watchers.remove(id)) == [])
    #expect(text(watchers.putInLine(id)) == [])
    #expect(text(watchers.delivered(Batch(events: [], revision: 1, origin: .watch), to: id)) == [])
    #expect(watchers.state(of: id) == .ended)
    #expect(watchers.wakeTime(of: id) == nil)
  }

  @Test mutating func whenEverythingIsForgottenNothingIsLeft() {
    open()
    watchers.removeAll()
    #expect(watchers.count == 0)
    #expect(watchers.streamCount == 0)
    #expect(watchers.watcher(of: stream) == nil)
    #expect(!watchers.hasStreams(at: target.id))
  }
}
