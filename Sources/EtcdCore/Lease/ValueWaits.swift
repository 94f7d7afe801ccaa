/// What became of a value that the host has set.
package struct ValueEnd: Equatable, Sendable {
  /// The key's `mod_revision` with the value, or with the later one that took its place.
  package var result: Result<Int64, Failure>
  /// The host has set another one since, and it is that which this is the end of.
  package var isSuperseded: Bool
}

/// Who is to be told what becomes of the value of a key. Values are numbered as they are set: changes coalesce, so what is
/// sent stands for all that were set before it.
struct ValueWaits {
  private var waiting: [(id: CallID, number: Int)] = []
  /// Of the value that the host wants, and of the one that was sent last.
  private var wanted = 0
  private var sent = 0

  var count: Int { waiting.count }

  mutating func isSet() {
    wanted &+= 1
  }

  /// The value that the host wants is on its way.
  mutating func isSent() {
    sent = wanted
  }

  mutating func add(_ id: CallID) {
    waiting.append((id, wanted))
  }

  /// The value that was sent has come to this.
  mutating func endSent(_ result: Result<Int64, Failure>) -> [Keepalive.Action] { end(through: sent, result) }

  /// The value that the host wants has come to this.
  mutating func endAll(_ result: Result<Int64, Failure>) -> [Keepalive.Action] { end(through: wanted, result) }

  /// It will not be written any more; whether it ever was is not known.
  mutating func giveUp(_ code: ErrorCode, _ message: String) -> [Keepalive.Action] {
    if waiting.isEmpty { return [] }
    var failure = Failure(code, message)
    failure.mayHaveHappened = true
    return endAll(.failure(failure))
  }

  private mutating func end(through number: Int, _ result: Result<Int64, Failure>) -> [Keepalive.Action] {
    if waiting.isEmpty { return [] }
    let ended = waiting.prefix { $0.number <= number }
    waiting.removeFirst(ended.count)
    return ended.map { .valueEnded($0.id, ValueEnd(result: result, isSuperseded: $0.number < number)) }
  }
}
