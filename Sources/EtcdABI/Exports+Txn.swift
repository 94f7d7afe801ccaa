import CEtcdcli
import EtcdCore

private func find(_ txn: OpaquePointer?) throws(CallError) -> TxnHandle {
  try HandleTable.shared.find(txn, as: TxnHandle.self)
}

@implementation @_cdecl("etcdcli_txn_new")
public func etcdcli_txn_new() -> OpaquePointer! {
  guard let ticket = HandleTable.shared.insert(TxnHandle()) else {
    LastError.set(CallError.outOfHandles.message)
    return nil
  }
  return ticket
}

@implementation @_cdecl("etcdcli_txn_compare")
public func etcdcli_txn_compare(_ txn: OpaquePointer?, _ params: UnsafePointer<etcdcli_compare_params>?) -> CInt {
  answer { () throws(CallError) in
    try find(txn).add(Compare(params))
    return 0
  }
}

@implementation @_cdecl("etcdcli_txn_range")
public func etcdcli_txn_range(
  _ txn: OpaquePointer?, _ branch: CInt, _ params: UnsafePointer<etcdcli_range_params>?
) -> CInt {
  add(txn, branch, "range_params") { () throws(CallError) in try HostCall.range(params) }
}

@implementation @_cdecl("etcdcli_txn_put")
public func etcdcli_txn_put(
  _ txn: OpaquePointer?, _ branch: CInt, _ params: UnsafePointer<etcdcli_put_params>?
) -> CInt {
  add(txn, branch, "put_params") { () throws(CallError) in try HostCall.put(params) }
}

@implementation @_cdecl("etcdcli_txn_delete")
public func etcdcli_txn_delete(
  _ txn: OpaquePointer?, _ branch: CInt, _ params: UnsafePointer<etcdcli_delete_params>?
) -> CInt {
  add(txn, branch, "delete_params") { () throws(CallError) in try HostCall.delete(params) }
}

private func add(
  _ txn: OpaquePointer?, _ branch: CInt, _ name: String, _ request: () throws(CallError) -> HostCall
) -> CInt {
  answer { () throws(CallError) in
    let txn = try find(txn)
    let call = try request()
    if call.timeoutMs != 0 { throw CallError(.argument, "\(name).timeout_ms is set: it is the transaction's to have") }
    if call.minRevision != 0 {
      throw CallError(.argument, "\(name).not_older_than is set: a transaction reads what is newest")
    }
    if case .leaderless = call.operation {
      throw CallError(.argument, "\(name).flags has ETCDCLI_WITHOUT_LEADER: it is the commit's to have")
    }
    let operation: RequestOp? =
      switch call.operation {
      case .range(let request): .range(request)
      case .put(let request): .put(request)
      case .deleteRange(let request): .deleteRange(request)
      default: nil
      }
    if let operation { try txn.add(operation, to: branch) }
    return 0
  }
}

@implementation @_cdecl("etcdcli_txn_nest")
public func etcdcli_txn_nest(_ txn: OpaquePointer?, _ branch: CInt, _ nested: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in
    try find(txn).nest(find(nested), in: branch)
    return 0
  }
}

@implementation @_cdecl("etcdcli_txn_free")
public func etcdcli_txn_free(_ txn: OpaquePointer?) -> CInt {
  guard txn != nil else { return 0 }
  return answer { () throws(CallError) in
    _ = try HandleTable.shared.find(txn, as: TxnHandle.self, evenIfForked: true)
    HandleTable.shared.remove(txn, kind: .txn)
    return 0
  }
}
