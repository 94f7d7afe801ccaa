import CEtcdcli
import EtcdCore

/// Behind an `etcdcli_batch`. The C structs are behind the object itself, so that all of it is one allocation.
final class BatchBox: ManagedBuffer<BatchBox.Contents, UInt64> {
  struct Contents {
    let header: CArray<etcdcli_header>
    let events: CArray<etcdcli_event>
    let flags: UInt32
    let revision: Int64
    let time: Int64
    /// What the arrays point into.
    let batch: Batch
  }

  static func make(_ batch: Batch) -> BatchBox {
    // By pattern and in place: what is compared, or taken out of its array, is copied first.
    let prevCount = batch.events.withUnsafeBufferPointer { events in
      events.indices.count { if case .none = events[$0].prevKV { false } else { true } }
    }
    let count = batch.events.count
    let size =
      MemoryLayout<etcdcli_header>.stride + count * MemoryLayout<etcdcli_event>.stride
      + (count + prevCount) * MemoryLayout<etcdcli_kv>.stride
    let words = (size + 7) / 8
    let box = create(minimumCapacity: words) { box in
      box.withUnsafeMutablePointerToElements { memory in
        var room = Room(UnsafeMutableRawBufferPointer(start: memory, count: words * 8))
        return Contents(batch, prevCount, in: &room)
      }
    }
    return unsafeDowncast(box, to: BatchBox.self)
  }

  static func from(_ pointer: OpaquePointer?) -> Contents? {
    pointer.map { Unmanaged<BatchBox>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue().header }
  }
}

extension BatchBox.Contents {
  fileprivate init(_ batch: Batch, _ prevCount: Int, in room: inout Room) {
    self.batch = batch
    revision = batch.revision
    switch batch.origin {
    case .watch:
      (flags, time) = (0, 0)
    case .snapshot(let isLast, let isResync):
      flags = Flag.snapshot | (isLast ? Flag.snapshotEnd : 0) | (isResync ? Flag.resync : 0)
      time = 0
    case .stale(let isLast, let time):
      flags = Flag.snapshot | Flag.stale | (isLast ? Flag.snapshotEnd : 0)
      self.time = time
    }
    header = room.array(1) { _ in etcdcli_header(batch.header) }
    events = batch.events.withUnsafeBufferPointer { events in
      let kvs = room.array(events.count) { etcdcli_kv(events[$0].kv) }
      let previous = prevCount == 0 ? [] : events.compactMap(\.prevKV)
      let prevKVs = room.array(prevCount) { etcdcli_kv(previous[$0]) }
      var nextPrevKV = 0
      return room.array(events.count) { index in
        let type = events[index].kind == .put ? ETCDCLI_EVENT_PUT : ETCDCLI_EVENT_DELETE
        guard case .some = events[index].prevKV else {
          return etcdcli_event(type: CInt(type.rawValue), kv: kvs[index], prev_kv: nil)
        }
        nextPrevKV += 1
        return etcdcli_event(type: CInt(type.rawValue), kv: kvs[index], prev_kv: prevKVs[nextPrevKV - 1])
      }
    }
  }
}

/// Memory for several arrays of C structs, none of which has more than eight bytes of alignment.
private struct Room {
  private let memory: UnsafeMutableRawBufferPointer
  private var used = 0

  init(_ memory: UnsafeMutableRawBufferPointer) {
    self.memory = memory
  }

  /// Of what `element` makes for each index; an empty one if there is no room for it.
  mutating func array<Element: BitwiseCopyable>(_ count: Int, _ element: (Int) -> Element) -> CArray<Element> {
    let size = count * MemoryLayout<Element>.stride
    guard let start = memory.baseAddress, count > 0, size <= memory.count - used else { return CArray([]) }
    let elements = (start + used).bindMemory(to: Element.self, capacity: count)
    used += size
    for index in 0..<count { (elements + index).initialize(to: element(index)) }
    return CArray(at: UnsafeMutableBufferPointer(start: elements, count: count))
  }
}
