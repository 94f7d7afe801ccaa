import EtcdPacker

/// The keys that a watcher's host knows of, each with the `mod_revision` it was told.
///
/// There may be millions, so that a key costs little beyond its own bytes: a record of 16 bytes more, rounded up to four,
/// in chunks that are filled from their beginnings, and the four bytes of a bucket. No step costs much more than another:
/// a bucket is added with each key and taken away with each one that goes (linear hashing), never all of them at once, and
/// of the memory of keys that have gone one chunk at a time is cleared, when there are enough of them. Hashes are keyed
/// anew in each process, so that nobody can choose keys that meet in one bucket.
///
/// While the keys are read again, those that are found are marked by the number of the reading, so that what has vanished
/// is known without a second list.
struct KeyIndex {
  /// A record is the place of the next one of its bucket, its `size` word, the revision, and the key.
  private enum Offset {
    static let next = 0
    static let size = 4
    static let revision = 8
    static let key = 16
  }

  /// The length of the key, the reading in which it was found last, and whether it has gone.
  private struct Size {
    var word: UInt32

    static let longest = 1 << 24 - 1
    static let lastReading: UInt32 = 127
    private static let gone: UInt32 = 1 << 31

    init(word: UInt32) { self.word = word }

    init(length: Int, reading: UInt32) {
      word = UInt32(truncatingIfNeeded: length) & 0xFF_FFFF | reading << 24
    }

    var length: Int { Int(word & 0xFF_FFFF) }
    var reading: UInt32 { word >> 24 & Self.lastReading }
    var isGone: Bool { word & Self.gone != 0 }
    var record: Int { (Offset.key + length + 3) & ~3 }

    func found(in reading: UInt32) -> Size { Size(length: length, reading: reading) }
    var afterItHasGone: Size { Size(word: word | Self.gone) }
  }

  /// Where a record is: its chunk, and a quarter of where it begins in there.
  private struct Place: Equatable {
    var word: UInt32

    static let none = Place(word: .max)

    init(word: UInt32) { self.word = word }

    init(chunk: Int, offset: Int) {
      word = UInt32(truncatingIfNeeded: chunk << 14 | offset >> 2)
    }

    var chunk: Int { Int(word >> 14) }
    var offset: Int { Int(word & 0x3FFF) << 2 }
  }

  /// Of who goes through all records.
  private struct Cursor {
    var chunk = 0
    var offset = 0

    var place: Place { Place(chunk: chunk, offset: offset) }
  }

  private struct Chunk {
    var memory: [UInt8] = []
    /// So much of it is filled.
    var end = 0
    /// So much of that are records of keys that have gone.
    var gone = 0
  }

  /// What a chunk holds, unless a single record is larger. The first ones are smaller, for watchers of few keys.
  private static let chunkSize = 1 << 16
  private static let chunksLimit = 1 << 18 - 1
  private static let segmentSize = 1024

  private var chunks: [Chunk] = []
  /// Those without memory.
  private var spare: [Int] = []
  /// The one that is filled.
  private var current = -1
  /// The buckets, `segmentSize` to each but the last.
  private var segments: [[UInt32]] = []
  private var bucketCount = 0
  private(set) var count = 0
  /// Of all chunks: what is filled, what of that is of keys that have gone, and all memory.
  private var filled = 0
  private var gone = 0
  private var allocated = 0
  /// Where memory is looked for that can be cleared.
  private var clearing = 0

  /// The number of the reading that is under way, or was the last one.
  private var reading: UInt32 = 0
  /// How many keys were found in it, or have come since it began.
  private var foundCount = 0
  /// How many readings have begun since all keys were of one.
  private var unfinished: UInt32 = 0
  /// Where keys that have vanished are looked for next.
  private var vanishing = Cursor()

  /// The memory it takes.
  var byteCount: Int {
    allocated + bucketCount * MemoryLayout<UInt32>.stride + chunks.count * MemoryLayout<Chunk>.stride
  }

  // MARK: Keys

  /// The `mod_revision` of a key that is known.
  subscript(key: Bytes) -> Int64? {
    key.withUnsafeBytes { key in
      let place = find(key).place
      return place == .none ? nil : revision(at: place)
    }
  }

  /// Makes the key known, or known at another revision. Returns the one before.
  ///
  /// A key that is longer than any etcd takes is not kept.
  @discardableResult
  mutating func set(_ key: Bytes, at revision: Int64) -> Int64? {
    key.withUnsafeBytes { key in
      guard key.count <= Size.longest else { return nil }
      let (bucket, _, place) = find(key)
      guard place == .none else { return change(place, to: revision) }
      insert(key, at: revision, in: bucket)
      return nil
    }
  }

  /// Forgets the key. Returns the revision at which it was known.
  @discardableResult
  mutating func remove(_ key: Bytes) -> Int64? {
    key.withUnsafeBytes { key in
      let (bucket, previous, place) = find(key)
      if place == .none { return nil }
      let revision = revision(at: place)
      unlink(place, after: previous, in: bucket)
      clear()
      return revision
    }
  }

  /// Equal revisions say nothing about equal values any more: all are known at 0.
  mutating func distrust() {
    forEachRecord { keys, place in keys.store(0 as Int64, at: place, Offset.revision) }
  }

  // MARK: Reading them again

  /// From now on keys count as found that are set.
  mutating func beginReading() {
    // Readings that came to no end leave keys of several of them, of which none may be taken for the next.
    unfinished = foundCount == count ? 0 : unfinished + 1
    if unfinished >= Size.lastReading - 1 {
      forEachRecord { keys, place in
        let size = keys.size(at: place)
        if !size.isGone { keys.store(size.found(in: keys.reading).word, at: place, Offset.size) }
      }
      unfinished = 0
    }
    reading = (reading + 1) & Size.lastReading
    foundCount = 0
    vanishing = Cursor()
  }

  /// Whether there are keys that were not found.
  var haveVanished: Bool { foundCount < count }

  /// Forgets keys that were not found, `limit` at most, and returns them in their order.
  mutating func takeVanished(_ limit: Int) -> [(key: Bytes, revision: Int64)] {
    var vanished: [(key: Bytes, revision: Int64)] = []
    // What is cleared away meanwhile may come to lie where was looked before.
    for _ in 0..<2 where vanished.count < min(limit, count - foundCount) { lookForVanished(limit, &vanished) }
    for (key, _) in vanished { remove(key) }
    return vanished.sorted { $0.key < $1.key }
  }

  /// Goes on to the end of the records at most.
  private mutating func lookForVanished(_ limit: Int, _ vanished: inout [(key: Bytes, revision: Int64)]) {
    while let place = here(&vanishing) {
      let size = size(at: place)
      if !size.isGone, size.reading != reading {
        if vanished.count >= min(limit, count - foundCount) { return }
        vanished.append((withKey(at: place) { Bytes(copying: $0) }, revision(at: place)))
      }
      vanishing.offset += size.record
    }
    vanishing = Cursor()
  }

  // MARK: Buckets

  private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: key)
    return hasher.finalize()
  }

  /// By as many bits of the hash as there are buckets for; what would be in one that is not there yet is in the one that
  /// it will be split off from.
  private func bucket(of key: UnsafeRawBufferPointer) -> Int {
    let mask = Self.mask(for: bucketCount)
    let bucket = Self.hash(key) & mask
    return bucket < bucketCount ? bucket : bucket & mask >> 1
  }

  private static func mask(for count: Int) -> Int {
    count <= 1 ? 0 : Int(UInt.max >> UInt((count - 1).leadingZeroBitCount))
  }

  /// The bucket of the key, its place or `none`, and the place before that in its bucket.
  private func find(_ key: UnsafeRawBufferPointer) -> (bucket: Int, previous: Place, place: Place) {
    if bucketCount == 0 { return (0, .none, .none) }
    let bucket = bucket(of: key)
    var previous = Place.none
    var place = first(of: bucket)
    while place != .none {
      if isKey(key, at: place) { return (bucket, previous, place) }
      previous = place
      place = next(after: place)
    }
    return (bucket, .none, .none)
  }

  private func first(of bucket: Int) -> Place {
    Place(word: segments[bucket / Self.segmentSize][bucket % Self.segmentSize])
  }

  /// What comes after `place` in its bucket is `next`; with `none`, what comes first there.
  private mutating func link(_ place: Place, to next: Place, in bucket: Int) {
    if place == .none {
      segments[bucket / Self.segmentSize][bucket % Self.segmentSize] = next.word
    } else {
      store(next.word, at: place, Offset.next)
    }
  }

  /// The next bucket, with what belongs there of the one that it is split off from.
  private mutating func addBucket() {
    let new = bucketCount
    if new % Self.segmentSize == 0 { segments.append([]) }
    segments[segments.count - 1].append(Place.none.word)
    bucketCount += 1
    if new == 0 { return }
    let old = new & Self.mask(for: new + 1) >> 1
    var place = first(of: old)
    link(.none, to: .none, in: old)
    while place != .none {
      let next = next(after: place)
      let bucket = withKey(at: place) { self.bucket(of: $0) }
      link(place, to: first(of: bucket), in: bucket)
      link(.none, to: place, in: bucket)
      place = next
    }
  }

  /// What is in the last bucket goes back to the one that it was split off from.
  private mutating func removeBucket() {
    let last = bucketCount - 1
    let other = last & Self.mask(for: bucketCount) >> 1
    var place = first(of: last)
    while place != .none {
      let next = next(after: place)
      link(place, to: first(of: other), in: other)
      link(.none, to: place, in: other)
      place = next
    }
    segments[segments.count - 1].removeLast()
    if segments[segments.count - 1].isEmpty { segments.removeLast() }
    bucketCount -= 1
  }

  // MARK: Records

  private mutating func insert(_ key: UnsafeRawBufferPointer, at revision: Int64, in bucket: Int) {
    var bucket = bucket
    if count >= bucketCount {
      addBucket()
      bucket = self.bucket(of: key)
    }
    let place = append(key, Size(length: key.count, reading: reading), revision)
    if place == .none { return }
    link(place, to: first(of: bucket), in: bucket)
    link(.none, to: place, in: bucket)
    count += 1
    foundCount += 1
  }

  private mutating func change(_ place: Place, to revision: Int64) -> Int64 {
    let before = self.revision(at: place)
    store(revision, at: place, Offset.revision)
    let size = size(at: place)
    if size.reading != reading {
      store(size.found(in: reading).word, at: place, Offset.size)
      foundCount += 1
    }
    return before
  }

  private mutating func unlink(_ place: Place, after previous: Place, in bucket: Int) {
    link(previous, to: next(after: place), in: bucket)
    let size = size(at: place)
    store(size.afterItHasGone.word, at: place, Offset.size)
    chunks[place.chunk].gone += size.record
    gone += size.record
    count -= 1
    if size.reading == reading { foundCount -= 1 }
    if bucketCount > 1, count < bucketCount / 2 { removeBucket() }
  }

  private mutating func append(_ key: UnsafeRawBufferPointer, _ size: Size, _ revision: Int64) -> Place {
    if current < 0 || chunks[current].memory.count - chunks[current].end < size.record {
      guard open(size.record) else { return .none }
    }
    let place = Place(chunk: current, offset: chunks[current].end)
    chunks[current].end += size.record
    filled += size.record
    store(size.word, at: place, Offset.size)
    store(revision, at: place, Offset.revision)
    chunks[current].memory.withUnsafeMutableBytes { memory in
      UnsafeMutableRawBufferPointer(rebasing: memory[(place.offset + Offset.key)...]).copyMemory(from: key)
    }
    return place
  }

  /// Opens a chunk that holds a record of this size. Returns false if there are as many chunks as there can be.
  private mutating func open(_ size: Int) -> Bool {
    let usual = min(Self.chunkSize, max(256, filled - gone))
    let chunk = Chunk(memory: [UInt8](repeating: 0, count: max(size, usual)))
    if let number = spare.popLast() {
      chunks[number] = chunk
      current = number
    } else {
      guard chunks.count < Self.chunksLimit else { return false }
      current = chunks.count
      chunks.append(chunk)
    }
    allocated += chunk.memory.count
    return true
  }

  // MARK: Memory of what has gone

  /// Where a third of the memory is of keys that have gone, one chunk is cleared.
  private mutating func clear() {
    if count == 0 { return removeAll() }
    guard gone > filled / 3 else { return }
    for _ in 0..<min(chunks.count, 32) {
      clearing = clearing + 1 < chunks.count ? clearing + 1 : 0
      let chunk = chunks[clearing]
      if clearing != current, chunk.gone > chunk.end / 3 { return clear(clearing) }
    }
    // If it is the one that is filled, the next key goes to another, so that this one can be cleared.
    if current >= 0, chunks[current].gone > chunks[current].end / 3 { current = -1 }
  }

  /// Moves what is in a chunk to the one that is filled.
  private mutating func clear(_ number: Int) {
    guard chunks.count + 2 < Self.chunksLimit else { return }
    let chunk = chunks[number]
    var offset = 0
    while offset < chunk.end {
      let place = Place(chunk: number, offset: offset)
      let size = size(at: place)
      if !size.isGone {
        chunk.memory.withUnsafeBytes { memory in
          let start = offset + Offset.key
          move(UnsafeRawBufferPointer(rebasing: memory[start..<start + size.length]), size, from: place)
        }
      }
      offset += size.record
    }
    chunks[number] = Chunk()
    spare.append(number)
    // What comes to lie there has other borders.
    if vanishing.chunk == number { vanishing.offset = 0 }
    filled -= chunk.end
    gone -= chunk.gone
    allocated -= chunk.memory.count
  }

  private mutating func move(_ key: UnsafeRawBufferPointer, _ size: Size, from place: Place) {
    let (bucket, previous, found) = find(key)
    let new = append(key, size, revision(at: place))
    guard found == place, new != .none else { return }
    link(new, to: next(after: place), in: bucket)
    link(previous, to: new, in: bucket)
  }

  /// Keeps what counts readings.
  private mutating func removeAll() {
    let reading = reading
    self = KeyIndex()
    self.reading = reading
  }

  // MARK: Access

  /// The first record that there is from here on, or `nil` after the last.
  private func here(_ cursor: inout Cursor) -> Place? {
    while cursor.chunk < chunks.count {
      if cursor.offset < chunks[cursor.chunk].end { return cursor.place }
      cursor = Cursor(chunk: cursor.chunk + 1, offset: 0)
    }
    return nil
  }

  private mutating func forEachRecord(_ body: (inout KeyIndex, Place) -> Void) {
    var cursor = Cursor()
    while let place = here(&cursor) {
      cursor.offset += size(at: place).record
      body(&self, place)
    }
  }

  private func next(after place: Place) -> Place { Place(word: load(at: place, Offset.next)) }

  private func size(at place: Place) -> Size { Size(word: load(at: place, Offset.size)) }

  private func revision(at place: Place) -> Int64 { load(at: place, Offset.revision) }

  private func withKey<Result>(at place: Place, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let start = place.offset + Offset.key
    let end = start + size(at: place).length
    return chunks[place.chunk].memory.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
  }

  private func isKey(_ key: UnsafeRawBufferPointer, at place: Place) -> Bool {
    size(at: place).length == key.count && withKey(at: place) { key.elementsEqual($0) }
  }

  private func load<Word: BitwiseCopyable>(at place: Place, _ offset: Int) -> Word {
    chunks[place.chunk].memory.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: place.offset + offset, as: Word.self)
    }
  }

  private mutating func store<Word: BitwiseCopyable>(_ word: Word, at place: Place, _ offset: Int) {
    chunks[place.chunk].memory.withUnsafeMutableBytes {
      $0.storeBytes(of: word, toByteOffset: place.offset + offset, as: Word.self)
    }
  }
}
