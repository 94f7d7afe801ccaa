import EtcdPacker
import Testing

@testable import EtcdSimulator

/// What stands in for etcd 3.6, of which there is no package that tests could run: exchanges that were recorded from a real
/// 3.6.14 (Tests/recordings). The simulated etcd is held against them, as against the real ones by `ConformanceTests`, and
/// the packer has to make sense of each answer.
@Suite struct RecordingTests {
  static let names = ["etcd-3.6.14/exchanges.jsonl", "etcd-3.6.14/exchanges-spaced.jsonl"]

  /// Exchanges of which only status and code are compared, as in `ConformanceTests`.
  private static let freeWording: Set<String> = ["broken json", "wrong type"]

  @Test(arguments: names) func simulatedEtcdAnswersAsTheRecordedOneDid(name: String) throws {
    let script = try RecordedScript(Recording(name), .etcd36)
    #expect(script.violations.isEmpty)
    // Or what was to be played was not recognised.
    #expect(script.recorded.count > 90)
    #expect(script.simulated.map(\.name) == script.recorded.map(\.name))
    for (simulated, recorded) in zip(script.simulated, script.recorded) where !recorded.name.contains("status") {
      // A member's status is simulated for its version alone, and is open to all.
      let isFree = Self.freeWording.contains(recorded.name)
      let isLike = isFree ? simulated.withoutWording.isLike(recorded.withoutWording) : simulated.isLike(recorded)
      if !isLike {
        Issue.record("\(recorded.name)\n  etcd:      \(recorded.summary)\n  simulated: \(simulated.summary)")
      }
    }
  }

  /// The answers of etcd's API, by path, and the header in each.
  private static let decoders: [String: @Sendable ([UInt8]) throws -> ResponseHeader] = [
    "/v3/kv/range": { try RangeResponse.decode($0).header },
    "/v3/kv/put": { try PutResponse.decode($0).header },
    "/v3beta/kv/put": { try PutResponse.decode($0).header },
    "/v3/kv/deleterange": { try DeleteRangeResponse.decode($0).header },
    "/v3/kv/txn": { try TxnResponse.decode($0).header },
    "/v3/kv/compaction": { try HeaderResponse.decode($0).header },
    "/v3/lease/grant": { try LeaseGrantResponse.decode($0).header },
    "/v3/lease/revoke": { try HeaderResponse.decode($0).header },
    "/v3/lease/timetolive": { try LeaseTimeToLiveResponse.decode($0).header },
    "/v3/lease/leases": { try LeaseLeasesResponse.decode($0).header },
    "/v3/lease/keepalive": { try result(LeaseKeepAliveResponse.self, $0).header },
    "/v3/watch": { try result(WatchResponse.self, $0).header },
    "/v3/cluster/member/list": { try MemberListResponse.decode($0).header },
    "/v3/cluster/member/add": { try MemberAddResponse.decode($0).header },
    "/v3/maintenance/status": { try StatusResponse.decode($0).header },
    "/v3/maintenance/alarm": { try AlarmResponse.decode($0).header },
    "/v3/maintenance/hash": { try HeaderResponse.decode($0).header },
    "/v3/maintenance/hashkv": { try HeaderResponse.decode($0).header },
    "/v3/maintenance/defragment": { try HeaderResponse.decode($0).header },
    "/v3/auth/authenticate": { try AuthenticateResponse.decode($0).header },
    "/v3/auth/status": { try AuthStatusResponse.decode($0).header },
    "/v3/auth/enable": { try HeaderResponse.decode($0).header },
    "/v3/auth/disable": { try HeaderResponse.decode($0).header },
    "/v3/auth/user/add": { try HeaderResponse.decode($0).header },
    "/v3/auth/user/delete": { try HeaderResponse.decode($0).header },
    "/v3/auth/user/get": { try AuthUserGetResponse.decode($0).header },
    "/v3/auth/user/grant": { try HeaderResponse.decode($0).header },
    "/v3/auth/user/list": { try AuthUserListResponse.decode($0).header },
    "/v3/auth/role/add": { try HeaderResponse.decode($0).header },
    "/v3/auth/role/get": { try AuthRoleGetResponse.decode($0).header },
    "/v3/auth/role/grant": { try HeaderResponse.decode($0).header },
    "/v3/auth/role/list": { try AuthRoleListResponse.decode($0).header },
  ]

  /// They are no part of the API, and answered in plain words.
  private static let plain: Set<String> = ["/health", "/livez", "/readyz"]

  private static func result<Result: Message>(_: Result.Type, _ document: [UInt8]) throws -> Result {
    switch try StreamDocument<Result>.decode(document) {
    case .result(let result): return result
    case .error(let error): throw error
    }
  }

  @Test(arguments: names) func everyAnswerCanBeDecoded(name: String) throws {
    var count = 0
    for entry in try Recording(name).entries where !Self.plain.contains(entry.path) {
      for document in entry.documents {
        try check(document, of: entry)
        count += 1
      }
    }
    #expect(count > 140)
  }

  private func check(_ document: [UInt8], of entry: Recording.Entry) throws {
    let comment = Comment(rawValue: entry.name)
    // One path does not exist even to the gateway, and is answered in plain words.
    let tree = JSONValue(parsing: document) ?? .object(["message": .string("404 page not found")])
    if entry.path == "/version" {
      #expect(try VersionResponse.decode(document).etcdserver == tree["etcdserver"]?.text, comment)
    } else if entry.status == 200, tree["error"] == nil {
      let decoder = try #require(Self.decoders[entry.path], comment)
      let header = try decoder(document)
      let expected = tree["header"] ?? tree["result"]?["header"]
      let cluster = expected?["cluster_id"]?.text ?? "0"
      let revision = expected?["revision"]?.text ?? "0"
      #expect("\(header.clusterID)" == cluster, comment)
      #expect("\(header.revision)" == revision, comment)
    } else {
      let error = try Self.error(entry, document)
      let expected = tree["error"] ?? tree
      let code = expected["code"]?.text.flatMap { Int($0) }
      #expect(error.grpcCode == code, comment)
      #expect(error.message == expected["message"]?.text, comment)
    }
  }

  private static func error(_ entry: Recording.Entry, _ document: [UInt8]) throws -> ServerError {
    let status = try #require(entry.status)
    guard entry.isStream else { return ServerError.decode(status: status, body: document) }
    if case .error(let error) = try StreamDocument<WatchResponse>.decode(document) { return error }
    throw Recording.Problem(text: "\(entry.name): no error")
  }
}
