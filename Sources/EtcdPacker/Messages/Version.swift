/// What `GET /version` answers, without authentication.
package struct VersionResponse: JSONObject {
  package var etcdserver = ""
  package var etcdcluster = ""

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "etcdserver": etcdserver = try reader.string()
    case "etcdcluster": etcdcluster = try reader.string()
    default: break
    }
  }
}
