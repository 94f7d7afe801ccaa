extension Cluster {
  /// Why a call, or a watcher, is refused at once.
  package enum Refusal: Error {
    case closed
    case limit
  }

  /// Why other options are.
  package enum ReloadRefusal: Error {
    case closed
    case options(OptionError)
  }

  /// Why a keepalive is.
  package enum KeepaliveRefusal: Error {
    case closed
    case limit
    case keyIsTaken
  }

  /// Why another value is.
  package enum ValueRefusal: Error {
    case ended
    case conflict
    case limit
  }
}
