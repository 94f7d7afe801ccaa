/// What etcd, its gateway or a proxy before it had to say instead of an answer.
package struct ServerError: Error, Equatable, Sendable {
  /// The gRPC status code, if the server gave one.
  package var grpcCode: Int?
  /// The HTTP status of the answer, or the one that a stream's error document names.
  package var httpStatus: Int?
  /// The server's words, printable and of bounded length; never empty. They name the error
  /// (`etcdserver: requested lease not found`).
  package var message: String

  package init(grpcCode: Int?, httpStatus: Int?, message: String) {
    self.grpcCode = grpcCode
    self.httpStatus = httpStatus
    self.message = message
  }

  /// What the body of an answer whose status is not 200 says. Every version of etcd has a form of its own, and what is
  /// none of them (routing errors, a proxy's page, half a document) becomes the message itself.
  ///
  /// An error is a few lines; of a longer one the beginning is the message.
  package static func decode(status: Int, body: UnsafeRawBufferPointer) -> ServerError {
    let body = UnsafeRawBufferPointer(rebasing: body.prefix(bodyLimit))
    if let document = try? ErrorDocument.decode(body), let error = document.error(httpStatus: status) { return error }
    return ServerError(grpcCode: nil, httpStatus: status, message: message(from: body))
  }

  package static func decode(status: Int, body: [UInt8]) -> ServerError {
    body.withUnsafeBytes { decode(status: status, body: $0) }
  }

  /// The most bytes of a body that are looked at.
  package static let bodyLimit = 65_536
  /// The most bytes of a message that are kept.
  package static let messageLimit = 512

  private static func message(from body: UnsafeRawBufferPointer) -> String {
    let text = PrintableText.excerpt(of: body, limit: messageLimit)
    return text.isEmpty ? "the answer has no text" : text
  }
}
