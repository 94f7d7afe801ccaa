extension ProtobufReader: Fields {
  /// Replaces `value` by each of the values that come next, if they are the field `number`.
  private mutating func take<Value>(
    _ number: UInt32, _ type: WireType, _ value: inout Value,
    _ read: (inout ProtobufReader) throws(PackerError) -> Value
  ) throws(PackerError) {
    while nextNumber == number {
      try expect(type)
      value = try read(&self)
      try nextField()
    }
  }

  private mutating func takeAll<Value>(
    _ number: UInt32, _ values: inout [Value], _ read: (inout ProtobufReader) throws(PackerError) -> Value
  ) throws(PackerError) {
    while nextNumber == number {
      try expect(.length)
      values.append(try read(&self))
      try nextField()
    }
  }

  private mutating func embedded<M: Message>(_ message: inout M) throws(PackerError) {
    let outerEnd = try enter()
    try self.message(&message)
    leave(outerEnd)
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bool) throws(PackerError) {
    try take(number, .varint, &value) { reader throws(PackerError) in try reader.varint() != 0 }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(PackerError) {
    try take(number, .varint, &value) { reader throws(PackerError) in Int64(bitPattern: try reader.varint()) }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) throws(PackerError) {
    try take(number, .varint, &value) { reader throws(PackerError) in try reader.varint() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) throws(PackerError) {
    try take(number, .varint, &value) { reader throws(PackerError) in
      UInt32(truncatingIfNeeded: try reader.varint())
    }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout String) throws(PackerError) {
    try take(number, .length, &value) { reader throws(PackerError) in try reader.string() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bytes) throws(PackerError) {
    try take(number, .length, &value) { reader throws(PackerError) in try reader.bytes() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) throws(PackerError) {
    try take(number, .length, &value) { reader throws(PackerError) in try reader.array() }
  }

  package mutating func field<E: WireEnum>(
    _ number: UInt32, _ name: StaticString, _ value: inout E
  ) throws(PackerError) {
    try take(number, .varint, &value) { reader throws(PackerError) in try reader.enumeration() }
  }

  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ value: inout M
  ) throws(PackerError) {
    while nextNumber == number {
      try embedded(&value)
      try nextField()
    }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) throws(PackerError) {
    try take(number, .varint, &value) { reader throws(PackerError) in Int64(bitPattern: try reader.varint()) }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]?) throws(PackerError) {
    try take(number, .length, &value) { reader throws(PackerError) in try reader.array() }
  }

  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ value: inout M?
  ) throws(PackerError) {
    guard nextNumber == number else { return }
    var message = value ?? M()
    try field(number, name, &message)
    value = message
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [String]) throws(PackerError) {
    try takeAll(number, &values) { reader throws(PackerError) in try reader.string() }
  }

  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [Bytes]) throws(PackerError) {
    try takeAll(number, &values) { reader throws(PackerError) in try reader.bytes() }
  }

  package mutating func field<E: WireEnum>(
    _ number: UInt32, _ name: StaticString, _ values: inout [E]
  ) throws(PackerError) {
    while nextNumber == number {
      if isPacked {
        let outerEnd = try enter()
        while !isAtEnd { values.append(try enumeration()) }
        leave(outerEnd)
      } else {
        try expect(.varint)
        values.append(try enumeration())
      }
      try nextField()
    }
  }

  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ values: inout [M]
  ) throws(PackerError) {
    try takeAll(number, &values) { reader throws(PackerError) in
      var message = M()
      try reader.embedded(&message)
      return message
    }
  }

  package mutating func field<O: OneOf>(
    _ number: UInt32, _ name: StaticString, _ values: inout [O]
  ) throws(PackerError) {
    try takeAll(number, &values) { reader throws(PackerError) in
      let start = reader.position
      var choice = Choice<O>()
      try reader.embedded(&choice)
      guard let chosen = choice.chosen else { throw PackerError(.missingField, at: start) }
      return chosen
    }
  }
}
