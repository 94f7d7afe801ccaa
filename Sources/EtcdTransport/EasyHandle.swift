import CCurl
import Glibc

/// One of libcurl's easy handles, with everything set that all transfers of a reactor share.
///
/// Handles are used again and again: making one and setting the shared options costs more than a small transfer does
/// otherwise. That is safe because `Transfer` sets every option that differs between transfers, every time.
///
/// The options leave nothing to the environment of the host: no proxy variables, no `.netrc`, no cookies, no HSTS and no
/// alt-svc caches, no redirects.
final class EasyHandle {
  let curl: UnsafeMutableRawPointer
  /// Where libcurl writes what went wrong.
  let errorText: UnsafeMutablePointer<CChar>
  /// By which options of the reactor's it was made, since these may change.
  let generation: Int
  /// Which the callbacks are about, from `Transfer.configure` until libcurl has given it back; it lives longer than that.
  var transfer: Unmanaged<Transfer>?
  /// Whether libcurl calls `Transfer.beforeRequest` each time before it sends a request.
  private(set) var asksBeforeRequests = false
  /// The socket's path that is set.
  private var usedSocket: String?
  /// The proxy that is set.
  private var usedProxy: Proxy?
  /// The URL that is set. Most transfers have that of the one before.
  private var usedURL: (origin: String, path: String)?
  /// The same taken apart, which libcurl would do anew for each transfer: a tenth of what it costs.
  private(set) var parsedURL: OpaquePointer?
  /// The header fields that are set, and libcurl's list of them. Here too.
  private var usedFields: (head: RequestHead, others: [(name: String, value: String)])?
  private var fieldList: UnsafeMutablePointer<curl_slist>?
  /// Whether there is one that is spoken to by TLS.
  private var verifiesProxy = false
  /// Whether its connection may serve others afterwards.
  private var mayBeReused = true
  /// Which certificates are set.
  private var material: UInt64 = 0
  /// The first shared option that libcurl refused: a transfer with this handle would not be what was asked for.
  private(set) var refusal: CURLcode = CURLE_OK

  /// `nil` when memory runs out. `multi` is handed to the socket callbacks, and must outlive every connection.
  init?(options: ReactorOptions, generation: Int = 0, multi: CurlMulti) {
    guard let curl = curl_easy_init() else { return nil }
    self.curl = curl
    self.generation = generation
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setContext()
    setBehaviour(options)
    setConnection(options, multi)
    setTLS(options.tls)
  }

  deinit {
    errorText.deallocate()
    curl_slist_free_all(fieldList)
    curl_url_cleanup(parsedURL)
  }

  /// Frees what libcurl holds. Not in `deinit`: a forked child drops its handles without a call to libcurl.
  func close() {
    curl_easy_cleanup(curl)
  }

  /// Drops the pointers of the last transfer, so that no stale one is left.
  func forget() {
    transfer = nil
    set(CURLOPT_COPYPOSTFIELDS, nil)
    set(CURLOPT_RESOLVE, nil)
    set(CURLOPT_CONNECT_TO, nil)
  }

  /// What the callbacks get.
  private func setContext() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    set(CURLOPT_PRIVATE, context)
    set(CURLOPT_READDATA, context)
    set(CURLOPT_HEADERDATA, context)
    set(CURLOPT_WRITEDATA, context)
    set(CURLOPT_PREREQDATA, context)
    set(CURLOPT_OPENSOCKETDATA, context)
  }

  /// Whom a callback with this context is about.
  static func transfer(of context: UnsafeMutableRawPointer?) -> Transfer? {
    guard let context else { return nil }
    return Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().transfer?.takeUnretainedValue()
  }

  var message: String {
    String(cString: errorText)
  }

  func set(_ option: CURLoption, _ value: Int) {
    note(ccurl_easy_set_long(curl, option, value))
  }

  func set(_ option: CURLoption, _ value: String) {
    note(ccurl_easy_set_string(curl, option, value))
  }

  func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
    note(ccurl_easy_set_pointer(curl, option, value))
  }

  private func setBytes(_ option: CURLoption, _ bytes: [UInt8]?) {
    guard let bytes else { return note(ccurl_easy_set_blob(curl, option, nil, 0)) }
    note(
      bytes.withUnsafeBytes {
        ccurl_easy_set_blob(curl, option, $0.baseAddress ?? UnsafeRawPointer(errorText), $0.count)
      })
  }

  func setBodySize(_ size: Int) {
    note(ccurl_easy_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(size)))
  }

  /// The connection of the transfer that it has is closed with it.
  func forbidReuse() {
    mayBeReused = false
    set(CURLOPT_FORBID_REUSE, 1)
  }

  func allowReuse() {
    guard !mayBeReused else { return }
    mayBeReused = true
    set(CURLOPT_FORBID_REUSE, 0)
  }

  private func note(_ result: CURLcode) {
    if result != CURLE_OK, refusal == CURLE_OK { refusal = result }
  }

  private func setBehaviour(_ options: ReactorOptions) {
    set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText))
    // Also saves four `sigaction` calls per action (field notes).
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    setProxy(options)
    // Credentials in a URL would go out by themselves, and into messages.
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    if !options.userAgent.isEmpty { set(CURLOPT_USERAGENT, options.userAgent) }
    // Only a second fence each: schemes are checked before, and a second resolver thread is waited for without.
    _ = ccurl_easy_allow_only_http(curl)
    _ = ccurl_easy_set_quick_exit(curl)

    note(ccurl_easy_set_bytes_callback(curl, CURLOPT_READFUNCTION, Transfer.takeBody))
    note(ccurl_easy_set_bytes_callback(curl, CURLOPT_HEADERFUNCTION, Transfer.receiveHeader))
    note(ccurl_easy_set_bytes_callback(curl, CURLOPT_WRITEFUNCTION, Transfer.receiveBody))
    // What keeps libcurl from sending a request twice (field notes, 7). From 7.80 on.
    asksBeforeRequests = ccurl_easy_set_before_request(curl, Transfer.beforeRequest) == CURLE_OK
  }

  /// Whether one is used is each transfer's to say (`useProxy`).
  private func setProxy(_ options: ReactorOptions) {
    // What is set keeps `http_proxy` and its kin out, and this `no_proxy`.
    set(CURLOPT_PROXY, "")
    set(CURLOPT_NOPROXY, "")
    guard let proxy = options.proxy else { return }
    if !proxy.user.isEmpty || !proxy.password.isEmpty {
      set(CURLOPT_PROXYUSERNAME, proxy.user)
      set(CURLOPT_PROXYPASSWORD, proxy.password.text)
    }
    // A proxy that is spoken to by TLS is always verified, by the authorities that etcd is: it is told a password too, and
    // whoever doubts etcd's certificates has not said that of the proxy's.
    if proxy.scheme == .https {
      let newest = options.tls.minimum == .tls13
      set(CURLOPT_PROXY_SSLVERSION, Int(newest ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2))
      verifiesProxy = true
    }
    // What the proxy says of the connection is no part of the answer.
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
  }

  /// The proxy that the next transfer goes through, or none.
  func useProxy(_ proxy: Proxy?) {
    guard proxy?.scheme != usedProxy?.scheme else { return }
    usedProxy = proxy
    set(CURLOPT_PROXY, proxy?.url ?? "")
  }

  /// The socket file that the next transfer connects to, or none.
  func useSocket(_ path: String?) {
    guard path != usedSocket else { return }
    usedSocket = path
    if let path {
      set(CURLOPT_UNIX_SOCKET_PATH, path)
    } else {
      set(CURLOPT_UNIX_SOCKET_PATH, nil)
    }
  }

  func useURL(_ origin: String, _ path: String) {
    if let usedURL, usedURL == (origin, path) { return }
    let url = origin + path
    let parsed = Self.parse(url, origin)
    // In this order: newer versions forget the text with what is taken apart, also with nothing. Without that, because
    // memory ran out or libcurl has something to complain of, it takes the text apart itself.
    set(CURLOPT_CURLU, parsed.map { UnsafeMutableRawPointer($0) })
    set(CURLOPT_URL, url)
    curl_url_cleanup(exchange(&parsedURL, with: parsed))
    usedURL = parsed == nil ? nil : (origin, path)
  }

  /// `nil` also for an address with a zone, which libcurl before 8.3 loses when it copies what is taken apart.
  private static func parse(_ url: String, _ origin: String) -> OpaquePointer? {
    guard !origin.utf8.contains(UInt8(ascii: "%")), let parsed = curl_url() else { return nil }
    if curl_url_set(parsed, CURLUPART_URL, url, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK { return parsed }
    curl_url_cleanup(parsed)
    return nil
  }

  /// The header fields that the next transfer sends. Returns false when memory runs out.
  func useFields(
    _ head: RequestHead, _ own: [(name: String, value: String)], _ more: [(name: String, value: String)]
  ) -> Bool {
    let others = more.isEmpty ? own : own + more
    if let usedFields, usedFields.head === head, usedFields.others.elementsEqual(others, by: ==) { return true }
    // "Expect:", or libcurl asks for "100 Continue" before larger bodies, and loses a round trip or a second.
    var list = curl_slist_append(nil, "Expect:")
    for (name, value) in head.headers + others {
      // A name without a value has its own spelling; with a colon it would mean "leave this header out".
      guard list != nil, let longer = curl_slist_append(list, value.isEmpty ? "\(name);" : "\(name): \(value)") else {
        curl_slist_free_all(list)
        return false
      }
      list = longer
    }
    guard let list else { return false }
    set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(list))
    curl_slist_free_all(fieldList)
    (fieldList, usedFields) = (list, (head, others))
    return true
  }

  /// The address that its connection went to; empty if there was none.
  var peerAddress: String {
    var address: UnsafePointer<CChar>?
    guard ccurl_easy_get_string(curl, CURLINFO_PRIMARY_IP, &address) == CURLE_OK, let address else { return "" }
    return String(cString: address)
  }

  private func setConnection(_ options: ReactorOptions, _ multi: CurlMulti) {
    set(CURLOPT_TCP_NODELAY, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_TCP_KEEPIDLE, options.keepaliveIdle)
    set(CURLOPT_TCP_KEEPINTVL, options.keepaliveInterval)
    // Without the prefix libcurl would take a name for one that a name server may know.
    if !options.interface.isEmpty {
      set(CURLOPT_INTERFACE, (IPAddress(options.interface) == nil ? "if!" : "host!") + options.interface)
    }
    // What libcurl has no options for is set on the socket itself.
    let context = Unmanaged.passUnretained(multi).toOpaque()
    note(ccurl_easy_set_open_socket(curl, Transfer.openSocket))
    note(ccurl_easy_set_socket_made(curl, CurlMulti.socketMade, context))
    note(ccurl_easy_set_close_socket(curl, CurlMulti.closeSocket, context))
  }

  private func setTLS(_ tls: ReactorOptions.TLS) {
    set(CURLOPT_SSLVERSION, Int(tls.minimum == .tls13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_SSL_VERIFYPEER, tls.verifiesPeer ? 1 : 0)
    set(CURLOPT_SSL_VERIFYHOST, tls.verifiesHost ? 2 : 0)
    // Also where there is none: of a key in memory that wants one, libcurl would take the length of nothing, and crash.
    set(CURLOPT_KEYPASSWD, tls.keyPassword.text)
    let (old, new) = Self.ciphers(tls.ciphers)
    if !old.isEmpty { set(CURLOPT_SSL_CIPHER_LIST, old) }
    if !new.isEmpty { set(CURLOPT_TLS13_CIPHERS, new) }
    setAuthorities(tls)
    // Parsing the system's certificates takes milliseconds of the host's time, so not for every handshake; but the
    // default, a day, is long for a process that lives for months while certificates are renewed under it.
    _ = ccurl_easy_set_ca_cache_seconds(curl, 600)
  }

  /// libcurl trusts a file and a directory of the system's by default, each until something else is set in its place:
  /// with authorities of one's own neither may be left. Nor is the directory needed beside the file; with it libcurl
  /// keeps nothing of what it has parsed.
  private func setAuthorities(_ tls: ReactorOptions.TLS) {
    let hasOwn = tls.caFile != nil || tls.caDirectory != nil || tls.caPEM != nil
    if hasOwn { set(CURLOPT_CAINFO, nil) }
    if hasOwn || Self.systemHasFile { set(CURLOPT_CAPATH, nil) }
    guard verifiesProxy else { return }
    if hasOwn { set(CURLOPT_PROXY_CAINFO, nil) }
    if hasOwn || Self.systemHasFile { set(CURLOPT_PROXY_CAPATH, nil) }
  }

  private static let systemHasFile: Bool = {
    guard let information = curl_version_info(CURLVERSION_ELEVENTH) else { return false }
    return information.pointee.age.rawValue >= CURLVERSION_SEVENTH.rawValue && information.pointee.cainfo != nil
  }()

  /// Those of TLS 1.3 are an option of their own.
  static func ciphers(_ list: String) -> (old: String, new: String) {
    let names = list.split(separator: ":")
    let isNew = { (name: Substring) in name.hasPrefix("TLS_AES_") || name.hasPrefix("TLS_CHACHA20_") }
    return (names.filter { !isNew($0) }.joined(separator: ":"), names.filter(isNew).joined(separator: ":"))
  }

  /// Sets the certificates and the key that connections are made with, unless these are set.
  func use(_ current: TLSMaterial.Current) {
    guard material != current.serial else { return }
    material = current.serial
    setBytes(CURLOPT_CAINFO_BLOB, current.ca)
    if let directory = current.caDirectory { set(CURLOPT_CAPATH, directory) }
    if verifiesProxy {
      setBytes(CURLOPT_PROXY_CAINFO_BLOB, current.ca)
      if let directory = current.caDirectory { set(CURLOPT_PROXY_CAPATH, directory) }
    }
    setBytes(CURLOPT_SSLCERT_BLOB, current.cert)
    setBytes(CURLOPT_SSLKEY_BLOB, current.key.map { Array($0.text.utf8) })
  }
}
