/// A message is read by going through its fields in the order of their declaration, round after round for as long as the
/// object has more. Each field takes the value if it has the name that comes next, and then goes to the name after it. So
/// an object whose fields come in that order, as etcd's do, is read in one round and with hardly a comparison in vain.
extension JSONReader: Fields {
  package mutating func message<M: Message>(_: M.Type = M.self) throws(PackerError) -> M {
    var message = M()
    if try consumeNull() { return message }
    try openMessage()
    var isFirst = true
    while case .unread = next {
      if !isFirst { try charge(DecodingCost.detour) }
      isFirst = false
      let start = position
      try message.read(from: &self)
      if position > start { continue }
      // A round in which nobody took the value: the name is unknown, or not written as it is declared.
      next = .read(try fieldName())
      let value = position
      try message.read(from: &self)
      if position > value { continue }
      try skipValue()
      try goToNext()
    }
    depth -= 1
    return message
  }

  /// What comes next in the object that is read into a message.
  enum Next {
    /// Its end was passed.
    case none
    /// A name: the reader is at its opening quote.
    case unread
    /// The value of the field with this name.
    case read(FieldName)
  }

  @inline(__always)
  private mutating func openMessage() throws(PackerError) {
    // As etcd writes it.
    if size - position > 1, input[position] == UInt8(ascii: "{"), input[position + 1] == UInt8(ascii: "\""),
      depth < Self.maximumDepth
    {
      depth += 1
      position += 1
      next = .unread
    } else {
      try openAnyMessage()
    }
  }

  @inline(never)
  private mutating func openAnyMessage() throws(PackerError) {
    try open(UInt8(ascii: "{"))
    next = .none
    if !consume(UInt8(ascii: "}")) { try goToName() }
  }

  private mutating func goToName() throws(PackerError) {
    skipWhiteSpace()
    guard peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
    next = .unread
  }

  /// After the value of a field.
  @inline(never)
  private mutating func goToNext() throws(PackerError) {
    // As etcd writes it.
    if size - position > 1 {
      if input[position] == UInt8(ascii: ","), input[position + 1] == UInt8(ascii: "\"") {
        position += 1
        next = .unread
        return
      }
      if input[position] == UInt8(ascii: "}") {
        position += 1
        next = .none
        return
      }
    }
    if try anotherFollows(end: UInt8(ascii: "}")) {
      try goToName()
    } else {
      next = .none
    }
  }

  /// Whether the field `name` is the one that comes next, and if so goes to its value.
  ///
  /// Most names are written as they are declared, so they are compared in place, before anyone looks for their end: as
  /// numbers, which the compiler makes of them.
  @inline(__always)
  private mutating func isNext(_ name: StaticString) throws(PackerError) -> Bool {
    switch next {
    case .none: return false
    case .read(let field): return name ~= field
    case .unread:
      let length = name.utf8CodeUnitCount
      let start = position + 1
      // Behind a name there are a quote, a colon, a value and an end.
      guard size - start >= max(length + 2, 8) else { return try isNextNearTheEnd(name) }
      if length < 8 {
        // With the quote behind it, and what comes after that shifted out.
        let shift = 56 - 8 * UInt64(length)
        let quote = UInt64(UInt8(ascii: "\"")) << 56
        guard word(at: start) << shift == name.word(at: 0, length) << shift | quote else { return false }
      } else {
        for offset in stride(from: 0, to: length - 8, by: 8) {
          guard word(at: start + offset) == name.word(at: offset, 8) else { return false }
        }
        guard word(at: start + length - 8) == name.word(at: length - 8, 8),
          input[start + length] == UInt8(ascii: "\"")
        else { return false }
      }
      position = start + length + 1
      // As etcd writes it.
      guard input[position] == UInt8(ascii: ":") else { return try goToValue() }
      position += 1
      return true
    }
  }

  /// The same where there may be no eight bytes any more.
  @inline(never)
  private mutating func isNextNearTheEnd(_ name: StaticString) throws(PackerError) -> Bool {
    let name = name.bytes
    let start = position + 1
    let end = start + name.count
    guard end < size, input[end] == UInt8(ascii: "\""),
      ByteComparison.areEqual(name, UnsafeRawBufferPointer(rebasing: input[start..<end]))
    else { return false }
    position = end + 1
    return try goToValue()
  }

  /// After a name.
  @inline(never)
  private mutating func goToValue() throws(PackerError) -> Bool {
    guard consume(UInt8(ascii: ":")) else { throw failure(.unexpectedByte) }
    return true
  }

  /// A message, or `nil` for `null`: for fields whose presence means something.
  package mutating func messageIfPresent<M: Message>(_: M.Type = M.self) throws(PackerError) -> M? {
    if try consumeNull() { return nil }
    return try message()
  }

  package mutating func messages<M: Message>(_: M.Type = M.self) throws(PackerError) -> [M] {
    try array { reader throws(PackerError) in try reader.message() }
  }

  /// Bytes in memory of their own.
  private mutating func array() throws(PackerError) -> [UInt8] {
    let bytes = try bytes()
    if !bytes.isEmpty { try charge(DecodingCost.list) }
    return bytes.array
  }

  /// Replaces `value` if it is the field `name` that comes next.
  @inline(__always)
  private mutating func take<Value>(
    _ name: StaticString, _ value: inout Value, _ read: (inout JSONReader) throws(PackerError) -> Value
  ) throws(PackerError) {
    guard try isNext(name) else { return }
    value = try read(&self)
    try goToNext()
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bool) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.bool() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.int64() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.uint64() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.uint32() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout String) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.string() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bytes) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.bytes() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.array() }
  }

  @inline(__always)
  package mutating func field<E: WireEnum>(
    _ number: UInt32, _ name: StaticString, _ value: inout E
  ) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.enumeration() }
  }

  @inline(__always)
  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ value: inout M
  ) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.message() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.consumeNull() ? nil : reader.int64() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]?) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.consumeNull() ? nil : reader.array() }
  }

  @inline(__always)
  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ value: inout M?
  ) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.messageIfPresent() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [String]) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in try reader.strings() }
  }

  @inline(__always)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [Bytes]) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in
      try reader.array { reader throws(PackerError) in try reader.bytes() }
    }
  }

  @inline(__always)
  package mutating func field<E: WireEnum>(
    _ number: UInt32, _ name: StaticString, _ values: inout [E]
  ) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in
      try reader.array { reader throws(PackerError) in try reader.enumeration() }
    }
  }

  @inline(__always)
  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ values: inout [M]
  ) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in try reader.messages() }
  }

  @inline(__always)
  package mutating func field<O: OneOf>(
    _ number: UInt32, _ name: StaticString, _ values: inout [O]
  ) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in
      try reader.array(cost: DecodingCost.element(O.self) + DecodingCost.choice) { reader throws(PackerError) in
        let start = reader.position
        let choice: Choice<O> = try reader.message()
        guard let chosen = choice.chosen else { throw PackerError(.missingField, at: start) }
        return chosen
      }
    }
  }
}

extension StaticString {
  /// So many bytes of a literal, eight at most, the first of them lowest. Of one that is known where this is compiled, so
  /// is this.
  @inline(__always)
  fileprivate func word(at offset: Int, _ count: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<count { word |= UInt64(utf8Start[offset + index]) << (8 * UInt64(index)) }
    return word
  }
}
