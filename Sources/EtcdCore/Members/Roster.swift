import EtcdPacker

/// What a list of members says, as far as it is of use here: who is there, and at which addresses it may be tried.
///
/// Voting members that have started are tried, and no others: a learner answers next to nothing, and one that has not
/// started nothing at all (field notes, no quorum). What could not be right from here is not even tried: an address without
/// a host (`0.0.0.0`), this host's own (`localhost`) unless a seed is one too, a path, or another scheme than the seeds
/// have; a password or a token must not go where there is no TLS because a list says so.
struct Roster {
  struct Address: Equatable {
    let endpoint: Endpoint
    let memberID: UInt64
  }

  /// Of a longer list only so much is looked at; etcd's own advice is seven members.
  static let mostMembers = 32
  static let mostURLs = 4
  static let longestURL = 300
  static let longestName = 100

  /// The first of each member, then the second of each, and so on.
  let addresses: [Address]
  let names: [UInt64: String]
  /// How many advertised URLs were left out because they could not be right.
  let leftOut: Int

  init(_ members: [Member], seeds: [Endpoint]) {
    var names: [UInt64: String] = [:]
    var columns: [[Address]] = Array(repeating: [], count: Self.mostURLs)
    var leftOut = 0
    let schemes = Set(seeds.compactMap(\.scheme))
    let hasLocalSeed = seeds.contains(where: \.isLoopback)
    for member in members.prefix(Self.mostMembers) where !member.name.isEmpty {
      names[member.id] = PrintableText.excerpt(of: member.name, limit: Self.longestName)
      if member.isLearner { continue }
      for (index, url) in member.clientURLs.prefix(Self.mostURLs).enumerated() {
        guard url.utf8.count <= Self.longestURL, let endpoint = try? Endpoint(parsing: url),
          let scheme = endpoint.scheme, schemes.contains(scheme), !endpoint.isUnspecified,
          hasLocalSeed || !endpoint.isLoopback
        else {
          leftOut += 1
          continue
        }
        columns[index].append(Address(endpoint: endpoint, memberID: member.id))
      }
    }
    var addresses: [Address] = []
    for address in columns.joined() where !addresses.contains(where: { $0.endpoint == address.endpoint }) {
      addresses.append(address)
    }
    self.addresses = addresses
    self.names = names
    self.leftOut = leftOut
  }

  /// What a list is made of anew when the seeds are others.
  static func usable(_ members: [Member]) -> [Member] {
    members.prefix(mostMembers).map { member in
      var member = member
      member.name = PrintableText.excerpt(of: member.name, limit: longestName)
      member.peerURLs = []
      member.clientURLs = member.clientURLs.prefix(mostURLs).filter { $0.utf8.count <= longestURL }
      return member
    }
  }

  func has(_ endpoint: Endpoint) -> Bool { addresses.contains { $0.endpoint == endpoint } }
}

extension Endpoint {
  /// `nil` for what is not reached by a host and a port.
  fileprivate var scheme: String? {
    if url.hasPrefix("http://") { "http" } else if url.hasPrefix("https://") { "https" } else { nil }
  }

  /// As in the URL, without brackets.
  private var host: Substring {
    let rest = url.drop { $0 != "/" }.drop { $0 == "/" }
    if rest.hasPrefix("[") { return rest.dropFirst().prefix { $0 != "]" } }
    return rest.prefix { $0 != ":" }
  }

  /// `0.0.0.0` and `::`, however they are written.
  fileprivate var isUnspecified: Bool {
    host.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
      || host == "::ffff:0.0.0.0"
  }

  /// The host itself, whichever it is.
  fileprivate var isLoopback: Bool {
    if host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.") {
      return true
    }
    return host.hasSuffix(":1")
      && host.dropLast().utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ":") }
  }
}
