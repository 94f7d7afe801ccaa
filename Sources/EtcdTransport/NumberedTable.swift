/// An id that is a number: most are given to one thing, and to no other after it.
public protocol Numbered: Hashable, Sendable {
  var rawValue: UInt64 { get }
}

/// What there is under such ids. A dictionary would do; but each call is looked up some thirty times on its way, and a
/// dictionary's hash costs ten times as much as the rest of a look-up. It guards against keys that somebody has chosen, and
/// these nobody chooses.
///
/// `public`, unlike all else in here, because only then a generic type is compiled for each of its uses in other modules.
///
/// Open addressing with linear probing, at most half full, where a removed element leaves no mark behind; ids are spread by
/// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
@frozen
public struct NumberedTable<ID: Numbered, Value> {
  public typealias Element = (key: ID, value: Value)

  /// A power of two, or none.
  @usableFromInline var slots: [Element?] = []
  @usableFromInline var used = 0
  /// What is left of the product of 64 bits.
  @usableFromInline var shift: UInt64 = 64

  @inlinable
  public init() {}

  @inlinable
  public var count: Int { used }

  @inlinable
  public var isEmpty: Bool { used == 0 }

  @inlinable
  public subscript(id: ID) -> Value? {
    get {
      guard let index = index(of: id) else { return nil }
      return slots[index]?.value
    }
    set {
      if let newValue { insert(newValue, id) } else { removeValue(forKey: id) }
    }
  }

  @inlinable
  func home(of id: ID) -> Int {
    Int(truncatingIfNeeded: (id.rawValue &* 0x9E37_79B9_7F4A_7C15) >> shift)
  }

  @inlinable
  func index(of id: ID) -> Int? {
    guard count > 0 else { return nil }
    let mask = slots.count - 1
    var index = home(of: id)
    while let slot = slots[index] {
      if slot.key == id { return index }
      index = (index + 1) & mask
    }
    return nil
  }

  @inlinable
  mutating func insert(_ value: Value, _ id: ID) {
    if let index = index(of: id) {
      slots[index] = (id, value)
      return
    }
    if 2 * (count + 1) > slots.count { resize(to: Swift.max(8, 2 * slots.count)) }
    put((id, value))
    used += 1
  }

  /// There is room, and it is not there yet.
  @inlinable
  mutating func put(_ element: Element) {
    let mask = slots.count - 1
    var index = home(of: element.key)
    while slots[index] != nil { index = (index + 1) & mask }
    slots[index] = element
  }

  @inlinable
  mutating func resize(to size: Int) {
    let before = slots
    slots = Array(repeating: nil, count: size)
    shift = UInt64(64 - size.trailingZeroBitCount)
    for case let element? in before { put(element) }
  }

  @inlinable
  @discardableResult
  public mutating func removeValue(forKey id: ID) -> Value? {
    guard let found = index(of: id), let removed = slots[found] else { return nil }
    let mask = slots.count - 1
    var hole = found
    var next = (found + 1) & mask
    slots[hole] = nil
    // What comes after it up to the next gap moves up, unless it would come before its home.
    while let slot = slots[next] {
      let distance = (next - home(of: slot.key)) & mask
      if distance >= (next - hole) & mask {
        slots[hole] = slot
        slots[next] = nil
        hole = next
      }
      next = (next + 1) & mask
    }
    used -= 1
    if slots.count > 64, 16 * count < slots.count { resize(to: slots.count / 4) }
    return removed.value
  }
}

extension NumberedTable: Sequence {
  /// In no order, but in the same one for the same history.
  @inlinable
  public func makeIterator() -> Iterator { Iterator(slots: slots.makeIterator()) }

  public struct Iterator: IteratorProtocol {
    @usableFromInline var slots: IndexingIterator<[Element?]>

    @inlinable
    init(slots: IndexingIterator<[Element?]>) {
      self.slots = slots
    }

    @inlinable
    public mutating func next() -> Element? {
      while let slot = slots.next() {
        if let slot { return slot }
      }
      return nil
    }
  }

  @inlinable
  public var keys: [ID] { map(\.key) }

  @inlinable
  public var values: [Value] { map(\.value) }
}

extension NumberedTable: ExpressibleByDictionaryLiteral {
  @inlinable
  public init(dictionaryLiteral elements: (ID, Value)...) {
    for (id, value) in elements { self[id] = value }
  }
}
