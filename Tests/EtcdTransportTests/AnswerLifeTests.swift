import Testing

@testable import EtcdTransport

/// What is read of a name server's answer beside c-ares, whatever it is.
struct AnswerLifeTests {
  private static let question: [UInt8] = [1, 97, 4, 116, 101, 115, 116, 0, 0, 33, 0, 1]
  private static func header(questions: UInt8 = 1, records: UInt8) -> [UInt8] {
    [0, 1, 0x81, 0x80, 0, questions, 0, records, 0, 0, 0, 0]
  }
  private static func record(name: [UInt8] = [0xC0, 12], type: UInt8 = 33, ttl: UInt8, size: UInt8 = 4) -> [UInt8] {
    name + [0, type, 0, 1, 0, 0, 0, ttl, 0, size] + [UInt8](repeating: 7, count: Int(size))
  }

  private func ttl(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { AnswerLife.ttl(of: $0) } }

  @Test func anAliasOnTheWayCountsToo() {
    let alias = Self.record(type: 5, ttl: 20)
    #expect(ttl(Self.header(records: 2) + Self.question + alias + Self.record(ttl: 60)) == 20)
    #expect(ttl(Self.header(records: 1) + Self.question + Self.record(ttl: 60)) == 60)
  }

  @Test func namesMayBeWrittenOut() {
    let name: [UInt8] = [1, 97, 4, 116, 101, 115, 116, 0]
    let mixed: [UInt8] = [1, 97, 0xC0, 14]
    let records = Self.record(name: name, ttl: 9) + Self.record(name: mixed, ttl: 8) + Self.record(name: [0], ttl: 7)
    #expect(ttl(Self.header(records: 3) + Self.question + records) == 7)
  }

  @Test func withoutRecordsItIsTheLongest() {
    #expect(ttl([]) == ServiceRecord.longestTTL)
    #expect(ttl(Self.header(records: 0) + Self.question) == ServiceRecord.longestTTL)
  }

  /// What counts is what is there; nothing beyond the end is looked at.
  @Test func anAnswerThatEndsEarlyIsReadAsFarAsItGoes() {
    let whole = Self.header(records: 2) + Self.question + Self.record(ttl: 30) + Self.record(ttl: 20)
    for count in 0...whole.count {
      #expect([20, 30, ServiceRecord.longestTTL].contains(ttl(Array(whole[..<count]))))
    }
    #expect(ttl(whole) == 20)
    #expect(
      ttl(Self.header(questions: 255, records: 255) + Self.question + Self.record(ttl: 30)) == ServiceRecord.longestTTL)
    #expect(ttl(Self.header(records: 255) + Self.question + Self.record(ttl: 30, size: 255)) == 30)
    for byte in [0, 1, 63, 64, 0xBF, 0xC0, 0xFF] as [UInt8] {
      _ = ttl([UInt8](repeating: byte, count: 12 + Int(byte)))
    }
  }
}
