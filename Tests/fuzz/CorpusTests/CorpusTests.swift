import FuzzTargets
import Glibc
import Testing

/// The inputs that are kept, among them all that ever led to a finding, as plain tests.
struct CorpusTests {
  @Test(arguments: FuzzTarget.allCases)
  func everyInputOfTheCorpusIsHandled(target: FuzzTarget) throws {
    let directory = "\(Corpus.directory)/\(target.rawValue)"
    let names = Corpus.names(in: directory)
    #expect(!names.isEmpty, "no inputs in \(directory)")
    for name in names {
      let input = try #require(Corpus.contents(of: "\(directory)/\(name)"))
      #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.run(input) }
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func anInputOfNothingIsHandled(target: FuzzTarget) throws {
    try target.run([])
  }
}

private enum Corpus {
  static let directory: String = {
    // This file's directory, and then the one beside it.
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    return parts.joined(separator: "/") + "/corpus"
  }()

  static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
          String(cString: $0)
        }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  static func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 { return nil }
      if count == 0 { return contents }
      contents += piece[..<count]
    }
  }
}
