import EtcdPacker
import EtcdTransport

/// Reads the stream of a watch as the gateway writes it: one JSON document a line, the last of which may be an error and
/// lack its line feed; or, where the watch is refused before it begins, an answer with a status of its own.
///
/// A class, so that looking at it does not copy what it has buffered.
final class GatewayWatchReader {
  private let endpoint: Endpoint
  private let limit: Int
  private var framer: StreamFramer
  private var isOpened = false
  /// An answer that is not a stream but an error: its status, and what has come of its body.
  private var rejection: (status: Int, body: [UInt8])?
  /// Nothing more comes; what was received is still handed out first.
  private var end: WatchReader.End?

  /// `limit` is what a document may cost (`DecodingCost`); so many bytes it may have at most.
  init(limit: Int, endpoint: Endpoint) {
    self.limit = limit
    self.endpoint = endpoint
    framer = StreamFramer(limit: limit)
  }

  /// The end that `next` has told: nothing follows it, whatever else was received.
  private var toldEnd: WatchReader.End?

  var hasNext: Bool { framer.hasDocument || end != nil }

  // MARK: In

  func take(_ event: TransferEvent) -> Bool {
    switch event {
    case .opened(let status, _):
      isOpened = true
      if status != 200 { rejection = (status, []) }
      return false
    case .received(let bytes):
      take(bytes)
      return false
    case .completed:
      if rejection != nil {
        closeRejected()
      } else {
        end = WatchReader.End(
          failure: Failure(.unavailable, "the watch stream ended", endpoint: endpoint.url), fault: .none)
      }
      return true
    case .failed(let failure):
      end = Self.end(by: Verdict(on: failure, from: endpoint), ofRefusal: .failing)
      // A stream that was cut says little about its endpoint: opening it again will tell.
      if isOpened, failure.kind != .invalid, failure.kind != .tooLarge { end?.fault = .none }
      return true
    }
  }

  private func take(_ bytes: [UInt8]) {
    guard rejection != nil else { return framer.append(bytes) }
    rejection?.body += bytes.prefix(ServerError.bodyLimit)
    if let body = rejection?.body, body.count > ServerError.bodyLimit { closeRejected() }
  }

  private func closeRejected() {
    guard let rejection else { return }
    let error = ServerError.decode(status: rejection.status, body: rejection.body)
    end = Self.end(by: GatewayWire.verdict(on: error, from: endpoint), ofRefusal: .none)
  }

  private static func end(by verdict: Verdict, ofRefusal fault: Verdict.Fault) -> WatchReader.End? {
    switch verdict {
    case .failed(let failure, _, let fault): WatchReader.End(failure: failure, fault: fault)
    case .refused(let failure): WatchReader.End(failure: failure, fault: fault)
    case .success: nil
    }
  }

  // MARK: Out

  func next() -> WatchReader.Item? {
    if let toldEnd { return .end(toldEnd) }
    let item = read()
    if case .end(let end)? = item { toldEnd = end }
    return item
  }

  private func read() -> WatchReader.Item? {
    do throws(PackerError) {
      if let document = try framer.next(decode) { return item(of: document) }
      guard let end else { return nil }
      // What follows the last line feed is an error document, which is short. A cut-off one adds nothing to the end itself.
      if framer.bufferedBytes <= ServerError.bodyLimit, let last = try? framer.finish(decode) { return item(of: last) }
      return .end(end)
    } catch  where error.reason == .documentTooLarge {
      let message = "a document of the watch is larger than response.max.bytes"
      return .end(WatchReader.End(failure: Failure(.tooLarge, message), fault: .none))
    } catch {
      return .end(foreign("\(error)"))
    }
  }

  private func decode(_ json: UnsafeRawBufferPointer) throws(PackerError) -> StreamDocument<WatchResponse> {
    try StreamDocument<WatchResponse>.decode(json, limit: limit)
  }

  private func item(of document: StreamDocument<WatchResponse>) -> WatchReader.Item? {
    switch document {
    case .result(let response) where response.header.clusterID == 0: .end(foreign("it lacks a header"))
    case .result(let response): .message(response)
    case .error(let error):
      Self.end(by: GatewayWire.verdict(on: error, from: endpoint), ofRefusal: .none).map { .end($0) }
    }
  }

  private func foreign(_ what: String) -> WatchReader.End {
    let failure = Failure(.protocol, "the stream is not etcd's: \(what)", httpStatus: 200, endpoint: endpoint.url)
    return WatchReader.End(failure: failure, fault: .failing)
  }
}
