import EtcdPacker
import TestSupport

/// Gives every field a value that is made up.
struct RandomFields: Fields {
  private var generator: SeededRandom
  private var depth = 0

  init(seed: UInt64) {
    generator = SeededRandom(seed: seed)
  }

  private mutating func chance(_ percent: Int = 50) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  private mutating func integer() -> UInt64 {
    chance(20) ? 0 : generator.next() >> UInt64.random(in: 0...63, using: &generator)
  }

  private mutating func string() -> String {
    let scalars: [Unicode.Scalar] = ["a", "Z", "\"", "\\", "/", "\n", "\0", "\u{7F}", "é", "€", "😀", "\u{2028}"]
    let count = chance(10) ? 200 : Int.random(in: 0...8, using: &generator)
    var string = ""
    for _ in 0..<count { string.unicodeScalars.append(scalars.randomElement(using: &generator) ?? "a") }
    return string
  }

  private mutating func bytes() -> [UInt8] {
    let count = chance(10) ? 300 : Int.random(in: 0...8, using: &generator)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private mutating func enumeration<E: WireEnum>() -> E {
    // A number that nobody knows, where there may be one.
    if chance(10), let unknown = E(rawValue: 1000 - Int.random(in: 0...2000, using: &generator)) { return unknown }
    return E.allCases.randomElement(using: &generator) ?? E.allCases[E.allCases.startIndex]
  }

  private mutating func message<M: Message>() -> M {
    var message = M()
    depth += 1
    message.fields(&self)
    depth -= 1
    return message
  }

  private mutating func list<Element>(_ element: (inout RandomFields) -> Element) -> [Element] {
    // Deep enough for a transaction in a transaction, and no endless one.
    let count = depth > 6 ? 0 : Int.random(in: 0...2, using: &generator)
    return (0..<count).map { _ in element(&self) }
  }

  mutating func field(_: UInt32, _: StaticString, _ value: inout Bool) { value = chance() }
  mutating func field(_: UInt32, _: StaticString, _ value: inout Int64) { value = Int64(bitPattern: integer()) }
  mutating func field(_: UInt32, _: StaticString, _ value: inout UInt64) { value = integer() }
  mutating func field(_: UInt32, _: StaticString, _ value: inout UInt32) {
    value = UInt32(truncatingIfNeeded: integer())
  }
  mutating func field(_: UInt32, _: StaticString, _ value: inout String) { value = string() }
  mutating func field(_: UInt32, _: StaticString, _ value: inout Bytes) { value = Bytes(bytes()) }
  mutating func field(_: UInt32, _: StaticString, _ value: inout [UInt8]) { value = bytes() }
  mutating func field<E: WireEnum>(_: UInt32, _: StaticString, _ value: inout E) { value = enumeration() }
  mutating func field<M: Message>(_: UInt32, _: StaticString, _ value: inout M) { value = message() }

  // The one of several that is there stays there.
  mutating func field(_: UInt32, _: StaticString, _ value: inout Int64?) {
    if value != nil { value = Int64(bitPattern: integer()) }
  }
  mutating func field(_: UInt32, _: StaticString, _ value: inout [UInt8]?) {
    if value != nil { value = bytes() }
  }
  mutating func field<M: Message>(_: UInt32, _: StaticString, _ value: inout M?) {
    value = depth < 8 && chance() ? message() : nil
  }

  mutating func field(_: UInt32, _: StaticString, _ values: inout [String]) { values = list { $0.string() } }
  mutating func field(_: UInt32, _: StaticString, _ values: inout [Bytes]) { values = list { Bytes($0.bytes()) } }
  mutating func field<E: WireEnum>(_: UInt32, _: StaticString, _ values: inout [E]) {
    values = list { $0.enumeration() }
  }
  mutating func field<M: Message>(_: UInt32, _: StaticString, _ values: inout [M]) { values = list { $0.message() } }
  mutating func field<O: OneOf>(_: UInt32, _: StaticString, _ values: inout [O]) {
    let choices: [Choice<O>] = list { $0.message() }
    values = choices.compactMap(\.chosen)
  }
}
