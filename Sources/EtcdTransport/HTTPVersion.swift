/// How a request travels.
package enum HTTPVersion: Sendable {
  /// HTTP/1.1, by libcurl, on a connection of its own that is kept for later ones.
  case http1
  /// HTTP/2, on a connection that others of the same origin and lane share. Over TLS as the server agrees to it in the
  /// handshake (ALPN), over plain TCP without asking (h2c). Who does not speak it fails the transfer as `.notHTTP2`.
  ///
  /// Nothing is sent twice. A request that the peer has refused, or left out when it closed the connection (GOAWAY), fails as
  /// one that cannot have been acted on. A cancelled one is reset with the end of the turn. A paused one takes in no more
  /// than the window of its lane (`HTTP2Limits`), whatever else is on its connection.
  case http2
}
