/// How much memory many `Bytes` keep alive together. Those of one document are slices of one piece of memory, which is
/// counted once if they are added one after the other.
package struct HeldMemory: Sendable {
  package private(set) var count = 0
  private var last: ObjectIdentifier?

  package init() {}

  package mutating func add(_ bytes: Bytes) {
    guard let store = bytes.store, last != ObjectIdentifier(store) else { return }
    last = ObjectIdentifier(store)
    count += store.size
  }

  package mutating func add(_ event: Event) {
    add(event.kv.key)
    add(event.kv.value)
    if let previous = event.prevKV {
      add(previous.key)
      add(previous.value)
    }
  }
}
