/// Weighted rendezvous hashing in integers alone, as docs/directory.md specifies it to the bit.
///
/// Each service draws a number for the cell that a hash falls into, as a lottery in which it has a ticket of its own for
/// every cell. The number's negative logarithm, divided by the weight, is when it arrives; who arrives first is
/// responsible. Nobody's draw depends on who else is there: so whoever joins takes cells from the others and gives none
/// away, and whoever leaves gives his own away and takes none.
package enum Rendezvous {
  /// So many bits of a hash count. What is computed once for a cell holds for every hash in it.
  package static let cellBits = 20
  /// With these, what is compared fits into 64 bits.
  package static let weights: ClosedRange<Int64> = 0...1 << 24

  /// The finalizer of SplitMix64: each bit of what goes in changes half of those that come out.
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z &>> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z &>> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z &>> 31
  }

  /// Mixed first, for hosts that hand in numbers which are no hashes.
  @inline(__always)
  package static func cell(of hash: UInt64) -> Int { Int(truncatingIfNeeded: mix(hash) &>> (64 - UInt64(cellBits))) }

  /// What a service's seed is combined with.
  @inline(__always)
  static func salt(of cell: Int) -> UInt64 { UInt64(truncatingIfNeeded: cell &+ 1) &* 0x9E37_79B9_7F4A_7C15 }

  @inline(__always)
  package static func draw(_ seed: UInt64, salt: UInt64) -> UInt64 { mix(seed ^ salt) }

  /// When a draw arrives with a weight of 1: -log2(draw / 2^64) in units of 2^-32, 1 to 2^38. The greater the draw, the
  /// sooner, or at the same time.
  package static func arrival(of draw: UInt64) -> UInt64 {
    let (whole, mantissa) = parts(of: draw)
    return whole - UInt64(fraction(of: mantissa))
  }

  /// The part of an arrival that the place of the first bit decides, and the 32 bits from that one on.
  @inline(__always)
  private static func parts(of draw: UInt64) -> (whole: UInt64, mantissa: UInt64) {
    let draw = draw | 1
    let zeros = UInt64(truncatingIfNeeded: draw.leadingZeroBitCount)
    return ((zeros &+ 1) &<< 32, (draw &<< zeros) &>> 32)
  }

  /// The fraction of log2 of a number of 32 bits, the first of which is 1, bit by bit: squared, the number is of 64 bits,
  /// or of 63 if its logarithm was less than a half.
  private static func fraction(of mantissa: UInt64) -> UInt32 {
    var mantissa = mantissa
    var fraction: UInt32 = 0
    for _ in 0..<32 {
      mantissa = (mantissa &* mantissa) &>> 31
      let bit = mantissa &>> 32
      mantissa &>>= bit
      fraction = fraction &<< 1 | UInt32(truncatingIfNeeded: bit)
    }
    return fraction
  }

  /// `fraction` at every 1024th of the way: since it never falls, what lies between two of these is between their values.
  nonisolated(unsafe) private static let steps: UnsafePointer<UInt32> = {
    let steps = UnsafeMutablePointer<UInt32>.allocate(capacity: 1025)
    for step in 0..<1024 { (steps + step).initialize(to: fraction(of: 1 << 31 | UInt64(step) << 21)) }
    (steps + 1024).initialize(to: .max)
    return UnsafePointer(steps)
  }()

  /// One who takes part.
  package struct Candidate {
    package var draw: UInt64
    package var weight: UInt64
    /// In the order of keys.
    package var index: UInt32

    package init(draw: UInt64, weight: UInt64, index: UInt32) {
      self.draw = draw
      self.weight = weight
      self.index = index
    }

    /// Whether it comes before the other. The logarithms themselves are computed only where bounds do not decide.
    package func precedes(_ other: Candidate) -> Bool {
      if weight == other.weight { return draw == other.draw ? index < other.index : draw > other.draw }
      let steps = Rendezvous.steps
      let (mine, others) = (bounds(by: steps), other.bounds(by: steps))
      if mine.upper &* other.weight < others.lower &* weight { return true }
      if mine.lower &* other.weight > others.upper &* weight { return false }
      let (left, right) = (arrival(of: draw) &* other.weight, arrival(of: other.draw) &* weight)
      if left != right { return left < right }
      return draw == other.draw ? index < other.index : draw > other.draw
    }

    /// A draw of which `miss` times this one's weight is more than that times its own comes later than this one: it cannot
    /// precede it, whatever its logarithm. For -log2(1 - x) is more than x * 23 / 16.
    @inline(__always)
    var limit: UInt64 { (bounds(by: Rendezvous.steps).upper &* 16 &+ 22) / 23 }

    /// How far a draw is from the best there is, in units of 2^32.
    @inline(__always)
    static func miss(of draw: UInt64) -> UInt64 { ~draw &>> 32 }

    /// What the arrival lies between.
    @inline(__always)
    private func bounds(by steps: UnsafePointer<UInt32>) -> (lower: UInt64, upper: UInt64) {
      let (whole, mantissa) = parts(of: draw)
      let step = Int(truncatingIfNeeded: mantissa &>> 21) & 1023
      return (whole &- UInt64(steps[step + 1]), whole &- UInt64(steps[step]))
    }
  }
}
