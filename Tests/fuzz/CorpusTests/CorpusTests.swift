import FuzzTargets
import Glibc
import TestSupport
import Testing

/// The inputs that are kept, among them all that ever led to a finding, as plain tests.
struct CorpusTests {
  @Test(arguments: FuzzTarget.allCases)
  func everyInputOfTheCorpusIsHandled(target: FuzzTarget) throws {
    let directory = "\(Corpus.directory)/\(target.rawValue)"
    let names = Corpus.names(in: directory)
    #expect(!names.isEmpty, "no inputs in \(directory)")
    for name in names {
      let input = try #require(TestFile.contents(of: "\(directory)/\(name)"))
      #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.run(input) }
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func anInputOfNothingIsHandled(target: FuzzTarget) throws {
    try target.run([])
  }
}

private enum Corpus {
  static let directory = TestFile.root + "/Tests/fuzz/corpus"

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
}
