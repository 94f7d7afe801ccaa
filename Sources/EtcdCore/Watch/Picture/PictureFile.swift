import EtcdPacker
import EtcdTransport

/// The file of one watcher's picture.
///
/// What the host has taken is appended to it, and after whole pictures a mark. A snapshot that is read from nothing goes to
/// a new file, which takes the place of the one before as soon as it is whole. When a file has grown to twice what it was
/// when it was made, what of it lives is copied to a new one, which takes its place. So there is always one that is whole up
/// to its last mark, wherever the process dies.
///
/// A file that cannot be written any more is left as it is: its picture was true when it was marked.
struct PictureFile {
  /// It is not made anew before it has grown by so much.
  private static let growth = 1 << 20
  /// How much is written, or copied, in one step.
  static let step = PictureReading.window

  let path: String
  private let header: [UInt8]
  private let disk: any Disk
  private let limit: Int
  /// The one that others find; `nil` once it was given up.
  private var main: (any DiskFile)?
  /// What is to take its place.
  private var new: (any DiskFile)?
  /// Of `main`, as far as it counts; 0 if nothing in it does.
  private var size = 0
  private var newSize = 0
  /// Of `main`, when it was made.
  private var base = 0
  /// What is to be appended: to `new` while that is a snapshot's.
  private var pending: [UInt8] = []
  private var use = Use.nothing
  private var isWhole = false
  private var isMarkDue = false
  private var mark = PictureMark(revision: 0, time: 0, clusterID: 0)
  private var reading: PictureReading?

  private enum Use {
    /// Nothing has come yet.
    case nothing
    /// What is there is read, to be told.
    case recalling
    /// A snapshot goes to `new`.
    case beginning
    /// All goes to `main`.
    case following
    /// The same, and what lives of `main` is copied to `new`.
    case rewriting
  }

  enum Finding {
    /// There is a picture to be told: pages of it follow when they are asked for.
    case picture(PictureMark)
    /// `isLast`: it is whole with these.
    case page([KeyValue], isLast: Bool)
    /// There is none.
    case nothing(String?)
  }

  init(
    _ path: String, of range: KeyRange, in namespace: [UInt8], on disk: any Disk, limit: Int
  ) throws(SystemError) {
    self.path = path
    self.disk = disk
    self.limit = limit
    header = PictureRecord.header(of: range, in: namespace)
    main = try disk.open(path)
  }

  // MARK: Recalling

  /// Begins to look for what the process before has left.
  mutating func recall() throws(SystemError) -> Finding? {
    guard case .nothing = use, let main else { return .nothing(nil) }
    if main.size == 0 { return .nothing(nil) }
    if main.size > limit &* 2 { return .nothing("it is larger than watcher.cache.max.bytes") }
    guard try main.read(at: 0, count: header.count) == header else {
      return .nothing("it is not the picture of this range, or is damaged")
    }
    reading = PictureReading(from: header.count, size: main.size)
    use = .recalling
    return nil
  }

  /// Whether there is something to do for a picture that is to be told.
  private(set) var isAsked = false

  /// The next page is wanted.
  mutating func ask() {
    isAsked = true
  }

  /// One step towards the picture, or its next page.
  mutating func stepRecall(most: Int) throws(SystemError) -> Finding? {
    guard case .recalling = use, let main, var reading else { return nil }
    let before = reading.phase
    if case .telling = before, !isAsked { return nil }
    self.reading = nil
    if let need = reading.need {
      reading.take(try main.read(at: need.offset, count: need.count), of: need.count)
    }
    let kvs = reading.step(most: most)
    if reading.isCut { throw Self.damaged }
    self.reading = reading
    switch (before, reading.phase) {
    case (.indexing, .telling):
      return reading.mark.map { .picture($0) }
    case (.telling, .over):
      isAsked = false
      return .page(kvs, isLast: true)
    case (_, .over):
      return .nothing("no whole picture is in it, or it is damaged")
    case (.telling, _) where !kvs.isEmpty:
      isAsked = false
      return .page(kvs, isLast: false)
    default:
      return nil
    }
  }

  var isGivenUp: Bool { main == nil }

  /// Whether `stepRecall` has something to do.
  var isReading: Bool {
    guard case .recalling = use, let reading else { return false }
    return switch reading.phase {
    case .checking, .indexing: true
    case .telling: isAsked
    case .over: false
    }
  }

  /// Nothing of it is told any more. `wasTold`: all of it was, and what is to come goes on from it.
  mutating func endRecall(wasTold: Bool) throws(SystemError) {
    guard case .recalling = use, let main, let reading else { return }
    self.reading = nil
    isAsked = false
    use = .nothing
    guard wasTold else { return }
    // What comes after the mark was not told, so it must not count when the next one is set.
    try main.truncate(to: reading.end)
    (size, base) = (reading.end, reading.end)
    use = .following
  }

  // MARK: Writing

  /// The host has taken a batch. `buffer`: so much may wait to be written.
  mutating func take(_ batch: Batch, buffer: Int) throws(SystemError) {
    guard main != nil else { return }
    // Etcd was faster.
    if case .recalling = use { try endRecall(wasTold: false) }
    var isDifference = true
    switch batch.origin {
    case .stale: return
    case .watch: isWhole = true
    case .snapshot(let isLast, let isResync): (isWhole, isDifference) = (isLast, isResync)
    }
    if case .nothing = use {
      // To something that is not here.
      if isDifference { return abandon() }
      new = try disk.create(path + ".new")
      pending = header
      use = .beginning
    }
    for event in batch.events {
      let record = event.kind == .put ? PictureRecord.put(event.kv) : .delete(event.kv.key)
      record.append(to: &pending)
    }
    mark = PictureMark(revision: batch.revision, time: disk.unixMilliseconds, clusterID: batch.header.clusterID)
    isMarkDue = isWhole
    if pending.count > buffer { try write(pending.count - buffer) }
  }

  /// The picture is still what etcd has.
  mutating func isTrueNow() {
    guard isWhole, main != nil else { return }
    mark.time = disk.unixMilliseconds
    isMarkDue = true
  }

  /// Whether `step` has something to do.
  var hasWork: Bool {
    if case .rewriting = use { return true }
    return main != nil && (!pending.isEmpty || isMarkDue)
  }

  /// Writes a piece of what is pending, and copies a piece where that is under way.
  mutating func step() throws(SystemError) {
    try write(Self.step)
    try copy()
  }

  private mutating func write(_ most: Int) throws(SystemError) {
    if isMarkDue {
      isMarkDue = false
      PictureRecord.mark(mark).append(to: &pending)
    }
    let piece = pending.prefix(max(0, most))
    if case .beginning = use {
      try new?.write(piece, at: newSize)
      newSize += piece.count
    } else {
      try main?.write(piece, at: size)
      size += piece.count
      owed += 4 * piece.count
    }
    pending.removeFirst(piece.count)
    if pending.isEmpty, pending.capacity > Self.step { pending = [] }
    if max(size, newSize) > limit &* 2 { throw Self.tooLarge }
    guard pending.isEmpty, isWhole else { return }
    switch use {
    case .beginning:
      base = newSize
      try replace()
    case .following where size > min(max(base * 2, base + Self.growth), limit): try beginRewriting()
    case .nothing, .recalling, .following, .rewriting: break
    }
  }

  private mutating func replace() throws(SystemError) {
    guard let new else { return }
    try new.rename(to: path)
    (main, size) = (new, newSize)
    (self.new, newSize, reading) = (nil, 0, nil)
    use = .following
    if base > limit / 4 * 3 { throw Self.tooLarge }
  }

  private static let tooLarge = SystemError(
    call: "write", errno: 0, text: "the picture is larger than watcher.cache.max.bytes")

  private static let damaged = SystemError(call: "read", errno: 0, text: "the file was damaged meanwhile")

  // MARK: Rewriting

  private mutating func beginRewriting() throws(SystemError) {
    let new = try disk.create(path + ".new")
    try new.write(header[...], at: 0)
    (self.new, newSize) = (new, header.count)
    reading = PictureReading(from: header.count, to: size, mark: mark)
    owed = 0
    use = .rewriting
  }

  /// More of it where more was appended meanwhile, so that it comes to its end whatever is written.
  private mutating func copy() throws(SystemError) {
    guard case .rewriting = use, let main, let new else { return }
    var left = Self.step + owed
    owed = 0
    while left > 0, var reading {
      var bytes: [UInt8] = []
      if case .over = reading.phase {
        // What has come since, as it is.
        let from = reading.end + copiedSince
        bytes = try main.read(at: from, count: min(4 * Self.step, size - from))
        copiedSince += bytes.count
        left -= bytes.isEmpty ? left : bytes.count
      } else {
        self.reading = nil
        if let need = reading.need {
          reading.take(try main.read(at: need.offset, count: need.count), of: need.count)
          left -= need.count
        }
        for kv in reading.step() { PictureRecord.put(kv).append(to: &bytes) }
        if reading.isCut { throw Self.damaged }
        if case .over = reading.phase {
          (copiedSince, base) = (0, newSize + bytes.count)
          if let mark = reading.mark { PictureRecord.mark(mark).append(to: &bytes) }
        }
        self.reading = reading
      }
      try new.write(bytes[...], at: newSize)
      newSize += bytes.count
    }
    if let reading, case .over = reading.phase, reading.end + copiedSince == size, pending.isEmpty { try replace() }
  }

  /// Of what was appended since rewriting began.
  private var copiedSince = 0
  /// How much is to be copied for what was appended.
  private var owed = 0

  // MARK: Ends

  /// Nothing follows: what is pending is written.
  mutating func close() throws(SystemError) {
    if case .recalling = use { use = .nothing }
    try write(.max)
    abandon()
  }

  /// Lets go of it as it is.
  mutating func abandon() {
    new?.remove()
    (main, new, reading) = (nil, nil, nil)
    (pending, isMarkDue) = ([], false)
    use = .nothing
  }
}
