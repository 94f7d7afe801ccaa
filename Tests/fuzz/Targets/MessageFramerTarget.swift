import EtcdPacker

/// `MessageFramer` against reading the whole stream at once.
///
/// The first byte is the limit, the next one's lowest bits say how many bytes follow that are the lengths of pieces, over
/// and over. The rest is the stream.
enum MessageFramerTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    var input = Input(input)
    let limit = Int(input.byte())
    let count = Int(input.byte() & 7)
    let lengths = input.bytes(count).map { max(Int($0), 1) }
    let stream = Array(input.rest)

    var framer = MessageFramer(limit: limit)
    var messages: [[UInt8]] = []
    var failure: PackerError.Reason?
    var rest = stream[...]
    var piece = 0
    while !rest.isEmpty {
      let length = lengths.isEmpty ? rest.count : lengths[piece % lengths.count]
      piece += 1
      framer.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
      do throws(PackerError) {
        while let message = try framer.next() { messages.append(message.array) }
      } catch {
        failure = error.reason
      }
      try require(!framer.hasMessage || failure != nil, "there is a message that was not handed over")
      try require(
        framer.bufferedBytes < limit + MessageFramer.prefixSize, "\(framer.bufferedBytes) bytes are kept of \(limit)")
    }

    let expected = read(stream, limit: limit)
    try require(
      messages == expected.messages, "\(messages.count) messages came, and there are \(expected.messages.count)")
    try require(failure == expected.failure, "ended with \(String(describing: failure))")
    try require(framer.bufferedBytes == expected.rest, "\(framer.bufferedBytes) bytes are left, not \(expected.rest)")
  }

  private static func read(
    _ stream: [UInt8], limit: Int
  ) -> (messages: [[UInt8]], failure: PackerError.Reason?, rest: Int) {
    var messages: [[UInt8]] = []
    var start = 0
    while stream.count - start >= 5 {
      let length =
        (Int(stream[start + 1]) << 24) + (Int(stream[start + 2]) << 16) + (Int(stream[start + 3]) << 8)
        + Int(stream[start + 4])
      if stream[start] != 0 { return (messages, .compressed, 0) }
      if length > limit { return (messages, .documentTooLarge, 0) }
      if stream.count - start - 5 < length { break }
      messages.append(Array(stream[start + 5..<start + 5 + length]))
      start += 5 + length
    }
    return (messages, nil, stream.count - start)
  }
}
