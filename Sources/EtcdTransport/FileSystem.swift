import Glibc

/// The real disk. Files are for their owner alone, no child inherits them through `exec`, and no symbolic link is followed.
package final class FileSystem: Disk {
  private var isAbandoned = false

  package init() {}

  /// In a child after `fork`: no file is touched any more.
  package func abandon() {
    isAbandoned = true
  }

  package var unixMilliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
  }

  private func checkOwner() throws(SystemError) {
    if isAbandoned { throw SystemError(call: "open", errno: EPERM, text: "the file is that of another process") }
  }

  package func open(_ path: String) throws(SystemError) -> any DiskFile {
    try checkOwner()
    // Who had it may have put another file in its place between opening and locking.
    for _ in 0..<3 {
      let file = try file(path, O_CREAT)
      try System.check("flock", flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB))
      if try file.isNamed(path) { return file }
    }
    throw SystemError(call: "flock", errno: EWOULDBLOCK, text: System.describe(EWOULDBLOCK))
  }

  package func create(_ path: String) throws(SystemError) -> any DiskFile {
    try checkOwner()
    unlink(path)
    let file = try file(path, O_CREAT | O_EXCL)
    try System.check("flock", flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB))
    return file
  }

  private func file(_ path: String, _ flags: Int32) throws(SystemError) -> File {
    // What is no file at all must not make anybody wait.
    let flags = flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let descriptor = Descriptor(owning: try System.check("open", Glibc.open(path, flags, 0o600)))
    return try File(descriptor, path: path, of: self)
  }

  private final class File: DiskFile {
    let descriptor: Descriptor
    let size: Int
    private let identity: (dev_t, ino_t)
    private var path: String
    private let disk: FileSystem

    init(_ descriptor: Descriptor, path: String, of disk: FileSystem) throws(SystemError) {
      var status = stat()
      try System.check("fstat", fstat(descriptor.rawValue, &status))
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw SystemError(call: "open", errno: 0, text: "it is not a regular file")
      }
      self.descriptor = descriptor
      self.path = path
      self.disk = disk
      size = Int(status.st_size)
      identity = (status.st_dev, status.st_ino)
    }

    deinit {
      // A child that was made by fork has the same lock, and would keep it.
      if disk.isAbandoned { descriptor.abandon() } else { flock(descriptor.rawValue, LOCK_UN) }
    }

    func isNamed(_ path: String) throws(SystemError) -> Bool {
      var status = stat()
      if lstat(path, &status) != 0, errno == ENOENT { return false }
      return (status.st_dev, status.st_ino) == identity
    }

    func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
      if disk.isAbandoned { return [] }
      var failure: SystemError?
      let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
        while filled < buffer.count, let base = buffer.baseAddress {
          let got = pread(descriptor.rawValue, base + filled, buffer.count - filled, off_t(offset + filled))
          if got < 0, errno == EINTR { continue }
          if got < 0 { failure = SystemError(call: "pread", errno: errno, text: System.describe(errno)) }
          if got <= 0 { return }
          filled += got
        }
      }
      if let failure { throw failure }
      return bytes
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(SystemError) {
      if disk.isAbandoned { return }
      try checkLimit(offset + bytes.count)
      var written = 0
      while written < bytes.count {
        let count = bytes.withUnsafeBytes { buffer in
          buffer.baseAddress.map {
            pwrite(descriptor.rawValue, $0 + written, buffer.count - written, off_t(offset + written))
          } ?? 0
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let code = count < 0 ? errno : ENOSPC
          throw SystemError(call: "pwrite", errno: code, text: System.describe(code))
        }
        written += count
      }
    }

    /// Whoever writes beyond what its process may is killed by a signal.
    private func checkLimit(_ end: Int) throws(SystemError) {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, limit.rlim_cur < UInt64(end) else {
        return
      }
      throw SystemError(call: "pwrite", errno: EFBIG, text: System.describe(EFBIG))
    }

    func truncate(to size: Int) throws(SystemError) {
      if disk.isAbandoned { return }
      try System.check("ftruncate", ftruncate(descriptor.rawValue, off_t(size)))
    }

    func rename(to path: String) throws(SystemError) {
      if disk.isAbandoned { return }
      try System.check("rename", Glibc.rename(self.path, path))
      self.path = path
    }

    func remove() {
      if !disk.isAbandoned { unlink(path) }
    }
  }
}
