/// The state of the cluster, and what the host knows of it.
struct ClusterStatus {
  private(set) var state = ClusterState.connecting
  private var failure: Failure?
  private var told = ClusterState.connecting

  /// Returns whether that is another state than before.
  mutating func change(to newState: ClusterState, because failure: Failure?) -> Bool {
    guard state != newState, state != .closed else { return false }
    state = newState
    self.failure = failure
    return true
  }

  /// What the host does not know yet.
  mutating func news() -> (ClusterState, Failure?)? {
    guard state != told else { return nil }
    told = state
    return (state, failure)
  }
}

/// A close under way: it is done when the keys being removed are gone and the lease is revoked, if it is to be.
struct Closing {
  private enum Revocation {
    case none
    case underWay
    case ended(Failure?)
  }

  private var revocation: Revocation

  init(revokes: Bool) {
    revocation = revokes ? .underWay : .none
  }

  mutating func revocationEnded(_ result: Result<Answer, Failure>) {
    switch result {
    case .success: revocation = .ended(nil)
    case .failure(let failure): revocation = .ended(failure)
    }
  }

  /// How it ended; `nil` while it goes on.
  var outcome: Result<Void, Failure>? {
    switch revocation {
    case .underWay: nil
    case .none, .ended(nil): .success(())
    case .ended(let failure?): .failure(failure)
    }
  }
}
