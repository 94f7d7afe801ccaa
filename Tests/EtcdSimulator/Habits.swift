import TestSupport

/// What hosts do in some runs only. Drawn from the seed itself, so that the other runs are what they were.
struct Habits {
  enum Habit {
    /// Sets the value of a key several times within a few milliseconds, while answers are lost, and the lease with them.
    case setInABurst
    /// Takes nothing of what it is told for a while, and then frees or closes what it was told of, or catches up.
    case fallBehind
    /// Transactions, and reads of a member's own view with a revision that it has to have come to.
    case callWidely
    /// Goes on with other options, and is refused those that it has no say in any more.
    case reload
  }

  var random: SeededRandom
  var habits: [Habit] = []
  /// Values of the run's own sizes, about as large as one answer may be.
  var valueSizes: [ClosedRange<Int>] = []

  init(random: SeededRandom) {
    self.random = random
  }

  /// What is done in place of something usual, if it is one of these.
  mutating func next(isPassive: Bool) -> Habit? {
    let habits = isPassive ? habits.filter { $0 == .fallBehind || $0 == .reload } : habits
    guard !habits.isEmpty, random.chance(isPassive ? 0.1 : 0.25) else { return nil }
    return random.pick(habits)
  }

  mutating func valueSize() -> Int? {
    valueSizes.isEmpty ? nil : random.int(random.pick(valueSizes))
  }
}

/// Keys at the edges of ranges: such as end in 0xff, which has no successor, and such as others begin with.
enum EdgeKeys {
  static let all: [[UInt8]] = [
    Array("w/1".utf8), Array("w/1".utf8) + [0xFF], Array("w/1".utf8) + [0xFF, 0], Array("w/1".utf8) + [0xFF, 0xFF],
    Array("w/1/x".utf8), Array("w/2".utf8), Array("w/".utf8) + [0xFF], Array("w/".utf8) + [0xFF, 0x61], [0xFF],
    [0xFF, 0],
    [0xFF, 0xFF], [0xFF, 0xFF, 0xFF],
  ]

  static let prefixes: [[UInt8]] = [
    Array("w/1".utf8), Array("w/1".utf8) + [0xFF], Array("w/".utf8) + [0xFF], [0xFF], [0xFF, 0xFF],
  ]
}
