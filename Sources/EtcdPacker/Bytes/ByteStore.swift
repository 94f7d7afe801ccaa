/// Memory that `Bytes` are slices of, filled from its beginning. Its address never changes, so pointers into it may be
/// handed to C.
///
/// A byte that was taken is never written again, which makes it safe to share the `Bytes` between threads. Filling is
/// for one at a time.
final class ByteStore: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer
  private var used = 0

  init(capacity: Int) {
    memory = .allocate(byteCount: max(capacity, 1), alignment: 1)
  }

  deinit {
    memory.deallocate()
  }

  var capacity: Int { memory.count }

  /// The part that was not taken yet, to be written to.
  var free: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: memory[used...])
  }

  /// Takes the first `count` bytes of `free`, for good. Never more than there are.
  func take(_ count: Int) -> UnsafeRawBufferPointer {
    let taken = memory[used..<used + min(max(count, 0), memory.count - used)]
    used = taken.endIndex
    return UnsafeRawBufferPointer(rebasing: taken)
  }
}
