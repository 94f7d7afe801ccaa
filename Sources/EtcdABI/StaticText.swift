import CEtcdcli

/// C strings that live as long as the process.
enum StaticText {
  nonisolated(unsafe) static let empty = pointer(to: "")

  static func pointer(to text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  /// The header's macro as a C string that outlives every call.
  nonisolated(unsafe) static let version: UnsafePointer<CChar> = {
    let text = Array((ETCDCLI_VERSION + "\0").utf8).map { CChar(bitPattern: $0) }
    let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
    pointer.initialize(from: text, count: text.count)
    return UnsafePointer(pointer)
  }()
}
