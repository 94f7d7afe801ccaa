/// A text that must be shown to nobody. Printing, interpolating, dumping or reflecting it, also as part of something
/// else, shows that it is there and nothing more.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// For where it is used, and nowhere else.
  package let text: String

  package init(_ text: String = "") {
    self.text = text
  }

  package var isEmpty: Bool { text.isEmpty }
  package var description: String { isEmpty ? "" : "(secret)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
