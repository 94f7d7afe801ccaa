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
    _ number: UInt32, _ values: inout [Value], cost: Int = DecodingCost.element(Value.self),
    _ read: (inout ProtobufReader) throws(PackerError) -> Value
  ) throws(PackerError) {
    while nextNumber == number {
      try expect(.length)
      try charge(values.isEmpty ? cost + DecodingCost.list : cost)
      values.append(try read(&self))
      try nextField()
    }
  }

  /// For a list that ends before `outerEnd`, of which the first element was entered.
  private mutating func makeRoom<Element>(in values: inout [Element], upTo outerEnd: Int) {
    guard mayMakeRoom else { return }
    mayMakeRoom = false
    // A tag and a length are two bytes, of elements that are not large.
    let size = end - position + 2
    values.reserveCapacity(DecodingCost.likelyCount(of: Element.self, size: size, in: outerEnd - end))
  }

  private mutating func append<E: WireEnum>(to values: inout [E]) throws(PackerError) {
    let cost = DecodingCost.element(E.self)
    try charge(values.isEmpty ? cost + DecodingCost.list : cost)
    values.append(try enumeration())
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
      if nextNumber == number { try charge(DecodingCost.detour) }
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
    let cost = DecodingCost.element(String.self) + DecodingCost.list
    try takeAll(number, &values, cost: cost) { reader throws(PackerError) in try reader.string() }
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
        while !isAtEnd { try append(to: &values) }
        leave(outerEnd)
      } else {
        try expect(.varint)
        try append(to: &values)
      }
      try nextField()
    }
  }

  package mutating func field<M: Message>(
    _ number: UInt32, _ name: StaticString, _ values: inout [M]
  ) throws(PackerError) {
    while nextNumber == number {
      let outerEnd = try enter()
      try charge(values.isEmpty ? DecodingCost.element(M.self) + DecodingCost.list : DecodingCost.element(M.self))
      makeRoom(in: &values, upTo: outerEnd)
      // It is read where it stays, because messages are large.
      values.append(M())
      try message(&values[values.count - 1])
      leave(outerEnd)
      try nextField()
    }
  }

  package mutating func field<O: OneOf>(
    _ number: UInt32, _ name: StaticString, _ values: inout [O]
  ) throws(PackerError) {
    let cost = DecodingCost.element(O.self) + DecodingCost.choice
    try takeAll(number, &values, cost: cost) { reader throws(PackerError) in
      let start = reader.position
      var choice = Choice<O>()
      try reader.embedded(&choice)
      guard let chosen = choice.chosen else { throw PackerError(.missingField, at: start) }
      return chosen
    }
  }
}
