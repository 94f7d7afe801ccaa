/// A message is read by going through its fields in the order of their declaration, round after round for as long as the
/// object has more. Each field takes the value if it has the name that comes next, and then reads the name after it. So
/// an object whose fields come in that order, as etcd's do, is read in one round and with hardly a comparison in vain.
extension JSONReader: Fields {
  package mutating func message<M: Message>(_: M.Type = M.self) throws(PackerError) -> M {
    var message = M()
    if try consumeNull() { return message }
    try open(UInt8(ascii: "{"))
    if consume(UInt8(ascii: "}")) {
      nextName = nil
    } else {
      nextName = try fieldName()
    }
    while nextName != nil {
      let start = position
      try message.read(from: &self)
      // A round in which nobody took the value: nobody knows the name.
      if position == start {
        try skipValue()
        try nextField()
      }
    }
    depth -= 1
    return message
  }

  /// A message, or `nil` for `null`: for fields whose presence means something.
  package mutating func messageIfPresent<M: Message>(_: M.Type = M.self) throws(PackerError) -> M? {
    if try consumeNull() { return nil }
    return try message()
  }

  package mutating func messages<M: Message>(_: M.Type = M.self) throws(PackerError) -> [M] {
    try array { reader throws(PackerError) in try reader.message() }
  }

  private func isNext(_ name: StaticString) -> Bool {
    if let nextName { name ~= nextName } else { false }
  }

  private mutating func nextField() throws(PackerError) {
    nextName = try anotherFollows(end: UInt8(ascii: "}")) ? fieldName() : nil
  }

  /// Replaces `value` if it is the field `name` that comes next.
  private mutating func take<Value>(
    _ name: StaticString, _ value: inout Value, _ read: (inout JSONReader) throws(PackerError) -> Value
  ) throws(PackerError) {
    guard isNext(name) else { return }
    value = try read(&self)
    try nextField()
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
    try take(name, &value) { reader throws(PackerError) in try reader.bytes().array }
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
    try take(name, &value) { reader throws(PackerError) in try reader.consumeNull() ? nil : reader.bytes().array }
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
      try reader.array { reader throws(PackerError) in
        let start = reader.position
        let choice: Choice<O> = try reader.message()
        guard let chosen = choice.chosen else { throw PackerError(.missingField, at: start) }
        return chosen
      }
    }
  }
}
