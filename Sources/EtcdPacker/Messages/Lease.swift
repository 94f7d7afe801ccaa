// The calls lease/grant, revoke, keepalive, timetolive and leases. Times to live are in seconds.

package struct LeaseGrantRequest: Request {
  package var ttl: Int64
  /// The id the lease is to have; 0 lets the server choose.
  package var id: Int64

  package init(ttl: Int64, id: Int64 = 0) {
    self.ttl = ttl
    self.id = id
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("TTL", ttl)
    writer.field("ID", id)
  }
}

package struct LeaseGrantResponse: Message {
  package var header = ResponseHeader()
  package var id: Int64 = 0
  /// What was granted, which may be more than was asked for.
  package var ttl: Int64 = 0
  package var error = ""

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "ID": id = try reader.int64()
    case "TTL": ttl = try reader.int64()
    case "error": error = try reader.string()
    default: break
    }
  }
}

package struct LeaseRevokeRequest: Request {
  package var id: Int64

  package init(id: Int64) {
    self.id = id
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("ID", id)
  }
}

package typealias LeaseRevokeResponse = HeaderResponse

package struct LeaseKeepAliveRequest: Request {
  package var id: Int64

  package init(id: Int64) {
    self.id = id
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("ID", id)
  }
}

/// Comes in a `StreamDocument`.
package struct LeaseKeepAliveResponse: Message {
  package var header = ResponseHeader()
  package var id: Int64 = 0
  /// 0 means that there is no such lease (any more).
  package var ttl: Int64 = 0

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "ID": id = try reader.int64()
    case "TTL": ttl = try reader.int64()
    default: break
    }
  }
}

package struct LeaseTimeToLiveRequest: Request {
  package var id: Int64
  /// Asks for the keys that are attached.
  package var keys: Bool

  package init(id: Int64, keys: Bool = false) {
    self.id = id
    self.keys = keys
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.field("ID", id)
    writer.field("keys", keys)
  }
}

package struct LeaseTimeToLiveResponse: Message {
  package var header = ResponseHeader()
  package var id: Int64 = 0
  /// What is left; -1 means that there is no such lease.
  package var ttl: Int64 = 0
  package var grantedTTL: Int64 = 0
  package var keys: [Bytes] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "ID": id = try reader.int64()
    case "TTL": ttl = try reader.int64()
    case "grantedTTL": grantedTTL = try reader.int64()
    case "keys": keys = try reader.array { reader throws(PackerError) in try reader.bytes() }
    default: break
    }
  }
}

package typealias LeaseLeasesRequest = EmptyRequest

package struct LeaseLeasesResponse: Message {
  package struct LeaseStatus: Message {
    package var id: Int64 = 0

    package init() {}

    package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
      switch field {
      case "ID": id = try reader.int64()
      default: break
      }
    }
  }

  package var header = ResponseHeader()
  package var leases: [LeaseStatus] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "leases": leases = try reader.messages()
    default: break
    }
  }
}
