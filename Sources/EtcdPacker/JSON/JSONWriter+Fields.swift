// Not inlined, so that they are not in the library once for each field of each message.
extension JSONWriter: Fields {
  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bool) {
    field(name, value)
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64) {
    field(name, value)
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) {
    field(name, value)
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) {
    if value == 0 { return }
    self.name(name)
    self.value(value)
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout String) {
    field(name, value)
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bytes) {
    if value.isEmpty { return }
    self.name(name)
    self.value(value)
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) {
    field(name, value)
  }

  package mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _ value: inout E) {
    field(name, value)
  }

  package mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M) {
    if value != M() { required(name, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) {
    if let value { required(name, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]?) {
    if let value { required(name, value) }
  }

  package mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M?) {
    if let value { required(name, value) }
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [String]) {
    field(name, values)
  }

  @inline(never)
  package mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [Bytes]) {
    if values.isEmpty { return }
    self.name(name)
    array(values) { $0.value($1) }
  }

  package mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _ values: inout [E]) {
    field(name, values)
  }

  package mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ values: inout [M]) {
    field(name, values)
  }

  package mutating func field<O: OneOf>(_ number: UInt32, _ name: StaticString, _ values: inout [O]) {
    if values.isEmpty { return }
    self.name(name)
    array(values) { $0.value(Choice($1)) }
  }
}
