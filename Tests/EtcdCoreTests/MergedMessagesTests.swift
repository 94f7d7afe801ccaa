import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// What is told at once of what has come in several messages.
struct MergedMessagesTests {
  private let reader: WatchReader

  init() throws {
    let endpoint = try Endpoint(parsing: "http://e1")
    reader = StreamReader(.grpc(GRPCDocuments(limit: 1 << 20, endpoint: endpoint)), from: endpoint)
    _ = reader.take(.opened(status: 200))
  }

  private func message(
    _ revisions: Int64..., valueSize: Int = 1, _ change: (inout WatchResponse) -> Void = { _ in }
  ) -> WatchResponse {
    var response = WatchResponse()
    (response.header.clusterID, response.header.memberID, response.header.raftTerm) = (1, 2, 3)
    response.header.revision = revisions.last ?? 9
    response.events = revisions.map { revision in
      var event = Event()
      event.kv.key = Bytes(utf8: "k\(revision)")
      event.kv.value = Bytes([UInt8](repeating: 0x76, count: valueSize))
      event.kv.modRevision = revision
      return event
    }
    change(&response)
    return response
  }

  private func receive(_ messages: WatchResponse...) {
    for message in messages { _ = reader.take(.received(MessageFramer.frame(message.encodeProtobuf()))) }
  }

  /// The revisions of each delivery.
  private func told() -> [[Int64]] {
    var told: [[Int64]] = []
    while case .message(let message)? = reader.nextMerged().item { told.append(message.events.map(\.kv.modRevision)) }
    return told
  }

  @Test func whatHasComeIsToldAtOnce() {
    receive(message(5), message(6, 6), message(7))
    let (item, count) = reader.nextMerged()
    #expect(count == 3)
    guard case .message(let merged)? = item else {
      Issue.record("no message")
      return
    }
    #expect(merged.events.map(\.kv.modRevision) == [5, 6, 6, 7])
    #expect(merged.header.revision == 7)
    #expect(!reader.hasNext)
    receive(message(8))
    #expect(told() == [[8]])
  }

  @Test func enoughIsEnough() {
    for revision in 1...150 { receive(message(Int64(revision))) }
    #expect(told().map(\.count) == [64, 64, 22])
    for revision in 1...5 { receive(message(Int64(revision), valueSize: 20_000)) }
    #expect(told().map(\.count) == [2, 2, 1])
    receive(message(1, valueSize: 40_000), message(2))
    #expect(told() == [[1], [2]])
  }

  /// Each of these has a meaning of its own, or shows that something is wrong; what follows is told after it.
  @Test(arguments: [
    "fragment", "created", "canceled", "compacted", "empty", "member", "cluster", "term", "behind", "same", "before",
    "watch",
  ])
  func whatIsMoreThanEventsIsToldByItself(what: String) {
    let other = message(6) { response in
      switch what {
      case "fragment": response.fragment = true
      case "created": response.created = true
      case "canceled": response.canceled = true
      case "compacted": response.compactRevision = 3
      case "empty": response.events = []
      case "member": response.header.memberID = 7
      case "cluster": response.header.clusterID = 7
      case "term": response.header.raftTerm = 7
      case "behind": response.header.revision = 4
      case "same": response.events[0].kv.modRevision = 5
      case "before": response.events[0].kv.modRevision = 4
      default: response.watchID = 7
      }
    }
    receive(message(4, 5), other)
    let revisions = other.events.map(\.kv.modRevision)
    #expect(told() == [[4, 5], revisions])
    #expect(!reader.hasNext)
    // Nor does anything join it that comes after it, unless it is plain by itself and was only late.
    receive(other, message(6))
    let joins = what == "same" || what == "before"
    #expect(told() == (joins ? [revisions + [6]] : [revisions, [6]]))
  }

  @Test func theEndIsToldAfterWhatCameBeforeIt() {
    receive(message(5), message(6))
    _ = reader.take(
      .failed(TransferFailure(kind: .broken, bodyMayHaveBeenSent: true, curlCode: 0, message: "broken")))
    #expect(told() == [[5, 6]])
    receive(message(7))
    guard case .end? = reader.nextMerged().item else {
      Issue.record("no end")
      return
    }
  }
}
