/// A key and what the store knows of it. In the event of a deletion only `key` and `modRevision` are set.
package struct KeyValue: Message {
  package var key = Bytes()
  package var value = Bytes()
  /// The revision at which the key came into being.
  package var createRevision: Int64 = 0
  /// The revision of the last change.
  package var modRevision: Int64 = 0
  /// How many changes there were since the key came into being, the first included.
  package var version: Int64 = 0
  /// The lease that the key is attached to; 0 is none.
  package var lease: Int64 = 0

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "key", &key)
    try f.field(2, "create_revision", &createRevision)
    try f.field(3, "mod_revision", &modRevision)
    try f.field(4, "version", &version)
    try f.field(5, "value", &value)
    try f.field(6, "lease", &lease)
  }
}
