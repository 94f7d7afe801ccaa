import EtcdTransport
import Testing

@testable import EtcdCore

struct AwaitTests {
  private let a = Awaited.keepalive(KeepaliveID(rawValue: 1))
  private let b = Awaited.keepalive(KeepaliveID(rawValue: 2))
  private let w = Awaited.watcher(WatcherID(rawValue: 3))
  private let failure = Failure(.conflict, "another's")

  private func text(_ end: AwaitEnd?) -> String {
    guard let end else { return "goes on" }
    return "\(end.ready) of \(end.total), \(end.failure.map { "\($0.code)" } ?? "all there")"
  }

  @Test func nothingIsThereAtOnce() {
    var wait = Await(for: [], deadline: nil)
    #expect(wait.lookWhetherComplete() == true)
    #expect(text(wait.take { _ in true }) == "0 of 0, all there")
  }

  @Test func itEndsWithTheLastThatWasMissing() {
    var wait = Await(for: [a, w], deadline: nil)
    #expect(wait.told(w, isThere: true, over: nil) == false)
    #expect(wait.firstMissing == a)
    #expect(wait.told(a, isThere: true, over: nil) == true)
    #expect(text(wait.take { _ in true }) == "2 of 2, all there")
  }

  @Test func whatIsToldTwiceOrNamedTwiceCountsOnce() {
    var wait = Await(for: [a, b, a], deadline: nil)
    #expect(wait.told(a, isThere: true, over: nil) == false)
    #expect(wait.told(a, isThere: true, over: nil) == false)
    #expect(wait.ready == 1)
    #expect(wait.told(b, isThere: true, over: nil) == true)
    // Its end is in line once.
    #expect(wait.told(b, isThere: true, over: nil) == false)
    #expect(text(wait.take { _ in true }) == "2 of 2, all there")
  }

  @Test func whatWasThereAndIsNotAnyMoreIsMissingAgain() {
    var wait = Await(for: [a, b], deadline: nil)
    #expect(wait.told(a, isThere: true, over: nil) == false)
    #expect(wait.told(a, isThere: false, over: nil) == false)
    #expect(wait.told(b, isThere: true, over: nil) == false)
    #expect(wait.told(a, isThere: true, over: nil) == true)
  }

  @Test func whatIsLostWhileTheEndWaitsForItsTurnIsWaitedForAgain() {
    var wait = Await(for: [a], deadline: .at(10))
    #expect(wait.told(a, isThere: true, over: nil) == true)
    #expect(wait.wakeTime == nil)
    #expect(wait.told(a, isThere: false, over: nil) == false)
    #expect(text(wait.take { _ in true }) == "goes on")
    #expect(wait.wakeTime == .at(10))
    #expect(wait.told(a, isThere: true, over: nil) == true)
    // The host was told that it is held, and what it has not been told yet is that it is not.
    #expect(text(wait.take { _ in false }) == "goes on")
    #expect(wait.told(a, isThere: true, over: nil) == true)
    #expect(text(wait.take { _ in true }) == "1 of 1, all there")
  }

  @Test func oneThatCannotComeEndsItAtOnce() {
    var wait = Await(for: [a, b], deadline: .at(10))
    #expect(wait.told(b, isThere: false, over: failure) == true)
    #expect(wait.wakeTime == nil)
    #expect(wait.told(a, isThere: false, over: failure) == false)
    let end = wait.take { _ in true }
    #expect(text(end) == "0 of 2, conflict")
    #expect(end?.culprit == b)
  }

  @Test func oneThatEndsAfterItWasThereIsNotThere() {
    var wait = Await(for: [w, a], deadline: nil)
    #expect(wait.told(w, isThere: true, over: nil) == false)
    #expect(wait.told(w, isThere: true, over: failure) == true)
    #expect(text(wait.take { _ in true }) == "0 of 2, conflict")
  }

  @Test func whatIsFreedIsNotWaitedFor() {
    var wait = Await(for: [a, b], deadline: nil)
    #expect(wait.told(a, isThere: true, over: nil) == false)
    #expect(wait.forget(b) == true)
    #expect(wait.forget(b) == false)
    #expect(text(wait.take { _ in true }) == "1 of 1, all there")
  }

  @Test func whatIsNotInTheSetIsNothingToIt() {
    var wait = Await(for: [a], deadline: nil)
    #expect(wait.told(w, isThere: true, over: failure) == false)
    #expect(wait.forget(w) == false)
    #expect(wait.state == .waiting)
  }

  @Test func aCancelThatComesWhenAllIsThereCountsAndTheEndIsInLineOnce() {
    var wait = Await(for: [a], deadline: nil)
    #expect(wait.told(a, isThere: true, over: nil) == true)
    #expect(wait.end(Failure(.cancelled, "cancelled"), nil) == false)
    #expect(text(wait.take { _ in true }) == "1 of 1, cancelled")
  }
}
