/// The name of an object's field, in place. It is for `switch`:
///
///     switch field {
///     case "create_revision": createRevision = try reader.int64()
///     default: break
///     }
///
/// Patterns are the names of the proto files. What they match is that name or, as protobuf's JSON allows, its
/// lowerCamelCase form (`createRevision`).
package struct FieldName {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// Whether it is this very name, which may be any.
  package func isExactly(_ name: [UInt8]) -> Bool {
    name.withUnsafeBytes { bytes.count == $0.count && ByteComparison.areEqual($0, bytes) }
  }

  /// The name by itself, for what outlives the document.
  package var copy: Bytes { Bytes(copying: bytes) }

  package static func ~= (pattern: StaticString, name: FieldName) -> Bool {
    let pattern = pattern.bytes
    if pattern.count == name.bytes.count { return ByteComparison.areEqual(pattern, name.bytes) }
    return name.bytes.count < pattern.count && name.isCamelCase(of: pattern)
  }

  private func isCamelCase(of snakeCase: UnsafeRawBufferPointer) -> Bool {
    guard bytes.first == snakeCase.first else { return false }
    var position = 0
    var startsWord = false
    for byte in snakeCase {
      if byte == UInt8(ascii: "_") {
        startsWord = true
        continue
      }
      // The proto files begin every word with a letter, and this is its upper case.
      let expected = startsWord ? byte & 0xDF : byte
      guard position < bytes.count, bytes[position] == expected else { return false }
      position += 1
      startsWord = false
    }
    return position == bytes.count
  }
}

extension StaticString {
  /// Of a string literal. (A `StaticString` can be a lone character without an address too, which no name is.)
  var bytes: UnsafeRawBufferPointer {
    let start = hasPointerRepresentation ? utf8Start : nil
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : utf8CodeUnitCount)
  }
}
