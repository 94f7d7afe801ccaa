import EtcdTransport
import TestSupport

/// The peer, who may say anything at any time: what is said to a transfer that is not open is not heard.
extension ScriptedTransport {
  var calls: [Started] { open.filter { !$0.isStream } }
  var streams: [Started] { open.filter(\.isStream) }

  func answer(_ id: TransferID, status: Int, _ body: [UInt8]) {
    emit(.completed(status: status, body: body), of: id)
  }

  func openStream(_ id: TransferID, status: Int) {
    if !opened.contains(id) { emit(.opened(status: status), of: id) }
  }

  /// A piece of a stream; opens it first.
  func send(_ bytes: [UInt8], on id: TransferID) {
    openStream(id, status: 200)
    if !bytes.isEmpty { emit(.received(bytes), of: id) }
  }

  /// The stream ends as it should.
  func endStream(_ id: TransferID) {
    openStream(id, status: 200)
    emit(.completed(status: 200, body: []), of: id)
  }
}

extension ScriptedTransport.Started {
  /// The last part of the URL: `/kv/put`.
  var path: Substring {
    let slashes = request.url.indices.filter { request.url[$0] == "/" }
    return slashes.count > 3 ? request.url[slashes[3]...] : ""
  }

  fileprivate var isStream: Bool { if case .streamed = request.answer { true } else { false } }
}
