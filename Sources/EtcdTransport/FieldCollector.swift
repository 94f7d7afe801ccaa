/// Picks out of the header lines of an answer what its request asked for.
struct FieldCollector {
  /// The most that is kept, each field counted with what it costs beyond its bytes. More header than this may pass by, as
  /// long as nobody asks for it.
  static let limit = 32 * 1024
  private static let costOfField = 64

  private let wanted: AnswerFields.Wanted
  private(set) var fields = AnswerFields()
  private var size = 0

  init(_ wanted: AnswerFields.Wanted) {
    self.wanted = wanted
  }

  /// Takes a line of a header, or of a trailer. Returns false when it is too much.
  mutating func take(_ line: UnsafeRawBufferPointer, isTrailer: Bool) -> Bool {
    if !isTrailer, line.starts(with: "HTTP/".utf8) {
      restart()
      return true
    }
    // Without a colon it is the end of the header; with a blank in front, the rest of a field that was folded, which
    // HTTP gave up.
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let first = line.first, !Self.isBlank(first) else {
      return true
    }
    let value = line[line.index(after: colon)...].drop(while: Self.isBlank)
    let end = value.lastIndex { !Self.isBlank($0) }.map(value.index(after:)) ?? value.startIndex
    return take(
      Self.name(line[..<colon]), UnsafeRawBufferPointer(rebasing: value[..<end]), isTrailer: isTrailer)
  }

  /// A status line: what came before it was an interim answer.
  mutating func restart() {
    fields.headers = []
    size = 0
  }

  /// Takes a field whose name is in lower case. Returns false when it is too much.
  mutating func take(
    _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeRawBufferPointer, isTrailer: Bool
  ) -> Bool {
    if case .named(let names) = wanted {
      // Most are not wanted, and not copied.
      guard let name = names.first(where: { $0.utf8.count == name.count && $0.utf8.withBytes(name.hasSameBytes(as:)) })
      else { return true }
      return keep(name, value, isTrailer: isTrailer)
    }
    return keep(String(decoding: name, as: UTF8.self), value, isTrailer: isTrailer)
  }

  private mutating func take(_ name: String, _ value: UnsafeRawBufferPointer, isTrailer: Bool) -> Bool {
    if case .named(let names) = wanted, !names.contains(name) { return true }
    return keep(name, value, isTrailer: isTrailer)
  }

  private mutating func keep(_ name: String, _ value: UnsafeRawBufferPointer, isTrailer: Bool) -> Bool {
    size += Self.costOfField + name.utf8.count + value.count
    guard size <= Self.limit else { return false }
    let field = AnswerFields.Field(name: name, value: String(decoding: value, as: UTF8.self))
    if isTrailer { fields.trailers.append(field) } else { fields.headers.append(field) }
    return true
  }

  private static func name(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    String(decoding: bytes.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  /// White space, line ends included.
  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }
}
