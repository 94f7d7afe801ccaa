/// What holds for all connections in HTTP/2.
///
/// A stream's window is what its peer may send beyond what the host has taken, and so all that a paused stream can cost.
/// Those that stay open get the protocol's own 64 KiB: there are thousands of them, and they carry little. The other lanes
/// get more, because no answer travels faster than a window each round trip. The connection's window is no such bound:
/// its bytes count as taken on arrival, so that no paused stream can hold up its neighbours, and it is only as large as
/// keeps a fast, distant peer busy.
enum HTTP2Limits {
  static func streamWindow(_ lane: TransferRequest.Lane) -> Int {
    switch lane {
    case .calls, .bulk: 1 << 20
    case .streams: 1 << 16
    }
  }

  static let connectionWindow: Int32 = 1 << 24
  /// What a peer is told that an answer's header may have.
  static let headerListSize: UInt32 = 32 * 1024
  /// The most of header and trailer that an answer may have, and the most of either before it is unpacked.
  static let headerBytes = 256 * 1024
  /// Answers to pings and settings that the peer has not taken.
  static let unsentAcknowledgements = 128
  /// Other frames that it has not taken, besides four for each stream.
  static let unsentFrames = 1024
  /// Frames that bring nothing, a second, besides those that come with what is asked and answered.
  static let idleFrames = 1000
  /// How much of a connection one `run` takes; what is left keeps the descriptor readable.
  static let bytesPerRun = 256 * 1024
  static let framesPerRun = 4096
  /// How much is gathered for one `send`.
  static let bytesPerSend = 64 * 1024
  /// How much room of that is kept when all was sent.
  static let roomKept = 16 * 1024
  /// How many connections of a lane there may be to a peer that does not let all its streams onto one.
  static let connectionsPerLane = 8
  /// How long a connection without streams is kept: as long as libcurl does.
  static let idleTime = Duration.seconds(118)
  /// How long one address gets before the next is tried beside it (RFC 8305).
  static let attemptDelay = Duration.milliseconds(250)
}
