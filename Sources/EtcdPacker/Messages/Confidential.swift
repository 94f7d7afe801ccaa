/// A message that holds a secret. Printing, interpolating, dumping or reflecting it, also as part of something else,
/// shows its type only.
package protocol Confidential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Confidential {
  package var description: String { "\(Self.self)(…)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
