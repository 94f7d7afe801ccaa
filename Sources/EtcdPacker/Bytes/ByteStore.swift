/// Memory that `Bytes` are slices of. Its address never changes, so pointers into it may be handed to C.
///
/// Whoever creates a store fills it; a byte that a `Bytes` covers is never written again. That makes it safe to share
/// between threads.
final class ByteStore: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let capacity: Int

  init(capacity: Int) {
    self.capacity = max(capacity, 1)
    base = .allocate(byteCount: self.capacity, alignment: 1)
  }

  deinit {
    base.deallocate()
  }
}
