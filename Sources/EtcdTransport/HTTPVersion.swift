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
  /// Over TLS, HTTP/2 if the server agrees to it in the handshake (ALPN), on a connection that others share. If not, and
  /// over plain TCP, as `http1`.
  case http2
  /// HTTP/2 without asking: for servers that are known to speak it over plain TCP (h2c). Over TLS as `http2`.
  ///
  /// Before libcurl 8.0 each of these opens a connection of its own, and closes it at its end: libcurl would begin
  /// HTTP/2 anew on one that speaks it already (field notes, 7).
  case http2WithPriorKnowledge
}
