/// A JSON document as a tree, for comparing. Strings stay as they are written, escapes included.
indirect enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// `nil` if this is not one document of JSON.
  init?(parsing text: some Sequence<UInt8>) {
    var parser = Parser(text: Array(text))
    guard let value = parser.value() else { return nil }
    parser.skipWhiteSpace()
    guard parser.position == parser.text.count else { return nil }
    self = value
  }

  subscript(_ name: String) -> JSONValue? {
    if case .object(let fields) = self { fields[name] } else { nil }
  }

  /// The text of a string, or the digits of a number.
  var text: String? {
    switch self {
    case .string(let text), .number(let text): text
    default: nil
    }
  }

  var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// The same with each field of an object, however deep, replaced by what `change` makes of it; `nil` removes it.
  func mapFields(_ change: (_ name: String, _ value: JSONValue) -> JSONValue?) -> JSONValue {
    switch self {
    case .array(let elements): return .array(elements.map { $0.mapFields(change) })
    case .object(let fields):
      var changed: [String: JSONValue] = [:]
      for (name, value) in fields { changed[name] = change(name, value.mapFields(change)) }
      return .object(changed)
    default: return self
    }
  }

  private struct Parser {
    let text: [UInt8]
    var position = 0

    mutating func skipWhiteSpace() {
      while position < text.count, [0x20, 0x0A, 0x0D, 0x09].contains(text[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      skipWhiteSpace()
      guard position < text.count, text[position] == byte else { return false }
      position += 1
      return true
    }

    mutating func value() -> JSONValue? {
      skipWhiteSpace()
      guard position < text.count else { return nil }
      switch text[position] {
      case UInt8(ascii: "{"): return object()
      case UInt8(ascii: "["): return array()
      case UInt8(ascii: "\""): return string().map { .string($0) }
      default: return word()
      }
    }

    private mutating func object() -> JSONValue? {
      position += 1
      var fields: [String: JSONValue] = [:]
      if take(UInt8(ascii: "}")) { return .object(fields) }
      repeat {
        skipWhiteSpace()
        guard let name = string(), take(UInt8(ascii: ":")), let value = value() else { return nil }
        fields[name] = value
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "}")) ? .object(fields) : nil
    }

    private mutating func array() -> JSONValue? {
      position += 1
      var elements: [JSONValue] = []
      if take(UInt8(ascii: "]")) { return .array(elements) }
      repeat {
        guard let element = value() else { return nil }
        elements.append(element)
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "]")) ? .array(elements) : nil
    }

    private mutating func string() -> String? {
      guard position < text.count, text[position] == UInt8(ascii: "\"") else { return nil }
      position += 1
      let start = position
      while position < text.count, text[position] != UInt8(ascii: "\"") {
        position += text[position] == UInt8(ascii: "\\") ? 2 : 1
      }
      guard position < text.count else { return nil }
      position += 1
      return String(decoding: text[start..<position - 1], as: UTF8.self)
    }

    private mutating func word() -> JSONValue? {
      let start = position
      while position < text.count, !Array("{}[],:\" \n\r\t".utf8).contains(text[position]) { position += 1 }
      let word = String(decoding: text[start..<position], as: UTF8.self)
      switch word {
      case "null": return .null
      case "true": return .bool(true)
      case "false": return .bool(false)
      default: return Double(word) == nil ? nil : .number(word)
      }
    }
  }
}

extension JSONValue: CustomStringConvertible {
  /// With the fields of objects in the order of their names.
  var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let text): text
    case .string(let text): "\"\(text)\""
    case .array(let elements): "[" + elements.map(\.description).joined(separator: ",") + "]"
    case .object(let fields):
      "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
  }
}
