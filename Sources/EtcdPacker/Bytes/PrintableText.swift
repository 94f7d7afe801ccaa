/// Foreign text, made fit for a log line or an error message.
package enum PrintableText {
  /// The text of at most `limit` bytes of `bytes`, repaired where it is not UTF-8. Line breaks, control characters and
  /// invisible formatting (which can reorder what a terminal shows) become spaces; spaces at the ends are cut. What was
  /// left out is marked with an ellipsis.
  static func excerpt(of bytes: UnsafeRawBufferPointer, limit: Int) -> String {
    let kept = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(limit, 0)))
    var text = String.UnicodeScalarView()
    var pendingSpaces = 0
    for scalar in String(decoding: kept, as: UTF8.self).unicodeScalars {
      if scalar == " " || isUnprintable(scalar) {
        pendingSpaces += 1
        continue
      }
      if !text.isEmpty { text.append(contentsOf: repeatElement(" ", count: pendingSpaces)) }
      pendingSpaces = 0
      text.append(scalar)
    }
    if kept.count < bytes.count { text.append("…") }
    return String(text)
  }

  package static func excerpt(of text: String, limit: Int) -> String {
    var text = text
    return text.withUTF8 { excerpt(of: UnsafeRawBufferPointer($0), limit: limit) }
  }

  /// A host's own text, for a message that shows what was wrong with it: only the end of a long one is left out, and
  /// what is not printed can be seen to be there.
  package static func quote(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(100).map { isUnprintable($0) ? "?" : String($0) }
    return printable.joined() + (text.unicodeScalars.count > 100 ? "..." : "")
  }

  /// What could break a line, or change what a terminal shows.
  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }
}
