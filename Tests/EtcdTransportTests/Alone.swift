import CSystem
import Glibc

/// A process with one thread and nothing else going on in it.
///
/// The process of an exit test is not quite that: it has threads, and descriptors, of the test library's own. They are at
/// rest, so that it may fork.
enum Alone {
  /// Runs `body` in a child, and exits as the child did.
  static func run(_ body: () throws -> Void) -> Never {
    let child = csystem_fork()
    if child == 0 {
      do { try body() } catch { _exit(255) }
      _exit(0)
    }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    let signal = status & 0x7f
    exit(signal == 0 ? (status >> 8) & 0xff : 254)
  }

  /// How many checks were made in this process.
  private nonisolated(unsafe) static var checks: Int32 = 0

  /// Ends the child unless the condition holds, with the check's number as its exit code: the first made is 1.
  static func check(_ condition: Bool) {
    checks += 1
    if !condition { _exit(min(checks, 253)) }
  }
}
