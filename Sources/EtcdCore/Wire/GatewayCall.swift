import EtcdPacker

/// A call by its path in the gateway, with a body of the host's own: for methods that have no name here.
package struct GatewayCall: Sendable {
  let method: Method
  let body: [UInt8]

  /// Takes a path below the prefix, such as `lock/lock`, and a JSON object. Throws what is wrong, in words.
  package init(path: String, body: [UInt8], effect: Method.Effect) throws(GatewayCallError) {
    guard Self.isPath(path) else {
      throw GatewayCallError("path is not words of letters, digits, - and _, with a / between them")
    }
    self.body = body.isEmpty ? Array("{}".utf8) : body
    guard Self.isObject(self.body) else { throw GatewayCallError("body is not a JSON object") }
    method = Method(gatewayPath: "/" + path, effect: effect)
  }

  private static let longestPath = 256

  private static func isPath(_ path: String) -> Bool {
    let words = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return path.utf8.count <= longestPath
      && words.allSatisfy { word in
        !word.isEmpty
          && word.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
              UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
              true
            default: false
            }
          }
      }
  }

  private static func isObject(_ json: [UInt8]) -> Bool {
    json.withUnsafeBytes { json in
      var reader = JSONReader(json)
      guard reader.isAtObject else { return false }
      do {
        try reader.skipValue()
        try reader.end()
        return true
      } catch {
        return false
      }
    }
  }
}

package struct GatewayCallError: Error {
  /// Begins with the name of what is wrong.
  package let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}

extension Operation {
  var gatewayCall: GatewayCall? {
    switch self {
    case .gateway(let call): call
    case .leaderless(let operation), .within(_, let operation): operation.gatewayCall
    default: nil
    }
  }
}

extension AdminAnswer {
  /// A document of which nothing is known but that etcd's have a header, or not.
  init(json: UnsafeRawBufferPointer, limit: Int) throws(PackerError) {
    let header = try HeaderResponse.decode(json, limit: limit).header
    self.init(header: header, content: .json(Bytes(copying: json)))
  }
}
