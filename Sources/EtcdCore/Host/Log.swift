import EtcdTransport

/// What the host's log is to be told, up to the level it asked for.
///
/// An etcd that comes and goes all the time must not flood it: of one kind, which is a level, a component and an error
/// code, there are so many lines within a while, and when that is over one line says how many there would have been. Lines
/// for debugging are all told.
struct Log {
  static let mostLines = 10
  static let window = Duration.seconds(10)

  private struct Kind: Hashable {
    let level: LogLevel
    let component: LogComponent
    let code: ErrorCode?
  }

  private struct Window {
    let end: Instant
    var lines = 1
    var leftOut = 0
    var last = ""
  }

  var level: LogLevel
  private var lines: [Cluster.LogLine] = []
  /// As many as there are kinds, at most.
  private var windows: [Kind: Window] = [:]

  init(level: LogLevel) {
    self.level = level
  }

  /// When `tick` has something to say.
  var wakeTime: Instant? { windows.values.lazy.filter { $0.leftOut > 0 }.map(\.end).min() }

  /// Returns whether `tick` has something to say at another time than before.
  mutating func note(
    _ level: LogLevel, _ component: LogComponent, _ text: @autoclosure () -> String, code: ErrorCode? = nil,
    now: Instant
  ) -> Bool {
    guard level.rawValue <= self.level.rawValue else { return false }
    guard level != .debug else {
      lines.append(Cluster.LogLine(level: level, component: component, text: text()))
      return false
    }
    let kind = Kind(level: level, component: component, code: code)
    if var window = windows[kind], now < window.end {
      if window.lines == Self.mostLines {
        window.leftOut += 1
        window.last = text()
        windows[kind] = window
        return window.leftOut == 1
      }
      window.lines += 1
      windows[kind] = window
    } else {
      close(kind)
      windows[kind] = Window(end: now + Self.window)
    }
    lines.append(Cluster.LogLine(level: level, component: component, text: text()))
    return false
  }

  /// Says what was left out in windows that are over.
  mutating func tick(now: Instant) {
    for kind in kinds where windows[kind].map({ $0.end <= now }) ?? false { close(kind) }
  }

  /// Nothing follows: says what was left out.
  mutating func end() {
    for kind in kinds { close(kind) }
  }

  /// In an order that is the same each time.
  private var kinds: [Kind] {
    windows.keys.sorted {
      ($0.level.rawValue, $0.component.rawValue, $0.code?.rawValue ?? 0)
        < ($1.level.rawValue, $1.component.rawValue, $1.code?.rawValue ?? 0)
    }
  }

  private mutating func close(_ kind: Kind) {
    guard let window = windows.removeValue(forKey: kind), window.leftOut > 0 else { return }
    let count = window.leftOut == 1 ? "1 line like this was" : "\(window.leftOut) lines like this were"
    lines.append(
      Cluster.LogLine(
        level: kind.level, component: kind.component, text: "\(count) left out, the last of them: \(window.last)"))
  }

  var isEmpty: Bool { lines.isEmpty }

  mutating func take() -> [Cluster.LogLine] {
    guard !lines.isEmpty else { return [] }
    defer { lines = [] }
    return lines
  }
}

/// What a line of the log is about.
package enum LogComponent: Int, CaseIterable, Sendable {
  case cluster
  case endpoints
  case members
  case services
  case calls
  case auth
  case lease
  case watch

  package var name: StaticString {
    switch self {
    case .cluster: "cluster"
    case .endpoints: "endpoints"
    case .members: "members"
    case .services: "services"
    case .calls: "calls"
    case .auth: "auth"
    case .lease: "lease"
    case .watch: "watch"
    }
  }
}

extension Cluster {
  package struct LogLine: Sendable {
    package let level: LogLevel
    package let component: LogComponent
    package let text: String
  }
}
