import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// A watch that catches up with history, and is cut off at every byte of it.
struct WatchCutTests {
  /// What a member sends from the start revision of `first` on.
  enum CatchUp: CaseIterable {
    /// As etcd 3.4.23 sent it: history in one document, a progress report, and a change that came later.
    case recorded
    /// As etcd sends a history that is larger than a request may be: revisions in fragments, several to a document, and
    /// between two of a revision; progress; blank lines; and a document again.
    case fragments

    var bytes: [UInt8] {
      switch self {
      case .recorded: utf8(Self.recording)
      case .fragments: Self.fragmented.flatMap { GatewayPeer.bytes(of: $0) }
      }
    }

    var first: Int64 { self == .recorded ? 2 : 8 }
    var cluster: UInt64 { self == .recorded ? 14_904_331_384_149_601_033 : 1 }

    private static let fragmented: [StreamItem] = [
      .watch(revision: 14, created: true),
      .watch(revision: 14, fragment: true, [.put("a", "1", at: 8), .put("b", "1", at: 9), .put("c", "1", at: 9)]),
      .watch(revision: 14, fragment: true, [.put("d", "1", at: 9)]),
      .blank,
      .watch(revision: 14, fragment: true, [.delete("a", at: 9), .put("a", "2", at: 10)]),
      .watch(revision: 14, [.put("b", "2", at: 10), .put("b", "3", at: 11)]),
      .watch(revision: 14),
      .watch(revision: 14, [.put("b", "3", at: 11)]),
      .watch(revision: 14, fragment: true, [.delete("b", at: 12), .delete("c", at: 12)]),
      .watch(revision: 14, [.delete("d", at: 12)]),
      .watch(revision: 14),
      .watch(revision: 14, [.put("e", "1", at: 14)]),
    ]

    private static let recording =
      #"{"result":{"header":{"cluster_id":"14904331384149601033","member_id":"12217263056594727312","revision":"8","#
      + #""raft_term":"2"},"created":true}}"# + "\n"
      + #"{"result":{"header":{"cluster_id":"14904331384149601033","member_id":"12217263056594727312","revision":"8","#
      + #""raft_term":"2"},"events":[{"kv":{"key":"cC9h","create_revision":"2","mod_revision":"2","version":"1","#
      + #""value":"MQ=="}},{"kv":{"key":"cC9i","create_revision":"3","mod_revision":"3","version":"1","value":"MQ=="}},"#
      + #"{"kv":{"key":"cC9h","create_revision":"2","mod_revision":"4","version":"2","value":"Mg=="},"prev_kv":"#
      + #"{"key":"cC9h","create_revision":"2","mod_revision":"2","version":"1","value":"MQ=="}},{"kv":{"key":"cC9i","#
      + #""create_revision":"3","mod_revision":"5","version":"2","value":"Mg=="},"prev_kv":{"key":"cC9i","#
      + #""create_revision":"3","mod_revision":"3","version":"1","value":"MQ=="}},{"kv":{"key":"cC9j","#
      + #""create_revision":"5","mod_revision":"5","version":"1","value":"Mg=="}},{"type":"DELETE","kv":{"key":"cC9h","#
      + #""mod_revision":"5"},"prev_kv":{"key":"cC9h","create_revision":"2","mod_revision":"4","version":"2","#
      + #""value":"Mg=="}},{"type":"DELETE","kv":{"key":"cC9i","mod_revision":"7"},"prev_kv":{"key":"cC9i","#
      + #""create_revision":"3","mod_revision":"5","version":"2","value":"Mg=="}},{"type":"DELETE","kv":{"key":"cC9j","#
      + #""mod_revision":"7"},"prev_kv":{"key":"cC9j","create_revision":"5","mod_revision":"5","version":"1","#
      + #""value":"Mg=="}},{"kv":{"key":"cC9h","create_revision":"8","mod_revision":"8","version":"1","value":"Mw=="}}]}}"#
      + "\n"
      + #"{"result":{"header":{"cluster_id":"14904331384149601033","member_id":"12217263056594727312","revision":"8","#
      + #""raft_term":"2"}}}"# + "\n"
      + #"{"result":{"header":{"cluster_id":"14904331384149601033","member_id":"12217263056594727312","revision":"9","#
      + #""raft_term":"2"},"events":[{"kv":{"key":"cC9k","create_revision":"9","mod_revision":"9","version":"1","#
      + #""value":"NA=="}}]}}"# + "\n"
  }

  /// A watcher's host, and a member that sends it these bytes.
  private static func follow(_ catchUp: CatchUp, _ bytes: ArraySlice<UInt8>) throws -> Scene {
    let scene = Scene()
    _ = try scene.cluster.addWatcher(range: .all, startRevision: catchUp.first, prevKV: true)
    let stream = scene.request(.watch).transfer
    scene.accept(stream)
    scene.transport.emit(.received(Array(bytes)), of: stream)
    scene.pump()
    return scene
  }

  /// Each revision that was told, with its events.
  private static func revisions(_ batches: [Batch]) -> [[Event]] {
    var revisions: [[Event]] = []
    for batch in batches {
      var last: Int64 = 0
      for event in batch.events {
        if event.kv.modRevision != last { revisions.append([]) }
        revisions[revisions.count - 1].append(event)
        last = event.kv.modRevision
      }
    }
    return revisions
  }

  private static func text(_ revisions: [[Event]]) -> [String] {
    revisions.map { $0.map { "\($0.text) (\($0.prevKV?.value ?? ""))" }.joined(separator: " ") }
  }

  @Test(arguments: CatchUp.allCases)
  func aWatcherThatIsCutOffAnywhereTellsTheSameAsOneThatIsNot(catchUp: CatchUp) throws {
    let bytes = catchUp.bytes
    let all = Self.revisions(try Self.follow(catchUp, bytes[...]).batches)
    let last = try #require(all.last?.last?.kv.modRevision)
    #expect(all.count >= 6)
    for cut in 0...bytes.count {
      let scene = try Self.follow(catchUp, bytes[..<cut])
      scene.transport.fail(scene.request(.watch).transfer, .broken)
      scene.pump()
      scene.pump()
      let told = Self.revisions(scene.batches).count
      // It goes on behind what was told, and nothing else; a member may send the revision before once more.
      let from = scene.request(.watch).startRevision
      #expect(from == (told == 0 ? catchUp.first : (all[told - 1].last?.kv.modRevision ?? 0) + 1), "cut at \(cut)")
      let rest = all.filter { ($0.last?.kv.modRevision ?? 0) >= from - 1 }.flatMap(\.self)
      let stream = scene.request(.watch).transfer
      scene.confirm(stream, cluster: catchUp.cluster, revision: last)
      scene.send([.watch(cluster: catchUp.cluster, revision: last, rest)], on: stream)
      scene.pump()
      let sequence = Self.text(Self.revisions(scene.batches))
      #expect(sequence == Self.text(all), "cut at \(cut)")
      if sequence != Self.text(all) { return }
    }
  }
}
