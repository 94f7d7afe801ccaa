import EtcdPacker
import TestSupport
import Testing

@testable import EtcdCore

/// What docs/directory.md says of the choice, of many sets.
struct DirectoryPictureTests {
  private struct Wanted {
    var key: String
    var id: String
    var weight: Int64
  }

  private static func picture(_ wanted: [Wanted]) -> DirectoryPicture {
    let services = wanted.sorted { $0.key < $1.key }.enumerated().map { index, one in
      var kv = KeyValue()
      kv.key = Bytes(utf8: one.key)
      var traits = ServiceTraits(id: Bytes(utf8: one.id))
      traits.weight = one.weight
      return Service(kv, traits, number: UInt32(index))
    }
    return DirectoryPicture(services, revision: 1)
  }

  private static func fleet(_ numbers: some Sequence<Int>, _ weight: (Int) -> Int64) -> [Wanted] {
    numbers.map { number in
      let id = String(repeating: "0", count: max(4 - String(number).count, 0)) + String(number)
      return Wanted(key: "/game/\(id)", id: id, weight: weight(number))
    }
  }

  private static let fleets: [String: [Wanted]] = [
    "equal": fleet(0..<20) { _ in 1 },
    "mixed": fleet(0..<20) { [1, 2, 5, 100, 0][$0 % 5] },
    "wide": fleet(0..<100) { Int64(1 + $0 * $0 * 1677 % 16_777_216) },
    "large": fleet(0..<300) { Int64(1 + $0 % 3) },
    "twins": [
      Wanted(key: "/game/b", id: "same", weight: 3), Wanted(key: "/game/a", id: "same", weight: 3),
      Wanted(key: "/game/c", id: "other", weight: 2),
    ],
  ]

  private func key(_ place: Int?, of picture: DirectoryPicture) -> String? {
    place.map { picture.services[$0].key.description }
  }

  private func first(_ count: Int, of picture: DirectoryPicture, for hash: UInt64) -> [String] {
    withUnsafeTemporaryAllocation(of: Rendezvous.Candidate.self, capacity: count) { ranking in
      let found = picture.ranking(for: hash, into: ranking)
      return ranking[..<found].map { picture.services[Int($0.index)].key.description }
    }
  }

  @Test func theVectorsOfTheSecondImplementationAreMet() throws {
    let file = try #require(TestFile.contents(of: TestFile.root + "/Tests/directory/vectors.txt"))
    let vectors = String(decoding: file, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(vectors.count > 80)
    for line in vectors {
      let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      switch words[0] {
      case "text":
        let text = words[1] == "-" ? "" : words[1]
        #expect(Array(text.utf8).withUnsafeBytes { StableHash.of($0) } == UInt64(words[2], radix: 16), "\(line)")
      case "u64": #expect(StableHash.of(try #require(UInt64(words[1]))) == UInt64(words[2], radix: 16), "\(line)")
      case "i64":
        let number = UInt64(bitPattern: try #require(Int64(words[1])))
        #expect(StableHash.of(number) == UInt64(words[2], radix: 16), "\(line)")
      case "cell": #expect(Rendezvous.cell(of: try #require(UInt64(words[1], radix: 16))) == Int(words[2]), "\(line)")
      case "arrival":
        #expect(Rendezvous.arrival(of: try #require(UInt64(words[1], radix: 16))) == UInt64(words[2]), "\(line)")
      case "first":
        let picture = Self.picture(try #require(Self.fleets[words[1]]))
        let hash = StableHash.of(try #require(UInt64(words[2])))
        #expect(first(3, of: picture, for: hash) == Array(words[3...]), "\(line)")
        // Asked, and remembered.
        for _ in 0..<2 { #expect(key(picture.responsible(for: hash), of: picture) == words[3], "\(line)") }
      case "murmur", "murmur_u64", "ring": break  // of RingTests
      default: Issue.record("a line of a kind that is not known: \(line)")
      }
    }
  }

  // MARK: Properties

  private static func randomSet(_ random: inout SplitMix) -> [Wanted] {
    let weights: [[Int64]] = [[1], [1, 2, 3], [0, 1, 50], Array(1...100), [1, 1 << 24]]
    let choice = weights[Int(random.next() % UInt64(weights.count))]
    let count = Int(random.next() % 40) + 1
    return fleet((0..<count).map { $0 * 7 + Int(random.next() % 7) }) { _ in
      choice[Int(random.next() % UInt64(choice.count))]
    }
  }

  private static let hashes = (0..<400 as Range<UInt64>).map { StableHash.of($0) }

  private func answers(_ set: [Wanted]) -> [String?] {
    let picture = Self.picture(set)
    return Self.hashes.map { key(picture.responsible(for: $0), of: picture) }
  }

  @Test func whoJoinsTakesAndNobodyElseIsGivenAnything() {
    var random = SplitMix(state: 1)
    for _ in 0..<60 {
      let before = Self.randomSet(&random)
      let new = Wanted(key: "/game/new", id: "new\(random.next())", weight: Int64(random.next() % 9 + 1))
      for (old, now) in zip(answers(before), answers(before + [new])) where old != now { #expect(now == new.key) }
    }
  }

  @Test func whoLeavesGivesHisOwnAndNothingElseMoves() {
    var random = SplitMix(state: 2)
    for _ in 0..<60 {
      let before = Self.randomSet(&random)
      let gone = before[Int(random.next() % UInt64(before.count))]
      let after = before.filter { $0.key != gone.key }
      for (old, now) in zip(answers(before), answers(after)) where old != now { #expect(old == gone.key) }
    }
  }

  @Test func aWeightThatChangesMovesOnlyWhatIsItsOwn() {
    var random = SplitMix(state: 3)
    for _ in 0..<60 {
      let before = Self.randomSet(&random)
      let changed = Int(random.next() % UInt64(before.count))
      var after = before
      after[changed].weight = Int64(random.next() % 200)
      let grows = after[changed].weight > before[changed].weight
      for (old, now) in zip(answers(before), answers(after)) where old != now {
        #expect((grows ? now : old) == before[changed].key)
      }
    }
  }

  /// That is what is shown by the first and what is remembered, by the order of all, and without bounds.
  @Test func allWaysToTheFirstAgree() throws {
    var random = SplitMix(state: 4)
    for round in 0..<40 {
      let set = round % 8 == 0 ? Self.fleet(0..<260) { Int64($0 % 90 + 1) } : Self.randomSet(&random)
      let picture = Self.picture(set)
      for hash in Self.hashes.prefix(60) {
        let salt = Rendezvous.salt(of: Rendezvous.cell(of: hash))
        let plain = picture.services.indices.filter { picture.services[$0].takesKeys }.min { one, other in
          let (left, right) = (picture.services[one], picture.services[other])
          let draws = (Rendezvous.draw(left.seed, salt: salt), Rendezvous.draw(right.seed, salt: salt))
          let mine = Rendezvous.arrival(of: draws.0) * UInt64(right.traits.weight)
          let others = Rendezvous.arrival(of: draws.1) * UInt64(left.traits.weight)
          if mine != others { return mine < others }
          return draws.0 == draws.1 ? one < other : draws.0 > draws.1
        }
        #expect(picture.responsible(for: hash) == plain)
        let ranking = first(5, of: picture, for: hash)
        #expect(ranking.first == key(plain, of: picture))
        #expect(ranking.count == min(5, picture.takers))
        // Without the first, the second is responsible, and so on.
        let rest = Self.picture(set.filter { $0.key != ranking.first })
        #expect(first(4, of: rest, for: hash) == Array(ranking.dropFirst()))
      }
    }
  }

  /// What is passed over without a logarithm would have come later.
  @Test func nobodyArrivesBeforeHisMissSays() {
    var random = SplitMix(state: 5)
    let edges: [UInt64] = [0, 1, 2, .max, .max - 1, 1 << 63, 1 << 63 - 1, .max << 32, ~(1 << 32), 1 << 32 - 1]
    for draw in edges + (0..<20_000).map({ random.next() >> UInt64($0 % 64) })
      + (0..<20_000).map({ ~(random.next() >> UInt64($0 % 64)) })
    {
      #expect(Rendezvous.arrival(of: draw) >= Rendezvous.Candidate.miss(of: draw) * 23 / 16)
    }
  }

  @Test func theGreaterADrawTheSoonerItArrives() {
    var random = SplitMix(state: 5)
    for _ in 0..<20_000 {
      let draw = random.next() >> (random.next() % 64)
      let (greater, overflow) = draw.addingReportingOverflow(random.next() >> (random.next() % 64))
      if !overflow { #expect(Rendezvous.arrival(of: greater) <= Rendezvous.arrival(of: draw)) }
      #expect((1...1 << 38).contains(Rendezvous.arrival(of: draw)))
    }
  }

  @Test func sharesAreThoseOfTheWeights() {
    let weights: [Int64] = [1, 1, 2, 4, 8]
    let picture = Self.picture(Self.fleet(0..<5) { weights[$0] })
    var counts = Array(repeating: 0, count: 5)
    let total = 160_000
    for number in 0..<UInt64(total) {
      if let place = picture.responsible(for: StableHash.of(number)) { counts[place] += 1 }
    }
    for (count, weight) in zip(counts, weights) {
      let share = Double(total) * Double(weight) / 16
      // Five times the deviation that chance has.
      #expect(abs(Double(count) - share) < 5 * share.squareRoot(), "\(count) of \(share)")
    }
  }

  // MARK: Who takes keys

  @Test func whoHasNoWeightOrIsNotUpIsNotChosen() {
    var services: [Service] = []
    for (index, state) in [ServiceState.up, .draining, .down, .up].enumerated() {
      var kv = KeyValue()
      kv.key = Bytes(utf8: "\(index)")
      var traits = ServiceTraits(id: kv.key)
      traits.state = state
      traits.weight = index == 3 ? 0 : 5
      services.append(Service(kv, traits, number: UInt32(index)))
    }
    let picture = DirectoryPicture(services, revision: 1)
    #expect(picture.takers == 1)
    for hash in Self.hashes {
      #expect(picture.responsible(for: hash) == 0)
      #expect(first(4, of: picture, for: hash) == ["0"])
      #expect(picture.turn(hash) == 0)
    }
    let nobody = DirectoryPicture(Array(services.dropFirst()), revision: 1)
    #expect(nobody.responsible(for: 1) == nil && nobody.turn(1) == nil && first(2, of: nobody, for: 1).isEmpty)
    #expect(withLoads([]) { nobody.leastLoaded($0) } == nil)
    #expect(withLoads([]) { nobody.responsible(for: 1, loads: $0, percent: 125) } == nil)
  }

  @Test func theyTakeTurns() {
    let picture = Self.picture(Self.fleet(0..<7) { Int64($0 % 2 + 1) })
    let turns = (0..<14).compactMap { picture.turn(UInt64($0)) }
    #expect(Set(turns.prefix(7)).count == 7)
    #expect(turns.prefix(7) == turns.suffix(7))
  }

  // MARK: Loads

  private func withLoads<R>(_ loads: [UInt64], _ body: (UnsafeBufferPointer<UInt64>) -> R) -> R {
    loads.withUnsafeBufferPointer(body)
  }

  @Test func theLeastLoadedIsSoForItsWeight() {
    let picture = Self.picture(Self.fleet(0..<4) { [1, 4, 2, 1][$0] })
    #expect(withLoads([3, 11, 6, 4]) { picture.leastLoaded($0) } == 1)
    #expect(withLoads([3, 12, 6, 4]) { picture.leastLoaded($0) } == 0)
    #expect(withLoads([3, 12, 6]) { picture.leastLoaded($0) } == 3)
    #expect(withLoads([]) { picture.leastLoaded($0) } == 0)
    #expect(withLoads([.max, .max, .max, .max]) { picture.leastLoaded($0) } == 1)
  }

  /// By each key that is given to somebody his load grows, and stays within the bound.
  @Test func loadsStayWithinTheirBound() {
    let weights: [Int64] = [1, 1, 2, 4, 16]
    let picture = Self.picture(Self.fleet(0..<5) { weights[$0] })
    for percent: UInt64 in [0, 100, 110, 200] {
      var loads = Array(repeating: UInt64(0), count: 5)
      var asResponsible = 0
      for given in 1...3000 as ClosedRange<UInt64> {
        let hash = StableHash.of(given)
        guard let place = withLoads(loads, { picture.responsible(for: hash, loads: $0, percent: percent) }) else {
          Issue.record("nobody is left")
          return
        }
        loads[place] += 1
        if place == picture.responsible(for: hash) { asResponsible += 1 }
        let share = Double(max(percent, 100)) / 100 * Double(given) * Double(weights[place]) / 24
        #expect(Double(loads[place]) <= share.rounded(.up))
      }
      #expect(asResponsible > 1500)
    }
  }

  // MARK: Keys

  @Test func boundsAreThoseOfTheOrderOfKeys() {
    let picture = Self.picture(Self.fleet([1, 3, 5]) { _ in 1 })
    #expect(picture.bound(of: "/game/0003", after: false) == 1)
    #expect(picture.bound(of: "/game/0003", after: true) == 2)
    #expect(picture.bound(of: "/game/0004", after: false) == 2)
    #expect(picture.bound(of: "", after: true) == 0)
    #expect(picture.bound(of: "/game/9", after: false) == 3)
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Rendezvous.mix(state)
  }
}
