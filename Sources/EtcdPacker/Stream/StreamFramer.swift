import Glibc

/// Cuts a stream of JSON documents, one a line, out of the pieces in which it arrives.
///
/// Append a piece, then call `next` until it returns false; at the end of the stream call `finish` until it returns
/// false. Blank lines and carriage returns are no documents.
///
/// Costs are linear in the bytes of the stream, whatever the size of the pieces: each byte is searched for the end of
/// its line, and moved, a bounded number of times on average. As long as the caller takes the documents out after
/// each piece, no more is held than `limit` and two pieces.
package struct StreamFramer {
  /// The most bytes a document may have.
  package let limit: Int
  /// Begins with the document that is handed over next.
  private var pieces = PieceQueue()
  /// How much of it was searched for the end of that document.
  private var searched = 0
  /// Where that is: at a line feed, once it has arrived.
  private var lineEnd: Int?
  private var failure: PackerError?

  package init(limit: Int) {
    self.limit = limit
  }

  /// Whether `next` has something to say: a document, or that one is too large.
  package var hasDocument: Bool { lineEnd != nil || failure != nil }

  /// How many bytes wait to be handed over.
  package var bufferedBytes: Int { pieces.count }

  /// Takes the next bytes of the stream; without copying what of them is whole documents, or the beginning of one. After
  /// a failure, which `next` reports, they are dropped.
  package mutating func append(_ piece: consuming [UInt8]) {
    if failure != nil || piece.isEmpty { return }
    let isBegun = lineEnd == nil
    let count = piece.count
    let end = isBegun && pieces.count > 0 ? piece.withUnsafeBytes { Self.newline(in: $0, from: 0) } : nil
    let joined = end.map { $0 + 1 } ?? count
    let most = limit.addingReportingOverflow(count)
    pieces.append(
      piece, joining: joined, isBegun: isBegun, most: isBegun && !most.overflow ? most.partialValue : .max)
    search()
  }

  /// Hands the next complete document to `body`, in place. Returns whether there was one. It counts as handed over even if
  /// `body` throws.
  ///
  /// Throws `documentTooLarge`, from then on for ever, once a document is known to exceed the limit.
  package mutating func next(
    _ body: (UnsafeRawBufferPointer) throws(PackerError) -> Void
  ) throws(PackerError) -> Bool {
    guard let lineEnd else {
      if let failure { throw failure }
      return false
    }
    self.lineEnd = nil
    defer {
      drop(lineEnd + 1)
      search()
    }
    try hand(lineEnd, to: body)
    return true
  }

  /// Like `next`, once the stream has ended: what follows the last line feed is a document too, if it is complete.
  /// Throws `truncated`, or what else is wrong with it, if it is not.
  package mutating func finish(
    _ body: (UnsafeRawBufferPointer) throws(PackerError) -> Void
  ) throws(PackerError) -> Bool {
    if hasDocument { return try next(body) }
    let rest = pieces.count
    defer { drop(rest) }
    if pieces.withFirst({ Self.isBlank($0) }) { return false }
    try hand(rest) { document throws(PackerError) in
      var reader = JSONReader(document)
      try reader.skipValue()
      try reader.end()
    }
    try hand(rest, to: body)
    return true
  }

  /// The first `count` bytes.
  private func hand(
    _ count: Int, to body: (UnsafeRawBufferPointer) throws(PackerError) -> Void
  ) throws(PackerError) {
    try pieces.withFirst { bytes throws(PackerError) in try body(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
  }

  /// So many bytes are done with.
  private mutating func drop(_ count: Int) {
    pieces.drop(count)
    searched = 0
  }

  // MARK: Searching

  /// Looks for the end of the first document, passing over blank lines, and checks the limit.
  private mutating func search() {
    while lineEnd == nil, failure == nil {
      let newline = pieces.withFirst { Self.newline(in: $0, from: searched) }
      guard let newline else {
        searched = pieces.firstCount
        if searched > limit { fail() }
        return
      }
      if pieces.withFirst({ Self.isBlank(UnsafeRawBufferPointer(rebasing: $0[..<newline])) }) {
        drop(newline + 1)
      } else if newline > limit {
        fail()
      } else {
        lineEnd = newline
      }
    }
  }

  private mutating func fail() {
    failure = PackerError(.documentTooLarge, at: limit)
    pieces.removeAll()
  }

  private static func newline(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = bytes.baseAddress, start < bytes.count else { return nil }
    // libc's search is several times as fast as one that is written here.
    let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
    return found.map { UnsafeRawPointer($0) - base }
  }

  private static func isBlank(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.allSatisfy { byte in
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t")
        || byte == UInt8(ascii: "\n")
    }
  }
}
