import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

/// Calls whose answers come in parts, and calls that are about one endpoint.
struct ClusterPartsTests {
  private func page(revision: Int64 = 9, _ keys: [String], more: Bool, count: Int64 = 5) -> Answer {
    var response = RangeResponse()
    response.header = ResponseHeader(revision: revision)
    response.kvs = keys.map { KeyValue($0, "v", mod: 1) }
    response.more = more
    response.count = count
    return .range(response)
  }

  private func readInPages(_ scene: Scene, limit: Int64 = 2, timeoutMs: Int64 = 0) throws -> CallID {
    try scene.cluster.submitParts(.range(RangeRequest(range: .prefix(utf8("k")), limit: limit)), timeoutMs: timeoutMs)
  }

  // MARK: Pages

  @Test func pagesFollowEachOtherAtTheRevisionOfTheFirst() throws {
    let scene = Scene()
    let id = try readInPages(scene)
    #expect(scene.request(.range).request.revision == 0)
    scene.answer(.range, page(["k1", "k2"], more: true))
    let second = scene.request(.range).request
    #expect(second.revision == 9)
    #expect(second.range == .range(utf8("k2") + [0], utf8("l")))
    scene.answer(.range, page(revision: 12, ["k3"], more: false))
    #expect(scene.news() == ["cluster ready", "call 1 part", "call 1 part", "call \(id.rawValue) ok"])
    guard case .success(.range(let summary))? = scene.results.first?.result else {
      _ = Issue.record("no end")
      return
    }
    #expect(summary.header.revision == 9)
    #expect(summary.count == 5)
    #expect(summary.kvs.isEmpty)
    #expect(scene.transport.open.isEmpty)
    #expect(scene.cluster.census.calls == 0)
  }

  @Test func aPageThatWaitsForTheHostIsTheOnlyOne() throws {
    let scene = Scene()
    _ = try readInPages(scene)
    scene.answer(scene.request(.range).transfer, page(["k1", "k2"], more: true))
    scene.pumpTakingNothing()
    #expect(scene.requests(.range).isEmpty)
    scene.pump()
    scene.answer(scene.request(.range).transfer, page(["k3", "k4"], more: true))
    for _ in 0..<5 { scene.pumpTakingNothing() }
    #expect(scene.started(.range).count == 2)
  }

  @Test func aPageThatIsTooLargeIsAskedForWithHalfTheKeys() throws {
    let scene = Scene()
    _ = try readInPages(scene, limit: 8)
    scene.transport.fail(scene.request(.range).transfer, .tooLarge)
    scene.pump()
    #expect(scene.request(.range).request.limit == 4)
    scene.transport.fail(scene.request(.range).transfer, .tooLarge)
    scene.pump()
    scene.transport.fail(scene.request(.range).transfer, .tooLarge)
    scene.pump()
    scene.transport.fail(scene.request(.range).transfer, .tooLarge)
    scene.pump()
    #expect(scene.news().last == "call 1 tooLarge")
  }

  @Test func aCompactionBetweenPagesEndsIt() throws {
    let scene = Scene()
    _ = try readInPages(scene)
    scene.answer(.range, page(["k1", "k2"], more: true))
    scene.refuse(.range, .compacted)
    #expect(scene.news() == ["cluster ready", "call 1 part", "call 1 compacted"])
  }

  @Test func aMemberThatIsBehindIsNotAskedForItsOwnViewAgain() throws {
    let scene = Scene()
    let request = RangeRequest(range: .prefix(utf8("k")), limit: 2, serializable: true)
    _ = try scene.cluster.submitParts(.range(request), timeoutMs: 0)
    scene.answer(.range, page(["k1", "k2"], more: true))
    #expect(scene.request(.range).request.serializable)
    scene.refuse(.range, .futureRevision)
    #expect(!scene.request(.range).request.serializable)
    scene.answer(.range, page(["k3"], more: false))
    #expect(scene.news().last == "call 1 ok")
  }

  @Test func cancellingDropsThePageThatWaits() throws {
    let scene = Scene()
    let id = try readInPages(scene)
    scene.answer(scene.request(.range).transfer, page(["k1", "k2"], more: true))
    scene.pumpTakingNothing()
    #expect(scene.cancel(id))
    #expect(!scene.cancel(id))
    scene.pump()
    #expect(scene.news() == ["cluster ready", "call 1 cancelled"])
    #expect(scene.transport.open.isEmpty)
  }

  @Test func anotherStoreEndsWhatWasBegunInTheOneBefore() throws {
    let scene = Scene()
    _ = try readInPages(scene)
    scene.answer(.range, page(revision: 900, ["k1", "k2"], more: true))
    _ = try scene.range()
    // The revision goes back: an older store is there.
    for request in scene.requests(.range) where request.request.limit == 0 {
      scene.answer(request.transfer, page(revision: 5, ["k"], more: false))
    }
    scene.pump()
    #expect(scene.news().contains("call 1 clusterChanged"))
  }

  // MARK: Streams

  private func snapshot(_ scene: Scene, timeoutMs: Int64 = 0) throws -> TransferID {
    _ = try scene.cluster.submitParts(.snapshot, timeoutMs: timeoutMs)
    return scene.request(.admin("/maintenance/snapshot")).transfer
  }

  @Test func aSnapshotIsToldPartByPart() throws {
    let scene = Scene()
    let transfer = try snapshot(scene)
    #expect(!scene.request(.admin("/maintenance/snapshot")).needsLeader)
    scene.accept(transfer)
    scene.transport.emit(GatewayPeer.snapshotPart("ab", remaining: 2), of: transfer)
    scene.transport.emit(GatewayPeer.snapshotPart("cd", remaining: 0), of: transfer)
    scene.end(transfer)
    scene.pump()
    #expect(scene.news() == ["call 1 part", "call 1 part", "call 1 ok"])
    #expect(scene.cluster.census.calls == 0)
  }

  @Test func aStreamIsReadNoFurtherThanTheHostTakesIt() throws {
    let scene = Scene()
    let transfer = try snapshot(scene, timeoutMs: 1000)
    scene.accept(transfer)
    scene.transport.emit(GatewayPeer.snapshotPart("ab", remaining: 2), of: transfer)
    scene.pumpTakingNothing()
    #expect(scene.transport.paused.contains(transfer))
    // Held up for longer than etcd may be silent.
    scene.transport.now = scene.transport.now + .seconds(60)
    scene.pumpTakingNothing()
    scene.pump()
    #expect(!scene.transport.paused.contains(transfer))
    #expect(scene.news() == ["call 1 part"])
    scene.advance(ms: 900)
    #expect(scene.news() == [])
    scene.advance(ms: 200)
    #expect(scene.news().last == "call 1 timeout")
    #expect(scene.transport.open.isEmpty)
  }

  /// Parts come all the time, so that one is there whenever it is to be looked at; and then none comes any more.
  @Test func aStreamThatFallsSilentAfterAWhileEnds() throws {
    let scene = Scene()
    let transfer = try snapshot(scene, timeoutMs: 1000)
    scene.accept(transfer)
    for _ in 0..<30 {
      scene.transport.now = scene.transport.now + .milliseconds(100)
      scene.transport.emit(GatewayPeer.snapshotPart("ab", remaining: 2), of: transfer)
      scene.pump()
    }
    #expect(scene.news() == Array(repeating: "call 1 part", count: 30))
    scene.advance(ms: 2500)
    #expect(scene.news() == ["cluster unavailable", "call 1 timeout"])
    #expect(scene.transport.open.isEmpty)
  }

  @Test func aStreamThatMayHaveChangedSomethingAndSaidNothingIsUnknown() throws {
    let scene = Scene()
    let call = try GatewayCall(path: "a/b", body: [], effect: .writesOnce)
    _ = try scene.cluster.submitParts(.gateway(call), timeoutMs: 0)
    let transfer = try #require(scene.transport.open.first?.id)
    scene.accept(transfer)
    scene.end(transfer)
    scene.pump()
    #expect(scene.news() == ["call 1 unknownOutcome"])
  }

  @Test func aStreamThatMayHaveChangedSomethingAndSaidTooMuchIsUnknown() throws {
    let scene = Scene { $0.responseMaxBytes = 4096 }
    let call = try GatewayCall(path: "a/b", body: [], effect: .writesOnce)
    _ = try scene.cluster.submitParts(.gateway(call), timeoutMs: 0)
    let transfer = try #require(scene.transport.open.first?.id)
    scene.accept(transfer)
    scene.transport.emit(GatewayPeer.snapshotPart(String(repeating: "x", count: 8192), remaining: 2), of: transfer)
    scene.pump()
    #expect(scene.news() == ["call 1 unknownOutcome"])
  }

  @Test func aRangeThatWasReadToItsEndIsWholeThoughTheStoreIsReplaced() throws {
    let scene = Scene()
    let id = try readInPages(scene)
    scene.answer(scene.request(.range).transfer, page(["k1"], more: false))
    scene.pumpTakingNothing()
    // That it is ready, and the page.
    for _ in 0..<2 { scene.take() }
    scene.transport.now = scene.transport.now + .seconds(60)
    _ = try scene.put()
    scene.answer(scene.request(.put).transfer, .put(cluster: 2, revision: 90))
    scene.pump()
    #expect(scene.news().contains("call \(id.rawValue) ok"))
  }

  @Test func aSnapshotThatLacksAPartIsNone() throws {
    let scene = Scene()
    let transfer = try snapshot(scene)
    scene.accept(transfer)
    scene.transport.emit(GatewayPeer.snapshotPart("ab", remaining: 2), of: transfer)
    scene.end(transfer)
    scene.pump()
    #expect(scene.news() == ["call 1 part", "call 1 protocol"])
  }

  @Test func whatFailsBeforeAPartIsTriedElsewhere() throws {
    let scene = Scene(endpoints: 2)
    let first = try snapshot(scene)
    let endpoint = scene.request(.admin("/maintenance/snapshot")).endpoint
    scene.transport.fail(first, .refused, sent: false)
    scene.advance(ms: 1000)
    let second = scene.request(.admin("/maintenance/snapshot"))
    #expect(second.endpoint != endpoint)
    scene.accept(second.transfer)
    scene.transport.emit(GatewayPeer.snapshotPart("ab", remaining: 2), of: second.transfer)
    scene.pump()
    // From here on it would begin from the beginning.
    scene.transport.fail(second.transfer, .broken)
    scene.advance(ms: 60_000)
    #expect(scene.news() == ["call 1 part", "call 1 unavailable"])
  }

  @Test func aStreamThatMayChangeSomethingIsOpenedOnce() throws {
    let scene = Scene()
    let call = try GatewayCall(path: "a/b", body: [], effect: .writesOnce)
    _ = try scene.cluster.submitParts(.gateway(call), timeoutMs: 0)
    let transfer = try #require(scene.transport.open.first?.id)
    scene.transport.fail(transfer, .broken)
    scene.advance(ms: 60_000)
    #expect(scene.news().last == "call 1 unknownOutcome")
    #expect(scene.transport.started.count { $0.request.url.hasSuffix("a/b") } == 1)
  }

  @Test func closingEndsThem() throws {
    let scene = Scene()
    _ = try readInPages(scene)
    _ = try scene.cluster.submitParts(.snapshot, timeoutMs: 0)
    #expect(scene.close(revoke: false))
    scene.pump()
    #expect(Set(scene.news()).isSuperset(of: ["call 1 cancelled", "call 3 cancelled"]))
    #expect(scene.transport.open.isEmpty)
  }

  @Test func freeingTellsOfThem() throws {
    let scene = Scene()
    let id = try readInPages(scene)
    let ends = scene.cluster.abandonAll()
    #expect(ends.map(\.0) == [id])
  }

  // MARK: One endpoint

  @Test func aNamedEndpointIsAskedAndNoOther() throws {
    let scene = Scene(endpoints: 3)
    let endpoint = try Endpoint(parsing: "http://e3")
    _ = try scene.cluster.submit(.status, timeoutMs: 1000, at: endpoint)
    let asked = scene.request(.admin("/maintenance/status"))
    #expect(asked.endpoint == endpoint.url)
    #expect(!asked.needsLeader)
    scene.transport.fail(asked.transfer, .refused, sent: false)
    scene.advance(ms: 900)
    #expect(scene.started(.admin("/maintenance/status")).allSatisfy { $0.endpoint == endpoint.url })
    #expect(scene.started(.admin("/maintenance/status")).count > 1)
  }

  @Test func aStrangerSaysNothingAboutTheCluster() throws {
    let scene = Scene()
    let stranger = try Endpoint(parsing: "http://stranger")
    _ = try scene.cluster.submit(.status, timeoutMs: 0, at: stranger)
    let answer = AdminAnswer(header: ResponseHeader(cluster: 666, revision: 1000), content: .nothing)
    scene.answer(.admin("/maintenance/status"), .admin(answer))
    // Ours is still to be found out.
    _ = try scene.put()
    scene.answer(.put, .put(revision: 9))
    #expect(scene.news() == ["call 1 ok", "cluster ready", "call 2 ok"])
    _ = try scene.cluster.submit(.defragment, timeoutMs: 0, at: stranger)
    scene.transport.fail(try #require(scene.transport.open.first?.id), .broken)
    scene.advance(ms: 60_000)
    #expect(scene.news() == ["call 3 unknownOutcome"])
    #expect(scene.cluster.state == .ready)
  }

  @Test func theLeaderIsLookedFor() throws {
    let scene = Scene(endpoints: 3)
    _ = try scene.cluster.submit(.moveLeader(MoveLeaderRequest(targetID: 7)), timeoutMs: 0)
    var asked: [String] = []
    for _ in 0..<3 {
      scene.advance(ms: 1000)
      let request = scene.request(.admin("/maintenance/transfer-leadership"))
      asked.append(request.endpoint)
      scene.refuse(request.transfer, .notLeader)
      scene.pump()
    }
    #expect(Set(asked).count == 3)
  }

  // MARK: Without a leader

  @Test func aCallSaysWhetherItNeedsALeader() throws {
    let scene = Scene()
    _ = try scene.put()
    #expect(scene.request(.put).needsLeader)
    scene.answer(.put, .put())
    let request = PutRequest(key: utf8("k"), value: [])
    _ = try scene.cluster.submit(.leaderless(.put(request)), timeoutMs: 0)
    #expect(!scene.request(.put).needsLeader)
    // It is a write all the same.
    scene.fail(.put, .broken)
    #expect(scene.news().last == "call 2 unknownOutcome")
  }

  // MARK: Wires

  /// That one endpoint speaks no gRPC says nothing of the others.
  @Test func whatOneEndpointDoesNotSpeakIsSpokenAtAnother() throws {
    let scene = Scene(endpoints: 2) { $0.wire = .auto }
    _ = try scene.range()
    _ = try scene.cluster.submitParts(.snapshot, timeoutMs: 0)
    let (call, stream) = (scene.transport.open[0], scene.transport.open[1])
    #expect(stream.request.version == .http2 && stream.request.url.hasPrefix("http://e1:"))
    scene.transport.fail(call.id, .refused, sent: false)
    scene.pump()
    scene.transport.fail(stream.id, .notHTTP2, sent: false)
    scene.advance(ms: 0)
    let again = try #require(scene.transport.started.last { $0.request.url.hasSuffix("/Snapshot") })
    #expect(again.request.url.hasPrefix("http://e2:") && again.request.version == .http2)
  }

  /// And where it was not spoken, what is asked there goes by the gateway, as often as it is asked.
  @Test func whatAnEndpointDoesNotSpeakIsAskedOfItByTheGateway() throws {
    let scene = Scene { $0.wire = .auto }
    _ = try scene.cluster.submitParts(.snapshot, timeoutMs: 0)
    scene.transport.fail(scene.transport.open[0].id, .notHTTP2, sent: false)
    scene.advance(ms: 0)
    let again = try #require(scene.transport.started.last { $0.request.url.hasSuffix("/snapshot") })
    #expect(again.request.version == .http1)
  }
}
