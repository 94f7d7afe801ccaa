import EtcdPacker

/// The input as text to decode, and as bytes to encode.
enum Base64Target {
  static func run(_ input: [UInt8]) throws(Violation) {
    let decoded = Base64.decode(input)
    try require(decoded == ReferenceBase64.decode(input), "decoded as \(decoded.map { "\($0)" } ?? "malformed")")
    if let decoded { try require(Base64.encode(decoded) == input, "another text stands for the same bytes") }

    let encoded = Base64.encode(input)
    try require(Base64.decode(encoded) == input, "what was encoded is decoded to something else")
    try require(ReferenceBase64.decode(encoded) == input, "what was encoded is not base64")
  }
}
