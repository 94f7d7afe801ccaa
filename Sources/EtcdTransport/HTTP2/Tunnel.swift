/// What is said to a proxy before the connection through it stands: CONNECT, or SOCKS5 (RFC 1928, 1929). Bytes in, bytes
/// out.
struct Tunnel {
  enum Step {
    case send([UInt8])
    /// More has to arrive.
    case wait
    /// The way is open. What else has arrived is from the other end.
    case open(rest: [UInt8])
    case fail(String)
    /// The proxy makes no tunnels there.
    case refuse(String)
  }

  private enum State {
    case connecting
    case greeting
    case identifying
    case asking
  }

  /// More than any proxy says.
  private static let limit = 16 * 1024

  private let proxy: Proxy
  private let target: HostPort
  private let userAgent: String
  private var state: State
  private var input: [UInt8] = []

  /// `target` has the host as the proxy is to be told it: a name, or an address.
  init(_ proxy: Proxy, to target: HostPort, userAgent: String) {
    self.proxy = proxy
    self.target = target
    self.userAgent = userAgent
    switch proxy.scheme {
    case .http, .https: state = .connecting
    case .socks5, .socks5h: state = .greeting
    }
  }

  private var hasCredentials: Bool { !proxy.user.isEmpty || !proxy.password.isEmpty }

  /// What is said first.
  func begin() -> Step {
    guard case .connecting = state else { return .send(hasCredentials ? [5, 2, 0, 2] : [5, 1, 0]) }
    var text = "CONNECT \(target.text) HTTP/1.1\r\nHost: \(target.text)\r\n"
    if hasCredentials {
      text += "Proxy-Authorization: Basic \(Self.base64(Array("\(proxy.user):\(proxy.password.text)".utf8)))\r\n"
    }
    if !userAgent.isEmpty { text += "User-Agent: \(userAgent)\r\n" }
    return .send(Array((text + "\r\n").utf8))
  }

  /// Takes what has arrived. To be called again, with nothing, after each `send`.
  mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Step {
    input.append(contentsOf: bytes)
    guard input.count <= Self.limit else { return .fail("the proxy's answer is too large") }
    switch state {
    case .connecting: return connected()
    case .greeting: return greeted()
    case .identifying:
      guard let answer = take(2) else { return .wait }
      guard answer[1] == 0 else { return .fail("the proxy did not accept the user and the password") }
      return ask()
    case .asking: return answered()
    }
  }

  private mutating func connected() -> Step {
    guard let end = Self.endOfHeader(input) else { return .wait }
    let line = String(decoding: input.prefix { $0 != 13 && $0 != 10 }, as: UTF8.self)
    let parts = line.split(separator: " ")
    guard line.hasPrefix("HTTP/1."), parts.count >= 2, let status = Int(parts[1]) else {
      return .fail("the proxy speaks no HTTP")
    }
    if 100..<200 ~= status {
      input.removeFirst(end)
      return connected()
    }
    guard 200..<300 ~= status else {
      let message = "the proxy answered \(status)"
      return [403, 405, 501].contains(status) ? .refuse(message) : .fail(message)
    }
    return .open(rest: Array(input[end...]))
  }

  private static func endOfHeader(_ bytes: [UInt8]) -> Int? {
    var lineBegan = 0
    for (index, byte) in bytes.enumerated() where byte == 10 {
      let line = bytes[lineBegan..<index]
      if line.isEmpty || line.elementsEqual([13]) { return index + 1 }
      lineBegan = index + 1
    }
    return nil
  }

  private mutating func greeted() -> Step {
    guard let answer = take(2) else { return .wait }
    guard answer[0] == 5 else { return .fail("the proxy speaks no SOCKS5") }
    switch answer[1] {
    case 0: return ask()
    case 2 where hasCredentials:
      let user = Array(proxy.user.utf8)
      let password = Array(proxy.password.text.utf8)
      guard let userSize = UInt8(exactly: user.count), let size = UInt8(exactly: password.count) else {
        return .fail("the proxy's user or password is too long for SOCKS5")
      }
      state = .identifying
      return .send([1, userSize] + user + [size] + password)
    default: return .fail("the proxy wants another way of authentication")
    }
  }

  private mutating func ask() -> Step {
    state = .asking
    var request: [UInt8] = [5, 1, 0]
    if let address = IPAddress(target.host) {
      request += [address.isV6 ? 4 : 1] + address.bytes
    } else {
      let name = Array(target.host.utf8)
      guard let size = UInt8(exactly: name.count) else { return .fail("the host's name is too long for SOCKS5") }
      request += [3, size] + name
    }
    return .send(request + [UInt8(truncatingIfNeeded: target.port >> 8), UInt8(truncatingIfNeeded: target.port)])
  }

  private mutating func answered() -> Step {
    guard input.count >= 5 else { return .wait }
    guard input[1] == 0 else { return .fail("the proxy could not connect (\(input[1]))") }
    let length: Int
    switch input[3] {
    case 1: length = 4
    case 3: length = 1 + Int(input[4])
    case 4: length = 16
    default: return .fail("the proxy speaks no SOCKS5")
    }
    guard take(4 + length + 2) != nil else { return .wait }
    return .open(rest: input)
  }

  private mutating func take(_ count: Int) -> [UInt8]? {
    guard input.count >= count else { return nil }
    defer { input.removeFirst(count) }
    return Array(input[..<count])
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        text.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
