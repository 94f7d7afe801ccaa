import Testing

@testable import EtcdCore

struct FailureStreakTests {
  private var streak = FailureStreak()

  private mutating func told(_ failures: [Failure]) -> [Int] {
    var told: [Int] = []
    for (index, failure) in failures.enumerated() where streak.add(failure) { told.append(index + 1) }
    return told
  }

  @Test mutating func ofFailuresForOneReasonFewerAndFewerAreTold() {
    #expect(told(Array(repeating: .unreachable, count: 100)) == [1, 2, 4, 8, 16, 32, 64])
    #expect(streak.count == 100)
  }

  @Test mutating func anotherReasonIsToldAtOnce() {
    let timeout = Failure(.timeout, "no answer")
    #expect(told([.unreachable, .unreachable, .unreachable, timeout, timeout, .unreachable]) == [1, 2, 4, 6])
    #expect(streak.last == .unreachable)
  }

  @Test mutating func whereItHappenedAndInWhatWordsIsNoOtherReason() {
    let here = Failure(.unavailable, "refused (gave up after 3 attempts)", curlCode: 7, endpoint: "http://e1:2379")
    let there = Failure(.unavailable, "refused (gave up after 4 attempts)", curlCode: 7, endpoint: "http://e2:2379")
    #expect(told([here, there, here, there]) == [1, 2, 4])
  }

  @Test(arguments: [
    (Failure(.server, "space", reason: .noSpace), Remedy.intervention),
    (Failure(.server, "large", reason: .requestTooLarge), .anotherRequest),
    (Failure(.permissionDenied, "denied", reason: .permissionDenied), .intervention),
    (Failure(.unauthenticated, "who?", reason: .tokenMissing), .intervention),
    (Failure(.unauthenticated, "token", reason: .invalidToken), .intervention),
    (Failure(.server, "whatever it is", grpcCode: 12), .anotherRequest),
    (.unreachable, .time), (Failure(.timeout, "no answer"), .time), (Failure(.system, "no descriptors"), .time),
  ])
  func aFailureNamesItsRemedy(failure: Failure, remedy: Remedy) {
    #expect(failure.remedy == remedy)
  }

  @Test func whatEtcdSaysWillPassIsARemedyOfTime() {
    var busy = Failure(.server, "too many requests", reason: .tooManyRequests)
    busy.isWorthRetrying = true
    #expect(busy.remedy == .time)
  }
}
