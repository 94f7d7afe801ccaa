import Glibc

/// Certificates made with `openssl` for the life of the test process, in a directory of their own.
struct Certificates {
  static let shared = Certificates()

  let directory: String

  /// Signs the others.
  var authority: String { directory + "/ca.pem" }
  /// One that signed nothing.
  var stranger: String { directory + "/stranger.pem" }
  /// For the address 127.0.0.1 only.
  var server: String { directory + "/server.pem" }
  var serverKey: String { directory + "/server.key" }
  var client: String { directory + "/client.pem" }
  var clientKey: String { directory + "/client.key" }

  private init() {
    var template = Array("/tmp/etcdtransport.XXXXXX".utf8CString)
    directory =
      mkdtemp(&template) == nil ? "/tmp" : String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    atexit {
      for name in ["ca", "stranger", "server", "client"] {
        for ending in ["pem", "key"] { unlink("\(Certificates.shared.directory)/\(name).\(ending)") }
      }
      rmdir(Certificates.shared.directory)
    }
    make("ca", [])
    make("stranger", [])
    let signed = ["-CA", authority, "-CAkey", directory + "/ca.key"]
    make("server", signed + ["-addext", "subjectAltName=IP:127.0.0.1"])
    make("client", signed)
  }

  private func make(_ name: String, _ options: [String]) {
    let arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
      "/CN=\(name)", "-keyout", "\(directory)/\(name).key", "-out", "\(directory)/\(name).pem",
    ]
    guard let process = ChildProcess("openssl", arguments + options, input: nil, output: nil) else { return }
    process.wait()
  }
}

/// A program, started with the given descriptors as its standard input and output; without, with `/dev/null`.
final class ChildProcess {
  let id: pid_t

  init?(_ program: String, _ arguments: [String], input: Int32?, output: Int32?) {
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

  func kill() {
    Glibc.kill(id, SIGKILL)
    wait()
  }

  func wait() {
    var status: Int32 = 0
    waitpid(id, &status, 0)
  }
}
