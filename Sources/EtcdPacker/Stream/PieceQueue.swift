/// The pieces in which a stream arrived and that wait to be cut up.
///
/// What lies within a piece is cut out where it is. What begins in one piece and ends in a later one is joined, and nothing
/// else is copied: of a flood, that is next to nothing. Where pieces come faster than they are cut up, they are joined
/// too. Costs are linear in the bytes of the stream, whatever the size of the pieces.
struct PieceQueue {
  /// What is cut up now; it is dead before `start`. Empty only if all is.
  private var first: [UInt8] = []
  private var start = 0
  /// What follows it, from `secondStart` on.
  private var second: [UInt8] = []
  private var secondStart = 0
  /// The memory of what was joined last, to be joined in again while there is more: large arrays that come and go make
  /// the allocator give pages back and ask for them again, which costs more than all else.
  private var spare: [UInt8] = []

  /// How many bytes wait.
  var count: Int { firstCount + second.count - secondStart }

  /// How many of them can be seen at once.
  var firstCount: Int { first.count - start }

  /// Those.
  func withFirst<R, E>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try first.withUnsafeBufferPointer { first throws(E) in
      try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: first[start...])))
    }
  }

  /// The first `count` bytes of them were cut out.
  mutating func drop(_ count: Int) {
    start += min(count, firstCount)
    guard start == first.count else { return }
    guard !second.isEmpty else { return removeAll() }
    if first.capacity > spare.capacity { swap(&first, &spare) }
    (first, start) = (second, secondStart)
    (second, secondStart) = ([], 0)
    // Held by nobody else by now, so that it is not copied for this.
    spare.removeAll(keepingCapacity: true)
  }

  /// A new piece, of which the first `joined` bytes are to be seen together with what is there: the rest of what begins
  /// there, or where more waits than that, all. What `isBegun` only comes to have `most` bytes, if that many arrive.
  mutating func append(_ piece: consuming [UInt8], joining joined: Int, isBegun: Bool, most: Int) {
    if count == 0 {
      (first, start) = (piece, 0)
      return
    }
    if !second.isEmpty {
      join(second[secondStart...], isBegun: false, most: .max)
      (second, secondStart) = ([], 0)
    }
    join(piece[..<joined], isBegun: isBegun, most: most)
    if joined < piece.count { (second, secondStart) = (piece, joined) }
  }

  mutating func removeAll() {
    self = PieceQueue()
  }

  /// Gets rid of dead bytes where that is cheap: where there is but the beginning of something, which is not moved again
  /// before it was cut out, or where no more bytes have to be moved than are removed. Otherwise grows by doubling, as
  /// arrays do, but not beyond `most`.
  private mutating func join(_ bytes: ArraySlice<UInt8>, isBegun: Bool, most: Int) {
    if start > 0, isBegun || start >= firstCount {
      // Another array, so that one large piece does not leave its capacity behind.
      var rest = spare
      spare = []
      rest.reserveCapacity(firstCount + bytes.count)
      rest.append(contentsOf: first[start...])
      (first, start) = (rest, 0)
    } else if first.capacity - first.count < bytes.count {
      spare = []
      let needed = first.count + bytes.count
      first.reserveCapacity(max(needed, min(2 * first.count, most)))
    }
    first.append(contentsOf: bytes)
  }
}
