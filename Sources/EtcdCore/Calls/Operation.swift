import EtcdPacker

/// One request to etcd, whatever wire carries it.
package enum Operation: Sendable {
  case range(RangeRequest)
  case put(PutRequest)
  case deleteRange(DeleteRangeRequest)
  case txn(TxnRequest)
  case leaseGrant(LeaseGrantRequest)
  case leaseKeepAlive(LeaseKeepAliveRequest)
  case leaseRevoke(LeaseRevokeRequest)
}

/// The answer to an `Operation`, of the case that bears its name.
package enum Answer: Sendable {
  case range(RangeResponse)
  case put(PutResponse)
  case deleteRange(DeleteRangeResponse)
  case txn(TxnResponse)
  case leaseGrant(LeaseGrantResponse)
  case leaseKeepAlive(LeaseKeepAliveResponse)
  case leaseRevoke(LeaseRevokeResponse)
}
