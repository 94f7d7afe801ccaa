import EtcdPacker

/// The bytes of a text, for literals of documents and keys.
func utf8(_ text: String) -> [UInt8] {
  Array(text.utf8)
}

func text(_ bytes: [UInt8]) -> String {
  String(decoding: bytes, as: UTF8.self)
}

func text(_ bytes: Bytes) -> String {
  text(bytes.array)
}

/// What `body` throws, which must be a `PackerError`.
func failure<R>(of body: () throws(PackerError) -> R) -> PackerError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

/// What reading the whole document with `body` gives.
func read<R>(
  _ document: String, _ body: (inout JSONReader) throws(PackerError) -> R
) throws(PackerError) -> R {
  try read(utf8(document), body)
}

func read<R>(
  _ document: [UInt8], _ body: (inout JSONReader) throws(PackerError) -> R
) throws(PackerError) -> R {
  try document.withUnsafeBufferPointer { document throws(PackerError) in
    var reader = JSONReader(UnsafeRawBufferPointer(document))
    let value = try body(&reader)
    try reader.end()
    return value
  }
}

/// Whether a document is JSON.
func validate(_ document: [UInt8]) throws(PackerError) {
  try read(document) { reader throws(PackerError) in try reader.skipValue() }
}

/// A generator whose runs can be repeated: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The bytes that pairs of hexadecimal digits stand for; spaces are for the reader.
func hex(_ text: some StringProtocol) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
