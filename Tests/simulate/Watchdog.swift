import Glibc

/// Names the seed when the process dies or hangs: what aborts or loops for ever in the core does so here too.
enum Watchdog {
  nonisolated(unsafe) private static var seed: UInt64 = 0

  static func install() {
    for number in [SIGABRT, SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE] {
      signal(number) { number in
        Watchdog.report("crash: the process died")
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    signal(SIGALRM) { _ in
      Watchdog.report("hang: a run did not come to its end")
      _exit(1)
    }
  }

  /// A run takes milliseconds; one that takes this long does not end.
  static func watch(_ seed: UInt64) {
    self.seed = seed
    alarm(60)
  }

  /// Calls nothing that may not be called from a signal handler.
  private static func report(_ text: StaticString) {
    write("FAILED seed ")
    var digits: (UInt64, UInt64) = (seed, 1)
    while digits.0 / digits.1 >= 10 { digits.1 *= 10 }
    while digits.1 > 0 {
      var digit = UInt8(48 + digits.0 / digits.1 % 10)
      _ = Glibc.write(STDOUT_FILENO, &digit, 1)
      digits.1 /= 10
    }
    write("  ")
    write(text)
    write("\n")
  }

  private static func write(_ text: StaticString) {
    _ = Glibc.write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }
}
