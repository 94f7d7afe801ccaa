import CSystem

/// Stands for HTTP/2 where the library is built without it: whoever asks for it is told that nobody speaks it.
final class HTTP2Pool {
  private var failed: [TransferID] = []

  init(epoll: Descriptor, options: ReactorOptions, names: Names, reserve: Reserve) {}

  let tags: ClosedRange<UInt64> = (1 << 63)...(.max - 3)
  var deadline: Instant? { nil }
  var connectionsOpened: UInt64 { 0 }
  var hasNews: Bool { !failed.isEmpty }
  var hasWork: Bool { hasNews }

  func start(_ id: TransferID, _ request: TransferRequest, now: Instant) {
    failed.append(id)
  }

  func cancel(_ id: TransferID) -> Bool {
    guard let index = failed.firstIndex(of: id) else { return false }
    failed.remove(at: index)
    return true
  }

  func distrust(_ id: TransferID) {}
  func setPaused(_ isPaused: Bool, _ id: TransferID) -> Bool { failed.contains(id) }
  func reconfigure(_ options: ReactorOptions, _ names: Names) {}
  func resolved(_ id: TransferID, problem: String?, now: Instant) {}
  func serve(_ event: epoll_event, now: Instant) -> Bool { false }
  func beginRun(now: Instant) {}
  func endRun(now: Instant) {}
  func flush(now: Instant) {}
  func close() { failed = [] }
  func abandon() { failed = [] }

  func deliver(_ handle: (TransferID, TransferEvent) -> Void) {
    while let id = failed.first {
      failed.removeFirst()
      let message = "this library was built without HTTP/2"
      handle(
        id, .failed(TransferFailure(kind: .notHTTP2, bodyMayHaveBeenSent: false, curlCode: 0, message: message)))
    }
  }
}
