import EtcdPacker
import EtcdTransport

/// The pictures that watchers keep on disk, each in a file of its own (`PictureFile`), and when there is something to be
/// read or written.
struct Pictures {
  /// So long what is to be written is gathered; and so much time is between two steps of copying.
  private static let pause = Duration.milliseconds(10)
  /// What may wait to be written for all of them together, and for each of many.
  private static let buffer = 1 << 20
  private static let leastBuffer = 4096
  /// How many have their turn in one step.
  private static let turns = 4
  /// That a picture is still true is written down now and then.
  private static let refreshInterval = Duration.seconds(60)

  private let disk: (any Disk)?
  private let directory: String
  private let namespace: [UInt8]
  private let limit: Int
  private let pageKeys: Int
  private var files: [WatcherID: PictureFile] = [:]
  private var notes: [String] = []
  /// What keeps one file from being opened keeps the others too, as a rule: told once.
  private var told: Set<Int32> = []
  private var refreshAt: Instant?
  /// Who had the last turn.
  private var last: UInt64 = 0
  private(set) var wakeTime: Instant?

  enum Finding {
    case picture(WatcherID, PictureMark)
    /// Without keys and not the last: there is no more to be had.
    case page(WatcherID, [KeyValue], isLast: Bool)
  }

  init(_ options: Options, on disk: (any Disk)?) {
    self.disk = options.watcherCacheDir.isEmpty ? nil : disk
    directory = options.watcherCacheDir
    namespace = Array(options.namespace.utf8)
    limit = Int(clamping: options.watcherCacheMaxBytes)
    pageKeys = Int(clamping: options.watchPageKeys)
  }

  var isEmpty: Bool { files.isEmpty }

  /// In the order in which they were made.
  var ids: [WatcherID] { files.keys.sorted { $0.rawValue < $1.rawValue } }

  /// What is to be said of files that fail, since this was last asked.
  mutating func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  // MARK: Watchers

  /// Returns whether there may be a picture of an earlier time.
  mutating func add(_ id: WatcherID, of range: KeyRange) -> Bool {
    guard let disk else { return false }
    let path = "\(directory)/\(Self.name(of: range, in: namespace))"
    do throws(SystemError) {
      files[id] = try PictureFile(path, of: range, in: namespace, on: disk, limit: limit)
      return true
    } catch {
      // Somebody else has the file.
      if error.call == "flock" {
        notes.append("\(path): another watcher keeps its picture there; this one does without")
      } else if told.insert(error.errno).inserted {
        notes.append("\(path): no picture is kept: \(error)")
      }
      return false
    }
  }

  /// `isTrue`: what it was told last is what etcd has.
  mutating func remove(_ id: WatcherID, isTrue: Bool) {
    if isTrue { files[id]?.isTrueNow() }
    with(id) { file throws(SystemError) in try file.close() }
    files[id] = nil
  }

  /// The host has taken a batch.
  mutating func take(_ batch: Batch, of id: WatcherID, now: Instant) {
    if case .stale = batch.origin { return }
    guard files[id]?.isGivenUp == false else { return }
    let buffer = max(Self.leastBuffer, Self.buffer / files.count)
    with(id) { file throws(SystemError) in try file.take(batch, buffer: buffer) }
    plan(now + Self.pause)
  }

  /// Now and then. Nobody is woken for that.
  func isToBeRefreshed(now: Instant) -> Bool {
    !files.isEmpty && now >= refreshAt ?? now
  }

  /// These are what etcd has.
  mutating func refresh(_ ids: [WatcherID], now: Instant) {
    refreshAt = now + Self.refreshInterval
    for id in ids { files[id]?.isTrueNow() }
    plan(now + Self.pause)
  }

  private mutating func plan(_ time: Instant) {
    wakeTime = min(wakeTime ?? time, time)
  }

  // MARK: Recalling

  /// What the process before has left is wanted, or the next page of it.
  mutating func recall(_ id: WatcherID, isNext: Bool, now: Instant) {
    guard files[id] != nil else { return }
    if isNext { files[id]?.ask() }
    var finding: PictureFile.Finding?
    with(id) { file throws(SystemError) in finding = isNext ? nil : try file.recall() }
    if case .nothing(let reason?) = finding { note(id, reason) }
    plan(now)
  }

  /// It is of no use any more, or has been told.
  mutating func endRecall(_ id: WatcherID, wasTold: Bool) {
    with(id) { file throws(SystemError) in try file.endRecall(wasTold: wasTold) }
  }

  // MARK: Steps

  mutating func step(now: Instant) -> [Finding] {
    guard let time = wakeTime, now >= time else { return [] }
    var findings: [Finding] = []
    let busy = ids.filter { files[$0].map { $0.isReading || $0.hasWork } ?? false }
    let next = busy.filter { $0.rawValue > last } + busy.filter { $0.rawValue <= last }
    for id in next.prefix(Self.turns) {
      last = id.rawValue
      let wasAsked = files[id]?.isAsked == true
      var finding: PictureFile.Finding?
      let most = pageKeys
      with(id) { file throws(SystemError) in
        finding = try file.stepRecall(most: most)
        if file.hasWork { try file.step() }
      }
      switch finding {
      case .picture(let mark): findings.append(.picture(id, mark))
      case .page(let kvs, let isLast): findings.append(.page(id, kvs, isLast: isLast))
      case .nothing(let reason):
        if let reason { note(id, reason) }
        endRecall(id, wasTold: false)
      case nil: if wasAsked, files[id]?.isGivenUp == true { findings.append(.page(id, [], isLast: false)) }
      }
    }
    wakeTime = nil
    // In the next turn.
    if files.values.contains(where: \.isReading) { plan(now + .nanoseconds(1)) }
    if files.values.contains(where: \.hasWork) { plan(now + Self.pause) }
    return findings
  }

  private mutating func with(_ id: WatcherID, _ body: (inout PictureFile) throws(SystemError) -> Void) {
    guard var file = files.removeValue(forKey: id) else { return }
    defer { files[id] = file }
    do throws(SystemError) {
      try body(&file)
    } catch {
      file.abandon()
      notes.append("\(file.path): no picture is kept any more: \(error)")
    }
  }

  private mutating func note(_ id: WatcherID, _ reason: String) {
    if let path = files[id]?.path { notes.append("\(path): the picture there is not used: \(reason)") }
  }

  /// Two ranges have the same name once in a very long while; then the file says that it is another's.
  static func name(of range: KeyRange, in namespace: [UInt8]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in PictureRecord.header(of: range, in: namespace) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return "watch-" + String(repeating: "0", count: 16 - digits.count) + digits + ".picture"
  }
}
