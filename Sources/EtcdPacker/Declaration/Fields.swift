/// What is done with the fields of a message: each `Message` shows its fields to one of these, one after the other, in
/// `Message.fields`.
///
/// There is one for each way that a message is read or written (`JSONReader`, `JSONWriter`, `ProtobufReader`,
/// `ProtobufWriter`), and tests have more. Readers change the values they are shown; writers do not. The compiler makes
/// a version of each message for each of them, so nothing is looked up, boxed or reflected on when a message is decoded.
///
/// `number` and `name` are those of the proto file. A value is left out when it is its type's default; one that is
/// optional, only when it is `nil`.
package protocol Fields {
  /// `Never` for writers.
  associatedtype Failure: Error

  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bool) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout String) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Bytes) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) throws(Failure)
  mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _ value: inout E) throws(Failure)
  mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M) throws(Failure)

  // Those whose presence means something: `nil` is absent, and a default is not.
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]?) throws(Failure)
  mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M?) throws(Failure)

  // Repeated ones.
  mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [String]) throws(Failure)
  mutating func field(_ number: UInt32, _ name: StaticString, _ values: inout [Bytes]) throws(Failure)
  mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _ values: inout [E]) throws(Failure)
  mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _ values: inout [M]) throws(Failure)
  mutating func field<O: OneOf>(_ number: UInt32, _ name: StaticString, _ values: inout [O]) throws(Failure)
}

// MARK: One of several

extension Fields {
  /// One of the fields of a oneof, which is an enumeration with payloads in Swift:
  ///
  ///     try f.choice(2, "request_put", &chosen, RequestOp.put) { if case .put(let request) = $0 { request } else { nil } }
  package mutating func choice<Whole, Part: Message>(
    _ number: UInt32, _ name: StaticString, _ chosen: inout Whole?, _ embed: (Part) -> Whole,
    _ extract: (Whole) -> Part?
  ) throws(Failure) {
    var part = chosen.flatMap(extract)
    try field(number, name, &part)
    if let part { chosen = embed(part) }
  }

  package mutating func choice<Whole>(
    _ number: UInt32, _ name: StaticString, _ chosen: inout Whole?, _ embed: (Int64) -> Whole,
    _ extract: (Whole) -> Int64?
  ) throws(Failure) {
    var part = chosen.flatMap(extract)
    try field(number, name, &part)
    if let part { chosen = embed(part) }
  }

  package mutating func choice<Whole>(
    _ number: UInt32, _ name: StaticString, _ chosen: inout Whole?, _ embed: ([UInt8]) -> Whole,
    _ extract: (Whole) -> [UInt8]?
  ) throws(Failure) {
    var part = chosen.flatMap(extract)
    try field(number, name, &part)
    if let part { chosen = embed(part) }
  }
}
