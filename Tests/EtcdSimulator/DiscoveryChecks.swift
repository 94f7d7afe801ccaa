import EtcdCore
import EtcdPacker
import EtcdTransport

/// Addresses that members advertise, and that are no good from here.
enum AbsurdAddress {
  /// Nobody answers, not even to refuse.
  static let silent = "http://10.9.0.1:2379"
  /// A member of another cluster answers, whose list names `beyond`.
  static let foreign = "http://10.66.0.1:2379"
  static let beyond = "http://10.66.0.2:2379"

  static func all(of member: Int) -> [String] {
    [
      "http://0.0.0.0:2379", "http://[::]:2379", "http://localhost:2379", "http://127.0.0.1:2379",
      "https://10.0.0.\(member + 1):2379", "http://10.0.0.\(member + 1):2379/etcd", "unix:///run/etcd.sock", silent,
      foreign,
    ]
  }
}

/// Holds what one cluster asks, and of whom, against what is promised of the discovery of members: addresses that it was
/// not configured with are asked who they are before they are asked for anything else, and only those of voting members
/// that have started; and the list is not asked for more often than it says.
struct DiscoveryChecks {
  /// The members that it was configured with, by their URLs.
  var seeds: Set<Int> = []
  var isOn = true
  var interval = Duration.zero
  /// What the next question was planned by, if that was shorter.
  private var intervalBefore: Duration?
  /// Members of which a list has told the core where they are reached.
  private(set) var told: Set<Int> = []
  /// The same since it was configured as it is.
  private(set) var toldSince: Set<Int> = []
  /// Members that have answered it with a list, or with a token.
  private var proven: Set<Int> = []
  /// When the core last took in a list from a seed.
  private var lastList: Instant?
  private var lastTries: [String: Instant] = [:]

  /// Whether the core knows of it that it is a member.
  func isKnown(_ member: Int) -> Bool { seeds.contains(member) || proven.contains(member) }

  /// It is configured otherwise. What was configured and is no longer goes on for as long as a list has it; if not it is
  /// an address like any other.
  mutating func reloaded(seeds: Set<Int>, isOn: Bool, interval: Duration) {
    let gone = self.seeds.subtracting(seeds)
    // Who is asked to look for members looks at once.
    if isOn != self.isOn { (lastList, lastTries) = (nil, [:]) }
    if !isOn { (told, proven) = ([], []) }
    proven.formUnion(gone.intersection(told))
    proven.subtract(gone.subtracting(told))
    toldSince = []
    intervalBefore = min(intervalBefore ?? self.interval, self.interval)
    (self.seeds, self.isOn, self.interval) = (seeds, isOn, interval)
  }

  /// What is wrong with that request, if anything is.
  mutating func flaw(in transfer: SimulatedTransfer, of etcd: SimulatedEtcd, now: Instant) -> String? {
    let url = transfer.request.url
    let isList = transfer.route == .memberList
    if let member = transfer.member, seeds.contains(member) {
      transfer.isToSeed = true
      return isList ? flawOfPace(etcd, now) : nil
    }
    if !isOn { return "\(url) was asked, although nothing is to be discovered" }
    // Who carries tokens does not know whom they are for.
    if transfer.route == .authenticate { return nil }
    guard let member = transfer.member else {
      let isKnown = [AbsurdAddress.silent, AbsurdAddress.foreign].contains { url.hasPrefix($0 + "/") }
      if !isKnown { return "\(url) was asked, which cannot be right" }
      if !isList { return "\(url) was asked, where nothing of ours has answered" }
      defer { lastTries[url] = now }
      if let last = lastTries[url], last + .milliseconds(400) > now { return "\(url) was tried again at once" }
      return nil
    }
    let entry = etcd.membership.entries[member]
    if entry.standing == .learner || entry.standing == .stranger || !entry.isPublished {
      return "member \(member) was asked, which is \(entry.standing)\(entry.isPublished ? "" : ", and has not started")"
    }
    if !isList, !proven.contains(member) { return "\(url) was asked for something before it was asked who it is" }
    return nil
  }

  private func flawOfPace(_ etcd: SimulatedEtcd, _ now: Instant) -> String? {
    // In another store, or of another time, an answer counts for nothing.
    guard let lastList, etcd.life == 0 else { return nil }
    let pause = min(min(interval, intervalBefore ?? interval) * 3 / 4, .seconds(5))
    return lastList + pause > now ? "the members were asked for again after \(now - lastList)" : nil
  }

  /// The core takes in the end of a transfer.
  mutating func ended(_ transfer: SimulatedTransfer, _ event: TransferEvent, network: SimulatedNetwork, now: Instant) {
    // Whoever logs somebody in says who he is, too.
    if transfer.route == .authenticate, let member = transfer.member, case .completed(200, let body, _) = event,
      let answer = try? AuthenticateResponse.decode(body), answer.header.clusterID != 0
    {
      proven.insert(member)
    }
    guard transfer.route == .memberList, let member = transfer.member, case .completed(200, let body, _) = event,
      let list = try? MemberListResponse.decode(body), list.header.clusterID != 0
    else { return }
    proven.insert(member)
    if seeds.contains(member), transfer.isToSeed { (lastList, intervalBefore) = (now, nil) }
    for url in list.members.filter({ !$0.isLearner && !$0.name.isEmpty }).flatMap(\.clientURLs) {
      // With a path it is no address of a client.
      guard let member = network.member(of: url + "/"), url.count(where: { $0 == "/" }) == 2 else { continue }
      told.insert(member)
      toldSince.insert(member)
    }
  }
}
