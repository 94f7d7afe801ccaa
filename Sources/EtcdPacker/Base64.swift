import CBase64

/// The standard base64 alphabet of RFC 4648, section 4, with padding. Nothing else is accepted: no URL-safe alphabet,
/// no white space, no missing padding, no stray bits after the last byte.
package enum Base64 {
  private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  private static let padding = UInt8(ascii: "=")
  /// What `values` gives for characters outside of the alphabet: the only entry with its high bit set.
  private static let invalid: UInt8 = 0xFF
  /// The same in `placed`.
  private static let invalidPlaced: UInt32 = 1 << 31

  /// The value of each character, indexed by its byte.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: invalid, count: 256)
    alphabet.withUTF8Buffer { alphabet in
      for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(truncatingIfNeeded: value) }
    }
    return values
  }()

  /// The value of each character where it belongs among the three bytes of its group, the first of them lowest: 256 for
  /// a group's first character, then 256 for its second, and so on. The three bytes are four look-ups and three ORs, and
  /// whether all four characters are in the alphabet is one bit of the result. This is what most of the time went into
  /// that a watch takes.
  private static let placed: [UInt32] = (0..<4).flatMap { place in
    values.map { value in
      if value == invalid { return invalidPlaced }
      let group = UInt32(value) << (18 - 6 * UInt32(place))
      return (group << 8).byteSwapped
    }
  }

  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    bytes.withUnsafeBytes { append($0, to: &text) }
    return text
  }

  /// Appends the encoded form of `bytes` to `text`.
  static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    let start = text.count
    text.append(contentsOf: repeatElement(padding, count: (bytes.count + 2) / 3 * 4))
    text.withUnsafeMutableBytes { text in
      alphabet.withUTF8Buffer { alphabet in
        var input = 0
        var output = start
        while bytes.count - input >= 3 {
          let group = Int(bytes[input]) << 16 | Int(bytes[input + 1]) << 8 | Int(bytes[input + 2])
          text[output] = alphabet[group >> 18]
          text[output + 1] = alphabet[group >> 12 & 63]
          text[output + 2] = alphabet[group >> 6 & 63]
          text[output + 3] = alphabet[group & 63]
          input += 3
          output += 4
        }
        // One or two bytes are left, or none; the padding is there already.
        guard input < bytes.count else { return }
        let second = input + 1 < bytes.count ? Int(bytes[input + 1]) : nil
        let group = Int(bytes[input]) << 16 | (second ?? 0) << 8
        text[output] = alphabet[group >> 18]
        text[output + 1] = alphabet[group >> 12 & 63]
        if second != nil { text[output + 2] = alphabet[group >> 6 & 63] }
      }
    }
  }

  /// The bytes that `text` stands for, or `nil` if it is not base64.
  package static func decode(_ text: [UInt8]) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: text.count)
    let count = text.withUnsafeBytes { text in
      bytes.withUnsafeMutableBytes { bytes in decode(text, into: bytes) }
    }
    guard let count else { return nil }
    bytes.removeSubrange(count...)
    return bytes
  }

  /// Decodes all of `text` and returns how many bytes that gave, or `nil` if it is not base64. `output` should have as
  /// much room as `text` is long, and may be where `text` itself is.
  static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    let (read, written) = decodeGroups(text, into: output)
    if read == text.count { return written }
    return decodeLastGroup(text[read...], into: output[written...]).map { written + $0 }
  }

  /// Decodes groups of four characters until one has a character outside of the alphabet (padding, the quote that ends
  /// a JSON string, an escape), or `text` or the room in `output` ends.
  static func decodeGroups(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (read: Int, written: Int) {
    guard let characters = text.baseAddress, let bytes = output.baseAddress else { return (0, 0) }
    // Most of it, where the processor can do many at once.
    let read = cbase64_decode(characters, text.count, bytes, output.count)
    let written = read / 4 * 3
    // It ended where the alphabet does.
    if read > 0, text.count - read >= 32, output.count - written >= 32 { return (read, written) }
    let rest = decodeGroupsByTable(
      UnsafeRawBufferPointer(rebasing: text[read...]), into: UnsafeMutableRawBufferPointer(rebasing: output[written...])
    )
    return (read + rest.read, written + rest.written)
  }

  /// The same on every processor: two groups at a time, for as long as there are.
  static func decodeGroupsByTable(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (read: Int, written: Int) {
    placed.withUnsafeBufferPointer { placed in
      var read = 0
      var written = 0
      // What is stored has a byte or two without meaning at its end, which the next groups overwrite. As `output` may be
      // where `text` is, they must not lie beyond what was read.
      while text.count - read >= 8, output.count - written >= 8 {
        let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: read, as: UInt64.self))
        let first = bytes(of: UInt32(truncatingIfNeeded: word), placed)
        let second = bytes(of: UInt32(truncatingIfNeeded: word >> 32), placed)
        if (first | second) & invalidPlaced != 0 { break }
        let bytes = UInt64(first) | UInt64(second) << 24
        output.storeBytes(of: bytes.littleEndian, toByteOffset: written, as: UInt64.self)
        read += 8
        written += 6
      }
      while text.count - read >= 4, output.count - written >= 4 {
        let word = UInt32(littleEndian: text.loadUnaligned(fromByteOffset: read, as: UInt32.self))
        let group = bytes(of: word, placed)
        if group & invalidPlaced != 0 { break }
        output.storeBytes(of: group.littleEndian, toByteOffset: written, as: UInt32.self)
        read += 4
        written += 3
      }
      return (read, written)
    }
  }

  /// The three bytes that four characters stand for, the first of either lowest.
  @inline(__always)
  private static func bytes(of group: UInt32, _ placed: UnsafeBufferPointer<UInt32>) -> UInt32 {
    placed[Int(group & 0xFF)] | placed[256 + Int(group >> 8 & 0xFF)] | placed[512 + Int(group >> 16 & 0xFF)]
      | placed[768 + Int(group >> 24)]
  }

  /// Decodes a group that ends in padding, `xx==` or `xxx=`, and returns how many bytes that gave, or `nil` if it is
  /// no such group.
  static func decodeLastGroup(
    _ group: Slice<UnsafeRawBufferPointer>, into output: Slice<UnsafeMutableRawBufferPointer>
  ) -> Int? {
    let group = UnsafeRawBufferPointer(rebasing: group)
    let output = UnsafeMutableRawBufferPointer(rebasing: output)
    guard group.count == 4, group[3] == padding, output.count >= 2 else { return nil }
    let a = values[Int(group[0])]
    let b = values[Int(group[1])]
    guard (a | b) & 0x80 == 0 else { return nil }
    if group[2] == padding {
      guard b & 0x0F == 0 else { return nil }
      output[0] = a << 2 | b >> 4
      return 1
    }
    let c = values[Int(group[2])]
    guard c & 0x83 == 0 else { return nil }
    output[0] = a << 2 | b >> 4
    output[1] = b << 4 | c >> 2
    return 2
  }
}
