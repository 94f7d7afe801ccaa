import Glibc

/// A descriptor that is kept for requests which must not fail because the process has none left, as the renewal of a lease.
///
/// Where a socket is not to be had, it is closed, and its number serves for the socket. The connection ends with its
/// request, and with the next socket that is closed, as a rule that one, it is kept again: nobody else gets it in between.
final class Reserve {
  private var spare: Descriptor?
  private var isWanted = false

  /// There is somebody whom it is for.
  func keep() {
    isWanted = true
    restock()
  }

  /// A descriptor may have become free.
  func restock() {
    // Where that fails, everybody is short of descriptors; the next socket that is closed brings one.
    if isWanted, spare == nil { spare = try? System.makeEvent() }
  }

  /// Returns whether there is a descriptor more than there was.
  func spend() -> Bool {
    guard spare != nil else { return false }
    spare = nil
    return true
  }

  func close() {
    isWanted = false
    spare = nil
  }

  /// In a child after `fork`, where descriptors are left alone.
  func abandon() {
    spare?.abandon()
    close()
  }
}
