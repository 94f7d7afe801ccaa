import CEtcdcli

/// What a host gave along with a callback, and how it is disposed of: exactly once, when the callback will not be called
/// again, and not while it is running.
final class UserData {
  private let pointer: UnsafeMutableRawPointer?
  private var destroy: etcdcli_destroy_fn?
  private var running = 0
  private(set) var isReleased = false

  init(_ pointer: UnsafeMutableRawPointer?, _ destroy: etcdcli_destroy_fn?) {
    self.pointer = pointer
    self.destroy = destroy
  }

  /// Runs a callback with it, and with what the callback is told.
  func lend<Info>(_ info: Info, to callback: (UnsafePointer<Info>, UnsafeMutableRawPointer?) -> Void) {
    running += 1
    withUnsafePointer(to: info) { callback($0, pointer) }
    running -= 1
    if isReleased { destroyIfIdle() }
  }

  func release() {
    isReleased = true
    destroyIfIdle()
  }

  private func destroyIfIdle() {
    guard running == 0, let destroy else { return }
    self.destroy = nil
    destroy(pointer)
  }
}
