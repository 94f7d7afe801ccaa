import CSystem
import Glibc
import TestSupport

/// An HTTP server on loopback, without a thread: it does what is ready each time `step` is called, so that a test decides
/// in which order client and server act.
final class TestServer: Peer {
  struct Request {
    var head: String
    var body: [UInt8]
  }

  final class Connection {
    let socket: Int32
    /// The bytes that no request has been made of.
    var input: [UInt8] = []
    private(set) var output: [UInt8] = []
    private var sent = 0
    private(set) var isClosed = false
    fileprivate(set) var peerHasClosed = false
    var readsRequests = true
    var closesWhenSent = false
    /// How many bytes the client's side has taken.
    private(set) var bytesSent = 0

    init(socket: Int32) {
      self.socket = socket
    }

    /// Lets the kernel take so many bytes before the client reads any.
    func makeRoom(for bytes: Int) {
      var size = Int32(clamping: bytes)
      setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    func send(_ bytes: some Sequence<UInt8>) {
      output.append(contentsOf: bytes)
      flush()
    }

    func send(_ text: String) {
      send(text.utf8)
    }

    func answer(_ body: some Collection<UInt8>, status: String = "200 OK", headers: String = "") {
      send(Array("HTTP/1.1 \(status)\r\nContent-Length: \(body.count)\r\n\(headers)\r\n".utf8) + body)
    }

    func answer(_ body: String, status: String = "200 OK", headers: String = "") {
      answer(Array(body.utf8), status: status, headers: headers)
    }

    func chunk(_ bytes: some Collection<UInt8>) {
      send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
    }

    func beginChunks(status: String = "200 OK") {
      send("HTTP/1.1 \(status)\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    func endChunks() {
      send("0\r\n\r\n")
    }

    var wantsToWrite: Bool { sent < output.count && !isClosed }

    func flush() {
      while wantsToWrite {
        let count = output.withUnsafeBytes { bytes in
          Glibc.send(socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 {
          if errno != EAGAIN { close() }
          break
        }
        sent += count
        bytesSent += count
      }
      if sent == output.count {
        output.removeAll(keepingCapacity: true)
        sent = 0
        if closesWhenSent { close() }
      }
    }

    func close() {
      guard !isClosed else { return }
      isClosed = true
      Glibc.close(socket)
    }

    /// Closes with a RST.
    func reset() {
      var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
      close()
    }

    /// Reads what is there; returns whether anything was.
    fileprivate func receive() -> Bool {
      guard !isClosed else { return false }
      var buffer = [UInt8](repeating: 0, count: 65536)
      var didSomething = false
      while true {
        let count = recv(socket, &buffer, buffer.count, 0)
        if count > 0 {
          input.append(contentsOf: buffer[..<count])
          didSomething = true
        } else {
          if count == 0 || errno != EAGAIN { peerHasClosed = true }
          return didSomething
        }
      }
    }

    fileprivate func nextRequest() -> Request? {
      guard readsRequests, !isClosed, let end = input.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
      let head = String(decoding: input[..<end.lowerBound], as: UTF8.self)
      var length = 0
      for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
        length = line.split(separator: ":").last.flatMap { Int($0.filter { $0 != " " }) } ?? 0
      }
      guard input.count - end.upperBound >= length else { return nil }
      let body = Array(input[end.upperBound..<end.upperBound + length])
      input.removeSubrange(..<(end.upperBound + length))
      return Request(head: head, body: body)
    }
  }

  let listener: Int32
  let port: UInt16
  private(set) var connections: [Connection] = []
  private(set) var requests: [Request] = []
  var accepts = true
  /// For servers that speak something else: called with what has arrived, before requests are looked for.
  var whenReceived: ((Connection) -> Void)?
  /// Sent to whatever arrives, before anything is read.
  var greeting = ""
  private let respond: (Connection, Request) -> Void

  init(backlog: Int32 = 128, _ respond: @escaping (Connection, Request) -> Void = { _, _ in }) {
    (listener, port) = Loopback.listen(backlog: backlog)
    self.respond = respond
  }

  /// Serves whoever connects to a socket that listens already.
  init(listener: Int32, _ respond: @escaping (Connection, Request) -> Void) {
    (self.listener, port) = (listener, 0)
    self.respond = respond
  }

  /// Serves one connection that exists already, and accepts no others.
  init(connection: Int32, _ respond: @escaping (Connection, Request) -> Void) {
    listener = -1
    port = 0
    accepts = false
    connections = [Connection(socket: connection)]
    self.respond = respond
  }

  deinit {
    for connection in connections { connection.close() }
    if listener >= 0 { close(listener) }
  }

  /// Those that neither side has closed.
  var openConnections: Int {
    connections.filter { !$0.isClosed && !$0.peerHasClosed }.count
  }

  var url: String { "http://127.0.0.1:\(port)/" }

  /// Does everything that is ready.
  func step() {
    while accepts {
      let socket = accept4(listener, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
      guard socket >= 0 else { break }
      connections.append(Connection(socket: socket))
      if !greeting.isEmpty { connections.last?.send(greeting) }
    }
    for connection in connections {
      if connection.receive() { whenReceived?(connection) }
      while let request = connection.nextRequest() {
        requests.append(request)
        respond(connection, request)
      }
      connection.flush()
    }
  }

  func wanted() -> [pollfd] {
    var list = accepts ? [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)] : []
    for connection in connections where !connection.isClosed {
      var events = connection.peerHasClosed ? 0 : POLLIN
      if connection.wantsToWrite { events |= POLLOUT }
      if events != 0 { list.append(pollfd(fd: connection.socket, events: Int16(events), revents: 0)) }
    }
    return list
  }
}
