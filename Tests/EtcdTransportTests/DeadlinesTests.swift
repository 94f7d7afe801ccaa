import Testing

@testable import EtcdTransport

@Suite struct DeadlinesTests {
  private func at(_ time: Int64) -> Instant { Instant(nanoseconds: time) }

  @Test func theyComeInTheirOrder() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let deadlines = Deadlines()
      var expected: [(time: Int64, id: UInt64)] = []
      for id in 0..<UInt64.random(in: 1..<40, using: &random) {
        let time = Int64.random(in: 0..<20, using: &random)
        deadlines.insert(TransferID(rawValue: id), at: at(time))
        expected.append((time, id))
        if Bool.random(using: &random), let gone = expected.randomElement(using: &random) {
          deadlines.remove(TransferID(rawValue: gone.id), at: at(gone.time))
          expected.removeAll { $0.id == gone.id }
        }
        #expect(deadlines.earliest == expected.map { at($0.time) }.min())
      }
      expected.sort { $0 < $1 }
      for (time, id) in expected {
        #expect(deadlines.removeDue(now: at(time - 1)) == nil)
        #expect(deadlines.removeDue(now: at(time)) == TransferID(rawValue: id))
      }
      #expect(deadlines.earliest == nil)
    }
  }

  @Test func whatIsNotThereIsNotRemoved() {
    let deadlines = Deadlines()
    deadlines.insert(TransferID(rawValue: 1), at: at(5))
    deadlines.remove(TransferID(rawValue: 1), at: at(6))
    deadlines.remove(TransferID(rawValue: 2), at: at(5))
    deadlines.remove(TransferID(rawValue: 0), at: at(5))
    #expect(deadlines.earliest == at(5))
  }
}
