/// Cuts a stream of gRPC's messages out of the pieces in which it arrives: before each stand a byte that says whether it is
/// compressed, which nobody was asked to do, and its length in four bytes.
///
/// Append a piece, then call `next` until it returns `nil`. What is left then, when the stream has ended, is the beginning
/// of a message whose end is missing.
///
/// Costs are linear in the bytes of the stream, whatever the size of the pieces. As long as the caller takes the messages
/// out after each piece, no more is held than `limit` and one piece: what a length only announces takes no memory.
package struct MessageFramer {
  package static let prefixSize = 5

  /// The most bytes a message may have.
  package let limit: Int
  private var buffer: [UInt8] = []
  /// Where the first message that was not handed over begins: `buffer` before it is dead.
  private var start = 0
  private var failure: PackerError?

  package init(limit: Int) {
    self.limit = limit
  }

  /// A message with what has to stand before it.
  package static func frame(_ message: some Collection<UInt8>) -> [UInt8] {
    let length = UInt32(clamping: message.count)
    var frame: [UInt8] = []
    frame.reserveCapacity(prefixSize + message.count)
    frame.append(0)
    for shift in [24, 16, 8, 0] as [UInt32] { frame.append(UInt8(truncatingIfNeeded: length >> shift)) }
    frame.append(contentsOf: message)
    return frame
  }

  /// How many bytes wait to be handed over.
  package var bufferedBytes: Int { buffer.count - start }

  /// Whether `next` has something to say: a message, or that what has come is none.
  package var hasMessage: Bool {
    failure != nil || messageLength.map { bufferedBytes - Self.prefixSize >= $0 } ?? false
  }

  /// Of the first message, once that is known.
  private var messageLength: Int? {
    guard bufferedBytes >= Self.prefixSize else { return nil }
    return buffer[start + 1..<start + Self.prefixSize].reduce(0) { $0 << 8 | Int($1) }
  }

  /// Takes the next bytes of the stream; without copying them if there is nothing before them. After a failure, which
  /// `next` reports, they are dropped.
  package mutating func append(_ piece: consuming [UInt8]) {
    if failure != nil || piece.isEmpty { return }
    if bufferedBytes == 0 {
      buffer = piece
      start = 0
    } else {
      makeRoom(for: piece.count)
      buffer.append(contentsOf: piece)
    }
    check()
  }

  /// The next whole message, in memory of its own; `nil` if there is none yet.
  ///
  /// Throws from then on for ever once a message is known to exceed the limit, or is compressed.
  package mutating func next() throws(PackerError) -> Bytes? {
    if let failure { throw failure }
    guard let length = messageLength, bufferedBytes - Self.prefixSize >= length else { return nil }
    let first = start + Self.prefixSize
    let message = buffer.withUnsafeBytes {
      Bytes(copying: UnsafeRawBufferPointer(rebasing: $0[first..<first + length]))
    }
    start = first + length
    if bufferedBytes == 0 { empty() } else { check() }
    return message
  }

  /// What is wrong with the message that begins at `start` is known by its prefix.
  private mutating func check() {
    guard let length = messageLength else { return }
    if buffer[start] != 0 {
      fail(PackerError(.compressed, at: 0))
    } else if length > limit {
      fail(PackerError(.documentTooLarge, at: limit))
    }
  }

  private mutating func fail(_ failure: PackerError) {
    self.failure = failure
    empty()
  }

  private mutating func empty() {
    buffer = []
    start = 0
  }

  /// Dead bytes go where no more have to be moved than are removed. Grows by doubling, as arrays do, but not beyond what
  /// the message that is arriving may need.
  private mutating func makeRoom(for count: Int) {
    if start >= bufferedBytes {
      buffer.removeSubrange(..<start)
      start = 0
    }
    let needed = buffer.count + count
    guard buffer.capacity < needed else { return }
    let whole = messageLength.map { start + Self.prefixSize + min($0, limit) } ?? needed
    buffer.reserveCapacity(max(needed, min(2 * buffer.count, whole)))
  }
}
