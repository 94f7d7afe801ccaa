/// How a request travels.
///
/// What at-most-once costs over HTTP/2: libcurl repeats by itself what a server has refused (REFUSED_STREAM, or a GOAWAY
/// that names an earlier stream), although the protocol says that it was never begun, and does not tell the one from the
/// other. The reactor lets nothing be repeated whose body may have left, so such a POST fails, and counts as sent.
///
/// A peer learns that a transfer was cancelled with the next bytes that libcurl sends on its connection.
///
/// Pausing a transfer over HTTP/2 holds its bytes here, and not the peer, until libcurl's window is full, which is 32 MiB
/// for each stream in 7.88 and cannot be set: other transfers use the same socket, which therefore is read on.
package enum HTTPVersion: Sendable {
  /// HTTP/1.1, on a connection of its own that is kept for later ones.
  case http1
  /// HTTP/2, on a connection that others of the same origin and lane share. Over TLS as the server agrees to it in the
  /// handshake (ALPN), over plain TCP without asking (h2c). Who does not speak it fails the transfer as `.notHTTP2`.
  case http2
}
