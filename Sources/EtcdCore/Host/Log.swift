/// What the host's log is to be told, up to the level it asked for.
struct Log {
  var level: LogLevel
  private var lines: [Cluster.LogLine] = []

  init(level: LogLevel) {
    self.level = level
  }

  mutating func note(_ level: LogLevel, _ text: @autoclosure () -> String) {
    if level.rawValue <= self.level.rawValue { lines.append(Cluster.LogLine(level: level, text: text())) }
  }

  mutating func take() -> [Cluster.LogLine] {
    guard !lines.isEmpty else { return [] }
    defer { lines = [] }
    return lines
  }
}

extension Cluster {
  package struct LogLine: Sendable {
    package let level: LogLevel
    package let text: String
  }
}
