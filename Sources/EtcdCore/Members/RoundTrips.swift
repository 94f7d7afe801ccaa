/// How long an endpoint takes to answer, and so how long an answer that has not come may still be on its way.
///
/// As TCP's retransmission timer does it (RFC 6298, section 2): a smoothed round trip, and four times the smoothed
/// variation on top of it. Never less than a second, which is what that says too: within it a member may be busy with its
/// disk or with collecting garbage, or the network may have lost the first packet of a connection. What took longer counts
/// like anything else, so a member that is slow, and a host that looks seldom, are given the time that they need.
struct RoundTrips {
  private static let least = Duration.seconds(1)
  /// Whatever took longer was not the way: a minute.
  private static let longest: Int64 = 60_000_000_000

  // In nanoseconds, as this is a part of each call.
  private var smoothed: Int64?
  private var variation: Int64 = 0

  mutating func took(_ time: Duration) {
    let time = min(max(0, time.wholeNanoseconds), Self.longest)
    guard let before = smoothed else {
      smoothed = time
      variation = time / 2
      return
    }
    variation += (abs(time - before) - variation) / 4
    smoothed = before + (time - before) / 8
  }

  /// For how long an answer is waited for before it is doubted that it comes. `limit`: when it is given up anyway.
  func patience(within limit: Duration) -> Duration {
    guard let smoothed else { return limit }
    return min(limit, max(Self.least, .nanoseconds(smoothed + variation * 4)))
  }

  /// For how long a member may look for a quorum, so that it can say within `patience` that it has found none. Not less than
  /// it usually takes to find one.
  func timeAtServer(within patience: Duration) -> Duration {
    let usual = min(.milliseconds(700), patience * 7 / 10)
    return min(patience, max(.milliseconds(100), usual, .nanoseconds((smoothed ?? 0) + variation * 2)))
  }
}
