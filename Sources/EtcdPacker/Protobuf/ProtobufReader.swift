/// Reads one message in protobuf's binary form (proto3) in place, without building a tree.
///
/// Unknown fields are skipped, groups too. Of a field that must not be repeated the last one counts, and of messages all
/// are merged. Repeated enumerations may be packed or not. A known field of another type than it is declared with is
/// refused, as etcd does it, and as `JSONReader` does. Text that is not UTF-8 is repaired: etcd itself lets it pass, and
/// its gateway repairs it too.
///
/// No document can make it trap, read outside of the document, recurse without bound, or cost more than it is given
/// (`DecodingCost`).
package struct ProtobufReader {
  /// The deepest nesting of messages and groups: as deep as `JSONReader.maximumDepth` lets etcd's messages go. A nested
  /// transaction has two levels here and three there, where lists have their own.
  package static let maximumDepth = 43

  /// The largest document, which protobuf itself bounds so.
  package static let maximumSize = Int(Int32.max)

  private let document: Bytes
  private let input: UnsafeRawBufferPointer
  private(set) var position = 0
  /// Where what is being read ends: the message, or a packed list. Never beyond the end of `input`.
  private(set) var end: Int
  private var depth = 0
  /// The field whose value comes next, while a message is read; 0, which no field has, at its end.
  private(set) var nextNumber: UInt32 = 0
  private var nextType = WireType.varint
  /// What the document may still cost.
  private var allowance: Int
  /// No list was made room for yet.
  var mayMakeRoom = true

  /// `input` is what `document` holds, and must stay there while the reader is used. A document that costs more than
  /// `limit` is refused.
  init(_ document: Bytes, _ input: UnsafeRawBufferPointer, limit: Int = .max) throws(PackerError) {
    guard input.count <= Self.maximumSize else { throw PackerError(.documentTooLarge, at: Self.maximumSize) }
    self.document = document
    self.input = input
    end = input.count
    allowance = max(limit, -1) - input.count
    try charge(0)
  }

  /// Before what it pays for is done.
  mutating func charge(_ cost: Int) throws(PackerError) {
    allowance -= cost
    if allowance < 0 { throw PackerError(.documentTooLarge, at: position) }
  }

  // MARK: Messages

  /// Reads fields into `message` up to the end of the document, or of what was entered.
  ///
  /// By going through its fields in the order of their declaration, round after round for as long as there are more. Each
  /// field takes the values that have its number, and then reads the number after them.
  mutating func message<M: Message>(_ message: inout M) throws(PackerError) {
    guard depth < Self.maximumDepth else { throw PackerError(.tooDeep, at: position) }
    depth += 1
    try nextField()
    var isFirst = true
    while nextNumber != 0 {
      if !isFirst { try charge(DecodingCost.detour) }
      isFirst = false
      let start = position
      try message.read(from: &self)
      // A round in which nobody took the value: nobody knows the number.
      if position == start {
        try skip(nextType, of: nextNumber)
        try nextField()
      }
    }
    depth -= 1
  }

  /// Reads the tag of the next field, if there is one.
  mutating func nextField() throws(PackerError) {
    guard position < end else {
      nextNumber = 0
      return
    }
    // Numbers below 16 take one byte, and are nearly all that there are.
    let byte = input[position]
    if byte & 0x80 == 0, byte >= 8, byte & 7 <= WireType.fourBytes.bits {
      position += 1
      (nextNumber, nextType) = (UInt32(byte >> 3), WireType(bits: byte & 7))
    } else {
      (nextNumber, nextType) = try tag()
    }
  }

  @inline(never)
  private mutating func tag() throws(PackerError) -> (number: UInt32, type: WireType) {
    let start = position
    guard let tag = UInt32(exactly: try varint()), tag >> 3 != 0, tag & 7 <= WireType.fourBytes.bits else {
      throw PackerError(.invalidTag, at: start)
    }
    return (tag >> 3, WireType(bits: UInt8(truncatingIfNeeded: tag & 7)))
  }

  /// Checks how the value that comes next is written.
  func expect(_ type: WireType) throws(PackerError) {
    guard nextType == type else { throw PackerError(.wrongType, at: position) }
  }

  /// Goes into something that has a length, where only so much can be read. Returns what `leave` is to be given.
  mutating func enter() throws(PackerError) -> Int {
    try expect(.length)
    let outerEnd = end
    end = try length()
    return outerEnd
  }

  /// Goes on after what `enter` has entered.
  mutating func leave(_ outerEnd: Int) {
    position = end
    end = outerEnd
  }

  var isAtEnd: Bool { position >= end }

  /// Whether the value that comes next is a list of numbers instead of one of them.
  var isPacked: Bool { nextType == .length }

  // MARK: Values

  mutating func varint() throws(PackerError) -> UInt64 {
    guard position < end else { throw PackerError(.truncated, at: position) }
    let first = input[position]
    if first < 0x80 {
      position += 1
      return UInt64(first)
    }
    return try longVarint()
  }

  /// Seven bits a byte, the lowest first; the tenth has room for one.
  ///
  /// Eight bytes at once where there are so many: revisions have three to six, ids nine or ten.
  @inline(never)
  private mutating func longVarint() throws(PackerError) -> UInt64 {
    guard input.count - position >= 8 else { return try varintByByte() }
    let word = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    // The high bit of the byte that is the last.
    let last = ~word & 0x8080_8080_8080_8080
    guard last != 0 else { return try varintByByte(Self.gather(word), from: 8) }
    let count = last.trailingZeroBitCount / 8 + 1
    guard count <= end - position else { throw PackerError(.truncated, at: end) }
    position += count
    // All bits up to that one.
    return Self.gather(word & (last ^ (last &- 1)))
  }

  /// The low seven bits of each byte, without the gaps between them: of two bytes, of four, of eight.
  private static func gather(_ bytes: UInt64) -> UInt64 {
    let ones = bytes & 0x7F7F_7F7F_7F7F_7F7F
    let twos = ones & 0x007F_007F_007F_007F | (ones & 0x7F00_7F00_7F00_7F00) >> 1
    let fours = twos & 0x0000_3FFF_0000_3FFF | (twos & 0x3FFF_0000_3FFF_0000) >> 2
    return fours & 0x0FFF_FFFF | (fours & 0x0FFF_FFFF_0000_0000) >> 4
  }

  /// The bytes before `first`, which are not the last, have this value.
  private mutating func varintByByte(_ before: UInt64 = 0, from first: Int = 0) throws(PackerError) -> UInt64 {
    var value = before
    for index in first..<10 {
      guard end - position > index else { throw PackerError(.truncated, at: end) }
      let byte = input[position + index]
      value |= UInt64(byte & 0x7F) << (7 * UInt64(index))
      if byte < 0x80 {
        guard index < 9 || byte <= 1 else { break }
        position += index + 1
        return value
      }
    }
    throw PackerError(.invalidVarint, at: position)
  }

  /// A length, and where what has it will end.
  private mutating func length() throws(PackerError) -> Int {
    let length = try varint()
    guard length <= UInt64(end - position) else { throw PackerError(.truncated, at: position) }
    return position + Int(length)
  }

  /// The next value, in place.
  private mutating func slice() throws(PackerError) -> Range<Int> {
    let end = try length()
    defer { position = end }
    return position..<end
  }

  mutating func bytes() throws(PackerError) -> Bytes {
    document.slice(try slice())
  }

  /// In memory of its own.
  mutating func array() throws(PackerError) -> [UInt8] {
    let slice = try slice()
    if !slice.isEmpty { try charge(DecodingCost.list) }
    return Array(input[slice])
  }

  mutating func string() throws(PackerError) -> String {
    String(decoding: UnsafeRawBufferPointer(rebasing: input[try slice()]), as: UTF8.self)
  }

  mutating func enumeration<E: WireEnum>() throws(PackerError) -> E {
    let start = position
    guard let value = E(rawValue: Int(Int32(truncatingIfNeeded: try varint()))) else {
      throw PackerError(.unknownEnumValue, at: start)
    }
    return value
  }

  // MARK: Unknown fields

  private mutating func skip(_ type: WireType, of number: UInt32) throws(PackerError) {
    try charge(DecodingCost.skippedValue)
    switch type {
    case .varint: _ = try varint()
    case .eightBytes: try skip(8)
    case .length: position = try length()
    case .fourBytes: try skip(4)
    case .startGroup: try skipGroup(number)
    default: throw PackerError(.invalidTag, at: position)
    }
  }

  private mutating func skip(_ count: Int) throws(PackerError) {
    guard end - position >= count else { throw PackerError(.truncated, at: position) }
    position += count
  }

  private mutating func skipGroup(_ number: UInt32) throws(PackerError) {
    guard depth < Self.maximumDepth else { throw PackerError(.tooDeep, at: position) }
    depth += 1
    while true {
      let inner = try tag()
      if inner.type == .endGroup, inner.number == number { break }
      try skip(inner.type, of: inner.number)
    }
    depth -= 1
  }
}
