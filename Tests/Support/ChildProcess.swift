import Glibc

/// A program, started with the given descriptors as its standard input and output; without, with `/dev/null`.
package final class ChildProcess {
  private let id: pid_t

  package init?(_ program: String, _ arguments: [String], input: Int32? = nil, output: Int32? = nil) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [(STDIN_FILENO, input), (STDOUT_FILENO, output), (STDERR_FILENO, nil)] {
      if let source {
        posix_spawn_file_actions_adddup2(&actions, source, target)
      } else {
        posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
      }
    }
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var id: pid_t = 0
    guard posix_spawnp(&id, program, &actions, nil, &words, environ) == 0 else { return nil }
    self.id = id
  }

  package func kill() {
    Glibc.kill(id, SIGKILL)
    wait()
  }

  package func wait() {
    var status: Int32 = 0
    waitpid(id, &status, 0)
  }
}
