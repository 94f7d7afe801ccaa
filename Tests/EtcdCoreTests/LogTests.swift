import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

struct LogTests {
  private var log = Log(level: .debug)

  /// Returns whether it wants to be woken at another time.
  @discardableResult
  private mutating func note(
    _ text: String, _ level: LogLevel = .warning, _ component: LogComponent = .calls, code: ErrorCode? = nil,
    at milliseconds: Int64 = 0
  ) -> Bool {
    log.note(level, component, text, code: code, now: .at(milliseconds))
  }

  private mutating func taken() -> [String] { log.take().map(\.text) }

  private mutating func tick(at milliseconds: Int64) { log.tick(now: .at(milliseconds)) }

  @Test mutating func linesAreToldUpToTheLevel() {
    log = Log(level: .warning)
    for level in LogLevel.allCases { note("\(level)", level) }
    #expect(taken() == ["error", "warning"])
    #expect(taken().isEmpty)
  }

  @Test mutating func ofOneKindSoManyAreToldAndThenHowManyThereWere() {
    for number in 1...10 { #expect(!note("line \(number)", at: Int64(number))) }
    #expect(taken() == (1...10).map { "line \($0)" })
    #expect(log.wakeTime == nil)
    #expect(note("line 11", at: 11))
    for number in 12...300 { #expect(!note("line \(number)", at: Int64(number))) }
    #expect(taken().isEmpty)
    #expect(log.wakeTime == .at(10_001))
    tick(at: 10_000)
    #expect(taken().isEmpty)
    tick(at: 10_001)
    #expect(taken() == ["290 lines like this were left out, the last of them: line 300"])
    #expect(log.wakeTime == nil)
    // And from the beginning.
    for number in 1...11 { note("again \(number)", at: 10_002) }
    #expect(taken() == (1...10).map { "again \($0)" })
  }

  @Test mutating func whatWasLeftOutIsToldBeforeWhatFollows() {
    for number in 1...11 { note("line \(number)") }
    note("much later", at: 60_000)
    #expect(taken().suffix(2) == ["1 line like this was left out, the last of them: line 11", "much later"])
    #expect(log.wakeTime == nil)
  }

  @Test mutating func levelsComponentsAndErrorsAreOfTheirOwnKind() {
    for _ in 0..<50 { note("flood") }
    _ = taken()
    note("another error", code: .tooLarge)
    note("another component", .warning, .auth)
    note("another level", .error)
    #expect(taken() == ["another error", "another component", "another level"])
  }

  @Test mutating func linesForDebuggingAreAllTold() {
    for number in 0..<1000 { note("\(number)", .debug) }
    #expect(taken().count == 1000)
  }

  @Test mutating func theEndSaysWhatWasLeftOut() {
    for _ in 0..<12 { note("flood") }
    for _ in 0..<11 { note("flood", .error) }
    _ = taken()
    log.end()
    #expect(
      taken() == [
        "1 line like this was left out, the last of them: flood",
        "2 lines like this were left out, the last of them: flood",
      ])
    log.end()
    #expect(taken().isEmpty)
  }

  /// However it goes on.
  @Test mutating func aFloodIsBounded() {
    var told = 0
    for time in 0..<60_000 {
      note("flood", at: Int64(time))
      tick(at: Int64(time))
      told += taken().count
    }
    #expect(told <= 6 * (Log.mostLines + 1))
  }

  @Test mutating func textsThatAreNotToldAreNotMade() {
    log = Log(level: .error)
    var made = 0
    func text() -> String {
      made += 1
      return "text"
    }
    _ = log.note(.debug, .calls, text(), now: .at(0))
    #expect(made == 0)
  }

  // MARK: The cluster's

  @Test func anEtcdThatComesAndGoesFloodsNoLog() throws {
    let scene = Scene(endpoints: 2)
    var lines: [Cluster.LogLine] = []
    for round in 0..<200 {
      scene.transport.refusesConnections = round % 2 == 1
      _ = try scene.range(timeoutMs: 50)
      if round % 2 == 0 {
        for asked in scene.requests(.range) { scene.answer(asked.transfer, .range(revision: 9)) }
      }
      scene.advance(ms: 100)
      lines += scene.cluster.takeLog()
    }
    scene.transport.refusesConnections = false
    _ = try scene.range()
    scene.answer(.range, .range(revision: 9))
    scene.advance(ms: 20_000)
    lines += scene.cluster.takeLog()
    // 20 seconds are three windows at most.
    var kinds: [String: Int] = [:]
    for line in lines { kinds["\(line.level) \(line.component)", default: 0] += 1 }
    #expect(kinds.values.allSatisfy { $0 <= 3 * 11 })
    #expect(lines.contains { $0.component == .endpoints && $0.text.contains("were left out") })
    #expect(scene.transport.wakeTime == nil)
  }

  @Test func whatWasLeftOutIsToldBeforeTheEnd() throws {
    let scene = Scene { ($0.backoffMinMs, $0.backoffMaxMs) = (1, 1) }
    scene.transport.refusesConnections = true
    for _ in 0..<30 {
      _ = try scene.range(timeoutMs: 10)
      scene.advance(ms: 100)
    }
    _ = scene.cluster.takeLog()
    _ = scene.cluster.close(revoke: false)
    scene.pump()
    let lines = scene.cluster.takeLog()
    #expect(lines.last?.text == "closed" && lines.last?.component == .cluster)
    #expect(lines.dropLast().contains { $0.text.contains("left out") })
  }
}
