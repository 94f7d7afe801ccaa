/// Cuts a stream of gRPC's messages out of the pieces in which it arrives: before each stand a byte that says whether it is
/// compressed, which nobody was asked to do, and its length in four bytes.
///
/// Append a piece, then call `next` until it returns `nil`. What is left then, when the stream has ended, is the beginning
/// of a message whose end is missing.
///
/// Costs are linear in the bytes of the stream, whatever the size of the pieces. As long as the caller takes the messages
/// out after each piece, no more is held than `limit` and two pieces: what a length only announces takes no memory.
package struct MessageFramer {
  package static let prefixSize = 5

  /// The most bytes a message may have.
  package let limit: Int
  /// Begins with a message.
  private var pieces = PieceQueue()
  private var failure: PackerError?

  package init(limit: Int) {
    self.limit = limit
  }

  /// A message with what has to stand before it.
  package static func frame(_ message: some Message) -> [UInt8] {
    var writer = ProtobufWriter(leaving: prefixSize)
    message.write(to: &writer)
    withLength(writer.bytes.count - prefixSize) { writer.replace(at: 1, with: $0) }
    return writer.bytes
  }

  /// The same of one that is written already.
  package static func frame(_ message: some Collection<UInt8>) -> [UInt8] {
    var frame: [UInt8] = []
    frame.reserveCapacity(prefixSize + message.count)
    frame.append(0)
    withLength(message.count) { frame += $0 }
    frame += message
    return frame
  }

  /// As it stands behind the first byte.
  private static func withLength(_ length: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeBytes(of: UInt32(clamping: length).bigEndian, body)
  }

  private static func length(in prefix: UnsafeRawBufferPointer) -> Int {
    Int(UInt32(bigEndian: prefix.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
  }

  /// Of what is all there is, and has to be one message.
  package static func message(of stream: [UInt8]) throws(PackerError) -> Bytes {
    try stream.withUnsafeBufferPointer { stream throws(PackerError) in
      let stream = UnsafeRawBufferPointer(stream)
      guard stream.count >= prefixSize else { throw PackerError(.truncated, at: stream.count) }
      guard stream[0] == 0 else { throw PackerError(.compressed, at: 0) }
      let length = length(in: stream)
      let message = stream[prefixSize...]
      guard message.count >= length else { throw PackerError(.truncated, at: stream.count) }
      guard message.count == length else { throw PackerError(.trailingBytes, at: prefixSize + length) }
      return Bytes(copying: UnsafeRawBufferPointer(rebasing: message))
    }
  }

  /// How many bytes wait to be handed over.
  package var bufferedBytes: Int { pieces.count }

  /// Whether `next` has something to say: a message, or that what has come is none.
  package var hasMessage: Bool { failure != nil || missing <= 0 }

  /// Of the first message, once that is known.
  private var messageLength: Int? {
    guard pieces.firstCount >= Self.prefixSize else { return nil }
    return pieces.withFirst(Self.length)
  }

  /// How many bytes the first message lacks, or its prefix; what there is too much of is negative.
  private var missing: Int { Self.prefixSize + (messageLength ?? 0) - pieces.firstCount }

  /// Takes the next bytes of the stream; without copying what of them is whole messages, or the beginning of one. After
  /// a failure, which `next` reports, they are dropped.
  package mutating func append(_ piece: consuming [UInt8]) {
    if failure != nil || piece.isEmpty { return }
    if pieces.count == 0 || hasMessage {
      pieces.append(piece, joining: piece.count, isBegun: false, most: .max)
    } else if pieces.firstCount < Self.prefixSize, piece.count > missing {
      // What else is missing is known when the prefix is whole.
      let length = missing
      pieces.append(Array(piece[..<length]), joining: length, isBegun: true, most: Self.prefixSize)
      check()
      return append(Array(piece[length...]))
    } else {
      let whole = Self.prefixSize + min(messageLength ?? 0, limit)
      pieces.append(piece, joining: min(missing, piece.count), isBegun: true, most: whole)
    }
    check()
  }

  /// The next whole message, in memory of its own; `nil` if there is none yet.
  ///
  /// Throws from then on for ever once a message is known to exceed the limit, or is compressed.
  package mutating func next() throws(PackerError) -> Bytes? {
    if let failure { throw failure }
    guard let length = messageLength, missing <= 0 else { return nil }
    let whole = Self.prefixSize + length
    let message = pieces.withFirst { Bytes(copying: UnsafeRawBufferPointer(rebasing: $0[Self.prefixSize..<whole])) }
    pieces.drop(whole)
    check()
    return message
  }

  /// What is wrong with the first message is known by its prefix.
  private mutating func check() {
    guard let length = messageLength else { return }
    if pieces.withFirst({ $0[0] }) != 0 {
      fail(PackerError(.compressed, at: 0))
    } else if length > limit {
      fail(PackerError(.documentTooLarge, at: limit))
    }
  }

  private mutating func fail(_ failure: PackerError) {
    self.failure = failure
    pieces.removeAll()
  }
}
