import EtcdPacker
import Testing

@Suite struct TxnTests {
  private static let key = KeyRange.single(utf8("a"))

  @Test(arguments: [
    (Compare(range: key, target: .create(0)), #"{"key":"YQ==","target":"CREATE","create_revision":"0"}"#),
    (
      Compare(range: key, target: .version(3), result: .greater),
      #"{"key":"YQ==","result":"GREATER","version":"3"}"#
    ),
    (
      Compare(range: key, target: .mod(9), result: .less),
      #"{"key":"YQ==","result":"LESS","target":"MOD","mod_revision":"9"}"#
    ),
    (
      Compare(range: key, target: .value([]), result: .notEqual),
      #"{"key":"YQ==","result":"NOT_EQUAL","target":"VALUE","value":""}"#
    ),
    (Compare(range: key, target: .value(utf8("v"))), #"{"key":"YQ==","target":"VALUE","value":"dg=="}"#),
    (
      Compare(range: .prefix(utf8("a")), target: .lease(.max)),
      #"{"key":"YQ==","range_end":"Yg==","target":"LEASE","lease":"9223372036854775807"}"#
    ),
  ])
  func aConditionAlwaysNamesItsOperand(compare: Compare, expected: String) {
    #expect(text(compare.encode()) == expected)
  }

  @Test func anEmptyTransactionIsAnEmptyObject() {
    #expect(text(TxnRequest().encode()) == "{}")
  }

  @Test func everyOperationHasItsField() {
    let request = TxnRequest(
      compare: [Compare(range: Self.key, target: .create(0))],
      success: [
        .put(PutRequest(key: utf8("a"), value: utf8("v"), lease: 7)),
        .range(RangeRequest(range: Self.key)),
        .deleteRange(DeleteRangeRequest(range: Self.key, prevKV: true)),
        .txn(TxnRequest(failure: [.range(RangeRequest(range: .all))])),
      ],
      failure: [.range(RangeRequest(range: Self.key))])
    #expect(
      text(request.encode())
        == #"{"compare":[{"key":"YQ==","target":"CREATE","create_revision":"0"}],"#
        + #""success":[{"request_put":{"key":"YQ==","value":"dg==","lease":"7"}},{"request_range":{"key":"YQ=="}},"#
        + #"{"request_delete_range":{"key":"YQ==","prev_kv":true}},"#
        + #"{"request_txn":{"failure":[{"request_range":{"key":"AA==","range_end":"AA=="}}]}}],"#
        + #""failure":[{"request_range":{"key":"YQ=="}}]}"#)
  }

  @Test func answersComeInTheOrderOfTheirOperations() throws {
    let answer = try TxnResponse.decode(utf8(Samples.txn))
    #expect(answer.succeeded)
    #expect(answer.header.revision == 6)
    try #require(answer.responses.count == 4)
    guard case .put(let put) = answer.responses[0], case .range(let range) = answer.responses[1],
      case .deleteRange(let delete) = answer.responses[2], case .txn(let nested) = answer.responses[3],
      case .range(let inner) = nested.responses.first
    else {
      Issue.record("\(answer.responses)")
      return
    }
    #expect(put.header.revision == 6)
    #expect(put.prevKV == nil)
    #expect(range.kvs.map(\.value) == ["two"])
    #expect(range.count == 1)
    #expect(delete.deleted == 1)
    #expect(delete.prevKVs.map(\.key) == ["empty"])
    #expect(nested.succeeded)
    #expect(nested.header == ResponseHeader())
    #expect(nested.responses.count == 1)
    #expect(inner.kvs.map(\.key) == ["new"])
  }

  @Test func conditionsThatDoNotHoldAreAbsent() throws {
    let answer = try TxnResponse.decode(
      utf8(#"{"header":{"revision":"6"},"responses":[{"response_range":{"header":{"revision":"6"}}}]}"#))
    #expect(!answer.succeeded)
    #expect(answer.responses == [.range(try RangeResponse.decode(utf8(#"{"header":{"revision":"6"}}"#)))])
  }

  @Test func anAnswerWithoutOperationsHasNone() throws {
    #expect(try TxnResponse.decode(utf8(#"{"succeeded":true}"#)).responses.isEmpty)
  }

  @Test(arguments: ["{}", "null", #"{"response_lease":{}}"#])
  func anAnswerToNoKnownOperationIsRefused(response: String) {
    let error = failure { () throws(PackerError) in try TxnResponse.decode(utf8(#"{"responses":["# + response + "]}")) }
    #expect(error == PackerError(.missingField, at: 14))
  }

  @Test func nestingIsBoundedByTheDepthOfTheDocument() {
    func nested(_ count: Int) -> [UInt8] {
      let opening = #"{"responses":[{"response_txn":"#
      return utf8(String(repeating: opening, count: count) + "{}" + String(repeating: "}]}", count: count))
    }
    #expect(throws: Never.self) { try TxnResponse.decode(nested(20)) }
    #expect(failure { () throws(PackerError) in try TxnResponse.decode(nested(30)) }?.reason == .tooDeep)
    #expect(failure { () throws(PackerError) in try TxnResponse.decode(nested(100_000)) }?.reason == .tooDeep)
  }
}
