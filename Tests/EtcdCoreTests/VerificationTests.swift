import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct VerificationTests {
  private var verification = Verification(interval: .milliseconds(4000))
  private var longest: any RandomNumberGenerator = Dice.longest
  private let a = Verification.Belief(
    owner: KeepaliveID(rawValue: 1), key: utf8("a"), version: .init(modRevision: 5, lease: 7))
  private let b = Verification.Belief(
    owner: KeepaliveID(rawValue: 2), key: utf8("b"), version: .init(modRevision: 6, lease: 7))

  // MARK: Helpers

  /// Of which keys is asked.
  private func text(_ request: TxnRequest?) -> String {
    guard let request else { return "nothing" }
    #expect(request.success.isEmpty)
    #expect(request.failure.count == request.compare.count)
    return request.compare.map { compare in
      let key = String(decoding: compare.range.key, as: UTF8.self)
      return switch (compare.target, compare.result) {
      case (.mod(let revision), .equal): "\(key)@\(revision)"
      case (.lease(let lease), .notEqual): "\(key) not of \(lease)"
      default: "\(key)?"
      }
    }.joined(separator: ", ")
  }

  private mutating func begin(_ beliefs: [Verification.Belief], now: Int64 = 3000) -> String {
    verification.need(now: .at(now - 3000))
    return text(verification.tick(beliefs, now: .at(now)))
  }

  private mutating func answer(_ answer: Answer) -> [Verification.Finding] {
    verification.answered(.success(answer)).findings
  }

  private mutating func fail(_ failure: Failure) -> Failure? {
    verification.answered(.failure(failure)).news
  }

  private mutating func goOn(now: Int64 = 3000) -> String {
    text(verification.goOn(now: .at(now), random: &longest))
  }

  private func many(_ count: Int, keySize: Int = 4) -> [Verification.Belief] {
    (0..<count).map { number in
      let digits = utf8("\(number)")
      let key = digits + [UInt8](repeating: UInt8(ascii: "."), count: max(0, keySize - digits.count))
      return Verification.Belief(owner: KeepaliveID(rawValue: 1), key: key, version: .init(modRevision: 5, lease: 7))
    }
  }

  // MARK: Rounds

  @Test mutating func nothingIsAskedBeforeSomethingIsHeld() {
    #expect(verification.wakeTime == nil)
    verification.moved(now: .at(0))
    #expect(verification.wakeTime == nil)
    verification.need(now: .at(0))
    // Three quarters of the interval at most: the answer takes its time too.
    #expect(verification.wakeTime == .at(3000))
    #expect(text(verification.tick([a], now: .at(2999))) == "nothing")
  }

  @Test mutating func whatIsAsItWasLeftIsComparedAndNothingElse() {
    #expect(begin([a, b]) == "a@5, b@6")
    #expect(verification.state == .asking && verification.wakeTime == nil)
    #expect(answer(.txn(revision: 9)) == [])
    #expect(goOn() == "nothing")
    #expect(verification.wakeTime == .at(6000))
  }

  @Test mutating func whatIsNotSoIsFound() {
    _ = begin([a, b])
    #expect(
      answer(.txn(revision: 9, batch: [KeyValue("a", "", mod: 5, lease: 7), nil])) == [.init(belief: b, found: nil)])
    _ = goOn()
    _ = begin([a, b], now: 6000)
    let other = KeyValue("a", "", mod: 8, lease: 9)
    #expect(
      answer(.txn(revision: 9, batch: [other, KeyValue("b", "", mod: 6, lease: 7)])) == [.init(belief: a, found: other)]
    )
  }

  @Test mutating func aStrayIsFoundByItsLease() {
    let stray = Verification.Belief(owner: nil, key: utf8("s"), version: .init(modRevision: 0, lease: 7))
    #expect(begin([stray]) == "s not of 7")
    #expect(answer(.txn(revision: 9, batch: [KeyValue("s", "", mod: 8, lease: 9)])) == [])
    _ = goOn()
    _ = begin([stray], now: 6000)
    let found = KeyValue("s", "", mod: 8, lease: 7)
    #expect(answer(.txn(revision: 9, batch: [found])) == [.init(belief: stray, found: found)])
  }

  @Test mutating func aThousandKeysAreEightRequestsOneAfterTheOther() {
    var requests = [begin(many(1000))]
    while true {
      _ = answer(.txn(revision: 9))
      let next = goOn()
      if next == "nothing" { break }
      requests.append(next)
    }
    #expect(requests.map { $0.split(separator: ",").count } == [128, 128, 128, 128, 128, 128, 128, 104])
    #expect(Set(requests.joined(separator: ", ").split(separator: ", ")).count == 1000)
  }

  @Test mutating func longKeysMakeSmallBatches() {
    let request = begin(many(10, keySize: 50_000))
    #expect(request.split(separator: ",").count == 2)
  }

  @Test mutating func whenNothingIsHeldAnyMoreNothingIsAsked() {
    #expect(begin([]) == "nothing")
    #expect(verification.state == .idle)
  }

  @Test mutating func afterTheEndNothingIsAsked() {
    _ = begin([a])
    verification.end()
    #expect(answer(.txn(revision: 9, batch: [nil])) == [])
    verification.need(now: .at(0))
    verification.moved(now: .at(0))
    #expect(verification.wakeTime == nil)
  }

  // MARK: Failovers

  @Test mutating func afterAFailoverItIsAskedAtOnce() {
    verification.need(now: .at(0))
    verification.moved(now: .at(10))
    #expect(verification.wakeTime == .at(10))
  }

  @Test mutating func endpointsThatFailInTurnsAreNoReasonToAskAllTheTime() {
    _ = begin([a])
    _ = answer(.txn(revision: 9))
    _ = goOn()
    verification.moved(now: .at(3001))
    #expect(verification.wakeTime == .at(3500))
  }

  @Test mutating func aFailoverDuringARoundLeadsToAnother() {
    _ = begin([a])
    verification.moved(now: .at(3001))
    _ = answer(.txn(revision: 9))
    _ = goOn(now: 3002)
    #expect(verification.wakeTime == .at(3500))
  }

  @Test mutating func withoutAnIntervalOnlyFailoversAreAReason() {
    verification = Verification(interval: .zero)
    verification.need(now: .at(0))
    #expect(verification.wakeTime == nil)
    verification.moved(now: .at(10))
    #expect(text(verification.tick([a], now: .at(10))) == "a@5")
    _ = answer(.txn(revision: 9))
    _ = goOn()
    #expect(verification.wakeTime == nil)
  }

  // MARK: Failures

  @Test mutating func aRoundThatFailsIsBegunAgainInItsTime() {
    _ = begin(many(200))
    #expect(fail(.unreachable) != nil)
    #expect(goOn() == "nothing")
    #expect(verification.wakeTime == .at(6000))
    _ = begin(many(200), now: 6000)
    // The second in a row is told, the third is no news.
    _ = fail(.unreachable)
    _ = goOn()
    _ = begin(many(200), now: 9000)
    #expect(fail(.unreachable) == nil)
  }

  @Test mutating func anAnswerThatLacksKeysIsAFailure() {
    _ = begin([a, b])
    let (findings, news) = verification.answered(.success(.txn(revision: 9, batch: [nil])))
    #expect(findings == [])
    #expect(news?.code == .protocol)
  }

  /// A server with a small `--max-txn-ops`.
  @Test mutating func whatIsTooMuchForTheServerIsHalved() {
    _ = begin(many(100))
    let tooMany = Failure(.server, "etcdserver: too many operations in txn request")
    #expect(tooMany.remedy == .anotherRequest)
    #expect(fail(tooMany) == nil)
    #expect(goOn().split(separator: ",").count == 50)
    #expect(answer(.txn(revision: 9)) == [])
    #expect(goOn().split(separator: ",").count == 50)
  }

  @Test mutating func whatIsTooLargeForTheHostIsHalved() {
    _ = begin(many(100))
    #expect(fail(Failure(.tooLarge, "the answer is larger than response.max.bytes")) == nil)
    #expect(goOn().split(separator: ",").count == 50)
  }

  @Test mutating func aKeyThatMayNotBeReadHidesNoOther() {
    let denied = Failure(.permissionDenied, "no", reason: .permissionDenied)
    _ = begin([a, b])
    #expect(fail(denied) == nil)
    #expect(goOn() == "a@5")
    #expect(fail(denied) != nil)
    #expect(goOn() == "b@6")
    #expect(answer(.txn(revision: 9, batch: [nil])) == [.init(belief: b, found: nil)])
  }

  @Test mutating func aUserThatMayReadNothingCostsFewRequests() {
    let denied = Failure(.permissionDenied, "no", reason: .permissionDenied)
    _ = begin(many(1000))
    var requests = 1
    _ = fail(denied)
    while goOn() != "nothing" {
      requests += 1
      _ = fail(denied)
    }
    #expect(requests < 20)
  }
}
