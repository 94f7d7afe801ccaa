import EtcdTransport

/// The state of the cluster, and what the host knows of it.
struct ClusterStatus {
  private(set) var state = ClusterState.connecting
  private var failure: Failure?
  private var told = ClusterState.connecting
  /// How many attempts have failed since something last showed that requests work.
  private var attempts = 0
  /// Requests have worked, and who asks has not been refused since.
  private var isServed = false
  /// Etcd does not take the name and the password: whatever else is answered, nothing of the host's is asked.
  private var isShutOut = false
  /// The state is the one that was told, and the reason for it is another.
  private var isToldAnew = false
  /// When it is to be asked whether requests work again, though nobody else asks for anything.
  var askAt: Instant?
  /// The store was replaced, which the host does not know yet.
  private var replacement: Failure?

  /// Something was answered. Returns whether the state is another than before.
  mutating func answered(_ evidence: Evidence, _ failure: Failure?) -> Bool {
    if isShutOut { return false }
    switch evidence {
    case .nothing: return false
    // What has worked before works again.
    case .quorum where !isServed: return false
    case .service, .quorum:
      isServed = true
      attempts = 0
      return change(to: .ready, because: nil)
    case .denial:
      isServed = false
      attempts += 1
      return change(to: .unavailable, because: failure)
    }
  }

  /// Logging in was refused. Returns whether the host does not know that yet.
  mutating func shutOut(_ failure: Failure, attempts: Int) -> Bool {
    guard state != .closed else { return false }
    let isNews = !isShutOut || state != .unavailable
    isShutOut = true
    isToldAnew = isNews
    self.attempts = attempts
    self.failure = failure
    state = .unavailable
    return isNews
  }

  /// Logging in is refused no more.
  mutating func letIn() {
    isShutOut = false
  }

  mutating func attemptFailed() {
    attempts += 1
  }

  /// Returns whether that is another state than before.
  mutating func change(to newState: ClusterState, because failure: Failure?) -> Bool {
    guard state != newState, state != .closed else { return false }
    state = newState
    self.failure = failure
    isToldAnew = false
    return true
  }

  /// The store is another: told with the next READY, even if it is not the first one.
  mutating func replaced(_ failure: Failure) {
    replacement = failure
  }

  /// What the host does not know yet.
  mutating func news() -> ClusterReport? {
    if state == .ready, let failure = replacement {
      replacement = nil
      told = state
      return ClusterReport(state: state, error: failure, attempts: 0)
    }
    guard state != told || isToldAnew else { return nil }
    told = state
    isToldAnew = false
    return ClusterReport(state: state, error: failure, attempts: failure == nil ? 0 : attempts)
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
