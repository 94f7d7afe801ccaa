extension Cluster {
  /// How many of everything there are.
  package struct Census: Equatable, Sendable {
    package var calls = 0
    package var keepalives = 0
    /// That a keepalive has, or waits for.
    package var keys = 0
    package var watchers = 0
    package var streams = 0
    package var timers = 0
  }
}
