// The calls lease/grant, revoke, keepalive, timetolive and leases. Times to live are in seconds.

package struct LeaseGrantRequest: Message {
  package var ttl: Int64 = 0
  /// The id the lease is to have; 0 lets the server choose.
  package var id: Int64 = 0

  package init() {}

  package init(ttl: Int64, id: Int64 = 0) {
    self.ttl = ttl
    self.id = id
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "TTL", &ttl)
    try f.field(2, "ID", &id)
  }
}

package struct LeaseGrantResponse: Message {
  package var header = ResponseHeader()
  package var id: Int64 = 0
  /// What was granted, which may be more than was asked for.
  package var ttl: Int64 = 0
  package var error = ""

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "ID", &id)
    try f.field(3, "TTL", &ttl)
    try f.field(4, "error", &error)
  }
}

package struct LeaseRevokeRequest: Message {
  package var id: Int64 = 0

  package init() {}

  package init(id: Int64) {
    self.id = id
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "ID", &id)
  }
}

package typealias LeaseRevokeResponse = HeaderResponse

package struct LeaseKeepAliveRequest: Message {
  package var id: Int64 = 0

  package init() {}

  package init(id: Int64) {
    self.id = id
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "ID", &id)
  }
}

/// Comes in a `StreamDocument`.
package struct LeaseKeepAliveResponse: Message {
  package var header = ResponseHeader()
  package var id: Int64 = 0
  /// 0 means that there is no such lease (any more).
  package var ttl: Int64 = 0

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "ID", &id)
    try f.field(3, "TTL", &ttl)
  }
}

package struct LeaseTimeToLiveRequest: Message {
  package var id: Int64 = 0
  /// Asks for the keys that are attached.
  package var keys = false

  package init() {}

  package init(id: Int64, keys: Bool = false) {
    self.id = id
    self.keys = keys
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "ID", &id)
    try f.field(2, "keys", &keys)
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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "ID", &id)
    try f.field(3, "TTL", &ttl)
    try f.field(4, "grantedTTL", &grantedTTL)
    try f.field(5, "keys", &keys)
  }
}

package typealias LeaseLeasesRequest = EmptyRequest

package struct LeaseLeasesResponse: Message {
  package struct LeaseStatus: Message {
    package var id: Int64 = 0

    package init() {}

    package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
      try f.field(1, "ID", &id)
    }
  }

  package var header = ResponseHeader()
  package var leases: [LeaseStatus] = []

  package init() {}

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "leases", &leases)
  }
}
