import EtcdPacker
import Glibc

/// The ring of the framework that many game servers come from, point by point, so that a fleet can be moved over server
/// by server while all of them send a player to the same place. docs/directory.md specifies it to the bit.
package final class Ring: Sendable {
  package enum Kind: Int32, Sendable, CaseIterable {
    /// Half of the points by the id, half by the name.
    case idAndName = 0
    /// All by the name; by the id, if there is no name.
    case name = 1
  }

  private struct Point {
    var hash: RingHash
    /// In an order in which whoever comes first has a point that two share.
    var rank: UInt32
    /// In the services of the picture.
    var place: UInt32
  }

  /// One who takes part.
  private struct Node {
    var place: Int
    var id: UInt64
    var name: Bytes
    var nameHash: RingHash
    var revision: Int64

    init?(_ service: Service, at place: Int) {
      guard service.takesKeys else { return nil }
      self.place = place
      let id = service.traits.id
      // UInt64's own parser takes a sign, which the framework's numbers do not have.
      let isNumber = id.withUnsafeBytes { $0.allSatisfy { 0x30...0x39 ~= $0 } }
      self.id = isNumber ? UInt64(id.description) ?? 0 : 0
      name = service.traits.name
      if self.id == 0, name.isEmpty { return nil }
      nameHash = name.withUnsafeBytes { RingHash(of: $0, seed: Ring.seed) }
      revision = service.revision
    }

    func precedesByName(_ other: Node) -> Bool {
      nameHash == other.nameHash ? name < other.name : nameHash.precedes(other.nameHash)
    }

    /// Whether its key was put before that of the other.
    func isOlder(than other: Node) -> Bool {
      revision == other.revision ? place < other.place : revision < other.revision
    }
  }

  /// What keys and names are hashed with there, unless it was built with another one.
  private static let seed: UInt32 = 0x0100_0193
  private static let pointsPerNode = 80

  /// In the order of hashes.
  nonisolated(unsafe) private let points: UnsafeMutablePointer<Point>
  private let count: Int
  private let nodes: Int

  init(_ services: [Service], _ kind: Kind) {
    var nodes = services.enumerated().compactMap { Node($0.element, at: $0.offset) }
    // Whose id, or name, somebody has put later is not there any more.
    var isLost = [Bool](repeating: false, count: nodes.count)
    var order = Array(nodes.indices)
    func loseOlder(_ isSame: (Node, Node) -> Bool) {
      for (one, next) in zip(order, order.dropFirst()) where isSame(nodes[one], nodes[next]) { isLost[one] = true }
    }
    order.sort { one, other in
      nodes[one].id == nodes[other].id ? nodes[one].isOlder(than: nodes[other]) : nodes[one].id < nodes[other].id
    }
    loseOlder { $0.id != 0 && $0.id == $1.id }
    order.sort { one, other in
      nodes[one].name == nodes[other].name
        ? nodes[one].isOlder(than: nodes[other]) : nodes[one].precedesByName(nodes[other])
    }
    loseOlder { !$0.name.isEmpty && $0.name == $1.name }
    order.removeAll { isLost[$0] }
    order.sort { one, other in
      nodes[one].id == nodes[other].id ? nodes[one].precedesByName(nodes[other]) : nodes[one].id < nodes[other].id
    }
    nodes = order.map { nodes[$0] }

    let points = UnsafeMutablePointer<Point>.allocate(capacity: max(nodes.count * Self.pointsPerNode, 1))
    var count = 0
    func append(_ seeds: Int, _ rank: Int, _ hash: (UInt32) -> RingHash) {
      for seed in 0..<UInt32(seeds) {
        let point = Point(hash: hash(seed), rank: UInt32(rank), place: UInt32(nodes[rank].place))
        (points + count).initialize(to: point)
        count += 1
      }
    }
    for (rank, node) in nodes.enumerated() {
      let byName =
        switch kind {
        case .idAndName: node.name.isEmpty ? 0 : Self.pointsPerNode / 2
        case .name: node.name.isEmpty ? 0 : Self.pointsPerNode
        }
      let byID =
        switch kind {
        case .idAndName: node.id == 0 ? 0 : Self.pointsPerNode / 2
        case .name: node.name.isEmpty ? Self.pointsPerNode : 0
        }
      append(byID, rank) { RingHash(of: node.id, seed: $0) }
      node.name.withUnsafeBytes { name in append(byName, rank) { RingHash(of: name, seed: $0) } }
    }
    qsort(points, count, MemoryLayout<Point>.stride) { one, other in
      guard let one = one?.assumingMemoryBound(to: Point.self), let other = other?.assumingMemoryBound(to: Point.self)
      else { return 0 }
      if one.pointee.hash != other.pointee.hash { return one.pointee.hash.precedes(other.pointee.hash) ? -1 : 1 }
      return one.pointee.rank < other.pointee.rank ? -1 : 1
    }
    self.points = points
    self.count = count
    self.nodes = nodes.count
  }

  deinit { points.deallocate() }

  /// Who has the first point from this hash on: where in the services of the picture it stands.
  package func place(for hash: RingHash) -> Int? {
    count > 0 ? Int(points[start(for: hash)].place) : nil
  }

  /// Who has points from this hash on, each once, as many as there is room for. Returns how many that are.
  package func places(for hash: RingHash, into places: UnsafeMutableBufferPointer<Int>) -> Int {
    let wanted = min(places.count, nodes)
    guard wanted > 0 else { return 0 }
    var found = 0
    var next = start(for: hash)
    for _ in 0..<count {
      guard found < wanted else { break }
      let place = Int(points[next].place)
      if !places[..<found].contains(place) {
        places[found] = place
        found += 1
      }
      next = next + 1 == count ? 0 : next + 1
    }
    return found
  }

  /// The first point that is not before a hash, and after the last one the first.
  private func start(for hash: RingHash) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if points[middle].hash.precedes(hash) { low = middle + 1 } else { high = middle }
    }
    return low == count ? 0 : low
  }
}
