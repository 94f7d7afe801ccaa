/// SplitMix64: small, fast, and the same on every machine.
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// What it draws is what the state says and nothing else: a fuzzer's inputs were found with these numbers.
  package init(state: UInt64) {
    self.state = state
  }

  package init(seed: UInt64) {
    self.init(state: seed)
    // Neighbouring seeds begin with related numbers; a few steps apart they are not.
    for _ in 0..<4 { _ = next() }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A generator of its own, so that what one part draws does not change what another one gets.
  package mutating func split() -> SeededRandom {
    SeededRandom(seed: next())
  }

  package mutating func chance(_ probability: Double) -> Bool {
    probability > 0 && Double(next() >> 11) * 0x1p-53 < probability
  }

  package mutating func int(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  package mutating func microseconds(_ range: ClosedRange<Int>) -> Duration {
    .microseconds(int(range))
  }

  package mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .microseconds(int(range.lowerBound * 1000...range.upperBound * 1000))
  }

  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[int(0...elements.count - 1)]
  }
}
