import EtcdPacker

// What is wrong with a request whatever the state of the store: etcd looks at this first.

extension Store.Command {
  var malformation: GatewayError? {
    switch self {
    case .put(let put) where put.key.isEmpty: GatewayError(.emptyKey)
    case .deleteRange(let delete) where delete.key.isEmpty: GatewayError(.emptyKey)
    case .txn(let txn): txn.malformation
    default: nil
    }
  }
}

extension ReceivedTxn {
  var isEmpty: Bool { compare.isEmpty && success.isEmpty && failure.isEmpty }

  fileprivate var malformation: GatewayError? {
    if hasEmptyKey { return GatewayError(.emptyKey) }
    return hasDuplicate(success) || hasDuplicate(failure) ? .duplicateKey : nil
  }

  private var hasEmptyKey: Bool {
    compare.contains { $0.key.isEmpty }
      || (success + failure).contains { op in
        op.range?.key.isEmpty ?? op.put?.key.isEmpty ?? op.delete?.key.isEmpty ?? op.txn.first?.hasEmptyKey ?? false
      }
  }

  /// No key may be put twice, or put and deleted, in what is executed together; to delete it twice is allowed. The
  /// branches of a nested transaction exclude each other.
  private func hasDuplicate(_ ops: [ReceivedOp]) -> Bool {
    Touched.of(ops) == nil
  }

  private struct Touched {
    var puts: Set<[UInt8]> = []
    var deletions: [KeyRange] = []

    /// `nil` if there is a duplicate.
    static func of(_ ops: [ReceivedOp]) -> Touched? {
      var all = Touched()
      for op in ops {
        if let delete = op.delete { all.deletions.append(delete.range) }
      }
      for txn in ops.compactMap(\.txn.first) {
        guard let success = of(txn.success), let failure = of(txn.failure) else { return nil }
        let puts = success.puts.union(failure.puts)
        let deletions = success.deletions + failure.deletions
        if !puts.isDisjoint(with: all.puts) || all.puts.contains(where: { isDeleted($0, by: deletions) })
          || puts.contains(where: { isDeleted($0, by: all.deletions) })
        {
          return nil
        }
        all.puts.formUnion(puts)
        all.deletions += deletions
      }
      for put in ops.compactMap(\.put) {
        if isDeleted(put.key, by: all.deletions) || !all.puts.insert(put.key).inserted { return nil }
      }
      return all
    }

    private static func isDeleted(_ key: [UInt8], by deletions: [KeyRange]) -> Bool {
      deletions.contains { $0.contains(key) }
    }
  }
}
