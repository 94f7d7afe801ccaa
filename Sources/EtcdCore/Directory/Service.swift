import EtcdPacker

/// What a value says of the service that has put it there.
package struct ServiceTraits: Equatable, Sendable {
  /// By which it takes part in the choice: who has the same one elsewhere gets the same keys.
  package var id: Bytes
  package var name = Bytes()
  package var zone = Bytes()
  package var version = Bytes()
  package var weight: Int64 = 1
  package var state = ServiceState.up
  package var labels: [ServiceLabel] = []

  package init(id: Bytes) {
    self.id = id
  }
}

package struct ServiceLabel: Equatable, Sendable {
  package var name: Bytes
  package var value: Bytes

  package init(name: Bytes, value: Bytes) {
    self.name = name
    self.value = value
  }
}

package enum ServiceState: Int32, Sendable {
  case up = 0
  /// Keeps what it has, and takes nothing new.
  case draining = 1
  case down = 2
}

/// One entry of a directory.
package final class Service: Sendable {
  package let key: Bytes
  package let value: Bytes
  /// Of the put that has made it what it is.
  package let revision: Int64
  package let traits: ServiceTraits
  /// Its own for as long as it is there, and as small as can be: for tables of the host's.
  package let number: UInt32
  let seed: UInt64

  init(_ kv: KeyValue, _ traits: ServiceTraits, number: UInt32) {
    // Its own memory: the document may be a large one.
    key = kv.key.copy()
    value = kv.value.copy()
    revision = kv.modRevision
    self.traits = traits
    self.number = number
    seed = traits.id.withUnsafeBytes { StableHash.of($0) }
  }

  /// Whether it takes new keys.
  package var takesKeys: Bool { traits.state == .up && traits.weight > 0 }
}
