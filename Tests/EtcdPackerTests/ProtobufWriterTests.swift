import EtcdPacker
import Testing

@Suite struct ProtobufWriterTests {
  @Test func defaultsAreLeftOut() {
    #expect(RangeRequest().encodeProtobuf() == [])
    #expect(WatchResponse().encodeProtobuf() == [])
    #expect(StatusResponse().encodeProtobuf() == [])
    #expect(RangeRequest(range: .single([0x61])).encodeProtobuf() == hex("0a 01 61"))
  }

  @Test func whatMeansSomethingByBeingThereIsWritten() {
    #expect(WatchRequest.progress(WatchProgressRequest()).encodeProtobuf() == hex("1a 00"))
    #expect(
      WatchRequest.create(WatchCreateRequest(range: .single([0x61]))).encodeProtobuf() == hex("0a 03 0a 01 61"))
    var event = Event()
    event.prevKV = KeyValue()
    #expect(event.encodeProtobuf() == hex("1a 00"))
    #expect(Compare(range: .single([0x61]), target: .create(0)).encodeProtobuf() == hex("1a 01 61 10 01 28 00"))
    #expect(
      AuthRoleGrantPermissionRequest(name: "", permission: Permission()).encodeProtobuf() == hex("12 00"))
  }

  @Test func negativeNumbersHaveTenBytes() {
    #expect(LeaseRevokeRequest(id: -1).encodeProtobuf() == hex("08 ff ff ff ff ff ff ff ff ff 01"))
    #expect(LeaseRevokeRequest(id: .min).encodeProtobuf() == hex("08 80 80 80 80 80 80 80 80 80 01"))
    #expect(MemberRemoveRequest(id: .max).encodeProtobuf() == hex("08 ff ff ff ff ff ff ff ff ff 01"))
    #expect(AlarmRequest(alarm: AlarmType(rawValue: -1)).encodeProtobuf() == hex("18 ff ff ff ff ff ff ff ff ff 01"))
  }

  @Test func listsOfNumbersArePacked() {
    let request = WatchCreateRequest(range: .single([]), filters: [.noPut, .noDelete])
    #expect(request.encodeProtobuf() == hex("2a 02 00 01"))
  }

  @Test(arguments: [
    0, 1, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 200, 16_376, 16_380, 16_384, 16_390, 3_000_000,
  ])
  func lengthsOfAnySizeAreRight(count: Int) throws {
    // In three levels, each of which has a length of its own.
    let value = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let request = TxnRequest(success: [
      .txn(TxnRequest(failure: [.put(PutRequest(key: [1], value: value)), .deleteRange(DeleteRangeRequest())]))
    ])
    #expect(try TxnRequest.decodeProtobuf(request.encodeProtobuf()) == request)
  }
}
