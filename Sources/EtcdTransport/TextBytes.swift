import Glibc

extension String.UTF8View {
  /// The bytes in place, where they are so, as they are of any string that was not bridged: to go through them by
  /// the view's own iterator costs several times as much.
  func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    withContiguousStorageIfAvailable(body) ?? Array(self).withUnsafeBufferPointer(body)
  }

  func holds(_ byte: UInt8) -> Bool {
    withBytes { bytes in bytes.baseAddress.map { memchr($0, Int32(byte), bytes.count) != nil } ?? false }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether it holds what another one of the same size does.
  func hasSameBytes(as other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let start = baseAddress, let others = other.baseAddress else { return true }
    return memcmp(start, others, count) == 0
  }
}
