import EtcdPacker

/// Which services are wanted.
package struct ServiceFilter: Sendable {
  /// Of this zone; empty: of any.
  package var zone = Bytes()
  /// The zone is but preferred: if nobody there takes keys, the others are wanted as well.
  package var zoneIsPreferred = false
  /// Not before this one; empty: any.
  package var version = Bytes()
  /// Before this one; empty: any.
  package var versionEnd = Bytes()
  /// All of these.
  package var labels: [ServiceLabel] = []
  /// One of these; empty: any.
  package var states: [ServiceState] = []

  package init() {}

  package func picture(of whole: DirectoryPicture) -> DirectoryPicture {
    let wanted = whole.services.filter { accepts($0.traits) }
    if zone.isEmpty { return DirectoryPicture(wanted, revision: whole.revision) }
    let near = wanted.filter { $0.traits.zone == zone }
    let isEnough = !zoneIsPreferred || near.contains { $0.takesKeys }
    return DirectoryPicture(isEnough ? near : wanted, revision: whole.revision)
  }

  private func accepts(_ traits: ServiceTraits) -> Bool {
    (states.isEmpty || states.contains(traits.state)) && labels.allSatisfy { traits.labels.contains($0) }
      && (version.isEmpty || !VersionOrder.precedes(traits.version, version))
      && (versionEnd.isEmpty || VersionOrder.precedes(traits.version, versionEnd))
  }
}

/// The order of versions: numbers in them count as numbers, everything else as bytes; 1.9 < 1.10 < 1.10.0 < 2.0.
package enum VersionOrder {
  package static func precedes(_ left: Bytes, _ right: Bytes) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { precedes(left, $0) } }
  }

  private static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    var (mine, others) = (0, 0)
    while mine < left.count, others < right.count {
      guard isDigit(left[mine]), isDigit(right[others]) else {
        if left[mine] != right[others] { return left[mine] < right[others] }
        mine += 1
        others += 1
        continue
      }
      let (number, other) = (takeNumber(of: left, &mine), takeNumber(of: right, &others))
      if number.count != other.count { return number.count < other.count }
      for (digit, otherDigit) in zip(number, other) where digit != otherDigit { return digit < otherDigit }
    }
    return left.count - mine < right.count - others && mine == left.count
  }

  /// The digits of a number, without zeros in front.
  private static func takeNumber(
    of text: UnsafeRawBufferPointer, _ position: inout Int
  ) -> Slice<UnsafeRawBufferPointer> {
    while position < text.count, text[position] == UInt8(ascii: "0") { position += 1 }
    let start = position
    while position < text.count, isDigit(text[position]) { position += 1 }
    return text[start..<position]
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
