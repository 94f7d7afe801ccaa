/// A message is read by going through its fields in the order of their declaration, round after round for as long as the
/// object has more. Each field takes the value if it has the name that comes next, and then goes to the name after it. So
/// an object whose fields come in that order, as etcd's do, is read in one round and with hardly a comparison in vain.
extension JSONReader: Fields {
  package mutating func message<M: Message>(_: M.Type = M.self) throws(PackerError) -> M {
    var message = M()
    if try consumeNull() { return message }
    try open(UInt8(ascii: "{"))
    next = .none
    if !consume(UInt8(ascii: "}")) { try goToName() }
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

  private mutating func goToName() throws(PackerError) {
    skipWhiteSpace()
    guard peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
    next = .unread
  }

  /// After the value of a field.
  @inline(never)
  private mutating func goToNext() throws(PackerError) {
    // As etcd writes it.
    if input.count - position > 1, input[position] == UInt8(ascii: ","), input[position + 1] == UInt8(ascii: "\"") {
      position += 1
      next = .unread
      return
    }
    if try anotherFollows(end: UInt8(ascii: "}")) {
      try goToName()
    } else {
      next = .none
    }
  }

  /// Whether the field `name` may be the one that comes next, by its first letter: most that are not it are told by that.
  @inline(__always)
  private func mayBeNext(_ name: StaticString) -> Bool {
    switch next {
    case .none: false
    case .read: true
    case .unread: position + 1 < input.count && input[position + 1] == name.utf8Start.pointee
    }
  }

  /// Whether the field `name` is the one that comes next, and if so goes to its value.
  ///
  /// Most names are written as they are declared, so they are compared in place, before anyone looks for their end.
  @inline(never)
  private mutating func isNext(_ name: StaticString) throws(PackerError) -> Bool {
    switch next {
    case .none: return false
    case .read(let field): return name ~= field
    case .unread:
      let name = name.bytes
      let start = position + 1
      let end = start + name.count
      // Most that are not it end elsewhere, and are not compared.
      guard end < input.count, input[end] == UInt8(ascii: "\""),
        ByteComparison.areEqual(name, UnsafeRawBufferPointer(rebasing: input[start..<end]))
      else { return false }
      position = end + 1
      // As etcd writes it.
      if position < input.count, input[position] == UInt8(ascii: ":") {
        position += 1
        return true
      }
      guard consume(UInt8(ascii: ":")) else { throw failure(.unexpectedByte) }
      return true
    }
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
  private mutating func take<Value>(
    _ name: StaticString, _ value: inout Value, _ read: (inout JSONReader) throws(PackerError) -> Value
  ) throws(PackerError) {
    guard mayBeNext(name), try isNext(name) else { return }
    value = try read(&self)
    try goToNext()
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bool) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.bool() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.int64() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.uint64() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.uint32() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout String) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.string() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bytes) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.bytes() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.array() }
  }

  package mutating func field<E: WireEnum>(
    _ number: UInt32, _ name: StaticString, _ value: inout E
  ) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.enumeration() }
  }

  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ value: inout M
  ) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.message() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.consumeNull() ? nil : reader.int64() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]?) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.consumeNull() ? nil : reader.array() }
  }

  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ value: inout M?
  ) throws(PackerError) {
    try take(name, &value) { reader throws(PackerError) in try reader.messageIfPresent() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [String]) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in try reader.strings() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [Bytes]) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in
      try reader.array { reader throws(PackerError) in try reader.bytes() }
    }
  }

  package mutating func field<E: WireEnum>(
    _ number: UInt32, _ name: StaticString, _ values: inout [E]
  ) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in
      try reader.array { reader throws(PackerError) in try reader.enumeration() }
    }
  }

  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ values: inout [M]
  ) throws(PackerError) {
    try take(name, &values) { reader throws(PackerError) in try reader.messages() }
  }

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
