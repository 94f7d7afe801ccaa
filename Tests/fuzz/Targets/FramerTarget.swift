import EtcdPacker

/// `StreamFramer` against splitting the whole stream at once.
///
/// The first byte is the limit, the second one's lowest bit says whether documents are taken out after each piece or
/// only at the end; the third says how many bytes follow that are the lengths of pieces, over and over. The rest is the
/// stream.
enum FramerTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    var input = Input(input)
    let limit = Int(input.byte())
    let takesEarly = input.byte() & 1 == 0
    let count = Int(input.byte() & 7)
    let lengths = input.bytes(count).map { max(Int($0), 1) }
    let stream = Array(input.rest)

    var framer = StreamFramer(limit: limit)
    var documents: [[UInt8]] = []
    var failure: PackerError?
    func take(_ step: (inout StreamFramer) throws(PackerError) -> [UInt8]?) {
      do throws(PackerError) {
        while let document = try step(&framer) { documents.append(document) }
      } catch {
        failure = error
      }
    }

    var rest = stream[...]
    var piece = 0
    while !rest.isEmpty {
      let length = lengths.isEmpty ? rest.count : lengths[piece % lengths.count]
      piece += 1
      let bytes = Array(rest.prefix(length))
      rest = rest.dropFirst(length)
      framer.append(bytes)
      if takesEarly {
        take { framer throws(PackerError) in
          var taken: [UInt8]?
          _ = try framer.next { document throws(PackerError) in taken = Array(document) }
          return taken
        }
        try require(!framer.hasDocument || failure != nil, "there is a document that was not handed over")
        try require(framer.bufferedBytes <= limit, "\(framer.bufferedBytes) bytes are kept, and \(limit) allowed")
      }
    }
    take { framer throws(PackerError) in
      var taken: [UInt8]?
      _ = try framer.finish { document throws(PackerError) in taken = Array(document) }
      return taken
    }

    let expected = split(stream, limit: limit)
    // Of a line that is too large, a part can arrive that says so; of a blank one too, which is no document if it
    // arrives in one piece.
    let isCutShort = failure?.reason == .documentTooLarge
    try require(
      isCutShort ? expected.documents.starts(with: documents) : expected.documents == documents,
      "\(documents.count) documents were handed over, and there are \(expected.documents.count)")
    try require(
      failure?.reason == expected.failure || (isCutShort && expected.hasLargeLine),
      "ended with \(failure.map { "\($0)" } ?? "nothing"), not \(expected.failure.map { "\($0)" } ?? "nothing")")
  }

  private struct Expected {
    var documents: [[UInt8]] = []
    var failure: PackerError.Reason?
    /// Any line, blank ones included.
    var hasLargeLine = false
  }

  private static func split(_ stream: [UInt8], limit: Int) -> Expected {
    var expected = Expected()
    var lines = stream.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
    let last = lines.popLast() ?? []
    expected.hasLargeLine = (lines + [last]).contains { $0.count > limit }
    for line in lines where !isBlank(line) {
      if line.count > limit {
        expected.failure = .documentTooLarge
        return expected
      }
      expected.documents.append(line)
    }
    if last.count > limit {
      expected.failure = .documentTooLarge
    } else if !isBlank(last) {
      do throws(PackerError) {
        try last.withUnsafeBufferPointer { last throws(PackerError) in
          var reader = JSONReader(UnsafeRawBufferPointer(last))
          try reader.skipValue()
          try reader.end()
        }
        expected.documents.append(last)
      } catch {
        expected.failure = error.reason
      }
    }
    return expected
  }

  private static func isBlank(_ line: [UInt8]) -> Bool {
    line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
  }
}
