/// What the requests to one place have in common: whom they ask, for what, and the header fields of all of them. Looked at
/// once, and known again by being the same object.
package final class RequestHead: Sendable {
  package enum Method: Sendable {
    case get
    case post
  }

  package let method: Method
  /// Scheme, host and port: `http://host:1`, or the same with `https`. Anything else fails as `.invalid`.
  package let origin: String
  /// What follows them in the URL.
  package let path: String
  /// A socket of this machine's that is connected to in place of the URL's host; `nil` for none.
  package let socketPath: String?
  /// Names and values as they go on the wire, without line breaks.
  package let headers: [(name: String, value: String)]
  /// What is wrong with it, if anything.
  let problem: String?

  package init(
    method: Method = .post, origin: String, path: String, socketPath: String? = nil,
    headers: [(name: String, value: String)] = []
  ) {
    self.method = method
    self.origin = origin
    self.path = path
    self.socketPath = socketPath
    self.headers = headers
    problem =
      RequestCheck.problem(origin: origin, path: path, socketPath: socketPath) ?? RequestCheck.problem(in: headers)
  }

  /// With a URL that is taken apart.
  package convenience init(
    method: Method = .post, url: String, socketPath: String? = nil, headers: [(name: String, value: String)] = []
  ) {
    let pathStart = url.utf8.withBytes { url in
      let scheme = url.count > 5 && url[4] | 0x20 == UInt8(ascii: "s") ? 8 : 7
      let end = url.dropFirst(scheme).firstIndex {
        $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
      }
      return end ?? url.count
    }
    let index = url.utf8.index(url.startIndex, offsetBy: pathStart)
    self.init(
      method: method, origin: String(url[..<index]), path: String(url[index...]), socketPath: socketPath,
      headers: headers)
  }

  package var url: String { origin + path }
}
