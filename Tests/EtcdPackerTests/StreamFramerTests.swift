import EtcdPacker
import TestSupport
import Testing

@Suite struct StreamFramerTests {
  @Test func documentsComeOutOneByOne() throws {
    var framer = StreamFramer(limit: 100)
    framer.append(utf8("{\"a\":1}\n{\"b\":2}\n"))
    #expect(framer.hasDocument)
    #expect(try next(&framer) == #"{"a":1}"#)
    #expect(framer.hasDocument)
    #expect(try next(&framer) == #"{"b":2}"#)
    #expect(!framer.hasDocument)
    #expect(try next(&framer) == nil)
    #expect(framer.bufferedBytes == 0)
    #expect(try finish(&framer) == nil)
  }

  @Test func aStreamSplitAtAnyTwoPlacesGivesTheSameDocuments() throws {
    let stream = utf8("\n{\"a\":1}\r\n\r\n  \n[2]\n3\n\n{\"b\":[4,5]}\n")
    for first in 0...stream.count {
      for second in first...stream.count {
        let pieces = [Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...])]
        #expect(try documents(in: pieces) == [#"{"a":1}"# + "\r", "[2]", "3", #"{"b":[4,5]}"#])
      }
    }
  }

  @Test func piecesOfOneByteGiveTheSameDocuments() throws {
    let stream = utf8(Samples.watch + "\n" + Samples.range + "\n\n" + Samples.streamError)
    #expect(try documents(in: stream.map { [$0] }) == [Samples.watch, Samples.range, Samples.streamError])
  }

  @Test func aDocumentIsAvailableAsSoonAsItsLineEnds() throws {
    var framer = StreamFramer(limit: 100)
    framer.append(utf8("{\"a\""))
    #expect(!framer.hasDocument)
    #expect(try next(&framer) == nil)
    framer.append(utf8(":1}"))
    #expect(!framer.hasDocument)
    #expect(framer.bufferedBytes == 7)
    framer.append(utf8("\n{"))
    #expect(framer.hasDocument)
    #expect(try next(&framer) == #"{"a":1}"#)
    #expect(!framer.hasDocument)
    #expect(framer.bufferedBytes == 1)
  }

  @Test func blankLinesAreNoDocuments() throws {
    var framer = StreamFramer(limit: 10)
    framer.append(utf8("\n\r\n \t \n\n"))
    #expect(!framer.hasDocument)
    #expect(framer.bufferedBytes == 0)
    #expect(try finish(&framer) == nil)
  }

  @Test func aDocumentIsDecodedWhereItLies() throws {
    let piece = utf8("12345\n67890\n")
    let address = piece.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    var framer = StreamFramer(limit: 100)
    framer.append(piece)
    let addresses = try (0..<2).map { _ in
      try framer.made { (document) throws(PackerError) in UInt(bitPattern: document.baseAddress) }
    }
    #expect(addresses == [address, address + 6])
  }

  // MARK: The end of the stream

  @Test func theErrorWithoutALineFeedIsTheLastDocument() throws {
    var framer = StreamFramer(limit: 1000)
    framer.append(utf8(Samples.watch + "\n" + Samples.streamError))
    #expect(try next(&framer) == Samples.watch)
    #expect(try next(&framer) == nil)
    #expect(try finish(&framer) == Samples.streamError)
    #expect(try finish(&framer) == nil)
  }

  @Test func finishHandsOverWhatNextDidNot() throws {
    var framer = StreamFramer(limit: 1000)
    framer.append(utf8("1\n\n2\n3"))
    #expect(try finish(&framer) == "1")
    #expect(try finish(&framer) == "2")
    #expect(try finish(&framer) == "3")
    #expect(try finish(&framer) == nil)
  }

  @Test func aStreamThatEndsInsideOfADocumentIsTruncated() {
    let document = utf8(Samples.streamError)
    for count in 1..<document.count {
      var framer = StreamFramer(limit: 1000)
      framer.append(Array(document[..<count]))
      #expect(failure { () throws(PackerError) in try finish(&framer) }?.reason == .truncated)
      #expect(framer.bufferedBytes == 0)
    }
  }

  @Test func rubbishAtTheEndIsAnError() {
    var framer = StreamFramer(limit: 1000)
    framer.append(utf8("{}x"))
    #expect(failure { () throws(PackerError) in try finish(&framer) } == PackerError(.trailingBytes, at: 2))
  }

  @Test(arguments: ["", " ", "\r\n", "\n \t"]) func whiteSpaceAtTheEndIsNothing(end: String) throws {
    var framer = StreamFramer(limit: 1000)
    framer.append(utf8("1\n" + end))
    #expect(try finish(&framer) == "1")
    #expect(try finish(&framer) == nil)
  }

  // MARK: Errors

  @Test func anErrorOfTheBodyDoesNotKeepTheDocument() throws {
    var framer = StreamFramer(limit: 1000)
    framer.append(utf8("x\n2\n"))
    let error = failure { () throws(PackerError) in
      try framer.made { (document) throws(PackerError) in try RangeResponse.decode(document) }
    }
    #expect(error?.reason == .wrongType)
    #expect(try next(&framer) == "2")
  }

  @Test func aDocumentOfExactlyTheLimitIsAllowed() throws {
    var framer = StreamFramer(limit: 5)
    framer.append(utf8("12345\n"))
    #expect(try next(&framer) == "12345")
    framer.append(utf8("12345"))
    #expect(try finish(&framer) == "12345")
  }

  @Test(arguments: [["123456\n"], ["123456"], ["12345", "6"], ["1", "2", "3", "4", "5", "6"], ["12345", "6\n7\n"]])
  func aDocumentOverTheLimitIsAnErrorForGood(pieces: [String]) {
    var framer = StreamFramer(limit: 5)
    for piece in pieces { framer.append(utf8(piece)) }
    for _ in 0..<2 {
      #expect(framer.hasDocument)
      #expect(failure { () throws(PackerError) in try next(&framer) } == PackerError(.documentTooLarge, at: 5))
      #expect(failure { () throws(PackerError) in try finish(&framer) } == PackerError(.documentTooLarge, at: 5))
      framer.append(utf8("1\n"))
      #expect(framer.bufferedBytes == 0)
    }
  }

  @Test func documentsBeforeTheOneThatIsTooLargeStillComeOut() throws {
    var framer = StreamFramer(limit: 5)
    framer.append(utf8("1\n2\n1234567"))
    #expect(try next(&framer) == "1")
    #expect(try next(&framer) == "2")
    #expect(failure { () throws(PackerError) in try next(&framer) }?.reason == .documentTooLarge)
  }

  // MARK: Cost

  @Test func whatIsHeldIsBoundedWhenNoLineEverEnds() {
    var framer = StreamFramer(limit: 1000)
    for _ in 0..<10_000 {
      framer.append([UInt8](repeating: 0x41, count: 100))
      #expect(framer.bufferedBytes <= 1100)
    }
    #expect(framer.hasDocument)
  }

  // Where costs are quadratic, these take many minutes.

  @Test(.timeLimit(.minutes(1))) func aLargeDocumentInPiecesOfOneByteIsCheap() throws {
    var framer = StreamFramer(limit: 4_000_000)
    let byte = [UInt8(ascii: "1")]
    for _ in 0..<2_000_000 { framer.append(byte) }
    framer.append(utf8("\n"))
    #expect(try framer.made { (document) throws(PackerError) in document.count } == 2_000_000)
  }

  @Test(.timeLimit(.minutes(1))) func manyDocumentsInOnePieceAreCheapWithAPieceAfterEach() throws {
    var framer = StreamFramer(limit: 100)
    let line = utf8("[\"one of very many documents, each of a few bytes\"]\n")
    framer.append((0..<200_000).flatMap { _ in line })
    var count = 0
    while count < 200_000, try framer.made({ (document) throws(PackerError) in document.count }) == line.count - 1 {
      framer.append([UInt8(ascii: "2")])
      count += 1
    }
    #expect(count == 200_000)
    #expect(failure { () throws(PackerError) in try next(&framer) }?.reason == .documentTooLarge)
  }

  @Test(.timeLimit(.minutes(1))) func documentsThatPileUpAreCheapToo() throws {
    var framer = StreamFramer(limit: 100)
    let piece = utf8("1\n2\n")
    for _ in 0..<300_000 { framer.append(piece) }
    #expect(framer.bufferedBytes == 1_200_000)
    for _ in 0..<300_000 {
      guard try next(&framer) == "1", try next(&framer) == "2" else {
        Issue.record("a document is missing")
        return
      }
    }
    #expect(framer.bufferedBytes == 0)
  }

  @Test func aLongStreamOfUnalignedPiecesKeepsItsOrder() throws {
    var generator = SeededRandom(seed: 6)
    let stream = (0..<20_000).flatMap { utf8("{\"n\":\($0)}\n") }
    var framer = StreamFramer(limit: 64)
    var expected = 0
    var index = 0
    while index < stream.count {
      let end = min(index + Int.random(in: 1...300, using: &generator), stream.count)
      framer.append(Array(stream[index..<end]))
      index = end
      // Sometimes documents are left for later, as when the host is slow.
      if Bool.random(using: &generator) { continue }
      while let document = try next(&framer) {
        #expect(document == "{\"n\":\(expected)}")
        expected += 1
        if UInt8.random(in: 0...20, using: &generator) == 0 { break }
      }
    }
    while try finish(&framer) != nil { expected += 1 }
    #expect(expected == 20_000)
  }

  private func documents(in pieces: [[UInt8]]) throws(PackerError) -> [String] {
    var framer = StreamFramer(limit: 10_000)
    var documents: [String] = []
    for piece in pieces {
      framer.append(piece)
      while let document = try next(&framer) { documents.append(document) }
    }
    while let document = try finish(&framer) { documents.append(document) }
    return documents
  }

  private func next(_ framer: inout StreamFramer) throws(PackerError) -> String? {
    try framer.made { (document) throws(PackerError) in String(decoding: document, as: UTF8.self) }
  }

  private func finish(_ framer: inout StreamFramer) throws(PackerError) -> String? {
    try framer.madeAtEnd { (document) throws(PackerError) in String(decoding: document, as: UTF8.self) }
  }
}
