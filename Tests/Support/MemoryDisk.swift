import EtcdTransport

/// A disk that is not there, and that fails when it is told to.
package final class MemoryDisk: Disk {
  fileprivate final class Contents {
    var bytes: [UInt8] = []
    weak var holder: File?
  }

  private var contents: [String: Contents] = [:]
  /// The milliseconds since 1970.
  package var clock: () -> Int64 = { 0 }
  /// What is said to whoever opens a file, or writes, from now on.
  package var failure: SystemError?
  /// Largest read or write so far, and how much was written in all.
  package private(set) var largest = 0
  package fileprivate(set) var written = 0

  package init() {}

  package static func milliseconds(at time: Instant) -> Int64 { time.nanoseconds / 1_000_000 }

  package var unixMilliseconds: Int64 { clock() }

  package var names: [String] { contents.keys.sorted() }

  package subscript(name: String) -> [UInt8]? {
    get { contents[name]?.bytes }
    set {
      guard let newValue else {
        contents[name] = nil
        return
      }
      let changed = contents[name] ?? Contents()
      changed.bytes = newValue
      contents[name] = changed
    }
  }

  package func open(_ path: String) throws(SystemError) -> any DiskFile {
    if let failure { throw failure }
    let found = contents[path] ?? Contents()
    contents[path] = found
    if found.holder != nil { throw SystemError(call: "flock", errno: 11, text: "it is locked") }
    return File(found, path, self)
  }

  package func create(_ path: String) throws(SystemError) -> any DiskFile {
    if let failure { throw failure }
    let made = Contents()
    contents[path] = made
    return File(made, path, self)
  }

  fileprivate func moved(count: Int) {
    largest = max(largest, count)
  }

  fileprivate func rename(_ path: String, to other: String) {
    contents[other] = contents.removeValue(forKey: path)
  }

  fileprivate func remove(_ path: String) {
    contents[path] = nil
  }

  fileprivate final class File: DiskFile {
    private let contents: Contents
    private var path: String
    private let disk: MemoryDisk
    let size: Int

    init(_ contents: Contents, _ path: String, _ disk: MemoryDisk) {
      self.contents = contents
      self.path = path
      self.disk = disk
      size = contents.bytes.count
      contents.holder = self
    }

    func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
      disk.moved(count: count)
      return Array(contents.bytes.dropFirst(offset).prefix(count))
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(SystemError) {
      if let failure = disk.failure { throw failure }
      disk.moved(count: bytes.count)
      disk.written += bytes.count
      let missing = offset + bytes.count - contents.bytes.count
      if missing > 0 { contents.bytes += [UInt8](repeating: 0, count: missing) }
      contents.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    func truncate(to size: Int) throws(SystemError) {
      if let failure = disk.failure { throw failure }
      contents.bytes = Array(contents.bytes.prefix(size))
    }

    func rename(to path: String) throws(SystemError) {
      if let failure = disk.failure { throw failure }
      disk.rename(self.path, to: path)
      self.path = path
    }

    func remove() {
      disk.remove(path)
    }
  }
}
