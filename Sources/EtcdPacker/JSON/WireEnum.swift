/// An enumeration of etcd's protocol. Its raw values are the numbers of the proto file, where the one with number 0 is
/// the default.
package protocol WireEnum: RawRepresentable<Int>, CaseIterable, Hashable, Sendable {
  /// The name in the proto file.
  var name: String { get }
}
