import EtcdPacker

/// The one list of options: `Options.set` and `docs/options.md` both follow from it.
package struct Option: Sendable {
  package let name: String
  /// What values it takes, for the reference and for errors.
  package let accepted: String
  package let defaultText: String
  package let summary: String
  /// Its value is never repeated, in no refusal and no log.
  package private(set) var isSecret = false
  package private(set) var reload = Reload.always
  private let set: @Sendable (inout Options, String) throws(Refusal) -> Void
  private let get: @Sendable (Options) -> String

  /// Why a text is not taken. The words are `apply`'s to find, so that no type of option can tell a secret.
  enum Refusal: Error {
    /// The whole of it is not what is accepted.
    case value
    /// Something in it, which these words name.
    case detail(String)
  }

  /// When a cluster takes another value of it while it works.
  package enum Reload: Sendable {
    case always
    /// For as long as there is no lease, nor one asked for.
    case withoutLease
    case never

    /// For the reference.
    var words: String {
      switch self {
      case .always: "yes"
      case .withoutLease: "until there is a lease"
      case .never: "no"
      }
    }
  }

  init(
    name: String, accepted: String, summary: String, get: @escaping @Sendable (Options) -> String,
    set: @escaping @Sendable (inout Options, String) throws(Refusal) -> Void
  ) {
    self.name = name
    self.accepted = accepted
    self.summary = summary
    self.get = get
    self.set = set
    defaultText = get(Options())
  }

  /// The same option as one that is secret.
  func secret() -> Option {
    var option = self
    option.isSecret = true
    return option
  }

  /// The same option as one that is taken anew only then.
  func reloaded(_ reload: Reload) -> Option {
    var option = self
    option.reload = reload
    return option
  }

  /// Whether both say the same of it, be it secret or not.
  func isSame(in options: Options, as others: Options) -> Bool { get(options) == get(others) }

  /// Sets it. The options are unchanged if that fails.
  func apply(_ text: String, to options: inout Options) throws(OptionError) {
    do throws(Refusal) {
      try set(&options, text)
    } catch {
      throw OptionError(message: "\(name)\(words(for: error, of: text))")
    }
  }

  /// Its value in normal form: one that is set again changes nothing.
  func value(in options: Options) throws(OptionError) -> String {
    if isSecret { throw OptionError(message: "\(name) is secret, and not given back") }
    return get(options)
  }

  private func words(for refusal: Refusal, of text: String) -> String {
    if isSecret { return " cannot be what was given, which is secret and not repeated here; it takes \(accepted)" }
    switch refusal {
    case .value: return " cannot be \"\(PrintableText.quote(text))\"; it takes \(accepted)"
    case .detail(let words): return words
    }
  }
}

package enum OptionTable {
  package static let all = general + network

  private static let general: [Option] = [
    endpoints(
      "endpoints",
      "Where etcd's members are reached. One is used at a time, the first one drawn at random, so that hosts spread over "
        + "the members; all of them are tried. `srv:example.com` stands for what the SRV records of that domain name: "
        + "`_etcd-client-ssl._tcp` by https and `_etcd-client._tcp` by http, of which `srv:https://example.com` and "
        + "`srv:http://example.com` ask for the one; [more](embedding.md#endpoints-by-srv-records). Required."),
    Option(
      name: "wire", accepted: WireChoice.allCases.map(\.rawValue).joined(separator: ", "),
      summary:
        "How etcd is spoken to: by its gateway (`json`, over HTTP/1.1), by its own protocol (`grpc`, over HTTP/2), "
        + "which takes a fraction of the CPU and of the connections, or by what each endpoint speaks (`auto`): gRPC, and "
        + "the gateway where there is none, as behind a proxy that knows HTTP/1.1 only "
        + "([more](embedding.md#which-wire)).",
      get: { $0.wire.rawValue },
      set: { options, text throws(Option.Refusal) in
        guard let wire = WireChoice(rawValue: text) else { throw .value }
        options.wire = wire
      }),
    text(
      "namespace", \.namespace, "any text",
      "What all keys of this cluster begin with in etcd, and the host never sees: no key outside of it can be read, "
        + "watched, compared or written, in ranges without end neither. None if empty; it is put in front as it is, so "
        + "give it the separator that it needs, as in `game1/`."
    ).reloaded(.never),
    flag(
      "endpoints.discover", \.discoversMembers,
      "Whether etcd is asked who its members are, and those are used too that `endpoints` does not name: voting members "
        + "that have started, each once it has answered at an address that it advertises, under the scheme of one of "
        + "`endpoints`. To be turned off where the way to etcd is a service or a load balancer."),
    integer(
      "endpoints.refresh.ms", \.refreshIntervalMs, 100...86_400_000,
      "How often etcd is asked who its members are, and name servers for SRV records, give or take a quarter of it; etcd "
        + "is asked after a failover as well, name servers when nothing answers, and when the TTL of the records is over."
    ),
    integer(
      "request.timeout.ms", \.requestTimeoutMs, 1...86_400_000,
      "How long a call may take in all, queueing, failover and retries included, unless it says otherwise."),
    integer(
      "attempt.timeout.ms", \.attemptTimeoutMs, 10...3_600_000,
      "How long one endpoint may take to answer before another is tried, or, if it was a write that was sent there, before "
        + "its outcome is unknown. Any other call that has more than twice this time gives an attempt half of its time."
    ),
    integer(
      "connect.timeout.ms", \.connectTimeoutMs, 1...3_600_000,
      "How long resolving, connecting and the TLS handshake may take together. The next attempt begins with another one "
        + "of a name's addresses."),
    integer(
      "probe.interval.ms", \.probeIntervalMs, 50...3_600_000,
      "After how long a silence an endpoint with open watches is asked for a sign of life. If none comes in the time that "
        + "its answers take, at least a second, or within `attempt.timeout.ms`, its watches move to another endpoint. "
        + "Twice this time lies between two looks at whether a silent watch misses what etcd has."),
    integer(
      "backoff.min.ms", \.backoffMinMs, 1...3_600_000,
      "The longest first wait before something that failed is tried again; it doubles with each further failure, and "
        + "what is waited is drawn evenly from zero to it."),
    integer(
      "backoff.max.ms", \.backoffMaxMs, 1...3_600_000,
      "The longest wait before something that failed is tried again. Not less than `backoff.min.ms`."),
    integer(
      "lease.ttl.s", \.leaseTTL, 1...86_400,
      "The TTL, in seconds, of the lease that keepalives share: how long keys outlive their process. The server may "
        + "grant more, and never less than its own minimum."
    ).reloaded(.withoutLease),
    integer(
      "lease.id", \.leaseID, 0...Int64.max,
      "The lease that a process before this one has left behind, as etcdcli_cluster_lease told it: keepalives go on with "
        + "it, and find the keys under it to be theirs. If it is gone, another one is granted; 0: there is none."
    ).reloaded(.never),
    integer(
      "keepalive.verify.ms", \.keepaliveVerifyMs, 0...3_600_000,
      "Within how long it is noticed that a key which is held was deleted or overwritten, by one question for 128 keys at "
        + "a time. It is asked after each failover too; 0: only then."),
    integer(
      "calls.max", \.callsMax, 1...1_000_000,
      "How many calls may be in progress at once, waiting ones included; one more is refused. Those whose answers come "
        + "in parts are counted by themselves, up to as many."),
    integer(
      "calls.concurrent", \.callsConcurrent, 1...1000,
      "How many calls may be on the wire at once, by the gateway each on a connection of its own; more of them wait. As "
        + "many of what keepalives ask may be there beside them. Of calls whose answers come in parts it bounds none."),
    flag(
      "calls.gather", \.gathersCalls,
      "Whether what is asked by gRPC outside of a pump waits for the next one, for which the descriptor becomes readable "
        + "at once, and then goes in one system call with all else that was asked until then. Without it each goes before "
        + "the function that asks returns. For hosts that wait for the descriptor and ask much (`docs/embedding.md`, "
        + "Many calls)."),
    integer(
      "keepalives.max", \.keepalivesMax, 1...1_000_000,
      "How many keepalives a cluster may have; one more is refused. A freed one counts until its key is removed."),
    integer(
      "watchers.max", \.watchersMax, 1...1_000_000,
      "How many watchers a cluster may have, by the gateway each with a connection of its own; one more is refused."),
    integer(
      "response.max.bytes", \.responseMaxBytes, 4096...2_147_483_647,
      "What one answer may cost, and one revision that a watch brings: its bytes, and the memory of what they decode to "
        + "(`docs/embedding.md`, Large answers). What costs more is refused with `ETCDCLI_ERR_TOO_LARGE`."
    ).reloaded(.never),
    integer(
      "watch.page.keys", \.watchPageKeys, 1...100_000,
      "How many keys a watcher's snapshot, and `etcdcli_range_each` without a limit, read at a time. Halved by itself "
        + "where a page is too large."),
    integer(
      "watch.start.spread.ms", \.watchStartSpreadMs, 0...3_600_000,
      "Within how long a watcher begins to read what there is, at a time drawn anew for each, so that a large fleet that is "
        + "started at one time does not read its snapshots at one time; 0: at once. What breaks off later goes on with "
        + "back-off, as ever."),
    text(
      "watcher.cache.dir", \.watcherCacheDir, "path of a directory",
      "Where each watcher with a snapshot keeps its last picture, in a file of its own, for the time when a process starts "
        + "and etcd is away ([more](embedding.md#the-last-picture-on-disk)). It has to be there, and belongs to one etcd "
        + "cluster. None is kept if empty."
    ).reloaded(.never),
    integer(
      "watcher.cache.after.ms", \.watcherCacheAfterMs, 0...3_600_000,
      "How long a watcher waits for the first page of its snapshot before it begins with the picture on disk, if there is "
        + "one. It does so at once when reading fails, but not where etcd says that it may not read."
    ).reloaded(.never),
    integer(
      "watcher.cache.max.bytes", \.watcherCacheMaxBytes, 65_536...1_099_511_627_776,
      "How large the file of a picture may be, give or take what is written while it is made smaller; a picture that needs "
        + "more than three quarters of it is not kept any more."
    ).reloaded(.never),
    integer(
      "watch.index.max.bytes", \.watchIndexMaxBytes, 4096...8_589_934_592,
      "What the index of the keys that a watcher knows may take; one that needs more ends with `ETCDCLI_ERR_LIMIT`."),
    integer(
      "tcp.keepalive.idle.s", \.tcpKeepaliveIdle, 1...32_767,
      "After how many seconds of silence TCP begins to probe a connection."),
    integer(
      "tcp.keepalive.interval.s", \.tcpKeepaliveInterval, 1...32_767, "How many seconds lie between these probes."),
    text(
      "tls.ca.file", \.tlsCAFile, "path of a PEM file",
      "The certificate authorities that servers are checked against; the system's if this, `tls.ca.dir` and "
        + "`tls.ca.pem` are all empty. This file, and those of the "
        + "client's certificate and key, are read again when they change: new connections use what they say then, and "
        + "open ones live on."),
    text(
      "tls.cert.file", \.tlsCertFile, "path of a PEM file",
      "The client's certificate. etcd's gateway refuses certificates that have a common name."),
    text(
      "tls.key.file", \.tlsKeyFile, "path of a PEM file",
      "The key of the client's certificate. Each of the two needs the other."),
    text(
      "auth.user", \.authUser, "name of a user",
      "As whom etcd is asked. The cluster logs in before anything else, once for all that it does, and again whenever etcd "
        + "does not know its token any more; where authentication is off it goes on without. Needs `auth.password`."),
    secret("auth.password", \.authPassword, "text", "The password of `auth.user`.") { _ in true },
    secret(
      "auth.token", \.authToken, Credentials.tokenWords,
      "A token of the host's own, a JWT for example, in place of user and password, which it excludes. Nobody renews it but the host, with "
        + "`etcdcli_cluster_set_credentials`; one that etcd does not take is told."
    ) { $0.isEmpty || $0.isToken },
    logLevel("log.level", "The least important lines that are given to the log callback."),
  ]

  // MARK: Types

  private static func integer(
    _ name: String, _ path: WritableKeyPath<Options, Int64> & Sendable, _ range: ClosedRange<Int64>, _ summary: String
  ) -> Option {
    let quantity = Quantity(ofOption: name)
    return Option(
      name: name, accepted: quantity.accepted(range), summary: summary, get: { String($0[keyPath: path]) },
      set: { options, text throws(Option.Refusal) in
        guard let value = quantity.parse(text), range.contains(value) else { throw .value }
        options[keyPath: path] = value
      })
  }

  private static func text(
    _ name: String, _ path: WritableKeyPath<Options, String> & Sendable, _ accepted: String, _ summary: String
  ) -> Option {
    Option(
      name: name, accepted: accepted, summary: summary, get: { $0[keyPath: path] },
      set: { options, text throws(Option.Refusal) in
        options[keyPath: path] = text
      })
  }

  private static func secret(
    _ name: String, _ path: WritableKeyPath<Options, Secret> & Sendable, _ accepted: String, _ summary: String,
    isAccepted: @escaping @Sendable (Secret) -> Bool
  ) -> Option {
    Option(
      name: name, accepted: accepted, summary: summary, get: { $0[keyPath: path].text },
      set: { options, text throws(Option.Refusal) in
        guard isAccepted(Secret(text)) else { throw .value }
        options[keyPath: path] = Secret(text)
      }
    ).secret()
  }

  private static func flag(
    _ name: String, _ path: WritableKeyPath<Options, Bool> & Sendable, _ summary: String
  ) -> Option {
    Option(
      name: name, accepted: "true, false", summary: summary, get: { $0[keyPath: path] ? "true" : "false" },
      set: { options, text throws(Option.Refusal) in
        guard text == "true" || text == "false" else { throw .value }
        options[keyPath: path] = text == "true"
      })
  }

  private static func logLevel(_ name: String, _ summary: String) -> Option {
    let accepted = LogLevel.allCases.map(\.name.description).joined(separator: ", ")
    return Option(
      name: name, accepted: accepted, summary: summary, get: { $0.logLevel.name.description },
      set: { options, text throws(Option.Refusal) in
        guard let level = LogLevel.allCases.first(where: { $0.name.description == text }) else { throw .value }
        options.logLevel = level
      })
  }

  private static func endpoints(_ name: String, _ summary: String) -> Option {
    let accepted =
      "URLs, separated by commas: `http://host:port`, `https://host:port`, `unix:///path` or, with TLS, `unixs:///path`, "
      + "and domains: `srv:domain`, `srv:https://domain`, `srv:http://domain`"
    return Option(
      name: name, accepted: accepted, summary: summary,
      get: { ($0.serviceDomains.map(\.text) + $0.endpoints.map(\.url)).joined(separator: ",") },
      set: { options, text throws(Option.Refusal) in
        var endpoints: [Endpoint] = []
        var domains: [ServiceDomain] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
          let url = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
          if url.isEmpty { throw .detail(" has an empty URL in its list; it takes \(accepted)") }
          do throws(EndpointError) {
            if url.lowercased().hasPrefix(ServiceDomain.prefix) {
              let domain = try ServiceDomain(parsing: url)
              if !domains.contains(domain) { domains.append(domain) }
              continue
            }
            let endpoint = try Endpoint(parsing: url)
            if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
          } catch {
            throw .detail(": the URL \"\(PrintableText.quote(hidingUser(in: url, of: text)))\" \(error.reason)")
          }
        }
        options.endpoints = endpoints
        options.serviceDomains = domains
      })
  }

  /// A password that was put where none belongs must not end up in a log. It may have had a comma in it.
  private static func hidingUser(in url: String, of list: String) -> String {
    guard let at = url.lastIndex(of: "@") else { return list.contains("@") ? "..." : url }
    return "..." + url[at...]
  }

  // MARK: Reference

  /// The text of `docs/options.md`.
  package static var reference: String { reference(of: all) }

  static func reference(of options: [Option]) -> String {
    var lines = [
      "# Options",
      "",
      "Set with `etcdcli_config_set(config, name, value)`, and read back with `etcdcli_config_get`; all values are text. A",
      "number may have a unit right behind it where units are named: `250ms`, `5m`, `16MiB`; it is read back as a plain",
      "number, of what the name says. This page is generated from the table in",
      "`Sources/EtcdCore/Options/OptionTable.swift` by `scripts/options-reference`.",
      "",
      "*Reload* says whether `etcdcli_cluster_reconfigure` takes another value while a cluster works. What limits a time, a",
      "number or a connection holds for what begins from then on.",
      "",
      "| option | values | default | reload | meaning |",
      "|---|---|---|---|---|",
    ]
    for option in options {
      let defaultText = option.defaultText.isEmpty ? "" : "`\(option.defaultText)`"
      let summary = option.summary + (option.isSecret ? " Secret: never repeated in a log or an error." : "")
      lines.append(
        "| `\(option.name)` | \(option.accepted) | \(defaultText) | \(option.reload.words) | \(summary) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
