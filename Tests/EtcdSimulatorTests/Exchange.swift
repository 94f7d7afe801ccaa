/// What came of one step of the script, in the words in which the two servers are compared.
struct Exchange {
  /// The last document of a stream on which less came than was waited for.
  static let nothingMore = "nothing more comes"
  /// The only document of a call that was not answered.
  static let nothing = "nothing comes"

  let name: String
  let status: Int
  /// One for a plain call, one for each line of a stream.
  let documents: [JSONValue]

  /// - Parameter lines: what was answered. What is not JSON is compared as text.
  init(name: String, status: Int, lines: [[UInt8]], names: [String: String]) {
    self.name = name
    self.status = status
    var documents: [JSONValue] = []
    for line in lines {
      let document =
        JSONValue(parsing: line).map { Self.normalised($0, names) } ?? .string(String(decoding: line, as: UTF8.self))
      // How many revisions of history come in one answer is the server's choice.
      if let last = documents.last, let merged = Self.merged(last, document) {
        documents[documents.count - 1] = merged
      } else {
        documents.append(document)
      }
    }
    self.documents = documents
  }

  private init(name: String, status: Int, documents: [JSONValue]) {
    self.name = name
    self.status = status
    self.documents = documents
  }

  /// The same without the words of an error, whose code remains.
  var withoutWording: Exchange {
    Exchange(
      name: name, status: status,
      documents: documents.map { document in
        document.mapFields { name, value in name == "error" || name == "message" ? nil : value }
      })
  }

  func isLike(_ other: Exchange) -> Bool { status == other.status && documents == other.documents }

  var endsEarly: Bool { documents.last == .string(Self.nothingMore) }

  var summary: String {
    (["HTTP \(status)"] + documents.map(\.description)).joined(separator: "\n    ")
  }

  /// Replaces what no two clusters have in common; that it is there is still compared.
  private static func normalised(_ document: JSONValue, _ names: [String: String]) -> JSONValue {
    document.mapFields { name, value in
      switch name {
      case "cluster_id", "member_id", "raft_term": .string("*")
      case "token", "name", "peerURLs", "clientURLs": .string("*")
      case "members":
        // They are in the order of their ids.
        .array(value.mapFields { $0 == "ID" ? .string("*") : $1 }.elements.sorted { $0.description < $1.description })
      case "ID", "lease": value.text.flatMap { names[$0] }.map { .string($0) } ?? value
      default: value
      }
    }
  }

  /// The events of two answers in one, if they are alike but for the events.
  private static func merged(_ first: JSONValue, _ second: JSONValue) -> JSONValue? {
    guard case .object(var left)? = first["result"], case .object(var right)? = second["result"],
      case .array(let earlier)? = left["events"], case .array(let later)? = right["events"]
    else { return nil }
    left["events"] = nil
    right["events"] = nil
    guard left == right else { return nil }
    left["events"] = .array(earlier + later)
    return .object(["result": .object(left)])
  }
}
