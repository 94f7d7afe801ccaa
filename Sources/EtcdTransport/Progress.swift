import CCurl
import Glibc

/// How far a transfer had come when it ended, and so what its end means.
struct Progress {
  /// The peer's machine answered that nobody listens.
  var wasRefused: Bool
  /// A connection was there, its TLS handshake included.
  var wasConnected: Bool
  /// Some of the request was handed to the kernel.
  var requestWasSent: Bool
  var bodyMayHaveBeenSent: Bool

  init(_ easy: EasyHandle, transfer: Transfer) {
    var ready: curl_off_t = 0
    var systemCode = 0
    ccurl_easy_get_long(easy.curl, CURLINFO_OS_ERRNO, &systemCode)
    wasRefused = systemCode == Int(ECONNREFUSED)
    // Before that, what libcurl would tell may be of the transfer that used the handle before.
    if transfer.requestsBegun > 0 || !easy.asksBeforeRequests {
      ccurl_easy_get_offset(easy.curl, CURLINFO_PRETRANSFER_TIME_T, &ready)
      requestWasSent = easy.requestWasSent
    } else {
      requestWasSent = false
    }
    bodyMayHaveBeenSent = transfer.bodyMayHaveBeenSent(requestWasSent: requestWasSent)
    wasConnected = ready > 0 || requestWasSent || bodyMayHaveBeenSent
  }

  func failure(_ kind: TransferFailure.Kind, _ code: CURLcode, _ message: String) -> TransferFailure {
    TransferFailure(
      kind: kind, bodyMayHaveBeenSent: bodyMayHaveBeenSent, curlCode: Int32(bitPattern: code.rawValue),
      message: message)
  }

  /// What libcurl's codes mean for whoever wants to know what to do next.
  func kind(of code: CURLcode) -> TransferFailure.Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      .resolve
    case CURLE_COULDNT_CONNECT:
      wasRefused ? .refused : .connect
    case CURLE_INTERFACE_FAILED:
      .connect
    case CURLE_OPERATION_TIMEDOUT:
      wasConnected ? .timeout : .connect
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN, CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY,
      CURLE_LOGIN_DENIED, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION:
      // The first also stands for an answer in HTTP/0.9.
      requestWasSent ? .broken : .invalid
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
      wasConnected ? .broken : .tls
    default:
      .broken
    }
  }
}

extension EasyHandle {
  /// Whether any byte of the current request was handed to the kernel, in whichever attempt.
  var requestWasSent: Bool {
    var bytes = 0
    ccurl_easy_get_long(curl, CURLINFO_REQUEST_SIZE, &bytes)
    return bytes > 0
  }
}
