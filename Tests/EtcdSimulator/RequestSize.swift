import EtcdPacker

// What a request costs the store, whatever is in it already.

extension Store.Command {
  /// The most bytes of keys and values that etcd takes in one request: `--max-request-bytes`, made small.
  static let sizeLimit = 16_384

  /// The bytes of its keys and values.
  var size: Int {
    switch self {
    case .put(let put): put.key.count + put.value.count
    case .txn(let txn): txn.puts.reduce(0) { $0 + $1.key.count + $1.value.count }
    default: 0
    }
  }

  /// Whether it is refused while there is no space.
  var takesSpace: Bool {
    switch self {
    case .put, .leaseGrant: true
    case .txn(let txn): !txn.puts.isEmpty
    default: false
    }
  }
}

extension ReceivedTxn {
  /// All that it may do, in whichever branch.
  var puts: [ReceivedPut] {
    (success + failure).flatMap { op in op.put.map { [$0] } ?? op.txn.first?.puts ?? [] }
  }
}
