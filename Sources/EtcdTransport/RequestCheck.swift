/// What is wrong with requests. libcurl copies strings up to the first NUL, and header lines as they are, line breaks
/// included: a value with one would be a header of its own choosing.
package enum RequestCheck {
  static func problem(origin: String, path: String, socketPath: String?) -> String? {
    guard hasSupportedScheme(origin) else { return "the URL is neither http nor https" }
    guard !origin.utf8.holds(0), !path.utf8.holds(0) else { return "the URL contains a NUL" }
    guard socketPath?.utf8.holds(0) != true else { return "the socket's path contains a NUL" }
    return nil
  }

  static func problem(in headers: [(name: String, value: String)]) -> String? {
    for (name, value) in headers {
      guard isToken(name) else { return "a header name is malformed" }
      guard !value.utf8.holds(0), !value.utf8.holds(10), !value.utf8.holds(13) else {
        return "the value of header \(name) contains a line break or NUL"
      }
    }
    return nil
  }

  private static func hasSupportedScheme(_ url: String) -> Bool {
    func has(_ scheme: StaticString) -> Bool {
      // Setting bit 5 makes ASCII letters lower case, and leaves `:` and `/` as they are.
      url.utf8.withBytes { url in
        scheme.withUTF8Buffer { scheme in
          url.count >= scheme.count && scheme.indices.allSatisfy { url[$0] | 0x20 == scheme[$0] }
        }
      }
    }
    return has("http://") || has("https://")
  }

  /// A `token` of RFC 9110.
  package static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.withBytes { name in
        name.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
          case UInt8(ascii: "-"):
            true
          default:
            "!#$%&'*+.^_`|~".utf8.contains(byte)
          }
        }
      }
  }
}
