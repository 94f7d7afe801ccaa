/// Makes a reactor's descriptor readable, from any thread.
///
/// It shares ownership of the eventfd with the reactor, so that a thread which still holds a waker when the reactor is
/// gone writes into a descriptor that nobody reads, and never into a number that has been given to somebody else.
package final class Waker: Sendable {
  let event: Descriptor

  init() throws(SystemError) {
    event = try System.makeEvent()
  }

  /// The reactor's descriptor becomes readable, and its next `run` makes it unreadable again. Costs one system call.
  package func wake() {
    System.signal(event)
  }
}
