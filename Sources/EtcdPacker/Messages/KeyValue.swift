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

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "key": key = try reader.bytes()
    case "create_revision": createRevision = try reader.int64()
    case "mod_revision": modRevision = try reader.int64()
    case "version": version = try reader.int64()
    case "value": value = try reader.bytes()
    case "lease": lease = try reader.int64()
    default: break
    }
  }
}
