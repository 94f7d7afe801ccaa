/// What is fuzzed. A target takes any bytes, and must neither crash nor hang on them; where it finds that something is
/// not as it was promised, it throws that.
///
/// `scripts/fuzz` runs the targets with inputs that libFuzzer makes up, `swift test` with those of `Tests/fuzz/corpus`.
public enum FuzzTarget: String, CaseIterable, Sendable {
  case json
  case framer
  case messageFramer
  case base64
  case messages
  case codecs
  case configuration
  case watch
  case cluster
  case session

  public func run(_ input: [UInt8]) throws(Violation) {
    switch self {
    case .json: try JSONTarget.run(input)
    case .framer: try FramerTarget.run(input)
    case .messageFramer: try MessageFramerTarget.run(input)
    case .base64: try Base64Target.run(input)
    case .messages: try MessagesTarget.run(input)
    case .codecs: try CodecsTarget.run(input)
    case .configuration: try ConfigurationTarget.run(input)
    case .watch: try WatchTarget.run(input)
    case .cluster: try ClusterTarget.run(input)
    case .session: try SessionTarget.run(input)
    }
  }
}

/// Something that was promised, and is not so.
public struct Violation: Error, CustomStringConvertible, Sendable {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

func require(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws(Violation) {
  if !condition { throw Violation(otherwise()) }
}
