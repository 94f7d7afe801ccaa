import CSystem
import EtcdTransport
import Glibc

@testable import EtcdSimulator

/// A real etcd of one member, on loopback, with a directory of its own; gone when this is.
final class RealServer: ConformanceServer {
  struct Problem: Error {
    let text: String
  }

  let url: String
  /// How it is to be expected to answer.
  private(set) var dialect = Dialect.etcd34
  private let directory: String
  private let process: pid_t
  private let reactor: Reactor

  /// The program that the environment names, if it does.
  static func program(_ variable: String) -> String? {
    guard let value = getenv(variable), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  init(_ program: String) throws {
    reactor = try Reactor(options: ReactorOptions())
    let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(root)/etcdconformance.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Problem(text: "there is no temporary directory") }
    directory = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    url = "http://127.0.0.1:\(Self.freePort())"
    let peerURL = "http://127.0.0.1:\(Self.freePort())"
    process = Self.spawn([
      program, "--name", "conformance", "--data-dir", directory + "/data", "--listen-client-urls", url,
      "--advertise-client-urls", url, "--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL,
      "--initial-cluster", "conformance=\(peerURL)",
    ])
    guard process > 0 else {
      removeDirectory()
      throw Problem(text: "\(program) cannot be started")
    }
    try waitUntilReady()
    dialect = try Self.dialect(of: get("/version"), whichAnswers: get("/v3/nothing"))
  }

  deinit {
    reactor.shutDown()
    if process > 0 {
      kill(process, SIGKILL)
      var status: Int32 = 0
      waitpid(process, &status, 0)
      removeDirectory()
    }
  }

  var transport: any Transport { reactor }

  func wait(until condition: () -> Bool, _ handle: (TransferID, TransferEvent) -> Void) -> Bool {
    let end = reactor.now + .seconds(20)
    while !condition() {
      let left = (end - reactor.now).components
      guard left.seconds >= 0, left.attoseconds >= 0 else { return false }
      reactor.endTurn()
      var descriptor = pollfd(fd: reactor.fileDescriptor, events: Int16(POLLIN), revents: 0)
      poll(&descriptor, 1, 1000)
      if descriptor.revents != 0 { reactor.run(handle) }
    }
    return true
  }

  func enableAuthentication(_ session: ConformanceSession) throws {
    try session.post("auth/user/add", #"{"name":"root","password":"secret"}"#)
    try session.post("auth/role/add", #"{"name":"root"}"#)
    try session.post("auth/user/grant", #"{"user":"root","role":"root"}"#)
    try session.post("auth/enable", "{}")
  }

  // MARK: What it is

  /// The gateway is told by what it answers to a path that does not exist: its library does not go with the version.
  private static func dialect(of version: [UInt8], whichAnswers notFound: [UInt8]) throws -> Dialect {
    let text = JSONValue(parsing: version)?["etcdserver"]?.text ?? ""
    let numbers = text.split(separator: ".").compactMap { Int($0) }
    guard numbers.count == 3, numbers[0] == 3 else { throw Problem(text: "no version of etcd: \(text)") }
    let isNewest = JSONValue(parsing: notFound)?["code"] != nil
    switch numbers[1] {
    case 4: return Dialect(version: .etcd3423, gateway: isNewest ? .ofEtcd36 : .ofEtcd34)
    case 5:
      let version: Dialect.Version = numbers[2] < 16 ? .etcd351 : numbers[2] < 28 ? .etcd3516 : .etcd3530
      return Dialect(version: version, gateway: isNewest ? .ofEtcd36 : .ofEtcd35)
    default: return Dialect(version: .etcd3614, gateway: .ofEtcd36)
    }
  }

  private func get(_ path: String) throws -> [UInt8] {
    let request = TransferRequest(
      method: .get, url: url + path, answer: .whole(limit: 1 << 20), connectTimeout: .seconds(1), timeout: .seconds(5))
    _ = reactor.start(request)
    var answer: [UInt8]?
    _ = wait(
      until: { answer != nil },
      { _, event in
        switch event {
        case .completed(_, let body, _): answer = body
        case .failed: answer = []
        case .opened, .received: break
        }
      })
    guard let answer, !answer.isEmpty else { throw Problem(text: "no answer to \(path)") }
    return answer
  }

  // MARK: The process

  /// It is ready when it answers a read, for which it has to have been elected.
  private func waitUntilReady() throws {
    let end = reactor.now + .seconds(30)
    var isReady = false
    while !isReady {
      guard reactor.now < end else { throw Problem(text: "etcd was not ready in time") }
      var hasEnded = false
      _ = reactor.start(
        TransferRequest(
          url: url + "/v3/kv/range", body: Array(#"{"key":"YQ=="}"#.utf8), answer: .whole(limit: 1 << 20),
          connectTimeout: .seconds(1), timeout: .seconds(2)))
      _ = wait(
        until: { hasEnded },
        { _, event in
          hasEnded = true
          if case .completed(status: 200, _, _) = event { isReady = true }
        })
      // A connection is refused at once while the process is starting.
      if !isReady { poll(nil, 0, 20) }
    }
  }

  /// Tells a port that was free a moment ago.
  private static func freePort() -> UInt16 {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        _ = bind(listener, pointer, length)
        _ = getsockname(listener, pointer, &length)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Starts a program without input and output. Returns 0 if that is not possible.
  private static func spawn(_ words: [String]) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in STDIN_FILENO...STDERR_FILENO {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var id: pid_t = 0
    return posix_spawnp(&id, words[0], &actions, nil, &arguments, environ) == 0 ? id : 0
  }

  private func removeDirectory() {
    let id = Self.spawn(["rm", "-rf", directory])
    var status: Int32 = 0
    if id > 0 { waitpid(id, &status, 0) }
  }
}
