/// A generator that throws what a test says: `first`, then `rest` for ever.
struct Dice: RandomNumberGenerator {
  var first: [UInt64] = []
  var rest: UInt64

  /// Every back-off is as long as it can be; of several endpoints the last one comes first.
  static let longest = Dice(rest: .max)
  /// Every back-off is nothing; of several endpoints the first one comes first. (Not 0, which `Int64.random` may refuse
  /// for ever.)
  static let shortest = Dice(rest: 1)
  /// For clusters: begins with the first endpoint, and every back-off is as long as it can be.
  static let cluster = Dice(first: [1], rest: .max)

  mutating func next() -> UInt64 {
    first.isEmpty ? rest : first.removeFirst()
  }
}
