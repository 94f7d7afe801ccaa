/// Memory that `Bytes` are slices of, filled from its beginning. Its address never changes, so pointers into it may be
/// handed to C.
///
/// A byte that was taken is never written again, which makes it safe to share the `Bytes` between threads. Filling is
/// for one at a time.
///
/// The memory is behind the object itself: of what is decoded, this is often all that is allocated.
final class ByteStore: ManagedBuffer<ByteStore.Level, UInt8> {
  struct Level {
    let capacity: Int
    var used = 0
  }

  static func make(capacity: Int) -> ByteStore {
    let capacity = max(capacity, 1)
    let store = create(minimumCapacity: capacity) { _ in Level(capacity: capacity) }
    return unsafeDowncast(store, to: ByteStore.self)
  }

  var size: Int { header.capacity }

  /// The part that was not taken yet, to be written to.
  var free: UnsafeMutableRawBufferPointer {
    withUnsafeMutablePointers { level, memory in
      let (capacity, used) = (level.pointee.capacity, level.pointee.used)
      return UnsafeMutableRawBufferPointer(start: memory + used, count: capacity - used)
    }
  }

  /// Takes the first `count` bytes of `free`, for good. Never more than there are.
  func take(_ count: Int) -> UnsafeRawBufferPointer {
    withUnsafeMutablePointers { level, memory in
      let (capacity, used) = (level.pointee.capacity, level.pointee.used)
      let count = min(max(count, 0), capacity - used)
      level.pointee.used = used + count
      return UnsafeRawBufferPointer(start: memory + used, count: count)
    }
  }
}
