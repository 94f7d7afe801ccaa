extension JSONReader {
  package mutating func string() throws(PackerError) -> String {
    if try consumeNull() { return "" }
    guard peek() == UInt8(ascii: "\"") else { throw wrongType() }
    let text = try scanString()
    guard text.hasEscapes else {
      return String(decoding: UnsafeRawBufferPointer(rebasing: input[text.range]), as: UTF8.self)
    }
    return String(unsafeUninitializedCapacity: text.range.count) { buffer in
      unescape(text.range, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// Passes over the string whose opening quote is next, checking all of it: no control characters, well-formed escapes
  /// and UTF-8, surrogates in pairs. The range is what stands between the quotes.
  mutating func scanString() throws(PackerError) -> (range: Range<Int>, hasEscapes: Bool) {
    position += 1
    let start = position
    var hasEscapes = false
    while true {
      skipPlainCharacters()
      switch peek() {
      case UInt8(ascii: "\""):
        position += 1
        return (start..<position - 1, hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try scanEscape()
      case .some(0x80...): try scanMultibyteCharacter()
      case .some: throw failure(.controlCharacter)
      case nil: throw failure(.truncated)
      }
    }
  }

  /// Stops before a quote, a backslash, a control character or a byte above 0x7F, or at the end.
  private mutating func skipPlainCharacters() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    while size - position >= 8 {
      let word = word(at: position)
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      // `(x - n) & ~x` has the high bit of a byte of `x` set if that byte is below `n`. A borrow can set it in the
      // bytes above such a one too, never in those below, so the lowest bit is exact.
      var stops = (quotes &- ones) & ~quotes
      stops |= (backslashes &- ones) & ~backslashes
      stops |= (word &- ones &* 0x20) & ~word
      stops |= word
      stops &= ones << 7
      if stops != 0 {
        position += stops.trailingZeroBitCount / 8
        return
      }
      position += 8
    }
    while let byte = peek(), byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      position += 1
    }
  }

  private mutating func scanEscape() throws(PackerError) {
    try charge(DecodingCost.escape)
    position += 1
    switch peek() {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      let start = position - 1
      position += 1
      switch try scanHexDigits() {
      case 0xD800...0xDBFF:
        guard peek() == UInt8(ascii: "\\") else { throw failure(.loneSurrogate) }
        position += 1
        guard peek() == UInt8(ascii: "u") else { throw failure(.loneSurrogate) }
        position += 1
        guard case 0xDC00...0xDFFF = try scanHexDigits() else { throw PackerError(.loneSurrogate, at: start) }
      case 0xDC00...0xDFFF: throw PackerError(.loneSurrogate, at: start)
      default: break
      }
    default: throw failure(.invalidEscape)
    }
  }

  private mutating func scanHexDigits() throws(PackerError) -> UInt32 {
    guard let value = codeUnit(at: position, before: size) else { throw failure(.invalidEscape) }
    position += 4
    return value
  }

  /// The UTF-16 code unit that the four hexadecimal digits at `start` stand for.
  private func codeUnit(at start: Int, before end: Int) -> UInt32? {
    guard end - start >= 4 else { return nil }
    var value: UInt32 = 0
    for index in start..<start + 4 {
      guard let digit = Self.hexValue(input[index]) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  private static func hexValue(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character & 0x0F)
    case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(character & 0x0F) + 9
    default: nil
    }
  }

  /// Passes over a character of two to four bytes, after table 3-7 of the Unicode standard: no overlong forms, no
  /// surrogates, nothing above U+10FFFF.
  private mutating func scanMultibyteCharacter() throws(PackerError) {
    guard let first = peek() else { throw failure(.truncated) }
    let (length, second): (Int, ClosedRange<UInt8>) =
      switch first {
      case 0xC2...0xDF: (2, 0x80...0xBF)
      case 0xE0: (3, 0xA0...0xBF)
      case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
      case 0xED: (3, 0x80...0x9F)
      case 0xF0: (4, 0x90...0xBF)
      case 0xF1...0xF3: (4, 0x80...0xBF)
      case 0xF4: (4, 0x80...0x8F)
      default: throw failure(.invalidUTF8)
      }
    position += 1
    for index in 1..<length {
      guard let byte = peek(), index == 1 ? second.contains(byte) : byte & 0xC0 == 0x80 else {
        throw failure(.invalidUTF8)
      }
      position += 1
    }
  }

  /// Writes the characters of a string that `scanString` has checked, and returns how many bytes they are: never more
  /// than the range has, which is what `output` should have room for.
  func unescape(_ range: Range<Int>, into output: UnsafeMutableRawBufferPointer) -> Int {
    let end = range.upperBound
    var index = range.lowerBound
    var written = 0
    func write(_ byte: UInt8) {
      guard written < output.count else { return }
      output[written] = byte
      written += 1
    }
    while index < end {
      let byte = input[index]
      index += 1
      guard byte == UInt8(ascii: "\\"), index < end else {
        write(byte)
        continue
      }
      let escaped = input[index]
      index += 1
      switch escaped {
      case UInt8(ascii: "b"): write(0x08)
      case UInt8(ascii: "f"): write(0x0C)
      case UInt8(ascii: "n"): write(0x0A)
      case UInt8(ascii: "r"): write(0x0D)
      case UInt8(ascii: "t"): write(0x09)
      case UInt8(ascii: "u"):
        var value = codeUnit(at: index, before: end) ?? 0
        index += 4
        if case 0xD800...0xDBFF = value {
          // The other half, behind its own backslash and letter.
          value = 0x10000 + ((value & 0x3FF) << 10 | ((codeUnit(at: index + 2, before: end) ?? 0) & 0x3FF))
          index += 6
        }
        if value < 0x80 {
          write(UInt8(truncatingIfNeeded: value))
        } else {
          UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}").map { $0.forEach(write) }
        }
      default: write(escaped)
      }
    }
    return written
  }
}
