import EtcdPacker

/// Reads a picture back, a step at a time.
///
///     checking ──▶ indexing ──▶ telling ──▶ over
///         └──▶ over: no mark, so there is no picture
///
/// Checking finds the last mark that has nothing damaged before it; indexing, up to there, where each key was put last;
/// telling comes by all puts again, and tells those that are the last of their key. Values are never kept, and the keys
/// only as long as this lasts.
///
/// It reads nothing itself: `need` says what of the file comes next, which `take` is given.
struct PictureReading {
  enum Phase {
    case checking
    case indexing
    case telling
    case over
  }

  /// What is read at a time, unless a record is larger.
  static let window = 65_536
  /// The index is in so many parts that one of them grows in little time.
  private static let parts: UInt8 = 64

  private(set) var phase: Phase
  /// The last one; `nil` until one was found.
  private(set) var mark: PictureMark?
  /// Behind the mark.
  private(set) var end: Int
  /// The file is not as it was checked any more: what is to come of it was not told.
  private(set) var isCut = false

  /// Where records begin.
  private let start: Int
  /// What is read does not reach beyond this.
  private var limit: Int
  private var offset: Int
  private var bytes = Bytes()
  private var position = 0
  private var index: [[[UInt8]: Int]] = []

  /// Of a file whose records begin at `start`, and of which nothing is known.
  init(from start: Int, size: Int) {
    (self.start, offset, end, limit) = (start, start, start, size)
    phase = .checking
  }

  /// Of a file that is known to be whole up to the mark that it ends with.
  init(from start: Int, to end: Int, mark: PictureMark) {
    (self.start, offset, self.end, limit) = (start, start, end, end)
    self.mark = mark
    phase = .telling
    begin(.indexing)
  }

  private mutating func begin(_ phase: Phase) {
    self.phase = phase
    (offset, bytes, position) = (start, Bytes(), 0)
    switch phase {
    case .checking, .telling: break
    case .indexing:
      limit = end
      index = Array(repeating: [:], count: Int(Self.parts))
    case .over: index = []
    }
  }

  // MARK: Steps

  /// What of the file is to be given to `take` before the next step.
  var need: (offset: Int, count: Int)? {
    if case .over = phase { return nil }
    guard offset + position < limit, case .incomplete(let size) = next else { return nil }
    let from = offset + position
    // What does not end within the file is damaged, however long it says it is.
    guard size <= limit - from else { return nil }
    return (from, min(max(size, Self.window), limit - from))
  }

  /// Of `count` bytes that were needed. Fewer: somebody has made the file shorter meanwhile.
  mutating func take(_ bytes: [UInt8], of count: Int) {
    if bytes.count < count {
      if case .checking = phase { mark = nil } else { isCut = true }
      return begin(.over)
    }
    offset += position
    self.bytes = Bytes(bytes)
    position = 0
  }

  /// Goes through what it has, up to `most` keys. Returns those that are to be told.
  mutating func step(most: Int = .max) -> [KeyValue] {
    if case .over = phase { return [] }
    var told: [KeyValue] = []
    while told.count < most {
      let at = offset + position
      guard at < limit else {
        finish()
        break
      }
      guard case .record(let record, let size) = next else {
        if need == nil { finish() }
        break
      }
      position += size
      switch (phase, record) {
      case (.checking, .mark(let mark)): (self.mark, end) = (mark, at + size)
      case (.indexing, .put(let kv)): note(kv.key, at)
      case (.indexing, .delete(let key)): note(key, nil)
      case (.telling, .put(let kv)):
        if index[part(of: kv.key)][kv.key.array] == at { told.append(kv) }
      default: break
      }
    }
    return told
  }

  private var next: PictureRecord.Found { PictureRecord.find(in: bytes, at: position) }

  /// The phase has come to its end, or to what is damaged.
  private mutating func finish() {
    switch phase {
    case .checking: begin(mark == nil ? .over : .indexing)
    case .indexing where offset + position < limit, .telling where offset + position < limit:
      isCut = true
      begin(.over)
    case .indexing: begin(.telling)
    case .telling, .over: begin(.over)
    }
  }

  private mutating func note(_ key: Bytes, _ at: Int?) {
    index[part(of: key)][key.array] = at
  }

  private func part(of key: Bytes) -> Int {
    Int(key.withUnsafeBytes { $0.reduce(0 as UInt8) { $0 &* 31 &+ $1 } } % Self.parts)
  }
}
