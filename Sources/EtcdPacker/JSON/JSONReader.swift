/// Reads one JSON document (RFC 8259) in place, value by value, without building a tree.
///
/// The caller asks for what it expects next: `int64()`, `bytes()`, `message()`. White space and punctuation are the
/// reader's business. Everything that is read is checked, what is skipped too. No document can make it trap, read
/// outside of the document, recurse without bound, or cost more than it is given (`DecodingCost`).
///
/// `null` in place of a value is the default of its type, as in protobuf's JSON.
package struct JSONReader {
  /// The deepest nesting of objects and arrays. etcd's documents need six, and four more for each nested transaction.
  package static let maximumDepth = 64

  let input: UnsafeRawBufferPointer
  /// By itself, since the buffer computes it each time.
  let size: Int
  package internal(set) var position = 0
  var depth = 0
  /// While a message is read.
  var next = Next.none
  private var store: ByteStore?
  /// What the document may still cost.
  private var allowance: Int
  /// No list was made room for yet.
  private var mayMakeRoom = true

  /// The document must stay where it is while the reader is used, and is not needed afterwards. One that costs more than
  /// `limit` is refused.
  package init(_ document: UnsafeRawBufferPointer, limit: Int = .max) {
    input = document
    size = document.count
    allowance = max(limit, -1) - document.count
  }

  /// Before what it pays for is done.
  mutating func charge(_ cost: Int) throws(PackerError) {
    allowance -= cost
    if allowance < 0 { throw PackerError(.documentTooLarge, at: position) }
  }

  /// Checks that nothing but white space follows.
  package mutating func end() throws(PackerError) {
    skipWhiteSpace()
    if position < size { throw failure(.trailingBytes) }
  }

  // MARK: Objects and arrays

  package mutating func message<O: JSONObject>(_: O.Type = O.self) throws(PackerError) -> O {
    var object = O()
    if try consumeNull() { return object }
    try open(UInt8(ascii: "{"))
    var more = !consume(UInt8(ascii: "}"))
    while more {
      let field = try fieldName()
      let start = position
      try object.read(field, from: &self)
      if position == start { try skipValue() }
      more = try anotherFollows(end: UInt8(ascii: "}"))
    }
    depth -= 1
    return object
  }

  package mutating func array<Element>(
    cost: Int = DecodingCost.element(Element.self), of element: (inout JSONReader) throws(PackerError) -> Element
  ) throws(PackerError) -> [Element] {
    var elements: [Element] = []
    if try consumeNull() { return elements }
    try open(UInt8(ascii: "["))
    var more = !consume(UInt8(ascii: "]"))
    if more { try charge(DecodingCost.list) }
    while more {
      try charge(cost)
      let start = position
      let element = try element(&self)
      if mayMakeRoom {
        mayMakeRoom = false
        let count = DecodingCost.likelyCount(of: Element.self, size: position - start + 1, in: size - position)
        elements.reserveCapacity(count)
      }
      elements.append(consume element)
      more = try anotherFollows(end: UInt8(ascii: "]"))
    }
    depth -= 1
    return elements
  }

  package mutating func messages<O: JSONObject>(_: O.Type = O.self) throws(PackerError) -> [O] {
    try array { reader throws(PackerError) in try reader.message() }
  }

  package mutating func strings() throws(PackerError) -> [String] {
    let cost = DecodingCost.element(String.self) + DecodingCost.list
    return try array(cost: cost) { reader throws(PackerError) in try reader.string() }
  }

  /// Whether an object comes next, for the few fields whose type varies.
  package var isAtObject: Bool { peek() == UInt8(ascii: "{") }

  /// The next value as it is, for what nobody here knows.
  package mutating func raw() throws(PackerError) -> Bytes {
    skipWhiteSpace()
    let start = position
    try skipValue()
    return Bytes(copying: UnsafeRawBufferPointer(rebasing: input[start..<position]))
  }

  // MARK: Single values

  package mutating func bool() throws(PackerError) -> Bool {
    if try consumeNull() { return false }
    switch peek() {
    case UInt8(ascii: "t"):
      try consumeLiteral("true")
      return true
    case UInt8(ascii: "f"):
      try consumeLiteral("false")
      return false
    default: throw wrongType()
    }
  }

  /// The value of an enumeration, given by its name or its number.
  package mutating func enumeration<E: WireEnum>(_: E.Type = E.self) throws(PackerError) -> E {
    skipWhiteSpace()
    let start = position
    let value: E?
    if peek() == UInt8(ascii: "\"") {
      let text = try scanString()
      if text.hasEscapes {
        position = start
        var name = try string()
        value = name.withUTF8 { E.named(UnsafeRawBufferPointer($0)) }
      } else {
        value = E.named(UnsafeRawBufferPointer(rebasing: input[text.range]))
      }
    } else {
      value = Int(exactly: try int64()).flatMap(E.init(rawValue:))
    }
    guard let value else { throw PackerError(.unknownEnumValue, at: start) }
    return value
  }

  /// Skips a value of any type, checking it as strictly as if it had been read. Does not recurse.
  package mutating func skipValue() throws(PackerError) {
    // One bit for each open container, the innermost lowest: 1 is an object. The depth limit keeps it within 64.
    var isObject: UInt64 = 0
    let outerDepth = depth
    repeat {
      try charge(DecodingCost.skippedValue)
      skipWhiteSpace()
      var completed = true
      switch peek() {
      case UInt8(ascii: "{"):
        try open(UInt8(ascii: "{"))
        if consume(UInt8(ascii: "}")) {
          depth -= 1
        } else {
          isObject = isObject << 1 | 1
          _ = try fieldName()
          completed = false
        }
      case UInt8(ascii: "["):
        try open(UInt8(ascii: "["))
        if consume(UInt8(ascii: "]")) {
          depth -= 1
        } else {
          isObject = isObject << 1
          completed = false
        }
      case UInt8(ascii: "\""): _ = try scanString()
      case UInt8(ascii: "t"): try consumeLiteral("true")
      case UInt8(ascii: "f"): try consumeLiteral("false")
      case UInt8(ascii: "n"): try consumeLiteral("null")
      default: _ = try scanNumber()
      }
      // A value that is complete may complete the containers around it.
      while completed, depth > outerDepth {
        let inObject = isObject & 1 == 1
        if try anotherFollows(end: UInt8(ascii: inObject ? "}" : "]")) {
          if inObject { _ = try fieldName() }
          completed = false
        } else {
          isObject >>= 1
          depth -= 1
        }
      }
    } while depth > outerDepth
  }

  // MARK: Punctuation

  func failure(_ reason: PackerError.Reason) -> PackerError {
    PackerError(position < size ? reason : .truncated, at: position)
  }

  /// For a value that does not begin as the field's type does.
  func wrongType() -> PackerError {
    failure(.wrongType)
  }

  func peek() -> UInt8? {
    position < size ? input[position] : nil
  }

  /// Eight bytes of the document, which has to have them, the first of them lowest.
  @inline(__always)
  func word(at position: Int) -> UInt64 {
    UInt64(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  /// Etcd writes none, so that a look at the next byte is all that this is.
  @inline(__always)
  mutating func skipWhiteSpace() {
    if position < size, input[position] > UInt8(ascii: " ") { return }
    passWhiteSpace()
  }

  @inline(never)
  private mutating func passWhiteSpace() {
    while position < size {
      switch input[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
      default: return
      }
    }
  }

  /// Skips white space, then `null` if it is there. Every value begins with this.
  @inline(__always)
  mutating func consumeNull() throws(PackerError) -> Bool {
    skipWhiteSpace()
    guard peek() == UInt8(ascii: "n") else { return false }
    try consumeLiteral("null")
    return true
  }

  @inline(never)
  private mutating func consumeLiteral(_ literal: StaticString) throws(PackerError) {
    let count = literal.utf8CodeUnitCount
    for index in 0..<count {
      guard peek() == literal.utf8Start[index] else { throw failure(.unexpectedByte) }
      position += 1
    }
  }

  /// Skips white space, then `byte` if it is there.
  mutating func consume(_ byte: UInt8) -> Bool {
    skipWhiteSpace()
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  mutating func open(_ bracket: UInt8) throws(PackerError) {
    guard peek() == bracket else { throw wrongType() }
    guard depth < Self.maximumDepth else { throw failure(.tooDeep) }
    depth += 1
    position += 1
  }

  /// After a value in a container: true after a comma, false after `end`.
  mutating func anotherFollows(end: UInt8) throws(PackerError) -> Bool {
    if consume(UInt8(ascii: ",")) { return true }
    if consume(end) { return false }
    throw failure(.unexpectedByte)
  }

  /// A field's name and the colon after it.
  mutating func fieldName() throws(PackerError) -> FieldName {
    skipWhiteSpace()
    guard peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
    let name = try scanString()
    guard consume(UInt8(ascii: ":")) else { throw failure(.unexpectedByte) }
    skipWhiteSpace()
    guard name.hasEscapes else { return FieldName(UnsafeRawBufferPointer(rebasing: input[name.range])) }
    let store = documentStore()
    return FieldName(store.take(unescape(name.range, into: store.free)))
  }

  // MARK: Memory for what is decoded

  /// Where everything goes that is not used in place. Nothing decodes to more bytes than it has in the document, so
  /// there is always room.
  private mutating func documentStore() -> ByteStore {
    if let store { return store }
    let store = ByteStore.make(capacity: size)
    self.store = store
    return store
  }

  /// A byte string: base64, standard alphabet.
  package mutating func bytes() throws(PackerError) -> Bytes {
    if try consumeNull() { return Bytes() }
    guard peek() == UInt8(ascii: "\"") else { throw wrongType() }
    let text = UnsafeRawBufferPointer(rebasing: input[(position + 1)...])
    if text.first == UInt8(ascii: "\"") {
      position += 2
      return Bytes()
    }
    let store = documentStore()
    // The quote at the end is no base64 character, so looking for it and decoding are one pass.
    var (read, count) = Base64.decodeGroups(text, into: store.free)
    if text.count - read > 4, text[read] != UInt8(ascii: "\""),
      let last = Base64.decodeLastGroup(text[read..<read + 4], into: store.free[count...])
    {
      read += 4
      count += last
    }
    if read < text.count, text[read] == UInt8(ascii: "\"") {
      position += 1 + read + 1
    } else {
      count = try decodeEscapedBase64(into: store.free)
    }
    return Bytes(taking: count, from: store)
  }

  /// The slow path of `bytes()`, for strings that are written with escapes (`\/`, `\u002f`), and for finding out what
  /// is wrong with one.
  private mutating func decodeEscapedBase64(into output: UnsafeMutableRawBufferPointer) throws(PackerError) -> Int {
    let start = position
    let text = try scanString()
    guard text.hasEscapes else { throw PackerError(.invalidBase64, at: start) }
    let unescaped = UnsafeRawBufferPointer(rebasing: output.prefix(unescape(text.range, into: output)))
    guard let count = Base64.decode(unescaped, into: output) else { throw PackerError(.invalidBase64, at: start) }
    return count
  }
}
