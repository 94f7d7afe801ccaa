import EtcdTransport

/// What one member knows of authentication: the tokens that it would accept, by the part of the log that it has applied.
/// They end with its process. (A real one applies the youngest entries of its log again when it is started, and so knows
/// the youngest tokens again; a client cannot count on it.)
struct TokenTable {
  private(set) var standing = Authority.Standing()
  var isEnabled: Bool { standing.isEnabled }
  private var expiries: [String: Instant] = [:]
  /// How many of the authority's events it has taken in.
  private var taken = 0

  /// The member has applied the log up to `index`.
  mutating func advance(to index: Int, of authority: Authority, now: Instant) {
    while taken < authority.events.count, authority.events[taken].index <= index {
      let (_, event, standing) = authority.events[taken]
      taken += 1
      self.standing = standing
      switch event {
      case .issued(let token): expiries[token] = now + authority.tokenLife
      case .changed(.enable), .changed(.alter), .changed(.addUser), .changed(.revoke), .changed(.grant): break
      case .changed(.disable), .changed(.changePassword), .changed(.removeUser): expiries = [:]
      }
    }
  }

  /// The process was started again: what its store says is as before, the tokens are gone.
  mutating func forget() {
    expiries = [:]
  }

  /// Who sends this token; `nil` if it is not known, or not any more. Each use prolongs its life.
  mutating func caller(with token: String, life: Duration, now: Instant) -> Authority.Caller? {
    guard let expiry = expiries[token], now < expiry else { return nil }
    expiries[token] = now + life
    return .user(revision: standing.revision)
  }

  /// A token says at which index of the log it was made, and a member that is not there yet waits until it is.
  static func index(of token: String) -> Int? {
    token.firstIndex(of: ".").flatMap { Int(token[$0...].dropFirst()) }
  }
}
