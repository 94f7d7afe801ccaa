import EtcdCore
import Glibc

/// Why a function of the header refuses: its code, and the text for `etcdcli_last_error`.
struct CallError: Error {
  let code: ErrorCode
  let message: String

  init(_ code: ErrorCode, _ message: String) {
    self.code = code
    self.message = message
  }

  static func handle(_ kind: HandleKind) -> CallError {
    CallError(.handle, "the handle is not, or no longer, that of a \(kind.name)")
  }

  static let forked = CallError(.forked, "the handle was made before fork(2), in the parent process")
  static let closed = CallError(.closed, "the cluster was closed or freed")
  static let outOfHandles = CallError(.system, "there are no more handles")

  /// `limit`: what there is as many of as there may be.
  init(_ refusal: Cluster.Refusal, limit: String) {
    switch refusal {
    case .closed: self = .closed
    case .limit: self.init(.limit, limit)
    }
  }
}

/// Runs the body of a function that returns an error code.
func answer(_ body: () throws(CallError) -> CInt) -> CInt {
  do {
    return try body()
  } catch {
    LastError.set(error.message)
    return error.code.rawValue
  }
}

/// What the last failed call on this thread found wrong.
enum LastError {
  private static let size = 1024

  /// A buffer to each thread that needs one, freed when the thread ends.
  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    return pthread_key_create(&key, { free($0) }) == 0 ? key : nil
  }()

  static func set(_ message: String) {
    guard let key, let buffer = pthread_getspecific(key) ?? makeBuffer(key) else { return }
    let text = buffer.assumingMemoryBound(to: CChar.self)
    var length = 0
    for byte in message.utf8.prefix(size - 1) {
      text[length] = CChar(bitPattern: byte)
      length += 1
    }
    // A character that was cut in two is left out.
    if message.utf8.count > length {
      while length > 0, UInt8(bitPattern: text[length - 1]) & 0xC0 == 0x80 { length -= 1 }
      if length > 0, UInt8(bitPattern: text[length - 1]) >= 0xC0 { length -= 1 }
    }
    text[length] = 0
  }

  static var text: UnsafePointer<CChar> {
    guard let key, let buffer = pthread_getspecific(key) else { return StaticText.empty }
    return UnsafePointer(buffer.assumingMemoryBound(to: CChar.self))
  }

  private static func makeBuffer(_ key: pthread_key_t) -> UnsafeMutableRawPointer? {
    guard let buffer = calloc(1, size) else { return nil }
    guard pthread_setspecific(key, buffer) == 0 else {
      free(buffer)
      return nil
    }
    return buffer
  }
}
