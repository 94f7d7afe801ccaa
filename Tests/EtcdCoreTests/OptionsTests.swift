import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

#if canImport(Glibc)
  import Glibc
#endif

struct OptionsTests {
  private var options = Options()

  private func message(_ body: () throws -> Void) -> String? {
    #expect(throws: OptionError.self, performing: body)?.message
  }

  @Test mutating func anIntegerIsTakenWithinItsRange() throws {
    try options.set("request.timeout.ms", to: "1")
    #expect(options.requestTimeoutMs == 1)
    try options.set("request.timeout.ms", to: "86400000")
    #expect(options.requestTimeoutMs == 86_400_000)
    try options.set("request.timeout.ms", to: "007")
    #expect(options.requestTimeoutMs == 7)
  }

  @Test(arguments: [
    "", "0", "86400001", "-1", "+1", " 1", "1 ", "1.5", "0x10", "1e3", "99999999999999999999", "١",
    "ms", "5 s", "5S", "5sec", "5ss", "25h", "0s", "9223372036854775807h", "1KiB", "1.5s", "-1s", "5s ",
  ])
  mutating func aBadIntegerIsRefusedAndChangesNothing(text: String) throws {
    try options.set("request.timeout.ms", to: "42")
    var copy = options
    let message = message { try copy.set("request.timeout.ms", to: text) }
    let accepted = "integer, 1 to 86400000, or with a unit: `ms`, `s`, `m` or `h`"
    #expect(message == "request.timeout.ms cannot be \"\(text)\"; it takes \(accepted)")
    #expect(copy.requestTimeoutMs == 42)
  }

  @Test(arguments: [
    ("request.timeout.ms", "250ms", "250"), ("request.timeout.ms", "5s", "5000"),
    ("request.timeout.ms", "5m", "300000"),
    ("request.timeout.ms", "24h", "86400000"), ("lease.ttl.s", "90s", "90"), ("lease.ttl.s", "5m", "300"),
    ("lease.ttl.s", "24h", "86400"), ("response.max.bytes", "64KiB", "65536"),
    ("response.max.bytes", "16MiB", "16777216"),
    ("response.max.bytes", "1GiB", "1073741824"), ("calls.max", "0010", "10"),
  ])
  mutating func aNumberMayHaveAUnitAndIsReadBackWithout(name: String, text: String, normal: String) throws {
    try options.set(name, to: text)
    #expect(try options.get(name) == normal)
    try options.set(name, to: normal)
    #expect(try options.get(name) == normal)
  }

  @Test(arguments: [
    ("lease.ttl.s", "5000ms"), ("calls.max", "5s"), ("calls.max", "1KiB"), ("response.max.bytes", "5s"),
  ])
  func aUnitOfSomethingElseIsRefused(name: String, text: String) {
    var options = options
    #expect(message { try options.set(name, to: text) }?.hasPrefix("\(name) cannot be \"\(text)\"") == true)
  }

  @Test mutating func whatIsReadBackSetsTheSameAgain() throws {
    try options.set("endpoints", to: "HTTP://A, https://[::1]:1/")
    #expect(try options.get("endpoints") == "http://a:2379,https://[::1]:1")
    for option in OptionTable.all where !option.isSecret {
      var copy = options
      try copy.set(option.name, to: options.get(option.name))
      #expect(try copy.get(option.name) == options.get(option.name))
    }
  }

  @Test func aSecretIsNotReadBack() throws {
    var options = options
    let option = try #require(OptionTable.all.first { $0.name == "tls.key.file" }).secret()
    try option.apply("hunter2", to: &options)
    let message = message { _ = try option.value(in: options) }
    #expect(message == "tls.key.file is secret, and not given back")
    let unknown = self.message { _ = try options.get("nonsense") }
    #expect(unknown == "there is no option \"nonsense\"; docs/options.md lists them")
  }

  @Test func anUnknownOptionIsNamed() {
    var options = options
    #expect(
      message { try options.set("request.timeout", to: "1") }
        == "there is no option \"request.timeout\"; docs/options.md lists them")
    #expect(message { try options.set("", to: "1") }?.contains("\"\"") == true)
    #expect(message { try options.set("Endpoints", to: "http://h") } != nil)
  }

  @Test func foreignTextInMessagesIsPrintableAndBounded() {
    var options = options
    let nasty = "\u{1B}[2J\r\n" + String(repeating: "x", count: 1000)
    for (name, text) in [("log.level", nasty), (nasty, "1"), ("endpoints", nasty)] {
      let message = message { try options.set(name, to: text) } ?? ""
      #expect(!message.isEmpty)
      #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
      #expect(message.count < 300)
    }
  }

  /// Each option of the table is made a secret one, and refused.
  @Test(arguments: ["hunter2", "http://hunter2@h", ",hunter2", "http://a,hunter2", "hunter2\n"])
  func aSecretIsNotRepeatedByItsRefusal(text: String) {
    var refused = 0
    for option in OptionTable.all {
      var options = Options()
      // A path may be any text.
      guard let message = refusal({ try option.secret().apply(text, to: &options) }) else { continue }
      refused += 1
      #expect(!message.contains("hunter2"), "\(option.name)")
      #expect(message.hasPrefix("\(option.name) cannot be what was given"), "\(option.name)")
      #expect(message.contains(option.accepted), "\(option.name)")
    }
    #expect(refused > 10)
  }

  private func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? OptionError)?.message
    }
  }

  @Test func aSecretIsTakenAsEveryOption() throws {
    var options = options
    let option = try #require(OptionTable.all.first { $0.name == "tls.key.file" }).secret()
    try option.apply("/secret/key.pem", to: &options)
    #expect(options.tlsKeyFile == "/secret/key.pem")
  }

  @Test(arguments: [
    (["auth.password": "hush"], "auth.password is set without auth.user"),
    (["auth.user": "u"], "auth.user is set without auth.password"),
    (["auth.token": "hush", "auth.user": "u", "auth.password": "p"], "auth.token is set together with auth.user"),
    (["auth.token": "hush", "auth.password": "hush"], "auth.token is set together with auth.password"),
  ])
  func credentialsThatDoNotGoTogetherAreRefusedByName(_ set: [String: String], _ refusal: String) throws {
    var options = options
    try options.set("endpoints", to: "http://h")
    for (name, value) in set { try options.set(name, to: value) }
    #expect(throws: OptionError(message: refusal)) { try options.validate() }
    #expect(!"\(options)".contains("hush"))
  }

  @Test(arguments: ["hush hush", "hush\r\nHost: h", "hush\u{7f}", "hush\u{e9}"])
  func tokenThatWouldBreakAHeaderIsRefusedAndNotRepeated(_ token: String) {
    var options = options
    let error = #expect(throws: OptionError.self) { try options.set("auth.token", to: token) }
    #expect(error?.message.contains("auth.token") == true)
    #expect(error?.message.contains("hush") == false)
  }

  @Test func theReferenceSaysWhatIsSecret() throws {
    let option = try #require(OptionTable.all.first { $0.name == "tls.key.file" })
    #expect(OptionTable.reference(of: [option.secret()]).contains("Secret: never repeated"))
    #expect(!OptionTable.reference(of: [option]).contains("Secret"))
    for name in ["auth.password", "auth.token"] { #expect(OptionTable.all.contains { $0.name == name && $0.isSecret }) }
  }

  @Test(
    arguments: [
      "http://user:hunter2@h", "http://user:hun@hunter2@h", "http://user:hunter2,hunter2@h", "http://h,hunter2@",
    ])
  func aPasswordInAURLIsNotRepeated(text: String) {
    var options = options
    let message = message { try options.set("endpoints", to: text) } ?? "hunter2"
    #expect(!message.contains("hunter2") && !message.contains("hun@"))
  }

  @Test mutating func logLevelsAreTakenByName() throws {
    for level in LogLevel.allCases {
      try options.set("log.level", to: level.name.description)
      #expect(options.logLevel == level)
    }
    var copy = options
    #expect(
      message { try copy.set("log.level", to: "verbose") }
        == "log.level cannot be \"verbose\"; it takes error, warning, info, debug")
  }

  @Test mutating func endpointsAreAListWithoutRepetitions() throws {
    try options.set("endpoints", to: "http://a, https://b:1 ,HTTP://A:2379/")
    #expect(options.endpoints.map(\.url) == ["http://a:2379", "https://b:1"])
    // The last value counts.
    try options.set("endpoints", to: "http://c")
    #expect(options.endpoints.map(\.url) == ["http://c:2379"])
  }

  @Test(arguments: ["", ",", "http://a,", ",http://a", "http://a,,http://b", " "])
  func anEmptyURLIsRefused(text: String) {
    var options = options
    #expect(message { try options.set("endpoints", to: text) }?.contains("empty URL") == true)
    #expect(options.endpoints.isEmpty)
  }

  @Test func aMalformedURLIsNamedWithItsReason() {
    var options = options
    #expect(
      message { try options.set("endpoints", to: "http://a,ftp://b") }
        == "endpoints: the URL \"ftp://b\" must begin with http://, https://, unix:// or unixs://")
    #expect(options.endpoints.isEmpty)
  }

  @Test mutating func domainsStandAmongTheEndpoints() throws {
    try options.set("endpoints", to: "srv:Example.com, http://a ,srv:https://b.test,SRV:example.com")
    #expect(options.serviceDomains.map(\.text) == ["srv:example.com", "srv:https://b.test"])
    #expect(options.endpoints.map(\.url) == ["http://a:2379"])
    #expect(try options.get("endpoints") == "srv:example.com,srv:https://b.test,http://a:2379")
    try options.set("endpoints", to: "srv:example.com")
    #expect(options.endpoints.isEmpty)
    try options.validate()
    var options = options
    #expect(
      message { try options.set("endpoints", to: "srv:example.com:2379") }
        == "endpoints: the URL \"srv:example.com:2379\" must not hold a port, which is for the SRV records to say")
    #expect(options.serviceDomains.map(\.text) == ["srv:example.com"])
  }

  @Test func endpointsAreRequired() {
    #expect(message { try options.validate() }?.contains("endpoints is not set") == true)
  }

  @Test mutating func optionsThatContradictEachOtherAreRefused() throws {
    try options.set("endpoints", to: "http://a")
    try options.validate()
    try options.set("backoff.min.ms", to: "200")
    try options.set("backoff.max.ms", to: "100")
    let copy = options
    #expect(
      message { try copy.validate() } == "backoff.min.ms is 200, which is more than backoff.max.ms, 100")
    try options.set("backoff.max.ms", to: "200")
    try options.validate()
  }

  @Test mutating func aCertificateAndItsKeyBelongTogether() throws {
    try options.set("endpoints", to: "https://a")
    try options.set("tls.cert.file", to: "/c")
    let certOnly = options
    #expect(message { try certOnly.validate() } == "tls.cert.file is set without tls.key.file")
    try options.set("tls.key.file", to: "/k")
    try options.validate()
    try options.set("tls.cert.file", to: "")
    let keyOnly = options
    #expect(message { try keyOnly.validate() } == "tls.key.file is set without tls.cert.file")
  }

  // MARK: The network

  @Test mutating func whatTheNetworkOptionsTakeIsReadBackInNormalForm() throws {
    for (name, text, normal) in [
      ("proxy", "HTTP://user:p%40ss@Proxy.test/", "http://proxy.test:3128"),
      ("proxy", "socks5h://[::1]:1", "socks5h://[::1]:1"),
      ("proxy", "", ""), ("proxy.bypass", " A.test, 10.0.0.0/8 ", "a.test,10.0.0.0/8"),
      ("connect.to", "a.test:1:[::1]:2, :: b:3,[::2]::c:4", "refused"),
      ("connect.to", "A.test:1:[::1]:2,::b:3,[::2]::c:4", "a.test:1:[::1]:2,::b:3,[::2]::c:4"),
      ("dns.servers", "127.0.0.1,[::1]:54", "127.0.0.1:53,[::1]:54"), ("dns.servers", "ns.test", "refused"),
      ("dns.cache.ms", "1m", "60000"), ("tls.min.version", "1.3", "1.3"), ("tls.min.version", "1.1", "refused"),
      ("tls.verify.peer", "false", "false"), ("tls.verify.host", "0", "refused"), ("net.interface", "eth0", "eth0"),
      ("net.interface", "../x", "refused"), ("tls.server.name", "etcd.test", "etcd.test"),
      ("tls.server.name", "a b", "refused"),
      ("endpoints", "UNIX:///run/etcd,unixs:///x", "unix:///run/etcd,unixs:///x"),
      ("endpoints", "unix://", "refused"), ("endpoints", "unix://run/etcd", "refused"),
    ] {
      let was = try options.get(name)
      if normal == "refused" {
        var copy = options
        #expect(message { try copy.set(name, to: text) }?.hasPrefix(name) == true, "\(text)")
        #expect(try copy.get(name) == was)
      } else {
        try options.set(name, to: text)
        #expect(try options.get(name) == normal)
      }
    }
    #expect(options.network.proxyUser == "user")
    #expect(options.network.proxyPassword.text == "p@ss")
    #expect(options.warnings.count == 1)
  }

  @Test(arguments: ["http://user:hunter2@", "http://user:hunter2@h:0", "ftp://user:hunter2@h", "http://u:hunter2%0@h"])
  func aPasswordInAProxysURLIsNotRepeated(text: String) {
    var options = options
    let message = message { try options.set("proxy", to: text) } ?? "hunter2"
    #expect(message.hasPrefix("proxy cannot be what was given") && !message.contains("hunter2"))
  }

  @Test mutating func headersAreAListInWhichCommasAreEscaped() throws {
    try options.set("http.headers", to: #"X-One: a\, b , X-Two:c:d"#)
    #expect(options.network.headers.map(\.name) == ["X-One", "X-Two"])
    #expect(options.network.headers.map(\.value.text) == ["a, b", "c:d"])
    #expect(!"\(options)".contains("a, b"))
    try options.set("http.headers", to: "")
    #expect(options.network.headers.isEmpty)
  }

  @Test mutating func aHostMayShowItselfUnderItsOwnName() throws {
    #expect(ReactorOptions(options, userAgent: "libetcdcli/1").userAgent == "libetcdcli/1")
    try options.set("http.user.agent", to: "game_server/7 (shard 3)")
    #expect(ReactorOptions(options, userAgent: "libetcdcli/1").userAgent == "game_server/7 (shard 3)")
    #expect(message { try options.set("http.user.agent", to: "a\r\nX: b") }?.contains("printable ASCII") == true)
  }

  @Test(arguments: [
    "X", "X:", "X: a,", ",X: a", "X Y: a", "X: a\r\nB: c", "X: \n", "Host: a", "authorization: a", "Content-Length: 1",
    "Grpc-Metadata-hasleader: true", "Proxy-Authorization: a", "X: a\\",
  ])
  func headersThatAreNoneOrNotTheHostsAreRefusedWithoutBeingRepeated(text: String) {
    var options = options
    let message = message { try options.set("http.headers", to: text) }
    #expect(message?.hasPrefix("http.headers cannot be what was given, which is secret") == true)
  }

  @Test mutating func aCertificateIsGivenOnceAndWithItsKey() throws {
    try options.set("endpoints", to: "https://a")
    try options.set("tls.cert.pem", to: "x")
    var copy = options
    #expect(message { try copy.validate() } == "tls.cert.pem is set without tls.key.pem")
    try options.set("tls.key.pem", to: "y")
    try options.validate()
    try options.set("tls.cert.file", to: "/z")
    copy = options
    #expect(message { try copy.validate() } == "tls.cert.file and tls.cert.pem are both set")
  }

  // MARK: The table

  @Test func everyDefaultIsAValueThatIsAccepted() throws {
    for option in OptionTable.all where option.name != "endpoints" {
      var options = Options()
      #expect(try option.isSecret || options.get(option.name) == option.defaultText)
      try options.set(option.name, to: option.defaultText)
    }
  }

  @Test func everyOptionIsListedOnceAndDescribed() {
    #expect(Set(OptionTable.all.map(\.name)).count == OptionTable.all.count)
    for option in OptionTable.all {
      #expect(option.summary.hasSuffix("."), "\(option.name)")
      #expect(!option.accepted.isEmpty, "\(option.name)")
      // A row of a table.
      #expect(!(option.summary + option.accepted).contains { "|\n".contains($0) }, "\(option.name)")
      #expect(OptionTable.reference.contains("| `\(option.name)` | \(option.accepted) |"))
    }
  }

  /// Writes `docs/options.md` if `ETCDCLI_UPDATE_REFERENCE` is 1 (`scripts/options-reference`), and compares it with the
  /// table otherwise.
  @Test func optionsReferenceIsTheTable() throws {
    let path = TestFile.root + "/docs/options.md"
    if let update = getenv("ETCDCLI_UPDATE_REFERENCE"), String(cString: update) == "1" {
      let file = try #require(fopen(path, "w"), "cannot write \(path)")
      defer { fclose(file) }
      try #require(fputs(OptionTable.reference, file) >= 0)
      return
    }
    let bytes = try #require(TestFile.contents(of: path), "cannot read \(path)")
    #expect(
      String(decoding: bytes, as: UTF8.self) == OptionTable.reference,
      "docs/options.md is out of date: run scripts/options-reference")
  }
}
