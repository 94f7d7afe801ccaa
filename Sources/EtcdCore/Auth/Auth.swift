import EtcdPacker
import EtcdTransport

/// As whom etcd is asked: what requests carry, and whether they may go at all. With a name and a password it logs in, once
/// for the whole cluster, and again whenever there is reason to believe that etcd does not know the token any more.
///
///     fixed
///
///     due ──▶ asking ──▶ known ──▶ doubted
///      ▲        │  │      │  ▲        │
///      │ failed │  │      │  └────────┘  failed
///      └────────┘  ▼      ▼ refused
///              shutOut   due
///
/// `fixed`: no credentials, or a token of the host's. `due`: a log-in is to begin, at once or after a pause. `asking`: it is
/// under way. `known`: requests carry the token, or nothing where authentication is off. `doubted`: the same, while another
/// token is asked for. `shutOut`: etcd does not take the name and the password.
///
/// | what came | what it says | what is done |
/// |---|---|---|
/// | invalid token, old auth revision, no token where one is wanted | it was not carried out, and others will not be | a log-in, if it carried what is carried now; sent again |
/// | a watch is not permitted | the truth, or (3.5.1) any of the above | a log-in for the first time since it was permitted, else once a minute |
/// | a member that nobody has used yet does not take the token | it has come after the log-in; or it is no member | a log-in, if the token is older than it, or than a minute; others go on with what there is |
/// | nothing answers, and an advertised address does not say who it is without a token | there may be nobody else to get one from | it is logged in at, which shows who it is; then it is an endpoint like any other |
/// | a request with a token got no answer | maybe the token is another store's, which lets requests hang | a log-in, while others go on with what there is |
/// | authentication is not enabled | no token is wanted, and before 3.6 none is taken | requests carry nothing |
/// | name or password refused | an operator has to act | requests are refused; a log-in with the longest pauses |
/// | the log-in failed | nothing | again, with the usual back-off |
///
/// Log-ins are bounded: where a token did not live for as long as the pause would be, the next one waits for longer.
struct Auth {
  enum State {
    case fixed(Pass)
    /// Since it failed, if it did.
    case due(at: Instant, Failure?)
    case asking
    case known(Pass)
    case doubted(Pass)
    /// `nil`: it is being asked again.
    case shutOut(Failure, retryAt: Instant?)
    case ended
  }

  /// Whether a request may go.
  enum Admission {
    case go(Pass)
    /// Until a log-in has ended. Why the last one failed, if it did.
    case wait(Failure?)
    case refused(Failure)
  }

  enum Action {
    case logIn(AuthenticateRequest)
    /// The log-in that is under way is of no use any more.
    case abandonLogIn
    /// Those who wait are let in, or are refused.
    case admit
    /// Told when it is news.
    case shutOut(Failure, attempts: Int)
    /// Requests are not refused any more; `isKnown`: because etcd has just found out who asks.
    case letIn(isKnown: Bool)
    case note(LogLevel, String)
  }

  /// So old a pass may be what keeps a watch from being permitted, whatever was said before.
  private static let staleAfter = Duration.seconds(60)

  private(set) var state: State
  private var credentials: Credentials
  private var serial: UInt64 = 0
  /// When the pass was had, when it last proved good, and from when on it may be doubted.
  private var knownSince = Instant(nanoseconds: .min)
  private var goodAt = Instant(nanoseconds: .min)
  private var doubtableAt = Instant(nanoseconds: .min)
  /// How many passes in a row have not lived long.
  private var shortLives = 0
  /// Log-ins in a row that failed.
  private var streak = FailureStreak()
  /// Etcd has let us in with these credentials.
  private var hasLoggedIn = false
  var backoff: Backoff

  init(_ credentials: Credentials, backoff: Backoff) {
    self.backoff = backoff
    self.credentials = credentials
    state = .fixed(.nobody)
    begin()
  }

  private mutating func begin() {
    switch credentials {
    case .none: state = .fixed(makePass(nil))
    case .token(let token): state = .fixed(makePass(token))
    case .user: state = .due(at: Instant(nanoseconds: .min), nil)
    }
  }

  private mutating func makePass(_ token: Secret?) -> Pass {
    serial += 1
    return Pass(serial: serial, token: token)
  }

  // MARK: Questions

  var wakeTime: Instant? {
    switch state {
    case .due(let at, let failure): failure == nil && at == Instant(nanoseconds: .min) ? nil : at
    case .shutOut(_, let retryAt): retryAt
    case .fixed, .asking, .known, .doubted, .ended: nil
    }
  }

  private var current: Pass? {
    switch state {
    case .fixed(let pass), .known(let pass), .doubted(let pass): pass
    case .due, .asking, .shutOut, .ended: nil
    }
  }

  /// Etcd takes neither the name nor the password.
  var isShutOut: Bool {
    if case .shutOut = state { true } else { false }
  }

  // MARK: Requests

  /// Whether requests may go now: all but the question who it is at an address that is the last resort. Whoever has to wait
  /// leads to a log-in, so that a cluster that asks for nothing makes none.
  mutating func admit(now: Instant) -> (Admission, [Action]) {
    switch state {
    case .fixed(let pass), .known(let pass), .doubted(let pass): return (.go(pass), [])
    case .due(let at, let failure): return (.wait(failure), now >= at ? ask() : [])
    case .asking: return (.wait(nil), [])
    case .shutOut(let failure, _): return (.refused(failure), [])
    case .ended: return (.go(.nobody), [])
    }
  }

  /// Something was answered to a request that carried it.
  mutating func accepted(_ pass: Pass, now: Instant) {
    if pass == current { goodAt = now }
  }

  /// Etcd has refused a request for what it carried, and so has not carried it out. Returns whether it is worth sending
  /// again.
  mutating func refused(
    _ pass: Pass, now: Instant, random: inout any RandomNumberGenerator
  ) -> (again: Bool, actions: [Action]) {
    if case .shutOut = state { return (false, []) }
    // Somebody else has seen to it already.
    guard pass == current else { return (true, []) }
    switch state {
    case .fixed, .due, .asking, .shutOut, .ended:
      return (false, [])
    case .doubted:
      state = .asking
      return (true, [])
    case .known:
      let ceiling = min(backoff.maximum, backoff.minimum * (1 << min(shortLives, 20)))
      shortLives = now - knownSince < ceiling ? shortLives + 1 : 0
      let pause = backoff.delay(afterFailures: shortLives, using: &random)
      if pause == .zero { return (true, ask()) }
      state = .due(at: now + pause, nil)
      return (true, [])
    }
  }

  /// A watch was not permitted, `isFirst` since it last was. That may be true, or what 3.5.1 makes of a token that it does
  /// not take. Returns whether it is worth asking again soon.
  mutating func denied(
    _ pass: Pass, isFirst: Bool, now: Instant, random: inout any RandomNumberGenerator
  ) -> (again: Bool, actions: [Action]) {
    guard pass.token != nil else { return (false, []) }
    if pass == current, !isFirst, now < knownSince + Self.staleAfter { return (false, []) }
    return refused(pass, now: now, random: &random)
  }

  /// An address that has been advertised since then, and that nobody has used yet, does not take it. It may be no member at
  /// all; or one that has come after the log-in, and knows nothing of tokens that are older than what it began with. A new
  /// one every member gets to know. One that was had since, and is young, is not worth it: whoever takes none would have a
  /// log-in for each question.
  mutating func unknown(_ pass: Pass, toMemberSince since: Instant, now: Instant) -> [Action] {
    let mayBeTooOld = knownSince <= since || now >= knownSince + Self.staleAfter
    guard case .known(pass) = state, pass.token != nil, mayBeTooOld, now >= doubtableAt else { return [] }
    state = .doubted(pass)
    return logIn()
  }

  /// A request that was sent at `sentAt`, carrying it, got no answer. One that is young, or has proved good since then, is
  /// not what it hangs on.
  mutating func unanswered(_ pass: Pass, sentAt: Instant, now: Instant) -> [Action] {
    guard case .known(pass) = state, pass.token != nil, goodAt < sentAt, now >= doubtableAt else {
      return []
    }
    state = .doubted(pass)
    return logIn()
  }

  /// The store is another one from now on, and the token is of the one before.
  mutating func storeReplaced() -> [Action] {
    switch state {
    case .known(let pass) where pass.token != nil: return ask()
    case .doubted:
      state = .asking
      return []
    case .fixed, .due, .asking, .known, .shutOut, .ended: return []
    }
  }

  // MARK: Credentials

  /// From now on these. What is under way keeps what it carries.
  mutating func replace(by credentials: Credentials) -> [Action] {
    if case .ended = state { return [] }
    self.credentials = credentials
    hasLoggedIn = false
    shortLives = 0
    streak = FailureStreak()
    begin()
    return [.abandonLogIn, .letIn(isKnown: false), .note(.info, "the credentials are others from now on"), .admit]
  }

  // MARK: Log-ins

  private mutating func ask() -> [Action] {
    state = .asking
    return logIn()
  }

  private func logIn() -> [Action] { request.map { [.logIn($0)] } ?? [] }

  /// What a log-in asks with; `nil` if there is none.
  var request: AuthenticateRequest? {
    guard case .user(let name, let password) = credentials else { return nil }
    return AuthenticateRequest(name: name, password: password.text)
  }

  mutating func tick(now: Instant) -> [Action] {
    switch state {
    case .due(let at, _) where now >= at:
      return ask()
    case .shutOut(let failure, let retryAt?) where now >= retryAt:
      state = .shutOut(failure, retryAt: nil)
      return logIn()
    case .fixed, .due, .asking, .known, .doubted, .shutOut, .ended:
      return []
    }
  }

  mutating func logInEnded(
    _ result: Result<Answer, Failure>, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    switch state {
    case .asking, .doubted, .shutOut(_, nil): break
    case .fixed, .due, .known, .shutOut, .ended: return []
    }
    switch result {
    case .success(.authenticate(let response)) where Secret(response.token).isToken:
      return letIn(makePass(Secret(response.token)), "logged in", now: now)
    case .success:
      let failure = Failure(.protocol, "the answer to a log-in is not a token")
      return failed(failure, now: now, random: &random)
    case .failure(let failure) where failure.reason == .authenticationDisabled:
      return letIn(makePass(nil), "etcd asks nobody who he is", now: now)
    case .failure(let failure) where failure.isWorthRetrying || failure.code == .cancelled || failure.code == .system:
      return failed(failure, now: now, random: &random)
    case .failure(let failure):
      return shutOut(failure, now: now, random: &random)
    }
  }

  private mutating func letIn(_ pass: Pass, _ words: String, now: Instant) -> [Action] {
    let isNews = !hasLoggedIn || isShutOut
    state = .known(pass)
    knownSince = now
    goodAt = now
    doubtableAt = now + backoff.maximum
    hasLoggedIn = true
    streak = FailureStreak()
    return [.note(isNews ? .info : .debug, words), .letIn(isKnown: pass.token != nil), .admit]
  }

  private mutating func failed(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    // What there is may be good, and its being in doubt a while old.
    if case .doubted(let pass) = state {
      state = .known(pass)
      doubtableAt = now + backoff.maximum
      return []
    }
    let isNews = streak.add(failure)
    let pause = backoff.delay(after: streak, using: &random)
    if case .shutOut(let refusal, _) = state {
      state = .shutOut(refusal, retryAt: now + pause)
    } else {
      state = .due(at: now + pause, failure)
    }
    return isNews ? [.note(.warning, "logging in failed: \(failure.description)")] : []
  }

  private mutating func shutOut(
    _ failure: Failure, now: Instant, random: inout any RandomNumberGenerator
  ) -> [Action] {
    var failure = failure
    failure.code = .unauthenticated
    failure.reason = .authenticationFailed
    failure.message = "logging in was refused: \(failure.message)"
    let wasShutOut = isShutOut
    let isNews = streak.add(failure)
    state = .shutOut(failure, retryAt: now + backoff.longest(using: &random))
    return (isNews || !wasShutOut ? [.shutOut(failure, attempts: streak.count)] : []) + [.admit]
  }

  /// Nothing is asked any more.
  mutating func end() -> [Action] {
    state = .ended
    return [.abandonLogIn]
  }
}
