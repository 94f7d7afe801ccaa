import CEtcdcli
import EtcdCore
import Testing

@testable import EtcdABI

/// What a host gives as a range. `Tests/abi` has the rest, through the header.
struct RangeTests {
  private func range(_ key: [UInt8], _ end: [UInt8], flags: UInt32 = 0) throws -> KeyRange {
    try key.withUnsafeBytes { key in
      try end.withUnsafeBytes { end in
        try Arguments.range(
          etcdcli_slice(data: key.baseAddress, size: key.count), etcdcli_slice(data: end.baseAddress, size: end.count),
          flags: flags, "params")
      }
    }
  }

  @Test func aRangeThatEndsAfterItsKeyIsTaken() throws {
    #expect(try range([1], [2]) == .range([1], [2]))
    #expect(try range([1], [1, 0]) == .range([1], [1, 0]))
    #expect(try range([0], [0, 0]) == .range([0], [0, 0]))
    #expect(try range([1], []) == .single([1]))
  }

  /// etcd would take the first of them for "everything from key on".
  @Test(
    arguments: [
      ([0x61], [0]), ([0], [0]), ([0x61], [0x61]), ([0x62], [0x61]), ([0x61, 0], [0x61]), ([0xFF], [0, 0]),
    ] as [([UInt8], [UInt8])])
  func aRangeThatDoesNotIsRefusedAndWhatIsMeantIsNamed(key: [UInt8], end: [UInt8]) {
    let error = #expect(throws: CallError.self) { try range(key, end) }
    #expect(error?.code == .argument)
    #expect(error?.message.contains("ETCDCLI_FROM_KEY") == true)
  }

  @Test func everythingFromAKeyOnIsAskedForByItsFlag() throws {
    #expect(try range([0x61], [], flags: Flag.fromKey) == .from([0x61]))
    #expect(try range([0xFF], [], flags: Flag.prefix) == .from([0xFF]))
  }
}
