import CSystem
import EtcdTransport
import Glibc
import TestSupport

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
  private let process: ChildProcess?
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
    url = "http://127.0.0.1:\(Loopback.freePort())"
    let peerURL = "http://127.0.0.1:\(Loopback.freePort())"
    process = ChildProcess(
      program,
      [
        "--name", "conformance", "--data-dir", directory + "/data", "--listen-client-urls", url,
        "--advertise-client-urls", url, "--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL,
        "--initial-cluster", "conformance=\(peerURL)",
      ])
    guard process != nil else { throw Problem(text: "\(program) cannot be started") }
    try waitUntilReady()
    dialect = try Self.dialect(of: get("/version"), whichAnswers: get("/v3/nothing"))
  }

  deinit {
    reactor.shutDown()
    process?.kill()
    ChildProcess("rm", ["-rf", directory])?.wait()
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
}
