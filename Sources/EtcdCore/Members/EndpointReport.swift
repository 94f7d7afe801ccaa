/// What is known of an endpoint.
package struct EndpointReport: Hashable, Sendable {
  package var url: String
  /// The name that its member has in the list of members; empty where that is not known.
  package var name = ""
  /// As its last answer stated it; 0: none has.
  package var memberID: UInt64
  /// As the server states it, or empty.
  package var version: String
  /// Whether it was configured, and not found in the list of members.
  package var isSeed: Bool
  /// Whether it is the one that is used for as long as it answers.
  package var isCurrent: Bool
  /// Whether anything was ever answered there.
  package var wasAnswered: Bool
  /// How many attempts have failed since its last answer; those that were under way together count as one.
  package var failures: Int
  /// How it is spoken to, unless that turns out to be of no use there.
  package var wire = WireKind.json
}
