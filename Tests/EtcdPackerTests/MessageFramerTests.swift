import EtcdPacker
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
}
