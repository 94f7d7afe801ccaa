import EtcdPacker

/// The beginning of a revision whose end is still to come in another fragment, and what it costs to keep it.
struct BegunRevision {
  private(set) var events: [Event] = []
  private var memory = HeldMemory()

  /// As a document's (`DecodingCost`): the bytes of the documents that the events came in, and the events.
  var cost: Int { memory.count + events.count * DecodingCost.element(Event.self) }

  /// The revision; 0 if none is begun.
  var revision: Int64 { events.last?.kv.modRevision ?? 0 }

  mutating func append(_ more: ArraySlice<Event>) {
    for event in more { memory.add(event) }
    events.append(contentsOf: more)
  }

  /// All of it, leaving nothing behind.
  mutating func take() -> [Event] {
    defer { self = BegunRevision() }
    return events
  }
}
