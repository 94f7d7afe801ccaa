/// A numbered table of an object's own. It is by itself while it is changed, so that the compiler sees that no look at it
/// meets a change: as a property of a class, each look would be checked for that when it is taken.
final class OwnTable<ID: Numbered, Value> {
  private var table = NumberedTable<ID, Value>()

  var values: [Value] { table.values }

  subscript(id: ID) -> Value? { table[id] }

  /// `nil` removes what is there.
  func set(_ value: Value?, _ id: ID) {
    var table = exchange(&table, with: [:])
    table[id] = value
    self.table = table
  }

  @discardableResult
  func remove(_ id: ID) -> Value? {
    var table = exchange(&table, with: [:])
    defer { self.table = table }
    return table.removeValue(forKey: id)
  }

  /// Returns what was there.
  @discardableResult
  func removeAll() -> [Value] { exchange(&table, with: [:]).values }
}
