import EtcdTransport

/// The cluster's authentication: whether it is on, its revision, and which tokens were given out. All of it comes by the
/// log, so that a member which lags behind still goes by what was so before.
///
/// What etcd does was seen on 3.4.23 and 3.5.1. A simple token is made by an entry of the log, so that every member
/// knows it, but each member counts its life from the last use that it has seen itself: a token that served one member
/// for long is unknown to the others by then.
final class Authority {
  /// The one user there is. He may do everything, or nothing.
  static let name = "root"
  static let password = "secret"
  /// In every password that comes after the first, and in every token: none of them belongs in a log.
  static let mark = "CONFIDENTIAL"

  /// Tokens are signed and nothing of them is remembered; each ends with the next change of users or roles, as field notes
  /// 10 say.
  var isJWT = false

  /// For how long a member knows a token that is not used.
  var tokenLife = Duration.seconds(300)
  /// How likely it is that somebody changes another user's roles between an entry's proposal and its commit.
  var meddling = 0.0

  enum Change {
    case enable
    case disable
    /// Somebody grants a role, or makes another user.
    case alter
    /// The user's password is set anew: all his tokens end.
    case changePassword(String)
    /// There is no such user any more, or again.
    case removeUser
    case addUser(password: String)
    /// He may do nothing, or everything again.
    case revoke
    case grant

    var name: String {
      switch self {
      case .enable: "enable"
      case .disable: "disable"
      case .alter: "alter"
      case .changePassword: "changePassword"
      case .removeUser: "removeUser"
      case .addUser: "addUser"
      case .revoke: "revoke"
      case .grant: "grant"
      }
    }
  }

  /// How things stand after an entry of the log.
  struct Standing {
    var isEnabled = false
    var revision: Int64 = 1
    /// `nil`: there is no such user.
    var password: String? = Authority.password
    var isPermitted = true
  }

  enum Event {
    case issued(String)
    case changed(Change)
  }

  /// Who asks: nobody, or the user as of a revision.
  enum Caller {
    case nobody
    case user(revision: Int64)
  }

  private(set) var standing = Standing()
  var isEnabled: Bool { standing.isEnabled }
  /// With the state after each, and in the order of the log.
  private(set) var events: [(index: Int, event: Event, standing: Standing)] = []

  /// An entry of the log was committed.
  func committed(_ event: Event, at index: Int) {
    if case .changed(let change) = event {
      switch change {
      case .enable: standing.isEnabled = true
      case .disable: standing.isEnabled = false
      case .alter: break
      case .changePassword(let password), .addUser(let password): standing.password = password
      case .removeUser: standing.password = nil
      case .revoke: standing.isPermitted = false
      case .grant: standing.isPermitted = true
      }
      if case .enable = change {} else { standing.revision += 1 }
    }
    events.append((index, event, standing))
  }

  // MARK: Tokens that say all by themselves

  func sign(_ letters: String, now: Instant) -> String {
    "\(letters)-\(standing.revision)-\((now + tokenLife).nanoseconds)"
  }

  /// As of which revision the token was made; `nil` if it is none, or its time is over.
  func read(_ token: String, now: Instant) -> Int64? {
    let parts = token.split(separator: "-")
    guard isJWT, parts.count == 3, let revision = Int64(parts[1]), let expiry = Int64(parts[2]),
      now < Instant(nanoseconds: expiry)
    else { return nil }
    return revision
  }

  /// Why the entry must not be applied. This is looked at when an entry is applied, and not before: who may do it can
  /// have changed since it was proposed.
  func refusal(of command: Store.Command, by caller: Caller, store: Store, dialect: Dialect) -> Store.Refusal? {
    switch command {
    case .authenticate: return isEnabled ? (standing.password == nil ? .authFailed : nil) : .authNotEnabled
    case .txn(let txn):
      // Permissions are asked for step by step, so that nobody may do nothing.
      if case .nobody = caller, txn.isEmpty { return nil }
      return refusal(of: caller)
    case .put, .deleteRange: return refusal(of: caller)
    // Of old, leases are for everybody, except that what ends one deletes its keys.
    case .leaseGrant: return dialect.guardsAllCalls ? refusal(of: caller) : nil
    case .leaseRevoke(let id):
      return dialect.guardsAllCalls || store.leaseKeys(id)?.isEmpty == false ? refusal(of: caller) : nil
    case .compact, .changeAuth, .reconfigure, .refused: return nil
    }
  }

  private func refusal(of caller: Caller) -> Store.Refusal? {
    guard isEnabled else { return nil }
    switch caller {
    case .nobody: return .userEmpty
    case .user(let revision): return standing.refusal(of: revision)
    }
  }
}

extension Authority.Standing {
  /// Why the user is let to nothing, whose token is of a revision.
  func refusal(of revision: Int64) -> Store.Refusal? {
    if revision < self.revision { return .authOldRevision }
    return isPermitted && password != nil ? nil : .permissionDenied
  }
}

extension Dialect {
  /// From 3.4.42, 3.5.28 and 3.6.9 on, calls about leases and members ask for a user too.
  var guardsAllCalls: Bool {
    switch version {
    case .etcd3423, .etcd351, .etcd3516: false
    case .etcd3530, .etcd3614: true
    }
  }

  /// A token that is sent has to be one, even while authentication is off.
  var wantsTokensToBeGood: Bool {
    switch version {
    case .etcd3423, .etcd351: true
    case .etcd3516, .etcd3530, .etcd3614: false
    }
  }

  func gatewayError(_ refusal: Store.Refusal) -> GatewayError {
    // 3.5.1 does not know that its clients could be told this.
    if case .authOldRevision = refusal, version == .etcd351 {
      return GatewayError(code: 2, message: "auth: revision in header is old")
    }
    return GatewayError(refusal)
  }
}
