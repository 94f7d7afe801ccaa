import TestSupport

/// Exchanges with a real etcd that were recorded once (Tests/recordings).
struct Recording {
  struct Problem: Error {
    let text: String
  }

  struct Entry {
    let name: String
    let path: String
    let request: String
    let headers: [String: String]
    /// `nil` if no answer came.
    let status: Int?
    /// One for a plain answer, one for each line of a stream.
    let documents: [[UInt8]]

    var token: String? { headers["Authorization"] }
    var needsLeader: Bool { headers["Grpc-Metadata-hasleader"] == "true" }
    var isStream: Bool { path.hasSuffix("/watch") || path.hasSuffix("/lease/keepalive") }
  }

  let entries: [Entry]

  init(_ name: String) throws {
    let path = TestFile.root + "/Tests/recordings/" + name
    guard let text = TestFile.contents(of: path) else { throw Problem(text: "\(path) cannot be read") }
    entries = try text.split(separator: UInt8(ascii: "\n")).map { line in
      guard let entry = JSONValue(parsing: line).flatMap({ Entry($0) }) else {
        throw Problem(text: "\(path): no exchange: \(String(decoding: line, as: UTF8.self))")
      }
      return entry
    }
  }
}

extension Recording.Entry {
  fileprivate init?(_ object: JSONValue) {
    guard let name = object["name"]?.content, let path = object["path"]?.content else { return nil }
    self.name = name
    self.path = path
    request = object["request"]?.content ?? ""
    var headers: [String: String] = [:]
    if case .object(let fields)? = object["request_headers"] { headers = fields.compactMapValues(\.content) }
    self.headers = headers
    status = object["status"]?.text.flatMap { Int($0) }
    let pieces = object["chunks"]?.elements.compactMap(\.content) ?? [object["body"]?.content].compactMap { $0 }
    let whole = pieces.joined()
    documents = whole.utf8.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }
}

extension JSONValue {
  /// What a string says, its escapes resolved.
  var content: String? {
    guard case .string(let text) = self else { return nil }
    guard text.contains("\\") else { return text }
    var content = ""
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "\\" else {
        content.unicodeScalars.append(scalar)
        continue
      }
      switch scalars.next() {
      case "n": content += "\n"
      case "r": content += "\r"
      case "t": content += "\t"
      case "b": content += "\u{8}"
      case "f": content += "\u{C}"
      case "u":
        let digits = String(String.UnicodeScalarView((0..<4).compactMap { _ in scalars.next() }))
        guard let code = UInt32(digits, radix: 16), let named = Unicode.Scalar(code) else { return nil }
        content.unicodeScalars.append(named)
      case let other?: content.unicodeScalars.append(other)
      case nil: return nil
      }
    }
    return content
  }
}
