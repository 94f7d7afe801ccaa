/// The exchanges by which the simulated etcd is held against a real one. They build on each other: revisions are
/// compared as they are, so a store begins empty.
struct ConformanceScript {
  private let session: ConformanceSession
  private let server: any ConformanceServer

  /// Returns what came of each exchange, in order.
  static func play(to server: any ConformanceServer) throws -> [Exchange] {
    let session = ConformanceSession(server)
    let script = ConformanceScript(session: session, server: server)
    try script.malformed()
    try script.ranges()
    try script.puts()
    try script.deletions()
    try script.comparisons()
    try script.transactions()
    try script.leases()
    try script.members()
    try script.watches()
    try script.compaction()
    try script.authentication()
    return session.exchanges
  }

  // MARK: Requests

  /// As a string of JSON in base64.
  private func b(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let bytes = Array(text.utf8)
    var encoded = "\""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        encoded.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : "=")
      }
    }
    return encoded + "\""
  }

  /// The body of a request for `key`, or for the keys from it to `end`.
  private func key(_ key: String, to end: String? = nil, _ fields: String = "") -> String {
    let end = end.map { ",\"range_end\":\(b($0))" } ?? ""
    return "{\"key\":\(b(key))\(end)\(fields.isEmpty ? "" : ",")\(fields)}"
  }

  private func put(_ name: String, _ value: String, _ fields: String = "") -> String {
    key(name, "\"value\":\(b(value))\(fields.isEmpty ? "" : ",")\(fields)")
  }

  private func key(_ name: String, _ fields: String) -> String { key(name, to: nil, fields) }

  private func txn(compare: [String] = [], success: [String] = [], failure: [String] = []) -> String {
    let lists = [("compare", compare), ("success", success), ("failure", failure)].filter { !$0.1.isEmpty }
    return "{" + lists.map { "\"\($0)\":[\($1.joined(separator: ","))]" }.joined(separator: ",") + "}"
  }

  private func op(_ name: String, _ body: String) -> String { "{\"request_\(name)\":\(body)}" }

  // MARK: What is no request

  private func malformed() throws {
    try session.exchange("unknown path", "nothing")
    try session.exchange("unknown path below a known one", "kv/nothing")
    try session.exchange("wrong method", "kv/range", "", method: .get)
    try session.exchange("wrong method of a stream", "watch", "", method: .get)
    try session.exchange("wrong method of an unknown path", "nothing", "", method: .get)
    try session.exchange("malformed range", "kv/range", "{\"key\":")
    try session.exchange("malformed put", "kv/put", "{\"key\" \"YQ==\"}")
    try session.exchange("malformed transaction", "kv/txn", "{\"compare\":[}")
    try session.exchange("malformed keepalive", "lease/keepalive", "{\"ID\":")
    try session.exchangeIfAnswered("malformed watch", "watch", "{\"create_request\":")
    try session.exchangeIfAnswered("watch that asks for nothing", "watch", "{}")
    try session.exchange("array in place of a request", "kv/range", "[]")
    try session.exchange("number in place of a key", "kv/range", "{\"key\":1}")
    try session.exchange("key that is no base64", "kv/range", "{\"key\":\"a b\"}")
    try session.exchange("empty body", "kv/range", "")
    try session.exchange("unknown field", "kv/range", "{\"key\":\"YQ==\",\"unknown\":[{}]}")
    try session.exchange("number as text", "kv/range", "{\"key\":\"YQ==\",\"limit\":\"1\"}")
  }

  // MARK: Keys

  private func ranges() throws {
    try session.exchange("range: empty store", "kv/range", key("a", to: "z"))
    try session.exchange("range: empty store, one key", "kv/range", key("a"))
    try session.exchange("range: empty store, counted", "kv/range", key("a", to: "z", "\"count_only\":true"))
    try session.exchange("range: empty key", "kv/range", key(""))
    try session.exchange("range: empty key, end", "kv/range", key("", to: "z"))
    for name in ["r/1", "r/2", "r/3", "s/1"] {
      try session.exchange("put \(name)", "kv/put", put(name, "v-\(name)"))
    }
    try session.exchange("put r/2 again", "kv/put", put("r/2", "again"))
    try session.exchange("range: one key", "kv/range", key("r/2"))
    try session.exchange("range: a key that is not there", "kv/range", key("r/9"))
    try session.exchange("range: prefix", "kv/range", key("r/", to: "r0"))
    try session.exchange("range: everything", "kv/range", key("\0", to: "\0"))
    try session.exchange("range: from a key on", "kv/range", key("r/3", to: "\0"))
    try session.exchange("range: end before the beginning", "kv/range", key("z", to: "a"))
    try session.exchange("range: serializable", "kv/range", key("r/", to: "r0", "\"serializable\":true"))
    for limit in 1...4 {
      try session.exchange("range: limit \(limit) of 3", "kv/range", key("r/", to: "r0", "\"limit\":\(limit)"))
    }
    try session.exchange("range: keys only", "kv/range", key("r/", to: "r0", "\"keys_only\":true"))
    try session.exchange(
      "range: keys only, limited", "kv/range", key("r/", to: "r0", "\"keys_only\":true,\"limit\":2"))
    try session.exchange("range: count only", "kv/range", key("r/", to: "r0", "\"count_only\":true"))
    try session.exchange(
      "range: count only, limited", "kv/range", key("r/", to: "r0", "\"count_only\":true,\"limit\":1"))
    for revision in [1, 3, 4, 6] {
      try session.exchange(
        "range: revision \(revision)", "kv/range", key("r/", to: "r0", "\"revision\":\(revision)"))
    }
    try session.exchange("range: limit at a revision", "kv/range", key("r/", to: "r0", "\"revision\":4,\"limit\":1"))
    try session.exchange("range: future revision", "kv/range", key("r/", to: "r0", "\"revision\":7"))
    try session.exchange("range: negative revision", "kv/range", key("r/", to: "r0", "\"revision\":-1"))
  }

  private func puts() throws {
    try session.exchange("put: new, previous value wanted", "kv/put", put("p/1", "one", "\"prev_kv\":true"))
    try session.exchange("put: again, previous value wanted", "kv/put", put("p/1", "two", "\"prev_kv\":true"))
    try session.exchange("put: empty value", "kv/put", key("p/2"))
    try session.exchange("put: read empty value", "kv/range", key("p/2"))
    try session.exchange("put: empty key", "kv/put", put("", "x"))
    try session.exchange("put: unknown lease", "kv/put", put("p/3", "x", "\"lease\":4711"))
    try session.exchange("put: nothing came of the refused ones", "kv/range", key("p/", to: "p0"))
  }

  private func deletions() throws {
    try session.exchange("delete: a key that is not there", "kv/deleterange", key("d/none"))
    try session.exchange("delete: a range with nothing in it", "kv/deleterange", key("d/", to: "d0"))
    try session.exchange(
      "delete: nothing, previous values wanted", "kv/deleterange", key("d/", to: "d0", "\"prev_kv\":true"))
    try session.exchange("delete: empty key", "kv/deleterange", key(""))
    for name in ["d/1", "d/2", "d/3"] { try session.exchange("put \(name)", "kv/put", put(name, name)) }
    try session.exchange("delete: one key", "kv/deleterange", key("d/1"))
    try session.exchange("delete: one key again", "kv/deleterange", key("d/1"))
    try session.exchange(
      "delete: prefix, previous values wanted", "kv/deleterange", key("d/", to: "d0", "\"prev_kv\":true"))
    try session.exchange("delete: they are gone", "kv/range", key("d/", to: "d0"))
    try session.exchange("put a deleted key", "kv/put", put("d/1", "new"))
    try session.exchange("range: a key that was made anew", "kv/range", key("d/1"))
  }

  // MARK: Transactions

  private func comparisons() throws {
    try session.exchange("lease for comparing", "lease/grant", "{\"ID\":900,\"TTL\":600}")
    try session.exchange("put c/1", "kv/put", put("c/1", "m"))
    let kv = try session.exchange("put c/1 with a lease", "kv/put", put("c/1", "m", "\"lease\":900"))
    let revision = kv?["header"]?["revision"]?.text.flatMap(Int.init) ?? 0
    let results = ["EQUAL", "NOT_EQUAL", "GREATER", "LESS"]
    let targets = [
      ("VERSION", "version", 2), ("CREATE", "create_revision", revision - 1), ("MOD", "mod_revision", revision),
      ("LEASE", "lease", 900),
    ]
    for (target, field, value) in targets {
      for result in results {
        for number in [value - 1, value, value + 1] {
          let compare = key("c/1", "\"target\":\"\(target)\",\"result\":\"\(result)\",\"\(field)\":\"\(number)\"")
          try session.exchange(
            "compare: \(target) \(value) \(result) \(number)", "kv/txn", txn(compare: [compare]))
        }
        let missing = key("c/none", "\"target\":\"\(target)\",\"result\":\"\(result)\",\"\(field)\":\"0\"")
        try session.exchange("compare: missing key, \(target) \(result) 0", "kv/txn", txn(compare: [missing]))
      }
    }
    for result in results {
      for value in ["a", "m", "z", ""] {
        let compare = key("c/1", "\"target\":\"VALUE\",\"result\":\"\(result)\",\"value\":\(b(value))")
        try session.exchange("compare: value m \(result) '\(value)'", "kv/txn", txn(compare: [compare]))
      }
      let missing = key("c/none", "\"target\":\"VALUE\",\"result\":\"\(result)\",\"value\":\"\"")
      try session.exchange("compare: missing key, value \(result) nothing", "kv/txn", txn(compare: [missing]))
    }
    try session.exchange(
      "compare: nothing said but the key", "kv/txn", txn(compare: [key("c/1")]))
    let all = key("c/", to: "c0", "\"target\":\"VERSION\",\"result\":\"GREATER\",\"version\":0")
    let none = key("x/", to: "x0", "\"target\":\"VERSION\",\"result\":\"GREATER\",\"version\":0")
    let noneEqual = key("x/", to: "x0", "\"target\":\"VERSION\",\"result\":\"EQUAL\",\"version\":0")
    try session.exchange("compare: range", "kv/txn", txn(compare: [all]))
    try session.exchange("compare: range without keys, greater", "kv/txn", txn(compare: [none]))
    try session.exchange("compare: range without keys, equal", "kv/txn", txn(compare: [noneEqual]))
    try session.exchange("compare: empty key", "kv/txn", txn(compare: [key("")]))
  }

  private func transactions() throws {
    let fails = key("none", "\"target\":\"VERSION\",\"result\":\"GREATER\",\"version\":0")
    let holds = key("none", "\"target\":\"VERSION\",\"result\":\"EQUAL\",\"version\":0")
    let put1 = op("put", put("t/1", "one", "\"prev_kv\":true"))
    let range = op("range", key("t/", to: "t0"))
    try session.exchange("txn: empty", "kv/txn")
    try session.exchange("txn: nothing to do in the failure branch", "kv/txn", txn(compare: [fails], success: [put1]))
    try session.exchange("txn: put", "kv/txn", txn(success: [put1]))
    try session.exchange("txn: put again", "kv/txn", txn(compare: [holds], success: [put1], failure: [range]))
    try session.exchange("txn: failure branch", "kv/txn", txn(compare: [fails], success: [put1], failure: [range]))
    try session.exchange(
      "txn: one comparison of two holds", "kv/txn", txn(compare: [holds, fails], success: [put1], failure: [range]))
    try session.exchange(
      "txn: read, put, read", "kv/txn", txn(success: [range, op("put", put("t/2", "two")), range]))
    try session.exchange(
      "txn: puts and a deletion", "kv/txn",
      txn(success: [
        op("put", put("t/3", "three")), op("delete_range", key("t/1", "\"prev_kv\":true")),
        op("put", put("t/4", "four")), range,
      ]))
    try session.exchange(
      "txn: deletion of nothing", "kv/txn",
      txn(success: [op("delete_range", key("t/none")), op("delete_range", key("t/no", to: "t/np"))]))
    try session.exchange("txn: the changes of one have one revision", "kv/range", key("t/", to: "t0"))
    for fields in ["\"limit\":1", "\"count_only\":true", "\"keys_only\":true", "\"revision\":2", "\"limit\":9"] {
      try session.exchange(
        "txn: range with \(fields)", "kv/txn", txn(success: [op("range", key("t/", to: "t0", fields))]))
    }
    try session.exchange(
      "txn: read of the past after a put", "kv/txn",
      txn(success: [op("put", put("t/5", "five")), op("range", key("r/2", "\"revision\":4"))]))
    try session.exchange(
      "txn: range at a future revision", "kv/txn", txn(success: [op("range", key("t/1", "\"revision\":9999"))]))
    try session.exchange(
      "txn: nested", "kv/txn",
      txn(success: [op("put", put("t/6", "six")), op("txn", txn(compare: [fails], failure: [range, put1]))]))
    try session.exchange(
      "txn: key put twice", "kv/txn", txn(success: [op("put", put("t/7", "a")), op("put", put("t/7", "b"))]))
    try session.exchange(
      "txn: key put twice in the other branch", "kv/txn",
      txn(success: [range], failure: [op("put", put("t/7", "a")), op("put", put("t/7", "b"))]))
    try session.exchange(
      "txn: key put and deleted", "kv/txn",
      txn(success: [op("put", put("t/7", "a")), op("delete_range", key("t/", to: "t0"))]))
    try session.exchange(
      "txn: key deleted twice", "kv/txn",
      txn(success: [op("delete_range", key("t/5")), op("delete_range", key("t/", to: "t6"))]))
    try session.exchange(
      "txn: put with an empty key", "kv/txn", txn(success: [op("put", put("t/7", "a")), op("put", put("", "b"))]))
    try session.exchange("txn: range with an empty key", "kv/txn", txn(success: [op("range", key(""))]))
    try session.exchange("txn: deletion with an empty key", "kv/txn", txn(success: [op("delete_range", key(""))]))
    try session.exchange(
      "txn: unknown lease", "kv/txn",
      txn(success: [op("put", put("t/7", "a")), op("put", put("t/8", "b", "\"lease\":4711"))]))
    try session.exchange(
      "txn: unknown lease in the other branch", "kv/txn",
      txn(success: [range], failure: [op("put", put("t/8", "b", "\"lease\":4711"))]))
    try nestedTransactions(fails: fails)
    try session.exchange("txn: nothing came of the refused ones", "kv/range", key("t/", to: "t0"))
  }

  private func nestedTransactions(fails: String) throws {
    let put = op("put", put("n/1", "a"))
    let delete = op("delete_range", key("n/", to: "n0"))
    let missing = key("n/1", "\"target\":\"VERSION\",\"result\":\"EQUAL\",\"version\":0")
    let read = op("range", key("n/1"))
    try session.exchange(
      "nested: comparisons see the state before", "kv/txn",
      txn(success: [put, op("txn", txn(compare: [missing], success: [read]))]))
    try session.exchange(
      "nested: put twice", "kv/txn", txn(success: [put, op("txn", txn(success: [put]))]))
    try session.exchange(
      "nested: put in both branches", "kv/txn", txn(success: [op("txn", txn(success: [put], failure: [put]))]))
    try session.exchange(
      "nested: put in two of them", "kv/txn",
      txn(success: [op("txn", txn(success: [put])), op("txn", txn(success: [put]))]))
    try session.exchange(
      "nested: put, and deleted outside", "kv/txn", txn(success: [op("txn", txn(success: [put])), delete]))
    try session.exchange(
      "nested: deleted, and put outside", "kv/txn", txn(success: [op("txn", txn(success: [delete])), put]))
    try session.exchange(
      "nested: deleted in one, put in another", "kv/txn",
      txn(success: [op("txn", txn(success: [delete])), op("txn", txn(success: [put]))]))
    try session.exchange(
      "nested: deleted in one branch, put in the other", "kv/txn",
      txn(success: [op("txn", txn(compare: [fails], success: [put], failure: [delete]))]))
    try session.exchange(
      "nested: empty key", "kv/txn", txn(success: [op("txn", txn(success: [op("range", key(""))]))]))
    try session.exchange(
      "nested: unknown lease", "kv/txn",
      txn(success: [op("txn", txn(success: [op("put", self.put("n/2", "b", "\"lease\":4711"))]))]))
    try session.exchange(
      "nested: future revision", "kv/txn",
      txn(success: [op("txn", txn(success: [op("range", key("n/1", "\"revision\":9999"))]))]))
    try session.exchange("nested: empty", "kv/txn", txn(success: [op("txn", "{}")]))
    try session.exchange("nested: what came of it", "kv/range", key("n/", to: "n0"))
  }

  // MARK: Members

  private func members() throws {
    try session.exchange("members", "cluster/member/list", "{}")
    try session.exchange("members by the quorum", "cluster/member/list", "{\"linearizable\":true}")
    try session.exchange("members by a malformed request", "cluster/member/list", "{\"linearizable\":")
  }

  // MARK: Leases

  private func leases() throws {
    try session.exchange("lease: grant with an id", "lease/grant", "{\"ID\":1000,\"TTL\":600}")
    try session.exchange("lease: grant the same id again", "lease/grant", "{\"ID\":1000,\"TTL\":300}")
    try session.exchange("lease: too small a TTL", "lease/grant", "{\"ID\":1001,\"TTL\":1}")
    try session.exchange("lease: no TTL", "lease/grant", "{\"ID\":1003}")
    try session.exchange("lease: negative TTL", "lease/grant", "{\"ID\":1004,\"TTL\":-1}")
    try session.exchange("lease: negative id", "lease/grant", "{\"ID\":-1005,\"TTL\":600}")
    try session.exchange("lease: the largest TTL", "lease/grant", "{\"ID\":1006,\"TTL\":9000000000}")
    try session.exchange("lease: too large a TTL", "lease/grant", "{\"ID\":1002,\"TTL\":10000000000}")
    let granted = try session.post("lease/grant", "{\"TTL\":600}")
    let id = granted?["ID"]?.text ?? ""
    session.name(id, "a lease")
    try session.exchange("lease: keepalive of one whose id the server chose", "lease/keepalive", "{\"ID\":\"\(id)\"}")
    try session.exchange("lease: keepalive", "lease/keepalive", "{\"ID\":1000}")
    try session.exchange("lease: keepalive of an unknown one", "lease/keepalive", "{\"ID\":4711}")
    try session.exchange("lease: revoke an unknown one", "lease/revoke", "{\"ID\":4711}")
    try session.exchange("lease: put l/2", "kv/put", put("l/2", "x", "\"lease\":1000"))
    try session.exchange("lease: put l/1", "kv/put", put("l/1", "x", "\"lease\":\"1000\""))
    try session.exchange("lease: put l/3", "kv/put", put("l/3", "x", "\"lease\":1000"))
    try session.exchange("lease: put l/3 without it", "kv/put", put("l/3", "y"))
    try session.exchange("lease: its keys", "kv/range", key("l/", to: "l0"))
    try session.exchange(
      "lease: keys of the one whose id the server chose", "kv/put", put("l/4", "z", "\"lease\":\(id)"))
    try session.exchange("lease: read that key", "kv/range", key("l/4"))
    try session.exchange("lease: revoke", "lease/revoke", "{\"ID\":1000}")
    try session.exchange("lease: revoke again", "lease/revoke", "{\"ID\":1000}")
    try session.exchange("lease: what is left", "kv/range", key("l/", to: "l0"))
    try session.exchange("lease: keepalive of a revoked one", "lease/keepalive", "{\"ID\":1000}")
    try session.exchange("lease: put with a revoked one", "kv/put", put("l/1", "x", "\"lease\":1000"))
    try session.exchange("lease: revoke one without keys", "lease/revoke", "{\"ID\":1001}")
    try session.exchange("lease: grant a revoked id", "lease/grant", "{\"ID\":1001,\"TTL\":60}")
  }

  // MARK: Watches

  private func watches() throws {
    try session.exchange("lease for watching", "lease/grant", "{\"ID\":2000,\"TTL\":600}")
    var first = 0
    try session.watch("watch: live", key("w/", to: "w0", "\"prev_kv\":true"), events: 9) {
      let answer = try session.exchange("watch: put", "kv/put", put("w/1", "a"))
      first = answer?["header"]?["revision"]?.text.flatMap(Int.init) ?? 0
      try session.exchange("watch: put again", "kv/put", put("w/1", "b"))
      try session.exchange("watch: put elsewhere", "kv/put", put("v/1", "c"))
      try session.exchange("watch: deletion of nothing", "kv/deleterange", key("w/none"))
      try session.exchange(
        "watch: txn", "kv/txn",
        txn(success: [op("put", put("w/3", "d")), op("put", put("v/2", "e")), op("put", put("w/2", "f"))]))
      try session.exchange("watch: put with a lease", "kv/put", put("w/5", "g", "\"lease\":2000"))
      try session.exchange("watch: put another with it", "kv/put", put("w/4", "", "\"lease\":2000"))
      try session.exchange("watch: delete two", "kv/deleterange", key("w/1", to: "w/3"))
      try session.exchange("watch: put what was deleted", "kv/put", put("w/1", "h"))
    }
    try session.watch("watch: the end of a lease", key("w/", to: "w0", "\"prev_kv\":true"), events: 2) {
      try session.exchange("watch: revoke", "lease/revoke", "{\"ID\":2000}")
    }
    try session.watch("watch: one key, live", key("w/1"), events: 2) {
      try session.exchange("watch: put its neighbour", "kv/put", put("w/11", "i"))
      try session.exchange("watch: put it", "kv/put", put("w/1", "j"))
      try session.exchange("watch: delete it", "kv/deleterange", key("w/1"))
    }
    try session.watch("watch: history", key("w/", to: "w0", "\"start_revision\":\(first)"), events: 14)
    try session.watch(
      "watch: history with previous values", key("w/", to: "w0", "\"prev_kv\":true,\"start_revision\":\(first + 1)"),
      events: 13)
    try session.watch(
      "watch: history from the first revision on", key("r/", to: "r0", "\"start_revision\":1"), events: 4)
    try session.watch(
      "watch: history, then live", key("w/1", "\"start_revision\":\(first)"), history: 6, events: 7
    ) {
      try session.exchange("watch: put w/1", "kv/put", put("w/1", "k"))
    }
    let now = try session.exchange("watch: what is the revision", "kv/range", key("w/1"))
    let revision = now?["header"]?["revision"]?.text.flatMap(Int.init) ?? 0
    try session.watch("watch: start at the next revision", key("w/7", "\"start_revision\":\(revision + 1)"), events: 1)
    {
      try session.exchange("watch: put w/7", "kv/put", put("w/7", "k"))
    }
    try session.watch("watch: everything", key("\0", to: "\0"), events: 2) {
      try session.exchange("watch: put the first of all", "kv/put", put("\u{1}", "k"))
      try session.exchange("watch: put the last of all", "kv/put", put("~", "l"))
    }
    try session.watch(
      "watch: start at the current revision", key("~", "\"start_revision\":\(revision + 3)"), events: 1)
    for end in ["w/1", "w/0"] {
      try session.watch("watch: a range that ends with \(end)", key("w/1", to: end), lines: 1)
    }
    try session.watch("watch: start in the future", key("w/8", "\"start_revision\":\(revision + 6)"), events: 2) {
      for value in ["a", "b", "c", "d"] {
        try session.exchange("watch: put w/8 = \(value)", "kv/put", put("w/8", value))
      }
    }
  }

  private func compaction() throws {
    let now = try session.exchange("compaction: what is the revision", "kv/range", key("w/8"))
    let revision = now?["header"]?["revision"]?.text.flatMap(Int.init) ?? 0
    let compacted = revision - 2
    try session.exchange("compaction: of the future", "kv/compaction", "{\"revision\":\(revision + 1)}")
    try session.exchange("compaction", "kv/compaction", "{\"revision\":\(compacted)}")
    try session.exchange("compaction: again", "kv/compaction", "{\"revision\":\(compacted)}")
    try session.exchange("compaction: of the past", "kv/compaction", "{\"revision\":\(compacted - 1)}")
    for offset in [-1, 0, 1] {
      try session.exchange(
        "compaction: range at \(offset) from it", "kv/range", key("w/8", "\"revision\":\(compacted + offset)"))
      try session.exchange(
        "compaction: range in a txn at \(offset) from it", "kv/txn",
        txn(success: [op("range", key("w/8", "\"revision\":\(compacted + offset)"))]))
    }
    try session.watch("compaction: watch from before it", key("w/8", "\"start_revision\":\(compacted - 1)"))
    try session.watch("compaction: watch from the first revision", key("w/8", "\"start_revision\":1"))
    try session.watch("compaction: watch from it", key("w/8", "\"start_revision\":\(compacted)"), events: 3)
    try session.watch(
      "compaction: watch from it, previous values wanted",
      key("w/8", "\"prev_kv\":true,\"start_revision\":\(compacted)"), events: 3)
  }

  // MARK: Authentication

  private func authentication() throws {
    let credentials = "{\"name\":\"root\",\"password\":\"secret\"}"
    try session.exchange("auth: off, asking for a token", "auth/authenticate", credentials)
    try session.exchange("auth: off, a token that is none", "kv/range", key("a"), token: "nonsense")
    try session.exchange("auth: off, a token that is unknown", "kv/range", key("a"), token: "aaaaaaaaaaaaaaaa.1")
    try session.exchange(
      "auth: off, keepalive with a token that is none", "lease/keepalive", "{\"ID\":900}", token: "n")
    try server.enableAuthentication(session)

    try session.exchange("auth: wrong password", "auth/authenticate", "{\"name\":\"root\",\"password\":\"wrong\"}")
    try session.exchange("auth: unknown user", "auth/authenticate", "{\"name\":\"nobody\",\"password\":\"secret\"}")
    try session.exchange("auth: no password", "auth/authenticate", "{\"name\":\"root\"}")
    try session.exchange("auth: no name", "auth/authenticate", "{}")
    try session.exchange("auth: a token", "auth/authenticate", credentials)
    let answer = try session.post("auth/authenticate", credentials)
    let good = answer?["token"]?.text ?? ""
    for (what, token) in [("none", nil), ("nonsense", "nonsense"), ("unknown", "aaaaaaaaaaaaaaaa.1"), ("good", good)] {
      let range = op("range", key("w/7"))
      try session.exchange("auth: token \(what), range", "kv/range", key("w/7"), token: token)
      try session.exchange(
        "auth: token \(what), serializable range", "kv/range", key("w/7", "\"serializable\":true"), token: token)
      try session.exchange("auth: token \(what), range of an empty key", "kv/range", key(""), token: token)
      try session.exchange("auth: token \(what), future", "kv/range", key("a", "\"revision\":9999"), token: token)
      try session.exchange("auth: token \(what), put", "kv/put", put("u/1", "x"), token: token)
      try session.exchange("auth: token \(what), put of an empty key", "kv/put", put("", "x"), token: token)
      try session.exchange("auth: token \(what), unknown lease", "kv/put", put("u", "", "\"lease\":4711"), token: token)
      try session.exchange("auth: token \(what), delete", "kv/deleterange", key("u/1"), token: token)
      try session.exchange("auth: token \(what), txn", "kv/txn", txn(success: [range]), token: token)
      try session.exchange("auth: token \(what), empty txn", "kv/txn", "{}", token: token)
      try session.exchange("auth: token \(what), grant", "lease/grant", "{\"ID\":3000,\"TTL\":600}", token: token)
      try session.exchange("auth: token \(what), keepalive", "lease/keepalive", "{\"ID\":900}", token: token)
      try session.exchange("auth: token \(what), members", "cluster/member/list", "{}", token: token)
      try session.exchange(
        "auth: token \(what), keepalive of an unknown lease", "lease/keepalive", "{\"ID\":4711}", token: token)
      try session.exchange("auth: token \(what), revoke without keys", "lease/revoke", "{\"ID\":3000}", token: token)
      try session.exchange(
        "auth: token \(what), revoke an unknown lease", "lease/revoke", "{\"ID\":4711}", token: token)
      try session.exchange("auth: token \(what), revoke with keys", "lease/revoke", "{\"ID\":900}", token: token)
      // A good one is listened to until an event comes, the others are refused.
      try session.watch("auth: token \(what), watch", key("u/2"), token: token, events: 1) {
        _ = try session.post("kv/put", put("u/2", "x"), token: good)
      }
      try session.watch(
        "auth: token \(what), watch of history", key("w/8", "\"start_revision\":1"), token: token, events: 1)
    }
    try session.exchange("auth: asking for a token with one", "auth/authenticate", credentials, token: good)
  }
}
