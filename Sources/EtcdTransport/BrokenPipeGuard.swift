import CCurl
import CSystem
import Glibc

/// Keeps `SIGPIPE` from the process while libcurl runs, without touching a disposition.
///
/// libcurl sends with `MSG_NOSIGNAL`, but before 7.88 it left TLS to OpenSSL's own socket BIO, which calls `write`; and
/// with `CURLOPT_NOSIGNAL` it leaves the consequences to its user. For such a libcurl the signal is blocked in this
/// thread, and taken back if it came. One that was pending before is the host's, and stays.
enum BrokenPipeGuard {
  /// Whether the libcurl that is loaded, which need not be the one built against, can raise `SIGPIPE` over TLS.
  static let isNeeded: Bool = {
    guard let information = curl_version_info(CURLVERSION_FIRST) else { return true }
    return information.pointee.version_num < 0x075800
  }()

  static func perform<Result>(if isNeeded: Bool, _ body: () -> Result) -> Result {
    guard isNeeded else { return body() }
    var pending = sigset_t()
    sigpending(&pending)
    // Pending means blocked by the host, so one more does no harm; and the two could not be told apart afterwards.
    if sigismember(&pending, SIGPIPE) == 1 { return body() }

    var pipe = sigset_t()
    var previous = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &previous)
    let result = body()
    var none = timespec()
    while sigtimedwait(&pipe, nil, &none) < 0, errno == EINTR {}
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    return result
  }
}
