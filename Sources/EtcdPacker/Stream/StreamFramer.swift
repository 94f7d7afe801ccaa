import Glibc

/// Cuts a stream of JSON documents, one a line, out of the pieces in which it arrives.
///
/// Append a piece, then call `next` until it returns `nil`; at the end of the stream call `finish` until it returns
/// `nil`. Blank lines and carriage returns are no documents.
///
/// Costs are linear in the bytes of the stream, whatever the size of the pieces: each byte is searched once for the end
/// of its line, and moved a bounded number of times on average. As long as the caller takes the documents out after
/// each piece, no more is held than `limit` and one piece.
package struct StreamFramer {
  /// The most bytes a document may have.
  package let limit: Int
  private var buffer: [UInt8] = []
  /// Where the first document that was not handed over begins: `buffer` before it is dead.
  private var start = 0
  /// Up to where `buffer` was searched for the end of that document.
  private var searched = 0
  /// The line feed that ends it, once it has arrived.
  private var lineEnd: Int?
  private var failure: PackerError?

  package init(limit: Int) {
    self.limit = limit
  }

  /// Whether `next` has something to say: a document, or that one is too large.
  package var hasDocument: Bool { lineEnd != nil || failure != nil }

  /// How many bytes wait to be handed over.
  package var bufferedBytes: Int { buffer.count - start }

  /// Takes the next bytes of the stream; without copying them if there is nothing before them. After a failure, which
  /// `next` reports, they are dropped.
  package mutating func append(_ piece: consuming [UInt8]) {
    if failure != nil || piece.isEmpty { return }
    if buffer.isEmpty {
      buffer = piece
    } else {
      makeRoom(for: piece.count)
      buffer.append(contentsOf: piece)
    }
    search()
  }

  /// Hands the next complete document to `body`, in place, and returns what `body` makes of it; `nil` if there is none.
  /// The document counts as handed over even if `body` throws.
  ///
  /// Throws `documentTooLarge`, from then on for ever, once a document is known to exceed the limit.
  package mutating func next<R>(
    _ body: (UnsafeRawBufferPointer) throws(PackerError) -> R
  ) throws(PackerError) -> R? {
    if let lineEnd {
      let document = start..<lineEnd
      start = lineEnd + 1
      searched = start
      self.lineEnd = nil
      defer { search() }
      return try hand(document, to: body)
    }
    if let failure { throw failure }
    return nil
  }

  /// Like `next`, once the stream has ended: what follows the last line feed is a document too, if it is complete.
  /// Throws `truncated`, or what else is wrong with it, if it is not.
  package mutating func finish<R>(
    _ body: (UnsafeRawBufferPointer) throws(PackerError) -> R
  ) throws(PackerError) -> R? {
    if hasDocument { return try next(body) }
    defer { empty() }
    let rest = start..<buffer.count
    if isBlank(rest) { return nil }
    try hand(rest) { document throws(PackerError) in
      var reader = JSONReader(document)
      try reader.skipValue()
      try reader.end()
    }
    return try hand(rest, to: body)
  }

  private func hand<R>(
    _ range: Range<Int>, to body: (UnsafeRawBufferPointer) throws(PackerError) -> R
  ) throws(PackerError) -> R {
    try buffer.withUnsafeBufferPointer { buffer throws(PackerError) in
      try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[range])))
    }
  }

  // MARK: Searching

  /// Looks for the end of the document at `start`, passing over blank lines, and checks the limit.
  private mutating func search() {
    while lineEnd == nil, failure == nil {
      guard let newline = indexOfNewline() else {
        searched = buffer.count
        if bufferedBytes == 0 { empty() }
        if bufferedBytes > limit { fail() }
        return
      }
      if isBlank(start..<newline) {
        start = newline + 1
        searched = start
      } else if newline - start > limit {
        fail()
      } else {
        lineEnd = newline
      }
    }
  }

  private mutating func fail() {
    failure = PackerError(.documentTooLarge, at: limit)
    empty()
  }

  private func indexOfNewline() -> Int? {
    buffer.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress, searched < buffer.count else { return nil }
      // libc's search is several times as fast as one that is written here.
      let found = memchr(base + searched, Int32(UInt8(ascii: "\n")), buffer.count - searched)
      return found.map { UnsafeRawPointer($0) - base }
    }
  }

  private func isBlank(_ range: Range<Int>) -> Bool {
    buffer.withUnsafeBytes { buffer in
      buffer[range].allSatisfy { byte in
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t")
          || byte == UInt8(ascii: "\n")
      }
    }
  }

  // MARK: Memory

  /// Gives the memory back, dead bytes and all.
  private mutating func empty() {
    buffer = []
    start = 0
    searched = 0
  }

  /// Makes room for `count` more bytes, and gets rid of dead ones where that is cheap: when only the beginning of a
  /// document is left, which is not moved again before it was handed over, or when no more bytes have to be moved than
  /// are removed.
  private mutating func makeRoom(for count: Int) {
    if start > 0, lineEnd == nil || start >= bufferedBytes {
      // A new array, so that one large document does not leave its capacity behind.
      var rest: [UInt8] = []
      rest.reserveCapacity(bufferedBytes + count)
      rest.append(contentsOf: buffer[start...])
      buffer = rest
      lineEnd = lineEnd.map { $0 - start }
      searched -= start
      start = 0
    } else if buffer.capacity - buffer.count < count {
      // By doubling, as arrays do, but not beyond what the document that is arriving may need.
      let needed = buffer.count + count
      let bound = limit.addingReportingOverflow(count)
      let most = lineEnd == nil && !bound.overflow ? bound.partialValue : .max
      buffer.reserveCapacity(max(needed, min(2 * buffer.count, most)))
    }
  }
}
