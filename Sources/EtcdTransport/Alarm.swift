/// The one timer that makes the reactor's descriptor readable when its earliest deadline has come.
///
/// It is set to an absolute time, so that it means the same however late it is set, and only when that time changes:
/// most calls neither bring a new earliest deadline nor take it away, and so cost no system call. An expiry is never
/// read: setting the timer anew takes it back, and one whose deadline still stands has to stay readable.
struct Alarm {
  /// Long past, and so at once. One value for every cause, so that the second cause costs nothing.
  static let immediately = Instant(nanoseconds: 1)

  let timer: Descriptor
  private var deadline: Instant?

  init(timer: Descriptor) {
    self.timer = timer
  }

  mutating func set(to deadline: Instant?) {
    guard deadline != self.deadline else { return }
    self.deadline = deadline
    System.setTimer(timer, to: deadline)
  }
}
