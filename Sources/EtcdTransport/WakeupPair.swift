import CCurl
import Glibc

/// The socket pair that libcurl makes with each multi handle, to end a `curl_multi_poll` that is never called here.
///
/// It is to be closed on `exec`, and libcurl offers neither an option for that nor a way to ask which descriptors they
/// are. What is new since before is not enough: other threads of the host open socket pairs too, and theirs must not be
/// touched. So the pair is told by what it does: `curl_multi_wakeup` puts one byte into it, and `curl_multi_poll` takes
/// all of them out. Two descriptors that follow this through several rounds, to the byte, are libcurl's; when none do,
/// none are marked.
enum WakeupPair {
  /// How many bytes each round puts in.
  private static let rounds = [1, 3, 2]

  /// Makes a multi handle. `meanwhile` is for tests: what the rest of the process does at the worst moment.
  static func makeMulti(meanwhile: () -> Void = {}) -> UnsafeMutableRawPointer? {
    let before = Set(System.openDescriptors())
    guard let multi = curl_multi_init() else { return nil }
    meanwhile()
    let candidates = System.openDescriptors().filter { !before.contains($0) && System.isSocketPair($0) }
    for descriptor in find(among: candidates, of: multi) { System.closeOnExec(descriptor) }
    return multi
  }

  private static func find(among candidates: [Int32], of multi: UnsafeMutableRawPointer) -> [Int32] {
    var readers = candidates.filter { System.unreadBytes($0) == 0 }
    // The other end counts what its peer has not read, in a measure that is the kernel's affair (its buffers).
    var writers = candidates.filter { System.unsentBytes($0) == 0 }.map { (descriptor: $0, unit: 0) }
    for round in rounds {
      for _ in 0..<round { curl_multi_wakeup(multi) }
      readers.removeAll { System.unreadBytes($0) != round }
      writers = writers.compactMap { descriptor, unit in
        let count = System.unsentBytes(descriptor)
        guard count > 0, unit == 0 || count == round * unit else { return nil }
        return (descriptor, unit == 0 ? count / round : unit)
      }
      curl_multi_poll(multi, nil, 0, 0, nil)
      readers.removeAll { System.unreadBytes($0) != 0 }
      writers.removeAll { System.unsentBytes($0.descriptor) != 0 }
    }
    return readers + writers.map(\.descriptor)
  }
}
