/// The one timer that makes the reactor's descriptor readable when its earliest deadline has come.
///
/// It is set to an absolute time, so that it means the same however late it is set, and only when the one that stands
/// would not do. One that stands too early does: it wakes the host once for nothing, and is put right then. So the
/// deadlines that each call brings and takes away again cost one system call in as long as they last, not two a call.
final class Alarm {
  /// Long past, and so at once.
  static let immediately = Instant(nanoseconds: 1)

  let timer: Descriptor
  /// What the timer is set to; `nil` for nothing.
  private(set) var standing: Instant?

  init(timer: Descriptor) {
    self.timer = timer
  }

  /// Sees to it that the timer expires at `deadline` at the latest, and that it does not stay expired without a reason.
  /// An expiry is never read: setting the timer anew takes it back.
  func set(to deadline: Instant?, now: Instant) {
    if let standing, standing > now {
      guard let deadline, deadline < standing else { return }
    } else if standing != nil, let deadline, deadline <= now {
      return
    }
    guard deadline != standing else { return }
    standing = deadline
    System.setTimer(timer, to: deadline)
  }
}
