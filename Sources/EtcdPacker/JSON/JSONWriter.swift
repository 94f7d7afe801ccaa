/// Writes JSON as etcd's gateway reads it: compact, 64-bit integers as strings, bytes as base64.
///
/// `field` leaves out a value that is its type's default, since that is what an absent field means; `required` writes
/// it in any case.
package struct JSONWriter {
  package private(set) var bytes: [UInt8] = []
  /// Whether the next field or element needs a comma before it.
  private var needsComma = false

  package init() {
    bytes.reserveCapacity(128)
  }

  // MARK: Objects and arrays

  package mutating func object(_ fields: (inout JSONWriter) -> Void) {
    enclose(in: UInt8(ascii: "{"), UInt8(ascii: "}"), fields)
  }

  package mutating func array<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
    enclose(in: UInt8(ascii: "["), UInt8(ascii: "]")) { writer in
      for element in elements { write(&writer, element) }
    }
  }

  private mutating func enclose(in opening: UInt8, _ closing: UInt8, _ contents: (inout JSONWriter) -> Void) {
    value { $0.append(opening) }
    needsComma = false
    contents(&self)
    bytes.append(closing)
    needsComma = true
  }

  /// A field's name; its value must be written next.
  package mutating func name(_ name: StaticString) {
    value { bytes in
      bytes.append(UInt8(ascii: "\""))
      name.withUTF8Buffer { bytes.append(contentsOf: $0) }
      bytes.append(UInt8(ascii: "\""))
      bytes.append(UInt8(ascii: ":"))
    }
    needsComma = false
  }

  // MARK: Values

  package mutating func value(_ bool: Bool) {
    value { $0.append(contentsOf: bool ? "true".utf8 : "false".utf8) }
  }

  package mutating func value(_ integer: Int64) {
    value { $0.append(contentsOf: "\"\(integer)\"".utf8) }
  }

  package mutating func value(_ integer: UInt64) {
    value { $0.append(contentsOf: "\"\(integer)\"".utf8) }
  }

  /// A 32-bit integer is a number.
  package mutating func value(_ integer: UInt32) {
    value { $0.append(contentsOf: "\(integer)".utf8) }
  }

  package mutating func value(_ data: [UInt8]) {
    data.withUnsafeBytes { base64($0) }
  }

  package mutating func value(_ data: Bytes) {
    data.withUnsafeBytes { base64($0) }
  }

  private mutating func base64(_ data: UnsafeRawBufferPointer) {
    value { bytes in
      bytes.append(UInt8(ascii: "\""))
      Base64.append(data, to: &bytes)
      bytes.append(UInt8(ascii: "\""))
    }
  }

  package mutating func value(_ string: String) {
    value { bytes in
      bytes.append(UInt8(ascii: "\""))
      for byte in string.utf8 { Self.append(escaped: byte, to: &bytes) }
      bytes.append(UInt8(ascii: "\""))
    }
  }

  package mutating func value(_ value: some WireEnum) {
    let name = value.name
    if name.isEmpty {
      self.value { $0.append(contentsOf: "\(value.rawValue)".utf8) }
    } else {
      self.value(name)
    }
  }

  package mutating func value(_ message: some Message) {
    object { message.write(to: &$0) }
  }

  private mutating func value(_ write: (inout [UInt8]) -> Void) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    write(&bytes)
    needsComma = true
  }

  private static func append(escaped byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case 0..<0x20, 0x7F:
      let digits: StaticString = "0123456789abcdef"
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(digits.utf8Start[Int(byte >> 4)])
      bytes.append(digits.utf8Start[Int(byte & 0x0F)])
    default: bytes.append(byte)
    }
  }
}

// MARK: Fields

extension JSONWriter {
  package mutating func field(_ name: StaticString, _ value: Bool) {
    if value { required(name, value) }
  }

  package mutating func field(_ name: StaticString, _ value: Int64) {
    if value != 0 { required(name, value) }
  }

  package mutating func field(_ name: StaticString, _ value: UInt64) {
    if value != 0 { required(name, value) }
  }

  package mutating func field(_ name: StaticString, _ value: [UInt8]) {
    if !value.isEmpty { required(name, value) }
  }

  package mutating func field(_ name: StaticString, _ value: String) {
    if !value.isEmpty { required(name, value) }
  }

  package mutating func field(_ name: StaticString, _ value: some WireEnum) {
    if value.rawValue != 0 { required(name, value) }
  }

  package mutating func field(_ name: StaticString, _ values: [String]) {
    if values.isEmpty { return }
    self.name(name)
    array(values) { $0.value($1) }
  }

  package mutating func field<E: WireEnum>(_ name: StaticString, _ values: [E]) {
    if values.isEmpty { return }
    self.name(name)
    array(values) { $0.value($1) }
  }

  package mutating func field<M: Message>(_ name: StaticString, _ messages: [M]) {
    if messages.isEmpty { return }
    self.name(name)
    array(messages) { $0.value($1) }
  }

  package mutating func required(_ name: StaticString, _ value: Bool) {
    self.name(name)
    self.value(value)
  }

  package mutating func required(_ name: StaticString, _ value: Int64) {
    self.name(name)
    self.value(value)
  }

  package mutating func required(_ name: StaticString, _ value: UInt64) {
    self.name(name)
    self.value(value)
  }

  package mutating func required(_ name: StaticString, _ value: [UInt8]) {
    self.name(name)
    self.value(value)
  }

  package mutating func required(_ name: StaticString, _ value: String) {
    self.name(name)
    self.value(value)
  }

  package mutating func required(_ name: StaticString, _ value: some WireEnum) {
    self.name(name)
    self.value(value)
  }

  package mutating func required(_ name: StaticString, _ value: some Message) {
    self.name(name)
    self.value(value)
  }
}
