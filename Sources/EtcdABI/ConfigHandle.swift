import CEtcdcli
import EtcdCore
import Glibc

final class ConfigHandle: Handle {
  static let kind = HandleKind.config

  var options = Options()
  var log: LogSink?
  /// What the host was told last, as C text.
  private var told: UnsafeMutablePointer<CChar>?

  /// Valid until the next call, and no longer than this.
  func tell(_ value: String) -> UnsafePointer<CChar>? {
    free(told)
    told = strdup(value)
    return UnsafePointer(told)
  }

  deinit {
    free(told)
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

  func write(_ line: Cluster.LogLine, of cluster: OpaquePointer?) {
    line.text.withCString { message in
      let component = StaticText.pointer(to: line.component.name)
      let info = etcdcli_log_info(level: line.level.rawValue, message: message, component: component)
      withUnsafePointer(to: info) {
        callback(cluster, $0, user)
      }
    }
  }
}
