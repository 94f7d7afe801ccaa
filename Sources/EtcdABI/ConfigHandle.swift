import CEtcdcli
import EtcdCore
import Glibc

final class ConfigHandle: Handle {
  static let kind = HandleKind.config

  var options = Options()
  var log: LogSink?
  /// For `etcdcli_config_error`.
  private var errorText: UnsafeMutablePointer<CChar>?

  deinit {
    free(errorText)
  }

  var error: UnsafePointer<CChar> {
    errorText.map { UnsafePointer($0) } ?? StaticText.empty
  }

  func refuse(_ message: String) -> CallError {
    free(errorText)
    errorText = strdup(message)
    return CallError(.config, message)
  }
}

/// A host's log, shared by a config and the clusters made from it; disposed of when the last of them goes.
final class LogSink {
  private let callback: etcdcli_log_fn
  private let user: UnsafeMutableRawPointer?
  private let destroy: etcdcli_destroy_fn?

  init(_ callback: @escaping etcdcli_log_fn, _ user: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?) {
    self.callback = callback
    self.user = user
    self.destroy = destroy
  }

  deinit {
    destroy?(user)
  }

  func write(_ line: Cluster.LogLine) {
    line.text.withCString { callback(line.level.rawValue, $0, user) }
  }
}
