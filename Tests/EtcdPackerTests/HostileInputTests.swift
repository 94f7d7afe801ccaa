import EtcdPacker
import TestSupport
import Testing

/// No bytes from the network can crash the process, and none that are not a whole document pass for one.
@Suite struct HostileInputTests {
  @Test(arguments: Samples.all) func everySampleDecodesOrIsAtLeastJSON(sample: String) throws {
    try validate(utf8(sample))
  }

  @Test func theSamplesAreUnderstood() throws {
    #expect(try RangeResponse.decode(utf8(Samples.range)).kvs.count == 2)
    #expect(try TxnResponse.decode(utf8(Samples.txn)).responses.count == 4)
    #expect(try MemberListResponse.decode(utf8(Samples.members)).members.count == 2)
    let unusual = Samples.unusual.replacing("\\u0059\\/==", with: "\\u0059\\u0067==")
    #expect(try RangeResponse.decode(utf8(unusual)).kvs.first?.modRevision == 12)
    #expect(try RangeResponse.decode(utf8(unusual)).kvs.first?.key == "b")
  }

  @Test(arguments: Samples.all) func aTruncatedDocumentNeverPasses(sample: String) {
    var document = utf8(sample)
    while document.last == UInt8(ascii: " ") { document.removeLast() }
    for count in 0..<document.count {
      let part = Array(document[..<count])
      #expect(successes(of: part) == [], "\(text(part))")
    }
  }

  @Test(arguments: Samples.all) func everyMutationOfOneByteIsSurvived(sample: String) {
    let document = utf8(sample)
    // What means something to one of the decoders, and its neighbours.
    let bytes =
      utf8("\0\t\n\r\u{1F} !\"#+,-./09:=ABEZ[\\]aefnrtuz{|}~\u{7F}") + [0x80, 0xBF, 0xC0, 0xE2, 0xED, 0xF4, 0xFF]
    for index in document.indices {
      // A seventh of them at each place, to keep the test short: neighbours make up for it.
      for byte in bytes.enumerated().lazy.filter({ ($0.offset + index) % 7 == 0 }).map(\.element) {
        var mutated = document
        mutated[index] = byte
        _ = successes(of: mutated)
      }
    }
  }

  @Test(arguments: Samples.all) func deletedDoubledAndSwappedPartsAreSurvived(sample: String) {
    var generator = SeededRandom(seed: 4)
    let document = utf8(sample)
    for _ in 0..<500 {
      var mutated = document
      let start = Int.random(in: 0..<document.count, using: &generator)
      let end = Int.random(in: start..<min(start + 40, document.count), using: &generator)
      let target = Int.random(in: 0..<document.count, using: &generator)
      switch UInt8.random(in: 0...2, using: &generator) {
      case 0: mutated.removeSubrange(start..<end)
      case 1: mutated.insert(contentsOf: document[start..<end], at: target)
      default: mutated.replaceSubrange(target..<min(target + 8, document.count), with: document[start..<end])
      }
      _ = successes(of: mutated)
    }
  }

  @Test func randomBytesAreSurvived() {
    var generator = SeededRandom(seed: 5)
    let alphabet = utf8(#"{}[]",:\u/0123456789eE+-.truefalsnk_vAZ= "# + "\n\u{E9}")
    for round in 0..<5000 {
      let count = Int.random(in: 0...60, using: &generator)
      let bytes = (0..<count).map { _ in
        round % 2 == 0
          ? UInt8.random(in: 0...255, using: &generator) : alphabet.randomElement(using: &generator) ?? 0
      }
      _ = successes(of: bytes)
      _ = successes(of: utf8(#"{"kvs":[{"key":""#) + bytes)
    }
  }

  /// A reader that looked one byte too far would meet a page that must not be touched, or at least the sanitizer.
  @Test(arguments: Samples.all) func nothingBeyondTheDocumentIsRead(sample: String) {
    let document = utf8(sample)
    for count in 0...document.count {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
      defer { memory.deallocate() }
      memory.copyBytes(from: document[..<count])
      _ = try? RangeResponse.decode(UnsafeRawBufferPointer(memory))
      _ = try? StreamDocument<WatchResponse>.decode(UnsafeRawBufferPointer(memory))
    }
  }

  /// Runs everything that decodes over a document, and names what took it for whole.
  private func successes(of document: [UInt8]) -> [String] {
    var successes: [String] = []
    func attempt<R>(_ name: String, _ decode: ([UInt8]) throws(PackerError) -> R) {
      do {
        _ = try decode(document)
        successes.append(name)
      } catch {
        if error.offset < 0 || error.offset > document.count { Issue.record("\(name): \(error) in \(document)") }
      }
    }
    attempt("skip") { document throws(PackerError) in try validate(document) }
    attempt("range") { document throws(PackerError) in try RangeResponse.decode(document) }
    attempt("txn") { document throws(PackerError) in try TxnResponse.decode(document) }
    attempt("watch") { document throws(PackerError) in try StreamDocument<WatchResponse>.decode(document) }
    attempt("raw") { document throws(PackerError) in try RawStreamDocument.decode(document) }
    attempt("members") { document throws(PackerError) in try MemberListResponse.decode(document) }
    attempt("status") { document throws(PackerError) in try StatusResponse.decode(document) }
    let error = ServerError.decode(status: 500, body: document)
    if error.message.isEmpty || error.message.utf8.count > 3 * 512 + 3 { Issue.record("\(error)") }
    return successes
  }
}
