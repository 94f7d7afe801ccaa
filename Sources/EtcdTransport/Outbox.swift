/// What happened inside libcurl's callbacks, in order, until it can be told. Callbacks must not call anybody: the one
/// called could call libcurl, which must not be entered twice.
final class Outbox {
  enum Step {
    case opened(status: Int, headers: [AnswerFields.Field])
    /// The bytes are with the transfer, those that arrive after this step was noted included.
    case received
    /// The outcome is with the transfer.
    case ended
  }

  /// Counts the reactor's runs.
  var run: UInt64 = 0
  /// Counts the bytes of bodies.
  var bytes: UInt64 = 0
  /// Those that libcurl was told to hold.
  var held: [TransferID] = []

  private var steps: [(transfer: Transfer, step: Step)] = []
  private var spare: [(transfer: Transfer, step: Step)] = []

  var isEmpty: Bool { steps.isEmpty }

  func append(_ transfer: Transfer, _ step: Step) {
    var list = exchange(&steps, with: [])
    list.append((transfer, step))
    steps = list
  }

  /// Everything noted so far, leaving nothing behind, so that no access to the outbox is open while the steps are told
  /// (field notes: re-entering an open access aborts the process).
  func take() -> [(transfer: Transfer, step: Step)] {
    let taken = steps
    steps = spare
    spare = []
    return taken
  }

  /// Gives back what `take` gave, for its memory.
  func recycle(_ taken: consuming [(transfer: Transfer, step: Step)]) {
    taken.removeAll(keepingCapacity: true)
    spare = taken
  }

  func removeAll() {
    steps = []
    spare = []
    held = []
  }
}
