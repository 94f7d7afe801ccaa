import TestSupport

/// What a proxy between client and member says in etcd's place: under its own status, in its own words.
struct ProxyAnswer {
  let status: Int
  let body: [UInt8]

  /// Proxies that could not, would not or had no more time to wait; and a gateway, or another server, that has nothing
  /// under the path. What can only be said by who has not passed the request on is said by such a one alone.
  static func draw(passedOn: Bool, _ random: inout SeededRandom) -> ProxyAnswer {
    random.pick(passedOn ? afterPassingOn : afterPassingOn + insteadOfPassingOn)
  }

  private static let afterPassingOn = [500, 502, 503, 504, 408, 409, 425, 429, 460, 499].map { page($0) }
  private static let insteadOfPassingOn =
    [401, 403, 404, 405, 407, 413].map { page($0) }
    // The code is the one that etcd has for a lease that does not exist.
    + [ProxyAnswer(status: 404, body: Array("{\"code\":5,\"message\":\"Not Found\",\"details\":[]}".utf8))]

  private static func page(_ status: Int) -> ProxyAnswer {
    ProxyAnswer(status: status, body: Array("<html>\(status): a proxy's word</html>".utf8))
  }

  /// Whether an error's text is one of these.
  static func isQuoted(in message: String) -> Bool {
    message.contains("a proxy's word") || message == "Not Found"
  }
}
