import EtcdPacker

/// What a transaction has to do and to answer, found out from the store's history alone: not by how the simulated etcd
/// executes one.
struct TxnJudge {
  let request: TxnRequest
  let store: Store

  /// What is wrong with the answer; `nil` if it is true of the store.
  func flaw(in response: TxnResponse) -> String? {
    let revision = response.header.revision
    // Either it has made the revision that it names, from what there was before, or it has changed nothing there. That
    // a key was deleted may be another one's doing.
    let made = store.events(of: .all, in: revision...revision)
    let trial = Trial(self, before: revision - 1)
    let isItsDoing =
      !trial.changes.isEmpty && trial.changes == made.map(\.kv.key)
      && trial.values == made.map { $0.kind == .put ? $0.kv.value : nil }
    if isItsDoing, trial.flaw(in: response) == nil { return nil }
    let quiet = Trial(self, before: revision)
    if quiet.changes.isEmpty { return quiet.flaw(in: response) }
    return isItsDoing
      ? trial.flaw(in: response)
      : "a transaction says revision \(revision), which does something else than it was to do"
  }

  private func holds(_ compare: Compare, at revision: Int64) -> Bool {
    guard !compare.range.isSingle else { return holds(compare, store.value(of: compare.range.key, at: revision)) }
    let kvs = store.state(of: compare.range, at: revision)
    return kvs.isEmpty ? holds(compare, nil) : kvs.allSatisfy { holds(compare, $0) }
  }

  private func holds(_ compare: Compare, _ kv: StoredKV?) -> Bool {
    func isSo(_ isLess: Bool, _ isEqual: Bool) -> Bool {
      switch compare.result {
      case .equal: isEqual
      case .notEqual: !isEqual
      case .less: isLess
      case .greater: !isLess && !isEqual
      }
    }
    switch compare.target {
    case .version(let number): return isSo((kv?.version ?? 0) < number, (kv?.version ?? 0) == number)
    case .create(let number): return isSo((kv?.create ?? 0) < number, (kv?.create ?? 0) == number)
    case .mod(let number): return isSo((kv?.mod ?? 0) < number, (kv?.mod ?? 0) == number)
    case .lease(let number): return isSo((kv?.lease ?? 0) < number, (kv?.lease ?? 0) == number)
    case .value(let value):
      // What does not exist has no value, and so none that is like another or unlike it.
      return kv.map { isSo($0.value.lexicographicallyPrecedes(value), $0.value == value) } ?? false
    }
  }

  /// What it does to the store as it was at one revision.
  private struct Trial {
    /// The keys that it changes, in order, and what they then hold.
    var changes: [[UInt8]] = []
    var values: [[UInt8]?] = []
    private var succeeded: Bool
    /// What each step answers: the keys with their values, or how many were deleted.
    private var answers: [(kvs: [(key: [UInt8], value: [UInt8])], deleted: Int)] = []

    init(_ judge: TxnJudge, before: Int64) {
      succeeded = judge.request.compare.allSatisfy { judge.holds($0, at: before) }
      var state: [[UInt8]: [UInt8]] = [:]
      for kv in judge.store.state(of: .all, at: before) { state[kv.key] = kv.value }
      for op in succeeded ? judge.request.success : judge.request.failure {
        func found(_ range: KeyRange) -> [(key: [UInt8], value: [UInt8])] {
          state.filter { range.contains($0.key) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ($0.key, $0.value) }
        }
        switch op {
        case .range(let request): answers.append((found(request.range), 0))
        case .put(let request):
          state[request.key] = request.value
          changes.append(request.key)
          values.append(request.value)
          answers.append(([], 0))
        case .deleteRange(let request):
          let gone = found(request.range)
          for (key, _) in gone {
            state[key] = nil
            changes.append(key)
            values.append(nil)
          }
          answers.append(([], gone.count))
        case .txn: answers.append(([], 0))
        }
      }
    }

    func flaw(in response: TxnResponse) -> String? {
      if response.succeeded != succeeded {
        return "the conditions of a transaction \(succeeded ? "held" : "did not hold")"
      }
      guard response.responses.count == answers.count else { return "a transaction lacks answers, or has too many" }
      for (op, answer) in zip(response.responses, answers) {
        let isRight =
          switch op {
          case .range(let range):
            range.kvs.elementsEqual(answer.kvs) { $0.key.array == $1.key && $0.value.array == $1.value }
          case .deleteRange(let deletion): deletion.deleted == answer.deleted
          case .put, .txn: true
          }
        if !isRight { return "a transaction is answered with what it has not found" }
      }
      return nil
    }
  }
}

extension [RequestOp] {
  /// What they put and which ranges they delete, by which the store counts them.
  var values: [[UInt8]] { compactMap { if case .put(let request) = $0 { request.value } else { nil } } }
  var ends: [[UInt8]] { compactMap { if case .deleteRange(let request) = $0 { request.range.rangeEnd } else { nil } } }
}
