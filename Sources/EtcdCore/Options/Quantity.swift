/// What a whole number among the options counts, and so which units may follow it.
enum Quantity {
  case count
  case milliseconds
  case seconds
  case bytes

  /// The end of an option's name says it.
  init(ofOption name: String) {
    if name.hasSuffix(".ms") {
      self = .milliseconds
    } else if name.hasSuffix(".s") {
      self = .seconds
    } else if name.hasSuffix(".bytes") {
      self = .bytes
    } else {
      self = .count
    }
  }

  /// How much of it each unit is.
  private var units: [(name: String, factor: Int64)] {
    switch self {
    case .count: []
    case .milliseconds: [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    case .seconds: [("s", 1), ("m", 60), ("h", 3600)]
    case .bytes: [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
    }
  }

  /// What values it takes, in words.
  func accepted(_ range: ClosedRange<Int64>) -> String {
    let numbers = "integer, \(range.lowerBound) to \(range.upperBound)"
    let names = units.map { "`\($0.name)`" }
    guard let last = names.last else { return numbers }
    return numbers + ", or with a unit: " + names.dropLast().joined(separator: ", ") + " or " + last
  }

  /// `nil` for what is no such number. Digits, and a unit right behind them.
  func parse(_ text: String) -> Int64? {
    let digits = text.utf8.prefix { 0x30...0x39 ~= $0 }
    // Int's own parser takes a sign, which the accepted form does not speak of.
    guard let number = Int64(Substring(digits)) else { return nil }
    if digits.endIndex == text.utf8.endIndex { return number }
    guard let unit = units.first(where: { $0.name == text[digits.endIndex...] }) else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: unit.factor)
    return overflow ? nil : value
  }
}
