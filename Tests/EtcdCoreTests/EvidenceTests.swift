import EtcdPacker
import Testing

@testable import EtcdCore

/// What an answer shows of whether requests work.
struct EvidenceTests {
  private static let range = Operation.range(RangeRequest(range: .single(utf8("k"))))
  private static let serializable: Operation = {
    var request = RangeRequest(range: .single(utf8("k")))
    request.serializable = true
    return .range(request)
  }()

  @Test(
    arguments: [
      (range, .service), (serializable, .nothing), (.put(PutRequest(key: utf8("k"), value: [])), .service),
      (.deleteRange(DeleteRangeRequest(range: .single(utf8("k")))), .service),
      (.txn(TxnRequest(success: [.delete("k")])), .service),
      // Of conditions alone, one member judges by itself.
      (.txn(TxnRequest()), .nothing), (.leaseTimeToLive(LeaseTimeToLiveRequest(id: 7)), .quorum),
      (.leaseLeases(LeaseLeasesRequest()), .nothing),
      // These are done for whoever asks.
      (.compact(CompactionRequest(revision: 1)), .quorum), (.leaseGrant(LeaseGrantRequest(ttl: 9)), .quorum),
      (.leaseKeepAlive(LeaseKeepAliveRequest(id: 7)), .quorum), (.leaseRevoke(LeaseRevokeRequest(id: 7)), .quorum),
    ] as [(Operation, Evidence)])
  func whatWasDoneShowsWhoIsServed(operation: Operation, evidence: Evidence) {
    #expect(Verdict.success(.range(RangeResponse())).evidence(from: operation) == evidence)
  }

  @Test(
    arguments: [
      (range, .compacted, .service), (range, .permissionDenied, .quorum), (range, .tokenMissing, .denial),
      (range, .noSpace, .nothing), (range, nil, .nothing), (serializable, .tokenMissing, .nothing),
      (.compact(CompactionRequest(revision: 1)), .compacted, .quorum),
      (.leaseKeepAlive(LeaseKeepAliveRequest(id: 7)), .leaseNotFound, .quorum),
      (.leaseGrant(LeaseGrantRequest(ttl: 9)), .tokenMissing, .denial),
      (.leaseGrant(LeaseGrantRequest(ttl: 9)), .noSpace, .nothing),
    ] as [(Operation, Reason?, Evidence)])
  func whatWasRefusedShowsHowFarItCame(operation: Operation, reason: Reason?, evidence: Evidence) {
    let verdict = Verdict.refused(Failure(.server, "no", reason: reason))
    #expect(verdict.evidence(from: operation) == evidence)
  }

  @Test func whatFailedShowsNothing() {
    let failure = Failure(.unavailable, "no leader", reason: .noLeader)
    let verdict = Verdict.failed(failure, applied: .no, fault: .failing)
    #expect(verdict.evidence(from: Self.range) == .nothing)
  }
}
