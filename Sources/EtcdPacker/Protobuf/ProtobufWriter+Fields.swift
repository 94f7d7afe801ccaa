// Not inlined, so that they are not in the library once for each field of each message.
extension ProtobufWriter: Fields {
  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bool) {
    if value { required(number, UInt64(1)) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64) {
    if value != 0 { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) {
    if value != 0 { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) {
    if value != 0 { required(number, UInt64(value)) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout String) {
    if !value.isEmpty { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bytes) {
    if !value.isEmpty { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) {
    if !value.isEmpty { required(number, value) }
  }

  package mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _ value: inout E) {
    if value.rawValue != 0 { required(number, Int64(value.rawValue)) }
  }

  package mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M) {
    if value != M() { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) {
    if let value { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]?) {
    if let value { required(number, value) }
  }

  package mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M?) {
    if let value { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [String]) {
    for value in values { required(number, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [Bytes]) {
    for value in values { required(number, value) }
  }

  /// Packed, as proto3 has it.
  package mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _ values: inout [E]) {
    if values.isEmpty { return }
    delimited(number) { writer in
      for value in values { writer.varint(UInt64(bitPattern: Int64(value.rawValue))) }
    }
  }

  package mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ values: inout [M]) {
    for value in values { required(number, value) }
  }

  package mutating func field<O: OneOf>(_ number: UInt32, _ name: StaticString, _ values: inout [O]) {
    for value in values { required(number, Choice(value)) }
  }
}
