import EtcdTransport

extension OptionTable {
  /// How servers are reached, and how they are known.
  static let network: [Option] = [
    plain(
      "tls.ca.dir", \.tlsCADirectory, "path of a directory",
      "Certificate authorities as PEM files that are named by their hashes (`openssl rehash`). With `tls.ca.file` and "
        + "`tls.ca.pem` they are trusted together; the system's are only if none of the three is set."),
    plain("tls.ca.pem", \.tlsCAPEM, "certificates in PEM", "Certificate authorities in memory."),
    plain(
      "tls.cert.pem", \.tlsCertPEM, "certificates in PEM",
      "The client's certificate in memory, in place of `tls.cert.file`."),
    hidden(
      "tls.key.pem", \.tlsKeyPEM, "a key in PEM",
      "The key of the client's certificate in memory, in place of `tls.key.file`."),
    hidden("tls.key.password", \.tlsKeyPassword, "text", "What the key of the client's certificate is encrypted with."),
    checked(
      "tls.server.name", \.tlsServerName, "a host name or an address",
      "The name that servers are asked for (SNI) and that their certificates have to be for, in place of the host in "
        + "the endpoint's URL.",
      { $0.isEmpty || IPAddress($0) != nil || HostPort(parsing: $0, defaultPort: 1)?.host == $0.lowercased() }),
    choice(
      "tls.min.version", \.tlsMinimum, "The least version of TLS that is spoken."),
    checked(
      "tls.ciphers", \.tlsCiphers, "OpenSSL's names of ciphers, separated by colons",
      "The ciphers that are offered, those of TLS 1.3 among them; of TLS 1.3, and of what is before it, those of the TLS "
        + "library where none is named.",
      { $0.utf8.allSatisfy { 0x21...0x7E ~= $0 } }),
    flag(
      "tls.verify.peer", \.tlsVerifiesPeer,
      "Whether a server's certificate has to come from a trusted authority. If not, a warning is logged."),
    flag(
      "tls.verify.host", \.tlsVerifiesHost,
      "Whether a server's certificate has to be for its name. If not, a warning is logged."),
    proxy(
      "proxy",
      "The proxy that endpoints are reached through; none if empty, whatever the environment of the process says. A user "
        + "and a password in it set `proxy.user` and `proxy.password`. With `socks5` names are resolved here, with the "
        + "others by the proxy. An `https` proxy is verified like etcd, by `tls.ca.*`, and always."),
    plain("proxy.user", \.proxyUser, "text", "Who logs in to the proxy."),
    hidden("proxy.password", \.proxyPassword, "text", "With what the user logs in to the proxy."),
    list(
      "proxy.bypass", "host names, addresses, networks as `10.0.0.0/8`, or `*`, separated by commas",
      "What is reached without the proxy. A name stands for all names in its domain too.", get: { $0.proxyBypass.text },
      set: { network, text in
        guard let bypass = Bypass(parsing: text) else { return false }
        network.proxyBypass = bypass
        return true
      }),
    list(
      "http.headers", "`Name: value`, separated by commas; a comma in a value is written `\\,`",
      "Sent with each request, for what stands in front of etcd. Not the library's own fields.",
      get: { $0.headers.map { "\($0.name): \($0.value.text)" }.joined(separator: "\n") },
      set: { network, text in
        guard let headers = headers(text) else { return false }
        network.headers = headers
        return true
      }
    ).secret(),
    checked(
      "http.user.agent", \.userAgent, "printable ASCII",
      "As what the library shows itself to etcd and to what stands in front of it; `libetcdcli/` and its version if empty.",
      { $0.utf8.allSatisfy { 0x20...0x7E ~= $0 } }),
    checked(
      "net.interface", \.interface, "the name of an interface, or an address of this machine",
      "Where connections are made from; what the system chooses if empty.",
      { $0.isEmpty || IPAddress($0) != nil || $0.utf8.count < 16 && $0.utf8.allSatisfy(isInterfaceByte) }),
    list(
      "connect.to", "`host:port:host:port`, separated by commas; the first host and the first port may be empty",
      "Connections to the first host and port go to the second, and are spoken on as if to the first. The first that fits "
        + "counts.",
      get: { network in
        network.overrides.map { "\(bracketed($0.host)):\($0.port.map(String.init) ?? ""):\($0.target.text)" }
          .joined(separator: ",")
      },
      set: { network, text in
        guard let overrides = parts(text, override) else { return false }
        network.overrides = overrides
        return true
      }),
    Option(
      name: "dns.cache.ms", accepted: Quantity.milliseconds.accepted(0...86_400_000),
      summary:
        "For how long what a name server said is believed before it is asked again; meanwhile, what was known is "
        + "used on. A connection that fails ends it at once.", get: { String($0.network.dnsCacheMs) },
      set: { options, text throws(Option.Refusal) in
        guard let value = Quantity.milliseconds.parse(text), 0...86_400_000 ~= value else { throw .value }
        options.network.dnsCacheMs = value
      }),
    list(
      "dns.servers", "addresses, with or without a port, separated by commas",
      "The name servers that are asked, in place of the machine's.",
      get: { $0.dnsServers.map(\.text).joined(separator: ",") },
      set: { network, text in
        let servers = parts(text) { entry in
          HostPort(parsing: entry, defaultPort: 53).flatMap { IPAddress($0.host) == nil ? nil : $0 }
        }
        guard let servers else { return false }
        network.dnsServers = servers
        return true
      }),
  ]

  // MARK: Types

  private typealias Path<Value> = WritableKeyPath<NetworkOptions, Value> & Sendable

  private static func plain(_ name: String, _ path: Path<String>, _ accepted: String, _ summary: String) -> Option {
    checked(name, path, accepted, summary, { _ in true })
  }

  private static func checked(
    _ name: String, _ path: Path<String>, _ accepted: String, _ summary: String,
    _ isGood: @escaping @Sendable (String) -> Bool
  ) -> Option {
    list(
      name, accepted, summary, get: { $0[keyPath: path] },
      set: { network, text in
        guard isGood(text) else { return false }
        network[keyPath: path] = text
        return true
      })
  }

  private static func hidden(_ name: String, _ path: Path<Secret>, _ accepted: String, _ summary: String) -> Option {
    list(
      name, accepted, summary, get: { $0[keyPath: path].text },
      set: { network, text in
        network[keyPath: path] = Secret(text)
        return true
      }
    ).secret()
  }

  private static func flag(_ name: String, _ path: Path<Bool>, _ summary: String) -> Option {
    list(
      name, "true, false", summary, get: { $0[keyPath: path] ? "true" : "false" },
      set: { network, text in
        guard text == "true" || text == "false" else { return false }
        network[keyPath: path] = text == "true"
        return true
      })
  }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: Path<Choice>, _ summary: String
  ) -> Option {
    list(
      name, Choice.allCases.map(\.rawValue).joined(separator: ", "), summary, get: { $0[keyPath: path].rawValue },
      set: { network, text in
        guard let choice = Choice(rawValue: text) else { return false }
        network[keyPath: path] = choice
        return true
      })
  }

  /// `set` says whether the text is good, and changes nothing if not.
  private static func list(
    _ name: String, _ accepted: String, _ summary: String, get: @escaping @Sendable (NetworkOptions) -> String,
    set: @escaping @Sendable (inout NetworkOptions, String) -> Bool
  ) -> Option {
    Option(
      name: name, accepted: accepted, summary: summary, get: { get($0.network) },
      set: { options, text throws(Option.Refusal) in
        guard set(&options.network, text) else { throw .value }
      })
  }

  private static func proxy(_ name: String, _ summary: String) -> Option {
    let schemes = Proxy.Scheme.allCases.map { "`\($0.rawValue)://`" }.joined(separator: ", ")
    let accepted = "a URL, `http://host:port`, which begins with \(schemes)"
    return Option(
      name: name, accepted: accepted, summary: summary,
      get: { $0.network.proxy?.url ?? "" },
      set: { options, text throws(Option.Refusal) in
        guard !text.isEmpty else {
          options.network.proxyAddress = nil
          return
        }
        guard let url = ProxyURL(parsing: text) else {
          // Where there may have been a password, nothing is repeated.
          guard text.utf8.contains(UInt8(ascii: "@")) else { throw .value }
          throw .detail(" cannot be what was given, which may hold a password; it takes \(accepted)")
        }
        options.network.proxyScheme = url.scheme
        options.network.proxyAddress = url.address
        guard let user = url.user else { return }
        options.network.proxyUser = user
        options.network.proxyPassword = url.password
      })
  }

  // MARK: Lists

  /// The parts of a list that commas separate; `nil` if one is not good. An empty text is an empty list.
  private static func parts<Part>(_ text: String, _ parse: (Substring) -> Part?) -> [Part]? {
    guard text.utf8.contains(where: { $0 != UInt8(ascii: " ") }) else { return [] }
    var parts: [Part] = []
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let part = parse(trimmed(entry)) else { return nil }
      parts.append(part)
    }
    return parts
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func bracketed(_ host: String) -> String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
  }

  private static func isInterfaceByte(_ byte: UInt8) -> Bool {
    0x21...0x7E ~= byte && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "!")
  }

  private static func override(_ text: Substring) -> ReactorOptions.Override? {
    var rest = text
    var host = ""
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      host = String(rest[rest.index(after: rest.startIndex)..<close])
      rest = rest[rest.index(after: close)...]
      guard IPAddress(host) != nil else { return nil }
    } else {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      host = rest[..<end].lowercased()
      guard host.isEmpty || HostPort(parsing: host, defaultPort: 1) != nil else { return nil }
      rest = rest[end...]
    }
    guard rest.first == ":" else { return nil }
    rest = rest.dropFirst()
    let end = rest.firstIndex(of: ":") ?? rest.endIndex
    let port = HostPort(parsing: "h:" + rest[..<end])?.port
    guard rest[..<end].isEmpty || port != nil, end < rest.endIndex else { return nil }
    guard let target = HostPort(parsing: rest[rest.index(after: end)...]) else { return nil }
    return ReactorOptions.Override(host: host, port: port, target: target)
  }

  private static func headers(_ text: String) -> [ReactorOptions.HeaderField]? {
    var fields: [ReactorOptions.HeaderField] = []
    var field = ""
    var isEscaped = false
    for character in text.unicodeScalars {
      if isEscaped || character != "\\" && character != "," {
        // A line break would begin a field of its own choosing.
        guard character.value >= 0x20 || character == "\t", character.value != 0x7F else { return nil }
        field.unicodeScalars.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        guard let parsed = headerField(field) else { return nil }
        fields.append(parsed)
        field = ""
      }
    }
    if isEscaped { return nil }
    if field.isEmpty, fields.isEmpty { return [] }
    guard let last = headerField(field) else { return nil }
    return fields + [last]
  }

  private static func headerField(_ text: String) -> ReactorOptions.HeaderField? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let name = String(trimmed(text[..<colon]))
    let value = String(trimmed(text[text.index(after: colon)...]))
    guard RequestCheck.isToken(name), !value.isEmpty, !isOwn(name.lowercased()) else { return nil }
    return ReactorOptions.HeaderField(name: name, value: Secret(value))
  }

  /// Fields that the library or HTTP itself sets, or that mean something to etcd.
  private static func isOwn(_ name: String) -> Bool {
    [
      "authorization", "connection", "content-length", "content-type", "expect", "host", "keep-alive", "te", "token",
      "trailer", "transfer-encoding", "upgrade", "user-agent",
    ].contains(name) || ["grpc-", "proxy-"].contains { name.hasPrefix($0) }
  }
}
