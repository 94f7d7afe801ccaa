import EtcdPacker
import TestSupport
import Testing

struct MessageFramerTests {
  private static let messages: [[UInt8]] = [[1, 2, 3], [], [4], Array(repeating: 5, count: 300)]
  private static let stream = messages.flatMap { MessageFramer.frame($0) }

  private static func all(_ framer: inout MessageFramer) throws(PackerError) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    while let message = try framer.next() { messages.append(message.array) }
    return messages
  }

  @Test func aMessageStandsBehindItsLength() {
    #expect(MessageFramer.frame([7, 8]) == [0, 0, 0, 0, 2, 7, 8])
    #expect(MessageFramer.frame([UInt8](repeating: 0, count: 0x010203)).prefix(5) == [0, 0, 1, 2, 3])
  }

  @Test func aMessageIsWrittenBehindItsLengthToo() {
    for size in [0, 1, 120, 121, 300, 70_000] {
      let put = PutRequest(key: [1], value: [UInt8](repeating: 7, count: size))
      #expect(MessageFramer.frame(put) == MessageFramer.frame(put.encodeProtobuf()))
    }
    #expect(MessageFramer.frame(EmptyRequest()) == [0, 0, 0, 0, 0])
  }

  @Test func whatIsAllThereIsHasToBeOneMessage() throws {
    func refusal(_ stream: [UInt8]) -> PackerError.Reason? {
      do throws(PackerError) {
        _ = try MessageFramer.message(of: stream)
        return nil
      } catch {
        return error.reason
      }
    }
    for message in Self.messages {
      let stream = MessageFramer.frame(message)
      #expect(try MessageFramer.message(of: stream).array == message)
      for count in 0..<stream.count { #expect(refusal(Array(stream[..<count])) == .truncated) }
      #expect(refusal(stream + [0]) == .trailingBytes)
    }
    #expect(refusal([1, 0, 0, 0, 0]) == .compressed)
    #expect(refusal([0, 255, 255, 255, 255, 1]) == .truncated)
  }

  @Test(arguments: 1...310) func piecesOfAnyLengthMakeTheSameMessages(length: Int) throws {
    var framer = MessageFramer(limit: 300)
    var messages: [[UInt8]] = []
    var rest = Self.stream[...]
    while !rest.isEmpty {
      framer.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
      messages += try Self.all(&framer)
      #expect(!framer.hasMessage)
      #expect(framer.bufferedBytes < 305)
    }
    #expect(messages == Self.messages)
    #expect(framer.bufferedBytes == 0)
  }

  @Test func whatIsNotWholeIsNoMessage() throws {
    var framer = MessageFramer(limit: 10)
    framer.append([0, 0, 0, 0, 3, 1, 2])
    #expect(!framer.hasMessage)
    #expect(try framer.next() == nil)
    #expect(framer.bufferedBytes == 7)
    framer.append([3])
    #expect(try framer.next()?.array == [1, 2, 3])
  }

  /// Before any of it has come.
  @Test func aMessageThatWillBeTooLargeIsRefusedByItsLength() {
    var framer = MessageFramer(limit: 10)
    framer.append([0, 0, 0, 0, 11])
    #expect(framer.hasMessage)
    #expect(framer.bufferedBytes == 0)
    #expect(throws: PackerError(.documentTooLarge, at: 10)) { try framer.next() }
    framer.append(Self.stream)
    #expect(throws: PackerError(.documentTooLarge, at: 10)) { try framer.next() }
  }

  @Test func aMessageThatIsCompressedIsRefused() throws {
    var framer = MessageFramer(limit: 10)
    framer.append([0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 1, 9])
    #expect(try framer.next()?.array == [9])
    #expect(framer.hasMessage)
    #expect(throws: PackerError(.compressed, at: 0)) { try framer.next() }
  }

  /// As a host does that falls behind: what waits grows and shrinks, and pieces end anywhere.
  @Test(arguments: 0..<40 as Range<UInt64>) func messagesThatPileUpKeepTheirOrder(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let messages = (0..<300).map { [UInt8](repeating: UInt8($0 & 0xFF), count: Int.random(in: 0..<90, using: &random)) }
    var rest = messages.flatMap { MessageFramer.frame($0) }[...]
    var framer = MessageFramer(limit: 100)
    var taken: [[UInt8]] = []
    while !rest.isEmpty {
      let length = Int.random(in: 1..<200, using: &random)
      framer.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        guard let message = try framer.next() else { break }
        taken.append(message.array)
      }
    }
    taken += try Self.all(&framer)
    #expect(taken == messages)
    #expect(framer.bufferedBytes == 0)
  }

  @Test(.timeLimit(.minutes(1))) func aLargeMessageInPiecesOfOneByteIsCheap() throws {
    var framer = MessageFramer(limit: 1 << 20)
    for byte in MessageFramer.frame([UInt8](repeating: 7, count: 1 << 20)) { framer.append([byte]) }
    #expect(try framer.next()?.count == 1 << 20)
  }

  @Test(.timeLimit(.minutes(1))) func messagesThatPileUpAreCheap() throws {
    var framer = MessageFramer(limit: 100)
    let message = MessageFramer.frame([UInt8](repeating: 7, count: 20))
    for _ in 0..<100_000 {
      framer.append(message + message)
      #expect(try framer.next()?.count == 20)
    }
    for _ in 0..<100_000 { _ = try framer.next() }
    #expect(framer.bufferedBytes == 0)
  }
}
