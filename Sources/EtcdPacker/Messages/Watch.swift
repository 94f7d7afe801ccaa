// The call watch.

/// What is sent on a watch's stream. Over the gateway, that is one request to a stream.
package enum WatchRequest: OneOf {
  case create(WatchCreateRequest)
  case cancel(WatchCancelRequest)
  case progress(WatchProgressRequest)

  package static func fields<F: Fields>(_ f: inout F, _ chosen: inout Self?) throws(F.Failure) {
    try f.choice(1, "create_request", &chosen, Self.create) {
      if case .create(let request) = $0 { request } else { nil }
    }
    try f.choice(2, "cancel_request", &chosen, Self.cancel) {
      if case .cancel(let request) = $0 { request } else { nil }
    }
    try f.choice(3, "progress_request", &chosen, Self.progress) {
      if case .progress(let request) = $0 { request } else { nil }
    }
  }
}

/// Opens a watch. Is sent as a `WatchRequest`.
package struct WatchCreateRequest: Message {
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

  package var range = KeyRange.single([])
  /// The first revision to be told about; 0 is the next one.
  package var startRevision: Int64 = 0
  /// Asks for an answer without events now and then.
  package var progressNotify = false
  package var filters: [Filter] = []
  /// Asks for what was there before each change.
  package var prevKV = false
  package var watchID: Int64 = 0
  /// Lets the server split the events of one revision over several answers.
  package var fragment = false

  package init() {}

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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try range.fields(&f, key: 1, rangeEnd: 2)
    try f.field(3, "start_revision", &startRevision)
    try f.field(4, "progress_notify", &progressNotify)
    try f.field(5, "filters", &filters)
    try f.field(6, "prev_kv", &prevKV)
    try f.field(7, "watch_id", &watchID)
    try f.field(8, "fragment", &fragment)
  }
}

package struct WatchCancelRequest: Message {
  package var watchID: Int64 = 0

  package init() {}

  package init(watchID: Int64) {
    self.watchID = watchID
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "watch_id", &watchID)
  }
}

/// Asks for an answer without events, for all watches of the stream.
package typealias WatchProgressRequest = EmptyRequest

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

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "header", &header)
    try f.field(2, "watch_id", &watchID)
    try f.field(3, "created", &created)
    try f.field(4, "canceled", &canceled)
    try f.field(5, "compact_revision", &compactRevision)
    try f.field(6, "cancel_reason", &cancelReason)
    try f.field(7, "fragment", &fragment)
    try f.field(11, "events", &events)
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

  /// How many bytes its keys and values have.
  package var size: Int {
    kv.key.count + kv.value.count + (prevKV.map { $0.key.count + $0.value.count } ?? 0)
  }

  package mutating func fields<F: Fields>(_ f: inout F) throws(F.Failure) {
    try f.field(1, "type", &kind)
    try f.field(2, "kv", &kv)
    try f.field(3, "prev_kv", &prevKV)
  }
}
