/// An enumeration of etcd's protocol. Its raw values are the numbers of the proto file, where the one with number 0 is
/// the default.
///
/// Where what is not known may be passed over, it is a structure that can have any number (`AlarmType`). Where it must
/// not be taken for something else, it is an enumeration, and unknown values are refused: an event that is neither a
/// put nor a deletion.
package protocol WireEnum: RawRepresentable<Int>, CaseIterable, Hashable, Sendable {
  /// The name in the proto file; empty for a number that has none.
  var name: String { get }
}

extension WireEnum {
  static func named(_ name: UnsafeRawBufferPointer) -> Self? {
    allCases.first { $0.name.utf8.elementsEqual(name) }
  }
}
