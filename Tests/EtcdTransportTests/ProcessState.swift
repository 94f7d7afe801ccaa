import CSystem
import Glibc

/// What the kernel knows of this process. Other tests change it too, so only for processes of their own.
enum ProcessState {
  static var descriptors: Set<Int32> {
    Set((0..<1024).filter { fcntl($0, F_GETFD) >= 0 })
  }

  static var threads: Int {
    guard let directory = opendir("/proc/self/task") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    return count
  }

  static func option(_ socket: Int32, _ level: Int32, _ name: Int32) -> Int32 {
    var value: Int32 = -1
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket, level, name, &value, &length)
    return value
  }
}

struct SignalDisposition: Equatable {
  private var bytes: [UInt8]

  init(_ signal: Int) {
    var action = sigaction()
    sigaction(Int32(signal), nil, &action)
    bytes = withUnsafeBytes(of: &action) { Array($0) }
  }
}
