import Testing

@testable import EtcdTransport

@Suite struct NameCacheTests {
  private var cache = NameCache(time: .seconds(10))
  private let start = Instant(nanoseconds: 1)

  private func addresses(_ finding: NameCache.Finding) -> [String]? {
    switch finding {
    case .known(let known), .outdated(let known): known.addresses
    case .unknown, .asked: nil
    }
  }

  private mutating func serial(_ now: Instant) -> UInt64 {
    if case .known(let known) = cache.find("h", now: now) { return known.serial }
    return 0
  }

  @Test mutating func nameIsAskedForOnceAtATime() {
    #expect(cache.find("h", now: start) == .unknown)
    #expect(cache.find("h", now: start) == .asked)
    #expect(cache.find("other", now: start) == .unknown)
    cache.answered("h", ["1", "2"], now: start)
    #expect(addresses(cache.find("h", now: start + .seconds(9))) == ["1", "2"])
  }

  @Test mutating func whatIsOutdatedIsUsedOnWhileItIsAskedForAgain() {
    _ = cache.find("h", now: start)
    cache.answered("h", ["1"], now: start)
    let later = start + .seconds(10)
    guard case .outdated = cache.find("h", now: later) else { return #expect(Bool(false)) }
    guard case .known = cache.find("h", now: later) else { return #expect(Bool(false)) }
    // The name server is gone, and asked again with the next.
    cache.failed("h")
    guard case .outdated(let known) = cache.find("h", now: later + .seconds(3600)) else {
      return #expect(Bool(false))
    }
    #expect(known.addresses == ["1"])
  }

  @Test mutating func whatDidNotWorkIsDroppedAndTriedLast() {
    _ = cache.find("h", now: start)
    cache.answered("h", ["1", "2"], now: start)
    cache.drop("h", serial(start))
    #expect(cache.find("h", now: start) == .unknown)
    cache.answered("h", ["1", "2"], now: start)
    #expect(addresses(cache.find("h", now: start)) == ["2", "1"])
  }

  @Test mutating func ofManyThatDoNotWorkEachHasItsTurn() {
    for first in ["1", "2", "3", "1"] {
      _ = cache.find("h", now: start)
      cache.answered("h", ["1", "2", "3"], now: start)
      #expect(addresses(cache.find("h", now: start))?.first == first)
      cache.drop("h", serial(start))
    }
    _ = cache.find("h", now: start)
    cache.answered("h", ["1", "new", "2"], now: start)
    #expect(addresses(cache.find("h", now: start)) == ["new", "2", "1"])
  }

  @Test mutating func whoTriedWhatWasKnownBeforeDropsNothing() {
    _ = cache.find("h", now: start)
    cache.answered("h", ["1"], now: start)
    let old = serial(start)
    cache.drop("h", old)
    _ = cache.find("h", now: start)
    cache.answered("h", ["2"], now: start)
    cache.drop("h", old)
    #expect(addresses(cache.find("h", now: start)) == ["2"])
  }

  @Test mutating func whatWorkedIsTriedFirstAfterItIsAskedForAgainToo() {
    _ = cache.find("h", now: start)
    cache.answered("h", ["1", "2", "3"], now: start)
    cache.worked("h", serial(start), at: "3")
    cache.worked("h", serial(start), at: "not one of them")
    #expect(addresses(cache.find("h", now: start)) == ["3", "1", "2"])
    let later = start + .seconds(10)
    _ = cache.find("h", now: later)
    cache.answered("h", ["1", "2", "3"], now: later)
    #expect(addresses(cache.find("h", now: later)) == ["3", "1", "2"])
  }

  @Test mutating func nothingIsKeptOfANameThatDoesNotExist() {
    #expect(cache.find("h", now: start) == .unknown)
    cache.failed("h")
    #expect(cache.find("h", now: start) == .unknown)
  }
}
