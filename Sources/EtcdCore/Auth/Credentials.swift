import EtcdTransport

/// By what etcd is to know who asks.
package enum Credentials: Hashable, Sendable {
  /// Requests carry nothing. Who has a client certificate may be known by that.
  case none
  /// The library logs in, and renews what it gets for it.
  case user(String, password: Secret)
  /// The host's own, which it renews.
  case token(Secret)

  /// Throws what is wrong, in words that name the culprit by the `prefix` that its names have.
  package init(user: String, password: Secret, token: Secret, prefix: String = "") throws(OptionError) {
    func refusal(_ words: String) -> OptionError { OptionError(message: words) }
    if !token.isEmpty {
      if !user.isEmpty { throw refusal("\(prefix)token is set together with \(prefix)user") }
      if !password.isEmpty { throw refusal("\(prefix)token is set together with \(prefix)password") }
      guard token.isToken else { throw refusal("\(prefix)token is none: it takes \(Self.tokenWords)") }
      self = .token(token)
    } else if user.isEmpty {
      if !password.isEmpty { throw refusal("\(prefix)password is set without \(prefix)user") }
      self = .none
    } else {
      if password.isEmpty { throw refusal("\(prefix)user is set without \(prefix)password") }
      self = .user(user, password: password)
    }
  }

  static let tokenWords = "printable ASCII without spaces, at most \(Secret.tokenLimit) bytes"
}
