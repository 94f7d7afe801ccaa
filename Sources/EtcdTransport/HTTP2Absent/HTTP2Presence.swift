extension HTTPVersion {
  /// Whether the library was built with HTTP/2.
  package static let hasHTTP2 = false
}
