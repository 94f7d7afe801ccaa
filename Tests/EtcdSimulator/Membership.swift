/// Who belongs to the cluster, by the log: a member that lags behind still goes by what was so before.
///
/// Each member has its slot for the whole of a run. Nothing listens there before it was added and started, and nothing
/// any more once it was removed.
struct Membership {
  enum Standing {
    case stranger
    /// Gets the log, and has no vote. Serves next to nothing.
    case learner
    case voter
    case removed
  }

  struct Entry {
    var standing: Standing
    /// Whether it has told the others its name and where it serves clients, as each does when it is started first.
    var isPublished: Bool

    var isMember: Bool { standing == .learner || standing == .voter }
  }

  enum Change {
    case add(Int, asLearner: Bool)
    case publish(Int)
    case promote(Int)
    case remove(Int)

    /// Without which one.
    var name: String {
      switch self {
      case .add(_, let asLearner): asLearner ? "add learner" : "add voter"
      case .publish: "publish"
      case .promote: "promote"
      case .remove: "remove"
      }
    }
  }

  /// What was so from an entry of the log on.
  private var history: [(index: Int, entries: [Entry])]

  init(voters: Int, slots: Int) {
    let entries = (0..<slots).map { slot in
      Entry(standing: slot < voters ? .voter : .stranger, isPublished: slot < voters)
    }
    history = [(0, entries)]
  }

  /// As of the end of the log.
  var entries: [Entry] { history[history.count - 1].entries }

  func entries(at index: Int) -> [Entry] {
    history.last { $0.index <= index }?.entries ?? history[0].entries
  }

  var voters: [Int] { entries.indices.filter { entries[$0].standing == .voter } }
  var learners: [Int] { entries.indices.filter { entries[$0].standing == .learner } }
  var strangers: [Int] { entries.indices.filter { entries[$0].standing == .stranger } }

  /// An entry of the log was committed.
  mutating func committed(_ change: Change, at index: Int) {
    var entries = entries
    switch change {
    case .add(let slot, let asLearner): entries[slot].standing = asLearner ? .learner : .voter
    case .publish(let slot): entries[slot].isPublished = true
    case .promote(let slot): entries[slot].standing = .voter
    case .remove(let slot): entries[slot].standing = .removed
    }
    history.append((index, entries))
  }

  /// Whether etcd carries it out. It takes care that those who are there, `connected`, stay able to decide.
  func permits(_ change: Change, connected: (Int) -> Bool) -> Bool {
    let present = voters.filter(connected).count
    switch change {
    case .add(let slot, let asLearner):
      guard entries[slot].standing == .stranger else { return false }
      // One learner at a time; and the second member of all is let in, although nothing is decided until it is there.
      return asLearner ? learners.isEmpty : voters.count == 1 || present * 2 > voters.count + 1
    case .publish(let slot):
      return entries[slot].isMember && !entries[slot].isPublished
    case .promote(let slot):
      return entries[slot].standing == .learner && entries[slot].isPublished && connected(slot)
    case .remove(let slot):
      guard entries[slot].isMember else { return false }
      if entries[slot].standing == .learner { return true }
      let rest = voters.filter { $0 != slot }
      return !rest.isEmpty && rest.filter(connected).count * 2 > rest.count
    }
  }
}
