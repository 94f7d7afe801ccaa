import Glibc

/// The certificates and the key that connections are made with, as they are now: files are read again when they change.
///
/// They are given to libcurl as bytes, not as names. So a connection or a TLS session that was made with others is not
/// taken for one that was made with these, libcurl keeps no store of authorities that have been replaced, and a
/// certificate goes with its own key. Connections that are open stay open.
struct TLSMaterial {
  /// What libcurl is given.
  struct Current {
    var ca: [UInt8]?
    /// For a directory, whose files libcurl reads itself, each state of it has a spelling of its own, which keeps libcurl
    /// from using again what it knows by another.
    var caDirectory: String?
    var cert: [UInt8]?
    var key: Secret?
    /// Told apart by this.
    var serial: UInt64
  }

  /// No file is looked at more often.
  private static let interval = Duration.seconds(1)

  private var options: ReactorOptions.TLS
  private(set) var current: Current
  /// Why a file was not read when it was needed first; nothing stands for it since.
  private(set) var problem: Problem?
  /// What was in use before, and did.
  private var former: Current?
  private var stamps: [FileStamp?] = []
  private var checkedAt: Instant?
  /// What is current was read by these options.
  private var isRead = false

  init(_ options: ReactorOptions.TLS) {
    self.options = options
    current = Current(serial: 0)
  }

  /// They are said by other options from now on. What was read by those before stands in for nothing.
  mutating func replace(by options: ReactorOptions.TLS) {
    self.options = options
    (isRead, former, problem, checkedAt) = (false, nil, nil, nil)
  }

  /// Looks whether a file has changed, if it is time to.
  mutating func refresh(now: Instant) {
    if problem == nil, let checkedAt, now - checkedAt < Self.interval { return }
    checkedAt = now
    let paths = [options.caFile, options.caDirectory, options.certFile, options.keyFile]
    let stamps = paths.map { $0.flatMap(System.stamp) }
    guard !isRead || stamps != self.stamps else { return }
    self.stamps = stamps
    let isFirst = !isRead
    do throws(Problem) {
      var next = Current(serial: current.serial + 1)
      next.ca = try Self.bytes(options.caFile, options.caPEM)
      next.caDirectory = options.caDirectory.map { $0 + String(repeating: "/", count: Int(next.serial % 64)) }
      next.cert = try Self.bytes(options.certFile, options.certPEM)
      next.key = try Self.bytes(options.keyFile, options.keyPEM?.text).map {
        Secret(String(decoding: $0, as: UTF8.self))
      }
      problem = nil
      former = isFirst ? nil : current
      current = next
      isRead = true
    } catch {
      // A file that is being replaced may be away for a moment: what was read before goes on.
      self.stamps = []
      if isFirst { problem = error }
    }
  }

  /// A certificate and a key that do not belong together, or are cut off: one of the files is being written. The ones
  /// before are used until something changes again.
  mutating func fallBack(from serial: UInt64) {
    guard serial == current.serial, var former else { return }
    former.serial = current.serial + 1
    current = former
    self.former = nil
  }

  struct Problem: Error {
    var path: String
    var error: SystemError

    var message: String { "cannot read \(path): \(error)" }
  }

  /// A file and a text in memory together, as far as they are given.
  private static func bytes(_ path: String?, _ text: String?) throws(Problem) -> [UInt8]? {
    var bytes: [UInt8]?
    if let path {
      switch System.contents(of: path) {
      case .success(let contents): bytes = contents
      case .failure(let error): throw Problem(path: path, error: error)
      }
    }
    if let text { bytes = (bytes.map { $0 + [UInt8(ascii: "\n")] } ?? []) + Array(text.utf8) }
    return bytes
  }
}

/// What tells one state of a file from another.
struct FileStamp: Equatable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  var seconds: Int
  var nanoseconds: Int
}

extension System {
  /// `nil` for a file that is not there.
  static func stamp(_ path: String) -> FileStamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return FileStamp(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }

  /// Certificates are not larger.
  private static let fileLimit = 4 << 20

  /// Reads a file of certificates or a key.
  static func contents(of path: String) -> Result<[UInt8], SystemError> {
    func failure() -> Result<[UInt8], SystemError> {
      let code = errno
      return .failure(SystemError(call: "read", errno: code, text: describe(code)))
    }
    // A pipe or a device must not hold the host.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return failure() }
    defer { close(file) }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while contents.count < fileLimit {
      let count = read(file, &buffer, buffer.count)
      if count == 0 { return .success(contents) }
      if count < 0, errno != EINTR { return failure() }
      contents.append(contentsOf: buffer.prefix(max(count, 0)))
    }
    return .failure(SystemError(call: "read", errno: EFBIG, text: describe(EFBIG)))
  }
}
