import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

/// The machine alone: what it wants done, in which state, at which time.
struct AuthTests {
  private var auth = Auth(
    .user("u", password: Secret("p")), backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)))
  private var dice: any RandomNumberGenerator = Dice.longest
  private let refusal = Failure(.unauthenticated, "authentication failed", reason: .authenticationFailed)

  private static func words(_ actions: [Auth.Action]) -> [String] {
    actions.compactMap { action in
      switch action {
      case .logIn: "log in"
      case .abandonLogIn: "abandon"
      case .admit: "admit"
      case .shutOut(_, let attempts): "shut out \(attempts)"
      case .letIn(let isKnown): isKnown ? "known" : "let in"
      case .note: nil
      }
    }
  }

  private mutating func admit(at time: Int64) -> (Pass?, [String]) {
    let (admission, actions) = auth.admit(now: .at(time))
    if case .go(let pass) = admission { return (pass, Self.words(actions)) }
    return (nil, Self.words(actions))
  }

  @discardableResult
  private mutating func end(_ result: Result<Answer, Failure>, at time: Int64) -> [String] {
    Self.words(auth.logInEnded(result, now: .at(time), random: &dice))
  }

  /// Logged in at 0, with the token "t1".
  private mutating func known() throws -> Pass {
    _ = auth.admit(now: .at(0))
    end(.success(.token("t1")), at: 0)
    return try #require(admit(at: 0).0)
  }

  private mutating func refuse(_ pass: Pass, at time: Int64) -> (Bool, [String]) {
    let (again, actions) = auth.refused(pass, now: .at(time), random: &dice)
    return (again, Self.words(actions))
  }

  @Test mutating func nobodyLogsInBeforeSomethingIsAsked() {
    #expect(auth.wakeTime == nil)
    #expect(admit(at: 0) == (nil, ["log in"]))
  }

  @Test mutating func oneLogInIsForAllThatWait() {
    #expect(admit(at: 0).1 == ["log in"])
    #expect(admit(at: 1).1 == [])
    #expect(admit(at: 2).0 == nil)
    #expect(end(.success(.token("t1")), at: 3) == ["known", "admit"])
    #expect(admit(at: 4).0?.token == Secret("t1"))
  }

  @Test mutating func tenRefusalsOfOneTokenAreOneLogIn() throws {
    let pass = try known()
    #expect(refuse(pass, at: 10_000) == (true, ["log in"]))
    for _ in 0..<9 { #expect(refuse(pass, at: 10_001) == (true, [])) }
    end(.success(.token("t2")), at: 10_002)
    #expect(refuse(pass, at: 10_003) == (true, []))
    #expect(admit(at: 10_004).0?.token == Secret("t2"))
  }

  @Test mutating func tokensThatDoNotLiveAreFetchedMoreAndMoreSlowly() throws {
    var pass = try known()
    var time: Int64 = 10
    var pauses: [Int64] = []
    for _ in 0..<8 {
      #expect(refuse(pass, at: time) == (true, []))
      guard case .due(let at, nil) = auth.state else {
        Issue.record("\(auth.state)")
        return
      }
      pauses.append((at - .at(time)).wholeNanoseconds / 1_000_000)
      time += pauses[pauses.count - 1]
      #expect(Self.words(auth.tick(now: .at(time))) == ["log in"])
      end(.success(.token("t\(time)")), at: time)
      pass = try #require(admit(at: time).0)
    }
    #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000])
    // One that lives for longer than the pause would be puts an end to that.
    #expect(refuse(pass, at: time + 6000) == (true, ["log in"]))
  }

  @Test mutating func wrongPasswordIsToldOnceAndTriedSlowly() throws {
    _ = auth.admit(now: .at(0))
    #expect(end(.failure(refusal), at: 0) == ["shut out 1", "admit"])
    guard case .refused(let failure) = auth.admit(now: .at(1)).0 else {
      Issue.record("let in")
      return
    }
    #expect(failure.code == .unauthenticated)
    #expect(failure.message == "logging in was refused: authentication failed")
    #expect(auth.wakeTime == .at(5000))
    #expect(auth.tick(now: .at(4999)).isEmpty)
    #expect(Self.words(auth.tick(now: .at(5000))) == ["log in"])
    // Those who ask meanwhile are refused as before, and make no log-in of their own.
    #expect(admit(at: 5001) == (nil, []))
    #expect(auth.wakeTime == nil)
    // The second is worth a word, and then each that doubles the count.
    #expect(end(.failure(refusal), at: 5002) == ["shut out 2", "admit"])
    _ = auth.tick(now: .at(10_002))
    #expect(end(.failure(refusal), at: 10_003) == ["admit"])
    _ = auth.tick(now: .at(15_003))
    #expect(end(.success(.token("t1")), at: 15_004) == ["known", "admit"])
  }

  @Test mutating func watchThatIsNotPermittedIsBelievedTheSecondTime() throws {
    let pass = try known()
    func denied(_ pass: Pass, isFirst: Bool, at time: Int64) -> (Bool, [String]) {
      let (again, actions) = auth.denied(pass, isFirst: isFirst, now: .at(time), random: &dice)
      return (again, Self.words(actions))
    }
    #expect(denied(pass, isFirst: true, at: 6000) == (true, ["log in"]))
    end(.success(.token("t2")), at: 6001)
    let second = try #require(admit(at: 6002).0)
    #expect(denied(second, isFirst: false, at: 6003) == (false, []))
    #expect(denied(second, isFirst: false, at: 66_000) == (false, []))
    // So old it may be the token after all.
    #expect(denied(second, isFirst: false, at: 66_001) == (true, ["log in"]))
  }

  @Test mutating func tokenIsInDoubtWhenRequestsHangOnIt() throws {
    let pass = try known()
    #expect(auth.unanswered(pass, sentAt: .at(10), now: .at(4999)).isEmpty)
    auth.accepted(pass, now: .at(7000))
    #expect(auth.unanswered(pass, sentAt: .at(6000), now: .at(9000)).isEmpty)
    #expect(Self.words(auth.unanswered(pass, sentAt: .at(8000), now: .at(11_000))) == ["log in"])
    #expect(auth.unanswered(pass, sentAt: .at(8000), now: .at(11_000)).isEmpty)
    // Others go on with it.
    #expect(admit(at: 11_001) == (pass, []))
    end(.failure(Failure(.unavailable, "no quorum")), at: 12_000)
    #expect(admit(at: 12_001) == (pass, []))
    #expect(auth.unanswered(pass, sentAt: .at(12_002), now: .at(15_000)).isEmpty)
    #expect(Self.words(auth.unanswered(pass, sentAt: .at(14_000), now: .at(17_000))) == ["log in"])
    end(.success(.token("t2")), at: 17_001)
    #expect(admit(at: 17_002).0?.token == Secret("t2"))
  }

  @Test mutating func nothingIsCarriedWhereAuthenticationIsOff() throws {
    _ = auth.admit(now: .at(0))
    let off = Failure(.server, "authentication is not enabled", reason: .authenticationDisabled)
    #expect(end(.failure(off), at: 0) == ["let in", "admit"])
    let pass = try #require(admit(at: 1).0)
    #expect(pass.token == nil)
    #expect(auth.unanswered(pass, sentAt: .at(2), now: .at(9000)).isEmpty)
    // It was turned on.
    #expect(refuse(pass, at: 9000) == (true, ["log in"]))
  }

  @Test mutating func failedLogInsPauseAndLetNobodyIn() {
    _ = auth.admit(now: .at(0))
    #expect(end(.failure(Failure(.unavailable, "broken")), at: 0) == [])
    #expect(auth.wakeTime == .at(100))
    #expect(admit(at: 50) == (nil, []))
    #expect(Self.words(auth.tick(now: .at(100))) == ["log in"])
  }

  @Test mutating func tokenThatWouldBreakAHeaderIsNone() {
    _ = auth.admit(now: .at(0))
    for token in ["", "a\r\nHost: b", "a b", "\u{e9}"] {
      #expect(end(.success(.token(token)), at: 0) == [])
      #expect(admit(at: 0).0 == nil)
      _ = auth.tick(now: .distantFuture)
    }
  }

  @Test mutating func otherCredentialsCountFromThenOn() throws {
    let pass = try known()
    #expect(Self.words(auth.replace(by: .user("v", password: Secret("q")))) == ["abandon", "let in", "admit"])
    #expect(admit(at: 1) == (nil, ["log in"]))
    // What was under way is sent again, and leads to nothing else.
    #expect(refuse(pass, at: 2) == (true, []))
    end(.success(.token("t2")), at: 3)
    #expect(admit(at: 4).0?.token == Secret("t2"))
    _ = auth.replace(by: .token(Secret("own")))
    let own = try #require(admit(at: 5).0)
    #expect(own.token == Secret("own"))
    // Nobody but the host has a better one.
    #expect(refuse(own, at: 6) == (false, []))
    _ = auth.replace(by: .none)
    #expect(admit(at: 7).0?.token == nil)
  }

  @Test mutating func anotherStoreKnowsNoToken() throws {
    _ = try known()
    #expect(Self.words(auth.storeReplaced()) == ["log in"])
    #expect(admit(at: 1) == (nil, []))
  }

  @Test mutating func nothingIsLeftAfterTheEnd() throws {
    _ = auth.admit(now: .at(0))
    end(.failure(refusal), at: 0)
    #expect(Self.words(auth.end()) == ["abandon"])
    #expect(auth.wakeTime == nil)
    #expect(auth.replace(by: .none).isEmpty)
  }

  @Test func secretsAreNotShown() {
    let credentials = Credentials.user("u", password: Secret("hush"))
    var dumped = ""
    dump(credentials, to: &dumped)
    dump(Auth(credentials, backoff: Backoff(minimum: .zero, maximum: .zero)), to: &dumped)
    dump(Pass(serial: 1, token: Secret("hush")), to: &dumped)
    #expect(!"\(credentials) \(dumped)".contains("hush"))
  }
}
