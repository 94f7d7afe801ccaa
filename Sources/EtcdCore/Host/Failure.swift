/// Why something did not work: our code, and all that is known of the cause. What becomes an `etcdcli_error`.
///
/// In memory of its own: whatever may fail is handed round with room for a failure, and hardly ever has one.
@dynamicMemberLookup
package struct Failure: Error, Hashable, Sendable {
  package struct Details: Hashable, Sendable {
    package var code: ErrorCode
    /// Whether it is the end of a write that etcd may have carried out all the same.
    package var mayHaveHappened = false
    /// Whether the same request may well succeed when it is sent again: the trouble lay on the way, or passes.
    package var isWorthRetrying: Bool
    /// What etcd's error means, where it is one that something depends on.
    package var reason: Reason?
    /// gRPC's status code as etcd gave it, or 0.
    package var grpcCode: Int32
    /// The status of the HTTP answer, or 0.
    package var httpStatus: Int32
    /// The `CURLcode`, or 0.
    package var curlCode: Int32
    /// What happened, without secrets.
    package var message: String
    /// Where, as a URL, or empty.
    package var endpoint: String
  }

  private indirect enum Box: Hashable, Sendable {
    case holding(Details)
  }

  private var box: Box

  private var details: Details {
    get {
      switch box {
      case .holding(let details): details
      }
    }
    set { box = .holding(newValue) }
  }

  package subscript<Value>(dynamicMember member: WritableKeyPath<Details, Value>) -> Value {
    get { details[keyPath: member] }
    set { details[keyPath: member] = newValue }
  }

  package init(
    _ code: ErrorCode, _ message: String, reason: Reason? = nil, grpcCode: Int32 = 0, httpStatus: Int32 = 0,
    curlCode: Int32 = 0,
    endpoint: String = ""
  ) {
    let isWorthRetrying =
      switch code {
      case .timeout, .unavailable, .protocol: true
      default: false
      }
    box = .holding(
      Details(
        code: code, isWorthRetrying: isWorthRetrying, reason: reason, grpcCode: grpcCode, httpStatus: httpStatus,
        curlCode: curlCode, message: message, endpoint: endpoint))
  }
}

extension Failure: CustomStringConvertible {
  /// For logs.
  package var description: String {
    details.endpoint.isEmpty ? details.message : "\(details.endpoint): \(details.message)"
  }
}
