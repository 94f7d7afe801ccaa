import EtcdTransport

/// What requests carry from one moment to another, and so what their answers speak of: ten that are refused for one and the
/// same pass are reason for one log-in.
struct Pass: Hashable, Sendable {
  /// No two are the same, whatever they hold.
  let serial: UInt64
  /// `nil`: requests carry nothing.
  let token: Secret?

  /// Of what is asked whoever asks, as a log-in is.
  static let nobody = Pass(serial: 0, token: nil)
}
