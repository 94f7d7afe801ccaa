/// How a field's value is written, which its tag says beside its number.
enum WireType: UInt8 {
  case varint = 0
  case eightBytes = 1
  /// Its length, as a varint, and so many bytes.
  case length = 2
  case startGroup = 3
  case endGroup = 4
  case fourBytes = 5
}
