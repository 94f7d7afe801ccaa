import EtcdPacker
import Testing

@testable import EtcdCore

/// What is made of a file, whatever is in it.
struct PictureReadingTests {
  private static let header = PictureRecord.header(of: .prefix(utf8("p/")), in: utf8("n/"))
  private static let mark = PictureMark(revision: 7, time: 1000, clusterID: 9)

  private static func file(_ records: PictureRecord...) -> [UInt8] {
    var bytes = header
    for record in records { record.append(to: &bytes) }
    return bytes
  }

  /// All steps; `nil` if there is no picture. `at`: what is told by then is complete.
  private func read(_ bytes: [UInt8], most: Int = .max) -> (mark: PictureMark, told: [String])? {
    var reading = PictureReading(from: Self.header.count, size: bytes.count)
    var told: [String] = []
    // So many steps are enough for all that is read here.
    for _ in 0..<1000 {
      if case .over = reading.phase { return reading.mark.map { ($0, told) } }
      if let need = reading.need {
        #expect(need.count > 0 && need.offset >= 0 && need.offset + need.count <= bytes.count)
        reading.take(Array(bytes[need.offset..<need.offset + need.count]), of: need.count)
      }
      told += reading.step(most: most).map { "\($0.key)=\($0.value)@\($0.modRevision)" }
    }
    Issue.record("it never comes to its end")
    return nil
  }

  @Test func theLastOfEachKeyIsToldUpToTheLastMark() throws {
    let bytes = Self.file(
      .put(KeyValue("p/a", "1", mod: 3)), .put(KeyValue("p/b", "2", mod: 4)), .put(KeyValue("p/c", "3", mod: 5)),
      .mark(PictureMark(revision: 5, time: 900, clusterID: 9)), .put(KeyValue("p/a", "4", mod: 6)), .delete("p/b"),
      .mark(Self.mark), .put(KeyValue("p/c", "too late", mod: 8)), .delete("p/a"))
    let whole = try #require(read(bytes))
    #expect(whole.mark == Self.mark)
    #expect(whole.told == ["p/c=3@5", "p/a=4@6"])
    #expect(read(bytes, most: 1)?.told == whole.told)
  }

  @Test func allThatIsKnownOfAKeyIsKept() throws {
    var kv = KeyValue("k", "v", mod: 5, lease: -3)
    (kv.createRevision, kv.version, kv.key, kv.value) = (2, 4, Bytes([0, 0xFF]), Bytes())
    var reading = PictureReading(from: 0, size: .max)
    var bytes: [UInt8] = []
    PictureRecord.put(kv).append(to: &bytes)
    PictureRecord.mark(Self.mark).append(to: &bytes)
    reading = PictureReading(from: 0, size: bytes.count)
    reading.take(bytes, of: bytes.count)
    _ = reading.step()
    reading.take(bytes, of: bytes.count)
    _ = reading.step()
    reading.take(bytes, of: bytes.count)
    let told = reading.step()
    #expect(told.count == 1)
    let same = try #require(told.first)
    #expect(same.key == kv.key && same.value == kv.value && same.lease == -3)
    #expect((same.createRevision, same.modRevision, same.version) == (2, 5, 4))
  }

  /// Whatever a disk does: what is told was true at one of the marks, or nothing is told.
  @Test func aFileThatIsDamagedAnywhereIsReadUpToAMarkBeforeItOrNotAtAll() throws {
    let first = PictureMark(revision: 5, time: 900, clusterID: 9)
    let bytes = Self.file(
      .put(KeyValue("p/a", "1", mod: 3)), .put(KeyValue("p/b", "2", mod: 4)), .mark(first),
      .put(KeyValue("p/a", "4", mod: 6)), .delete("p/b"), .mark(Self.mark))
    let pictures = [first: ["p/a=1@3", "p/b=2@4"], Self.mark: ["p/a=4@6"]]
    func check(_ damaged: [UInt8], _ what: String) {
      guard let (mark, told) = read(damaged) else { return }
      #expect(pictures[mark] == told, "\(what)")
    }
    for end in Self.header.count...bytes.count { check(Array(bytes[..<end]), "cut at \(end)") }
    for at in Self.header.count..<bytes.count {
      for mask: UInt8 in [0x01, 0x80, 0xFF] {
        var damaged = bytes
        damaged[at] ^= mask
        check(damaged, "\(mask) at \(at)")
        #expect(read(damaged)?.mark != Self.mark)
      }
      check(Array(bytes[..<at]) + [UInt8](repeating: 0, count: 100), "zeros from \(at)")
      check(Array(bytes[..<at]) + [UInt8](repeating: 0xFF, count: 100), "ones from \(at)")
      check(Array(bytes[..<at]) + bytes[(at + 1)...], "without \(at)")
    }
    #expect(read(bytes)?.mark == Self.mark)
  }

  /// A record that says that it is larger than the file asks for no memory.
  @Test func aRecordIsNotLargerThanItsFile() {
    let bytes = Self.header + [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1]
    #expect(read(bytes) == nil)
  }

  /// It was well when it was checked, and is read again.
  @Test func aFileThatGetsShorterMeanwhileEndsIt() {
    let bytes = Self.file(.put(KeyValue("p/a", "1", mod: 3)), .mark(Self.mark))
    for phase in [PictureReading.Phase.checking, .indexing, .telling] {
      var reading = PictureReading(from: Self.header.count, size: bytes.count)
      while reading.phase != .over {
        guard let need = reading.need else { break }
        let isCut = reading.phase == phase
        reading.take(isCut ? [] : Array(bytes[need.offset..<need.offset + need.count]), of: need.count)
        #expect(reading.step().isEmpty)
      }
      #expect(reading.phase == .over)
      #expect(reading.isCut == (phase != .checking))
      #expect((reading.mark == nil) == (phase == .checking))
    }
  }

  @Test func whatIsDamagedMeanwhileIsNotTold() throws {
    let bytes = Self.file(.put(KeyValue("p/a", "1", mod: 3)), .put(KeyValue("p/b", "2", mod: 4)), .mark(Self.mark))
    for phase in [PictureReading.Phase.indexing, .telling] {
      var reading = PictureReading(from: Self.header.count, size: bytes.count)
      while reading.phase != .over {
        guard let need = reading.need else { break }
        var piece = Array(bytes[need.offset..<need.offset + need.count])
        if reading.phase == phase { piece[10] ^= 1 }
        reading.take(piece, of: piece.count)
        let told = reading.step()
        #expect(told.isEmpty)
      }
      #expect(reading.isCut)
    }
  }

  @Test func checksumsAreCastagnolis() {
    #expect(utf8("123456789").withUnsafeBytes { Checksum.of($0) } == 0xE306_9283)
  }
}
