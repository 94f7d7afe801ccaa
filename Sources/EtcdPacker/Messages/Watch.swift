// The call watch.

/// Opens a watch: one to a stream.
package struct WatchCreateRequest: Request {
  package enum Filter: Int, WireEnum {
    case noPut = 0
    case noDelete = 1

    package var name: String {
      switch self {
      case .noPut: "NOPUT"
      case .noDelete: "NODELETE"
      }
    }
  }

  package var range: KeyRange
  /// The first revision to be told about; 0 is the next one.
  package var startRevision: Int64
  /// Asks for an answer without events now and then.
  package var progressNotify: Bool
  package var filters: [Filter]
  /// Asks for what was there before each change.
  package var prevKV: Bool
  package var watchID: Int64
  /// Lets the server split the events of one revision over several answers.
  package var fragment: Bool

  package init(
    range: KeyRange, startRevision: Int64 = 0, progressNotify: Bool = false, filters: [Filter] = [],
    prevKV: Bool = false, watchID: Int64 = 0, fragment: Bool = false
  ) {
    self.range = range
    self.startRevision = startRevision
    self.progressNotify = progressNotify
    self.filters = filters
    self.prevKV = prevKV
    self.watchID = watchID
    self.fragment = fragment
  }

  package func writeFields(to writer: inout JSONWriter) {
    writer.name("create_request")
    writer.object { writer in
      range.writeFields(to: &writer)
      writer.field("start_revision", startRevision)
      writer.field("progress_notify", progressNotify)
      writer.field("filters", filters)
      writer.field("prev_kv", prevKV)
      writer.field("watch_id", watchID)
      writer.field("fragment", fragment)
    }
  }
}

/// Comes in a `StreamDocument`.
package struct WatchResponse: Message {
  /// Its revision is the store's, which may be far ahead of the events: never resume a watch from it.
  package var header = ResponseHeader()
  package var watchID: Int64 = 0
  /// This is the answer to the request that opened the watch.
  package var created = false
  /// The watch has ended; the stream has not.
  package var canceled = false
  /// Where not 0, the watch was to start at a revision before this one, and those are gone.
  package var compactRevision: Int64 = 0
  package var cancelReason = ""
  /// More events of the last one's revision follow in the next answer.
  package var fragment = false
  package var events: [Event] = []

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "header": header = try reader.message()
    case "watch_id": watchID = try reader.int64()
    case "created": created = try reader.bool()
    case "canceled": canceled = try reader.bool()
    case "compact_revision": compactRevision = try reader.int64()
    case "cancel_reason": cancelReason = try reader.string()
    case "fragment": fragment = try reader.bool()
    case "events": events = try reader.messages()
    default: break
    }
  }
}

/// A change of one key.
package struct Event: Message {
  package enum Kind: Int, WireEnum {
    case put = 0
    case delete = 1

    package var name: String {
      switch self {
      case .put: "PUT"
      case .delete: "DELETE"
      }
    }
  }

  package var kind = Kind.put
  /// The key after the change.
  package var kv = KeyValue()
  /// The key before the change, if that was asked for, there was one, and it is not compacted.
  package var prevKV: KeyValue?

  package init() {}

  package mutating func read(_ field: FieldName, from reader: inout JSONReader) throws(PackerError) {
    switch field {
    case "type": kind = try reader.enumeration()
    case "kv": kv = try reader.message()
    case "prev_kv": prevKV = try reader.messageIfPresent()
    default: break
    }
  }
}
