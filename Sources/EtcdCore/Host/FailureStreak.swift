/// Attempts that failed one after the other, and of which of them the host is told: of the first, of each whose cause is
/// another than that of the one before, and else whenever there are twice as many as when it was told last. So a cause
/// that stays costs fewer and fewer reports, and one that changes is known at once.
struct FailureStreak {
  private(set) var count = 0
  private(set) var last: Failure?
  private var countWhenTold = 0

  /// Returns whether the host is to be told.
  mutating func add(_ failure: Failure) -> Bool {
    count += 1
    let isNews = last.map { !$0.hasCause(of: failure) } ?? true
    last = failure
    guard isNews || count >= 2 * countWhenTold else { return false }
    countWhenTold = count
    return true
  }
}

extension Failure {
  /// Where it happened, and in what words, makes no difference.
  fileprivate func hasCause(of other: Failure) -> Bool {
    self.code == other.code && self.reason == other.reason && self.grpcCode == other.grpcCode
      && self.httpStatus == other.httpStatus && self.curlCode == other.curlCode
  }
}
