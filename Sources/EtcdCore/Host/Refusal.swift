/// Why a call of the host's is refused at once.
extension Cluster {
  package enum Refusal: Error {
    case closed
    case limit
  }

  package enum KeepaliveRefusal: Error {
    case closed
    case limit
    case keyIsTaken
  }

  package enum ValueRefusal: Error {
    case ended
    case conflict
  }
}
