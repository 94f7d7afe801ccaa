import EtcdPacker
import EtcdTransport

/// How an answer of gRPC's ended, as its trailer says; where that is all there is of an answer, its header does.
enum GRPCStatus {
  case ok
  case error(ServerError)
  /// It does not say how it ended: it is not whole, or was never one of gRPC's.
  case missing

  static let fields = AnswerFields.Wanted.named(["grpc-status", "grpc-message"])

  init(of fields: AnswerFields) {
    let group = fields.trailers.contains { $0.name == "grpc-status" } ? fields.trailers : fields.headers
    func value(_ name: String) -> String? { group.first { $0.name == name }?.value }
    guard let text = value("grpc-status"), let code = Self.number(text) else {
      self = .missing
      return
    }
    if code == 0 {
      self = .ok
      return
    }
    let message = PrintableText.excerpt(
      of: Self.percentDecoded(value("grpc-message") ?? ""), limit: ServerError.messageLimit)
    self = .error(
      ServerError(
        grpcCode: code, httpStatus: 200, message: message.isEmpty ? "etcd gives no reason (gRPC code \(code))" : message
      ))
  }

  /// A status that is no number, or too large for one, is none that says anything.
  private static func number(_ text: String) -> Int? {
    guard 1...9 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    return Int(text)
  }

  /// `%` and two hexadecimal digits stand for a byte; any other `%` for itself, as gRPC wants it of who reads
  /// (grpc/grpc, doc/PROTOCOL-HTTP2.md).
  static func percentDecoded(_ text: String) -> String {
    // Three bytes make one, at most.
    let bytes = Array(text.utf8.prefix(3 * ServerError.messageLimit))
    guard bytes.contains(UInt8(ascii: "%")) else { return text }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = bytes[index + 1].hexadecimalValue,
        let low = bytes[index + 2].hexadecimalValue
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
