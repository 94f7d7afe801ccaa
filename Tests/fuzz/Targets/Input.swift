/// Reads an input from its beginning to its end. After the end there are zeros for ever, so that any input is a whole
/// one.
struct Input {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 {
    rest.popFirst() ?? 0
  }

  /// A number below `bound`.
  mutating func number(below bound: Int) -> Int {
    bound > 1 ? Int(byte()) % bound : 0
  }

  mutating func pick<T>(_ choices: [T], or otherwise: T) -> T {
    choices.isEmpty ? otherwise : choices[number(below: choices.count)]
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// Up to the next line feed, which is left out.
  mutating func line() -> [UInt8] {
    let line = Array(rest.prefix { $0 != UInt8(ascii: "\n") })
    rest = rest.dropFirst(line.count + 1)
    return line
  }
}
