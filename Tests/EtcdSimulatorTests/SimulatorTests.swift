import EtcdSimulator
import Testing

@Suite struct SimulatorTests {
  @Test func promisesHoldInManyRuns() {
    for seed: UInt64 in 1...40 {
      let outcome = Simulation.run(seed: seed)
      if let violation = outcome.violation {
        Issue.record("seed \(seed): \(violation.promise.rawValue): \(violation.text)")
      }
    }
  }

  @Test func ofSeveralClaimantsExactlyOneHoldsTheKey() {
    for seed: UInt64 in 1...100 {
      let outcome = Simulation.race(seed: seed)
      if let violation = outcome.violation {
        Issue.record("seed \(seed): \(violation.promise.rawValue): \(violation.text)")
      }
    }
  }

  @Test func oneSeedIsOneRun() {
    for seed: UInt64 in 1...5 {
      let first = Simulation.run(seed: seed, recordingTrace: true)
      let second = Simulation.run(seed: seed)
      #expect(first.traceHash == second.traceHash)
      #expect(first.steps == second.steps)
      #expect(!first.trace.isEmpty)
    }
  }
}
