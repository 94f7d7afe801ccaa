/// The library's error codes; the values are those of `ETCDCLI_ERR_*` in the header, which says what each means.
package enum ErrorCode: Int32, CaseIterable, Sendable {
  case argument = -23701
  case handle = -23702
  case busy = -23703
  case forked = -23704
  case closed = -23705
  case config = -23706
  case system = -23707
  case notFound = -23708
  case limit = -23709
  case cancelled = -23710
  case timeout = -23711
  case unavailable = -23712
  case unknownOutcome = -23713
  case server = -23714
  case `protocol` = -23715
  case tooLarge = -23716
  case conflict = -23717
  case leaseLost = -23718
  case compacted = -23719
  case clusterChanged = -23720
  case keyDeleted = -23721
  case unauthenticated = -23722
  case permissionDenied = -23723

  /// What `etcdcli_strerror` says.
  package var text: StaticString {
    switch self {
    case .argument: "invalid argument"
    case .handle: "invalid handle"
    case .busy: "the cluster is being pumped already"
    case .forked: "the handle belongs to the parent process"
    case .closed: "the cluster is closed"
    case .config: "invalid configuration"
    case .system: "the operating system refused"
    case .notFound: "no such call"
    case .limit: "a limit is reached"
    case .cancelled: "cancelled"
    case .timeout: "timed out"
    case .unavailable: "no endpoint is available"
    case .unknownOutcome: "the write may or may not have happened"
    case .server: "etcd refused the request"
    case .protocol: "the endpoint does not speak etcd's protocol"
    case .tooLarge: "the answer is too large"
    case .conflict: "the key belongs to another process"
    case .leaseLost: "the lease is lost"
    case .compacted: "the revision has been compacted"
    case .clusterChanged: "etcd's store was replaced by another"
    case .keyDeleted: "the key was deleted"
    case .unauthenticated: "etcd does not accept the credentials"
    case .permissionDenied: "permission denied"
    }
  }
}
