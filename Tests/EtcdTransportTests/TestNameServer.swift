import CSystem
import Glibc

@testable import EtcdTransport

/// A name server on loopback, without a thread.
final class TestNameServer: Peer {
  private let socket: Int32
  let port: UInt16
  /// The addresses of each name; a name that is not here does not exist.
  var names: [String: [String]] = [:]
  /// The SRV records of each name; the same.
  var services: [String: [ServiceRecord]] = [:]
  var isSilent = false
  /// The server is broken.
  var fails = false
  /// The names of the questions for addresses of IPv4, and for SRV records.
  private(set) var questions: [String] = []

  init() {
    socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length)
        getsockname(socket, $0, &length)
      }
    }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit {
    close(socket)
  }

  /// Options of a reactor that asks this one.
  func options(cacheTime: Duration = .seconds(3600)) -> ReactorOptions {
    var options = ReactorOptions()
    options.names.servers = "127.0.0.1:\(port)"
    options.names.cacheTime = cacheTime
    return options
  }

  func step() {
    var buffer = [UInt8](repeating: 0, count: 1500)
    while true {
      var peer = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutablePointer(to: &peer) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
          let count = recvfrom(socket, &buffer, buffer.count, 0, peer, &length)
          guard count > 12, let answer = answer(Array(buffer[..<count])) else {
            length = count < 0 ? 0 : length
            return
          }
          sendto(socket, answer, answer.count, 0, peer, length)
        }
      }
      if length == 0 { return }
    }
  }

  func wanted() -> [pollfd] {
    [pollfd(fd: socket, events: Int16(POLLIN), revents: 0)]
  }

  /// `nil` for none.
  private func answer(_ question: [UInt8]) -> [UInt8]? {
    var labels: [String] = []
    var position = 12
    while position < question.count, question[position] != 0 {
      let end = position + 1 + Int(question[position])
      guard end < question.count else { return nil }
      labels.append(String(decoding: question[position + 1..<end], as: UTF8.self))
      position = end
    }
    guard position + 5 <= question.count else { return nil }
    let isV6 = question[position + 2] == 28
    let name = labels.joined(separator: ".").lowercased()
    if !isV6 { questions.append(name) }
    if isSilent { return nil }
    let head = Array(question[..<2])
    let repeated = Array(question[12..<position + 5])
    if fails { return head + [0x81, 0x82, 0, 1, 0, 0, 0, 0, 0, 0] + repeated }
    if question[position + 2] == 33 {
      let records = (services[name] ?? []).map(Self.data)
      let status: UInt8 = services[name] == nil ? 0x83 : 0x80
      let counts: [UInt8] = [0, 1, 0, UInt8(records.count), 0, 0, 0, 0]
      var answer: [UInt8] = head + [0x81, status] + counts + repeated
      for (record, data) in zip(services[name] ?? [], records) {
        let ttl = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: record.ttl >> $0) }
        answer += [0xC0, 12, 0, 33, 0, 1] + ttl + [0, UInt8(data.count)] + data
      }
      return answer
    }
    let addresses = (names[name] ?? []).compactMap { IPAddress($0) }.filter { $0.isV6 == isV6 }
    var answer = head + [0x81, names[name] == nil ? 0x83 : 0x80, 0, 1]
    answer += [0, UInt8(addresses.count), 0, 0, 0, 0] + repeated
    for address in addresses {
      answer += [0xC0, 12, 0, isV6 ? 28 : 1, 0, 1, 0, 0, 0, 60, 0, UInt8(address.bytes.count)] + address.bytes
    }
    return answer
  }

  private static func data(_ record: ServiceRecord) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in [record.priority, record.weight, record.port] { bytes += [UInt8(number >> 8), UInt8(number & 255)] }
    for label in record.host.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
    return bytes + [0]
  }
}
