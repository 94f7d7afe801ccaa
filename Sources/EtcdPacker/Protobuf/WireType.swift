/// How a field's value is written, which its tag says beside its number in the lowest three bits.
struct WireType: Equatable {
  let bits: UInt8

  static var varint: WireType { WireType(bits: 0) }
  static var eightBytes: WireType { WireType(bits: 1) }
  /// Its length, as a varint, and so many bytes.
  static var length: WireType { WireType(bits: 2) }
  static var startGroup: WireType { WireType(bits: 3) }
  static var endGroup: WireType { WireType(bits: 4) }
  static var fourBytes: WireType { WireType(bits: 5) }
}
