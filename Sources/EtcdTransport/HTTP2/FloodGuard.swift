/// Tells a peer that keeps us busy for nothing from one that works.
///
/// Settings, pings, priorities, resets, window updates, empty pieces, what nobody knows and the continuation of headers
/// cost their sender little and their receiver more. A peer that means well sends them along with answers, so each request
/// and each frame of an answer allows for some.
struct FloodGuard {
  private static let perRequest = 8
  private static let perFrame = 2
  /// For so many bytes of a request there may be one: a peer that speaks through net/http of Go opens its windows, the
  /// stream's and the connection's, for each 8 KiB that it has read, others for each 16 KiB.
  private static let bytesPerWindowUpdate = 2048
  private static let most = 100_000

  private var credit = HTTP2Limits.idleFrames
  private var renewedAt = Instant(nanoseconds: 0)

  mutating func began() { credit = min(credit + Self.perRequest, Self.most) }
  mutating func sent(_ bytes: Int) { credit = min(credit + 1 + bytes / Self.bytesPerWindowUpdate, Self.most) }
  mutating func gotUse() { credit = min(credit + Self.perFrame, Self.most) }

  /// Returns false when it is too much.
  mutating func gotIdle() -> Bool {
    credit -= 1
    return credit >= 0
  }

  func renewed(now: Instant) -> FloodGuard {
    guard now - renewedAt >= .seconds(1) else { return self }
    var renewed = self
    renewed.renewedAt = now
    renewed.credit = max(credit, HTTP2Limits.idleFrames)
    return renewed
  }
}
