import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

struct NamespaceTests {
  private let namespace = Namespace(prefix: utf8("ns/"))

  private func entering(_ range: KeyRange) -> KeyRange { namespace.entering(range) }

  // MARK: Ranges

  @Test func rangesStayInside() {
    #expect(entering(.single(utf8("a"))) == .single(utf8("ns/a")))
    #expect(entering(.range(utf8("a"), utf8("c"))) == .range(utf8("ns/a"), utf8("ns/c")))
    #expect(entering(.prefix(utf8("a"))) == .prefix(utf8("ns/a")))
    #expect(entering(.prefix([0xFF])) == .range(utf8("ns/") + [0xFF], utf8("ns0")))
    #expect(entering(.all) == .range(utf8("ns/") + [0], utf8("ns0")))
    #expect(entering(.from(utf8("b"))) == .range(utf8("ns/b"), utf8("ns0")))
  }

  /// Nothing follows the namespace's keys: what has no end has none in etcd either.
  @Test func aNamespaceAtTheEndOfAllKeys() {
    let last = Namespace(prefix: [0xFF, 0xFF])
    #expect(last.entering(KeyRange.from([1])) == .range([0xFF, 0xFF, 1], [0]))
  }

  @Test func noRangeReachesWhatIsOutside() {
    let outside = ["", "m", "n", "ns", "ns.", "ns0", "o", "\u{0}"].map(utf8) + [[0xFF], [0xFF, 0xFF]]
    let keys = [[0], utf8("a"), [0xFF], [0xFF, 0xFF], utf8("ns/")]
    var ranges = [KeyRange.all]
    for key in keys {
      ranges += [.single(key), .prefix(key), .from(key)] + keys.map { .range(key, $0) }
    }
    for range in ranges {
      for key in outside { #expect(!entering(range).contains(key), "\(range) reaches \(key)") }
    }
  }

  @Test func withoutOneKeysAreWhatTheyAre() {
    let none = Namespace(prefix: [])
    for range in [KeyRange.all, .from(utf8("b")), .single(utf8("a")), .range(utf8("a"), utf8("c"))] {
      #expect(none.entering(range) == range)
    }
  }

  // MARK: Calls

  private func scene() -> Scene { Scene { $0.namespace = "ns/" } }

  private func result(_ scene: Scene) -> Answer? {
    guard case .success(let answer)? = scene.results.last?.result else { return nil }
    return answer
  }

  @Test func whatOthersHaveIsLeftOut() throws {
    let scene = scene()
    _ = try scene.cluster.submit(.range(RangeRequest(range: .all)), timeoutMs: 0)
    #expect(scene.request(.range).request.range == .range(utf8("ns/") + [0], utf8("ns0")))
    scene.answer(.range, .range(revision: 9, [KeyValue("ns/a"), KeyValue("n"), KeyValue("other"), KeyValue("ns/")]))
    guard case .range(let response)? = result(scene) else {
      _ = Issue.record("no answer")
      return
    }
    #expect(response.kvs.map(\.key) == ["a", ""])
  }

  @Test func aPutAndWhatWasThereBefore() throws {
    let scene = scene()
    _ = try scene.put("a")
    #expect(scene.request(.put).request.key == utf8("ns/a"))
    var response = PutResponse()
    response.header = ResponseHeader(revision: 9)
    response.prevKV = KeyValue("ns/a", "before")
    scene.answer(.put, .put(response))
    guard case .put(let told)? = result(scene) else {
      _ = Issue.record("no answer")
      return
    }
    #expect(told.prevKV?.key == "a")
  }

  @Test func aTransactionAtAnyDepth() throws {
    let scene = scene()
    func body(_ prefix: String) -> TxnRequest {
      let nested = TxnRequest(
        compare: [.isAbsent(prefix + "n")], success: [.put(prefix + "p", "v", lease: 0)],
        failure: [.delete(prefix + "d")])
      return TxnRequest(
        compare: [.isAt(4, prefix + "c"), .isOf(7, prefix + "l")], success: [.txn(nested)],
        failure: [.range(RangeRequest(range: .single(utf8(prefix + "r"))))])
    }
    _ = try scene.cluster.submit(.txn(body("")), timeoutMs: 0)
    #expect("\(scene.request(.txn).request)" == "\(body("ns/"))")

    func answer(_ prefix: String) -> TxnResponse {
      var put = PutResponse()
      put.prevKV = KeyValue(prefix + "p")
      var deletion = DeleteRangeResponse()
      deletion.prevKVs = [KeyValue(prefix + "d")]
      var range = RangeResponse()
      range.kvs = [KeyValue(prefix + "r")]
      var nested = TxnResponse()
      nested.responses = [.put(put), .deleteRange(deletion), .range(range)]
      var response = TxnResponse()
      response.header = ResponseHeader(revision: 9)
      response.responses = [.txn(nested)]
      return response
    }
    scene.answer(.txn, .txn(answer("ns/")))
    guard case .txn(let told)? = result(scene) else {
      _ = Issue.record("no answer")
      return
    }
    #expect("\(told)" == "\(answer(""))")
  }

  @Test func theKeysOfALease() {
    var response = LeaseTimeToLiveResponse()
    response.keys = ["ns/a", "b", "ns/c"]
    guard case .success(.leaseTimeToLive(let told)) = namespace.leaving(.success(.leaseTimeToLive(response))) else {
      _ = Issue.record("no answer")
      return
    }
    #expect(told.keys == ["a", "c"])
  }

  // MARK: Watchers and keepalives

  @Test func aWatcherIsToldOfItsOwn() throws {
    let scene = scene()
    let id = try scene.cluster.addWatcher(range: .prefix(utf8("a")), startRevision: 0, prevKV: true)
    #expect(scene.request(.range).request.range == .prefix(utf8("ns/a")))
    scene.answer(.range, .range(revision: 7, [KeyValue("ns/a", "1", mod: 5)]))
    #expect(scene.request(.watch).request.range == .prefix(utf8("ns/a")))
    scene.openStream(revision: 7)
    var event = Event.put("ns/a", "2", at: 8)
    event.prevKV = KeyValue("ns/a", "1", mod: 5)
    scene.stream(.watch(revision: 8, [event]))
    let told = ["snapshot-end 7: a=1@5", "opening", "live", "watch 8: a=2@8"].map { "watcher \(id.rawValue) \($0)" }
    #expect(scene.news().suffix(4) == told)
    #expect(scene.batches.last?.events.first?.prevKV?.key == "a")
  }

  @Test func aKeepaliveHoldsTheKeyThere() throws {
    let scene = scene()
    let id = try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: utf8("v")))
    #expect(throws: Cluster.KeepaliveRefusal.keyIsTaken) {
      try scene.cluster.addKeepalive(Claim(key: utf8("k"), value: []))
    }
    scene.grant()
    #expect(scene.request(.txn).request.compare == [.isAbsent("ns/k")])
    scene.answer(.txn, .txn(revision: 5, found: KeyValue("ns/k", "other", mod: 3)))
    #expect(scene.cluster.keepaliveState(id) == .conflict)
    #expect(scene.reports.last?.owner?.key == "k")
  }

  @Test func whatAFreeHandsOutToo() throws {
    let scene = scene()
    _ = try scene.range("a")
    scene.answer(scene.request(.range).transfer, .range(revision: 9, [KeyValue("ns/a")]))
    scene.pumpTakingNothing()
    guard case .success(.range(let response))? = scene.cluster.abandonAll().first?.1 else {
      _ = Issue.record("no answer")
      return
    }
    #expect(response.kvs.map(\.key) == ["a"])
  }
}
