import Glibc

/// A descriptor that is closed with its last reference.
final class Descriptor: Sendable {
  let rawValue: Int32

  init(owning rawValue: Int32) {
    self.rawValue = rawValue
  }

  deinit {
    close(rawValue)
  }

  /// Never closes it. In a child after `fork` the number may by now name something of the child's own.
  func abandon() {
    _ = Unmanaged.passRetained(self)
  }
}
