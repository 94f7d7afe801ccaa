import EtcdCore

/// Options, set line by line: `name=value`. A line without a name sets the option of the line before.
enum ConfigurationTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    var input = Input(input)
    var options = Options()
    var name = "endpoints"
    var lines = 0
    while !input.isEmpty, lines < 40 {
      lines += 1
      // C strings end at a zero byte.
      let line = String(decoding: input.line().prefix { $0 != 0 }, as: UTF8.self)
      var value = line[...]
      if let equals = line.firstIndex(of: "=") {
        if equals > line.startIndex { name = String(line[..<equals]) }
        value = line[line.index(after: equals)...]
      }
      try set(&options, name, String(value))
    }
    do throws(OptionError) {
      try options.validate()
    } catch {
      return try requirePrintable(error.message, limit: 1024)
    }
    let leadsSomewhere = !options.endpoints.isEmpty || !options.serviceDomains.isEmpty
    try require(leadsSomewhere, "options without endpoints, and without a domain that names them, are valid")
    try require(options.backoffMinMs <= options.backoffMaxMs, "a back-off that shrinks is valid")
  }

  private static func set(_ options: inout Options, _ name: String, _ value: String) throws(Violation) {
    let before = options
    do throws(OptionError) {
      try options.set(name, to: value)
    } catch {
      try require(changes(before, options) == 0, "\(name) was refused, and something has changed")
      try requirePrintable(error.message, limit: 1024)
      return
    }
    try require(changes(before, options) <= 1, "\(name) changed more than itself")
    try check(options)
  }

  /// How many options differ.
  private static func changes(_ before: Options, _ after: Options) -> Int {
    let others = [
      before.endpoints != after.endpoints, before.tlsCAFile != after.tlsCAFile,
      before.tlsCertFile != after.tlsCertFile, before.tlsKeyFile != after.tlsKeyFile,
      before.logLevel != after.logLevel,
    ]
    return others.count { $0 } + zip(integers(of: before), integers(of: after)).count { $0 != $1 }
  }

  private static func integers(of options: Options) -> [Int64] {
    [
      options.requestTimeoutMs, options.attemptTimeoutMs, options.connectTimeoutMs, options.probeIntervalMs,
      options.backoffMinMs, options.backoffMaxMs, options.leaseTTL, options.callsMax, options.callsConcurrent,
      options.keepalivesMax, options.watchersMax, options.responseMaxBytes, options.watchPageKeys,
      options.tcpKeepaliveIdle, options.tcpKeepaliveInterval,
    ]
  }

  private static func check(_ options: Options) throws(Violation) {
    for value in integers(of: options) {
      // So that no sum or product of options, in nanoseconds, can overflow.
      try require(value >= 1 && value < 1 << 31, "an option is \(value)")
    }
    for endpoint in options.endpoints { try check(endpoint) }
    try require(Set(options.endpoints).count == options.endpoints.count, "an endpoint is there twice")
  }

  private static let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]%/".utf8)

  /// The URL goes into requests as it is. A socket's name is no part of one.
  private static func check(_ endpoint: Endpoint) throws(Violation) {
    let url = endpoint.url
    let again = try? Endpoint(parsing: url)
    try require(again == endpoint, "\(url) is not read as what it is")
    if url.utf8.starts(with: "unix".utf8) {
      let isPrintable = url.utf8.allSatisfy { 0x21...0x7E ~= $0 }
      return try require(isPrintable, "\(url) has a character that names of sockets have not")
    }
    try require(url.utf8.allSatisfy(allowed.contains), "\(url) has a character that URLs of endpoints have not")
    let scheme = url.utf8.starts(with: "http://".utf8) ? 7 : 8
    try require(scheme == 7 || url.utf8.starts(with: "https://".utf8), "\(url) has another scheme")
    let rest = Array(url.utf8.dropFirst(scheme))
    try require(!rest.contains(UInt8(ascii: "/")), "\(url) has a path")
    guard let colon = rest.lastIndex(of: UInt8(ascii: ":")), colon > 0,
      let port = Int(String(decoding: rest[(colon + 1)...], as: UTF8.self)), 1...65535 ~= port
    else { throw Violation("\(url) has no host, or no port") }
  }
}
