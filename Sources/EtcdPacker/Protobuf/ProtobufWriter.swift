/// Writes messages in protobuf's binary form (proto3).
///
/// Values that are their type's default are left out, since that is what an absent field means; those whose presence
/// means something are written if they are there.
package struct ProtobufWriter {
  package private(set) var bytes: [UInt8] = []

  /// With so many zeros before what it writes.
  package init(leaving space: Int = 0) {
    bytes.reserveCapacity(128)
    for _ in 0..<space { bytes.append(0) }
  }

  /// Instead of what stands there.
  mutating func replace(at offset: Int, with replacement: UnsafeRawBufferPointer) {
    for (index, byte) in replacement.enumerated() { bytes[offset + index] = byte }
  }

  func tag(_ number: UInt32, _ type: WireType) -> UInt64 {
    UInt64(number) << 3 | UInt64(type.bits)
  }

  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func required(_ number: UInt32, _ value: UInt64) {
    varint(tag(number, .varint))
    varint(value)
  }

  /// Negative ones have ten bytes.
  mutating func required(_ number: UInt32, _ value: Int64) {
    required(number, UInt64(bitPattern: value))
  }

  mutating func required(_ number: UInt32, _ value: UnsafeRawBufferPointer) {
    varint(tag(number, .length))
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func required(_ number: UInt32, _ value: [UInt8]) {
    value.withUnsafeBytes { required(number, $0) }
  }

  mutating func required(_ number: UInt32, _ value: Bytes) {
    value.withUnsafeBytes { required(number, $0) }
  }

  mutating func required(_ number: UInt32, _ value: String) {
    var value = value
    value.withUTF8 { required(number, UnsafeRawBufferPointer($0)) }
  }

  mutating func required(_ number: UInt32, _ message: some Message) {
    delimited(number) { message.write(to: &$0) }
  }

  /// Writes something before which its length stands.
  mutating func delimited(_ number: UInt32, _ body: (inout ProtobufWriter) -> Void) {
    varint(tag(number, .length))
    // Lengths below 128 have one byte. Longer ones move what was written, once for each level: that is cheaper than to
    // find out all lengths first, since what is sent is seldom nested and hardly ever large.
    let start = bytes.count
    bytes.append(0)
    body(&self)
    var length = ProtobufWriter()
    length.varint(UInt64(bytes.count - start - 1))
    bytes.replaceSubrange(start...start, with: length.bytes)
  }
}
