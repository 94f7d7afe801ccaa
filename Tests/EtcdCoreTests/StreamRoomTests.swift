import EtcdTransport
import Testing

@testable import EtcdCore

struct StreamRoomTests {
  private var room: StreamRoom

  init() throws {
    room = StreamRoom(endpoint: try Endpoint(parsing: "http://e1"), crowd: 64, wait: .milliseconds(1000))
  }

  /// How long a stream more has to wait, in milliseconds; `nil` for not at all.
  private func wait(_ now: Int64) -> Int64? {
    room.fullUntil(now: .at(now)).map { ($0 - .at(now)).millisecondsRoundedUp }
  }

  /// Returns whether it is a try.
  private mutating func open() -> Bool { room.opened() }

  private mutating func fill(_ count: Int) {
    for _ in 0..<count {
      #expect(!open())
      room.confirmed(isTry: false, now: .at(0))
    }
  }

  @Test mutating func aMemberTakesWhatComesUntilSomethingElseIsKnown() {
    fill(300)
    #expect(wait(0) == nil)
    #expect(room.free == .max)
    #expect(room.bound == nil)
  }

  @Test mutating func whatIsFullTakesNoMoreForAWhile() {
    fill(5)
    _ = room.opened()
    room.closed(wasConfirmed: false, isTry: false)
    room.isFull(now: .at(100))
    #expect(room.bound == 5)
    #expect(wait(100) == 1000)
    #expect(wait(1099) == 1)
    #expect(wait(1100) == nil)
  }

  @Test mutating func whereOneGoesThereIsRoomForAnother() {
    fill(5)
    room.isFull(now: .at(100))
    room.closed(wasConfirmed: true, isTry: false)
    #expect(room.free == 1)
    #expect(wait(100) == nil)
    #expect(!open())
    #expect(wait(100) == 1000)
  }

  @Test mutating func oneMoreIsTriedAndIfItLivesTheNext() {
    fill(5)
    room.isFull(now: .at(0))
    #expect(open())
    // One at a time.
    #expect(wait(1000) == 250)
    room.confirmed(isTry: true, now: .at(1010))
    #expect(room.bound == 6)
    #expect(wait(1010) == nil)
    #expect(open())
  }

  private mutating func expectWaits(_ waits: [Int64]) {
    var now: Int64 = 0
    for expected in waits {
      #expect(wait(now) == expected)
      now += expected
      #expect(open())
      room.closed(wasConfirmed: false, isTry: true)
      room.isFull(now: .at(now))
      // Whatever else comes of it.
      room.isFull(now: .at(now))
    }
  }

  @Test mutating func triesThatFailArePutOffForTwiceAsLongEachTime() {
    fill(5)
    room.isFull(now: .at(0))
    expectWaits([1000, 2000, 4000, 4000, 4000])
  }

  @Test mutating func theyArePutOffForLongerWhereCallsSufferForThem() {
    fill(5)
    room.madeRoom(now: .at(0))
    room.callEnded(wasAnswered: true)
    #expect(room.callsNeedRoom)
    expectWaits([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000])
  }

  @Test mutating func roomThatWasMadeInVainWasNotWhatCallsNeeded() {
    fill(5)
    room.madeRoom(now: .at(0))
    room.callEnded(wasAnswered: false)
    #expect(!room.callsNeedRoom)
    // An answer for which no room was made says nothing.
    room.callEnded(wasAnswered: true)
    #expect(!room.callsNeedRoom)
  }

  @Test mutating func roomIsMadeWhereThereIsACrowdAndNeverForTheLast() {
    fill(63)
    #expect(!room.isCrowded)
    fill(1)
    #expect(room.isCrowded)
    #expect(room.inTheWay == 2)
    // Where it is known to be full, fewer are a crowd.
    for _ in 0..<61 { room.closed(wasConfirmed: true, isTry: false) }
    room.isFull(now: .at(0))
    #expect(room.isCrowded)
    #expect(room.inTheWay == 1)
    for _ in 0..<2 { room.closed(wasConfirmed: true, isTry: false) }
    #expect(!room.isCrowded)
    #expect(room.inTheWay == 0)
  }

  @Test mutating func theLastOneThatGoesLeavesItEmpty() {
    fill(1)
    _ = room.opened()
    room.closed(wasConfirmed: true, isTry: false)
    #expect(!room.isEmpty)
    room.closed(wasConfirmed: false, isTry: false)
    #expect(room.isEmpty)
  }

  @Test mutating func whoGetsNoStreamIsToldWhy() {
    fill(5)
    room.isFull(now: .at(0))
    #expect(room.failure.code == .unavailable)
    #expect(room.failure.isWorthRetrying)
    #expect(room.failure.description == "http://e1:2379: the member seems to take no more than 5 watches")
  }
}
