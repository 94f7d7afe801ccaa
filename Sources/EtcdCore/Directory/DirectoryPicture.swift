import EtcdPacker
import Glibc
import Synchronization

/// The services there are at one revision, in the order of keys, and the choice among them. It never changes, so any
/// thread may look at it.
package final class DirectoryPicture: @unchecked Sendable {
  package let services: [Service]
  package let revision: Int64
  /// How many take new keys. They alone are chosen.
  package let takers: Int
  private let total: UInt64
  /// Of those: what they draw with, and where in `services` they stand; those of one weight lie together, in the order of
  /// keys, so that among them the greatest draw decides.
  private let seeds: UnsafeMutablePointer<UInt64>
  private let places: UnsafeMutablePointer<UInt32>
  private let runs: UnsafeMutableBufferPointer<Run>
  /// For many services: who is responsible for each cell, plus one, as far as somebody has asked. It is written by
  /// whoever asks first, and by all who do so at the same time alike, since there is but one answer.
  private let answers: UnsafeMutablePointer<Atomic<UInt16>>?
  /// As soon as somebody has asked for them. Who asks at the same time may make one in vain.
  private let idAndNameRing = AtomicLazyReference<Ring>()
  private let nameRing = AtomicLazyReference<Ring>()

  private struct Run {
    var weight: UInt64
    var end: Int
  }

  /// Up to so many are asked each time.
  static let directLimit = 200
  private static let loadLimit: UInt64 = 1 << 32
  /// So many weights are told apart; if there are more, each service is a run of its own.
  private static let weightLimit = 64

  package init(_ services: [Service], revision: Int64) {
    self.services = services
    self.revision = revision
    var weights: [UInt64] = []
    var takers = 0
    var total: UInt64 = 0
    for service in services where service.takesKeys {
      takers += 1
      let weight = UInt64(service.traits.weight)
      total += weight
      if weights.count <= Self.weightLimit, !weights.contains(weight) { weights.append(weight) }
    }
    self.takers = takers
    self.total = total
    let seeds = UnsafeMutablePointer<UInt64>.allocate(capacity: max(takers, 1))
    let places = UnsafeMutablePointer<UInt32>.allocate(capacity: max(takers, 1))
    self.seeds = seeds
    self.places = places
    let isMixed = weights.count > Self.weightLimit
    runs = .allocate(capacity: isMixed ? takers : weights.count)
    var next = 0
    func append(_ service: Service, at place: Int) {
      (seeds + next).initialize(to: service.seed)
      (places + next).initialize(to: UInt32(truncatingIfNeeded: place))
      next += 1
    }
    if isMixed {
      for (place, service) in services.enumerated() where service.takesKeys {
        runs.initializeElement(at: next, to: Run(weight: UInt64(service.traits.weight), end: next + 1))
        append(service, at: place)
      }
    } else {
      for (index, weight) in weights.enumerated() {
        for (place, service) in services.enumerated()
        where service.takesKeys && UInt64(service.traits.weight) == weight {
          append(service, at: place)
        }
        runs.initializeElement(at: index, to: Run(weight: weight, end: next))
      }
    }
    if takers > Self.directLimit, services.count < Int(UInt16.max) {
      let cells = 1 << Rendezvous.cellBits
      answers = calloc(cells, MemoryLayout<Atomic<UInt16>>.stride)?.bindMemory(to: Atomic<UInt16>.self, capacity: cells)
    } else {
      answers = nil
    }
  }

  deinit {
    seeds.deallocate()
    places.deallocate()
    runs.deallocate()
    free(answers)
  }

  // MARK: By hash

  /// Who is responsible for a hash: where in `services` it stands. `nil` if nobody takes keys.
  package func responsible(for hash: UInt64) -> Int? {
    let cell = Rendezvous.cell(of: hash)
    guard let answers else { return first(in: cell) }
    let known = answers[cell].load(ordering: .relaxed)
    if known > 0 { return Int(known) - 1 }
    guard let place = first(in: cell) else { return nil }
    answers[cell].store(UInt16(truncatingIfNeeded: place + 1), ordering: .relaxed)
    return place
  }

  private func first(in cell: Int) -> Int? {
    let salt = Rendezvous.salt(of: cell)
    var best: Rendezvous.Candidate?
    var limit: UInt64 = 0
    var next = 0
    for run in runs {
      var draw = Rendezvous.draw(seeds[next], salt: salt)
      var position = next
      next += 1
      while next < run.end {
        let others = Rendezvous.draw(seeds[next], salt: salt)
        if others > draw { (draw, position) = (others, next) }
        next += 1
      }
      // Most of them need no logarithm.
      if let found = best, Rendezvous.Candidate.miss(of: draw) &* found.weight > limit &* run.weight { continue }
      let candidate = Rendezvous.Candidate(draw: draw, weight: run.weight, index: places[position])
      if let found = best, !candidate.precedes(found) { continue }
      best = candidate
      limit = candidate.limit
    }
    return best.map { Int($0.index) }
  }

  /// The first ones in whose turn a hash is, as many as there is room for. Returns how many that are.
  package func ranking(for hash: UInt64, into ranking: UnsafeMutableBufferPointer<Rendezvous.Candidate>) -> Int {
    var count = 0
    eachCandidate(for: hash) { candidate in
      var place = count
      while place > 0, candidate.precedes(ranking[place - 1]) {
        if place < ranking.count { ranking[place] = ranking[place - 1] }
        place -= 1
      }
      guard place < ranking.count else { return }
      ranking[place] = candidate
      if count < ranking.count { count += 1 }
    }
    return count
  }

  /// As `responsible`, but none whose load, with one more, would be above `percent` of its share of all loads: 100 to
  /// 10,000, so that there always is one.
  package func responsible(
    for hash: UInt64, loads: UnsafeBufferPointer<UInt64>, percent: UInt64
  ) -> Int? {
    let percent = min(max(percent, 100), 10_000)
    var sum: UInt64 = 1
    for index in 0..<takers { sum = sum &+ load(of: services[Int(places[index])], in: loads) }
    var best: Rendezvous.Candidate?
    eachCandidate(for: hash) { candidate in
      let load = load(of: services[Int(candidate.index)], in: loads)
      // load + 1 <= ceil(percent * sum * weight / (100 * total)), which is load < what is rounded up.
      let left = load.multipliedFullWidth(by: 100 * total)
      let right = (percent &* sum).multipliedFullWidth(by: candidate.weight)
      guard left.high == right.high ? left.low < right.low : left.high < right.high else { return }
      if let found = best, !candidate.precedes(found) { return }
      best = candidate
    }
    return best.map { Int($0.index) }
  }

  private func eachCandidate(for hash: UInt64, _ body: (Rendezvous.Candidate) -> Void) {
    let salt = Rendezvous.salt(of: Rendezvous.cell(of: hash))
    var next = 0
    for run in runs {
      while next < run.end {
        body(
          Rendezvous.Candidate(
            draw: Rendezvous.draw(seeds[next], salt: salt), weight: run.weight, index: places[next]))
        next += 1
      }
    }
  }

  // MARK: By ring

  package func ring(_ kind: Ring.Kind) -> Ring {
    switch kind {
    case .idAndName: idAndNameRing.load() ?? idAndNameRing.storeIfNil(Ring(services, kind))
    case .name: nameRing.load() ?? nameRing.storeIfNil(Ring(services, kind))
    }
  }

  // MARK: By turn and load

  /// The one whose turn it is when they take turns, the first with 0.
  package func turn(_ number: UInt64) -> Int? {
    takers > 0 ? Int(places[Int(number % UInt64(takers))]) : nil
  }

  /// The one with the least load for its weight; of several the first by key. Loads are by `Service.number`; who has none
  /// there has 0.
  package func leastLoaded(_ loads: UnsafeBufferPointer<UInt64>) -> Int? {
    var best: (load: UInt64, weight: UInt64, place: Int)?
    for index in 0..<takers {
      let place = Int(places[index])
      let (load, weight) = (load(of: services[place], in: loads), UInt64(services[place].traits.weight))
      if let found = best {
        let mine = load.multipliedFullWidth(by: found.weight)
        let others = found.load.multipliedFullWidth(by: weight)
        let isEqual = mine.high == others.high && mine.low == others.low
        let isLess = mine.high == others.high ? mine.low < others.low : mine.high < others.high
        guard isLess || isEqual && place < found.place else { continue }
      }
      best = (load, weight, place)
    }
    return best?.place
  }

  private func load(of service: Service, in loads: UnsafeBufferPointer<UInt64>) -> UInt64 {
    let number = Int(service.number)
    // So none of what is computed with it overflows.
    return number < loads.count ? min(loads[number], Self.loadLimit) : 0
  }

  // MARK: By key

  /// Where the first key stands that is not less than this one, or, with `after`, that is greater.
  package func bound(of key: Bytes, after: Bool) -> Int {
    services.firstPlace { after ? key < $0.key : !($0.key < key) }
  }
}

extension [Service] {
  /// The first one of which `isBehind` is true, as it is of all after that.
  func firstPlace(_ isBehind: (Service) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
