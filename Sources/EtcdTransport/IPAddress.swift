import Glibc

/// An address without a port, and networks of them.
package struct IPAddress: Hashable, Sendable {
  /// Four or sixteen, in the order of the network.
  let bytes: [UInt8]

  package init?(_ text: some StringProtocol) {
    let text = String(text)
    var v4 = in_addr()
    var v6 = in6_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      bytes = withUnsafeBytes(of: &v4) { Array($0) }
    } else if inet_pton(AF_INET6, text, &v6) == 1 {
      bytes = withUnsafeBytes(of: &v6) { Array($0) }
    } else {
      return nil
    }
  }

  package var isV6: Bool { bytes.count == 16 }

  /// Whether the first `length` bits are those of `other`.
  func shares(_ length: Int, with other: IPAddress) -> Bool {
    guard bytes.count == other.bytes.count else { return false }
    var left = length
    for (mine, others) in zip(bytes, other.bytes) {
      guard left > 0 else { break }
      let mask: UInt8 = left >= 8 ? 0xFF : ~(0xFF >> UInt8(truncatingIfNeeded: left))
      guard mine & mask == others & mask else { return false }
      left -= 8
    }
    return true
  }
}
