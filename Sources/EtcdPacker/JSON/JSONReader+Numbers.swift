extension JSONReader {
  /// A whole number, written as a number or as a string with a number in it. Fractions and exponents are accepted if
  /// the value is whole (`12.0`, `1.2e1`).
  package mutating func int64() throws(PackerError) -> Int64 {
    if let short = shortInteger() { return Int64(truncatingIfNeeded: short) }
    let start = position
    let integer = try integer()
    if let magnitude = Int64(exactly: integer.magnitude) { return integer.isNegative ? 0 - magnitude : magnitude }
    guard integer.isNegative, integer.magnitude == Int64.min.magnitude else {
      throw PackerError(.integerOutOfRange, at: start)
    }
    return .min
  }

  /// Like `int64()`, for unsigned fields.
  package mutating func uint64() throws(PackerError) -> UInt64 {
    if let short = shortInteger() { return short }
    let start = position
    let integer = try integer()
    guard !integer.isNegative || integer.magnitude == 0 else { throw PackerError(.integerOutOfRange, at: start) }
    return integer.magnitude
  }

  package mutating func uint32() throws(PackerError) -> UInt32 {
    let start = position
    guard let integer = UInt32(exactly: try uint64()) else { throw PackerError(.integerOutOfRange, at: start) }
    return integer
  }

  @inline(never)
  private mutating func integer() throws(PackerError) -> Integer {
    if try consumeNull() { return Integer(isNegative: false, magnitude: 0) }
    if let integer = plainInteger() { return integer }
    guard peek() == UInt8(ascii: "\"") else {
      guard let byte = peek(), byte == UInt8(ascii: "-") || Self.isDigit(byte) else { throw wrongType() }
      return try scanNumber().integer()
    }
    let start = position
    let text = try scanString()
    let characters = [UInt8](unsafeUninitializedCapacity: text.range.count) { buffer, count in
      count = unescape(text.range, into: UnsafeMutableRawBufferPointer(buffer))
    }
    return try characters.withUnsafeBufferPointer { characters throws(PackerError) in
      var reader = JSONReader(UnsafeRawBufferPointer(characters))
      guard let number = try? reader.scanNumber(), reader.peek() == nil else {
        throw PackerError(.invalidNumber, at: start)
      }
      return try number.integer(at: start)
    }
  }

  struct Integer {
    var isNegative: Bool
    var magnitude: UInt64
  }

  /// What most integers are: less than eight digits in quotes, somewhere in the document. Consumes nothing if it is anything
  /// else, wrong or not.
  @inline(__always)
  private mutating func shortInteger() -> UInt64? {
    guard size - position >= 10, input[position] == UInt8(ascii: "\"") else { return nil }
    let (value, count) = Self.digits(word(at: position + 1))
    guard count > 0, count < 8, input[position + 1 + count] == UInt8(ascii: "\""),
      input[position + 1] != UInt8(ascii: "0") || count == 1
    else { return nil }
    position += count + 2
    return value
  }

  /// What practically all integers are: a few digits and nothing else, in quotes or not. Consumes nothing if it is
  /// anything else, wrong or not.
  @inline(__always)
  private mutating func plainInteger() -> Integer? {
    let isQuoted = peek() == UInt8(ascii: "\"")
    var index = isQuoted ? position + 1 : position
    let isNegative = index < size && input[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let start = index
    var magnitude: UInt64 = 0
    var count = 8
    // Eight at a time, the last of which are fewer. The ids of clusters and members, which stand in every answer, mostly
    // have twenty.
    while count == 8 {
      let digits: UInt64
      (digits, count) = Self.digits(size - index >= 8 ? word(at: index) : Self.lastWord(of: input, at: index))
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: Self.powerOfTen(count))
      let (sum, overflowed) = product.addingReportingOverflow(digits)
      if overflow || overflowed { return nil }
      magnitude = sum
      index += count
    }
    guard index > start, index < size else { return nil }
    if input[start] == UInt8(ascii: "0"), index - start > 1 { return nil }
    switch input[index] {
    case UInt8(ascii: "\"") where isQuoted: index += 1
    case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): if isQuoted { return nil }
    default: return nil
    }
    position = index
    return Integer(isNegative: isNegative, magnitude: magnitude)
  }

  /// The same as `word(at:)` where there are fewer, with zeros behind the end. Static, so that no reader is copied for it.
  @inline(never)
  private static func lastWord(of input: UnsafeRawBufferPointer, at start: Int) -> UInt64 {
    (start..<input.count).reversed().reduce(0) { $0 << 8 | UInt64(input[$1]) }
  }

  /// How many of eight characters, the first of them lowest, are digits before the first that is none, and what they
  /// mean: first neighbours are put together, then pairs, then fours (Johnny Lee's and Daniel Lemire's way,
  /// https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/).
  @inline(__always)
  private static func digits(_ characters: UInt64) -> (value: UInt64, count: Int) {
    // Digits are 0 to 9 like this, and 0x76 more is the high bit of all others, if they do not have it anyway.
    let text = characters ^ 0x3030_3030_3030_3030
    let low = text & 0x7F7F_7F7F_7F7F_7F7F
    let others = (low &+ 0x7676_7676_7676_7676 | text) & 0x8080_8080_8080_8080
    let count = others.trailingZeroBitCount / 8
    // Behind as many zeros as are missing. What was shifted out is not looked at.
    let digits = text << (64 - 8 * UInt64(truncatingIfNeeded: count))
    let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
    return ((fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF, count)
  }

  /// Of an exponent of at most eight.
  @inline(__always)
  private static func powerOfTen(_ exponent: Int) -> UInt64 {
    switch exponent {
    case 0: 1
    case 1: 10
    case 2: 100
    case 3: 1000
    case 4: 10_000
    case 5: 100_000
    case 6: 1_000_000
    case 7: 10_000_000
    default: 100_000_000
    }
  }

  /// A number that was checked against the grammar: `digits` times ten to the `exponent`.
  struct Number {
    var isNegative = false
    /// All digits but the zeros at the end, without the decimal point; `nil` if they do not fit.
    var digits: UInt64? = 0
    var exponent = 0
    var offset: Int

    func integer(at start: Int? = nil) throws(PackerError) -> Integer {
      let start = start ?? offset
      guard digits == 0 || exponent >= 0 else { throw PackerError(.notAnInteger, at: start) }
      guard var magnitude = digits else { throw PackerError(.integerOutOfRange, at: start) }
      if magnitude == 0 { return Integer(isNegative: isNegative, magnitude: 0) }
      for _ in 0..<exponent {
        let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
        if overflow { throw PackerError(.integerOutOfRange, at: start) }
        magnitude = product
      }
      return Integer(isNegative: isNegative, magnitude: magnitude)
    }

    /// Appends a digit, as if there were no decimal point.
    mutating func append(_ digit: UInt8) {
      guard digit != 0 else {
        exponent += 1
        return
      }
      // The zeros before this digit turn out not to be at the end. They mean nothing before the first digit, and need
      // not be counted once the digits do not fit any more.
      while exponent > 0, let digits, digits != 0 {
        self.digits = Self.shift(digits, 0)
        exponent -= 1
      }
      exponent = 0
      digits = digits.flatMap { Self.shift($0, digit) }
    }

    private static func shift(_ digits: UInt64, _ digit: UInt8) -> UInt64? {
      let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
      let (sum, overflowed) = product.addingReportingOverflow(UInt64(digit))
      return overflow || overflowed ? nil : sum
    }
  }

  /// Passes over a number of any kind, checking it against the grammar.
  mutating func scanNumber() throws(PackerError) -> Number {
    var number = Number(offset: position)
    if peek() == UInt8(ascii: "-") {
      number.isNegative = true
      position += 1
    }
    guard let first = peek(), Self.isDigit(first) else {
      throw failure(number.isNegative ? .invalidNumber : .unexpectedByte)
    }
    if first == UInt8(ascii: "0") {
      position += 1
      if let next = peek(), Self.isDigit(next) { throw failure(.invalidNumber) }
    } else {
      scanDigits(of: &number)
    }
    if peek() == UInt8(ascii: ".") {
      position += 1
      let start = position
      scanDigits(of: &number)
      guard position > start else { throw failure(.invalidNumber) }
      number.exponent -= position - start
    }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      position += 1
      number.exponent += try scanExponent()
    }
    return number
  }

  private mutating func scanDigits(of number: inout Number) {
    while let byte = peek(), Self.isDigit(byte) {
      number.append(byte & 0x0F)
      position += 1
    }
  }

  /// What follows the `e`. Saturates far outside of what matters, and far inside of what could overflow.
  private mutating func scanExponent() throws(PackerError) -> Int {
    let isNegative = peek() == UInt8(ascii: "-")
    if isNegative || peek() == UInt8(ascii: "+") { position += 1 }
    let start = position
    var exponent = 0
    while let byte = peek(), Self.isDigit(byte) {
      exponent = min(exponent * 10 + Int(byte & 0x0F), 1 << 48)
      position += 1
    }
    guard position > start else { throw failure(.invalidNumber) }
    return isNegative ? 0 - exponent : exponent
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") <= 9
  }
}
