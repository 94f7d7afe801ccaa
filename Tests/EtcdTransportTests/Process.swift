import CSystem
import Glibc

@testable import EtcdTransport

/// What the kernel knows of this process. Tests run in parallel in one process, so these are for serialized suites that
/// run in a child of their own, or for comparing what a test can tell to be its own.
enum OpenDescriptors {
  static var all: Set<Int32> {
    Set((0..<1024).filter { fcntl($0, F_GETFD) >= 0 })
  }
}
