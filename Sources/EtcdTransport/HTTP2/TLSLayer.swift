import COpenSSL

/// TLS on a connection, as bytes in and bytes out: it knows of no sockets, so nothing of it can raise a signal.
final class TLSLayer {
  enum Failure: Error {
    /// The peer speaks TLS, but no HTTP/2 in it.
    case notHTTP2
    case handshake(String)
    /// After the handshake.
    case broken(String)
  }

  private let context: TLSContext
  private let handle: OpaquePointer
  private let input: OpaquePointer
  private let output: OpaquePointer
  private let name: String
  private let isAddress: Bool
  private let checksAfterwards: Bool
  private(set) var isUp = false
  /// The peer has said that nothing follows.
  private(set) var hasEnded = false

  /// `nil` when memory runs out.
  init?(
    _ context: TLSContext, _ name: String, isAddress: Bool, checksAfterwards: Bool,
    _ configure: (OpaquePointer) -> Bool
  ) {
    var input: OpaquePointer?
    var output: OpaquePointer?
    guard let handle = copenssl_connection(context.handle, &input, &output) else { return nil }
    guard let input, let output, configure(handle) else {
      SSL_free(handle)
      return nil
    }
    (self.handle, self.input, self.output, self.context) = (handle, input, output, context)
    (self.name, self.isAddress, self.checksAfterwards) = (name, isAddress, checksAfterwards)
  }

  deinit {
    SSL_free(handle)
  }

  /// Takes what the peer has sent, encrypted.
  func feed(_ bytes: UnsafeRawBufferPointer) {
    BIO_write(input, bytes.baseAddress, Int32(clamping: bytes.count))
  }

  /// Goes on with the handshake. `wantsHTTP2`: the peer has to have agreed to it.
  func shakeHands(wantsHTTP2: Bool) throws(Failure) {
    guard !isUp else { return }
    ERR_clear_error()
    let result = SSL_do_handshake(handle)
    guard result == 1 else {
      let error = SSL_get_error(handle, result)
      guard error != SSL_ERROR_WANT_READ, error != SSL_ERROR_WANT_WRITE else { return }
      throw failure()
    }
    guard !checksAfterwards || copenssl_is_for(handle, name, isAddress ? 1 : 0) == 1 else {
      throw .handshake("the server's certificate is not for \(name)")
    }
    guard !wantsHTTP2 || copenssl_agreed_on_h2(handle) == 1 else { throw .notHTTP2 }
    isUp = true
  }

  private func failure() -> Failure {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    if ERR_GET_REASON(code) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL { return .notHTTP2 }
    let verdict = SSL_get_verify_result(handle)
    if verdict != X509_V_OK, let text = X509_verify_cert_error_string(verdict) {
      return .handshake("the server's certificate was not accepted: \(String(cString: text))")
    }
    let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "the peer speaks no TLS"
    return .handshake("the TLS handshake failed: \(text)")
  }

  /// Decrypts what is there, as much as has room. Returns how much it was.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    ERR_clear_error()
    let count = SSL_read(handle, buffer.baseAddress, Int32(clamping: buffer.count))
    if count > 0 { return Int(count) }
    switch SSL_get_error(handle, count) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return 0
    case SSL_ERROR_ZERO_RETURN:
      hasEnded = true
      return 0
    default: throw .broken(TLSContext.reason("TLS failed"))
    }
  }

  /// Encrypts bytes for the peer. They are in `takeOutput` then.
  func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    ERR_clear_error()
    try check(SSL_write(handle, bytes.baseAddress, Int32(clamping: bytes.count)), bytes.count)
  }

  func write(_ bytes: [UInt8]) throws(Failure) {
    ERR_clear_error()
    try check(SSL_write(handle, bytes, Int32(clamping: bytes.count)), bytes.count)
  }

  /// To memory all of it is written.
  private func check(_ written: Int32, _ count: Int) throws(Failure) {
    guard Int(written) == count else { throw .broken(TLSContext.reason("TLS failed")) }
  }

  /// Says good-bye.
  func close() {
    guard isUp else { return }
    ERR_clear_error()
    SSL_shutdown(handle)
    ERR_clear_error()
  }

  /// Moves what the peer is to get to the end of `bytes`.
  func takeOutput(_ bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 1) { room in
      while true {
        let count = BIO_read(output, room.baseAddress, Int32(clamping: room.count))
        guard count > 0 else { return }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<Int(count)]))
      }
    }
  }
}
