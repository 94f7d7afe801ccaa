/// Base64 bit by bit, after RFC 4648, section 4: padding must be there, and the bits that stand for nothing must be 0.
enum ReferenceBase64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
    var bits: [Bool] = []
    for character in text.dropLast(padding) {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      for bit in (0..<6).reversed() { bits.append(value >> bit & 1 == 1) }
    }
    let extra = bits.count % 8
    // With n characters of padding there are 2n bits too many.
    guard extra == 2 * padding, !bits.suffix(extra).contains(true) else { return nil }
    return stride(from: 0, to: bits.count - extra, by: 8).map { start in
      bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }
  }
}
