import EtcdPacker

@testable import EtcdCore

/// One kind of question, by its name: `scene.request(.put)`.
struct Kind<Request> {
  let name: String
  /// Stands in for a question that was not asked, so that the test goes on and says what else is wrong.
  let absent: Request
  let pick: (Question) -> Request?
}

extension Kind<RangeRequest> {
  static var range: Kind {
    Kind(name: "range", absent: RangeRequest(range: .single([]))) {
      if case .call(.range(let request)) = $0 { request } else { nil }
    }
  }
}

extension Kind<PutRequest> {
  static var put: Kind {
    Kind(name: "put", absent: PutRequest(key: [], value: [])) {
      if case .call(.put(let request)) = $0 { request } else { nil }
    }
  }
}

extension Kind<TxnRequest> {
  static var txn: Kind {
    Kind(name: "txn", absent: TxnRequest()) { if case .call(.txn(let request)) = $0 { request } else { nil } }
  }
}

extension Kind<LeaseGrantRequest> {
  static var leaseGrant: Kind {
    Kind(name: "leaseGrant", absent: LeaseGrantRequest(ttl: 0)) {
      if case .call(.leaseGrant(let request)) = $0 { request } else { nil }
    }
  }
}

extension Kind<LeaseKeepAliveRequest> {
  static var leaseKeepAlive: Kind {
    Kind(name: "leaseKeepAlive", absent: LeaseKeepAliveRequest(id: 0)) {
      if case .call(.leaseKeepAlive(let request)) = $0 { request } else { nil }
    }
  }
}

extension Kind<LeaseRevokeRequest> {
  static var leaseRevoke: Kind {
    Kind(name: "leaseRevoke", absent: LeaseRevokeRequest(id: 0)) {
      if case .call(.leaseRevoke(let request)) = $0 { request } else { nil }
    }
  }
}

extension Kind<EtcdCore.Operation> {
  /// Of what administers, by the path below the prefix.
  static func admin(_ path: String) -> Kind {
    Kind(name: path, absent: .status) {
      if case .call(let operation) = $0, operation.parts.method.gatewayPath == path { operation } else { nil }
    }
  }
}

extension Kind<AuthenticateRequest> {
  static var authenticate: Kind {
    Kind(name: "authenticate", absent: AuthenticateRequest()) {
      if case .call(.authenticate(let request)) = $0 { request } else { nil }
    }
  }
}

extension Kind<WatchCreateRequest> {
  static var watch: Kind {
    Kind(name: "watch", absent: WatchCreateRequest(range: .single([]))) {
      if case .watch(let request) = $0 { request } else { nil }
    }
  }
}

extension Kind<MemberListRequest> {
  static var memberList: Kind {
    Kind(name: "memberList", absent: MemberListRequest()) {
      if case .call(.memberList(let request)) = $0 { request } else { nil }
    }
  }
}

extension Kind<Void> {
  static var version: Kind {
    Kind(name: "version", absent: ()) { if case .call(.version) = $0 { () } else { nil } }
  }
}
