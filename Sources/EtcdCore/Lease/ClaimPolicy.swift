import EtcdPacker

/// What a claim does about a key that exists; the values are those of `ETCDCLI_CLAIM_*`. It is about the first claim: what
/// was held and is lost is not taken from whoever has it then, or two processes with one identity would take it from each
/// other in turns.
package enum ClaimPolicy: Int32, CaseIterable, Sendable {
  case ifAbsentOrSame = 0
  case ifAbsent = 1
  case always = 2
  case ask = 3
  case wait = 4
}

/// What a host says of a key that exists; the values are those of `ETCDCLI_CLAIM_ANSWER_*`.
package enum ClaimAnswer: Int32, CaseIterable, Sendable {
  case conflict = 0
  case ours = 1
  case wait = 2
}

/// Which part of a value says whose it is, for `ifAbsentOrSame`.
package enum Identity: Equatable, Sendable {
  case wholeValue
  /// What comes before the first of these separators.
  case prefix(before: [UInt8])
  /// A field of the JSON object that the value is.
  case jsonField([UInt8])

  /// What says whose it is; `nil` if the value has no such part, or an empty one, and so is nobody's.
  package func of(_ value: [UInt8]) -> [UInt8]? {
    switch self {
    case .wholeValue: return value
    case .prefix(let separator):
      guard let end = Self.firstIndex(of: separator, in: value), end > 0 else { return nil }
      return Array(value.prefix(end))
    case .jsonField(let name):
      let part = JSONReader.field(name, of: value)
      return part == [UInt8(ascii: "\"")] ? nil : part
    }
  }

  private static func firstIndex(of separator: [UInt8], in value: [UInt8]) -> Int? {
    guard !separator.isEmpty, value.count >= separator.count else { return nil }
    return (0...value.count - separator.count).first { value[$0...].starts(with: separator) }
  }
}

/// A key of this process, as its host wants it.
package struct Claim: Sendable {
  package var key: [UInt8]
  package var value: [UInt8]
  package var policy = ClaimPolicy.ifAbsentOrSame
  package var identity = Identity.wholeValue

  package init(
    key: [UInt8], value: [UInt8], policy: ClaimPolicy = .ifAbsentOrSame, identity: Identity = .wholeValue
  ) {
    self.key = key
    self.value = value
    self.policy = policy
    self.identity = identity
  }
}
