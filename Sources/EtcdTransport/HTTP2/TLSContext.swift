import CCurl
import COpenSSL

/// What all connections by TLS share that were made with the same certificates and options.
final class TLSContext {
  enum Problem: Error {
    /// The authorities, the client's certificate or its key: as libcurl's CURLE_SSL_CERTPROBLEM, which another state of
    /// the files may cure.
    case material(String)
    case other(String)

    var message: String {
      switch self {
      case .material(let text), .other(let text): text
      }
    }
  }

  let handle: OpaquePointer
  let material: UInt64
  let madeAt: Instant
  private let verifiesPeer: Bool
  private let verifiesHost: Bool

  /// `isForProxy`: a proxy is always verified, and not shown the client's certificate.
  init(_ options: ReactorOptions.TLS, _ current: TLSMaterial.Current, isForProxy: Bool, now: Instant)
    throws(Problem)
  {
    verifiesPeer = options.verifiesPeer || isForProxy
    verifiesHost = options.verifiesHost || isForProxy
    ERR_clear_error()
    guard let handle = copenssl_context(options.minimum == .tls13 ? 1 : 0, verifiesPeer ? 1 : 0) else {
      throw .other(Self.reason("TLS could not be set up"))
    }
    self.handle = handle
    material = current.serial
    madeAt = now
    if !isForProxy { try useCiphers(options.ciphers) }
    try trust(current)
    if !isForProxy { try use(current, password: options.keyPassword) }
  }

  deinit {
    SSL_CTX_free(handle)
  }

  private func useCiphers(_ list: String) throws(Problem) {
    let (old, new) = EasyHandle.ciphers(list)
    if !old.isEmpty, SSL_CTX_set_cipher_list(handle, old) != 1 { throw .other(Self.reason("no such cipher")) }
    if !new.isEmpty, SSL_CTX_set_ciphersuites(handle, new) != 1 { throw .other(Self.reason("no such cipher")) }
  }

  private func trust(_ current: TLSMaterial.Current) throws(Problem) {
    if current.ca == nil, current.caDirectory == nil { return trustSystem() }
    if let ca = current.ca, ca.withUnsafeBytes({ copenssl_trust(handle, $0.baseAddress, $0.count) }) == 0 {
      throw .material(Self.reason("no certificate of an authority could be read"))
    }
    if let directory = current.caDirectory { SSL_CTX_load_verify_locations(handle, nil, directory) }
    // What ended the text is no error.
    ERR_clear_error()
  }

  /// The same that libcurl trusts, whatever the environment says.
  private func trustSystem() {
    var (file, directory): (String?, String?)
    if let information = curl_version_info(CURLVERSION_ELEVENTH),
      information.pointee.age.rawValue >= CURLVERSION_SEVENTH.rawValue
    {
      file = information.pointee.cainfo.map { String(cString: $0) }
      directory = information.pointee.capath.map { String(cString: $0) }
    }
    if let file { SSL_CTX_load_verify_locations(handle, file, nil) } else if let directory {
      SSL_CTX_load_verify_locations(handle, nil, directory)
    }
    ERR_clear_error()
  }

  private func use(_ current: TLSMaterial.Current, password: Secret) throws(Problem) {
    guard let cert = current.cert else { return }
    guard cert.withUnsafeBytes({ copenssl_use_certificates(handle, $0.baseAddress, $0.count) }) == 1 else {
      throw .material(Self.reason("the client's certificate could not be read"))
    }
    // As with libcurl, a key that is not given may be with the certificate.
    let key = current.key.map { Array($0.text.utf8) } ?? cert
    let isUsable = key.withUnsafeBytes { key in
      password.text.withCString {
        copenssl_use_key(handle, key.baseAddress, key.count, $0, Int32(clamping: password.text.utf8.count))
      }
    }
    ERR_clear_error()
    // What OpenSSL says of a key may quote it.
    guard isUsable == 1 else {
      throw .material("the client's key could not be read, or belongs to another certificate")
    }
  }

  /// A connection to a server of this name or address; `nil` when memory runs out.
  func connect(to host: String) -> TLSLayer? {
    let isAddress = IPAddress(host) != nil
    // A dot at the end is no part of the name that a certificate has.
    let name = !isAddress && host.utf8.last == UInt8(ascii: ".") ? String(host.dropLast()) : host
    return TLSLayer(self, name, isAddress: isAddress, checksAfterwards: verifiesHost && !verifiesPeer) { handle in
      guard isAddress || copenssl_ask_for(handle, name) == 1 else { return false }
      return !verifiesHost || !verifiesPeer || copenssl_expect(handle, name, isAddress ? 1 : 0) == 1
    }
  }

  /// The first of OpenSSL's reasons.
  static func reason(_ what: String) -> String {
    let code = ERR_peek_error()
    ERR_clear_error()
    guard code != 0, let text = ERR_reason_error_string(code) else { return what }
    return "\(what): \(String(cString: text))"
  }
}
