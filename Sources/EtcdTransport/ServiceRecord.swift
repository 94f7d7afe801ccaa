/// One of a name's SRV records (RFC 2782): one place where a service is to be had.
package struct ServiceRecord: Hashable, Sendable {
  /// Without a dot at the end; not checked in any other way.
  package var host: String
  package var port: Int
  /// The least comes first.
  package var priority: Int
  /// Among those of one priority, how often it is to come first.
  package var weight: Int
  /// For how many seconds that may be believed; of the records of one answer, the least.
  package var ttl: Int

  /// The longest that a name server can mean (RFC 2181).
  package static let longestTTL = Int(Int32.max)

  package init(host: String, port: Int, priority: Int = 0, weight: Int = 0, ttl: Int = longestTTL) {
    self.host = host
    self.port = port
    self.priority = priority
    self.weight = weight
    self.ttl = ttl
  }
}

/// What name servers say of a name's SRV records.
package enum ServiceAnswer: Hashable, Sendable {
  /// Empty: there are none, or there is no such name.
  case records([ServiceRecord])
  /// Nobody has said, and why.
  case failed(String)
}
