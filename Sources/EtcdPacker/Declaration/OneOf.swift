/// A message that is one of several, such as an operation of a transaction: an enumeration with a case for each field
/// of the proto file's oneof.
package protocol OneOf: Hashable, Sendable {
  /// Shows the fields to `f`, each of them once: `Fields.choice`. `chosen` is `nil` as long as none was read.
  static func fields<F: Fields>(_ f: inout F, _ chosen: inout Self?) throws(F.Failure)
}

/// The message around a `OneOf`. It may be empty, as one is that holds what only newer servers know.
package struct Choice<Options: OneOf>: Message {
  package var chosen: Options?

  package init() {}

  package init(_ chosen: Options) {
    self.chosen = chosen
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try Options.fields(&f, &chosen)
  }
}

extension OneOf {
  package func encode() -> [UInt8] { Choice(self).encode() }

  package func encodeProtobuf() -> [UInt8] { Choice(self).encodeProtobuf() }
}
