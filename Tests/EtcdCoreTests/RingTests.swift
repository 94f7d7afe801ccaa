import EtcdPacker
import TestSupport
import Testing

@testable import EtcdCore

/// What docs/directory.md says of the ring of the atframework.
struct RingTests {
  private struct Wanted {
    var key: String
    var id: String
    var name: String
    var revision: Int64
  }

  private static func picture(_ wanted: [Wanted]) -> DirectoryPicture {
    let services = wanted.sorted { Bytes(utf8: $0.key) < Bytes(utf8: $1.key) }.enumerated().map { index, one in
      var kv = KeyValue()
      kv.key = Bytes(utf8: one.key)
      kv.modRevision = one.revision
      var traits = ServiceTraits(id: Bytes(utf8: one.id))
      traits.name = Bytes(utf8: one.name)
      return Service(kv, traits, number: UInt32(index))
    }
    return DirectoryPicture(services, revision: 1)
  }

  private static let fleets: [String: [Wanted]] = [
    "both": (0..<20).map {
      let id = 0x101_0000 + $0
      return Wanted(key: "/game/by_id/game-\($0)-\(id)", id: "\(id)", name: "game-\($0)", revision: 1)
    },
    "odd": [
      Wanted(key: "/game/a", id: "7", name: "", revision: 1),
      Wanted(key: "/game/b", id: "", name: "lobby", revision: 2),
      Wanted(key: "/game/c", id: "nine", name: "", revision: 3),
      Wanted(key: "/game/d", id: "18446744073709551615", name: "deep", revision: 4),
      Wanted(key: "/game/e", id: "18446744073709551616", name: "wide", revision: 5),
      Wanted(key: "/game/f", id: "0", name: "zero", revision: 6),
      Wanted(key: "/game/g", id: "11", name: "first", revision: 9),
      Wanted(key: "/game/h", id: "11", name: "second", revision: 8),
      Wanted(key: "/game/i", id: "12", name: "second", revision: 7),
      Wanted(key: "/game/j", id: "13", name: "first", revision: 10),
      Wanted(key: "/game/k", id: "+14", name: "", revision: 11),
    ],
    "shared": [
      Wanted(key: "/game/a", id: "", name: "abcdefgh", revision: 1),
      Wanted(key: "/game/b", id: "7523094288207667809", name: "", revision: 2),
    ],
  ]

  private func hash(_ bytes: some Sequence<UInt8>, _ seed: UInt32) -> RingHash {
    Array(bytes).withUnsafeBytes { RingHash(of: $0, seed: seed) }
  }

  private func first(_ count: Int, of picture: DirectoryPicture, _ kind: Ring.Kind, _ hash: RingHash) -> [String] {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { places in
      let found = picture.ring(kind).places(for: hash, into: places)
      return places[..<found].map { picture.services[$0].key.description }
    }
  }

  @Test func theVerificationValueOfTheHashIsThePublishedOne() {
    var hashes: [UInt8] = []
    for length in 0..<256 {
      let found = hash((0..<length).map { UInt8($0) }, UInt32(256 - length))
      for half in [found.first, found.second] {
        withUnsafeBytes(of: half.littleEndian) { hashes.append(contentsOf: $0) }
      }
    }
    #expect(hash(hashes, 0).first & 0xFFFF_FFFF == 0x6384_BA69)
  }

  @Test func theVectorsOfTheSecondImplementationAreMet() throws {
    let file = try #require(TestFile.contents(of: TestFile.root + "/Tests/directory/vectors.txt"))
    var count = 0
    for line in String(decoding: file, as: UTF8.self).split(separator: "\n").map(String.init) {
      let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      switch words[0] {
      case "murmur", "murmur_u64":
        let seed = try #require(UInt32(words[1]))
        let text = words[2] == "-" ? "" : words[2]
        let found =
          words[0] == "murmur" ? hash(text.utf8, seed) : RingHash(of: try #require(UInt64(text)), seed: seed)
        #expect(found.first == UInt64(words[3], radix: 16), "\(line)")
        #expect(found.second == UInt64(words[4], radix: 16), "\(line)")
      case "ring":
        let picture = Self.picture(try #require(Self.fleets[words[1]]))
        let kind: Ring.Kind = words[2] == "name" ? .name : .idAndName
        let hash = RingHash(of: try #require(UInt64(words[3])), seed: 0x0100_0193)
        #expect(first(3, of: picture, kind, hash) == Array(words[4...]), "\(line)")
        let place = try #require(picture.ring(kind).place(for: hash))
        #expect(picture.services[place].key.description == words[4], "\(line)")
      default: continue
      }
      count += 1
    }
    #expect(count == 84)
  }

  @Test func theRingIsClosed() throws {
    let picture = Self.picture(try #require(Self.fleets["both"]))
    for kind in Ring.Kind.allCases {
      let least = RingHash(first: 0, second: 0)
      let most = RingHash(first: .max, second: .max)
      #expect(first(20, of: picture, kind, most) == first(20, of: picture, kind, least))
      #expect(Set(first(64, of: picture, kind, most)).count == 20)
    }
  }

  @Test func nobodyIsChosenWhereNobodyTakesKeys() {
    var draining = ServiceTraits(id: Bytes(utf8: "1"))
    draining.state = .draining
    for services in [[], [Service(KeyValue(), draining, number: 0)]] {
      let ring = DirectoryPicture(services, revision: 1).ring(.name)
      #expect(ring.place(for: RingHash(of: 1, seed: 0)) == nil)
      withUnsafeTemporaryAllocation(of: Int.self, capacity: 3) {
        #expect(ring.places(for: RingHash(of: 1, seed: 0), into: $0) == 0)
      }
    }
  }

  @Test func aRingIsMadeOnce() throws {
    let picture = Self.picture(try #require(Self.fleets["both"]))
    for kind in Ring.Kind.allCases { #expect(picture.ring(kind) === picture.ring(kind)) }
  }
}
