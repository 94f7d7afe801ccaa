import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

struct DirectoryTests {
  private var directory = Directory(now: .at(0))
  private var parser = ServiceParser(prefix: 2, names: ServiceParser.Names())

  /// What is told of a batch, in words.
  private mutating func take(
    _ events: [Event], at revision: Int64, _ origin: Batch.Origin = .watch
  ) -> [String] {
    let batch = Batch(events: events, revision: revision, origin: origin)
    return directory.take(batch, events.map { parser.parse($0.kv) }).map { change in
      switch change {
      case .complete: "complete"
      case .joined(let service): "joined \(service.key)=\(service.value)"
      case .changed(let service, let previous): "changed \(service.key)=\(service.value), was \(previous.value)"
      case .left(let service): "left \(service.key)=\(service.value)"
      case .refused(let kv, _): "refused \(kv.key)=\(kv.value)"
      }
    }
  }

  private mutating func takeSnapshot(_ events: [Event] = [], at revision: Int64 = 10) -> [String] {
    take(events, at: revision, .snapshot(isLast: true, isResync: false))
  }

  private var keys: [String] { directory.picture.services.map(\.key.description) }

  // MARK: The first picture

  @Test mutating func nobodyIsThereUntilThePictureIsWhole() {
    #expect(take([.put("d/a", "{}", at: 1)], at: 10, .snapshot(isLast: false, isResync: false)) == [])
    #expect(keys == [])
    #expect(directory.picture.revision == 0)
    #expect(takeSnapshot([.put("d/b", "{}", at: 2)]) == ["complete"])
    #expect(keys == ["d/a", "d/b"])
    #expect(directory.picture.revision == 10)
  }

  @Test mutating func whatIsRefusedIsToldBeforeThePictureIsWholeToo() {
    #expect(
      takeSnapshot([.put("d/a", "no JSON", at: 1), .put("d/b", "{}", at: 2)]) == ["refused d/a=no JSON", "complete"])
    #expect(keys == ["d/b"])
  }

  @Test mutating func anEmptyPictureIsWholeToo() {
    #expect(takeSnapshot() == ["complete"])
    #expect(directory.state == .following)
  }

  // MARK: Changes

  @Test mutating func joinedChangedAndLeftAreTold() {
    _ = takeSnapshot()
    #expect(
      take([.put("d/b", "{}", at: 11), .put("d/a", "{}", at: 11)], at: 11) == ["joined d/b={}", "joined d/a={}"])
    #expect(keys == ["d/a", "d/b"])
    #expect(take([.put("d/a", #"{"weight":2}"#, at: 12)], at: 12) == [#"changed d/a={"weight":2}, was {}"#])
    #expect(directory.picture.services[0].traits.weight == 2)
    #expect(directory.picture.services[0].revision == 12)
    #expect(take([.delete("d/b", at: 13)], at: 13) == ["left d/b={}"])
    #expect(keys == ["d/a"])
    #expect(directory.picture.revision == 13)
  }

  @Test mutating func whatChangesNothingIsNotTold() {
    _ = takeSnapshot([.put("d/a", "{}", at: 1)])
    let edition = directory.edition
    #expect(take([.put("d/a", "{}", at: 11), .delete("d/b", at: 11)], at: 11) == [])
    #expect(directory.edition == edition)
    #expect(directory.revision == 11)
  }

  @Test mutating func aValueThatIsNotUnderstoodRemovesNobody() {
    _ = takeSnapshot([.put("d/a", #"{"weight":7}"#, at: 1)])
    let edition = directory.edition
    #expect(take([.put("d/a", #"{"weight":-1}"#, at: 11)], at: 11) == [#"refused d/a={"weight":-1}"#])
    #expect(directory.picture.services[0].traits.weight == 7)
    #expect(directory.edition == edition)
    #expect(take([.delete("d/a", at: 12)], at: 12) == [#"left d/a={"weight":7}"#])
  }

  /// What has happened while the watcher was cut off comes as the difference.
  @Test mutating func aPictureThatIsReadAgainIsNeverEmpty() {
    _ = takeSnapshot([.put("d/a", "{}", at: 1), .put("d/b", "{}", at: 2)])
    #expect(
      take([.put("d/c", "{}", at: 20)], at: 30, .snapshot(isLast: false, isResync: true)) == ["joined d/c={}"])
    #expect(keys == ["d/a", "d/b", "d/c"])
    #expect(take([.delete("d/a", at: 30)], at: 30, .snapshot(isLast: true, isResync: true)) == ["left d/a={}"])
    #expect(keys == ["d/b", "d/c"])
  }

  @Test mutating func numbersAreSmallAndStay() {
    _ = takeSnapshot([.put("d/a", "{}", at: 1), .put("d/b", "{}", at: 2), .put("d/c", "{}", at: 3)])
    #expect(directory.services.map(\.number) == [0, 1, 2])
    _ = take([.delete("d/b", at: 11), .put("d/a", #"{"weight":2}"#, at: 11)], at: 11)
    #expect(directory.services.map(\.number) == [0, 2])
    _ = take([.put("d/0", "{}", at: 12), .put("d/d", "{}", at: 12)], at: 12)
    #expect(directory.services.map(\.number) == [1, 0, 2, 3])
  }

  /// Against a dictionary that does the same.
  @Test mutating func anyRunOfEventsIsFollowed() {
    var random = SplitMix(state: 6)
    var model: [String: String] = [:]
    _ = takeSnapshot()
    for revision in 11..<600 as Range<Int64> {
      let key = "d/\(random.next() % 30)"
      let value = #"{"weight":\#(random.next() % 3)}"#
      let isPut = random.next() % 3 > 0
      let told = take([isPut ? .put(key, value, at: revision) : .delete(key, at: revision)], at: revision)
      let before = model[key]
      model[key] = isPut ? value : nil
      #expect(told.count == (before == model[key] ? 0 : 1))
      #expect(keys == model.keys.sorted())
      for service in directory.services { #expect(model[service.key.description] == service.value.description) }
      #expect(Set(directory.services.map(\.number)).count == model.count)
      #expect(directory.services.allSatisfy { $0.number < 30 })
    }
  }

  // MARK: Age

  @Test mutating func itSaysForHowLongChangesMayHaveBeenMissed() {
    #expect(directory.behindMs(now: .at(70)) == 70)
    directory.watcherIs(live: false, now: .at(80))
    #expect(directory.behindMs(now: .at(100)) == 100)
    directory.watcherIs(live: true, now: .at(110))
    #expect(directory.behindMs(now: .at(5000)) == 0)
    directory.watcherIs(live: false, now: .at(6000))
    directory.watcherIs(live: false, now: .at(7000))
    #expect(directory.behindMs(now: .at(7500)) == 1500)
  }
}

struct ServiceParserTests {
  private func traits(_ value: String, _ names: ServiceParser.Names? = .init()) -> ServiceTraits? {
    try? ServiceParser(prefix: 5, names: names).parse(KeyValue("game/blue", value)).get()
  }

  private let defaults = ServiceTraits(id: "blue")

  @Test func withoutAParserAllAreAlike() {
    #expect(traits(#"{"weight":7}"#, nil) == defaults)
    #expect(traits("\u{0}", nil) == defaults)
  }

  @Test func whatIsMissingOrNullHasItsDefault() {
    #expect(traits("{}") == defaults)
    #expect(traits(#" {"id":null,"weight":null,"state":null,"labels":null,"zone":null,"other":[{}]} "#) == defaults)
    #expect(traits(#"{"id":""}"#) == defaults)
  }

  @Test func allFieldsAreRead() {
    var wanted = ServiceTraits(id: "4711")
    wanted.name = "bl\u{FC}"
    wanted.zone = "west"
    wanted.version = "1.10"
    wanted.weight = 250
    wanted.state = .draining
    wanted.labels = [ServiceLabel(name: "shard", value: "7"), ServiceLabel(name: "pvp", value: "true")]
    let value = #"""
      {"id":4711,"name":"bl\u00fc","zone":"west","version":"1.10","weight":"250","state":"draining",
       "labels":{"shard":7,"none":null,"pvp":true}}
      """#
    #expect(traits(value) == wanted)
  }

  @Test func fieldsMayHaveOtherNames() {
    var names = ServiceParser.Names()
    names.id = Array("node".utf8)
    names.weight = Array("power".utf8)
    var wanted = ServiceTraits(id: "a")
    wanted.weight = 3
    #expect(traits(#"{"node":"a","power":3,"id":[1],"weight":{}}"#, names) == wanted)
  }

  @Test(arguments: [
    "", "7", "[]", "null", "{", #"{"id":1"#, "{} x", #"{"weight":-1}"#, #"{"weight":16777217}"#, #"{"weight":1.5}"#,
    #"{"weight":true}"#, #"{"weight":{}}"#, #"{"state":"UP"}"#, #"{"state":1}"#, #"{"labels":[]}"#,
    #"{"labels":{"a":{}}}"#, #"{"id":["a"]}"#, #"{"zone":"\ud800"}"#, #"{"weight":99999999999999999999}"#,
  ])
  func whatIsNoServicesValueIsRefused(_ value: String) {
    #expect(traits(value) == nil)
  }

  @Test func theGreatestWeightIsTaken() {
    #expect(traits(#"{"weight":16777216}"#)?.weight == 16_777_216)
    #expect(traits(#"{"weight":0}"#)?.weight == 0)
  }
}

struct ServiceFilterTests {
  private let whole: DirectoryPicture = {
    var services: [Service] = []
    for (index, zone) in ["east", "west", "west", "north"].enumerated() {
      var traits = ServiceTraits(id: Bytes(utf8: "\(index)"))
      traits.zone = Bytes(utf8: zone)
      traits.version = Bytes(utf8: "1.\(index + 8)")
      traits.state = index == 1 || index == 3 ? .draining : .up
      traits.labels = [
        ServiceLabel(name: "shard", value: index < 2 ? "a" : "b"), ServiceLabel(name: "pvp", value: "1"),
      ]
      services.append(Service(KeyValue("\(index)"), traits, number: UInt32(index)))
    }
    return DirectoryPicture(services, revision: 7)
  }()

  private func keys(_ set: (inout ServiceFilter) -> Void) -> [String] {
    var filter = ServiceFilter()
    set(&filter)
    let picture = filter.picture(of: whole)
    #expect(picture.revision == 7)
    return picture.services.map(\.key.description)
  }

  @Test func withoutAWishAllAreThere() {
    #expect(keys { _ in } == ["0", "1", "2", "3"])
  }

  @Test func allThatIsSaidHasToBeSo() {
    #expect(keys { $0.zone = "west" } == ["1", "2"])
    #expect(keys { $0.states = [.draining] } == ["1", "3"])
    #expect(keys { $0.states = [.up, .down] } == ["0", "2"])
    #expect(keys { $0.labels = [ServiceLabel(name: "shard", value: "a")] } == ["0", "1"])
    #expect(
      keys { $0.labels = [ServiceLabel(name: "shard", value: "a"), ServiceLabel(name: "pvp", value: "2")] } == [])
    #expect(
      keys {
        $0.version = "1.9"
        $0.versionEnd = "1.11"
      } == ["1", "2"])
    #expect(
      keys {
        $0.zone = "west"
        $0.states = [.up]
      } == ["2"])
  }

  @Test func aZoneThatIsPreferredHasToHaveSomebodyWhoTakesKeys() {
    #expect(
      keys {
        $0.zone = "west"
        $0.zoneIsPreferred = true
      } == ["1", "2"])
    #expect(
      keys {
        $0.zone = "north"
        $0.zoneIsPreferred = true
      } == ["0", "1", "2", "3"])
    #expect(
      keys {
        $0.zone = "west"
        $0.zoneIsPreferred = true
        $0.labels = [.init(name: "shard", value: "a")]
      } == ["0", "1"])
    #expect(keys { $0.zone = "south" } == [])
  }

  @Test func versionsAreOrderedByTheirNumbers() {
    let order = ["", "1", "1.2", "1.2.0", "1.9", "1.10", "1.10-rc1", "1.10-rc2", "1.010.1", "2", "10.0", "v1"]
    for (index, version) in order.enumerated() {
      for (other, otherVersion) in order.enumerated() {
        let precedes = VersionOrder.precedes(Bytes(utf8: version), Bytes(utf8: otherVersion))
        #expect(precedes == (index < other), "\(version), \(otherVersion)")
      }
    }
    #expect(!VersionOrder.precedes("1.01", "1.1") && !VersionOrder.precedes("1.1", "1.01"))
  }
}
