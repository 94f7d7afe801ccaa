import EtcdPacker

/// A JSON document as RFC 8259 has it, read slowly and simply: what the packer is compared with.
indirect enum ReferenceJSON {
  case null
  case bool(Bool)
  case number([UInt8])
  /// The text, escapes resolved, in UTF-8.
  case string([UInt8])
  case array([ReferenceJSON])
  case object([(name: [UInt8], value: ReferenceJSON)])

  /// `nil` if it is no document, or one that is nested more deeply than the packer allows.
  init?(_ document: [UInt8]) {
    var parser = Parser(document: document)
    guard let value = parser.value(depth: 0), parser.isAtEnd else { return nil }
    self = value
  }

  /// The same document without white space and needless escapes.
  var compact: [UInt8] {
    switch self {
    case .null: Array("null".utf8)
    case .bool(let value): Array((value ? "true" : "false").utf8)
    case .number(let text): text
    case .string(let text): Self.quoted(text)
    case .array(let values): Array("[".utf8) + values.map(\.compact).joined(separator: ",".utf8) + Array("]".utf8)
    case .object(let fields):
      Array("{".utf8)
        + fields.map { Self.quoted($0.name) + Array(":".utf8) + $0.value.compact }.joined(separator: ",".utf8)
        + Array("}".utf8)
    }
  }

  private static func quoted(_ text: [UInt8]) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(String(decoding: text, as: UTF8.self))
    return writer.bytes
  }

  // MARK: As the type of a field; the outer `nil` means that it is not of that type

  var asBool: Bool? {
    switch self {
    case .null: false
    case .bool(let value): value
    default: nil
    }
  }

  var asString: [UInt8]? {
    switch self {
    case .null: []
    case .string(let text): text
    default: nil
    }
  }

  var asBytes: [UInt8]? { asString.flatMap(ReferenceBase64.decode) }

  var asInt64: Int64? {
    guard let (isNegative, digits) = wholeNumber else { return nil }
    return Int64((isNegative ? "-" : "") + digits)
  }

  var asUInt64: UInt64? {
    guard let (isNegative, digits) = wholeNumber else { return nil }
    return isNegative && digits != "0" ? nil : UInt64(digits)
  }

  /// The value of a number, or of a string that holds one, in decimal. `nil` also if it has too many digits to matter.
  private var wholeNumber: (isNegative: Bool, digits: String)? {
    switch self {
    case .null: return (false, "0")
    case .number(let text): return Self.wholeNumber(text)
    case .string(let text):
      var parser = Parser(document: text)
      guard parser.number(), parser.isAtVeryEnd else { return nil }
      return Self.wholeNumber(text)
    default: return nil
    }
  }

  private static func wholeNumber(_ text: [UInt8]) -> (isNegative: Bool, digits: String)? {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    let isNegative = text.first == UInt8(ascii: "-")
    let mantissa = parts[0].drop { $0 == UInt8(ascii: "-") }
      .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    var digits = mantissa.joined().map { $0 }
    var exponent = 0 - (mantissa.count > 1 ? mantissa[1].count : 0)
    if parts.count > 1 {
      let text = String(decoding: parts[1].drop { $0 == UInt8(ascii: "+") }, as: UTF8.self)
      exponent +=
        Int(text).map { min(max($0, -1_000_000), 1_000_000) } ?? (text.hasPrefix("-") ? -1_000_000 : 1_000_000)
    }
    digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
    if digits.isEmpty { return (isNegative, "0") }
    while digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      exponent += 1
    }
    guard exponent >= 0, digits.count + exponent <= 20 else { return nil }
    digits += Array(repeating: UInt8(ascii: "0"), count: exponent)
    return (isNegative, String(decoding: digits, as: UTF8.self))
  }

  // MARK: Parsing

  private struct Parser {
    let document: [UInt8]
    var position = 0

    init(document: [UInt8]) {
      self.document = document
    }

    var next: UInt8? { position < document.count ? document[position] : nil }

    var isAtVeryEnd: Bool { position == document.count }

    var isAtEnd: Bool {
      mutating get {
        space()
        return isAtVeryEnd
      }
    }

    mutating func space() {
      while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    mutating func take(_ text: String) -> Bool {
      guard document[position...].starts(with: text.utf8) else { return false }
      position += text.utf8.count
      return true
    }

    mutating func value(depth: Int) -> ReferenceJSON? {
      space()
      switch next {
      case UInt8(ascii: "n"): return take("null") ? .null : nil
      case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
      case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
      case UInt8(ascii: "\""): return string().map { .string($0) }
      case UInt8(ascii: "["):
        return elements(depth: depth, end: "]") { parser in parser.value(depth: depth + 1) }.map { .array($0) }
      case UInt8(ascii: "{"):
        return elements(depth: depth, end: "}") { parser -> (name: [UInt8], value: ReferenceJSON)? in
          parser.space()
          guard let name = parser.string() else { return nil }
          parser.space()
          guard parser.take(":"), let value = parser.value(depth: depth + 1) else { return nil }
          return (name, value)
        }.map { .object($0) }
      default:
        let start = position
        return number() ? .number(Array(document[start..<position])) : nil
      }
    }

    mutating func elements<T>(depth: Int, end: String, _ element: (inout Parser) -> T?) -> [T]? {
      guard depth < JSONReader.maximumDepth else { return nil }
      position += 1
      space()
      var elements: [T] = []
      if take(end) { return elements }
      while let value = element(&self) {
        elements.append(value)
        space()
        if take(end) { return elements }
        guard take(",") else { return nil }
      }
      return nil
    }

    mutating func digits() -> Int {
      let start = position
      while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
      return position - start
    }

    mutating func number() -> Bool {
      _ = take("-")
      let startsWithZero = next == UInt8(ascii: "0")
      let count = digits()
      guard count == 1 || (count > 1 && !startsWithZero) else { return false }
      if take("."), digits() == 0 { return false }
      if take("e") || take("E") {
        if !take("+") { _ = take("-") }
        if digits() == 0 { return false }
      }
      return true
    }

    mutating func string() -> [UInt8]? {
      guard take("\"") else { return nil }
      var text: [UInt8] = []
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self).map { Array($0.utf8) }
        case ..<0x20: return nil
        case UInt8(ascii: "\\"):
          guard let character = escape() else { return nil }
          text += Array(String(character).utf8)
        default: text.append(byte)
        }
      }
      return nil
    }

    mutating func escape() -> Unicode.Scalar? {
      let simple: [(String, Unicode.Scalar)] = [
        ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{C}"), ("n", "\n"), ("r", "\r"), ("t", "\t"),
      ]
      for (letter, character) in simple where take(letter) { return character }
      guard take("u"), let high = hexadecimal() else { return nil }
      guard 0xD800...0xDFFF ~= high else { return Unicode.Scalar(high) }
      guard high < 0xDC00, take("\\u"), let low = hexadecimal(), 0xDC00...0xDFFF ~= low else { return nil }
      return Unicode.Scalar(0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00))
    }

    mutating func hexadecimal() -> UInt32? {
      let digits = document[position...].prefix(4)
      guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
      position += 4
      return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
  }
}
