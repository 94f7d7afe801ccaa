import CEtcdcli
import EtcdCore
import Testing

@testable import EtcdABI

/// A parameter struct that has grown, as none of the header's has yet: hosts were compiled against it before `later` was
/// added, after, and with what is still to come. The rest is in `Tests/abi`, through the header.
private struct Grown: Parameters {
  var structSize = MemoryLayout<Grown>.size
  var first: Int64 = 1
  var later: Int64 = 2

  static let firstSize = end(of: \.first)
}

struct ParametersTests {
  private func read(_ words: [Int64], size: Int) throws -> Grown {
    var words = words
    words[0] = Int64(size)
    return try words.withUnsafeBytes { bytes in
      try Arguments.read(bytes.baseAddress?.assumingMemoryBound(to: Grown.self), "params")
    }
  }

  @Test func aHostOfAnOlderHeaderLeavesWhatItLacksAtItsDefault() throws {
    // The memory beyond is not the struct's.
    let params = try read([0, 7, 99], size: 16)
    #expect(params.first == 7)
    #expect(params.later == 2)
  }

  @Test func aHostOfTheSameHeaderSaysAll() throws {
    let params = try read([0, 7, 8], size: 24)
    #expect(params.first == 7)
    #expect(params.later == 8)
  }

  @Test func aHostOfANewerHeaderMaySayNoMore() throws {
    #expect(try read([0, 7, 8, 0, 0], size: 40).later == 8)
    let error = #expect(throws: CallError.self) { try read([0, 7, 8, 0, 1 << 56], size: 40) }
    #expect(error?.code == .argument)
    #expect(error?.message.contains("newer header") == true)
    // The last byte is beyond this one.
    #expect(try read([0, 7, 8, 0, 1 << 56], size: 39).later == 8)
  }

  @Test(arguments: [-1, 0, 1, 8, 15, 4097, .max, .min])
  func aSizeThatNoStructHasIsRefused(size: Int) {
    let error = #expect(throws: CallError.self) { try read([0, 7, 8], size: size) }
    #expect(error?.message.contains("struct_size") == true)
  }

  @Test func theFirstVersionOfEachStructIsAllOfItToday() {
    #expect(etcdcli_range_params.firstSize == MemoryLayout<etcdcli_range_params>.size)
    #expect(etcdcli_put_params.firstSize == MemoryLayout<etcdcli_put_params>.size)
    #expect(etcdcli_delete_params.firstSize == MemoryLayout<etcdcli_delete_params>.size)
    #expect(etcdcli_compact_params.firstSize == MemoryLayout<etcdcli_compact_params>.size)
    #expect(etcdcli_compare_params.firstSize == MemoryLayout<etcdcli_compare_params>.size)
    #expect(etcdcli_commit_params.firstSize == MemoryLayout<etcdcli_commit_params>.size)
    #expect(etcdcli_lease_grant_params.firstSize == MemoryLayout<etcdcli_lease_grant_params>.size)
    #expect(etcdcli_lease_params.firstSize == MemoryLayout<etcdcli_lease_params>.size)
    #expect(etcdcli_lease_list_params.firstSize == MemoryLayout<etcdcli_lease_list_params>.size)
    #expect(etcdcli_member_list_params.firstSize == MemoryLayout<etcdcli_member_list_params>.size)
    #expect(etcdcli_member_params.firstSize == MemoryLayout<etcdcli_member_params>.size)
    #expect(etcdcli_auth_params.firstSize == MemoryLayout<etcdcli_auth_params>.size)
    #expect(etcdcli_user_params.firstSize == MemoryLayout<etcdcli_user_params>.size)
    #expect(etcdcli_role_params.firstSize == MemoryLayout<etcdcli_role_params>.size)
    #expect(etcdcli_maintenance_params.firstSize == MemoryLayout<etcdcli_maintenance_params>.size)
    #expect(etcdcli_gateway_params.firstSize == MemoryLayout<etcdcli_gateway_params>.size)
    #expect(etcdcli_credentials.firstSize == MemoryLayout<etcdcli_credentials>.size)
    #expect(etcdcli_keepalive_params.firstSize == MemoryLayout<etcdcli_keepalive_params>.size)
    #expect(etcdcli_watcher_params.firstSize == MemoryLayout<etcdcli_watcher_params>.size)
  }
}
