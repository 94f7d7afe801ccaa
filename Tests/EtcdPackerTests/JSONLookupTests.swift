import Testing

@testable import EtcdPacker

struct JSONLookupTests {
  private func field(_ name: String, of document: String) -> String? {
    JSONReader.field(Array(name.utf8), of: Array(document.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    (#"{"id":"blue"}"#, "\"blue"), (#" { "a" : [1, {"id": 2}], "id" : 7 } "#, "7"), (#"{"id":true}"#, "true"),
    (#"{"id":"a","id":"b"}"#, "\"b"), (#"{"\u0069d":"bl\u0075e"}"#, "\"blue"), (#"{"id":"7"}"#, "\"7"),
  ])
  func aFieldIsFoundAsItIsMeant(document: String, value: String) {
    #expect(field("id", of: document) == value)
  }

  @Test(arguments: [
    "{}", "", "id", #""id""#, #"["id"]"#, #"{"id":null}"#, #"{"id":{}}"#, #"{"id":[1]}"#, #"{"Id":1}"#, #"{"id":1"#,
    #"{"id":1} x"#, #"{"id":1,}"#, #"{"ID":1,"i d":2}"#,
  ])
  func whatIsNotThereIsNotFound(document: String) {
    #expect(field("id", of: document) == nil)
  }

  /// Other than the fields of messages, it has one name only.
  @Test func aNameIsItself() {
    #expect(field("pod_id", of: #"{"podId":1}"#) == nil)
    #expect(field("pod_id", of: #"{"pod_id":1}"#) == "1")
    #expect(field("", of: #"{"":1}"#) == "1")
  }
}
