/// What it costs to decode a document, in bytes, so that a document can be refused for what it turns into.
///
/// Its size alone bounds neither memory nor time: `{},` is three bytes and becomes an event of many more, and of fields
/// that nobody knows there may be hundreds of thousands. So the cost of a document is
///
/// - its own bytes, which its keys, values and texts do not exceed;
/// - for each element of a list the memory that the element takes (`MemoryLayout.stride`), and more where the list, a
///   text or a choice has memory of its own;
/// - `detour` for each field that is unknown, repeated, or not where etcd has it, `skippedValue` for each value that is
///   passed over, and `escape` for each escape in a string of JSON. Those take time and no memory. The figures are such
///   that no byte of a cost takes much longer than any other.
///
/// What etcd sends costs its bytes and its elements, for hardly a text of its has an escape.
package enum DecodingCost {
  /// The memory of an array that is not empty, besides that of its elements.
  static let list = 32
  /// The memory of an enumeration's payload that is not in place.
  static let choice = 144
  static let detour = 96
  static let skippedValue = 64
  static let escape = 8

  /// An element of a list of messages.
  package static func element<Element>(_: Element.Type) -> Int { MemoryLayout<Element>.stride }

  /// How many elements a list will have if all are like the first, which has `size` bytes, and if they take in all of the
  /// `rest` behind it: room for so many is made at once. That is bounded in terms of `rest`, and is done for one list of a
  /// document only: so one that has a short first element and no other takes little more memory than it pays for.
  static func likelyCount<Element>(of _: Element.Type, size: Int, in rest: Int) -> Int {
    let count = rest / max(size, MemoryLayout<Element>.stride / 2, 1)
    // The first one's numbers may be shorter, or longer, than those of the others.
    return 1 + count + count / 16
  }
}
